/* SPDX-License-Identifier: GPL-2.0-only */
/* The maps of scanwall 0.1.0 (SW_ABI_VERSION 1), as far as an upgrade reads them.
 * Frozen. */
#ifndef SCANWALL_LAYOUT1_H
#define SCANWALL_LAYOUT1_H

#include <linux/types.h>

#define SW1_DROP4_WAYS 6
#define SW1_DROP6_WAYS 5
#define SW1_SOURCE_WAYS 2

struct sw1_settings {
	__u32 abi, mode;
	__u64 revert_at;
	__u32 revert_mode;
	__u8 panic, gate_bypass, closed_silent, any_prefix6;
	__u32 drop4_mask, drop4_last_mask, rules_generation, threshold;
	__u32 block_ticks, decay_ms, syn_rate, auto_per_minute, auto_max;
	__u32 ephemeral_low, served_ticks, proven_ticks;
	__u64 seed[4];
};

struct sw1_state {
	__u64 token_ns;
	__u32 auto_tokens;
	__s32 auto_blocked;
	__u32 sweep, decoy_tick;
	__u64 lost_events, overflow_full, unfinished, capped_blocks;
};

struct sw1_drop4_bucket {
	struct {
		__u32 addr, until;
	} entry[SW1_DROP4_WAYS];
	__u16 hits[SW1_DROP4_WAYS];
	__u32 overflowed;
};

struct sw1_drop6_bucket {
	struct {
		__u64 high, low;
		__u32 until;
		__u16 hits;
		__u8 plen, pad;
	} entry[SW1_DROP6_WAYS];
	__u64 overflowed;
};

struct sw1_overflow6_key {
	__u64 high, low, plen;
};

struct sw1_overflow {
	__u32 until, hits;
};

struct sw1_prefix4 {
	__u32 plen, addr;
};

struct sw1_prefix6 {
	__u32 plen;
	__u8 addr[16];
};

struct sw1_prefix_block {
	__u32 until, plen;
	__u64 hits;
};

struct sw1_source {
	__u64 key;
	__u16 port[3], targets;
	__u32 first_ms, last_ms;
	__u32 kinds : 26, tool : 5, told : 1;
	__s8 score;
	__u8 services;
	__u16 syns : 11, syn_tick : 5;
};

struct sw1_counter {
	__u64 passed, passed_bytes, dropped, dropped_bytes;
};

/* In the order of its enumerations. */
#define SW1_REASONS                                                                              \
	"clean", "not-ip", "truncated", "malformed", "too-deep", "later-fragment", "flow",       \
		"no-flow", "open-port", "not-ours", "allowed", "spared-flow", "spared-service",  \
		"passed-miss", "panic", "blocked-address", "blocked-prefix", "impossible-flags", \
		"stray-ack", "bare-ack", "closed-port", "confined", "syn-rate", "scanner",       \
		"sweep", "decoy", "scan-fragment", "port-zero", "icmp-probe", "protocol",        \
		"unreachable", "signature", "new-block"

#define SW1_EVIDENCE                                                                            \
	"closed-port", "trap-port", "common-port", "closed-udp", "open-port", "half-open",      \
		"sweep", "null", "fin", "xmas", "syn-fin", "syn-rst", "odd-flags", "stray-ack", \
		"fin-ack", "syn-rate", "scanner", "os-probe", "fragment", "port-zero",          \
		"icmp-probe", "ping-sweep", "protocol", "sctp", "signature"

#define SW1_TOOLS "", "nmap", "nmap -O", "masscan", "zmap", "hping3", "mirai"

#endif
