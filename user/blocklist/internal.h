/* SPDX-License-Identifier: GPL-2.0-only */
/* Shared by the files of the blocklist only. */
#ifndef SCANWALL_BLOCKLIST_INTERNAL_H
#define SCANWALL_BLOCKLIST_INTERNAL_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <scanwall/dropset.h>
#include "base/grow.h"
#include "blocklist/blocklist.h"
#include "engine/settings.h"

/* Smaller steps of the clock, in us, are NTP slewing. */
#define SW_STEP_LEAST (2 * INT64_C(1000000))

/* From this many prefixes on, maps are mapped whole and not page by page. */
#define SW_BULK 256
/* The record is read sequentially instead of with a query for each of n prefixes if it
 * has no more rows than this: the cost of a query in rows. */
#define SW_WALK_ROWS(n) ((n) > 4 ? 32 * (n) : 0)

/* ---- configured.c: into ctx->config; with sw_ctx_spare_config() it does not fail. */
int sw_ctx_config_or_in_force(struct sw_ctx *ctx, struct sw_err *e);

/* ---- map_access.c: mapped parts of arrays, opened on demand */
struct sw_maps {
	const struct sw_engine *g;
	bool whole; /* map each array once, completely */
	struct {
		struct sw_window ctx;
		size_t first, count;
	} win[SW_MAP_COUNT];
};

void sw_maps_open(struct sw_maps *m, const struct sw_engine *g, bool whole);
void sw_maps_close(struct sw_maps *m);
/* Returns when all packets now in the program have left it. */
void sw_wait_for_packets(void);
/* Elements index..index+count-1 of an array map; NULL on failure. */
void *sw_maps_at(struct sw_maps *m, enum sw_map map, size_t index, size_t count, struct sw_err *e);

/* Walks a hash map until fn returns non-zero, and returns that. fn may delete the entry
 * it gets. */
typedef int (*sw_each_fn)(const void *key, const void *value, void *arg);
int sw_map_each(const struct sw_engine *g, enum sw_map map, sw_each_fn fn, void *arg,
		struct sw_err *e);

/* ---- block_maps.c: which map holds a prefix */
enum sw_block_map { SW_IN_DROP4, SW_IN_DROP6, SW_IN_PREFIX4, SW_IN_PREFIX6 };
#define SW_BLOCK_MAPS 4

enum sw_block_map sw_block_map_of(const struct sw_prefix *p);
__u64 sw_half(const struct sw_addr *a, int i); /* host order */
struct sw_prefix sw_prefix_of_halves(__u64 high, __u64 low, __u8 plen);
/* Its key in the hash map; returns the map. */
enum sw_map sw_prefix_key(const struct sw_prefix *p, bool allow, void *key);

/* ---- line.c: entries of one line, shared with the program, which writes too */
struct sw_held {
	__u32 expires_tick; /* 0: no live entry */
	__u32 kernel;	    /* expires_tick of the latest AUTO entry; 0: none */
	__u64 hits;
};

/* The kernel made or extended a live AUTO entry since the caller looked, so that it
 * ends after `known`: SW_PUT_SURPRISE, with its expires_tick in *conflict; the entry
 * stays. */
#define SW_PUT_SURPRISE ((enum sw_put)(SW_PUT_FULL + 1))

bool sw_conflicts(__u32 expires_tick, __u32 known, __u32 now);
void sw_held_add(struct sw_held *h, __u32 expires_tick, __u32 hits);

void sw_count_auto(struct sw_state *st, __u32 was, __u32 is);
struct sw_held sw_line_read(const struct sw_line *l, __u64 key, __u32 now);
/* hash: sw_table_hash() of the key; k: for an IPv6 entry, else NULL. */
enum sw_put sw_line_put(const struct sw_line *l, struct sw_state *st, __u64 key, __u64 hash,
			const struct sw_overflow6_key *k, __u32 expires_tick, __u32 known,
			__u32 now, __u32 *conflict);
