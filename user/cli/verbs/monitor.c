// SPDX-License-Identifier: GPL-2.0-only
/* `scanwall monitor`: prints packets with their verdict and reason, as lines, JSON or pcapng. */
#include <errno.h>
#include <inttypes.h>
#include <linux/bpf.h>
#include <linux/pkt_cls.h>
#include <net/if.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "cli/control.h"
#include "cli/policy.h"
#include "cli/verbs.h"
#include "engine/monitor_ring.h"
#include "events/events.h"
#include "views/human.h"
#include "views/packet_text.h"
#include "views/pcapng.h"
#include "views/text_table.h"

#define WAIT_MS 500
#define PER_SECOND 1000
#define ETHERNET_BYTES 14
#define INTERFACES 64

struct request {
	const struct sw_globals *g;
	struct sw_monitor_filter filter;
	const char *file; /* --pcap */
	long count;	  /* 0: any number */
};

struct session {
	const struct request *q;
	const struct sw_engine *engine;
	FILE *pcap;
	int ifindex[INTERFACES]; /* that the file has described */
	uint32_t interfaces;
	long seen;
	__u64 limited, lost; /* that were told of */
	bool failed;
};

static volatile sig_atomic_t stopped;

static void stop(int number)
{
	(void)number;
	stopped = 1;
}

/* ---- what is wanted */

static __u64 all_that_drop(void)
{
	__u64 reasons = 0;

	for (int r = 0; r < SW_REASON_COUNT; r++)
		reasons |= (__u64)sw_reason_drops(r) << r;
	return reasons;
}

static int add_reason(const char *name, size_t length, __u64 *reasons, struct sw_err *e)
{
	for (int r = 0; r < SW_REASON_COUNT; r++)
		if (strlen(sw_reason_name(r)) == length &&
		    strncmp(sw_reason_name(r), name, length) == 0) {
			*reasons |= 1ull << r;
			return 0;
		}
	return sw_fail(e, SW_EXIT_USAGE,
		       "--reason: unknown reason \"%.*s\" (`scanwall stats --all` lists them)",
		       (int)length, name);
}

static int read_reasons(const char *list, __u64 *reasons, struct sw_err *e)
{
	size_t length;

	*reasons = 0;
	for (const char *at = list;; at += length + 1) {
		length = strcspn(at, ",");
		if (add_reason(at, length, reasons, e))
			return -1;
		if (!at[length])
			return 0;
	}
}

static int read_request(struct sw_call *c, struct sw_err *e)
{
	const struct sw_args *a = c->a;
	struct request *q = c->request;
	const char *source = a->option[SW_MONITOR_SOURCE], *rate = a->option[SW_MONITOR_RATE];
	long per_second = PER_SECOND;

	q->g = c->g;
	q->file = a->option[SW_MONITOR_PCAP];
	q->filter.reasons = ~0ull;
	if (a->option[SW_MONITOR_REASON] &&
	    read_reasons(a->option[SW_MONITOR_REASON], &q->filter.reasons, e))
		return -1;
	if (a->option[SW_MONITOR_DROPS])
		q->filter.reasons &= all_that_drop();
	if (!q->filter.reasons)
		return sw_fail(e, SW_EXIT_USAGE, "--drops and --reason %s: that reason never drops",
			       a->option[SW_MONITOR_REASON]);
	q->filter.by_source = source != NULL;
	if ((source && sw_prefix_option(source, "--source", &q->filter.source, e)) ||
	    (rate && sw_cli_number(rate, "--rate", 0, 1000000, &per_second, e)) ||
	    (a->option[SW_MONITOR_COUNT] &&
	     sw_cli_number(a->option[SW_MONITOR_COUNT], "--count", 1, 1000000000, &q->count, e)))
		return -1;
	q->filter.per_second = per_second;
	if (q->file && q->g->json && strcmp(q->file, "-") == 0)
		return sw_fail(e, SW_EXIT_USAGE,
			       "--json conflicts with --pcap -: both write to standard output");
	return 0;
}

/* ---- a packet */

struct shown {
	uint8_t byte[ETHERNET_BYTES + SW_MONITOR_BYTES];
	size_t size;
	bool raw;
};

