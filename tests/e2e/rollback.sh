#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Every change has an ID, and rollback ID undoes it, in the record and for packets.
. "$(dirname "$0")/lib.sh"

mkdir "$work/www"
lab_listen "$work/www" 80 22
lab_source 9
last() { # the ID of the newest change
	sw_json '.changes[-1].id' changes
}
state() {
	sw save | sed -E 's/ --ttl [0-9]+//'
}
# undoes NAME COMMAND...: it changes something, and rollback leaves all as it was.
undoes() {
	local name=$1 was became id

	shift
	was=$(state; sw config show --effective)
	check "$name" sw "$@"
	id=$(last)
	became=$(state; sw config show --effective)
	[ "$was" != "$became" ] || not_ok "$name changes something"
	check "$name: rollback" sw rollback "$id"
	is "$name: all is as it was" "$(state; sw config show --effective)" "$was"
	is "$name: the record says so" \
		"$(sw_json ".changes[] | select(.id == $id) | .undone_by" changes)" "$(last)"
	check "$name: rolled back twice, it is there again" sw rollback "$(last)"
	is "$name: and is in force" "$(state; sw config show --effective)" "$became"
	is "$name: so says the record" \
		"$(sw_json ".changes[] | select(.id == $id) | .undone_by" changes)" null
	sw rollback "$id" >/dev/null
}

check "attach" sw attach net0 net1 --mode enforce

# ---- packets feel it
check "block" sw block "$source4" --comment "a mistake at 3 a.m."
blocked=$(last)
check "the list of changes names it without where record and pins are" \
	grep -q " scanwall block $source4 --comment \"a mistake at 3 a.m.\" " <(sw changes)
check "it is cut off" cut4
grab sw rollback -n "$blocked"
says "a dry run tells" "would be undone"
check "and changes nothing" cut4
check "rollback" sw rollback "$blocked"
check "it passes" reach4
grab sw changes
says "changes lists it with when and who" "$blocked +(just now|[0-9]+ (s|min) ago) .*block $source4" \
	"undone by"
grab sw audit
says "the audit trail says whose change was undone" "rollback $blocked"
expect 3 "once is enough" sw rollback "$blocked"
says "and it says by whom it was" "already been undone by change [0-9]+"
check "block over IPv6" sw block "$source6"
check "it is cut off, IPv6" cut6
check "rollback, IPv6" sw rollback "$(last)"
check "it passes, IPv6" reach6

# ---- each verb
sw block 198.51.100.77 --ttl 1h --comment before >/dev/null
sw allow 203.0.113.0/24 --comment office >/dev/null
printf '198.51.100.%d\n' 1 2 3 4 77 >"$work/list"
printf '198.51.100.%d\n' 3 4 5 >"$work/list2"
sw import "$work/list" --origin feed/x >/dev/null
undoes "block for longer" block 198.51.100.77 --ttl 2d --comment later
undoes "a block beside" block 198.51.100.77 2001:db8:77::/48 --origin fail2ban/sshd
undoes "unblock" unblock 198.51.100.77
undoes "allow" allow 192.0.2.5 2001:db8:5::/64
undoes "unallow" unallow 203.0.113.0/24
undoes "pardon" pardon 198.51.100.77
undoes "import" import "$work/list2" --origin feed/x --replace
undoes "flush --origin" flush --origin feed
undoes "flush --all" flush --all --yes
sw save >"$work/saved"
sed -i 1d "$work/saved"
echo 'block 192.0.2.99 --ttl 100 --origin operator' >>"$work/saved"
undoes "restore" restore "$work/saved"
undoes "config set" config set detect.threshold 9
sw config set detect.threshold 5 >/dev/null
undoes "config unset" config unset detect.threshold
undoes "mode" mode detect
is "the mode is what it was" "$(sw_json .mode mode)" enforce
undoes "port allow" port allow 443 from 192.0.2.0/24
sid=$(sw_json '.rules[0].signature_id' rules list)
check "rules disable" sw rules disable "$sid"
check "rules disable: rollback" sw rollback "$(last)"
is "the rule is in force again" "$(sw_json '.rule.enabled' rules show "$sid")" \
	"$(sw_json '.rule.enabled' rules show "$(sw_json '.rules[1].signature_id' rules list)")"

# ---- what something later stands on
sw block 198.51.100.88 --ttl 1h >/dev/null
first=$(last)
sw block 198.51.100.88 --ttl 5h >/dev/null
second=$(last)
refused 6 "a later change stands on it, and is named" \
	"change $second has changed the block of 198.51.100.88.*scanwall rollback $second" sw rollback "$first"
