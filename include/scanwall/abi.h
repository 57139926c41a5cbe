/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The contract between the XDP program and user space: the key and value of every map,
 * every event, and every name that both sides print.
 *
 * Byte order: addresses and ports are in network order unless a field says otherwise.
 * Times are CLOCK_MONOTONIC in its coarse form (bpf_ktime_get_coarse_ns), truncated to
 * 32 bits:
 *   tick  2^28 ns (0.27 s)   expiry of blocks; 30 bits last 9.1 years
 *   ms    2^20 ns (1.05 ms)  age of sources; wraps after 52 days
 */
#ifndef SCANWALL_ABI_H
#define SCANWALL_ABI_H

#include <linux/types.h>
#include <scanwall/width.h>

#define SW_ABI_VERSION 2

#define SW_TICK_SHIFT 28
#define SW_MS_SHIFT 20

/* Scores are in quarter points. */
#define SW_POINT 4

/* Every IPv4 address has an IPv6 form (RFC 4291 2.5.5.2), so one key serves both
 * families wherever speed allows. */
struct sw_addr {
	__u8 byte[16];
};

/* Maps, pinned by these names under the pin directory. X(name) */
#define SW_MAPS(X)       \
	X(settings)      \
	X(state)         \
	X(counters)      \
	X(drop4)         \
	X(drop4_cold)    \
	X(drop4_bloom)   \
	X(drop6)         \
	X(drop6_cold)    \
	X(drop6_bloom)   \
	X(overflow4)     \
	X(overflow6)     \
	X(prefix4)       \
	X(lengths4)      \
	X(prefix6)       \
	X(lengths6)      \
	X(allow4)        \
	X(allow6)        \
	X(allow_filter)  \
	X(sources)       \
	X(suspects)      \
	X(rate_buckets)  \
	X(networks)      \
	X(served)        \
	X(flows)         \
	X(known_clients) \
	X(client_tags)   \
	X(decoys)        \
	X(sketches)      \
	X(services)      \
	X(local_addrs)   \
	X(events)        \
	X(filters)       \
	X(inspect_ports) \
	X(rules)         \
	X(conditions)    \
	X(regexes)       \
	X(windows)       \
	X(port_rules)    \
	X(rule_counts)   \
	X(rule_limits)   \
	X(tails)         \
	X(syn_cells)     \
	X(probers)       \
	X(challenged)    \
	X(let_syns)      \
	X(answers)       \
	X(interfaces)    \
	X(speakers)      \
	X(requests)      \
	X(refusals)      \
	X(hidden)        \
	X(knock_keys)    \
	X(knocks_seen)   \
	X(openings)      \
	X(limited)       \
	X(detect_ports)  \
	X(detected)      \
	X(reach)         \
	X(floods)        \
	X(monitor)       \
	X(packets)

enum sw_map {
#define X(name) SW_MAP_##name,
	SW_MAPS(X)
#undef X
		SW_MAP_COUNT,
};

enum sw_mode {
	SW_DETECT, /* nothing is dropped; what would be is counted */
	SW_ENFORCE,
};

/* ---- reasons: why a packet passed or was dropped. X(id, drops, name, text) */
#define SW_REASONS(X)                                                                            \
	X(CLEAN, 0, "clean", "no evidence against its source")                                   \
	X(NOT_IP, 0, "not-ip", "neither IPv4 nor IPv6")                                          \
	X(TRUNCATED, 0, "truncated", "truncated headers")                                        \
	X(MALFORMED, 0, "malformed", "malformed header")                                         \
	X(TOO_DEEP, 1, "too-deep", "too many extension headers or VLAN tags")                    \
	X(LATER_FRAGMENT, 0, "later-fragment", "later fragment, without ports")                  \
	X(FLOW, 0, "flow", "belongs to a known connection")                                      \
	X(NO_FLOW, 0, "no-flow", "no known connection, and no evidence")                         \
	X(OPEN_PORT, 0, "open-port", "to a served port")                                         \
	X(NOT_OURS, 0, "not-ours", "to an address this host does not have")                      \
	X(ALLOWED, 0, "allowed", "would be dropped, but its source is allowed")                  \
	X(SPARED_FLOW, 0, "spared-flow", "open connection; its source is blocked for new ones")  \
	X(SPARED_SERVICE, 0, "spared-service", "blocked source, at a service it already uses")   \
	X(PASSED_MISS, 0, "passed-miss", "closed port, left to the kernel")                      \
	X(LIFELINE, 0, "lifeline", "DHCP or neighbour discovery, never blocked")                 \
	X(PANIC, 0, "panic", "panic: everything passes")                                         \
	X(BLOCKED_ADDRESS, 1, "blocked-address", "its source is blocked")                        \
	X(BLOCKED_PREFIX, 1, "blocked-prefix", "its source's prefix is blocked")                 \
	X(IMPOSSIBLE_FLAGS, 1, "impossible-flags", "TCP flags that no real stack sends")         \
	X(STRAY_ACK, 1, "stray-ack", "ACK to a closed port, without a connection")               \
	X(BARE_ACK, 1, "bare-ack", "empty ACK to a served port, without a connection")           \
	X(CLOSED_PORT, 1, "closed-port", "to a closed port")                                     \
	X(CONFINED, 1, "confined", "suspicious source, at a service new to it")                  \
	X(SYN_RATE, 1, "syn-rate", "over the rate of SYNs per source")                           \
	X(RATE_LIMIT, 1, "rate-limit", "over a rate limit (rates.*)")                            \
	X(KNOWN_ONLY, 1, "known-only", "not a known client, while known_only is in effect")      \
	X(SCANNER, 1, "scanner", "headers that only a scanner sends")                            \
	X(SWEEP, 1, "sweep", "probe of many local addresses in sequence")                        \
	X(DECOY, 1, "decoy", "one probe from several source addresses (decoys)")                 \
	X(SCAN_FRAGMENT, 1, "scan-fragment", "fragments that hide the TCP header")               \
	X(PORT_ZERO, 1, "port-zero", "TCP or UDP port 0")                                        \
	X(ICMP_PROBE, 1, "icmp-probe", "obsolete ICMP query")                                    \
	X(PROTOCOL, 1, "protocol", "IP protocol that this host does not use")                    \
	X(MARTIAN, 1, "martian", "impossible source address")                                    \
	X(BACKSCATTER, 1, "backscatter", "SYN-ACK to a SYN this host did not send")              \
	X(UNREACHABLE, 1, "unreachable", "our ICMP error about a closed port, suppressed")       \
	X(SIGNATURE, 1, "signature", "payload matches a rule")                                   \
	X(NEW_BLOCK, 1, "new-block", "its source is blocked from this packet on")                \
	X(CHALLENGED, 1, "challenged", "challenged: the SYN must be retransmitted")              \
	X(CHALLENGE_PASSED, 0, "challenge-passed", "challenge passed, to a served port")         \
	X(CHALLENGE_ANSWERED, 1, "challenge-answered",                                           \
	  "challenge passed; answered as if the port were open")                                 \
	X(CLOSED_HANDSHAKE, 1, "closed-handshake", "completes a handshake at a closed port")     \
	X(STRANGER, 1, "stranger", "unknown source, challenged during a spray")                  \
	X(SYN_ACK_AGAIN, 1, "syn-ack-again", "our retransmitted SYN-ACK to a challenged source") \
	X(LIMITED_PORT, 1, "limited-port", "to a port not open to its source")                   \
	X(KNOCK, 1, "knock", "valid knock: opens a hidden port to its source")                   \
	X(GUESS_WAITS, 1, "guess-waits", "login held back: its source has others pending")       \
	X(SYN_FLOOD, 0, "syn-flood", "SYN to a flooded port, left to the kernel")                \
	X(SYN_COOKIE, 1, "syn-cookie", "SYN to a flooded port, answered with a SYN cookie")      \
	X(BAD_COOKIE, 1, "bad-cookie", "no connection and no valid cookie, during a flood")      \
	X(DETECT_ONLY, 0, "detect-only", "would be dropped, but for detect_only")

