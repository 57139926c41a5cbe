// SPDX-License-Identifier: GPL-2.0-only
/* `scanwall test`: the verdict on a packet now. Runs the loaded program over a copy of the
 * state that it would change (engine/dry_run.h). */
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include "cli/control.h"
#include "cli/policy.h"
#include "cli/verbs/test_frames.h"
#include "engine/dry_run.h"
#include "events/events.h"
#include "replay/headers.h"
#include "views/confined.h"
#include "views/detect_only_text.h"
#include "views/frame.h"
#include "views/human.h"
#include "views/packet_text.h"
#include "views/stream.h"
#include "views/text_table.h"
#include "views/watched.h"

#define DEFAULT_DPORT 22
#define DEFAULT_SPORT 40000

struct question {
	const struct sw_globals *g;
	const char *iface; /* --iface; NULL: the first that is attached */
	int ifindex;	   /* 0: any */
	const char *hex;   /* --hex */
	struct sw_capture_choice capture;
	struct sw_packet packet; /* of an address and options */
	bool has_dst;
};

struct answer {
	struct sw_dry_verdict verdict;
	bool by_source; /* it is IP and has a source address */
	struct sw_verdict known;
};

struct session {
	const struct question *q;
	struct sw_ctx *ctx;
	struct sw_dry_run dry_run;
	uint64_t packets, dropped, set_aside; /* of a whole capture */
	struct sw_exposure served;	      /* found when first needed */
};

/* option: NULL for the operand. */
static int read_address(const char *text, const char *option, struct sw_addr *out, struct sw_err *e)
{
	struct sw_prefix p;

	if (option ? sw_prefix_option(text, option, &p, e) : sw_prefix_parse(text, &p, e))
		return -1;
	if (!sw_prefix_is_host(&p))
		return sw_fail(e, SW_EXIT_USAGE, "%s%s\"%s\" is a prefix (expected one address)",
			       option ? option : "", option ? ": " : "", text);
	*out = p.addr;
	return 0;
}

static int read_ports(const struct sw_args *a, struct sw_packet *p, struct sw_err *e)
{
	long sport = DEFAULT_SPORT, dport = DEFAULT_DPORT;

	if ((a->option[SW_TEST_SPORT] &&
	     sw_cli_number(a->option[SW_TEST_SPORT], "--sport", 0, 65535, &sport, e)) ||
	    (a->option[SW_TEST_DPORT] &&
	     sw_cli_number(a->option[SW_TEST_DPORT], "--dport", 0, 65535, &dport, e)))
		return -1;
	p->sport = sport;
	p->dport = dport;
	return 0;
}

static int read_packet(const struct sw_args *a, struct question *q, struct sw_err *e)
{
	const char *proto = a->option[SW_TEST_PROTO], *flags = a->option[SW_TEST_FLAGS];
	struct sw_packet *p = &q->packet;

	p->proto = IPPROTO_TCP;
	if (proto && strcmp(proto, "tcp") != 0)
		p->proto = strcmp(proto, "udp") == 0 ? IPPROTO_UDP : IPPROTO_ICMP;
	if (flags && p->proto != IPPROTO_TCP)
		return sw_fail(e, SW_EXIT_USAGE, "--flags %s: only TCP has flags, not %s", flags,
			       proto);
	if (p->proto == IPPROTO_ICMP && (a->option[SW_TEST_SPORT] || a->option[SW_TEST_DPORT]))
		return sw_fail(e, SW_EXIT_USAGE, "--proto icmp: icmp has no ports");
	p->flags = TH_SYN;
	if (read_address(a->operand[0], NULL, &p->src, e) || read_ports(a, p, e) ||
	    (flags && sw_flags_parse(flags, &p->flags, e)))
		return -1;
	if (!a->option[SW_TEST_DST])
		return 0;
	q->has_dst = true;
	if (read_address(a->option[SW_TEST_DST], "--dst", &p->dst, e))
		return -1;
	if (sw_addr_is4(&p->src) == sw_addr_is4(&p->dst))
		return 0;
	return sw_fail(e, SW_EXIT_USAGE, "--dst: %s and %s are of different address families",
		       a->option[SW_TEST_DST], a->operand[0]);
}

