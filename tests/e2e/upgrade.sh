#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# One version replaces another while blocked sources send 200,000 packets a second: from
# 0.1.0, to other map sizes, and back.
. "$(dirname "$0")/lib.sh"

# An emulated kernel does nothing else at a few thousand.
pps=${PPS:-$((slow > 1 ? 2000 : 200000))}

prog_id() {
	ip -n "$lab-server" -j -d link show net1 | jq -r '.[0].xdp.prog.id // 0'
}

# old ARG...: 0.1.0 over the same pins and record.
old() {
	lab_in server "$released" --pin-dir "$pin_dir" --state-dir "$state_dir" \
		-c "$config" "$@"
}

# The first 0.1.0 that this kernel takes.
attach_released() {
	local programs

	programs=$("$top/scripts/released") || return 1
	for released in $programs; do
		! old attach net1 --mode enforce || return 0
	done
	return 1
}

# The frames of the flood: an address, a prefix, both of IPv6, one of a list. Not
# what the kernel itself has blocked: that ends soon, and is challenged.
flood_start() {
	stopped_before=$(stopped)
	lab_in attacker "$top/tests/e2e/flood.py" eth0 \
		"$(ip -n "$lab-server" -j link show net1 | jq -r '.[0].address')" "$(scaled "$1")" "$pps" "198.51.100.7>$target4" "198.51.100.130>$target4" "10.77.3.7>$target4" \
		"fd00:3:0:7::66>$target6" "fd00:3:8:1::9>$target6" >"$work/flood" 2>&1 &
	flood=$!
	pause 0.5
}

# stopped: packets of blocked sources, by the counters of who runs.
stopped() {
	{ sw stats --json || old stats --json; } 2>/dev/null |
		jq "[.reasons[]? | select(.reason | startswith(\"blocked-\")) | .dropped] | add // 0" | tail -n 1
}

flood_end() { # NAME
	local sent rate more

	wait "$flood"
	read -r sent rate <"$work/flood"
	more=$(($(stopped) - stopped_before))
	is "$1: of $sent packets, $rate a second, none passes" "$(counted)" 0
	check "$1: the program has seen them ($more)" test "$more" -gt $((${sent:-0} * 9 / 10))
}

