// SPDX-License-Identifier: GPL-2.0-only
/* Resolves the names of allow_names, in a process of its own. */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <netdb.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>
#include "base/addr.h"
#include "base/duration.h"
#include "host/resolver.h"
#include "config/crawlers.h"
#include "config/config.h"
#include "store/visitors.h"

#define LOOK_MS 500 /* how often to look for new names */

/* Root's directory, in which that user's group may write as well: root may then be one
 * without capabilities, as the daemon is. */
static int enter(const char *state_dir, const struct passwd *user, struct sw_err *e)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/names", state_dir);
	if (mkdir(path, 0770) && errno != EEXIST)
		return sw_fail(e, SW_EXIT_FAILED, "%s: %s", path, strerror(errno));
	if (chdir(path) || chown(".", 0, user->pw_gid) || chmod(".", 0770))
		return sw_fail(e, errno == EPERM ? SW_EXIT_PERM : SW_EXIT_FAILED, "%s: %s", path,
			       strerror(errno));
	return 0;
}

static int become(const char *name, const struct passwd *user, struct sw_err *e)
{
	if (setgroups(0, NULL) || setresgid(user->pw_gid, user->pw_gid, user->pw_gid) ||
	    setresuid(user->pw_uid, user->pw_uid, user->pw_uid) || !setuid(0))
		return sw_fail(e, SW_EXIT_PERM, "cannot switch to the user %s: %s", name,
			       strerror(errno));
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	return 0;
}

/* One at a time: the answers are one file. */
static int take_place(struct sw_err *e)
{
	int fd = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd >= 0 && !flock(fd, LOCK_EX | LOCK_NB))
		return 0;
	return sw_fail(e, SW_EXIT_FAILED, "another process already looks up names there");
}

static bool has(const struct sw_host_name *n, const struct sw_addr *a)
{
	for (int i = 0; i < n->count; i++)
		if (!memcmp(&n->addr[i], a, sizeof(*a)))
			return true;
	return false;
}

static void note_address(struct sw_host_name *n, const struct addrinfo *ai)
{
	struct sw_addr a;

	if (ai->ai_family == AF_INET)
		a = sw_addr_from4(((struct sockaddr_in *)ai->ai_addr)->sin_addr.s_addr);
	else if (ai->ai_family == AF_INET6)
		memcpy(&a, &((struct sockaddr_in6 *)ai->ai_addr)->sin6_addr, sizeof(a));
	else
		return;
	if (has(n, &a))
		return;
	if (n->count == SW_HOST_ADDRS)
		snprintf(n->trouble, sizeof(n->trouble), "more than %d addresses", SW_HOST_ADDRS);
	else
		n->addr[n->count++] = a;
}

static void look_up(struct sw_host_name *n)
{
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *list = NULL;
	int rc = getaddrinfo(n->name, NULL, &hints, &list);

	n->count = 0;
	n->trouble[0] = 0;
	n->when = sw_now();
	if (rc)
		snprintf(n->trouble, sizeof(n->trouble), "%s",
			 rc == EAI_SYSTEM ? strerror(errno) : gai_strerror(rc));
	for (const struct addrinfo *ai = list; ai; ai = ai->ai_next)
		note_address(n, ai);
	if (list)
		freeaddrinfo(list);
	if (!n->trouble[0] && !n->count)
		snprintf(n->trouble, sizeof(n->trouble), "it has no address");
}

/* Forward-confirmed reverse DNS, for crawlers' names only: the owner of an address controls
 * its reverse name, but not the addresses of that name. */
static void confirm(struct sw_visitor *v)
{
	struct sockaddr_in in = {.sin_family = AF_INET};
	struct sockaddr_in6 in6 = {.sin6_family = AF_INET6};
	bool v4 = sw_addr_is4(&v->addr);
	struct sw_host_name n = {.count = 0};

	memcpy(&in.sin_addr, &v->addr.byte[12], sizeof(in.sin_addr));
	memcpy(&in6.sin6_addr, &v->addr, sizeof(in6.sin6_addr));
	snprintf(v->host, sizeof(v->host), "-");
	if (getnameinfo(v4 ? (struct sockaddr *)&in : (struct sockaddr *)&in6,
			v4 ? sizeof(in) : sizeof(in6), n.name, sizeof(n.name), NULL, 0,
			NI_NAMEREQD) ||
	    !sw_is_host_name(n.name) || !sw_bot_of(n.name))
		return;
	look_up(&n);
	if (has(&n, &v->addr))
		memcpy(v->host, n.name, sizeof(v->host));
}

