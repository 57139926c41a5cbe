#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# allow name:... is resolved by an unprivileged process, follows changes, and keeps the
# last good answer if there is none. allow bot:... needs forward-confirmed reverse DNS.
. "$(dirname "$0")/lib.sh"

mkdir "$work/www"
lab_listen "$work/www" 80 22
chmod 0755 "$work"
lab_in server ip link set lo up
zone() { # LINE...
	printf '%s\n' "$@" >"$work/zone.new"
	mv "$work/zone.new" "$work/zone"
}
zone "other.example.org 198.51.100.77"
server=
server_start() {
	lab_in server python3 "$top/tests/e2e/nameserver.py" 127.0.0.1 53 "$work/zone" \
		</dev/null >/dev/null 2>&1 &
	server=$!
}
server_start
printf 'nameserver 127.0.0.1\noptions timeout:1 attempts:1\n' >"$work/resolv.conf"
printf 'hosts: dns\n' >"$work/nsswitch.conf"
# The resolver, with a resolv.conf of its own.
resolver=
resolver_start() {
	# shellcheck disable=SC2016
	( exec nsenter --net="/run/netns/$lab-server" -- unshare -m -- bash -c '
		mount --bind "$1/resolv.conf" /etc/resolv.conf &&
		mount --bind "$1/nsswitch.conf" /etc/nsswitch.conf && shift && exec "$@"' \
		- "$work" "$scanwall" --pin-dir "$pin_dir" --state-dir "$state_dir" -c "$config" \
		names run </dev/null >"$work/resolver.log" 2>&1 ) &
	resolver=$!
}
end() { # PID
	kill "$1" 2>/dev/null
	wait "$1" 2>/dev/null
}
addresses() { # NAME
	sw_json "[.names[] | select(.name == \"$1\") | .addresses[]] | join(\" \")" names list
}
has_addresses() { # NAME ADDRESSES
	[ "$(addresses "$1")" = "$2" ]
}
lookup_fails() { # NAME REGEX
	sw_json ".names[] | select(.name == \"$1\") | .why_not" names list | grep -qE -- "$2"
}

cat >"$config" <<-END
	mode = "enforce"
	detect { grace = 1s }
	allow_names_every = "1s"
END
daemon_start "the daemon" -i net1
settled
lab_source 9
name=partner.example.org
zone "$name $source4 fd00:3:0:50::9"
expect 0 "allow name:" sw allow name:Partner.example.ORG
says "says how many" '^1 name allowed'
is "in the configuration" "$(sw config get allow_names)" "$name"
check "nobody looks up: the log says so" eventually 10 \
	grep -q 'looking up allowed names.*: the resolver is not running' "$work/daemon.log"
resolver_start
check "it is looked up" eventually 20 has_addresses "$name" "$source4 fd00:3:0:50::9"
is "without rights" "$(awk '/^Uid/ { print $2 != 0 && $3 != 0 && $4 != 0 } /^Cap(Prm|Eff)/ { print $2 }' \
	"/proc/$resolver/status" | xargs)" "1 0000000000000000 0000000000000000"
check "it is allowed" eventually 5 sw show "$source4"
is "by its name" "$(sw_json ".allowed[] | select(.prefix == \"$source4/32\") | .set_by + \" \" + .comment" \
	list allowed)" "name name:$name"
sw block "$source4" --force -q
check "over every block" reach4
is "list allowed" "$(sw list allowed | grep -cE "^$source4 .*name .*name:$name")" 1

# ---- another address
lab_source 10
zone "$name $source4"
check "a change is followed" eventually 20 has_addresses "$name" "$source4"
check "and told" grep -q "allow name:$name has 1 address" "$work/daemon.log"
lab_source 9
check "who had the name before is blocked" eventually 5 cut4
lab_source 10

# ---- no answer that can be taken
kept() { # WHAT TROUBLE
	check "$1: told" eventually 20 lookup_fails "$name" "$2"
	is "$1: the last good answer stays" "$(addresses "$name")" "$source4"
	sw test "$source4" --dport 9 >"$work/test" 2>&1
	is "$1: and is allowed" "$(sw_json '[.allowed[] | select(.set_by == "name")] | length' list allowed)" 1
}
zone "other.example.org 198.51.100.77"
kept "NXDOMAIN" 'not known|No address'
zone "$name -"
kept "no address" 'No address|not known'
zone "$name 127.0.0.1 198.51.100.78"
kept "a loopback address" '127.0.0.1, which is this host'
zone "$name ::1"
kept "a loopback address, IPv6" '::1, which is this host'
zone "$name 224.0.0.1"
kept "a group" '224.0.0.1, which is no single'
zone silent
kept "a silent server" 'Temporary failure|no answer'
end "$server"
kept "no server" 'Temporary failure|no answer'
check "with its age" \
	grep -qE "allow name:$name: .*; its addresses of [0-9a-z]+ ago stay allowed" "$work/daemon.log"

# ---- crawlers: by the name of the address, and the address of the name
server_start
scan_as() { # N
	lab_source "$1"
	lab_in attacker ip route replace "$target4" dev eth0 src "$source4"
	send_syns 1001 2001 3001 4001
}
allowed_as() { # ADDRESS
	sw_json ".allowed[] | select(.prefix == \"$1/32\") | .comment" list allowed
}
is_blocked() { # ADDRESS
	[ "$(sw_json '.blocked | length' list blocked --in "$1/32")" = 1 ]
}
crawler=crawl-198-51-100-20.googlebot.com
zone "PTR 198.51.100.20 $crawler" "$crawler 198.51.100.99 198.51.100.20" \
	"PTR 198.51.100.21 crawl-1.googlebot.com" "crawl-1.googlebot.com 198.51.100.20" \
	"PTR 198.51.100.22 googlebot.com.evil.example" "googlebot.com.evil.example 198.51.100.22" \
	"PTR 198.51.100.23 spider.yandex.com" "spider.yandex.com 198.51.100.23"
for n in 21 22 23 24 20; do
	scan_as $n
	check "blocked: $source4" eventually 10 is_blocked "$source4"
done
# Who finds a crawler among the blocked allows it then.
check "allow bot:" sw allow bot:googlebot bot:bingbot
is "in the configuration" "$(sw config get allow_bots)" googlebot,bingbot
refused 2 "no such bot" 'invalid name "bot:evilbot" \(expected bot:googlebot' sw allow bot:evilbot
is_googlebot() {
	[ "$(allowed_as 198.51.100.20)" = "bot:googlebot $crawler" ]
}
check "a crawler is allowed" eventually 20 is_googlebot
check "the log says so" grep -q "198.51.100.20 is googlebot ($crawler) and is allowed for a day" \
	"$work/daemon.log"
lab_source 20
check "and reaches the page" reach4
asked() {
	[ "$(grep -c . "$state_dir/names/confirmed")" -ge 5 ]
}
check "the others were asked about" eventually 20 asked
pause 1.5
is "a forged name" "$(allowed_as 198.51.100.21)" ""
is "a name that only begins so" "$(allowed_as 198.51.100.22)" ""
is "another's crawler" "$(allowed_as 198.51.100.23)" ""
is "no name" "$(allowed_as 198.51.100.24)" ""
is_yandexbot() {
	[ "$(allowed_as 198.51.100.23)" = "bot:yandexbot spider.yandex.com" ]
}
check "allow bot:, of a name that is known already" sw allow bot:yandexbot
check "that one is allowed, too" eventually 10 is_yandexbot
check "unallow bot:" sw unallow bot:bingbot bot:googlebot bot:yandexbot
check "the crawlers again" sw unallow 198.51.100.20 198.51.100.23

# ---- over IPv6, where a /64 is blocked: the confirmed address alone is allowed
scan6_as() { # N [ADDRESS]: from its /64
	lab_source "$1"
	source6=${2:-$source6}
	lab_in attacker ip addr replace "$source6/128" dev eth0 nodad
	lab_in attacker ip -6 route replace "$target6" dev eth0 src "$source6"
	lab_in attacker nmap -6 -sS -S "$source6" -e eth0 -n -Pn -p 1001,2001,3001,4001 \
		--max-retries 0 --host-timeout $((20 * slow))s "$target6" >/dev/null 2>&1
}
blocked6() { # N
	[ "$(sw_json '.blocked | length' list blocked --in "fd00:3:0:$1::/64")" = 1 ]
}
allowed6() { # N
	sw_json '[.allowed[] | .prefix + " " + .comment] | join(";")' list allowed --in "fd00:3:0:$1::/64"
}
crawler6=crawl-6.googlebot.com
zone "PTR fd00:3:0:30::66 $crawler6" "$crawler6 198.51.100.30 fd00:3:0:30::66" \
	"PTR fd00:3:0:31::66 crawl-7.googlebot.com" "crawl-7.googlebot.com fd00:3:0:31::67"
for n in 30 31; do
	scan6_as $n
	check "blocked: fd00:3:0:$n::/64" eventually 10 blocked6 $n
done
check "allow bot:, over IPv6" sw allow bot:googlebot
is_crawler6() {
	[ "$(allowed6 30)" = "fd00:3:0:30::66/128 bot:googlebot $crawler6" ]
}
check "the confirmed address is allowed, not its /64" eventually 20 is_crawler6
check "the block of its /64 has ended" eventually 10 not blocked6 30
scan6_as 30 fd00:3:0:30::77
check "who attacks from there is blocked again" eventually 10 blocked6 30
source6=fd00:3:0:30::66
check "but for the crawler, which reaches the page" reach6
source6=fd00:3:0:30::77
check "and the attacker does not" cut6
asked6() { # ADDRESS
	grep -q "^$1	" "$state_dir/names/confirmed"
}
check "a forged name, asked about" eventually 20 asked6 fd00:3:0:31::66
pause 1.5
is "is not allowed" "$(allowed6 31)" ""
check "and stays blocked" blocked6 31
check "unallow bot: once more" sw unallow bot:googlebot
check "and its crawler" sw unallow fd00:3:0:30::66
end "$server"
end "$resolver"
source4=198.51.100.10
daemon_end
daemon_start "the daemon again" -i net1
is "kept over a restart" "$(addresses "$name")" "$source4"
is "and allowed" "$(sw_json '[.allowed[] | select(.set_by == "name")] | length' list allowed)" 1

# ---- what somebody writes who has the resolver's rights
printf '%s\t1\t-\t0.0.0.0\n%s\t1\t-\t198.51.100.79/8\nelse.example.org\t1\t-\t198.51.100.80\n' \
	"$name" "$name" >"$state_dir/names/answers"
check "nonsense is not taken" eventually 10 lookup_fails "$name" '0.0.0.0, which is'
is "nor other names" "$(sw_json '[.allowed[].prefix] | join(" ")' list allowed)" "$source4/32"

# ---- taken back
refused 2 "no name" 'invalid name "name:-x"' sw allow name:-x
refused 2 "an address is none" 'invalid name' sw allow name:198.51.100.9
refused 2 "names and addresses" 'one command' sw allow "name:$name" 198.51.100.9
refused 2 "no options" 'takes no options' sw allow "name:$name" --ttl 1h
expect 0 "dry run" sw -n unallow "name:$name"
is "changes nothing" "$(sw config get allow_names)" "$name"
check "unallow name:" sw unallow "name:$name"
nobody() {
	[ "$(sw_json '.allowed | length' list allowed)" = 0 ]
}
check "nobody is allowed any more" eventually 5 nobody
is "in the maps, too" "$(sw test "$source4" --dport 80 --json | jq -r '.allowed_by // "none"')" none
finish
