// SPDX-License-Identifier: GPL-2.0-only
/* stack_depth OBJECT: the stack that each program's deepest chain of calls takes,
 * as Linux 6.1 counts it, from the object alone. Exit 1 where 6.1 would refuse it.
 *
 * check_max_stack_depth (v6.1, kernel/bpf/verifier.c) adds up nested calls, each
 * frame rounded up to 32 bytes: at most 512, in at most 8 frames. Since 6.8 a JIT's
 * frames are rounded to 16, so that what passes here passes there. A frame is as
 * large as its instructions reach below r10. */
#include <fcntl.h>
#include <gelf.h>
#include <linux/bpf.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FUNCS_MOST 512
#define CALLS_MOST 128
#define STACK_MOST 512	     /* MAX_BPF_STACK */
#define FRAMES_MOST 8	     /* MAX_CALL_FRAMES */
#define TAIL_CALLER_MOST 256 /* above a function that tail-calls: 32 times that is 8 KiB */
#define NO_OFFSET 1	     /* the register points nowhere into the stack */

struct func {
	const char *name;
	int section;
	const struct bpf_insn *insns;
	int at, n; /* where in its section, how many: instructions */
	bool program, tail_calls;
	int stack;
	int callees[CALLS_MOST], n_callees;
};

/* Programs and what they call, outermost first. */
struct chain {
	int funcs[FRAMES_MOST + 1], n;
	int bytes;
};

static struct func funcs[FUNCS_MOST];
static int n_funcs;
static Elf *elf;
static Elf_Data *symbols;
static size_t names; /* the section of the symbols' names */

static void die(const char *what, const char *which)
{
	fprintf(stderr, "stack_depth: %s: %s\n", which, what);
	exit(3);
}

static int func_at(int section, int at)
{
	for (int i = 0; i < n_funcs; i++)
		if (funcs[i].section == section && at >= funcs[i].at &&
		    at < funcs[i].at + funcs[i].n)
			return i;
	return -1;
}

static Elf_Data *relocations_of(int section)
{
	Elf_Scn *scn = NULL;
	GElf_Shdr header;

	while ((scn = elf_nextscn(elf, scn)))
		if (gelf_getshdr(scn, &header) && header.sh_type == SHT_REL &&
		    (int)header.sh_info == section)
			return elf_getdata(scn, NULL);
	return NULL;
}

static bool find_symbol(const struct func *f, int i, GElf_Sym *sym)
{
	Elf_Data *data = relocations_of(f->section);
	GElf_Rel rel;

	for (int n = 0; data && gelf_getrel(data, n, &rel); n++)
		if (rel.r_offset == (f->at + i) * sizeof(struct bpf_insn))
			return gelf_getsym(symbols, GELF_R_SYM(rel.r_info), sym);
	return false;
}

/* The function that instruction i calls, or hands to a helper as a callback, which
 * 6.1 counts alike; -1 for none. Within a section clang has resolved static ones. */
static int callee_of(const struct func *f, int i)
{
	const struct bpf_insn *insn = &f->insns[i];
	bool call = insn->code == (BPF_JMP | BPF_CALL) && insn->src_reg == BPF_PSEUDO_CALL;
	GElf_Sym sym;
	int at = 0;

	if (!call && insn->code != (BPF_LD | BPF_IMM | BPF_DW))
		return -1;
	if (!find_symbol(f, i, &sym))
		return call ? func_at(f->section, f->at + i + insn->imm + 1) : -1;
	if (GELF_ST_TYPE(sym.st_info) == STT_SECTION)
		at = call ? insn->imm + 1 : insn->imm / (int)sizeof(*insn);
	return func_at(sym.st_shndx, at + (int)(sym.st_value / sizeof(*insn)));
}

static void add_callee(struct func *f, int callee)
{
	for (int i = 0; i < f->n_callees; i++)
		if (f->callees[i] == callee)
			return;
	if (f->n_callees == CALLS_MOST)
		die("calls too many functions: raise CALLS_MOST", f->name);
	f->callees[f->n_callees++] = callee;
}

static void reach(struct func *f, int offset)
{
	if (offset < 0 && -offset > f->stack)
		f->stack = -offset;
}

/* What registers hold of r10, in offset, behind this instruction. */
static void follow(struct func *f, const struct bpf_insn *insn, int *offset)
{
	int class = BPF_CLASS(insn->code), dst = insn->dst_reg, src = insn->src_reg;

	if (class == BPF_JMP || class == BPF_JMP32)
		return;
	if (class == BPF_ST || class == BPF_STX) {
		if (offset[dst] != NO_OFFSET)
			reach(f, offset[dst] + insn->off);
		return;
	}
	if (class == BPF_LDX && offset[src] != NO_OFFSET)
		reach(f, offset[src] + insn->off);
	if (insn->code == (BPF_ALU64 | BPF_MOV | BPF_X))
		offset[dst] = offset[src];
	else if (insn->code == (BPF_ALU64 | BPF_ADD | BPF_K) && offset[dst] != NO_OFFSET)
		offset[dst] += insn->imm;
	else
		offset[dst] = NO_OFFSET;
	if (offset[dst] != NO_OFFSET)
		reach(f, offset[dst]);
}