struct resolver {
	struct sw_visitors sources, confirmed;
	struct timespec told; /* `sources`, likewise */
	struct sw_host_names wanted, answers;
	struct timespec written; /* `wanted`, as it was read last */
	int64_t next;		 /* sw_monotonic() when all are looked up again */
	int signals;
};

static bool ends(const struct resolver *r, int ms)
{
	struct pollfd p = {.fd = r->signals, .events = POLLIN};

	return poll(&p, 1, ms) > 0;
}

/* New names at once, the others when they are due. */
static void work(struct resolver *r, bool all)
{
	struct sw_host_names fresh = {.count = 0};

	for (int i = 0; i < r->wanted.count && !ends(r, 0); i++) {
		const struct sw_host_name *old =
			sw_host_names_find(&r->answers, r->wanted.item[i].name);
		struct sw_host_name *n = &fresh.item[fresh.count++];

		*n = all || !old ? r->wanted.item[i] : *old;
		if (all || !old)
			look_up(n);
	}
	r->answers = fresh;
	if (sw_host_names_write(AT_FDCWD, "answers", &r->answers, 0644))
		fprintf(stderr, "scanwall names: answers: %s\n", strerror(errno));
}

static void look(struct resolver *r)
{
	struct stat st;
	bool due = sw_monotonic() >= r->next, changed;

	if (stat("wanted", &st))
		return;
	changed = memcmp(&st.st_mtim, &r->written, sizeof(st.st_mtim)) != 0;
	if (!due && !changed)
		return;
	r->written = st.st_mtim;
	if (sw_host_names_read(AT_FDCWD, "wanted", &r->wanted))
		return;
	work(r, due);
	if (due)
		r->next = sw_monotonic() +
			  (r->wanted.every > 0 ? r->wanted.every : 300) * INT64_C(1000000000);
}

/* Looks up each source once, as long as the daemon lists it. */
static void look_at_sources(struct resolver *r)
{
	struct sw_visitors fresh = {.count = 0};
	struct stat st;

	if (stat("sources", &st) || !memcmp(&st.st_mtim, &r->told, sizeof(st.st_mtim)))
		return;
	r->told = st.st_mtim;
	if (sw_visitors_read(AT_FDCWD, "sources", &r->sources))
		return;
	for (int i = 0; i < r->sources.count && !ends(r, 0); i++) {
		const struct sw_visitor *old =
			sw_visitors_find(&r->confirmed, &r->sources.item[i].addr);
		struct sw_visitor *v = &fresh.item[fresh.count++];

		*v = old && r->sources.item[i].host[0] ? *old : r->sources.item[i];
		if (!v->host[0])
			confirm(v);
	}
	r->confirmed = fresh;
	if (sw_visitors_write(AT_FDCWD, "confirmed", &r->confirmed, 0644))
		fprintf(stderr, "scanwall names: confirmed: %s\n", strerror(errno));
}

static int open_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigprocmask(SIG_BLOCK, &set, NULL);
	return signalfd(-1, &set, SFD_CLOEXEC);
}

int sw_resolver_run(const char *state_dir, const char *user, struct sw_err *e)
{
	const struct passwd *who = getpwnam(user);
	static struct resolver r;

	if (!who || !who->pw_uid)
		return sw_fail(e, SW_EXIT_USAGE,
			       "notify.user: \"%s\" is %s (expected an unprivileged user)", user,
			       who ? "root" : "no user of this host");
	umask(0022);
	/* Short timeouts: a silent server delays all other look-ups. */
	setenv("RES_OPTIONS", "timeout:2 attempts:2", 0);
	if (enter(state_dir, who, e) || take_place(e) || become(user, who, e))
		return -1;
	r.signals = open_signals();
	sd_notify(0, "READY=1");
	while (!ends(&r, LOOK_MS)) {
		look(&r);
		look_at_sources(&r);
	}
	return 0;
}
