#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# The package for another architecture (make test-deb ARCH=arm64): built, the same
# bytes a second time, without an error of lintian's; its files are those of this
# machine's package, its programs run under qemu. What installing does is the same
# scripts, which tests/e2e/deb.sh runs.
set -eu
cd "$(dirname "$0")/../.."
arch=${ARCH:?}
work=$(mktemp -d "${TMPDIR:-/tmp}/swd-XXXXXX")
trap 'rm -rf "$work"' EXIT

ok() {
	echo "ok $1"
}
fail() {
	echo "not ok $1"
	exit 1
}

scripts/deb "$work/first" >/dev/null
first=$(echo "$work"/first/scanwall_*_"$arch".deb)
[ "$(dpkg-deb -f "$first" Architecture)" = "$arch" ] || fail "it is for $arch"
ok "it is for $arch"

# Paths, modes and owners; sizes differ, and dates only by the commit.
ARCH='' scripts/deb "$work/here" >/dev/null
list() {
	dpkg-deb -c "$1" | awk '{ print $1, $2, $6, $7, $8 }' | sort
}
diff <(list "$work"/here/scanwall_*.deb) <(list "$first") || fail "the files are those of this machine's package"
ok "the files are those of this machine's package"
names() {
	dpkg-deb -f "$1" Depends | tr -d ' ' | sed 's/([^)]*)//g' | tr , '\n' | sort
}
diff <(names "$work"/here/scanwall_*.deb) <(names "$first") || fail "it needs the same packages"
ok "it needs the same packages"
diff <(dpkg-deb --ctrl-tarfile "$work"/here/scanwall_*.deb | tar -xO ./postinst ./prerm ./postrm ./conffiles) \
	<(dpkg-deb --ctrl-tarfile "$first" | tar -xO ./postinst ./prerm ./postrm ./conffiles) ||
	fail "its scripts are the same"
ok "its scripts are the same"

dpkg-deb -x "$first" "$work/root"
for program in scanwall scanwall-notify scanwall-web; do
	readelf -h "$work/root/usr/sbin/$program" | grep -q 'Machine: *AArch64' || fail "$program is of that machine"
	ok "$program is of that machine"
done
got=$(qemu-aarch64-static -L "build/sysroot/$arch" "$work/root/usr/sbin/scanwall" --version) || fail "it runs"
[[ $got == scanwall\ * ]] || fail "it says its version: $got"
ok "it runs: $got"

lintian --fail-on error --allow-root "$work"/first/*.changes || fail "lintian finds no error"
ok "lintian finds no error"

scripts/deb "$work/again/somewhere/else" >/dev/null
cmp "$first" "$work/again/somewhere/else/$(basename "$first")" || fail "a second build, elsewhere, is the same bytes"
ok "a second build, elsewhere, is the same bytes"
