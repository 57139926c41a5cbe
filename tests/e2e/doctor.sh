#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# doctor: each of its sentences with what is the case, what to do about it, and the exit code;
# in a real situation, or where a lab cannot have it (LRO, bond, VRF) with made_up.c's answers.
. "$(dirname "$0")/lib.sh"

if ! cc -Wall -Wextra -Werror -shared -fPIC -o "$work/made_up.so" "$top/tests/e2e/made_up.c"; then
	not_ok "made_up.c compiles"
	finish
fi
# as IFACE KEY=VALUE... -- ARG...: scanwall meets such an interface, or host; IFACE+IFACE
# KIND=KIND+KIND: several
as() {
	local set=("MADE_UP=$1" "LD_PRELOAD=$work/made_up.so")

	shift
	while [ "$1" != -- ]; do
		set+=("MADE_UP_$1")
		shift
	done
	shift
	lab_in server env "${set[@]}" "$scanwall" --pin-dir "$pin_dir" --state-dir "$state_dir" -c "$config" "$@"
}
declare -p work lab scanwall pin_dir state_dir config >"$work/as"
declare -f as lab_in >>"$work/as"
made=(sw) # how to call it, with what as() has to make up
# finds NAME CHECK [ABOUT] WANTED: "finding: text", "" for none. Exit 1 is for "wrong" only, and
# with --strict 3 for "doubtful".
finds() {
	local name=$1 check=$2 about=

	shift 2
	[ $# -eq 1 ] || { about=$1; shift; }
	grab "${made[@]}" doctor --json
	is "$name" "$(jq -r --arg check "$check" --arg about "$about" '.checks[] |
		select(.check == $check and .about == $about) | .finding + ": " + .text' <<<"$out")" "$1"
	is "$name: the exit code" "$code" "$(jq 'if .wrong > 0 then 1 else 0 end' <<<"$out")"
	case $1 in wrong:*) is "$name: is 1" "$code" 1 ;; esac
}
link() {
	ip -n "$lab-server" link "$@"
}
outward() { # IFACE: a default route leads out by it
	ip -n "$lab-server" link set "$1" up
	ip -n "$lab-server" route replace default via 198.18.7.2 dev "$1" onlink
}

# ---- nothing is attached
outward net1
finds "nothing is attached" program "wrong: attached to nothing: scanwall setup, or scanwall attach IFACE"
finds "an interface that faces the outside" xdp net1 "doubtful: faces the outside and is not protected: scanwall attach net1"
finds "no daemon is missed yet" daemon "doubtful: not running: blocks work and expire by themselves, but nothing is recorded; systemctl start scanwall, or scanwall run"
check "answers can leave by the driver" take_answers
check "attach" sw attach net1 --mode enforce
finds "attached" program "good: this version's, on 1 interface"
finds "native" xdp net1 "good: native, driver veth"
finds "the daemon is missed" daemon "wrong: not running: blocks work and expire by themselves, but nothing is recorded; systemctl start scanwall, or scanwall run"
printf 'detect { grace = 1s }\nguard { auto_per_minute = 2 }\n' >"$config"
daemon_start "the daemon"
finds "which runs" daemon "good: runs (process $daemon)"
made=(as net1 CLOCK=synchronized QUEUES=2/2 --)
expect 0 "nothing is wrong" "${made[@]}" doctor
expect 0 "with --strict, too" unshare -m bash -c '[ ! -e /etc/knockd.conf ] || mount --bind /dev/null /etc/knockd.conf
[ ! -d /etc/fwknop ] || mount -t tmpfs none /etc/fwknop
. '"$work"'/as; as net1 CLOCK=synchronized QUEUES=2/2 -- doctor --strict'
made=(as net1 CLOCK=unsynchronized --)
expect 3 "with --strict what is doubtful counts" "${made[@]}" doctor --strict

