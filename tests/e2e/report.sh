#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# report, web and metrics: of a real scan, checked with a real browser and Prometheus' own
# checker. SHOTS=DIR keeps the pictures.
. "$(dirname "$0")/lib.sh"

shots=${SHOTS:-$work/shots}
url=http://127.0.0.1:9814
web=
get() { # PATH [CURL OPTION...]
	local path=$1

	shift
	lab_in server curl -gsS -m "$(scaled 10)" "$@" "$url$path"
}
status_of() {
	get "$1" -o /dev/null -w '%{http_code}' "${@:2}"
}

# picture NAME WIDTH HEIGHT [OPTION...]: of the page, as a browser shows it.
picture() {
	local name=$1 size=$2,$3

	shift 3
	mkdir -p "$shots"
	chromium --headless --no-sandbox --disable-gpu --hide-scrollbars --user-data-dir="$work/chromium" \
		--window-size="$size" --screenshot="$shots/$name.png" "$@" "file://$work/report.html" \
		>/dev/null 2>"$work/chromium.log"
	[ -s "$shots/$name.png" ]
}

# dark NAME: is the picture's corner dark?
darkness() {
	python3 - "$shots/$1.png" <<-'END'
		import sys, zlib, struct
		d = open(sys.argv[1], "rb").read()
		at, data, head = 8, b"", None
		while at < len(d):
		    n, kind = struct.unpack(">I4s", d[at:at + 8])
		    if kind == b"IHDR":
		        head = struct.unpack(">IIBB", d[at + 8:at + 18])
		    if kind == b"IDAT":
		        data += d[at + 8:at + 8 + n]
		    at += 12 + n
		raw = zlib.decompress(data)
		print("dark" if sum(raw[1:4]) < 300 else "light")
	END
}

mkdir "$work/www"
lab_listen "$work/www" 80 22
lab_source 5
check "attach" sw attach net1
daemon_start "the daemon" -i net1
scan "$source4" "$target4" -sS >/dev/null
lab_source 6
scan "$source4" "$target4" -sT >/dev/null
for n in 1 2 3 4 5 6; do
	lab_in attacker hping3 -q -i u2000 -c 5 -a 198.51.100.$((100 + n)) -S -p ++$((440 + n)) -I eth0 "$target4" >/dev/null 2>&1
done
check "the scans are recorded" eventually 20 eval '[ "$(sw_json .total events)" -ge 6 ]'

# ---- as text and JSON
grab sw report
says "report: over time" "^over time +.*█"
says "with its scale" "^ +3h a column; the highest is [0-9]+ events"
says "report: events and sources" "^events +[0-9]+ from [0-9]+ sources"
says "report: kinds" "^kinds +.*closed-port"
says "report: ports" "^ports tried +.*tcp/"
says "report: what would have been" "^would block +[1-9]"
says "report: lead time, in words where it is none" \
	'^lead time +(from first probe to detection: half (at once|within [0-9]+ ms)|nine in ten were detected at their first probe)'
check "report fits one screen" test "$(sw report | wc -l)" -le 24
is "report as JSON counts the same" "$(sw_json .report.event_count report)" "$(sw_json .total events)"
refused 2 "report of no time" "invalid duration" sw report --since permanent

# A prefix that several claim is one block, as in `list` and `status`.
check "a claim more" sw block "$(sw_json '.blocked[0].prefix' list)" 192.0.2.250 --origin feed/x
check "and another" sw block 192.0.2.250
is "blocks: those of list" "$(sw_json .report.blocked_count report)" "$(sw_json .total list)"
check "claims are more" test "$(sw_json .report.claim_count report)" -gt "$(sw_json .report.blocked_count report)"
is "their growth ends there" "$(sw_json '.report.over_time[-1].blocks_in_force' report)" "$(sw_json .total list)"
sw flush --origin feed/x -q
sw unblock 192.0.2.250 -q

# ---- countries and networks, by databases of the operator
database() { # NAME AGE_DAYS, of the records on standard input
	python3 "$top/tests/e2e/mmdb.py" "$work/$1.mmdb" "$2" 6
}
net="$(sw_json '.report.top_networks[0].name' report)"
is "without a database show knows no country" "$(sw_json .geoip show "$source4")" null
is "nor does a report" "$(sw_json '.report | [.top_countries, .top_asns] | flatten | length' report)" 0
echo "{\"$net\": {\"country\": {\"iso_code\": \"NL\", \"names\": {\"en\": \"The <Netherlands>\"}}},
	\"2001:db8:f::/48\": {\"country\": {\"iso_code\": \"SE\"}}}" | database country 0
