// SPDX-License-Identifier: GPL-2.0-only
/* What would happen to a packet now: the program in the kernel is asked. */
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include "events/events.h"
#include "views/frame.h"
#include "views/human.h"
#include "views/text_table.h"
#include "views/watched.h"
#include "cli/control.h"

#define DEFAULT_DPORT 22
#define DEFAULT_SPORT 40000

struct question {
	const struct sw_globals *g;
	const char *iface; /* --iface; NULL: the first that is attached */
	struct sw_packet packet;
	bool has_dst;
};

struct answer {
	int reason;
	bool drops; /* now, in the mode in force */
	struct sw_verdict known;
};

static int read_address(const char *text, const char *what, struct sw_addr *out, struct sw_err *e)
{
	struct sw_prefix p;

	if (sw_prefix_parse(text, &p, e))
		return -1;
	if (!sw_prefix_is_host(&p))
		return sw_fail(e, SW_EXIT_USAGE, "%s\"%s\" is a prefix (expected one address)",
			       what, text);
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

static int read_question(struct sw_call *c, struct sw_err *e)
{
	const struct sw_args *a = c->a;
	struct question *q = c->request;
	const char *proto = a->option[SW_TEST_PROTO], *flags = a->option[SW_TEST_FLAGS];
	struct sw_packet *p = &q->packet;

	q->g = c->g;
	p->proto = IPPROTO_TCP;
	if (proto && strcmp(proto, "tcp") != 0)
		p->proto = strcmp(proto, "udp") == 0 ? IPPROTO_UDP : IPPROTO_ICMP;
	if (flags && p->proto != IPPROTO_TCP)
		return sw_fail(e, SW_EXIT_USAGE, "--flags %s: only TCP has flags, not %s", flags,
			       proto);
	if (p->proto == IPPROTO_ICMP && (a->option[SW_TEST_SPORT] || a->option[SW_TEST_DPORT]))
		return sw_fail(e, SW_EXIT_USAGE, "--proto icmp: icmp has no ports");
	p->flags = TH_SYN;
	q->iface = a->option[SW_TEST_IFACE];
	if (read_address(a->operand[0], "", &p->src, e) || read_ports(a, p, e) ||
	    (flags && sw_flags_parse(flags, &p->flags, e)))
		return -1;
	if (q->iface && !if_nametoindex(q->iface))
		return sw_fail(e, SW_EXIT_USAGE, "--iface: no such interface: \"%s\"", q->iface);
	if (!a->option[SW_TEST_DST])
		return 0;
	q->has_dst = true;
	if (read_address(a->option[SW_TEST_DST], "--dst: ", &p->dst, e))
		return -1;
	if (sw_addr_is4(&p->src) == sw_addr_is4(&p->dst))
		return 0;
	return sw_fail(e, SW_EXIT_USAGE, "--dst: %s and %s are of different address families",
		       a->option[SW_TEST_DST], a->operand[0]);
}

/* Where it comes in, and which address of ours it goes to. */
static int complete(struct question *q, int *ifindex, struct sw_err *e)
{
	bool v4 = sw_addr_is4(&q->packet.src);
	struct sw_attachment at[SW_LINKS_MAX];
	const char *ifname = q->iface;
	int n = sw_attached(q->g->pin_dir, at, e);

	if (n < 0)
		return -1;
	*ifindex = ifname ? (int)if_nametoindex(ifname) : 0;
	for (int i = 0; i < n && !ifname; i++) {
		if (!at[i].ifindex)
			continue;
		ifname = at[i].ifname;
		*ifindex = at[i].ifindex;
		/* An interface that has no address to be sent to says little. */
		if (!q->has_dst && sw_frame_own_address(v4, ifname, &q->packet.dst))
			break;
	}
	if (q->has_dst || !sw_frame_own_address(v4, ifname, &q->packet.dst))
		return 0;
	return sw_fail(e, SW_EXIT_FAILED, "this host has no %s address (use --dst ADDR)",
		       v4 ? "IPv4" : "IPv6");
}

static int ask(const struct sw_ctx *ctx, struct question *q, struct answer *x, struct sw_err *e)
{
	unsigned char frame[SW_FRAME_MAX];
	size_t bytes;
	int ifindex;

	if (complete(q, &ifindex, e))
		return -1;
	bytes = sw_frame_build(&q->packet, frame);
	x->reason = sw_engine_explain(&ctx->engine, ifindex, frame, bytes, &x->drops, e);
	/* Generic XDP may have no receive queue that the kernel could pretend. */
	if (x->reason < 0 && !q->iface)
		x->reason = sw_engine_explain(&ctx->engine, 0, frame, bytes, &x->drops, e);
	if (x->reason < 0)
		return -1;
	return sw_lookup(ctx, &q->packet.src, &x->known, e);
}

static const char *proto_name(const struct sw_packet *p)
{
	return p->proto == IPPROTO_TCP ? "tcp" : p->proto == IPPROTO_UDP ? "udp" : "icmp";
}

static bool by_block(const struct answer *x)
{
	return x->reason == SW_REASON_BLOCKED_ADDRESS || x->reason == SW_REASON_BLOCKED_PREFIX;
}

/* Its SYN is dropped, but not the same SYN a second later. */
static bool is_challenged(const struct sw_ctx *ctx, const struct answer *x)
{
	return by_block(x) && x->known.blocked && x->known.expires_tick & SW_EXPIRES_NEW_ONLY &&
	       ctx->engine.settings->challenge;
}

static void print_packet(const struct sw_packet *p)
{
	char src[SW_PREFIX_TEXT], dst[SW_PREFIX_TEXT], flags[48];

	printf("%s -> %s, %s", sw_addr_text(&p->src, src), sw_addr_text(&p->dst, dst),
	       proto_name(p));
	if (p->proto == IPPROTO_ICMP)
		puts(" echo request");
	else if (p->proto == IPPROTO_UDP)
		printf(" port %u\n", p->dport);
	else
		printf(" port %u, %s\n", p->dport, sw_flags_text(p->flags, flags));
}

static void print_why(const struct sw_ctx *ctx, const struct answer *x)
{
	char prefix[SW_PREFIX_TEXT], human[SW_HUMAN_TEXT], most[SW_HUMAN_TEXT];
	bool for_ever = (x->known.expires_tick & SW_EXPIRES_TICKS) == SW_EXPIRES_TICKS;
	struct sw_watched seen;

	printf("why: %s (%s)\n", sw_reason_text(x->reason), sw_reason_name(x->reason));
	if (by_block(x) && x->known.blocked)
		printf("blocked: %s, %s%s\n", sw_prefix_text(&x->known.by, prefix),
		       for_ever ? "permanently"
				: sw_human_left(sw_time_from_ticks(x->known.expires_tick), human),
		       for_ever ? "" : " left");
	if (is_challenged(ctx, x))
		puts("challenged: the same SYN sent again a second later reaches a served port");
	if (x->known.allowed)
		printf("allowed: %s\n", sw_prefix_text(&x->known.allowed_by, prefix));
	if (!x->known.watched)
		return;
	seen = sw_watched_of(ctx, &x->known.source);
	if (seen.score)
		printf("score: %s of %s points\n", sw_human_points(seen.score, human),
		       sw_human_points(ctx->engine.settings->threshold, most));
}

static void print_result(const struct sw_ctx *ctx, const struct question *q, const struct answer *x)
{
	bool would = sw_reason_drops(x->reason) && !x->drops;

	print_packet(&q->packet);
	printf("%s%s%s%s\n", sw_style_code(q->g, x->drops ? SW_RED : SW_GREEN),
	       x->drops ? "DROP" : "PASS", sw_style_code(q->g, SW_PLAIN),
	       would ? ", since mode is detect; in enforce mode it would be dropped" : "");
	print_why(ctx, x);
}

static json_t *packet_json(const struct sw_packet *p)
{
	char src[SW_PREFIX_TEXT], dst[SW_PREFIX_TEXT], proto[SW_PROTO_TEXT], flags[48];
	json_t *o = json_pack("{s:s, s:s, s:s}", "src_ip", sw_addr_text(&p->src, src), "dest_ip",
			      sw_addr_text(&p->dst, dst), "proto", sw_proto_name(p->proto, proto));

	if (p->proto != IPPROTO_ICMP) {
		json_object_set_new(o, "src_port", json_integer(p->sport));
		json_object_set_new(o, "dest_port", json_integer(p->dport));
	}
	if (p->proto == IPPROTO_TCP)
		json_object_set_new(
			o, "flags",
			json_string(p->flags ? sw_flags_text(p->flags, flags) : "none"));
	return o;
}

static int print_json(const struct sw_ctx *ctx, const struct question *q, const struct answer *x,
		      struct sw_err *e)
{
	json_t *root = sw_cli_json();
	char prefix[SW_PREFIX_TEXT];

	json_object_set_new(root, "verdict", json_string(x->drops ? "drop" : "pass"));
	json_object_set_new(root, "reason", json_string(sw_reason_name(x->reason)));
	json_object_set_new(root, "text", json_string(sw_reason_text(x->reason)));
	json_object_set_new(root, "would_drop", json_boolean(sw_reason_drops(x->reason)));
	json_object_set_new(root, "mode", json_string(sw_mode_name(sw_mode_now(ctx))));
	json_object_set_new(root, "packet", packet_json(&q->packet));
	json_object_set_new(root, "challenged", json_boolean(is_challenged(ctx, x)));
	if (by_block(x) && x->known.blocked) {
		json_object_set_new(root, "blocked_by",
				    json_string(sw_cli_prefix(&x->known.by, prefix)));
		json_object_set_new(root, "expires",
				    sw_cli_time(sw_time_from_ticks(x->known.expires_tick)));
	}
	if (x->known.allowed)
		json_object_set_new(root, "allowed_by",
				    json_string(sw_cli_prefix(&x->known.allowed_by, prefix)));
	return sw_cli_print(q->g, root, e);
}

static int test(struct sw_call *c, struct sw_err *e)
{
	struct question *q = c->request;
	struct answer x = {0};

	if (!c->ctx->loaded)
		return sw_fail(e, SW_EXIT_NOT_THERE,
			       "no program is loaded to ask; run scanwall attach IFACE");
	if (ask(c->ctx, q, &x, e))
		return -1;
	if (c->g->json && print_json(c->ctx, q, &x, e))
		return -1;
	if (!c->g->json && !c->g->quiet)
		print_result(c->ctx, q, &x);
	return x.drops ? SW_EXIT_DROP : SW_EXIT_OK;
}

const struct sw_verb_ops sw_test_ops = {
	.request = sizeof(struct question),
	.read = read_question,
	.run = test,
};
