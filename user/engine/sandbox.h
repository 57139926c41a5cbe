/* SPDX-License-Identifier: GPL-2.0-only */
/* The program of this binary over private maps that are not pinned: with a controlled
 * clock, without sockets, run frame by frame. */
#ifndef SCANWALL_SANDBOX_H
#define SCANWALL_SANDBOX_H

#include "engine/engine.h"

struct sw_sandbox {
	struct sw_engine engine; /* settings and state are mapped */
	int program;
	int steps;	    /* kept open, or the kernel would clear it */
	unsigned int parts; /* of enum sw_part: those that this kernel accepts */
};

/* Sized, seeded and configured from c, in enforce mode. Close *i in any case. */
int sw_sandbox_open(struct sw_sandbox *i, const struct sw_config *c, struct sw_err *e);
void sw_sandbox_close(struct sw_sandbox *i);
/* Nothing is open yet. */
void sw_sandbox_init(struct sw_sandbox *i);
/* Takes programs and maps over from a loaded skeleton, which may then be destroyed. */
struct scanwall_bpf;
int sw_sandbox_take_over(struct sw_sandbox *i, struct scanwall_bpf *skel, struct sw_err *e);
/* Clears one map; -1 and errno. */
int sw_sandbox_empty(int fd);
/* Clears all state; settings and rules stay. */
int sw_sandbox_reset(struct sw_sandbox *i, struct sw_err *e);

/* Facts about the host. `protocols`: a bit per IP protocol, in addition to those that
 * every host may use. */
void sw_sandbox_speak(struct sw_sandbox *i, const uint64_t protocols[4]);
int sw_sandbox_own(struct sw_sandbox *i, const struct sw_addr *a, struct sw_err *e);
int sw_sandbox_allow(struct sw_sandbox *i, const struct sw_prefix *p, struct sw_err *e);

/* Runs one frame of at least 14 bytes; *dropped is the verdict. `socket`: the result of
 * its socket lookup; ns: the time. */
int sw_sandbox_run(struct sw_sandbox *i, const void *frame, size_t bytes, uint64_t ns,
		   enum sw_socket socket, bool *dropped, struct sw_err *e);

#endif
