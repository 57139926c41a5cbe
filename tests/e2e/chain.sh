#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# attach --chain: passed packets continue to another XDP program, which is not changed.
. "$(dirname "$0")/lib.sh"

pins=/sys/fs/bpf/swt-$$-others
trap 'rm -rf "$pins"; clean_up' EXIT
mkdir -p "$pins" "$work/www"
lab_listen "$work/www" 80 22
lab_source 9

# other NAME SECTION: counts packets, drops those of IPv4 whose TTL is 7.
other() {
	cat >"$work/$1.c" <<-END
		#include <linux/bpf.h>
		#include <bpf/bpf_helpers.h>
		struct {
			__uint(type, BPF_MAP_TYPE_ARRAY);
			__uint(max_entries, 1);
			__type(key, __u32);
			__type(value, __u64);
		} $1_seen SEC(".maps");
		SEC("$2") int $1(struct xdp_md *ctx)
		{
			__u8 *p = (void *)(long)ctx->data;
			__u64 *n;
			__u32 zero = 0;

			n = bpf_map_lookup_elem(&$1_seen, &zero);
			if (n)
				__sync_fetch_and_add(n, 1);
			if (p + 34 <= (__u8 *)(long)ctx->data_end && p[12] == 8 && p[22] == 7)
				return XDP_DROP;
			return XDP_PASS;
		}
		char _license[] SEC("license") = "GPL";
	END
	clang -O2 -g --target=bpf -I"/usr/include/$(uname -m)-linux-gnu" -c "$work/$1.c" -o "$work/$1.o" &&
		bpftool prog load "$work/$1.o" "$pins/$1" pinmaps "$pins"
}
seen() {
	bpftool -j map dump pinned "$pins/$1_seen" | jq ".[0].formatted.value"
}
link_xdp() {
	ip -n "$lab-server" -j -d link show "$1" | jq -r '.[0].xdp // {} | "\(.mode // 0) \(.prog.name // "none")"'
}
id_of() {
	bpftool -j prog show pinned "$pins/$1" | jq .id
}
ping4() { # TTL
	lab_in attacker ping -c 1 -t "$1" -W "$(scaled 0.5)" "$target4"
}

check "a program with frags" other guest xdp.frags
check "a program without" other plain xdp

doctor() { # CHECK: what the doctor finds, and says
	sw_json ".checks[] | select(.check == \"$1\") | .finding + \": \" + .text" doctor
}
# While packets come in.
doctor_pinged() { # CHECK
	lab_in attacker ping -q -i 0.05 -w $((60 * slow)) "$target4" >/dev/null 2>&1 &
	pinger=$!
	doctor "$1"
	{ kill "$pinger"; wait "$pinger"; } 2>/dev/null
}

# ---- a program that is nowhere
refused 2 "no program" "expected the pinned path of an XDP program" sw attach net1 --chain nonsense
refused 2 "no such pin" "No such file" sw attach net1 --chain "$pins/nothing"
refused 2 "a pin of something else" "not an XDP program|cannot open" sw attach net1 --chain "$pins/guest_seen"
refused 2 "no such id" "cannot open the program 4000000" sw attach net1 --chain 4000000
check "a refused attach leaves nothing" test ! -e "$pin_dir"
check "attach --chain" sw attach net1 --mode enforce --chain "$pins/guest"
before=$(seen guest)
check "what passes gets there" ping4 64
check "it is seen by the other" test "$(seen guest)" -gt "$before"
check "what the other drops is dropped" not ping4 7
check "IPv6 too" lab_in attacker ping -c 1 -W "$(scaled 1)" "$target6"
is "status names it" "$(sw_json '.chained.name' status)" guest
is "the doctor: it follows" "$(doctor chain)" "good: what passes goes on to \"guest\" (id $(id_of guest))"
ours=$(sw_json '.interfaces[0].program_id' status)
is "and packets go through ours" "$(doctor_pinged runs)" "good: packets go through the program (id $ours)"
check "somebody takes it out of the table" bpftool map delete pinned "$pin_dir/steps" \
	key hex "$(printf %02x "$(bpftool -j map dump pinned "$pin_dir/steps" | jq ".[] | select(.formatted.value == $(id_of guest)) | .formatted.key")")" 0 0 0
