// SPDX-License-Identifier: GPL-2.0-only
/* Allowed host names: sends requests to the resolver process (store/host_names.h) and applies
 * its answers. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "daemon/internal.h"
#include "store/host_names.h"

#define GRACE_US 60000000 /* beyond the period, as look-ups take time */

static int open_directory(const struct sw_daemon *d)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/names", d->opt->state_dir);
	return open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
}

/* Why a name must never allow this address, whatever the DNS says. NULL: it may. */
static const char *forbidden(const struct sw_addr *a)
{
	const struct in6_addr *a6 = (const struct in6_addr *)a;
	__u8 first = a->byte[12];

	if (sw_addr_is4(a)) {
		if (!first || first == 127)
			return "this host's";
		return first >= 224 ? "no single host's" : NULL;
	}
	if (IN6_IS_ADDR_UNSPECIFIED(a6) || IN6_IS_ADDR_LOOPBACK(a6))
		return "this host's";
	if (IN6_IS_ADDR_LINKLOCAL(a6))
		return "of the link";
	return IN6_IS_ADDR_MULTICAST(a6) ? "no single host's" : NULL;
}

static void check(struct sw_host_name *n)
{
	char text[SW_PREFIX_TEXT];

	for (int i = 0; i < n->count && !n->trouble[0]; i++) {
		const char *why = forbidden(&n->addr[i]);

		if (why)
			snprintf(n->trouble, sizeof(n->trouble),
				 "it has the address %s, which is %s",
				 sw_addr_text(&n->addr[i], text), why);
	}
	if (!n->count && !n->trouble[0])
		snprintf(n->trouble, sizeof(n->trouble), "no answer");
}

static int by_address(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct sw_addr));
}

static void tell_trouble(const struct sw_host_name *n, const struct sw_host_name *old)
{
	char age[SW_DURATION_TEXT] = "";

	if (n->trouble[0] && !strcmp(n->trouble, old->trouble))
		return;
	if (n->trouble[0] && n->when)
		sw_log("allow name:%s: %s; its addresses of %s ago stay allowed", n->name,
		       n->trouble, sw_duration_text(sw_now() - n->when, age));
	else if (n->trouble[0])
		sw_log("allow name:%s: %s; it allows no address yet", n->name, n->trouble);
	else if (old->trouble[0])
		sw_log("allow name:%s resolves again", n->name);
}

/* Updates *n, the known state of the name; true if its addresses have changed. */
static bool take_answer(struct sw_host_name *n, struct sw_host_name *fresh)
{
	const struct sw_host_name old = *n;
	bool same;

	check(fresh);
	snprintf(n->trouble, sizeof(n->trouble), "%s", fresh->trouble);
	tell_trouble(n, &old);
	if (n->trouble[0])
		return false;
	qsort(fresh->addr, fresh->count, sizeof(fresh->addr[0]), by_address);
	same = old.count == fresh->count &&
	       !memcmp(old.addr, fresh->addr, fresh->count * sizeof(fresh->addr[0]));
	memcpy(n->addr, fresh->addr, sizeof(n->addr));
	n->count = fresh->count;
	n->when = sw_now(); /* not what the resolver's clock says */
	if (!same)
		sw_log("allow name:%s has %d address%s", n->name, n->count,
		       n->count == 1 ? "" : "es");
	return !same;
}

