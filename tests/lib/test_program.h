/* SPDX-License-Identifier: GPL-2.0-only */
/* The XDP program under test: loaded unpinned in a network namespace of the
 * test's own, on a clock that the test moves, with frames built by hand. */
#ifndef TESTS_TEST_PROGRAM_H
#define TESTS_TEST_PROGRAM_H

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdbool.h>
#include <stdint.h>
#include <cmocka.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <netinet/in.h>
#include <scanwall/abi.h>
#include <scanwall/dropset.h>
#include "scanwall.skel.h"

#define SERVER4 0xc0000201u /* 192.0.2.1, host order */
#define SERVER4B 0xc0000202u
#define CLIENT4 0xcb007109u	 /* 203.0.113.9 */
#define V6 0x20010db800050006ull /* a client's /64 */
#define OPEN_PORT 80
#define SECOND 1000000000ull

enum { F_FIN = 1, F_SYN = 2, F_RST = 4, F_PSH = 8, F_ACK = 16, F_URG = 32 };

struct frame {
	uint8_t byte[1600];
	size_t size;
	size_t ip; /* where the IP header stands */
};

struct program {
	struct scanwall_bpf *skel;
	struct sw_settings *set; /* mapped */
	struct sw_state *state;
	struct sw_drop4_line *drop4;
	struct sw_drop4_cold *drop4_cold;
	__u64 *drop4_bloom;
	struct sw_drop6_line *drop6;
	struct sw_drop6_cold *drop6_cold;
	__u64 *drop6_bloom;
	uint64_t *lengths4, *lengths6, *allow_filter;
	struct sw_source_set *sources, *networks;
	struct sw_flood *floods;
	struct ring_buffer *ring;
	struct sw_event event[64]; /* what the ring held */
	int events;
	int verdict; /* of the last frame */
	int reason;
	struct frame out; /* what became of it */
	int listener;	  /* at OPEN_PORT */
};

extern struct program prog;

int program_setup(void **unused); /* group: namespace, listener, load */
/* With the programs that look into payloads and into what the server answers, of
 * which a verifier makes more than of all others together. */
int program_setup_payloads(void **unused);
int program_teardown(void **unused);
int program_reset(void **unused); /* each test: empty maps, enforce, t = 1000 s */
/* Where program_reset() was: challenged sources are answered, in lo's driver, as a host
 * with a window of 65,536 bytes does. */
void program_answers(void);

/* ---- test_frame.c */
struct frame frame_eth(uint16_t type);
void frame_vlan(struct frame *f, uint16_t tpid, uint16_t inner);
void frame_ip4(struct frame *f, uint32_t src, uint32_t dst, uint8_t proto, uint16_t fragment);
void frame_ip6(struct frame *f, uint64_t src_high, uint64_t src_low, uint8_t next);
/* An extension header of 8 * (length + 1) bytes. */
void frame_ext(struct frame *f, uint8_t next, uint8_t length);
void frame_tcp(struct frame *f, uint16_t sport, uint16_t dport, uint8_t flags);
/* Of the TCP header that frame_tcp put at the end; each source of tcp4 and tcp6
 * has a number of its own. */
void frame_seq(struct frame *f, uint32_t seq);

/* Behind the TCP header that stands at the end. */
void frame_options(struct frame *f, const uint8_t *option, size_t bytes);
struct tcphdr *frame_tcp_of(struct frame *f);
void frame_data(struct frame *f, size_t bytes);
/* The lengths in the IP header and both checksums, of a TCP segment behind an
 * IP header without options. */
void frame_checksums(struct frame *f);
bool frame_sums_up(struct frame *f);
/* What a sender leaves as checksum for the hardware to finish. */
uint16_t frame_pseudo_sum(struct frame *f);
void frame_udp(struct frame *f, uint16_t sport, uint16_t dport);

struct frame tcp4(uint32_t src, uint16_t dport, uint8_t flags);
struct frame udp4(uint32_t src, uint16_t sport, uint16_t dport);
struct frame tcp6(uint64_t high, uint64_t low, uint16_t dport, uint8_t flags);
/* Of CLIENT4, or of V6's first address. */
struct frame tcp_segment(bool v6, uint16_t port, uint8_t flags, uint32_t seq, uint32_t ack);

/* ---- test_program.c
 * Runs it; returns its reason, found by the counter that moved. */
int run(const struct frame *f);
/* The same frame n times. */
void run_many(const struct frame *f, unsigned int n);
/* A frame of any size, whose IP header says a length already. */
int run_as_is(const void *bytes, size_t size);
/* Three SYNs to closed ports, others for each network; the last one's reason. */
int scan3(uint32_t from);

/* Where the program and another thread race: that thread's CPU, if there are two, and the
 * n-th address that scans. */
void stay_on(int cpu);
uint32_t nth_source(int n);

/* Sends it out instead, by way of `learn`; returns the tc verdict. */
int leave(const struct frame *f);
/* The same, of a packet that a socket of this host sends. */
int leave_from_socket(const struct frame *f);
/* What `scanwall test` would hear: from a copy of the state, which is opened once. */
int ask(const struct frame *f);
void read_events(void);
/* Reads them; how many there are of that type (SW_EVENT_*). */
int count_events(uint32_t type);
void advance(uint64_t ns);
uint32_t tick_in(uint64_t ns); /* now + ns, in ticks */

/* Straight into the maps, as the control plane would. */
void put_drop4(uint32_t addr, uint32_t expires_tick);
void put_drop6(uint64_t high, uint64_t low, uint8_t plen, uint32_t expires_tick);
void put_prefix4(uint32_t addr, uint32_t plen, uint32_t expires_tick);
void put_prefix6(uint64_t high, uint32_t plen, uint32_t expires_tick);
void put_allow4(uint32_t addr, uint32_t plen, uint32_t expires_tick);
void put_allow6(uint64_t high, uint32_t plen, uint32_t expires_tick);
void own_address4(uint32_t addr);
const struct sw_source *source4(uint32_t addr);

/* Another listener, by TCP; its socket is the caller's. */
int program_listens(uint16_t port);
/* A connection of CLIENT4 to the listener, by the host's own stack; its port. */
int connect_as_client(uint16_t *sport);

#define assert_reason(f, id)                                                                 \
	do {                                                                                 \
		struct frame frame_ = (f);                                                   \
		assert_string_equal(reason_name(run(&frame_)), reason_name(SW_REASON_##id)); \
	} while (0)

const char *reason_name(int reason);

#endif
