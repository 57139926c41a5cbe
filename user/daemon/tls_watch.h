/* SPDX-License-Identifier: GPL-2.0-only */
/* Shared by the parts of `run --tls`: tls.c uses probes and reads. */
#ifndef SCANWALL_TLS_WATCH_H
#define SCANWALL_TLS_WATCH_H

#include "engine/decrypted.h"
#include "host/tls_users.h"

/* ---- tls_probes.c: the programs in libssl, and at the receive of the kernel */
struct sw_tls_library;
struct sw_tls_probes {
	struct tls_bpf *skel;
	struct sw_tls_library *library;
	size_t libraries, room;
};

int sw_tls_probes_open(struct sw_tls_probes *p, struct sw_err *e);
void sw_tls_probes_close(struct sw_tls_probes *p);
/* Attaches to new libraries, once per inode, detaches from unused ones, and marks each process
 * as seen or not. -1: one attach failed; the others succeeded. */
int sw_tls_probes_follow(struct sw_tls_probes *p, struct sw_tls_users *l, struct sw_err *e);
int sw_tls_probes_ring(const struct sw_tls_probes *p);
void sw_tls_probes_counts(const struct sw_tls_probes *p, struct sw_tls_counts *out);

/* ---- tls_reads.c: from the probes' ring to the program, in a thread of its own */
struct sw_tls_reads;
struct sw_tls_reads *sw_tls_reads_open(int ring, struct sw_err *e);
/* d: owned by the caller, and g; NULL: none, for now. */
void sw_tls_reads_use(struct sw_tls_reads *r, const struct sw_decrypted *d,
		      const struct sw_engine *g, uint16_t http_port);
void sw_tls_reads_counts(struct sw_tls_reads *r, uint64_t *hits, uint64_t *closed);
void sw_tls_reads_close(struct sw_tls_reads *r);

#endif
