// SPDX-License-Identifier: GPL-2.0-only
/* The checks of `scanwall doctor` (findings.h), one function each. */
#include <net/if_arp.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <sys/timex.h>
#include <sys/un.h>
#include <unistd.h>
#include "base/grow.h"
#include "engine/chain.h"
#include "engine/guard.h"
#include "notify/notify.h"
#include "engine/settings.h"
#include "engine/syn_flood.h"
#include "host/findings.h"
#include "host/host.h"
#include "host/running.h"
#include "host/tls_users.h"

#define PAGE_MTU 3498		/* largest MTU whose frame fits into one page with XDP's headroom */
#define LEAST_FREE 100		/* MiB for the record */
#define FUTURE (60ll * 1000000) /* us; a record newer than this: the clock was set back */

struct doctor {
	const struct sw_patient *p;
	struct sw_checkup *out;
	struct sw_interfaces links;
	struct sw_attachment at[64];
	int attached;
	struct sw_ctx ctx;
	bool open;
	int rc;
};

__attribute__((format(printf, 5, 6))) static void say(struct doctor *d, enum sw_finding finding,
						      const char *name, const char *about,
						      const char *fmt, ...)
{
	struct sw_check *c;
	struct sw_err ignored;
	va_list ap;

	if (sw_grow((void **)&d->out->item, &d->out->room, d->out->count, sizeof(*c), &ignored)) {
		d->rc = -1;
		return;
	}
	c = &d->out->item[d->out->count++];
	memset(c, 0, sizeof(*c));
	c->finding = finding;
	snprintf(c->name, sizeof(c->name), "%s", name);
	snprintf(c->about, sizeof(c->about), "%s", about ? about : "");
	va_start(ap, fmt);
	vsnprintf(c->text, sizeof(c->text), fmt, ap);
	va_end(ap);
}

/* ---- the kernel */

static long number_in(const char *path)
{
	FILE *f = fopen(path, "r");
	long n = -1;

	if (!f)
		return -1;
	if (fscanf(f, "%ld", &n) != 1)
		n = -1;
	fclose(f);
	return n;
}

static void check_kernel(struct doctor *d)
{
	struct sw_err e;
	long jit = number_in("/proc/sys/net/core/bpf_jit_enable");

	if (sw_engine_preflight(d->p->pin_dir, &e))
		say(d, SW_WRONG, "kernel", NULL, "%s", e.text);
	else
		say(d, SW_GOOD, "kernel", NULL,
		    "recent enough, with BTF, a BPF file system and permission to load");
	if (jit == 0)
		say(d, SW_WRONG, "jit", NULL,
		    "BPF programs are interpreted, several times slower: sysctl -w "
		    "net.core.bpf_jit_enable=1");
	else if (jit > 0)
		say(d, SW_GOOD, "jit", NULL, "BPF programs are compiled");
}

static void check_clock(struct doctor *d)
{
	struct timex t = {0};

	if (adjtimex(&t) < 0)
		return;
	if (t.status & STA_UNSYNC)
		say(d, SW_DOUBTFUL, "clock", NULL,
		    "the clock is not synchronized (NTP): blocks last as long as they should, but "
		    "times in events may be wrong; install chrony or systemd-timesyncd");
	else
		say(d, SW_GOOD, "clock", NULL, "synchronized");
}

/* ---- the program */

static void check_layout(struct doctor *d)
{
	__u32 layout = sw_engine_layout(d->p->pin_dir);
	unsigned int parts = sw_engine_parts(d->p->pin_dir);
	const char *missing = sw_parts_missing(parts, 0);

	if (layout && layout != SW_ABI_VERSION)
		say(d, SW_WRONG, "program", NULL,
		    "another version's program is running (layout %u, this one has %u): restart "
		    "the daemon, or scanwall attach IFACE",
		    layout, SW_ABI_VERSION);
	else if (!d->attached)
		say(d, SW_WRONG, "program", NULL,
		    "attached to nothing: scanwall setup, or scanwall attach IFACE");
	else if (missing)
		for (int i = 0; (missing = sw_parts_missing(parts, i)); i++)
			say(d, SW_DOUBTFUL, "program", NULL, "%s", missing);
	else
		say(d, SW_GOOD, "program", NULL, "this version's, on %d interface%s", d->attached,
		    d->attached == 1 ? "" : "s");
}

