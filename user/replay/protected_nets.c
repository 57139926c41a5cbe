// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which addresses a replay protects when --protect does not say. A client's capture
 * shows many servers, each of which would see only its own part of what the client
 * does; taken as one site they would make a scanner of everyone who uses the
 * network. So each network that contacts went to is a site of its own, and a source
 * is judged at the one where it missed the most. Only a source that misses nearly
 * everywhere is judged at every site.
 */
#include <netinet/in.h>
#include <string.h>
#include "replay/conversations.h"

/* The size of a site: a /16, or for IPv6 a /48, which RFC 6177 assigns to one site. The sweeps
 * in docs/replay.md span this much. */
#define SITE4 16
#define SITE6 48
#define SOURCE6 64 /* as the program counts */

/* This many misses at one site, at hosts that never reply, are no accident. Fewer may be a host
 * that is down or, with UDP, a log, a stream, or a conversation of which one half was captured. */
#define SILENT_TCP 3
#define SILENT_UDP 8

/* Peers of a peer-to-peer network are often gone, but not nearly all of them. */
#define SWEEP_SITES 20
#define SWEEP_MISSES 10 /* to one contact that was answered */

struct target { /* one target that a source tried */
	struct {
		struct sw_addr source, target;
		uint16_t port;
		uint8_t proto, zero;
	} key;
};

struct tries { /* contacts of one source at one site */
	struct {
		struct sw_addr source, site;
	} key;
	uint32_t misses, hits;
};

struct source {
	struct sw_addr addr;
	struct sw_addr site; /* where it missed most or, if equal, sent most */
	uint32_t most, most_hits;
	uint32_t misses, hits, sites; /* sites: with a miss */
};

static struct sw_addr network(const struct sw_addr *a, int plen4, int plen6)
{
	return sw_prefix_of(a, sw_addr_is4(a) ? plen4 : plen6).addr;
}

static struct sw_addr source_of(const struct sw_conversation *x)
{
	return network(&x->key.addr[!x->target], 32, SOURCE6);
}

static struct sw_addr site_of(const struct sw_conversation *x)
{
	return network(&x->key.addr[x->target], SITE4, SITE6);
}

static int no_memory(struct sw_err *e)
{
	return sw_fail(e, SW_EXIT_FAILED, "out of memory for the sources of the capture");
}

struct counts {
	struct sw_hash target, tries, source;
};

static bool leads(const struct tries *t, const struct source *s)
{
	return t->misses != s->most ? t->misses > s->most : t->hits > s->most_hits;
}

static int count_at(struct counts *n, const struct sw_conversation *x, struct source *s,
		    struct sw_err *e)
{
	struct tries t = {.key = {.source = s->addr, .site = site_of(x)}};
	struct tries *at;
	bool fresh;

	at = sw_hash_put(&n->tries, &t.key, &fresh);
	if (!at)
		return no_memory(e);
	if (x->served) {
		at->hits++;
		s->hits++;
	} else {
		s->sites += !at->misses++;
		s->misses++;
	}
	if (leads(at, s)) {
		s->most = at->misses;
		s->most_hits = at->hits;
		s->site = t.key.site;
	}
	return 0;
}

static int count(struct counts *n, const struct sw_conversation *x, struct sw_err *e)
{
	struct target t = {.key = {.source = source_of(x),
				   .target = x->key.addr[x->target],
				   .port = x->key.port[x->target],
				   .proto = x->key.proto}};
	struct source *s;
	bool fresh, ignored;

	if (!sw_hash_put(&n->target, &t.key, &fresh))
		return no_memory(e);
	if (!fresh)
		return 0;
	s = sw_hash_put(&n->source, &t.key.source, &ignored);
	return s ? count_at(n, x, s, e) : no_memory(e);
}

static bool sweeps(const struct source *s)
{
	return s->sites >= SWEEP_SITES && s->misses >= SWEEP_MISSES * s->hits;
}

static void choose(const struct counts *n, struct sw_conversation *x)
{
	struct sw_addr source = source_of(x), site = site_of(x);
	const struct source *s = sw_hash_find(&n->source, &source);

	if (sweeps(s))
		return;
	x->judged = !memcmp(&s->site, &site, sizeof(site));
	if (x->silent && s->most < (x->key.proto == IPPROTO_TCP ? SILENT_TCP : SILENT_UDP))
		x->judged = false;
}

int sw_conversations_choose(struct sw_conversations *c, struct sw_err *e)
{
	struct counts n = {
		.target = SW_HASH_OF(struct target, key),
		.tries = SW_HASH_OF(struct tries, key),
		.source = SW_HASH_OF(struct source, addr),
	};
	int rc = 0;

	for (size_t i = 0; i < c->contact.count && !rc; i++)
		rc = count(&n, sw_hash_at(&c->contact, i), e);
	for (size_t i = 0; i < c->contact.count && !rc; i++)
		choose(&n, sw_hash_at(&c->contact, i));
	sw_hash_clear(&n.target);
	sw_hash_clear(&n.tries);
	sw_hash_clear(&n.source);
	return rc;
}
