#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# The build counts the stack of nested calls as Linux 6.1 does, and names the chain that
# 6.1 would refuse.
. "$(dirname "$0")/lib.sh"

# deepest LINES: what stack_depth says of programs made of these, after use N, a
# function's stack of N bytes.
deepest() {
	{
		cat <<-'END'
			#define use(n) char room[n]; asm volatile("" : : "r"(room) : "memory")
			#define part __attribute__((noinline))
			#define program __attribute__((section("xdp"), used))
			static long (*tail_call)(void *, void *, unsigned) = (void *)12;
			static long (*loop)(unsigned, void *, void *, unsigned long) = (void *)181;
			struct { int (*type)[3]; } programs __attribute__((section(".maps"), used));
		END
		echo "$1"
	} >"$work/one.c"
	clang -O2 -g --target=bpf -mcpu=v3 -Wno-everything -c "$work/one.c" -o "$work/one.o" &&
		"$top/build/stack_depth" "$work/one.o"
}

check "scanwall's own object" "$top/build/stack_depth" "$top/build/scanwall.bpf.o"
says "the deepest chain of each program is named" \
	'^  scanwall +[0-9]+ of 512: scanwall [0-9]+( > [a-z0-9_]+ [0-9]+)+$' '^  inspect ' '^  answer '

expect 0 "512 bytes in three calls are allowed" deepest '
part int two(void *c) { use(160); return 1; }
static part int one(void *c) { use(160); return two(c) + 1; }
program int deep(void *c) { use(192); return one(c) + 2; }'
says "and counted" '^  deep +512 of 512: deep 192 > one 160 > two 160$'

expect 1 "8 bytes more are refused, which 6.1 rounds to 32" deepest '
part int two(void *c) { use(168); return 1; }
static part int one(void *c) { use(160); return two(c) + 1; }
program int shallow(void *c) { use(64); return two(c); }
program int deep(void *c) { use(192); return one(c) + 2; }'
says "the chain is named" '^Linux 6.1 refuses deep: more than 512 bytes' '^  deep 192 > one 160 > two 192$'
says "the program beside it is counted" '^  shallow +256 of 512: shallow 64 > two 192$'

expect 1 "what a callback takes counts, too" deepest '
static part int each(unsigned i, void *c) { use(256); return 0; }
program int deep(void *c) { use(288); return loop(3, each, 0, 0); }'
says "the callback is named" '^  deep 288 > each 256$'

chain='part int f0(void *c) { use(8); return 1; }'
for i in 1 2 3 4 5 6; do
	chain+="part int f$i(void *c) { use(8); return f$((i - 1))(c) + 1; }"
done
expect 0 "eight nested calls are allowed" deepest "$chain program int deep(void *c) { return f6(c) + 1; }"
expect 1 "nine are not" deepest "$chain part int f7(void *c) { use(8); return f6(c) + 1; }
program int deep(void *c) { return f7(c) + 1; }"
says "they are counted" 'more than 8 nested calls' '^  deep 32 > f7 32 > .* > f0 32$'

tail='static part int leap(void *c) { tail_call(c, &programs, 0); return 1; }'
expect 0 "a tail call below 224 bytes is allowed" deepest "$tail
program int deep(void *c) { use(224); return leap(c) + 1; }"
expect 1 "below 256 it is not" deepest "$tail
program int deep(void *c) { use(256); return leap(c) + 1; }"
says "it is named" 'above a tail call' '^  deep 256 > leap 32$'

finish
