#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# The extent of a source: an address, an IPv6 /64, or as configured.
. "$(dirname "$0")/lib.sh"

mkdir "$work/www"
lab_listen "$work/www" 80
probe() { # N PORT: one SYN of the attacker's N-th self
	lab_source "$1"
	lab_in attacker curl -gs -m "$(scaled 0.3)" -o /dev/null --interface "$source6" "http://[$target6]:$2/"
}
blocked() {
	sw_json '[.blocked[].prefix] | if . == [] then "none" else join(" ") end' list blocked
}

printf 'mode = "enforce"\ndetect { grace = 1s }\n' >"$config"
check "attach" sw attach net1
settled
probe 1 21
probe 2 22
probe 3 25
is "three sources, a probe each: none is blocked" "$(blocked)" none
check "detach" sw detach --all
printf 'mode = "enforce"\ndetect { grace = 1s  source_prefix6 = 48 }\n' >"$config"
check "attach, with a /48 as one source" sw attach net1
settled
probe 1 21
probe 2 22
probe 3 25
is "one source, three probes: blocked is the /64 of the last" "$(blocked)" "fd00:3:0:3::/64"
check "the last is cut off" cut6
lab_source 4
is "any other of what was scored is challenged" \
	"$(sw test "$source6" --dport 80 --json | jq -r .reason)" challenged
check "and gets a page" reach6

finish