enum sw_reason {
#define X(id, drops, name, text) SW_REASON_##id,
	SW_REASONS(X)
#undef X
		SW_REASON_COUNT,
};

/* ---- evidence. X(id, default weight in quarter points, name, text) */
#define SW_EVIDENCE(X)                                                                       \
	X(CLOSED_PORT, 4, "closed-port", "SYN to a closed port")                             \
	X(TRAP_PORT, 6, "trap-port", "SYN to a closed port that scanners look for")          \
	X(COMMON_PORT, 1, "common-port", "SYN to a closed port that clients try by mistake") \
	X(CLOSED_UDP, 4, "closed-udp", "UDP to a closed port")                               \
	X(OPEN_PORT, -4, "open-port", "connection that carried data, once per service")      \
	X(HALF_OPEN, 1, "half-open", "RST in reply to a SYN-ACK, once per service")          \
	X(SWEEP, 2, "sweep", "open port on one more local address")                          \
	X(NULL_FLAGS, 4, "null", "TCP without any flag")                                     \
	X(FIN, 4, "fin", "FIN alone, without a connection")                                  \
	X(XMAS, 4, "xmas", "FIN, PSH and URG together")                                      \
	X(SYN_FIN, 4, "syn-fin", "SYN and FIN together")                                     \
	X(SYN_RST, 4, "syn-rst", "SYN and RST together")                                     \
	X(ODD_FLAGS, 4, "odd-flags", "PSH or URG without ACK, or another impossible set")    \
	X(STRAY_ACK, 4, "stray-ack", "ACK to a closed port, without a connection")           \
	X(FIN_ACK, 4, "fin-ack", "FIN+ACK to a closed port, without a connection")           \
	X(SYN_RATE, 0, "syn-rate", "SYNs over the rate per source")                          \
	X(SCANNER, 4, "scanner", "headers that only a scanner sends")                        \
	X(OS_PROBE, 4, "os-probe", "headers of OS detection")                                \
	X(FRAGMENT, 4, "fragment", "fragments that hide the TCP header")                     \
	X(PORT_ZERO, 4, "port-zero", "TCP or UDP port 0")                                    \
	X(ICMP_PROBE, 4, "icmp-probe", "obsolete ICMP query")                                \
	X(PING_SWEEP, 2, "ping-sweep", "echo request to one more local address")             \
	X(PROTOCOL, 4, "protocol", "IP protocol that this host does not use")                \
	X(SCTP, 4, "sctp", "SCTP, not used on this host")                                    \
	X(SIGNATURE, 12, "signature", "attack in an established connection")                 \
	X(CLOSED_HANDSHAKE, 4, "closed-handshake", "handshake completed at a closed port")   \
	X(REFUSED, 12, "refused", "logins or pages refused by the service")

enum sw_evidence {
#define X(id, weight, name, text) SW_EVIDENCE_##id,
	SW_EVIDENCE(X)
#undef X
		SW_EVIDENCE_COUNT,
};

#define SW_EVIDENCE_MAX 32  /* room in settings.weight for kinds to come */
#define SW_EVIDENCE_BITS 29 /* of struct sw_source.kinds */
#define SW_TOOL_BITS 3

_Static_assert(SW_EVIDENCE_COUNT <= SW_EVIDENCE_BITS, "every kind of evidence needs its bit");
_Static_assert(SW_EVIDENCE_COUNT <= SW_EVIDENCE_MAX, "every kind of evidence needs its weight");
_Static_assert(SW_EVIDENCE_BITS + SW_TOOL_BITS == 32, "one word holds both");

/* ---- tools that their headers reveal. X(id, name) */
#define SW_TOOLS(X)           \
	X(UNKNOWN, "")        \
	X(NMAP, "nmap")       \
	X(NMAP_OS, "nmap -O") \
	X(MASSCAN, "masscan") \
	X(ZMAP, "zmap")       \
	X(HPING, "hping3")    \
	X(MIRAI, "mirai")

enum sw_tool {
#define X(id, name) SW_TOOL_##id,
	SW_TOOLS(X)
#undef X
		SW_TOOL_COUNT,
};

