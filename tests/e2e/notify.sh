#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Notifications by webhook, mail and program, as an unprivileged user, with retries and a
# limit per hour; and abuse reports about proven attackers only.
. "$(dirname "$0")/lib.sh"

# It is noon where this test runs: the daily report is due when it says so, and no
# day or hour ends meanwhile.
early=$((10#$(date -u +%H) * 60 + 10#$(date -u +%M) - 720))
sign=+
[ "$early" -ge 0 ] || sign=-
TZ=$(printf 'NOON%s%d:%02d' "$sign" $((${early#-} / 60)) $((${early#-} % 60)))
export TZ

got=$work/got
mkdir "$got" "$work/www"
chmod 0777 "$got"
chmod 0755 "$work" # what is started is not root
cat >"$work/program" <<-END
	#!/bin/sh
	{ id -un; grep -E '^Cap(Prm|Eff)' /proc/self/status; } >>"$got/who"
	[ ! -e "$got/refuse" ] || exit 7
	echo "\$1 \$(cat)" >>"$got/program"
END
cat >"$work/sendmail" <<-END
	#!/bin/sh
	echo "\$*" >>"$got/sendmail.args"
	cat >>"$got/sendmail"
END
chmod +x "$work/program" "$work/sendmail"
echo topsecret >"$work/key"
cat >"$work/own.rules" <<'END'
reject tcp any any -> any 80 (msg:"an attack of <!channel> @all"; flow:to_server,established; http.header; content:"attack-word"; sid:102;)
END
common="mode = enforce
guard { auto_per_minute = 6 }
rules { builtin = false files = { \"$work/own.rules\" } }"
# configure KEYS-OF-notify [MORE]
configure() {
	printf '%s\nnotify {\n%s\n}\n%s\n' "$common" "$1" "${2-}" >"$config"
}
notifier=
notify_start() { # NAME
	( exec nsenter --net="/run/netns/$lab-server" -- "$scanwall" --pin-dir "$pin_dir" \
		--state-dir "$state_dir" -c "$config" notify run </dev/null >"$work/notify.log" 2>&1 ) &
	notifier=$!
	check "$1" eventually 10 grep -q 'messages go to' "$work/notify.log"
}
notify_end() {
	kill "$notifier"
	wait "$notifier"
	code=$?
	notifier=
}
trap '[ -z "$notifier" ] || kill "$notifier" 2>/dev/null; clean_up' EXIT
http() { # FILTER of what the webhook got
	jq -r "select(.path == \"/hook\") | .body | fromjson | $1" "$got/http" 2>/dev/null
}
count() { # N KIND
	[ "$(http .kind | grep -c "^$2\$")" -ge "$1" ]
}
attack() { # from a new self of the attacker
	new_self
	lab_in attacker curl -gs -o /dev/null -m "$(scaled 5)" --interface "$source4" -H 'X: attack-word' \
		"http://$target4/"
}
scan_it() {
	new_self
	lab_in attacker nmap -sS -S "$source4" -e eth0 -T4 -n -Pn -p 1001-1008 --max-retries 0 \
		--host-timeout $((20 * slow))s "$target4" >/dev/null 2>&1
}

lab_listen "$work/www" 80 || not_ok "the server listens"
lab_in server python3 "$top/tests/e2e/receiver.py" "$got" </dev/null >/dev/null 2>&1 &
check "the receiver listens" eventually 10 lab_in server curl -s -o /dev/null http://127.0.0.1:8081/
hook='webhook = "http://127.0.0.1:8081/hook"'

# ---- what is refused
bad() { # NAME REGEX KEYS
	configure "$3"
	refused 2 "$1" "$2" sw config check "$config"
}
bad "no such kind" 'notify.when: invalid value "floods"' 'when = { "floods" }'
bad "no web address" 'notify.webhook: invalid value "ftp://x"' 'webhook = "ftp://x"'
bad "no address of a mail" 'notify.mail: invalid value "-oQ/tmp"' 'mail = "-oQ/tmp"'
bad "a program by no whole path" 'notify.run: invalid value "program"' 'run = "program"'
configure 'when = { "block" }'
refused 2 "nobody is to be told" 'no target: set notify.run' sw notify run
configure "$hook user = root"
refused 2 "root is not a user without rights" 'notify.user: "root" is root' sw notify run
refused 4 "test without anybody who sends" 'nothing takes messages.*systemctl start' sw notify test
refused 2 "another word" 'expected run, test, daily' sw notify tset

# ---- to all three
configure "when = { proven-block, capped, daily, trouble }
$hook
run = \"$work/program\"
mail = \"root@example.org\"
mail_by = \"$work/sendmail\""
daemon_start "the daemon" -i net1
check "it starts without anybody who sends" kill -0 "$daemon"
attack
check "that is said" eventually 5 grep -q 'NOT WRITTEN to .*notify.sock' "$work/daemon.log"
doctor() {
	sw_json '.checks[] | select(.check == "notify") | .finding' doctor
}
is "the doctor says so" "$(doctor)" wrong
notify_start "notify run"
is "and is content now" "$(doctor)" good
is "its socket is root's" "$(stat -c '%U %a' "$state_dir/notify.sock")" "root 600"
is "it is not root" "$(ps -o user= -p "$notifier")" nobody
is "and can do nothing root can" "$(awk '/^CapPrm|^CapEff/ { print $2 }' "/proc/$notifier/status" | sort -u)" \
	0000000000000000
expect 0 "test" sw notify test
says "tells of each" '^program /.*/program: sent$' '^webhook 127.0.0.1: sent$' '^mail to root@example.org: sent$'
mv "$work/program" "$work/program-away"
expect 1 "test, with a program that is gone" sw notify test
is "the doctor says which of them fails, and why" \
	"$(sw_json '.checks[] | select(.check == "notify") | .finding + ": " + .text' doctor)" \
	"wrong: program $work/program: $work/program cannot be run: No such file or directory; its messages wait and are tried again for a day: mend that, then scanwall notify test"
mv "$work/program-away" "$work/program"
expect 0 "test, with the program" sw notify test
is "and the doctor is content again" "$(doctor)" good
is "test as JSON" "$(sw_json '[.notify[].sent] | all' notify test)" true
check "of docs/schema.json" eval 'sw notify test --json | "$top/tests/e2e/valid_json.py" notify_test'
attack
check "a proven block: the webhook" eventually 10 count 1 proven-block
is "with the event" "$(http 'select(.kind == "proven-block") | .event.src_ip + " " + (.event.alert.signature_id | tostring)')" \
	"$source4 102"
is "in words for a chat, where they call nobody" \
	"$(http 'select(.kind == "proven-block") | (.content | test("<!|@all")) , (.allowed_mentions.parse | length)' | xargs)" \
	"false 0"
check "the program" eventually 10 grep -q "^proven-block {.*$source4" "$got/program"
is "as that user, without rights" "$(sort -u "$got/who" | xargs)" \
	"CapEff: 0000000000000000 CapPrm: 0000000000000000 nobody"
check "the mail" eventually 10 grep -q "^Subject: scanwall on .*: proven-block: blocked $source4" "$got/sendmail"
is "to whom" "$(sort -u "$got/sendmail.args" | sed 's/scanwall@[^ ]*/FROM/')" "-oi -f FROM -- root@example.org"
scan_it
check "a block that could be forged is none" eventually 10 eval '[ "$(sw_json "[.events[] | select(.event_type == \"block\" and .new_only)] | length" events)" -ge 1 ]'
is "so nobody is told" "$(http .event.src_ip | grep -cx "$source4")" 0
for _ in 1 2 3 4 5 6 7 8; do scan_it; done
check "capped" eventually 10 count 1 capped
check "the report of the day" sw notify daily
check "is sent" eventually 10 count 1 daily
out=$(http 'select(.kind == "daily") | .text')
says "whole" '^over time ' '^events ' '^sources ' '^exposed ' 

# ---- again where it fails
touch "$got/refuse"
attack
check "a refusal is said once" eventually 10 grep -q 'webhook 127.0.0.1: the reply is HTTP status 503; will retry' "$work/notify.log"
check "that of the program, too" eventually 10 grep -q 'program: .* ended with exit code 7' "$work/notify.log"
check "the mail went its way" eventually 10 grep -q "^Subject: .*$source4" "$got/sendmail"
rm "$got/refuse"
check "it arrives" eventually 20 eval 'http .event.src_ip | grep -qx "$source4"'
check "and that is said" eventually 5 grep -q 'webhook 127.0.0.1 works again' "$work/notify.log"
notify_end
is "it ends with exit code 0" "$code" 0

# ---- so many an hour, and a digest; a server for mail
configure "when = block
per_hour = 2
mail = \"root@example.org\"
mail_by = \"smtp://127.0.0.1:2525\"
$hook"
check "reload" sw reload
: >"$got/http"
notify_start "notify run, with a mail server"
sw config set guard.auto_per_minute 600 -q
for _ in 1 2 3 4 5; do attack; done
check "two are sent" eventually 10 count 2 block
notify_end
is "and no more" "$(http 'select(.kind != "digest") | .kind' | wc -l)" 2
is "at its end the rest as one" "$(http 'select(.kind == "digest") | .text' | head -n 1)" \
	"scanwall on $(hostname): 3 more within the hour (3 block); the newest:"
is "each with a line" "$(http 'select(.kind == "digest") | .text' | grep -c '^blocked 198')" 3
is "the mail server has them, too" "$(cat "$got"/mail.* | grep -c '^Subject: scanwall on ')" 3

# ---- abuse
configure "" "abuse { abuseipdb_key = \"$work/key\"
abuseipdb_url = \"http://127.0.0.1:8081/api/v2/report\"
xarf_to = \"abuse@example.net\"
}"
sed -i "s|^notify {|notify {\nmail_by = \"$work/sendmail\"|" "$config"
check "reload for abuse" sw reload
: >"$got/http"
: >"$got/sendmail"
notify_start "notify run, for abuse reports alone"
check "the key is not said" not grep -q topsecret "$work/notify.log"
scan_it
forged=$source4
attack
form() {
	jq -r 'select(.path == "/api/v2/report") | .body' "$got/http"
}
check "AbuseIPDB is told" eventually 10 eval 'form | grep -q "^ip=$source4&categories=15&timestamp=20.*&comment=%22an%20attack"'
is "with the key" "$(jq -r .key "$got/http" | sort -u)" topsecret
check "X-ARF goes out" eventually 10 grep -q "^Source: $source4" "$got/sendmail"
check "and is YAML in MIME" python3 - "$got/sendmail" <<-'END'
	import email, sys
	mail = email.message_from_file(open(sys.argv[1]))
	assert mail["X-XARF"] == "PLAIN" and mail["To"] == "abuse@example.net", mail.items()
	parts = mail.get_payload()
	assert [p.get_filename() or p.get_param("name") for p in parts] == [None, "report.txt", "logfile.log"]
	report = dict(l.split(": ", 1) for l in parts[1].get_payload().splitlines() if ": " in l)
	assert report["Version"] == "0.2" and report["Source-Type"] == "ip-address", report
END
is "who could be forged is not reported" "$(grep -c "$forged" "$got/sendmail"; form | grep -c "$forged")" "0
0"
notify_end
expect 0 "abuse" sw abuse
says "is what AbuseIPDB takes" '^IP,Categories,ReportDate,Comment$' "^$source4,\"15\",\"20.*Z\",\"\"\"an attack"
is "of proven attackers only" "$(sw abuse | grep -c "$forged")" 0
is "abuse as JSON" "$(sw_json '[.reports[] | select(.categories == "15")] | length > 0' abuse)" true
expect 0 "abuse as X-ARF" sw abuse "$source4" --form xarf
says "one of them" "^Source: $source4"
refused 2 "another form" 'expected csv\|xarf' sw abuse --form pdf
daemon_end

# ---- the hour of the daily report, a flood
: >"$got/http"
configure "daily_hour = 12
flood = 20" "notify day { when = { daily } $hook }
notify oncall { when = { flood } $hook }"
daemon_start "the daemon again" -i net1
notify_start "notify run again"
check "the daemon sends the report when it is time" eventually 20 count 1 daily
is "once a day" "$(cat "$state_dir/notify.day")" "$(date +%F)"
lab_in attacker timeout $((13 * slow)) hping3 -q -i u2000 -a 198.51.100.250 -F -p 7 -I eth0 "$target4" >/dev/null 2>&1 &
check "a flood is told" eventually 30 count 1 flood
says_flood=$(http 'select(.kind == "flood") | .text' | head -n 1)
is "in numbers" "$(sed -E 's/^.*: (.*: )[0-9]+ packets/\1N packets/' <<<"$says_flood")" "a flood has begun: N packets a second are dropped"
check "and its end" eventually 60 count 2 flood
notify_end
daemon_end
finish
