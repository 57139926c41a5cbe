/* SPDX-License-Identifier: GPL-2.0-only */
/* Every map, and what is fixed when the program is loaded. The sizes here are
 * those of the default configuration; user space sets the configured ones. */
#ifndef MAPS_H
#define MAPS_H

#include <linux/bpf.h>
#include <stdbool.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_endian.h>
#include <scanwall/abi.h>
#include <scanwall/dropset.h>

/* Entries less one; powers of two, so that an index is a mask. */
const volatile __u32 source_mask = (1 << 16) - 1;
const volatile __u32 served_mask = (1 << 12) - 1;
const volatile __u32 flow_mask = (1 << 16) - 1;
const volatile __u32 client_mask = (1 << 16) - 1;
const volatile __u32 speaker_mask = (1 << 12) - 1;
const volatile __u32 request_mask = (1 << 11) - 1;
const volatile __u32 refusal_mask = (1 << 12) - 1;
const volatile __u32 decoy_mask = (1 << 12) - 1;
const volatile __u32 sketch_mask = (1 << 12) - 1;
const volatile __u32 syn_cells_mask = (1 << 15) - 1;

/* Jiffies of about ten minutes, as a power of two: how often a connection that
 * goes on is noted. */
const volatile __u32 epoch_shift = 17;

/* How much of an IPv6 address makes a source; all ones: the /64. */
const volatile __u64 source6_mask = ~0ull;

/* Copied from settings.seed, which outlives the program. */
const volatile __u64 seed[4];

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct sw_settings);
} settings SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct sw_state);
} state SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, SW_REASON_COUNT);
	__type(key, __u32);
	__type(value, struct sw_counter);
} counters SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1 << 17);
	__type(key, __u32);
	__type(value, struct sw_drop4_line);
} drop4 SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1 << 17);
	__type(key, __u32);
	__type(value, struct sw_drop4_cold);
} drop4_cold SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1 << 15);
	__type(key, __u32);
	__type(value, struct sw_drop6_line);
} drop6 SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1 << 15);
	__type(key, __u32);
	__type(value, struct sw_drop6_cold);
} drop6_cold SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 1 << 16);
	__type(key, __u32);
	__type(value, struct sw_overflow);
} overflow4 SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 1 << 16);
	__type(key, struct sw_overflow6_key);
	__type(value, struct sw_overflow);
} overflow6 SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 1 << 16);
	__type(key, struct sw_prefix4);
	__type(value, struct sw_prefix_block);
} prefix4 SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, SW_LENGTHS4);
	__type(key, __u32);
	__type(value, __u64);
} lengths4 SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 1 << 16);
	__type(key, struct sw_prefix6);
	__type(value, struct sw_prefix_block);
} prefix6 SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, SW_LENGTHS6);
	__type(key, __u32);
	__type(value, __u64);
} lengths6 SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 1 << 14);
	__type(key, struct sw_prefix4);
	__type(value, struct sw_allow);
} allow4 SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 1 << 14);
	__type(key, struct sw_prefix6);
	__type(value, struct sw_allow);
} allow6 SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, SW_ALLOW_FILTER_WORDS);
	__type(key, __u32);
	__type(value, __u64);
} allow_filter SEC(".maps");

/* What is counted by sampling where every packet may count; see sampled_weight(). */
enum sampled { SAMPLED_HITS, SAMPLED_CAPPED, SAMPLED_COUNT };

/* How many of them this CPU had in the tick at hand. */
struct sample_rate {
	__u32 tick, count;
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, SAMPLED_COUNT);
	__type(key, __u32);
	__type(value, struct sample_rate);
} sample_rates SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1 << 16);
	__type(key, __u32);
	__type(value, struct sw_source_set);
} sources SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, SW_SUSPECTS / 4);
	__type(key, __u32);
	__type(value, struct sw_suspects);
} suspects SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1 << 14);
	__type(key, __u32);
	__type(value, struct sw_rate_bucket);
} rate_buckets SEC(".maps");

#define NETWORK_SETS 8192

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, NETWORK_SETS);
	__type(key, __u32);
	__type(value, struct sw_source_set);
} networks SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1 << 12);
	__type(key, __u32);
	__type(value, struct sw_served);
} served SEC(".maps");

