/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Signatures in the form that the program reads: compiled by user/rules, evaluated by
 * bpf/inspect.h. Part of the contract in abi.h.
 *
 * Every table has two halves; settings.rules_generation (0: none loaded, otherwise
 * incremented by every load) selects the one in force: half = generation & 1. A load
 * fills the other half and then stores the new generation. Rules about replies have
 * filters, windows and ports of their own: in those, SW_ANSWERS is added to the half.
 *
 * Search: the payload is read in steps of four bytes, folded (| 0x20 in every byte),
 * and each four-byte gram is looked up in sw_filter.gram. On a hit, the seven-byte
 * windows that contain the gram are looked up in sw_filter.window, and those that
 * remain in the map `windows`, which names the candidate rules. Rules whose longest
 * literal is shorter than seven bytes are listed by port (map `port_rules`) and tried
 * on every payload to it.
 */
#ifndef SCANWALL_RULE_H
#define SCANWALL_RULE_H

#include <linux/types.h>
#include <scanwall/width.h>

#define SW_RULE_CONDITIONS 16 /* per rule */
#define SW_RULE_BITS 8	      /* bits per rule that it asks for or changes */
#define SW_RULE_PORTS 32      /* ranges per rule */
#define SW_PATTERN_BYTES 32   /* per content; longer ones are split in two */
#define SW_WINDOW_BYTES 7
#define SW_WINDOW_RULES 32	  /* that can share a window */
#define SW_PORT_RULES 64	  /* that can be listed for one port */
#define SW_INSPECT_DEEP (1 << 20) /* from the start of a request; nothing beyond is inspected */
#define SW_INSPECT_BYTES 1536	  /* of a payload; the rest is not searched */

#define SW_GRAM_BYTES 65536 /* and eight more, because loads are eight bytes wide */
#define SW_WINDOW_BITS 18

enum sw_rule_action {
	SW_RULE_ALERT,
	SW_RULE_DROP,  /* the packet only */
	SW_RULE_BLOCK, /* and the source, if it is proven and the request deliberate */
};

/* The part of the text that a condition applies to. */
enum sw_buffer {
	SW_BUFFER_PAYLOAD,
	SW_BUFFER_METHOD,
	SW_BUFFER_URI, /* percent-decoded, at most twice */
	SW_BUFFER_URI_RAW,
	SW_BUFFER_HEADER, /* all lines after the request line */
	SW_BUFFER_USER_AGENT,
	SW_BUFFER_HOST,
	SW_BUFFER_COOKIE,
	SW_BUFFER_BODY,
	SW_BUFFER_REFERER,
	SW_BUFFER_FORM,	  /* body of a form, decoded */
	SW_BUFFER_CLIENT, /* client named by a proxy; not for rules */
	SW_BUFFER_REQUEST_LINE,
	SW_BUFFER_PROTOCOL,    /* the version at its end */
	SW_BUFFER_START,       /* the request line and all lines after it */
	SW_BUFFER_NAMES,       /* of the header lines: CR LF, each and CR LF, CR LF */
	SW_BUFFER_STATUS,      /* of a reply: three digits */
	SW_BUFFER_STATUS_TEXT, /* the text after them */
	SW_BUFFER_COUNT,
};

enum sw_condition_type {
	SW_CONDITION_CONTENT,
	SW_CONDITION_BYTE_TEST,
	SW_CONDITION_BYTE_JUMP,
	SW_CONDITION_BYTE_EXTRACT,
	SW_CONDITION_SIZE,	    /* of the buffer, or of the rest of it (RELATIVE) */
	SW_CONDITION_SOURCE,	    /* an address */
	SW_CONDITION_DESTINATION,   /* an address */
	SW_CONDITION_ICMP,	    /* a number: offset 0: type, 1: code */
	SW_CONDITION_TLS_HEARTBEAT, /* a heartbeat that requests more than it sends */
	SW_CONDITION_SERVED,	    /* the file itself is requested, not a view of it */
	SW_CONDITION_LOOKUP,	    /* Log4j would do a JNDI lookup, however it is spelled */
	SW_CONDITION_TCP_FLAGS,	    /* a number: flags in its mask */
	SW_CONDITION_REGEX,
	SW_CONDITION_BIT, /* behind a rule's conditions: a bit that it asks for or changes */
};