enum sw_put sw_line_remove(const struct sw_line *l, struct sw_state *st, __u64 key, __u32 known,
			   __u32 now, __u32 *conflict);
void sw_line_sweep(const struct sw_line *l, struct sw_state *st, __u32 now);
void sw_line_clear(const struct sw_line *l, __u32 i, struct sw_state *st);
/* Adds the hits that an entry had in its previous place. */
void sw_line_credit(const struct sw_line *l, __u64 key, __u32 hits);
/* What slot i, which holds the key, blocks. */
struct sw_prefix sw_slot_prefix(const struct sw_line *l, __u32 i, __u64 key);

/* ---- drop.c: one prefix, in whichever map */
int sw_held_read(struct sw_maps *m, const struct sw_prefix *p, struct sw_held *h, struct sw_err *e);
/* expires_tick 0 removes. 0 done, 1 conflict, -1 failed. */
int sw_held_write(struct sw_maps *m, const struct sw_prefix *p, __u32 expires_tick, __u32 known,
		  __u32 *conflict, struct sw_err *e);

/* ---- entries.c: all of them */
typedef int (*sw_held_fn)(const struct sw_prefix *p, const struct sw_held *h, void *arg);
int sw_held_each(const struct sw_engine *g, sw_held_fn fn, void *arg, struct sw_err *e);
int sw_maps_sweep(struct sw_ctx *ctx, struct sw_err *e);

/* ---- clients.c: clears entries of known clients that have expired, a part of the map at a
 * time; their times wrap after 13 days, and then they would be live again. */
int sw_clients_sweep(const struct sw_engine *g, __u32 now, struct sw_err *e);

/* ---- map_access.c: the drop set of one family */
struct sw_table {
	enum sw_map lines, cold, bloom, overflow;
	const __u32 *mask, *last_mask; /* in the settings */
	const __u64 *bloom_off;	       /* likewise */
	__u32 least, per_line, ways;
	bool v4;
};

struct sw_table sw_table_of(const struct sw_engine *g, bool v4);
size_t sw_table_used(const struct sw_table *t); /* lines */
/* Do packets of this key look at this line? */
bool sw_table_holds(const struct sw_table *t, size_t line, __u64 hash);
/* Line i; valid until the next call with the same maps. */
int sw_line_at(struct sw_maps *m, const struct sw_table *t, size_t i, struct sw_line *l,
	       struct sw_err *e);
/* Its arrays; NULL: not for adding. */
struct sw_arrays {
	void *lines, *cold;
	__u64 *bloom;
};

/* Elements first..first+n-1 of each; -1 failed. */
int sw_arrays_at(struct sw_maps *m, const struct sw_table *t, size_t first, size_t n,
		 struct sw_arrays *a, struct sw_err *e);
/* i: counted from that first. */
struct sw_line sw_line_of(const struct sw_table *t, const struct sw_arrays *a, size_t i);
/* Hash for sw_home() and sw_bloom_bits() of a key; for IPv4 key is the address. */
__u64 sw_table_hash(const struct sw_engine *g, const struct sw_table *t, __u64 key);

/* ---- resize.c: how many lines of a drop set are in use. Writers' lock held. */
/* Makes room for `more` entries; shrinks a table that is far too large. */
int sw_drop_fit(struct sw_ctx *ctx, bool v4, size_t more, struct sw_err *e);
/* Completes what a killed process has left half done. */
int sw_drop_settle(struct sw_ctx *ctx, struct sw_err *e);
/* Moves entries of the overflow map to lines that have room; clears the overflow flag of lines
 * without entries there, and filter bits of what has gone if they are many. */
int sw_drop_tidy(struct sw_ctx *ctx, struct sw_err *e);

