/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The contract between the XDP program and user space: every map's key and
 * value, every event, every name that both sides print.
 *
 * Byte order: addresses and ports are kept as they stand on the wire (network
 * order) unless a field says otherwise. Times come from CLOCK_MONOTONIC in
 * the coarse form (bpf_ktime_get_coarse_ns), cut to 32 bits:
 *   tick  2^28 ns (0.27 s)   expiries of blocks; 30 bits last 9.1 years
 *   ms    2^20 ns (1.05 ms)  ages of sources; wraps after 52 days
 */
#ifndef SCANWALL_ABI_H
#define SCANWALL_ABI_H

#include <linux/types.h>
#include <scanwall/width.h>

#define SW_ABI_VERSION 2

#define SW_TICK_SHIFT 28
#define SW_MS_SHIFT 20

/* One point of suspicion is four units: weights come in quarters. */
#define SW_POINT 4

/* Every IPv4 address has an IPv6 form (RFC 4291 2.5.5.2), so one key serves
 * both families wherever speed does not forbid it. */
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
	X(drop6)         \
	X(drop6_cold)    \
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
	X(client_marks)  \
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
	X(CLEAN, 0, "clean", "nothing known against its source")                                 \
	X(NOT_IP, 0, "not-ip", "neither IPv4 nor IPv6")                                          \
	X(TRUNCATED, 0, "truncated", "ends before its headers do")                               \
	X(MALFORMED, 0, "malformed", "a header contradicts itself")                              \
	X(TOO_DEEP, 1, "too-deep", "more headers or tags than anybody needs")                    \
	X(LATER_FRAGMENT, 0, "later-fragment", "fragment without ports")                         \
	X(FLOW, 0, "flow", "belongs to a known connection")                                      \
	X(NO_FLOW, 0, "no-flow", "no connection, but nothing to hold against it")                \
	X(OPEN_PORT, 0, "open-port", "to a port that is served")                                 \
	X(NOT_OURS, 0, "not-ours", "to an address this host does not have")                      \
	X(ALLOWED, 0, "allowed", "would be dropped, but its source is allowed")                  \
	X(SPARED_FLOW, 0, "spared-flow", "open connection of a source blocked for new ones")     \
	X(SPARED_SERVICE, 0, "spared-service", "blocked source, at a service it has used")       \
	X(PASSED_MISS, 0, "passed-miss", "closed port, left to the kernel to refuse")            \
	X(LIFELINE, 0, "lifeline", "what the link needs: DHCP, neighbours; never blocked")       \
	X(PANIC, 0, "panic", "everything passes")                                                \
	X(BLOCKED_ADDRESS, 1, "blocked-address", "its source is blocked")                        \
	X(BLOCKED_PREFIX, 1, "blocked-prefix", "its source's prefix is blocked")                 \
	X(IMPOSSIBLE_FLAGS, 1, "impossible-flags", "TCP flags no honest stack sends")            \
	X(STRAY_ACK, 1, "stray-ack", "ACK without a connection to a closed port")                \
	X(BARE_ACK, 1, "bare-ack", "empty ACK without a connection to a served port")            \
	X(CLOSED_PORT, 1, "closed-port", "to a port nobody listens on")                          \
	X(CONFINED, 1, "confined", "suspicious source, at a service it has not used")            \
	X(SYN_RATE, 1, "syn-rate", "SYN above the rate allowed to one source")                   \
	X(RATE_LIMIT, 1, "rate-limit", "more than rates.* lets one source or service have")      \
	X(KNOWN_ONLY, 1, "known-only", "from nobody known, while only who is gets anything")     \
	X(SCANNER, 1, "scanner", "headers that only a scanner sends")                            \
	X(SWEEP, 1, "sweep", "one of many of our addresses tried in a row")                      \
	X(DECOY, 1, "decoy", "one probe under the names of several sources")                     \
	X(SCAN_FRAGMENT, 1, "scan-fragment", "TCP cut so that its header is hidden")             \
	X(PORT_ZERO, 1, "port-zero", "TCP or UDP port 0")                                        \
	X(ICMP_PROBE, 1, "icmp-probe", "ICMP question that no client asks today")                \
	X(PROTOCOL, 1, "protocol", "IP protocol that this host does not speak")                  \
	X(MARTIAN, 1, "martian", "a source address that cannot be")                              \
	X(BACKSCATTER, 1, "backscatter", "SYN-ACK to a SYN that this host did not send")         \
	X(UNREACHABLE, 1, "unreachable", "our own answer about a closed port, kept back")        \
	X(SIGNATURE, 1, "signature", "its payload carries a known attack")                       \
	X(NEW_BLOCK, 1, "new-block", "the packet that got its source blocked")                   \
	X(CHALLENGED, 1, "challenged", "its source has to send the SYN again to be let in")      \
	X(CHALLENGE_PASSED, 0, "challenge-passed", "challenged, repeated, to a served port")     \
	X(CHALLENGE_ANSWERED, 1, "challenge-answered", "answered as if the port were open")      \
	X(CLOSED_HANDSHAKE, 1, "closed-handshake", "completes our answer for a closed port")     \
	X(STRANGER, 1, "stranger", "challenged like all strangers, while a spray lasts")         \
	X(SYN_ACK_AGAIN, 1, "syn-ack-again", "our SYN-ACK, repeated to a challenged source")     \
	X(LIMITED_PORT, 1, "limited-port", "to a port that its source may not reach")            \
	X(KNOCK, 1, "knock", "opens a hidden port to its source: a good key, not used before")   \
	X(GUESS_WAITS, 1, "guess-waits", "login, while others of its source wait for an answer") \
	X(SYN_FLOOD, 0, "syn-flood", "SYN to a flooded port, left to the kernel")                \
	X(SYN_COOKIE, 1, "syn-cookie", "SYN to a flooded port, answered with a SYN cookie")      \
	X(BAD_COOKIE, 1, "bad-cookie", "under a flood: no connection, and no good cookie")       \
	X(DETECT_ONLY, 0, "detect-only", "would be dropped, but for detect_only")

