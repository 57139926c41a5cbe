#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Twenty concurrent callers, during the first attach, without and with a daemon: none
# fails and nothing is lost.
. "$(dirname "$0")/lib.sh"

# at_once COMMAND: COMMAND 1 ... COMMAND 20, all at the same time; how many failed.
at_once() {
	local n failed=0 pids=()

	for n in $(seq 20); do
		"$@" "$n" >>"$work/at_once" 2>&1 &
		pids+=($!)
	done
	for n in "${pids[@]}"; do
		wait "$n" || failed=$((failed + 1))
	done
	echo "$failed"
}
block_one() {
	sw block "198.51.100.$1" "fd00:3:0:$1::66"
}
unblock_one() {
	sw unblock "198.51.100.$1" "fd00:3:0:$1::66"
}
block_same() {
	sw block 198.51.100.200 --origin "o/$1"
}
unblock_same() {
	sw unblock 198.51.100.200 --origin "o/$1"
}
mixed() {
	case $(($1 % 4)) in
	0) sw block "198.51.100.$((100 + $1))" ;;
	1) sw list --json | jq -e .blocked ;;
	2) sw allow "192.0.2.$((100 + $1))" ;;
	3) sw status --json | jq -e . ;;
	esac
}
# During the first attach: two of ten attach, the others find the program loaded or not,
# but never half loaded.
first() {
	case $(($1 % 10)) in
	0 | 1) sw attach net0 net1 ;;
	2) sw status ;;
	3) sw list ;;
	4) sw stats || [ $? -eq 4 ] ;;
	5) sw mode ;;
	6) sw config set detect.threshold 4 ;;
	7) sw block "198.51.100.$1" ;;
	8) sw panic --off || [ $? -eq 4 ] ;;
	9) sw test 198.51.100.9 || [ $? -eq 4 ] ;;
	esac
}
blocked() {
	sw_json '.blocked | length' list blocked
}

round() {
	: >"$work/at_once"
	is "$1: 20 calls of block: none fails" "$(at_once block_one)" 0
	is "$1: all 40 are blocked" "$(blocked)" 40
	lab_source 20
	check "$1: the last is cut off" cut4
	is "$1: 20 origins of one address: none fails" "$(at_once block_same)" 0
	is "$1: all 20 claims are kept" \
		"$(sw_json '.blocked[] | select(.prefix == "198.51.100.200/32") | .claims | length' list blocked)" 20
	is "$1: 20 origins let go: none fails" "$(at_once unblock_same)" 0
	is "$1: 20 calls of unblock: none fails" "$(at_once unblock_one)" 0
	is "$1: nothing is blocked" "$(blocked)" 0
	check "$1: the last passes" reach4
	is "$1: block, list, allow, status at once: none fails" "$(at_once mixed)" 0
	is "$1: five blocks are kept" "$(blocked)" 5
	is "$1: five allowances are kept" "$(sw_json '[.allowed[] | select(.prefix | startswith("192.0.2.1"))] | length' list allowed)" 5
	[ ! -s "$work/at_once" ] || ! grep -iE 'lock|busy|fail' "$work/at_once" | sed 's/^/# /'
	sw flush --all --yes >/dev/null
	sw unallow 192.0.2.{102,106,110,114,118} >/dev/null
}

mkdir "$work/www"
lab_listen "$work/www" 80
echo 'mode = "enforce"' >"$config"
for try in 1 2 3 4 5; do
	: >"$work/at_once"
	is "the first attach, time $try: of 20 at once none fails" "$(at_once first)" 0
	is "nobody saw it half made" "$(grep -ciE 'layout|another version|cannot|refused' "$work/at_once")" 0
	is "both interfaces are attached" "$(sw_json '[.interfaces[].name] | sort | join(" ")' status)" "net0 net1"
	is "in the mode of the file" "$(sw_json .mode status)" enforce
	is "the setting is in force" "$(sw config get detect.threshold)" 4
	lab_source 7
	check "a block made meanwhile is in force" cut4
	sw detach --all >/dev/null
	sw flush --all --yes >/dev/null
	sw config unset detect.threshold >/dev/null
done
check "attach" sw attach net0 net1
round "no daemon"
daemon_start "the daemon starts"
round "daemon"
check "the daemon is still healthy" sw status --ready

finish
