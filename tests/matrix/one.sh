#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# tests/matrix/one.sh PEER: every scan against one protection, one JSON object
# a scan. answers: packets that reached the scanner's address; open:
# open TCP ports that they told of; decoys: of five, how many are cut off then.
. "$(dirname "$0")/../e2e/lib.sh"

peer=$1 here=$(cd "$(dirname "$0")" && pwd)
rounds=${ROUNDS:-1}
mkdir "$work/www"
lab_listen "$work/www" 80 22 443 3306 9200 50000

# In mount and network namespaces of the lab: what these programs write stays here.
overlay() { # DIR...: each of them private, with what stands in $work/peer for it
	local dir

	for dir; do
		mkdir -p "$work/peer$dir" "$dir"
		mount --bind "$work/peer$dir" "$dir"
	done
}

protect_scanwall() {
	printf 'mode = "enforce"\ndetect { grace = 1s }\n' >"$config"
	daemon_start scanwall -i net1 >/dev/null
}

# As with containers or a router: it forwards, so that closed ports may be open
# behind it.
protect_scanwall-forwards() {
	lab_in server sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1
	protect_scanwall
}

protect_portsentry() {
	mkdir -p "$work/peer/etc/portsentry" "$work/peer/var/lib/portsentry"
	cat >"$work/block" <<-END
		#!/bin/sh
		nft add element inet peer out4 "{ \$1 }"
	END
	chmod +x "$work/block"
	cp /etc/portsentry/* "$work/peer/etc/portsentry/"
	sed -i -e 's/^BLOCK_\(UDP\|TCP\)=.*/BLOCK_\1="1"/' -e '/^KILL_/d' \
		-e 's/^RESOLVE_HOST=.*/RESOLVE_HOST="0"/' "$work/peer/etc/portsentry/portsentry.conf"
	echo "KILL_ROUTE=\"$work/block \$TARGET\$\"" >>"$work/peer/etc/portsentry/portsentry.conf"
	printf '127.0.0.1\n0.0.0.0\n%s\n' "$target4" >"$work/peer/etc/portsentry/portsentry.ignore"
	lab_in server nft 'table inet peer {
		set out4 { type ipv4_addr; }
		chain in { type filter hook prerouting priority -300; ip saddr @out4 drop; }
	}'
	for mode in -atcp -audp; do
		lab_in server unshare -m bash -c "$(declare -f overlay); work=$work
			overlay /etc/portsentry /var/lib/portsentry
			exec portsentry $mode" >/dev/null 2>&1 &
	done
	sleep 2
}

protect_psad() {
	mkdir -p "$work/peer/etc" "$work/peer/var/log"
	cp -r /etc/psad "$work/peer/etc/"
	while read -r key value; do
		sed -i "s|^$key .*|$key $value;|" "$work/peer/etc/psad/psad.conf"
	done <<-END
		ENABLE_AUTO_IDS Y
		AUTO_IDS_DANGER_LEVEL 1
		IPT_SYSLOG_FILE /var/log/psadfw.log
		ALERTING_METHODS noemail
		ENABLE_FW_LOGGING_CHECK N
		AUTO_DETECT_JOURNALCTL N
		ENABLE_SYSLOG_FILE Y
		ENABLE_WHOIS_LOOKUPS N
		ENABLE_DNS_LOOKUPS N
		HOME_NET 203.0.113.0/24
		HOSTNAME lab
	END
	cat >"$work/ulogd.conf" <<-END
		[global]
		logfile="$work/ulogd.log"
		stack=log1:NFLOG,base1:BASE,ifi1:IFINDEX,ip2str1:IP2STR,print1:PRINTPKT,emu1:LOGEMU
		[log1]
		group=0
		[emu1]
		file="$work/peer/psadfw.log"
		sync=1
	END
	: >"$work/peer/psadfw.log"
	lab_in server bash -c 'iptables -A INPUT -i lo -j ACCEPT
		iptables -A INPUT -m state --state ESTABLISHED -j ACCEPT
		iptables -A INPUT -p tcp --syn -m multiport --dports 22,80,443,3306,9200,50000 -j ACCEPT
		iptables -A INPUT -p icmp --icmp-type echo-request -j ACCEPT
		iptables -A INPUT -j NFLOG --nflog-prefix "DROP "
		iptables -A INPUT -j DROP'
	lab_in server ulogd -c "$work/ulogd.conf" >/dev/null 2>&1 &
	lab_in server unshare -m bash -c "$(declare -f overlay); work=$work
		overlay /etc/psad /var/log/psad /var/lib/psad /run/psad
		touch /var/log/psadfw.log
		mount --bind $work/peer/psadfw.log /var/log/psadfw.log
		exec psad --no-daemon" >"$work/psad.log" 2>&1 &
	sleep 4
}