enum sw_reason {
#define X(id, drops, name, text) SW_REASON_##id,
	SW_REASONS(X)
#undef X
		SW_REASON_COUNT,
};

/* ---- evidence. X(id, default weight in quarter points, name, text) */
#define SW_EVIDENCE(X)                                                                       \
	X(CLOSED_PORT, 4, "closed-port", "SYN to a port nobody listens on")                  \
	X(TRAP_PORT, 6, "trap-port", "SYN to a closed port that scanners are after")         \
	X(COMMON_PORT, 1, "common-port", "SYN to a closed port that clients mistake")        \
	X(CLOSED_UDP, 4, "closed-udp", "UDP to a port nobody listens on")                    \
	X(OPEN_PORT, -4, "open-port", "connection that carried data, once a service")        \
	X(HALF_OPEN, 1, "half-open", "RST to a SYN-ACK, once a service")                     \
	X(SWEEP, 2, "sweep", "one more of our addresses, at an open port")                   \
	X(NULL_FLAGS, 4, "null", "TCP without any flag")                                     \
	X(FIN, 4, "fin", "FIN alone, without a connection")                                  \
	X(XMAS, 4, "xmas", "FIN, PSH and URG together")                                      \
	X(SYN_FIN, 4, "syn-fin", "SYN and FIN together")                                     \
	X(SYN_RST, 4, "syn-rst", "SYN and RST together")                                     \
	X(ODD_FLAGS, 4, "odd-flags", "PSH or URG without ACK, or some other impossible set") \
	X(STRAY_ACK, 4, "stray-ack", "ACK without a connection to a closed port")            \
	X(FIN_ACK, 4, "fin-ack", "FIN+ACK without a connection to a closed port")            \
	X(SYN_RATE, 0, "syn-rate", "more SYNs a second than one source may send")            \
	X(SCANNER, 4, "scanner", "headers that only a scanner sends")                        \
	X(OS_PROBE, 4, "os-probe", "headers that ask which system this is")                  \
	X(FRAGMENT, 4, "fragment", "TCP cut so that its header is hidden")                   \
	X(PORT_ZERO, 4, "port-zero", "TCP or UDP port 0")                                    \
	X(ICMP_PROBE, 4, "icmp-probe", "ICMP question that no client asks today")            \
	X(PING_SWEEP, 2, "ping-sweep", "echo request to one more of our addresses")          \
	X(PROTOCOL, 4, "protocol", "IP protocol that this host does not speak")              \
	X(SCTP, 4, "sctp", "SCTP, without a service for it")                                 \
	X(SIGNATURE, 12, "signature", "an attack in an established connection")              \
	X(CLOSED_HANDSHAKE, 4, "closed-handshake", "handshake completed at a closed port")   \
	X(REFUSED, 12, "refused", "logins or pages that the service itself refused")

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