/* Options that describe a packet conflict with a whole frame. */
static int refuse_options(const struct sw_args *a, const char *form, struct sw_err *e)
{
	static const struct {
		int option;
		const char *name;
	} of_address[] = {{SW_TEST_DPORT, "--dport"},
			  {SW_TEST_SPORT, "--sport"},
			  {SW_TEST_PROTO, "--proto"},
			  {SW_TEST_FLAGS, "--flags"},
			  {SW_TEST_DST, "--dst"}};

	if (a->count)
		return sw_fail(e, SW_EXIT_USAGE, "%s conflicts with an address", form);
	for (size_t i = 0; i < sizeof(of_address) / sizeof(*of_address); i++)
		if (a->option[of_address[i].option])
			return sw_fail(e, SW_EXIT_USAGE, "%s: %s says the frame itself",
				       of_address[i].name, form);
	return 0;
}

static int read_question(struct sw_call *c, struct sw_err *e)
{
	const struct sw_args *a = c->a;
	struct question *q = c->request;
	const char *pcap = a->option[SW_TEST_PCAP];

	q->g = c->g;
	q->iface = a->option[SW_TEST_IFACE];
	q->hex = a->option[SW_TEST_HEX];
	if (q->iface)
		q->ifindex = if_nametoindex(q->iface);
	if (q->iface && !q->ifindex)
		return sw_fail(e, SW_EXIT_USAGE, "--iface: no such interface: \"%s\"", q->iface);
	if (q->hex && pcap)
		return sw_fail(e, SW_EXIT_USAGE, "--hex conflicts with --pcap");
	if (pcap)
		return refuse_options(a, "--pcap", e) ? -1 : sw_choose_packet(pcap, &q->capture, e);
	if (q->hex)
		return refuse_options(a, "--hex", e);
	if (!a->count)
		return sw_fail(e, SW_EXIT_USAGE,
			       "missing packet (expected ADDR, --hex BYTES or --pcap FILE[:N])");
	return read_packet(a, q, e);
}

/* Fills in the interface (the first attached) and the destination, an address of ours. */
static int complete(struct question *q, struct sw_err *e)
{
	bool asks = !q->hex && !q->capture.file[0] && !q->has_dst, v4;
	struct sw_attachment at[SW_LINKS_MAX];
	const char *ifname = q->iface;
	int n = sw_attached(q->g->pin_dir, at, e);

	if (n < 0)
		return -1;
	v4 = sw_addr_is4(&q->packet.src);
	for (int i = 0; i < n && !ifname; i++) {
		if (!at[i].ifindex)
			continue;
		ifname = at[i].ifname;
		q->ifindex = at[i].ifindex;
	}
	if (!asks || !sw_frame_own_address(v4, ifname, &q->packet.dst))
		return 0;
	return sw_fail(e, SW_EXIT_FAILED, "this host has no %s address (use --dst ADDR)",
		       v4 ? "IPv4" : "IPv6");
}

/* ---- one frame */

static bool is_raw(const struct sw_settings *set, int ifindex)
{
	for (int i = 0; set->raw_devices && i < SW_RAW_DEVICES; i++)
		if (ifindex && set->raw_device[i] == (__u32)ifindex)
			return true;
	return false;
}

/* Takes an Ethernet frame; strips the header for a device without one. */
static int ask(struct session *s, const uint8_t *frame, size_t bytes, struct answer *x,
	       struct sw_err *e)
{
	int ifindex = s->q->ifindex, rc;
	struct sw_headers h;
	size_t skip = is_raw(s->ctx->engine.settings, ifindex) && bytes > 14 ? 14 : 0;

	memset(x, 0, sizeof(*x));
	rc = sw_dry_run_frame(&s->dry_run, ifindex, frame + skip, bytes - skip, &x->verdict, e);
	/* BPF_PROG_RUN needs a receive queue, which a device with generic XDP may lack. */
	if (rc && e->exit != SW_EXIT_USAGE && !s->q->iface)
		rc = sw_dry_run_frame(&s->dry_run, 0, frame, bytes, &x->verdict, e);
	if (rc)
		return -1;
	x->by_source = sw_headers_read(frame, bytes, &h);
	return x->by_source ? sw_lookup(s->ctx, &h.src, &x->known, e) : 0;
}

/* Its SYN is dropped, but not the same SYN a second later. */
static bool is_challenged(const struct answer *x)
{
	return x->verdict.reason == SW_REASON_CHALLENGED;
}

/* What a confined source may reach; NULL if it is not confined, or unknown. */
static const struct sw_exposure *served_for(struct session *s, const struct answer *x)
{
	if (!sw_is_confined(s->ctx, &x->known))
		return NULL;
	if (!s->served.count &&
	    (!sw_ctx_guard(s->ctx, NULL) || sw_exposure_served(s->ctx, &s->served, NULL)))
		return NULL;
	return &s->served;
}

