/* SPDX-License-Identifier: GPL-2.0-only */
/* All maps, and the constants set at load. The sizes here are those of the default
 * configuration; user space sets the configured ones. */
#ifndef MAPS_H
#define MAPS_H

#include <linux/bpf.h>
#include <stdbool.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_endian.h>
#include <scanwall/abi.h>
#include <scanwall/dropset.h>

/* Number of entries minus one; powers of two, so an index is a mask. */
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

/* Log2 of jiffies in about ten minutes: how often an active connection is noted. */
const volatile __u32 epoch_shift = 17;

/* The part of an IPv6 address that identifies a source; all ones: the /64. */
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
	__uint(max_entries, 1 << 17);
	__type(key, __u32);
	__type(value, __u64);
} drop4_bloom SEC(".maps");

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
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1 << 15);
	__type(key, __u32);
	__type(value, __u64);
} drop6_bloom SEC(".maps");

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

/* Counters that every packet may touch are sampled; see sampled_weight(). */
enum sampled { SAMPLED_HITS, SAMPLED_CAPPED, SAMPLED_COUNT };

/* Number of them on this CPU in the current tick. */
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

/* Connections confirmed by a socket or started by this host: a keyed hash of the
 * four-tuple, so packets of an active connection need no socket lookup. */
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
	__type(value, struct sw_client_tags);
} client_tags SEC(".maps");

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
	__uint(max_entries, 1 << 13);
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
	__uint(map_flags, BPF_F_NO_PREALLOC);
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

/* A trie, looked up only for packets to a limited port. */
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

/* Programs by enum sw_step. Each load pins a map of its own in place of the previous
 * one, so an old program never calls a new one. */
struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, SW_STEP_COUNT);
	__type(key, __u32);
	__type(value, __u32);
} steps SEC(".maps");

/* Programs by enum sw_egress_step. A prog array holds programs of one type only. */
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

/* True in the copy of the program that the daemon runs on plaintext read from TLS
 * (user/engine/decrypted.h). */
const volatile bool decrypted;

/* Entry i of an array map. Never NULL for i within bounds, but the verifier cannot know
 * that and the compiler must not drop the check. */
static __always_inline void *entry_of(void *map, __u32 i)
{
	return bpf_map_lookup_elem(map, &i);
}

/* BPF has no prefetch instruction. A load whose result is unused starts the cache miss
 * early, so it overlaps with other work and other misses. */
static __always_inline void expect(const void *line)
{
	if (line)
		asm volatile("" : : "r"(*(const volatile __u64 *)line));
}

/*
 * i & mask, kept even where the compiler can prove that the mask changes nothing. The
 * verifier often cannot:
 *  - 6.1 to 6.18.15 lose track of a value behind a byte swap;
 *  - 6.1 tracks loops and spilled values less precisely than clang does.
 * Wherever this is used, `make check-6.1` fails without it.
 */
static __always_inline __u32 masked(__u64 i, __u32 mask)
{
	asm("" : "+r"(i));
	return i & mask;
}

#endif