is "the doctor says so" "$(doctor chain)" "wrong: what passes was to go on to \"guest\" (id $(id_of guest)), and does not: scanwall attach IFACE --chain $(id_of guest)"
check "what it says mends it" sw attach net1 --chain "$(id_of guest)"
is "it follows again" "$(doctor chain)" "good: what passes goes on to \"guest\" (id $(id_of guest))"
check "block the source" sw block "$source4"
lab_in attacker ip route replace "$target4" dev eth0 src "$source4"
before=$(seen guest)
check "what we drop" cut4
lab_in attacker hping3 -q -c 20 -i u1000 -a "$source4" -S -p 80 -I eth0 "$target4" >/dev/null 2>&1
check "the other does not see" test "$(($(seen guest) - before))" -lt 15
check "unblock" sw unblock "$source4"
check "a connection passes both" reach4
check "a question is answered as ever" sw test "$source4" --dport 80
lab_in attacker true
(sw monitor --json --count 1 & sleep 0.5; ping4 64; wait) >"$work/out" 2>/dev/null
check "who monitors sees packets" grep -q '"reason"' "$work/out"
check "attach again keeps it" sw attach net1
is "it is still there" "$(sw_json '.chained.name' status)" guest
check "other sizes: an upgrade of all maps keeps it" \
	eval 'sw config set limits.sources 4096 -q && sw attach net1'
is "it follows still" "$(sw_json '.chained.name' status)" guest
check "and drops" not ping4 7
daemon_start "so does the load of the daemon" -i net1
is "it follows the daemon's program" "$(sw_json '.chained.name' status)" guest
check "and drops there" not ping4 7
daemon_end TERM
check "detach" sw detach --all
is "it was nowhere before" "$(link_xdp net1)" "0 none"

# ---- a program without frags, where it already is: native and generic
for mode in xdpdrv xdpgeneric; do
	lab_in server bpftool net attach $mode pinned "$pins/plain" dev net1
	was=$(link_xdp net1)
	refused 1 "$mode: it is named, never replaced" '"plain" \(id [0-9]+\)' sw attach net1
	is "$mode: it is there still" "$(link_xdp net1)" "$was"
	refused 1 "$mode: nor by the chain of another" '"plain"' sw attach net1 --chain "$pins/guest"
	is "$mode: it is there after that" "$(link_xdp net1)" "$was"
	check "$mode: attach --chain by its id" sw attach net1 --mode enforce --chain "$(id_of plain)"
	check "$mode: ours is there" grep -q scanwall <<<"$(link_xdp net1)"
	check "$mode: passes both" ping4 64
	check "$mode: the other drops" not ping4 7
	check "$mode: detach" sw detach net1
	is "$mode: the other is where it was" "$(link_xdp net1)" "$was"
	check "$mode: and drops by itself" not ping4 7
	check "$mode: what we know of it is gone" test ! -e "$pin_dir"
	lab_in server bpftool net detach $mode dev net1
done
check "attach alone" sw attach net1
ours=$(sw_json '.interfaces[0].program_id' status)
is "the doctor: packets go through it" "$(doctor_pinged runs)" "good: packets go through the program (id $ours)"
is "and of no other" "$(doctor chain)" ""
check "another program's pin in the place of ours" eval \
	'mv "$pin_dir/program" "$pins/ours" && bpftool prog pin pinned "$pins/plain" "$pin_dir/program"'
is "the doctor says what packets meet" "$(doctor runs)" \
	"wrong: packets reach the program with id $ours, but ours is $(id_of plain): scanwall attach net1"
check "put back" eval 'rm "$pin_dir/program" && mv "$pins/ours" "$pin_dir/program"'
is "nothing follows" "$(sw_json '.chained' status)" null
refused 2 "our own is no other" "scanwall's own" sw attach net1 \
	--chain "$(sw_json '.interfaces[0].program_id' status)"
finish
