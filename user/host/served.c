// SPDX-License-Identifier: GPL-2.0-only
/* Sockets that listen, and the process or container behind each. */
#include <arpa/inet.h>
#include <ctype.h>
#include <dirent.h>
#include <linux/inet_diag.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "base/duration.h"
#include "base/grow.h"
#include "engine/guard_internal.h"
#include "host/host.h"

#define CONTAINER_ID 12 /* hexadecimal digits of it that are shown */

struct listener {
	unsigned inode;
	size_t endpoint; /* in the list */
};

struct peer {
	uint16_t port;
	struct sw_addr addr;
};

struct search {
	struct sw_endpoints *out;
	int proto;
	struct listener *listener;
	size_t listeners, listener_room;
	struct peer *peer;
	size_t peers, peer_room;
	struct sw_err *e;
};

int sw_endpoints_add(struct sw_endpoints *l, const struct sw_endpoint *one, struct sw_err *e)
{
	if (sw_grow((void **)&l->item, &l->room, l->count, sizeof(*one), e))
		return -1;
	l->item[l->count++] = *one;
	return 0;
}

struct sw_endpoint *sw_endpoints_get(const struct sw_endpoints *l, int proto, uint16_t port)
{
	for (size_t i = 0; i < l->count; i++)
		if (l->item[i].proto == proto && l->item[i].port == port)
			return &l->item[i];
	return NULL;
}

static int by_port(const void *a, const void *b)
{
	const struct sw_endpoint *x = a, *y = b;

	return x->proto != y->proto ? x->proto - y->proto : x->port - y->port;
}

void sw_endpoints_sort(struct sw_endpoints *l)
{
	if (l->count)
		qsort(l->item, l->count, sizeof(*l->item), by_port);
}

void sw_endpoints_free(struct sw_endpoints *l)
{
	free(l->item);
	memset(l, 0, sizeof(*l));
}

/* ---- the kernel's list of sockets */

static bool is_loopback(int family, const void *bytes)
{
	const struct in6_addr *six = bytes;

	if (family == AF_INET)
		return *(const unsigned char *)bytes == 127;
	return IN6_IS_ADDR_LOOPBACK(six) || (IN6_IS_ADDR_V4MAPPED(six) && six->s6_addr[12] == 127);
}

static int add_listener(struct search *s, const struct inet_diag_msg *m)
{
	struct sw_endpoint one = {.proto = s->proto, .port = ntohs(m->id.idiag_sport)};
	const struct sw_endpoint *known = sw_endpoints_get(s->out, one.proto, one.port);

	if (is_loopback(m->idiag_family, m->id.idiag_src))
		return 0;
	if (!known && sw_endpoints_add(s->out, &one, s->e))
		return -1;
	if (sw_grow((void **)&s->listener, &s->listener_room, s->listeners, sizeof(*s->listener),
		    s->e))
		return -1;
	s->listener[s->listeners++] = (struct listener){
		m->idiag_inode,
		known ? (size_t)(known - s->out->item) : s->out->count - 1,
	};
	return 0;
}

static int add_socket(const struct nlmsghdr *h, void *arg)
{
	const struct inet_diag_msg *m = NLMSG_DATA(h);
	struct search *s = arg;

	if (h->nlmsg_type != SOCK_DIAG_BY_FAMILY)
		return 0;
	if (m->idiag_state == TCP_LISTEN || s->proto == IPPROTO_UDP)
		return m->id.idiag_dport ? 0 : add_listener(s, m);
	if (is_loopback(m->idiag_family, m->id.idiag_dst))
		return 0;
	if (sw_grow((void **)&s->peer, &s->peer_room, s->peers, sizeof(*s->peer), s->e))
		return -1;
	s->peer[s->peers++] = (struct peer){ntohs(m->id.idiag_sport),
					    sw_guard_addr(m->idiag_family, m->id.idiag_dst)};
	return 0;
}

static int ask(struct search *s, int family, int proto, unsigned states, struct sw_err *e)
{
	struct {
		struct nlmsghdr h;
		struct inet_diag_req_v2 r;
	} request = {
		.h = {.nlmsg_len = sizeof(request), .nlmsg_type = SOCK_DIAG_BY_FAMILY},
		.r = {.sdiag_family = family, .sdiag_protocol = proto, .idiag_states = states},
	};

	s->proto = proto;
	return sw_netlink_dump(NETLINK_SOCK_DIAG, &request.h, add_socket, s, e);
}

/* ---- their processes */

