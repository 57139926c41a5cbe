// SPDX-License-Identifier: GPL-2.0-only
/*
 * `scanwall run --tls`: plaintext of TLS servers, taken where libssl (OpenSSL 1.1 and
 * 3) returns it to them. A separate object, loaded for this option only. It makes no
 * decisions: the daemon runs the text through the program that inspects payloads
 * (user/daemon/tls.c).
 *
 * It combines three facts:
 *   SSL_set_accept_state  the session is a server's; what a client reads is a reply,
 *                         and no rule's concern
 *   tcp_rcv_space_adjust  the connection that a thread reads from while in libssl
 *   SSL_read, SSL_read_ex the plaintext, and with
 *   SSL_write ...         the reply to it
 */
#include <linux/bpf.h>
#include <linux/ptrace.h>
#include <stdbool.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <scanwall/tls_read.h>

char _license[] SEC("license") = "GPL";

#define AF_INET 2 /* <sys/socket.h> does not compile for BPF */
#define AF_INET6 10
#define SECOND_NS 1000000000ull

/* Fields of the kernel's structs, relocated by name at load (CO-RE). */
struct in6_addr {
	union {
		__u8 u6_addr8[16];
	} in6_u;
} __attribute__((preserve_access_index));

struct ns_common {
	unsigned int inum;
} __attribute__((preserve_access_index));

struct net {
	struct ns_common ns;
} __attribute__((preserve_access_index));

typedef struct {
	struct net *net;
} __attribute__((preserve_access_index)) possible_net_t;

struct sock_common {
	__be32 skc_daddr, skc_rcv_saddr;
	__be16 skc_dport;
	__u16 skc_num;
	unsigned short skc_family;
	possible_net_t skc_net;
	struct in6_addr skc_v6_daddr, skc_v6_rcv_saddr;
} __attribute__((preserve_access_index));

struct sock {
	struct sock_common __sk_common;
} __attribute__((preserve_access_index));

struct task_struct;

enum known {
	UNKNOWN,
	KNOWN,
	DOUBTFUL,
};

struct place {
	__u64 sk;
	struct sw_addr remote, local;
	__be16 remote_port, local_port;
	__u32 netns;
	__s32 fd;
	__u32 known; /* enum known */
};

/* State between entry and return of a libssl function. */
struct call {
	__u64 ssl, buffer;
	__u64 length_at; /* where SSL_read_ex stores the length; 0: SSL_read */
	struct place place;
};

struct session_key {
	__u64 ssl;
	__u64 pid;
};

struct session {
	struct place place;
	__u64 last_ns; /* time of the last read */
	__u32 next;    /* sequence number of the next byte */
	__s32 left;    /* bytes left of SW_TLS_BUDGET */
	__u32 asks;    /* 1: the next write is the reply */
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, SW_TLS_THREADS);
	__type(key, __u32);
	__type(value, struct call);
} calls SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, SW_TLS_SESSIONS);
	__type(key, struct session_key);
	__type(value, struct session);
} sessions SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, SW_TLS_RING);
} reads SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct sw_tls_counts);
} tls_counts SEC(".maps");

static __always_inline struct sw_tls_counts *counts(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&tls_counts, &zero);
}

static __always_inline struct session_key key_of(__u64 ssl)
{
	return (struct session_key){ssl, bpf_get_current_pid_tgid() >> 32};
}

static __always_inline __u32 this_thread(void)
{
	return bpf_get_current_pid_tgid();
}

/* ---- sessions */

/* Called for every server session, by SSL_accept() if not by the application. */
SEC("uprobe")
int accept_state(struct pt_regs *regs)
{
	struct session_key key = key_of(PT_REGS_PARM1(regs));
	/* Never the same number twice for one four-tuple, as TCP guarantees. */
	struct session fresh = {.next = bpf_ktime_get_ns() >> 6};

	bpf_map_update_elem(&sessions, &key, &fresh, BPF_ANY);
	return 0;
}

/* The memory may be reused, perhaps for a client's session. */
SEC("uprobe")
int connect_state(struct pt_regs *regs)
{
	struct session_key key = key_of(PT_REGS_PARM1(regs));

	bpf_map_delete_elem(&sessions, &key);
	return 0;
}

SEC("uprobe")
int free_session(struct pt_regs *regs)
{
	struct session_key key = key_of(PT_REGS_PARM1(regs));

	bpf_map_delete_elem(&sessions, &key);
	return 0;
}

