#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# The live screen on terminals of every size and kind, with two hundred sources during a
# flood; however it ends, the terminal is restored.
. "$(dirname "$0")/lib.sh"

cat >"$work/top" <<-END
	#!/bin/sh
	exec nsenter --net=/run/netns/$lab-server -- $scanwall --pin-dir $pin_dir \
		--state-dir $state_dir -c $config top "\$@"
END
chmod +x "$work/top"

mkdir "$work/www"
lab_listen "$work/www" 80 22
check "attach" sw attach net1 --mode enforce
for n in $(seq 200); do echo "198.18.7.$n"; done | sw import - --ttl 1h --origin feed/x -q
lab_in attacker timeout 300 hping3 -q -I eth0 -a 198.18.7.77 -S -p 80 -i u1000 "$target4" >/dev/null 2>&1 &

export LC_ALL=C.UTF-8
tm new-session -d -x 80 -y 24 "bash --norc"
key "PS1='prompt> '; clear" Enter
shows_it "a shell" "^prompt>"
settings() {
	stty -a <"$(tm display -p '#{pane_tty}')" | tr '\n' ' '
}
before=$(settings)
cursor() {
	tm display -p '#{cursor_flag} #{alternate_on}'
}
starts() { # NAME [ENVIRONMENT]
	key "clear; ${2:+env $2 }$work/top" Enter
	shows_it "$1" "^scanwall .*ENFORCE"
}
ends() { # NAME
	shows_it "$1: the shell is back" "^prompt>"
	is "$1: the terminal is as it was" "$(settings)" "$before"
	is "$1: its cursor is seen, and its own screen" "$(cursor)" "1 0"
}

# ---- many sources, at every size
starts "80 x 24"
shows_it "that no daemon runs" "NO DAEMON +200 blocked"
shows_it "who floods comes first" "^198.18.7.77 +blocked +[0-9hms]+ +[0-9.,k]+ "
shows_it "how far down the list one is" "^NEWEST EVENTS +sources 1 to 1[0-9] of 200$"
shows_it "all of the keys" "q quit$"
key End
shows_it "the end of the list" "sources 1[0-9]+ to 200 of 200$"
key Home
shows_it "and its begin" "sources 1 to "
key NPage
shows_it "a page further" "sources [2-9][0-9]* to "
tm resize-window -x 120 -y 40
shows_it "120 x 40" "sources [0-9]+ to [0-9]+ of 200$"
check "it uses the room" eventually 5 eval 'screen | sed -n 40p | grep -q "q quit"'
tm resize-window -x 40 -y 10
shows_it "40 x 10: what is missing" "^40 x 10 is too small: 80 x 24$"
tm resize-window -x 20 -y 3
shows_it "20 x 3" "too small"
tm resize-window -x 80 -y 24
shows_it "and back" "^scanwall .*ENFORCE"
key f
shows_it "frozen" "FROZEN"
key / "no such" Enter
shows_it "nothing found" 'no source contains "no such"'
key q
ends "q"

# ---- signals, also while it asks or shows
top_pid() {
	pgrep -f -- "^$scanwall --pin-dir $pin_dir .* top\$" | tail -n 1
}
for signal in TERM HUP INT QUIT; do
	starts "before SIG$signal"
	kill -s $signal "$(top_pid)"
	ends "SIG$signal"
done
starts "before Ctrl-C"
key C-c
ends "Ctrl-C"
starts "before a question"
key b
shows_it "it asks" "scanwall block .* --ttl 1h"
key C-c
ends "Ctrl-C at a question"
is "blocks nobody" "$(sw_json '[.blocked[] | select([.claims[].origin] | index("operator"))] | length' list --limit 0)" 0
starts "before a look at one"
key Enter
shows_it "it shows one" "Enter goes back"
key C-c
ends "Ctrl-C at one source"
starts "before Ctrl-Z"
key C-z
shows_it "Ctrl-Z: stopped" "Stopped"
is "the cursor is seen meanwhile, on its own screen" "$(cursor)" "1 0"
key "fg" Enter
shows_it "fg: it is there again" "^scanwall .*ENFORCE"
key q
ends "q after fg"

# ---- kinds of terminals
starts "vt100, without colours" TERM=vt100
key q
ends "vt100"
starts "a locale without UTF-8" LC_ALL=C
shows_it "its graph is of ASCII" '^drop +[0-9.,k]+/s .*[-.:=+*%#]+ '
is "and so is all of it" "$(screen | LC_ALL=C grep -c '[^ -~]')" 0
key q
ends "without UTF-8"
for kind in dumb nonsense ''; do
	key "clear; env TERM=$kind $work/top; echo \"exit \$?\"" Enter
	shows_it "TERM=$kind: a list, and why" "^exit 0"
	screen >"$work/screen"
	check "TERM=$kind: says it, and shows a list" eval 'tm capture-pane -p -S -200 | tr -d "\n" | grep -q "TERM=$kind) cannot move its cursor"'
done

# ---- a terminal that goes away, without a signal
check "it ends with its terminal" python3 - "$work/top" "$(scaled 60)" <<-'END'
	import os, pty, subprocess, sys
	ours, theirs = pty.openpty()
	top = subprocess.Popen([sys.argv[1]], stdin=theirs, stdout=theirs, stderr=theirs,
	                       start_new_session=True, env=dict(os.environ, TERM="xterm", LINES="24", COLUMNS="80"))
	os.close(theirs)
	screen = b""
	while b"ENFORCE" not in screen:
	    screen += os.read(ours, 4096)
	os.close(ours)
	try:
	    top.wait(float(sys.argv[2]))
	finally:
	    top.kill()
END
finish