/* ---- bloom.c: the Bloom filters of a drop set (dropset.h). Writers' lock held. */
int sw_bloom_rebuild(struct sw_ctx *ctx, bool v4, struct sw_err *e);
/* If what has gone has left many. */
int sw_bloom_tidy(struct sw_ctx *ctx, bool v4, struct sw_err *e);

/* ---- lengths.c: prefix lengths in use. To be called before a prefix is added: */
int sw_lengths_announce(struct sw_maps *m, const struct sw_prefix *p, struct sw_err *e);
int sw_lengths_rebuild(struct sw_ctx *ctx, struct sw_err *e);

/* ---- batch.c: prefixes whose claims change, and their merged state */
struct sw_target {
	struct sw_prefix prefix;
	__u32 expires_tick; /* merged from the claims; 0: none */
	__u32 known;	    /* expires_tick of the map's AUTO entry when we looked */
	bool was_held;	    /* the map held it then */
	bool claimed;	    /* by a claim of this change */
	bool own_claim;	    /* the caller adds the kernel's claim himself */
	bool summed;	    /* expires_tick is already what the next merge would compute */
	bool pushed;	    /* the map has got `written` */
	__u32 written;
};

struct sw_targets {
	struct sw_target *item;
	size_t count, room;
};

struct sw_sum { /* sum over the claims of one prefix */
	int64_t latest;
	bool any, kernel, open; /* open: some claim is not new_only */
};

void sw_sum_add(struct sw_sum *s, const struct sw_claim *c);
__u32 sw_sum_word(const struct sw_sum *s, __u32 now);

int sw_targets_add(struct sw_targets *t, const struct sw_prefix *p, struct sw_err *e);
void sw_targets_sort(struct sw_targets *t); /* removes duplicates */
struct sw_target *sw_targets_find(const struct sw_targets *t, const struct sw_prefix *p);
void sw_targets_free(struct sw_targets *t);
/* Reads what the maps hold, and records blocks by the kernel that the record lacks; in
 * a transaction of its own. */
int sw_targets_observe(struct sw_ctx *ctx, struct sw_targets *t, struct sw_err *e);
int sw_targets_merge(struct sw_ctx *ctx, struct sw_target *t, size_t n, struct sw_err *e);
/* push.c: writes them to the maps. */
int sw_targets_push(struct sw_ctx *ctx, struct sw_targets *t, struct sw_err *e);
/* Observes, merges and pushes. */
int sw_targets_settle(struct sw_ctx *ctx, struct sw_targets *t, struct sw_err *e);
/* The record's live claims, merged per prefix, in order. */
typedef int (*sw_merged_fn)(const struct sw_prefix *p, __u32 expires_tick, void *arg);
int sw_merged_each(const struct sw_ctx *ctx, sw_merged_fn fn, void *arg, struct sw_err *e);
/* Does the record explain this AUTO entry? 1 yes, 0 no, -1 failed. */
int sw_kernel_explained(struct sw_ctx *ctx, const struct sw_prefix *p, __u32 expires_tick,
			struct sw_err *e);
int sw_kernel_adopt(struct sw_ctx *ctx, const struct sw_prefix *p, __u32 expires_tick,
		    struct sw_err *e);

/* ---- intent.c */
/* On a full disk there is none; then what was half done is adopted as unrecorded. */
void sw_intent_begin(const struct sw_ctx *ctx, const struct sw_targets *t);
void sw_intent_end(const struct sw_ctx *ctx);
bool sw_intent_left(const struct sw_ctx *ctx);
/* Writes into the maps what the record says of what a killed process was changing.
 * The file stays: sw_restore_maps() ends it when all is mended. */
int sw_intent_settle(struct sw_ctx *ctx, struct sw_err *e);

/* ---- changeset.c: one change of the record and of the maps, whole or not at all */
struct sw_doomed {
	struct sw_prefix prefix;
	__u16 origin; /* in sw_changeset.origin; SW_EVERY_ORIGIN: all */
};

#define SW_EVERY_ORIGIN 0xffff

