// SPDX-License-Identifier: GPL-2.0-only
/* allow_bots: whoever is blocked and is a crawler by its name, confirmed by a look-up of
 * that name, is allowed for a day. Asked of the resolver, as allow_names.c does.
 *
 * Of IPv6 a /64 is blocked, but one address confirmed: that alone is allowed. The block of
 * its /64 ends, for what was done before it came from a crawler; of those that crawl from
 * the same /64 nothing would be seen as long as they are dropped, nor would they be asked
 * about. Who attacks from there is blocked again. */
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include "config/crawlers.h"
#include "daemon/internal.h"
#include "store/visitors.h"

#define ALLOWED_US (86400 * INT64_C(1000000))
#define RETRY_NS 10000000000ll
#define ASKED_NS (3600 * INT64_C(1000000000)) /* then its name is looked up again */

static bool is_wanted(const struct sw_config *c, const char *bot)
{
	for (int i = 0; bot && i < c->allow_bots.count; i++)
		if (!strcmp(c->allow_bots.item[i], bot))
			return true;
	return false;
}

static bool is_barred(const struct sw_event *ev)
{
	return ev->type == SW_EVENT_BLOCK || ev->type == SW_EVENT_WOULD_BLOCK ||
	       ev->type == SW_EVENT_CAPPED || ev->type == SW_EVENT_CONFINED;
}

/* Remembers a blocked source whose name is to be looked up. When the table is full, the oldest
 * entries are replaced. */
void sw_bots_note(struct sw_daemon *d, const struct sw_event *ev)
{
	struct sw_bots *b = &d->bots;
	struct sw_visitors *l = &b->asked;
	struct sw_visitor *v;
	int at;

	if (!is_barred(ev))
		return;
	v = sw_visitors_find(l, &ev->src);
	if (v)
		b->allowed[v - l->item] = false; /* not any more, as it is blocked */
	if (v && sw_monotonic() - b->when[v - l->item] < ASKED_NS)
		return;
	if (v)
		at = v - l->item;
	else
		at = l->count < SW_VISITORS ? l->count++ : (int)(b->next++ % SW_VISITORS);
	l->item[at] = (struct sw_visitor){.addr = ev->src};
	b->when[at] = sw_monotonic();
	b->plen[at] = ev->plen;
	b->allowed[at] = false;
	b->changed = true;
}

/* With the writers' lock held. Allows first, so that nothing blocks it in between. */
static int put(struct sw_daemon *d, const struct sw_allow_entry *a, const struct sw_prefix *blocked,
	       struct sw_err *e)
{
	enum sw_change change;

	if (sw_allow_add(&d->ctx, a, 1, &change, e))
		return -1;
	if (sw_prefix_is_host(blocked))
		return 0;
	return sw_unblock(&d->ctx, blocked, 1, SW_ORIGIN_KERNEL, &change, e) ||
			       (d->ctx.loaded && sw_source_forget(&d->ctx, blocked, e))
		       ? -1
		       : 0;
}

/* False: it failed, and is tried again. */
static bool allow(struct sw_daemon *d, int at, const char *bot, const char *host)
{
	const struct sw_visitor *v = &d->bots.asked.item[at];
	struct sw_prefix blocked = sw_prefix_of(&v->addr, d->bots.plen[at]);
	struct sw_allow_entry a = {.prefix =
					   sw_prefix_of(&v->addr, sw_addr_is4(&v->addr) ? 32 : 128),
				   .since = sw_now(),
				   .expires = sw_now() + ALLOWED_US};
	char text[SW_PREFIX_TEXT];
	struct sw_err e;
	int rc = sw_ctx_lock(&d->ctx, &e);

	snprintf(a.comment, sizeof(a.comment), "bot:%s %.100s", bot, host);
	if (!rc) {
		rc = put(d, &a, &blocked, &e);
		sw_ctx_unlock(&d->ctx);
	}
	if (rc && !d->bots.retry)
		sw_log("%s is %s (%s), but could not be allowed: %s",
		       sw_prefix_text(&a.prefix, text), bot, host, e.text);
	d->bots.retry = rc ? sw_monotonic() + RETRY_NS : 0;
	if (rc)
		return false;
	sw_log("%s is %s (%s) and is allowed for a day", sw_prefix_text(&a.prefix, text), bot,
	       host);
	return true;
}

static void take(struct sw_visitors *l, struct sw_visitors *confirmed)
{
	for (int i = 0; i < l->count; i++) {
		const struct sw_visitor *v = sw_visitors_find(confirmed, &l->item[i].addr);

		if (v && !l->item[i].host[0])
			memcpy(l->item[i].host, v->host, sizeof(v->host));
	}
}

static void allow_wanted(struct sw_daemon *d)
{
	struct sw_bots *b = &d->bots;

	if (b->retry && sw_monotonic() < b->retry)
		return;
	for (int i = 0; i < b->asked.count; i++) {
		const char *host = b->asked.item[i].host, *bot = sw_bot_of(host);

		if (b->allowed[i] || !is_wanted(&d->ctx.config, bot))
			continue;
		b->allowed[i] = allow(d, i, bot, host);
		if (!b->allowed[i])
			return; /* each waits for the lock */
	}
}

void sw_bots_tick(struct sw_daemon *d, int at)
{
	struct sw_bots *b = &d->bots;
	struct sw_visitors confirmed;
	struct stat st;

	if (!d->ctx.config.allow_bots.count)
		return;
	if (b->changed && !sw_visitors_write(at, "sources", &b->asked, 0644))
		b->changed = false;
	if (b->asked.count && !fstatat(at, "confirmed", &st, AT_SYMLINK_NOFOLLOW) &&
	    memcmp(&st.st_mtim, &b->answered, sizeof(st.st_mtim)) != 0) {
		b->answered = st.st_mtim;
		if (!sw_visitors_read(at, "confirmed", &confirmed))
			take(&b->asked, &confirmed);
	}
	allow_wanted(d);
}
