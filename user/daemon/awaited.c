// SPDX-License-Identifier: GPL-2.0-only
/* Re-attaches named interfaces as devices come and go. A BPF link belongs to a device, not to
 * a name: a renamed device keeps its link; a device that takes over a name, or appears later,
 * gets a new one. */
#include <string.h>
#include "daemon/internal.h"

static const struct sw_attachment *link_at(const struct sw_attachment *at, int n, int ifindex)
{
	for (int i = 0; ifindex && i < n; i++)
		if (at[i].ifindex == ifindex)
			return &at[i];
	return NULL;
}

/* The name no longer exists, or is another device than before. */
static void note_change(struct sw_names *names, int i, const struct sw_attachment *at, int n,
			int ifindex)
{
	const struct sw_attachment *moved = link_at(at, n, names->index[i]);
	const char *name = names->name[i];

	if (names->awaited[i])
		return;
	names->awaited[i] = true;
	if (moved)
		sw_log("%s was renamed to %s and stays attached; %s is attached when it %s", name,
		       moved->ifname, name, ifindex ? "can be" : "comes back");
	else if (!ifindex)
		sw_log("%s is gone; it is attached again when it returns", name);
}

static int mend_one(struct sw_daemon *d, int i, const struct sw_attachment *at, int n,
		    struct sw_err *e)
{
	struct sw_names *names = &d->names;
	const char *name = names->name[i];
	int ifindex = if_nametoindex(name);
	const struct sw_attachment *link = link_at(at, n, ifindex);
	const struct sw_attachment *dead = sw_attachment_find(at, n, name);

	if (ifindex != names->index[i])
		note_change(names, i, at, n, ifindex);
	/* Somebody detached it meanwhile. */
	if (names->awaited[i] && names->pinned[i] && !dead && !link &&
	    !link_at(at, n, names->index[i]))
		names->awaited[i] = false;
	names->pinned[i] = dead != NULL;
	if (!link && ifindex && (names->awaited[i] || dead)) {
		if (sw_engine_attach(&d->ctx.engine, name, sw_start_xdp(d), e) < 0)
			return -1;
		sw_log("%s is %s", name,
		       dead ? "back and attached again" : "there and attached now");
		names->pinned[i] = true;
		names->awaited[i] = false;
	}
	if (link)
		names->awaited[i] = false;
	names->index[i] = ifindex;
	return 0;
}

int sw_interfaces_mend(struct sw_daemon *d, struct sw_err *e)
{
	struct sw_attachment at[SW_INTERFACES];
	int n = sw_engine_attachments(d->ctx.pin_dir, at, SW_INTERFACES, e), rc = 0;
	struct sw_err why;

	if (n < 0)
		return -1;
	n = n < SW_INTERFACES ? n : SW_INTERFACES;
	for (int i = 0; i < d->names.count; i++)
		if (mend_one(d, i, at, n, &why) && !rc)
			rc = sw_fail(e, why.exit, "%s", why.text);
	return rc;
}