_Static_assert(SW_TOOL_COUNT <= 1 << SW_TOOL_BITS, "every tool needs its number");
#define SW_RAW_DEVICES 8
#define SW_OWN_LINKS 8

/* ---- settings: written by user space only, read by the program */
struct sw_settings {
	__u32 abi;	       /* SW_ABI_VERSION of the program that created the maps */
	__u32 mode;	       /* enum sw_mode */
	__u64 revert_at;       /* CLOCK_MONOTONIC ns when a trial ends; 0: none */
	__u32 revert_mode;     /* mode in force from then on */
	__u8 panic;	       /* 1: pass everything, learn nothing */
	__u8 closed_silent;    /* enum sw_closed: behaviour of closed ports in enforce mode */
	__u8 any_prefix4;      /* 1: lengths4 is not empty */
	__u8 any_prefix6;      /* 1: lengths6 is not empty */
	__u32 drop4_mask;      /* lines of drop4 in use, minus one */
	__u32 drop4_last_mask; /* the same before the table was resized; see dropset.h */
	__u32 drop6_mask;
	__u32 drop6_last_mask;
	__u64 drop4_bloom_off;	/* all ones while drop4_bloom is rebuilt; see dropset.h */
	__u32 wide_prefix6;	/* bit 31 - length: IPv6 prefixes shorter than /32 */
	__u32 rules_generation; /* see rule.h; 0: no signatures are loaded */
	__u32 monitor_until;	/* tick until which a monitor listens; 0: none. The
			      * program clears it when it has passed. */
	__u32 threshold;	/* quarter points at which a source is blocked */
	__u64 drop6_bloom_off;	/* as drop4_bloom_off */
	__u32 block_ticks;	/* duration of such a block */
	__u32 decay_ms;		/* ms for a quarter point to decay; 0: never */
	__u32 syn_rate;		/* SYNs per second from one source; 0: unlimited */
	__u32 auto_per_minute;	/* automatic blocks per minute, and burst */
	__u32 auto_max;		/* automatic blocks in force at once */
	__u32 ephemeral_low;	/* lowest ephemeral port (host order) */
	__u32 served_ticks;	/* how long a port counts as served after its listener is gone */
	__u32 proven_ticks;	/* duration of a block on evidence that cannot be forged */
	__u64 seed[4];		/* secret hash seeds; odd where they multiply */
	__u64 clock_ns;		/* current time for programs with made_up_clock */
	__u64 wall_ns;		/* CLOCK_REALTIME minus CLOCK_MONOTONIC */
	__u64 protocols[4];	/* bit per IP protocol that this host speaks */
	__u8 forwards;		/* 1: this host forwards packets (containers, DNAT) */
	__u8 asks;		/* 1: ports may be served without a socket that the program finds */
	__u8 socket;		/* in a replay: enum sw_socket, the result of a socket lookup */
	__u8 any_service;	/* 1: `services` is not empty */
	__u8 raw_devices;	/* 1: raw_device is not empty */
	__u8 wide_allow6;	/* 1: an IPv6 prefix shorter than /32 is allowed */
	__u8 challenge;		/* 1: sources blocked for new connections only are challenged */
	__u8 any_hidden;	/* enum sw_any_hidden: are `hidden` and `limited` in use? */
	__u8 any_key;		/* 1: `knock_keys` is not empty */
	/* How many of each make one piece of the evidence `refused`; 0: not counted. */
	__u8 refused_logins, refused_pages, refused_sessions;
	__u8 known_only;	/* enum sw_known_only */
	__u8 syn_flood;		/* enum sw_syn_flood */
	__u8 syn_cookies;	/* 1: the kernel sends SYN cookies, and accepts ours */
	__u8 detect_only;	/* 1: detect_kinds or detect_ports is not empty */
	__u32 rate_tcp_service; /* per second; 0: unlimited */
	__u32 rate_udp_source;
	__u32 rate_udp_service;
	__u32 rate_icmp_source;
	__u32 flood_begins;	    /* SYNs to one port per 2^30 ns that start a flood, */
	__u32 flood_ends;	    /* at most this many end it */
	__u32 admit_until;	    /* tick until which `admit` decodes options from cookies */
	__u32 closer_until;	    /* tick until which a daemon can close connections */
	__u32 strangers_per_second; /* new suspects; more are a spray; 0: unlimited */
	__u32 network_threshold;    /* quarter points that make a /24 or /48 suspicious; 0: none */
	__u32 enforce_until;	    /* tick until which the last heartbeat is valid; 0: forever */
	__u32 detect_kinds;	    /* bit per enum sw_evidence that is reported only */
	__u32 grace_ticks;	    /* closed ports count little for so long after up_tick */
	__u32 up_tick;		    /* when these maps were created; 0: at boot */
	__u32 raw_device[SW_RAW_DEVICES]; /* devices without an Ethernet header, by index */
	__u64 own_link[SW_OWN_LINKS];	  /* IPv6 /64s on our links, host order; 0: none */
	__u64 allow_lengths4;		  /* bit 32 - length: of the allow entries */
	__u64 allow_lengths6[3];	  /* bit 128 - length, likewise */
	/* For replies sent in place of the kernel: how the kernel's own look. */
	__u64 cookie_key[2]; /* secret */
	__u32 tcp_space;     /* bytes of receive buffer that the first window is computed from */
	__u8 ttl4, hops6;
	__u8 window_scale;	      /* SW_NO_WINDOW_SCALE: not offered */
	__u8 sack;		      /* 1: permitted */
	__s8 weight[SW_EVIDENCE_MAX]; /* by enum sw_evidence, quarter points */
};

#define SW_NO_WINDOW_SCALE 0xff

enum sw_known_only {
	SW_KNOWN_ONLY_OFF,
	SW_KNOWN_ONLY_AUTO, /* while all strangers are challenged, or during a flood */
	SW_KNOWN_ONLY_ON,
};

/* Limits on new traffic. X(id, name of its key) */
#define SW_RATES(X)                             \
	X(SYN_SOURCE, "detect.syn_rate")        \
	X(TCP_SERVICE, "rates.tcp_per_service") \
	X(UDP_SOURCE, "rates.udp_per_source")   \
	X(UDP_SERVICE, "rates.udp_per_service") \
	X(ICMP_SOURCE, "rates.icmp_per_source")

