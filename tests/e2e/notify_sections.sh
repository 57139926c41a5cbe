#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Several sections of notify, each with its own kinds, targets, limit and digest; one that
# fails does not delay the others.
. "$(dirname "$0")/lib.sh"

got=$work/got
mkdir "$got"
chmod 0777 "$got"
chmod 0755 "$work"
cat >"$work/sendmail" <<-END
	#!/bin/sh
	echo "\$*" >>"$got/sendmail.args"
	cat >>"$got/sendmail"
END
chmod +x "$work/sendmail"
lab_in server python3 "$top/tests/e2e/receiver.py" "$got" </dev/null >/dev/null 2>&1 &
check "the receiver listens" eventually 10 lab_in server curl -s -o /dev/null http://127.0.0.1:8081/

notifier=
trap '[ -z "$notifier" ] || kill "$notifier" 2>/dev/null; clean_up' EXIT
# What the daemon would send; its own sending is in notify.sh.
event() { # KIND TEXT...
	python3 - "$state_dir/notify.sock" "$@" <<-'END'
		import json, socket, sys
		s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
		s.connect(sys.argv[1])
		for text in sys.argv[3:]:
		    s.send(json.dumps({"event_type": "notice", "kind": sys.argv[2], "text": text}).encode())
	END
}
hook() { # PATH FILTER
	jq -r "select(.path == \"$1\") | .body | fromjson | $2" "$got/http" 2>/dev/null
}
got_hook() { # PATH N
	[ "$(hook "$1" .kind | wc -l)" -ge "$2" ]
}

cat >"$config" <<-END
	notify {
		when = { spray }
		mail = root
		mail_by = "$work/sendmail"
		from = wall@example.org
	}
	notify oncall {
		when = { flood, trouble }
		webhook = "http://127.0.0.1:8081/oncall"
		per_hour = 2
	}
	notify archive {
		when = { flood, spray }
		webhook = "http://127.0.0.1:8081/archive"
		mail = archive@example.org
	}
	notify dead { when = { flood, spray } webhook = "http://127.0.0.1:1/x" }
	notify half { webhook = "http://127.0.0.1:8081/half" }
END
expect 0 "config show" sw config show
says "names the keys of each" '^notify\.when +spray +file' '^notify\.oncall\.when +flood,trouble +file' \
	'^notify\.oncall\.per_hour +2 +messages +file' '^notify\.archive\.mail +archive@example.org'
is "config get" "$(sw config get notify.oncall.per_hour)" 2
is "the keys it does not say have defaults" "$(sw config get notify.archive.per_hour)" 12
is "config show as JSON" "$(sw_json '.config[] | select(.key == "notify.oncall.per_hour") | .value + .set_by + .default' config show)" 2file12
expect 0 "config set" sw config set notify.late.when daily
says "says how it comes into force" '^notify.late.when is daily \(was empty\)$' 'systemctl restart scanwall-notify'
expect 0 "config set of its way" sw config set notify.late.mail late@example.org
expect 0 "config unset" sw config unset notify.late.mail
is "is undone" "$(sw config get notify.late.mail)" ""
refused 2 "a key that stands in the plain section alone" 'unknown key "notify.oncall.user"' sw config set notify.oncall.user root
refused 2 "a word that is near" 'did you mean notify.oncall.when\?' sw config set notify.oncall.whn flood
refused 2 "a bad value" 'notify.oncall.when: invalid value "floods"' sw config set notify.oncall.when floods
refused 2 "a bad name" 'notify: invalid name "on.call"' eval \
	'echo "notify on.call { }" >"$work/bad.conf"; sw config check "$work/bad.conf"'
grab sw doctor
says "doctor names what was left half-way" 'notify half has a target, but no kinds of message' \
	'notify late has kinds of message, but no target'

( exec nsenter --net="/run/netns/$lab-server" -- "$scanwall" --pin-dir "$pin_dir" \
	--state-dir "$state_dir" -c "$config" notify run </dev/null >"$work/notify.log" 2>&1 ) &
notifier=$!
check "notify run" eventually 10 grep -q 'messages go to: mail to root, oncall: webhook 127.0.0.1, archive: webhook' "$work/notify.log"
check "says what was left half-way" grep -q 'notify half: nothing is told' "$work/notify.log"
event spray one
event flood two three four five
check "each has what it asked for" eventually 10 eval 'got_hook /oncall 2 && got_hook /archive 5'
is "so many an hour, counted apart" "$(hook /oncall '.text' | sed 's/.*: //' | xargs)" "two three"
is "nothing of which it is not told" "$(hook /archive '.kind' | sort | uniq -c | xargs)" "4 flood 1 spray"
check "mail is not held up by a dead webhook" eventually 10 eval \
	'[ "$(grep -c "^Subject: .*spray: one" "$got/sendmail")" = 2 ] && [ "$(grep -c "^Subject: .*flood:" "$got/sendmail")" = 4 ]'
check "which is named" eventually 10 grep -q 'dead: webhook 127.0.0.1: .*; will retry' "$work/notify.log"
is "whom mail is from, and by whom, is inherited" "$(sort -u "$got/sendmail.args" | xargs)" \
	"-oi -f wall@example.org -- archive@example.org -oi -f wall@example.org -- root"
grab sw notify test
is "test fails for one that is dead" "$code" 1
says "test tells of each by its section" '^mail to root: sent$' '^oncall: webhook 127.0.0.1: sent$' \
	'^archive: mail to archive@example.org: sent$' '^dead: webhook 127.0.0.1: .+' '^half: webhook 127.0.0.1: sent$'
kill "$notifier"
wait "$notifier"
is "it ends" "$?" 0
notifier=
is "each digest is of one section" "$(hook /oncall 'select(.kind == "digest") | .text' | sed 's/.*: 2 more/2 more/' | xargs)" \
	"2 more within the hour (2 flood); the newest: four five"
is "and those within their limit have none" "$(hook /archive 'select(.kind == "digest") | .text'; grep -c digest "$got/sendmail")" 0
finish
