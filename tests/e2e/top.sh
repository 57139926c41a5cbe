#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# The live screen in a real terminal: drawn, sorted, filtered, resized, used, and left
# clean.
. "$(dirname "$0")/lib.sh"

mkdir "$work/www"
lab_listen "$work/www" 80 22
lab_source 9
check "attach" sw attach net1 --mode enforce
daemon_start "the daemon" -i net1
check "a block" sw block "$source4" --ttl 1h --comment "asked for it"
check "another" sw block 203.0.113.200 --ttl 2h --comment quiet
lab_in attacker hping3 -q -c 1 -a 198.51.100.40 -S -p 700 -I eth0 "$target4" >/dev/null 2>&1
lab_in attacker hping3 -q -i u2000 -c 6 -a 198.51.100.41 -S -p ++600 -I eth0 "$target4" >/dev/null 2>&1
lab_in attacker hping3 -q -I eth0 -a "$source4" -S -p 80 -i u2000 "$target4" >/dev/null 2>&1 &

export LC_ALL=C.UTF-8
tm new-session -d -x 80 -y 24 "bash --norc"
key "PS1='prompt> '; clear" Enter
shows_it "a shell" "^prompt>"
before=$(nsenter --net="/run/netns/$lab-server" true; stty -a <"$(tm display -p '#{pane_tty}')" | tr '\n' ' ')
key "nsenter --net=/run/netns/$lab-server -- $scanwall --pin-dir $pin_dir --state-dir $state_dir -c $config top" Enter
shows_it "the headline" "^scanwall .*ENFORCE"
shows_it "packets a second, with their history" "^drop +[1-9][0-9.,k]*/s.*[▁▂▃▄▅▆▇█]"
shows_it "a blocked source with its drops" "^198.51.100.9 +blocked +[0-9hms]+ +[0-9]+ "
shows_it "a watched one with its score" "^198.51.100.40 +watch"
shows_it "the newest events" "198.51.100.41 "
check "it fits 80 x 24" test "$(screen | wc -L)" -le 80
[ -z "${SHOTS:-}" ] || screen >"$SHOTS/top.txt"
key s s
shows_it "sorted by another column" "by SCORE"
key / "203.0.113" Enter
shows_it "filtered" "^203.0.113.200"
check "others are not shown" eventually 10 eval '! screen | grep -q "^198.51.100.9 "'
key u
shows_it "unblock asks, and shows the command" "scanwall unblock 203.0.113.200 --all-origins"
key n
key u
shows_it "and again" "scanwall unblock"
key y
check "unblocked" eventually 10 eval '[ "$(sw_json "[.blocked[] | select(.prefix == \"203.0.113.200/32\")] | length" list)" = 0 ]'
key / Enter
shows_it "no filter again" "^198.51.100.9 "
key Enter
shows_it "looking into a source" "Enter goes back"
key Enter
shows_it "back" "^scanwall .*ENFORCE"
ip -n "$lab-server" link add eth9 type veth peer name far9
check "attach another" sw attach eth9
ip -n "$lab-server" link del eth9
shows_it "an interface that is gone" "^GONE +attached and not here any more: eth9$"
sw detach eth9 -q
check "until it is detached" eventually 10 eval '! screen_has "^GONE"'
tm resize-window -x 120 -y 40
shows_it "larger" "q quit"
check "it uses the room" eventually 5 eval '[ "$(screen | wc -l)" -ge 39 ] && screen | sed -n 40p | grep -q quit'
tm resize-window -x 60 -y 20
shows_it "too small, it says so" "too small"
tm resize-window -x 80 -y 24
shows_it "and comes back" "^scanwall .*ENFORCE"
pid=$(pgrep -f "$pin_dir .*top\$" | tail -n 1)
a=$(awk '{ print $14 + $15 }' "/proc/$pid/stat")
sleep 5
b=$(awk '{ print $14 + $15 }' "/proc/$pid/stat")
echo "# top: $(((b - a) * 2 / 10)).$(((b - a) * 2 % 10)) % of a core"
key q
shows_it "it leaves" "^prompt>"
is "the terminal is as it was" "$(stty -a <"$(tm display -p '#{pane_tty}')" | tr '\n' ' ')" "$before"
daemon_end

finish
