/* SPDX-License-Identifier: GPL-2.0-only */
/* The client of a relayed connection, as a proxy announces it in front of the first
 * data: PROXY protocol versions 1 and 2
 * (haproxy.org/download/2.9/doc/proxy-protocol.txt). The payload behind the header is
 * inspected as if it started there. */
#ifndef RELAYED_H
#define RELAYED_H

#include "http.h"
#include "speakers.h"

#define RELAYED 1024 /* connections; a power of two */
#define PROXY1_MOST 107
#define PROXY1_NAMES 11 /* "PROXY TCP4 " */
#define PROXY2_HEAD 16
#define PROXY2_ADDRESSES 36 /* IPv6, with ports */
#define PROXY2_SIGNATURE WORD8('\r', '\n', '\r', '\n', 0, '\r', '\n', 'Q')
#define PROXY2_TCP4 0x1121 /* family; version 2, command PROXY */
#define PROXY2_TCP6 0x2121

struct relayed {
	__u64 tag;
	__u64 client[SW_CLIENT_BYTES / 8];
};

/* Newer connections replace older ones. Not pinned: after a reload the clients of open
 * connections are unknown. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, RELAYED);
	__type(key, __u32);
	__type(value, struct relayed);
} relayed_flows SEC(".maps");

static __always_inline struct relayed *relayed_entry(__u64 tag)
{
	return entry_of(&relayed_flows, tag >> 32 & (RELAYED - 1));
}

static __always_inline void put_text(struct scratch *s, __u8 b)
{
	s->byte[s->out++ & TEXT_MASK] = b;
}

static __always_inline void put_decimal(struct scratch *s, __u8 n)
{
	if (n > 99)
		put_text(s, '0' + n / 100);
	if (n > 9)
		put_text(s, '0' + n / 10 % 10);
	put_text(s, '0' + n % 10);
}

static __always_inline void put_decimal3(struct scratch *s, __u32 n)
{
	put_text(s, '0' + n / 100 % 10);
	put_text(s, '0' + n / 10 % 10);
	put_text(s, '0' + n % 10);
}

static __always_inline void put_hex(struct scratch *s, __u8 digit)
{
	put_text(s, digit > 9 ? 'a' + digit - 10 : '0' + digit);
}

/* Writes the address at `at` as text at NORMAL, where the normalized URI goes later.
 * The caller names the place: if the function returned it, clang 22 would prove that it
 * needs no mask, which no verifier before 6.18 can. */
__noinline int put_address(__u32 at, __u32 bytes)
{
	struct scratch *s = scratch();
	__u8 b;

	if (!s)
		return 0;
	s->out = NORMAL;
	for (__u32 i = 0; i < 16 && i < bytes; i++) {
		b = byte_at(s, at + i);
		if (bytes == 4) {
			if (i)
				put_text(s, '.');
			put_decimal(s, b);
			continue;
		}
		if (i && !(i & 1))
			put_text(s, ':');
		put_hex(s, b >> 4);
		put_hex(s, b & 15);
	}
	zero_slack(s, s->out);
	return 1;
}

/* The text at `at`, up to a blank or a zero. */
static __always_inline void note_relayed(struct scratch *s, __u32 at)
{
	struct relayed *r = relayed_entry(s->tag);
	__u64 w, marks;
	bool ended = false;

	if (!r)
		return;
	*(volatile __u64 *)&r->tag = 0;
	for (int n = 0; n < SW_CLIENT_BYTES / 8; n++) {
		w = ended ? 0 : load8(s, at + 8 * n);
		marks = mark_each_zero(w ^ ' ' * ONES);
		if (marks) {
			ended = true;
			w &= ((marks & -marks) - 1) >> 7;
		}
		r->client[n] = w;
	}
	*(volatile __u64 *)&r->tag = s->tag;
}

#define PROXY_CUT 0xffffffffu /* may be a header that continues in the next segment */

/* The payload starts with these eight bytes, or with a prefix of them. */
static __always_inline bool may_be_proxy(const struct scratch *s, __u64 word, __u32 bytes)
{
	__u32 have = s->end - s->start;
	__u64 differ = load8(s, s->start) ^ word;

	if (have < bytes)
		bytes = have;
	return bytes && !(differ << (64 - 8 * bytes & 63));
}

/* A line: returns its length, 0 or PROXY_CUT. *client: offset of the address, if there
 * is one. */
static __always_inline __u32 read_proxy1(const struct scratch *s, __u32 *client)
{
	__u32 from = s->start, line;

	if (!may_be_proxy(s, WORD8('P', 'R', 'O', 'X', 'Y', ' ', 0, 0), 6))
		return 0;
	line = find_byte(from, s->end, '\n');
	if (line >= from + PROXY1_MOST)
		return 0;
	if (line >= s->end)
		return PROXY_CUT;
	if (byte_at(s, from + 6) == 'T' && line > from + PROXY1_NAMES)
		*client = from + PROXY1_NAMES;
	return line + 1 - from;
}

/* The same for version 2, as soon as the addresses are there. */
static __always_inline __u32 read_proxy2(const struct scratch *s, __u32 *client)
{
	__u32 from = s->start, have = s->end - from, length;
	__u64 w = load8(s, from + 8);
	__u16 kind = w >> 32;

	if (!may_be_proxy(s, PROXY2_SIGNATURE, 8))
		return 0;
	if (have < PROXY2_HEAD)
		return PROXY_CUT;
	if ((__u32)w != ('U' | 'I' << 8 | 'T' << 16 | '\n' << 24) || (kind & 0xf0) != 0x20)
		return 0;
	length = PROXY2_HEAD + bpf_ntohs(w >> 48);
	if (have < length && have < PROXY2_HEAD + PROXY2_ADDRESSES)
		return PROXY_CUT;
	if (kind == PROXY2_TCP4 || kind == PROXY2_TCP6) {
		put_address(from + PROXY2_HEAD, kind == PROXY2_TCP4 ? 4 : 16);
		*client = NORMAL;
	}
	return length;
}

/* Length of the header that the payload starts with, which may end behind it; 0: none;
 * or PROXY_CUT. */
__noinline __u32 read_proxy_header(void)
{
	const struct sw_settings *set = entry_of(&settings, 0);
	struct pkt_meta *meta = entry_of(&pkt_metas, 0);
	struct scratch *s = scratch();
	__u32 length, client = 0;

	if (!s || !meta || !set)
		return 0;
	length = read_proxy1(s, &client);
	if (!length)
		length = read_proxy2(s, &client);
	if (client && may_be_client(s, client)) {
		note_relayed(s, client);
		note_proxy(meta->key, ticks(now_ns(set)));
	}
	return length;
}

/* Copies the client's address for an event. */
__noinline int note_relayed_client(void)
{
	struct scratch *s = scratch();
	const struct relayed *r = s ? relayed_entry(s->tag) : NULL;

	if (!r || r->tag != s->tag)
		return 0;
	s->relayed = 1;
	for (int n = 0; n < SW_CLIENT_BYTES / 8; n++)
		s->client[n] = r->client[n];
	return 0;
}

#endif
