#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# setup, exposure, doctor and pardon: what an operator uses first, and at 3 a.m.
. "$(dirname "$0")/lib.sh"

mkdir "$work/www"
lab_listen "$work/www" 80 22
lab_source 5
finding() { # CHECK [ABOUT]: what the doctor finds
	sw_json ".checks[] | select(.check == \"$1\" and .about == \"${2:-}\") | .finding" doctor
}
exposed() { # PORT MEMBER
	sw_json ".exposed[] | select(.proto == \"TCP\" and .dest_port == $1) | .$2" exposure
}

# ---- nothing is there yet
grab sw doctor
check "doctor: something is wrong, so exit 1" test "$code" -eq 1
is "doctor: nothing is attached" "$(finding program)" wrong
refused 1 "setup needs to know the way out" "default route" sw setup --yes
refused 1 "setup names what is not there" "net9" sw setup net9 --yes
ip -n "$lab-server" route add default via "$attacker4"
lab_in server nft -f - <<-END
	table ip nat {
		chain pre {
			type nat hook prerouting priority -100
			tcp dport 8443 dnat to 192.0.2.10:443
			udp dport 5353 redirect to :53
		}
	}
END

# ---- setup
grab sw setup --dry-run
says "it finds the way out" "net1 +veth +native"
says "it finds who serves" "tcp/80 +python"
says "it finds what NAT moves" "tcp/8443.*NAT to 192.0.2.10:443"
says "it offers services" "services: .*tcp/8443"
says "it says whom it never blocks" "$target4 +own address of net1"
check "it changed nothing" test ! -e "$pin_dir"
grab sw setup
says "without a terminal it needs --yes" "nothing was changed .use --yes where"
start=${EPOCHREALTIME/./}
check "setup --yes" sw setup --yes
echo "# from setup to protected: $(((${EPOCHREALTIME/./} - start) / 1000)) ms"
is "it is attached in detect mode" "$(sw_json '"\(.mode) \(.interfaces[].name)"' status)" "detect net1"
check "the file names the interface" grep -q '^interfaces = { "net1" }' "$config"
check "the file names the services" grep -q '^services = .*tcp/8443' "$config"
check "the file is good" sw config check
echo '# mine' >>"$config"
cp "$config" "$work/before"
check "setup again" sw setup --yes
check "a file that somebody wrote stays" cmp -s "$config" "$work/before"

# ---- exposure
is "exposure: a process behind a port" "$(exposed 80 process | grep -c python)" 1
check "exposure: since when" test "$(exposed 80 since)" != null
is "exposure: NAT" "$(exposed 8443 nat_to)" 192.0.2.10:443
lab_in server python3 -m http.server --bind 127.0.0.1 9999 >/dev/null 2>&1 &
eventually 5 lab_in server curl -s -o /dev/null http://127.0.0.1:9999/
sw config set hidden 22 >/dev/null
sw port allow 80 from 203.0.113.0/24 >/dev/null
is "exposure: a port that is hidden" "$(exposed 22 hidden)" true
is "exposure: whom a port is limited to" "$(exposed 80 limited_to | tr -d '[:space:]')" '["203.0.113.0/24"]'
COLUMNS=120 grab sw exposure
says "exposure says both" "hidden"
says "to the operator, too" "only for"
sw config unset hidden >/dev/null
sw port remove 80 >/dev/null
is "exposure: loopback is not outside" "$(exposed 9999 port)" ""
daemon_start "the daemon" -i net1
( exec 3<>/dev/tcp/127.0.0.1/1 ) 2>/dev/null
lab_in attacker python3 -c "
import socket, time
s = [socket.create_connection(('$target4', 80), source_address=(a, 0)) for a in ('$source4', '$source4', '$attacker4')]
time.sleep($(scaled 6))" &
check "exposure: two sources, three connections" eventually 5 eval '[ "$(exposed 80 sources_now)" = 2 ]'
lab_in attacker hping3 -q -i u2000 -c 5 -S -p ++80 -I eth0 "$target4" >/dev/null 2>&1
lab_in attacker hping3 -q -i u2000 -c 5 -a 198.51.100.77 -S -p ++8441 -I eth0 "$target4" >/dev/null 2>&1
check "a scan is recorded" eventually 10 eval '[ "$(sw_json .shown events)" -ge 1 ]'
check "exposure: what was scanned, and when" eval '[ "$(exposed 8443 probes)" -ge 1 ] && [ "$(exposed 8443 last_scan)" != null ]'
grab sw exposure
says "exposure as a table" "FIRST SCAN +LAST SCAN" "^tcp/80 +python.* [0-9]+s"

# ---- pardon
lab_source 6
check "a block by somebody" sw block "$source4" --origin fail2ban/sshd
check "and by the operator" sw block "$source4"
check "pardon" sw pardon "$source4"
is "no claim is left" "$(sw_json "[.blocked[] | select(.prefix == \"$source4/32\")] | length" list)" 0
for p in 901 902 903 904 905; do
	lab_in attacker hping3 -q -c 1 -a "$source4" -S -p $p -I eth0 "$target4" >/dev/null 2>&1
done
is "what it does then does not block it" "$(sw_json "[.blocked[] | select(.prefix == \"$source4/32\")] | length" list)" 0
is "it is left alone for an hour" "$(sw_json ".allowed[] | select(.prefix == \"$source4/32\") | .comment" list allowed)" pardon
refused 2 "pardon nobody" "missing|no address" sw pardon
daemon_end

# ---- doctor
check "enforce" sw mode enforce
is "doctor: the program" "$(finding program)" good
is "doctor: the driver" "$(finding xdp net1)" good
is "doctor: the daemon is missed" "$(finding daemon)" wrong
is "doctor: the mode" "$(finding mode)" good
is "doctor: NAT is named" "$(finding nat)" good
sw panic -q
is "doctor: panic" "$(finding mode)" wrong
sw panic --off -q
echo 'moed = "detect"' >>"$config"
is "doctor: a bad configuration" "$(finding configuration)" wrong
cp "$work/before" "$config"
ip -n "$lab-server" link add link net1 name mac7 type macvlan mode bridge
ip -n "$lab-server" link set mac7 up
ip -n "$lab-server" addr add 198.18.7.1/24 dev mac7
ip -n "$lab-server" route add default via 198.18.7.2 metric 50
is "doctor: a macvlan on what is attached" "$(finding stacked mac7)" good
grab sw setup --dry-run
says "setup goes below the macvlan" "^ +net1 "
ip -n "$lab-server" tuntap add dev tun7 mode tun
ip -n "$lab-server" link set tun7 up
ip -n "$lab-server" addr add 198.18.8.1/24 dev tun7
ip -n "$lab-server" route add default via 198.18.8.2 metric 60
is "doctor: no Ethernet header, which the program can read" "$(finding ethernet tun7)" good
check "detach" sw detach --all
bpftool prog load "$top/build/scanwall.bpf.o" "/sys/fs/bpf/swt-$$-other" 2>/dev/null ||
	{ cat >"$work/other.c" <<-'END'
		__attribute__((section("xdp"), used)) int other_guard(void *ctx) { return 2; }
	END
	clang -O2 -g --target=bpf -c "$work/other.c" -o "$work/other.o"
	bpftool prog load "$work/other.o" "/sys/fs/bpf/swt-$$-other" type xdp; }
lab_in server bpftool net attach xdp pinned "/sys/fs/bpf/swt-$$-other" dev net1
is "doctor: another XDP program" "$(finding xdp net1)" wrong
rm -f "/sys/fs/bpf/swt-$$-other"

finish
