#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Completion in bash and zsh, from the installed files: verbs, options, and names that
# only this host has, such as keys of named sections or rules in force.
. "$(dirname "$0")/lib.sh"

# The completed command, on this test's maps, record and configuration.
mkdir "$work/bin"
cat >"$work/bin/scanwall" <<-END
	#!/bin/sh
	exec "$scanwall" --pin-dir "$pin_dir" --state-dir "$state_dir" -c "$config" "\$@"
END
chmod +x "$work/bin/scanwall"
bash_offers() ( # LINE: what it would put in the place of the last word
	# shellcheck disable=SC2030 # for this shell alone
	PATH=$work/bin:$PATH
	# shellcheck disable=SC1091
	. "$top/scripts/completion.bash"
	compopt() {
		echo ":file"
	}
	COMP_LINE="scanwall $1" COMP_POINT=$((9 + ${#1}))
	COMP_WORDBREAKS=$' \t\n"\'><=;|&(:'
	_scanwall scanwall
	[ "${#COMPREPLY[@]}" = 0 ] || printf '%s\n' "${COMPREPLY[@]}"
)
cat >"$work/try.zsh" <<'END'
# try.zsh FILE LINE
_files() {
	print -r -- :file
}
compadd() {
	shift
	print -rl -- "$@"
}
words=(scanwall "${(@s: :)2}")
CURRENT=$#words
. $1
END
zsh_offers() { # LINE
	# shellcheck disable=SC2031
	PATH=$work/bin:$PATH zsh -f "$work/try.zsh" "$top/scripts/completion.zsh" "$1"
}
# offers LINE REGEX...: both shells offer what matches each.
offers() {
	local shell line=$1

	shift
	for shell in bash zsh; do
		grab ${shell}_offers "$line"
		says "$shell: $line" "$@"
	done
}
# all_of LINE WORDS: both shells offer these and nothing else.
all_of() {
	local shell

	for shell in bash zsh; do
		is "$shell: $1" "$(${shell}_offers "$1" | sort | xargs)" "$2"
	done
}

cat >"$config" <<-END
	notify oncall {
		when = { spray }
		webhook = "http://127.0.0.1/x"
	}
END
mkdir "$work/www"
lab_listen "$work/www" 80 22
echo 'drop tcp any any -> any 80 (msg:"a test"; content:"/evil"; sid:7; rev:1;)' >"$work/t.rules"
check "attach" sw attach net0
check "rules" sw rules load "$work/t.rules"
check "a block" sw block 198.51.100.9 --origin fail2ban/sshd --comment x
check "another" sw block 2001:db8:9::/48
check "an allow" sw allow 192.0.2.77
check "a key" sw key add alice

all_of "unbl" unblock
offers "" '^attach$' '^top$'
all_of "list " "allowed blocked confined watched"
all_of "list --s" "--sort --state-dir --strict"
all_of "unblock 198" 198.51.100.9
offers "list --origin " '^fail2ban/sshd$'
all_of "unallow 192" 192.0.2.77
all_of "detach " net0
all_of "mode enf" enforce
offers "attach " '^lo$'
offers "config get notify.o" '^notify.oncall.when$' '^notify.oncall.webhook$'
all_of "config unset notify.oncall.w" "notify.oncall.webhook notify.oncall.when"
all_of "config set mode " "detect enforce"
all_of "config set events.journal " "false true"
offers "config set notify.oncall.when s" '^spray$' '^signature-block$'
all_of "config set geoip.asn " :file
all_of "config set allow_names " ""
all_of "import --format p" "p2p plain"
offers "monitor --reason blocked-" '^blocked-address$'
offers "events --type sp" '^spray$' '^spared$'
offers "rules disable " '^7$'
offers "rules show " '^7$'
all_of "rules disable 7 8 " "$(sw __complete -- rules disable 7 8 '' | sort | xargs)"
all_of "key revoke " alice
offers "rollback " '^[0-9]+$'
is "bash: a crawler, after the colon" "$(bash_offers "allow bot:goo")" googlebot
is "zsh: a crawler, as a whole" "$(zsh_offers "allow bot:goo")" bot:googlebot
is "bash: a prefix, after its last colon" "$(bash_offers "unblock 2001:db8:")" "9::/48"
is "zsh: a prefix, as a whole" "$(zsh_offers "unblock 2001:db8:")" "2001:db8:9::/48"
# Items of a list, one behind the other.
offers "config set detect_only.kinds s" '^signature$' '^sweep$'
all_of "config set detect_only.kinds signature,swe" signature,sweep
all_of "config set detect_only.kinds open" ""
all_of "config set notify.oncall.when flood,da" flood,daily
# What the line itself names is what is asked.
printf 'notify night { when = { flood } }\n' >"$work/other.conf"
all_of "-c $work/other.conf config unset notify.n" "$(printf 'notify.night.%s ' from mail mail_by per_hour run webhook when | xargs)"
all_of "--config=$work/other.conf config unset notify.night.we" notify.night.webhook
all_of "unblock --state-dir $work/none 198" ""
all_of "detach --pin-dir $work/none net" ""
# A file that does not hold offers less, and says nothing.
echo 'mode = nonsense' >"$config"
all_of "config unset notify.oncall.w" ""
offers "config unset no" '^notify.when$'

finish
