#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Tools that honest people point at a server: traces, pings, monitors, knocks, calls. None
# gets its user blocked; a knock of three closed ports that nobody has named leaves what is
# served a second away.
. "$(dirname "$0")/lib.sh"

mkdir "$work/www"
echo page >"$work/www/index.html"
lab_listen "$work/www" 80 22 443
# Three more addresses of ours, for those who look at each.
for i in 2 3 4; do
	ip -n "$lab-server" addr add "203.0.113.$i/24" dev net1
done
take_answers
echo 'detect { grace = 1s }' >"$config"
sw attach net1 --mode enforce >/dev/null
settled

blocked() {
	sw_json '[.blocked[].prefix] | if . == [] then "nobody" else join(" ") end' list blocked
}
n=0
# stranger COMMAND...: from an address of its own; nobody is blocked for it, and whoever
# it was reads the page.
stranger() {
	local name=$1

	shift
	n=$((n + 1))
	lab_source $n
	lab_in attacker ip route replace "$target4" dev eth0 src "$source4"
	lab_in attacker ip -6 route replace "$target6" dev eth0 src "$source6"
	for i in 2 3 4; do
		lab_in attacker ip route replace "203.0.113.$i" dev eth0 src "$source4"
	done
	lab_in attacker timeout 20 "$@" >"$work/said" 2>&1
	[ $? -lt 124 ] || not_ok "$name: it ran" "$(tail -n 3 "$work/said")"
	is "$name" "$(blocked)" nobody
	check "$name: reads the page" reach4
	check "$name: by IPv6" reach6
}

for family in -4 -6; do
	to=$target4
	[ $family = -4 ] || to=$target6
	stranger "mtr $family -T to a served port" mtr $family -r -n -c 1 -i 0.1 -G 0.5 -m 12 -T -P 443 "$to"
	stranger "mtr $family -T to a closed port" mtr $family -r -n -c 1 -i 0.1 -G 0.5 -m 12 -T -P 8022 "$to"
	stranger "mtr $family -u" mtr $family -r -n -c 1 -i 0.1 -G 0.5 -m 12 -u "$to"
	stranger "mtr $family by ping" mtr $family -r -n -c 1 -i 0.1 -G 0.5 -m 12 "$to"
	stranger "tracepath $family" tracepath $family -n -m 1 "$to"
	stranger "traceroute $family by UDP" traceroute $family -n -w 0.2 -q 1 -m 12 "$to"
	stranger "traceroute $family -U, one port" traceroute $family -n -w 0.2 -q 1 -m 12 -U "$to"
	stranger "traceroute $family -T" traceroute $family -n -w 0.2 -q 1 -m 12 -T -p 443 "$to"
	stranger "traceroute $family -I" traceroute $family -n -w 0.2 -q 1 -m 12 -I "$to"
done
stranger "tcptraceroute to a closed port" tcptraceroute -n -w 1 -q 1 -m 2 "$target4" 8022
stranger "fping of each address" fping -c 5 -p 50 -q "$target4" 203.0.113.2 203.0.113.3 203.0.113.4
plugins=/usr/lib/nagios/plugins
stranger "a monitor's ping" $plugins/check_ping -H "$target4" -w 100,50% -c 500,90% -p 5
stranger "a monitor's connections" sh -c "
	for a in $target4 203.0.113.2 203.0.113.3 203.0.113.4; do
		for p in 22 80 443; do $plugins/check_tcp -H \$a -p \$p -t 1; done
	done; true"
stranger "a client that tries each address for one that is nowhere" sh -c "
	for a in $target4 203.0.113.2 203.0.113.3 203.0.113.4; do
		$plugins/check_tcp -H \$a -p 5432 -t 1; $plugins/check_tcp -H \$a -p 3306 -t 1
	done; true"
stranger "a monitor of mail that is not here" sh -c "
	for p in 25 143 993 110 995 587 465; do $plugins/check_tcp -H $target4 -p \$p -t 1; done; true"
stranger "autodiscovery" sh -c "
	for u in https://$target4/autodiscover/autodiscover.xml http://$target4/.well-known/autoconfig/mail/config-v1.1.xml \
		https://$target4:8443/ http://$target4:8080/mail/config-v1.1.xml; do
		curl -sk -m 1 -o /dev/null \$u; done; true"
