/* SPDX-License-Identifier: GPL-2.0-only */
/* What the probes in libssl (bpf/tls.bpf.c) and the daemon share. */
#ifndef SCANWALL_TLS_READ_H
#define SCANWALL_TLS_READ_H

#include <linux/types.h>
#include <scanwall/abi.h>

#define SW_TLS_RECORD 16384	/* maximum plaintext of one record (RFC 8446 5.1) */
#define SW_TLS_BUDGET (1 << 16) /* inspected after the start of a request */
#define SW_TLS_THREADS 8192
#define SW_TLS_SESSIONS 65536
#define SW_TLS_RING (1 << 22)
#define SW_TLS_ANSWER 512 /* of the first write after a read */

/* One SSL_read of a server, or the start of its reply, as a record of the ring. */
struct sw_tls_read {
	struct sw_addr remote, local; /* IPv4 in its IPv6 form */
	__be16 remote_port, local_port;
	__u32 netns;  /* inode of the socket's network namespace */
	__u32 pid;    /* of the process, in the first PID namespace */
	__s32 fd;     /* of the socket there */
	__u32 seq;    /* of the first byte */
	__u32 length; /* of the text */
	__u32 answer; /* 1: sent to the peer */
	__u8 text[];
};

/* Totals since the daemon started. */
struct sw_tls_counts {
	__u64 reads;	/* that returned data, in sessions seen from the start */
	__u64 looked;	/* passed on */
	__u64 full;	/* not passed on: the ring was full */
	__u64 unplaced; /* not passed on: connection unknown, read through memory */
};

#endif
