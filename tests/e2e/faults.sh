#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Every verb while something it depends on is stopped, locked, full, read-only or gone:
# within five seconds it has done its work or says why not.
. "$(dirname "$0")/lib.sh"

db="$state_dir/scanwall.db"
printf '198.51.100.61\n' >"$work/list"
sw block 198.51.100.63 >/dev/null
sw save >"$work/saved"

verbs=(
	"status" "status --ready" "mode" "mode detect" "mode enforce --yes" "block 198.51.100.60"
	"unblock 198.51.100.60" "allow 198.51.100.62" "unallow 198.51.100.62" "list" "list allowed"
	"list watched" "show 198.51.100.60" "test 198.51.100.60" "pardon 198.51.100.60"
	"flush --origin x" "flush --expired" "events" "audit" "stats" "top --once" "save"
	"restore $work/saved" "import $work/list --origin feed" "config get mode" "config check"
	"config set detect.threshold 4" "config unset detect.threshold" "reload" "rules list"
	"rules stats" "panic" "panic --off" "report" "metrics" "exposure" "doctor" "abuse"
	"port list" "port allow 22 from 192.0.2.10" "port remove 22" "key list"
	"detach net0" "attach net0 net1" "version"
)
# With a record that is locked each change waits five seconds for it.
few=("status" "mode detect" "block 198.51.100.60" "list" "show 198.51.100.60" "events"
	"test 198.51.100.60" "import $work/list --origin feed" "panic" "detach net0" "attach net0")

nobody() {
	lab_in server setpriv --reuid=65534 --clear-groups "$scanwall" --pin-dir "$pin_dir" \
		--state-dir "$state_dir" -c "$config" "$@"
}
run=sw

# What of each verb is not as it should be.
each_verb() {
	local verb begin ms bad=

	for verb in "${verbs[@]}"; do
		begin=${EPOCHREALTIME/./}
		# shellcheck disable=SC2086 # a word for each
		out=$($run $verb </dev/null 2>"$work/said")
		code=$?
		ms=$(((${EPOCHREALTIME/./} - begin) / 1000))
		[ "$ms" -lt $((7500 * slow)) ] || bad+="$verb: $ms ms"$'\n'
		[ "$code" -lt 100 ] || bad+="$verb: exit code $code"$'\n'
		case $code in
		0 | 10) ;;
		*) [ "$verb" = doctor ] || [ -s "$work/said" ] || bad+="$verb: $code without a word"$'\n' ;;
		esac
	done
	printf '%s' "$bad"
}
phase() { is "$1" "$(each_verb)" ""; }

phase "nothing attached"
sw attach net0 net1 --mode enforce >/dev/null
phase "attached, no daemon"
daemon_start "a daemon" -i net0,net1
phase "with a daemon"
kill -STOP "$daemon"
phase "a stopped daemon"
kill -CONT "$daemon"
daemon_end
python3 - "$db" 600 <<-'END' &
	import sqlite3, sys, time
	db = sqlite3.connect(sys.argv[1], isolation_level=None)
	db.execute("BEGIN EXCLUSIVE")
	open(sys.argv[1] + ".held", "w").close()
	time.sleep(float(sys.argv[2]))
END
holder=$!
eventually 20 test -e "$db.held"
all=("${verbs[@]}")
verbs=("${few[@]}")
phase "a locked record"
verbs=("${all[@]}")
kill "$holder"
wait "$holder" 2>/dev/null
sw detach --all >/dev/null
mkdir "$work/small"
mount -t tmpfs -o size=64k tmpfs "$work/small"
kept=$state_dir state_dir=$work/small
phase "a disk of 64 KiB"
head -c 64k /dev/zero >"$work/small/zero" 2>/dev/null
phase "a full disk"
sw detach --all >/dev/null 2>&1
mount -o remount,ro "$work/small"
phase "a read-only state directory"
sw detach --all >/dev/null 2>&1
umount "$work/small"
state_dir=$kept
sw attach net0 net1 >/dev/null
pin=$pin_dir pin_dir=$work/nowhere
phase "no BPF file system"
pin_dir=$pin
run=nobody
phase "nobody's rights"
finish
