#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# The emergency switch, and error messages, with unusable maps: another layout, a missing
# pin, few file descriptors.
. "$(dirname "$0")/lib.sh"

mkdir "$work/www"
lab_listen "$work/www" 80 22
lab_source 1
settings="$pin_dir/settings"

# layout N: the maps say that they are of another version
layout() {
	local hex
	hex=$(bpftool -j map lookup pinned "$settings" key 0 0 0 0 | jq -r '.value | .[]' |
		sed "1s/.*/0x0$1/" | tr '\n' ' ')
	# shellcheck disable=SC2086 # a word for each byte
	bpftool map update pinned "$settings" key 0 0 0 0 value $hex
}
few_files() { (ulimit -n "$1" && shift && sw "$@"); }

layout_now=$(awk '/define SW_ABI_VERSION/ { print $3 }' "$top/include/scanwall/abi.h")

check "attach" sw attach net0 net1 --mode enforce
check "block" sw block "$source4"
check "it is cut off" cut4

check "another layout" layout 9
refused 1 "a block is refused" "holds maps of another version of scanwall \(layout 9" sw block 198.51.100.77
grab sw list
is "list answers all the same" "$code" 0
says "from the record, and says why" "layout 9" "$source4 "
grab sw status
is "status, too" "$code" 0
says "and names the fault" "FAULT +.*another version of scanwall" "net0 native"
is "in JSON" "$(sw status --json 2>/dev/null | jq -r '.unusable' | grep -c "layout 9")" 1
refused 4 "status --ready does not say ready" "layout 9" sw status --ready
check "panic works" sw panic
check "everything passes" reach4
check "panic --off works" sw panic --off
check "it is cut off again" cut4
check "the layout is as it was" layout "$layout_now"

check "panic with eight files" few_files 8 panic
check "it passes" reach4
check "and off again" few_files 8 panic --off
# Nothing known is not the same as nothing there.
for verb in list "list allowed" "show $source4" events audit report; do
	# shellcheck disable=SC2086 # words
	expect 1 "$verb with neither record nor maps" few_files 4 $verb
	says "says that it does not know" "can be read, so there is nothing to show|cannot be read, so there"
done
expect 0 "status with neither" few_files 4 status
says "says why" "FAULT .*Too many open files"
for verb in "test $source4" "stats" "top --once" "rules stats"; do
	# shellcheck disable=SC2086 # words
	expect 1 "$verb with eight files" few_files 8 $verb
	says "names the fault" "Too many open files"
	check "and does not say that nothing is attached" eval '! grep -q "attach IFACE" <<<"$out"'
done
for files in 4 8 20; do
	expect 4 "status --ready with $files files" few_files $files status --ready
	says "names them" "Too many open files"
done
expect 0 "detach with four files" few_files 4 detach net1
check "attach it again" sw attach net1
# What a container or a rescue system may lack.
without_proc() {
	lab_in server unshare -m bash -c 'mount -t tmpfs none /proc && exec "$@"' - "$scanwall" \
		--pin-dir "$pin_dir" --state-dir "$state_dir" -c "$config" "$@"
}
for verb in status "mode detect" "mode enforce --yes" "block 198.51.100.77" "unblock 198.51.100.77" \
	"allow 198.51.100.77" "unallow 198.51.100.77" "detach net1" "attach net1" list panic "panic --off"; do
	# shellcheck disable=SC2086 # words
	check "$verb without /proc" without_proc $verb
done
check "panic without a record" eval 'mv "$state_dir" "$work/away" && : >"$state_dir" && sw panic'
check "and off" sw panic --off
rm "$state_dir" && mv "$work/away" "$state_dir"
check "panic with a broken configuration" eval 'echo "modus = 3" >"$config" && sw panic && sw panic --off'
: >"$config"

# ---- a pin that somebody has removed
rm "$pin_dir/allow4"
refused 1 "block: a pin is missing" "allow4 is missing, but scanwall is attached" sw block 198.51.100.77
grab sw list
is "list answers all the same" "$code" 0
says "and says what is missing" "allow4 is missing"
refused 4 "not ready" "allow4 is missing" sw status --ready
check "panic works" sw panic
check "and passes" reach4
check "and off" sw panic --off
daemon_start "the daemon loads it anew" -i net0,net1
grab cat "$work/daemon.log"
says "and says so" "allow4 is missing.*loaded anew"
check "what was blocked is blocked" cut4
daemon_end
rm "$settings"
refused 1 "panic: its own pin is missing" "settings is missing.*detach --all" sw panic
check "detach works" sw detach --all
check "and it passes" reach4
finish