echo "{\"$net\": {\"autonomous_system_number\": 64500, \"autonomous_system_organization\": \"Example Net\"}}" |
	database asn 0
cp "$config" "$work/before.conf" 2>/dev/null || : >"$work/before.conf"
check "geoip.country is set" sw config set geoip.country "$work/country.mmdb"
check "geoip.asn is set" sw config set geoip.asn "$work/asn.mmdb"
address=${net%.*}.77
grab sw show "$address"
says "show: where it is from" '^from +The <Netherlands> \(NL\), AS64500 Example Net$'
is "as JSON" "$(sw_json '.geoip | "\(.country_iso_code) \(.asn) \(.as_org)"' show "$address")" "NL 64500 Example Net"
is "of IPv6" "$(sw_json '.geoip | "\(.country_iso_code) \(.country_name) \(.asn)"' show 2001:db8:f::1)" "SE null null"
is "of what is in no database" "$(sw_json .geoip show 192.0.2.1)" null
grab sw report
says "report: countries" '^countries +The <Netherlands> \(NL\) [1-9]'
says "report: autonomous systems" '^AS +AS64500 Example Net [1-9]'
check "it still fits one screen" test "$(sw report | wc -l)" -le 24
is "report as JSON: countries" "$(sw_json '.report.top_countries[0].name' report)" "The <Netherlands> (NL)"
check "on the page too, escaped" eval 'sw report --html - | grep -q "<td>The &lt;Netherlands&gt; (NL)<td"'
check "and the networks" eval 'sw report --html - | grep -q "<td>AS64500 Example Net<td"'

echo '{}' | database asn 200
grab sw show "$address"
says "an old database is told of" 'geoip.asn: .*asn.mmdb is 200 days old'
is "and the verb goes on" "$code" 0
echo none >"$work/country.mmdb"
rm "$work/asn.mmdb"
grab sw report
is "report without a usable database" "$code" 0
says "one that is broken is named" '^scanwall: geoip.country: .*country.mmdb cannot be used: '
says "and one that is missing" '^scanwall: geoip.asn: .*asn.mmdb cannot be read: No such file'
is "each in one sentence" "$(grep -c geoip <<<"$out")" 2
mkfifo "$work/pipe"
check "geoip.country is set to a pipe" sw config set geoip.country "$work/pipe"
grab sw show "$address"
says "a pipe is not waited for" 'geoip.country: .*/pipe is not a file'
refused 2 "a database by a relative path" "geoip.country" sw config set geoip.country country.mmdb
cp "$work/before.conf" "$config"
check "the configuration from before" sw reload

