#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Rules are loaded that are more than their maps hold, again and again, while packets
# arrive all the time: no packet of a listed source passes meanwhile, no attack does, and
# every page comes.
. "$(dirname "$0")/lib.sh"

pps=${PPS:-$((slow > 1 ? 500 : 5000))}
attack=/word-07919-of-many page=/index.html

mkdir "$work/www"
echo hello >"$work/www/index.html"
lab_listen "$work/www" 80 || not_ok "the server listens"
printf 'mode = enforce\nrules {\nbuiltin = false\n}\n' >"$config"

make_rules() { # COUNT
	awk -v n="$1" 'BEGIN {
		for (i = 1; i <= n; i++)
			printf "drop http any any -> any any (msg:\"rule %d\"; http.uri; content:\"/word-%05d-of-many\"; sid:%d;)\n",
			       i, i * 7919 % 100000, i
	}' >"$work/own.rules"
}
# What arrives of the listed source behind the program.
count_listed() {
	lab_in server nft -f - <<-END
		table inet listed {
			counter passed { }
			chain in {
				type filter hook prerouting priority -400; policy accept;
				iifname net1 ip saddr 198.51.100.7 counter name passed
			}
		}
	END
}
passed() {
	lab_in server nft -j list counter inet listed passed |
		jq '.nftables[] | .counter? // empty | .packets'
}
stopped() {
	sw_json '[.reasons[]? | select(.reason | startswith("blocked-")) | .dropped] | add // 0' stats
}
hits() {
	sw_json '.rules[] | select(.signature_id == 1) | .hits' rules stats
}
program() {
	ip -n "$lab-server" -j -d link show net1 | jq -r '.[0].xdp.prog.id // 0'
}
grow() { # COUNT
	local before

	before=$(program)
	make_rules "$1"
	expect 0 "$1 rules are loaded" sw rules load "$work/own.rules"
	says "all of them" "$(sed -E 's/([0-9]+)([0-9]{3})/\1,?\2/' <<<"$1") rules are in force"
	check "by programs with larger maps" not test "$(program)" = "$before"
}

make_rules 300
daemon_start "the daemon runs" -i net0 -i net1
expect 0 "few rules are loaded" sw rules load "$work/own.rules"
sw block 198.51.100.7 --ttl 1h -q
new_self
count_listed
before=$(stopped) hits_before=$(hits)
lab_in attacker "$top/tests/e2e/flood.py" eth0 \
	"$(ip -n "$lab-server" -j link show net1 | jq -r '.[0].address')" "$(scaled 300)" "$pps" \
	"198.51.100.7>$target4" >"$work/flood" 2>&1 &
flood=$!
lab_in attacker "$top/tests/e2e/ask_on.py" "$source4" "$target4" 80 "$work/stop" "$attack" "$page" \
	>"$work/asked" 2>"$work/failed" &
asking=$!
pause 1
grow 3000
grow 6000
grow 12000
make_rules 300
expect 0 "a smaller set, in the same maps" sw rules load "$work/own.rules"
pause 1
touch "$work/stop"
wait "$asking"
kill "$flood"
wait "$flood" 2>/dev/null
read -r attacks got pages came <"$work/asked"
more=$(($(stopped) - before))
is "of the listed source no packet passed" "$(passed)" 0
check "and packets of it came all the time ($more)" test "$more" -gt $((pps / 2))
check "attacks were made all the time (${attacks:-none})" test "${attacks:-0}" -gt 20
is "none was answered" "$got" 0
is "each is a hit, none is counted twice" "$(($(hits) - hits_before))" "$attacks"
sed 's/^/# /' "$work/failed"
is "every page came" "$came" "$pages"
daemon_end
sw detach --all -q
finish