/* ---- the connection */

/* The first argument of recvfrom(), read() and similar calls. */
static __always_inline __s32 fd_of_call(void)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct pt_regs *regs = (struct pt_regs *)bpf_task_pt_regs(task);
	__u64 fd = 0;

	bpf_probe_read_kernel(&fd, sizeof(fd), (void *)&PT_REGS_PARM1(regs));
	return fd;
}

static __always_inline void put4(struct sw_addr *to, __be32 from)
{
	*(__u64 *)to->byte = 0;
	*(__u16 *)(to->byte + 8) = 0;
	*(__u16 *)(to->byte + 10) = 0xffff;
	*(__be32 *)(to->byte + 12) = from;
}

static __always_inline void note_place(struct place *p, struct sock *sk)
{
	__u16 family = BPF_CORE_READ(sk, __sk_common.skc_family);

	if (family == AF_INET) {
		put4(&p->remote, BPF_CORE_READ(sk, __sk_common.skc_daddr));
		put4(&p->local, BPF_CORE_READ(sk, __sk_common.skc_rcv_saddr));
	} else if (family == AF_INET6) {
		BPF_CORE_READ_INTO(&p->remote, sk, __sk_common.skc_v6_daddr);
		BPF_CORE_READ_INTO(&p->local, sk, __sk_common.skc_v6_rcv_saddr);
	} else {
		return;
	}
	p->remote_port = BPF_CORE_READ(sk, __sk_common.skc_dport);
	p->local_port = __builtin_bswap16(BPF_CORE_READ(sk, __sk_common.skc_num));
	p->netns = BPF_CORE_READ(sk, __sk_common.skc_net.net, ns.inum);
	p->fd = fd_of_call();
	p->sk = (__u64)sk;
	p->known = KNOWN;
}

/* A segment was read, in the context of the reading task. Kernel TLS and others also
 * read in softirqs, which may interrupt any task: so a call in which two sockets were
 * seen proves nothing, and a session whose socket changes is no longer inspected. A
 * tracepoint, because fentry and kprobes are not available everywhere. */
SEC("tp_btf/tcp_rcv_space_adjust")
int received(__u64 *argument)
{
	struct sock *sk = (struct sock *)argument[0];
	__u32 thread = this_thread();
	struct call *c = bpf_map_lookup_elem(&calls, &thread);

	if (!c)
		return 0;
	if (c->place.known == UNKNOWN)
		note_place(&c->place, sk);
	else if (c->place.sk != (__u64)sk)
		c->place.known = DOUBTFUL;
	return 0;
}

/* ---- the text */

static __always_inline int enter(__u64 ssl, __u64 buffer, __u64 length_at)
{
	struct call c = {.ssl = ssl, .buffer = buffer, .length_at = length_at};
	struct session_key key = key_of(ssl);
	__u32 thread = this_thread();

	if (bpf_map_lookup_elem(&sessions, &key))
		bpf_map_update_elem(&calls, &thread, &c, BPF_ANY);
	return 0;
}

SEC("uprobe")
int enter_handshake(struct pt_regs *regs)
{
	return enter(PT_REGS_PARM1(regs), 0, 0);
}

SEC("uprobe")
int enter_read(struct pt_regs *regs)
{
	return enter(PT_REGS_PARM1(regs), PT_REGS_PARM2(regs), 0);
}

SEC("uprobe")
int enter_read_ex(struct pt_regs *regs)
{
	return enter(PT_REGS_PARM1(regs), PT_REGS_PARM2(regs), PT_REGS_PARM4(regs));
}

/* "GET", "POST": three upper-case letters. */
static __always_inline bool begins_request(__u64 buffer)
{
	__u8 c[4] = {};

	if (bpf_probe_read_user(c, 3, (void *)buffer))
		return false;
	for (int i = 0; i < 3; i++)
		if (c[i] < 'A' || c[i] > 'Z')
			return false;
	return true;
}

/* Uploads are not inspected to their end: that would cost much and find nothing. */
static __always_inline bool is_wanted(struct session *s, const struct call *c, __u32 length)
{
	__u64 now = bpf_ktime_get_ns();

	if (now - s->last_ns > SECOND_NS || begins_request(c->buffer))
		s->left = SW_TLS_BUDGET;
	s->last_ns = now;
	if (s->left <= 0)
		return false;
	s->left -= length;
	return true;
}

