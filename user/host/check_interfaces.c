// SPDX-License-Identifier: GPL-2.0-only
/* Doctor's checks of network interfaces and their drivers. */
#include <net/if_arp.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "engine/guard.h"
#include "host/doctor_checks.h"

#define PAGE_MTU 3498 /* largest MTU whose frame fits into one page with XDP's headroom */

static const struct sw_attachment *attachment(const struct sw_doctor *d, const char *name)
{
	for (int i = 0; i < d->attached; i++)
		if (!strcmp(d->at[i].ifname, name))
			return &d->at[i];
	return NULL;
}

static void check_program(struct sw_doctor *d, const struct sw_interface *i,
			  const struct sw_attachment *at)
{
	if (!at && i->xdp_id)
		sw_doctor_say(d, SW_WRONG, "xdp", i->name,
			      "holds another XDP program, \"%s\" (id %u): remove it with the tool "
			      "that attached it, then: scanwall attach %s",
			      i->xdp_name[0] ? i->xdp_name : "unnamed", i->xdp_id, i->name);
	else if (!at)
		sw_doctor_say(d, SW_DOUBTFUL, "xdp", i->name,
			      "faces the outside and is not protected: scanwall attach %s",
			      i->name);
	else if (at->xdp == SW_XDP_GENERIC && sw_driver_native(i->driver))
		sw_doctor_say(d, SW_DOUBTFUL, "xdp", i->name,
			      "generic, although driver %s supports native, which is several times "
			      "faster: scanwall detach %s; scanwall attach %s --xdp native; where "
			      "that is refused, it says why, and scanwall attach %s puts this back",
			      i->driver, i->name, i->name, i->name);
	else if (at->xdp == SW_XDP_GENERIC)
		sw_doctor_say(d, SW_DOUBTFUL, "xdp", i->name,
			      "generic: a packet costs a socket buffer before it is dropped; "
			      "driver %s has no native XDP",
			      i->driver[0] ? i->driver : "of this device");
	else
		sw_doctor_say(d, SW_GOOD, "xdp", i->name, "native, driver %s",
			      i->driver[0] ? i->driver : "unknown");
}

static const struct sw_interface *vlan_on(const struct sw_doctor *d, const struct sw_interface *i)
{
	for (size_t k = 0; k < d->links.count; k++)
		if (d->links.item[k].lower == i->index && !strcmp(d->links.item[k].kind, "vlan"))
			return &d->links.item[k];
	return NULL;
}

static void check_offloads(struct sw_doctor *d, const struct sw_interface *i)
{
	const struct sw_interface *vlan = i->strips_vlan ? vlan_on(d, i) : NULL;

	if (i->lro)
		sw_doctor_say(d, SW_WRONG, "lro", i->name,
			      "large receive offload joins packets before the program sees them: "
			      "ethtool -K %s lro off",
			      i->name);
	if (vlan && strcmp(i->kind, "veth") != 0)
		sw_doctor_say(d, SW_DOUBTFUL, "vlan", i->name,
			      "the NIC strips VLAN tags before the program sees them, so what it "
			      "answers in a SYN flood leaves without its tag, and does not reach "
			      "who asks %s: ethtool -K %s rxvlan off",
			      vlan->name, i->name);
}

static void check_hardware(struct sw_doctor *d, const struct sw_interface *i,
			   const struct sw_attachment *at)
{
	const char *slow = sw_driver_slow_tx(i);

	if (i->mtu > PAGE_MTU && i->mtu < 65535 && (!at || at->xdp == SW_XDP_GENERIC))
		sw_doctor_say(d, SW_DOUBTFUL, "mtu", i->name,
			      "jumbo frames (%d): many drivers refuse native XDP then; ip link set "
			      "dev %s mtu 1500, or accept generic",
			      i->mtu, i->name);
	if (i->queues && i->queues < i->queues_most && i->queues < sysconf(_SC_NPROCESSORS_ONLN))
		sw_doctor_say(d, SW_DOUBTFUL, "queues", i->name,
			      "%d of %d queues in use, so at most as many CPUs share the work: "
			      "ethtool -L %s %s %d",
			      i->queues, i->queues_most, i->name, i->queues_rx ? "rx" : "combined",
			      i->queues_most);
	if (slow)
		sw_doctor_say(d, SW_DOUBTFUL, "xdp-tx", i->name,
			      "answers to a SYN flood may be slow: %s; if they are, leave floods "
			      "to the kernel: scanwall config set syn_flood off",
			      slow);
}

/* "eth0 eth1": those of `all` that are attached, or those that are not. */
static const char *names_of(const struct sw_doctor *d, const struct sw_interface *const *all, int n,
			    bool attached, char *buf, size_t size)
{
	size_t at = 0;

	buf[0] = '\0';
	for (int k = 0; k < n && at < size; k++)
		if (!attachment(d, all[k]->name) != attached)
			at += snprintf(buf + at, size - at, "%s%s", at ? " " : "", all[k]->name);
	return buf;
}

