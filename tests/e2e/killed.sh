#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# kill -9 of any writer at any moment: acknowledged changes survive, and the next command
# or start of the daemon makes record and maps agree.
. "$(dirname "$0")/lib.sh"

acknowledged=$(for i in $(seq 1 8); do printf '198.51.100.%d ' "$i"; done)
for i in $(seq 1 4000); do printf '100.70.%d.%d\n' $((i / 250)) $((i % 250)); done >"$work/list"
sw attach net0 net1 --mode enforce >/dev/null
# shellcheck disable=SC2086 # a list of addresses
sw block $acknowledged --ttl 1d >/dev/null
sw allow 192.0.2.50 >/dev/null

# killed MILLISECONDS VERB...: that one, ended by $by in the middle of what it does.
by=KILL
killed() {
	local ms=$1 victim

	shift
	( exec nsenter --net="/run/netns/$lab-server" -- "$scanwall" --pin-dir "$pin_dir" \
		--state-dir "$state_dir" -c "$config" "$@" </dev/null >/dev/null 2>&1 ) &
	victim=$!
	sleep "$(printf '0.%03d' "$ms")"
	kill -$by "$victim" 2>/dev/null
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

for by in TERM HUP; do
	bad=
	for ((i = 0; i < 6; i++)); do
		# shellcheck disable=SC2086
		killed $((RANDOM % 60 + 1)) ${verbs[$i]}
		sw block 198.51.100.8 --ttl 1d >/dev/null
		now=$(differs)
		[ -z "$now" ] || bad+="${verbs[$i]}: $now"$'\n'
	done
	is "SIG$by in the middle: record and kernel agree" "$bad" ""
done
by=KILL

# ---- at each of its first writes to the record, whatever the machine's speed
# killed_at_write N VERB...: ended at its Nth write.
killed_at_write() {
	nsenter --net="/run/netns/$lab-server" -- strace -f -qq -o /dev/null \
		-P "$state_dir/scanwall.db-wal" -e inject=pwrite64:signal=KILL:when="$1" \
		"$scanwall" --pin-dir "$pin_dir" --state-dir "$state_dir" -c "$config" "${@:2}" \
		</dev/null >/dev/null 2>&1
	[ ! -e "$state_dir/changing" ] || interrupted=$((interrupted + 1))
}

many() { sw_json '[.blocked[].prefix | select(startswith("100.70."))] | length' list; }

sw flush --origin bulk >/dev/null
head -n 1000 "$work/list" >"$work/short"
for verb in "import $work/list --origin more" "import $work/list --origin bulk --replace" \
	"flush --origin bulk"; do
	bad='' interrupted=0
	for n in 1 3 5 6 7 8; do
		sw import "$work/short" --origin bulk --replace >/dev/null
		# shellcheck disable=SC2086 # a word for each
		killed_at_write $n $verb
		sw block 198.51.100.8 --ttl 1d >/dev/null
		now=$(differs)
		[ -z "$now" ] || bad+="at write $n: ${now:0:200}"$'\n'
		[ "$(many)" = 1000 ] || bad+="at write $n: $(many) of 1000 listed"$'\n'
	done
	is "${verb/ *\// }, killed at a write: it has not happened" "$bad" ""
	check "it was, between maps and record" test "$interrupted" -ge 1
done
interrupted=0
for n in 5 6 7 8; do
	[ "$interrupted" -gt 0 ] || killed_at_write $n import "$work/list" --origin more
done
daemon_start "the daemon starts after one" -i net0,net1
is "and mends" "$(differs)$(many)" 1000
daemon_end
sw flush --origin bulk >/dev/null

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
