/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The challenge: how new connections are handled if their source is blocked on evidence
 * that anybody could have forged (docs/detection.md).
 *   - The SYN is dropped, and let through when it is retransmitted a second later,
 *     which every kernel does (RFC 6298 5) and no raw scanner does.
 *   - At a closed port it is then answered as if somebody listened (answer.h).
 *   - A source that completes such handshakes at three closed ports that it had not
 *     missed before, or at more than eight that it had, has proven its address and its
 *     intent, and is fully blocked.
 *   - Once the strangers of a /24 or /48 have completed more than eight, its strangers get
 *     for an hour what they would get if no port could be answered.
 * A program of its own, reached by a tail call.
 */
#ifndef CHALLENGE_H
#define CHALLENGE_H

#include "answer.h"
#include "probes.h"
#include "speakers.h"

#define CELL_SHIFT 26	   /* 67 ms */
#define CELL_EPOCH_SHIFT 7 /* in CELL_SHIFT units: 8.6 s, not less than AGAIN_MOST */
#define AGAIN_LEAST \
	12 /* in the same units, 0.8 s: Linux, Windows and macOS retransmit after one second */
#define AGAIN_MOST 120	     /* 8 s: the fourth SYN of Linux follows after seven */
#define ANSWERS_A_PREFIX 512 /* per tick: 1,900 a second to one /24 or /48 */
#define ANSWERS_IN_ALL 8192  /* per tick: 30,000 a second */
#define PROBERS 2048	     /* sources, and as many networks */
#define CHALLENGED 8192
#define LET_SYNS 65536
#define ANSWER_APART 3 /* ticks, 0.54 to 0.8 s; the kernel's limit is half a second */
#define ANSWER_BUCKETS 1024

#define EACH_BYTE 0x0101010101010101ull

/* A byte holds a time modulo two epochs; its top bit is the parity of the epoch. Bytes
 * two epochs old are cleared before they look new. */
static __always_inline void clear_old(struct sw_syn_cells *c, __u32 epoch)
{
	__u32 had = c->epoch;
	__u64 even = epoch & 1 ? 0 : EACH_BYTE, keep;

	if (had == epoch || __sync_val_compare_and_swap(&c->epoch, had, epoch) != had)
		return;
#pragma unroll
	for (int i = 0; i < SW_SYN_WORDS; i++) {
		keep = ((c->first[i] >> 7 & EACH_BYTE) ^ EACH_BYTE ^ even) * 0xff;
		/* atomic: another CPU may be writing another byte */
		__sync_fetch_and_and(&c->first[i], epoch - had == 1 ? keep : 0);
	}
}

/* Is this a retransmission, late enough? *epoch: that of the first SYN. */
static __always_inline bool comes_again(const struct pkt_meta *meta, __u64 ns, __u64 *epoch)
{
	__u64 h = sw_hash64(flow_tag(&meta->flow) ^ (__u64)meta->seq * (seed[3] | 1), seed);
	struct sw_syn_cells *cells = entry_of(&syn_cells, h >> 40 & syn_cells_mask);
	__u32 at = (h & 0xffffff) * SW_SYN_CELLS >> 24;
	__u64 when = ns >> CELL_SHIFT;
	__u8 now = when, age;
	__u8 *first;

	if (!cells || at >= SW_SYN_CELLS)
		return false;
	clear_old(cells, when >> CELL_EPOCH_SHIFT);
	now = now ? now : 1;
	first = (__u8 *)cells->first + at;
	age = now - *first;
	if (!*first || age > AGAIN_MOST) {
		*first = now;
		age = 0;
	}
	*epoch = (when - age) >> (EPOCH_SHIFT - CELL_SHIFT);
	return age >= AGAIN_LEAST;
}

static __always_inline bool take_token(struct sw_answers *a, __u32 tick, __u32 most)
{
	if (a->tick != tick) {
		a->tick = tick;
		a->sent = 0;
	}
	return __sync_fetch_and_add(&a->sent, 1) < most;
}

/* Protects others from reflection: one reply per two SYNs, and a limit per tick for one
 * network and in total. */
