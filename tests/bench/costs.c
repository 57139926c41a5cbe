// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "costs.h"

#define ONES 9 /* single blocks, of which the median counts */
#define DAEMON_WAIT_MS 10000
#define DAEMON_SETTLE_MS 1000

void costs_init(struct cost c[COST_COUNT])
{
	static const struct cost all[COST_COUNT] = {
		[COST_MAPS] = {"load-maps", "list into the maps", "s", 0.5, 0},
		[COST_RESTORE] = {"load-record", "list from the record, program loaded anew", "s",
				  0, 0},
		[COST_BLOCK] = {"load-block", "list into record and maps, sorted and checked", "s",
				0, 0},
		[COST_ONE] = {"block-one", "one `scanwall block` beside that list", "ms", 5, 0},
		[COST_MEMORY] = {"memory", "kernel memory of all maps, with that list", "MiB", 64,
				 0},
		[COST_DAEMON] = {"daemon", "daemon, resident, with an empty list", "MiB", 16, 0},
	};

	memcpy(c, all, sizeof(all));
}

int cost_maps(struct cost *c, __u32 n, __u32 seed, const char *dir, struct sw_err *e)
{
	struct site s;
	int rc = site_open(&s, "maps", dir, 0, e);

	if (rc)
		return rc;
	c->value = now_seconds();
	rc = site_fill(&s, LIST_ADDRESS4, n, seed, e);
	c->value = now_seconds() - c->value;
	site_close(&s);
	return rc;
}

int cost_restore(struct cost *c, const struct site *of, struct sw_err *e)
{
	struct sw_wall w;
	struct sw_err ignored;
	int rc;

	if (sw_wall_open(&w, "/sys/fs/bpf/sw-bench-again", of->wall.state_dir, of->wall.config_file,
			 e))
		return -1;
	rc = sw_wall_lock(&w, e);
	c->value = now_seconds();
	if (!rc)
		rc = sw_wall_raise(&w, e);
	c->value = now_seconds() - c->value;
	sw_wall_unlock(&w);
	sw_engine_remove(w.pin_dir, &ignored);
	sw_wall_close(&w);
	return rc;
}

static int cmp_double(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

int cost_one(struct cost *c, const char *scanwall, const struct site *beside, __u32 seed,
	     struct sw_err *e)
{
	double ms[ONES];

	for (int i = 0; i < ONES; i++) {
		struct sw_prefix p = listed(beside->blocked + i, seed);
		char text[SW_PREFIX_TEXT];
		const char *const argv[] = {scanwall,
					    "block",
					    sw_prefix_text(&p, text),
					    "--pin-dir",
					    beside->wall.pin_dir,
					    "--state-dir",
					    beside->wall.state_dir,
					    "--config",
					    beside->wall.config_file,
					    NULL};
		double start = now_seconds();

		if (bench_command(argv, e))
			return -1;
		ms[i] = (now_seconds() - start) * 1e3;
	}
	qsort(ms, ONES, sizeof(ms[0]), cmp_double);
	c->value = ms[ONES / 2];
	return 0;
}

static void sleep_ms(long ms)
{
	struct timespec t = {ms / 1000, ms % 1000 * 1000000};

	nanosleep(&t, NULL);
}

static pid_t start_quietly(const char *const argv[])
{
	pid_t pid = fork();
	int null;

	if (pid)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	null = open("/dev/null", O_RDWR);
	dup2(null, STDIN_FILENO);
	dup2(null, STDOUT_FILENO);
	dup2(null, STDERR_FILENO);
	execv(argv[0], (char *const *)argv);
	_exit(127);
}

static int resident(pid_t pid, double *mib, struct sw_err *e)
{
	char path[64], line[256];
	long kib = -1;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	f = fopen(path, "re");
	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "VmRSS: %ld", &kib) == 1)
			break;
	if (f)
		fclose(f);
	*mib = kib / 1024.0;
	return kib < 0 ? sw_fail(e, SW_EXIT_FAILED, "`scanwall run` ended at once") : 0;
}

int cost_daemon(struct cost *c, const char *scanwall, const char *dir, struct sw_err *e)
{
	const char pins[] = "/sys/fs/bpf/sw-bench-daemon";
	struct sw_err ignored;
	struct wire w;
	char state[128], link[128];
	int rc = 0;
	pid_t pid;

	if (wire_make(&w, "daemon", e))
		return -1;
	snprintf(state, sizeof(state), "%s/daemon", dir);
	snprintf(link, sizeof(link), "%s/link-%s", pins, w.rx);
	pid = start_quietly((const char *const[]){scanwall, "run", "-i", w.rx, "--pin-dir", pins,
						  "--state-dir", state, NULL});
	if (pid < 0)
		return sw_fail(e, SW_EXIT_FAILED, "cannot run %s: %s", scanwall, strerror(errno));
	for (int ms = 0; access(link, F_OK) && ms < DAEMON_WAIT_MS; ms += 10)
		sleep_ms(10);
	if (access(link, F_OK))
		rc = sw_fail(e, SW_EXIT_FAILED, "`scanwall run` did not attach to %s within %d s",
			     w.rx, DAEMON_WAIT_MS / 1000);
	sleep_ms(DAEMON_SETTLE_MS);
	if (!rc)
		rc = resident(pid, &c->value, e);
	kill(pid, SIGTERM);
	waitpid(pid, NULL, 0);
	sw_engine_remove(pins, &ignored);
	return rc;
}