static void print_confined(struct session *s, const struct answer *x)
{
	const struct sw_exposure *served = served_for(s, x);
	char reaches[SW_CONFINED_TEXT], why[SW_CONFINED_TEXT];

	if (!served)
		return;
	sw_watched_why(&x->known.source, why, sizeof(why));
	printf("confined: it %s; it reaches %s; beyond that: %s\n", why,
	       sw_confined_reaches(s->ctx, &x->known.source, served, reaches),
	       sw_confined_beyond(s->ctx, sw_mode_now(s->ctx)));
}

static void print_known(struct session *s, const struct answer *x)
{
	const struct sw_ctx *ctx = s->ctx;
	char prefix[SW_PREFIX_TEXT], human[SW_HUMAN_TEXT], most[SW_HUMAN_TEXT];
	bool for_ever = (x->known.expires_tick & SW_EXPIRES_TICKS) == SW_EXPIRES_TICKS;
	struct sw_watched seen;

	if (x->known.blocked)
		printf("blocked: %s, %s%s\n", sw_prefix_text(&x->known.by, prefix),
		       for_ever ? "permanently"
				: sw_human_left(sw_time_from_ticks(x->known.expires_tick), human),
		       for_ever ? "" : " left");
	if (is_challenged(x))
		puts("challenged: the same SYN sent again a second later reaches a served port");
	if (x->known.allowed)
		printf("allowed: %s\n", sw_prefix_text(&x->known.allowed_by, prefix));
	print_confined(s, x);
	if (!x->known.watched)
		return;
	seen = sw_watched_of(ctx, &x->known.source);
	if (seen.score)
		printf("score: %s of %s points\n", sw_human_points(seen.score, human),
		       sw_human_points(ctx->engine.settings->threshold, most));
}

static bool would_drop(const struct answer *x)
{
	return sw_reason_drops(x->verdict.reason) && !x->verdict.dropped;
}

static void print_answer(struct session *s, const uint8_t *frame, size_t bytes,
			 const struct answer *x)
{
	const struct sw_globals *g = s->q->g;
	int reason = x->verdict.reason;
	char text[SW_PACKET_TEXT], detect_only[SW_DETECT_ONLY_TEXT];

	puts(sw_packet_text(frame, bytes, text));
	printf("%s%s%s%s\n", sw_style_code(g, x->verdict.dropped ? SW_RED : SW_GREEN),
	       x->verdict.dropped ? "DROP" : "PASS", sw_style_code(g, SW_PLAIN),
	       would_drop(x) ? ", since mode is detect; in enforce mode it would be dropped" : "");
	printf("why: %s (%s)\n", sw_reason_text(reason), sw_reason_name(reason));
	if (reason == SW_REASON_DETECT_ONLY &&
	    sw_detect_only_text(&s->ctx->config, detect_only, sizeof(detect_only)))
		printf("detect_only: %s\n", detect_only);
	print_known(s, x);
}

/* Of one packet, the same whether it is alone or one of a capture's. */
static void add_json(struct session *s, json_t *o, const uint8_t *frame, size_t bytes,
		     const struct answer *x)
{
	const struct sw_exposure *served = served_for(s, x);
	int reason = x->verdict.reason;
	char prefix[SW_PREFIX_TEXT];
	json_t *packet = json_object();

	json_object_set_new(o, "verdict", json_string(x->verdict.dropped ? "drop" : "pass"));
	json_object_set_new(o, "reason", json_string(sw_reason_name(reason)));
	json_object_set_new(o, "text", json_string(sw_reason_text(reason)));
	json_object_set_new(o, "drops", json_boolean(sw_reason_drops(reason)));
	sw_packet_add_json(packet, frame, bytes);
	json_object_set_new(packet, "length", json_integer(bytes));
	json_object_set_new(o, "packet", packet);
	json_object_set_new(o, "is_challenged", json_boolean(is_challenged(x)));
	json_object_set_new(o, "is_confined", json_boolean(sw_is_confined(s->ctx, &x->known)));
	if (served)
		json_object_set_new(o, "reaches",
				    sw_confined_json(s->ctx, &x->known.source, served));
	if (x->known.blocked) {
		json_object_set_new(o, "blocked_by",
				    json_string(sw_cli_prefix(&x->known.by, prefix)));
		json_object_set_new(o, "expires",
				    sw_cli_time(sw_time_from_ticks(x->known.expires_tick)));
	}
	if (x->known.allowed)
		json_object_set_new(o, "allowed_by",
				    json_string(sw_cli_prefix(&x->known.allowed_by, prefix)));
}

