#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Captures run through the program: real scans recorded here, and published captures.
# Nothing is attached.
. "$(dirname "$0")/lib.sh"

captures=${CAPTURES:-/work/shared/captures}
kinds="-sS -sT -sN -sF -sX -sA -sW -sM -sU -sY"

# record ROLE IFACE FILE: tcpdump in the background, until record_end.
record() {
	lab_in "$1" tcpdump -q -n -U --immediate-mode -s 256 -B 8192 -Z root -i "$2" -w "$3" >"$work/tcpdump.log" 2>&1 &
	recorders="${recorders:-} $!"
	if eventually 5 test -s "$3"; then
		ok "tcpdump records at the $1"
	else
		not_ok "tcpdump records at the $1" "$(cat "$work/tcpdump.log")"
	fi
}
record_end() {
	pause 0.3 # what the kernel still holds back
	# shellcheck disable=SC2086 # a list of numbers
	kill $recorders
	# shellcheck disable=SC2086
	wait $recorders
	recorders=
}

# replayed FILTER ARG...: what jq makes of all lines.
replayed() {
	local filter=$1

	shift
	sw replay --json "$@" | jq -rs "$filter"
}
blocked_in() {
	replayed '[.[] | select(.event_type == "block") | .src_ip] | unique | .[]' "$@"
}

# ---- scans recorded at the server, on a cooked link, and at the scanner
mkdir "$work/www"
echo page >"$work/www/index.html"
lab_listen "$work/www" 80 22
record server any "$work/server.pcap"
record attacker eth0 "$work/scanner.pcap"
n=0
for kind in $kinds; do
	n=$((n + 1))
	lab_source $n
	scan "$source4" "$target4" "$kind" >/dev/null
	scan "$source6" "$target6" "$kind" >/dev/null
	check "a visitor gets a page" fetch visitor "$visitor4" "http://$site4/"
	check "a visitor gets a page, IPv6" fetch visitor "$visitor6" "http://[$site6]/"
done
record_end

expected=$(for i in $(seq $n); do echo "198.51.100.$i" "fd00:3:0:$i::66"; done | tr ' ' '\n' | sort)
is "the server's record: every scanner is blocked, nobody else" \
	"$(blocked_in "$work/server.pcap" | sort)" "$expected"
is "the scanner's record: every scanner is blocked, nobody else" \
	"$(blocked_in "$work/scanner.pcap" | sort)" "$expected"
is "told what is protected, it is the same" \
	"$(blocked_in --protect "$target4,$target6" "$work/server.pcap" | sort)" "$expected"
is "with another network protected, nobody is blocked" \
	"$(blocked_in --protect 192.0.2.0/24 "$work/server.pcap")" ""
is "with every port served, connect scans are no scans" \
	"$(blocked_in --services tcp/1-200 "$work/server.pcap" | grep -cE '100\.2$|:2::')" 0
is "the same, as 1-200/tcp" \
	"$(blocked_in --services 1-200/tcp "$work/server.pcap" | grep -cE '100\.2$|:2::')" 0
is "each is blocked by its third to fifth packet of evidence" \
	"$(replayed '.[-1].blocked | map(select(.after_evidence < 3 or .after_evidence > 5)) | length' \
		"$work/server.pcap")" 0

# ---- what it says
counts='(.[-1] | [.event_type, .detections, .blocks]) ==
	["summary", (map(select(.event_type == "evidence")) | length), (map(select(.event_type == "block")) | length)]'
is "the summary comes last and counts what was told" "$(replayed "$counts" "$work/server.pcap")" true
is "packets are numbered in order, from 1 on" "$(replayed '[.[].pcap_cnt // empty] |
	. == sort and .[0] >= 1' "$work/server.pcap")" true
is "each packet is on one side" "$(replayed '.[-1] | .packets == .incoming + .outgoing + .other' \
	"$work/server.pcap")" true
is "reasons add up" "$(replayed '.[-1] | .incoming == ([.reasons[] | .passed + .dropped] | add) and
	.dropped == ([.reasons[].dropped] | add)' "$work/server.pcap")" true
replay_is_valid() {
	sw replay --json "$work/server.pcap" "$top"/tests/captures/zeek__nmap-vsn.pcap |
		"$top/tests/e2e/valid_json.py" replay_event
}
check "its events are those of docs/schema.json" replay_is_valid
grab sw replay "$work/server.pcap"
says "the screen tells events, counts and sources" 'blocked 198\.51\.100\.1 for' \
	'^judged .* protected addresses' '^closed-port ' '^198\.51\.100\.1 '
check "no line is longer than 80 columns" test -z "$(awk 'length > 80' <<<"$out")"
is "--quiet says nothing" "$(sw replay -q "$work/server.pcap" 2>&1)" ""
is "in detect mode it is the same" "$(echo 'mode = "detect"' >"$config"
	blocked_in "$work/server.pcap" | sort)" "$expected"
is "thresholds come from the configuration" "$(echo 'detect { threshold = 10 }' >"$config"
	replayed '.[-1].blocked | map(.after_evidence >= 10) | unique[]' "$work/server.pcap")" true
is "the allowed are not blocked" "$(echo 'allow = { "198.51.100.0/24", "fd00:3::/32" }' >"$config"
	blocked_in "$work/server.pcap")" ""
: >"$config"
check "nothing was pinned" test ! -e "$pin_dir"

# ---- what is wrong with a file
head -c 3000 "$work/scanner.pcap" >"$work/half.pcap"
refused 2 "no such file" 'nowhere.pcap: No such file' sw replay "$work/nowhere.pcap"
refused 2 "no capture" 'cannot read the capture' sw replay "$top/Makefile"
refused 2 "a bad prefix" '10.0.0.1/8' sw replay --protect 10.0.0.1/8 "$work/server.pcap"
refused 2 "a bad service" 'ssh' sw replay --services ssh "$work/server.pcap"
expect 1 "a half-written file" sw replay "$work/half.pcap"
says "it is told up to where it goes" 'half.pcap cannot be read after packet [0-9]+' '^capture '
expect 1 "a good file after a bad one" sw replay "$work/nowhere.pcap" "$work/server.pcap"
is "the bad one is told once" "$(grep -c nowhere.pcap: <<<"$out")" 1
says "the good one is told" 'blocked 198\.51\.100\.1 for'

# ---- captures of others
for dir in "$top/tests/captures" "$captures"; do
	[ -e "$dir/manifest.tsv" ] || { skip "captures of $dir" "are not here"; continue; }
	check "every capture of $dir comes out right" "$top/scripts/replay-all" "$dir"
done

finish