/* Another's program in our link's place would be as silent as libxdp's dispatcher. */
static void check_running(struct doctor *d)
{
	struct sw_running r;
	char text[300];
	enum sw_finding f;
	int here = 0;

	for (int i = 0; i < d->attached; i++)
		here += d->at[i].ifindex != 0;
	if (!here)
		return;
	sw_running_look(d->p->pin_dir, d->at, d->attached, &r);
	for (int i = 0; i < d->attached; i++) {
		if (!d->at[i].ifindex || !r.prog_id || d->at[i].prog_id == r.prog_id)
			continue;
		say(d, SW_WRONG, "runs", d->at[i].ifname,
		    "packets meet the program with id %u, and ours is %u: scanwall attach %s",
		    d->at[i].prog_id, r.prog_id, d->at[i].ifname);
		return;
	}
	if (!r.prog_id)
		say(d, SW_WRONG, "runs", NULL,
		    "%s/program is gone, so nothing can be asked of it: scanwall attach IFACE",
		    d->p->pin_dir);
	if (!r.counted)
		return;
	f = sw_running_say(&r, text, sizeof(text));
	say(d, f, "runs", NULL, "%s", text);
}

static void check_chain(struct doctor *d)
{
	char name[SW_CHAIN_NAME];
	__u32 id;

	if (!d->attached || !sw_chain_info(d->p->pin_dir, &id, name))
		return;
	if (sw_chain_follows(d->p->pin_dir))
		say(d, SW_GOOD, "chain", NULL, "what passes goes on to \"%s\" (id %u)", name, id);
	else
		say(d, SW_WRONG, "chain", NULL,
		    "what passes was to go on to \"%s\" (id %u), and does not: scanwall attach "
		    "IFACE --chain %u",
		    name, id, id);
}

static void check_daemon(struct doctor *d)
{
	if (d->p->daemon)
		say(d, SW_GOOD, "daemon", NULL, "runs (process %d)", (int)d->p->daemon);
	else
		say(d, d->attached ? SW_WRONG : SW_DOUBTFUL, "daemon", NULL,
		    "not running: blocks work and expire by themselves, but nothing is recorded; "
		    "systemctl start scanwall, or scanwall run");
}

static void check_mode(struct doctor *d)
{
	const struct sw_engine *g = &d->ctx.engine;

	if (!d->open || !d->ctx.loaded)
		return;
	if (g->settings->panic)
		say(d, SW_WRONG, "mode", NULL,
		    "PANIC: everything passes; when the trouble is over: scanwall panic --off");
	else if (sw_settings_heartbeat_missed(g) && g->settings->mode == SW_ENFORCE)
		say(d, SW_WRONG, "mode", NULL,
		    "nothing is dropped, as the daemon's heartbeat is missed (guard.heartbeat): "
		    "systemctl start scanwall, or scanwall config unset guard.heartbeat");
	else if (sw_engine_mode(g) == SW_DETECT)
		say(d, SW_DOUBTFUL, "mode", NULL,
		    "detect: nothing is dropped; when the events look right: scanwall mode "
		    "enforce");
	else
		say(d, SW_GOOD, "mode", NULL, "enforce");
}

static void check_syn_flood(struct doctor *d)
{
	const char *hindrance, *loss;

	if (!d->open || !d->ctx.loaded || d->ctx.engine.settings->syn_flood == SW_SYN_FLOOD_OFF)
		return;
	hindrance = sw_syn_flood_hindrance(&d->ctx.engine);
	loss = sw_syn_flood_loss(&d->ctx.engine);
	if (hindrance)
		say(d, SW_DOUBTFUL, "syn-flood", NULL, "SYN floods are left to the kernel: %s",
		    hindrance);
	else if (!sw_kernel_admits())
		say(d, SW_GOOD, "syn-flood", NULL, "answered with cookies; %s", loss);
	else
		say(d, SW_GOOD, "syn-flood", NULL, "answered with cookies in the driver");
}