/* ---- tools that betray themselves by their headers. X(id, name) */
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
	__u32 abi;	       /* SW_ABI_VERSION of who made the maps */
	__u32 mode;	       /* enum sw_mode */
	__u64 revert_at;       /* CLOCK_MONOTONIC ns when a trial ends; 0: none */
	__u32 revert_mode;     /* mode in force from then on */
	__u8 panic;	       /* 1: pass everything, learn nothing */
	__u8 closed_silent;    /* enum sw_closed: what closed ports do in enforce mode */
	__u8 any_prefix4;      /* 1: lengths4 is not empty */
	__u8 any_prefix6;      /* 1: lengths6 is not empty */
	__u32 drop4_mask;      /* lines of drop4 in use, less one */
	__u32 drop4_last_mask; /* the same before the table changed its size; see dropset.h */
	__u32 drop6_mask;
	__u32 drop6_last_mask;
	__u32 wide_prefix6;	/* bit 31 - length: IPv6 prefixes shorter than /32 */
	__u32 rules_generation; /* see rule.h; 0: no signatures are loaded */
	__u32 monitor_until;	/* tick: somebody listens to packets; 0: nobody, cleared by the
				 * program itself when it has passed */
	__u32 threshold;	/* quarter points that get a source blocked */
	__u32 block_ticks;	/* how long such a block lasts */
	__u32 decay_ms;		/* ms for a quarter point to be forgotten; 0: never */
	__u32 syn_rate;		/* SYNs a source may send a second; 0: any number */
	__u32 auto_per_minute;	/* automatic blocks a minute, and the burst */
	__u32 auto_max;		/* automatic blocks in force at once */
	__u32 ephemeral_low;	/* first local port (host order) of outgoing connections */
	__u32 served_ticks;	/* how long a port counts as served after its listener went */
	__u32 proven_ticks;	/* how long a block lasts whose evidence nobody can forge */
	__u64 seed[4];		/* secret hash seeds; odd where they multiply */
	__u64 clock_ns;		/* the time, where the program runs on a made-up clock */
	__u64 wall_ns;		/* what CLOCK_REALTIME is ahead of CLOCK_MONOTONIC */
	__u64 protocols[4];	/* bit per IP protocol that this host speaks */
	__u8 forwards;		/* 1: this host forwards packets (containers, DNAT) */
	__u8 asks;		/* 1: ports may be served by sockets that are not found */
	__u8 socket;		/* in a replay: enum sw_socket, what a look-up finds */
	__u8 any_service;	/* 1: `services` is not empty */
	__u8 raw_devices;	/* 1: raw_device is not empty */
	__u8 wide_allow6;	/* 1: an IPv6 prefix shorter than /32 is allowed */
	__u8 challenge;		/* 1: who is blocked for new connections only is challenged */
	__u8 any_hidden;	/* enum sw_any_hidden: are `hidden` and `limited` in use? */
	__u8 any_key;		/* 1: `knock_keys` is not empty */
	/* How many of each make the evidence `refused`; 0: they are not counted. */
	__u8 refused_logins, refused_pages, refused_sessions;
	__u8 known_only;	/* enum sw_known_only */
	__u8 syn_flood;		/* enum sw_syn_flood */
	__u8 syn_cookies;	/* 1: the kernel makes SYN cookies, and takes ours */
	__u8 detect_only;	/* 1: detect_kinds or detect_ports is not empty */
	__u32 rate_tcp_service; /* a second; 0: any number */
	__u32 rate_udp_source;
	__u32 rate_udp_service;
	__u32 rate_icmp_source;
	__u32 flood_begins;	    /* SYNs to one port in 2^30 ns that begin a flood, */
	__u32 flood_ends;	    /* and no more than this end it */
	__u32 admit_until;	    /* tick up to which `admit` reads cookies' options */
	__u32 closer_until;	    /* tick up to which a daemon can close connections */
	__u32 strangers_per_second; /* new suspects; more are a spray; 0: any number */
	__u32 network_threshold;    /* quarter points that make a /24 or /48 suspicious; 0: none */
	__u32 enforce_until;	    /* tick up to which the last heartbeat counts; 0: for ever */
	__u32 detect_kinds;	    /* bit per enum sw_evidence that is told of and blocks nobody */
	__u32 grace_ticks;	    /* for so long after up_tick closed ports count little */
	__u32 up_tick;		    /* when these maps were made; 0: when the host booted */
	__u32 raw_device[SW_RAW_DEVICES]; /* devices without an Ethernet header, by index */
	__u64 own_link[SW_OWN_LINKS];	  /* IPv6 /64s on our links, host order; 0: none */
	__u64 allow_lengths4;		  /* bit 32 - length: of the allow entries */
	__u64 allow_lengths6[3];	  /* bit 128 - length, likewise */
	/* For the answers that the program gives in the kernel's place: what the
	 * kernel's own look like. */
	__u64 cookie_key[2]; /* secret */
	__u32 tcp_space;     /* bytes of a receive buffer that a first window is made of */
	__u8 ttl4, hops6;
	__u8 window_scale;	      /* SW_NO_WINDOW_SCALE: not offered */
	__u8 sack;		      /* 1: permitted */
	__s8 weight[SW_EVIDENCE_MAX]; /* by enum sw_evidence, quarter points */
};

#define SW_NO_WINDOW_SCALE 0xff

enum sw_known_only {
	SW_KNOWN_ONLY_OFF,
	SW_KNOWN_ONLY_AUTO, /* while all strangers are challenged, or a flood lasts */
	SW_KNOWN_ONLY_ON,
};

/* Limits on what is new. X(id, name of its key) */
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

/* When the program answers SYNs in the kernel's place. */
enum sw_syn_flood {
	SW_SYN_FLOOD_AUTO, /* to ports that are flooded */
	SW_SYN_FLOOD_ON,   /* to every port, when the kernel itself would send cookies */
	SW_SYN_FLOOD_OFF,
};

enum sw_closed {
	SW_CLOSED_RESET, /* the kernel answers */
	SW_CLOSED_SILENT,
	SW_CLOSED_DECEIVE, /* they look open to all but known clients */
};

