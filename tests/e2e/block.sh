#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# What an operator blocks is blocked, and nothing else; without a daemon.
. "$(dirname "$0")/lib.sh"

prefixes() {
	sw_json '[.blocked[].prefix] | if . == [] then "none" else .[] end' list blocked
}
origins() {
	sw_json ".blocked[] | select(.prefix == \"$1\") | .claims[].origin" list blocked | sort | xargs
}

seconds=$((3 * slow))s
mkdir "$work/www"
lab_listen "$work/www" 80 22
check "attach to two interfaces" sw attach net0 net1 --mode enforce
lab_source 9
check "IPv4 passes before" reach4
check "IPv6 passes before" reach6

# ---- one address
check "block an address" sw block "$source4" --comment "a test"
check "it is cut off" cut4
check "the visitor is served" fetch visitor "$visitor4" "http://$site4/"
check "block it again: exit 0" sw block "$source4"
expect 3 "block it again with --strict: exit 3" sw block "$source4" --ttl 1m --strict
is "it is listed once" "$(prefixes)" "$source4/32"
is "SQL tells the same" "$(sqlite3 "$state_dir/scanwall.db" 'SELECT * FROM claims' | cut -d'|' -f1-3)" \
	"$source4|operator|a test"
check "unblock it" sw unblock "$source4"
check "it passes again" reach4
check "unblock it again: exit 0" sw unblock "$source4"
expect 3 "unblock it again with --strict: exit 3" sw unblock "$source4" --strict

# ---- IPv6: one address, a whole /64
check "block an IPv6 address" sw block "$source6"
check "it is cut off, IPv6" cut6
check "its IPv4 side is not" reach4
check "unblock it, IPv6" sw unblock "$source6"
check "it passes again, IPv6" reach6
check "block its /64" sw block fd00:3:0:9::/64
check "the address in it is cut off" cut6
lab_source 10
check "the next /64 passes" reach6
check "unblock the /64" sw unblock fd00:3:0:9::/64
lab_source 9
check "the address in it passes again" reach6

# ---- prefixes
check "block a /24" sw block 198.51.100.0/24
check "an address in it is cut off" cut4
check "an address outside it is not" fetch attacker "$attacker4" "http://$target4/"
check "unblock the /24" sw unblock 198.51.100.0/24
check "an address in it passes again" reach4
check "block a /48" sw block fd00:3::/48
check "an address in it is cut off, IPv6" cut6
check "unblock the /48" sw unblock fd00:3::/48
check "an address in it passes again, IPv6" reach6

# ---- nested: the shorter holds when the longer goes, and ends
check "block a /24" sw block 198.51.100.0/24
check "block a /25 and an address in it for three seconds" sw block 198.51.100.0/25 "$source4" --ttl "$seconds"
pause 3.6
check "the /24 holds what the others let go" cut4
check "unblock the /24, nested" sw unblock 198.51.100.0/24
check "nothing holds it any more" reach4

# ---- expiry with no process alive
check "block for three seconds" sw block "$source4" "$source6" --ttl "$seconds"
check "it is cut off for that time" cut4
check "it passes when they are over" eventually 3 reach4
check "it passes when they are over, IPv6" eventually 1 reach6
is "what is over is not listed" "$(prefixes)" none
check "block for longer, then for less" sw block "$source4" --ttl 1h
check "a shorter block cuts nothing short" sw block "$source4" --ttl "$seconds"
pause 3.4
check "the longer one holds" cut4
check "unblock, whatever its time" sw unblock "$source4"

# ---- claims
check "origin a claims it" sw block "$source4" --origin a
check "origin b claims it, for three seconds" sw block "$source4" --origin b --ttl "$seconds"
check "origin c claims it" sw block "$source4" --origin c
is "three claims are listed" "$(origins "$source4/32")" "a b c"
pause 3.4
is "the claim that is over is gone" "$(origins "$source4/32")" "a c"
check "origin a lets go" sw unblock "$source4" --origin a
check "origin c holds it" cut4
check "a strange origin lets go of nothing" sw unblock "$source4" --origin z
is "one claim is left" "$(origins "$source4/32")" "c"
check "origin c lets go" sw unblock "$source4" --origin c
check "nobody holds it" reach4
check "two origins claim it" sw block "$source4" --origin a
check "all origins let go" sw unblock "$source4" --all-origins
check "it passes, after --all-origins" reach4

# ---- allow beats every claim
check "block what is allowed later" sw block "$source4" "$source6" --origin feed/x
check "allow it" sw allow "$source4" "fd00:3:0:9::/64" --comment partner
check "it passes while allowed" reach4
check "it passes while allowed, IPv6" reach6
check "unallow it" sw unallow "$source4" "fd00:3:0:9::/64"
check "the block comes back" cut4
check "the block comes back, IPv6" cut6
check "flush one origin" sw flush --origin feed
check "it passes, after flush" reach4
check "allow for five seconds" sw allow "$source4" --ttl $((5 * slow))s
refused 6 "what is allowed cannot be blocked" "$source4" sw block "$source4"
check "unless by force" sw block "$source4" --force
check "it passes, allowed and blocked" reach4
check "the allowance ends by itself" eventually 6 cut4
check "flush all" sw flush --all --yes
check "it passes, after flush --all" reach4
is "nothing is listed" "$(prefixes)" none

# ---- saved in an order that does not depend on who came first
check "two origins" eval 'sw block 198.51.100.99 --origin zeta && sw block 198.51.100.99 --origin alpha'
is "save names them in order" \
	"$(sw save | grep -oE 'origin (zeta|alpha)' | xargs)" "origin alpha origin zeta"
check "they go" sw unblock 198.51.100.99 --all-origins

# ---- a list from a file
{ echo "# a list"; for n in $(seq 1 200); do echo "198.51.100.$n"; done; } >"$work/list"
check "block from a file" sw block --file "$work/list"
is "all of it is listed" "$(prefixes | wc -l)" 200
check "an address of it is cut off" cut4
check "unblock from standard input" sw unblock --file - <"$work/list"
is "none of it is listed" "$(prefixes)" none
check "an address of it passes" reach4

finish