struct sw_changeset {
	struct sw_targets targets;
	bool clear; /* every claim goes, and what only the maps know */
	struct sw_doomed *to_delete;
	size_t doomed_count, doomed_room;
	char (*origin)[SW_ORIGIN_MAX];
	int origin_count;
	enum sw_change *doomed_change; /* may be NULL */
	const struct sw_claim *claim;
	size_t claim_count;
	enum sw_change *claim_change;
	const struct sw_prefix *disallow;
	size_t disallow_count;
	enum sw_change *disallow_change;
	const struct sw_allow_entry *allow;
	size_t allow_count;
	enum sw_change *allow_change;
	bool touches_allow;
	bool expired_only; /* of doomed, a claim renewed meanwhile stays */
	/* Done before all else of the same transaction; may add claims. May be NULL. */
	int (*first)(struct sw_changeset *p, void *arg, struct sw_err *e);
	void *first_arg;
	/* More to do in the same transaction; may be NULL. */
	int (*also)(struct sw_ctx *ctx, void *arg, struct sw_err *e);
	void *also_arg;
};

/* origin NULL: every one. Its prefix becomes a target. */
int sw_changeset_delete(struct sw_changeset *p, const struct sw_prefix *prefix, const char *origin,
			struct sw_err *e);
/* Sets claim and claim_count; each prefix becomes a target. */
int sw_changeset_claims(struct sw_changeset *p, const struct sw_claim *c, size_t n,
			struct sw_err *e);
int sw_changeset_run(struct sw_ctx *ctx, struct sw_changeset *p, struct sw_err *e);
void sw_changeset_free(struct sw_changeset *p);

/* ---- claims.c: adds what goes to the plan of what comes, and runs it */
int sw_replace_with(struct sw_ctx *ctx, struct sw_changeset *p, bool merge, struct sw_err *e);

/* ---- put.c: the claims of a plan into the record (in its transaction) */
int sw_claims_put(struct sw_ctx *ctx, struct sw_changeset *p, struct sw_err *e);

/* ---- allowlist.c */
int sw_allow_edit(struct sw_ctx *ctx, const struct sw_changeset *p, struct sw_err *e);
/* As sw_allow_sync(), after that change. If the configuration cannot be read, only what the
 * change has taken out of the record is withdrawn. */
int sw_allow_sync_change(struct sw_ctx *ctx, const struct sw_changeset *p, struct sw_err *e);
void sw_allow_forget(struct sw_ctx *ctx); /* what ctx->allowed remembers */
/* The record's live entries into ctx->allowed, in order of prefix. */
int sw_allow_known(struct sw_ctx *ctx, struct sw_err *e);

/* ---- trial_snapshot.c: the state before a trial, in STATE_DIR/trial.save */
struct sw_dump {
	enum sw_mode mode;
	int64_t deadline; /* wall clock, us */
	int64_t step;	  /* by which the clock was set since, us */
	int64_t booted;	  /* start of the monotonic clock, by the clock as it was */
	struct sw_claim *claim;
	size_t claim_count, claim_room;
	struct sw_allow_entry *allow;
	size_t allow_count, allow_room;
	struct {
		char *key, *value;
	} * setting;
	size_t setting_count, setting_room;
};

int sw_snapshot_write(struct sw_ctx *ctx, enum sw_mode mode, int64_t deadline, struct sw_err *e);
/* 1 read, 0 there is none, -1. head_only: mode and deadline. */
int sw_snapshot_read(const struct sw_ctx *ctx, bool head_only, struct sw_dump *s, struct sw_err *e);
int sw_snapshot_remove(const struct sw_ctx *ctx, struct sw_err *e);
/* A damaged one must not be in the way of every command for ever. */
#define SW_SAVE_PATH 272
int sw_snapshot_set_aside(const struct sw_ctx *ctx, char aside[SW_SAVE_PATH]);
void sw_dump_free(struct sw_dump *s);

#endif