check "--force does it all the same" sw rollback "$first" --force
is "it is gone" "$(sw_json '.blocked | length' list --in 198.51.100.88/32)" 0
sw unblock 198.51.100.77 >/dev/null
first=$(last)
sw allow 198.51.100.77 >/dev/null
refused 6 "what is allowed since does not come back blocked" "198.51.100.77 is not blocked" \
	sw rollback "$first"
check "after the allow is undone, it does" sw rollback "$(last)"
check "that is, now" sw rollback "$first"
sw config set detect.threshold 6 >/dev/null
first=$(last)
sw config set detect.threshold 7 >/dev/null
refused 6 "a setting set anew" "has changed detect.threshold since" sw rollback "$first"
sw port allow 22 from 192.0.2.0/24 >/dev/null
sw port remove 22 >/dev/null
SSH_CONNECTION="203.0.113.250 50000 $target4 22" \
	expect 6 "what would shut out one's own session" sw rollback "$(last)"
SSH_CONNECTION="203.0.113.250 50000 $target4 22" \
	expect 6 "config set is asked as well" sw config set port_allow tcp/22=192.0.2.0/24
expect 3 "no such change" sw rollback 99999
expect 2 "no number" sw rollback last
undo_with() { # ID: what takes it back, as it is listed
	sw_json ".changes[] | select(.id == $1) | .undo_with" changes
}
ip -n "$lab-server" link add eth8 type veth peer name far8
sw attach net1 eth8 >/dev/null
is "attach: what takes it back names only what it attached" "$(undo_with "$(last)")" "scanwall detach eth8"
first=$(last)
sw attach net1 eth8 >/dev/null
is "attached once more, nothing is to be taken back" "$(last)" "$first"
sw detach eth8 net0 net1 >/dev/null
is "detach names what was attached" "$(undo_with "$(last)")" "scanwall attach eth8 net0 net1"
refused 6 "what is not in the record names what takes it back" "scanwall attach eth8 net0 net1$" sw rollback "$(last)"
sw key add alice >/dev/null
is "a key is named" "$(undo_with "$(last)")" "scanwall key revoke alice"
sw key revoke alice >/dev/null
is "a revoked one, too" "$(undo_with "$(last)")" "scanwall key add alice, which makes another key"
sw attach net1 >/dev/null
sw panic >/dev/null
is "panic" "$(undo_with "$(last)")" "scanwall panic --off"
sw panic --off >/dev/null
is "its end" "$(undo_with "$(last)")" "scanwall panic"
first=$(last)
sw panic --off >/dev/null
is "which is no change the second time" "$(last)" "$first"
sw block 198.51.100.99 --ttl 1s >/dev/null
first=$(last)
pause 1.3
check "what is over needs no undoing" sw rollback "$first"

# ---- a list in the place of a list
seq -f '10.9.0.%g' 1 20 >"$work/feed20"
seq -f '10.9.0.%g' 1 9 >"$work/feed9"
seq -f '10.9.0.%g' 1 10 >"$work/feed10"
seq -f '198.18.0.%g' 1 201 >"$work/feed201"
feed() {
	sw import "$work/feed$1" --origin feed/y --replace --ttl 1h "${@:2}"
}
entries() {
	sw_json '.blocked | length' list --origin feed/y
}
check "the first list of an origin" feed 20
before=$(state)
refused 6 "less than half of it is refused" "feed9 has 9 entries, of 20 that feed/y has now: less than half" feed 9
expect 6 "and foretold" feed 9 -n
says "with what it would be" "dry run" "less than half"
is "nothing was changed" "$(state)" "$before"
check "half of it is a list" feed 10
refused 6 "more than ten times as many are refused" "more than ten times" feed 201
is "nothing was changed" "$(entries)" 10
check "--yes says that it is right" feed 201 --yes
is "it is in force" "$(entries)" 201
check "the last good copy comes back" sw rollback "$(last)"
is "as it was" "$(entries)" 10
check "without --replace nothing is compared" sw import "$work/feed9" --origin feed/y
check "of another origin" sw import "$work/feed9" --origin feed/y/z --replace
refused 2 "an empty list is none" "no address" sw import /dev/null --origin feed/y --replace
is "it replaces nothing" "$(entries)" 10

# ---- detached, and a list of many
check "detach" sw detach --all
check "a change without a program" sw block 198.51.100.200
check "is undone" sw rollback "$(last)"
awk 'BEGIN { for (i = 0; i < 20000; i++) printf "10.%d.%d.%d\n", i / 65536, i / 256 % 256, i % 256 }' >"$work/many"
was=$(state)
sw import "$work/many" --force >/dev/null
check "a list of 20,000 is undone" sw rollback "$(last)"
is "all is as it was" "$(state)" "$was"
finish
