#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# The record is damaged, missing, full, locked or of another version: blocks stay in
# force, commands work, and the operator is told.
. "$(dirname "$0")/lib.sh"

mkdir "$work/www"
lab_listen "$work/www" 80 22
db="$state_dir/scanwall.db"
lab_source 1
origins() { sw_json "[.blocked[] | select(.prefix == \"$1\") | .claims[].origin] | join(\" \")" list 2>/dev/null; }
logged() { grep -qE -e "$1" "$work/daemon.log"; }
recorded() { sw events --json | grep -q "$source4"; }
hold_lock() { # SECONDS: somebody else's transaction
	python3 - "$db" "$1" <<-'END' &
		import sqlite3, sys, time
		db = sqlite3.connect(sys.argv[1], isolation_level=None)
		db.execute("BEGIN IMMEDIATE")
		open(sys.argv[1] + ".held", "w").close()
		time.sleep(float(sys.argv[2]))
	END
	eventually 20 test -e "$db.held"
}

# ---- damaged before anything is attached
mkdir -p "$state_dir"
head -c 8192 /dev/urandom >"$db"
check "attach with a damaged record" sw attach net0 net1 --mode enforce
says "it is told where that went" "damaged: moved to .*scanwall\.db\.damaged-"
check "block" sw block "$source4"
check "it is in force" cut4
check "allow" sw allow 198.51.100.77

# ---- what lies beside the record is damaged: packets do not pass unjudged for that
sw detach --all -q
for file in clock changing trial.save keys allow_names; do
	rm -f "$state_dir/$file"
	head -c 3000 /dev/urandom >"$state_dir/$file"
	check "attach with a damaged $file" sw attach net0 net1
	check "what was blocked is" cut4
	sw detach --all -q
	rm -f "$state_dir/$file" "$state_dir/$file.bad"
	mkdir "$state_dir/$file"
	check "attach with a directory $file" sw attach net0 net1
	check "what was blocked is" cut4
	sw detach --all -q
	rm -rf "${state_dir:?}/$file" "$state_dir/$file.bad"
done
for file in clock changing trial.save keys allow_names; do
	rm -f "$state_dir/$file"
	mkfifo "$state_dir/$file"
	check "attach with a FIFO $file" timeout "$(scaled 20)" nsenter --net="/run/netns/$lab-server" -- \
		"$scanwall" --pin-dir "$pin_dir" --state-dir "$state_dir" -c "$config" attach net0 net1
	check "what was blocked is" cut4
	sw detach --all -q
	rm -rf "${state_dir:?}/$file" "$state_dir/$file.bad"
done
mkdir "$state_dir/keys"
grab sw attach net0 net1
says "keys that cannot be read are told" "keys for hidden services CANNOT BE READ: .*/keys: Is a directory"
grab sw config set hidden 80
says "and what that means" "hidden ports are open without them"
lab_source 8
check "a hidden port that nobody can open any more is open" reach4
rmdir "$state_dir/keys"
sw reload >"$work/out" 2>&1
lab_source 9
check "it is hidden where the file can be read" cut4
sw config unset hidden >"$work/out"
lab_source 1
sqlite3 "$db" "DROP TABLE claim"
grab sw block 198.51.100.8
is "a block with a table of the record gone" "$code" 0
says "it is told where that went" "damaged: moved to .*scanwall\.db\.damaged-"
check "what was in force is" cut4

# ---- damaged while it stands, no daemon
head -c 4096 /dev/urandom | dd of="$db" conv=notrunc status=none
rm -f "$db-wal" "$db-shm"
grab sw list
is "list answers" "$code" 0
says "from what is in force" "$source4"
check "the next change moves it aside" sw block 198.51.100.9
says "and says so" "damaged"
check "what was in force is" cut4
is "under a name of its own" "$(origins "$source4/32")" unrecorded
is "the new one has its claim" "$(origins 198.51.100.9/32)" operator
is "what was allowed is" "$(sw_json '[.allowed[].prefix] | join(" ")' list allowed)" 198.51.100.77/32
is "and the mode is kept" "$(sw_json .mode status)" enforce
check "flush --origin unrecorded" sw flush --origin unrecorded
check "opens it" reach4
check "block it again" sw block "$source4" --ttl 1d

# ---- the record is lost while a daemon runs
daemon_start "the daemon starts" -i net0,net1
rm -f "$db" "$db-wal" "$db-shm"
check "the daemon notices, and says so" eventually 15 logged "taken away: a new one was made"
check "it is still cut off" cut4
is "under a name of its own" "$(origins "$source4/32")" unrecorded
daemon_end
rm -f "$db" "$db-wal" "$db-shm"
daemon_start "a daemon that starts without one" -i net0,net1
check "it is still cut off" cut4
check "which is told" eventually 10 logged "record did not know: kept until they expire"

# ---- locked by somebody else: the hands work, no event is lost
hold_lock "$(scaled 24)"
lab_source 2
sw block "$source4" >"$work/out" 2>&1
check "a block is in force" cut4
check "and told not to be recorded" grep -q "NOT RECORDED" "$work/out"
lab_source 3
scan "$source4" "$target4" -sS >/dev/null
wait "$!" 2>/dev/null
check "the events of that time are recorded when it works again" \
	eventually 30 recorded
