#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Interfaces that are renamed, replaced, moved or missing: the program is attached to
# devices, not to names.
. "$(dirname "$0")/lib.sh"

xdp() { # IFACE: its way to be attached; nothing: there is no program
	lab_in server ip -j link show "$1" 2>/dev/null | jq -r '.[].xdp | select(.prog) | .mode'
}
has_xdp() { [ -n "$(xdp "$1")" ]; }
listed() { sw status --json | jq -r '[.interfaces[] | "\(.name):\(.xdp)"] | sort | join(" ")'; }
listed_is() { [ "$(listed)" = "$1" ]; }
link() { lab_in server ip link "$@"; }
veth() { # NAME ITS_OTHER_END
	link add "$1" type veth peer name "$2" && link set "$1" up && link set "$2" up
}
moved() { ip netns add "$lab-other" && link set "$1" netns "$lab-other"; }

# ---- by the command line
check "a third interface" veth eth9 far1
check "attach" sw attach net0 eth9 --mode enforce
check "it is renamed" eval 'link set eth9 down && link set eth9 name wan0 && link set wan0 up'
is "status knows its name" "$(listed)" "net0:native wan0:native"
check "attach knows it, too" sw attach wan0
is "and makes no second link" "$(listed)" "net0:native wan0:native"
check "another one takes the old name" veth eth9 far2
is "which has no program" "$(listed)" "net0:native wan0:native"
refused 4 "and status says so" "eth9 is not attached" sw status eth9
check "it is attached beside" sw attach eth9
is "all three stand" "$(listed)" "eth9:native net0:native wan0:native"
check "detach takes the one of that name" sw detach eth9
is "and no other" "$(listed)" "net0:native wan0:native"
check "nor its program" has_xdp wan0
check "detach by the new name" sw detach wan0
check "its program is off" not has_xdp wan0
check "one with a dot in its name" veth net0.7 far3
check "is attached" sw attach net0.7
is "and listed" "$(listed)" "net0.7:native net0:native"
check "and detached" sw detach net0.7
refused 1 "detach of no interface at all" 'no such interface: "ent0"' sw detach ent0
check "detach of one that is not attached" sw detach net1

check "attach it again" sw attach eth9
check "it is moved to another namespace" moved eth9
is "status says so" "$(listed)" "eth9:elsewhere net0:native"
grab sw status
says "in words" "eth9 \(moved to another network namespace\)"
check "detach takes it off there" sw detach eth9
is "no program is left at it" "$(ip -n "$lab-other" -j link show eth9 | jq '.[].xdp.prog.id')" null
ip netns del "$lab-other"
check "all off" sw detach --all

# ---- by an altname, which the kernel takes for the name
check "one with an altname" eval 'veth eth8 far7 && link property add dev eth8 altname ens8'
check "attach by it" sw attach ens8
says "says so" "ens8|eth8: attached"
is "it is listed by its name" "$(listed)" "eth8:native"
check "status knows both" eval 'sw status ens8 && sw status eth8'
check "attach by either is the same" sw attach eth8
is "one link" "$(listed)" "eth8:native"
check "detach by the altname" sw detach ens8
check "takes it off" not has_xdp eth8
echo 'interfaces = { "net0", "ens8" }' >"$config"
daemon_start "run with an altname" -i net0,ens8
is "which protects it" "$(listed)" "eth8:native net0:native"
daemon_end
check "all off" sw detach --all
link del eth8

# ---- with a daemon
echo 'interfaces = { "net0", "late0", "late1" }' >"$config"
ready_or_dead() { grep -q "in enforce mode on\|in detect mode on" "$work/daemon.log" || ! kill -0 "$daemon"; }
daemon_start "run, with two of three missing"
refused 4 "which is not ready" "late0, late1 are configured but not attached" sw status --ready
is "the one that is there is protected" "$(listed)" "net0:native"
grab cat "$work/daemon.log"
says "the others are told of" "late0 does not exist" "late1 does not exist"
check "one comes" veth late0 far4
check "and is attached" eventually 15 listed_is "late0:native net0:native"
rename() { link set "$1" down && link set "$1" name "$2" && link set "$2" up; }
check "it is renamed, and another takes its name" eval 'rename late0 old0 && veth late0 far5'
check "both are protected" eventually 15 listed_is "late0:native net0:native old0:native"
check "it goes and comes back" eval 'link del late0 && veth late0 far6'
check "and is attached again" eventually 15 listed_is "late0:native net0:native old0:native"
check "it goes" link del late0
check "which is seen" eventually 5 listed_is "late0:gone net0:native old0:native"
grab sw status
says "status says that it is awaited" "late0 \(gone; the daemon attaches it when it returns\)"
check "one that the daemon does not keep goes, too" eval 'veth spare0 far8 && sw attach spare0 && link del spare0'
grab sw status
says "that one nobody awaits" "spare0 \(gone; detach it\)" "late0 \(gone; the daemon attaches"
check "it is detached" sw detach spare0
check "the other returns" veth late0 far6
check "and is attached" eventually 15 listed_is "late0:native net0:native old0:native"
check "the operator takes one off" sw detach late0
pause 11
is "and it stays off" "$(listed)" "net0:native old0:native"
daemon_end
check "all off again" sw detach --all
finish
