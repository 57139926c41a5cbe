#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# A SYN-ACK from a closed port equals the kernel's in every bit but the sequence number,
# for all options that a client may send and under every setting of this host.
. "$(dirname "$0")/lib.sh"

cat >"$config" <<'END'
mode = "enforce"
closed = "deceive"
detect { grace = 1s }
END
lab_in server sysctl -qw net.ipv4.tcp_max_syn_backlog=65536 net.core.somaxconn=65536
check "the wire takes answers" take_answers
mac=$(ip -n "$lab-server" -j link show net1 | jq -r '.[0].address')
source=200

listens() { [ -n "$(lab_in server ss -Hltn sport = 80)" ]; }

stop() {
	lab_in server ss -Htlnp 'sport = :80' | grep -o 'pid=[0-9]*' | cut -d= -f2 | sort -u | xargs -r kill
	eventually 10 not listens
}
# A listener's buffer is what tcp_rmem said when it was made. Its queue has room for all
# that stays half open here.
serve() {
	stop
	lab_in server python3 -c '
import socket, time
s = socket.create_server(("::", 80), family=socket.AF_INET6, dualstack_ipv6=True, backlog=65535)
time.sleep(600)' &
	eventually 10 listens
}

# alike NAME [SYSCTL=VALUE]...: attached with these settings, the ports answer alike.
alike() {
	local name=$1 setting before=()

	shift
	for setting in "$@"; do
		before+=("${setting%%=*}=$(lab_in server sysctl -n "${setting%%=*}")")
		lab_in server sysctl -qw "$setting"
	done
	serve
	sw attach net1 >/dev/null
	settled
	source=$((source + 1))
	is "$name: 368 SYNs of each IP version" "$(lab_in attacker python3 "$top/tests/e2e/alike.py" \
		eth0 "$mac" 80 4711 "$(scaled 1)" "198.51.100.$source>$target4" "fd00:3:0:$source::9>$target6" |
		tail -n 20)" "736 compared"
	sw detach --all >/dev/null
	[ $# -eq 0 ] || lab_in server sysctl -qw "${before[@]}"
}

alike "as installed"
alike "without SACK and timestamps" net.ipv4.tcp_sack=0 net.ipv4.tcp_timestamps=0
alike "without window scale" net.ipv4.tcp_window_scaling=0
alike "other buffers, TTL and ECN" "net.ipv4.tcp_rmem=4096 87380 33554432" \
	net.ipv4.ip_default_ttl=100 net.ipv6.conf.default.hop_limit=99 net.ipv6.conf.net1.hop_limit=99 \
	net.ipv4.tcp_ecn=1
alike "another hop limit at this interface, no flow labels" net.ipv6.conf.net1.hop_limit=33 \
	net.ipv6.auto_flowlabels=0
ip -n "$lab-server" link set net1 mtu 1400
alike "a smaller MTU"
finish