# ---- the clock
finds "the clock is not synchronized" clock "doubtful: the clock is not synchronized (NTP): blocks last as long as they should, but times in events may be wrong; install chrony or systemd-timesyncd"
made=(as net1 CLOCK=synchronized --)
finds "the clock is" clock "good: synchronized"
pause 1.2 # the grace of a new program
send_syns 901 902 903 904 905
check "something is recorded" eventually 10 eval '[ "$(sw_json ".events | length" events)" -gt 0 ]'
finds "the record" record "good: can be read"
made=(as net1 SHIFT=-7200 --)
finds "the clock was set back" record "doubtful: an event in it is from the future: the clock was set back; --since may miss events"

# ---- the disk
made=(as net1 FREE=12 --)
finds "little room is left" disk "wrong: 12 MiB left at $state_dir: free some space, or events and changes cannot be recorded"
made=(as net1 FREE=2000 --)
finds "room is left" disk ""

# ---- keys
made=(sw)
echo garbage >"$state_dir/keys"
finds "keys cannot be read" keys "wrong: $state_dir/keys:1: invalid key (expected a name and 32 hexadecimal digits); hidden ports are open where no other keys are loaded: restore the file, or remove it and make new keys"
rm "$state_dir/keys"
finds "keys can be read" keys ""

# ---- offloads and what else hardware has
made=(as net1 FLAGS=0x8000 --)
finds "LRO" lro net1 "wrong: large receive offload joins packets before the program sees them: ethtool -K net1 lro off"
made=(as net1 FLAGS=0 --)
finds "no LRO" lro net1 ""
link add link net1 name mac5 type macvlan mode bridge
made=(as net1 KIND=nic FLAGS=0x100 --)
finds "VLAN tags are stripped, and there is no VLAN" vlan net1 ""
made=(as net1+mac5 KIND=nic+vlan FLAGS=0x100 --)
finds "VLAN tags are stripped below a VLAN" vlan net1 "doubtful: the NIC strips VLAN tags before the program sees them, so what it answers in a SYN flood leaves without its tag, and does not reach who asks mac5: ethtool -K net1 rxvlan off"
made=(as net1+mac5 KIND=nic+vlan FLAGS=0 --)
finds "a VLAN whose tags are left" vlan net1 ""
link del mac5
made=(as net1 QUEUES=1/8 --)
finds "queues" queues net1 "doubtful: 1 of 8 queues in use, so at most as many CPUs share the work: ethtool -L net1 combined 8"
made=(as net1 QUEUES=rx1/8 --)
finds "receive queues" queues net1 "doubtful: 1 of 8 queues in use, so at most as many CPUs share the work: ethtool -L net1 rx 8"
made=(as net1 QUEUES=8/8 --)
finds "all queues" queues net1 ""
made=(as net1 DRIVER=ena --)
finds "a driver that answers slowly" xdp-tx net1 "doubtful: answers to a SYN flood may be slow: the driver's ring for what XDP sends is short (amzn-drivers#264); if they are, leave floods to the kernel: scanwall config set syn_flood off"
made=(as net1 DRIVER=virtio_net QUEUES=1/1 --)
finds "virtio with one queue" xdp-tx net1 "doubtful: answers to a SYN flood may be slow: one queue pair: the driver sends under a lock that the stack shares; if they are, leave floods to the kernel: scanwall config set syn_flood off"
made=(as net1 DRIVER=virtio_net QUEUES=2/2 --)
finds "virtio with two" xdp-tx net1 ""
made=(sw)
check "what it says to do is a key" sw config set syn_flood off
check "and back" sw config unset syn_flood

# ---- generic XDP, jumbo frames
check "generic, where native works" eval 'sw detach net1 && sw attach net1 --xdp generic'
finds "generic" xdp net1 "doubtful: generic, although driver veth supports native, which is several times faster: scanwall detach net1; scanwall attach net1 --xdp native; where that is refused, it says why, and scanwall attach net1 puts this back"
made=(as net1 DRIVER=8139too --)
finds "generic, and no other" xdp net1 "doubtful: generic: a packet costs a socket buffer before it is dropped; driver 8139too has no native XDP"
made=(sw)
lab_in attacker ip link set eth0 xdp off
link set net1 mtu 9000
finds "jumbo frames" mtu net1 "doubtful: jumbo frames (9000): many drivers refuse native XDP then; ip link set dev net1 mtu 1500, or accept generic"
sw detach net1 -q
ip -n "$lab-attacker" link set eth0 mtu 9000
check "where the driver takes them" sw attach net1 --xdp native
grab ip -n "$lab-server" -d link show net1
finds "jumbo frames, native" mtu net1 ""
link set net1 mtu 1500
ip -n "$lab-attacker" link set eth0 mtu 1500

