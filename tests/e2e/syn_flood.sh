#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# A spoofed SYN flood: a real server serves real clients all the while, with all TCP
# options; listener and daemon may go and come; settings may change underneath; and
# what a container serves stays reachable.
. "$(dirname "$0")/lib.sh"

server_sysctl() { # NAME[=VALUE]
	lab_in server sysctl -qn${2:+w} "net.ipv4.$1${2:+=$2}"
}
flood() { # SECONDS PORT [4]: from forged sources of both families, or of IPv4 only
	local specs=() i

	for i in $(seq 150 199); do
		specs+=("198.51.100.$i>$target4:$2*100")
		[ "${3:-}" = 4 ] || specs+=("fd00:3:0:$i::9>[$target6]:$2*20")
	done
	lab_in attacker python3 "$top/tests/e2e/flood.py" eth0 "$mac" "$(scaled "$1")" 8000 \
		"${specs[@]}" >/dev/null &
	flooder=$!
}
flooded() { [ "$(sw_json '[.syn_flood.flooded[].dest_port] | join(" ")' status)" = "$1" ]; }
count() { sw_json "[.reasons[] | select(.reason == \"$1\") | .passed + .dropped] | add // 0" stats; }
pages() { # N: so many, one connection each
	local i

	for i in $(seq "$1"); do
		fetch attacker "$source4" "http://$target4/" || return 1
		fetch attacker "$source6" "http://[$target6]/" || return 1
	done
}
more_cookies() { [ "$(count syn-cookie)" -gt "$cookies" ]; }

mkdir "$work/www"
echo page >"$work/www/index.html"
head -c 3000000 /dev/urandom >"$work/www/large"
lab_listen "$work/www" 80 22
cat >"$config" <<'END'
mode = "enforce"
guard { syn_flood_begins = 200  syn_flood_ends = 100 }
END
check "the wire takes answers" take_answers
lab_in attacker ethtool -K eth0 tx off >/dev/null 2>&1
daemon_start "the daemon starts" -i net0 -i net1
mac=$(ip -n "$lab-server" -j link show net1 | jq -r '.[0].address')
lab_source 1
lab_in attacker ip route replace "$target4" dev eth0 src "$source4"
patience=10

is "nothing is flooded" "$(sw_json '.syn_flood.flooded | length' status)" 0
check "SYNs would be answered" test "$(sw_json .syn_flood.cookies status)" = true
flood 40 80
check "a flood is noticed, and of which port" eventually 15 flooded 80
cookies=0
check "its SYNs are answered with cookies" eventually 15 more_cookies
check "clients get their pages, by IPv4 and IPv6" pages 10
grab sw status
says "status says which port, for how long, at what rate" \
	'^flooded +port 80 for .*, [0-9,]+ SYNs a second' 'answered with cookies'
grab sw metrics
says "and so do metrics" '^scanwall_syn_flooded_ports 1' '^scanwall_syn_flood_packets_per_second.port="80". [1-9]'
is "no name in it is blocked" "$(sw_json .blocked_count status)" 0
is "or watched" "$(sw_json .watched_count status)" 0

kept='wscale:[0-9]+,[0-9]+'
if [ "$(sw_json .syn_flood.loss status)" = null ]; then
	lab_in attacker timeout "$(scaled 20)" bash -c "exec 3<>/dev/tcp/$target4/80; sleep $(scaled 4)" &
	holder=$!
	opened() { lab_in server ss -tinoH state established "( sport = :80 )" dst "$source4" | grep -qE "$1"; }
	check "a connection keeps timestamps" eventually 5 opened '\bts\b'
	check "and SACK" opened '\bsack\b'
	check "and window scale" opened "$kept"
	wait $holder
fi
check "a large page comes whole" \
	fetch attacker "$source4" "http://$target4/large"

# ---- what goes and comes meanwhile
server=$(lab_in server ss -Htlnp 'sport = :80' | grep -o 'pid=[0-9]*' | head -1 | cut -d= -f2)
kill "$server"
eventually 5 not kill -0 "$server"
lab_listen "$work/www" 80 22
check "the listener is restarted: pages come again" pages 3
kill -KILL "$daemon"
wait "$daemon" 2>/dev/null
pause 5
cookies=$(count syn-cookie)
check "without the daemon SYNs are answered as well" eventually 10 more_cookies
check "and pages come" pages 3
daemon_start "the daemon comes again" -i net0 -i net1
check "and pages come" pages 3
server_sysctl tcp_syncookies 0
answers_off() { [ "$(sw_json .syn_flood.cookies status)" = false ]; }
sw reload >/dev/null
check "a setting changed underneath is noticed" eventually 15 answers_off
grab sw doctor
says "doctor says which, and what to do" 'tcp_syncookies is 0'
server_sysctl tcp_syncookies 1
check "and when it is back" eventually 15 not answers_off
check "detached in the middle" sw detach --all
check "the kernel goes on alone" pages 3
wait "$flooder"
daemon_end
check "the record has the flood" \
	test "$(sw_json '[.events[] | select(.event_type == "syn-flood")] | length' events)" -ge 1

# ---- settings, on the operator's word
server_sysctl tcp_syncookies 0
check "attached" sw attach net1
is "a setting is left alone" "$(server_sysctl tcp_syncookies)" 0
check "may be set" sw config set guard.set_tcp_syncookies true
check "attached anew" sw attach net1
is "it is set" "$(server_sysctl tcp_syncookies)" 1
check "detached" sw detach --all
is "and put back" "$(server_sysctl tcp_syncookies)" 0
sw attach net1 >/dev/null
server_sysctl tcp_syncookies 2
sw detach --all >/dev/null
is "what somebody else has set stays" "$(server_sysctl tcp_syncookies)" 2
server_sysctl tcp_syncookies 1

# ---- a container behind DNAT, and a proxy's listener at the same port of the host
lab_in server sysctl -qw net.ipv4.ip_forward=1
mkdir "$work/inner"
echo container >"$work/inner/index.html"
lab_in visitor python3 "$top/scripts/lab-server.py" "$work/inner" 80 </dev/null >/dev/null 2>&1 &
lab_in server python3 "$top/scripts/lab-server.py" "$work/www" 8080 </dev/null >/dev/null 2>&1 &
lab_in server nft -f - <<END
table ip nat {
	chain pre { type nat hook prerouting priority dstnat; iifname net1 tcp dport 8080 dnat to $visitor4:80; }
}
END
check "attached on a host that forwards" sw attach net1
check "answers whenever the queue is full" sw config set syn_flood on
container() {
	[ "$(lab_in attacker curl -gsS -m "$(scaled 10)" --interface "$source4" "http://$target4:8080/")" = container ]
}
check "the container is reached" eventually 10 container
flood 25 8080 4
check "the flood is noticed" eventually 20 flooded 8080
check "and it is reached all the same" container
check "again" container
is "its SYNs were not answered" "$(count syn-cookie)" 0
wait "$flooder"
finish
