// SPDX-License-Identifier: GPL-2.0-only
/* flood IFACE ADDRESS MAC syn|ack PORT SPREAD SOURCE|- EACH PER_SECOND SECONDS: prints
 * segments sent, SYN-ACKs and RSTs that came back, all a second; and segments sent, and
 * SYN-ACKs that came back, for each second of CPU that this took: its own, in which the
 * kernel receives as well, and ksoftirqd's. A rate of 0 is as fast as it goes. The
 * counter stays at the interface. */
#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_link.h>
#include <linux/ip.h>
#include <linux/tcp.h>
#include <net/if.h>
#include <dirent.h>
#include <sched.h>
#include <netinet/ether.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>
#include "forged.h"
#include "lab.h"

#include "flood.skel.h"

#define SECOND 1000000000ull
#define BATCH 64     /* well below the 256 places of veth's ring */
#define CHUNK 400000 /* between looks at the clock */

static __u64 now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * SECOND + t.tv_nsec;
}

static __u32 sum16(const void *at, size_t bytes)
{
	__u32 sum = 0;
	__u16 word;

	for (size_t i = 0; i < bytes; i += sizeof(word)) {
		memcpy(&word, (const char *)at + i, sizeof(word));
		sum += word;
	}
	return sum;
}

static int own_mac(const char *iface, void *mac)
{
	struct ifreq r = {};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), rc;

	snprintf(r.ifr_name, sizeof(r.ifr_name), "%s", iface);
	rc = fd < 0 ? -1 : ioctl(fd, SIOCGIFHWADDR, &r);
	memcpy(mac, r.ifr_hwaddr.sa_data, ETH_ALEN);
	if (fd >= 0)
		close(fd);
	return rc;
}

/* All that stays the same, and its sums. */
static int aim(struct segment *s, struct forged *f, char **argv)
{
	struct ether_addr to;

	*s = (struct segment){
		.eth.h_proto = htons(ETH_P_IP),
		.ip = {.version = 4,
		       .ihl = 5,
		       .ttl = 64,
		       .protocol = IPPROTO_TCP,
		       .frag_off = htons(0x4000),
		       .tot_len = htons(sizeof(s->ip) + sizeof(s->tcp))},
		.tcp = {.doff = 5, .window = htons(64240)},
	};
	if (own_mac(argv[1], s->eth.h_source) || inet_pton(AF_INET, argv[2], &s->ip.daddr) != 1 ||
	    !ether_aton_r(argv[3], &to))
		return -1;
	memcpy(s->eth.h_dest, &to, sizeof(to));
	f->acks = !strcmp(argv[4], "ack");
	s->tcp.ack = f->acks;
	s->tcp.syn = !f->acks;
	f->port = atoi(argv[5]);
	f->spread = atoi(argv[6]);
	if (strcmp(argv[7], "-") && inet_pton(AF_INET, argv[7], &f->source) != 1)
		return -1;
	f->each = atoi(argv[8]);
	f->seed = getpid() << 8;
	f->ip_sum = sum16(&s->ip, sizeof(s->ip));
	f->tcp_sum = sum16(&s->tcp, sizeof(s->tcp)) + sum16(&s->ip.daddr, sizeof(s->ip.daddr)) +
		     htons(IPPROTO_TCP) + htons(sizeof(s->tcp));
	return f->each ? 0 : -1;
}

/* The kernel's thread for what softirqs of this CPU were too many for; 0: none. */
static int ksoftirqd(void)
{
	char path[300], comm[32], wanted[32];
	DIR *dir = opendir("/proc");
	struct dirent *d;
	int pid = 0;
	FILE *f;

	snprintf(wanted, sizeof(wanted), "ksoftirqd/%d\n", sched_getcpu());
	while (dir && !pid && (d = readdir(dir))) {
		snprintf(path, sizeof(path), "/proc/%s/comm", d->d_name);
		f = atoi(d->d_name) ? fopen(path, "re") : NULL;
		if (f && fgets(comm, sizeof(comm), f) && !strcmp(comm, wanted))
			pid = atoi(d->d_name);
		if (f)
			fclose(f);
	}
	if (dir)
		closedir(dir);
	return pid;
}

static double cpu_seconds(int thread)
{
	unsigned long long ns = 0;
	struct timespec own;
	char path[64];
	FILE *f;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &own);
	snprintf(path, sizeof(path), "/proc/%d/schedstat", thread);
	f = thread ? fopen(path, "re") : NULL;
	if (f && fscanf(f, "%llu", &ns) != 1)
		ns = 0;
	if (f)
		fclose(f);
	return own.tv_sec + (own.tv_nsec + ns) / 1e9;
}

static int send_chunks(const struct flood_bpf *b, struct segment *s, int ifindex)
{
	struct xdp_md ctx = {.data_end = sizeof(*s), .ingress_ifindex = ifindex};
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = s, .data_size_in = sizeof(*s),
		    .ctx_in = &ctx, .ctx_size_in = sizeof(ctx), .repeat = CHUNK,
		    .flags = BPF_F_TEST_XDP_LIVE_FRAMES, .batch_size = BATCH);
	int rc = bpf_xdp_attach(ifindex, bpf_program__fd(b->progs.count), XDP_FLAGS_DRV_MODE, NULL);

	while (!rc && now_ns() < b->bss->forged.end_ns)
		rc = bpf_prog_test_run_opts(bpf_program__fd(b->progs.forge), &opts);
	return rc;
}

static void print_rates(const struct forged *seen, double seconds, double cpu)
{
	printf("%.0f %.0f %.0f %.0f %.0f\n", seen->sent / seconds, seen->syn_acks / seconds,
	       seen->resets / seconds, seen->sent / cpu, seen->syn_acks / cpu);
}

int flood_main(int argc, char **argv)
{
	int ifindex = argc == 11 ? if_nametoindex(argv[1]) : 0, thread = ksoftirqd(), rc;
	struct flood_bpf *b;
	struct forged f = {};
	struct segment s;
	double cpu;
	__u64 rate;

	if (!ifindex || aim(&s, &f, argv)) {
		fputs("usage: proof-lab flood IFACE ADDRESS MAC syn|ack PORT SPREAD SOURCE|- EACH "
		      "PER_SECOND SECONDS\n",
		      stderr);
		return 2;
	}
	b = flood_bpf__open_and_load();
	if (!b)
		return 1;
	rate = strtoull(argv[9], NULL, 10);
	f.gap_ns = rate ? SECOND / rate : 0;
	f.due_ns = now_ns();
	f.end_ns = f.due_ns + atof(argv[10]) * SECOND;
	b->bss->forged = f;
	b->bss->template = s;
	cpu = cpu_seconds(thread);
	rc = send_chunks(b, &s, ifindex);
	cpu = cpu_seconds(thread) - cpu;
	if (rc)
		fprintf(stderr, "proof-lab: flood: %s\n", strerror(errno));
	else
		print_rates(&b->bss->forged, atof(argv[10]), cpu);
	flood_bpf__destroy(b);
	return rc ? 1 : 0;
}