/* A device that stands on others: packets meet the program there. False: it stands on none,
 * so the program has to be attached to it. */
static bool check_first(struct sw_doctor *d, const struct sw_interface *i)
{
	const struct sw_interface *first[SW_FIRST_MAX];
	int n = strcmp(i->kind, "bond") ? sw_interfaces_first(&d->links, i, first)
					: sw_interfaces_members(&d->links, i, true, first);
	char with[256], without[256];

	names_of(d, first, n, true, with, sizeof(with));
	names_of(d, first, n, false, without, sizeof(without));
	if (!n || first[0] == i || (!strcmp(i->kind, "bond") && !with[0]))
		return false;
	if (!without[0])
		sw_doctor_say(d, SW_GOOD, "stacked", i->name,
			      "a %s; its packets meet the program where they come in first: %s",
			      i->kind, with);
	else if (with[0])
		sw_doctor_say(d, SW_DOUBTFUL, "stacked", i->name,
			      "a %s; its packets meet the program at %s, and not at %s: scanwall "
			      "attach %s",
			      i->kind, with, without, without);
	else
		sw_doctor_say(d, SW_DOUBTFUL, "stacked", i->name,
			      "a %s that faces the outside and is not protected; its packets come "
			      "in first at %s: scanwall attach %s",
			      i->kind, without, without);
	return true;
}

/* It is attached where it stands on others. */
static void check_stack(struct sw_doctor *d, const struct sw_interface *i)
{
	const struct sw_interface *first[SW_FIRST_MAX];
	int n = sw_interfaces_first(&d->links, i, first);
	char names[256];

	if (!strcmp(i->kind, "bond"))
		sw_doctor_say(
			d, SW_GOOD, "stacked", i->name,
			"a bond: the kernel passes the program on to members that support it");
	else if (first[0] != i && names_of(d, first, n, false, names, sizeof(names))[0])
		sw_doctor_say(d, SW_DOUBTFUL, "stacked", i->name,
			      "a %s; its packets come in first at %s, where dropping them costs "
			      "less: scanwall detach %s; scanwall attach %s",
			      i->kind, names, i->name, names);
	else if (first[0] != i)
		sw_doctor_say(
			d, SW_DOUBTFUL, "stacked", i->name,
			"a %s; its packets have met the program at %s before: scanwall detach %s",
			i->kind, names_of(d, first, n, true, names, sizeof(names)), i->name);
	else if (i->lower_elsewhere && strcmp(i->kind, "veth") != 0)
		sw_doctor_say(d, SW_GOOD, "stacked", i->name,
			      "a %s on a device of another network namespace, so its packets can "
			      "meet the program only here",
			      i->kind);
}

/* Returns whether the program can parse what comes in there. */
static bool check_ethernet(struct sw_doctor *d, const struct sw_interface *i, bool attached)
{
	if (i->type == ARPHRD_ETHER || i->type == ARPHRD_LOOPBACK)
		return true;
	if (sw_guard_is_raw_type(i->type)) {
		sw_doctor_say(d, SW_GOOD, "ethernet", i->name,
			      "raw IP packets without an Ethernet header; read as such");
		return true;
	}
	sw_doctor_say(d, SW_WRONG, "ethernet", i->name,
		      "packets here begin with a header (of type %d) that the program cannot "
		      "parse, so they %s: %s%s%sattach to a device with Ethernet or plain IP",
		      i->type, attached ? "pass unjudged" : "are not judged",
		      attached ? "scanwall detach " : "", attached ? i->name : "",
		      attached ? ", and " : "");
	return false;
}

static void check_interface(struct sw_doctor *d, const struct sw_interface *i)
{
	const struct sw_attachment *at = attachment(d, i->name);

	if (!at && (!i->outward || check_first(d, i)))
		return;
	if (!check_ethernet(d, i, at))
		return;
	check_program(d, i, at);
	check_offloads(d, i);
	check_hardware(d, i, at);
	if (at)
		check_stack(d, i);
}

void sw_check_interfaces(struct sw_doctor *d)
{
	struct sw_err e;

	if (sw_interfaces_find(&d->links, &e)) {
		sw_doctor_say(d, SW_WRONG, "interfaces", NULL, "%s", e.text);
		return;
	}
	for (size_t k = 0; k < d->links.count; k++)
		check_interface(d, &d->links.item[k]);
	for (int k = 0; k < d->attached; k++)
		if (!d->at[k].ifindex || !sw_interfaces_get(&d->links, d->at[k].ifname))
			sw_doctor_say(d, SW_WRONG, "xdp", d->at[k].ifname,
				      "was attached and is gone; the daemon attaches to it again "
				      "when it comes back");
	sw_interfaces_free(&d->links);
}
