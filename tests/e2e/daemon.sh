#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# The daemon is started, stopped, killed and reloaded; the program and its blocks stay in
# force.
. "$(dirname "$0")/lib.sh"

config_value() {
	sw config get "$1"
}
holds() {
	[ "$(config_value "$1")" = "$2" ]
}
# What blocks and policy there is, without what the clock changes.
policy() {
	sw save | sed -E 's/ --ttl [0-9]+//'
	sw mode
	config_value detect.threshold
	config_value detect.block_ttl
}
resident_kib() {
	sed -n 's/^VmRSS:[[:space:]]*\([0-9]*\) kB/\1/p' "/proc/$daemon/status"
}
# in_kernel NAME VALUE: what the program goes by, whatever the files say; it
# keeps quarters of a point.
in_kernel() {
	[ "$(bpftool -j map dump pinned "$pin_dir/settings" |
		jq ".[0].formatted.value.$1")" = "$2" ]
}
logged() {
	grep -qE "$1" "$work/daemon.log"
}
blocked() {
	[ "$(sw test "$1" --dport 80 --json | jq 'has("blocked_by")')" = true ]
}
last_event_says() {
	sw events "$source4" | tail -n 1 | grep -qF "$1"
}
# Of a prolonged one; the kernel's own end at a step of its clock.
claimed_by_kernel() {
	[ "$(sw_json ".blocked[] | select(.prefix == \"$1\") | .claims[].origin" list)" = kernel ]
}

mkdir "$work/www"
lab_listen "$work/www" 80 22
cat >"$config" <<-END
	mode = "enforce"
	detect { threshold = 4 }
END

daemon_start "the daemon starts and is ready" -i net0 -i net1
check "it takes at most 16 MiB ($(resident_kib) KiB)" test "$(resident_kib)" -le 16384
refused 1 "a second daemon is refused" "already|running" sw run -i net0
check "the first one goes on" sw status --ready
kill -STOP "$daemon"
refused 4 "a daemon that is stopped is not ready" "does not answer" sw status --ready
kill -CONT "$daemon"
check "it is when it goes on" eventually 10 sw status --ready
sw detach net1 >/dev/null
refused 4 "nor is one without one of its interfaces" "net1 is configured but not attached" sw status --ready
sw attach net1 >/dev/null
check "attached again it is" sw status --ready

# ---- policy outlives it
lab_source 9
check "block" sw block "$source4" fd00:3:0:9::/64 --comment "stays"
check "allow" sw allow 198.51.100.77 --comment "stays, too"
check "a setting by hand" sw config set detect.block_ttl 7m
saved=$(policy)
check "it is cut off" cut4

daemon_end TERM
is "SIGTERM ends it with exit code 0" "$code" 0
check "the block stays in force" cut4
expect 4 "status --ready says that no daemon runs" sw status --ready
check "status works without it" sw status
is "nothing is lost after SIGTERM" "$(policy)" "$saved"
daemon_start "it starts again" -i net0 -i net1
is "nothing is lost after the start" "$(policy)" "$saved"

for round in 1 2 3; do
	daemon_end KILL
	check "kill -9, round $round: the block stays in force" cut4
	check "kill -9, round $round: IPv6, too" cut6
	daemon_start "kill -9, round $round: it starts again" -i net0 -i net1
	is "kill -9, round $round: nothing is lost" "$(policy)" "$saved"
done
check "it is still cut off" cut4

# ---- what the kernel blocks while no daemon runs
daemon_end TERM
lab_source 11
scan "$source4" "$target4" -sS >/dev/null
check "without a daemon, a scanner is cut off" cut4
daemon_start "the daemon starts after it" -i net0 -i net1
check "it has the kernel's block in its record" eventually 2 claimed_by_kernel "$source4/32"
check "the scanner is still cut off" cut4

# ---- who scans again without having proven its address is blocked as long as before
# A scan takes a second or so; a block that ends before it does is renewed by it.
check "a short block" sw config set detect.block_ttl $((3 * slow))s
lab_source 12
for _ in 1 2 3; do
	scan "$source4" "$target4" -sS >/dev/null
	check "the next block is as long" eventually 2 last_event_says "blocked $source4 for $((3 * slow))s:"
	check "it is cut off for it" cut4
	# A page fetched would make it a regular, who is not blocked.
	check "it ends by itself" eventually 12 not blocked "$source4"
done
is "none of it is a proven offence" "$(sw_json .offences show "$source4")" 0
sw config set detect.block_ttl 7m >/dev/null

# ---- from nothing: detached, attached again, the record comes back
daemon_end TERM
check "detach everything" sw detach --all
lab_source 9
check "detached: it passes" reach4
daemon_start "attached again by the daemon" -i net0 -i net1
check "the record brings its block back" cut4
check "the record brings its block back, IPv6" cut6
is "the record brings it all back" "$(policy | grep -v kernel)" "$(grep -v kernel <<<"$saved")"

# ---- SIGHUP: all or nothing
sed -i 's/threshold = 4/threshold = 7/' "$config"
kill -HUP "$daemon"
check "SIGHUP: a good file is taken" eventually 3 in_kernel threshold 28
# The good half of it would come before the bad one.
printf 'mode = "detect"\ndetect { threshold = 9 }\ndetect { treshold = 2 }\n' >"$config"
kill -HUP "$daemon"
check "SIGHUP: a bad file is refused, with its line" \
	eventually 3 logged "scanwall.conf:3.*treshold.*threshold"
check "SIGHUP: nothing of it is in force" in_kernel threshold 28
check "SIGHUP: nor its mode" in_kernel mode 1
daemon_end TERM
printf 'mode = "enforce"\ninterfaces = { "net0" }\ndetect { threshold = 7 }\n' >"$config"
daemon_start "it starts with the interfaces of the file"
printf 'mode = "detect"\ninterfaces = { "net0", "a/b" }\ndetect { threshold = 9 }\n' >"$config"
kill -HUP "$daemon"
check "SIGHUP: what is no interface's name is refused" eventually 3 logged 'not reloaded.*"a/b"'
check "SIGHUP: nothing of that file is in force" in_kernel threshold 28
check "SIGHUP: nor its mode, again" in_kernel mode 1
check "SIGHUP: the daemon goes on" sw status --ready
printf 'mode = "enforce"\ndetect { threshold = 7 }\n' >"$config"
was=$(sw_json .mode status)
check "enforce is in force" test "$was" = enforce
check "a trial of the other mode" sw mode detect --for 1m --yes
printf 'mode = "enforce"\ndetect { threshold = 8 }\n' >"$config"
kill -HUP "$daemon"
check "SIGHUP: a file is taken on trial as well" eventually 3 in_kernel threshold 32
is "SIGHUP: the trial's mode stays" "$(sw_json .mode status)" detect
check "config set on trial" sw config set detect.threshold 6
check "config set on trial is in force" eventually 3 in_kernel threshold 24
is "config set: the trial's mode stays" "$(sw_json .mode status)" detect
check "attach on trial" sw attach net0 net1
is "attach: the trial's mode stays" "$(sw_json .mode status)" detect
check "the trial is kept" sw confirm
is "what was kept is in force" "$(sw_json .mode status)" detect
check "and changed back" sw mode enforce --yes
sw config unset detect.threshold >/dev/null
check "the setting by hand is in force still" holds detect.block_ttl 7m
check "reload by name" sw reload

# ---- other maps while events wait: a block that the record prolongs lasts as long in them
own=$work/own.rules
echo 'reject tcp any any -> any 80 (msg:"an attack"; flow:to_server,established; http.header; content:"attack-word"; sid:102;)' >"$own"
printf 'mode = "enforce"\ndetect { block_ttl_proven = 10m }\nrules { files = { "%s" } }\n' \
	"$own" >"$config"
check "SIGHUP: a rule" sw reload
offend() {
	lab_in attacker curl -gs -o /dev/null -m 5 --interface "$source4" -H 'X-A: attack-word' "http://$target4/"
	return 0
}
# kernel_minutes ADDR: that the block in the maps lasts
kernel_minutes() {
	sw_json '(.blocked.expires | sub("\\..*"; "Z") | fromdate) - now | . / 60 | ceil' show "$1"
}
lab_source 14
offend
check "it blocks who breaks it" eventually 5 claimed_by_kernel "$source4/32"
check "that is lifted" sw unblock "$source4"
kill -STOP "$daemon"
offend
check "it is blocked once more, while the daemon stands still" test "$(kernel_minutes "$source4")" -le 10
echo 'limits { sources = 32768 }' >>"$config"
check "other maps take the place of these" sw attach net0 net1
kill -CONT "$daemon"
check "the daemon takes them up" eventually 10 logged "attached again"
check "it has recorded a second offence" eventually 5 last_event_says "blocked $source4 for 20m:"
check "the maps have it, too ($(kernel_minutes "$source4") minutes)" \
	test "$(kernel_minutes "$source4")" -gt 15

daemon_end INT
is "Ctrl-C ends it with exit code 0" "$code" 0

# ---- a command is quicker than a daemon that starts
check "detect, without a daemon" sw mode detect
(
	flock 9
	pause 2
	sqlite3 "$state_dir/scanwall.db" "UPDATE setting SET value = 'enforce' WHERE key = 'mode';
		INSERT INTO setting VALUES ('detect.threshold', '5')"
) 9>>"$state_dir/lock" &
sleep 0.3
daemon_start "a daemon that waits for that command" -i net0 -i net1
is "applies what it has set" "$(sw_json .mode status)" enforce
check "all of it" in_kernel threshold 20
daemon_end INT

finish
