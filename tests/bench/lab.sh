#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# A scanner and a visitor among millions of forged sources: tests/bench/lab.sh
# [ROUNDS [SOURCES [PER_SECOND]]] prints what they got, with and without the
# flood, as JSON. scripts/bench calls it.
. "$(dirname "$0")/../e2e/lib.sh" >/dev/null

rounds=${1:-5} sources=${2:-5000000} per_second=${3:-200000}
bench=${SCANWALL:-$top/build/scanwall}
bench=${bench%/*}/bench

mkdir "$work/www"
head -c 20000 /dev/urandom >"$work/www/index.html"
lab_listen "$work/www" 80 22
printf 'mode = "enforce"\ndetect { grace = 1s }\n' >"$config"
daemon_start "the daemon starts" -i net0 -i net1 >&2
mac=$(ip -n "$lab-server" -j link show net1 | jq -r '.[0].address')

# In the background, until the forged sources are used up or it is told to end.
flood() {
	lab_in attacker "$bench" spray eth0 "$target4" "$mac" "$sources" "$per_second" "$RANDOM" \
		>"$work/sprayed" &
	sprayer=$!
	sleep 0.5
}
flooding() {
	kill -0 "$sprayer" 2>/dev/null
}
# Pages until $work/enough is there: one line each, with its seconds.
visit() {
	rm -f "$work/enough"
	until [ -e "$work/enough" ]; do
		lab_in visitor curl -gsS -o /dev/null -m 3 -w '%{http_code} %{time_total}\n' \
			--interface "$visitor4" "http://$site4/" || echo
	done 2>/dev/null
}
# Blocked, or challenged like all strangers, as long as a spray lasts.
is_held() {
	sw_json '.blocked[].prefix' list blocked | grep -qxF "$source4/32" ||
		[ "$(sw_json .spray status)" != null ]
}
# One scan by a new source: its answers, and whether it was held. A connect
# scan, whose packets are a client's: nothing but what it tries betrays it.
one_scan() {
	new_self
	scan "$source4" "$target4" -sT >/dev/null
	jq -n --argjson answers "$(answers)" --argjson held "$(eventually 3 is_held && echo true || echo false)" \
		'{$answers, $held}'
}
# scans NAME: with a visitor meanwhile.
scans() {
	visit >"$work/visits" &
	local visitor=$!

	for _ in $(seq "$rounds"); do
		one_scan
	done >"$work/scans"
	touch "$work/enough"
	wait "$visitor"
	jq -n --arg name "$1" --slurpfile scan "$work/scans" \
		--argjson loads "$(wc -l <"$work/visits")" \
		--argjson ok "$(grep -c '^200 ' "$work/visits")" \
		--argjson seconds "$(sed -n 's/^200 //p' "$work/visits" | jq -s .)" '
		def spread: sort | {min: .[0], median: .[length / 2 | floor], max: .[-1]};
		{name: $name, scans: ($scan | length), held: ([$scan[] | select(.held)] | length),
		 answers: ([$scan[].answers] | spread), loads: $loads, loads_ok: $ok,
		 load_ms: ($seconds | map(. * 1000) | spread)}'
}

scans calm >"$work/calm"
lost=$(sw_json .lost_events status)
flood
scans flood >"$work/flood"
flooding && whole=true || whole=false
wait "$sprayer"
read -r sent seconds <"$work/sprayed"
judged=$(sw_json '[.reasons[] | select(.reason == "closed-port" or .reason == "challenged" or
	.reason == "stranger") | .dropped] | add // 0' stats)
jq -n --slurpfile calm "$work/calm" --slurpfile flood "$work/flood" --argjson sources "$sent" \
	--argjson seconds "$seconds" --argjson lost "$(($(sw_json .lost_events status) - lost))" \
	--argjson whole "$whole" --argjson judged "$judged" \
	'{$sources, per_second: ($sources / $seconds | round), $judged, lost_events: $lost, outlasted_scans: $whole,
	  calm: $calm[0], flood: $flood[0]}'
daemon_end >&2
