// SPDX-License-Identifier: GPL-2.0-only
/* What clang makes of the look-up in a line: a choice by arithmetic, and not a
 * branch a slot, which a packet from a random source mispredicts (dropset.h). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <bpf/libbpf.h>
#include <stdio.h>
#include <scanwall/abi.h>
#include "scanwall.skel.h"

static struct scanwall_bpf *skel;

static int open_object(void **s)
{
	(void)s;
	skel = scanwall_bpf__open();
	return skel ? 0 : -1;
}

static int close_object(void **s)
{
	(void)s;
	scanwall_bpf__destroy(skel);
	return 0;
}

static bool is_branch(const struct bpf_insn *i)
{
	int class = BPF_CLASS(i->code), op = BPF_OP(i->code);

	return (class == BPF_JMP || class == BPF_JMP32) && op != BPF_CALL && op != BPF_EXIT;
}

static bool xors(const struct bpf_insn *i)
{
	return BPF_OP(i->code) == BPF_XOR && BPF_SRC(i->code) == BPF_X &&
	       (BPF_CLASS(i->code) == BPF_ALU || BPF_CLASS(i->code) == BPF_ALU64);
}

/* Of sw_has4(): a slot and the address differ in 32 bits; of sw_has6(), in 64. */
static bool compares(const struct bpf_insn *i, bool v6)
{
	return xors(i) && BPF_CLASS(i->code) == (v6 ? BPF_ALU64 : BPF_ALU);
}

/* How many slots are compared at most without a branch in between. */
static int longest_run(const struct bpf_insn *insn, size_t n, bool v6)
{
	int longest = 0, run = 0;

	for (size_t i = 0; i < n; i++) {
		if (is_branch(&insn[i]))
			run = 0;
		run += compares(&insn[i], v6);
		longest = run > longest ? run : longest;
	}
	return longest;
}

/* A line of IPv4; of IPv6 that of the /64 and that of the address. */
static void chooses_without_branches(const struct bpf_program *prog)
{
	const struct bpf_insn *insn = bpf_program__insns(prog);
	size_t n = bpf_program__insn_cnt(prog);

	assert_true(longest_run(insn, n, false) >= SW_DROP4_WAYS);
	assert_true(longest_run(insn, n, true) >= 2 * SW_DROP6_WAYS);
}

static void packets(void **s)
{
	(void)s;
	chooses_without_branches(skel->progs.scanwall);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(packets),
	};

	return cmocka_run_group_tests_name("the object", tests, open_object, close_object);
}