# ---- of many sources, and of names that are longer than their place
elsewhere() { # FILTER
	"$scanwall" --pin-dir "$pin_dir-none" --state-dir "$work/many" -c "$work/none.conf" report --json | jq -r "$1"
}
: >"$work/none.conf"
is "a report of nothing" "$(elsewhere '.report | "\(.event_count) \(.source_count) \(.top_kinds | length)"')" "0 0 0"
python3 - "$work/many/scanwall.db" <<-'END'
	import json, sqlite3, sys, time
	db, now = sqlite3.connect(sys.argv[1]), int(time.time() * 1e6)
	for i in range(6000):
	    source = b"\4" + bytes(10) + b"\xff\xff" + bytes([23, i % 256, i // 256, 1]) + b"\x20"
	    event = {"kinds": ["signature"], "alert": {"signature": "é" * 50 + str(i)}}
	    db.execute("INSERT INTO event(time, type, source, json) VALUES(?, 'signature', ?, ?)",
	               (now - i * 1000, source, json.dumps(event)))
	db.commit()
END
is "all sources are counted" "$(elsewhere .report.source_count)" 6000
is "a long name is one, and whole characters" "$(elsewhere '.report.top_signatures | map("\(.name | length) \(.count)") | join(" ")')" "35 6000"

# ---- as a page
check "report --html" sw report --html "$work/report.html"
is "nobody else reads it" "$(stat -c %a "$work/report.html")" 640
check "it is a page" grep -q '^</main></body></html>' "$work/report.html"
check "no link, no script, nothing to load" not grep -Eiq '<script|href=|src=|https?://|@import|url\(' "$work/report.html"
check "a browser at a desk, light" picture desk-light 1280 2200 --blink-settings=preferredColorScheme=1
check "a browser at a desk, dark" picture desk-dark 1280 2200 --blink-settings=preferredColorScheme=0 --force-dark-mode
check "a browser of a telephone, light" picture phone-light 500 3600 --blink-settings=preferredColorScheme=1
check "a browser of a telephone, dark" picture phone-dark 500 3600 --blink-settings=preferredColorScheme=0 --force-dark-mode
is "light is light" "$(darkness desk-light) $(darkness phone-light)" "light light"
is "dark is dark" "$(darkness desk-dark) $(darkness phone-dark)" "dark dark"

# ---- metrics
sw metrics >"$work/metrics"
check "promtool has nothing to say" promtool check metrics <"$work/metrics"
check "packets by reason" grep -q '^scanwall_packets_total{verdict="pass",reason="closed-port"} [1-9]' "$work/metrics"
check "no address is a label" not grep -q '198.51.100' "$work/metrics"
check "into a file, whole" sw metrics --textfile "$work/scanwall.prom"
check "of the same lines" test "$(wc -l <"$work/scanwall.prom")" -eq "$(wc -l <"$work/metrics")"

unknown=$(jq -r '.. | .expr? // empty' "$top/scripts/grafana/scanwall.json" | grep -o 'scanwall_[a-z_]*' | sort -u |
	while read -r name; do grep -q "^# TYPE $name " "$work/metrics" || echo "$name"; done)
is "the dashboard asks for what there is" "$unknown" ""
# What Grafana's import looks at (grafana.com/docs: Dashboard JSON model); it is not in Debian.
dashboard() {
	jq -r "$1" "$top/scripts/grafana/scanwall.json"
}
is "the dashboard has what Grafana's model asks for" "$(dashboard '
	[(.title | type), (.uid | length <= 40), (.schemaVersion >= 30), (.time.from | type),
	 (.templating.list | type)] | join(" ")')" "string true true string array"
is "each panel has a place within 24 columns, a type, and its own number" "$(dashboard '
	[.panels[] | select((.type | IN("stat", "timeseries", "table", "row") | not) or .gridPos.x + .gridPos.w > 24
		or (.gridPos | [.x, .y, .w, .h] | any(type != "number")))] + (.panels | group_by(.id) | map(select(length > 1))) | length')" 0
is "each query has its own letter and a data source" "$(dashboard '
	[.panels[] | select(.type != "row") | select((.targets | length == 0) or
		([.targets[].refId] | length != (unique | length)) or (.datasource == null and any(.targets[]; .datasource == null)))] | length')" 0
queries_parse() {
	dashboard '.panels[].targets[]?.expr' | sed 's/\$__rate_interval/5m/g; s/\$instance/.*/g' |
		jq -Rn '{groups: [{name: "dashboard", rules: [inputs] | to_entries |
			map({alert: "q\(.key)", expr: .value})}]}' >"$work/queries.yml"
	promtool check rules "$work/queries.yml"
}
check "Prometheus can read each query" queries_parse
alerts=$top/scripts/grafana/alerts.yml
check "the alert rules are good" promtool check rules "$alerts"
unknown=$(grep -o 'scanwall_[a-z0-9_]*' "$alerts" | sort -u |
	while read -r name; do grep -q "^# TYPE $name " "$work/metrics" || echo "$name"; done)
