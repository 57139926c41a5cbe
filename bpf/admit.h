/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Handles the ACK for a SYN-ACK that syncookie.h has sent with a timestamp. The kernel
 * would not understand that timestamp, so it is told what the client offered and
 * creates the connection from it (bpf_sk_assign_tcp_reqsk(), Linux 6.9, commit
 * e472f88891ab). This needs no sysctl, nor that the listener has overflowed, so a
 * restart of the service loses no handshake.
 *
 * It costs every packet a little, so it is attached only while a flood lasts.
 */
#ifndef ADMIT_H
#define ADMIT_H

#include "sockets.h"
#include "stamp.h"

struct bpf_tcp_req_attrs {
	__u32 rcv_tsval, rcv_tsecr;
	__u16 mss;
	__u8 rcv_wscale, snd_wscale;
	__u8 ecn_ok, wscale_ok, sack_ok, tstamp_ok;
	__u8 usec_ts_ok, reserved[3];
};

struct sock {
}; /* the loader only has to know that it is a struct */
extern int bpf_sk_assign_tcp_reqsk(struct __sk_buff *skb, struct sock *sk,
				   struct bpf_tcp_req_attrs *attrs, int attrs__sz) __ksym __weak;

struct admit_walk {
	__u8 option[64]; /* at most 40 are used */
	__u32 at, bytes;
	__u32 value, echo; /* of the timestamp option, host order; echo 0: no option */
};

/* Too large for the stack. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct admit_walk);
} admit_walks SEC(".maps");

static __always_inline __u32 stamp_at(const struct admit_walk *w, __u32 at)
{
	__be32 word;

	__builtin_memcpy(&word, &w->option[masked(at, 31)], sizeof(word));
	return bpf_ntohl(word);
}

static long read_stamp(__u64 n, void *ctx)
{
	struct admit_walk *w = *(struct admit_walk **)ctx;
	__u8 kind, length;

	(void)n;
	if (!w || w->at + 1 >= w->bytes)
		return 1;
	kind = w->option[w->at & 63];
	length = kind == 1 ? 1 : w->option[(w->at + 1) & 63];
	if (!kind || !length || w->at + length > w->bytes)
		return 1;
	if (kind == 8 && length == 10) {
		w->value = stamp_at(w, w->at + 2);
		w->echo = stamp_at(w, w->at + 6);
		return 1;
	}
	w->at += length;
	return 0;
}

/* True if the segment echoes one of our timestamps. */
static __always_inline bool read_stamps(struct __sk_buff *skb, const struct packet *p,
					struct admit_walk *w)
{
	__u32 at = (void *)(p->tcp + 1) - (void *)(long)skb->data;
	__u32 words = (p->tcp->doff - 5) & 15;

	w->at = w->echo = 0;
	w->bytes = words * 4;
	if (words < 3 || words > 10)
		return false;
	if (bpf_skb_load_bytes(skb, at, w->option, masked(w->bytes - 12, 31) + 12))
		return false;
	bpf_loop(40, read_stamp, &w, 0);
	return w->echo;
}

static __always_inline bool is_cookie4(const struct packet *p)
{
	struct tcphdr tcp = *p->tcp;
	struct iphdr ip = {.version = 4, .saddr = p->saddr4, .daddr = p->daddr4};

	return !bpf_tcp_raw_check_syncookie_ipv4(&ip, &tcp);
}

static __always_inline bool is_cookie6(const struct packet *p)
{
	struct tcphdr tcp = *p->tcp;
	struct ipv6hdr ip = {.version = 6, .saddr = *p->saddr6, .daddr = *p->daddr6};

	return !bpf_tcp_raw_check_syncookie_ipv6(&ip, &tcp);
}

static __always_inline struct bpf_tcp_req_attrs
attributes(const struct packet *p, const struct admit_walk *w, const struct sw_settings *set)
{
	struct sw_offer o = offer_in(w->echo, p->family == AF_INET6);
	struct bpf_tcp_req_attrs a = {
		.rcv_tsval = w->value,
		.rcv_tsecr = w->echo,
		.mss = o.mss,
		.sack_ok = o.sack,
		.tstamp_ok = 1,
	};

	if (o.scale != NO_SCALE) {
		a.wscale_ok = 1;
		a.snd_wscale = o.scale;
		a.rcv_wscale = set->window_scale;
	}
	return a;
}

static __always_inline struct bpf_sock *socket_for(struct __sk_buff *skb, const struct packet *p)
{
	struct bpf_sock_tuple t = {};

	if (p->family == AF_INET) {
		t.ipv4.saddr = p->saddr4;
		t.ipv4.daddr = p->daddr4;
		t.ipv4.sport = p->sport;
		t.ipv4.dport = p->dport;
		return bpf_skc_lookup_tcp(skb, &t, sizeof(t.ipv4), BPF_F_CURRENT_NETNS, 0);
	}
	__builtin_memcpy(t.ipv6.saddr, p->saddr6, 16);
	__builtin_memcpy(t.ipv6.daddr, p->daddr6, 16);
	t.ipv6.sport = p->sport;
	t.ipv6.dport = p->dport;
	return bpf_skc_lookup_tcp(skb, &t, sizeof(t.ipv6), BPF_F_CURRENT_NETNS, 0);
}

static __always_inline bool parse_ack(struct __sk_buff *skb, struct packet *p)
{
	if (parse_network((void *)(long)skb->data, (void *)(long)skb->data_end, p) != CONTINUE ||
	    p->proto != IPPROTO_TCP || p->fragment || p->at_offset)
		return false;
	return parse_tcp(p) == CONTINUE &&
	       (p->tcp_flags & (TCP_SYN | TCP_ACK | TCP_RST)) == TCP_ACK;
}

/* If anything is wrong with it, the kernel decides. */
static __always_inline void admit_cookie(struct __sk_buff *skb)
{
	const struct sw_settings *set = entry_of(&settings, 0);
	struct admit_walk *w = entry_of(&admit_walks, 0);
	struct bpf_tcp_req_attrs a;
	struct packet p = {};
	struct tcp_sock *tp;
	struct bpf_sock *sk;

	if (!set || !w || !parse_ack(skb, &p) || !read_stamps(skb, &p, w))
		return;
	if (!(p.family == AF_INET ? is_cookie4(&p) : is_cookie6(&p)))
		return;
	sk = socket_for(skb, &p);
	if (!sk)
		return;
	tp = sk->state == BPF_TCP_LISTEN ? bpf_skc_to_tcp_sock(sk) : NULL;
	if (tp) {
		a = attributes(&p, w, set);
		bpf_sk_assign_tcp_reqsk(skb, (struct sock *)tp, &a, sizeof(a));
	}
	bpf_sk_release(sk);
}

#endif