/* What a packet finds at the port it goes to. */
enum sw_socket {
	SW_SOCKET_NONE,
	SW_SOCKET_LISTENING,
	SW_SOCKET_HALF_OPEN, /* a handshake has begun, or a SYN cookie is answered */
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
	__u64 token_ns;			    /* when auto_tokens was last filled up */
	__u32 auto_tokens;		    /* automatic blocks left, times 60 */
	__s32 auto_blocked;		    /* automatic blocks in the drop sets */
	__u32 sweep;			    /* next drop4 bucket to clear of expired blocks */
	__u32 decoy_tick;		    /* when decoys were last seen */
	__u32 network_tick;		    /* when a network was last suspicious */
	__u32 suspect_tick;		    /* when a source was last noted in `suspects` */
	__u32 let_syn_tick;		    /* when a challenged source's SYN was let through */
	__u32 strangers_until;		    /* tick: all strangers are challenged; 0: never were */
	__u32 strangers_since;		    /* tick */
	__u32 strangers_why;		    /* enum sw_spray */
	__u32 strangers_second;		    /* in 2^30 ns, */
	__u32 strangers_seen;		    /* and how many came in it */
	__u32 flood_until;		    /* tick: some port is flooded; 0: none ever was */
	__u64 lost_events;		    /* the ring was full */
	__u64 overflow_full;		    /* a block found no place at all */
	__u64 unfinished;		    /* payloads with more candidate rules than are tried */
	__u64 capped_blocks;		    /* not blocked: auto_per_minute or auto_max */
	__u32 missed_port[SW_MISSED_PORTS]; /* what many missed at once: port, proto << 16 */
	__u32 missed_tick[SW_MISSED_PORTS];
};

/* ---- monitor: packets for whoever listens. A lease of so many ticks: */
#define SW_MONITOR_TICKS 11u /* 3 s */
#define SW_MONITOR_BYTES 128 /* of a frame, at most */

struct sw_monitor {
	__u64 reasons;			    /* bit per enum sw_reason that is wanted */
	struct sw_addr source, source_mask; /* of whom; of what leaves, its destination */
	__u32 pid;			    /* who listens */
	__u32 per_second;		    /* packets in 2^30 ns; 0: any number */
	__u32 second, seen;		    /* how many came in it */
	__u64 limited;			    /* not told: more than per_second */
	__u64 lost;			    /* not told: the ring was full */
};

_Static_assert(SW_REASON_COUNT <= 64, "every reason needs its bit");

