// SPDX-License-Identifier: GPL-2.0-only
/* Reads the ring buffer in its own thread. Recording waits for the disk and the writers' lock,
 * while 100,000 forged sources per second fill the ring in a tenth of a second. Events worth
 * recording are queued. */
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>
#include "daemon/internal.h"

#define MINUTE_NS 60000000000ull

/* While events arrive, the ring is polled this often instead of waking up for each. It holds
 * 82 ms of 100,000 events per second. */
#define PAUSE_MS 10

/* As many events as both limits of a minute admit; beyond that, the ring holds them. */
#define QUEUE_MOST (1u << 17)

struct sw_reader {
	pthread_t thread;
	bool runs;
	struct sw_ring *ring;
	int stop_fd;  /* to the thread: come to an end */
	int ready_fd; /* eventfd: the queue is not empty, or reading failed */

	pthread_mutex_t lock; /* over what follows */
	struct sw_event *queue;
	size_t first, count, room; /* room: a power of two */
	int limit;
	long unkept;
	bool failed;
	struct sw_err why;

	/* the thread's own */
	__u64 minute; /* of the events counted in `minor` */
	int minor;
};

/* Forged sources may cross the threshold without limit, unblocked. To keep them from filling
 * the disk, as many such events are kept as blocks; the rest are counted. */
static bool is_too_many(struct sw_reader *r, const struct sw_event *ev)
{
	__u64 minute = ev->time_ns / MINUTE_NS;

	if (ev->expires_tick)
		return false;
	if (minute != r->minute)
		r->minor = 0;
	r->minute = minute;
	if (r->minor < r->limit) {
		r->minor++;
		return false;
	}
	r->unkept++;
	return true;
}

static int make_room(struct sw_reader *r)
{
	size_t room = r->room ? 2 * r->room : 256;
	struct sw_event *grown;

	if (r->count < r->room)
		return 0;
	grown = malloc(room * sizeof(*grown));
	if (!grown)
		return -1;
	for (size_t i = 0; i < r->count; i++)
		grown[i] = r->queue[(r->first + i) & (r->room - 1)];
	free(r->queue);
	r->queue = grown;
	r->room = room;
	r->first = 0;
	return 0;
}

/* With the lock held. Non-zero: stop; the ring keeps the rest. */
static int keep(const struct sw_event *ev, void *arg)
{
	struct sw_reader *r = arg;

	if (is_too_many(r, ev))
		return 0;
	if (make_room(r)) {
		r->unkept++;
		return 1;
	}
	r->queue[(r->first + r->count++) & (r->room - 1)] = *ev;
	return r->count == QUEUE_MOST;
}

/* True: come again soon. */
static bool read_ring(struct sw_reader *r)
{
	bool again;
	int n;

	pthread_mutex_lock(&r->lock);
	n = r->count < QUEUE_MOST ? sw_ring_consume(r->ring, &r->why) : 0;
	r->failed = n < 0;
	again = n || r->count == QUEUE_MOST;
	if (r->failed || r->count)
		eventfd_write(r->ready_fd, 1);
	pthread_mutex_unlock(&r->lock);
	return again;
}

static void *run(void *arg)
{
	struct sw_reader *r = arg;
	struct pollfd fds[2] = {{.fd = r->stop_fd, .events = POLLIN},
				{.fd = sw_ring_fd(r->ring), .events = POLLIN}};
	bool busy = false;

	for (;;) {
		if (poll(fds, busy ? 1 : 2, busy ? PAUSE_MS : -1) < 0 && errno != EINTR)
			return NULL;
		if (fds[0].revents)
			return NULL;
		busy = read_ring(r);
	}
}

struct sw_reader *sw_reader_open(const struct sw_engine *g, int limit, struct sw_err *e)
{
	struct sw_reader *r = calloc(1, sizeof(*r));
	int rc;

	if (!r) {
		sw_fail(e, SW_EXIT_FAILED, "out of memory");
		return NULL;
	}
	r->limit = limit;
	pthread_mutex_init(&r->lock, NULL);
	r->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	r->ready_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	r->ring = sw_ring_open(g, keep, r, e);
	if (!r->ring)
		goto fail;
	rc = r->stop_fd < 0 || r->ready_fd < 0 ? errno : pthread_create(&r->thread, NULL, run, r);
	if (!rc) {
		r->runs = true;
		return r;
	}
	sw_fail(e, SW_EXIT_FAILED, "cannot create the reader thread: %s", strerror(rc));
fail:
	sw_reader_close(r);
	return NULL;
}

int sw_reader_fd(const struct sw_reader *r)
{
	return r->ready_fd;
}

void sw_reader_limit(struct sw_reader *r, int limit)
{
	pthread_mutex_lock(&r->lock);
	r->limit = limit;
	pthread_mutex_unlock(&r->lock);
}

bool sw_reader_next(struct sw_reader *r, struct sw_event *ev)
{
	eventfd_t ignored;
	bool any;

	pthread_mutex_lock(&r->lock);
	any = r->count > 0;
	if (any) {
		*ev = r->queue[r->first++ & (r->room - 1)];
		r->count--;
	} else {
		eventfd_read(r->ready_fd, &ignored);
		free(r->queue);
		r->queue = NULL;
		r->room = r->first = 0;
	}
	pthread_mutex_unlock(&r->lock);
	return any;
}

bool sw_reader_failed(struct sw_reader *r, struct sw_err *e)
{
	bool failed;

	pthread_mutex_lock(&r->lock);
	failed = r->failed;
	*e = r->why;
	pthread_mutex_unlock(&r->lock);
	return failed;
}

long sw_reader_unkept(struct sw_reader *r)
{
	long n;

	pthread_mutex_lock(&r->lock);
	n = r->unkept;
	r->unkept = 0;
	pthread_mutex_unlock(&r->lock);
	return n;
}

/* The final read is done by the caller that ends the thread. */
void sw_reader_stop(struct sw_reader *r)
{
	if (!r->runs)
		return;
	eventfd_write(r->stop_fd, 1);
	pthread_join(r->thread, NULL);
	r->runs = false;
	read_ring(r);
}

void sw_reader_close(struct sw_reader *r)
{
	if (!r)
		return;
	sw_reader_stop(r);
	sw_ring_close(r->ring);
	if (r->stop_fd >= 0)
		close(r->stop_fd);
	if (r->ready_fd >= 0)
		close(r->ready_fd);
	pthread_mutex_destroy(&r->lock);
	free(r->queue);
	free(r);
}
