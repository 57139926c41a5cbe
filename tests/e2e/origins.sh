#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Country and autonomous system of sources from the operator's databases: in lists,
# events, sinks and on the live screen. Without a database they are left out.
. "$(dirname "$0")/lib.sh"

database() { # NAME, of the records on standard input: in its place at once
	python3 "$top/tests/e2e/mmdb.py" "$work/$1.new" 0 6 && mv "$work/$1.new" "$work/$1.mmdb"
}
places() { # NAME: all of the lab's attackers are there
	cat <<-END
		{"198.51.100.0/24": {"country": {"iso_code": "$1", "names": {"en": "Land of $1"}}},
		 "fd00:3::/32": {"country": {"iso_code": "SE"}}}
	END
}
attack() { # N NAME: the attacker's N-th self is blocked
	lab_source "$1"
	lab_in attacker ip route replace "$target4" dev eth0 src "$source4"
	send_syns 1001 2001 3001 4001
	check "$2" eventually 10 has_event "$source4"
}
event() { # ADDRESS FILTER
	sw_json "[.events[] | select(.event_type == \"block\" and .source == \"$1/32\")][0] | $2" events
}
has_event() {
	[ "$(event "$1" .event_type)" = block ]
}

mkdir "$work/www"
lab_listen "$work/www" 80 22
cat >"$config" <<-END
	mode = "enforce"
	detect { grace = 1s }
	events { file = "$work/events.json" }
END
daemon_start "the daemon" -i net1
settled

# ---- no database
attack 1 "an attack"
first=$source4
is "no place in an event" "$(event "$first" 'has("geoip")')" false
is "nor in a list" "$(sw_json '.blocked[0] | has("geoip")' list)" false
is "nor a column of it" "$(sw list | head -1 | grep -c FROM)" 0
is "nor in top" "$(sw top --once | grep -c FROM)$(sw_json '.blocked[0] | has("geoip")' top --once)" 0false

# ---- with databases: the daemon takes them up as it reloads
places DE | database country
echo '{"198.51.100.0/25": {"autonomous_system_number": 64500,
	"autonomous_system_organization": "Example Net"}}' | database asn
printf 'geoip {\n\tcountry = "%s"\n\tasn = "%s"\n}\n' "$work/country.mmdb" "$work/asn.mmdb" >>"$config"
check "databases are configured" sw reload
attack 2 "another attack"
is "an event has the place" "$(event "$source4" \
	'.geoip | "\(.country_iso_code) \(.country_name) \(.asn) \(.as_org)"')" "DE Land of DE 64500 Example Net"
words='; from Land of DE \(DE\), AS64500 Example Net$'
grab sw events "$source4"
says "events, for people" "blocked $source4 .*$words"
in_file() {
	jq -r "select(.source == \"$source4/32\" and .event_type == \"block\") | $1" "$work/events.json"
}
is "EVE has it" "$(in_file '.geoip.country_iso_code')" DE
out=$(in_file .text)
says "in its text, too" "$words"
out=$(cat "$work/daemon.log")
says "standard output has it" "blocked $source4 .*$words"
is "what was told before stays as it was" "$(event "$first" 'has("geoip")')" false
check "it is the schema's" eval 'sw events --json | "$top/tests/e2e/valid_json.py" events'
check "so is the list" eval 'sw list --json | "$top/tests/e2e/valid_json.py" list'
check "and top" eval 'sw top --once --json | "$top/tests/e2e/valid_json.py" top'
grab sw list
says "list: a column" '^SOURCE +FROM ' "^$source4 +DE "
is "list as JSON" "$(sw_json ".blocked[] | select(.prefix == \"$source4/32\") | .geoip.asn" list)" 64500
check "blocks" sw block 203.0.113.99 2001:db8::1 "fd00:3:0:99::/64" --ttl 1h
is "not known: null" "$(sw_json '[.blocked[] | select(.prefix == "203.0.113.99/32" or
	.prefix == "2001:db8::1/128") | .geoip] | unique | tostring' list)" '[null]'
is "of IPv6" "$(sw_json '.blocked[] | select(.prefix == "fd00:3:0:99::/64") | .geoip.country_iso_code' list)" SE
grab sw list
says "and a dash" '^203.0.113.99 +- ' '^fd00:3:0:99::/64 +SE '
sw allow 198.51.100.200 -q
is "allowed" "$(sw_json '.allowed[0].geoip.country_iso_code' list allowed)" DE
is "watched" "$(sw_json '[.watched[].geoip.country_iso_code] | unique | join(" ")' list watched)" DE
grab sw top --once
says "top: a column of both tables" "^$source4 +DE +" '^SOURCE +FROM +SCORE'
is "it fits 80 columns" "$(sw list | wc -L)$(sw top --once | wc -L)" \
	"$(sw list | cut -c 1-80 | wc -L)$(sw top --once | cut -c 1-80 | wc -L)"

# ---- the live screen
export LC_ALL=C.UTF-8
tm new-session -d -x 80 -y 24 "nsenter --net=/run/netns/$lab-server -- $scanwall \
	--pin-dir $pin_dir --state-dir $state_dir -c $config top"
shows_it "the live screen has the column" '^SOURCE +FROM +STATE'
shows_it "with the country" "^$source4 +DE +blocked"
key / SE Enter
shows_it "it filters by country" '^fd00:3:0:99::/64 +SE '
check "others are not shown" eventually 10 not screen_has "^$source4 +DE"
key q

# ---- a newer one in its place
places NL | database country
check "newer databases" sw reload
attack 3 "a third attack"
is "the new one says" "$(event "$source4" .geoip.country_iso_code)" NL
# cp(1) truncates: the daemon's mapping ends before it does.
: >"$work/country.mmdb"
attack 4 "a database that is cut short under it"
is "is as none" "$(event "$source4" '.geoip | "\(.country_iso_code) \(.asn)"')" "null 64500"
check "and the daemon goes on" kill -0 "$daemon"
is "it says so once" "$(grep -c 'geoip.country: ' "$work/daemon.log")" 1
daemon_end
is "and ends well" "$code" 0

finish