#define SW_CONDITION_NOT 0x01	   /* true if the condition is not met */
#define SW_CONDITION_RELATIVE 0x02 /* offset and depth count from the previous match */
#define SW_CONDITION_ENDS 0x04	   /* must end at the end of the buffer */
#define SW_CONDITION_OR_NEXT 0x08  /* SOURCE, DESTINATION: or the next condition */
#define SW_CONDITION_LITTLE 0x10   /* BYTE_*: little-endian */
#define SW_CONDITION_DECIMAL 0x20  /* BYTE_*: digits, not binary */
#define SW_CONDITION_HEX 0x40	   /* BYTE_*: hexadecimal digits */
#define SW_CONDITION_NAMED 0x80	   /* BYTE_TEST: compared with what BYTE_EXTRACT read */

enum sw_compare {
	SW_COMPARE_EQUAL,
	SW_COMPARE_LESS,
	SW_COMPARE_GREATER,
	SW_COMPARE_AND,
	SW_COMPARE_BETWEEN, /* low <= x <= high */
};

/* A bit that rules set for each other. */
enum sw_bit_use {
	SW_BIT_ASK, /* it has to be set; NOT: it must not be */
	SW_BIT_SET,
	SW_BIT_UNSET,
	SW_BIT_TOGGLE,
};

#define SW_BIT_SECONDS_MOST 604800

enum sw_bit_of {
	SW_BIT_OF_FLOW,
	SW_BIT_OF_SOURCE,      /* the remote address, */
	SW_BIT_OF_DESTINATION, /* this host's, */
	SW_BIT_OF_PAIR,	       /* or both */
};

/* Initial state of an expression, by what precedes it; 0: cannot start there. */
enum sw_regex_start {
	SW_REGEX_AT_TEXT, /* start of the text */
	SW_REGEX_AT_LINE, /* after a line end */
	SW_REGEX_AT_WORD, /* after a letter, digit or _ */
	SW_REGEX_AT_ELSE,
	SW_REGEX_STARTS,
};

#define SW_REGEX_SEARCHES 0x01 /* advances through the text by itself */
#define SW_REGEX_LONGEST 0x02  /* continues after a match, for a longer one */
#define SW_REGEX_ENDS 0x04     /* depends on where the text ends */

/* In a cell: a match ends before the byte that led here. */
#define SW_REGEX_ACCEPTS 0x8000

#define SW_REGEX_CELLS 128 /* per page */

/* Map `regexes`. An automaton starts with a page of classes, by byte. Its cells follow,
 * page by page: for state 1 (0 is the dead state) and up, the next state for each
 * class. */
struct sw_regex_page {
	union {
		__u8 class[256];
		__u16 cell[SW_REGEX_CELLS];
	};
};

