// SPDX-License-Identifier: GPL-2.0-only
/* What must be there before a program can be loaded; each lack is told apart,
 * since the kernel answers most of them with the same EPERM or EINVAL. */
#include <cap-ng.h>
#include <errno.h>
#include <libgen.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <sys/vfs.h>
#include <unistd.h>
#include "engine/internal.h"

#define KERNEL_MAJOR 6
#define KERNEL_MINOR 1
#define BTF_FILE "/sys/kernel/btf/vmlinux"
#define JIT_FILE "/proc/sys/net/core/bpf_jit_enable" /* in the first namespace only */

static int check_kernel(struct sw_err *e)
{
	struct utsname u;
	int major = 0, minor = 0;

	uname(&u);
	if (sscanf(u.release, "%d.%d", &major, &minor) == 2 &&
	    (major > KERNEL_MAJOR || (major == KERNEL_MAJOR && minor >= KERNEL_MINOR)))
		return 0;
	return sw_fail(e, SW_EXIT_FAILED,
		       "kernel %s is too old; scanwall needs %d.%d or newer (Debian 12 has 6.1)",
		       u.release, KERNEL_MAJOR, KERNEL_MINOR);
}

static int check_btf(struct sw_err *e)
{
	if (access(BTF_FILE, R_OK) == 0 || errno == EACCES)
		return 0;
	return sw_fail(e, SW_EXIT_FAILED,
		       "this kernel has no type information (%s is missing); boot one built with "
		       "CONFIG_DEBUG_INFO_BTF=y, as Debian's are",
		       BTF_FILE);
}

/* The kernel's own answer is EINVAL: the interpreter does no tail calls out of
 * programs with functions. */
static int check_jit(struct sw_err *e)
{
	FILE *f = fopen(JIT_FILE, "re");
	int first = f ? fgetc(f) : '1';

	if (f)
		fclose(f);
	if (first != '0')
		return 0;
	return sw_fail(e, SW_EXIT_FAILED,
		       "the kernel's BPF JIT compiler is off, and tail calls need it; turn it on "
		       "with: sysctl net.core.bpf_jit_enable=1");
}

static int check_capabilities(struct sw_err *e)
{
	capng_get_caps_process();
	if (capng_have_capability(CAPNG_EFFECTIVE, CAP_SYS_ADMIN))
		return 0;
	if (capng_have_capability(CAPNG_EFFECTIVE, CAP_BPF) &&
	    capng_have_capability(CAPNG_EFFECTIVE, CAP_NET_ADMIN))
		return 0;
	return sw_fail(e, SW_EXIT_PERM,
		       "not permitted to load a BPF program: this needs CAP_BPF and "
		       "CAP_NET_ADMIN; run scanwall as root");
}

static int check_bpffs(const char *pin_dir, struct sw_err *e)
{
	char path[PATH_BYTES];
	struct statfs fs;

	snprintf(path, sizeof(path), "%s", pin_dir);
	while (statfs(path, &fs) != 0 && errno == ENOENT && strlen(path) > 1)
		dirname(path);
	if (fs.f_type == BPF_FS_MAGIC)
		return 0;
	return sw_fail(e, SW_EXIT_FAILED,
		       "%s is not on a BPF file system (mount -t bpf bpf /sys/fs/bpf)", pin_dir);
}

int sw_engine_preflight(const char *pin_dir, struct sw_err *e)
{
	if (check_kernel(e) < 0 || check_btf(e) < 0 || check_jit(e) < 0 ||
	    check_capabilities(e) < 0)
		return -1;
	return check_bpffs(pin_dir, e);
}