struct sw_monitored {  /* one of `packets` */
	__u64 time_ns; /* CLOCK_MONOTONIC */
	__u32 ifindex;
	__u32 length;	/* of the frame */
	__u16 captured; /* of it in `byte`, from its link header on */
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

/* One per reason and CPU. In detect mode, and for an exempt source, a packet
 * with a reason to be dropped is counted as passed. */
struct sw_counter {
	__u64 passed;
	__u64 passed_bytes;
	__u64 dropped;
	__u64 dropped_bytes;
};

/* ---- drop sets: blocked IPv4 addresses, and IPv6 /64s and addresses. Each is an
 * array of cache lines, which packets read, and a cold array with the rest of
 * what is known at the same index; dropset.h has the life of an entry.
 *
 * `expires_tick` holds the expiry and two flags. It is the word that owns a
 * slot: 0 free, SW_EXPIRES_BUSY being taken out. */
#define SW_EXPIRES_TICKS 0x3fffffffu	/* all ones: permanent */
#define SW_EXPIRES_AUTO 0x40000000u	/* the program itself blocked it */
#define SW_EXPIRES_NEW_ONLY 0x80000000u /* open connections go on */
#define SW_EXPIRES_BUSY (SW_EXPIRES_AUTO | SW_EXPIRES_NEW_ONLY)

/* Counts of hits: each packet up to SW_HITS_EXACT, then one for 64 of them; they
 * stop short of what the next half word would notice. */
#define SW_HITS_EXACT 0x8000u
#define SW_HITS_SCALE 64u
#define SW_HITS_MOST 0xff00u

#define SW_DROP4_WAYS 14
#define SW_DROP6_WAYS 7
#define SW_DROP4_LEAST 256u /* lines that a short list uses: 16 KiB */
#define SW_DROP6_LEAST 256u

/* What the head of a line says, from the lowest bit: */
#define SW_HEAD_NEW_ONLY 0x3fffull   /* of each slot: open connections go on */
#define SW_HEAD_PROVEN 0x4000ull     /* one may be the program's own, for all packets */
#define SW_HEAD_OVERFLOWED 0x8000ull /* it was full once: look in the overflow, too */
#define SW_HEAD_EXPIRY_SHIFT 16	     /* 30 bits: no entry ends before; 0: not known */
#define SW_HEAD_EXPIRY ((__u64)SW_EXPIRES_TICKS << SW_HEAD_EXPIRY_SHIFT)
#define SW_HEAD_VERSION (1ull << 46) /* 18 bits: counts what is written */

struct sw_drop4_line {
	__u32 addr[SW_DROP4_WAYS]; /* 0: nothing to find */
	__u64 head;
};

_Static_assert(sizeof(struct sw_drop4_line) == 64, "one cache line");
_Static_assert(SW_HEAD_NEW_ONLY == (1 << SW_DROP4_WAYS) - 1, "a bit for each slot");

struct sw_drop4_cold {
	__u32 expires_tick[SW_DROP4_WAYS];
	__u16 hits[SW_DROP4_WAYS]; /* sw_hits() packets were stopped, about */
	__u32 pad;		   /* an array's entries begin at multiples of eight bytes */
};

SW_HOLDS(sw_drop4_cold, hits[0], SW_HITS_MOST);

struct sw_drop6_line {
	__u64 key[SW_DROP6_WAYS]; /* sw_key6(); 0: nothing to find */
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

/* Where a line was full. */
struct sw_overflow6_key {
	__u64 high;
	__u64 low;
	__u64 plen; /* 64 or 128 */
};

struct sw_overflow { /* value of overflow4 (key: address) and overflow6 */
	__u32 expires_tick;
	__u32 hits;
};

/* ---- prefixes and the allowlist: hashes, asked for each length that is in use
 * nearby, the longest first. A length that stands there too much costs a look-up.
 *
 * lengths4: a word for each /16, with a bit for each length of the blocked
 * prefixes in or over it, and, in its upper 16 bits, for each /20 of it that one
 * of them touches.
 * lengths6: a word for each hashed /32, with a bit for each length from 32 to
 * 63, and one for each two longer ones (sw_lengths6_bit). Shorter prefixes are in
 * settings.wide_prefix6. */
#define SW_LENGTHS4 65536u
#define SW_LENGTHS4_PLEN ((1ull << 33) - 1) /* bit 32 - length */
#define SW_LENGTHS4_PART 48
#define SW_LENGTHS6 32768u

/* allow_filter: is an allow entry near? Small enough to stay in the first-level
 * cache, as each packet of a blocked source asks. A bit for each IPv4 /16, then
 * one for each hashed IPv6 /32. */
#define SW_ALLOW_FILTER6 1024u /* word where IPv6 begins */
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
	__u64 hits; /* about */
};

enum sw_allow_kind {
	SW_ALLOW_OPERATOR, /* somebody said `allow` */
	SW_ALLOW_GUARD,	   /* own address, gateway, resolver, SSH peer */
	SW_ALLOW_TRUSTED,  /* somebody said `allow --trust`: its attacks pass, too */
	SW_ALLOW_PROXY,	   /* `proxies`: who speaks for others, and is believed for whom */
};

struct sw_allow { /* value of allow4 and allow6 */
	__u32 expires_tick;
	__u32 plen;
	__u32 kind; /* enum sw_allow_kind */
	__u32 pad;
};

/* ---- sources: who has been suspicious; two to a cache line */
#define SW_SOURCE_WAYS 2
#define SW_SOURCE_PORTS 3
#define SW_SOURCE_V4 0x0000ffff00000000ull /* tells an IPv4 key: ::ffff:0:0/96 shortened */
#define SW_SOURCE_SINGLE (1ull << 56)	   /* one IPv6 address, hashed: 0100::/8 has no hosts */

struct sw_source {
	__u64 key; /* host order: an IPv6 /64, or SW_SOURCE_V4 | address; 0: free */
	__u16 port[SW_SOURCE_PORTS];	/* targets it was counted for last, newest first */
	__u16 targets;			/* sketch of the distinct (address, port) and addresses */
	__u32 first_ms;			/* first evidence */
	__u32 last_ms;			/* latest evidence */
	__u32 kinds : SW_EVIDENCE_BITS; /* bit per enum sw_evidence */
	__u32 tool : SW_TOOL_BITS;	/* enum sw_tool */
	__s8 score;			/* quarter points */
	__u8 services;			/* sketch of the services it was credited for */
	__u16 decoyed : 1;		/* its name was among decoys */
	__u16 notified : 1;		/* an event said that it crossed the threshold */
	__u16 pad : 14;
};

_Static_assert(sizeof(struct sw_source) == 32, "two to a cache line");

struct sw_source_set {
	struct sw_source source[SW_SOURCE_WAYS];
};

/* ---- suspects: when a source was last past the threshold, or among decoys, by a
 * keyed hash of it, without a tag: so that UDP to services pays for no look-up in
 * `sources`. In ticks, shifted by SW_SUSPECT_SHIFT; 0: never. */
#define SW_SUSPECTS 16384u
#define SW_SUSPECT_SHIFT 8 /* 69 s */

struct sw_suspects { /* an array's entries begin at multiples of eight bytes */
	__u16 when[4];
};

/* ---- rate_buckets: of a source or a service, found by a keyed hash */
struct sw_rate_bucket {
	__u32 tag;
	__u32 next; /* when the next packet may come, in 2^10 ns */
	__u32 told; /* tick of the last event; 0: none */
	__u32 pad;
};

/* ---- served: when somebody last listened at a port, so that a restart of
 * the service turns no customer into a scanner */
struct sw_served {
	__u32 addr_tag; /* keyed hash of the local address */
	__u16 port;	/* host order */
	__u8 proto;
	__u8 own : 1;	 /* the address was ours when it was last looked up */
	__u8 unseen : 1; /* its socket cannot be found: NAT, container, other device */
	__u32 last_open; /* tick */
	__u32 asked;	 /* tick: a SYN was let through to find out */
	__u32 closed;	 /* tick: no socket was found */
};

/* ---- known_clients: a source, and a source at a service, that finished a
 * handshake, sent data or talks by UDP. Sets of four, found by a keyed hash; none
 * gives way to a stranger before it is an hour old (flow_state.h). */
#define SW_CLIENT_WAYS 4
#define SW_CLIENT_SHIFT 6 /* when: ticks of 2^28 ns, shifted by this: 17 s */

enum sw_client_flags {
	SW_CLIENT_DATA = 1,	/* its connection carried data */
	SW_CLIENT_UNPROVEN = 2, /* known by UDP, where an address can be forged */
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

/* A byte of each tag, of two sets together: nearly every source is a stranger, and is
 * told by these, which stay near the processor. An array's entries begin at multiples
 * of eight bytes. */
struct sw_client_marks {
	__u8 way[2][SW_CLIENT_WAYS];
};

/* ---- speakers: who has working connections, and for how many people it speaks */
#define SW_SPEAKER_CONNECTIONS 16 /* the newest; a power of two */

#define SW_SPEAKER_SIGNATURES 8 /* likewise */

struct sw_speaker_connection {
	__u16 sport, dport; /* network order */
	__u32 tick;	    /* of its first data */
};

struct sw_speaker {
	__u32 tag;	    /* keyed hash of the source; 0: free */
	__u32 since, last;  /* ticks: when it was first and last heard, without an hour's gap */
	__u32 proxy;	    /* tick of its last header that only proxies send; 0: none */
	__u64 agents;	    /* sketch of the User-Agents since agents_since */
	__u32 agents_since; /* tick */
	__u16 connections;  /* how many were noted */
	__u16 signatures;   /* how many were counted */
	__u32 signature[SW_SPEAKER_SIGNATURES]; /* rules that count in its score, the newest */
	struct sw_speaker_connection connection[SW_SPEAKER_CONNECTIONS];
};

/* ---- requests: what a client said last to a port whose answers are read; of an SSH
 * connection, where its keys were exchanged. An array by keyed hash of the flow; a
 * newer flow takes the place of an older one. */
#define SW_REQUEST_HEAD 1024 /* bytes of a segment that begins an HTTP request */
#define SW_REQUEST_LINE 256  /* of any other, and of what follows a head */
#define SW_REQUEST_BEFORE 32

enum sw_request_kind {
	SW_REQUEST_LINES, /* a protocol of commands */
	SW_REQUEST_HTTP,
	SW_REQUEST_SSH,
};

struct sw_request {
	__u64 tag;	   /* keyed hash of the connection; 0: being written */
	__u32 tick;	   /* SSH: when the server began to speak */
	__u32 seq, ack;	   /* SSH: numbers behind the server's NEWKEYS; both 0: not yet */
	__u32 tos;	   /* SSH: how the server's first segment was marked */
	__u16 length;	   /* of byte[] in use */
	__u8 kind;	   /* enum sw_request_kind */
	__u8 before_bytes; /* of the segment before, that before[] holds */
	__u8 waits;	   /* 1: a login that is counted in sw_refusals.waiting */
	__u8 pad[7];
	__u8 before[SW_REQUEST_BEFORE];
	__u8 byte[SW_REQUEST_HEAD + SW_REQUEST_LINE];
};

SW_HOLDS(sw_request, kind, SW_REQUEST_SSH);
SW_HOLDS(sw_request, length, SW_REQUEST_HEAD + SW_REQUEST_LINE);
SW_HOLDS(sw_request, before_bytes, SW_REQUEST_BEFORE);

/* ---- refusals: what a service refused a source. Counted in sixteenths, and
 * forgotten at a rate of each kind's own (refusals.h). */
enum sw_refused {
	SW_REFUSED_LOGIN,   /* with what was not tried before */
	SW_REFUSED_PAGE,    /* of HTTP, not asked for before */
	SW_REFUSED_UNTOLD,  /* a login; whether it is a new one cannot be told */
	SW_REFUSED_SESSION, /* SSH, ended before there was one */
	SW_REFUSED_COUNT,
};

#define SW_REFUSED_MARKED 2 /* the first kinds have a sketch of what was tried, */
#define SW_REFUSED_MARKS 8  /* of so many words */

struct sw_refusals {
	__u64 marks[SW_REFUSED_MARKED][SW_REFUSED_MARKS];
	__u32 tag;		       /* keyed hash of the source */
	__u32 since;		       /* tick of the first that is not forgotten */
	__u32 when[SW_REFUSED_COUNT];  /* tick up to which each was forgotten */
	__u16 level[SW_REFUSED_COUNT]; /* sixteenths */
	__u16 count[SW_REFUSED_COUNT]; /* since its level was 0 */
	__u32 spared;		       /* tick at which it was told that it is not blocked */
	__u32 blocked;		       /* tick at which it was; what was under way counts no more */
	__u32 waiting;		       /* logins that are not answered yet */
	__u32 waiting_since;	       /* tick of the last of them */
};

/* ---- decoys: probes by what nmap -D leaves the same in all of them */
struct sw_decoy {
	__u32 tag; /* keyed hash of target, source port and sequence number */
	__u32 tick;
	__u64 source; /* who sent it first; 0: several did */
};

/* ---- challenge: when a challenged source's SYN came first, by a keyed hash of
 * it, without a tag: an older SYN of somebody else lets one pass at once, and
 * none is ever forgotten too early. */
#define SW_SYN_WORDS 7
#define SW_SYN_CELLS (SW_SYN_WORDS * 8)

struct sw_syn_cells { /* one cache line */
	__u32 epoch;  /* of 2^33 ns: when it was last cleared of what is older than one */
	__u32 pad;
	__u64 first[SW_SYN_WORDS]; /* a byte each, in 2^26 ns modulo two epochs; 0: never */
};

/* At which closed ports a source has completed a handshake. */
#define SW_PROBED_PORTS 2

struct sw_prober {
	__u64 key; /* the source's */
	__u32 tick;
	__u16 port[SW_PROBED_PORTS]; /* host order, the first of each family; 0: none */
};

/* The two services of a challenged source, where closed ports cannot be answered. */
#define SW_CHALLENGED_SERVICES 2

struct sw_challenged {
	__u32 tag;
	__u32 tick;
	__u32 service[SW_CHALLENGED_SERVICES]; /* keyed hash; 0: none */
};

/* A challenged source's SYN that was answered, or let through to be. */
struct sw_let_syn {
	__u32 tag;
	__u16 tick;    /* when, its low bits */
	__u16 answers; /* of the kernel's SYN-ACKs, that may leave */
};

/* Answers in place of the kernel, by whom they go to. */
struct sw_answers {
	__u32 tick;
	__u32 sent; /* in it */
};

/* interfaces: what can be done on one, by its index */
#define SW_IFACE_ANSWERS 1u /* XDP_TX works, and is not slower than the stack */
#define SW_IFACE_PARTIAL 2u /* frames may come with their checksum unfinished */

/* Programs that the main one goes on with: places in `steps`. */
enum sw_step {
	SW_STEP_INSPECT,
	SW_STEP_CHALLENGE,
	SW_STEP_RESPOND, /* to a payload that matched a rule */
	SW_STEP_SYNCOOKIE,
	SW_STEP_MONITOR, /* tells of the packet */
	SW_STEP_NEXT,	 /* another's program, for what passes (attach --chain) */
	SW_STEP_COUNT,
};

/* The same of `learn`, at tc egress: places in `egress_steps`. */
enum sw_egress_step {
	SW_EGRESS_ANSWER, /* what a service answers: does it refuse something? */
	SW_EGRESS_REPLY,  /* the same: do rules match? */
	SW_EGRESS_COUNT,
};

/* ---- floods: SYNs by the port they go to (host order: its place), at whichever
 * address of ours. Place 0: ACKs of no connection, to any port. */
#define SW_FLOODS 65536u

struct sw_flood {
	__u32 second; /* in 2^30 ns, */
	__u32 seen;   /* and how many came in it */
	__u32 rate;   /* the same of the last second before it in which any came */
	__u32 since;  /* tick */
	__u32 until;  /* tick: it is flooded; 0: it never was */
	__u32 pad;    /* entries begin at multiples of eight bytes */
};

/* ---- hidden services: TCP ports that show themselves to those only who work with
 * them, are allowed, or have knocked: a datagram to a UDP port where nobody listens.
 * hidden: a bit per TCP port; port >> 6 is the index. */
#define SW_HIDDEN_WORDS 1024u

enum sw_any_hidden {
	SW_ANY_HIDDEN = 1,
	SW_ANY_LIMITED = 2,
};

SW_HOLDS(sw_settings, any_hidden, SW_ANY_HIDDEN | SW_ANY_LIMITED);

/* ---- limited ports: whom `reach` does not name cannot get at them. limited: a bit
 * per port, SW_HIDDEN_WORDS for each of TCP, UDP and SCTP. */
enum sw_limited { SW_LIMITED_TCP, SW_LIMITED_UDP, SW_LIMITED_SCTP, SW_LIMITED_COUNT };

/* detect_ports: likewise, services at which evidence is told of and blocks nobody.
 * detected: records of sources as in `sources`, of such evidence alone. */
#define SW_DETECTED_SETS 1024u

#define SW_REACH_PORT_BITS 32 /* of a key of `reach`, before the address */
#define SW_REACH_MAX 16384    /* entries */

struct sw_reach {      /* key of a trie */
	__u32 plen;    /* SW_REACH_PORT_BITS and that of the prefix, IPv4 in its IPv6 form */
	__u16 port;    /* host order */
	__u16 limited; /* enum sw_limited */
	struct sw_addr addr;
};

SW_HOLDS(sw_reach, limited, SW_LIMITED_COUNT);

/* On the wire, in network order. The source is not in it: NAT changes it. */
struct sw_knock {
	__be64 key_id; /* key of knock_keys */
	__be64 when;   /* seconds of CLOCK_REALTIME << 16 | TCP port to be opened */
	__be64 nonce;
	__be64 mac; /* SipHash of the three, as numbers */
};

#define SW_KNOCK_WORDS 3   /* that the mac is of */
#define SW_KNOCK_SPAN 60   /* s that the clocks may differ, and a knock may travel */
#define SW_KNOCK_OPENS 30  /* s that the port stays open */
#define SW_KNOCK_KEYS 1024 /* room */

struct sw_knock_key { /* value of knock_keys; its key is key_id as on the wire */
	__u64 key[2];
};

/* Knocks that were taken, until they are too old to be good: a set for each hash,
 * upper 40 bits of the mac and lower 24 of the second; 0: free. */
#define SW_KNOCK_WAYS 4

struct sw_knocks_seen {
	__u64 knock[SW_KNOCK_WAYS];
};

struct sw_opening {  /* value of openings */
	__u32 tag;   /* keyed hash of the source and the port */
	__u32 until; /* tick */
};

/* ---- sketches: how many sources of one network, or at one closed port */
struct sw_sketch {
	__u32 tag;
	__u32 tick;    /* when counting began */
	__u64 sources; /* sketch */
};

/* Ports that are served without a local socket (containers, DNAT). */
struct sw_service {
	__u16 port;  /* host order */
	__u16 proto; /* IPPROTO_TCP or IPPROTO_UDP */
};

/* ---- events: one record per change of a source's state.
 * X(id, name) */
#define SW_EVENTS(X)                                                                         \
	X(BLOCK, "block")	      /* enforce mode */                                     \
	X(WOULD_BLOCK, "would-block") /* detect mode */                                      \
	X(SPARED, "spared")	      /* crossed, but allowed or guarded */                  \
	X(CAPPED, "capped")	      /* crossed, but a limit on automatic blocks held */    \
	X(CONFINED, "confined")	      /* crossed, but it has working connections */          \
	X(DECOYS, "decoys")	      /* one probe, several sources: none is held to it */   \
	X(DISTRIBUTED, "distributed") /* many sources of one network, a probe or two each */ \
	X(LIMITED, "limited")	      /* more than detect.syn_rate, or one of rates.* */     \
	X(EVIDENCE, "evidence")	      /* one more thing counted; told in a replay only */    \
	X(SPRAY, "spray")	      /* from now on all strangers are challenged */         \
	X(SYN_FLOOD, "syn-flood")     /* more SYNs to a port than guard.syn_flood_begins */  \
	X(SIGNATURE, "signature")     /* a rule matched; verdict says with what result */

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
	SW_RULE_ANSWERED,   /* what the host answered matched */
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
	__u8 in_tls; /* 1: what matched was read out of TLS */
	__u8 proto;
	__u8 evidence;		     /* enum sw_evidence, of the packet that crossed */
	__u32 kinds;		     /* bit per enum sw_evidence, of the whole record */
	__u32 span_ms;		     /* from the first evidence to this packet */
	__u32 expires_tick;	     /* the block: ticks and flags; 0: none was made */
	__u16 port[SW_SOURCE_PORTS]; /* host order, newest first; 0: none */
	__s16 score;		     /* quarter points, with this packet */
	__u8 plen;		     /* of what was blocked, or of the network: 32, 64, 24, 48 */
	__u8 tool;		     /* enum sw_tool */
	__u16 sources;		     /* DISTRIBUTED: how many, about */
	/* Where a rule matched, whatever the type: */
	__u32 sid;    /* 0: none did */
	__u8 verdict; /* enum sw_rule_verdict */
	__u8 matched_length;
	__u8 ends;   /* 1: its connection is to be closed by who reads this */
	__u8 shared; /* enum sw_shared: its source speaks for many and was not blocked */
	__u8 matched[SW_MATCHED_BYTES]; /* the bytes that its first content found */
	__u8 client[SW_CLIENT_BYTES];	/* whom it says it speaks for: the end of a header */
	__u32 spray;			/* SPRAY: enum sw_spray */
	__u32 rate;			/* LIMITED: enum sw_rate */
	__u32 flood_seen;		/* SYN_FLOOD: packets in 2^30 ns */
	__u32 refused;			/* REFUSED crossed: enum sw_refused, */
	__u32 refused_count;		/* and how often; 0: something else crossed */
};

SW_HOLDS(sw_event, evidence, SW_EVIDENCE_COUNT);
SW_HOLDS(sw_event, tool, SW_TOOL_COUNT);
SW_HOLDS(sw_event, plen, 128);
SW_HOLDS(sw_event, verdict, SW_RULE_ANSWERED);
SW_HOLDS(sw_event, shared, SW_SHARED_CONFIGURED);
SW_HOLDS(sw_event, matched_length, SW_MATCHED_BYTES);

#endif
