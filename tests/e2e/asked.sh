#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Verbs that prompt on a terminal: any answer but yes changes nothing, and no other
# process waits for the answer.
. "$(dirname "$0")/lib.sh"

mkdir "$work/www"
lab_listen "$work/www" 80 22
ip -n "$lab-server" route add default via "$attacker4"

# The same command, for a program that runs it.
cat >"$work/sw" <<-END
	#!/bin/sh
	NO_COLOR=1 exec nsenter --net=/run/netns/$lab-server -- $scanwall --pin-dir $pin_dir \
		--state-dir $state_dir -c $config "\$@"
END
chmod +x "$work/sw"
# answer ANSWER MEANWHILE VERB...
answer() {
	timeout "$(scaled 120)" "$top/tests/e2e/answer.py" '[y/N]' "$1" "$2" "$work/sw" "${@:3}"
}
untouched() {
	[ ! -s "$config" ] && [ ! -e "$pin_dir" ] && [ -z "$(sw config get interfaces)" ]
}
for try in '\n' 'n\n' 'no\n' 'yesterday\n' 'maybe yes\n' 'ja\n' '\x04'; do
	expect 1 "setup, answered $try" answer "$try" "" setup
	says "says that nothing was changed" '^scanwall setup: nothing was changed$'
	check "and nothing was" untouched
done
expect 130 "setup, left by Ctrl-C" answer '\x03' "" setup
says "it had said what it would do" '^Interfaces facing the outside:' '^  net1 +veth +native' \
	'^  tcp/80 +python' "^  $target4 +own address of net1"
check "nothing was changed" untouched

# Whoever has to block somebody is not kept waiting by a question.
expect 1 "a block, while the question stands" \
	answer 'n\n' "timeout $(scaled 60) $work/sw block 198.51.100.9" setup
is "is made" "$(sw_json '.blocked[].prefix' list)" 198.51.100.9/32
expect 1 "the file changes, while the question stands" answer 'y\n' "echo 'mode = detect' >$config" setup
says "that is refused" 'has been changed meanwhile'
is "and the file is as somebody wrote it" "$(cat "$config")" "mode = detect"
check "nothing is attached" test ! -e "$pin_dir/link-net1"
: >"$config"
expect 0 "setup, answered Yes" answer 'Yes\n' "" setup
is "it is attached in detect mode" "$(sw_json '"\(.mode) \(.interfaces[].name)"' status)" "detect net1"
check "the file names the interface" grep -q '^interfaces = { "net1" }' "$config"
is "what was blocked meanwhile is" "$(sw_json '.blocked[].prefix' list)" 198.51.100.9/32

expect 1 "flush, answered no" answer 'n\n' "" flush --all
is "keeps what is blocked" "$(sw_json .total list)" 1
expect 0 "flush, answered y" answer 'y\n' "" flush --all
is "removes it" "$(sw_json .total list)" 0
finish
