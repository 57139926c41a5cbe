#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Every kind of scan of the real tools, each from a source of its own: the server's
# replies, and the name in the event.
. "$(dirname "$0")/lib.sh"

mkdir "$work/www"
lab_listen "$work/www" 80 22 443 3306 9200 50000
printf 'mode = "enforce"\ndetect { grace = 1s }\n' >"$config"
daemon_start "the daemon starts" -i net1
settled
ports=1-20,22,23,25,53,80,110,135,139,143,443,445,3306,3389,8080,9200,50000
udp_ports=7,53,67,69,111,123,137,161,500,520,1434,1900,5060,11211

at_most() {
	[ "$1" -le "$2" ] || { echo "$1, at most $2 allowed"; return 1; }
}
words_of_events() { # SOURCE
	sw_json "[.events[] | select(.source == \"$1\") | .kinds[], .tool // empty, .event_type] |
		unique | join(\" \")" events
}
named() {
	local got name

	got=" $(words_of_events "$1") "
	shift
	for name; do
		[[ $got == *" $name "* ]] || { echo "events say:$got"; return 1; }
	done
}

# scan4 MAX_ANSWERS MAX_OPEN "WORDS OF THE EVENT" NMAP_OPTION...
scan4() {
	local most=$1 most_open=$2 words=$3

	shift 3
	new_self
	lab_in attacker nmap "$@" -S "$source4" -e eth0 -n -Pn --max-retries 1 --host-timeout $((15 * slow))s \
		"$target4" >"$work/nmap" 2>&1
	check "nmap $*: at most $most answers" at_most "$(answers)" "$most"
	check "nmap $*: at most $most_open open ports learned" at_most "$(open_ports)" "$most_open"
	# shellcheck disable=SC2086 # a list of words
	check "nmap $*: told as: $words" eventually 2 named "$source4/32" $words
}
scan6() {
	local most=$1 most_open=$2 words=$3

	shift 3
	new_self
	lab_in attacker nmap -6 "$@" -S "$source6" -e eth0 -n -Pn --max-retries 1 \
		--host-timeout $((15 * slow))s "$target6" >"$work/nmap" 2>&1
	check "nmap -6 $*: at most $most answers" at_most "$(answers)" "$most"
	check "nmap -6 $*: at most $most_open open ports learned" at_most "$(open_ports)" "$most_open"
	# shellcheck disable=SC2086 # a list of words
	check "nmap -6 $*: told as: $words" eventually 2 named "fd00:3:0:$n::/64" $words
}

for try in scan4 scan6; do
	$try 0 0 "block scanner nmap" -sS -T4 -p $ports
	$try 0 0 "block null nmap" -sN -T4 -p $ports
	$try 0 0 "block fin nmap" -sF -T4 -p $ports
	$try 0 0 "block xmas nmap" -sX -T4 -p $ports
	$try 0 0 "block stray-ack nmap" -sA -T4 -p $ports
	$try 0 0 "block stray-ack nmap" -sW -T4 -p $ports
	$try 0 0 "block fin-ack nmap" -sM -T4 -p $ports
	$try 0 0 "block syn-fin" -sS --scanflags SYNFIN -T4 -p $ports
	$try 0 0 "block odd-flags" -sS --scanflags URGPSH -T4 -p $ports
	$try 0 0 "block closed-udp" -sU -T4 -p $udp_ports
	$try 0 0 "block sctp" -sY -T4 -p 7,9,80,2905,36412
	$try 0 0 "block sctp" -sZ -T4 -p 7,9,80,2905,36412
	$try 2 0 "block protocol" -sO -T4
	$try 0 0 "block scanner" -O -T4 -p $ports
	$try 0 0 "block scanner" -sV -T4 -p 22,80,443,3306
	$try 0 0 "block scanner" -g 53 -T4 -p $ports
	$try 0 0 "block scanner" --data-length 25 -T4 -p $ports
	$try 0 0 "block scanner" -sS -T5 -p $ports
	$try 0 0 "block scanner" -sS -T2 -p 20,21,22,23,80
	# A connect scan in the order of its list: a hundred ports, the popular first.
	# The challenge would let in what waits for its second SYN, as on a busy machine.
	sw config set blocked drop >/dev/null
	$try 12 3 block -sT -T4 -F
	sw config unset blocked >/dev/null
done
scan4 0 0 "block scanner" --badsum -T4 -p $ports
scan4 0 0 "block fragment" -f -T4 -p $ports
scan4 0 0 "block fragment" --mtu 8 -T4 -p $ports
scan4 0 0 "block fragment" --mtu 16 -T4 -p $ports
scan4 0 0 "block" --mtu 24 -T4 -p $ports

# ---- a connection to port 22 makes nobody a guest: it scans on, and is blocked
new_self
lab_in attacker timeout "$(scaled 20)" bash -c "exec 3<>/dev/tcp/$target4/22; exec sleep $(scaled 20)" &
guest=$!
eventually 3 eval "lab_in server ss -Htn state established sport = :22 | grep -q $source4"
sw reload >/dev/null
lab_in attacker nmap -sT -T4 -p $ports -S "$source4" -e eth0 -n -Pn --max-retries 1 \
	--host-timeout $((15 * slow))s "$target4" >"$work/nmap" 2>&1
check "with a connection to sshd open: blocked all the same" eventually 2 named "$source4/32" block
kill $guest

# ---- a handshake begun and reset is a little suspicious, once a service
new_self
lab_in attacker hping3 -q -S -w 64240 -c 4 -i u20000 -p 80 -a "$source4" "$target4" >/dev/null 2>&1
is "half-open probes of one service: a quarter point" "$(sw_json ".watched[] |
	select(.prefix == \"$source4/32\") | \"\\(.score) \\(.kinds | join(\" \"))\"" list watched)" \
	"0.25 half-open"

# ---- decoys: told of, dropped, and nobody pays
new_self
decoys=203.0.113.11,203.0.113.12,203.0.113.13,203.0.113.14,203.0.113.15
lab_in attacker nmap -sS -D $decoys -S "$source4" -e eth0 -T4 -n -Pn --max-retries 1 \
	-p $ports "$target4" >"$work/nmap" 2>&1
check "nmap -D: no answer" at_most "$(answers)" 0
check "nmap -D: nothing learned" at_most "$(open_ports)" 0
is "nmap -D: no decoy is blocked" \
	"$(sw_json '[.blocked[].prefix | select(startswith("203.0.113."))] | length' list blocked)" 0
is "nmap -D: decoys are told of" \
	"$(sw_json '[.events[] | select(.event_type == "decoys")] | length > 0' events)" true

# ---- pings, all 32 addresses of the server, one port of each
for i in $(seq 2 33); do
	lab_in server ip addr add "10.9.9.$i/32" dev net1
done
lab_in attacker ip route add 10.9.9.0/24 via "$target4"
sw reload >/dev/null
own_addresses() {
	[ "$(bpftool -j map dump pinned "$pin_dir/local_addrs" | jq length)" -ge 34 ]
}
check "the program knows all of them" eventually 10 own_addresses
sweep() {
	local name=$1 most=$2 words=$3

	shift 3
	new_self
	lab_in attacker "$@" >"$work/tool" 2>&1
	check "$name: at most $most answers" at_most "$(answers)" "$most"
	# shellcheck disable=SC2086 # a list of words
	check "$name: told as: $words" eventually 2 named "$source4/32" $words
}
options=(-n -T4 --max-retries 1 --host-timeout $((10 * slow))s)
next=198.51.100.$((n + 1))
sweep "nmap -sn -PE" 5 "block ping-sweep" \
	nmap -sn -PE "${options[@]}" -S "$next" -e eth0 10.9.9.2-33
next=198.51.100.$((n + 1))
sweep "nmap -sn -PP" 0 "block icmp-probe" \
	nmap -sn -PP "${options[@]}" -S "$next" -e eth0 10.9.9.2-33
next=198.51.100.$((n + 1))
sweep "nmap -sn -PM" 0 "block icmp-probe" \
	nmap -sn -PM "${options[@]}" -S "$next" -e eth0 10.9.9.2-33
next=198.51.100.$((n + 1))
sweep "nmap -sn -PA80" 0 "block" \
	nmap -sn -PA80,81 "${options[@]}" -S "$next" -e eth0 10.9.9.2-33
next=198.51.100.$((n + 1))
sweep "nmap -sn -PU161" 0 "block closed-udp" \
	nmap -sn -PU161 "${options[@]}" -S "$next" -e eth0 10.9.9.2-33
new_self
lab_in attacker ip route replace 10.9.9.0/24 via "$target4" src "$source4"
# An ordinary client's handshake, and not a byte, at each of them.
lab_in attacker bash -c "for i in {2..33}; do
	timeout $(scaled 0.2) bash -c 'exec 3<>/dev/tcp/10.9.9.'\$i/80
done" 2>/dev/null
check "one open port of 32 addresses: at most 5 answer" at_most "$(open_hosts)" 5
check "one open port of 32 addresses: told as a sweep" eventually 2 named "$source4/32" sweep

# ---- the others
mac=$(ip -n "$lab-server" -j link show net1 | jq -r '.[0].address')
next=198.51.100.$((n + 1))
sweep masscan 0 "block scanner masscan" \
	masscan "$target4" -p1-300 --rate 2000 --wait 0 -e eth0 --adapter-ip "$next" \
	--router-mac "${mac//:/-}"
sweep "hping3 -S" 0 "block scanner hping3" \
	hping3 -q -S -c 40 -i u2000 -p ++1 -a "198.51.100.$((n + 1))" "$target4"
sweep "hping3 -F -P -U" 0 "block xmas" \
	hping3 -q -F -P -U -c 40 -i u2000 -p ++1 -a "198.51.100.$((n + 1))" "$target4"
sweep "hping3 --udp" 0 "block closed-udp" \
	hping3 -q --udp -c 40 -i u2000 -p ++1000 -a "198.51.100.$((n + 1))" "$target4"
# A seed: by one of forty others ZMap 2.1.1 fails an assertion before it sends anything.
sweep zmap 5 block \
	zmap -q -e 1 -p 81 -r 2000 -i eth0 -S "198.51.100.$((n + 1))" -o /dev/null -b /dev/null \
	-G "$mac" -c 1 10.9.9.0/26

daemon_end
finish
