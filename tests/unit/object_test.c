// SPDX-License-Identifier: GPL-2.0-only
/* The lookup in a line is compiled to arithmetic, without a branch per slot, which a packet
 * from a random source would mispredict (dropset.h). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <bpf/libbpf.h>
#include <gelf.h>
#include <stdio.h>
#include <string.h>
#include <scanwall/abi.h>
#include "scanwall.skel.h"

static struct scanwall_bpf *skel;

static int open_object(void **s)
{
	(void)s;
	elf_version(EV_CURRENT);
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

/* A global function's instructions, which libbpf shows only as parts of programs. */
static const struct bpf_insn *function(const char *name, size_t *n)
{
	Elf *elf = elf_memory((char *)skel->skeleton->data, skel->skeleton->data_sz);
	const struct bpf_insn *found = NULL;
	Elf_Data *symbols;
	Elf_Scn *section = NULL;
	GElf_Shdr head;
	GElf_Sym sym;

	assert_non_null(elf);
	while (!found && (section = elf_nextscn(elf, section))) {
		gelf_getshdr(section, &head);
		if (head.sh_type != SHT_SYMTAB)
			continue;
		symbols = elf_getdata(section, NULL);
		for (size_t i = 0; i < head.sh_size / head.sh_entsize; i++) {
			gelf_getsym(symbols, i, &sym);
			if (strcmp(elf_strptr(elf, head.sh_link, sym.st_name), name))
				continue;
			*n = sym.st_size / sizeof(*found);
			found = (void *)((char *)elf_getdata(elf_getscn(elf, sym.st_shndx), NULL)
						 ->d_buf +
					 sym.st_value);
		}
	}
	elf_end(elf); /* the instructions lie in the skeleton's memory */
	return found;
}

/* A line of either family. */
static void packets(void **s)
{
	const struct bpf_program *prog = skel->progs.scanwall;
	size_t n = 0;
	const struct bpf_insn *v6 = function("in_drop6", &n);

	(void)s;
	assert_true(longest_run(bpf_program__insns(prog), bpf_program__insn_cnt(prog), false) >=
		    SW_DROP4_WAYS);
	assert_non_null(v6);
	assert_true(longest_run(v6, n, true) >= SW_DROP6_WAYS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(packets),
	};

	return cmocka_run_group_tests_name("the object", tests, open_object, close_object);
}
