/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The XDP program and its maps: load, pin, attach, replace and detach, and access to
 * the pinned maps. Everything lives under one pin directory, so any later process (CLI,
 * restarted daemon) finds all of it.
 *
 *   PIN_DIR/<map>          every map of SW_MAPS
 *   PIN_DIR/program        the XDP program in force
 *   PIN_DIR/learn          at tc egress: learns from outgoing packets
 *   PIN_DIR/admit          at tc ingress during a flood, from Linux 6.9 on
 *   PIN_DIR/steps          prog array of what the program in force tail-calls
 *   PIN_DIR/chained        another XDP program, which gets what passes (chain.h)
 *   PIN_DIR/link-<iface>   one link per interface
 *   PIN_DIR/egress-<iface> one more, for `learn`, if the kernel has tcx
 *   PIN_DIR/clsact-<index> an empty directory: the clsact qdisc there is ours
 */
#ifndef SCANWALL_ENGINE_H
#define SCANWALL_ENGINE_H

#include <stdbool.h>
#include <stddef.h>
#include <net/if.h>
#include <scanwall/abi.h>
#include "base/err.h"
#include "config/config.h"

#define SW_PIN_DIR "/sys/fs/bpf/scanwall"

struct sw_engine {
	char dir[256];
	int fd[SW_MAP_COUNT];
	const struct sw_settings *settings; /* mapped, live; written by settings.h */
	struct sw_state *state;		    /* mapped */
	__u32 source_mask;		    /* sets - 1 */
};

/* Conditions per rule that limits.rules has room for at first, and rules per regex page:
 * as the built-in ones have them. Public rules have four, and a third of them has an
 * expression, of three or four pages; what is loaded gets what it needs. */
#define SW_CONDITIONS_A_RULE 3
#define SW_RULES_A_REGEX_PAGE 4
#define SW_RULES_MOST 32768		 /* maximum of limits.rules */
#define SW_RULE_ROOM (5 * SW_RULES_MOST) /* of conditions, or of pages */

/* Opens the pinned maps. -1 with SW_EXIT_NOT_THERE if nothing is pinned, with
 * SW_EXIT_FAILED if it is incomplete or of another layout. */
int sw_engine_open(struct sw_engine *g, const char *pin_dir, struct sw_err *e);
void sw_engine_close(struct sw_engine *g);
/* True if a program is attached but some of its maps are not pinned any more. */
bool sw_engine_incomplete(const char *pin_dir);

/* Loads the program of this binary. The first time, maps are created (sized and seeded
 * from c, mode from c) and pinned. Later the pinned maps are reused, and every attached
 * link switches to the new program without a gap. Leaves g open. */
int sw_engine_load(struct sw_engine *g, const char *pin_dir, const struct sw_config *c,
		   struct sw_err *e);

/* One sentence for each missing precondition: kernel, BTF, capabilities, bpffs. */
int sw_engine_preflight(const char *pin_dir, struct sw_err *e);

/* SW_ABI_VERSION of the program that created the pinned maps; 0: none. */
__u32 sw_engine_layout(const char *pin_dir);

/* What is pinned, from the point of view of this binary and configuration. */
enum sw_pinned {
	SW_PINNED_NONE,
	SW_PINNED_FITS,	   /* sw_engine_load reuses these maps */
	SW_PINNED_SHAPED,  /* today's maps with another layout number or other sizes */
	SW_PINNED_FIRST,   /* layout 1, released as 0.1.0 */
	SW_PINNED_FOREIGN, /* not readable by this binary */
};
/* enum sw_pinned, or -1. */
int sw_engine_pinned(const char *pin_dir, const struct sw_config *c, struct sw_err *e);

/* An upgrade, in four steps, so that no packet meets a program that lacks what the old
 * one knew:
 *   sw_engine_stage    loads the program and fresh maps beside the pinned ones
 *                      and opens them as g; `seed` is that of the old ones
 *   (the caller copies the contents of the old maps)
 *   sw_engine_switch   exchanges the pins in one step, then switches every link
 *   (the caller copies what the old program has changed meanwhile)
 *   sw_engine_forget   removes the old pins; before the switch, the new ones */
int sw_engine_stage(struct sw_engine *g, const char *pin_dir, const struct sw_config *c,
		    const __u64 seed[4], struct sw_err *e);
int sw_engine_switch(struct sw_engine *g, const char *pin_dir, struct sw_err *e);
void sw_engine_forget(const char *pin_dir);
/* The directory of the pins that are not in force. */
#define SW_NEXT_BYTES 320
void sw_engine_next(char path[SW_NEXT_BYTES], const char *pin_dir);

/* Opens the pinned maps whatever their layout number, for SW_PINNED_SHAPED; callers
 * must not write to them. */
int sw_engine_open_shaped(struct sw_engine *g, const char *pin_dir, struct sw_err *e);

/* The record that belongs to the pinned maps; check fails, naming it, if that is
 * another one. */
int sw_engine_set_owner(const char *pin_dir, const char *state_dir);
int sw_engine_check_owner(const char *pin_dir, const char *state_dir, struct sw_err *e);

/* Optional parts, which a kernel may reject while all others work: bits. */
enum sw_part {
	SW_PART_SIGNATURES = 1,
	SW_PART_CHALLENGES = 2,
	SW_PART_REFUSALS = 4,
	SW_PART_ALL = 7,
};
#define SW_NO_REFUSALS "refusals by services are not seen: this kernel refused their program"

