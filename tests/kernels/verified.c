// SPDX-License-Identifier: GPL-2.0-only
/* What this kernel's verifier says of each program: instructions, their share
 * of the million it allows, stack; or why it refuses. Exit 1 if it refuses one,
 * or if one takes more than SHARE_MOST. */
#include <bpf/libbpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "engine/internal.h"
#include "scanwall.skel.h"

#define INSNS_MOST 1000000
#define SHARE_MOST 70 /* percent: kernels differ by a factor of two */
#define LOG_STATS 4   /* the kernel's BPF_LOG_STATS */
#define LOG_BYTES (16u << 20)

static char log_text[LOG_BYTES];

static int silent(enum libbpf_print_level level, const char *fmt, va_list ap)
{
	(void)level;
	(void)fmt;
	(void)ap;
	return 0;
}

/* Loads one program alone, as sw_engine_load would; its log goes to log_text. */
static int load_one(const char *name, bool decrypted, unsigned int log_level)
{
	static const __u64 seed[4] = {1, 2, 3, 4};
	struct scanwall_bpf *skel = scanwall_bpf__open();
	struct bpf_program *p, *one;
	struct sw_config c;
	int rc;

	if (!skel)
		return -1;
	sw_config_init(&c);
	sw_engine_set_sizes(skel, &c);
	sw_engine_set_constants(skel, &c, seed);
	sw_config_free(&c);
	skel->rodata->decrypted = decrypted;
	one = bpf_object__find_program_by_name(skel->obj, name);
	bpf_object__for_each_program(p, skel->obj) bpf_program__set_autoload(p, p == one);
	log_text[0] = 0;
	bpf_program__set_log_level(one, log_level);
	bpf_program__set_log_buf(one, log_text, sizeof(log_text));
	rc = scanwall_bpf__load(skel);
	scanwall_bpf__destroy(skel);
	return rc;
}

/* The verifier's reason is the line before the last, which counts. */
static void print_reason(void)
{
	char *end = strstr(log_text, "\nprocessed "), *from;

	if (!end)
		end = log_text + strlen(log_text);
	*end = 0;
	from = strrchr(log_text, '\n');
	printf("refused: %s\n", from ? from + 1 : log_text);
}

/* decrypted: as `run --tls` loads it. */
static bool verify(const char *name, bool decrypted)
{
	char *stack, *insns;
	long n;

	printf("  %-12s ", decrypted ? "  with --tls" : name);
	if (load_one(name, decrypted, LOG_STATS)) {
		load_one(name, decrypted, 1);
		print_reason();
		return false;
	}
	insns = strstr(log_text, "processed ");
	stack = strstr(log_text, "stack depth ");
	n = insns ? atol(insns + strlen("processed ")) : 0;
	stack = stack ? stack + strlen("stack depth ") : log_text + strlen(log_text);
	stack[strcspn(stack, "\n")] = 0;
	printf("%9ld insns %3ld %%  stack %s%s\n", n, n * 100 / INSNS_MOST, stack,
	       n * 100 > (long)SHARE_MOST * INSNS_MOST ? "  TOO MUCH" : "");
	return n > 0 && n * 100 <= (long)SHARE_MOST * INSNS_MOST;
}

int main(void)
{
	struct scanwall_bpf *skel = scanwall_bpf__open();
	struct bpf_program *p;
	bool ok = true;

	libbpf_set_print(silent);
	if (!skel)
		return 1;
	bpf_object__for_each_program(p, skel->obj)
	{
		if (p == skel->progs.admit && !sw_kernel_admits()) {
			printf("  %-12s not for this kernel\n", bpf_program__name(p));
			continue;
		}
		ok &= verify(bpf_program__name(p), false);
		if (p == skel->progs.inspect || p == skel->progs.respond ||
		    p == skel->progs.answer || p == skel->progs.reply)
			ok &= verify(bpf_program__name(p), true);
		fflush(stdout);
	}
	scanwall_bpf__destroy(skel);
	return !ok;
}