# ---- stacked devices
for kind in vlan ipvlan macvlan; do
	link add link net1 name top7 type macvlan mode bridge
	outward top7
	made=(as top7 "KIND=$kind" --)
	[ $kind != macvlan ] || made=(sw)
	sw detach net1 -q
	finds "a $kind, and nothing below it is attached" stacked top7 "doubtful: a $kind that faces the outside and is not protected; its packets come in first at net1: scanwall attach net1"
	check "what it says to do" sw attach net1
	finds "a $kind above what is attached" stacked top7 "good: a $kind; its packets meet the program where they come in first: net1"
	is "a $kind, attached below, is not said to be unprotected" "$("${made[@]}" doctor --json | jq '.checks[] | select(.about == "top7" and .check == "xdp")')" ""
	check "attached as well" sw attach top7
	finds "a $kind that is attached, above what is" stacked top7 "doubtful: a $kind; its packets have met the program at net1 before: scanwall detach top7"
	sw detach net1 -q
	finds "a $kind that is attached" stacked top7 "doubtful: a $kind; its packets come in first at net1, where dropping them costs less: scanwall detach top7; scanwall attach net1"
	refused 1 "the other way round is refused" "net1 can have no XDP program while top7, which stands on it, has one; remove that first .scanwall detach top7," sw attach net1
	check "what it says to do" eval 'sw detach top7 && sw attach net1'
	link del top7
done
made=(sw)
link add br7 type bridge
link add port1 type veth peer name far1
link add port2 type veth peer name far2
link set port1 master br7
link set port2 master br7
link set port1 up
link set port2 up
outward br7
for kind in bridge vrf team; do
	made=(as br7+port1+port2 "KIND=$kind+nic+nic" --)
	finds "a $kind" stacked br7 "doubtful: a $kind that faces the outside and is not protected; its packets come in first at port1 port2: scanwall attach port1 port2"
	check "one member is attached" sw attach port1
	finds "a $kind, half of it" stacked br7 "doubtful: a $kind; its packets meet the program at port1, and not at port2: scanwall attach port2"
	check "what it says to do" sw attach port2
	finds "a $kind, all of it" stacked br7 "good: a $kind; its packets meet the program where they come in first: port1 port2"
	sw detach port1 port2 -q
done
made=(as br7 KIND=bond --)
finds "a bond" xdp br7 "doubtful: faces the outside and is not protected: scanwall attach br7"
check "is attached" sw attach br7
finds "a bond, attached" stacked br7 "good: a bond: the kernel passes the program on to members that support it"
sw detach br7 -q
check "its members are attached" sw attach port1 port2
finds "a bond, all of its members attached" stacked br7 "good: a bond; its packets meet the program where they come in first: port1 port2"
sw detach port1 port2 -q
made=(sw)
finds "a bridge of containers and virtual machines only" xdp br7 "doubtful: faces the outside and is not protected: scanwall attach br7"
link del br7

# ---- a macvlan whose lower device is elsewhere, as in a container; with a number that is its own here
ip netns add "$lab-other"
number=$(ip -n "$lab-server" -j link show net1 | jq '.[].ifindex')
link add link net1 name mac8 netns "$lab-other" index "$number" type macvlan mode bridge
ip -n "$lab-other" link set lo up
ip -n "$lab-other" link set mac8 up
ip -n "$lab-other" route add default via 198.18.8.2 dev mac8 onlink
: >"$work/inner.conf"
inner=("--pin-dir" "$pin_dir-inner" "--state-dir" "$work/inner" "-c" "$work/inner.conf")
made=(nsenter "--net=/run/netns/$lab-other" -- "$scanwall" "${inner[@]}")
grab "${made[@]}" setup --dry-run
says "setup in a container's macvlan" "^ +mac8 "
check "attach there" "${made[@]}" attach mac8
finds "a macvlan of a container" stacked mac8 "good: a macvlan on a device of another network namespace, so its packets can meet the program only here"
"${made[@]}" detach --all -q
made=(sw)
ip netns del "$lab-other"
rm -rf "$pin_dir-inner"