grab sw events
says "by name" "$source4"
check "it was told" logged "recording events failed"

# ---- it ends while the record is locked: the sinks get all that waited
sw config set guard.auto_per_minute 60000 -q
sw config set detect.grace 1s -q
daemon_end
daemon_start "a daemon that writes a file, too" -i net0,net1 --events "$work/sink"
rm -f "$db.held"
hold_lock "$(scaled 60)"
holder=$!
sleep 5 # a thousand blocks a second are saved up
lab_in attacker python3 "$top/tests/e2e/forge.py" eth0 "$target4" \
	"$(ip -n "$lab-server" -j link show net1 | jq -r '.[0].address')" 24000 random
daemon_end
told=$(sed -n 's/.* \([0-9]*\) events could not be recorded before the end/\1/p' "$work/daemon.log")
check "it tells how many were not recorded, more than one batch (${told:-0})" test "${told:-0}" -gt 4096
is "the file has as many" "$(jq -r .src_ip "$work/sink" | wc -l)" "$told"
kill "$holder"
wait "$holder" 2>/dev/null
sw config unset guard.auto_per_minute -q
sw config unset detect.grace -q
daemon_start "the daemon starts again" -i net0,net1

# ---- two daemons, two records
refused 1 "a second state directory over the same maps" "recorded in $state_dir; the record in $work/other" \
	lab_in server "$scanwall" --pin-dir "$pin_dir" --state-dir "$work/other" -c "$config" block 198.51.100.8
refused 1 "and no second daemon" "another daemon with another state directory" \
	lab_in server "$scanwall" --pin-dir "$pin_dir" --state-dir "$work/other" -c "$config" run -i net0
daemon_end

# ---- a daemon that cannot record is not ready
rm -f "$db" "$db-wal" "$db-shm"
mkdir "$db"
ready_or_dead() { logged "WITHOUT THE RECORD" || ! kill -0 "$daemon"; }
daemon_start "a daemon whose record cannot be opened" -i net0,net1
refused 4 "is not ready" "cannot be recorded" sw status --ready
daemon_end
rmdir "$db"

# ---- what should be the locks' files is something else: the hands work within seconds
make_lock() { # WHAT FILE
	case $1 in
	directory) mkdir "$2" ;;
	FIFO) mkfifo "$2" ;;
	socket) python3 -c 'import socket, sys; socket.socket(socket.AF_UNIX).bind(sys.argv[1])' "$2" ;;
	*) ln -s "$work/nowhere/lock" "$2" ;;
	esac
}
quickly() {
	local start=${EPOCHREALTIME/./}

	sw "$@" && [ $((${EPOCHREALTIME/./} - start)) -lt $((8000000 * slow)) ]
}
check "attach" sw attach net0 net1 --mode enforce
ready_or_dead() { sw status --ready || ! kill -0 "$daemon"; }
for what in directory FIFO socket "dangling link"; do
	for lock in lock daemon.lock; do
		rm -rf "${state_dir:?}/$lock"
		make_lock "$what" "$state_dir/$lock"
	done
	check "block, with a $what for a lock" quickly block "$source4"
	check "it is in force" cut4
	check "unblock" quickly unblock "$source4"
	check "it is open" reach4
	check "allow" quickly allow 198.51.100.41
	check "unallow" quickly unallow 198.51.100.41
	check "detach" quickly detach net0
	check "panic" quickly panic
	check "panic --off" quickly panic --off
	daemon_start "a daemon" -i net0,net1
	daemon_end
done
rm -rf "${state_dir:?}/lock" "$state_dir/daemon.lock"

# ---- the state directory is a file: nothing can be kept, and everything works
mv "$state_dir" "$work/aside"
: >"$state_dir"
for hand in "block $source4" "unblock $source4" "allow 198.51.100.42" "mode detect" "mode enforce"; do
	# shellcheck disable=SC2086 # words
	check "$hand, where the state directory is a file" sw $hand
	says "says so" "NOT RECORDED"
done
rm "$state_dir"
mv "$work/aside" "$state_dir"

# ---- a disk that is full
mkdir "$work/full"
mount -t tmpfs -o size=600k tmpfs "$work/full"
sw detach --all >/dev/null
state_dir=$work/full db=$work/full/scanwall.db
expect 0 "attach on a disk too small for the rules' texts" sw attach net0 net1 --mode enforce
says "which is said" "the rules are in force, but NOT RECORDED: .*full"
sw detach --all >/dev/null
mount -o remount,size=8m "$work/full"
check "attach on a small disk" sw attach net0 net1 --mode enforce
sqlite3 "$db" 'PRAGMA wal_checkpoint(TRUNCATE)' >/dev/null
head -c 8m /dev/zero >"$work/full/zero" 2>/dev/null
lab_source 4
check "block on a full disk" sw block "$source4"
says "is told not to be recorded" "NOT RECORDED"
check "and is in force" cut4
check "unblock" sw unblock "$source4"
check "opens it" reach4
check "mode" sw mode detect
check "and back" sw mode enforce --yes
check "detach one" sw detach net0
check "attach it again" sw attach net0
check "allow" sw allow 198.51.100.78
sw detach --all >/dev/null 2>&1
umount "$work/full"
finish
