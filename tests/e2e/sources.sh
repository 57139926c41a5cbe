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
check "detach" sw detach --all

# ---- hosts of IPv4 behind the operator's own translator: one /96, and so one /64
translated() { # N: the attacker is 192.0.2.N, as the translator shows it
	source6=fd00:3:64::c000:2$(printf %02x "$1")
	lab_in attacker ip addr replace "$source6/128" dev eth0 nodad
}
scan6() {
	for port in 21 22 25 110; do
		lab_in attacker curl -gs -m "$(scaled 0.3)" -o /dev/null --interface "$source6" "http://[$target6]:$port/"
	done
}
printf 'mode = "enforce"\ndetect { grace = 1s }\n' >"$config"
check "attach" sw attach net1
refused 2 "a length of which no host is one address" 'guard.nat64: .*fd00:3:64::/48 .expected an IPv6 prefix of /64 or /96' \
	sw config set guard.nat64 fd00:3:64::/48
check "the translator's prefix is named" sw config set guard.nat64 fd00:3:64::/96
settled
sw flush --all --yes -q
translated 1
scan6
is "who scans from behind it is blocked alone" "$(blocked)" fd00:3:64::c000:201/128
check "and cut off" cut6
translated 2
check "another host of IPv4 gets a page" reach6
refused 6 "all of IPv4 is not blocked by hand" "covers IPv4 addresses behind a translator" sw block fd00:3:64::/96
check "detach" sw detach --all
sw config unset guard.nat64 >/dev/null

finish
