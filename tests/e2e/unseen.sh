#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Services whose sockets the program cannot find, and devices without an Ethernet header:
# customers reach them in enforce mode, and scanners are seen.
. "$(dirname "$0")/lib.sh"

mkdir "$work/www"
echo page >"$work/www/index.html"
lab_listen "$work/www" 80 22
printf 'mode = "enforce"\ndetect { grace = 1s }\n' >"$config"

# ---- a port that moves: no forwarding, a redirect to another port
lab_in server sysctl -qw net.ipv4.ip_forward=0 net.ipv6.conf.all.forwarding=0
redirect() {
	lab_in server nft -f - <<-END
		table inet swt_redirect {
			chain pre {
				type nat hook prerouting priority dstnat
				tcp dport { 8091, 8092, 8093, 8094, 8099 } redirect to :80
			}
		}
	END
}
# ---- a listener bound to the bridge over the device that is attached
bridge() {
	lab_in server ip link add br0 type bridge
	lab_in server ip link set net1 master br0
	lab_in server ip addr add 10.7.7.1/24 dev br0
	lab_in server ip link set br0 up
	lab_in attacker ip addr add 10.7.7.2/24 dev eth0
	lab_in server python3 -c "
import socket
s = socket.socket()
s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
s.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, b'br0')
s.bind(('10.7.7.1', 8077))
s.listen(16)
while True:
    c, _ = s.accept()
    c.recv(4096)
    c.sendall(b'HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok')
    c.close()" &
}
# ---- a device without an Ethernet header: one end of a tunnel each
tunnel() {
	python3 -c "
import ctypes, fcntl, os, select, struct
def tun(role):
    ctypes.CDLL(None).setns(os.open('/run/netns/$lab-' + role, 0), 0x40000000)
    t = os.open('/dev/net/tun', os.O_RDWR)
    fcntl.ioctl(t, 0x400454ca, struct.pack('16sH14x', b'swt0', 0x1001)) # TUNSETIFF, no header
    return t
a, b = tun('server'), tun('attacker')
while True:
    for r in select.select([a, b], [], [])[0]:
        try:
            os.write(b if r == a else a, os.read(r, 65536))
        except OSError: # the other end is not up yet
            pass" &
	eventually 5 lab_in attacker ip link show swt0
	lab_in server ip addr add 10.8.8.1/24 dev swt0
	lab_in server ip link set swt0 up
	lab_in attacker ip addr add 10.8.8.2/24 dev swt0
	lab_in attacker ip link set swt0 up
}
page() {
	lab_in attacker curl -gsS -o /dev/null -m "$(scaled 6)" "$1"
}
blocked() {
	sw_json '[.blocked[].prefix] | if . == [] then "nobody" else join(" ") end' list blocked
}
has_event() {
	[ "$(sw_json "[.events[] | select(.source == \"$1\") ] | length > 0" events)" = true ]
}

redirect
bridge
# More tunnels than are attached, as a VPN server has.
for i in $(seq 9); do lab_in server ip tuntap add dev "other$i" mode tun; done
tunnel
check "without scanwall: a listener bound to a bridge" eventually 5 page http://10.7.7.1:8077/
check "without scanwall: a page by the tunnel" eventually 5 page http://10.8.8.1/
daemon_start "the daemon starts" -i net1 -i swt0
settled
for i in 1 2 3; do
	check "a listener bound to a bridge is reached ($i)" page http://10.7.7.1:8077/
	check "a page by the tunnel ($i)" page http://10.8.8.1/
done
is "nobody is blocked for it" "$(blocked)" nobody
lab_in attacker nmap -sT -n -Pn -T4 --max-retries 0 -p 1-30 10.8.8.1 >"$work/nmap" 2>&1
check "a scan by the tunnel is seen" eventually 3 has_event 10.8.8.2/32
daemon_end

# ---- no more of them than the program knows apart, and none that it cannot parse
sw detach --all >/dev/null
for i in $(seq 8); do sw attach "other$i" --mode enforce >/dev/null; done
is "eight tunnels are attached" "$(sw_json '.interfaces | length' status)" 8
refused 1 "a ninth is not" 'other9 has no Ethernet header, and 8 such' sw attach other9
sw detach other3 >/dev/null
check "in the place of one of them it is" sw attach other9
sw detach --all >/dev/null
lab_in server ip tuntap add dev odd0 mode tun
lab_in server python3 -c "
import fcntl, os, struct
t = os.open('/dev/net/tun', os.O_RDWR)
fcntl.ioctl(t, 0x400454ca, struct.pack('16sH14x', b'odd0', 0x1001)) # TUNSETIFF, no header
fcntl.ioctl(t, 0x400454cd, 32)                                      # TUNSETLINK, InfiniBand"
refused 1 "a device with another header is refused" \
	'odd0 begin with a header that the program cannot parse [(]link type 32[)]' sw attach odd0

lab_in server ip link set net1 nomaster
rm -rf "$state_dir"
sw detach >/dev/null 2>&1
daemon_start "the daemon starts without a bridge" -i net1
settled
for i in 1 2 3; do
	check "a redirected port is reached ($i)" page "http://$target4:8099/"
done
for i in 1 2 3 4; do
	check "so are four others, from the same client ($i)" page "http://$target4:809$i/"
done
is "nobody is blocked for that" "$(blocked)" nobody
is "or watched" "$(sw_json '.watched | length' list watched)" 0
take_answers
lab_source 1
lab_in attacker ip route replace "$target4" dev eth0 src "$source4"
send_syns 4001 4011 4021
is "who has missed three ports is challenged" "$(blocked)" "$source4/32"
for i in 1 2 3 4; do
	check "and reaches the redirected ones ($i)" page "http://$target4:809$i/"
done
daemon_end

# ---- rules of iptables by itself, which are no part of the nftables' rules
lab_in server nft delete table inet swt_redirect
kill "$(lab_in server ss -Hltnp 'sport = 8077' | grep -o 'pid=[0-9]*' | cut -d= -f2)"
asks() { # the setting of the program
	bpftool -j map dump pinned "$pin_dir/settings" | jq '.[0].formatted.value.asks'
}
moves() { # NAME COMMAND RULE...: it is noticed, and that it is gone
	local name=$1 command=$2

	shift 2
	lab_in server "$command" -t "$1" -A PREROUTING "${@:2}" ||
		{ skip "$name" "no $command with that here"; return; }
	sw reload >/dev/null
	is "$name is noticed" "$(asks)" 1
	lab_in server "$command" -t "$1" -F PREROUTING
	sw reload >/dev/null
	is "$name: that it is gone, too" "$(asks)" 0
}
sw reload >/dev/null
is "without rules nothing is asked" "$(asks)" 0
for v in '' 6; do
	moves "REDIRECT of ip${v}tables" "ip${v}tables-legacy" nat -p tcp --dport 8095 -j REDIRECT --to-ports 80
	moves "TPROXY of ip${v}tables" "ip${v}tables-legacy" mangle -p tcp --dport 8095 -j TPROXY --on-port 80 --tproxy-mark 1
done
moves "DNAT of iptables" iptables-legacy nat -p tcp --dport 8095 -j DNAT --to-destination 127.0.0.1:80
moves "NETMAP of iptables" iptables-legacy nat -d 10.9.0.0/24 -j NETMAP --to 203.0.113.0/24
moves "NETMAP of iptables over nftables" iptables-nft nat -d 10.9.0.0/24 -j NETMAP --to 203.0.113.0/24
finish