/* Whether this kernel has what `admit` needs: bpf_sk_assign_tcp_reqsk(), Linux 6.9. */
bool sw_kernel_admits(void);

/* Does the loaded program inspect payloads? A kernel may have rejected that part. */
bool sw_engine_inspects(const char *pin_dir);
#define SW_NO_SIGNATURES \
	"signatures are off: this kernel refused the programs that inspect payloads"
#define SW_NO_CHALLENGES                                                             \
	"challenges are off: this kernel refused their program; who is blocked for " \
	"new connections is dropped"

/* The parts that the loaded program has. */
unsigned int sw_engine_parts(const char *pin_dir);
/* The i-th sentence about what is missing, NULL after the last. */
const char *sw_parts_missing(unsigned int parts, int i);

/* Attaches to one interface; 0 done, 1 already attached. If native mode fails under
 * SW_XDP_AUTO, falls back to generic. Fails, naming it, if another XDP program is
 * attached there. */
int sw_engine_attach(struct sw_engine *g, const char *ifname, enum sw_xdp_mode xdp,
		     struct sw_err *e);
/* Tells the program about each attached interface: can it reply there itself (XDP_TX)? */
int sw_interfaces_sync(struct sw_engine *g, struct sw_err *e);
/* 0 done, 1 was not attached. */
int sw_engine_detach(const char *pin_dir, const char *ifname, struct sw_err *e);
/* Removes every link, then maps, programs and the directory. */
int sw_engine_remove(const char *pin_dir, struct sw_err *e);

#define SW_LINK_NAME (IF_NAMESIZE + 16)

struct sw_attachment {
	char ifname[IF_NAMESIZE]; /* current name; if not in this namespace, the one at attach */
	int ifindex;		  /* 0: the interface is gone or elsewhere */
	bool elsewhere;		  /* it was moved to another network namespace */
	enum sw_xdp_mode xdp;	  /* NATIVE or GENERIC, as the kernel says */
	__u32 prog_id;
	char pin[SW_LINK_NAME]; /* PIN_DIR/link-PIN */
};
/* Fills up to max; returns how many there are, or -1. */
int sw_engine_attachments(const char *pin_dir, struct sw_attachment *a, int max, struct sw_err *e);
/* The one with that name or altname; NULL: none. */
const struct sw_attachment *sw_attachment_find(const struct sw_attachment *a, int n,
					       const char *ifname);

/* A page-aligned, writable mapping of part of an array map: index..index+count-1.
 * Release with sw_window_close. */
struct sw_window {
	void *base;
	size_t bytes;
	void *at;
};
int sw_window_open(const struct sw_engine *g, enum sw_map map, size_t index, size_t count,
		   struct sw_window *w, struct sw_err *e);
void sw_window_close(struct sw_window *w);
size_t sw_map_value_size(const struct sw_engine *g, enum sw_map map);
size_t sw_map_entries(const struct sw_engine *g, enum sw_map map);
const char *sw_map_name(enum sw_map map);

/* ---- allow_maps.c: the allowlist as the program reads it. get: does this exact prefix
 * have an entry, expired or not? */
bool sw_allow_get(const struct sw_engine *g, const struct sw_prefix *p, struct sw_allow *have);
int sw_allow_put(const struct sw_engine *g, const struct sw_prefix *p, __u32 expires_tick,
		 enum sw_allow_kind kind, struct sw_err *e);
/* An entry with an end at a guarded prefix: behind it the guard goes on, with no daemon to put
 * it back. */
int sw_allow_put_guarded(const struct sw_engine *g, const struct sw_prefix *p, __u32 expires_tick,
			 enum sw_allow_kind kind, struct sw_err *e);
int sw_allow_delete(const struct sw_engine *g, const struct sw_prefix *p, struct sw_err *e);
/* Removes an expired entry, by its key in allow4 or allow6, or makes it what is behind it. */
void sw_allow_expire(const struct sw_engine *g, enum sw_map map, const void *key,
		     const struct sw_allow *a);

/* Counters per reason, summed over CPUs; out has SW_REASON_COUNT elements. */
int sw_engine_counters(const struct sw_engine *g, struct sw_counter *out, struct sw_err *e);

/* Kernel memory of all maps in bytes (memlock of fdinfo). */
long sw_engine_memory(const struct sw_engine *g);

/* The emergency switch: 1 on, 0 off, -1 query. Opens a single file, depends on nothing
 * else, and works with the maps of any version. */
int sw_engine_panic(const char *pin_dir, int on, bool *was, struct sw_err *e);

/* Are all strangers challenged now (bpf/strangers.h)? */
bool sw_engine_strangers(const struct sw_engine *g);
/* Microseconds left of the grace period of a new program; 0: over. */
int64_t sw_engine_grace(const struct sw_engine *g);

/* The mode in force: the configured one or, after the deadline of a trial, the one it
 * falls back to. Panic (settings->panic) is separate: then nothing is dropped in any
 * mode. */
enum sw_mode sw_engine_mode(const struct sw_engine *g);
/* The same but for a missed heartbeat, which ends by itself: what a trial falls back to, and
 * what is recorded. */
enum sw_mode sw_engine_wanted_mode(const struct sw_engine *g);

#endif
