#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# What scanners, sprays and floods get, and those who come meanwhile, with real tools in
# network namespaces: tests/bench/proof/lab.sh [ROUNDS [PART...]] prints tables for
# docs/detection.md and docs/synflood.md. PART: scans raw sprays names floods ceiling knocks.
# What is compared is measured in turn within each round. BESIDE: another build's scanwall,
# which is measured in the part `ceiling` as well.
. "$(dirname "$0")/../../e2e/lib.sh" >/dev/null

rounds=${1:-3}
shift
parts=${*:-scans raw sprays names floods ceiling knocks}
here=$top/tests/bench/proof
tool=$top/build/proof-lab
data=$work/proof
served=22,25,80,443,993,8080 # all among nmap's hundred, which -F asks for
closed=$(seq -s, 30 63)
service=8000
mkdir "$data" "$work/www"
head -c 20000 /dev/urandom >"$work/www/index.html"

say() {
	echo "proof: $*" >&2
}
# The one that sends has a CPU of its own, if there are two, and goes before whatever
# else this machine does.
sender=(nice -n -15) others=(nice -n -10)
if [ "$(nproc)" -ge 2 ]; then
	sender+=(taskset -c 0) others+=(taskset -c 1)
fi

lab_listen "$work/www" 80 22 25 443 993 8080
( exec nsenter --net="/run/netns/$lab-server" -- "${others[@]}" "$tool" serve $service ) &
take_answers || exit 1
lab_in visitor ip link set eth0 xdpdrv obj "$work/pass.o" sec xdp
lab_in server ip route add 10.0.0.0/8 via "$attacker4"
for i in $(seq 100 159); do
	ip -n "$lab-visitor" addr add "192.0.2.$i/32" dev eth0
done
mac=$(ip -n "$lab-server" -j link show net1 | jq -r '.[0].address')

# ---- scanwall, anew for each measurement: nothing is known of anybody
without() {
	[ -z "$daemon" ] || daemon_end >&2
	sw detach --all >/dev/null 2>&1
	lab_in server nft delete table ip proof 2>/dev/null
	rm -rf "$state_dir"
}
fresh() {
	without
	printf 'mode = "enforce"\ndetect { grace = 1s }\n%s\n' "${1:-}" >"$config"
	daemon_start "scanwall" -i net0 -i net1 >"$work/started"
	grep -q '^ok' "$work/started" || { cat "$work/started" >&2; exit 1; }
}
# as N: the attacker's scans and connections leave from its N-th address.
as() {
	lab_source "$1"
	lab_in attacker ip route replace "$target4" dev eth0 src "$source4"
}
miss() { # twice what blocks it
	lab_in attacker python3 "$top/tests/e2e/forge.py" eth0 "$target4" "$mac" 6 "$source4"
}
# is_proven: blocked on handshakes that it completed.
is_proven() {
	sw_json '.events[] | select(.evidence == "closed-handshake" and .event_type == "block") |
		.source' events | grep -qxF "$source4/32"
}
count() { # REASON
	sw_json "[.reasons[] | select(.reason == \"$1\") | .passed + .dropped] | add // 0" stats
}
# flood ARG...: see lab_flood.c; ends by itself.
flood() {
	lab_in attacker "${sender[@]}" "$tool" flood eth0 "$target4" "$mac" "$@"
}
visits() { # ROLE ARG...: see visits.c
	local role=$1
	shift
	lab_in "$role" "${others[@]}" "$tool" visit "$@"
}

