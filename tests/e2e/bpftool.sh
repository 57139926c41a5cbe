#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Every command in docs/bpftool.md works and prints named fields.
. "$(dirname "$0")/lib.sh"

page=$top/docs/bpftool.md
[ -f "$page" ] || { not_ok "docs/bpftool.md is there"; finish; }

mkdir "$work/www"
lab_listen "$work/www" 80 22
daemon_start "the daemon starts" -i net0 -i net1
# Something in every map that could be empty.
sw block 198.51.100.7 198.51.100.128/25 2001:db8::7 2001:db8:1::/64 2001:db8:2::/48 >/dev/null
sw allow 198.51.100.9 2001:db8::9 >/dev/null
sw config set services tcp/8443 >/dev/null
lab_source 9
scan "$source4" "$target4" -sS >/dev/null

# A field that must be called by its name, where a map's values have fields.
declare -A field=([settings]=threshold [state]=lost_events [counters]=dropped_bytes
	[drop4]=head [drop4_cold]=expires_tick [drop6]=key [drop6_cold]=plen [prefix4]=hits [prefix6]=hits [allow4]=kind [allow6]=kind
	[floods]=until
	[sources]=score [served]=last_open [services]=port
	[rules]=sid [conditions]=buffer [rule_counts]=candidates)

ran=0
while IFS= read -r line; do
	ran=$((ran + 1))
	line=${line//\/sys\/fs\/bpf\/scanwall/$pin_dir}
	grab lab_in server bash -c "$line"
	if [ "$code" -ne 0 ] || [ -z "$out" ]; then
		not_ok "$line" "exit code $code" "$out"
	elif [[ $line =~ map\ (dump|lookup)\ pinned\ $pin_dir/([a-z0-9_]+) ]] &&
	     ! grep -q "\"${field[${BASH_REMATCH[2]}]:-value}\":" <<<"$out"; then
		not_ok "$line" "no field \"${field[${BASH_REMATCH[2]}]:-value}\"" "$out"
	else
		ok "${line//$$/N}"
	fi
done < <(awk '/^```sh/ { on = 1; next } /^```/ { on = 0 } on && NF && !/^#/ { sub(/^[$#] /, ""); print }' "$page" |
	grep -E '^bpftool')
check "the page shows commands ($ran)" test "$ran" -ge 10

id_of() {
	bpftool -j map show pinned "$1" 2>/dev/null | jq .id
}
settings=$(id_of "$pin_dir/settings")
for map in "$pin_dir"/*; do
	bpftool map show pinned "$map" >/dev/null 2>&1 || continue
	name=$(basename "$map")
	# A name of 0.1.0 that is kept for the case of a downgrade.
	[ "$name" = settings ] || [ "$(id_of "$map")" != "$settings" ] || continue
	# A ring buffer has neither key nor value that BTF could name.
	[ "$name" = events ] || [ "$name" = packets ] || check "$name has BTF" eval "bpftool -j map show pinned '$map' | jq -e '.btf_id > 0'"
	check "the page speaks of $name" grep -q "scanwall/$name" "$page"
done

finish