static __always_inline void describe(struct sw_tls_read *r, const struct session *s, __u32 length)
{
	r->remote = s->place.remote;
	r->local = s->place.local;
	r->remote_port = s->place.remote_port;
	r->local_port = s->place.local_port;
	r->netns = s->place.netns;
	r->fd = s->place.fd;
	r->pid = bpf_get_current_pid_tgid() >> 32;
	r->seq = s->next;
	r->length = length;
	r->answer = 0;
}

/* A reservation must have a constant size, so there are three, powers of two. Written
 * to the ring directly and not through a map, because another thread may be scheduled
 * in between. */
#define HAND_ON(most)                                                                        \
	do {                                                                                 \
		r = bpf_ringbuf_reserve(&reads, sizeof(*r) + (most), 0);                     \
		if (!r)                                                                      \
			return false;                                                        \
		describe(r, s, length);                                                      \
		bpf_probe_read_user(r->text, ((length - 1) & ((most)-1)) + 1, (void *)from); \
		bpf_ringbuf_submit(r, 0);                                                    \
		return true;                                                                 \
	} while (0)

static __always_inline bool hand_on(const struct session *s, __u64 from, __u32 length)
{
	struct sw_tls_read *r;

	asm volatile("" : "+r"(length)); /* or clang drops the masks, which 6.1 needs */
	if (length <= 512)
		HAND_ON(512);
	if (length <= 2048)
		HAND_ON(2048);
	HAND_ON(SW_TLS_RECORD);
}

static __always_inline void take(struct session *s, const struct call *c, __u32 length)
{
	struct sw_tls_counts *n = counts();
	__u32 most = length < SW_TLS_RECORD ? length : SW_TLS_RECORD;

	if (!n)
		return;
	__sync_fetch_and_add(&n->reads, 1);
	if (s->place.known != KNOWN)
		__sync_fetch_and_add(&n->unplaced, 1);
	else if (is_wanted(s, c, length)) {
		s->asks = 1;
		if (hand_on(s, c->buffer, most))
			__sync_fetch_and_add(&n->looked, 1);
		else
			__sync_fetch_and_add(&n->full, 1);
	}
	s->next += length;
}

static __always_inline __u32 length_of(const struct call *c, int rc)
{
	__u64 length = 0;

	if (rc <= 0 || !c->buffer)
		return 0;
	if (!c->length_at)
		return rc;
	bpf_probe_read_user(&length, sizeof(length), (void *)c->length_at);
	return length;
}

static __always_inline void settle_place(struct session *s, const struct place *p)
{
	if (p->known != KNOWN)
		return;
	if (s->place.known == UNKNOWN)
		s->place = *p;
	else if (s->place.sk != p->sk)
		s->place.known = DOUBTFUL;
	else
		s->place.fd = p->fd;
}

/* Return probe for the calls that enter() recorded. */
SEC("uretprobe")
int leave(struct pt_regs *regs)
{
	int rc = PT_REGS_RC(regs);
	struct session_key key;
	__u32 thread = this_thread(), length;
	struct call *c = bpf_map_lookup_elem(&calls, &thread);
	struct session *s;

	if (!c)
		return 0;
	key = key_of(c->ssl);
	s = bpf_map_lookup_elem(&sessions, &key);
	if (s) {
		settle_place(s, &c->place);
		length = length_of(c, rc);
		if (length)
			take(s, c, length);
	}
	bpf_map_delete_elem(&calls, &thread);
	return 0;
}

/* Only the first write after a request shows how it was answered. */
SEC("uprobe")
int enter_write(struct pt_regs *regs)
{
	struct session_key key = key_of(PT_REGS_PARM1(regs));
	struct session *s = bpf_map_lookup_elem(&sessions, &key);
	__u32 length = PT_REGS_PARM3(regs);
	struct sw_tls_read *r;

	if (!s || !s->asks || !length || s->place.known != KNOWN)
		return 0;
	s->asks = 0;
	r = bpf_ringbuf_reserve(&reads, sizeof(*r) + SW_TLS_ANSWER, 0);
	if (!r)
		return 0;
	length = length < SW_TLS_ANSWER ? length : SW_TLS_ANSWER;
	asm volatile("" : "+r"(length));
	describe(r, s, length);
	r->answer = 1;
	bpf_probe_read_user(r->text, ((length - 1) & (SW_TLS_ANSWER - 1)) + 1,
			    (void *)PT_REGS_PARM2(regs));
	bpf_ringbuf_submit(r, 0);
	return 0;
}