static __always_inline bool may_answer(const struct pkt_meta *meta, __u32 tick)
{
	__u64 network = is_key4(meta->key) ? meta->key >> 8 : meta->key >> 16;
	__u32 i = sw_hash64(network, seed) >> 40 & (ANSWER_BUCKETS - 1);
	struct sw_answers *prefix = entry_of(&answers, i ? i : 1), *all = entry_of(&answers, 0);

	return prefix && all && take_token(prefix, tick, ANSWERS_A_PREFIX) &&
	       take_token(all, tick, ANSWERS_IN_ALL);
}

/* Where closed ports cannot be answered, letting SYNs in would reveal the open ones: so
 * a source (or a network, by its key) gets only the first two services it asked for. */
static __always_inline bool is_one_of_two(const struct pkt_meta *meta, __u64 key,
					  const struct sw_settings *set, __u32 tick)
{
	__u64 h = sw_hash64(key, seed);
	struct sw_challenged *c = entry_of(&challenged, h >> 40 & (CHALLENGED - 1));
	__u32 service = target_hash(&meta->flow) | 1;

	if (!c)
		return false;
	if (c->tag != (__u32)h || tick - c->tick > set->block_ticks)
		*c = (struct sw_challenged){.tag = h, .tick = tick};
	c->tick = tick;
#pragma unroll
	for (int i = 0; i < SW_CHALLENGED_SERVICES; i++) {
		if (!c->service[i])
			c->service[i] = service;
		if (c->service[i] == service)
			return true;
	}
	return false;
}

static __always_inline struct sw_let_syn *let_syn_of(const struct flow_key *flow, __u32 isn,
						     __u32 *tag)
{
	__u64 h = sw_hash64(flow_tag(flow) ^ (__u64)isn * (seed[1] | 1), seed);

	*tag = h;
	return entry_of(&let_syns, h >> 40 & (LET_SYNS - 1));
}

/* The kernel answers at most two SYNs of a burst per second (tcp_oow_rate_limited()),
 * so this does, too. */
static __always_inline bool was_just_answered(const struct pkt_meta *meta, __u32 tick)
{
	const struct sw_let_syn *l;
	__u32 tag;

	l = let_syn_of(&meta->flow, bpf_ntohl(meta->seq), &tag);
	return l && l->tag == tag && (__u16)(tick - l->tick) < ANSWER_APART;
}

/* One SYN, one SYN-ACK. The kernel retransmits its SYN-ACK if no ACK arrives, this
 * program does not. To keep them alike, the kernel's retransmissions are dropped
 * (learn.h), and a lost SYN-ACK is replaced when the client retransmits its SYN.
 * answers: number of SYN-ACKs the kernel may send. */
static __always_inline void note_answer(const struct pkt_meta *meta, __u32 tick, __u16 answers)
{
	struct sw_state *st = entry_of(&state, 0);
	struct sw_let_syn *l;
	__u32 tag;

	l = let_syn_of(&meta->flow, bpf_ntohl(meta->seq), &tag);
	if (!l || !st)
		return;
	*l = (struct sw_let_syn){tag, tick, answers};
	if (answers)
		st->let_syn_tick = tick;
}

/* A SYN that passes unchallenged. By what learn.h knows its source may have been challenged
 * (`suspects` has no tags, and anybody can forge what sets them), and then a SYN-ACK that
 * is lost would never be repeated. A global function, so its stack is not added to its
 * caller's. */
__noinline int note_free_syn(const struct pkt_meta *meta)
{
	struct sw_let_syn *l;
	__u32 tick, tag;

	if (!meta)
		return 0;
	tick = ticks(meta->ns);
	if (!suspects_about(tick) || !may_be_suspect(suspect_id(meta), tick))
		return 0;
	l = let_syn_of(&meta->flow, bpf_ntohl(meta->seq), &tag);
	if (l && (l->tag != tag || l->answers != SW_LET_FREE))
		*l = (struct sw_let_syn){tag, tick, SW_LET_FREE};
	return 0;
}

/* ---- handshakes that the kernel has answered
 * In SYN-RECEIVED the kernel replies to anything that does not fit (RFC 9293 3.10.7.4),
 * while our SYN-ACKs, which leave no state, get no such replies. So the kernel is shown
 * only the segment that completes the handshake exactly. */
