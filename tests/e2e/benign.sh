#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Clients whose behaviour looks like a scan to a naive detector are not blocked. Numbers
# in brackets: research catalogue, see docs/detection.md.
. "$(dirname "$0")/lib.sh"

mkdir "$work/www"
echo page >"$work/www/index.html"
# shellcheck disable=SC2046 # a list of ports
lab_listen "$work/www" 80 22 443 3306 $(seq 40000 40019)
lab_in server python3 -c "
import socket
s = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
s.bind(('::', 53))
while True:
    s.recv(4096)" &
printf 'mode = "enforce"\ndetect { grace = 1s }\n' >"$config"
daemon_start "the daemon starts" -i net1
settled

blocked() {
	sw_json '[.blocked[].prefix] | if . == [] then "nobody" else join(" ") end' list blocked
}
n=0
benign() { # CASE TEXT
	n=$((n + 1))
	lab_source $n
	lab_in attacker timeout "$(scaled 20)" /usr/bin/python3 "$top/tests/e2e/benign.py" "$1" "$source4" "$target4" \
		>"$work/case" 2>&1 || not_ok "$2: it ran" "$(tail -3 "$work/case")"
	is "$2" "$(blocked)" nobody
}

benign browser "30 connections to one port at once (1)"
benign page-loads "five page loads of six connections"
benign http-then-https "80 and 443 in turn"
benign nat-300 "a carrier's NAT: 300 connections, five users err (2)"
benign nat-500 "a carrier's NAT: 500 connections, five users err (2)"
benign stale-client "a client retries one closed port 20 times"
benign happy-eyeballs "a closed and an open port in turn (10)"
benign monitor "a monitor looks at five ports, one closed, ten times (3)"
benign load-balancer "a load balancer's half-hearted health checks (4)"
benign retransmitted-syn "a SYN sent again and again to a filtered port (5, 6)"
benign passive-ftp "passive FTP: 20 high ports (7)"
benign stale-peer "datagrams of a peer of whoever had the address before (8)"
benign reset-by-mobile "30 connections ended by RST (9)"
benign quic-fallback "QUIC where there is none, then TCP (10)"
benign http-tries "80, 443, 8080, 8443, three times (11)"
benign backscatter-synack "40 SYN-ACKs that answer somebody else (13)"
benign backscatter-rst "40 RSTs to 40 ports that answer somebody else (13)"
benign traceroute "traceroute by UDP, 30 ports (14)"
benign icmp-errors "ICMP errors: too big, time exceeded, unreachable (15)"
benign lost-connections "30 connections that a reboot forgot send data (16)"
benign late-fins "30 connections that a reboot forgot are closed (16)"
benign late-dns "20 late answers from port 53 (17)"
benign fragmented-udp "a datagram in fragments (18)"
benign lwip "lwIP: a SYN with MSS alone and a small window (19)"
benign rpcinfo "one probe to port 111"
benign two-mistakes "two ports mistaken"
benign smb-client "a Windows client tries 445 and 139"

n=$((n + 1))
lab_source $n
lab_in attacker ping -q -c 20 -i 0.02 -I "$source4" "$target4" >/dev/null
is "20 pings" "$(blocked)" nobody

# ---- (12) clients of whoever had the address before: many sources, one port each
for n in $(seq 100 140); do
	lab_source "$n"
	lab_in attacker curl -s -m "$(scaled 0.05)" -o /dev/null --interface "$source4" "http://$target4:5222/"
done
is "41 sources miss one closed port (12)" "$(blocked)" nobody

# ---- (21) the resolver and the gateway, in whose name somebody forges a scan
mac=$(ip -n "$lab-server" -j link show net1 | jq -r '.[0].address')
lab_in server ip route replace default via "$attacker4"
sw reload >/dev/null
check "a scan forged in the gateway's name" \
	lab_in attacker python3 "$top/tests/e2e/forge.py" eth0 "$target4" "$mac" 300 "$attacker4"
is "the gateway is not blocked (21)" "$(blocked)" nobody

# ---- (22) multicast and broadcast
lab_in attacker ip route add 224.0.0.0/4 dev eth0
lab_source 150
lab_in attacker python3 -c "
import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(('$source4', 0))
s.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
for port in (5353, 5355, 1900, 137, 138, 3702):
    s.sendto(b'x', ('224.0.0.251', port))
    s.sendto(b'x', ('203.0.113.255', port))"
is "mDNS, LLMNR, SSDP and NetBIOS to groups (22)" "$(blocked)" nobody

# ---- (23) privacy addresses: twenty of one /64
for i in $(seq 1 20); do
	lab_in attacker ip addr add "fd00:3:0:99::$i/128" dev eth0 nodad
	lab_in attacker curl -gs -m "$slow" -o /dev/null --interface "fd00:3:0:99::$i" "http://[$target6]/"
done
is "twenty addresses of one /64 read a page each (23)" "$(blocked)" nobody

# ---- (24, 25) a container's port, and a service that is away for a moment
lab_source 160
lab_in server nft -f - <<-END
	table ip swt_dnat {
		chain pre {
			type nat hook prerouting priority dstnat
			policy accept
			tcp dport 8088 dnat to 192.0.2.10:80
		}
		chain post {
			type nat hook postrouting priority srcnat
			policy accept
			ip daddr 192.0.2.10 masquerade
		}
	}
END
lab_in server sysctl -qw net.ipv4.ip_forward=1
lab_in visitor python3 -m http.server 80 --directory "$work/www" >/dev/null 2>&1 &
sw reload >/dev/null
eventually 3 lab_in server curl -s -o /dev/null http://192.0.2.10/
for n in $(seq 161 166); do
	lab_source "$n"
	lab_in attacker curl -s -m "$(scaled 4)" -o /dev/null --interface "$source4" "http://$target4:8088/" ||
		not_ok "a container's port is reached from $source4"
done
is "a port with no local listener, six clients (24)" "$(blocked)" nobody
server=$(lab_in server ss -Hltnp 'sport = :22' | grep -om 1 'pid=[0-9]*')
kill "${server#pid=}"
lab_source 170
for port in 80 443 22 3306 40000 40001; do
	lab_in attacker curl -s -m "$(scaled 0.2)" -o /dev/null --interface "$source4" "http://$target4:$port/"
done
is "a service away for a moment: six ports retried (25)" "$(blocked)" nobody

daemon_end
finish
