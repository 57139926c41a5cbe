// SPDX-License-Identifier: GPL-2.0-only
/* veth pairs in network namespaces, and packets over them. */
#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/ethtool.h>
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/sockios.h>
#include <linux/tcp.h>
#include <linux/udp.h>
#include <sched.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include "wire.h"

/* Well below the 256 places of veth's ring, so that none is ever lost there. */
#define BATCH 64

/* Of a run: some milliseconds each, less than a slice of the scheduler's. */
#define SLICES 16

#define LEAST_FRAME 80 /* the shorter are padded */
#define UDP_PAYLOAD 18

#define RX_MAC "02:00:00:00:00:01"

/* The bench stays on one CPU; a command may use them all, as an operator's would, but for
 * one that the bench keeps busy: whoever is begun there waits for a slice of its time. */
static int spawn_beside(int busy, pid_t *pid, const char *const argv[],
			posix_spawn_file_actions_t *files)
{
	cpu_set_t mine, all;
	int rc;

	memset(&all, 0xff, sizeof(all));
	if (busy >= 0)
		CPU_CLR(busy, &all);
	if (sched_getaffinity(0, sizeof(mine), &mine) || sched_setaffinity(0, sizeof(all), &all))
		return errno;
	rc = posix_spawnp(pid, argv[0], files, NULL, (char *const *)argv, environ);
	return sched_setaffinity(0, sizeof(mine), &mine) && !rc ? errno : rc;
}

int bench_command(const char *const argv[], struct sw_err *e)
{
	return bench_command_beside(-1, argv, e);
}

int bench_command_beside(int busy, const char *const argv[], struct sw_err *e)
{
	posix_spawn_file_actions_t files;
	char said[512] = "";
	int pipefd[2], status, rc;
	size_t have = 0;
	ssize_t n;
	pid_t pid;

	if (pipe2(pipefd, O_CLOEXEC))
		return sw_fail(e, SW_EXIT_FAILED, "no pipe: %s", strerror(errno));
	posix_spawn_file_actions_init(&files);
	posix_spawn_file_actions_adddup2(&files, pipefd[1], STDOUT_FILENO);
	posix_spawn_file_actions_adddup2(&files, pipefd[1], STDERR_FILENO);
	rc = spawn_beside(busy, &pid, argv, &files);
	posix_spawn_file_actions_destroy(&files);
	close(pipefd[1]);
	while (!rc && (n = read(pipefd[0], said + have, sizeof(said) - 1 - have)) > 0)
		have += n;
	close(pipefd[0]);
	if (rc || waitpid(pid, &status, 0) < 0)
		return sw_fail(e, SW_EXIT_FAILED, "cannot run %s: %s", argv[0],
			       strerror(rc ? rc : errno));
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return 0;
	said[strcspn(said, "\n")] = 0;
	return sw_fail(e, SW_EXIT_FAILED, "%s %s failed: %s", argv[0], argv[1], said);
}

static int write_file(const char *path, const char *text, struct sw_err *e)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	int rc = fd < 0 || write(fd, text, strlen(text)) < 0 ? -1 : 0;

	if (rc)
		sw_fail(e, SW_EXIT_FAILED, "cannot write %s: %s", path, strerror(errno));
	if (fd >= 0)
		close(fd);
	return rc;
}

int bench_isolate(struct sw_err *e)
{
	static const char *const loopback[] = {"ip", "link", "set", "lo", "up", NULL};
	static const char *const own[] = {"ip",	 "addr", "add", OWN_ADDRESS "/32",
					  "dev", "lo",	 NULL};

	static const char *const own6[] = {"ip",  "addr", "add",   OWN_ADDRESS6 "/128",
					   "dev", "lo",	  "nodad", NULL};

	if (unshare(CLONE_NEWNET | CLONE_NEWNS))
		return sw_fail(e, SW_EXIT_PERM,
			       "cannot make a network namespace: %s; run the bench as root",
			       strerror(errno));
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
	    mount("bpf", "/sys/fs/bpf", "bpf", 0, NULL))
		return sw_fail(e, SW_EXIT_FAILED, "cannot mount a BPF file system: %s",
			       strerror(errno));
	/* Nobody else shall speak on the wires. */
	if (write_file("/proc/sys/net/ipv6/conf/default/disable_ipv6", "1", e))
		return -1;
	return bench_command(loopback, e) || bench_command(own, e) || bench_command(own6, e) ? -1
											     : 0;
}