enum sw_rate {
#define X(id, name) SW_RATE_##id,
	SW_RATES(X)
#undef X
		SW_RATE_COUNT,
};

/* When the program answers SYNs in place of the kernel. */
enum sw_syn_flood {
	SW_SYN_FLOOD_AUTO, /* to flooded ports */
	SW_SYN_FLOOD_ON,   /* to every port for which the kernel itself would send cookies */
	SW_SYN_FLOOD_OFF,
};

enum sw_closed {
	SW_CLOSED_RESET, /* the kernel replies */
	SW_CLOSED_SILENT,
	SW_CLOSED_DECEIVE, /* look open to all but known clients */
};

/* Result of a socket lookup for a packet's destination. */
enum sw_socket {
	SW_SOCKET_NONE,
	SW_SOCKET_LISTENING,
	SW_SOCKET_HALF_OPEN, /* a handshake has started, or a SYN cookie is being answered */
	SW_SOCKET_CONNECTED, /* established, closing or TIME_WAIT */
};

SW_HOLDS(sw_settings, closed_silent, SW_CLOSED_DECEIVE);
SW_HOLDS(sw_settings, known_only, SW_KNOWN_ONLY_ON);
SW_HOLDS(sw_settings, syn_flood, SW_SYN_FLOOD_OFF);
SW_HOLDS(sw_settings, socket, SW_SOCKET_CONNECTED);
_Static_assert(sizeof(((struct sw_settings *)0)->detect_kinds) * 8 >= SW_EVIDENCE_COUNT,
	       "every kind of evidence needs its bit");

/* ---- state: written by the program */
#define SW_MISSED_PORTS 8

struct sw_state {
	__u64 token_ns;		/* when auto_tokens was last refilled */
	__u32 auto_tokens;	/* automatic blocks left, times 60 */
	__s32 auto_blocked;	/* automatic blocks now in the drop sets */
	__u32 sweep;		/* next drop4 line to clear of expired blocks */
	__u32 decoy_tick;	/* when decoys were last seen */
	__u32 network_tick;	/* when a network was last suspicious */
	__u32 suspect_tick;	/* when a source was last noted in `suspects` */
	__u32 let_syn_tick;	/* when a challenged source's SYN was last let through */
	__u32 strangers_until;	/* tick: all strangers are challenged until then; 0: never */
	__u32 strangers_since;	/* tick */
	__u32 strangers_why;	/* enum sw_spray */
	__u32 strangers_second; /* in 2^30 ns, */
	__u32 strangers_seen;	/* and their number */
	__u32 flood_until;	/* tick: a flood lasts until then; 0: never */
	__u64 lost_events;	/* the ring was full */
	__u64 overflow_full;	/* a block found no room at all */
	__u64 unfinished;	/* payloads with more candidate rules than can be tried */
	__u64 capped_blocks;	/* not blocked because of auto_per_minute or auto_max */
	__u32 missed_port[SW_MISSED_PORTS]; /* missed by many at once: port, proto << 16 */
	__u32 missed_tick[SW_MISSED_PORTS];
};

/* ---- monitor. A lease of so many ticks: */
#define SW_MONITOR_TICKS 11u /* 3 s */
#define SW_MONITOR_BYTES 128 /* of a frame */

struct sw_monitor {
	__u64 reasons;			    /* bit per enum sw_reason that is requested */
	struct sw_addr source, source_mask; /* for outgoing packets, the destination */
	__u32 pid;			    /* the listener */
	__u32 per_second;		    /* packets per 2^30 ns; 0: unlimited */
	__u32 second, seen;		    /* and the number in it */
	__u64 limited;			    /* not reported: more than per_second */
	__u64 lost;			    /* not reported: the ring was full */
};

_Static_assert(SW_REASON_COUNT <= 64, "every reason needs its bit");

struct sw_monitored {  /* record of `packets` */
	__u64 time_ns; /* CLOCK_MONOTONIC */
	__u32 ifindex;
	__u32 length;	/* of the frame */
	__u16 captured; /* bytes of it in `byte`, from the link header on */
	__u8 reason;	/* enum sw_reason */
	__u8 dropped;
	__u8 leaves; /* 1: at egress */
	__u8 pad[3];
	__u8 byte[SW_MONITOR_BYTES];
};

SW_HOLDS(sw_monitored, reason, SW_REASON_COUNT);
SW_HOLDS(sw_monitored, captured, SW_MONITOR_BYTES);

/* Why all strangers are challenged. */
enum sw_spray {
	SW_SPRAY_RATE,	  /* guard.auto_per_minute was reached */
	SW_SPRAY_NUMBER,  /* guard.auto_max was */
	SW_SPRAY_SOURCES, /* guard.strangers_per_second was */
};

/* One per reason and CPU. In detect mode, and for allowed sources, a packet with a
 * dropping reason is counted as passed. */
struct sw_counter {
	__u64 passed;
	__u64 passed_bytes;
	__u64 dropped;
	__u64 dropped_bytes;
};

/* ---- drop sets: blocked IPv4 addresses, and IPv6 /64s and addresses. Each is an array
 * of cache lines, and at the same index a Bloom filter of 64 bits, which tells packets
 * whether the line is worth a look, and a cold array with the rest of each entry; dropset.h
 * describes the life of an entry.
 *
 * `expires_tick` holds the expiry and two flags. It also owns the slot: 0 is free,
 * SW_EXPIRES_BUSY is being removed. */
#define SW_EXPIRES_TICKS 0x3fffffffu	/* all ones: permanent */
#define SW_EXPIRES_AUTO 0x40000000u	/* blocked by the program itself */
#define SW_EXPIRES_NEW_ONLY 0x80000000u /* open connections continue */
#define SW_EXPIRES_BUSY (SW_EXPIRES_AUTO | SW_EXPIRES_NEW_ONLY)

/* Hit counters: exact up to SW_HITS_EXACT, then in units of 64; they saturate before
 * they could carry into the next half word. */
#define SW_HITS_EXACT 0x8000u
#define SW_HITS_SCALE 64u
#define SW_HITS_MOST 0xff00u

