/* SPDX-License-Identifier: GPL-2.0-only */
/* Is the port open, does a connection exist? Looks up the kernel's sockets. */
#ifndef SOCKETS_H
#define SOCKETS_H

#include <bpf/bpf_core_read.h>
#include "pkt_meta.h"

/* Fields of the kernel's struct, relocated by name at load (CO-RE). */
struct tcp_sock {
	__u32 rcv_nxt, snd_nxt, snd_una, rcv_wnd;
	__u64 bytes_received, bytes_acked;
	bool is_mptcp;
} __attribute__((preserve_access_index));

struct tcp_request_sock {
	__u32 rcv_isn, snt_isn;
	__u64 snt_synack; /* us, monotonic: time of the first SYN-ACK */
} __attribute__((preserve_access_index));

enum socket_state {
	NO_SOCKET = SW_SOCKET_NONE,
	LISTENING = SW_SOCKET_LISTENING,
	HALF_OPEN = SW_SOCKET_HALF_OPEN,
	CONNECTED = SW_SOCKET_CONNECTED,
};

/* In a replay user space computes the result for each packet. */
static __always_inline enum socket_state replayed_socket(void)
{
	const struct sw_settings *set = entry_of(&settings, 0);

	return set ? set->socket : NO_SOCKET;
}

static __always_inline void socket_tuple(const struct pkt_meta *p, struct bpf_sock_tuple *t)
{
	if (p->family == AF_INET) {
		__builtin_memcpy(&t->ipv4.saddr, &p->src.byte[12], 4);
		__builtin_memcpy(&t->ipv4.daddr, &p->dst.byte[12], 4);
		t->ipv4.sport = p->flow.sport;
		t->ipv4.dport = p->flow.dport;
		return;
	}
	__builtin_memcpy(t->ipv6.saddr, &p->src, 16);
	__builtin_memcpy(t->ipv6.daddr, &p->dst, 16);
	t->ipv6.sport = p->flow.sport;
	t->ipv6.dport = p->flow.dport;
}

static __always_inline long check_cookie4(struct bpf_sock *sk, const struct pkt_meta *p,
					  struct tcphdr *tcp)
{
	struct iphdr ip = {.version = 4};

	__builtin_memcpy(&ip.saddr, &p->src.byte[12], 4);
	__builtin_memcpy(&ip.daddr, &p->dst.byte[12], 4);
	return bpf_tcp_check_syncookie(sk, &ip, sizeof(ip), tcp, sizeof(*tcp));
}

static __always_inline long check_cookie6(struct bpf_sock *sk, const struct pkt_meta *p,
					  struct tcphdr *tcp)
{
	struct ipv6hdr ip = {.version = 6};

	__builtin_memcpy(&ip.saddr, &p->src, 16);
	__builtin_memcpy(&ip.daddr, &p->dst, 16);
	return bpf_tcp_check_syncookie(sk, &ip, sizeof(ip), tcp, sizeof(*tcp));
}

/* Does an ACK to a listener carry a SYN cookie that the kernel sent (RFC 4987 3.6)? The
 * helper reads no more of the headers than these. Not inlined, or the caller would keep
 * the headers on its stack across all its calls. */
static __noinline bool carries_cookie(struct bpf_sock *sk, const struct pkt_meta *p)
{
	struct tcphdr tcp = {
		.source = p->flow.sport,
		.dest = p->flow.dport,
		.seq = p->seq,
		.ack_seq = p->ack_seq,
		.doff = 5,
		.ack = 1,
	};

	if (!(p->tcp_flags & TCP_ACK))
		return false;
	return !(p->family == AF_INET ? check_cookie4(sk, p, &tcp) : check_cookie6(sk, p, &tcp));
}

/* NULL unless the socket is a full one. */
static __always_inline struct tcp_sock *full_socket(struct bpf_sock *sk)
{
	return sk->state == BPF_TCP_LISTEN || sk->state == BPF_TCP_NEW_SYN_RECV
		       ? NULL
		       : bpf_skc_to_tcp_sock(sk);
}

/* *received: has it received data? */
static __always_inline enum socket_state find_tcp(struct xdp_md *ctx, const struct pkt_meta *p,
						  __u8 *received)
{
	struct bpf_sock_tuple t = {};
	struct tcp_sock *tp;
	enum socket_state found = CONNECTED;
	struct bpf_sock *sk;

	if (replaying)
		return replayed_socket();
	socket_tuple(p, &t);
	if (p->family == AF_INET)
		sk = bpf_skc_lookup_tcp(ctx, &t, sizeof(t.ipv4), BPF_F_CURRENT_NETNS, 0);
	else
		sk = bpf_skc_lookup_tcp(ctx, &t, sizeof(t.ipv6), BPF_F_CURRENT_NETNS, 0);
	if (!sk)
		return NO_SOCKET;
	if (sk->state == BPF_TCP_LISTEN)
		found = carries_cookie(sk, p) ? HALF_OPEN : LISTENING;
	else if (sk->state == BPF_TCP_NEW_SYN_RECV)
		found = HALF_OPEN;
	tp = full_socket(sk);
	*received = tp && tp->bytes_received;
	bpf_sk_release(sk);
	return found;
}

static __always_inline enum socket_state tcp_socket(struct xdp_md *ctx, const struct pkt_meta *p)
{
	__u8 received;

	return find_tcp(ctx, p, &received);
}

static __always_inline enum socket_state udp_socket(struct xdp_md *ctx, const struct pkt_meta *p)
{
	struct bpf_sock_tuple t = {};
	enum socket_state found;
	struct bpf_sock *sk;

	if (replaying)
		return replayed_socket();
	socket_tuple(p, &t);
	if (p->family == AF_INET)
		sk = bpf_sk_lookup_udp(ctx, &t, sizeof(t.ipv4), BPF_F_CURRENT_NETNS, 0);
	else
		sk = bpf_sk_lookup_udp(ctx, &t, sizeof(t.ipv6), BPF_F_CURRENT_NETNS, 0);
	if (!sk)
		return NO_SOCKET;
	found = sk->dst_port ? CONNECTED : LISTENING;
	bpf_sk_release(sk);
	return found;
}

static __always_inline bool is_local_addr(const struct pkt_meta *p)
{
	/* On the stack: before 6.2 the verifier accepts no map key that points into an
	 * argument of a global function (d1673304097c). */
	struct sw_addr dst = p->dst;

	return bpf_map_lookup_elem(&local_addrs, &dst);
}

#endif