enum handshake {
	NO_HANDSHAKE,
	THIS_HANDSHAKE,
	ANOTHER_HANDSHAKE,
};

static __always_inline enum handshake handshake_of_request(struct bpf_sock *sk,
							   const struct pkt_meta *meta)
{
	struct tcp_request_sock *r = bpf_skc_to_tcp_request_sock(sk);
	__u32 seq = bpf_ntohl(meta->seq);

	if (!r)
		return NO_HANDSHAKE;
	if (meta->tcp_flags & TCP_SYN)
		return seq == r->rcv_isn ? THIS_HANDSHAKE : ANOTHER_HANDSHAKE;
	return seq == r->rcv_isn + 1 && bpf_ntohl(meta->ack_seq) == r->snt_isn + 1
		       ? THIS_HANDSHAKE
		       : ANOTHER_HANDSHAKE;
}

/* Which handshake does this SYN or ACK belong to? enum handshake. */
static __noinline int handshake_of(struct xdp_md *ctx, const struct pkt_meta *meta)
{
	enum handshake found = NO_HANDSHAKE;
	struct bpf_sock_tuple t = {};
	struct bpf_sock *sk;

	if (replaying)
		return NO_HANDSHAKE;
	socket_tuple(meta, &t);
	sk = bpf_skc_lookup_tcp(ctx, &t, meta->family == AF_INET ? sizeof(t.ipv4) : sizeof(t.ipv6),
				BPF_F_CURRENT_NETNS, 0);
	if (!sk)
		return NO_HANDSHAKE;
	if (sk->state == BPF_TCP_NEW_SYN_RECV)
		found = handshake_of_request(sk, meta);
	else if (sk->state == BPF_TCP_LISTEN && carries_cookie(sk, meta))
		found = THIS_HANDSHAKE;
	bpf_sk_release(sk);
	return found;
}

/* Who listens there: a local socket, if behind a NAT rule or bound to another device one that
 * was seen to reply, or somebody without one (`services`, and on a host that forwards,
 * whatever was seen to reply). */
enum listener { NOBODY, SOCKET, FORWARDED };

static __always_inline enum listener listener_of(struct xdp_md *ctx, struct pkt_meta *meta,
						 const struct sw_settings *set, __u32 tick)
{
	struct sw_service key = {meta->port, IPPROTO_TCP};

	if (syn_socket(ctx, meta, tick) != NO_SOCKET) {
		if (!meta->own)
			remember_served(&meta->flow, tick);
		return handshake_of(ctx, meta) == ANOTHER_HANDSHAKE ? NOBODY : SOCKET;
	}
	if (meta->hidden)
		return NOBODY;
	if (set->any_service && bpf_map_lookup_elem(&services, &key))
		return FORWARDED;
	if (!may_be_unseen(set) || !was_served(&meta->flow, tick, set->served_ticks))
		return NOBODY;
	if (set->forwards)
		return FORWARDED;
	/* one that was found has ended since */
	return was_found(&meta->flow, tick) ? NOBODY : SOCKET;
}

static __always_inline __u32 ability(struct xdp_md *ctx, const struct sw_settings *set)
{
	__u32 ifindex = ctx->ingress_ifindex, *able, bits;

	able = bpf_map_lookup_elem(&interfaces, &ifindex);
	bits = able ? *able : SW_IFACE_PARTIAL;
	/* replies are built as Ethernet frames */
	if (set->raw_devices && is_raw_device(set, ifindex))
		return (bits & ~SW_IFACE_ANSWERS) | NO_ETHERNET;
	return bits;
}

/* Behind an address that is not local, or on a host that forwards, somebody else may be
 * listening. */
static __always_inline bool can_answer(const struct pkt_meta *meta, const struct sw_settings *set,
				       __u32 able)
{
	return able & SW_IFACE_ANSWERS && !set->forwards && is_local_addr(meta);
}

/* A service without a local socket may be listening that nobody has probed yet: one SYN
 * per minute and port is let through, as for other sources, for at most two ports.
 * Otherwise a container would stay unknown to everybody whose network is challenged. */
static __always_inline bool may_find_out(const struct pkt_meta *meta, __u64 key,
					 const struct sw_settings *set, __u32 tick)
{
	return (set->forwards || set->asks) && is_one_of_two(meta, key, set, tick) &&
	       may_ask(&meta->flow, tick);
}