#define SW_DROP4_WAYS 14
#define SW_DROP6_WAYS 7
#define SW_DROP4_LEAST 256u /* lines used by a short list: 16 KiB */
#define SW_DROP6_LEAST 256u

/* The head of a line, from the lowest bit: */
#define SW_HEAD_NEW_ONLY 0x3fffull   /* per slot: open connections continue */
#define SW_HEAD_PROVEN 0x4000ull     /* one may be a full block by the program */
#define SW_HEAD_OVERFLOWED 0x8000ull /* was full once: also check the overflow map */
#define SW_HEAD_EXPIRY_SHIFT 16	     /* 30 bits: no entry expires before; 0: unknown */
#define SW_HEAD_EXPIRY ((__u64)SW_EXPIRES_TICKS << SW_HEAD_EXPIRY_SHIFT)
#define SW_HEAD_VERSION (1ull << 46) /* 18 bits: incremented by writers */

struct sw_drop4_line {
	__u32 addr[SW_DROP4_WAYS]; /* 0: slot not found by readers */
	__u64 head;
};

_Static_assert(sizeof(struct sw_drop4_line) == 64, "one cache line");
_Static_assert(SW_HEAD_NEW_ONLY == (1 << SW_DROP4_WAYS) - 1, "a bit for each slot");

struct sw_drop4_cold {
	__u32 expires_tick[SW_DROP4_WAYS];
	__u16 hits[SW_DROP4_WAYS]; /* about sw_hits() packets were dropped */
	__u32 pad;		   /* array entries are multiples of eight bytes */
};

SW_HOLDS(sw_drop4_cold, hits[0], SW_HITS_MOST);

struct sw_drop6_line {
	__u64 key[SW_DROP6_WAYS]; /* sw_key6(); 0: slot not found by readers */
	__u64 head;
};

_Static_assert(sizeof(struct sw_drop6_line) == 64, "one cache line");
_Static_assert(SW_DROP6_WAYS <= SW_DROP4_WAYS, "the heads are alike");

struct sw_drop6_cold {
	__u64 high[SW_DROP6_WAYS]; /* the /64, host order */
	__u64 low[SW_DROP6_WAYS];  /* 0 for a whole /64 */
	__u32 expires_tick[SW_DROP6_WAYS];
	__u16 hits[SW_DROP6_WAYS];
	__u8 plen[SW_DROP6_WAYS]; /* 64 or 128 */
	__u8 pad[7];
};

SW_HOLDS(sw_drop6_cold, hits[0], SW_HITS_MOST);
SW_HOLDS(sw_drop6_cold, plen[0], 128);

/* Entries that found their line full. */
struct sw_overflow6_key {
	__u64 high;
	__u64 low;
	__u64 plen; /* 64 or 128 */
};

struct sw_overflow { /* value of overflow4 (key: address) and overflow6 */
	__u32 expires_tick;
	__u32 hits;
};

/* ---- prefixes and the allowlist: hash maps, looked up once for each length in use
 * near the source, longest first. A length listed needlessly costs one lookup.
 *
 * lengths4: a word per /16, with a bit for each length of the blocked prefixes within
 * or above it and, in its upper 16 bits, one for each of its /20s that such a prefix
 * touches.
 * lengths6: a word per hashed /32, with a bit for each length from 32 to 63, and one
 * for every two longer ones (sw_lengths6_bit). Shorter prefixes are in
 * settings.wide_prefix6. */
#define SW_LENGTHS4 65536u
#define SW_LENGTHS4_PLEN ((1ull << 33) - 1) /* bit 32 - length */
#define SW_LENGTHS4_PART 48
#define SW_LENGTHS6 32768u

/* allow_filter: may an allow entry match? Small enough for the L1 cache, because every
 * packet from a blocked source checks it. A bit per IPv4 /16, then one per hashed IPv6
 * /32. */
#define SW_ALLOW_FILTER6 1024u /* first word of IPv6 */
#define SW_ALLOW_FILTER_WORDS 2048u

struct sw_prefix4 {
	__u32 plen;
	__u32 addr;
};

struct sw_prefix6 {
	__u32 plen;
	struct sw_addr addr;
};

struct sw_prefix_block { /* value of prefix4 and prefix6 */
	__u32 expires_tick;
	__u32 plen;
	__u64 hits; /* approximate */
};

enum sw_allow_kind {
	SW_ALLOW_OPERATOR, /* by `allow` */
	SW_ALLOW_GUARD,	   /* own address, gateway, resolver, SSH peer */
	SW_ALLOW_TRUSTED,  /* by `allow --trust`: its attacks pass, too */
	SW_ALLOW_PROXY,	   /* `proxies`: speaks for others, and is trusted to name them */
};

struct sw_allow { /* value of allow4 and allow6 */
	__u32 expires_tick;
	__u32 plen;
	__u32 kind;   /* enum sw_allow_kind */
	__u32 behind; /* enum sw_allow_kind + 1 of what holds when it has expired; 0: nothing */
};

/* ---- sources: records of suspicious sources; two per cache line */
#define SW_SOURCE_WAYS 2
#define SW_SOURCE_PORTS 3
#define SW_SOURCE_V4 0x0000ffff00000000ull /* marks an IPv4 key: ::ffff:0:0/96 shortened */
#define SW_SOURCE_SINGLE (1ull << 56) /* a single IPv6 address, hashed: 0100::/8 has no hosts */

struct sw_source {
	__u64 key; /* host order: an IPv6 /64, or SW_SOURCE_V4 | address; 0: free */
	__u16 port[SW_SOURCE_PORTS];	/* targets counted most recently, newest first */
	__u16 targets;			/* sketch of distinct (address, port) pairs and addresses */
	__u32 first_ms;			/* first evidence */
	__u32 last_ms;			/* latest evidence */
	__u32 kinds : SW_EVIDENCE_BITS; /* bit per enum sw_evidence */
	__u32 tool : SW_TOOL_BITS;	/* enum sw_tool */
	__s8 score;			/* quarter points */
	__u8 services;			/* sketch of the services that it was credited for */
	__u8 decoyed : 1;		/* was among decoys */
	__u8 notified : 1;		/* an event has reported that it crossed the threshold */
	__u8 pad : 6;
	__u8 charged; /* quarter points of its last miss, until refunded */
};

