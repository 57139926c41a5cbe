// SPDX-License-Identifier: GPL-2.0-only
/* Doctor's checks of network interfaces and their drivers. */
#include <net/if_arp.h>
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
		sw_doctor_say(
			d, SW_WRONG, "xdp", i->name,
			"holds another XDP program, \"%s\" (id %u): remove it with the tool that "
			"attached it, then: scanwall attach %s",
			i->xdp_name[0] ? i->xdp_name : "unnamed", i->xdp_id, i->name);
	else if (!at)
		sw_doctor_say(d, SW_DOUBTFUL, "xdp", i->name,
			      "faces the outside and is not protected: scanwall attach %s",
			      i->name);
	else if (at->xdp == SW_XDP_GENERIC && sw_driver_native(i->driver))
		sw_doctor_say(
			d, SW_DOUBTFUL, "xdp", i->name,
			"generic, although driver %s supports native, which is several times "
			"faster: "
			"scanwall detach %s; scanwall attach %s --xdp native says what prevents it",
			i->driver, i->name, i->name);
	else if (at->xdp == SW_XDP_GENERIC)
		sw_doctor_say(d, SW_DOUBTFUL, "xdp", i->name,
			      "generic: a packet costs a socket buffer before it is dropped; "
			      "driver %s has "
			      "no native XDP",
			      i->driver[0] ? i->driver : "of this device");
	else
		sw_doctor_say(d, SW_GOOD, "xdp", i->name, "native, driver %s",
			      i->driver[0] ? i->driver : "unknown");
}

static void check_hardware(struct sw_doctor *d, const struct sw_interface *i)
{
	const char *slow = sw_driver_slow_tx(i);

	if (i->lro)
		sw_doctor_say(d, SW_WRONG, "lro", i->name,
			      "large receive offload joins packets before the program sees them: "
			      "ethtool -K "
			      "%s "
			      "lro off",
			      i->name);
	if (i->strips_vlan && strcmp(i->kind, "veth") != 0)
		sw_doctor_say(
			d, SW_DOUBTFUL, "vlan", i->name,
			"the NIC strips VLAN tags before the program sees them; if VLANs matter: "
			"ethtool -K %s rxvlan off",
			i->name);
	if (i->mtu > PAGE_MTU && i->mtu < 65535)
		sw_doctor_say(
			d, SW_DOUBTFUL, "mtu", i->name,
			"jumbo frames (%d): many drivers refuse native XDP then; 1500, or accept "
			"generic",
			i->mtu);
	if (i->queues && i->queues < i->queues_most && i->queues < sysconf(_SC_NPROCESSORS_ONLN))
		sw_doctor_say(
			d, SW_DOUBTFUL, "queues", i->name,
			"%d of %d queues in use, so at most as many CPUs share the work: ethtool "
			"-L %s combined %d",
			i->queues, i->queues_most, i->name, i->queues_most);
	if (slow)
		sw_doctor_say(d, SW_DOUBTFUL, "xdp-tx", i->name,
			      "replies from the driver (XDP_TX) are slow: %s", slow);
}

static const char *lower_name(const struct sw_doctor *d, const struct sw_interface *i)
{
	const struct sw_interface *lower = sw_interfaces_at(&d->links, i->lower);

	return lower ? lower->name : "the device below";
}

static void check_stack(struct sw_doctor *d, const struct sw_interface *i)
{
	static const char *const on_top[] = {"vlan", "macvlan", "ipvlan", "macsec"};
	static const char *const over[] = {"bridge", "vrf", "team"};

	for (size_t k = 0; k < sizeof(on_top) / sizeof(*on_top); k++)
		if (!strcmp(i->kind, on_top[k]))
			sw_doctor_say(d, SW_DOUBTFUL, "stacked", i->name,
				      "a %s on %s: attach to %s, where packets come in first",
				      i->kind, lower_name(d, i), lower_name(d, i));
	for (size_t k = 0; k < sizeof(over) / sizeof(*over); k++)
		if (!strcmp(i->kind, over[k]))
			sw_doctor_say(d, SW_DOUBTFUL, "stacked", i->name,
				      "a %s: attach to its members, where packets come in first",
				      i->kind);
	if (!strcmp(i->kind, "bond"))
		sw_doctor_say(
			d, SW_GOOD, "stacked", i->name,
			"a bond: the kernel passes the program on to members that support it");
	if (sw_guard_is_raw_type(i->type))
		sw_doctor_say(d, SW_GOOD, "ethernet", i->name,
			      "raw IP packets without an Ethernet header; read as such");
	else if (i->type != ARPHRD_ETHER && i->type != ARPHRD_LOOPBACK)
		sw_doctor_say(d, SW_WRONG, "ethernet", i->name,
			      "packets here begin with a header that the program cannot parse, so "
			      "it passes "
			      "them: attach to the underlying device");
}

static void check_interface(struct sw_doctor *d, const struct sw_interface *i)
{
	const struct sw_attachment *at = attachment(d, i->name);

	if (!at && !i->outward)
		return;
	check_program(d, i, at);
	check_hardware(d, i);
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
			sw_doctor_say(
				d, SW_WRONG, "xdp", d->at[k].ifname,
				"was attached and is gone; the daemon attaches to it again when it "
				"comes back");
	sw_interfaces_free(&d->links);
}
