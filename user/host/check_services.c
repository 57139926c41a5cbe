// SPDX-License-Identifier: GPL-2.0-only
/* Doctor's checks of ports that NAT moves and of port knocking. */
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "host/doctor_checks.h"

static bool is_configured(const struct sw_config *c, const struct sw_endpoint *x)
{
	for (int i = 0; i < c->services.count; i++)
		if (c->services.item[i].port == x->port && c->services.item[i].proto == x->proto)
			return true;
	return false;
}

/* The value that `services` should have: its current one plus the missing ones of l. Returns the
 * number missing. */
static int services_wanted(const struct sw_doctor *d, const struct sw_endpoints *l, char *out,
			   size_t size)
{
	char *had = d->open ? sw_config_get(&d->ctx.config, "services") : NULL;
	size_t n = snprintf(out, size, "%s", had ? had : "");
	int missing = 0;

	free(had);
	for (size_t i = 0; i < l->count; i++) {
		const struct sw_endpoint *x = &l->item[i];

		if (!x->port || (d->open && is_configured(&d->ctx.config, x)))
			continue;
		missing++;
		if (n + 16 < size)
			n += snprintf(out + n, size - n, "%s%s/%u", n ? "," : "",
				      x->proto == IPPROTO_UDP ? "udp" : "tcp", x->port);
	}
	return missing;
}

void sw_check_nat(struct sw_doctor *d)
{
	struct sw_endpoints l = {0};
	struct sw_err ignored;
	char ports[256];

	if (sw_nat_add(&l, &ignored)) {
		sw_endpoints_free(&l);
		return;
	}
	if (services_wanted(d, &l, ports, sizeof(ports)))
		sw_doctor_say(d, SW_DOUBTFUL, "nat", NULL,
			      "rules move ports that no socket here serves; until their answers "
			      "have taught it, name them: scanwall config set services %s",
			      ports);
	else if (l.count)
		sw_doctor_say(d, SW_GOOD, "nat", NULL,
			      "the ports that NAT rules redirect are listed in services");
	sw_endpoints_free(&l);
}

/* The program finds listening sockets itself; `services` is not needed for them. */
static void leave_out_served(struct sw_endpoints *l)
{
	struct sw_endpoints served = {0};
	struct sw_err ignored;
	size_t n = 0;

	if (sw_endpoints_find(&served, &ignored))
		return;
	for (size_t i = 0; i < l->count; i++)
		if (!sw_endpoints_get(&served, l->item[i].proto, l->item[i].port))
			l->item[n++] = l->item[i];
	l->count = n;
	sw_endpoints_free(&served);
}

static void say_knocker(struct sw_doctor *d, const struct sw_endpoints *l, const char *name,
			int pid)
{
	char ports[256], who[64];

	snprintf(who, sizeof(who), pid ? "%s (pid %d)" : "%s, if it runs,", name, pid);
	if (services_wanted(d, l, ports, sizeof(ports)))
		sw_doctor_say(
			d, SW_DOUBTFUL, "port-knock", NULL,
			"%s does not hear knocks: they are dropped as probes of closed ports, and "
			"who knocks is challenged; name the ports: scanwall config set services %s",
			who, ports);
	else if (!l->item[0].port)
		sw_doctor_say(d, SW_DOUBTFUL, "port-knock", NULL,
			      "the ports of %s cannot be read; it hears knocks only at those that "
			      "services name: scanwall config set services tcp/PORT,udp/PORT",
			      who);
	else
		sw_doctor_say(d, SW_GOOD, "port-knock", NULL,
			      "%s receives knocks: its ports are listed in services", who);
}

void sw_check_port_knock(struct sw_doctor *d)
{
	struct sw_endpoints l = {0}, one;
	struct sw_err ignored;

	if (!sw_port_knock_add(&l, &ignored))
		leave_out_served(&l);
	for (size_t i = 0; i < l.count; i += one.count) {
		one = (struct sw_endpoints){.item = &l.item[i]};
		while (i + one.count < l.count &&
		       !strcmp(l.item[i + one.count].process, l.item[i].process))
			one.count++;
		say_knocker(d, &one, l.item[i].process, l.item[i].pid);
	}
	sw_endpoints_free(&l);
}