# ---- no Ethernet header
ip -n "$lab-server" tuntap add dev tun8 mode tun
outward tun8
finds "no Ethernet header" ethernet tun8 "good: raw IP packets without an Ethernet header; read as such"
link del tun8
outward net1
check "attach" sw attach net1
made=(as net1 TYPE=32 --) # ARPHRD_INFINIBAND
finds "a header that nobody can parse" ethernet net1 "wrong: packets here begin with a header (of type 32) that the program cannot parse, so they pass unjudged: scanwall detach net1, and attach to a device with Ethernet or plain IP"
made=(as net0 TYPE=32 --)
outward net0
finds "which is not attached" ethernet net0 "wrong: packets here begin with a header (of type 32) that the program cannot parse, so they are not judged: attach to a device with Ethernet or plain IP"
made=(sw)

# ---- another XDP program
cat >"$work/other.c" <<-'END'
	__attribute__((section("xdp"), used)) int other_guard(void *ctx) { return 2; }
END
clang -O2 -g --target=bpf -c "$work/other.c" -o "$work/other.o"
bpftool prog load "$work/other.o" "/sys/fs/bpf/swt-$$-other" type xdp
lab_in server bpftool net attach xdp pinned "/sys/fs/bpf/swt-$$-other" dev net0
id=$(ip -n "$lab-server" -j link show net0 | jq '.[].xdp.prog.id')
finds "another XDP program" xdp net0 "wrong: holds another XDP program, \"other_guard\" (id $id): remove it with the tool that attached it, then: scanwall attach net0"
lab_in server bpftool net detach xdp dev net0
rm -f "/sys/fs/bpf/swt-$$-other"
finds "removed" xdp net0 "doubtful: faces the outside and is not protected: scanwall attach net0"
check "as it says" sw attach net0

# ---- who may not look, and what is gone
nobody() {
	lab_in server setpriv --reuid 65534 --regid 65534 --clear-groups "$work/scanwall" \
		--pin-dir "$pin_dir" --state-dir "$state_dir" -c "$config" "$@"
}
cp "$scanwall" "$work/scanwall"
chmod 755 "$work" "$work/scanwall"
refused 5 "without permission nothing is guessed" "Permission denied; run scanwall as root$" nobody doctor
refused 5 "nor by others" "Permission denied; run scanwall as root$" nobody list
mv "$pin_dir/settings" "$pin_dir/settings-away"
finds "a pin is missing" program "wrong: $pin_dir/settings is missing, but scanwall is attached and keeps running; to reload it from the record: scanwall detach --all, then attach again, or restart the daemon"
mv "$pin_dir/settings-away" "$pin_dir/settings"
finds "it is there again" program "good: this version's, on 2 interfaces"

# ---- an interface that is gone
link add eth7 type veth peer name far7
link set eth7 up
check "attach one" sw attach eth7
link del eth7
finds "it is gone" xdp eth7 "wrong: was attached and is gone; the daemon attaches to it again when it comes back"
sw detach eth7 -q

