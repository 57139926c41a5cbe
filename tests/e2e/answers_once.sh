#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# A served port answers a challenged SYN once, even if other sources evict its entry: a
# second SYN-ACK would tell it from a closed port. To others the kernel repeats it.
. "$(dirname "$0")/lib.sh"

mkdir "$work/www"
lab_listen "$work/www" 80
ttl=$((25 * slow))s
printf 'mode = "enforce"\ndetect { grace = 1s  block_ttl = %s  block_ttl_max = %s }\n' \
	"$ttl" "$ttl" >"$config"
check "the wire takes answers" take_answers
check "attach" sw attach net1
settled
mac=$(ip -n "$lab-server" -j link show net1 | jq -r '.[0].address')
silent=198.51.100.200 # nobody's: nothing resets what is half open
for how in known forgotten; do
	lab_in attacker python3 "$top/tests/e2e/forge.py" eth0 "$target4" "$mac" 20 "$silent"
	lab_in attacker python3 "$top/tests/e2e/hold_syn.py" eth0 "$silent" "$target4" "$mac" 80 \
		"$(scaled 6)" "$how" "$pin_dir/let_syns" >"$work/answers" 2>&1
	is "one SYN-ACK, with the SYN $how" "$(cat "$work/answers")" 1
	silent=198.51.100.201
done
silent=198.51.100.200
gone() { [ "$(sw_json "[.blocked[].prefix | select(. == \"$silent/32\")] | length" list blocked)" = 0 ]; }
check "the block of the first ends" eventually 60 gone
lab_in attacker python3 "$top/tests/e2e/hold_syn.py" eth0 "$silent" "$target4" "$mac" 80 \
	"$(scaled 8)" known "$pin_dir/let_syns" >"$work/answers" 2>&1
check "whose SYN-ACK is lost gets another, though it was suspected within the hour" \
	test "$(cat "$work/answers")" -ge 2
finish
