/* SPDX-License-Identifier: GPL-2.0-only */
/* The very program of this binary, over maps of its own that are pinned
 * nowhere: on a made-up clock, with no sockets, run by hand frame by frame. */
#ifndef SCANWALL_INSTANCE_H
#define SCANWALL_INSTANCE_H

#include "engine/engine.h"

struct sw_sandbox {
	struct sw_engine engine; /* settings and state are mapped */
	int program;
	int steps;	    /* kept open, or it would be emptied */
	unsigned int parts; /* of enum sw_part: those that this kernel takes */
};

/* Sized, seeded and set by c, in enforce mode; *i is to be closed in any case. */
int sw_sandbox_open(struct sw_sandbox *i, const struct sw_config *c, struct sw_err *e);
void sw_sandbox_close(struct sw_sandbox *i);
/* Nothing is open yet. */
void sw_sandbox_init(struct sw_sandbox *i);
/* The programs and maps of a skeleton that is loaded, which may then go. */
struct scanwall_bpf;
int sw_sandbox_take_over(struct sw_sandbox *i, struct scanwall_bpf *skel, struct sw_err *e);
/* Takes everything out of one map; -1 and errno. */
int sw_sandbox_empty(int fd);
/* Forgets everything; the settings and the rules stay. */
int sw_sandbox_reset(struct sw_sandbox *i, struct sw_err *e);

/* Told to the program as facts. `protocols`: a bit per IP protocol, spoken in
 * addition to those that every host may speak. */
void sw_sandbox_speak(struct sw_sandbox *i, const uint64_t protocols[4]);
int sw_sandbox_own(struct sw_sandbox *i, const struct sw_addr *a, struct sw_err *e);
int sw_sandbox_allow(struct sw_sandbox *i, const struct sw_prefix *p, struct sw_err *e);

/* One frame of at least 14 bytes; true in *dropped. `socket` is what a look-up
 * finds for it, ns the time. */
int sw_sandbox_run(struct sw_sandbox *i, const void *frame, size_t bytes, uint64_t ns,
		   enum sw_socket socket, bool *dropped, struct sw_err *e);

#endif
