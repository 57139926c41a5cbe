// SPDX-License-Identifier: GPL-2.0-only
/* `bench spray`: sends SYNs from many forged sources. */
#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <netinet/ether.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "site.h"
#include "spray.h"

#include "gen.skel.h"

#define SYN 0x02
/* The ports they go to; none of them is served in the lab. */
#define FIRST_PORT 100
#define PORTS_MASK 1023

static int aim(struct frame *frame, const char *address, const char *mac)
{
	struct iphdr *ip = (void *)(frame->byte + sizeof(struct ethhdr));
	struct ether_addr to;

	frame_tcp(frame, false, SYN, FIRST_PORT, 0);
	if (inet_pton(AF_INET, address, &ip->daddr) != 1 || !ether_aton_r(mac, &to))
		return -1;
	memcpy(frame->byte, &to, sizeof(to));
	return 0;
}

int spray_main(int argc, char **argv)
{
	struct sw_err e = {0};
	struct wire w = {0};
	struct gen_bpf *gen;
	struct frame frame;
	__u32 sources;
	double ns, start;

	if (argc != 7 || aim(&frame, argv[2], argv[3])) {
		fputs("usage: bench spray IFACE ADDRESS MAC SOURCES PER_SECOND SEED\n", stderr);
		return SW_EXIT_USAGE;
	}
	snprintf(w.tx, sizeof(w.tx), "%s", argv[1]);
	w.tx_index = if_nametoindex(w.tx);
	gen = w.tx_index ? gen_bpf__open_and_load() : NULL;
	if (!gen) {
		fprintf(stderr, "bench spray: no interface %s, or no generator\n", w.tx);
		return SW_EXIT_FAILED;
	}
	sources = strtoul(argv[4], NULL, 10);
	gen->bss->gap_ns = 1000000000 / strtoul(argv[5], NULL, 10);
	gen->bss->traffic = (struct traffic){.seed = strtoul(argv[6], NULL, 10),
					     .count = NUMBERS,
					     .port = 1024,
					     .port_mask = 0x3fff,
					     .ip_sum = frame_sum(&frame),
					     .to_mask = PORTS_MASK,
					     .to = FIRST_PORT};
	start = now_seconds();
	ns = bench_run(bpf_program__fd(gen->progs.generate_paced), &w, &frame, sources, &e);
	if (ns < 0)
		fprintf(stderr, "bench spray: %s\n", e.text);
	else
		printf("%u %.3f\n", sources, now_seconds() - start);
	gen_bpf__destroy(gen);
	return ns < 0 ? SW_EXIT_FAILED : SW_EXIT_OK;
}