static int ethtool(int fd, const char *dev, void *request)
{
	struct ifreq r = {.ifr_data = request};

	snprintf(r.ifr_name, sizeof(r.ifr_name), "%s", dev);
	return ioctl(fd, SIOCETHTOOL, &r);
}

/* veth takes frames for its peer only where that polls: with XDP or with GRO.
 * The peers of scanwall that have no XDP program need the latter. */
static int poll_always(const char *dev, struct sw_err *e)
{
	struct ethtool_value gro = {.cmd = ETHTOOL_SGRO, .data = 1};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int rc = fd < 0 ? -1 : ethtool(fd, dev, &gro);

	if (rc)
		sw_fail(e, SW_EXIT_FAILED, "%s cannot have GRO: %s", dev, strerror(errno));
	if (fd >= 0)
		close(fd);
	return rc;
}

int wire_make(struct wire *w, const char *name, struct sw_err *e)
{
	return wire_make_wide(w, name, 1, e);
}

int wire_make_wide(struct wire *w, const char *name, int queues, struct sw_err *e)
{
	char n[12];
	const char *const add[] = {"ip",
				   "link",
				   "add",
				   w->tx,
				   "numrxqueues",
				   n,
				   "numtxqueues",
				   n,
				   "type",
				   "veth",
				   "peer",
				   "name",
				   w->rx,
				   "address",
				   RX_MAC,
				   "numrxqueues",
				   n,
				   "numtxqueues",
				   n,
				   NULL};
	const char *const tx_up[] = {"ip", "link", "set", w->tx, "up", NULL};
	const char *const rx_up[] = {"ip", "link", "set", w->rx, "up", NULL};

	snprintf(n, sizeof(n), "%d", queues);
	snprintf(w->tx, sizeof(w->tx), "tx-%s", name);
	snprintf(w->rx, sizeof(w->rx), "rx-%s", name);
	if (bench_command(add, e) || bench_command(tx_up, e) || bench_command(rx_up, e))
		return -1;
	w->tx_index = if_nametoindex(w->tx);
	w->rx_index = if_nametoindex(w->rx);
	return poll_always(w->rx, e);
}

void wire_remove(const struct wire *w)
{
	struct sw_err ignored;

	bench_command((const char *const[]){"ip", "link", "del", w->tx, NULL}, &ignored);
}

/* The generator writes the IPv4 checksum; TCP's stays wrong, UDP has none.
 * Nothing on the way to a verdict looks at them. */
static void *frame_ip4(void *after_eth, __u8 proto, __u16 length)
{
	struct iphdr *ip = after_eth;

	ip->tot_len = htons(sizeof(*ip) + length);
	ip->version = 4;
	ip->ihl = 5;
	ip->ttl = 64;
	ip->protocol = proto;
	ip->daddr = inet_addr(OWN_ADDRESS);
	return ip + 1;
}

static void *frame_ip6(void *after_eth, __u8 proto, __u16 length)
{
	struct ipv6hdr *ip = after_eth;

	ip->payload_len = htons(length);
	ip->version = 6;
	ip->hop_limit = 64;
	ip->nexthdr = proto;
	inet_pton(AF_INET6, OWN_ADDRESS6, &ip->daddr);
	return ip + 1;
}

/* length: of what follows the IP header. */
static void *frame_ip(struct frame *f, bool v6, __u8 proto, __u16 length)
{
	__u32 size = sizeof(struct ethhdr) + length +
		     (v6 ? sizeof(struct ipv6hdr) : sizeof(struct iphdr));
	struct ethhdr *eth = (void *)f->byte;

	memset(f, 0, sizeof(*f));
	f->size = size < LEAST_FRAME ? LEAST_FRAME : size;
	eth->h_dest[0] = 2; /* RX_MAC */
	eth->h_dest[5] = 1;
	eth->h_proto = htons(v6 ? ETH_P_IPV6 : ETH_P_IP);
	return v6 ? frame_ip6(eth + 1, proto, length) : frame_ip4(eth + 1, proto, length);
}