static int show(struct session *s, const uint8_t *frame, size_t bytes, struct sw_err *e)
{
	const struct sw_globals *g = s->q->g;
	struct answer x;
	json_t *root;

	if (ask(s, frame, bytes, &x, e))
		return -1;
	s->dropped = x.verdict.dropped;
	if (!g->json && !g->quiet)
		print_answer(s, frame, bytes, &x);
	if (!g->json)
		return 0;
	root = sw_cli_json();
	json_object_set_new(root, "mode", json_string(sw_mode_name(sw_mode_now(s->ctx))));
	add_json(s, root, frame, bytes, &x);
	return sw_cli_print(g, root, e);
}

/* ---- each of a capture */

static void print_row(const struct session *s, const struct sw_capture_frame *f,
		      const struct answer *x)
{
	const struct sw_globals *g = s->q->g;
	enum sw_style style = x->verdict.dropped ? SW_RED : would_drop(x) ? SW_YELLOW : SW_GREEN;
	char text[SW_PACKET_TEXT], lead[64];

	snprintf(lead, sizeof(lead), "%6llu  ", (unsigned long long)f->number);
	fputs(lead, stdout);
	printf("%s%-5s%s %-18s ", sw_style_code(g, style),
	       x->verdict.dropped ? "DROP"
	       : would_drop(x)	  ? "WOULD"
				  : "PASS",
	       sw_style_code(g, SW_PLAIN), sw_reason_name(x->verdict.reason));
	puts(sw_packet_text(f->data, f->size, text));
}

static int show_one_of(const struct sw_capture_frame *f, void *arg, struct sw_err *e)
{
	struct session *s = arg;
	const struct sw_globals *g = s->q->g;
	struct answer x;
	json_t *o;

	s->packets++;
	if (f->cut || f->size < SW_DRY_RUN_LEAST) {
		s->set_aside++;
		return 0;
	}
	if (ask(s, f->data, f->size, &x, e))
		return -1;
	s->dropped += x.verdict.dropped;
	if (g->json) {
		o = json_pack("{s:I}", "number", (json_int_t)f->number);
		add_json(s, o, f->data, f->size, &x);
		sw_stream_item(g, o);
	} else if (!g->quiet) {
		print_row(s, f, &x);
	}
	return 0;
}

static int show_each(struct session *s, struct sw_err *e)
{
	const struct sw_globals *g = s->q->g;
	const char *file = s->q->capture.file;

	if (g->json)
		sw_stream_begin(g,
				json_pack("{s:s, s:s}", "file", file, "mode",
					  sw_mode_name(sw_mode_now(s->ctx))),
				"packets");
	if (sw_each_packet(file, show_one_of, s, e))
		return -1;
	if (g->json)
		return sw_stream_end(g, e);
	if (!g->quiet)
		printf("%s packets, %s dropped\n", sw_cli_count(s->packets),
		       sw_cli_count(s->dropped));
	if (s->set_aside)
		fprintf(stderr,
			"scanwall test: %s packets were not tested: their headers are cut off "
			"(snap length)\n",
			sw_cli_count(s->set_aside));
	return 0;
}

static int show_question(struct session *s, struct sw_err *e)
{
	static struct sw_frame_bytes b;

	if (s->q->capture.file[0] && !s->q->capture.number)
		return show_each(s, e);
	if (s->q->capture.file[0]) {
		if (sw_read_packet(&s->q->capture, &b, e))
			return -1;
	} else if (s->q->hex) {
		if (sw_read_hex(s->q->hex, &b, e))
			return -1;
	} else {
		b.size = sw_frame_build(&s->q->packet, b.byte);
	}
	return show(s, b.byte, b.size, e);
}

static int run(struct session *s, struct question *q, struct sw_err *e)
{
	const struct sw_engine *g = &s->ctx->engine;
	bool payloads = (q->hex || q->capture.file[0]) && g->settings->rules_generation;
	int rc = -1;

	if (complete(q, e))
		return -1;
	if (!sw_dry_run_open_pinned(&s->dry_run, g, payloads, e))
		rc = show_question(s, e);
	sw_dry_run_close(&s->dry_run);
	sw_exposure_free(&s->served);
	return rc;
}

static int test(struct sw_call *c, struct sw_err *e)
{
	struct session s = {.q = c->request, .ctx = c->ctx};

	if (!c->ctx->loaded)
		return sw_no_program(c->ctx, e);
	if (run(&s, c->request, e))
		return -1;
	return s.dropped ? SW_EXIT_DROP : SW_EXIT_OK;
}

const struct sw_verb_ops sw_test_ops = {
	.request = sizeof(struct question),
	.read = read_question,
	.run = test,
};
