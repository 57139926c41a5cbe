#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Trials are undone with no process alive; panic passes everything.
. "$(dirname "$0")/lib.sh"

mkdir "$work/www"
lab_listen "$work/www" 80 22
lab_source 9
mode() {
	sw_json .mode status
}
in_mode() {
	[ "$(mode)" = "$1" ]
}

check "attach in detect mode" sw attach net0 net1
is "the first attach is in detect mode" "$(mode)" detect
check "block" sw block "$source4"
check "detect: it passes" reach4

# ---- enforce on trial
check "mode enforce --for 4s" sw mode enforce --for $((4 * slow))s --yes
check "on trial it is cut off" cut4
is "status says enforce" "$(mode)" enforce
check "it passes when the trial is over, with no process alive" eventually 4 reach4
is "status says detect when it is over" "$(mode)" detect

check "another trial" sw mode enforce --confirm $((3 * slow))s --yes
check "confirm it" sw confirm
pause 3.4
check "confirmed, it holds" cut4
is "status says enforce, confirmed" "$(mode)" enforce
check "confirm with nothing to confirm: exit 0 or a sentence" sw confirm
expect 2 "a trial needs a time" sw mode enforce --for soon
expect 2 "a trial needs a mode" sw mode --for 5s

# ---- enforce to detect is a trial as well
check "mode detect --for 3s" sw mode detect --for "$((3 * slow))s"
check "it passes for that time" reach4
check "the mode comes back when it is over" eventually 5 in_mode enforce
check "it is cut off again" cut4

# ---- lists on trial: come back with the next call of anything
saved=$(sw save | sed -E 's/ --ttl [0-9]+//')
echo "198.51.100.200" >"$work/list"
check "import on trial" sw import "$work/list" --confirm "$((3 * slow))s"
is "it is there" "$(sw list blocked --in 198.51.100.200/32 --json | jq '.blocked | length')" 1
pause 3.4
grab sw unblock 198.51.100.250
says "the next change tells that the trial was rolled back" "rolled back"
is "it is gone when the trial is over" "$(sw save | sed -E 's/ --ttl [0-9]+//')" "$saved"
: >"$work/empty"
check "restore of an empty file on trial" sw restore "$work/empty" --confirm "$((3 * slow))s"
check "it passes on trial" reach4
pause 3.4
sw unblock 198.51.100.250 >/dev/null 2>&1
check "what was blocked before is blocked again" cut4

# ---- a change that fails begins no trial
check "rules that are not there, on trial: refused" \
	not sw config set rules.files /no/such.rules --confirm 10m
is "no trial runs" "$(sw mode --json | jq -c .trial)" null
is "nothing is left of it" "$(sw config get rules.files)" ""
awk 'BEGIN { for (i = 0; i < 70000; i++)
	printf "71.%d.%d.%d/31\n", i * 4 / 65536, i * 4 / 256 % 256, i * 4 % 256 }' >"$work/prefixes"
check "more prefixes than there is room for, on trial: refused" \
	not sw import "$work/prefixes" --confirm 10m
is "no trial runs after it" "$(sw mode --json | jq -c .trial)" null
is "none of them is listed" "$(sw list blocked --in 71.0.0.0/8 --json | jq '.blocked | length')" 0
check "it is cut off as before" cut4

# ---- lists on trial with a daemon: come back without a further call
daemon_start "the daemon starts" -i net0 -i net1
check "restore of an empty file on trial, with a daemon" sw restore "$work/empty" --confirm "$((3 * slow))s"
check "it passes on trial, with a daemon" reach4
check "it is blocked again when the trial is over" eventually 5 cut4
check "the daemon says that it undid the trial" \
	eventually 2 grep -q "not confirmed.*rolled back" "$work/daemon.log"
daemon_end TERM

# ---- panic
check "panic" sw panic
check "panic: it passes" reach4
scan "$source4" "$target4" -sX >"$work/nmap"
check "panic: a scan passes" grep -q 'closed' "$work/nmap"
grab sw status
says "status says it" "[Pp]anic"
check "panic again: exit 0" sw panic
check "panic --off" sw panic --off
check "it is cut off again" cut4

# ---- a trial that begins in a panic falls back to the mode, not to the panic
check "panic once more" sw panic
check "import on trial during a panic" sw import "$work/list" --confirm "$((3 * slow))s"
check "panic is over before the trial is" sw panic --off
pause 3.4
sw unblock 198.51.100.250 >/dev/null 2>&1
is "the mode is what it was before both" "$(mode)" enforce
check "it is cut off when both are over" cut4

# ---- panic without record and configuration
echo "what is this" >"$config"
chmod 000 "$state_dir"
check "panic with a broken configuration" sw panic
check "it passes, whatever the configuration" reach4
: >"$config"
chmod 750 "$state_dir"
check "panic --off, at last" sw panic --off
check "it is cut off, at last" cut4

# ---- a heartbeat: without the daemon's, the program falls back to detect by itself
beat=$((5 * slow))s
refused 2 "a heartbeat needs a time" "guard.heartbeat" sw config set guard.heartbeat 0
check "mode enforce" sw mode enforce --yes
grab sw config set guard.heartbeat "$beat"
says "without a daemon that is told" "daemon is not running"
daemon_start "the daemon beats" -i net0 -i net1
check "it is cut off" cut4
pause 6
check "and stays so, as long as the daemon lives" cut4
{ daemon_end KILL; } 2>/dev/null
check "when it is killed, it passes by itself" eventually 10 reach4
is "status says detect" "$(mode)" detect
grab sw status
says "and why" "heartbeat is missed"
grab sw doctor
says "so does the doctor" "heartbeat is missed"
grab sw block 198.51.100.77 --ttl 1m
says "a block says that it is not enforced" "not enforced: the daemon's heartbeat is missed"
check "meanwhile a setting on trial" sw config set detect.threshold 4 --confirm "$((2 * slow))s"
pause 3
daemon_start "the daemon is back" -i net0 -i net1
check "and so is enforce" eventually 5 cut4
daemon_end TERM
check "without a heartbeat wanted" sw config unset guard.heartbeat
is "it enforces without a daemon" "$(mode)" enforce
pause 6
check "for ever" cut4

finish