# ---- scans
# connect_scan FILE NMAP_OPTION...: appends what it learned, how many handshakes at
# closed ports were completed before it was blocked for them, and whether it was.
connect_scan() {
	local file=$1 watcher
	shift
	rm -f "$work/ready"
	( exec nsenter --net="/run/netns/$lab-attacker" -- python3 "$here/watch_scan.py" eth0 \
		"$source4" "$target4" $served 200 "$work/ready" >"$work/seen" ) &
	watcher=$!
	eventually 5 test -e "$work/ready"
	lab_in attacker "${others[@]}" timeout 180 nmap -sT -n -Pn -F "$@" \
		--max-retries 1 --host-timeout 150s "$target4" >/dev/null 2>&1
	kill "$watcher"
	wait "$watcher"
	echo "$(cat "$work/seen") $(count closed-handshake)" \
		"$(eventually 1 is_proven && echo 1 || echo 0)" >>"$file"
}
scans() {
	fresh && as 1 && connect_scan "$data/scan-T4" -T4
	fresh && as 1 && connect_scan "$data/scan-T2" -T2
	fresh && as 1 && connect_scan "$data/scan-T4, 3 s a port" -T4 --min-rtt-timeout 3s \
		--max-rtt-timeout 3s --initial-rtt-timeout 3s
}

# ---- a scanner that somebody has patched
raw_scan() { # FILE HOW [SERVED]
	lab_in attacker python3 "$here/raw_scan.py" "$2" eth0 "$target4" "$mac" "$source4" \
		198.51.100.2 "${3:-$served}" "$closed" >>"$data/raw-$1"
}
raw() {
	local how udp
	lab_in attacker nft -f - <<-END
		table ip proof
		delete table ip proof
		table ip proof {
			chain out { type filter hook output priority 0; tcp flags rst drop; }
		}
	END
	for how in syn ack; do
		fresh && as 1 && miss && raw_scan "$how" $how
		# Of port 80 it knows.
		fresh && as 1 && reach4 && miss && raw_scan "$how, after a page" $how ${served/80,/}
	done
	fresh && as 1 && raw_scan decoys decoys
	lab_in server python3 -c "
import select, socket
socks = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(2)]
for s, port in zip(socks, (70, 71)):
    s.bind(('', port))
while True:
    for s in select.select(socks, [], [])[0]:
        s.sendto(b'answer', s.recvfrom(2000)[1])" &
	udp=$!
	fresh && as 1 && miss && raw_scan udp udp 70,71
	fresh && as 1 && reach4 && miss && raw_scan "udp, after a page" udp 70,71
	kill $udp
	lab_in attacker nft delete table ip proof
}

# ---- sprays
sprays() {
	local names sprayer
	for names in 0 4000 60000; do
		fresh && as 1
		if [ $names -gt 0 ]; then
			flood syn 1000 16383 - 5 $((names * 5)) 30 >>"$data/sprayed-$names" &
			sprayer=$!
			sleep 2
		fi
		visits visitor "$site4" $service 15 192.0.2.100 60 >>"$data/strangers-$names" &
		connect_scan "$data/spray-$names" -T4
		wait $!
		[ $names -eq 0 ] || wait $sprayer
	done
}
# forged_name WHO: so many SYNs a second to one port in the name of one who connects to it.
forged_name() {
	local flooder
	flood syn $service 0 "$source4" 1 30000 10 >>"$data/sent-$1" &
	flooder=$!
	sleep 2
	visits attacker "$target4" $service 6 >>"$data/customer-$1"
	wait $flooder
}
names() {
	fresh && as 200 && visits attacker "$target4" $service 0.1 >/dev/null && forged_name known
	fresh && as 201 && forged_name stranger
}

