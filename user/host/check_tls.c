// SPDX-License-Identifier: GPL-2.0-only
/* Doctor's checks of the inspection of TLS (`scanwall run --tls`). */
#include <netinet/in.h>
#include <stdlib.h>
#include "host/doctor_checks.h"
#include "host/tls_users.h"

static bool speaks_tls(uint16_t port)
{
	static const uint16_t ports[] = {443, 465, 563, 636, 853, 989, 990, 993, 995, 4443, 8443};

	for (size_t i = 0; i < sizeof(ports) / sizeof(*ports); i++)
		if (ports[i] == port)
			return true;
	return false;
}

static bool is_seen(const struct sw_tls_users *l, const struct sw_endpoint *x)
{
	for (size_t i = 0; i < l->count; i++)
		if (l->item[i].seen && l->item[i].pid == x->pid)
			return true;
	return false;
}

/* Go, Java and static builds of node, for instance, do not use libssl for TLS. */
static void check_unseen(struct sw_doctor *d, const struct sw_tls_users *seen)
{
	struct sw_endpoints l = {0};
	struct sw_err ignored;

	if (sw_endpoints_find(&l, &ignored))
		return;
	for (size_t i = 0; i < l.count; i++) {
		const struct sw_endpoint *x = &l.item[i];

		if (x->proto != IPPROTO_TCP || !x->pid || !speaks_tls(x->port) || is_seen(seen, x))
			continue;
		sw_doctor_say(
			d, SW_DOUBTFUL, "tls", NULL,
			"%s (pid %d) serves port %u and has no libssl that can be probed: not "
			"inspected",
			x->process, x->pid, x->port);
	}
	sw_endpoints_free(&l);
}

static void check_users(struct sw_doctor *d, const struct sw_tls_users *l)
{
	char *text;

	for (size_t i = 0; i < l->count; i++)
		if (!l->item[i].seen)
			sw_doctor_say(
				d, SW_DOUBTFUL, "tls", NULL, "%s (pid %d) is not seen: %s",
				l->item[i].name, (int)l->item[i].pid,
				l->item[i].deleted
					? "its libssl was replaced since it started; restart it"
					: "its libssl could not be probed; the daemon's log says "
					  "why");
	if (l->hidden)
		sw_doctor_say(d, SW_DOUBTFUL, "tls", NULL,
			      "%d processes cannot be examined by the daemon: it needs "
			      "CAP_SYS_PTRACE (docs/signatures.md)",
			      l->hidden);
	text = sw_tls_users_text(l, true);
	if (text && text[0])
		sw_doctor_say(d, SW_GOOD, "tls", NULL, "seen: %s", text);
	free(text);
}

void sw_check_tls(struct sw_doctor *d)
{
	struct sw_tls_status s;

	if (!sw_tls_status_read(d->p->state_dir, d->p->daemon, &s))
		return;
	if (s.trouble[0]) {
		sw_doctor_say(d, SW_WRONG, "tls", NULL, "not looked into: %s", s.trouble);
	} else {
		check_users(d, &s.users);
		check_unseen(d, &s.users);
		if (s.counts.full)
			sw_doctor_say(d, SW_DOUBTFUL, "tls", NULL,
				      "%llu reads were not inspected: the ring was full",
				      s.counts.full);
	}
	sw_tls_status_free(&s);
}
