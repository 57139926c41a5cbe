#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Guarded addresses are never blocked, neither by hand nor by the program, and the program
# makes no more blocks than it may.
. "$(dirname "$0")/lib.sh"

events_of() {
	sw_json "[.events[] | select(.source == \"$1\") | .event_type] | unique | join(\" \")" events
}
has_event() {
	[ "$(events_of "$1")" = "$2" ]
}
challenging() {
	[ "$(sw_json ".spray != null" status)" = "$1" ]
}
blocked() {
	sw_json '[.blocked[].prefix] | if . == [] then "none" else join(" ") end' list
}
guarded() {
	sw_json '[.. | strings] | join("\n")' status | grep -F "$1"
}

mkdir "$work/www"
lab_listen "$work/www" 80 22
cat >"$config" <<-END
	mode = "enforce"
	allow = { "198.51.100.128/25" }
END

# ---- an SSH session, and who only connects to its port
# utmp is what the wrapper says; all of it stays in a mount namespace.
program=$scanwall scanwall=$work/scanwall
cat >"$scanwall" <<-END
	#!/bin/bash
	exec unshare -m bash -c 'mount -t tmpfs none /run && cp "\$0" /run/utmp && exec "\$@"' \
		"$work/utmp" "$program" "\$@"
END
chmod +x "$scanwall"
: >"$work/utmp"
logs_in() { # ADDRESS: somebody has a terminal from there
	python3 -c "
import socket, struct, sys
sys.stdout.buffer.write(struct.pack('hi32s4s32s256shhiii4s12s20s', 7, $$, b'pts/0', b'ts/0',
    b'root', b'$1', 0, 0, 0, 0, 0, socket.inet_aton('$1'), b'', b''))" >"$work/utmp"
}
lab_in visitor bash -c "exec 3<>/dev/tcp/$site4/22; exec sleep $(scaled 100)" &
session=$!
eventually 3 eval "lab_in server ss -Htn state established sport = :22 | grep -q $visitor4"
check "who has not logged in is nobody special" sw block "$visitor4" --ttl 1s
check "and unblocked" sw unblock "$visitor4"
logs_in "$visitor4"
refused 6 "the peer of an SSH session" "$visitor4.*SSH session" sw block "$visitor4"
refused 6 "a prefix with it" "$visitor4.*SSH session" sw block 192.0.2.10/31
daemon_start "the daemon starts" -i net0 -i net1
# Were it open everywhere, each blocked packet would be looked up in the allowlist.
is "the allowlist is near to few only" "$(lab_in server bpftool -j map dump pinned "$pin_dir/allow_filter" |
	jq '[.[].formatted | select(.value != 0)] | length < 100')" true
check "status shows the session" guarded "SSH session"
lab_in visitor nmap -sS -n -Pn -T4 -p 100-120 --max-retries 0 --host-timeout $((20 * slow))s "$site4" >/dev/null
check "it scans, and is spared" eventually 2 has_event "$visitor4/32" spared
check "it is served" fetch visitor "$visitor4" "http://$site4/"
is "it is not blocked" "$(blocked)" none
kill "$session"
wait "$session" 2>/dev/null

own_session() {
	SSH_CONNECTION="198.51.100.9 50000 $target4 22" sw block 198.51.100.9
}
refused 6 "the peer this command came from" "198\.51\.100\.9.*SSH session" own_session
refused 6 "an own address" "own address of net1" sw block "$target4"
ip -n "$lab-server" route add default via "$attacker4"
refused 6 "the gateway" "$attacker4.*gateway" sw block "$attacker4"
ip -n "$lab-server" route del default

# ---- allowed by the configuration
lab_source 200
refused 6 "what the configuration allows" "198\.51\.100\.128/25.*configuration" sw block "$source4"
scan "$source4" "$target4" -sX >/dev/null
check "it scans, and is spared, as well" eventually 2 has_event "$source4/32" spared
check "it is not cut off" reach4
is "it is not blocked either" "$(blocked)" none

# ---- limits on what the kernel blocks by itself
check "two automatic blocks at once" sw config set guard.auto_max 2
for n in 1 2 3 4; do
	lab_source $n
	scan "$source4" "$target4" -sS >/dev/null
done
check "behind them all strangers are challenged" challenging true
is "two are blocked" "$(blocked)" "198.51.100.1/32 198.51.100.2/32"
check "the fourth is not cut off from what is open" reach4
check "unblock makes room" sw unblock 198.51.100.1
check "ten quiet seconds end the challenge" eventually 20 challenging false
lab_source 5
scan "$source4" "$target4" -sS >/dev/null
check "for the next" eventually 2 has_event 198.51.100.5/32 block
check "as many automatic blocks as by default" sw config unset guard.auto_max
sw flush --all --yes >/dev/null
# The network of all these sources has a score of its own, which a new program
# does not know.
daemon_end
sw detach --all >/dev/null
daemon_start "loaded anew" -i net0 -i net1

# One comes back in half a minute; the scans take a few seconds.
check "two automatic blocks a minute" sw config set guard.auto_per_minute 2
pause 1.2 # what is left of the larger limit goes at the next look at the clock
for n in 11 12 13 14; do
	lab_source $n
	scan "$source4" "$target4" -sS >/dev/null
done
# A quarter is kept for who goes on, whom the challenge has by then.
check "no more than two of four are blocked in that minute" \
	grep -qxE '198.51.100.11/32( 198.51.100.12/32)?' <<<"$(blocked)"
check "the third is not cut off from what is open" eval "lab_source 13; reach4"
grab sw status
says "status tells of the limit" "automatic blocks not made: guard.auto_per_minute"
check "six hundred a minute" sw config unset guard.auto_per_minute
check "and ten quiet seconds" eventually 20 challenging false
lab_source 15
scan "$source4" "$target4" -sS >/dev/null
check "the next is cut off" cut4
check "the third is not, for it has gone" eval "lab_source 13; reach4"

# ---- a router's own address in each network (RFC 4291 2.6.1)
own() { # ADDRESS: hex bytes as bpftool prints them
	bpftool -j map dump pinned "$pin_dir/local_addrs" | jq -r '.[].key | join("")' | sed 's/0x//g' | grep -qx "$1"
}
check "a host that does not forward has no anycast address" not own fd000001000000000000000000000000
lab_in server sysctl -qw net.ipv6.conf.all.forwarding=1
check "one that does has" eventually 15 own fd000001000000000000000000000000

finish
