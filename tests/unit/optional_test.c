// SPDX-License-Identifier: GPL-2.0-only
/* If the kernel rejects an optional program, the rest is loaded in one more attempt, and the
 * missing part is reported. */
#include <dlfcn.h>
#include <unistd.h>
#include <bpf/libbpf.h>
#include <stdlib.h>
#include <string.h>
#include "test_context.h"
#include "engine/settings.h"

static const char *spoiled; /* names of programs */
static int loads;

/* r0 = *(u64 *)(r1 + 4096): far behind the context. */
static const struct bpf_insn bad = {
	.code = BPF_LDX | BPF_DW | BPF_MEM, .dst_reg = 0, .src_reg = 1, .off = 4096};

static void spoil(struct bpf_program *p)
{
	size_t n = bpf_program__insn_cnt(p);
	struct bpf_insn *insns = malloc(n * sizeof(*insns));

	memcpy(insns, bpf_program__insns(p), n * sizeof(*insns));
	insns[0] = bad;
	assert_int_equal(bpf_program__set_insns(p, insns, n), 0);
	free(insns);
}

/* Called in the place of libbpf's, which it calls. */
int bpf_object__load_skeleton(struct bpf_object_skeleton *s)
{
	int (*load)(struct bpf_object_skeleton *) = dlsym(RTLD_NEXT, "bpf_object__load_skeleton");
	struct bpf_program *p;

	loads++;
	bpf_object__for_each_program(p, *s->obj)
	{
		if (bpf_program__autoload(p) && strstr(spoiled, bpf_program__name(p)))
			spoil(p);
	}
	return load(s);
}

static int load(struct sw_engine *g, const char *names, char pins[64])
{
	struct sw_config c;
	int rc;

	spoiled = names;
	loads = 0;
	snprintf(pins, 64, "/sys/fs/bpf/sw-optional-%d", getpid());
	sw_config_init(&c);
	c.blocked4 = c.blocked6 = c.sources = c.prefixes = 1024;
	ctx_err.text[0] = 0;
	rc = sw_engine_load(g, pins, &c, &ctx_err);
	if (!rc) {
		sw_settings_configure(g, &c);
		sw_engine_close(g);
	}
	sw_config_free(&c);
	return rc;
}

/* Loaded without `names` in so many tries; the parts it has, and what it does
 * with who is blocked for new connections. */
static unsigned int without(const char *names, int tries, bool *challenges)
{
	unsigned int parts;
	struct sw_engine g;
	struct sw_err ignored;
	char pins[64];

	OK(load(&g, names, pins));
	assert_int_equal(loads, tries);
	parts = sw_engine_parts(pins);
	assert_int_equal(sw_engine_inspects(pins), !!(parts & SW_PART_SIGNATURES));
	OK(sw_engine_open(&g, pins, &ctx_err));
	*challenges = g.settings->challenge;
	sw_engine_close(&g);
	sw_engine_remove(pins, &ignored);
	return parts;
}

static void signatures_can_be_done_without(void **unused)
{
	bool challenges;

	(void)unused;
	assert_int_equal(without("inspect", 2, &challenges), SW_PART_CHALLENGES);
	assert_true(challenges);
	assert_int_equal(without("respond", 2, &challenges), SW_PART_CHALLENGES);
	assert_true(challenges);
	assert_string_equal(sw_parts_missing(SW_PART_CHALLENGES, 0), SW_NO_SIGNATURES);
	assert_string_equal(sw_parts_missing(SW_PART_CHALLENGES, 1), SW_NO_REFUSALS);
	assert_null(sw_parts_missing(SW_PART_CHALLENGES, 2));
}

/* Whom nobody can challenge would never get in. */
static void challenges_can_be_done_without(void **unused)
{
	bool challenges;

	(void)unused;
	assert_int_equal(without("challenge", 2, &challenges),
			 SW_PART_SIGNATURES | SW_PART_REFUSALS);
	assert_false(challenges);
	assert_string_equal(sw_parts_missing(SW_PART_SIGNATURES | SW_PART_REFUSALS, 0),
			    SW_NO_CHALLENGES);
	assert_null(sw_parts_missing(SW_PART_SIGNATURES | SW_PART_REFUSALS, 1));
}

static void refusals_can_be_done_without(void **unused)
{
	bool challenges;

	(void)unused;
	assert_int_equal(without("answer", 2, &challenges),
			 SW_PART_SIGNATURES | SW_PART_CHALLENGES);
	assert_true(challenges);
}

static void all_can_be_done_without(void **unused)
{
	bool challenges;

	(void)unused;
	assert_int_equal(without("challenge inspect respond answer", 3, &challenges), 0);
	assert_false(challenges);
	assert_string_equal(sw_parts_missing(0, 1), SW_NO_CHALLENGES);
}

static void a_whole_load_takes_one_try(void **unused)
{
	bool challenges;

	(void)unused;
	assert_int_equal(without("none", 1, &challenges), SW_PART_ALL);
	assert_true(challenges);
	assert_null(sw_parts_missing(SW_PART_ALL, 0));
}

/* Without the program itself there is nothing, and no second try. */
static void the_program_itself_cannot(void **unused)
{
	struct sw_engine g;
	char pins[64];

	(void)unused;
	assert_int_equal(load(&g, "scanwall", pins), -1);
	assert_int_equal(loads, 1);
	assert_non_null(strstr(ctx_err.text, "refuses the program `scanwall`: "));
	assert_int_equal(access(pins, F_OK), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(signatures_can_be_done_without),
		cmocka_unit_test(challenges_can_be_done_without),
		cmocka_unit_test(refusals_can_be_done_without),
		cmocka_unit_test(all_can_be_done_without),
		cmocka_unit_test(a_whole_load_takes_one_try),
		cmocka_unit_test(the_program_itself_cannot),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
