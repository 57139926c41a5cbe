// SPDX-License-Identifier: GPL-2.0-only
/* If the verifier rejects a program, the error names it and the verifier's reason. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <bpf/libbpf.h>
#include <linux/bpf.h>
#include <stdlib.h>
#include <string.h>
#include "engine/internal.h"
#include "scanwall.skel.h"

/* r0 = *(u64 *)(r1 + 4096): far behind the context. */
static const struct bpf_insn bad = {
	.code = BPF_LDX | BPF_DW | BPF_MEM, .dst_reg = 0, .src_reg = 1, .off = 4096};

/* Loads `name` alone, with its first instruction replaced. */
static int load_spoiled(const char *name)
{
	struct scanwall_bpf *skel = scanwall_bpf__open();
	struct bpf_program *p, *one;
	struct bpf_insn *insns;
	size_t n;
	int rc;

	assert_non_null(skel);
	one = bpf_object__find_program_by_name(skel->obj, name);
	bpf_object__for_each_program(p, skel->obj) bpf_program__set_autoload(p, p == one);
	n = bpf_program__insn_cnt(one);
	insns = malloc(n * sizeof(*insns));
	memcpy(insns, bpf_program__insns(one), n * sizeof(*insns));
	insns[0] = bad;
	assert_int_equal(bpf_program__set_insns(one, insns, n), 0);
	rc = scanwall_bpf__load(skel);
	free(insns);
	scanwall_bpf__destroy(skel);
	return rc;
}

static void the_verifiers_reason_is_told(void **unused)
{
	struct sw_err e;
	int rc;

	(void)unused;
	sw_engine_keep_messages();
	rc = load_spoiled("inspect");
	assert_true(rc < 0);
	sw_engine_load_failed("a test", -rc, &e);
	assert_non_null(strstr(e.text, "refuses the program `inspect`: invalid bpf_context access "
				       "off=4096 size=8; "));
	assert_int_equal(e.exit, SW_EXIT_PERM);
}

static void only_the_refused_program_is_named(void **unused)
{
	(void)unused;
	sw_engine_keep_messages();
	assert_true(load_spoiled("inspect") < 0);
	assert_true(sw_engine_refused("inspect"));
	assert_false(sw_engine_refused("scanwall"));

	sw_engine_keep_messages();
	assert_false(sw_engine_refused("inspect"));
	assert_true(load_spoiled("scanwall") < 0);
	assert_false(sw_engine_refused("inspect"));
	assert_true(sw_engine_refused("scanwall"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_verifiers_reason_is_told),
		cmocka_unit_test(only_the_refused_program_is_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