_Static_assert(sizeof(struct sw_source) == 32, "two to a cache line");

struct sw_source_set {
	struct sw_source source[SW_SOURCE_WAYS];
};

/* ---- suspects: when a source was last past the threshold or among decoys, by a keyed
 * hash without a tag, so that UDP to services needs no lookup in `sources`. In ticks,
 * shifted by SW_SUSPECT_SHIFT; 0: never. */
#define SW_SUSPECTS 16384u
#define SW_SUSPECT_SHIFT 8 /* 69 s */

struct sw_suspects { /* array entries are multiples of eight bytes */
	__u16 when[4];
};

/* ---- rate_buckets: of a source or a service, indexed by a keyed hash */
struct sw_rate_bucket {
	__u32 tag;
	__u32 next; /* earliest arrival of the next packet, in 2^10 ns */
	__u32 told; /* tick of the last event; 0: none */
	__u32 pad;
};

/* ---- served: when a port last had a listener, so that clients are not taken for
 * scanners while a service restarts */
struct sw_served {
	__u32 addr_tag; /* keyed hash of the local address */
	__u16 port;	/* host order */
	__u8 proto;
	__u8 own : 1;	 /* the address was local when last looked up */
	__u8 unseen : 1; /* no socket can be found: NAT, container, other device */
	__u32 last_open; /* tick */
	__u32 asked;	 /* tick: a SYN was let through to probe */
	__u32 closed;	 /* tick: no socket was found */
};

/* ---- known_clients: sources, and sources at a service, that completed a handshake,
 * sent data or exchange UDP. Sets of four, indexed by a keyed hash; an entry less than
 * an hour old is never evicted for a stranger (flow_state.h). */
#define SW_CLIENT_WAYS 4
#define SW_CLIENT_SHIFT 6 /* when: ticks of 2^28 ns, shifted by this: 17 s */

enum sw_client_flags {
	SW_CLIENT_DATA = 1,	/* its connection carried data */
	SW_CLIENT_UNPROVEN = 2, /* known by UDP, where addresses can be forged */
};

struct sw_known_client {
	__u32 tag;
	__u16 when; /* last seen; 0: free */
	__u8 net;   /* hash of its IPv4 /24 or IPv6 /48 */
	__u8 flags; /* enum sw_client_flags */
};

SW_HOLDS(sw_known_client, flags, SW_CLIENT_DATA | SW_CLIENT_UNPROVEN);

struct sw_client_set { /* half a cache line */
	struct sw_known_client way[SW_CLIENT_WAYS];
};

/* One byte of each tag, for two sets: most sources are strangers, and this small table,
 * which stays in the cache, is enough to tell. Array entries are multiples of eight
 * bytes. */
struct sw_client_tags {
	__u8 way[2][SW_CLIENT_WAYS];
};

/* ---- speakers: sources with established connections, and for how many people each
 * speaks */
#define SW_SPEAKER_CONNECTIONS 16 /* most recent; a power of two */

#define SW_SPEAKER_SIGNATURES 8 /* most recent; a power of two */

struct sw_speaker_connection {
	__u16 sport, dport; /* network order */
	__u32 tick;	    /* of its first data */
};

struct sw_speaker {
	__u32 tag;	    /* keyed hash of the source; 0: free */
	__u32 since, last;  /* ticks: first and last heard, without a gap of an hour */
	__u32 proxy;	    /* tick of its last header that only proxies send; 0: none */
	__u64 agents;	    /* sketch of the User-Agents since agents_since */
	__u32 agents_since; /* tick */
	__u16 connections;  /* number noted */
	__u16 signatures;   /* number counted */
	__u32 signature[SW_SPEAKER_SIGNATURES]; /* most recent rules that count in its score */
	struct sw_speaker_connection connection[SW_SPEAKER_CONNECTIONS];
};

/* ---- requests: the last request of a client to a port whose replies are parsed; for
 * SSH, the key exchange. An array indexed by a keyed hash of the flow; newer flows
 * replace older ones. */
#define SW_REQUEST_HEAD 1024 /* bytes of a segment that starts an HTTP request */
#define SW_REQUEST_LINE 256  /* of any other, and of what follows a head */
#define SW_REQUEST_BEFORE 32

enum sw_request_kind {
	SW_REQUEST_LINES, /* a protocol of commands */
	SW_REQUEST_HTTP,
	SW_REQUEST_SSH,
};

struct sw_request {
	__u64 tag;	   /* keyed hash of the connection; 0: being written */
	__u32 tick;	   /* SSH: when the server started to send */
	__u32 seq, ack;	   /* SSH: sequence numbers after the server's NEWKEYS; both 0: not yet */
	__u32 tos;	   /* SSH: TOS of the server's first segment */
	__u16 length;	   /* bytes in use */
	__u8 kind;	   /* enum sw_request_kind */
	__u8 before_bytes; /* bytes of the previous segment in before[] */
	__u8 waits;	   /* 1: a login counted in sw_refusals.waiting */
	__u8 pad[7];
	__u8 before[SW_REQUEST_BEFORE];
	__u8 byte[SW_REQUEST_HEAD + SW_REQUEST_LINE];
};

SW_HOLDS(sw_request, kind, SW_REQUEST_SSH);
SW_HOLDS(sw_request, length, SW_REQUEST_HEAD + SW_REQUEST_LINE);
SW_HOLDS(sw_request, before_bytes, SW_REQUEST_BEFORE);

/* ---- refusals: what services refused a source. Counted in sixteenths; each kind
 * decays at its own rate (refusals.h). */
enum sw_refused {
	SW_REFUSED_LOGIN,   /* with a guess not tried before */
	SW_REFUSED_PAGE,    /* HTTP, not requested before */
	SW_REFUSED_UNTOLD,  /* a login; whether the guess is new cannot be told */
	SW_REFUSED_SESSION, /* SSH, closed before a session */
	SW_REFUSED_COUNT,
};

