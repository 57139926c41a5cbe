// SPDX-License-Identifier: GPL-2.0-only
/* Why the kernel rejected a program: collects libbpf's messages for one sentence. */
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include "engine/internal.h"

#define LSM_FILE "/sys/kernel/security/lsm"
#define LOCKDOWN_FILE "/sys/kernel/security/lockdown"

static char first_message[512]; /* libbpf's own message */
static char program[64];	/* that was refused */
static char reason[256];	/* the verifier's reason */

/* libbpf names the program first: "libbpf: prog 'NAME': ...". */
static void keep_program(const char *text)
{
	const char *from = strstr(text, "prog '");

	if (from && !program[0])
		sscanf(from, "prog '%63[^']'", program);
}

/* The log ends with its reason, then with what it counted:
 *   R5 unbounded memory access, make sure to bounds check any such access
 *   processed 1038 insns (limit 1000000) max_states_per_insn 6 ... */
static void keep_reason(char *text)
{
	char *end = strstr(text, "\nprocessed "), *from;

	if (!end || reason[0])
		return;
	*end = 0;
	from = strrchr(text, '\n');
	snprintf(reason, sizeof(reason), "%s", from ? from + 1 : text);
}

static int keep_message(enum libbpf_print_level level, const char *fmt, va_list ap)
{
	char *text;

	if (vasprintf(&text, fmt, ap) < 0)
		return 0;
	if (getenv("SCANWALL_DEBUG"))
		fputs(text, stderr);
	if (level == LIBBPF_WARN) {
		keep_program(text);
		keep_reason(text);
		text[strcspn(text, "\n")] = 0;
		if (!first_message[0])
			snprintf(first_message, sizeof(first_message), "%s", text);
	}
	free(text);
	return 0;
}

void sw_engine_keep_messages(void)
{
	libbpf_set_print(keep_message);
	first_message[0] = program[0] = reason[0] = 0;
}

bool sw_engine_refused(const char *name)
{
	return !strcmp(program, name);
}

static void read_line(const char *file, char *line, int bytes)
{
	FILE *f = fopen(file, "re");

	if (!f || !fgets(line, bytes, f))
		snprintf(line, bytes, "unknown");
	line[strcspn(line, "\n")] = 0;
	if (f)
		fclose(f);
}

/* Preflight has found the capabilities, so something else denies it. */
static int fail_forbidden(struct sw_err *e)
{
	char lsm[128], lockdown[64];

	read_line(LSM_FILE, lsm, sizeof(lsm));
	read_line(LOCKDOWN_FILE, lockdown, sizeof(lockdown));
	return sw_fail(e, SW_EXIT_PERM,
		       "the kernel does not let this process use BPF although it has the "
		       "capabilities: a container's user namespace, a seccomp filter or a security "
		       "module forbids it (lsm: %s; lockdown: %s); run scanwall as root on the "
		       "host and allow BPF in its policy",
		       lsm, lockdown);
}

int sw_engine_load_failed(const char *where, int error, struct sw_err *e)
{
	struct utsname u;

	uname(&u);
	if (reason[0])
		return sw_fail(e, SW_EXIT_PERM,
			       "the verifier of kernel %s refuses the program `%s`: %s; use a "
			       "kernel that docs/kernels.md lists, and report this line",
			       u.release, program, reason);
	if (error == EPERM)
		return fail_forbidden(e);
	return sw_fail(e, SW_EXIT_FAILED, "kernel %s did not accept the program for %s: %s%s%s%s",
		       u.release, where, strerror(error), first_message[0] ? " (" : "",
		       first_message, first_message[0] ? ")" : "");
}