# ---- NAT
nat() {
	lab_in server nft -f - <<<"table ip nat {
		set web { type inet_service; elements = { 8081, 8082 } }
		map where { type inet_service : ipv4_addr; elements = { 9001 : 10.0.0.1 } }
		chain pre {
			type nat hook prerouting priority -100
			$1
		}
		chain out {
			type nat hook output priority -100
			tcp dport 7777 dnat to 10.0.0.9
		}
	}"
}
moves() { # NAME RULE PORTS: the doctor names them
	nat "$2"
	finds "NAT: $1" nat "doubtful: rules move ports that no socket here serves; until their answers have taught it, name them: scanwall config set services $3"
	check "NAT: $1: what it says to do" sw config set services "$3"
	finds "NAT: $1: then" nat "good: the ports that NAT rules redirect are listed in services"
	sw config unset services -q
	lab_in server nft delete table ip nat
}
finds "NAT: none" nat ""
moves "one port" "tcp dport 8443 dnat to 192.0.2.10:443" tcp/8443
moves "a redirected one" "udp dport 5353 redirect to :53" udp/5353
moves "a set and a range" "tcp dport { 80, 443, 8000-8001 } dnat to 10.0.0.1" tcp/80,tcp/443,tcp/8000,tcp/8001
moves "a named set" "tcp dport @web dnat to 10.0.0.1:80" tcp/8081,tcp/8082
moves "a map" "dnat to tcp dport map { 7001 : 10.0.0.1, 7002 : 10.0.0.2 }" tcp/7001,tcp/7002
moves "a named map" "dnat to tcp dport map @where" tcp/9001
moves "a map of addresses and ports" "dnat ip addr . port to tcp dport map { 7101 : 10.0.0.1 . 80 }" tcp/7101
nat "tcp dport != 22 dnat to 10.0.0.9"
finds "NAT: all but one names none" nat ""
lab_in server nft delete table ip nat
for command in iptables-nft iptables-legacy; do
	lab_in server $command -t nat -L -n >/dev/null 2>&1 || { echo "# no $command here"; continue; }
	lab_in server $command -t nat -A PREROUTING -p tcp -m multiport --dports 81,90:91 -j DNAT --to-destination 10.0.0.1
	lab_in server $command -t nat -A PREROUTING -p udp --dport 53 -j REDIRECT --to-ports 5353
	lab_in server $command -t nat -A PREROUTING -p tcp ! --dport 22 -j REDIRECT --to-ports 8
	lab_in server $command -t nat -A OUTPUT -p tcp --dport 7778 -j REDIRECT --to-ports 8
	finds "NAT: $command" nat "doubtful: rules move ports that no socket here serves; until their answers have taught it, name them: scanwall config set services tcp/81,tcp/90,tcp/91,udp/53"
	lab_in server $command -t nat -F
done

# ---- blocks that were capped; settings; panic; detect
for n in 11 12 13 14; do
	lab_source $n
	scan "$source4" "$target4" -sS >/dev/null
done
finds "automatic blocks at their limit" limits "doubtful: $(sw_json .capped_blocks status) automatic blocks were not made, at guard.auto_per_minute or guard.auto_max: a flood under forged addresses, or limits too low"
finds "no event is lost" events "good: none lost"
check "panic" sw panic
finds "panic" mode "wrong: PANIC: everything passes; to end it: scanwall panic --off"
check "its end" sw panic --off
finds "enforce" mode "good: enforce"
check "detect" sw mode detect
finds "detect" mode "doubtful: detect: nothing is dropped; when the events look right: scanwall mode enforce"
cp "$config" "$work/good"
echo 'moed = "detect"' >>"$config"
finds "a bad configuration" configuration "wrong: $(sw config check 2>&1 | sed 's/^scanwall config: //')"
cp "$work/good" "$config"
daemon_end
check "detach" sw detach --all

# ---- events that nobody reads, no room for blocks
printf 'detect { grace = 1s }\nguard { auto_max = 100000  auto_per_minute = 60000 }\nlimits { ring = 65536 }\n' >"$config"
check "attach with little room" sw attach net1 --mode enforce
pause 1.2
check "forge three probes in each of 3,000 names" lab_in attacker python3 "$top/tests/e2e/forge.py" \
	eth0 "$target4" "$(ip -n "$lab-server" -j link show net1 | jq -r '.[0].address')" 9000 random
lost=$(sw_json .lost_events status)
check "events are lost" test "$lost" -gt 0
finds "events that no daemon reads" events "doubtful: $lost lost: no daemon reads them; systemctl start scanwall"
daemon_start "the daemon"
lost=$(sw_json .lost_events status)
finds "events that were lost" events "doubtful: $lost lost: the ring was full; raise limits.ring and attach again"
daemon_end
finish