static void check_losses(struct doctor *d)
{
	const struct sw_state *s;

	if (!d->open || !d->ctx.loaded)
		return;
	s = d->ctx.engine.state;
	if (s->lost_events)
		say(d, SW_DOUBTFUL, "events", NULL,
		    "%llu lost: the ring was full; raise limits.ring and attach again",
		    (unsigned long long)s->lost_events);
	else
		say(d, SW_GOOD, "events", NULL, "none lost");
	if (s->overflow_full)
		say(d, SW_WRONG, "room", NULL,
		    "%llu blocks found no room: raise limits.blocked4 or limits.blocked6 and "
		    "attach again",
		    (unsigned long long)s->overflow_full);
	if (s->capped_blocks)
		say(d, SW_DOUBTFUL, "limits", NULL,
		    "%llu automatic blocks were not made, at guard.auto_per_minute or "
		    "guard.auto_max: a flood under forged addresses, or limits too low",
		    (unsigned long long)s->capped_blocks);
}

/* ---- settings and record */

static void check_config(struct doctor *d)
{
	struct sw_config c;
	struct sw_err e;

	sw_config_init(&c); /* as what it holds is freed */
	if (sw_config_load(d->p->config_file, true, &c, &e)) {
		say(d, SW_WRONG, "configuration", NULL, "%s", e.text);
		return;
	}
	say(d, SW_GOOD, "configuration", NULL, "%s is good", d->p->config_file);
	sw_config_free(&c);
}

static int newest(const struct sw_record *r, void *arg)
{
	int64_t *latest = arg;

	if (r->time > *latest)
		*latest = r->time;
	return 0;
}

static void check_record(struct doctor *d, const struct sw_err *why)
{
	struct statvfs fs;
	int64_t latest = 0;
	struct sw_err e;

	if (!d->open) {
		say(d, SW_WRONG, "record", NULL, "%s", why->text);
		return;
	}
	if (sw_store_events(d->ctx.store, 0, NULL, 1, newest, &latest, &e))
		say(d, SW_WRONG, "record", NULL, "%s", e.text);
	else if (latest > sw_now() + FUTURE)
		say(d, SW_DOUBTFUL, "record", NULL,
		    "an event in it is from the future: the clock was set back; --since may miss "
		    "events");
	else
		say(d, SW_GOOD, "record", NULL, "can be read");
	if (!statvfs(d->p->state_dir, &fs) && fs.f_bavail * fs.f_frsize >> 20 < LEAST_FREE)
		say(d, SW_WRONG, "disk", NULL,
		    "%llu MiB left at %s: free some space, or events and changes cannot be "
		    "recorded",
		    (unsigned long long)(fs.f_bavail * fs.f_frsize >> 20), d->p->state_dir);
}

/* ---- interfaces */

static const struct sw_attachment *attachment(const struct doctor *d, const char *name)
{
	for (int i = 0; i < d->attached; i++)
		if (!strcmp(d->at[i].ifname, name))
			return &d->at[i];
	return NULL;
}

static void check_program(struct doctor *d, const struct sw_interface *i,
			  const struct sw_attachment *at)
{
	if (!at && i->xdp_id)
		say(d, SW_WRONG, "xdp", i->name,
		    "holds another XDP program, \"%s\" (id %u): remove it with the tool that "
		    "attached it, then: scanwall attach %s",
		    i->xdp_name[0] ? i->xdp_name : "unnamed", i->xdp_id, i->name);
	else if (!at)
		say(d, SW_DOUBTFUL, "xdp", i->name,
		    "faces the outside and is not protected: scanwall attach %s", i->name);
	else if (at->xdp == SW_XDP_GENERIC && sw_driver_native(i->driver))
		say(d, SW_DOUBTFUL, "xdp", i->name,
		    "generic, although driver %s supports native, which is several times faster: "
		    "scanwall detach %s; scanwall attach %s --xdp native says what prevents it",
		    i->driver, i->name, i->name);
	else if (at->xdp == SW_XDP_GENERIC)
		say(d, SW_DOUBTFUL, "xdp", i->name,
		    "generic: a packet costs a socket buffer before it is dropped; driver %s has "
		    "no native XDP",
		    i->driver[0] ? i->driver : "of this device");
	else
		say(d, SW_GOOD, "xdp", i->name, "native, driver %s",
		    i->driver[0] ? i->driver : "unknown");
}

