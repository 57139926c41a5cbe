#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Events reach file, journal and syslog as configured; a missing logger is reported once
# and does not affect the others.
. "$(dirname "$0")/lib.sh"

# Loggers of our own, at the usual places of a mount namespace that only the
# scanwall of this test sees.
mkdir "$work/journal" "$work/dev"
listeners=()
listen() { # SOCKET FILE
	rm -f "$1"
	python3 "$top/tests/e2e/datagrams.py" "$1" "$2" &
	listeners+=($!)
	eventually 10 test -S "$1"
}
rm_listeners() {
	[ ${#listeners[@]} = 0 ] || kill "${listeners[@]}" 2>/dev/null
}
trap 'rm_listeners; clean_up' EXIT
listen "$work/syslog.socket" "$work/syslog"
listen "$work/journal/socket" "$work/journal.lines"
cat >"$work/scanwall" <<-END
	#!/bin/sh
	exec unshare -m sh -c '
		mount -t tmpfs tmpfs "$work/dev" &&
		cp -a /dev/null /dev/zero /dev/full /dev/random /dev/urandom "$work/dev" &&
		: >"$work/dev/log" &&
		mount --bind "$work/syslog.socket" "$work/dev/log" &&
		mount --rbind "$work/dev" /dev &&
		mkdir -p /run/systemd/journal &&
		mount --bind "$work/journal" /run/systemd/journal &&
		exec "\$0" "\$@"' "$scanwall" "\$@"
END
chmod +x "$work/scanwall"

lines() { # FILE N
	[ "$(grep -c . "$1" 2>/dev/null)" = "$2" ]
}
logged() {
	grep -cE "$1" "$work/daemon.log"
}
probe() { # N: the attacker's N-th self is blocked
	lab_source "$1"
	lab_in attacker ip route replace "$target4" dev eth0 src "$source4"
	lab_in attacker nmap -sS -S "$source4" -e eth0 -T4 -n -Pn -p 1001-1008 --max-retries 0 \
		--host-timeout $((20 * slow))s "$target4" >/dev/null 2>&1
}

cat >"$config" <<-END
	mode = "enforce"
	events {
		file = "$work/events.json"
		journal = true
		syslog = true
	}
END
plain=$scanwall scanwall=$work/scanwall
daemon_start "the daemon starts" -i net0 -i net1
scanwall=$plain

probe 1
check "the file has the event" eventually 5 lines "$work/events.json" 1
check "so has syslog" eventually 5 lines "$work/syslog" 1
check "so has the journal" eventually 5 lines "$work/journal.lines" 1
is "the file has EVE JSON" "$(jq -r '.event_type + " " + .src_ip' "$work/events.json")" \
	"block $source4"
out=$(cat "$work/syslog")
says "syslog has the line, its time and its sender" \
	"^<29>[A-Z][a-z]{2} [ 0-9][0-9] [0-9:]{8} scanwall\[$daemon\]: blocked $source4 for "
journal() {
	jq -r "$1" "$work/journal.lines"
}
is "the journal has fields" "$(journal '[.SYSLOG_IDENTIFIER, .PRIORITY, .SCANWALL_EVENT_TYPE,
	.SCANWALL_SRC_IP, .SCANWALL_DEST_IP, .SCANWALL_PROTO] | map(.[]) | join(" ")')" \
	"scanwall 5 block $source4 $target4 TCP"
is "the same ports as the file, each a field" "$(journal '.SCANWALL_PORTS | join(" ")')" \
	"$(jq -r '.ports | join(" ")' "$work/events.json")"
is "and its message is the line" "$(journal '.MESSAGE[0]')" "$(jq -r .text "$work/events.json")"
is "standard output has it, too" "$(logged "blocked $source4")" 1

# ---- one logger goes, the others go on
kill "${listeners[1]}"
wait "${listeners[1]}" 2>/dev/null
for n in 2 3; do
	probe "$n"
	check "without a journal, event $n: the file has it" eventually 5 lines "$work/events.json" $n
	check "without a journal, event $n: syslog has it" eventually 5 lines "$work/syslog" $n
done
is "it is said once" "$(logged 'NOT WRITTEN to /run/systemd/journal/socket: ')" 1
listen "$work/journal/socket" "$work/journal.lines"
probe 4
check "the journal is back: it has the event" eventually 5 lines "$work/journal.lines" 2
is "and that is said" "$(logged 'socket again; 2 are missing there')" 1

# ---- SIGHUP: as logrotate does it, and another configuration
check "4 events are in the file" eventually 5 lines "$work/events.json" 4
mv "$work/events.json" "$work/events.json.1"
sed -i '/syslog/d' "$config"
kill -HUP "$daemon"
check "SIGHUP: the file is there again" eventually 5 test -e "$work/events.json"
probe 5
check "the next event is in it" eventually 5 lines "$work/events.json" 1
check "and in the journal" eventually 5 lines "$work/journal.lines" 3
is "syslog was configured away" "$(grep -c . "$work/syslog")" 4
check "set by hand" sw config set events.syslog true
by_hand() {
	n=$((n + 1))
	probe "$n"
	eventually 2 lines "$work/syslog" 5
}
n=5
check "and syslog has events again" eventually 10 by_hand

# ---- syslog goes, for good; a full disk; a pipe that nobody reads
kill "${listeners[0]}"
wait "${listeners[0]}" 2>/dev/null
: >"$work/events.json"
n=20
file_is() { # PATH: the daemon has opened it
	readlink /proc/"$daemon"/fd/* | grep -qx "$1"
}
next() { # NAME: the next self is blocked, and the record has it
	n=$((n + 1))
	probe "$n"
	check "$1: an event is recorded" eventually 5 eval \
		'[ "$(sw_json "[.events[] | select(.src_ip == \"$source4\")] | length" events)" -ge 1 ]'
}
next "without syslog"
check "the file has it" eventually 5 grep -q "\"$source4\"" "$work/events.json"
check "that is said" eventually 5 grep -q 'NOT WRITTEN to /dev/log: ' "$work/daemon.log"
check "the events go to a full disk" sw config set events.file /dev/full
check "it has them" eventually 10 file_is /dev/full
next "with a full disk"
check "that is said" eventually 5 grep -q 'NOT WRITTEN to /dev/full: No space left on device' "$work/daemon.log"
mkfifo "$work/pipe"
exec 9<>"$work/pipe"
check "the events go to a pipe" sw config set events.file "$work/pipe"
check "it writes there" eventually 10 file_is "$work/pipe"
next "through a pipe"
read -r -t "$(scaled 60)" line <&9
check "who reads it has it" grep -q "\"$source4\"" <<<"$line"
check "the pipe fills up" not dd if=/dev/zero of="$work/pipe" bs=4096 count=64 oflag=nonblock
next "with a pipe that is full"
check "that is said" eventually 5 grep -q 'NOT WRITTEN to .*/pipe: Resource temporarily unavailable' "$work/daemon.log"
mkfifo "$work/unread"
: >"$work/empty.conf"
refused 1 "a pipe that nobody has opened" 'unread could not be opened' timeout "$(scaled 60)" \
	nsenter --net="/run/netns/$lab-server" -- "$scanwall" --pin-dir "$pin_dir-2" \
	--state-dir "$work/state2" -c "$work/empty.conf" run -i lo --events "$work/unread"
daemon_end TERM
is "it ends with exit code 0" "$code" 0
finish
