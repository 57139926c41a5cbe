// SPDX-License-Identifier: GPL-2.0-only
/* Gates: bits are set before the entry that they announce, and cleared only
 * here, all at once. */
#include <linux/membarrier.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>
#include <arpa/inet.h>
#include <errno.h>
#include <bpf/bpf.h>
#include "blocklist/internal.h"

/* Bits low..high of a word. */
static __u64 run_of_bits(unsigned int low, unsigned int high)
{
	return ~0ull >> (63 - high) & ~0ull << low;
}

void sw_gate_mark(__u64 *words, __u32 base, __u32 from, __u32 to)
{
	for (__u32 i = from >> 6; i <= to >> 6; i++) {
		__u64 *word = &words[i - (base >> 6)];
		__u64 add =
			run_of_bits(i == from >> 6 ? from & 63 : 0, i == to >> 6 ? to & 63 : 63);

		if ((__atomic_load_n(word, __ATOMIC_RELAXED) & add) != add)
			__sync_fetch_and_or(word, add);
	}
}

/* Neighbourhoods from..to of the part of a gate that begins at word `part`. */
static int mark(struct sw_maps *m, enum sw_map map, __u32 part, __u32 from, __u32 to,
		struct sw_err *e)
{
	__u64 *words = sw_maps_at(m, map, part + (from >> 6), (to >> 6) - (from >> 6) + 1, e);

	if (!words)
		return -1;
	sw_gate_mark(words, from & ~63u, from, to);
	return 0;
}

/* The lengths that the program has to try for each /16 that p touches. */
static void mark_lengths(__u64 *words, const struct sw_prefix *p)
{
	__u32 n = ntohl(sw_addr_to4(&p->addr)) >> 16;
	__u32 last = p->plen < 16 ? n | ((1u << (16 - p->plen)) - 1) : n;

	for (; n <= last; n++)
		__atomic_fetch_or(&words[n], 1ull << p->plen, __ATOMIC_SEQ_CST);
}

static int open_lengths(struct sw_maps *m, const struct sw_prefix *p, struct sw_err *e)
{
	__u64 *words = sw_maps_at(m, SW_MAP_lengths4, 0, SW_LENGTHS4, e);

	if (!words)
		return -1;
	mark_lengths(words, p);
	return 0;
}

static int open4(struct sw_maps *m, const struct sw_prefix *p, struct sw_err *e)
{
	__u32 n = ntohl(sw_addr_to4(&p->addr)) >> 8;
	__u32 last = p->plen < 24 ? n | ((1u << (24 - p->plen)) - 1) : n;
	bool address = sw_block_map_of(p) == SW_IN_DROP4;

	if (!address && open_lengths(m, p, e))
		return -1;
	/* near is asked first, so it is opened last: until then it is as if the
	 * entry were not there yet. */
	if (mark(m, SW_MAP_gate4, address ? 0 : SW_GATE4_PREFIX, n, last, e))
		return -1;
	return mark(m, SW_MAP_near, address ? SW_NEAR_ADDRESS : SW_NEAR_PREFIX, n >> 8, last >> 8,
		    e);
}

static int open6(struct sw_maps *m, const struct sw_prefix *p, struct sw_err *e)
{
	__u32 mask = m->g->gate6_mask, part = (mask + 1) >> 6, first = 0, last = mask;
	__u64 high = sw_half(&p->addr, 0);

	if (sw_block_map_of(p) == SW_IN_DROP6) {
		first = sw_hash6(high, 0, m->g->settings->seed) & mask;
		return mark(m, SW_MAP_gate6, 0, first, first, e);
	}
	if (p->plen >= 32)
		first = last =
			sw_hash6(high & 0xffffffff00000000ull, 0, m->g->settings->seed) & mask;
	if (mark(m, SW_MAP_gate6, part, first, last, e))
		return -1;
	sw_setting_store(m->g, any_prefix6, 1);
	return 0;
}

int sw_gate_open(struct sw_maps *m, const struct sw_prefix *p, struct sw_err *e)
{
	return p->v4 ? open4(m, p, e) : open6(m, p, e);
}

struct opener {
	struct sw_maps maps;
	__u64 *lengths; /* what lengths4 shall be */
	struct sw_err *e;
};

static int open_one(const struct sw_prefix *p, const struct sw_held *h, void *arg)
{
	struct opener *o = arg;

	(void)h;
	if (sw_block_map_of(p) == SW_IN_PREFIX4)
		mark_lengths(o->lengths, p);
	return sw_gate_open(&o->maps, p, o->e);
}

/* This command waits for an RCU grace period, and XDP runs inside RCU. */
void sw_wait_for_packets(void)
{
	struct timespec ms = {.tv_nsec = 1000000};

	syscall(__NR_membarrier, MEMBARRIER_CMD_GLOBAL, 0, 0);
	nanosleep(&ms, NULL);
}

static void *gate(struct sw_maps *m, enum sw_map map, size_t *bytes, struct sw_err *e)
{
	size_t words = sw_map_entries(m->g, map);

	*bytes = words * sizeof(__u64);
	return sw_maps_at(m, map, 0, words, e);
}

static int trie6_empty(const struct sw_engine *g)
{
	struct sw_prefix6 key;

	return bpf_map_get_next_key(g->fd[SW_MAP_prefix6], NULL, &key) && errno == ENOENT;
}

/* The program sets bits of its own meanwhile: a bit that it found set and we
 * then cleared announces an entry that is in its bucket after the second wait,
 * where we look only then. On failure the bypass stays: slow, but no hole. */
int sw_gate_rebuild(struct sw_ctx *ctx, struct sw_err *e)
{
	struct opener o = {.e = e};
	size_t bytes4, bytes6;
	void *gate4, *gate6, *near;
	__u64 *lengths4;
	int ret = -1;

	if (!ctx->loaded)
		return 0;
	o.lengths = calloc(SW_LENGTHS4, sizeof(*o.lengths));
	if (!o.lengths)
		return sw_fail(e, SW_EXIT_FAILED, "out of memory");
	sw_maps_open(&o.maps, &ctx->engine, true);
	gate4 = gate(&o.maps, SW_MAP_gate4, &bytes4, e);
	gate6 = gate(&o.maps, SW_MAP_gate6, &bytes6, e);
	near = sw_maps_at(&o.maps, SW_MAP_near, 0, SW_NEAR_ALLOW, e);
	lengths4 = sw_maps_at(&o.maps, SW_MAP_lengths4, 0, SW_LENGTHS4, e);
	if (!gate4 || !gate6 || !near || !lengths4)
		goto out;
	sw_setting_store(&ctx->engine, gate_bypass, 1);
	sw_wait_for_packets();
	memset(gate4, 0, bytes4);
	memset(gate6, 0, bytes6);
	memset(near, 0, SW_NEAR_ALLOW * sizeof(__u64));
	if (trie6_empty(&ctx->engine))
		sw_setting_store(&ctx->engine, any_prefix6, 0);
	sw_wait_for_packets();
	ret = sw_held_each(&ctx->engine, open_one, &o, e);
	if (ret)
		goto out;
	/* No prefix comes but from us, and none loses its bit. */
	for (__u32 i = 0; i < SW_LENGTHS4; i++)
		__atomic_store_n(&lengths4[i], o.lengths[i], __ATOMIC_RELAXED);
	sw_setting_store(&ctx->engine, gate_bypass, 0);
out:
	free(o.lengths);
	sw_maps_close(&o.maps);
	return ret;
}