/* Connections that a socket was found for, and what this host itself began: a
 * keyed hash of the four-tuple, so that the packets of a busy one pay for no
 * look-up. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1 << 16);
	__type(key, __u32);
	__type(value, __u64);
} flows SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1 << 16);
	__type(key, __u32);
	__type(value, struct sw_client_set);
} known_clients SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1 << 15);
	__type(key, __u32);
	__type(value, struct sw_client_marks);
} client_marks SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1 << 12);
	__type(key, __u32);
	__type(value, struct sw_speaker);
} speakers SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1 << 11);
	__type(key, __u32);
	__type(value, struct sw_request);
} requests SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1 << 12);
	__type(key, __u32);
	__type(value, struct sw_refusals);
} refusals SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1 << 12);
	__type(key, __u32);
	__type(value, struct sw_decoy);
} decoys SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1 << 12);
	__type(key, __u32);
	__type(value, struct sw_sketch);
} sketches SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 4096);
	__type(key, struct sw_service);
	__type(value, __u8);
} services SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 4096);
	__type(key, struct sw_addr);
	__type(value, __u8);
} local_addrs SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1 << 15);
	__type(key, __u32);
	__type(value, struct sw_syn_cells);
} syn_cells SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1 << 12);
	__type(key, __u32);
	__type(value, struct sw_prober);
} probers SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1 << 14);
	__type(key, __u32);
	__type(value, struct sw_challenged);
} challenged SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1 << 16);
	__type(key, __u32);
	__type(value, struct sw_let_syn);
} let_syns SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1 << 10);
	__type(key, __u32);
	__type(value, struct sw_answers);
} answers SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, __u32);
	__type(value, __u32);
} interfaces SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, SW_HIDDEN_WORDS);
	__type(key, __u32);
	__type(value, __u64);
} hidden SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, SW_KNOCK_KEYS);
	__type(key, __be64);
	__type(value, struct sw_knock_key);
} knock_keys SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1 << 10);
	__type(key, __u32);
	__type(value, struct sw_knocks_seen);
} knocks_seen SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1 << 12);
	__type(key, __u32);
	__type(value, struct sw_opening);
} openings SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, SW_LIMITED_COUNT *SW_HIDDEN_WORDS);
	__type(key, __u32);
	__type(value, __u64);
} limited SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, SW_LIMITED_COUNT *SW_HIDDEN_WORDS);
	__type(key, __u32);
	__type(value, __u64);
} detect_ports SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, SW_DETECTED_SETS);
	__type(key, __u32);
	__type(value, struct sw_source_set);
} detected SEC(".maps");

/* A trie: asked for what goes to a limited port, and for nothing else. */
struct {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, SW_REACH_MAX);
	__type(key, struct sw_reach);
	__type(value, __u8);
} reach SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, SW_FLOODS);
	__type(key, __u32);
	__type(value, struct sw_flood);
} floods SEC(".maps");

/* The programs of enum sw_step. One map for each load, pinned in the place of
 * the last: so an old program never calls a new one. */
struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, SW_STEP_COUNT);
	__type(key, __u32);
	__type(value, __u32);
} steps SEC(".maps");

/* The same of enum sw_egress_step: a map holds programs of one type. */
struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, SW_EGRESS_COUNT);
	__type(key, __u32);
	__type(value, __u32);
} egress_steps SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 20);
} events SEC(".maps");

/* True in the copy of the program that the daemon runs on what servers read out of
 * TLS (user/engine/decrypted.h). */
const volatile bool decrypted;

/* Entry i of an array map; never NULL for i within its size, which the
 * verifier cannot know and the compiler must not forget. */
static __always_inline void *entry_of(void *map, __u32 i)
{
	return bpf_map_lookup_elem(map, &i);
}

/* BPF has no prefetch. A load that nobody waits for lets the line come while
 * something else is done, beside other lines that are asked for likewise. */
static __always_inline void expect(const void *line)
{
	if (line)
		asm volatile("" : : "r"(*(const volatile __u64 *)line));
}

/*
 * i & mask, also where the compiler could tell that the mask changes nothing
 * and drops it. The verifier cannot always tell:
 *  - 6.1 to 6.18.15 know nothing of a value behind a byte swap;
 *  - 6.1 knows less of loops and of memory than clang does.
 * Where this is used, `make check-6.1` fails without it.
 */
static __always_inline __u32 masked(__u64 i, __u32 mask)
{
	asm("" : "+r"(i));
	return i & mask;
}

#endif