stranger "STUN where there is none" python3 -c "
import socket
for port in 3478, 5349, 19302:
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    for again in range(7):
        s.sendto(b'\\0\\1\\0\\0\\x21\\x12\\xa4\\x42' + b'x' * 12, ('$target4', port))"

# checks ROUNDS PORT...: a load balancer's, or a monitor's: all ports at once, each until it
# answers, as long as its kernel repeats a SYN three times.
checks() {
	lab_in attacker timeout "$(scaled 60)" python3 - "$source4" "$target4" "$@" <<-'END' >"$work/said" 2>&1
		import socket, sys, threading, time
		me, to, rounds, ports = sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4:]
		def check(port):
		    s = socket.socket()
		    s.settimeout(4)
		    s.bind((me, 0))
		    try:
		        s.connect((to, int(port)))
		    except OSError:
		        pass
		    s.close()
		for _ in range(rounds):
		    each = [threading.Thread(target=check, args=(p,)) for p in ports]
		    for t in each:
		        t.start()
		    for t in each:
		        t.join()
	END
}
# blocked_altogether: and not only for new connections until it repeats its SYN.
blocked_altogether() {
	sw_json '[.blocked[] | select(any(.claims[]; .new_only | not)) | .prefix] | join(" ")' list blocked
}
n=$((n + 1))
lab_source $n
lab_in attacker ip route replace "$target4" dev eth0 src "$source4"
checks 3 8101 8111 8121
is "a load balancer of three services that are down is not blocked altogether" "$(blocked_altogether)" ""
check "and reaches what is served" reach4
sw flush --all --yes >/dev/null

# A call of four streams ends here; the other side goes on talking for a while.
n=$((n + 1))
lab_source $n
lab_in server timeout 20 python3 - "$target4" "$source4" "$work/ready" "$work/hung-up" <<-'END' &
	import socket, sys
	mine, peer, ready, flag = sys.argv[1:]
	streams = []
	for i in range(4):
	    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
	    s.bind((mine, 50000 + 7 * i))
	    streams.append(s)
	open(ready, "w").close()
	for s in streams:
	    s.recvfrom(100)
	    s.sendto(b"media", (peer, s.getsockname()[1] + 1000))
	open(flag, "w").close()
END
check "the server waits for a call" eventually 5 test -e "$work/ready"
lab_in attacker timeout 20 python3 - "$target4" "$source4" <<-'END' >"$work/said" 2>&1
	import socket, sys, time
	to, me = sys.argv[1:]
	streams = []
	for i in range(4):
	    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
	    s.bind((me, 51000 + 7 * i))
	    streams.append(s)
	for n in range(60):
	    for i, s in enumerate(streams):
	        try:
	            s.sendto(b"media", (to, 50000 + 7 * i))
	        except ConnectionRefusedError:
	            pass
	    time.sleep(0.05)
END
check "a call of four streams was held" test -e "$work/hung-up"
is "and who goes on talking is not blocked" "$(blocked)" nobody

# ---- knocking: three closed ports say "scan", and the challenge sorts it out
n=$((n + 1))
lab_source $n
lab_in attacker ip route replace "$target4" dev eth0 src "$source4"
lab_in attacker knock -d 20 "$target4" 7000 8001 9001:udp
lab_in attacker knock -d 20 "$target4" 7000 8001 9001:udp
check "who has knocked reaches what is served" reach4
check "and another service" lab_in attacker timeout 4 bash -c "exec 3<>/dev/tcp/$target4/443"

# ---- knockd itself hears of nothing that the program drops: the doctor says so, and what
# to set, which keeps what was named before
knocks() { # DAEMON: what the doctor says of it
	sw_json ".checks[] | select(.check == \"port-knock\" and (.text | contains(\"$1 (pid\"))) |
		.finding + \": \" + .text" doctor
}
n=$((n + 1))
lab_source $n
lab_in attacker ip route replace "$target4" dev eth0 src "$source4"
cat >"$work/knockd.conf" <<-END
	[options]
		interface = net1
	[once]
		one_time_sequences = $work/once
		seq_timeout = 15
		command = true
	[open]
		Sequence = 7000, 8001,9001:udp
		seq_timeout = 15
		command = touch $work/knocked