static void read_func(struct func *f)
{
	int offset[MAX_BPF_REG + 5], callee;

	for (int i = 0; i < MAX_BPF_REG + 5; i++)
		offset[i] = i == BPF_REG_10 ? 0 : NO_OFFSET;
	for (int i = 0; i < f->n; i++) {
		const struct bpf_insn *insn = &f->insns[i];

		follow(f, insn, offset);
		callee = callee_of(f, i);
		if (callee >= 0)
			add_callee(f, callee);
		if (insn->code == (BPF_JMP | BPF_CALL) && !insn->src_reg)
			f->tail_calls |= insn->imm == BPF_FUNC_tail_call;
		if (insn->code == (BPF_LD | BPF_IMM | BPF_DW))
			i++; /* its second half is no instruction */
	}
}

static void add_func(const GElf_Sym *sym)
{
	Elf_Scn *scn = elf_getscn(elf, sym->st_shndx);
	struct func *f = &funcs[n_funcs];
	const char *section;
	GElf_Shdr header;
	size_t sections;

	if (GELF_ST_TYPE(sym->st_info) != STT_FUNC || !scn || !sym->st_size)
		return;
	if (n_funcs == FUNCS_MOST)
		die("more functions than FUNCS_MOST", "the object");
	gelf_getshdr(scn, &header);
	elf_getshdrstrndx(elf, &sections);
	section = elf_strptr(elf, sections, header.sh_name);
	f->name = elf_strptr(elf, names, sym->st_name);
	f->section = sym->st_shndx;
	f->at = (int)(sym->st_value / sizeof(struct bpf_insn));
	f->n = (int)(sym->st_size / sizeof(struct bpf_insn));
	f->insns = (const struct bpf_insn *)elf_getdata(scn, NULL)->d_buf + f->at;
	f->program = strcmp(section, ".text");
	n_funcs++;
}

static void read_object(const char *path)
{
	Elf_Scn *scn = NULL;
	GElf_Shdr header;
	GElf_Sym sym;

	elf_version(EV_CURRENT);
	elf = elf_begin(open(path, O_RDONLY | O_CLOEXEC), ELF_C_READ, NULL);
	while ((scn = elf_nextscn(elf, scn)) && gelf_getshdr(scn, &header))
		if (header.sh_type == SHT_SYMTAB) {
			symbols = elf_getdata(scn, NULL);
			names = header.sh_link;
		}
	if (!symbols)
		die("no object, or without symbols", path);
	for (int i = 0; gelf_getsym(symbols, i, &sym); i++)
		add_func(&sym);
	for (int i = 0; i < n_funcs; i++)
		read_func(&funcs[i]);
}

static int frame_of(const struct func *f)
{
	return f->stack ? (f->stack + 31) / 32 * 32 : 32;
}

static void print_chain(FILE *to, const struct chain *c)
{
	for (int i = 0; i < c->n; i++)
		fprintf(to, "%s%s %d", i ? " > " : "", funcs[c->funcs[i]].name,
			frame_of(&funcs[c->funcs[i]]));
	fprintf(to, "\n");
}

static bool refuse(const struct chain *c, const char *why)
{
	fprintf(stderr, "Linux 6.1 refuses %s: %s\n  ", funcs[c->funcs[0]].name, why);
	print_chain(stderr, c);
	return false;
}

/* Goes on from `so_far` into function i; the deepest chain seen is in `deepest`.
 * False where 6.1 would refuse one for anything but its bytes. */
static bool descend(struct chain so_far, int i, struct chain *deepest)
{
	const struct func *f = &funcs[i];
	int above = so_far.bytes;
	bool ok = true;

	so_far.funcs[so_far.n++] = i;
	so_far.bytes += frame_of(f);
	if (so_far.n > FRAMES_MOST)
		return refuse(&so_far, "more than 8 nested calls (or recursion)");
	if (so_far.n > 1 && f->tail_calls && above >= TAIL_CALLER_MOST)
		return refuse(&so_far, "256 bytes of stack or more above a tail call");
	if (so_far.bytes > deepest->bytes)
		*deepest = so_far;
	for (int n = 0; n < f->n_callees && ok; n++)
		ok = descend(so_far, f->callees[n], deepest);
	return ok;
}

static bool check_program(int i)
{
	struct chain none = {.n = 0}, deepest = {.n = 0};

	if (!descend(none, i, &deepest))
		return false;
	if (deepest.bytes > STACK_MOST)
		return refuse(&deepest, "more than 512 bytes of stack over nested calls");
	printf("  %-16s %3d of %d: ", funcs[i].name, deepest.bytes, STACK_MOST);
	print_chain(stdout, &deepest);
	return true;
}

int main(int argc, char **argv)
{
	bool ok = true;

	if (argc != 2)
		die("usage: stack_depth OBJECT", "no object");
	read_object(argv[1]);
	for (int i = 0; i < n_funcs; i++)
		if (funcs[i].program)
			ok &= check_program(i);
	return !ok;
}