/* Is it retrying a port that was closed at its first attempt and is served by now? */
static __noinline bool came_early(struct xdp_md *ctx, struct pkt_meta *meta,
				  const struct sw_settings *set)
{
	struct sw_source_set *b = source_set(meta->key);
	struct sw_source *s = b ? find_source(b, meta->key) : NULL;

	if (!s || !was_early(meta, s) || syn_socket(ctx, meta, ticks(meta->ns)) == NO_SOCKET)
		return false;
	forgive_early(meta->port, s, set);
	return true;
}

#define FAMILIES_MOST 8 /* of closed ports, where fewer are no proof */
#define GUESSES_EACH 1024
#define GUESSES_SHIFT 18 /* of samples: a cookie in eight is right by chance */

/* first: 0 for a source, PROBERS for a network. */
static __always_inline struct sw_prober *prober_entry(__u64 key, __u32 first)
{
	return entry_of(&probers, first + (sw_hash64(key, seed) >> 40 & (PROBERS - 1)));
}

/* Somebody who sends ACKs in its name hits a cookie with two in 2^32. Eight times as many as
 * that prove something. */
static __always_inline __u32 families_most(const struct sw_prober *b)
{
	return FAMILIES_MOST + (b->guesses >> GUESSES_SHIFT);
}

/* Does somebody scan from one address of its network after the other? */
static __noinline bool is_of_probing_network(const struct pkt_meta *meta, __u32 tick)
{
	__u64 network = network_of(meta->key);
	const struct sw_prober *b = prober_entry(network, PROBERS);

	return b && b->key == network && tick - b->tick < HOUR_TICKS &&
	       count_bits(b->known) > families_most(b) && !is_single_key(meta->key) &&
	       !is_known_client(&meta->flow, meta->key, tick);
}

/* Mail, DNS and the web: what the public uses tells a scanner little, and the innocent of a
 * network must not lose it to who asks for two other services first. */
static __always_inline bool is_public(__u16 port)
{
	__u16 family = port_family(port, false);

	return family == 25 || family == 53 || family == 80;
}

/* Where no closed port is answered. key: of the source; of its network if that probes. */
static __always_inline bool gets_service(const struct pkt_meta *meta, __u64 key,
					 const struct sw_settings *set, __u32 tick)
{
	return (key != meta->key && is_public(meta->port)) || is_one_of_two(meta, key, set, tick);
}

/* Returns the packet's enum sw_reason. */
static __noinline int challenge_syn(struct xdp_md *ctx, struct pkt_meta *meta)
{
	const struct sw_settings *set = entry_of(&settings, 0);
	struct answer_scratch *s;
	__u32 tick, able;
	enum listener listener;
	__u64 ns, key, epoch = 0;
	bool answered, changed;

	if (!set)
		return SW_REASON_CHALLENGED;
	able = ability(ctx, set);
	ns = meta->ns;
	tick = ticks(ns);
	if (!comes_again(meta, ns, &epoch) && !meta->deceived && !came_early(ctx, meta, set))
		return SW_REASON_CHALLENGED;
	came_before(&meta->flow); /* as in read_blocked_icmp() */
	s = sound_syn(ctx, meta, able, false);
	if (!s || was_just_answered(meta, tick))
		return SW_REASON_CHALLENGED;
	listener = listener_of(ctx, meta, set, tick);
	changed = read_options(s);
	key = is_of_probing_network(meta, tick) ? network_of(meta->key) : meta->key;
	answered = key == meta->key && can_answer(meta, set, able) &&
		   ((meta->deceived && listener != NOBODY) || may_answer(meta, tick));
	if (listener == NOBODY && may_find_out(meta, key, set, tick))
		return SW_REASON_CHALLENGE_PASSED;
	if (listener == NOBODY) {
		if (!answered || !send_syn_ack(ctx, meta, s, epoch))
			return SW_REASON_CHALLENGED;
		note_answer(meta, tick, 0);
		return SW_REASON_CHALLENGE_ANSWERED;
	}
	if (!answered && !gets_service(meta, key, set, tick))
		return SW_REASON_CHALLENGED;
	if (listener == SOCKET) {
		if (changed && !rewrite_syn(ctx, meta, s))
			return SW_REASON_CHALLENGED;
		note_answer(meta, tick, 1);
	}
	return SW_REASON_CHALLENGE_PASSED;
}

