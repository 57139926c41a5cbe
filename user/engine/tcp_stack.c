// SPDX-License-Identifier: GPL-2.0-only
/* How this kernel's SYN-ACKs look with its current sysctls: the program's must be
 * indistinguishable. */
#include <errno.h>
#include <stdio.h>
#include "engine/guard_internal.h"
#include "engine/settings.h"

#define RMEM_DEFAULT 131072u
#define RMEM_MOST 6291456u
#define SCALE_MOST 14 /* RFC 7323 2.3 */

unsigned int sw_sysctl(const char *name, unsigned int fallback)
{
	char path[128];
	unsigned int n;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/sys/net/%s", name);
	f = fopen(path, "re");
	if (!f || fscanf(f, "%u", &n) != 1)
		n = fallback;
	if (f)
		fclose(f);
	return n;
}

/* tcp_rmem: minimum, default and maximum receive buffer, in bytes. */
static void read_rmem(unsigned int *first, unsigned int *most)
{
	FILE *f = fopen("/proc/sys/net/ipv4/tcp_rmem", "re");

	if (!f || fscanf(f, "%*u %u %u", first, most) != 2) {
		*first = RMEM_DEFAULT;
		*most = RMEM_MOST;
	}
	if (f)
		fclose(f);
}

/* tcp_select_initial_window(): the window scale for the maximum buffer. */
static unsigned int window_scale(unsigned int space)
{
	unsigned int scale = 0;

	while (scale < SCALE_MOST && space >> scale > 65535)
		scale++;
	return scale;
}

void sw_tcp_stack(const struct sw_engine *g)
{
	unsigned int first, most, core = sw_sysctl("core/rmem_max", 0);
	bool scales = sw_sysctl("ipv4/tcp_window_scaling", 1);

	read_rmem(&first, &most);
	if (core > most)
		most = core;
	/* half of it is overhead: tcp_adv_win_scale = 1, TCP_DEFAULT_SCALING_RATIO */
	sw_setting_store(g, tcp_space, first / 2);
	sw_setting_store(g, ttl4, sw_sysctl("ipv4/ip_default_ttl", 64));
	sw_setting_store(g, hops6, sw_sysctl("ipv6/conf/default/hop_limit", 64));
	sw_setting_store(g, sack, !!sw_sysctl("ipv4/tcp_sack", 1));
	sw_setting_store(g, window_scale, scales ? window_scale(most) : SW_NO_WINDOW_SCALE);
}
