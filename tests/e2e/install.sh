#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# make install and uninstall, in a directory of its own.
. "$(dirname "$0")/lib.sh"

into=$work/into
files() {
	(cd "$into" && find . -type f | sort)
}
lints() {
	man --warnings -E UTF-8 -l -Tutf8 -Z "$1" 2>&1 >/dev/null | grep . && return 1
	return 0
}

knows_verbs() {
	local verb text

	text=$(MANWIDTH=80 man -l "$into/usr/share/man/man8/scanwall.8" | col -b)
	for verb in attach detach status mode run block unblock allow unallow list show test flush \
		events stats save restore import config reload panic confirm version; do
		grep -qw "$verb" <<<"$text" || { echo "$verb is missing"; return 1; }
	done
}
# completes WORD: what bash would offer after "scanwall WORD".
completes() (
	PATH=$into/usr/sbin:$PATH
	# shellcheck disable=SC1091 # made by make install
	. "$into/usr/share/bash-completion/completions/scanwall"
	COMP_WORDS=(scanwall "$1") COMP_CWORD=1 COMP_LINE="scanwall $1" COMP_POINT=$((9 + ${#1}))
	function=$(complete -p scanwall | sed -E 's/.* -F ([^ ]+).*/\1/')
	"$function" scanwall "$1" scanwall
	printf '%s\n' "${COMPREPLY[@]}"
)

# It looks for the program, too. Drop-ins lie beside the unit.
systemd_verifies() { # [DROP-IN]
	rm -rf "$work/scanwall.service.d"
	[ $# -eq 0 ] || install -D -m 0644 -t "$work/scanwall.service.d" "$1"
	sed "s|/usr/sbin/|$into/usr/sbin/|" "$unit" >"$work/scanwall.service"
	systemd-analyze verify --man=no "$work/scanwall.service" 2>&1 | grep -F scanwall && return 1
	return 0
}
notes_a_mistake() {
	sed 's/^\[Service\]/&\nCapabilityBoundingSets=x/' "$top/scripts/scanwall.service.d/tls.conf" >"$work/bad.conf"
	systemd_verifies "$work/bad.conf" | grep -F CapabilityBoundingSets
}

check "make install" make -C "$top" -s install DESTDIR="$into" PREFIX=/usr
[ "$code" -eq 0 ] || finish
is "what it puts where" "$(files | xargs)" "./etc/scanwall/scanwall.conf \
./usr/lib/systemd/system/scanwall-names.service ./usr/lib/systemd/system/scanwall-notify.service ./usr/lib/systemd/system/scanwall-web.service \
./usr/lib/systemd/system/scanwall.service ./usr/sbin/scanwall ./usr/sbin/scanwall-notify ./usr/sbin/scanwall-web ./usr/share/bash-completion/completions/scanwall \
./usr/share/man/man5/scanwall.conf.5 ./usr/share/man/man8/scanwall-notify.8 \
./usr/share/man/man8/scanwall-web.8 ./usr/share/man/man8/scanwall.8 \
./usr/share/zsh/site-functions/_scanwall"
check "the program runs" "$into/usr/sbin/scanwall" version
check "the configuration is good" sw config check "$into/etc/scanwall/scanwall.conf"
is "nobody else reads the configuration" "$(stat -c %a "$into/etc/scanwall/scanwall.conf")" 640
unit=$into/usr/lib/systemd/system/scanwall.service
is "the unit starts that program" "$(sed -n 's/^Exec[A-Z][a-z]*=//p' "$unit" | xargs)" \
	"/usr/sbin/scanwall run /usr/sbin/scanwall reload"
if command -v systemd-analyze >/dev/null; then
	expect 0 "systemd has nothing to say about the unit" systemd_verifies
	expect 0 "nor about the drop-in for TLS" systemd_verifies "$top/scripts/scanwall.service.d/tls.conf"
	expect 0 "where it would say something" notes_a_mistake
else
	skip "systemd has nothing to say about the unit" "no systemd-analyze here"
fi
for page in scanwall scanwall-notify scanwall-web; do
	check "$page(8) has no warning" lints "$into/usr/share/man/man8/$page.8"
done
check "scanwall.conf(5) has no warning" lints "$into/usr/share/man/man5/scanwall.conf.5"
check "scanwall(8) knows each verb" knows_verbs
check "the completion is good bash" bash -n "$into/usr/share/bash-completion/completions/scanwall"
grab completes unb
says "it completes a verb" '^unblock'

echo '# mine' >>"$into/etc/scanwall/scanwall.conf"
check "make install again" make -C "$top" -s install DESTDIR="$into" PREFIX=/usr
check "it keeps a configuration that is there" grep -q '# mine' "$into/etc/scanwall/scanwall.conf"
check "make uninstall" make -C "$top" -s uninstall DESTDIR="$into" PREFIX=/usr
is "only the configuration stays" "$(files | xargs)" "./etc/scanwall/scanwall.conf"

finish
