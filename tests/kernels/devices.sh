#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# In a kernel under test (scripts/kernels): services behind devices that lie above or below
# the one attached, or that somebody else moves: each is reached under enforce at the first
# try of a stranger, while a scan of the same address is blocked.
. "$(dirname "$0")/../e2e/lib.sh"

printf 'mode = "enforce"\ndetect { grace = 1s }\n' >"$config" # this kernel has just booted
mkdir "$work/www"
echo page >"$work/www/index.html"
lab_in server sysctl -qw net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.default.rp_filter=0

# listen_on DEVICE PORT [transparent]: a listener that is bound to it (-: to none)
listen_on() {
	nsenter --net="/run/netns/$lab-server" python3 - "$@" <<-'END' &
		import socket, sys
		device, port = sys.argv[1], int(sys.argv[2])
		s = socket.socket(socket.AF_INET6)
		s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
		if device != "-":
		    s.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, device.encode())
		if len(sys.argv) > 3:
		    s.setsockopt(socket.SOL_IP, 19, 1) # IP_TRANSPARENT
		    s.setsockopt(41, 75, 1)            # IPV6_TRANSPARENT
		s.bind(("::", port))
		s.listen(16)
		while True:
		    c, _ = s.accept()
		    c.recv(4096)
		    c.sendall(b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok")
		    c.close()
	END
	listener=$!
	eventually 20 eval "lab_in server ss -Hltn | grep -q ':$2 '"
}
page() { # URL FROM
	lab_in attacker curl -gsS -o /dev/null -m "$(scaled 4)" --interface "$2" "$1"
}
is_blocked() { # ADDRESS
	sw_json '.blocked[].prefix' list blocked | grep -qxF "$1"
}
scan_from() { # ADDRESS TO: five closed ports, without waiting for any
	lab_in attacker python3 - "$1" "$2" <<-'END'
		import socket, sys, time
		source, to = sys.argv[1:]
		probes = []
		for port in 4001, 4011, 4021, 4031, 4041:
		    s = socket.socket(socket.AF_INET6 if ":" in to else socket.AF_INET)
		    s.setblocking(False)
		    s.bind((source, 0))
		    s.connect_ex((to, port))
		    probes.append(s)
		    time.sleep(0.05)
	END
}
# serves NAME ATTACHED N PORT: at 10.9.N.1 and fd09:N::1; .2 asks, .3 scans
serves() {
	local name=$1 attached=$2 at4=10.9.$3.1 at6="[fd09:$3::1]" port=$4 i

	check "$name, without scanwall" eventually 10 page "http://$at4:$port/" "10.9.$3.2"
	check "$name, attach" sw attach "$attached" --mode enforce
	for i in 1 2; do
		check "$name: reached ($i)" page "http://$at4:$port/" "10.9.$3.2"
		check "$name: by IPv6 ($i)" page "http://$at6:$port/" "fd09:$3::2"
	done
	is "$name: nobody is blocked for it" "$(sw_json '.blocked | length' list blocked)" 0
	scan_from "10.9.$3.3" "$at4"
	scan_from "fd09:$3:0:3::3" "fd09:$3::1"
	check "$name: a scan is blocked" is_blocked "10.9.$3.3/32"
	check "$name: by IPv6" is_blocked "fd09:$3:0:3::/64"
	check "$name: and goes on for who asks" page "http://$at4:$port/" "10.9.$3.2"
	sw detach --all >/dev/null
	rm -rf "$state_dir"
	kill "$listener"
	wait "$listener" 2>/dev/null
}
# number DEVICE PEER_DEVICE N
number() {
	lab_in server ip addr add "10.9.$3.1/24" dev "$1"
	lab_in server ip addr add "fd09:$3::1/48" dev "$1" nodad
	lab_in server ip link set "$1" up
	for i in 2 3; do lab_in attacker ip addr add "10.9.$3.$i/24" dev "$2"; done
	lab_in attacker ip addr add "fd09:$3::2/48" dev "$2" nodad
	lab_in attacker ip addr add "fd09:$3:0:3::3/48" dev "$2" nodad
	lab_in attacker ip link set "$2" up
}
server_ip() { lab_in server ip "$@"; }

