# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Debian's packages of another release or architecture, with lists apart from
# the machine's own: sourced by scripts/kernels and scripts/sysroot.

cache=${KERNELS_DIR:-/var/tmp/scanwall-kernels}
arch=${ARCH:-$(dpkg --print-architecture)}
[ "$arch" != x86_64 ] || arch=amd64
mkdir -p "$cache"

# use_suite SUITE: apt knows the packages of that release ("here": of the
# machine's own) for $arch, from here on.
use_suite() {
	local d=$cache/apt-$1 mirror

	if [ "$1" = here ] && [ "$arch" = "$(dpkg --print-architecture)" ]; then
		apt-cache show linux-image-cloud-"$arch" >/dev/null 2>&1 || apt-get -qq update
		return
	fi
	[ "$arch" = amd64 ] || d=$d-$arch
	if [ ! -e "$d/conf" ]; then
		mkdir -p "$d/lists/partial" "$d/archives/partial"
		{
			printf '%s "%s";\n' APT::Architecture "$arch" Dir::State::lists "$d/lists" \
				Dir::State::status /dev/null Dir::Cache "$d" APT::Sandbox::User root
			echo "#clear APT::Architectures; APT::Architectures { \"$arch\"; };"
			[ "$1" = here ] || printf '%s "%s";\n' Dir::Etc::SourceList "$d/list" Dir::Etc::SourceParts /dev/null
		} >"$d/new"
		if [ "$1" != here ]; then
			# shellcheck disable=SC2016 # apt's own word
			mirror=$(apt-get indextargets --format '$(REPO_URI)' | grep -m 1 '/debian/\?$') ||
				mirror=http://deb.debian.org/debian
			echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror $1 main" >"$d/list"
		fi
		APT_CONFIG=$d/new apt-get -qq update || return 1
		mv "$d/new" "$d/conf"
	fi
	export APT_CONFIG=$d/conf
}
