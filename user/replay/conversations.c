// SPDX-License-Identifier: GPL-2.0-only
/* Who answers in a capture: its protected hosts and their ports. */
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include "replay/conversations.h"

enum {
	SENT_SYN = 1,
	SENT_SYN_ACK = 2,
	SENT_RST = 4,
	SENT_ACK = 8,	/* with ACK, without SYN and RST */
	SENT_DATA = 16, /* the same, with data */
	SENT_REFUSAL = 32 /* ICMP, or an SCTP ABORT: nobody there */,
	SENT_OTHER = 64,
};

/* More unrefused packets than this to one UDP port are not probes but a log, a stream, or a
 * tunnel with a port for each direction. */
#define UDP_STREAM 8
/* The same for ACKs, in a capture of one direction only. */
#define TCP_STREAM 3

void sw_conversations_init(struct sw_conversations *c, struct sw_prefix *protect, int count)
{
	*c = (struct sw_conversations){
		.contact = SW_HASH_OF(struct sw_conversation, key),
		.host = {.key = sizeof(struct sw_addr), .size = sizeof(struct sw_addr)},
		.heard = {.key = sizeof(struct sw_addr), .size = sizeof(struct sw_addr)},
		.served = {.key = sizeof(struct sw_served_end),
			   .size = sizeof(struct sw_served_end)},
		.asked = SW_HASH_OF(struct sw_asked_end, end),
		.protect = protect,
		.protect_count = count,
	};
}

void sw_conversations_free(struct sw_conversations *c)
{
	sw_hash_clear(&c->contact);
	sw_hash_clear(&c->host);
	sw_hash_clear(&c->heard);
	sw_hash_clear(&c->served);
	sw_hash_clear(&c->asked);
}

static int no_memory(struct sw_err *e)
{
	return sw_fail(e, SW_EXIT_FAILED, "out of memory for the contacts of the capture");
}

static int serve(struct sw_conversations *c, const struct sw_addr *addr, uint16_t port,
		 uint8_t proto, struct sw_err *e)
{
	struct sw_served_end end = {.port = port, .proto = proto};
	bool fresh;

	if (addr)
		end.addr = *addr;
	return sw_hash_put(&c->served, &end, &fresh) ? 0 : no_memory(e);
}

int sw_conversations_serve(struct sw_conversations *c, uint16_t port, uint8_t proto,
			   struct sw_err *e)
{
	return serve(c, NULL, port, proto, e);
}

static bool is_served(const struct sw_conversations *c, const struct sw_conversation *x)
{
	struct sw_served_end end = {.port = x->key.port[x->target], .proto = x->key.proto};

	if (sw_hash_find(&c->served, &end))
		return true;
	end.addr = x->key.addr[x->target];
	return sw_hash_find(&c->served, &end);
}

/* Which end of the key sent the packet. */
static int key_of(const struct sw_headers *h, struct sw_conversation_key *key)
{
	int cmp = memcmp(&h->src, &h->dst, sizeof(h->src));
	int at = cmp ? cmp > 0 : h->sport > h->dport;

	memset(key, 0, sizeof(*key));
	key->addr[at] = h->src;
	key->addr[!at] = h->dst;
	key->port[at] = h->sport;
	key->port[!at] = h->dport;
	key->proto = h->proto;
	return at;
}

static uint8_t class_of(const struct sw_headers *h)
{
	uint8_t flags = h->flags;

	if (h->proto != IPPROTO_TCP || h->later_fragment)
		return SENT_OTHER;
	if (flags & TH_RST)
		return SENT_RST;
	if (flags & TH_SYN)
		return flags & TH_ACK ? SENT_SYN_ACK : SENT_SYN;
	if (flags & TH_ACK)
		return h->data ? SENT_ACK | SENT_DATA : SENT_ACK;
	return SENT_OTHER;
}

static struct sw_conversation *contact_of(struct sw_conversations *c, const struct sw_headers *h,
					  int *from, struct sw_err *e)
{
	struct sw_conversation_key key;
	struct sw_conversation *x;
	bool fresh;

	*from = key_of(h, &key);
	x = sw_hash_put(&c->contact, &key, &fresh);
	if (!x)
		no_memory(e);
	else if (fresh)
		x->begun_by = *from;
	return x;
}

/* An ICMP error answers for the destination of the quoted packet, if that is who sent it. */
static int note_error(struct sw_conversations *c, const struct sw_headers *h, const uint8_t *end,
		      struct sw_err *e)
{
	struct sw_headers inner;
	struct sw_conversation *x;
	int from;

