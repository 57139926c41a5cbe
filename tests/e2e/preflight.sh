#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Missing requirements: for each, command and daemon print a sentence of its own that says
# what to do, and nothing is attached.
. "$(dirname "$0")/lib.sh"

# wanting COMMAND...: what comes after it is run by it, in the lab, with a /sys
# of its own.
wanting=()
with() {
	lab_in server "${wanting[@]}" "$scanwall" --pin-dir "$pins" --state-dir "$state_dir" \
		-c "$config" "$@"
}
# lacks CODE WHAT SENTENCE COMMAND...
lacks() {
	local code=$1 what=$2 sentence=$3

	shift 3
	wanting=("$@")
	refused "$code" "attach: $what" "^scanwall attach: $sentence\$" with attach net0
	refused "$code" "run: $what" "^scanwall run: $sentence\$" with run -i net0
	is "$what: nothing is attached" \
		"$(ip -n "$lab-server" -j -d link show net0 | jq -r '.[0].xdp // "nothing"')" nothing
	is "$what: no pin is left" "$(find "$pins" 2>/dev/null | head -n 1)" ""
}
# in_own_mounts COMMAND: then the rest; mounts made by it are gone with it.
in_own_mounts="$work/in_own_mounts"
cat >"$in_own_mounts" <<-'END'
	#!/bin/sh
	before=$1; shift
	exec unshare --mount --propagation private sh -c "$before"' && exec "$@"' sh "$@"
END
chmod +x "$in_own_mounts"
pins=$pin_dir

lacks 1 "a kernel too old" 'kernel 2\.6\.[0-9]+.* is too old; scanwall needs 6\.1 or newer .*' \
	setarch --uname-2.6
lacks 1 "no type information" \
	'this kernel has no type information \(/sys/kernel/btf/vmlinux is missing\); boot one built with CONFIG_DEBUG_INFO_BTF=y.*' \
	"$in_own_mounts" 'mount -t tmpfs none /sys/kernel/btf'
lacks 1 "the JIT is off" \
	"the kernel's BPF JIT compiler is off, and tail calls need it; turn it on with: sysctl net.core.bpf_jit_enable=1" \
	"$in_own_mounts" 'mount -t tmpfs none /proc/sys/net/core && echo 0 >/proc/sys/net/core/bpf_jit_enable'
lacks 1 "bpffs is not mounted" \
	"$pins is not on a BPF file system .mount -t bpf bpf /sys/fs/bpf." \
	"$in_own_mounts" 'umount -l /sys/fs/bpf'
not_permitted='not permitted to load a BPF program: this needs CAP_BPF and CAP_NET_ADMIN; run scanwall as root'
lacks 5 "no capability at all" "$not_permitted" setpriv --bounding-set=-all
lacks 5 "no CAP_BPF" "$not_permitted" setpriv --bounding-set=-bpf,-sys_admin
lacks 5 "no CAP_NET_ADMIN" "$not_permitted" setpriv --bounding-set=-net_admin,-sys_admin

# A container's root: the capabilities are its user namespace's own.
lacks 5 "BPF is forbidden" \
	'the kernel does not let this process use BPF although it has the capabilities: .*\(lsm: .*; lockdown: .*\); run scanwall as root on the host and allow BPF in its policy' \
	unshare --user --map-root-user

pins=$work/pins
lacks 1 "a pin directory elsewhere" \
	"$pins is not on a BPF file system .mount -t bpf bpf /sys/fs/bpf." env
pins=$pin_dir

wanting=(env)
refused 1 "attach: the interface is gone" '"net9".*ip -br link' with attach net9
refused 1 "run: the interface is gone" '"net9".*ip -br link' with run -i net9
refused 1 "attach: one of two is gone" '"net9".*ip -br link' with attach net0 net9
is "nothing is attached for it" \
	"$(ip -n "$lab-server" -j -d link show net0 | jq -r '.[0].xdp // "nothing"')" nothing

# The three capabilities that docs/operations.md names are enough.
wanting=(setpriv "--bounding-set=-all,+bpf,+net_admin,+perfmon")
check "CAP_BPF, CAP_NET_ADMIN and CAP_PERFMON are enough to attach" with attach net0 --mode enforce
check "and to block" with block 198.51.100.9
check "and to look" with list
check "and to detach" with detach --all

finish