struct sw_condition {
	__u8 type;   /* enum sw_condition_type */
	__u8 buffer; /* enum sw_buffer */
	__u8 flags;
	__u8 length; /* CONTENT: bytes of the pattern; BYTE_*: bytes read */
	/* Where a CONTENT may start and how many bytes it may span (depth or within; 0:
	 * to the end of the buffer). BYTE_*: offset of the number. */
	__s16 offset;
	__u16 depth;
	union {
		struct { /* matches where ((bytes | fold) & mask) == pattern */
			__u64 pattern[SW_PATTERN_BYTES / 8];
			__u64 mask[SW_PATTERN_BYTES / 8];
			__u64 fold[SW_PATTERN_BYTES / 8];
		} content;
		struct {
			__u32 compare; /* enum sw_compare */
			__u32 mask;    /* for numbers; all ones: none */
			__u32 low;     /* value, or lower bound */
			__u32 high;
			__u32 multiply;	  /* BYTE_JUMP */
			__s32 jump;	  /* BYTE_JUMP: post_offset */
			__u32 align;	  /* BYTE_JUMP: 1: round up to a multiple of four */
			__u32 from_start; /* BYTE_JUMP: 1: from the start of the payload */
		} number;
		struct {	    /* an automaton of `regexes` */
			__u32 page; /* within the half: its classes; the cells follow */
			__u16 classes; /* of bytes; the last two: end of the text, end of its last line */
			__u16 how; /* SW_REGEX_* */
			__u16 start[SW_REGEX_STARTS];
		} regex;
		struct { /* plen is that of the IPv6 form: IPv4 /24 is 120 */
			__u8 byte[16];
			__u32 plen;
		} address;
		struct {
			__u32 name;    /* hash of it */
			__u32 seconds; /* for which it is set */
			__u16 use;     /* enum sw_bit_use */
			__u16 of;      /* enum sw_bit_of */
		} bit;
	};
};

SW_HOLDS(sw_condition, type, SW_CONDITION_BIT);
SW_HOLDS(sw_condition, buffer, SW_BUFFER_COUNT);
SW_HOLDS(sw_condition, length, SW_PATTERN_BYTES);
SW_HOLDS(sw_condition, bit.use, SW_BIT_TOGGLE);
SW_HOLDS(sw_condition, bit.of, SW_BIT_OF_PAIR);

struct sw_ports {
	__u16 low, high; /* host order */
};

#define SW_RULE_ESTABLISHED 0x01 /* flow:established */
#define SW_RULE_HTTP 0x02	 /* the payload must start with a method */
#define SW_RULE_NOT_PORTS 0x04	 /* dport: all but these */
#define SW_RULE_OFF 0x08	 /* disabled */
#define SW_RULE_UNPROVABLE 0x10	 /* UDP, ICMP: never blocks by itself */
#define SW_RULE_QUIET 0x20	 /* low confidence: adds nothing to the score */
/* Over HTTP: requires something that no foreign page can make a browser send, such as a
 * header or the method PUT. Without this flag a match never blocks at once. */
#define SW_RULE_DELIBERATE 0x40
#define SW_RULE_SYN 0x80    /* for SYNs without payload, by flags alone */
#define SW_RULE_FIRST 0x100 /* matches the first data of a connection only, at any port */
/* For replies of this host: its ports are the service's. Only reports. */
#define SW_RULE_ANSWER 0x200
#define SW_RULE_SILENT 0x400	 /* noalert: matches for the bits that it sets */
#define SW_RULE_ASKS 0x800	 /* for a bit, so it is tried behind those that set some */
#define SW_RULE_NOT_SPORT 0x1000 /* sport: all but these */

#define SW_STREAM_CLIENT 0x01
#define SW_STREAM_SERVER 0x02
#define SW_STREAM_EITHER 0x04 /* one of the two is enough */
#define SW_STREAM_NOT 0x08

enum sw_rule_limit {
	SW_LIMIT_NONE,
	SW_LIMIT_LIMIT,	    /* acts on the first `count` in `seconds` */
	SW_LIMIT_THRESHOLD, /* acts on every `count`th in `seconds` */
	SW_LIMIT_BOTH,	    /* acts once in `seconds`, at the `count`th */
	SW_LIMIT_FILTER,    /* detection_filter: acts on those after the `count`th */
};

