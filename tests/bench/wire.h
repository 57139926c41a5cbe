/* SPDX-License-Identifier: GPL-2.0-only */
/* The place where the bench runs, its veth pairs, and packets over them. */
#ifndef BENCH_WIRE_H
#define BENCH_WIRE_H

#include <net/if.h>
#include <stdbool.h>
#include "base/err.h"
#include "traffic.h"

#define OWN_ADDRESS "192.0.2.1"
#define OWN_ADDRESS6 "2001:db8::1"

struct wire {
	char tx[IF_NAMESIZE], rx[IF_NAMESIZE];
	int tx_index, rx_index;
};

/* A frame to send, whose source address and port the generator rewrites. */
struct frame {
	unsigned char byte[1520];
	__u32 size; /* how many of them are sent */
};

/* A network and a mount namespace that end with this process, so that nothing
 * can be left behind; the BPF file system is mounted anew in it. */
int bench_isolate(struct sw_err *e);

/* One queue; a CPU that sends is the CPU that receives. */
int wire_make(struct wire *w, const char *name, struct sw_err *e);
/* A queue for each of that many CPUs. */
int wire_make_wide(struct wire *w, const char *name, int queues, struct sw_err *e);
void wire_remove(const struct wire *w);

/* TCP with these flags, or UDP, to the own address of that family. payload: bytes
 * behind the TCP header, 1460 at most. */
void frame_tcp(struct frame *f, bool v6, __u8 flags, __u16 port, __u16 payload);
void frame_udp(struct frame *f, bool v6, __u16 port);
/* For the generator: the sum of the IP header without its source. */
__u32 frame_sum(const struct frame *f);

/* Runs prog (of gen.bpf.c) n times, live over w or, w NULL, alone; returns
 * ns per packet by the kernel's own clock, or -1. */
double bench_run(int prog, const struct wire *w, const struct frame *f, __u32 n, struct sw_err *e);
/* The same in SLICES parts: ns per packet of the quickest, as what else the machine
 * does is only ever added. */
double bench_best(int prog, const struct wire *w, const struct frame *f, __u32 n, struct sw_err *e);

/* Frames that the receiving driver gave to its XDP program, or -1. */
long long wire_received(const struct wire *w, struct sw_err *e);

/* Runs a command to its end, silently; 0, or -1 with its last line in e. */
int bench_command(const char *const argv[], struct sw_err *e);
/* The same on any CPU but this one; -1: on any. */
int bench_command_beside(int busy, const char *const argv[], struct sw_err *e);

#endif
