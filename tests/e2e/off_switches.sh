#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Each off switch during a flood from a blocked source: it works at once, and what it
# switched off comes back. Ending the daemon changes nothing for packets.
. "$(dirname "$0")/lib.sh"

mkdir "$work/www"
lab_listen "$work/www" 80
lab_source 9
printf 'mode = "enforce"\ninterfaces = { "net1" }\n' >"$config"
daemon_start "the daemon"
check "the source is blocked" sw block "$source4" --ttl permanent
count_start
lab_in attacker "$top/tests/e2e/flood.py" eth0 "$(ip -n "$lab-server" -j link show net1 | jq -r '.[0].address')" \
	$((600 * slow)) $((slow > 1 ? 500 : 50000)) "$source4>$target4" >"$work/flood" 2>&1 &
flood=$!

met() {
	sw_json '[.reasons[] | .dropped + .passed] | add' stats
}
# What passes goes on growing, or stands still while packets come.
passes() {
	local before

	before=$(counted)
	eventually 10 eval "[ \$(counted) -gt $((before + 100)) ]"
}
holds() {
	local before drops

	drops=$(met) before=$(counted)
	eventually 10 eval "[ \$(met) -gt $((drops + 100)) ]" && [ "$(counted)" = "$before" ]
}
off() { # NAME COMMAND...
	check "$1" "${@:2}"
	check "$1: it passes" passes
}
on() { # NAME COMMAND...
	check "$1" "${@:2}"
	check "$1: it is dropped again" eventually 20 holds
}
check "the flood is dropped" eventually 20 holds
off "panic" sw panic
on "panic --off" sw panic --off
off "mode detect" sw mode detect
on "mode enforce" sw mode enforce --yes
off "pardon" sw pardon "$source4"
check "the pardon is taken back" sw unallow "$source4"
on "block" sw block "$source4" --ttl permanent
check "a trial of a second" sw mode detect --for "$(scaled 2)s"
check "it passes on trial" passes
check "and is dropped when that is over" eventually 20 holds
check "unblock" sw unblock "$source4"
on "block again" sw block "$source4" --ttl permanent

daemon_end TERM
is "the daemon ends, as systemctl stop has it" "$code" 0
check "what it left is dropped" holds
off "detach" sw detach net1
check "nothing is at the interface" not eval 'ip -n "$lab-server" -d link show net1 | grep -q prog/xdp'
on "attach" sw attach net1
off "detach --all" sw detach --all
check "no pin is left" test ! -e "$pin_dir"
check "the flood lasted all the while" kill -0 $flood
kill $flood
finish