#define SW_REFUSED_MARKED 2 /* the first kinds have a sketch of what was tried, */
#define SW_REFUSED_MARKS 8  /* of so many words */

struct sw_refusals {
	__u64 marks[SW_REFUSED_MARKED][SW_REFUSED_MARKS];
	__u32 tag;		       /* keyed hash of the source */
	__u32 since;		       /* tick of the first that has not decayed */
	__u32 when[SW_REFUSED_COUNT];  /* tick up to which each has decayed */
	__u16 level[SW_REFUSED_COUNT]; /* sixteenths */
	__u16 count[SW_REFUSED_COUNT]; /* since its level was 0 */
	__u32 spared;		       /* tick of the event that it was not blocked */
	__u32 blocked;		       /* tick of its block; pending requests no longer count */
	__u32 waiting;		       /* logins without a reply so far */
	__u32 waiting_since;	       /* tick of the last of them */
};

/* ---- decoys: probes by the fields that nmap -D leaves the same in all of them */
struct sw_decoy {
	__u32 tag; /* keyed hash of target, source port and sequence number */
	__u32 tick;
	__u64 source; /* the first sender; 0: several */
};

/* ---- challenge: when a challenged source's SYN was first seen, by a keyed hash
 * without a tag. A collision with an older SYN lets one pass at once; none is forgotten
 * too early. */
#define SW_SYN_WORDS 7
#define SW_SYN_CELLS (SW_SYN_WORDS * 8)

struct sw_syn_cells { /* one cache line */
	__u32 epoch;  /* of 2^33 ns: when bytes older than one epoch were last cleared */
	__u32 pad;
	__u64 first[SW_SYN_WORDS]; /* one byte each, in 2^26 ns modulo two epochs; 0: never */
};

/* Closed ports at which a source, or the strangers of its network, have completed
 * handshakes. */
#define SW_PROBED_PORTS 2

struct sw_prober {
	__u64 key;   /* of the source or network */
	__u64 known; /* sketch of families of ports: that it had missed before; of a network: all */
	__u32 tick;
	__u16 port[SW_PROBED_PORTS]; /* host order, the first of each other family; 0: none */
	__u32 guesses;		     /* wrong cookies, sampled */
	__u32 pad;
};

/* The services granted to a challenged source where closed ports cannot be answered. */
#define SW_CHALLENGED_SERVICES 2

struct sw_challenged {
	__u32 tag;
	__u32 tick;
	__u32 service[SW_CHALLENGED_SERVICES]; /* keyed hash; 0: none */
};

/* A SYN that was answered, or passed to the kernel: of a challenged source, or of one that
 * may look as if it were. */
#define SW_LET_FREE 0xffff /* never challenged: all SYN-ACKs may leave */

struct sw_let_syn {
	__u32 tag;
	__u16 tick;    /* low bits */
	__u16 answers; /* SYN-ACKs of the kernel that may leave */
};

/* Replies sent in place of the kernel, by destination network. */
struct sw_answers {
	__u32 tick;
	__u32 sent; /* in that tick */
};

/* interfaces: capabilities, by ifindex */
#define SW_IFACE_ANSWERS 1u			 /* XDP_TX works and is no slower than the stack */
#define SW_IFACE_PARTIAL 2u			 /* frames may have a partial checksum */
#define SW_IFACE_NO_LABEL 4u			 /* IPv6 packets of this host have no flow label */
#define SW_IFACE_HOPS(able) ((able) >> 8 & 0xff) /* their hop limit; 0: settings.hops6 */

/* Programs tail-called by the main one: indexes of `steps`. */
enum sw_step {
	SW_STEP_INSPECT,
	SW_STEP_CHALLENGE,
	SW_STEP_RESPOND, /* to a payload that matched a rule */
	SW_STEP_SYNCOOKIE,
	SW_STEP_MONITOR, /* reports the packet */
	SW_STEP_NEXT,	 /* another XDP program, for what passes (attach --chain) */
	SW_STEP_COUNT,
};

/* The same for `learn`, at tc egress: indexes of `egress_steps`. */
enum sw_egress_step {
	SW_EGRESS_ANSWER, /* a service's reply: does it refuse something? */
	SW_EGRESS_REPLY,  /* the same: do rules match? */
	SW_EGRESS_COUNT,
};

/* ---- floods: SYNs by destination port (host order: the index), for all local
 * addresses together. Index 0: ACKs without a connection, for all ports. */
#define SW_FLOODS 65536u

struct sw_flood {
	__u32 second; /* in 2^30 ns, */
	__u32 seen;   /* and their number */
	__u32 rate;   /* the number in the last second before it in which any came */
	__u32 since;  /* tick */
	__u32 until;  /* tick: flooded until then; 0: never */
	__u32 pad;    /* array entries are multiples of eight bytes */
};

/* ---- hidden services: TCP ports that are open only to known clients, allowed sources,
 * and those that have knocked with a datagram to a UDP port without a listener. hidden:
 * a bit per TCP port; the index is port >> 6. */
#define SW_HIDDEN_WORDS 1024u

enum sw_any_hidden {
	SW_ANY_HIDDEN = 1,
	SW_ANY_LIMITED = 2,
};

SW_HOLDS(sw_settings, any_hidden, SW_ANY_HIDDEN | SW_ANY_LIMITED);

/* ---- limited ports: open only to sources that `reach` names. limited: a bit per port,
 * SW_HIDDEN_WORDS for each of TCP, UDP and SCTP. */
enum sw_limited { SW_LIMITED_TCP, SW_LIMITED_UDP, SW_LIMITED_SCTP, SW_LIMITED_COUNT };

/* detect_ports: likewise, services for which evidence is only reported. detected:
 * records like those of `sources`, for such evidence only. */
#define SW_DETECTED_SETS 1024u

#define SW_REACH_PORT_BITS 32 /* of a key of `reach`, in front of the address */
#define SW_REACH_MAX 16384    /* entries */

struct sw_reach {      /* key of an LPM trie */
	__u32 plen;    /* SW_REACH_PORT_BITS plus the prefix length, IPv4 in its IPv6 form */
	__u16 port;    /* host order */
	__u16 limited; /* enum sw_limited */
	struct sw_addr addr;
};

