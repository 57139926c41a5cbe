// SPDX-License-Identifier: GPL-2.0-only
#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "cases.h"
#include "gen.skel.h"
#include "subject.skel.h"

#define OPEN_PORT 80
#define CLOSED_PORT 81
#define UDP_PORT 443
#define SYN 0x02
#define ACK 0x10

#define CONNECTIONS 64u /* a power of two */
#define FIRST_PORT 20000

enum sources {
	LISTED, /* each address of the site's list in turn */
	NEW,	/* addresses beyond it, none of them twice */
	PEERS,	/* the connections' other ends */
};

/* What is sent alone does not repeat what was sent over the wire. */
#define NEW_WIRED (NUMBERS / 4)
#define NEW_ALONE (NUMBERS / 2)

static const struct kind {
	const char *id, *title;
	double goal;
	enum site_id site;
	enum sources sources;
	__u8 tcp_flags; /* 0: UDP */
	__u16 port;
	enum sw_reason reason;
	bool dropped; /* by scanwall itself */
	bool v6;
	const char *like; /* the IPv4 case that the goal counts from */
} kinds[] = {
	{"clean-empty", "clean, nothing blocked", 1.3, EMPTY, NEW, 0, UDP_PORT, SW_REASON_OPEN_PORT,
	 false, false, NULL},
	{"clean-1m", "clean, 1,048,576 addresses blocked", 1.4, MANY, NEW, 0, UDP_PORT,
	 SW_REASON_OPEN_PORT, false, false, NULL},
	{"flow", "of an open connection", 1.4, EMPTY, PEERS, ACK, OPEN_PORT, SW_REASON_FLOW, false,
	 false, NULL},
	{"blocked-8k", "from one of 8,192 blocked", 1.2, FEW, LISTED, SYN, OPEN_PORT,
	 SW_REASON_BLOCKED_ADDRESS, true, false, NULL},
	{"blocked-1m", "from one of 1,048,576 blocked", 2.6, MANY, LISTED, SYN, OPEN_PORT,
	 SW_REASON_BLOCKED_ADDRESS, true, false, NULL},
	{"prefix-10k", "inside one of 10,000 blocked prefixes", 2.5, PREFIXES, LISTED, SYN,
	 OPEN_PORT, SW_REASON_BLOCKED_PREFIX, true, false, NULL},
	{"clean6-empty", "IPv6, clean, nothing blocked", 1.5, EMPTY, NEW, 0, UDP_PORT,
	 SW_REASON_OPEN_PORT, false, true, "clean-empty"},
	{"blocked6-1m", "IPv6, from one of 1,048,576 blocked", 1.5, MANY6, LISTED, SYN, OPEN_PORT,
	 SW_REASON_BLOCKED_ADDRESS, true, true, "blocked-1m"},
	{"nets6-1m", "IPv6, in one of 1,048,576 blocked /64", 1.5, NETS6, LISTED, SYN, OPEN_PORT,
	 SW_REASON_BLOCKED_ADDRESS, true, true, "blocked-1m"},
	{"syn-closed", "a new source's SYN, closed port", 4, EMPTY, NEW, SYN, CLOSED_PORT,
	 SW_REASON_CLOSED_PORT, true, false, NULL},
	{"syn-open", "a new source's SYN, open port", 4, EMPTY, NEW, SYN, OPEN_PORT,
	 SW_REASON_OPEN_PORT, false, false, NULL},
};

const int case_count = sizeof(kinds) / sizeof(kinds[0]);

void case_title(int i, struct result *r)
{
	r->id = kinds[i].id;
	r->title = kinds[i].title;
	r->goal = kinds[i].goal;
	r->like = kinds[i].like;
}

int cases_listen(struct sw_err *e)
{
	struct sockaddr_in to = {.sin_family = AF_INET,
				 .sin_port = htons(OPEN_PORT),
				 .sin_addr.s_addr = inet_addr(OWN_ADDRESS)};
	struct sockaddr_in6 to6 = {.sin6_family = AF_INET6, .sin6_port = htons(UDP_PORT)};
	struct sockaddr_in from = to;
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	to.sin_port = htons(UDP_PORT);
	if (fd < 0 || bind(fd, (void *)&to, sizeof(to)))
		goto failed;
	fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	inet_pton(AF_INET6, OWN_ADDRESS6, &to6.sin6_addr);
	if (fd < 0 || bind(fd, (void *)&to6, sizeof(to6)))
		goto failed;
	to.sin_port = htons(OPEN_PORT);
	fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || bind(fd, (void *)&to, sizeof(to)) || listen(fd, CONNECTIONS))
		goto failed;
	/* They stay open to the end. */
	for (unsigned int i = 0; i < CONNECTIONS; i++) {
		from.sin_port = htons(FIRST_PORT + i);
		fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
		if (fd < 0 || bind(fd, (void *)&from, sizeof(from)) ||
		    connect(fd, (void *)&to, sizeof(to)))
			goto failed;
	}
	return 0;
