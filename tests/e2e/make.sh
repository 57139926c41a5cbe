#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# What `make` promises, seen in the commands that it would run.
. "$(dirname "$0")/lib.sh"

cd "$top" || exit 1
unset MAKEFLAGS MFLAGS # of the make that runs the tests
would() { # the commands for one object
	make -n -B V=1 "$@" 2>&1 | grep -e ' -c user/base/addr.c'
}
says_flags() { # WORD...: each is in $line
	local word

	for word; do
		case " $line " in *" $word "*) ;; *) return 1 ;; esac
	done
}

line=$(would CFLAGS='-O1 -fsanitize=address' build/user/base/addr.o)
check "CFLAGS of the command line are added to our own" says_flags -O1 -fsanitize=address \
	-std=gnu11 -fno-strict-aliasing -Iinclude -Iuser -Wall -Werror -MMD
check "and the version stays defined" eval 'case $line in *SW_VERSION*) ;; *) false ;; esac'
check "they take the place of -O2 -g" not says_flags -O2
line=$(would WERROR=0 build/user/base/addr.o)
check "WERROR=0 lets warnings pass" not says_flags -Werror
check "and keeps them" says_flags -Wall -O2
line=$(would O=build/elsewhere build/elsewhere/user/base/addr.o)
check "O= builds there" says_flags build/elsewhere/user/base/addr.o
check "and says a name without it in what is built" \
	says_flags "-ffile-prefix-map=$top/build/elsewhere=build"
refused_make() { # WORDS ARG...: make ends with a sentence that has the words
	local words=$1

	shift
	out=$(make -n "$@" 2>&1) && return 1
	grep -qF -- "$words" <<<"$out"
}
check "a missing program is named" refused_make "Missing: no-such-clang (scripts/setup installs" \
	CLANG=no-such-clang
check "missing packages are named" refused_make "Missing: the development files of libbpf" \
	PKG_CONFIG=false
check "an unknown ARCH is refused" refused_make "ARCH=vax is not known" ARCH=vax
check "help names every target of the kit" eval \
	'text=$(make -s help) && for t in check lint asan ubsan coverage reproducible dist compile_commands.json; do
		grep -q "$t" <<<"$text" || exit 1; done'
finish