SW_HOLDS(sw_reach, limited, SW_LIMITED_COUNT);

/* On the wire, in network order. The source address is not covered: NAT changes it. */
struct sw_knock {
	__be64 key_id; /* key of knock_keys */
	__be64 when;   /* seconds of CLOCK_REALTIME << 16 | TCP port to open */
	__be64 nonce;
	__be64 mac; /* SipHash of the three, as numbers */
};

#define SW_KNOCK_WORDS 3   /* covered by the mac */
#define SW_KNOCK_SPAN 60   /* s of clock difference and delay that are accepted */
#define SW_KNOCK_OPENS 30  /* s that the port stays open */
#define SW_KNOCK_KEYS 1024 /* maximum number */

struct sw_knock_key { /* value of knock_keys; its key is key_id as on the wire */
	__u64 key[2];
};

/* Knocks accepted, kept while they would still be valid: a set per hash, upper 40 bits
 * of the mac and lower 24 of the second; 0: free. */
#define SW_KNOCK_WAYS 4

struct sw_knocks_seen {
	__u64 knock[SW_KNOCK_WAYS];
};

struct sw_opening {  /* value of openings */
	__u32 tag;   /* keyed hash of the source and the port */
	__u32 until; /* tick */
};

/* ---- sketches: number of sources in one network, or at one closed port */
struct sw_sketch {
	__u32 tag;
	__u32 tick;    /* when counting started */
	__u64 sources; /* sketch */
};

/* Ports that are served without a local socket (containers, DNAT). */
struct sw_service {
	__u16 port;  /* host order */
	__u16 proto; /* IPPROTO_TCP or IPPROTO_UDP */
};

/* ---- events: one record per change of a source's state.
 * X(id, name) */
#define SW_EVENTS(X)                                                                            \
	X(BLOCK, "block")	      /* enforce mode */                                        \
	X(WOULD_BLOCK, "would-block") /* detect mode */                                         \
	X(SPARED, "spared")	      /* crossed the threshold, but is allowed or guarded */    \
	X(CAPPED, "capped")	      /* crossed it, but a limit on automatic blocks applied */ \
	X(CONFINED, "confined")	      /* crossed it, but has established connections */         \
	X(DECOYS, "decoys")	      /* one probe from several sources: charged to none */     \
	X(DISTRIBUTED, "distributed") /* many sources of one network, one or two probes each */ \
	X(LIMITED, "limited")	      /* above detect.syn_rate or one of rates.* */             \
	X(EVIDENCE, "evidence")	      /* one more piece of evidence; in a replay only */        \
	X(SPRAY, "spray")	      /* from now on all strangers are challenged */            \
	X(SYN_FLOOD, "syn-flood")     /* more SYNs to a port than guard.syn_flood_begins */     \
	X(SIGNATURE, "signature")     /* a rule matched; `verdict` has the result */

enum sw_event_type {
#define X(id, name) SW_EVENT_##id,
	SW_EVENTS(X)
#undef X
		SW_EVENT_COUNT,
};

#define SW_MATCHED_BYTES 32
#define SW_CLIENT_BYTES 48

enum sw_rule_verdict {
	SW_RULE_TOLD, /* the packet passes */
	SW_RULE_DROPPED,
	SW_RULE_WOULD_DROP, /* in detect mode */
	SW_RULE_ANSWERED,   /* a reply of this host matched */
};

enum sw_shared {
	SW_SHARED_NOT,
	SW_SHARED_SEEN,	      /* by its headers, programs or connections */
	SW_SHARED_CONFIGURED, /* `proxies` */
};

struct sw_event {
	__u64 time_ns; /* CLOCK_MONOTONIC */
	__u32 type;    /* enum sw_event_type */
	__u32 ifindex;
	struct sw_addr src;
	struct sw_addr dst;
	__u16 sport; /* network order */
	__u16 dport; /* network order */
	__u8 family; /* AF_INET or AF_INET6 */
	__u8 in_tls; /* 1: matched in plaintext read from TLS */
	__u8 proto;
	__u8 evidence;		     /* enum sw_evidence of the packet that crossed the threshold */
	__u32 kinds;		     /* bit per enum sw_evidence in the whole record */
	__u32 span_ms;		     /* from the first evidence to this packet */
	__u32 expires_tick;	     /* of the block: tick and flags; 0: none was made */
	__u16 port[SW_SOURCE_PORTS]; /* host order, newest first; 0: none */
	__s16 score;		     /* quarter points, including this packet */
	__u8 plen;		     /* of what was blocked, or of the network: 32, 64, 24, 48 */
	__u8 tool;		     /* enum sw_tool */
	__u16 sources;		     /* DISTRIBUTED: estimated number */
	/* Set whenever a rule matched, whatever the type: */
	__u32 sid;    /* 0: none */
	__u8 verdict; /* enum sw_rule_verdict */
	__u8 matched_length;
	__u8 ends;   /* 1: the reader is to close the connection */
	__u8 shared; /* enum sw_shared: the source speaks for many and was not blocked */
	__u8 matched[SW_MATCHED_BYTES]; /* the bytes that the rule's first content matched */
	__u8 client[SW_CLIENT_BYTES];	/* the client that a proxy names: the end of a header */
	__u32 spray;			/* SPRAY: enum sw_spray */
	__u32 rate;			/* LIMITED: enum sw_rate */
	__u32 flood_seen;		/* SYN_FLOOD: packets in 2^30 ns */
	__u32 refused;			/* REFUSED crossed the threshold: enum sw_refused, */
	__u32 refused_count;		/* and how often; 0: other evidence crossed it */
};

SW_HOLDS(sw_event, evidence, SW_EVIDENCE_COUNT);
SW_HOLDS(sw_event, tool, SW_TOOL_COUNT);
SW_HOLDS(sw_event, plen, 128);
SW_HOLDS(sw_event, verdict, SW_RULE_ANSWERED);
SW_HOLDS(sw_event, shared, SW_SHARED_CONFIGURED);
SW_HOLDS(sw_event, matched_length, SW_MATCHED_BYTES);

#endif
