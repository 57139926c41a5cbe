#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# A hidden SSH port: a scan does not find it, a knock opens it, and a replayed knock does
# not.
. "$(dirname "$0")/lib.sh"

mkdir "$work/www"
echo page >"$work/www/index.html"
lab_listen "$work/www" 80 22
printf 'mode = "enforce"\ndetect { grace = 1s }\n' >"$config"
daemon_start "the daemon starts" -i net0 -i net1
settled

keyfile=$work/key
knock() { # HOST ARG...: from the attacker's machine
	lab_in attacker "$scanwall" --state-dir "$work/none" knock --key "$keyfile" "$@"
}
connect() { # HOST
	lab_in attacker timeout "$(scaled "${patience:-5}")" bash -c ": </dev/tcp/$1/22"
}

add() {
	sw key add alice@example >"$keyfile"
}
is "without a key, key list says how to make one" "$(sw key list)" \
	"there are no keys; scanwall key add NAME makes one"
is "and with --quiet nothing" "$(sw key list --quiet)" ""
check "a key is made" add
refused 2 "there is no second of that name" 'key "alice@example" already exists' \
	sw key add alice@example
refused 2 "a name is a name" 'invalid name "a b" \(expected' sw key add 'a b'
is "only root reads the keys" "$(stat -c %a "$state_dir/keys")" 600
is "list names it" "$(sw_json '.keys[].name' key list)" alice@example
lab_source 4
lab_in attacker ip route replace "$target4" dev eth0 src "$source4"
check "somebody works with it" connect "$target4"
check "a port is hidden" sw config set hidden 22
check "and goes on to" connect "$target4"
refused 2 "a port is a number" 'invalid value "ssh"' sw config set hidden ssh

lab_source 1
out=$(lab_in attacker nmap -sS -S "$source4" -e eth0 -T4 -n -Pn -p 22 --max-retries 1 -oG - "$target4")
says "a stranger's nmap sees nothing" '22/filtered/tcp'
lab_source 2
lab_in attacker ip route replace "$target4" dev eth0 src "$source4"
lab_in attacker ip -6 route replace "$target6" dev eth0 src "$source6"
patience=1
check "a stranger cannot connect" not connect "$target4"
chmod 644 "$keyfile"
refused 2 "a key that others may read is refused" 'expected mode 0600' knock "$target4"
chmod 600 "$keyfile"

# The wire is watched, so that the knock can be sent again.
cat >"$work/replay.py" <<'END'
import socket, sys
wire = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
wire.bind(("eth0", 0))
wire.settimeout(float(sys.argv[2]))
print("ready", flush=True)
while True:
    frame = wire.recv(2000)
    if frame[12:14] == b"\x08\x00" and frame[23] == 17 and frame[36:38] == b"\x00\x16":
        open(sys.argv[1], "wb").write(frame[42:74])
        break
END
lab_in attacker python3 "$work/replay.py" "$work/knock" "$(scaled 20)" >"$work/ready" &
check "somebody listens on the wire" eventually 10 grep -q ready "$work/ready"
check "a knock" knock "$target4"
patience=5
check "opens it over IPv4" connect "$target4"
check "another, over IPv6" knock "$target6"
check "opens it there" connect "$target6"
is "two knocks were taken" "$(sw_json '[.reasons[] | select(.reason == "knock") | .passed + .dropped] | add' stats)" 2

check "the knock was seen" eventually 10 test -s "$work/knock"
lab_source 3
lab_in attacker ip route replace "$target4" dev eth0 src "$source4"
lab_in attacker bash -c "cat '$work/knock' >/dev/udp/$target4/22"
patience=1
check "and does not open it again" not connect "$target4"

check "a revoked key" sw key revoke alice@example
knock "$target4" >/dev/null
check "opens nothing" not connect "$target4"
refused 2 "and is there no more" 'unknown key "alice@example"' sw key revoke alice@example

daemon_end
finish
