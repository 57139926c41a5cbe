// SPDX-License-Identifier: GPL-2.0-only
/* Preloaded, it has the kernel refuse the programs that $REFUSE names: their first instruction
 * becomes a read far outside the context. */
#include <bpf/libbpf.h>
#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

static const struct bpf_insn bad = {
	.code = BPF_LDX | BPF_DW | BPF_MEM, .dst_reg = 0, .src_reg = 1, .off = 4096};

static void spoil(struct bpf_program *p)
{
	size_t n = bpf_program__insn_cnt(p);
	struct bpf_insn *insns = malloc(n * sizeof(*insns));

	if (!insns)
		abort();
	memcpy(insns, bpf_program__insns(p), n * sizeof(*insns));
	insns[0] = bad;
	if (bpf_program__set_insns(p, insns, n))
		abort();
	free(insns);
}

int bpf_object__load_skeleton(struct bpf_object_skeleton *s)
{
	int (*load)(struct bpf_object_skeleton *) = dlsym(RTLD_NEXT, "bpf_object__load_skeleton");
	const char *names = getenv("REFUSE");
	struct bpf_program *p;

	bpf_object__for_each_program(p, *s->obj)
	{
		if (names && bpf_program__autoload(p) && strstr(names, bpf_program__name(p)))
			spoil(p);
	}
	return load(s);
}
