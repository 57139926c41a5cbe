#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# A SYN flood to a container's published port, which scanwall leaves alone: nftables'
# synproxy on the host keeps it from the container, as docs/synflood.md has it.
. "$(dirname "$0")/lib.sh"

port=8080
mkdir "$work/inner"
head -c 200000 /dev/urandom >"$work/inner/large"
echo container >"$work/inner/index.html"
# The container is the visitor's namespace.
lab_in visitor python3 "$top/scripts/lab-server.py" "$work/inner" 80 </dev/null >/dev/null 2>&1 &
lab_in server sysctl -qw net.ipv4.ip_forward=1 net.netfilter.nf_conntrack_tcp_loose=0
space=$(lab_in visitor sysctl -n net.ipv4.tcp_rmem | cut -f3) scale=0
for (( ; space > 65535; space >>= 1)); do
	scale=$((scale + 1))
done
# The rules of docs/synflood.md, with this lab's names.
rules=$(sed -n '/^    table ip published {/,/^    }/p' "$top/docs/synflood.md" |
	sed "s/eth0/net1/g; s/8080/$port/g; s/172.17.0.2/$visitor4/g; s/wscale 7/wscale $scale/")
says_rules() { grep -q "dnat to $visitor4:80" <<<"$rules" && grep -q synproxy <<<"$rules"; }
check "the documentation has rules" says_rules
check "nftables takes them" lab_in server nft -f - <<<"$rules"
[ "$code" = 0 ] || finish
lab_in visitor nft -f - <<-END
	table ip swt {
		counter syns { }
		chain in {
			type filter hook prerouting priority -300
			tcp flags & (syn | ack) == syn counter name syns
		}
	}
END
syns() {
	lab_in visitor nft -j list counter ip swt syns |
		jq '.nftables[] | .counter? // empty | .packets'
}
at_most() {
	[ "$1" -le "$2" ] || { echo "$1, at most $2 allowed"; return 1; }
}

echo 'mode = "enforce"' >"$config"
check "the wire takes answers" take_answers
lab_in attacker ethtool -K eth0 tx off >/dev/null
daemon_start "the daemon starts" -i net1
mac=$(ip -n "$lab-server" -j link show net1 | jq -r '.[0].address')
lab_source 1
lab_in attacker ip route replace "$target4" dev eth0 src "$source4"
container() {
	[ "$(lab_in attacker curl -gsS -m "$(scaled 10)" --interface "$source4" "http://$target4:$port/")" = container ]
}
large() {
	lab_in attacker curl -gsS -m "$(scaled 20)" --interface "$source4" "http://$target4:$port/large" |
		cmp - "$work/inner/large"
}
count() { sw_json "[.reasons[] | select(.reason == \"$1\") | .passed + .dropped] | add // 0" stats; }

check "the container is reached through synproxy" eventually 15 container
check "and a large file comes whole" large
before=$(syns)
specs=()
for i in $(seq 150 199); do
	specs+=("198.51.100.$i>$target4:$port*100")
done
lab_in attacker python3 "$top/tests/e2e/flood.py" eth0 "$mac" "$(scaled 12)" 8000 "${specs[@]}" >"$work/sent" &
flooder=$!
pause 2
check "the container is reached meanwhile" container
check "again" container
check "and a large file comes whole" large
check "the flood lasted all the while" kill -0 $flooder
wait $flooder
check "tens of thousands of SYNs were sent" test "$(cut -d' ' -f1 "$work/sent")" -ge 20000
check "and none of them reached the container" at_most $(($(syns) - before)) 20
is "scanwall answered none of them" "$(count syn-cookie)" 0
is "nobody is blocked for it" "$(sw_json .blocked_count status)" 0
daemon_end
finish