	if (!sw_headers_quoted(h, end, &inner) || inner.later_fragment ||
	    memcmp(&h->src, &inner.dst, sizeof(h->src)) != 0)
		return 0;
	x = contact_of(c, &inner, &from, e);
	if (!x)
		return -1;
	if (h->error == SW_HEADERS_UNREACHABLE)
		x->sent[!from] |= SENT_REFUSAL;
	return 0;
}

/* A capture may start with the reply: an RST starts no connection, and a SYN-ACK replies to a
 * SYN. */
static bool answers_first(const struct sw_conversation *x, int from, uint8_t class)
{
	if (x->begun_by == from)
		return false;
	return x->first == SENT_RST ? class != SENT_RST
				    : x->first == SENT_SYN_ACK && class == SENT_SYN;
}

static int count_asked(struct sw_conversations *c, const struct sw_headers *h, struct sw_err *e)
{
	struct sw_served_end end = {h->dst, h->dport, h->proto, 0};
	struct sw_asked_end *a;
	bool fresh;

	a = sw_hash_put(&c->asked, &end, &fresh);
	if (!a)
		return no_memory(e);
	a->packets++;
	return 0;
}

int sw_conversations_note(struct sw_conversations *c, const struct sw_headers *h,
			  const uint8_t *end, struct sw_err *e)
{
	struct sw_conversation *x;
	bool fresh;
	int from;

	if (!sw_hash_put(&c->host, &h->src, &fresh))
		return no_memory(e);
	/* A host that sends from a UDP port has a socket there, and answers may come from any
	 * address (LLMNR, mDNS). */
	if (h->proto == IPPROTO_UDP && !h->later_fragment &&
	    serve(c, &h->src, h->sport, IPPROTO_UDP, e))
		return -1;
	if (h->group)
		return 0;
	if (h->error != SW_HEADERS_NONE)
		return note_error(c, h, end, e);
	x = contact_of(c, h, &from, e);
	if (!x)
		return -1;
	if (h->proto == IPPROTO_UDP && count_asked(c, h, e))
		return -1;
	if (!x->first || answers_first(x, from, class_of(h))) {
		x->first = class_of(h);
		x->begun_by = from;
	}
	x->sent[from] |= h->refusal ? SENT_REFUSAL : class_of(h);
	if (x->packets[from] < UINT8_MAX)
		x->packets[from]++;
	return 0;
}

/* ---- settling */

static bool both_speak(const struct sw_conversation *x)
{
	return x->sent[0] & (SENT_ACK | SENT_SYN_ACK) && x->sent[1] & (SENT_ACK | SENT_SYN_ACK);
}

static bool is_stream(const struct sw_conversations *c, const struct sw_conversation *x, int by)
{
	struct sw_served_end end = {x->key.addr[!by], x->key.port[!by], x->key.proto, 0};
	const struct sw_asked_end *a = sw_hash_find(&c->asked, &end);

	return x->packets[by] >= UDP_STREAM || (a && a->packets >= UDP_STREAM);
}

/* Were there replies that were not captured? What the other end sends next shows it. silent: the
 * capture has no packet from the target, so less evidence is enough. */
static bool goes_on(const struct sw_conversations *c, const struct sw_conversation *x, int by,
		    bool silent)
{
	bool data = x->sent[by] & SENT_DATA;
	bool more = x->sent[by] & SENT_ACK && x->packets[by] >= TCP_STREAM;

	if (x->sent[!by])
		return false;
	if (x->key.proto != IPPROTO_TCP)
		return is_stream(c, x, by);
	if (x->first == SENT_SYN)
		return x->sent[by] & SENT_ACK;
	return silent ? data || more : data && more;
}

/* Sets target, served, one_way and, for connections that began before the
 * capture did, their state. */
static void settle_tcp(const struct sw_conversations *c, struct sw_conversation *x, bool silent)
{
	int by = x->begun_by;

	x->target = !by;
	x->one_way = goes_on(c, x, by, silent);
	if (x->first == SENT_SYN) {
		x->served = x->one_way || x->sent[!by] & (SENT_SYN_ACK | SENT_ACK);
		return;
	}
	x->served = x->one_way || both_speak(x);
	x->state = x->served ? SW_SOCKET_CONNECTED : SW_SOCKET_NONE;
	/* A SYN-ACK is a reply, unless the connection ends there: then it is backscatter.
	 * Otherwise the end with the lower port is taken for the server. */
	if (x->served && (x->first == SENT_SYN_ACK || x->key.port[by] < x->key.port[!by]))
		x->target = by;
}