struct sw_rule {
	__u32 sid;
	__u8 action; /* enum sw_rule_action */
	__u8 proto;  /* IPPROTO_TCP, UDP, ICMP; 0: any */
	__u16 flags;
	__u32 first;	 /* index of the first in `conditions`, within the half */
	__u16 dports;	 /* ranges in dport[]; 0: any port */
	__u8 conditions; /* number, in the order of evaluation */
	__u8 limit;	 /* enum sw_rule_limit */
	__u8 limit_all;	 /* 1: over all sources, by destination */
	__u8 stream; /* SW_STREAM_*: whose bytes so far are compared with stream_low and _high */
	/* Two folded bytes of a rule listed by port: if they do not occur in sequence,
	 * the rule is not tried. 0: none. */
	__u16 pair;
	__u16 limit_count;
	__u16 limit_seconds;
	__u8 bits; /* number of bits, behind its conditions */
	__u8 pad[3];
	__u32 stream_low, stream_high;
	struct sw_ports dport[SW_RULE_PORTS];
	struct sw_ports sport; /* 0-65535: any */
};

SW_HOLDS(sw_rule, action, SW_RULE_BLOCK);
SW_HOLDS(sw_rule, flags, SW_RULE_NOT_SPORT);
SW_HOLDS(sw_rule, dports, SW_RULE_PORTS);
SW_HOLDS(sw_rule, conditions, SW_RULE_CONDITIONS);
SW_HOLDS(sw_rule, limit, SW_LIMIT_FILTER);
SW_HOLDS(sw_rule, bits, SW_RULE_BITS);

/* Added to the half in the tables for rules about replies. */
#define SW_ANSWERS 2

struct sw_filter {
	__u64 gram[SW_GRAM_BYTES / 8 + 1];
	__u64 window[(1 << SW_WINDOW_BITS) / 64];
};

/* Which ports are inspected: bits of enum sw_inspect_kind per port. */
enum sw_inspect_kind {
	SW_INSPECT_SEARCH = 1,	/* run the filter */
	SW_INSPECT_SHORT = 2,	/* `port_rules` has rules */
	SW_INSPECT_TLS = 4,	/* parse records and handshakes, search nothing */
	SW_INSPECT_ANSWERS = 8, /* keep requests, and parse the replies */
	SW_INSPECT_TEXT =
		16, /* no rule names it, but its clients speak a protocol that rules cover */
	SW_INSPECT_REPLIES = 32, /* rules cover the replies */
	SW_INSPECT_SYN = 0x40,	 /* `port_rules` has rules for SYNs */
	SW_INSPECT_ANY = 0x80,	 /* SHORT, for rules listed under SW_ANY_PORT */
};

struct sw_inspect_ports {
	__u8 tcp[65536];
	__u8 udp[65536];
	__u8 icmp; /* 1: there are rules for ICMP */
	__u8 pad[7];
};

SW_HOLDS(sw_inspect_ports, tcp[0], SW_INSPECT_ANY | SW_INSPECT_SYN | SW_INSPECT_REPLIES);

/* Key of `windows`: the seven folded bytes, the first in the lowest byte, and the half
 * in the top byte. */
struct sw_window_rules {
	__u32 count;
	__u16 rule[SW_WINDOW_RULES]; /* index within the half */
};

/* Key and value of `port_rules`. */
#define SW_ANY_PORT 0 /* for short rules with more ports than are listed one by one */
#define SW_PROTO_SYN 0
#define SW_PROTO_FIRST 255 /* rules for the first data of a connection */

struct sw_port_key {
	__u16 port; /* host order; SW_ANY_PORT with ICMP and SW_PROTO_FIRST */
	__u8 proto; /* or SW_PROTO_* */
	__u8 half;
};

SW_HOLDS(sw_port_key, proto, SW_PROTO_FIRST);

struct sw_port_rules {
	__u32 count;
	__u16 rule[SW_PORT_RULES];
};

/* Map `tails`: the last bytes of a flow's previous segment, so that a pattern across
 * segments is found. An array indexed by a keyed hash; newer flows replace older ones. */
#define SW_TAIL_BYTES 232

#define SW_TAIL_WINDOW 0x01 /* contains a window of a rule */
/* What the request's head has said so far: */
#define SW_TAIL_FORM 0x02    /* its body is application/x-www-form-urlencoded */
#define SW_TAIL_CHUNKED 0x04 /* and is chunked */
#define SW_TAIL_AHEAD 0x08   /* `skip` is the body's length, and the head continues */
#define SW_TAIL_POST 0x10    /* the method has a body */
#define SW_TAIL_TYPED 0x20   /* the body is of another type */
#define SW_TAIL_LENGTH 0x40  /* the body's length */