static bool is_raw(const struct sw_settings *set, __u32 ifindex)
{
	bool raw = false;

	for (int i = 0; i < SW_RAW_DEVICES; i++)
		raw |= set->raw_device[i] == ifindex;
	return set->raw_devices && raw;
}

/* Adds an Ethernet header for devices whose packets have none. */
static struct shown frame_of(const struct session *s, const struct sw_monitored *p)
{
	struct shown f = {.raw = is_raw(s->engine->settings, p->ifindex)};
	size_t captured = p->captured < SW_MONITOR_BYTES ? p->captured : SW_MONITOR_BYTES;
	size_t head = f.raw ? ETHERNET_BYTES : 0;

	if (f.raw && captured) {
		f.byte[12] = p->byte[0] >> 4 == 6 ? 0x86 : 0x08;
		f.byte[13] = p->byte[0] >> 4 == 6 ? 0xdd : 0x00;
	}
	memcpy(f.byte + head, p->byte, captured);
	f.size = head + captured;
	return f;
}

static bool would_drop(const struct sw_monitored *p)
{
	return !p->dropped && sw_reason_drops(p->reason);
}

static void print_line(const struct session *s, const struct sw_monitored *p)
{
	enum sw_style style = p->dropped ? SW_RED : would_drop(p) ? SW_YELLOW : SW_GREEN;
	const char *word = p->dropped ? "DROP" : would_drop(p) ? "WOULD" : "PASS";
	int64_t us = sw_time_from_monotonic(p->time_ns);
	char clock[SW_HUMAN_TEXT], lead[96], text[SW_PACKET_TEXT];
	struct shown f = frame_of(s, p);

	sw_human_clock(us, s->q->g->utc, clock);
	snprintf(lead, sizeof(lead), "%s.%03d %s%-5s%s %s ", clock + 11, (int)(us / 1000 % 1000),
		 sw_style_code(s->q->g, style), word, sw_style_code(s->q->g, SW_PLAIN),
		 sw_reason_name(p->reason));
	sw_packet_text(f.byte, f.size, text);
	sw_text_wrap(lead, text, sw_human_terminal() ? sw_human_width() : 0);
}

static void print_json(const struct session *s, const struct sw_monitored *p)
{
	char name[IF_NAMESIZE], text[SW_TIME_TEXT];
	const char *ifname = if_indextoname(p->ifindex, name);
	int64_t us = sw_time_from_monotonic(p->time_ns);
	struct shown f = frame_of(s, p);
	json_t *packet = json_object(),
	       *o = json_pack("{s:s, s:s, s:s, s:s, s:s, s:b}", "timestamp",
			      sw_time_rfc3339(us, text), "event_type", "packet", "verdict",
			      p->dropped ? "drop" : "pass", "reason", sw_reason_name(p->reason),
			      "text", sw_reason_text(p->reason), "drops",
			      sw_reason_drops(p->reason));

	json_object_set_new(o, "in_iface", ifname ? json_string(ifname) : json_null());
	json_object_set_new(o, "direction", json_string(p->leaves ? "out" : "in"));
	sw_packet_add_json(packet, f.byte, f.size);
	json_object_set_new(packet, "length", json_integer(p->length));
	json_object_set_new(o, "packet", packet);
	json_dumpf(o, stdout, JSON_COMPACT);
	putchar('\n');
	json_decref(o);
}

/* The interface's number in the file; writes its description before its first packet. */
static int interface_of(struct session *s, const struct sw_monitored *p, uint32_t *n)
{
	char name[IF_NAMESIZE];

	for (*n = 0; *n < s->interfaces; ++*n)
		if (s->ifindex[*n] == (int)p->ifindex)
			return 0;
	if (s->interfaces == INTERFACES)
		return -1;
	s->ifindex[s->interfaces++] = p->ifindex;
	if (!if_indextoname(p->ifindex, name))
		snprintf(name, sizeof(name), "if%u", p->ifindex);
	return sw_pcapng_interface(s->pcap, name, is_raw(s->engine->settings, p->ifindex),
				   SW_MONITOR_BYTES);
}

