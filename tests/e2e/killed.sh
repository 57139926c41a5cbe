#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# kill -9 of whatever writes, at any moment: what was acknowledged stays, and the next
# command, or the daemon's next start, brings record and kernel together.
. "$(dirname "$0")/lib.sh"

acknowledged=$(for i in $(seq 1 8); do printf '198.51.100.%d ' "$i"; done)
for i in $(seq 1 4000); do printf '100.70.%d.%d\n' $((i / 250)) $((i % 250)); done >"$work/list"
sw attach net0 net1 --mode enforce >/dev/null
# shellcheck disable=SC2086 # a list of addresses
sw block $acknowledged --ttl 1d >/dev/null
sw allow 192.0.2.50 >/dev/null

# killed MILLISECONDS VERB...: that one, ended in the middle of what it does.
killed() {
	local ms=$1 victim

	shift
	( exec nsenter --net="/run/netns/$lab-server" -- "$scanwall" --pin-dir "$pin_dir" \
		--state-dir "$state_dir" -c "$config" "$@" </dev/null >/dev/null 2>&1 ) &
	victim=$!
	sleep "$(printf '0.%03d' "$ms")"
	kill -KILL "$victim" 2>/dev/null
	wait "$victim" 2>/dev/null
}

# What is not as it was acknowledged, or differs between record and kernel.
differs() {
	sw list --json | jq -r --arg want "$acknowledged" '
		(.blocked | map(.prefix)) as $have |
		($want | split(" ") | map(select(. != "") + "/32") - $have | .[] | "lost: " + .),
		(.blocked[] | select(.in_kernel == false) | "not in force: " + .prefix),
		(.blocked[] | select([.claims[].origin] | index("unrecorded")) | "unrecorded: " + .prefix)'
	sw list allowed --json | jq -r '
		if [.allowed[].prefix] | index("192.0.2.50/32") then empty else "lost: 192.0.2.50" end'
}

verbs=("import $work/list --origin bulk" "flush --origin bulk" "block 198.51.100.70 --ttl 1d"
	"unblock 198.51.100.70" "allow 198.51.100.71" "unallow 198.51.100.71"
	"config set detect.threshold 4" "mode enforce --yes" "port allow 22 from 192.0.2.10"
	"import $work/list --origin bulk --replace" "pardon 198.51.100.72" "attach net0 net1")
RANDOM=14
rounds=24 bad=
for ((i = 0; i < rounds; i++)); do
	verb=${verbs[$((i % ${#verbs[@]}))]}
	# shellcheck disable=SC2086 # a word for each
	killed $((RANDOM % 60 + 1)) $verb
	sw block 198.51.100.8 --ttl 1d >/dev/null # the next command mends
	now=$(differs)
	[ -z "$now" ] || bad+="$verb: $now"$'\n'
done
is "$rounds verbs were killed: nothing is lost, record and kernel agree" "$bad" ""
check "the record is sound" test "$(sqlite3 "$state_dir/scanwall.db" 'PRAGMA integrity_check')" = ok

# ---- the daemon and a verb at once
bad=
for ((i = 0; i < 4; i++)); do
	daemon_start "the daemon starts, round $i" -i net0,net1
	# shellcheck disable=SC2086
	killed $((RANDOM % 60 + 1)) ${verbs[$((3 * i % ${#verbs[@]}))]} &
	sleep "$(printf '0.%03d' $((RANDOM % 80 + 1)))"
	daemon_end KILL
	wait
done
daemon_start "the daemon starts after it all" -i net0,net1
is "nothing is lost, record and kernel agree" "$(differs)" ""
check "flush --origin bulk" sw flush --origin bulk
is "takes all of it away" "$(sw_json '[.blocked[].prefix | select(startswith("100.70"))] | length' list)" 0
daemon_end
finish