struct sw_tail {
	__u64 tag;  /* keyed hash of the connection; 0: being written */
	__u32 next; /* next sequence number */
	/* Bytes still to come of a TLS record or a body; for a chunked body, those
	 * before the next chunk size, plus SW_TAIL_BYTES, because it may have started.
	 * For a reply: its status. */
	__u32 skip;
	__u8 length;   /* bytes kept, at the end of byte[] */
	__u8 state;    /* enum sw_head: context of its first byte */
	__u8 flags;    /* SW_TAIL_*, or of commands: SW_PHASE_* */
	__u8 ciphered; /* TLS: the rest is encrypted; commands: enum sw_speech */
	/* Bytes since the start of the request or the connection; for commands: words
	 * that the current one still has. */
	__u32 deep;
	__u8 byte[SW_TAIL_BYTES];
};

enum sw_head {
	SW_HEAD_UNKNOWN, /* a request may start here, or it is not HTTP */
	SW_HEAD_URI,	 /* within a request line */
	SW_HEAD_LINES,	 /* the lines after it */
	SW_HEAD_BODY,
	SW_HEAD_ENDED, /* a rule ended the connection; `deep` is the tick */
	SW_HEAD_COMMANDS,
	SW_HEAD_PROXY, /* a PROXY header, or the `skip` bytes left of one */
};

/* Protocols of commands. */
enum sw_speech {
	SW_SPEECH_NONE,
	SW_SPEECH_SMTP,
	SW_SPEECH_FTP,
	SW_SPEECH_POP3,
	SW_SPEECH_IMAP,
	SW_SPEECH_REDIS,
};

SW_HOLDS(sw_tail, length, SW_TAIL_BYTES);
SW_HOLDS(sw_tail, state, SW_HEAD_PROXY);
SW_HOLDS(sw_tail, ciphered, SW_SPEECH_REDIS);

#define SW_PHASE_MAIL 0x01   /* a mail follows, up to a lone dot */
#define SW_PHASE_WITHIN 0x02 /* within a line or a command */
#define SW_PHASE_ASKED 0x04  /* the mail is announced, and its server has not answered */
#define SW_PHASE_REFUSED \
	0x08 /* an answer said that no mail follows; a later one may take that back */

/* Map `rule_limits`: a rule and a source, also by keyed hash; or a bit and who has it, which
 * is set if `count` is SW_BIT_IS_SET. */
#define SW_BIT_IS_SET 0x80000000u

struct sw_rule_tally {
	__u32 tag;
	__u32 since; /* tick when counting started */
	__u32 count;
	__u32 notified; /* tick of its last event; 0: none */
};

struct sw_rule_count {	  /* map `rule_counts`, by index as in `rules` */
	__u64 candidates; /* how often its conditions were evaluated */
	__u64 hits;
	__u64 dropped;
	__u64 last_ns; /* time of the last hit */
};

/* Hashes for both sides. g: four folded bytes, w: seven, as numbers read in
 * little-endian order.
 *
 * The bit of a gram is number h % 64 of the eight bytes at byte h / 65536 of the
 * bitmap: two shifts find it, which is what makes the filter fast. */
static inline __u32 sw_gram_hash(__u32 g)
{
	return g * 0x9e3779b1u;
}

static inline void sw_gram_add(struct sw_filter *f, __u32 g)
{
	__u32 h = sw_gram_hash(g), bit = (h >> 16) * 8 + h % 64;

	((__u8 *)f->gram)[bit / 8] |= 1 << bit % 8;
}

static inline __u32 sw_window_hash(__u64 w)
{
	return (w * 0x9e3779b97f4a7c15ull) >> (64 - SW_WINDOW_BITS);
}

#endif