static int write_packet(struct session *s, const struct sw_monitored *p)
{
	char comment[128];
	struct sw_pcapng_packet out = {
		.time = sw_time_from_monotonic(p->time_ns) * 1000,
		.data = p->byte,
		.captured = p->captured < SW_MONITOR_BYTES ? p->captured : SW_MONITOR_BYTES,
		.length = p->length,
		.leaves = p->leaves,
		.action = p->leaves    ? p->dropped ? TC_ACT_SHOT : TC_ACT_OK
			  : p->dropped ? XDP_DROP
				       : XDP_PASS,
		.comment = comment,
	};

	snprintf(comment, sizeof(comment), "%s: %s (%s)",
		 p->dropped	 ? "drop"
		 : would_drop(p) ? "would drop"
				 : "pass",
		 sw_reason_name(p->reason), sw_reason_text(p->reason));
	return interface_of(s, p, &out.interface) || sw_pcapng_packet(s->pcap, &out) ? -1 : 0;
}

static int take(const struct sw_monitored *p, void *arg)
{
	struct session *s = arg;

	if (s->pcap && write_packet(s, p))
		s->failed = true;
	else if (!s->pcap && s->q->g->json)
		print_json(s, p);
	else if (!s->pcap && !s->q->g->quiet)
		print_line(s, p);
	s->seen++;
	return s->failed || stopped || (s->q->count && s->seen >= s->q->count);
}

/* ---- the stream */

static void tell_losses(struct session *s, const struct sw_listener *l)
{
	__u64 limited, lost;

	sw_listener_losses(l, &limited, &lost);
	if (limited > s->limited)
		fprintf(stderr,
			"scanwall monitor: %" PRIu64 " packets more than --rate %u a second were "
			"not shown\n",
			(uint64_t)(limited - s->limited), s->q->filter.per_second);
	if (lost > s->lost)
		fprintf(stderr,
			"scanwall monitor: %" PRIu64
			" packets were lost: they came faster than they were read\n",
			(uint64_t)(lost - s->lost));
	s->limited = limited;
	s->lost = lost;
}

static int flush(struct session *s, struct sw_err *e)
{
	FILE *out = s->pcap ? s->pcap : stdout;

	if (!s->failed && !fflush(out))
		return 0;
	if (errno == EPIPE) {
		stopped = 1;
		return 0;
	}
	return sw_fail(e, SW_EXIT_FAILED, "%s: %s", s->pcap ? s->q->file : "standard output",
		       strerror(errno));
}

static int listen_on(struct session *s, struct sw_listener *l, struct sw_err *e)
{
	while (!stopped && (!s->q->count || s->seen < s->q->count)) {
		if (sw_listener_wait(l, WAIT_MS, e))
			return -1;
		tell_losses(s, l);
		if (flush(s, e))
			return -1;
	}
	if (s->pcap && s->interfaces)
		sw_pcapng_losses(s->pcap, 0, sw_now() * 1000, s->limited + s->lost);
	return flush(s, e);
}

static int open_file(struct session *s, struct sw_err *e)
{
	const char *file = s->q->file;

	if (!file)
		return 0;
	s->pcap = strcmp(file, "-") == 0 ? stdout : fopen(file, "we");
	if (s->pcap && !sw_pcapng_begin(s->pcap))
		return 0;
	return sw_fail(e, SW_EXIT_FAILED, "%s: %s", file, strerror(errno));
}

static int monitor(struct sw_call *c, struct sw_err *e)
{
	const struct sigaction act = {.sa_handler = stop};
	struct session s = {.q = c->request, .engine = &c->ctx->engine};
	struct sw_listener *l;
	int rc = -1;

	if (!c->ctx->loaded)
		return sw_no_program(c->ctx, e);
	sigaction(SIGINT, &act, NULL);
	sigaction(SIGTERM, &act, NULL);
	if (open_file(&s, e))
		return -1;
	l = sw_listener_open(s.engine, &s.q->filter, take, &s, e);
	if (l)
		rc = listen_on(&s, l, e);
	sw_listener_close(l);
	if (s.pcap && s.pcap != stdout)
		fclose(s.pcap);
	if (!rc && s.pcap && s.pcap != stdout && !c->g->quiet)
		fprintf(stderr, "scanwall monitor: %s packets in %s\n", sw_cli_count(s.seen),
			s.q->file);
	return rc;
}

const struct sw_verb_ops sw_monitor_ops = {
	.request = sizeof(struct request),
	.read = read_request,
	.run = monitor,
};
