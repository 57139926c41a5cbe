#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# The wall clock is set while scanwall runs: every block ends when it should. The clock of
# this machine is not touched; the record is edited to look as if written before the step.
. "$(dirname "$0")/lib.sh"

mkdir "$work/www"
lab_listen "$work/www" 80 22
lab_source 1
db="$state_dir/scanwall.db"
left() { # how many seconds the record gives the block of this source
	sqlite3 "$db" "SELECT (expires - $(date +%s)000000) / 1000000 FROM claim WHERE comment = 'step'"
}
# set_back SECONDS: the record has seen a clock that was so much behind
set_back() {
	local boot offset

	read -r boot offset <"$state_dir/clock"
	echo "$boot $((offset - $1 * 1000000))" >"$state_dir/clock"
}
# step SECONDS: the clock has just been set forward by that
step() {
	sqlite3 "$db" "UPDATE claim SET since = since - $1 * 1000000, expires = expires - $1 * 1000000
		WHERE comment = 'step'"
	set_back "$1"
}

check "attach" sw attach net0 net1 --mode enforce
for by in 46800 -46800 94608000 -600; do
	check "block for two hours" sw block "$source4" --ttl 2h --comment step
	step "$by"
	check "the clock is set by $by s" sw block 198.51.100.9
	says "which is told" "clock was set by \+?$by s"
	check "it is still blocked" cut4
	is "and listed" "$(sw_json '[.blocked[] | select(.claims[].comment == "step")] | length' list)" 1
	check "for what is left of two hours" test "$(left)" -gt 7000 -a "$(left)" -le 7200
	sw unblock "$source4" 198.51.100.9 >/dev/null
done
# A trial's snapshot has times, too.
check "block for two hours, before a trial" sw block "$source4" --ttl 2h --comment step
check "a setting on trial" sw config set detect.threshold 5 --confirm "$((3 * slow))s"
step 46800
jq -c 'if .[0] == "scanwall-trial" then .[3] -= 46800000000
	elif .[0] == "claim" then .[4] -= 46800000000 | .[5] -= 46800000000 else . end' \
	"$state_dir/trial.save" >"$work/trial.save"
cat "$work/trial.save" >"$state_dir/trial.save"
check "the clock is set while it runs" sw block 198.51.100.9
pause 3.4
check "the trial lapses" sw block 198.51.100.10
says "which is told" "rolled back"
check "what was blocked before is blocked" cut4
check "as long as it was to be" test "$(left)" -gt 7000 -a "$(left)" -le 7200
sw unblock "$source4" 198.51.100.9 198.51.100.10 >/dev/null
# A step that cannot be noted as done waits, or it would be done by each command.
check "block for two hours, again" sw block "$source4" --ttl 2h --comment step
step 46800
mkdir "$state_dir/clock.new"
check "the clock is set, which cannot be noted" sw block 198.51.100.9
check "another command" sw block 198.51.100.10
rmdir "$state_dir/clock.new"
check "and when it can" sw block 198.51.100.11
check "what is left of two hours is left" test "$(left)" -gt 7000 -a "$(left)" -le 7200
check "it is blocked still" cut4
sw unblock "$source4" 198.51.100.9 198.51.100.10 198.51.100.11 >/dev/null
# From a boot before, when the clock was right: what it says counts.
check "a block" sw block "$source4" --ttl 2h --comment step
boot=$(($(date +%s) - $(awk '{ print int($1) }' /proc/uptime)))
sqlite3 "$db" "UPDATE claim SET since = ($boot - 1000) * 1000000, expires = ($(date +%s) + 600) * 1000000
	WHERE comment = 'step'"
set_back -400
check "the clock is set back" sw block 198.51.100.9
check "what was recorded before this boot keeps its end" test "$(left)" -gt 500 -a "$(left)" -le 600
check "and is in force" cut4
finish