/* ---- the handshake */

static __always_inline struct sw_prober *prober_of(__u64 key, __u32 first, __u32 tick)
{
	struct sw_prober *b = prober_entry(key, first);

	if (!b)
		return NULL;
	if (b->key != key || tick - b->tick >= HOUR_TICKS)
		*b = (struct sw_prober){.key = key};
	b->tick = tick;
	return b;
}

/* Adds the family of the port; returns the least number of families added. */
static __always_inline __u32 add_family(__u64 *families, __u16 family)
{
	*families |= 1ull << (sw_hash64(family, seed) >> 58);
	return count_bits(*families);
}

static __always_inline bool is_third_port(struct sw_prober *b, __u16 family)
{
#pragma unroll
	for (int i = 0; i < SW_PROBED_PORTS; i++) {
		if (!b->port[i])
			b->port[i] = family;
		if (b->port[i] == family)
			return false;
	}
	return true;
}

#define MISSES_TOLD_APART 12 /* bits of the sketch; beyond, most ports look known */

/* Did it miss this port before? Whoever waits for a service, or watches one that is down,
 * tries the same port again and again. By the sketch, so one in four new ports looks
 * known; not for sources that sent what only scanners send. */
static __noinline bool was_missed(const struct pkt_meta *meta)
{
	const __u32 clients = EARLY | 1u << SW_EVIDENCE_CLOSED_UDP | 1u << SW_EVIDENCE_HALF_OPEN;
	struct sw_source_set *b = source_set(meta->key);
	const struct sw_source *s = b ? find_source(b, meta->key) : NULL;

	return s && !(s->kinds & ~clients) && count_bits(s->targets) <= MISSES_TOLD_APART &&
	       s->targets & group_bit(&meta->flow, port_family(meta->port, false));
}

static __always_inline void note_network(const struct pkt_meta *meta, __u16 family, __u32 tick)
{
	struct sw_prober *b;

	if (is_single_key(meta->key) || is_known_client(&meta->flow, meta->key, tick))
		return;
	b = prober_of(network_of(meta->key), PROBERS, tick);
	if (b)
		add_family(&b->known, family);
}

/* Pushes nobody out who has completed a handshake. */
static __always_inline void count_guess(__u64 key, __u32 first, __u32 tick)
{
	struct sw_prober *b = prober_entry(key, first);
	bool fresh, proven;

	if (!b)
		return;
	fresh = tick - b->tick < HOUR_TICKS;
	proven = b->port[0] || b->known;
	if (fresh && proven && b->key != key)
		return;
	if (!fresh || b->key != key) {
		*b = (struct sw_prober){.key = key};
		proven = false;
	}
	if (!proven)
		b->tick = tick;
	b->guesses++;
}

/* Sampled: a flood of ACKs writes nothing for most of its packets. */
static __noinline void note_guess(const struct pkt_meta *meta, __u32 tick)
{
	if (bpf_get_prandom_u32() % GUESSES_EACH)
		return;
	count_guess(meta->key, 0, tick);
	if (!is_single_key(meta->key))
		count_guess(network_of(meta->key), PROBERS, tick);
}

/* The source has completed a handshake at a closed port. True if this is one port too
 * many. Misses of who is challenged without being blocked are recorded, too, so the ports
 * that it knows prove something by their number only, as do all where cookies are guessed. */
static __always_inline bool proves_prober(const struct pkt_meta *meta, __u32 tick)
{
	__u16 family = port_family(meta->port, false);
	bool known = was_missed(meta);
	struct sw_prober *b = prober_of(meta->key, 0, tick);

	note_network(meta, family, tick);
	if (!b)
		return false;
	if (known || b->guesses)
		return add_family(&b->known, family) > families_most(b);
	return is_third_port(b, family);
}

