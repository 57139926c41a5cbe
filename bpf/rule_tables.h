/* SPDX-License-Identifier: GPL-2.0-only */
/* The tables of signatures (rule.h), and where a payload is looked at. */
#ifndef TABLES_H
#define TABLES_H

#include <scanwall/rule.h>
#include "block.h"
#include "pkt_meta.h"

const volatile __u32 tail_mask = (1 << 12) - 1;
const volatile __u32 rules_max = 4096; /* in a half of `rules` */
const volatile __u32 conditions_max = 16384;
const volatile __u32 regexes_max = 4096;

#define RULE_LIMITS 4096 /* rules times sources that are counted; a power of two */

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

/* The text: what the last segment left, the payload, and its URI decoded, each
 * at a place of its own. An index is masked, so loads need no check; what
 * follows a text is zeroed as far as a load may reach. */
#define FRESH 256    /* where the payload stands; the tail ends here */
#define DECODED 2048 /* where the decoded URI stands */
#define NORMAL 3584  /* where its normalised form does */
#define NAMES 4096   /* where the names of the head's lines do */
#define TEXT_MASK 8191
#define TEXT_SLACK 128 /* as much as a search reads at once */

#define CANDIDATES 64
#define RULES_TRIED 256 /* on one text */
#define MATCHES 8
#define REQUESTS 64  /* heads of pipelined requests that are told apart */
#define COMMANDS 512 /* of a text: as many as fit; a power of two */

struct span {
	__u32 from, to; /* in the text; empty when there is none */
};

struct match {
	__u32 rule; /* index within the half */
	__u32 at, length;
	__u16 action; /* enum sw_rule_action */
	__u16 sure;   /* its sender meant it: no foreign page made a browser send it */
};

SW_HOLDS(match, action, SW_RULE_BLOCK);

#define CHARGES 8 /* rules that one packet is held against its source for */

struct charge {
	__u32 sid;
	__s16 weight;
	__u8 sure;   /* no foreign page can have made a browser send it */
	__u8 blocks; /* and its rule blocks at once */
};

/* The gravest of the matches, for the one event that is told of the packet. */
struct culprit {
	__u64 matched[SW_MATCHED_BYTES / 8];
	__u32 sid;
	__u32 length;
	__s32 weight;
	__u8 drops, tells, pad[2];
};

/* What one CPU knows of the packet in its hands. */
struct scratch {
	__u8 byte[TEXT_MASK + 1 + TEXT_SLACK];
	struct span span[SW_BUFFER_COUNT];
	struct match match[MATCHES];
	struct charge charge[CHARGES];
	struct culprit culprit;
	__u64 client[SW_CLIENT_BYTES / 8]; /* whom a proxy says it speaks for */
	__u64 window[CANDIDATES];	   /* of rules, that occur, */
	__u16 candidate[CANDIDATES];	   /* and where each stands last */
	__u16 rule[RULES_TRIED];	   /* that may match */
	__u64 tag;			   /* of the connection */
	__u32 reason;			   /* the packet's, so far */
	__u32 bytes;			   /* of the packet */
	__u32 half;
	__u32 table;	    /* of what is searched for: the half, SW_ANSWERS added for answers */
	__u32 status;	    /* of an answer; 0: it has none */
	__u32 offset, left; /* of the payload in the frame: what is not read yet */
	__u32 seq;
	__u32 deep;	  /* as in struct sw_tail */
	__u32 start, end; /* of the text; start < FRESH: a tail precedes it */
	__u32 overlap;	  /* bytes that the host may have already, before new ones */
	__u32 behind;	  /* bytes at its end that came before */
	__u32 decoded;	  /* end of the decoded URI, or DECODED */
	__u32 head;	  /* where a request line begins or goes on; 0: no request */
	__u32 headers;	  /* where its further lines begin */
	__u32 body;	  /* where they end; 0: not in this text */
	__u32 skip;
	__u16 port; /* host order */
	__u8 proto;
	__u8 inspect; /* enum sw_inspect_kind */
	__u8 state;   /* enum sw_head, of the text's first byte */
	__u8 again;   /* the tail is searched once more */
	__u8 heartbeat;
	__u8 ciphered; /* TLS: the peer's records are encrypted */
	__u8 lines_read;
	__u8 kept;    /* enum kept (tls.h) */
	__u8 strange; /* its flow's tail is known, and it does not go on from it */
	__u8 cut;     /* the payload does not begin where its span does */
	__u8 begins;  /* nothing of its flow is known: it may be the first segment */
	__u32 candidates, matches;
	__u32 body_length; /* of the request, as its head says */
	__u32 body_left;   /* bytes of the fresh text that belong to a request before */
	__u32 skipped;	   /* `skip` of the tail */
	/* The form, decoded, where there is one: begin, what is new of it, end. */
	__u32 form, form_fresh, form_end;
	__u32 normal;	  /* end of the normalised URI, or NORMAL: it is as it came */
	__u32 first_line; /* where the request line begins; 0: not in this text */
	__u32 charges;
	__u32 ip_at, payload_at; /* in the frame */
	__u8 referred; /* what matched stands in the Referer, which a foreign page chooses */
	__u8 proxied;  /* the request carries a header that only proxies send */
	__u8 relayed;  /* a proxy said whom its connection is for */
	__u8 ended;    /* a rule ended its connection before */
	__u8 bad;      /* a rule drops it */
	__u8 said;     /* SW_TAIL_*, by the head of the request */
	__u8 carried;  /* the same, by the tail */
	__u8 content;  /* its head may have lines about a body */
	__u8 bent;     /* the URI has //, /. or a backslash */
	__u8 parts;    /* of the head that are laid out (head_parts.h) */

