/* SPDX-License-Identifier: GPL-2.0-only */
/* The tables of signatures (rule.h), and the scratch space of the matcher. */
#ifndef RULE_TABLES_H
#define RULE_TABLES_H

#include <scanwall/rule.h>
#include "block.h"
#include "pkt_meta.h"

const volatile __u32 tail_mask = (1 << 12) - 1;
const volatile __u32 rules_max = 4096; /* per half of `rules` */
const volatile __u32 conditions_max = 16384;
const volatile __u32 regexes_max = 4096;

#define RULE_LIMITS 4096 /* pairs of rule and source that are counted; a power of two */

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 2 + SW_ANSWERS);
	__type(key, __u32);
	__type(value, struct sw_filter);
} filters SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 2);
	__type(key, __u32);
	__type(value, struct sw_inspect_ports);
} inspect_ports SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 2 * 4096);
	__type(key, __u32);
	__type(value, struct sw_rule);
} rules SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 2 * 16384);
	__type(key, __u32);
	__type(value, struct sw_condition);
} conditions SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 2 * 4096);
	__type(key, __u32);
	__type(value, struct sw_regex_page);
} regexes SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 2 * 4096);
	__type(key, __u64);
	__type(value, struct sw_window_rules);
} windows SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 2 * 4096);
	__type(key, struct sw_port_key);
	__type(value, struct sw_port_rules);
} port_rules SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 2 * 4096);
	__type(key, __u32);
	__type(value, struct sw_rule_count);
} rule_counts SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, RULE_LIMITS);
	__type(key, __u32);
	__type(value, struct sw_rule_tally);
} rule_limits SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1 << 13);
	__type(key, __u32);
	__type(value, struct sw_tail);
} tails SEC(".maps");

/* The text: the end of the previous segment, the payload, and its URI decoded, each at
 * a fixed offset. Indexes are masked, so loads need no checks; the bytes behind a text
 * are zeroed as far as a load may reach. */
#define FRESH 256    /* start of the payload; the tail ends here */
#define DECODED 2048 /* start of the decoded URI */
#define NORMAL 3584  /* start of its normalized form */
#define NAMES 4096   /* start of the header names */
#define TEXT_MASK 8191
#define TEXT_SLACK 128 /* as much as a search reads at once */

#define CANDIDATES 64
#define RULES_TRIED 256 /* per text */
#define MATCHES 8
#define REQUESTS 64  /* heads of pipelined requests that are told apart */
#define COMMANDS 512 /* per text: as many as fit; a power of two */

struct span {
	__u32 from, to; /* in the text; empty if there is none */
};

struct match {
	__u32 rule; /* index within the half */
	__u32 at, length;
	__u8 action; /* enum sw_rule_action */
	__u8 asks;   /* for bits that other rules set */
	__u16 sure;  /* deliberate: no foreign page made a browser send it */
};

SW_HOLDS(match, action, SW_RULE_BLOCK);

#define CHARGES 8 /* rules per packet that are charged to its source */

struct charge {
	__u32 sid;
	__s16 weight;
	__u8 sure;   /* no foreign page can have made a browser send it */
	__u8 blocks; /* and its rule blocks at once */
};

/* The most severe match, for the one event per packet. */
struct culprit {
	__u64 matched[SW_MATCHED_BYTES / 8];
	__u32 sid;
	__u32 length;
	__s32 weight;
	__u8 drops, tells, pad[2];
};

/* Per-CPU state for the packet at hand. */
struct scratch {
	__u8 byte[TEXT_MASK + 1 + TEXT_SLACK];
	struct span span[SW_BUFFER_COUNT];
	struct match match[MATCHES];
	struct charge charge[CHARGES];
	struct culprit culprit;
	__u64 client[SW_CLIENT_BYTES / 8]; /* the client that a proxy names */
	__u64 window[CANDIDATES];	   /* windows of rules that occur, */
	__u16 candidate[CANDIDATES];	   /* and the last offset of each */
	__u16 rule[RULES_TRIED];	   /* rules that may match */
	__u64 tag;			   /* of the connection */
	__u32 reason;			   /* of the packet so far */
	__u32 bytes;			   /* of the packet */
	__u32 extracted;		   /* by a rule from the text */
	__u32 half;
	__u32 table;  /* index of the tables searched: the half, plus SW_ANSWERS for replies */
	__u32 status; /* of a reply; 0: none */
	__u32 offset, left; /* of the payload in the frame: the part not read yet */
	__u32 seq;
	__u32 deep;	  /* as in struct sw_tail */
	__u32 start, end; /* of the text; start < FRESH: a tail precedes it */
	__u32 overlap;	  /* bytes that the host may have already, in front of new ones */
	__u32 behind;	  /* bytes at its end that arrived earlier */
	__u32 decoded;	  /* end of the decoded URI, or DECODED */
	__u32 head;	  /* start of a request line, or of its continuation; 0: no request */
	__u32 headers;	  /* start of the lines after it */
	__u32 body;	  /* their end; 0: not in this text */
	__u32 skip;
	__u16 port; /* host order */
	__u8 proto;
	__u8 inspect; /* enum sw_inspect_kind */
	__u8 state;   /* enum sw_head, of the text's first byte */
	__u8 again;   /* the tail is searched again */
	__u8 heartbeat;
	__u8 ciphered; /* TLS: the peer's records are encrypted */
	__u8 lines_read;
	__u8 kept;    /* enum kept (tls.h) */
	__u8 strange; /* the tail of its flow is known, and the segment does not continue it */
	__u8 cut;     /* the span of the payload starts before the text */
	__u8 begins;  /* nothing is known of its flow: it may be the first segment */
	__u32 candidates, matches;
	__u32 body_length; /* of the request, as its head says */
	__u32 body_left;   /* bytes of the fresh text that belong to an earlier request */
	__u32 skipped;	   /* `skip` of the tail */
	/* The decoded form, if any: start, start of what is new, end. */
	__u32 form, form_fresh, form_end;
	__u32 normal;	  /* end of the normalized URI, or NORMAL: same as the original */
	__u32 path_end;	  /* where the query of the URI begins, or of its decoded form */
	__u32 first_line; /* start of the request line; 0: not in this text */
	__u32 charges;
	__u32 ip_at, payload_at; /* in the frame */
	__u8 referred;		 /* the match is in the Referer, which a foreign page can choose */
	__u8 proxied;		 /* the request has a header that only proxies send */
	__u8 relayed;		 /* a proxy named the client of this connection */
	__u8 ended;		 /* a rule ended the connection earlier */
	__u8 bad;		 /* a rule drops it */
	__u8 said;		 /* SW_TAIL_* flags found in the head */
	__u8 carried;		 /* SW_TAIL_* flags of the tail */
	__u8 content;		 /* the head may have lines about a body */
	__u8 bent;		 /* the URI contains //, /. or a backslash */
	__u8 parts;		 /* parts of the head already extracted (head_parts.h) */

