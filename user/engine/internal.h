/* SPDX-License-Identifier: GPL-2.0-only */
/* Shared by the files of the engine. */
#ifndef SCANWALL_ENGINE_INTERNAL_H
#define SCANWALL_ENGINE_INTERNAL_H

#include "engine/engine.h"

#define PATH_BYTES SW_NEXT_BYTES

#define SW_LINK_PREFIX "link-"
#define SW_EGRESS_PREFIX "egress-"
#define SW_CLSACT_PREFIX "clsact-"

/* ---- pin_paths.c */
/* PIN_DIR/name */
void sw_pin_path(char path[PATH_BYTES], const char *dir, const char *name);
/* Removes the pins of a directory, and the directory; detaches nothing. */
void sw_engine_unpin(const char *dir);

/* ---- egress.c: `learn` at an interface's tc egress, pinned as `name` (links.c), with
 * a pinned tcx link (Linux 6.6) or, on older kernels, as a clsact filter. Attaching
 * again replaces it. */
int sw_egress_attach(const char *pin_dir, const char *name, int ifindex, const char *ifname,
		     struct sw_err *e);
/* Also removes the clsact qdisc if attaching created it and nobody else uses it.
 * ifindex 0: only if it is a pinned link. */
void sw_egress_detach(const char *pin_dir, const char *name, int ifindex);

/* ---- links.c: PIN_DIR/link-NAME and egress-NAME */
#define SW_LINKS_MOST 256

void sw_link_name(char name[SW_LINK_NAME], const char *ifname, int ifindex, bool taken);

/* ---- xdp_link.c: switches every attached interface to the new program in one step,
 * without a gap (bpf_link update, kernel commit 0c991ebc8c69). */
int sw_engine_switch_links(int prog_fd, const char *dir, struct sw_err *e);

/* ---- occupied.c: says why the kernel refused (EBUSY, EEXIST) to attach ours. Returns -1. */
int sw_refuse_occupied(int ifindex, const char *ifname, struct sw_err *e);

/* ---- upgrade.c: takes the program that follows ours, and the marks of clsact qdiscs that are
 * ours, over to the new pins. */
int sw_engine_keep_marks(const char *pin_dir, const char *next, struct sw_err *e);

/* Initializes g as closed. */
void sw_engine_reset(struct sw_engine *g);

/* ---- program_sizes.c, for everybody who loads the program */
struct scanwall_bpf;

void sw_engine_set_sizes(struct scanwall_bpf *skel, const struct sw_config *c);
/* After the sizes. */
void sw_engine_set_constants(struct scanwall_bpf *skel, const struct sw_config *c,
			     const __u64 seed[4]);

/* ---- optional.c */
#define SW_STEPS_PIN "steps"
#define SW_EGRESS_STEPS_PIN "egress_steps"

/* Opens and sizes the skeleton to be loaded; NULL with e filled. */
typedef struct scanwall_bpf *sw_open_fn(const void *arg, struct sw_err *e);
/* Loads it, with its tail calls, without optional parts that the kernel rejects; NULL
 * with e filled. `where`: what it is for. */
struct scanwall_bpf *sw_engine_load_or_less(sw_open_fn *open, const void *arg, const char *where,
					    struct sw_err *e);
/* After loading: fills the prog arrays. */
int sw_engine_add_steps(struct scanwall_bpf *skel, struct sw_err *e);
/* The parts present in a prog array that is pinned by that name. */
unsigned int sw_engine_parts_of(int steps, const char *pin);

/* ---- load_error.c: collects libbpf's messages for the error sentence; earlier ones
 * are discarded. */
void sw_engine_keep_messages(void);
/* Is that the program that the kernel has rejected since then? */
bool sw_engine_refused(const char *name);
/* `where`: what it was for; error: errno. */
int sw_engine_load_failed(const char *where, int error, struct sw_err *e);

#endif