	/* What becomes of the packet and its source (respond.h). */
	__u32 expires_tick; /* of the block; 0: none */
	__s32 score;
	__u8 event; /* enum sw_event_type; SW_EVENT_COUNT: none */
	__u8 proven, shared, drops;
	__u8 detected; /* one is only told of what rules match */
	__u16 pair;    /* that was looked for last; 0: none was */
	__u8 has_pair;
	__u8 several; /* requests stand in the text */
	__u32 listed; /* in rule[] */
	__u32 work;   /* bytes that conditions have looked at */
	/* Where a loop stands. */
	__u32 in, in_end, out;
	__u32 line;  /* the buffer of the last line, or 0 */
	__u32 plus;  /* what + differs in from what it stands for, or 0 */
	__u32 types; /* of TLS records: a bit each */
	/* The rule that is tried. */
	__u32 cursor;	  /* where its last content ended */
	__u32 touched;	  /* how far its contents reach */
	__u32 root, from; /* the content that relative ones follow; where to try it next */
	__u32 at, length; /* its first content */
	__u32 retries;
	__u32 step, steps;
	__u32 or_holds;
	/* A lookup of Log4j that is evaluated (lookup.h). */
	__u64 word;    /* the last eight letters that are left of it */
	__u64 nest[8]; /* what is left of those around it */
	__u32 depth;
	__u8 last;
	/* A protocol of commands (commands.h). */
	__u8 speech;	 /* enum sw_speech */
	__u8 phase;	 /* SW_PHASE_* */
	__u8 first;	 /* the connection's first data */
	__u8 only_first; /* nothing but rules of that are tried */
	__u8 administers;
	__u16 as_port;	/* the usual one of what is spoken: its rules hold, too */
	__u32 args;	/* words that the command at hand still has */
	__u32 words;	/* that it had */
	__u32 copy;	/* where its words are put together */
	__u32 copied;	/* where what is new begins among the copies */
	__u32 open;	/* where that begins which the next segment goes on with */
	__u32 earliest; /* where the first of a rule's contents stands */
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

/* Not pinned: it means nothing from one packet to the next. */
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

/* A packet was passed although not all of it was judged. */
static __always_inline void count_unfinished(void)
{
	struct sw_state *st = entry_of(&state, 0);

	if (st)
		__sync_fetch_and_add(&st->unfinished, 1);
}

/* Eight bytes of the text, wherever they stand. */
static __always_inline __u64 load8(const struct scratch *s, __u32 at)
{
	return *(const __u64 *)(s->byte + (at & TEXT_MASK));
}

static __always_inline void store8(struct scratch *s, __u32 at, __u64 word)
{
	*(__u64 *)(s->byte + (at & TEXT_MASK)) = word;
}

#endif