static void check_hardware(struct doctor *d, const struct sw_interface *i)
{
	const char *slow = sw_driver_slow_tx(i);

	if (i->lro)
		say(d, SW_WRONG, "lro", i->name,
		    "large receive offload joins packets before the program sees them: ethtool -K "
		    "%s "
		    "lro off",
		    i->name);
	if (i->strips_vlan && strcmp(i->kind, "veth") != 0)
		say(d, SW_DOUBTFUL, "vlan", i->name,
		    "the NIC strips VLAN tags before the program sees them; if VLANs matter: "
		    "ethtool -K %s rxvlan off",
		    i->name);
	if (i->mtu > PAGE_MTU && i->mtu < 65535)
		say(d, SW_DOUBTFUL, "mtu", i->name,
		    "jumbo frames (%d): many drivers refuse native XDP then; 1500, or accept "
		    "generic",
		    i->mtu);
	if (i->queues && i->queues < i->queues_most && i->queues < sysconf(_SC_NPROCESSORS_ONLN))
		say(d, SW_DOUBTFUL, "queues", i->name,
		    "%d of %d queues in use, so at most as many CPUs share the work: ethtool "
		    "-L %s combined %d",
		    i->queues, i->queues_most, i->name, i->queues_most);
	if (slow)
		say(d, SW_DOUBTFUL, "xdp-tx", i->name,
		    "replies from the driver (XDP_TX) are slow: %s", slow);
}

static const char *lower_name(const struct doctor *d, const struct sw_interface *i)
{
	const struct sw_interface *lower = sw_interfaces_at(&d->links, i->lower);

	return lower ? lower->name : "the device below";
}

static void check_stack(struct doctor *d, const struct sw_interface *i)
{
	static const char *const on_top[] = {"vlan", "macvlan", "ipvlan", "macsec"};
	static const char *const over[] = {"bridge", "vrf", "team"};

	for (size_t k = 0; k < sizeof(on_top) / sizeof(*on_top); k++)
		if (!strcmp(i->kind, on_top[k]))
			say(d, SW_DOUBTFUL, "stacked", i->name,
			    "a %s on %s: attach to %s, where packets come in first", i->kind,
			    lower_name(d, i), lower_name(d, i));
	for (size_t k = 0; k < sizeof(over) / sizeof(*over); k++)
		if (!strcmp(i->kind, over[k]))
			say(d, SW_DOUBTFUL, "stacked", i->name,
			    "a %s: attach to its members, where packets come in first", i->kind);
	if (!strcmp(i->kind, "bond"))
		say(d, SW_GOOD, "stacked", i->name,
		    "a bond: the kernel passes the program on to members that support it");
	if (sw_guard_is_raw_type(i->type))
		say(d, SW_GOOD, "ethernet", i->name,
		    "raw IP packets without an Ethernet header; read as such");
	else if (i->type != ARPHRD_ETHER && i->type != ARPHRD_LOOPBACK)
		say(d, SW_WRONG, "ethernet", i->name,
		    "packets here begin with a header that the program cannot parse, so it passes "
		    "them: attach to the underlying device");
}

static void check_interface(struct doctor *d, const struct sw_interface *i)
{
	const struct sw_attachment *at = attachment(d, i->name);

	if (!at && !i->outward)
		return;
	check_program(d, i, at);
	check_hardware(d, i);
	check_stack(d, i);
}