static int save(struct sw_daemon *d, const struct sw_host_names *l, struct sw_err *e)
{
	int at = open(d->opt->state_dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	int rc = at < 0 ? -1 : sw_host_names_write(at, "allow_names", l, 0640);

	if (rc)
		sw_fail(e, SW_EXIT_FAILED, "%s/allow_names: %s", d->opt->state_dir,
			strerror(errno));
	if (at >= 0)
		close(at);
	return rc;
}

/* The configured names, each with its known state. */
static void choose(const struct sw_config *c, struct sw_host_names *kept, struct sw_host_names *out)
{
	out->count = 0;
	for (int i = 0; i < c->allow_names.count && i < SW_HOST_NAMES; i++) {
		const char *name = c->allow_names.item[i];
		const struct sw_host_name *old = sw_host_names_find(kept, name);
		struct sw_host_name *n = &out->item[out->count++];

		if (old)
			*n = *old;
		else
			memset(n, 0, sizeof(*n));
		snprintf(n->name, sizeof(n->name), "%s", name);
	}
}

/* With the writers' lock held. */
static int take(struct sw_daemon *d, struct sw_host_names *answers, struct sw_err *e)
{
	struct sw_host_names *kept = sw_host_names_kept(d->opt->state_dir, e);
	struct sw_host_names *now = calloc(1, sizeof(*now));
	bool changed = false;
	int rc = -1;

	if (kept && now) {
		choose(&d->ctx.config, kept, now);
		for (int i = 0; i < now->count; i++) {
			struct sw_host_name *fresh = sw_host_names_find(answers, now->item[i].name);

			changed |= fresh && take_answer(&now->item[i], fresh);
		}
		rc = save(d, now, e);
	}
	free(kept);
	free(now);
	return rc || !changed ? rc : sw_allow_sync(&d->ctx, e);
}

static void read_answers(struct sw_daemon *d, int at)
{
	struct sw_host_names *answers = calloc(1, sizeof(*answers));
	struct sw_err e;
	int rc = -1;

	if (!answers || sw_host_names_read(at, "answers", answers))
		sw_fail(&e, SW_EXIT_FAILED, "%s/names/answers: %s", d->opt->state_dir,
			strerror(errno));
	else
		rc = sw_ctx_lock(&d->ctx, &e);
	if (!rc) {
		rc = take(d, answers, &e);
		sw_ctx_unlock(&d->ctx);
	}
	sw_log_trouble(&d->names_asked.failing, "taking the addresses of allowed names",
		       rc ? &e : NULL);
	free(answers);
}

static void ask(struct sw_daemon *d, int at)
{
	struct sw_host_names *wanted = calloc(1, sizeof(*wanted)), none = {.count = 0};

	if (!wanted)
		return;
	choose(&d->ctx.config, &none, wanted);
	wanted->every = d->ctx.config.allow_names_every / 1000000;
	if (!sw_host_names_write(at, "wanted", wanted, 0644))
		d->names_asked.sum = sw_settings_sum(d);
	free(wanted);
}

/* Logs that no resolver runs, or that it has not answered for too long. */
static void tell_silence(struct sw_daemon *d, const struct stat *st)
{
	int64_t age = st ? sw_now() - st->st_mtim.tv_sec * INT64_C(1000000) : 0;
	struct sw_err e;
	bool silent = !st || age > d->ctx.config.allow_names_every + GRACE_US;

	sw_fail(&e, SW_EXIT_FAILED,
		"the resolver is not running: systemctl enable --now scanwall-names, "
		"or scanwall names run");
	sw_log_trouble(&d->names_asked.silent, "looking up allowed names", silent ? &e : NULL);
}

void sw_allow_names_tick(struct sw_daemon *d)
{
	bool named = d->ctx.config.allow_names.count || d->names_asked.any;
	struct stat st;
	int at;

	if (!named && !d->ctx.config.allow_bots.count)
		return;
	at = open_directory(d);
	if (at < 0) {
		tell_silence(d, NULL);
		return;
	}
	sw_bots_tick(d, at);
	if (!named) {
		close(at);
		return;
	}
	if (!d->names_asked.any || d->names_asked.sum != sw_settings_sum(d) || d->names_asked.anew)
		ask(d, at);
	d->names_asked.anew = false;
	d->names_asked.any = d->ctx.config.allow_names.count > 0;
	if (fstatat(at, "answers", &st, AT_SYMLINK_NOFOLLOW)) {
		memset(&st, 0, sizeof(st));
	} else if (memcmp(&st.st_mtim, &d->names_asked.answered, sizeof(st.st_mtim)) != 0) {
		d->names_asked.answered = st.st_mtim;
		read_answers(d, at);
	}
	if (d->names_asked.any && st.st_mtim.tv_sec)
		tell_silence(d, &st);
	close(at);
}
