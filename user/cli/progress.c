// SPDX-License-Identifier: GPL-2.0-only
/* A progress line on the terminal for work that takes longer than a second. Uses a thread,
 * since a timer's signal would interrupt system calls of the work itself. */
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>
#include "cli/policy.h"

static pthread_t thread;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t over = PTHREAD_COND_INITIALIZER;
static bool running, ended;
static char what_text[128];

static void *print_progress(void *arg)
{
	struct timespec next;
	bool notified = false;

	(void)arg;
	clock_gettime(CLOCK_REALTIME, &next);
	pthread_mutex_lock(&lock);
	for (int seconds = 1; !ended; seconds++) {
		next.tv_sec++;
		while (!ended && pthread_cond_timedwait(&over, &lock, &next) == 0)
			;
		if (ended)
			break;
		fprintf(stderr, "\r%s ... %d s", what_text, seconds);
		notified = true;
	}
	pthread_mutex_unlock(&lock);
	if (notified)
		fputs("\r\033[K", stderr);
	return NULL;
}

void sw_progress_begin(const struct sw_globals *g, const char *what, size_t n)
{
	sigset_t all, old;

	if (g->quiet || n < 1000 || !isatty(STDERR_FILENO))
		return;
	snprintf(what_text, sizeof(what_text), "%s %s entries", what, sw_cli_count(n));
	ended = false;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	running = pthread_create(&thread, NULL, print_progress, NULL) == 0;
	pthread_sigmask(SIG_SETMASK, &old, NULL);
}

void sw_progress_end(void)
{
	if (!running)
		return;
	pthread_mutex_lock(&lock);
	ended = true;
	pthread_cond_signal(&over);
	pthread_mutex_unlock(&lock);
	pthread_join(thread, NULL);
	running = false;
}