case $peer in
none) ;;
scanwall | scanwall-forwards | portsentry | psad) "protect_$peer" ;;
nft-*) lab_in server nft -f "$here/$peer.nft" || exit 1 ;;
*) echo "matrix: no peer \"$peer\"" >&2; exit 2 ;;
esac

report() { # NAME
	jq -cn --arg peer "$peer" --arg scan "$1" --argjson answers "$(answers)" \
		--argjson open "$(open_ports)" \
		'{peer: $peer, scan: $scan, answers: $answers, open: $open, decoys: null}'
}
limit=(-n -Pn --max-retries 1 --host-timeout "${LIMIT:-8}s")
scan4() {
	local name=$1

	shift
	new_self
	lab_in attacker nmap "$@" "${limit[@]}" -S "$source4" -e eth0 "$target4" >/dev/null 2>&1
	report "$name"
}
scan6() {
	local name=$1

	shift
	new_self
	lab_in attacker nmap -6 "$@" "${limit[@]}" -S "$source6" -e eth0 "$target6" >/dev/null 2>&1
	report "$name"
}

for _ in $(seq "$rounds"); do
	scan4 "-sT" -sT -T4 --top-ports 1000
	scan6 "-6 -sT" -sT -T4 --top-ports 1000
done
scan4 "-sS" -sS -T4 --top-ports 1000
scan4 "-O" -O -T4 -F
scan4 "-f" -f -T4 -F
scan4 "-g 53" -g 53 -T4 -F
for kind in -sN -sF -sX -sA -sW -sM; do
	scan4 "$kind" $kind -T4 -F
done
scan4 "--badsum" --badsum -T4 -F
scan4 "-sU, 50 ports" -sU -T4 --top-ports 50
scan4 "-sO" -sO -T4
scan4 "-sY" -sY -T4 -F
scan4 "-sS -T2" -sS -T2 -p 20,21,22,23,25,80,110,111,443,445
scan6 "-6 -sS" -sS -T4 --top-ports 1000

new_self
mac=$(ip -n "$lab-server" -j link show net1 | jq -r '.[0].address')
lab_in attacker masscan "$target4" --top-ports 100 --rate 2000 --wait 0 -e eth0 --adapter-ip "$source4" \
	--router-mac "${mac//:/-}" >/dev/null 2>&1
report masscan

for i in $(seq 2 33); do
	lab_in server ip addr add "10.9.9.$i/32" dev net1
done
[[ $peer != scanwall* ]] || sw reload >/dev/null
new_self
lab_in attacker ip route replace 10.9.9.0/24 via "$target4" src "$source4"
# shellcheck disable=SC2016 # for the inner shell
lab_in attacker bash -c 'for i in $(seq 2 33); do
	timeout 0.1 bash -c "exec 3<>/dev/tcp/10.9.9.$i/443"
done' 2>/dev/null
jq -cn --arg peer "$peer" --argjson answers "$(open_hosts)" \
	'{peer: $peer, scan: "32 hosts, one port", answers: $answers, open: $answers, decoys: null}'

new_self
lab_in attacker nmap -sS -D 198.51.100.201,198.51.100.202,198.51.100.203,198.51.100.204,198.51.100.205 \
	-T4 -F "${limit[@]}" -S "$source4" -e eth0 "$target4" >/dev/null 2>&1
seen=$(report "-D, five decoys")
[ "$peer" != psad ] || sleep 8 # it looks at its log every five seconds
lost=0
for i in 201 202 203 204 205; do
	self=$source4
	lab_source $i
	patience=0.5 reach4 >/dev/null 2>&1 || lost=$((lost + 1))
	source4=$self
done
jq -c --argjson lost "$lost" '.decoys = $lost' <<<"$seen"
