#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Probes forged in the name of a customer and of a hundred thousand others: the customer's
# transfer continues, the list does not fill up, a real scan is seen.
. "$(dirname "$0")/lib.sh"

mkdir "$work/www"
head -c 8388608 /dev/urandom >"$work/www/large"
echo page >"$work/www/index.html"
lab_listen "$work/www" 80 22 443
cat >"$config" <<END
mode = "enforce"
detect { grace = 1s  block_ttl = $((2 * slow))s  block_ttl_max = $((2 * slow))s }
guard { auto_max = 500  auto_per_minute = 60000 }
END
daemon_start "the daemon starts" -i net0 -i net1
settled
# The customer lives behind the same wire as whoever forges its name.
lab_source 200
customer=$source4
lab_in attacker ip route replace "$target4" dev eth0 src "$customer"
blocked_now() {
	sw_json '.blocked | length' list blocked
}
memory() {
	sw_json .kernel_memory_bytes status
}
at_most() {
	[ "$1" -le "$2" ] || { echo "$1, at most $2 allowed"; return 1; }
}
# forge COUNT: SYNs of an ordinary look from random sources to random ports.
forge() {
	lab_in attacker python3 "$top/tests/e2e/forge.py" eth0 "$target4" "$mac" "$@"
}
mac=$(ip -n "$lab-server" -j link show net1 | jq -r '.[0].address')

# ---- in names that nobody can have
for name in "$target4" "$site4" 127.0.0.1 224.0.0.1 255.255.255.255 0.0.0.0; do
	forge 30 "$name"
done
is "our own address from outside, or one that cannot be, is no source" \
	"$(sw_json '[(.blocked, .confined, .watched // [])[]] | length' list)" 0
is "nothing is told of it" "$(sw_json '.events | length' events)" 0
check "it was dropped" test "$(sw_json '[.reasons[] | select(.reason == "martian").dropped] | add' stats)" -ge 180
forge 30 "${target4%.*}.255"
is "nor is our link's broadcast address blocked" "$(blocked_now)" 0
is "which is listed, but for that of loopback" \
	"$(sw_json '[.guarded[].why | select(startswith("broadcast"))] | sort | join(", ")' status)" \
	"broadcast address of net0, broadcast address of net1"

# ---- a customer with an open transfer
# A download that lasts until it is told to come to its end.
lab_in attacker python3 -c "
import os, sys, time, urllib.request
page = urllib.request.urlopen('http://$target4/large')
got = len(page.read(65536))
open('$work/got', 'w').write('begun')
while not os.path.exists('$work/enough'):
    got += len(page.read(4096))
    time.sleep(0.05)
print(page.status, got + len(page.read()))" >"$work/transfer" 2>&1 &
transfer=$!
check "the transfer has begun" eventually 5 test -s "$work/got"
memory_before=$(memory)
check "forge 3,000 probes in the customer's name" forge 3000 "$customer"
check "the transfer goes on" kill -0 $transfer
is "the customer is not blocked" "$(sw_json "[.blocked[].prefix | select(startswith(\"$customer\"))] | length" list blocked)" 0
check "the customer opens another connection at once" fetch attacker "$customer" "http://$target4/"
is "the customer is told of as confined" \
	"$(sw_json "[.events[] | select(.source == \"$customer/32\") | .event_type] | unique | join(\" \")" events)" confined

is "list has it, with what it reaches" \
	"$(sw_json "[.confined[] | select(.prefix == \"$customer/32\") | .state, (.reaches | join(\" \"))] | join(\": \")" list)" \
	"confined: tcp/80"
grab sw list
says "in words, and why" "^CONFINED" "$customer .*tcp/80 +.*tried" "Beyond that: other served ports"
grab sw list confined --in "$customer"
says "list confined" "$customer .*tcp/80"
is "list watched names its state" \
	"$(sw_json ".watched[] | select(.prefix == \"$customer/32\").state" list watched)" confined
grab sw show "$customer"
says "show does, too" "is confined" "reaches +tcp/80; beyond that"
grab sw test "$customer" --dport 22
says "and test" "confined: it tried .*; it reaches tcp/80; beyond that"
is "in JSON" "$(sw_json '[.is_confined, .reaches[]] | join(" ")' test "$customer" --dport 80)" "true tcp/80"
is "nobody else is confined" "$(sw_json '.confined | length' list)" 1

# ---- one without a connection: new ones are blocked, for the documented time
lab_source 201
stranger=$source4
check "forge 100 probes in the name of somebody who never came" forge 100 "$stranger"
check "it is cut off" cut4
check "it gets in when block_ttl is over" eventually 4 reach4

# ---- a hundred thousand others, and one who is real
names=$((100000 / slow))
check "forge three probes in each of $names names" forge $((names * 3)) random
# Asked once and at once: it ends after ten quiet seconds.
sw status --json >"$work/status"
is "all strangers are challenged since" "$(jq ".spray != null" "$work/status")" true
check "what was not blocked for that was counted" \
	test "$(jq .capped_blocks "$work/status")" -ge 1
check "the list did not fill: at most auto_max" at_most "$(blocked_now)" 500
is "memory did not grow" "$(memory)" "$memory_before"
forge $((names * 6)) random &
forger=$!
lab_source 202
count_start
scan "$source4" "$target4" -sT >"$work/nmap"
# No answer of the program's arrives on this wire (challenge.sh has one).
check "a real nmap -sT among them learns of two services at most" \
	at_most "$(grep -o '[0-9]*/open/tcp' "$work/nmap" | wc -l)" 2
check "a visitor gets pages meanwhile" fetch visitor "$visitor4" "http://$site4/"
wait $forger
check "the visitor gets pages after it" fetch visitor "$visitor4" "http://$site4/"
check "the transfer goes on still" kill -0 $transfer
touch "$work/enough"
wait $transfer
is "the transfer came through whole" "$(cat "$work/transfer")" "200 8388608"
check "and the customer is served" fetch attacker "$customer" "http://$target4/"

daemon_end
finish
