#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# A full block ends open connections, so the server does not keep them.
. "$(dirname "$0")/lib.sh"

# open_of ADDR: how many connections the server has with it.
open_of() {
	local peer=$1

	case $peer in *:*) peer="[$peer]" ;; esac # or its end would be a port
	lab_in server ss -Htn state established dst "$peer" | wc -l
}
# hold FROM TO: two connections that say nothing.
hold() {
	lab_in attacker python3 -c '
import socket, sys, time
s = [socket.create_connection((sys.argv[2], 80), source_address=(sys.argv[1], 0)) for _ in range(2)]
time.sleep(float(sys.argv[3]))' "$1" "$2" "$(scaled 60)" >/dev/null 2>&1 &
	holders+=($!)
}
holders=()

mkdir "$work/www"
lab_in server python3 -c '
import socket, time
s = [socket.create_server((a, 80), family=f) for a, f in (("0.0.0.0", socket.AF_INET), ("fd00:2::1", socket.AF_INET6))]
kept = []
for l in s: l.setblocking(False)
while True:
    for l in s:
        try: kept.append(l.accept())
        except BlockingIOError: pass
    time.sleep(0.02)' >/dev/null 2>&1 &
check "the server listens" eventually 10 eval '[ "$(lab_in server ss -Htln sport = 80 | wc -l)" = 2 ]'
lab_source 31
one4=$source4 one6=$source6
lab_source 32
hold "$one4" "$target4"
hold "$one6" "$target6"
hold "$source4" "$target4"
check "two connections each" eventually 10 eval '[ "$(open_of "$one4") $(open_of "$one6") $(open_of "$source4")" = "2 2 2" ]'

check "attach, in detect mode" sw attach net1
check "a block in detect mode" sw block "$one4"
is "ends nothing" "$(open_of "$one4")" 2
check "unblock" sw unblock "$one4"
check "enforce" sw mode enforce
grab sw block "$one4"
says "a block says what it ended" "^2 open connections ended"
is "nothing is open to it" "$(open_of "$one4")" 0
check "a prefix of IPv6" sw block "${one6%::*}::/64"
is "nothing is open to it, either" "$(open_of "$one6")" 0
is "others go on" "$(open_of "$source4")" 2
check "allow" sw allow "$source4"
check "a block of the allowed, by force" sw block "$source4" --force
is "the allowed goes on" "$(open_of "$source4")" 2
kill "${holders[@]}" 2>/dev/null

# A connection that a rule ends is gone already where its peer has reset it: then the
# kernel would find the listener in its place.
cat >"$work/own.rules" <<'END'
drop tcp any any -> any 80 (msg:"a bad word"; content:"forbidden-word"; sid:101;)
END
printf 'mode = enforce\nrules {\nbuiltin = false\nfiles = { "%s" }\n}\n' "$work/own.rules" >"$config"
daemon_start "the daemon runs"
for i in $(seq 20); do
	lab_source $((40 + i))
	lab_in attacker python3 -c '
import socket, struct, sys
s = socket.create_connection((sys.argv[2], 80), source_address=(sys.argv[1], 0))
s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
s.sendall(b"a forbidden-word")
s.close()' "$source4" "$target4" 2>/dev/null
done
ended() {
	[ "$(sw_json '[.rules[] | .dropped] | add' rules stats)" -ge 20 ]
}
check "each was ended" eventually 10 ended
pause 0.5
is "and the server listens on" "$(lab_in server ss -Htln sport = 80 | wc -l)" 2

finish
