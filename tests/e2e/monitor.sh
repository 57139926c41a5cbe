#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# scanwall monitor: packets with their reasons, as lines, as JSON, and as a capture for
# Wireshark's tools.
. "$(dirname "$0")/lib.sh"

mkdir "$work/www"
lab_listen "$work/www" 80
# listen ARG...: in the background until it has what it wants, or 30 s (scaled).
listen() {
	lab_in server timeout "$(scaled 30)" "$scanwall" --pin-dir "$pin_dir" --state-dir "$state_dir" \
		-c "$config" monitor "$@" >"$work/out" 2>"$work/err" &
	listener=$!
	listening() {
		[ "$(bpftool -j map dump pinned "$pin_dir/settings" |
			jq '.[0].formatted.value.monitor_until')" != 0 ]
	}
	eventually 10 listening
}
datagram() { # PORT: of 1000 bytes
	lab_in attacker python3 -c 'import socket, sys
socket.socket(type=socket.SOCK_DGRAM).sendto(bytes(1000), (sys.argv[1], int(sys.argv[2])))' \
		"$target4" "$1"
}

refused 2 "no such reason" "unknown reason" sw monitor --reason closed-prot
refused 2 "a bad source" "198.51.100" sw monitor --source 198.51.100.999
refused 4 "nothing to listen to" "attach" sw monitor
check "attach" sw attach net1 --mode enforce
check "nobody is blocked meanwhile" sw config set detect.threshold 15

listen --drops --source "$attacker4" --count 2
refused 1 "only one listens" "already listening" sw monitor --count 1
send_syns 80 4711 4712
wait "$listener"
is "two lines" "$(wc -l <"$work/out")" 2
check "with verdict, reason and packet" grep -qE \
	"DROP +closed-port $attacker4:[0-9]+ > $target4:4711 TCP SYN" "$work/out"
check "that fit 80 columns" eval "[ -z \"\$(grep -E '^.{81}' '$work/out')\" ]"

listen --json --reason open-port,closed-port --count 2
send_syns 80 4713
wait "$listener"
is "JSON by the line" "$(jq -r '[.reason, .verdict, .packet.src_ip] | join(" ")' "$work/out" | xargs)" \
	"open-port pass $attacker4 closed-port drop $attacker4"

listen --pcap "$work/p.pcapng" --source "$attacker4" --reason open-port,closed-port --count 2
send_syns 80
datagram 4714
wait "$listener"
is "capinfos counts the packets" "$(capinfos -rTmc "$work/p.pcapng" | cut -d, -f2)" 2
check "and that a snap length cut them" grep -q "128 bytes" <<<"$(capinfos -l "$work/p.pcapng")"
is "tshark reads the comments" "$(tshark -r "$work/p.pcapng" -T fields -e frame.comment 2>/dev/null |
	grep -oE '^[a-z ]+: [a-z-]+' | xargs)" "pass: open-port drop: closed-port"
is "the length of the packet, and of what is kept" \
	"$(tshark -r "$work/p.pcapng" -T fields -e frame.len -e frame.cap_len 2>/dev/null | tail -1 | xargs)" \
	"1042 128"
is "the interface's name" \
	"$(tshark -r "$work/p.pcapng" -T fields -e frame.interface_name 2>/dev/null | sort -u)" net1

# ---- a listener that dies
listen
kill -KILL "$(bpftool -j map dump pinned "$pin_dir/monitor" | jq ".[0].formatted.value.pid")"
pause 4
send_syns 4715
is "the program ends its lease" \
	"$(bpftool -j map dump pinned "$pin_dir/settings" | jq '.[0].formatted.value.monitor_until')" 0
listen --count 1
send_syns 80
check "somebody else may listen" eventually 10 test -s "$work/out"
check "detach" sw detach --all
finish