	/* What becomes of the packet and its source (respond.h). */
	__u32 expires_tick; /* of the block; 0: none */
	__s32 score;
	__u8 event; /* enum sw_event_type; SW_EVENT_COUNT: none */
	__u8 proven, shared, drops;
	__u8 detected; /* matches are reported only */
	__u16 pair;    /* pair looked for last; 0: none */
	__u8 has_pair;
	__u8 several; /* the text contains several requests */
	__u32 listed; /* in rule[] */
	__u32 work;   /* bytes read by conditions */
	/* Loop counters. */
	__u32 in, in_end, out;
	__u32 line;  /* buffer of the last line, or 0 */
	__u32 plus;  /* XOR of + and the character it stands for, or 0 */
	__u32 types; /* of TLS records: bitmap */
	/* State of the rule being tried. */
	__u32 cursor;	  /* where its last content ended */
	__u32 touched;	  /* how far its contents reach */
	__u32 root, from; /* the content that relative ones refer to; where to retry it */
	__u32 at, length; /* its first content */
	__u32 retries;
	__u32 step, steps;
	__u32 or_holds;
	/* The Log4j lookup being evaluated (lookup.h). */
	__u64 word;    /* its last eight letters */
	__u64 nest[8]; /* the same of the lookups around it */
	__u32 depth;
	__u8 last;
	/* Protocols of commands (commands.h). */
	__u8 speech;	 /* enum sw_speech */
	__u8 phase;	 /* SW_PHASE_* */
	__u8 first;	 /* first data of the connection */
	__u8 only_first; /* only rules for first data are tried */
	__u8 administers;
	__u16 as_port;	/* default port of the protocol: its rules apply, too */
	__u32 args;	/* words still to come of the current command */
	__u32 words;	/* words it had */
	__u32 copy;	/* where its words are joined */
	__u32 copied;	/* start of the new copies */
	__u32 open;	/* start of what the next segment continues */
	__u32 earliest; /* offset of a rule's first content */
	__u32 commands;
	struct {
		__u16 from, to;
	} command[COMMANDS];
};

SW_HOLDS(scratch, inspect, SW_INSPECT_ANY | SW_INSPECT_SYN | SW_INSPECT_REPLIES);
SW_HOLDS(scratch, state, SW_HEAD_PROXY);
SW_HOLDS(scratch, event, SW_EVENT_COUNT);
SW_HOLDS(scratch, speech, SW_SPEECH_REDIS);
SW_HOLDS(scratch, candidate[0], TEXT_MASK + TEXT_SLACK);
SW_HOLDS(scratch, command[0].to, TEXT_MASK + TEXT_SLACK);

/* Not pinned: nothing in it outlives the packet. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct scratch);
} scratches SEC(".maps");

static __always_inline struct scratch *scratch(void)
{
	return entry_of(&scratches, 0);
}

/* A packet was passed although it was not fully inspected. */
static __always_inline void count_unfinished(void)
{
	struct sw_state *st = entry_of(&state, 0);

	if (st)
		__sync_fetch_and_add(&st->unfinished, 1);
}

/* Eight bytes of the text, at any offset. */
static __always_inline __u64 load8(const struct scratch *s, __u32 at)
{
	return *(const __u64 *)(s->byte + (at & TEXT_MASK));
}

static __always_inline void store8(struct scratch *s, __u32 at, __u64 word)
{
	*(__u64 *)(s->byte + (at & TEXT_MASK)) = word;
}

#endif