is "they ask for what there is" "$unknown" ""
cat >"$work/alerts-test.yml" <<END
rule_files: [$alerts]
evaluation_interval: 1m
tests:
  - interval: 1m
    input_series:
      - {series: 'scanwall_loaded{instance="good"}', values: '1x220'}
      - {series: 'scanwall_loaded{instance="bad"}', values: '0x220'}
      - {series: 'scanwall_xdp_attached{instance="bad", iface="eth0"}', values: '0x220'}
      - {series: 'scanwall_xdp_attached{instance="good", iface="eth0"}', values: '1x220'}
      - {series: 'scanwall_panic{instance="bad"}', values: '1x220'}
      - {series: 'scanwall_events_lost_total{instance="good"}', values: '7x220'}
      - {series: 'scanwall_events_lost_total{instance="bad"}', values: '0+1x220'}
      - {series: 'scanwall_automatic_blocks{instance="good"}', values: '50+1x220'}
      - {series: 'scanwall_automatic_blocks{instance="bad"}', values: '1x200 5000x20'}
      - {series: 'scanwall_syn_flooded_ports{instance="bad"}', values: '1x220'}
      - {series: 'scanwall_syn_flood_answered{instance="bad"}', values: '0x220'}
      - {series: 'scanwall_syn_flooded_ports{instance="good"}', values: '1x220'}
      - {series: 'scanwall_syn_flood_answered{instance="good"}', values: '1x220'}
    promql_expr_test:
      - expr: count by (instance) (ALERTS{alertstate="firing"})
        eval_time: 212m
        exp_samples: [{labels: '{instance="bad"}', value: 6}]
      - expr: count(ALERTS{alertstate="firing", alertname="ScanwallNotAttached"})
        eval_time: 3m
END
check "they fire for a host in trouble, and for no other" promtool test rules "$work/alerts-test.yml"
says_spray=$(grep -c '^scanwall_spray_running [01]$' "$work/metrics")
is "the state of a spray is among the metrics" "$says_spray" 1

# ---- web
refused 2 "only loopback is listened at" "loopback" sw web --listen 0.0.0.0:9814
refused 2 "and only with a port" "loopback" sw web --listen 127.0.0.1
( exec nsenter --net="/run/netns/$lab-server" -- "$scanwall" --pin-dir "$pin_dir" --state-dir "$state_dir" \
	-c "$config" web </dev/null >"$work/web.log" 2>&1 ) &
web=$!
check "web listens" eventually 5 get /metrics
is "the page" "$(get / | tail -n 1)" "</main></body></html>"
check "the metrics" eval 'get /metrics | promtool check metrics'
is "another path" "$(status_of /etc/passwd)" 404
is "it only shows" "$(status_of / -X POST -d x=1)" 405
is "by another name (DNS rebinding)" "$(status_of / -H 'Host: evil.example:9814')" 403
awk 'BEGIN { for (i = 0; i < 1000000; i++) printf "11.%d.%d.%d\n", i / 65536, i / 256 % 256, i % 256 }' >"$work/million"
check "a million blocked" sw import "$work/million" --ttl 1d --origin feed/million -q
for _ in 1 2 3 4 5; do
	get /metrics -o /dev/null -w '%{time_total}\n'
done | sort -n >"$work/times"
echo "# scrape with 1,000,000 blocked, median of 5: $(sed -n 3p "$work/times") s"
check "web: the claims are counted by and by" eventually 45 eval 'get /metrics | grep -q "scanwall_claims.origin=.feed/million.. 1000000"'
echo "# the daemon's memory: $(awk '/VmRSS/ { printf "%.1f", $2 / 1024 }' "/proc/$daemon/status") MiB"
kill "$web"
check "web ends when told" eventually 5 not kill -0 "$web"
( exec nsenter --net="/run/netns/$lab-server" -- "$scanwall" --pin-dir "$pin_dir" --state-dir "$state_dir" \
	-c "$config" web --listen "unix:$work/web.sock" </dev/null >"$work/web.log" 2>&1 ) &
web=$!
check "at a UNIX socket" eventually 5 curl -sS --unix-socket "$work/web.sock" -o /dev/null http://scanwall/metrics
kill "$web"
check "the socket goes with it" eventually 5 test ! -e "$work/web.sock"
echo precious >"$work/precious"
refused 1 "a file at that path is not a socket to be replaced" "precious: Address already in use" \
	sw web --listen "unix:$work/precious"
is "it is still there" "$(cat "$work/precious")" precious
lab_in server python3 -c 'import socket, time
s = socket.socket(); s.bind(("127.0.0.1", 9815)); s.listen(); time.sleep(60)' &
other=$!
check "somebody else listens" eventually 10 eval 'lab_in server ss -Hltn | grep -q ":9815 "'
refused 1 "a port in use is named" "127.0.0.1:9815: Address already in use" sw web --listen 127.0.0.1:9815
kill "$other"
daemon_end

finish
