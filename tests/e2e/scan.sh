#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Real scans of every kind are seen and blocked; a visitor notices nothing.
. "$(dirname "$0")/lib.sh"

visit() {
	while :; do
		fetch visitor "$visitor4" "http://$site4/" && fetch visitor "$visitor6" "http://[$site6]/" &&
			echo fetched || echo failed
	done >"$work/visits" 2>/dev/null
}
events_of() {
	sw_json ".events[] | select(.source == \"$1\") | .event_type" events
}
is_blocked() {
	sw_json '.blocked[].prefix' list blocked | grep -qxF "$1"
}
dropped() {
	sw_json '[.reasons[].dropped] | add' stats
}
at_most() {
	[ "$1" -le "$2" ] || { echo "$1 is more than $2"; return 1; }
}

mkdir "$work/www"
echo page >"$work/www/index.html"
lab_listen "$work/www" 80 22
# Blocks that outlast the test on a slow machine.
printf 'mode = enforce\ndetect { block_ttl = 10m }\n' >"$config"
daemon_start "the daemon starts" -i net0 -i net1
visit &
visitor=$!

n=0
for kind in -sS -sT -sN -sF -sX -sA; do
	n=$((n + 1))
	lab_source $n

	count_start
	scan "$source4" "$target4" $kind >"$work/nmap"
	check "nmap $kind: its source is blocked" eventually 1 is_blocked "$source4/32"
	# Raw probes carry nmap's headers. A connect scan is the kernel's own work,
	# and begins with what is mostly open: two ports here, each with a SYN, an
	# ACK, perhaps an ACK of the banner, and a RST. No probe of a closed port.
	most=0
	[ $kind != -sT ] || most=8
	check "nmap $kind: at most $most packets got through" at_most "$(counted)" $most
	check "nmap $kind: it is cut off from what is open" cut4
	is "nmap $kind: one event" "$(events_of "$source4/32")" "block"
	out=$(sw show "$source4" | tr -s '\n ' ' ')
	says "nmap $kind: show says why" \
		'why (tried|sent) .*; forgeable, so blocked for new connections only, until 20'

	scan "$source6" "$target6" $kind >"$work/nmap"
	check "nmap -6 $kind: its /64 is blocked" eventually 1 is_blocked "fd00:3:0:$n::/64"
	check "nmap -6 $kind: it is cut off from what is open" cut6
	is "nmap -6 $kind: one event" "$(events_of "fd00:3:0:$n::/64")" "block"
done

kill "$visitor"
wait "$visitor" 2>/dev/null
is "the visitor failed to get a page" "$(grep -c failed "$work/visits")" 0
check "the visitor got pages all the while" test "$(grep -c fetched "$work/visits")" -gt 20

# ---- in detect mode the same is seen and nothing is done
check "change to detect mode" sw mode detect
lab_source 50
before=$(dropped)
check "what was dropped is counted ($before packets)" test "$before" -gt 0
scan "$source4" "$target4" -sS >"$work/nmap"
check "detect: nmap learns that 22 and 80 are open" \
	grep -q '22/open/tcp.* 80/open/tcp' "$work/nmap"
check "detect: nmap hears from each closed port" grep -q 'closed (32)' "$work/nmap"
scan "$source6" "$target6" -sX >/dev/null
is "detect: nothing was dropped" "$(dropped)" "$before"
check "detect: its source is not cut off" reach4
check "detect: nor is what was blocked before" fetch attacker 198.51.100.2 "http://$target4/"
is "detect: one event says would-block" "$(events_of "$source4/32")" "would-block"
is "detect: one event says would-block, IPv6" "$(events_of "fd00:3:0:50::/64")" "would-block"
check "back in enforce mode, what was blocked is cut off again" \
	sw mode enforce --yes
grab sw status
says "status tells what detect mode let pass" "of those passed would have been dropped"
lab_source 1
check "back in enforce mode, the first scanner is cut off" cut4

finish