END
echo 4001,4002:udp >"$work/once"
lab_in server timeout 60 knockd -c "$work/knockd.conf" >"$work/knockd.log" 2>&1 &
sw config set services tcp/22 >/dev/null
check "the doctor finds knockd" eventually 10 eval '[ -n "$(knocks knockd)" ]'
out=$(knocks knockd)
says "and says that it hears nothing" "^doubtful: .*does not hear knocks.* services tcp/22,tcp/4001,udp/4002,tcp/7000,tcp/8001,udp/9001$"
sw config set services "${out##* }" >/dev/null
out=$(knocks knockd)
says "when they are named, that it does" "^good: .*receives knocks"
lab_in attacker knock -d 300 "$target4" 7000 8001 9001:udp
check "knockd has heard the knock" eventually 10 test -e "$work/knocked"
is "and who knocks is not blocked" "$(sw_json '[.blocked[] | select(.prefix == "'"$source4"'/32")] | length' list blocked)" 0
check "nor kept waiting" eventually 10 lab_in attacker timeout 0.9 bash -c "exec 3<>/dev/tcp/$target4/443"
printf 'PCAP_FILTER   udp port 62202;\nENABLE_IPT_FORWARDING   N;\nFWKNOP_RUN_DIR   %s;\n' "$work/run" >"$work/fwknopd.conf"
printf 'SOURCE   ANY\nKEY   not-a-secret\n' >"$work/access.conf"
mkdir -p "$work/run"
chmod 600 "$work/fwknopd.conf" "$work/access.conf"
lab_in server timeout 60 fwknopd -f -i net1 -c "$work/fwknopd.conf" -a "$work/access.conf" >"$work/fwknopd.log" 2>&1 &
check "the doctor finds fwknopd" eventually 10 eval '[ -n "$(knocks fwknopd)" ]'
out=$(knocks fwknopd)
says "and says what it does not hear" "^doubtful: .*,udp/62202$"
sw config unset services >/dev/null 2>&1

# ---- a host that boots
sw config set detect.grace 365d >/dev/null
n=$((n + 1))
lab_source $n
for port in 2222 3000 5000 6000 9000; do
	lab_in attacker curl -s -m 0.1 -o /dev/null --interface "$source4" "http://$target4:$port/"
done
checks 2 2222 3000 5000 6000 9000
is "too early for five services of a host that boots: not blocked" \
	"$(sw_json '[.blocked[] | select(.prefix == "'"$source4"'/32")] | length' list blocked)" 0
sw config set detect.grace 10m >/dev/null # on a slow machine, too

# ---- a client that is there before the services are
sw flush --all --yes >/dev/null
sw detach --all >/dev/null
grab sw attach net1 --mode enforce
says "attach says that it blocks later at first" "block later, for the first 10m .detect.grace"
n=$((n + 1))
lab_source $n
for port in 2222 3000 5000 6000 9000; do
	lab_in attacker curl -s -m 0.1 -o /dev/null --interface "$source4" "http://$target4:$port/"
done
is "too early for five services of a new program: not blocked" "$(blocked)" nobody
check "status says so" test "$(sw_json .grace_seconds status)" -gt 0
grab sw show "$source4"
says "and show why" "[(]detect[.]grace[)]"
lab_in server python3 "$top/scripts/lab-server.py" "$work/www" 3000 5000 >/dev/null 2>&1 &
eventually 10 eval 'lab_in server ss -Hltn | grep -q :5000'
check "too early after the attach: reached when it is served" \
	fetch attacker "$source4" "http://$target4:3000/"
check "and what it has used before" reach4

# ---- what is throttled while no daemon runs is told by the next one
sw config set rates.icmp_per_source 50 >/dev/null
n=$((n + 1))
lab_source $n
lab_in attacker ping -q -f -c 300 -I "$source4" "$target4" >/dev/null
check "pings are throttled" test "$(sw_json '.reasons[] | select(.reason == "rate-limit") | .dropped' stats)" -gt 0
daemon_start "a daemon starts"
check "and tells of them" eventually 5 eval '[ "$(sw_json "[.events[] | select(.event_type == \"limited\") | .source] | join(\" \")" events)" = "$source4/32" ]'
daemon_end
finish