static int64_t began(int pid)
{
	char path[64], line[1024], *at;
	unsigned long long ticks = 0;
	struct timespec up;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	f = fopen(path, "r");
	if (!f)
		return 0;
	at = fgets(line, sizeof(line), f) ? strrchr(line, ')') : NULL;
	fclose(f);
	/* The 20th word after the name, which is in parentheses and may contain anything. */
	if (!at || sscanf(at + 1,
			  " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d "
			  "%*d %*d %*d %*d %llu",
			  &ticks) != 1)
		return 0;
	clock_gettime(CLOCK_BOOTTIME, &up);
	return sw_now() - (up.tv_sec * 1000000ll + up.tv_nsec / 1000) +
	       (int64_t)(ticks * 1000000 / sysconf(_SC_CLK_TCK));
}

/* "docker-<id>.scope", "/docker/<id>", "libpod-<id>", "cri-containerd-<id>". */
static void container_of(int pid, char out[64])
{
	static const char *const marks[] = {"docker", "libpod", "containerd", "crio", "lxc"};
	char path[64], line[1024];
	size_t length;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/cgroup", pid);
	f = fopen(path, "r");
	while (f && !out[0] && fgets(line, sizeof(line), f)) {
		for (size_t k = 0; !out[0] && k < sizeof(marks) / sizeof(*marks); k++) {
			const char *at = strstr(line, marks[k]);

			if (!at)
				continue;
			at += strlen(marks[k]);
			at += strspn(at, "-/:");
			length = strspn(at, "0123456789abcdef");
			if (length >= CONTAINER_ID)
				snprintf(out, 64, "%s %.*s", marks[k], CONTAINER_ID, at);
		}
	}
	if (f)
		fclose(f);
}

static void describe(struct sw_endpoint *one, int pid)
{
	char path[64];
	FILE *f;

	one->pid = pid;
	one->since = began(pid);
	snprintf(path, sizeof(path), "/proc/%d/comm", pid);
	f = fopen(path, "r");
	if (f && fgets(one->process, sizeof(one->process), f))
		one->process[strcspn(one->process, "\n")] = 0;
	if (f)
		fclose(f);
	container_of(pid, one->container);
}

static void match_sockets(struct search *s, int pid)
{
	char path[64], link[64];
	struct dirent *d;
	unsigned inode;
	ssize_t n;
	DIR *fds;

	snprintf(path, sizeof(path), "/proc/%d/fd", pid);
	fds = opendir(path);
	while (fds && (d = readdir(fds))) {
		n = readlinkat(dirfd(fds), d->d_name, link, sizeof(link) - 1);
		link[n < 0 ? 0 : n] = 0;
		if (sscanf(link, "socket:[%u]", &inode) != 1)
			continue;
		for (size_t i = 0; i < s->listeners; i++) {
			struct sw_endpoint *one = &s->out->item[s->listener[i].endpoint];

			/* The first process, which opened the socket for its children. */
			if (s->listener[i].inode == inode && !one->pid)
				describe(one, pid);
		}
	}
	if (fds)
		closedir(fds);
}

static void find_processes(struct search *s)
{
	struct dirent *d;
	DIR *all = opendir("/proc");

	while (all && (d = readdir(all)))
		if (isdigit((unsigned char)d->d_name[0]))
			match_sockets(s, atoi(d->d_name));
	if (all)
		closedir(all);
}

static int by_peer(const void *a, const void *b)
{
	const struct peer *x = a, *y = b;

	return x->port != y->port ? x->port - y->port : memcmp(&x->addr, &y->addr, sizeof(x->addr));
}

static void count_peers(struct search *s)
{
	if (s->peers)
		qsort(s->peer, s->peers, sizeof(*s->peer), by_peer);
	for (size_t i = 0; i < s->out->count; i++)
		if (s->out->item[i].proto == IPPROTO_UDP)
			s->out->item[i].sources = -1;
	for (size_t i = 0; i < s->peers; i++) {
		struct sw_endpoint *one = sw_endpoints_get(s->out, IPPROTO_TCP, s->peer[i].port);

		if (one && (!i || by_peer(&s->peer[i - 1], &s->peer[i])))
			one->sources++;
	}
}

int sw_endpoints_find(struct sw_endpoints *out, struct sw_err *e)
{
	static const int families[] = {AF_INET, AF_INET6};
	struct search s = {.out = out, .e = e};
	int rc = 0;

	memset(out, 0, sizeof(*out));
	for (int i = 0; !rc && i < 2; i++) {
		rc = ask(&s, families[i], IPPROTO_TCP, 1 << TCP_LISTEN | 1 << TCP_ESTABLISHED, e);
		/* For the kernel a bound UDP socket has the state of a closed one. */
		if (!rc)
			rc = ask(&s, families[i], IPPROTO_UDP, 1 << TCP_CLOSE, e);
	}
	if (!rc) {
		find_processes(&s);
		count_peers(&s);
		sw_endpoints_sort(out);
	} else {
		sw_endpoints_free(out);
	}
	free(s.listener);
	free(s.peer);
	return rc;
}
