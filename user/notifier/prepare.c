// SPDX-License-Identifier: GPL-2.0-only
/* Reads the targets from the configuration, then drops privileges. */
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>
#include "notifier/internal.h"

static struct sw_target *add(struct sw_notifier *n, __typeof__(sw_begin_run) *begin)
{
	struct sw_target *t = &n->target[n->targets++];

	t->begin = begin;
	t->child = -1;
	t->from = n->from;
	for (int i = 0; i < SW_QUEUE; i++)
		t->item[i].asked = -1;
	return t;
}

/* keys: the section's that says by whom. */
static struct sw_target *add_mail(struct sw_notifier *n, const struct sw_config *keys,
				  const char *to, const char *what)
{
	const char *by = keys->notify_mail_by[0] ? keys->notify_mail_by : n->config.notify_mail_by;
	struct sw_target *t = add(n, by[0] == '/' ? sw_begin_sendmail : sw_begin_smtp);

	t->path = by;
	t->to = to;
	if (keys->notify_from[0])
		t->from = keys->notify_from;
	snprintf(t->name, sizeof(t->name), "%s %s", what, to);
	return t;
}

static struct sw_target *add_url(struct sw_notifier *n, __typeof__(sw_begin_run) *begin,
				 const char *url, const char *what)
{
	struct sw_target *t = add(n, begin);
	char host[100];

	t->url = url;
	sw_http_host(url, host, sizeof(host));
	snprintf(t->name, sizeof(t->name), "%s %s", what, host);
	return t;
}

/* Reads a secret: one word, in a file that only root can read. */
static char *read_key(const char *path, struct sw_err *e)
{
	char line[256] = "";
	FILE *f = fopen(path, "r");

	if (!f || !fgets(line, sizeof(line), f)) {
		sw_fail(e, SW_EXIT_USAGE, "abuse.abuseipdb_key: %s could not be read: %s", path,
			f ? "it is empty" : strerror(errno));
		if (f)
			fclose(f);
		return NULL;
	}
	fclose(f);
	line[strcspn(line, " \t\r\n")] = 0;
	return strdup(line);
}

static int add_abuse(struct sw_notifier *n, struct sw_err *e)
{
	const struct sw_config *c = &n->config;

	if (c->abuse_xarf_to[0])
		n->abuse[1] = add_mail(n, c, c->abuse_xarf_to, "X-ARF to");
	if (!c->abuse_key[0])
		return 0;
	n->abuse[0] = add_url(n, sw_begin_form, c->abuse_url, "AbuseIPDB at");
	n->abuse[0]->key = read_key(c->abuse_key, e);
	return n->abuse[0]->key ? 0 : -1;
}

static void add_section(struct sw_notifier *n, const char *name, const struct sw_config *keys)
{
	struct sw_section *s = &n->section[n->sections++];
	char what[SW_SECTION_TEXT + 16];
	struct sw_target *t;

	*s = (struct sw_section){.name = name, .when = sw_notify_wanted(&keys->notify_when)};
	s->limit.most = keys->notify_per_hour;
	s->first = n->targets;
	if (keys->notify_run[0]) {
		t = add(n, sw_begin_run);
		t->path = keys->notify_run;
		snprintf(t->name, sizeof(t->name), "%s%sprogram %s", name, name[0] ? ": " : "",
			 t->path);
	}
	snprintf(what, sizeof(what), "%s%swebhook", name, name[0] ? ": " : "");
	if (keys->notify_webhook[0])
		add_url(n, sw_begin_webhook, keys->notify_webhook, what);
	snprintf(what, sizeof(what), "%s%smail to", name, name[0] ? ": " : "");
	if (keys->notify_mail[0])
		add_mail(n, keys, keys->notify_mail, what);
	s->end = n->targets;
	if (s->when && s->first == s->end && name[0])
		sw_say("notify %s: nobody is told, as it has no run, webhook or mail", name);
	if (!s->when && s->first != s->end && name[0])
		sw_say("notify %s: nothing is told, as its when is empty", name);
}

int sw_notifier_setup(struct sw_notifier *n, struct sw_err *e)
{
	const struct sw_config *c = &n->config;

	gethostname(n->host, sizeof(n->host) - 1);
	snprintf(n->from, sizeof(n->from), c->notify_from[0] ? "%s" : "scanwall@%s",
		 c->notify_from[0] ? c->notify_from : n->host);
	add_section(n, "", c);
	for (int i = 0; i < c->notify_count; i++)
		add_section(n, c->notify[i].name, c->notify[i].keys);
	if (add_abuse(n, e))
		return -1;
	if (n->targets)
		return 0;
	return sw_fail(e, SW_EXIT_USAGE,
		       "no target: set notify.run, notify.webhook or notify.mail in the "
		       "configuration, and notify.when");
}

/* no_new_privs is not set, since programs such as Postfix's sendmail are set-group-ID. */
int sw_notifier_drop(const struct sw_notifier *n, struct sw_err *e)
{
	const struct passwd *user = getpwnam(n->config.notify_user);

	if (!user || !user->pw_uid)
		return sw_fail(e, SW_EXIT_USAGE,
			       "notify.user: \"%s\" is %s (expected an unprivileged user)",
			       n->config.notify_user, user ? "root" : "no user of this host");
	if (setgroups(0, NULL) || setresgid(user->pw_gid, user->pw_gid, user->pw_gid) ||
	    setresuid(user->pw_uid, user->pw_uid, user->pw_uid) || !setuid(0))
		return sw_fail(e, SW_EXIT_PERM, "it could not become the user %s: %s",
			       n->config.notify_user, strerror(errno));
	/* Not dumpable: other processes of that user must not read the URL and the key. */
	prctl(PR_SET_DUMPABLE, 0);
	return chdir("/");
}
