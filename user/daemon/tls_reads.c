// SPDX-License-Identifier: GPL-2.0-only
/* Passes decrypted data to the inspector and closes connections that match a dropping rule. In
 * its own thread, so that this does not wait for the disk. */
#include <arpa/inet.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/netlink.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "daemon/internal.h"
#include "daemon/tls_watch.h"

struct sw_tls_reads {
	pthread_t thread;
	bool runs;
	int stop_fd;
	int closer;  /* a netlink socket */
	ino_t netns; /* ours */
	struct ring_buffer *ring;

	pthread_mutex_t lock; /* over what follows */
	const struct sw_decrypted *decrypted;
	const struct sw_engine *engine;
	uint16_t http_port;
	uint64_t hits, closed;
};

/* The port that rules expect for this text; http_port for other ports. */
static uint16_t plain_port(uint16_t port, uint16_t http_port)
{
	static const uint16_t same[][2] = {
		{465, 25},  {587, 25},	  {993, 143},	{995, 110},   {990, 21},    {992, 23},
		{636, 389}, {563, 119},	  {25, 25},	{143, 143},   {110, 110},   {21, 21},
		{389, 389}, {3306, 3306}, {5432, 5432}, {6379, 6379}, {6380, 6379},
	};

	for (size_t i = 0; i < sizeof(same) / sizeof(*same); i++)
		if (same[i][0] == port)
			return same[i][1];
	return http_port;
}

/* ---- the end of a connection */

static bool is_peer(int fd, const struct sw_tls_read *read)
{
	struct sockaddr_in6 six;
	socklen_t size = sizeof(six);
	const struct sockaddr_in *four = (void *)&six;

	if (getpeername(fd, (struct sockaddr *)&six, &size) || six.sin6_port != read->remote_port)
		return false;
	if (six.sin6_family == AF_INET)
		return sw_addr_is4(&read->remote) &&
		       four->sin_addr.s_addr == sw_addr_to4(&read->remote);
	return six.sin6_family == AF_INET6 && !memcmp(&six.sin6_addr, &read->remote, 16);
}

/* A container's connection is in another network namespace, which SOCK_DESTROY does
 * not reach from here: the very socket of the process is disconnected, and its peer
 * gets a RST (tcp(7), connect() to AF_UNSPEC). */
static bool disconnect(const struct sw_tls_read *read)
{
	struct sockaddr none = {.sa_family = AF_UNSPEC};
	int process = syscall(SYS_pidfd_open, read->pid, 0), fd = -1;
	bool done = false;

	if (process >= 0)
		fd = syscall(SYS_pidfd_getfd, process, read->fd, 0);
	if (fd >= 0 && is_peer(fd, read))
		done = !connect(fd, &none, sizeof(none)) || !shutdown(fd, SHUT_RDWR);
	if (fd >= 0)
		close(fd);
	if (process >= 0)
		close(process);
	return done;
}

static bool close_connection(const struct sw_tls_reads *r, const struct sw_tls_read *read)
{
	struct sw_event ev = {
		.family = sw_addr_is4(&read->remote) ? AF_INET : AF_INET6,
		.src = read->remote,
		.dst = read->local,
		.sport = read->remote_port,
		.dport = read->local_port,
	};

	if (read->netns == r->netns && r->closer >= 0 && !sw_closer_destroy(r->closer, &ev))
		return true;
	return disconnect(read);
}

/* ---- a read */

/* Behind a container network's NAT, many clients may share one address. */
static bool is_private(const struct sw_addr *a)
{
	const __u8 *b = a->byte;

	if (!sw_addr_is4(a))
		return (b[0] & 0xfe) == 0xfc || (b[0] == 0xfe && (b[1] & 0xc0) == 0x80) ||
		       IN6_IS_ADDR_LOOPBACK((const struct in6_addr *)a);
	b += 12;
	return b[0] == 10 || b[0] == 127 || (b[0] == 172 && (b[1] & 0xf0) == 16) ||
	       (b[0] == 192 && b[1] == 168) || (b[0] == 100 && (b[1] & 0xc0) == 64) ||
	       (b[0] == 169 && b[1] == 254);
}

