#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# detect_only: a kind of evidence or a service stays in detect mode while the rest
# enforces; it is changed live, and reported wherever it matters.
. "$(dirname "$0")/lib.sh"

mkdir "$work/www"
lab_listen "$work/www" 80 22
cat >"$config" <<-END
	mode = "enforce"
	detect { grace = 1s }
	detect_only {
		kinds = {"closed-port", "trap-port"}
	}
END
daemon_start "the daemon" -i net1
settled

as() { # N
	lab_source "$1"
	lab_in attacker ip route replace "$target4" dev eth0 src "$source4"
}
events_of() {
	sw_json "[.events[] | select(.source == \"$1\") | .event_type] | join(\" \")" events
}
seen() {
	[ -n "$(events_of "$1")" ]
}

as 9
send_syns 1001 1002 1003 1004
check "an event says what would have been" eventually 10 seen "$source4/32"
is "of that source" "$(events_of "$source4/32")" would-block
is "and that it was not" \
	"$(sw_json "[.events[] | select(.source == \"$source4/32\") | .only_detected] | all" events)" true
grab sw events
says "in words" "would block $source4 but for detect_only: tried 3 closed ports"
check "it reaches the page" reach4
is "nobody is blocked" "$(sw_json .blocked_count status)" 0
expect 0 "test: it would pass" sw test "$source4" --dport 1005
says "says why" 'why: would be dropped, but for detect_only' 'detect_only: closed-port, trap-port'
grab sw status
says "status says so" 'detect only +closed-port, trap-port; [0-9]+ packets let through'
is "and JSON" "$(sw_json '.detect_only | (.kinds | join(" ")), (.passed > 3)' status | xargs)" \
	"closed-port trap-port true"

# ---- live
check "another kind, a service" sw config set detect_only.kinds sweep
check "live" sw config set detect_only.services tcp/1001,udp/53
grab sw status
says "in status at once" 'detect only +sweep, tcp/1001, udp/53;'
as 10
send_syns 1001 2001 3001
is "the service does not count" "$(events_of "$source4/32")" ""
send_syns 4001
check "what others do does" eventually 10 seen "$source4/32"
is "as a block" "$(events_of "$source4/32")" block
check "of all services" cut4
refused 2 "no kind" 'detect_only.kinds.*"scan"' sw config set detect_only.kinds scan
refused 2 "what is held against nobody" '"open-port"' sw config set detect_only.kinds open-port
refused 2 "no service" '"443"' sw config set detect_only.services 443
is "a refused value changes nothing" "$(sw config get detect_only.kinds)" sweep

# ---- what enforce would drop
check "detect mode" sw mode detect
check "closed ports are only told of" sw config set detect_only.kinds closed-port
as 11
send_syns 1001 1002 1003 1004
check "an event" eventually 10 seen "$source4/32"
expect 0 "mode enforce, dry" sw -n mode enforce
is "is no source that enforce would have blocked" "$(grep -cF "$source4" <<<"$out")" 0
says "but told of" 'Only reported \(detect_only\): closed-port, tcp/1001, udp/53; [0-9]+ events? in 24 h'
finish