/* detect_only: the source stays challenged. */
static __always_inline void tell_prober(const struct verdict_ctx *t)
{
	const struct pkt_meta *meta = t->meta;
	struct sw_source *s =
		source_in(detected_set(meta->key), meta->key, t->set, millis(meta->ns));

	if (!s)
		return;
	list_target(s, meta->port);
	if (!add_detected(s, meta, t->set, t->kind, t->set->threshold))
		return;
	emit_event(t, s, SW_EVENT_WOULD_BLOCK, 0);
	detected_told(s, meta, t->set);
}

/* From now on all its packets are dropped, those of open connections too: this cannot
 * be forged, and no program does it by mistake. An address shared by many stays
 * challenged, because only one of them did this. */
static __always_inline void block_prober(struct xdp_md *ctx, const struct pkt_meta *meta,
					 const struct sw_settings *set, __u64 ns)
{
	struct verdict_ctx t = {.ctx = ctx, .meta = meta, .set = set};
	struct sw_source *s = source_of(meta->key, set, millis(ns));
	__u64 end = (__u64)ticks(ns) + set->proven_ticks;
	struct block_target target = target_of(meta);
	__u32 expires_tick = end >= SW_EXPIRES_TICKS ? SW_EXPIRES_TICKS - 1 : end;

	if (!s)
		return;
	t.tick = ticks(ns);
	t.kind = SW_EVIDENCE_CLOSED_HANDSHAKE;
	if (detects_only(set, meta, t.kind)) {
		tell_prober(&t);
		return;
	}
	if (!s->kinds)
		s->first_ms = millis(ns);
	s->kinds |= 1 << SW_EVIDENCE_CLOSED_HANDSHAKE;
	s->last_ms = millis(ns);
	list_target(s, meta->port);
	if (speaks_for_many(ctx, find_speaker(meta->key), t.tick, tick_of_ms(ns, s->first_ms))) {
		if (!s->notified)
			emit_event(&t, s, SW_EVENT_SPARED, 0);
		s->notified = 1;
		return;
	}
	expires_tick |= SW_EXPIRES_AUTO;
	if (block_source(&target, set, ns, expires_tick, true))
		emit_event(&t, s, SW_EVENT_BLOCK, expires_tick);
}

static __noinline int challenge_ack(struct xdp_md *ctx, struct pkt_meta *meta)
{
	const struct sw_settings *set = entry_of(&settings, 0);
	__u64 ns;

	if (!set)
		return SW_REASON_CHALLENGED;
	if (handshake_of(ctx, meta) == THIS_HANDSHAKE)
		return SW_REASON_CHALLENGE_PASSED;
	ns = meta->ns;
	if (!can_answer(meta, set, ability(ctx, set)))
		return SW_REASON_CHALLENGED;
	if (!has_cookie(meta, ns)) {
		note_guess(meta, ticks(ns));
		return SW_REASON_CHALLENGED;
	}
	if (!shows(meta, set, ticks(ns)) && proves_prober(meta, ticks(ns)))
		block_prober(ctx, meta, set, ns);
	return send_rst(ctx, meta) ? SW_REASON_CLOSED_HANDSHAKE : SW_REASON_CHALLENGED;
}

/* UDP to a service from a source past the threshold that is not blocked. Clients
 * retransmit what is lost from the same port: DNS, QUIC, WireGuard, IKE, SIP. */
static __always_inline int challenge_datagram(const struct pkt_meta *meta)
{
	__u64 epoch;

	if (!comes_again(meta, meta->ns, &epoch))
		return SW_REASON_CHALLENGED;
	note_flow(flow_tag(&meta->flow)); /* and the rest of the exchange */
	return SW_REASON_CHALLENGE_PASSED;
}

/* For a packet that judge() gave the reason CHALLENGED; returns its enum sw_reason. */
static __always_inline int challenge_packet(struct xdp_md *ctx)
{
	struct pkt_meta *meta = entry_of(&pkt_metas, 0);
	enum segment kind;

	if (!meta)
		return SW_REASON_CHALLENGED;
	if (meta->flow.proto == IPPROTO_UDP)
		return challenge_datagram(meta);
	kind = segment_of(meta->tcp_flags);
	if (kind == SYN)
		return challenge_syn(ctx, meta);
	return kind == ACK ? challenge_ack(ctx, meta) : SW_REASON_CHALLENGED;
}

#endif