# ---- VLAN over the device
server_ip link add link net1 name net1.7 type vlan id 7
lab_in attacker ip link add link eth0 name eth0.7 type vlan id 7
number net1.7 eth0.7 1
listen_on net1.7 8071
serves "VLAN, the device below attached" net1 1 8071
listen_on net1.7 8071
serves "VLAN, attached itself" net1.7 1 8071

# ---- macvlan over it
server_ip link add link net1 name mv0 type macvlan mode bridge
number mv0 eth0 2
listen_on mv0 8072
serves macvlan net1 2 8072
server_ip link del mv0 # it takes what comes to the device, as a bridge and a bond do

# ---- ipvlan over it, which has the device's own MAC
server_ip link add link net1 name iv0 type ipvlan mode l2
number iv0 eth0 8
listen_on iv0 8078
serves ipvlan net1 8 8078

# ---- a container at its end: not our address, so no socket of ours tells what is served
ip netns add "$lab-guest"
server_ip link set iv0 netns "$lab-guest"
ip -n "$lab-guest" addr add 10.9.8.1/24 dev iv0
ip -n "$lab-guest" link set iv0 up
ip netns exec "$lab-guest" python3 -m http.server -d "$work/www" 8079 >/dev/null 2>&1 &
listener=$!
check "ipvlan of a container, without scanwall" eventually 20 page http://10.9.8.1:8079/ 10.9.8.2
check "ipvlan of a container, attach" sw attach net1 --mode enforce
for i in 1 2 3; do
	check "ipvlan of a container: reached ($i)" page http://10.9.8.1:8079/ 10.9.8.2
done
is "ipvlan of a container: nobody is blocked for it" "$(sw_json '.blocked | length' list blocked)" 0
sw detach --all >/dev/null
rm -rf "$state_dir"
kill "$listener"
wait "$listener" 2>/dev/null
ip netns del "$lab-guest"

# ---- VRF around it
server_ip link add vrf0 type vrf table 10
server_ip link set vrf0 up
server_ip link set net1 master vrf0
number net1 eth0 3
listen_on vrf0 8073
serves "VRF, its device bound" net1 3 8073
listen_on net1 8073
serves "VRF, the member bound" net1 3 8073
server_ip link set net1 nomaster

# ---- bridge over it
server_ip link add br0 type bridge
server_ip link set net1 master br0
number br0 eth0 4
listen_on br0 8074
serves bridge net1 4 8074
server_ip link set net1 nomaster

# ---- TPROXY
number net1 eth0 5
lab_in server nft -f - <<-'END'
	table inet swt_tproxy {
		chain pre {
			type filter hook prerouting priority mangle
			tcp dport 8075 tproxy to :9075 meta mark set 1 accept
		}
	}
END
for v in -4 -6; do
	server_ip $v rule add fwmark 1 lookup 100
	server_ip $v route add local default dev lo table 100
done
listen_on - 9075 transparent
serves TPROXY net1 5 8075
lab_in server nft delete table inet swt_tproxy

# ---- IPVS in local mode: the real servers are here
number net1 eth0 6
server_ip addr add 10.96.0.1/32 dev lo
server_ip addr add fd96::1/128 dev lo nodad
listen_on - 9076
lab_in server ipvsadm -A -t 10.9.6.1:8076
lab_in server ipvsadm -a -t 10.9.6.1:8076 -r 10.96.0.1:9076 -m
lab_in server ipvsadm -A -t '[fd09:6::1]:8076'
lab_in server ipvsadm -a -t '[fd09:6::1]:8076' -r '[fd96::1]:9076' -m
serves "IPVS" net1 6 8076
lab_in server ipvsadm -C

# ---- the device in a bond
server_ip link add bond0 type bond mode active-backup miimon 100
server_ip link set net1 down
server_ip link set net1 master bond0
number bond0 eth0 7
eventually 10 eval 'lab_in server ip -br link show bond0 | grep -q LOWER_UP'
listen_on bond0 8077
serves "bond, its member attached" net1 7 8077
listen_on bond0 8077
serves "bond, attached itself" bond0 7 8077
finish
