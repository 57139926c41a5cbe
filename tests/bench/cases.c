// SPDX-License-Identifier: GPL-2.0-only
/* The cases: packets, the state that each needs, and the expected verdict. */
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
#define PSH 0x08
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
	__u16 payload;
	enum rival_id rival;
	bool beside_map;    /* the goal is given against the rival, not the floor */
	bool near_prefixes; /* a few are inside one, and dropped for that */
} kinds[] = {
	{.id = "clean-empty",
	 .rival = HASH_EMPTY,
	 .title = "clean, nothing blocked",
	 .goal = 1.25,
	 .site = EMPTY,
	 .sources = NEW,
	 .port = UDP_PORT,
	 .reason = SW_REASON_OPEN_PORT},
	{.id = "clean-1m",
	 .rival = HASH_MANY,
	 .title = "clean, 1,048,576 addresses blocked",
	 .goal = 1.6,
	 .site = MANY,
	 .sources = NEW,
	 .port = UDP_PORT,
	 .reason = SW_REASON_OPEN_PORT},
	{.id = "clean-1m-10k",
	 .rival = HASH_MANY,
	 .title = "clean, 1 M addresses + 10 k prefixes",
	 .goal = 1.7,
	 .site = MIXED,
	 .sources = NEW,
	 .port = UDP_PORT,
	 .reason = SW_REASON_OPEN_PORT,
	 .near_prefixes = true},
	{.id = "ended-1m",
	 .rival = HASH_MANY,
	 .title = "from one of 1 M whose blocks ended",
	 .goal = 1.6,
	 .site = ENDED,
	 .sources = LISTED,
	 .port = UDP_PORT,
	 .reason = SW_REASON_OPEN_PORT},
	{.id = "clean-router",
	 .rival = HASH_EMPTY,
	 .title = "clean, on a host that forwards",
	 .goal = 1.25,
	 .site = ROUTER,
	 .sources = NEW,
	 .port = UDP_PORT,
	 .reason = SW_REASON_OPEN_PORT},
	{.id = "flow",
	 .title = "of an open connection, an empty ACK",
	 .goal = 1.4,
	 .site = EMPTY,
	 .sources = PEERS,
	 .tcp_flags = ACK,
	 .port = OPEN_PORT,
	 .reason = SW_REASON_FLOW},
	{.id = "flow-200",
	 .title = "of an open connection, 200 bytes",
	 .goal = 1.4,
	 .site = EMPTY,
	 .sources = PEERS,
	 .tcp_flags = PSH | ACK,
	 .port = OPEN_PORT,
	 .reason = SW_REASON_FLOW,
	 .payload = 200},
	{.id = "flow-1460",
	 .title = "of an open connection, 1,460 bytes",
	 .goal = 1.4,
	 .site = EMPTY,
	 .sources = PEERS,
	 .tcp_flags = PSH | ACK,
	 .port = OPEN_PORT,
	 .reason = SW_REASON_FLOW,
	 .payload = 1460},
	{.id = "blocked-8k",
	 .rival = HASH_FEW,
	 .title = "from one of 8,192 blocked",
	 .goal = 1.1,
	 .beside_map = true,
	 .site = FEW,
	 .sources = LISTED,
	 .tcp_flags = SYN,
	 .port = OPEN_PORT,
	 .reason = SW_REASON_BLOCKED_ADDRESS,
	 .dropped = true},
	{.id = "blocked-1m",
	 .rival = HASH_MANY,
	 .title = "from one of 1,048,576 blocked",
	 .goal = 0.55,
	 .beside_map = true,
	 .site = MANY,
	 .sources = LISTED,
	 .tcp_flags = SYN,
	 .port = OPEN_PORT,
	 .reason = SW_REASON_BLOCKED_ADDRESS,
	 .dropped = true},
	{.id = "prefix-10k",
	 .rival = TRIE_PREFIXES,
	 .title = "in one of 10,000 blocked prefixes",
	 .goal = 2.0,
	 .site = PREFIXES,
	 .sources = LISTED,
	 .tcp_flags = SYN,
	 .port = OPEN_PORT,
	 .reason = SW_REASON_BLOCKED_PREFIX,
	 .dropped = true},
	{.id = "clean6-empty",
	 .rival = HASH6_EMPTY,
	 .title = "IPv6, clean, nothing blocked",
	 .goal = 1.5,
	 .site = EMPTY,
	 .sources = NEW,
	 .port = UDP_PORT,
	 .reason = SW_REASON_OPEN_PORT,
	 .v6 = true,
	 .like = "clean-empty"},
	{.id = "blocked6-1m",
	 .rival = HASH6_MANY,
	 .title = "IPv6, from one of 1,048,576 blocked",
	 .goal = 1.3,
	 .site = MANY6,
	 .sources = LISTED,
	 .tcp_flags = SYN,
	 .port = OPEN_PORT,
	 .reason = SW_REASON_BLOCKED_ADDRESS,
	 .dropped = true,
	 .v6 = true,
	 .like = "blocked-1m"},
	{.id = "nets6-1m",
	 .title = "IPv6, in one of 1 M blocked /64",
	 .goal = 1.3,
	 .site = NETS6,
	 .sources = LISTED,
	 .tcp_flags = SYN,
	 .port = OPEN_PORT,
	 .reason = SW_REASON_BLOCKED_ADDRESS,
	 .dropped = true,
	 .v6 = true,
	 .like = "blocked-1m"},
	{.id = "syn-closed",
	 .title = "a new source's SYN, closed port",
	 .goal = 2.8,
	 .site = EMPTY,
	 .sources = NEW,
	 .tcp_flags = SYN,
	 .port = CLOSED_PORT,
	 .reason = SW_REASON_CLOSED_PORT,
	 .dropped = true},
	{.id = "syn-open",
	 .title = "a new source's SYN, open port",
	 .goal = 2.4,
	 .site = EMPTY,
	 .sources = NEW,
	 .tcp_flags = SYN,
	 .port = OPEN_PORT,
	 .reason = SW_REASON_OPEN_PORT},
	{.id = "syn-router",
	 .title = "the same on a host that forwards",
	 .goal = 3.4,
	 .site = ROUTER,
	 .sources = NEW,
	 .tcp_flags = SYN,
	 .port = OPEN_PORT,
	 .reason = SW_REASON_OPEN_PORT},
};

