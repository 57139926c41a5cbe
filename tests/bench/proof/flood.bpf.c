// SPDX-License-Identifier: GPL-2.0-only
/* Segments in names that are nobody's, with good checksums, at the pace asked for;
 * and at the sender's end of the wire the count of what comes back to those names. */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/tcp.h>
#include <stdbool.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>
#include "forged.h"

char _license[] SEC("license") = "GPL";

struct forged forged;
struct segment template;

static __always_inline bool is_due(void)
{
	__u64 now = bpf_ktime_get_ns();

	for (int i = 0; i < 8192 && now < forged.due_ns; i++)
		now = bpf_ktime_get_ns();
	forged.due_ns += forged.gap_ns;
	return now < forged.end_ns;
}

static __always_inline __u32 halves(__u32 word)
{
	return (word & 0xffff) + (word >> 16);
}

static __always_inline __u16 folded(__u32 sum)
{
	sum = halves(sum);
	return ~halves(sum);
}

static __always_inline __be32 next_name(void)
{
	__u32 n = forged.sent / forged.each;

	if (forged.source)
		return forged.source;
	/* lowbias32 of https://github.com/skeeto/hash-prospector: no name comes twice
	 * in 2^24 of them, and neighbours share no network. */
	n = (n + forged.seed) * 0x9e3779b1u;
	return bpf_htonl(FORGED_NET | (n >> 8 & FORGED_HOSTS));
}

SEC("xdp")
int forge(struct xdp_md *ctx)
{
	struct segment *h;
	__u32 r = bpf_get_prandom_u32();

	/* Frames are used again, as whoever answers in them has left them: the length is
	 * set anew only where the program itself changes it. */
	if (!is_due() || bpf_xdp_adjust_tail(ctx, FRAME_PADDING))
		return XDP_DROP;
	h = (void *)(long)ctx->data;
	if ((void *)(h + 1) > (void *)(long)ctx->data_end)
		return XDP_ABORTED;
	*h = template;
	h->ip.saddr = next_name();
	h->ip.check = folded(forged.ip_sum + halves(h->ip.saddr));
	h->tcp.source = bpf_htons(1024 + (r & 0x7fff));
	h->tcp.dest = bpf_htons(forged.port + (r >> 16 & forged.spread));
	h->tcp.seq = bpf_get_prandom_u32();
	h->tcp.ack_seq = forged.acks ? bpf_get_prandom_u32() : 0;
	h->tcp.check = folded(forged.tcp_sum + halves(h->ip.saddr) + h->tcp.source + h->tcp.dest +
			      halves(h->tcp.seq) + halves(h->tcp.ack_seq));
	forged.sent++;
	return XDP_TX;
}

SEC("xdp")
int count(struct xdp_md *ctx)
{
	struct segment *h = (void *)(long)ctx->data;
	bool nobody;

	if ((void *)(h + 1) > (void *)(long)ctx->data_end ||
	    h->eth.h_proto != bpf_htons(ETH_P_IP) || h->ip.protocol != IPPROTO_TCP)
		return XDP_PASS;
	nobody = (bpf_ntohl(h->ip.daddr) & ~FORGED_HOSTS) == FORGED_NET;
	if (!nobody && h->ip.daddr != forged.source)
		return XDP_PASS;
	if (h->tcp.rst)
		__sync_fetch_and_add(&forged.resets, 1);
	else if (h->tcp.syn)
		__sync_fetch_and_add(&forged.syn_acks, 1);
	return nobody ? XDP_DROP : XDP_PASS;
}
