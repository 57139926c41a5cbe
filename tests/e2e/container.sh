#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# What scripts/container/Containerfile says of running the image, by an OCI runtime: with
# these capabilities and mounts and nothing more the program attaches, blocks, outlives its
# container and is detached. The image's root is this machine's with scanwall installed.
# In mounts of its own, as crun refuses a host that has cgroups of both versions.
if [ -z "${OWN_MOUNTS:-}" ]; then
	OWN_MOUNTS=1 exec unshare -m bash "$0"
fi
. "$(dirname "$0")/lib.sh"

umount -R /sys/fs/cgroup 2>/dev/null
mount -t cgroup2 none /sys/fs/cgroup || skip_all "needs cgroups of version 2"
recipe=$top/scripts/container/Containerfile
caps=$(sed -n 's/.*--cap-add=\([A-Z_,]*\).*/\1/p' "$recipe")
bundle=$work/bundle etc=$work/etc box=swc$$
mkdir -p "$bundle/rootfs" "$work/layer" "$etc" "$state_dir" "$work/www"
mount -t tmpfs none "$work/layer" && mkdir "$work/layer/upper" "$work/layer/work"
check "scanwall is installed" make -C "$top" -s install DESTDIR="$work/layer/upper" PREFIX=/usr
mount -t overlay overlay -o "lowerdir=/,upperdir=$work/layer/upper,workdir=$work/layer/work" \
	"$bundle/rootfs"
printf 'mode = "enforce"\ninterfaces = { "net1" }\ndetect { grace = 1s }\n' >"$etc/scanwall.conf"

oci() {
	crun --root "$work/crun" --cgroup-manager=disabled "$@"
}
settings() { # of the command in the recipe, as OCI has them
	jq --arg caps "$caps" --arg net "/run/netns/$lab-server" --arg etc "$etc" \
		--arg state "$state_dir" --arg pins "$pin_dir" '
		def bind($from; $to; $how): {destination: $to, type: "bind", source: $from,
			options: ["rbind", $how]};
		[$caps | split(",")[] | "CAP_" + .] as $all |
		.process.terminal = false | .process.noNewPrivileges = true |
		del(.process.rlimits, .linux.resources) |
		.process.args = ["/usr/sbin/scanwall", "--pin-dir", $pins, "run"] |
		.process.capabilities = {bounding: $all, effective: $all, permitted: $all} |
		.linux.namespaces = [{type: "mount"}, {type: "pid"}, {type: "ipc"}, {type: "uts"},
			{type: "network", path: $net}] |
		.mounts = [.mounts[] | select(.type != "cgroup" and .type != "sysfs")] +
			[bind("/sys"; "/sys"; "rw"), bind("/sys/fs/bpf"; "/sys/fs/bpf"; "rw"),
			 bind($etc; "/etc/scanwall"; "ro"), bind($state; "/var/lib/scanwall"; "rw")]'
}
(cd "$bundle" && oci spec && settings <config.json >new && mv new config.json)
container=
start() {
	( exec crun --root "$work/crun" --cgroup-manager=disabled run -b "$bundle" "$box" \
		</dev/null >"$work/log" 2>&1 ) &
	container=$!
	check "$1" eventually 20 inside_it status --ready
}
inside_it() {
	oci exec "$box" /usr/sbin/scanwall --pin-dir "$pin_dir" "$@"
}
stop() {
	oci kill "$box" TERM
	wait "$container"
	code=$?
}
trap 'oci delete -f $box 2>/dev/null; umount -R "$bundle/rootfs" "$work/layer" 2>/dev/null; clean_up' EXIT
is "three capabilities are enough" "$caps" BPF,NET_ADMIN,PERFMON

lab_listen "$work/www" 80 22
start "the container starts"
[ "$code" = 0 ] || not_ok "its log" "$(cat "$work/log")"
eventually 10 eval '[ "$(inside_it status --json | jq .grace_seconds)" = 0 ]'
lab_source 9
check "a visitor reaches the page" reach4
lab_source 8
lab_in attacker ip route replace "$target4" dev eth0 src "$source4"
send_syns 1001 2001 3001 4001
blocked() {
	[ "$(inside_it list --json | jq -r '.blocked[].prefix')" = "$source4/32" ]
}
check "an attacker is blocked" eventually 10 blocked
check "and does not reach it" cut4
stop
is "the container ends well" "$code" 0
check "an attached program outlives it" eval 'lab_in server ip -d link show net1 | grep -q prog/xdp'
start "it starts again"
check "and takes over what is blocked" blocked
check "it is detached from inside" inside_it detach --all
check "nothing is attached any more" not eval 'lab_in server ip -d link show net1 | grep -q prog/xdp'
stop

finish