const int case_count = sizeof(kinds) / sizeof(kinds[0]);

void case_title(int i, struct result *r)
{
	r->id = kinds[i].id;
	r->title = kinds[i].title;
	r->goal = kinds[i].goal;
	r->like = kinds[i].like;
	r->beside_map = kinds[i].beside_map;
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

struct tally {
	unsigned long long as_said, strays, all;
};

static int tally(const struct site *s, const struct kind *k, struct tally *t, struct sw_err *e)
{
	struct sw_counter c;

	t->strays = 0;
	if (k->near_prefixes) {
		if (site_count(s, SW_REASON_BLOCKED_PREFIX, &c, &t->all, e))
			return -1;
		t->strays = c.dropped;
	}
	if (site_count(s, k->reason, &c, &t->all, e))
		return -1;
	t->as_said = k->dropped ? c.dropped : c.passed;
	return 0;
}

/* Runs the subject (w NULL: alone) and sees that the packets got the case's
 * reason and fate; all but a few, since a drawn source may be the host's own. */
static double run_judged(struct field *f, const struct kind *k, const struct wire *w,
			 const struct frame *frame, struct sw_err *e)
{
	const struct site *s = &f->site[k->site];
	unsigned long long as_said, strays, few = f->packets / 100000;
	struct tally was, is;
	double ns;

	if (tally(s, k, &was, e))
		return -1;
	ns = w ? field_send(f, w, frame, e)
	       : bench_best(bpf_program__fd(s->subject->progs.alone), NULL, frame, f->packets, e);
	if (ns < 0 || tally(s, k, &is, e))
		return -1;
	as_said = is.as_said - was.as_said;
	strays = is.strays - was.strays;
	if (is.all - was.all != f->packets)
		return sw_fail(e, SW_EXIT_FAILED, "case %s: %u packets sent, %llu counted", k->id,
			       f->packets, is.all - was.all);
	if (as_said + strays + few < f->packets || strays > f->packets / 100)
		return sw_fail(
			e, SW_EXIT_FAILED,
			"case %s: only %llu of %u packets were %s for the reason it is about; "
			"with another --seed, perhaps all",
			k->id, as_said, f->packets, k->dropped ? "dropped" : "passed");
	return ns;
}

static int run_wired(struct field *f, const struct kind *k, const struct frame *frame,
		     struct sample *r, struct sw_err *e)
{
	const struct site *s = &f->site[k->site];

	aim(f, k, false, frame, &f->gen->bss->traffic);
	r->floor = field_send(f, &f->floor_wire, frame, e);
	if (r->floor < 0)
		return -1;
	r->ns = run_judged(f, k, k->dropped ? &s->wire : &s->dropping, frame, e);
	if (r->ns < 0)
		return -1;
	r->rival = k->rival ? field_send(f, &f->rival[k->rival].wire, frame, e) : 0;
	if (r->rival < 0)
		return -1;
	r->after = field_send(f, &f->floor_wire, frame, e);
	return r->after < 0 ? -1 : 0;
}

static int run_alone(struct field *f, const struct kind *k, const struct frame *frame,
		     struct sample *r, struct sw_err *e)
{
	aim(f, k, true, frame, &f->gen->bss->traffic);
	aim(f, k, true, frame, &f->site[k->site].subject->bss->traffic);
	r->floor_alone =
		bench_best(bpf_program__fd(f->gen->progs.alone), NULL, frame, f->packets, e);
	if (r->floor_alone < 0)
		return -1;
	r->alone = run_judged(f, k, NULL, frame, e);
	return r->alone < 0 ? -1 : 0;
}

static double less(double a, double b)
{
	return a < b ? a : b;
}

/* Twice over the wire, some tenths of a second apart: what slows down all parts of one run
 * may be over before the floor is asked. Of both the quicker counts, of the floor and the
 * rival as well. */
int case_run(struct field *f, int i, struct sample *r, struct sw_err *e)
{
	const struct kind *k = &kinds[i];
	struct sample again;
	struct frame frame;

	if (k->tcp_flags)
		frame_tcp(&frame, k->v6, k->tcp_flags, k->port, k->payload);
	else
		frame_udp(&frame, k->v6, k->port);
	if (run_wired(f, k, &frame, r, e) || run_alone(f, k, &frame, r, e) ||
	    run_wired(f, k, &frame, &again, e))
		return -1;
	r->floor = less(r->floor, again.floor);
	r->ns = less(r->ns, again.ns);
	r->rival = less(r->rival, again.rival);
	r->after = less(r->after, again.after);
	return 0;
}
