#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# The Debian package: built twice with the same bytes and without lintian errors;
# installed, used, upgraded, removed and purged in a private copy of this system.
. "$(dirname "$0")/lib.sh"

mkdir "$work/debs"
grab "$top/scripts/deb" "$work/debs"
check "the package is built" test "$code" -eq 0
[ "$code" -eq 0 ] || { echo "# $out"; finish; }
package=$(basename "$work"/debs/scanwall_*.deb)
grab "$top/scripts/deb" "$work/again/somewhere/else"
for page in scanwall.8 scanwall-web.8 scanwall-notify.8; do
	check "$page is in it" grep -q "/usr/share/man/man8/$page.gz" <(dpkg -c "$work/debs/$package")
done
is "a second build, elsewhere, is the same bytes" \
	"$(sha256sum <"$work/again/somewhere/else/$package")" "$(sha256sum <"$work/debs/$package")"
grab lintian --fail-on error --allow-root "$work"/debs/*.changes
check "lintian finds no error" test "$code" -eq 0
[ "$code" -eq 0 ] || echo "# $out"

# The package's own test, as autopkgtest runs it on a machine.
cp "$top/scripts/debian/tests/installed" "$work/debs/"
# All of it while somebody who is blocked goes on sending.
lab_in attacker hping3 -q -I eth0 -a 198.51.100.66 -S -p 80 -i "u$((500 * slow * slow))" "$target4" >/dev/null 2>&1 &
flood=$!
grab inside "
	dpkg -i /mnt/$package >/dev/null
	echo AFTER-INSTALL \$(ls /sys/fs/bpf/scanwall 2>/dev/null | wc -l) \$(ip -j -d link show net1 | grep -c '\"xdp\"')
	scanwall attach net1 --mode enforce >/dev/null
	scanwall block 198.51.100.66 --ttl 1h >/dev/null
	dpkg -i /mnt/$package >/dev/null
	echo AFTER-UPGRADE \$(scanwall list --json | jq .total) \$(ls /sys/fs/bpf/scanwall | grep -c '^link-net1')
	dpkg -r scanwall >/dev/null
	echo AFTER-REMOVE \$(ls /sys/fs/bpf/scanwall 2>/dev/null | wc -l) \$(ls /var/lib/scanwall | grep -c scanwall.db\$)
	dpkg -P scanwall >/dev/null
	echo AFTER-PURGE \$(ls -d /etc/scanwall /var/lib/scanwall /var/log/scanwall /sys/fs/bpf/scanwall \
		/etc/logrotate.d/scanwall /etc/systemd/system/*/scanwall.service 2>/dev/null | wc -l)
	dpkg -i /mnt/$package >/dev/null
	sh /mnt/installed
	dpkg -P scanwall >/dev/null"
log=$out
check "packets came all the while" kill -0 $flood
kill $flood
line() {
	sed -n "s/^$1 //p" <<<"$log"
}
is "installing attaches nothing (pins, programs)" "$(line AFTER-INSTALL)" "0 0"
is "an upgrade keeps block and link" "$(line AFTER-UPGRADE)" "1 1"
is "removing detaches, and keeps the record" "$(line AFTER-REMOVE)" "0 1"
is "purging leaves nothing" "$(line AFTER-PURGE)" 0
check "the package's own test passes" grep -q "^installed: good" <<<"$log"
[ "$failures" -eq 0 ] || echo "# $log"

finish