static bool is_dropped(struct sw_tls_reads *r, const struct sw_tls_read *read)
{
	struct sw_plain_text t = {
		.remote = read->remote,
		.local = read->local,
		.remote_port = read->remote_port,
		.local_port = read->local_port,
		.translated = read->netns != r->netns && is_private(&read->remote),
		.seq = read->seq,
		.text = read->text,
		.length = read->length < SW_TLS_RECORD ? read->length : SW_TLS_RECORD,
	};
	const struct sw_settings *set;
	bool dropped = false;

	pthread_mutex_lock(&r->lock);
	set = r->decrypted ? r->engine->settings : NULL;
	t.rules_port = plain_port(ntohs(read->local_port), r->http_port);
	if (set && !set->panic && !read->answer)
		dropped = sw_decrypted_drops(r->decrypted, &t);
	/* A shared address is not counted against anybody. */
	if (set && !set->panic && read->answer && !t.translated)
		sw_decrypted_answers(r->decrypted, &t);
	r->hits += dropped;
	pthread_mutex_unlock(&r->lock);
	return dropped;
}

static int take(void *arg, void *data, size_t size)
{
	const struct sw_tls_read *read = data;
	struct sw_tls_reads *r = arg;
	bool closed;

	if (size < sizeof(*read) || size - sizeof(*read) < read->length || !is_dropped(r, read))
		return 0;
	closed = close_connection(r, read);
	pthread_mutex_lock(&r->lock);
	r->closed += closed;
	pthread_mutex_unlock(&r->lock);
	return 0;
}

/* ---- the thread */

static void *run(void *arg)
{
	struct sw_tls_reads *r = arg;
	struct pollfd fds[2] = {{.fd = r->stop_fd, .events = POLLIN},
				{.fd = ring_buffer__epoll_fd(r->ring), .events = POLLIN}};

	for (;;) {
		if (poll(fds, 2, -1) < 0 && errno != EINTR)
			return NULL;
		if (fds[0].revents)
			return NULL;
		ring_buffer__consume(r->ring);
	}
}

struct sw_tls_reads *sw_tls_reads_open(int ring, struct sw_err *e)
{
	struct sw_tls_reads *r = calloc(1, sizeof(*r));
	struct stat own;
	int rc;

	if (!r) {
		sw_fail(e, SW_EXIT_FAILED, "out of memory");
		return NULL;
	}
	pthread_mutex_init(&r->lock, NULL);
	r->netns = stat("/proc/self/ns/net", &own) ? 0 : own.st_ino;
	r->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	r->closer = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
	r->ring = ring_buffer__new(ring, take, r, NULL);
	rc = r->stop_fd < 0 || !r->ring ? errno : pthread_create(&r->thread, NULL, run, r);
	r->runs = !rc;
	if (!rc)
		return r;
	sw_fail(e, SW_EXIT_FAILED, "cannot read what servers decrypt: %s", strerror(rc));
	sw_tls_reads_close(r);
	return NULL;
}

void sw_tls_reads_use(struct sw_tls_reads *r, const struct sw_decrypted *d,
		      const struct sw_engine *g, uint16_t http_port)
{
	pthread_mutex_lock(&r->lock);
	r->decrypted = d;
	r->engine = g;
	r->http_port = http_port;
	pthread_mutex_unlock(&r->lock);
}

void sw_tls_reads_counts(struct sw_tls_reads *r, uint64_t *hits, uint64_t *closed)
{
	pthread_mutex_lock(&r->lock);
	*hits = r->hits;
	*closed = r->closed;
	pthread_mutex_unlock(&r->lock);
}

void sw_tls_reads_close(struct sw_tls_reads *r)
{
	if (!r)
		return;
	if (r->runs) {
		eventfd_write(r->stop_fd, 1);
		pthread_join(r->thread, NULL);
	}
	ring_buffer__free(r->ring);
	if (r->stop_fd >= 0)
		close(r->stop_fd);
	if (r->closer >= 0)
		close(r->closer);
	pthread_mutex_destroy(&r->lock);
	free(r);
}
