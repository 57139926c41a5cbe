#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# More blocks than the ring holds while another process has the writers' lock: the daemon
# cannot record, but keeps reading, and none is lost.
. "$(dirname "$0")/lib.sh"

recorded() {
	python3 -c "
import sqlite3
db = sqlite3.connect('file:$state_dir/scanwall.db?mode=ro', uri=True)
print(db.execute(\"SELECT count(*) FROM event WHERE type = 'block'\").fetchone()[0])"
}
all_recorded() {
	[ "$(recorded)" -ge 2900 ]
}

lab_listen "$work" 80
cat >"$config" <<'END'
mode = "enforce"
guard { auto_max = 100000  auto_per_minute = 60000 }
limits { ring = 65536 }
detect { grace = 1s }
END
daemon_start "the daemon starts with a ring for 512 events" -i net0 -i net1
settled
mac=$(ip -n "$lab-server" -j link show net1 | jq -r '.[0].address')

( flock 9 && pause 4 ) 9>>"$state_dir/lock" &
locker=$!
pause 0.2
check "forge three probes in each of 3,000 names" \
	lab_in attacker python3 "$top/tests/e2e/forge.py" eth0 "$target4" "$mac" 9000 random
check "the lock is still held" kill -0 $locker
is "no event is lost" "$(sw_json .lost_events status)" 0
is "nothing could be recorded" "$(recorded)" 0
wait $locker
check "all of it is recorded when the lock is free" eventually 10 all_recorded
is "and still none is lost" "$(sw_json .lost_events status)" 0

daemon_end TERM
is "the daemon ends well" "$code" 0
finish