# blocked ADDR: it stands in the list and in the maps.
blocked() {
	[ "$(sw_json ".blocked[] | select(.prefix == \"$1\") | .in_kernel" list)" = true ]
}

set_layout() { # N: as if another scanwall had made the maps
	local value

	value=$(bpftool -j map dump pinned "$pin_dir/settings" | jq -r '.[0].value[]?' | sed 1d)
	# shellcheck disable=SC2086 # a list of bytes
	bpftool map update pinned "$pin_dir/settings" key 0 0 0 0 value "$1" $value
}

mkdir "$work/www"
lab_listen "$work/www" 80
lab_source 7

# ---- 0.1.0 at work
released=
attach_released >"$work/attach.log" 2>&1 || {
	not_ok "0.1.0 is attached" "$(cat "$work/attach.log")"
	finish
}
ok "0.1.0 is attached"
check "0.1.0: an address" old block 198.51.100.7 --ttl 2h --comment "seven"
check "0.1.0: a prefix" old block 198.51.100.128/25 --ttl permanent
check "0.1.0: one of IPv6" old block fd00:3:0:7::66 --ttl 1h
check "0.1.0: a prefix of IPv6" old block fd00:3:8::/48 --ttl 1h
seq 1 5000 | awk '{ printf "10.77.%d.%d\n", $1 / 250, 1 + $1 % 250 }' >"$work/list"
check "0.1.0: a list" old import "$work/list" --ttl 1d --origin feed/test
check "0.1.0: automatic blocks that outlast this test" old config set detect.block_ttl 30m
lab_source 21
lab_in attacker hping3 -q -i u2000 -c 6 -a "$source4" -S -p ++600 -I eth0 "$target4" >/dev/null 2>&1
check "0.1.0: the kernel blocks a scanner by itself" \
	eventually 5 eval '[ "$(old list --json | jq "[.blocked[] | select(.prefix == \"198.51.100.21/32\")] | length")" = 1 ]'
lab_in attacker hping3 -q -c 1 -a 198.51.100.40 -S -p 700 -I eth0 "$target4" >/dev/null 2>&1
check "0.1.0: it watches another" \
	eventually 5 eval '[ "$(old list watched --json | jq "[.watched[] | select(.prefix == \"198.51.100.40/32\")] | length")" = 1 ]'
check "0.1.0: a trial" old mode enforce --for 1h
dropped=$(old stats --json | jq '.reasons[] | select(.reason == "closed-port") | .dropped')

# ---- before the upgrade: what this binary can do with those maps
grab sw list
check "list answers, from the record" test "$code" -eq 0
refused 1 "block refuses, and says what to do" "scanwall attach" sw block 198.51.100.9

# ---- the upgrade
count_start
before=$(prog_id)
flood_start 8
check "the upgrade" sw attach net1
check "it is another program" test "$(prog_id)" != "$before"
flood_end "the upgrade"
check "the old pins are gone" test ! -e "$pin_dir-next"
for one in 198.51.100.7/32 198.51.100.128/25 fd00:3:0:7::66/128 fd00:3:8::/48 198.51.100.21/32 10.77.3.7/32; do
	check "$one is blocked as before" blocked "$one"
done
is "all of the list is" "$(sw_json .total list --origin feed/test --limit 1)" 5000
is "the source under watch is watched" \
	"$(sw_json '.watched[] | select(.prefix == "198.51.100.40/32") | .prefix' list watched)" 198.51.100.40/32
check "the trial goes on" test "$(sw_json .trial status)" != null
check "what was counted stays" \
	eval "[ \"\$(sw_json '.reasons[] | select(.reason == \"closed-port\") | .dropped' stats)\" -ge ${dropped:-1} ]"
check "the trial is confirmed" sw confirm
check "a block" sw block 198.51.100.9
check "and its end" sw unblock 198.51.100.9

# ---- other sizes
printf 'limits {\nblocked4 = 2097152\nsources = 65536\n}\n' >"$config"
before=$(prog_id)
flood_start 6
check "larger tables" sw attach net1
flood_end "larger tables"
check "the table is larger" test "$(bpftool -j map show pinned "$pin_dir/sources" | jq .max_entries)" -le 65536
check "a block is there as before" blocked 10.77.3.7/32
is "the source under watch is, too" \
	"$(sw_json '.watched[] | select(.prefix == "198.51.100.40/32") | .prefix' list watched)" 198.51.100.40/32
: >"$config"

# ---- 0.1.0 put back: refused in a sentence, the program stays
before=$(prog_id)
flood_start 3
expect 1 "0.1.0 refuses a record that it does not know" old attach net1
says "in a sentence" 'written by another scanwall \(schema'
state_dir=$work/state3 refused 1 "and maps" "layout" old attach net1
is "the program stays" "$(prog_id)" "$before"
flood_end "0.1.0 put back"

# ---- a newer one, with the same maps under another number, and back
set_layout 99
mkdir "$pin_dir/clsact-77" # as before Linux 6.6, where there is no tcx
flood_start 6
check "a downgrade" sw attach net1
flood_end "a downgrade"
check "it is another program again" test "$(prog_id)" != "$before"
check "blocked after a downgrade" blocked 198.51.100.7/32
check "a qdisc of ours is still known as ours" rmdir "$pin_dir/clsact-77"

# ---- what the program knows by itself: since when it stands, and who works with us
check "take all of it off" sw detach --all
up_tick() {
	bpftool -j map dump pinned "$pin_dir/settings" | jq '.[0].formatted.value.up_tick'
}
known() { # NAME: since when, and a client of before that misses three ports is confined
	is "$1: the grace is not given anew" "$(up_tick)" "$up"
	is "$1: in seconds" "$(sw_json ".grace_seconds <= $grace" status)" true
	n=$((n + 1))
	lab_source $n
	lab_in attacker hping3 -q -i u2000 -c 6 -a "$source4" -S -p ++600 -I eth0 "$target4" >/dev/null 2>&1
	check "$1: a client is known" eventually 5 eval \
		'[ "$(sw_json "[.confined[] | select(.prefix == \"$source4/32\")] | length" list confined)" = 1 ]'
}
printf 'detect { grace = 1h }\n' >"$config"
check "loaded anew" sw attach net1 --mode enforce
up=$(up_tick)
grace=$(sw_json .grace_seconds status)
check "is in its grace" test "$up" -gt 0 -a "$grace" -gt 0
for n in 50 51 52; do
	lab_source $n
	check "client $n reads a page" reach4
done
n=49
known "as it is"
printf 'detect { grace = 1h }\nlimits { sources = 65536 }\n' >"$config"
check "larger tables again" sw attach net1
known "of other sizes"
set_layout 99
check "another version's place" sw attach net1
known "of another version"
: >"$config"

# ---- with daemons
check "take all of it off" sw detach --all
( exec nsenter --net="/run/netns/$lab-server" -- "$released" --pin-dir "$pin_dir" \
	--state-dir "$work/state2" -c "$config" run -i net1 </dev/null >"$work/old.log" 2>&1 ) &
daemon=$!
state_dir=$work/state2
check "0.1.0's daemon runs" eventually 10 old status --ready
check "it enforces" old mode enforce
check "it blocks" old block 198.51.100.7 198.51.100.128/25 10.77.3.7 fd00:3:0:7::66 fd00:3:8::/48
refused 1 "no program is replaced under a daemon of another layout" "restart" sw attach net1
daemon_end TERM
count_start
flood_start 8
daemon_start "this one's daemon takes its place" -i net1
flood_end "one daemon in another's place"
daemon_end TERM

# ---- nobody's maps
set_layout 99
rm -f "$pin_dir/drop4"
refused 1 "maps that it cannot read are refused" "layout 99" sw attach net1
check "detach works all the same" sw detach --all
check "no pin is left" test ! -e "$pin_dir"

finish
