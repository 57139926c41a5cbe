#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# A source blocked on forgeable evidence gets in after a second; raw scanners learn
# nothing; a connect scan sees every port open, and is blocked for it.
. "$(dirname "$0")/lib.sh"

mkdir "$work/www"
echo page >"$work/www/index.html"
lab_listen "$work/www" 80 22 443 25 8080
cat >"$config" <<'END'
mode = "enforce"
detect { grace = 1s  block_ttl = 10m  block_ttl_proven = 3s  block_ttl_max = 10m }
END
check "the wire takes answers" take_answers
daemon_start "the daemon starts" -i net0 -i net1
settled
mac=$(ip -n "$lab-server" -j link show net1 | jq -r '.[0].address')

probes=20
forge() { # NAME: probes of an ordinary look in it, never the same
	probes=$((probes + 1))
	lab_in attacker python3 "$top/tests/e2e/forge.py" eth0 "$target4" "$mac" $probes "$1"
}
reason() { # of a SYN that would come now
	sw test "$source4" --dport 80 --json | jq -r .reason
}
count() {
	sw_json "[.reasons[] | select(.reason == \"$1\") | .passed + .dropped] | add // 0" stats
}
# A connect scan that waits long enough for a second SYN.
patient_scan() {
	scan "$1" "$2" -sT --min-rtt-timeout 3s --max-rtt-timeout 3s --initial-rtt-timeout 3s \
		--host-timeout $((40 * slow))s
}
open_of() { # PORTS that a greppable report calls open
	grep -o '[0-9]*/open/tcp' <<<"$1" | cut -d/ -f1 | sort -n | xargs
}

# ---- a customer in whose name somebody forges
lab_source 1
check "forge probes in the name of somebody who never came" forge "$source4"
is "it is blocked, and its SYN challenged" "$(reason)" challenged
is "test says that it is challenged" "$(sw test "$source4" --dport 80 --json | jq .is_challenged)" true
grab sw show "$source4"
says "and show says so" "new connections are challenged"
lab_in attacker ip route replace "$target4" dev eth0 src "$source4"
patience=20
check "and gets a page all the same" reach4
check "its first SYN was dropped" test "$(count challenged)" -ge 1
check "the second was let through" test "$(count challenge-passed)" -ge 1
check "the next page comes as to a regular" reach4
check "at another service it is challenged again, and gets in" \
	lab_in attacker timeout "$(scaled 20)" bash -c ": </dev/tcp/$target4/443"
check "a closed port lets it in and ends at once" \
	lab_in attacker timeout "$(scaled 20)" bash -c "exec 3<>/dev/tcp/$target4/4711; ! read -r -u 3 line"
is "one wrong port is no offence" "$(sw_json .offences show "$source4")" 0
check "so the customer still gets its page" reach4

# ---- raw scans
lab_source 2
forge "$source4"
out=$(scan "$source4" "$target4" -sS --host-timeout $((40 * slow))s)
is "nmap -sS learns nothing" "$(open_of "$out")" ""
lab_source 3
out=$(scan "$source4" "$target4" -sS --host-timeout $((40 * slow))s)
is "nor does one whom nobody has framed, after its third probe" "$(open_of "$out")" ""
for how in -sA -sN; do
	out=$(scan "$source4" "$target4" $how --host-timeout $((40 * slow))s)
	says "nmap $how cannot tell the ports apart" 'Ignored State: (filtered|open\|filtered) \(34\)'
done

# ---- a connect scan; the block that it proves lasts no less than the one before
check "short blocks" sw config set detect.block_ttl 20s
lab_source 4
forge "$source4"
n=$(count closed-handshake)
out=$(patient_scan "$source4" "$target4")
check "a patient connect scan runs into answers for closed ports" \
	test "$(count closed-handshake)" -gt "$n"
check "and its source is blocked as proven" eventually 5 eval \
	"sw_json '.events[] | select(.source == \"$source4/32\" and .evidence == \"closed-handshake\") | .event_type' events | grep -qx block"
logs_block() { grep -q "blocked $source4 for $1: .*handshakes at closed ports" "$work/daemon.log"; }
check "the operator is told why, and for how long" eventually 5 logs_block 3s
is "it is an offence" "$(sw_json .offences show "$source4")" 1
gone() { [ "$(sw_json "[.blocked[].prefix | select(. == \"$source4/32\")] | length" list blocked)" = 0 ]; }
check "the block ends" eventually 60 gone
forge "$source4"
patient_scan "$source4" "$target4" >/dev/null
check "the next one makes the block longer" eventually 10 logs_block 6s
check "long ones again" sw config set detect.block_ttl 10m

# ---- ports that lie for everybody
check "closed = deceive" sw config set closed deceive
lab_source 7
out=$(scan "$source4" "$target4" -sS --host-timeout $((40 * slow))s)
is "a survey sees every port open" "$(open_of "$out" | wc -w)" 34
# No page so far: a known client is not deceived.
check "a stranger's connection works" \
	lab_in attacker timeout "$(scaled 20)" bash -c ": </dev/tcp/$target4/25"
scan "$source4" "$target4" -sT >/dev/null
check "who believes it is blocked as proven" eventually 5 eval \
	"sw_json '.events[] | select(.source == \"$source4/32\" and .evidence == \"closed-handshake\") | .event_type' events | grep -qx block"
check "closed = drop" sw config set closed drop

# ---- a spray
check "few automatic blocks" sw config set guard.auto_per_minute 10
lab_in attacker python3 "$top/tests/e2e/forge.py" eth0 "$target4" "$mac" 300 random
is "a spray has all strangers challenged" "$(sw_json ".spray != null" status)" true
grab sw status
says "status says for how long and why" '^spray +all strangers challenged for .*: guard.auto_per_minute'
since=$(sw_json .spray.since status)
is "in JSON" "$(sw_json .spray.why status)" "guard.auto_per_minute was reached"
grab sw metrics
says "and so do metrics" '^scanwall_spray_running 1' \
	"^scanwall_spray_start_timestamp_seconds.why=\"guard.auto_per_minute was reached\". $(date -d "$since" +%s)\$"
lab_source 8
lab_in attacker ip route replace "$target4" dev eth0 src "$source4"
patience=20
check "a stranger gets a page meanwhile" reach4
is "the record has it" "$(sw_json '[.events[] | select(.event_type == "spray")] | length' events)" 1
is "and why" "$(sw_json '.events[] | select(.event_type == "spray").spray_why' events)" \
	"guard.auto_per_minute was reached"
unchallenged() { [ "$(sw_json .spray status)" = null ]; }
check "ten quiet seconds end it" eventually 60 unchallenged
check "metrics say no time any more" not eval \
	"sw metrics | grep -q '^scanwall_spray_start_timestamp_seconds'"
check "as many as ever" sw config unset guard.auto_per_minute

# ---- without answers: two services, no closed port
lab_source 5
lab_in attacker ip link set eth0 xdpdrv off
sw detach net1 >/dev/null
check "attached anew, where no answer would arrive" sw attach net1
settled
forge "$source4"
out=$(patient_scan "$source4" "$target4")
check "a patient connect scan learns of two services at most" \
	test "$(open_of "$out" | wc -w)" -le 2

# ---- blocked = drop
check "blocked = drop" sw config set blocked drop
lab_source 6
forge "$source4"
patience=3
check "cuts off whoever somebody frames" not reach4

daemon_end
finish
