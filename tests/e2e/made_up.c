// SPDX-License-Identifier: GPL-2.0-only
/* Preloaded by doctor.sh: interface $MADE_UP ("eth0", "eth0+eth1") looks like hardware that a
 * lab has none of. Each of MADE_UP_KIND (of link; "vlan+bond": of each), and of the first
 * interface MADE_UP_TYPE (ARPHRD_*), _DRIVER, _FLAGS (of ethtool), _QUEUES ("1/8", "rx1/8"),
 * and of the host MADE_UP_CLOCK ("unsynchronized", "synchronized"), MADE_UP_SHIFT (of the
 * clock, in seconds) and MADE_UP_FREE (MiB), replaces that one answer of the kernel. */
#include <dlfcn.h>
#include <linux/ethtool.h>
#include <linux/rtnetlink.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/statvfs.h>
#include <sys/timex.h>
#include <time.h>

#define real(name) ((__typeof__(name) *)dlsym(RTLD_NEXT, #name))

static int ethtool(void *command)
{
	const char *driver = getenv("MADE_UP_DRIVER"), *queues = getenv("MADE_UP_QUEUES");
	const char *flags = getenv("MADE_UP_FLAGS");
	struct ethtool_channels *c = command;
	struct ethtool_drvinfo *d = command;
	struct ethtool_value *v = command;

	if (d->cmd == ETHTOOL_GDRVINFO && driver)
		snprintf(d->driver, sizeof(d->driver), "%s", driver);
	else if (c->cmd == ETHTOOL_GCHANNELS && queues && !strncmp(queues, "rx", 2))
		return sscanf(queues, "rx%u/%u", &c->rx_count, &c->max_rx) == 2 ? 0 : -1;
	else if (c->cmd == ETHTOOL_GCHANNELS && queues)
		return sscanf(queues, "%u/%u", &c->combined_count, &c->max_combined) == 2 ? 0 : -1;
	else if (v->cmd == ETHTOOL_GFLAGS && flags)
		v->data = strtoul(flags, NULL, 0);
	else
		return 1;
	return 0;
}

/* The N-th part, from 0, of the variable: "b" of "a+b"; false: there is none. */
static bool part_of(const char *variable, int n, char out[64])
{
	const char *at = getenv(variable);

	while (at && n--)
		at = strchr(at, '+') ? strchr(at, '+') + 1 : NULL;
	if (at)
		snprintf(out, 64, "%.*s", (int)strcspn(at, "+"), at);
	return at;
}

/* Which of MADE_UP the interface is; -1: none. */
static int which(const char *interface)
{
	char name[64];

	for (int n = 0; part_of("MADE_UP", n, name); n++)
		if (!strcmp(name, interface))
			return n;
	return -1;
}

int ioctl(int fd, unsigned long request, ...)
{
	struct ifreq *r;
	va_list ap;
	int rc = 1;

	va_start(ap, request);
	r = va_arg(ap, struct ifreq *);
	va_end(ap);
	if (request == SIOCETHTOOL && which(r->ifr_name) == 0)
		rc = ethtool(r->ifr_data);
	return rc <= 0 ? rc : real(ioctl)(fd, request, r);
}

/* In place, so a kind can be no longer than that of the real device. */
static void change_link(struct nlmsghdr *h)
{
	struct ifinfomsg *m = NLMSG_DATA(h);
	struct rtattr *a = IFLA_RTA(m), *info = NULL;
	int bytes = IFLA_PAYLOAD(h), n = -1;
	char text[64];

	for (; RTA_OK(a, bytes); a = RTA_NEXT(a, bytes)) {
		if (a->rta_type == IFLA_IFNAME)
			n = which(RTA_DATA(a));
		if (a->rta_type == IFLA_LINKINFO)
			info = a;
	}
	if (n == 0 && part_of("MADE_UP_TYPE", 0, text))
		m->ifi_type = atoi(text);
	if (n < 0 || !info || !part_of("MADE_UP_KIND", n, text))
		return;
	a = RTA_DATA(info);
	if (a->rta_type == IFLA_INFO_KIND && strlen(text) < RTA_PAYLOAD(a))
		strcpy(RTA_DATA(a), text);
}

ssize_t recvfrom(int fd, void *buffer, size_t size, int flags, struct sockaddr *from, socklen_t *n)
{
	ssize_t got = real(recvfrom)(fd, buffer, size, flags, from, n);
	struct nlmsghdr *h = buffer;
	int bytes = got;

	if (got > 0 && from && from->sa_family == AF_NETLINK)
		for (; NLMSG_OK(h, (unsigned int)bytes); h = NLMSG_NEXT(h, bytes))
			if (h->nlmsg_type == RTM_NEWLINK)
				change_link(h);
	return got;
}

int adjtimex(struct timex *t)
{
	const char *clock = getenv("MADE_UP_CLOCK");

	if (!clock)
		return real(adjtimex)(t);
	t->status = !strcmp(clock, "unsynchronized") ? STA_UNSYNC : 0;
	return t->status ? TIME_ERROR : TIME_OK;
}

int clock_gettime(clockid_t which, struct timespec *t)
{
	const char *shift = getenv("MADE_UP_SHIFT");
	int rc = real(clock_gettime)(which, t);

	if (!rc && shift && which == CLOCK_REALTIME)
		t->tv_sec += atol(shift);
	return rc;
}

int statvfs(const char *path, struct statvfs *to)
{
	const char *mib = getenv("MADE_UP_FREE");
	int rc = real(statvfs)(path, to);

	if (!rc && mib) {
		to->f_frsize = 1 << 20;
		to->f_bavail = strtoul(mib, NULL, 10);
	}
	return rc;
}