__u32 frame_sum(const struct frame *f)
{
	const __u8 *ip = f->byte + sizeof(struct ethhdr);
	__u32 sum = 0;

	for (int i = 0; i < 20; i += 2) {
		__u16 word;

		memcpy(&word, ip + i, sizeof(word));
		sum += word;
	}
	return sum;
}

void frame_tcp(struct frame *f, bool v6, __u8 flags, __u16 port, __u16 payload)
{
	struct tcphdr *tcp = frame_ip(f, v6, IPPROTO_TCP, sizeof(*tcp) + payload);

	tcp->dest = htons(port);
	tcp->doff = 5;
	((__u8 *)tcp)[13] = flags;
	tcp->window = htons(64240);
}

void frame_udp(struct frame *f, bool v6, __u16 port)
{
	struct udphdr *udp = frame_ip(f, v6, IPPROTO_UDP, sizeof(*udp) + UDP_PAYLOAD);

	udp->dest = htons(port);
	udp->len = htons(sizeof(*udp) + UDP_PAYLOAD);
}

double bench_run(int prog, const struct wire *w, const struct frame *f, __u32 n, struct sw_err *e)
{
	struct xdp_md ctx = {.data_end = f->size};
	struct frame back; /* what is left of the frame; unused */
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = f->byte, .data_size_in = f->size,
		    .ctx_in = &ctx, .ctx_size_in = sizeof(ctx), .repeat = n);

	if (w) {
		ctx.ingress_ifindex = w->tx_index;
		opts.flags = BPF_F_TEST_XDP_LIVE_FRAMES;
		opts.batch_size = BATCH;
	} else {
		opts.data_out = back.byte;
		opts.data_size_out = sizeof(back.byte);
	}
	if (bpf_prog_test_run_opts(prog, &opts))
		return sw_fail(e, SW_EXIT_FAILED, "the generator could not run on %s: %s",
			       w ? w->tx : "no device", strerror(errno));
	return opts.duration + 0.5; /* the kernel cuts it to whole ns */
}

double bench_best(int prog, const struct wire *w, const struct frame *f, __u32 n, struct sw_err *e)
{
	double best = -1;

	for (__u32 i = 0; i < SLICES; i++) {
		__u32 part = (__u64)n * (i + 1) / SLICES - (__u64)n * i / SLICES;
		double ns = bench_run(prog, w, f, part, e);

		if (ns < 0)
			return -1;
		if (best < 0 || ns < best)
			best = ns;
	}
	return best;
}

/* The driver counts in any case; a count of the bench's own would be a cost
 * that only the floor has. */
static long long driver_count(int fd, const char *dev, const char *name)
{
	union {
		struct ethtool_sset_info info;
		__u8 room[sizeof(struct ethtool_sset_info) + sizeof(__u32)];
	} set = {.info = {.cmd = ETHTOOL_GSSET_INFO, .sset_mask = 1ull << ETH_SS_STATS}};
	struct ethtool_gstrings *names = NULL;
	struct ethtool_stats *stats = NULL;
	long long found = -1;
	__u32 count;

	if (ethtool(fd, dev, &set) || !set.info.data[0])
		return -1;
	count = set.info.data[0];
	names = calloc(1, sizeof(*names) + count * ETH_GSTRING_LEN);
	stats = calloc(1, sizeof(*stats) + count * sizeof(__u64));
	if (!names || !stats)
		goto out;
	*names = (struct ethtool_gstrings){ETHTOOL_GSTRINGS, ETH_SS_STATS, count};
	*stats = (struct ethtool_stats){ETHTOOL_GSTATS, count};
	if (ethtool(fd, dev, names) || ethtool(fd, dev, stats))
		goto out;
	for (__u32 i = 0; i < count; i++)
		if (!strcmp((char *)names->data + i * ETH_GSTRING_LEN, name))
			found = stats->data[i];
out:
	free(names);
	free(stats);
	return found;
}

long long wire_received(const struct wire *w, struct sw_err *e)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	long long n = fd < 0 ? -1 : driver_count(fd, w->rx, "rx_queue_0_xdp_packets");

	if (n < 0)
		sw_fail(e, SW_EXIT_FAILED, "%s does not say how many frames it received: %s", w->rx,
			strerror(errno));
	if (fd >= 0)
		close(fd);
	return n;
}
