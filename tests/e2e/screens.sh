#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# The output on a terminal of 80 columns, with blocks of every kind.
. "$(dirname "$0")/lib.sh"

# on_screen ARG...: what scanwall writes on such a terminal, without colours.
on_screen() {
	NO_COLOR=1 script -qec "stty cols 80 rows 24; $(declare -f sw lab_in); lab=$lab \
scanwall=$scanwall pin_dir=$pin_dir state_dir=$state_dir config=$config; sw $(printf '%q ' "$@")" \
		/dev/null </dev/null | tr -d '\r'
}
fits() {
	local screen widest

	screen=$(on_screen "$@")
	[ "$(wc -l <<<"$screen")" -gt 1 ] || { echo "hardly anything: $screen"; return 1; }
	widest=$(wc -L <<<"$screen")
	[ "$widest" -le 80 ] || { printf '%d columns:\n%s\n' "$widest" "$screen"; return 1; }
}
trailing() {
	on_screen "$@" | grep -nE ' $'
}

mkdir "$work/www"
lab_listen "$work/www" 80 22
echo 'mode = "enforce"' >"$config"
daemon_start "the daemon starts" -i net0 -i net1
lab_source 1
scan "$source4" "$target4" -sS >/dev/null
scan "$source6" "$target6" -sX >/dev/null
long6=2001:db8:1234:5678:9abc:def0:1234:5678
text="a ticket of the hosting provider, with all that it has to say about this case"
sw block $long6 198.51.100.200 --comment "$text" >/dev/null
sw block $long6 198.51.100.200 --origin fail2ban/a-jail-with-a-rather-long-name --ttl 2h >/dev/null
sw block 2001:db8:ffff::/48 198.51.96.0/22 --ttl permanent --origin feed/x >/dev/null
sw allow 2001:db8:aaaa:bbbb:cccc:dddd:eeee:1111 192.0.2.128/25 --comment "$text" >/dev/null
sw block "$target4" >/dev/null 2>&1
ip -n "$lab-server" route add default via "$attacker4"
sw port allow 9999 from 192.0.2.0/24 -q
eventually 3 eval "sw events | grep -q fd00:3:0:1::/64"

for screen in status list "list blocked" "list allowed" "list watched" "show 198.51.100.1" \
	"show fd00:3:0:1::66" "show $long6" "show 192.0.2.200" "show 203.0.113.66" stats "stats --all" \
	events audit "test 198.51.100.1" "test $long6 --dport 443" "test $target6" version \
	"config show" "config show --effective" help "top --once" "rules list" "rules show 9000001" \
	"rules stats --all" exposure doctor report changes "port list" "setup --dry-run"; do
	# shellcheck disable=SC2086 # words
	check "$screen fits 80 columns" fits $screen
done
for verb in $(sw help | sed -n 's/^  \([a-z]*\) .*/\1/p'); do
	check "help $verb fits 80 columns" fits help "$verb"
	check "help $verb has no blank at the end of a line" not trailing help "$verb"
done
check "mode on trial fits 80 columns" fits mode enforce --for 10m --yes
check "status on trial fits 80 columns" fits status
sw panic >/dev/null
check "status in panic fits 80 columns" fits status
sw panic --off >/dev/null

# A full IPv6 address stays in its row where there is room for it.
sw flush --origin operator >/dev/null
sw block 2001:db8:aaaa:bbbb:cccc:dddd:eeee:2222 --origin x --ttl 1h >/dev/null
grab on_screen list --origin x
says "a full IPv6 address in its row" "^2001:db8:aaaa:bbbb:cccc:dddd:eeee:2222 +.* x$"
sw mode detect >/dev/null
grab sw show 2001:db8:aaaa:bbbb:cccc:dddd:eeee:2222
says "in detect mode it would be blocked" "would be blocked" "none of its packets is dropped"
grab sw top --once
says "and top counts hits, not drops" "^SOURCE +HITS +EXPIRES"
sw mode enforce --yes >/dev/null

# Read by a machine, an event is a line, however long.
is "a line an event" "$(sw events | grep -vcE '^20[0-9-]{8} [0-9:]{8}  ')" 0

# ---- events, filtered
count() { sw_json ".events | length" events "$@"; }
all=$(count)
check "there are some" test "$all" -gt 0
is "--since and --until take ISO times" "$(count --since 2020-01-01T00:00Z --until 2099-01-01T00:00+01:00)" "$all"
is "--until leaves out what came later" "$(count --until 2020-01-01)" 0
is "--since leaves out what came before" "$(count --since 2099-01-01T12:00)" 0
is "--type" "$(sw_json '[.events[].event_type] | unique | join(" ")' events --type block)" block
is "--origin: what the program blocks" "$(count --type block --origin kernel)" "$(count --type block)"
is "--origin of others" "$(count --origin feed/x)" 0
refused 2 "no type" "did you mean block" sw events --type blok
refused 2 "no time" "2026-11-27T12:00" sw events --until 2026-02-30
refused 2 "no time between" "is before --since" sw events --since 1h --until 2h

finish
