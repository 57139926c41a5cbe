#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Ten thousand rules of several kinds: the maps grow under a running daemon and nothing is
# lost. Prints the cost of attaching with them.
. "$(dirname "$0")/lib.sh"

many=10000
mkdir "$work/www"
echo hello >"$work/www/index.html"
lab_listen "$work/www" 80 || not_ok "the server listens"
printf 'mode = enforce\nrules {\nbuiltin = false\n}\n' >"$config"
# make COUNT: that many rules, a third with an expression, a third for any port.
make_rules() {
	awk -v n="$1" 'BEGIN {
		for (i = 1; i <= n; i++) {
			word = sprintf("word-%05d-of-many", i * 7919 % 100000)
			if (i % 3 == 0)
				printf "drop http any any -> any any (msg:\"rule %d of many\"; http.uri; content:\"/%s\"; pcre:\"/many[?]%d=[0-9]{2,%d}$/\"; sid:%d;)\n",
				       i, word, i % 500, 2 + i % 7, i
			else if (i % 3 == 1)
				printf "alert %s any any -> any any (msg:\"rule %d of many\"; content:\"%s\"; nocase; content:!\"no\"; sid:%d;)\n",
				       i % 2 ? "tcp" : "udp", i, word, i
			else
				printf "alert tcp any any -> any [21,25,110:120,!115,%d] (msg:\"rule %d of many\"; content:\"%s\"; offset:%d; sid:%d;)\n",
				       1024 + i % 99, i, word, i % 9, i
		}
	}' >"$work/own.rules"
}
ask() {
	lab_in attacker curl -gs -o /dev/null -m "$(scaled 5)" --interface "$source4" "http://$target4$1"
}
word() { # SID: the path that its rule drops.
	printf '/word-%05d-of-many?%d=12' $(($1 * 7919 % 100000)) $(($1 % 500))
}
has_event() {
	[ "$(sw_json "[.events[] | select(.alert.signature_id == $1)] | last | .alert.signature" events)" = "rule $1 of many" ]
}
in_force() {
	sw_json '.rules | length' rules stats --limit 0
}
# ms of CPU time that this shell's commands have taken.
cpu() {
	awk -v hz="$(getconf CLK_TCK)" '{ print int(($16 + $17) * 1000 / hz) }' "/proc/$$/stat"
}
attached() {
	sw_json '[.interfaces[].name] | join(" ")' status
}

make_rules 300
daemon_start "the daemon runs" -i net0 -i net1
expect 0 "few rules are loaded" sw rules load "$work/own.rules"
new_self
sw block 198.51.100.7 -q
check "one of them drops" not ask "$(word 9)"
check "and is told" eventually 10 has_event 9
hits=$(sw_json '.rules[] | select(.signature_id == 9) | .hits' rules stats)
before=$(attached)
make_rules "$many"
expect 0 "many are loaded over them" sw rules load "$work/own.rules"
says "all of them" "10,?000 rules are in force"
is "nothing was detached" "$(attached)" "$before"
expect 10 "who is blocked stays so" sw test 198.51.100.7
is "hits are not counted anew" "$(sw_json '.rules[] | select(.signature_id == 9) | .hits' rules stats)" "$hits"
new_self
check "a page comes" ask /
check "an expression that does not match lets it come" ask "$(word 9999 | sed 's/=12/=x/')"
check "the last rule with one drops" not ask "$(word 9999)"
check "the daemon has gone over and tells of it" eventually 20 has_event 9999
is "it says nothing of a detachment" "$(grep -c 'detached' "$work/daemon.log")" 0

# A daemon that reads its configuration again does the same.
make_rules 20000
kill -HUP "$daemon"
reloaded() {
	[ "$(sw_json '.rules | length' rules list)" = 20000 ]
}
check "more still, by a reload" eventually 60 reloaded
new_self
check "the last of those drops" not ask "$(word 19998)"
check "and is told" eventually 20 has_event 19998
unfinished=$(sw_json .unfinished rules stats)
daemon_end
sw detach --all -q

is "no packet was left unfinished" "$unfinished" 0

make_rules "$many"
printf 'mode = enforce\nrules {\nbuiltin = false\nfiles = { "%s" }\n}\n' "$work/own.rules" >"$config"
start=${EPOCHREALTIME/./}
before=$(cpu)
expect 0 "attach with many" sw attach net1 -q
took=$((${EPOCHREALTIME/./} - start))
busy=$(($(cpu) - before))
is "all are in force" "$(in_force)" "$many"
expect 0 "replay has room for them as well" sw replay "$top/tests/captures/zeek__nmap-vsn.pcap"
bytes=$(sw_json .kernel_memory_bytes status)
ok "$(awk -v n="$many" -v us="$took" -v cpu="$busy" -v b="$bytes" 'BEGIN {
	printf "figure: %d rules attached in %.1f s (%.1f s of CPU time), %.1f MiB", n, us / 1e6,
		cpu / 1e3, b / 1048576 }')"
finish
