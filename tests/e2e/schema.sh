#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# The real output of every verb with --json, and every event, against docs/schema.json. A
# verb that is not asked here fails the test.
. "$(dirname "$0")/lib.sh"

schema() { # DEFINITION: standard input is of that kind
	"$top/tests/e2e/valid_json.py" "$1"
}
asked=" "
# answers DEFINITION VERB...: what it says with --json, whatever it exits with.
answers() {
	local kind=$1

	shift
	asked+="$1 "
	case $1 in config | rules | key | notify | port | names) asked+="$1-$2 " ;; esac
	sw "$@" --json >"$work/json" 2>"$work/stderr"
	if grab schema "$kind" <"$work/json" && [ "$code" = 0 ]; then
		ok "$* --json"
	else
		not_ok "$* --json" "$out" "$(cat "$work/json" "$work/stderr")"
	fi
}

# ---- with nothing attached
answers status status
answers mode mode
answers list list
answers show show 192.0.2.1
answers help help
answers help help block
answers error status --ready
answers error stats
answers error "test" 198.51.100.1
answers error nonsense
answers error block 1.2.3.4.5
answers error metrics
answers error save
answers block block 198.51.100.9 --ttl 1h
answers block unblock 198.51.100.9
answers block allow 198.51.100.9 --trust --ttl 1h
answers show show 198.51.100.9
answers block unallow 198.51.100.9
asked=${asked/ nonsense / }

mkdir "$work/www"
lab_listen "$work/www" 80 22
printf 'drop tcp any any -> any 80 (msg:"a test"; content:"/evil"; sid:7; rev:1;)\n' >"$work/t.rules"
printf 'mode = "enforce"\nhidden = "2222"\n' >"$config"
answers setup setup net0 --dry-run
answers attach attach net0 net1
daemon_start "the daemon" --json -i net0,net1
answers reload reload
answers mode mode enforce
answers mode mode
answers status status
answers status_ready status --ready

# ---- lists
answers block block 198.51.100.1 --comment 'quotes " and ä' --ttl 1h
answers block block 198.51.100.1 -n
answers block block fd00:3:0:1::/64 --ttl permanent
answers block allow 198.51.100.2 --ttl 1h
answers block unallow 198.51.100.2
answers block unblock fd00:3:0:1::/64
sw allow 198.51.100.3 >/dev/null
printf '198.51.100.20\n198.51.100.0/8\n%s\n' "$target4" >"$work/list"
answers import import "$work/list" --format plain
answers import import "$work/list" --format plain -n
answers save save "$work/saved"
answers restore restore "$work/saved"
answers pardon pardon 198.51.100.20
answers flush flush --expired

# ---- what was seen
lab_in attacker nmap -n -Pn --max-retries 0 -p 1-40 "$target4" >/dev/null 2>&1
lab_in visitor curl -s -m "$(scaled 2)" "http://$target4/evil" >/dev/null
eventually 20 eval '[ "$(sw_json ".events | length" events)" -gt 3 ]'
answers list list
answers list list allowed
answers list list watched
answers list list confined
answers show show "$attacker4"
answers show show 198.51.100.1
answers show show 198.51.100.0/24
sw allow 198.51.100.4 --trust >/dev/null
answers show show 198.51.100.4
answers test test 198.51.100.1
answers test test "$visitor4" --dport 80
answers test test "$visitor4" --proto icmp
answers config_set port allow 22 from "$visitor4"
answers port_list port list
answers config_set allow name:partner.example.org
answers names_list names list
answers config_set unallow name:partner.example.org
answers config_set port remove 22
(sw monitor --json --count 2 & lab_in visitor ping -c $((2 * slow)) -i 0.5 -W 1 "$target4"; wait) >"$work/out" 2>/dev/null
grep '^{' "$work/out" >"$work/json"
check "monitor --json" eval '[ -s "$work/json" ] && schema monitor <"$work/json"'
asked+="monitor "
answers events events
(sw events --follow --json & echo $! >"$work/pid"; pause 1; kill "$!") >"$work/json" 2>/dev/null
check "events --follow --json" eval 'schema event <"$work/json"'
answers stats stats
answers stats stats --all
answers top top --once
answers report report
answers exposure exposure
answers abuse abuse
answers error notify test
answers report notify daily --dry-run
answers doctor doctor

# ---- configuration, rules, keys
answers config_check config check
answers config_show config show
answers config_show config show --effective
answers config_get config get detect.threshold
answers config_set config set detect.threshold 7
answers config_set config unset detect.threshold
answers rules_read rules check "$work/t.rules"
answers rules_read rules load "$work/t.rules"
answers rules_list rules list
answers rules_show rules show 7
answers rules_stats rules stats
answers rules_enable rules disable 7
answers rules_enable rules enable 7
answers key_add key add ada
answers key_list key list
answers knock knock -n "$target4" --key <(sw key add bob)
answers key_revoke key revoke ada
answers panic panic
answers panic panic --off
answers confirm confirm
answers audit audit
answers changes changes
answers rollback rollback "$(sw_json '[.changes[] | select(.undo_with == null and .undone_by == null)][-1].id' changes)"
answers version version
answers replay_event replay "$top/tests/captures/scanng__23-tcp-scan-200.pcap"
daemon_end
grep '^{' "$work/daemon.log" >"$work/json"
check "events of the daemon" eval 'schema event <"$work/json"'
answers detach detach --all

# ---- of every verb
# These serve, or write a file: none answers in JSON.
asked+="web run config-sample notify-run names-run "
for verb in $(sw __complete -- ''); do
	case $asked in *" $verb "*) ;; *) not_ok "$verb is asked" ;; esac
	case $verb in config | rules | key | notify | port | names) ;; *) continue ;; esac
	for sub in $(sw __complete -- "$verb" ''); do
		case $asked in *" $verb-$sub "*) ;; *) not_ok "$verb $sub is asked" ;; esac
	done
done
finish
