#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# port allow limits who may reach a port, before DNAT too; it is changed and undone in one
# command, and cannot shut out the operator's session.
. "$(dirname "$0")/lib.sh"

mkdir "$work/www"
lab_listen "$work/www" 80 22
# What a container engine does: a port of this host leads to somebody behind it.
lab_in server nft -f - <<-END
	table ip docker {
		chain in {
			type nat hook prerouting priority dstnat
			tcp dport 8080 dnat to $visitor4:9090
		}
	}
END
lab_in server sysctl -qw net.ipv4.ip_forward=1
lab_in visitor python3 -m http.server -b "$visitor4" -d "$work/www" 9090 </dev/null >/dev/null 2>&1 &
echo 'mode = "enforce"' >"$config"
daemon_start "the daemon" -i net1

connect() { # PORT: as the present self
	lab_in attacker timeout "$(scaled "${patience:-5}")" bash -c ": </dev/tcp/$target4/$1"
}
as() { # N
	lab_source "$1"
	lab_in attacker ip route replace "$target4" dev eth0 src "$source4"
}

as 4
check "before: SSH is open" eventually 10 connect 22
check "before: the container is reached" eventually 10 connect 8080
refused 2 "no port" 'invalid port' sw port allow ssh from 198.51.100.4
refused 2 "no address" '198.51.100.4/24' sw port allow 22 from 198.51.100.4/24
refused 2 "from whom" 'missing address after' sw port allow 22 from
expect 0 "a dry run" sw -n port allow 22 from 198.51.100.5
is "changes nothing" "$(sw_json '.port_allow | length' port list)" 0
out=$(SSH_CONNECTION="203.0.113.66 50000 203.0.113.1 22" sw port allow 22 from 198.51.100.5 2>&1)
code=$?
is "who sits at the terminal is not shut out" "$code" 6
says "with what to do" 'would shut out 203.0.113.66.*or use --force'
expect 0 "port allow" sw port allow 22 from 198.51.100.5 203.0.113.0/24
says "says who may" 'tcp/22 may be reached from 2 networks'
check "port allow, of the container's" sw port allow 8080 from 198.51.100.5/32
is "port list" "$(sw_json '[.port_allow[] | "\(.proto)/\(.dest_port) \(.prefix)"] | join(", ")' port list)" \
	"TCP/22 198.51.100.5/32, TCP/22 203.0.113.0/24, TCP/8080 198.51.100.5/32"
patience=1
as 6
check "a stranger is shut out" not connect 22
check "from the container, too" not connect 8080
check "and reaches what is not limited" connect 80
expect 10 "test says so" sw test "$source4" --dport 22
says "in words" 'not open to its source'
as 5
patience=5
check "who is named gets in" connect 22
check "and to the container" connect 8080
as 4
sw allow "$source4" -q
check "and who is allowed" connect 22
sw unallow "$source4" -q

grab sw port list
says "as a table" '^PORT +FROM$' '^tcp/22 +203.0.113.0/24$'

# ---- less and more
as 6
refused 2 "the last address alone" 'open to everybody' sw port remove 8080 from 198.51.100.5
check "one address less" sw port remove 22 from 198.51.100.5
is "is gone" "$(sw_json '[.port_allow[] | select(.dest_port == 22) | .prefix] | join(" ")' port list)" "203.0.113.0/24"
refused 3 "what is not there" 'not limited to any of these' sw port remove 22 from 198.51.100.77
check "on trial" sw port allow 80 from 198.51.100.5 --confirm "$(scaled 3)s"
patience=1
check "it is in force" not connect 80
patience=5
check "and undone by itself" eventually 15 connect 80
is "in the list, too" "$(sw_json '[.port_allow[] | select(.dest_port == 80)] | length' port list)" 0
check "the whole port again" sw port remove 22
check "it is open to everybody" connect 22
sw port remove 8080 -q
is "nothing is left" "$(sw_json '.port_allow | length' port list)" 0

# ---- the off switches
sw port allow 22 from 198.51.100.5 -q
patience=1
check "limited again" not connect 22
sw panic -q
check "panic lets everybody in" connect 22
sw panic --off -q
check "and its end nobody" not connect 22
sw mode detect -q
check "in detect mode nobody is shut out" connect 22
daemon_end
finish
