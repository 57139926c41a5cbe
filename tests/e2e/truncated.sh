#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# The record is truncated, torn or emptied under a daemon and without one: commands work
# at once, the daemon makes a new record, and readiness is not claimed meanwhile.
. "$(dirname "$0")/lib.sh"

db="$state_dir/scanwall.db"
logged() { grep -qE -e "$1" "$work/daemon.log"; }
moved() { logged "damaged and moved away: a new one was made"; }
# quick NAME COMMAND...: done, within what a lock is waited for.
quick() {
	local begin=${EPOCHREALTIME/./} name=$1

	shift
	check "$name" "$@"
	begin=$(((${EPOCHREALTIME/./} - begin) / 1000))
	[ "$begin" -lt $((7500 * slow)) ] || not_ok "$name: in time" "$begin ms"
}
# hands NAME: what an operator does in need
hands() {
	quick "$1: block" sw block 198.51.100.62
	quick "$1: list" sw list
	says "$1: what is in force is listed" 198.51.100.62
	quick "$1: unblock" sw unblock --all-origins 198.51.100.62
	quick "$1: mode" sw mode
	quick "$1: panic" sw panic
	quick "$1: and off" sw panic --off
	expect 10 "$1: what was blocked is" sw test 198.51.100.60
}
mkdir "$work/www"
lab_listen "$work/www" 22
sw attach net0 net1 --mode enforce >/dev/null
sw block 198.51.100.60 --ttl 1d >/dev/null
cp -a "$state_dir" "$work/good"

# ---- no daemon: the next change moves it away
for at in 1 100 4096 20000 half; do
	[ "$at" != half ] || at=$(($(stat -c %s "$db") / 2))
	truncate -s "$at" "$db"
	hands "cut at $at"
	rm -rf "$state_dir" && cp -a "$work/good" "$state_dir"
done
for part in -wal -shm; do
	sw block 198.51.100.61 >/dev/null
	: >"$db$part"
	hands "$part emptied"
	rm -rf "$state_dir" && cp -a "$work/good" "$state_dir"
done

# ---- under a daemon
for at in 0 100 4096 half; do
	daemon_start "the daemon starts" -i net0,net1
	[ "$at" != half ] || at=$(($(stat -c %s "$db") / 2))
	kill -STOP "$daemon" # before it notices
	truncate -s "$at" "$db"
	expect 4 "cut at $at under a daemon: not ready" sw status --ready
	hands "cut at $at under a daemon"
	kill -CONT "$daemon"
	check "cut at $at: the daemon makes a new one, and says so" eventually 15 moved
	check "cut at $at: it is ready again" eventually 15 sw status --ready
	hands "cut at $at, mended"
	check "cut at $at: what happens is recorded" sw audit
	check "cut at $at: the new one is sound" test "$(sqlite3 "$db" 'PRAGMA integrity_check')" = ok
	daemon_end
	rm -rf "$state_dir" && cp -a "$work/good" "$state_dir"
done
finish