static void settle_other(const struct sw_conversations *c, struct sw_conversation *x, bool silent)
{
	int by = x->begun_by;

	x->target = !by;
	x->one_way = goes_on(c, x, by, silent);
	x->served = !(x->sent[!by] & SENT_REFUSAL) && (x->packets[!by] || x->one_way);
}

static bool protects(const struct sw_conversations *c, const struct sw_addr *addr)
{
	struct sw_prefix host = sw_prefix_of(addr, sw_addr_is4(addr) ? 32 : 128);

	for (int i = 0; i < c->protect_count; i++)
		if (sw_prefix_covers(&c->protect[i], &host))
			return true;
	return false;
}

static int settle(struct sw_conversations *c, struct sw_conversation *x, struct sw_err *e)
{
	bool silent = !sw_hash_find(&c->host, &x->key.addr[!x->begun_by]);
	bool fresh;

	if (x->key.proto == IPPROTO_TCP)
		settle_tcp(c, x, silent);
	else
		settle_other(c, x, silent);
	x->judged = true;
	if (!x->served)
		return 0;
	c->protocols[x->key.proto >> 6] |= 1ull << (x->key.proto & 63);
	/* The host is alive, since others continue to send to it. */
	if (!sw_hash_put(&c->heard, &x->key.addr[x->target], &fresh))
		return no_memory(e);
	return serve(c, &x->key.addr[x->target], x->key.port[x->target], x->key.proto, e);
}

int sw_conversations_settle(struct sw_conversations *c, struct sw_err *e)
{
	struct sw_conversation *x;

	for (size_t i = 0; i < c->contact.count; i++)
		if (settle(c, sw_hash_at(&c->contact, i), e))
			return -1;
	for (size_t i = 0; i < c->contact.count; i++) {
		x = sw_hash_at(&c->contact, i);
		x->served = is_served(c, x);
		x->silent = !x->served && !sw_hash_find(&c->host, &x->key.addr[x->target]) &&
			    !sw_hash_find(&c->heard, &x->key.addr[x->target]);
	}
	return c->protect_count ? 0 : sw_conversations_choose(c, e);
}

/* ---- asking */

/* Updates the connection's state after the packet was judged. */
static void move_on(struct sw_conversation *x, const struct sw_headers *h, bool to_target)
{
	if (x->key.proto != IPPROTO_TCP || h->later_fragment)
		return;
	if (h->flags & TH_RST)
		x->state = SW_SOCKET_NONE;
	else if (!to_target && (h->flags & (TH_SYN | TH_ACK)) == (TH_SYN | TH_ACK))
		x->state = SW_SOCKET_HALF_OPEN;
	else if (h->flags & TH_ACK && (!to_target || x->state == SW_SOCKET_HALF_OPEN))
		x->state = SW_SOCKET_CONNECTED;
}

static enum sw_socket look_up(const struct sw_conversation *x, bool begins, bool to_target)
{
	/* The initiator has a socket until the connection is reset. */
	if (!to_target || (x->one_way && x->key.proto == IPPROTO_TCP && !begins))
		return SW_SOCKET_CONNECTED;
	if (x->state)
		return x->state;
	return x->served ? SW_SOCKET_LISTENING : SW_SOCKET_NONE;
}

static enum sw_side side_of(const struct sw_conversations *c, const struct sw_conversation *x,
			    const struct sw_headers *h, bool to_target)
{
	bool from, to;

	if (!c->protect_count) {
		if (!x->judged)
			return SW_SIDE_NEITHER;
		return to_target ? SW_SIDE_TO : SW_SIDE_FROM;
	}
	from = protects(c, &h->src);
	to = protects(c, &h->dst);
	if (to && (!from || to_target))
		return SW_SIDE_TO;
	return from ? SW_SIDE_FROM : SW_SIDE_NEITHER;
}

enum sw_side sw_conversations_ask(struct sw_conversations *c, const struct sw_headers *h,
				  enum sw_socket *socket)
{
	struct sw_conversation_key key;
	struct sw_conversation *x;
	enum sw_side side;
	bool to_target, begins;
	int from;

	*socket = SW_SOCKET_NONE;
	if (h->group)
		return SW_SIDE_NEITHER;
	from = key_of(h, &key);
	x = sw_hash_find(&c->contact, &key);
	if (!x) /* an ICMP error: no evidence of anything */
		return SW_SIDE_NEITHER;
	to_target = from != x->target;
	side = side_of(c, x, h, to_target);
	begins = h->proto == IPPROTO_TCP && (h->flags & (TH_SYN | TH_ACK)) == TH_SYN;
	*socket = look_up(x, begins, to_target);
	move_on(x, h, to_target);
	return side;
}
