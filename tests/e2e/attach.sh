#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Attach and detach: several interfaces, other XDP programs, generic mode, replacement
# under load, nothing left behind.
. "$(dirname "$0")/lib.sh"

# link_xdp IFACE: the kernel's own word on it: mode number and program.
link_xdp() {
	ip -n "$lab-server" -j -d link show "$1" | jq -r '.[0].xdp // {} | "\(.mode // 0) \(.prog.name // "none")"'
}
prog_id() {
	ip -n "$lab-server" -j -d link show "$1" | jq -r '.[0].xdp.prog.id // 0'
}

mkdir "$work/www"
lab_listen "$work/www" 80 22
lab_source 9

refused 1 "no such interface" "net9" sw attach net9
check "a refused attach leaves nothing" test ! -e "$pin_dir"
refused 4 "unblock has nothing to do with it, status says so" "attach" sw status --ready

# ---- two interfaces
check "attach to one" sw attach net0 --mode enforce
check "attach to the other" sw attach net1
check "attach to both again: exit 0" sw attach net0 net1
is "native on the first" "$(link_xdp net0 | cut -d' ' -f1)" 1
is "native on the second" "$(link_xdp net1 | cut -d' ' -f1)" 1
is "status shows both" "$(sw_json '[.interfaces[].name] | sort | join(" ")' status)" "net0 net1"
is "status says native" "$(sw_json '[.interfaces[].xdp] | unique | join(" ")' status)" native
check "block the visitor and the attacker" sw block "$visitor4" "$source4"
check "cut off at the first" not fetch visitor "$visitor4" "http://$site4/"
check "cut off at the second" cut4
check "detach the first" sw detach net0
is "nothing is on the first" "$(link_xdp net0)" "0 none"
check "the first passes" fetch visitor "$visitor4" "http://$site4/"
check "the second is cut off still" cut4
check "detach it again: exit 0" sw detach net0
check "attach the first again" sw attach net0
check "cut off at the first again" not fetch visitor "$visitor4" "http://$site4/"
check "let the visitor go" sw unblock "$visitor4"

# ---- the program replaced while a blocked source floods
count_start
lab_in attacker hping3 -q -I eth0 -a "$source4" -S -p 80 -i "u$((100 * slow * slow))" "$target4" >/dev/null 2>&1 &
flood=$!
pause 0.3
ids=$(prog_id net1)
for _ in 1 2 3; do
	grab sw attach net1
	[ "$code" -eq 0 ] || break
	pause 0.1
	ids+=" $(prog_id net1)"
done
check "three times replaced under load" test "$code" -eq 0
check "each time it was another program ($ids)" test "$(xargs -n1 <<<"$ids" | sort -u | wc -l)" -eq 4
daemon_start "the daemon replaces it under load" -i net0 -i net1
daemon_end KILL
daemon_start "the daemon, killed, replaces it again" -i net0 -i net1
daemon_end TERM
kill "$flood"
wait "$flood" 2>/dev/null
stopped=$(sw_json '.reasons[] | select(.reason == "blocked-address") | .dropped' stats)
check "the flood reached the program ($stopped packets)" test "${stopped:-0}" -gt 1000
is "not one packet of it got through" "$(counted)" 0

# ---- nothing left behind
maps=$(for m in "$pin_dir"/*; do bpftool -j map show pinned "$m" 2>/dev/null | jq -r '.id // empty'; done)
prog=$(prog_id net1)
# ... and of an upgrade that was killed in the middle
mkdir "$pin_dir-next" "$pin_dir-next/clsact-99"
bpftool map pin pinned "$pin_dir/state" "$pin_dir-next/state"
check "detach everything" sw detach --all
check "the pins of an unfinished upgrade are gone" test ! -e "$pin_dir-next"
is "nothing is on the first, after all" "$(link_xdp net0)" "0 none"
is "nothing is on the second, after all" "$(link_xdp net1)" "0 none"
check "no pin is left" test ! -e "$pin_dir"
check "there were maps to leave" test "$(wc -w <<<"$maps")" -ge 15
for id in $maps; do
	eventually 3 not bpftool map show id "$id" || { not_ok "map $id is gone"; break; }
done
check "its program is gone" eventually 3 not bpftool prog show id "$prog"
check "it passes" reach4
check "detach everything again: exit 0" sw detach --all

# ---- generic
check "attach in generic mode" sw attach net1 --xdp generic --mode enforce
is "the kernel says generic" "$(link_xdp net1 | cut -d' ' -f1)" 2
is "status says generic" "$(sw_json '.interfaces[].xdp' status)" generic
check "generic: cut off" cut4
check "generic: the visitor passes" fetch visitor "$visitor4" "http://$site4/"
check "generic: detach" sw detach --all

# ---- somebody else's program
cat >"$work/other.c" <<-'END'
	__attribute__((section("xdp"), used)) int other_guard(void *ctx) { return 2; }
END
clang -O2 -g --target=bpf -c "$work/other.c" -o "$work/other.o" 2>/dev/null
bpftool prog load "$work/other.o" "/sys/fs/bpf/swt-$$-other" type xdp
lab_in server bpftool net attach xdp pinned "/sys/fs/bpf/swt-$$-other" dev net0
other=$(prog_id net0)
refused 1 "another program holds the interface: it is named" "other_guard" sw attach net0
is "the other program stays" "$(prog_id net0)" "$other"
refused 1 "the daemon refuses it, too" "other_guard" sw run -i net0
rm -f "/sys/fs/bpf/swt-$$-other"

# ---- an interface that goes away
sw detach --all >/dev/null
check "attach before the interface goes" sw attach net1 --mode enforce
ip -n "$lab-server" link del net1
grab sw status
check "status works when it is gone" test "$code" -eq 0
check "detach works when it is gone" sw detach --all
check "no pin is left of it" test ! -e "$pin_dir"

finish