# ---- floods
with_kernel() {
	without
	lab_in server ethtool -K net0 gro on
	lab_in server ethtool -K net1 gro on # a veth takes generated frames where it polls
}
# As its authors have it; MSS and scale are those of the listener behind it.
with_synproxy() {
	local space scale=0
	space=$(lab_in server sysctl -n net.ipv4.tcp_rmem | cut -f3)
	for (( ; space > 65535; space >>= 1)); do
		scale=$((scale + 1))
	done
	with_kernel
	lab_in server sysctl -qw net.netfilter.nf_conntrack_tcp_loose=0
	lab_in server nft -f - <<-END
		table ip proof {
			chain pre {
				type filter hook prerouting priority raw; policy accept;
				tcp dport $service tcp flags & (fin | syn | rst | ack) == syn notrack
			}
			chain in {
				type filter hook input priority filter; policy accept;
				tcp dport $service ct state { invalid, untracked } synproxy mss 1460 wscale $scale timestamp sack-perm
				tcp dport $service ct state invalid drop
			}
		}
	END
}
with_scanwall() {
	# Else its attach would say that the host refuses ACKs of its cookies.
	lab_in server sysctl -qw net.netfilter.nf_conntrack_tcp_loose=1
	fresh
}
rates='200000 700000 1500000 3000000 0'
one_flood() { # VARIANT KIND RATE: for three seconds, visits in the middle two
	local name="$2-$3-$1" flooder
	flood "$2" $service 0 - 1 "$3" 4 >>"$data/flood-$name" &
	flooder=$!
	sleep 1
	[ "$3" = 0 ] || visits visitor "$site4" $service 2.5 >>"$data/visits-$name"
	wait $flooder
}
floods() {
	local rate variant
	for variant in kernel synproxy scanwall; do
		with_$variant
		visits visitor "$site4" $service 2.5 >>"$data/visits-calm-0-$variant"
		for rate in $rates; do
			one_flood $variant syn "$rate"
		done
		one_flood $variant ack 0
	done
	without
}

# What of an answer is ours: the same flood at programs that do less and less.
bare() { # PROGRAM KIND
	lab_in server bpftool net attach xdpdrv pinned "$pin_dir-bare/$1" dev net1
	flood "$2" $service 0 - 1 0 1.5 >>"$data/ceiling-$2-$1"
	lab_in server bpftool net detach xdpdrv dev net1
}
ceiling() {
	local program kind build=$scanwall
	without
	lab_in server bpftool prog loadall "$top/build/ceiling.bpf.o" "$pin_dir-bare"
	for program in lose echo cookie_named cookie_nameless; do
		bare $program syn
	done
	bare lose ack
	bare check ack
	rm -r "$pin_dir-bare"
	for program in scanwall ${BESIDE:+beside}; do
		[ "$program" = scanwall ] || scanwall=$BESIDE
		with_scanwall
		for kind in syn ack; do
			flood $kind $service 0 - 1 0 0.5 >/dev/null # it is a flood after this
			flood $kind $service 0 - 1 0 1.5 >>"$data/ceiling-$kind-$program"
		done
	done
	scanwall=$build
	with_kernel
	for kind in syn ack; do
		flood $kind $service 0 - 1 0 1.5 >>"$data/ceiling-$kind-kernel"
	done
}

# ---- knocks
knocks() {
	local n
	fresh "hidden = 22"
	(umask 077 && sw key add proof >"$work/key")
	for n in $(seq 1 10); do
		as $((100 + n))
		lab_in attacker "${others[@]}" python3 - "$scanwall" "$work/key" "$target4" <<-'END' >>"$data/knocks"
			import socket, subprocess, sys, time
			begun = time.monotonic()
			subprocess.run([sys.argv[1], "--state-dir", "/nonexistent", "knock", "--key", sys.argv[2],
			                sys.argv[3]], stdout=subprocess.DEVNULL, check=True)
			sent = time.monotonic()
			socket.create_connection((sys.argv[3], 22), 5).close()
			print(f"{(time.monotonic() - begun) * 1e6:.0f} {(time.monotonic() - sent) * 1e6:.0f}")
		END
	done
}

for round in $(seq "$rounds"); do
	for part in $parts; do
		say "round $round of $rounds: $part"
		$part
	done
done
without
echo "Load of this machine at the end: $(cut -d' ' -f1-3 /proc/loadavg), $(nproc) CPUs"
python3 "$here/tables.py" "$data"
