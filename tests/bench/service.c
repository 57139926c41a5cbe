// SPDX-License-Identifier: GPL-2.0-only
/* Starts and stops `scanwall run` for the bench. */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "service.h"
#include "site.h"

#define WAIT_MS 10000

/* The bench stays on one CPU; the daemon may use them all, as it would. */
static void use_every_cpu(void)
{
	cpu_set_t all;

	CPU_ZERO(&all);
	for (int i = 0; i < CPU_SETSIZE; i++)
		CPU_SET(i, &all);
	sched_setaffinity(0, sizeof(all), &all);
}

static pid_t start(const char *const argv[], const char *log)
{
	pid_t pid = fork();
	int null, out;

	if (pid)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	use_every_cpu();
	null = open("/dev/null", O_RDONLY);
	out = open(log, O_WRONLY | O_CREAT | O_APPEND, 0600);
	dup2(null, STDIN_FILENO);
	dup2(out, STDOUT_FILENO);
	dup2(out, STDERR_FILENO);
	execv(argv[0], (char *const *)argv);
	_exit(127);
}

static int write_config(const char *path, const char *state, const char *more, struct sw_err *e)
{
	FILE *f = fopen(path, "we");

	if (!f)
		return sw_fail(e, SW_EXIT_FAILED, "cannot write %s: %s", path, strerror(errno));
	fprintf(f, "mode = enforce\nevents {\nfile = \"%s/events\"\n}\n%s", state, more);
	if (ferror(f) | fclose(f))
		return sw_fail(e, SW_EXIT_FAILED, "cannot write %s", path);
	return 0;
}

int service_start(struct service *s, const char *scanwall, const char *name, const char *dir,
		  const char *more, struct sw_err *e)
{
	char config[160], link[128], log[160];

	memset(s, 0, sizeof(*s));
	snprintf(s->pins, sizeof(s->pins), "/sys/fs/bpf/sw-bench-%s", name);
	snprintf(s->state, sizeof(s->state), "%s/%s", dir, name);
	snprintf(config, sizeof(config), "%s/scanwall.conf", s->state);
	snprintf(log, sizeof(log), "%s/log", s->state);
	if (mkdir(s->state, 0700) && errno != EEXIST)
		return sw_fail(e, SW_EXIT_FAILED, "cannot make %s: %s", s->state, strerror(errno));
	if (write_config(config, s->state, more, e) || wire_make(&s->wire, name, e))
		return -1;
	snprintf(link, sizeof(link), "%s/link-%s", s->pins, s->wire.rx);
	s->pid =
		start((const char *const[]){scanwall, "run", "-i", s->wire.rx, "--pin-dir", s->pins,
					    "--state-dir", s->state, "--config", config, NULL},
		      log);
	if (s->pid < 0)
		return sw_fail(e, SW_EXIT_FAILED, "cannot run %s: %s", scanwall, strerror(errno));
	for (int ms = 0; access(link, F_OK) && ms < WAIT_MS; ms += 10)
		sleep_ms(10);
	if (!access(link, F_OK))
		return 0;
	service_stop(s);
	return sw_fail(e, SW_EXIT_FAILED, "`scanwall run` did not attach to %s within %d s",
		       s->wire.rx, WAIT_MS / 1000);
}

double service_cpu(const struct service *s, struct sw_err *e)
{
	struct timespec t;
	clockid_t clock;

	if (clock_getcpuclockid(s->pid, &clock) || clock_gettime(clock, &t))
		return sw_fail(e, SW_EXIT_FAILED, "`scanwall run` has ended");
	return t.tv_sec + t.tv_nsec / 1e9;
}

double service_resident(const struct service *s, struct sw_err *e)
{
	char path[64], line[256];
	long kib = -1;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/status", s->pid);
	f = fopen(path, "re");
	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "VmRSS: %ld", &kib) == 1)
			break;
	if (f)
		fclose(f);
	return kib < 0 ? sw_fail(e, SW_EXIT_FAILED, "`scanwall run` has ended") : kib / 1024.0;
}

void service_stop(struct service *s)
{
	struct sw_err ignored;

	if (s->pid <= 0)
		return;
	kill(s->pid, SIGTERM);
	waitpid(s->pid, NULL, 0);
	s->pid = 0;
	sw_engine_remove(s->pins, &ignored);
	wire_remove(&s->wire);
}
