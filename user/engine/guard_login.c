// SPDX-License-Identifier: GPL-2.0-only
/* Remote login sessions, from utmp and, where it runs, logind. A connection to sshd
 * alone proves nothing: any scanner has one. */
#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-login.h>
#include <utmpx.h>
#include "engine/guard_internal.h"

static struct sw_addr utmp_addr(const struct utmpx *u)
{
	struct sw_addr a;

	if (!u->ut_addr_v6[1] && !u->ut_addr_v6[2] && !u->ut_addr_v6[3])
		return sw_addr_from4(u->ut_addr_v6[0]);
	memcpy(&a, u->ut_addr_v6, sizeof(a));
	return a;
}

/* A session that was cut off leaves its entry behind. */
static bool lives(pid_t pid)
{
	return !kill(pid, 0) || errno == EPERM;
}

static bool in_utmp(const struct sw_addr *a)
{
	const struct utmpx *u;
	struct sw_addr from;
	bool found = false;

	setutxent();
	while (!found && (u = getutxent())) {
		from = utmp_addr(u);
		found = u->ut_type == USER_PROCESS && !memcmp(&from, a, sizeof(from)) &&
			lives(u->ut_pid);
	}
	endutxent();
	return found;
}

static bool in_session(const char *id, const struct sw_addr *a)
{
	struct sw_prefix from;
	char *host = NULL;
	bool found;

	if (sd_session_get_remote_host(id, &host) < 0 || !host)
		return false;
	found = !sw_prefix_parse(host, &from, NULL) && !memcmp(&from.addr, a, sizeof(*a));
	free(host);
	return found;
}

static bool in_logind(const struct sw_addr *a)
{
	char **id = NULL;
	int n = sd_get_sessions(&id);
	bool found = false;

	for (int i = 0; i < n; i++) {
		found |= in_session(id[i], a);
		free(id[i]);
	}
	free(id);
	return found;
}

bool sw_logged_in(const struct sw_addr *a)
{
	return in_utmp(a) || in_logind(a);
}

static bool anybody_in_utmp(void)
{
	const struct utmpx *u;
	bool found = false;

	setutxent();
	while (!found && (u = getutxent()))
		found = u->ut_type == USER_PROCESS;
	endutxent();
	return found;
}

/* The directory that sd_get_sessions reads; calling it would load libsystemd. */
static bool anybody_in_logind(void)
{
	DIR *sessions = opendir("/run/systemd/sessions");
	const struct dirent *d;
	bool found = false;

	if (!sessions)
		return false;
	while (!found && (d = readdir(sessions)))
		found = d->d_name[0] != '.';
	closedir(sessions);
	return found;
}

bool sw_anybody_logged_in(void)
{
	return anybody_in_utmp() || anybody_in_logind();
}