static void check_interfaces(struct doctor *d)
{
	struct sw_err e;

	if (sw_interfaces_find(&d->links, &e)) {
		say(d, SW_WRONG, "interfaces", NULL, "%s", e.text);
		return;
	}
	for (size_t k = 0; k < d->links.count; k++)
		check_interface(d, &d->links.item[k]);
	for (int k = 0; k < d->attached; k++)
		if (!d->at[k].ifindex || !sw_interfaces_get(&d->links, d->at[k].ifname))
			say(d, SW_WRONG, "xdp", d->at[k].ifname,
			    "was attached and is gone; the daemon attaches to it again when it "
			    "comes back");
	sw_interfaces_free(&d->links);
}

/* ---- NAT */

static bool is_configured(const struct sw_config *c, const struct sw_endpoint *x)
{
	for (int i = 0; i < c->services.count; i++)
		if (c->services.item[i].port == x->port && c->services.item[i].proto == x->proto)
			return true;
	return false;
}

/* The value that `services` needs: what it holds, and what of l it does not. Returns how
 * many that are. */
static int services_wanted(const struct doctor *d, const struct sw_endpoints *l, char *out,
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

static void check_nat(struct doctor *d)
{
	struct sw_endpoints l = {0};
	struct sw_err ignored;
	char ports[256];

	if (sw_nat_add(&l, &ignored)) {
		sw_endpoints_free(&l);
		return;
	}
	if (services_wanted(d, &l, ports, sizeof(ports)))
		say(d, SW_DOUBTFUL, "nat", NULL,
		    "rules move ports that no socket here serves; until their answers have taught "
		    "it, name them: scanwall config set services %s",
		    ports);
	else if (l.count)
		say(d, SW_GOOD, "nat", NULL, "the ports that rules move are named in services");
	sw_endpoints_free(&l);
}

/* ---- port knocking */

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

static void say_knocker(struct doctor *d, const struct sw_endpoints *l, const char *name, int pid)
{
	char ports[256], who[64];

	snprintf(who, sizeof(who), pid ? "%s (pid %d)" : "%s, if it runs,", name, pid);
	if (services_wanted(d, l, ports, sizeof(ports)))
		say(d, SW_DOUBTFUL, "port-knock", NULL,
		    "%s does not hear knocks: they are dropped as probes of closed ports, and who "
		    "knocks is challenged; name the ports: scanwall config set services %s",
		    who, ports);
	else if (!l->item[0].port)
		say(d, SW_DOUBTFUL, "port-knock", NULL,
		    "the ports of %s cannot be read; it hears knocks only at those that services "
		    "name: scanwall config set services tcp/PORT,udp/PORT",
		    who);
	else
		say(d, SW_GOOD, "port-knock", NULL, "%s hears knocks: services name its ports",
		    who);
}

static void check_port_knock(struct doctor *d)
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

/* A section without kinds or without a target is probably incomplete. */
static void check_section(struct doctor *d, const char *name, const struct sw_config *keys)
{
	bool way = keys->notify_run[0] || keys->notify_webhook[0] || keys->notify_mail[0];

	if (way == (keys->notify_when.count > 0))
		return;
	if (way)
		say(d, SW_DOUBTFUL, "notify", NULL,
		    "notify%s%s has whom to tell and nothing to tell: set its when",
		    name[0] ? " " : "", name);
	else
		say(d, SW_WRONG, "notify", NULL,
		    "notify%s%s has a when, and nobody to tell: set its run, webhook or mail",
		    name[0] ? " " : "", name);
}

static void check_sections(struct doctor *d)
{
	const struct sw_config *c = &d->ctx.config;

	check_section(d, "", c);
	for (int i = 0; i < c->notify_count; i++)
		check_section(d, c->notify[i].name, c->notify[i].keys);
}

static void check_notify(struct doctor *d)
{
	struct sockaddr_un to;
	int fd;

	if (!d->open)
		return;
	check_sections(d);
	if (!sw_notify_wanted_anywhere(&d->ctx.config) ||
	    sw_notify_address(d->p->state_dir, &to, NULL))
		return;
	fd = sw_notify_connect(&to);
	if (fd < 0) {
		say(d, SW_WRONG, "notify", NULL,
		    "notify.when is set, but nothing delivers the messages: systemctl "
		    "enable --now scanwall-notify, then scanwall notify test");
		return;
	}
	close(fd);
	say(d, SW_GOOD, "notify", NULL, "messages are delivered; scanwall notify test sends one");
}

/* ---- TLS */

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
static void check_unseen(struct doctor *d, const struct sw_tls_users *seen)
{
	struct sw_endpoints l = {0};
	struct sw_err ignored;

	if (sw_endpoints_find(&l, &ignored))
		return;
	for (size_t i = 0; i < l.count; i++) {
		const struct sw_endpoint *x = &l.item[i];

		if (x->proto != IPPROTO_TCP || !x->pid || !speaks_tls(x->port) || is_seen(seen, x))
			continue;
		say(d, SW_DOUBTFUL, "tls", NULL,
		    "%s (pid %d) serves port %u and has no libssl that can be probed: not "
		    "inspected",
		    x->process, x->pid, x->port);
	}
	sw_endpoints_free(&l);
}

static void check_users(struct doctor *d, const struct sw_tls_users *l)
{
	char *text;

	for (size_t i = 0; i < l->count; i++)
		if (!l->item[i].seen)
			say(d, SW_DOUBTFUL, "tls", NULL, "%s (pid %d) is not seen: %s",
			    l->item[i].name, (int)l->item[i].pid,
			    l->item[i].deleted
				    ? "its libssl was replaced since it started; restart it"
				    : "its libssl could not be probed; the daemon's log says why");
	if (l->hidden)
		say(d, SW_DOUBTFUL, "tls", NULL,
		    "%d processes cannot be examined by the daemon: it needs "
		    "CAP_SYS_PTRACE (docs/signatures.md)",
		    l->hidden);
	text = sw_tls_users_text(l, true);
	if (text && text[0])
		say(d, SW_GOOD, "tls", NULL, "seen: %s", text);
	free(text);
}

static void check_tls(struct doctor *d)
{
	struct sw_tls_status s;

	if (!sw_tls_status_read(d->p->state_dir, d->p->daemon, &s))
		return;
	if (s.trouble[0]) {
		say(d, SW_WRONG, "tls", NULL, "not looked into: %s", s.trouble);
	} else {
		check_users(d, &s.users);
		check_unseen(d, &s.users);
		if (s.counts.full)
			say(d, SW_DOUBTFUL, "tls", NULL,
			    "%llu reads were not inspected: the ring was full", s.counts.full);
	}
	sw_tls_status_free(&s);
}

int sw_doctor(const struct sw_patient *p, struct sw_checkup *out, struct sw_err *e)
{
	struct doctor d = {.p = p, .out = out};
	struct sw_err why = {0}, ignored;

	memset(out, 0, sizeof(*out));
	d.attached = sw_engine_attachments(p->pin_dir, d.at, 64, &ignored);
	if (d.attached < 0)
		d.attached = 0;
	d.open = !sw_ctx_open(&d.ctx, p->pin_dir, p->state_dir, p->config_file, &why);
	check_kernel(&d);
	check_layout(&d);
	check_running(&d);
	check_chain(&d);
	check_daemon(&d);
	check_mode(&d);
	check_interfaces(&d);
	check_nat(&d);
	check_port_knock(&d);
	check_syn_flood(&d);
	check_losses(&d);
	check_config(&d);
	check_record(&d, &why);
	check_clock(&d);
	check_notify(&d);
	check_tls(&d);
	if (d.open)
		sw_ctx_close(&d.ctx);
	if (!d.rc)
		return 0;
	sw_doctor_free(out);
	return sw_fail(e, SW_EXIT_FAILED, "out of memory");
}

void sw_doctor_free(struct sw_checkup *l)
{
	free(l->item);
	memset(l, 0, sizeof(*l));
}