failed:
	return sw_fail(e, SW_EXIT_FAILED, "no connection to " OWN_ADDRESS ": %s", strerror(errno));
}

static void aim(const struct field *f, const struct kind *k, bool alone, const struct frame *frame,
		struct traffic *t)
{
	__u32 sent = t->sent;

	*t = (struct traffic){.seed = f->seed,
			      .count = 1,
			      .port = 1024,
			      .port_mask = 0x3fff,
			      .v6 = k->v6,
			      .ip_sum = frame_sum(frame),
			      .sent = sent};
	switch (k->sources) {
	case LISTED:
		t->count = f->site[k->site].blocked;
		return;
	case NEW:
		t->first = alone ? NEW_ALONE : NEW_WIRED;
		t->count = t->first;
		return;
	case PEERS:
		t->source = inet_addr(OWN_ADDRESS);
		t->port = FIRST_PORT;
		t->port_mask = CONNECTIONS - 1;
		return;
	}
}

/* Runs the subject (w NULL: alone) and sees that every packet got the case's
 * reason and fate. */
static double run_judged(struct field *f, const struct kind *k, const struct wire *w,
			 const struct frame *frame, struct sw_err *e)
{
	const struct site *s = &f->site[k->site];
	struct sw_counter was, is;
	unsigned long long all_was, all_is, as_said;
	double ns;

	if (site_count(s, k->reason, &was, &all_was, e))
		return -1;
	ns = w ? field_send(f, w, frame, e)
	       : bench_run(bpf_program__fd(s->subject->progs.alone), NULL, frame, f->packets, e);
	if (ns < 0 || site_count(s, k->reason, &is, &all_is, e))
		return -1;
	as_said = k->dropped ? is.dropped - was.dropped : is.passed - was.passed;
	if (all_is - all_was != f->packets)
		return sw_fail(e, SW_EXIT_FAILED, "case %s: %u packets sent, %llu counted", k->id,
			       f->packets, all_is - all_was);
	if (as_said != f->packets)
		return sw_fail(
			e, SW_EXIT_FAILED,
			"case %s: only %llu of %u packets were %s for the reason it is about; "
			"with another --seed, perhaps all",
			k->id, as_said, f->packets, k->dropped ? "dropped" : "passed");
	return ns;
}

int case_run(struct field *f, int i, struct result *r, struct report *all, struct sw_err *e)
{
	const struct kind *k = &kinds[i];
	struct site *s = &f->site[k->site];
	struct frame frame;
	double floor, ns, floor_alone, alone;

	if (k->tcp_flags)
		frame_tcp(&frame, k->v6, k->tcp_flags, k->port);
	else
		frame_udp(&frame, k->v6, k->port);

	aim(f, k, false, &frame, &f->gen->bss->traffic);
	floor = field_send(f, &f->floor_wire, &frame, e);
	if (floor < 0)
		return -1;
	ns = run_judged(f, k, k->dropped ? &s->wire : &s->dropping, &frame, e);
	if (ns < 0)
		return -1;

	aim(f, k, true, &frame, &f->gen->bss->traffic);
	aim(f, k, true, &frame, &s->subject->bss->traffic);
	floor_alone = bench_run(bpf_program__fd(f->gen->progs.alone), NULL, &frame, f->packets, e);
	if (floor_alone < 0)
		return -1;
	alone = run_judged(f, k, NULL, &frame, e);
	if (alone < 0)
		return -1;
	if (!r)
		return 0;
	series_add(&all->floor, floor);
	series_add(&all->floor_alone, floor_alone);
	series_add(&r->ns, ns);
	series_add(&r->ratio, ns / floor);
	series_add(&r->alone, alone);
	return 0;
}
