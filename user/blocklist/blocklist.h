/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The one writer of block and allow state. It keeps claims in the record and
 * makes the kernel's maps say what the claims add up to: an address is blocked
 * while any origin claims it, and never while it is allowed.
 *
 * Callers hold the writers' lock (sw_lock) over each call that changes
 * something; a context takes it.
 */
#ifndef SCANWALL_BLOCKLIST_H
#define SCANWALL_BLOCKLIST_H

#include "base/duration.h"
#include "engine/engine.h"
#include "engine/guard.h"
#include "store/store.h"

#define SW_ORIGIN_KERNEL "kernel"
#define SW_ORIGIN_OPERATOR "operator"
#define SW_ORIGIN_UNRECORDED "unrecorded" /* in force, and the record does not know why */

/* Everything a command works on. engine.fd[0] < 0: nothing is loaded; the
 * record is then all there is, and the next load takes it up. */
struct sw_ctx {
	struct sw_engine engine;
	bool loaded;
	bool foreign; /* what is pinned is another scanwall's: not loaded, but it goes on */
	/* Something is attached whose maps cannot be used (another layout, a pin
	 * that is missing): the sentence, else "". loaded is false then. */
	struct sw_err unusable;
	struct sw_store *store;
	struct sw_err record_trouble;	   /* why the record is in memory only; "": it is not */
	char record_aside[SW_STORE_ASIDE]; /* where a damaged one was moved to */
	bool trial_undone;	 /* opening found a trial that had run out, and undid it */
	int64_t adopted;	 /* unrecorded blocks, at the last restore */
	struct sw_config config; /* file, then settings set by hand */
	struct sw_guard guard;	 /* found when first needed */
	bool guard_found;
	bool guard_asked;		/* about one prefix */
	struct sw_allow_entry *allowed; /* the record's live allows, while locked */
	size_t allowed_count;
	bool allowed_known;
	int lock_fd; /* -1: not locked */
	char pin_dir[256];
	char state_dir[256];
	char config_file[256];
};

/* Opens record, configuration and, if pinned, the maps. Maps that cannot be used
 * are no failure: see `unusable`. */
int sw_ctx_open(struct sw_ctx *ctx, const char *pin_dir, const char *state_dir,
		const char *config_file, struct sw_err *e);
/* The same behind the lock, for a change: unusable maps are a failure, unless they
 * are another version's (foreign). So nobody loads, detaches or sets anything
 * between the look and the change. */
int sw_ctx_open_locked(struct sw_ctx *ctx, const char *pin_dir, const char *state_dir,
		       const char *config_file, struct sw_err *e);
void sw_ctx_close(struct sw_ctx *ctx);
/* One writer at a time, over all processes of this state directory. */
int sw_ctx_lock(struct sw_ctx *ctx, struct sw_err *e);
void sw_ctx_unlock(struct sw_ctx *ctx);
/* File, then settings of the record, into a fresh configuration. */
int sw_ctx_config(const struct sw_ctx *ctx, struct sw_config *c, struct sw_err *e);
const struct sw_guard *sw_ctx_guard(struct sw_ctx *ctx, struct sw_err *e);

/* Why a block would be refused without --force: it covers the allowlist, a
 * guarded address, or is shorter than the configured minimum. 0 fine, -1
 * refused (SW_EXIT_GUARD). */
int sw_block_check(struct sw_ctx *ctx, const struct sw_prefix *p, struct sw_err *e);

/* What became of one block or allow. */
enum sw_change { SW_ADDED, SW_PROLONGED, SW_UNCHANGED, SW_REMOVED, SW_WAS_ABSENT };

/* Claims are put and maps written; a claim that ends later is never cut short
 * (SW_UNCHANGED). Many at once: all are recorded or none. `change` may be NULL,
 * else has n places. Runs in one transaction of its own. */
int sw_block(struct sw_ctx *ctx, const struct sw_claim *c, size_t n, enum sw_change *change,
	     struct sw_err *e);
/* The same in one transaction with what `record` records first: it makes the claims
 * out of it, *n of them in claim. */
int sw_block_recording(struct sw_ctx *ctx, struct sw_claim *claim,
		       int (*record)(struct sw_claim *claim, size_t *n, void *arg,
				     struct sw_err *e),
		       void *arg, struct sw_err *e);
/* The same; with an origin, its claims on other prefixes go in the same step, and
 * *removed (may be NULL) counts them. */
int sw_block_list(struct sw_ctx *ctx, const struct sw_claim *c, size_t n, const char *origin,
		  enum sw_change *change, int64_t *removed, struct sw_err *e);
/* How many that would remove; -1: e says why. */
int64_t sw_block_list_leavers(struct sw_ctx *ctx, const struct sw_claim *c, size_t n,
			      const char *origin, struct sw_err *e);
/* origin NULL: every origin. */
int sw_unblock(struct sw_ctx *ctx, const struct sw_prefix *p, size_t n, const char *origin,
	       enum sw_change *change, struct sw_err *e);
int sw_allow_add(struct sw_ctx *ctx, const struct sw_allow_entry *a, size_t n,
		 enum sw_change *change, struct sw_err *e);
int sw_allow_remove(struct sw_ctx *ctx, const struct sw_prefix *p, size_t n, enum sw_change *change,
		    struct sw_err *e);
/* The allow tries come to say what record and configuration say. */
int sw_allow_sync(struct sw_ctx *ctx, struct sw_err *e);
struct sw_flushed {
	int64_t claims, addresses; /* addresses or prefixes */
};

/* Removes claims: of one origin (and its sub-origins), expired ones, or all; dry: only
 * counts them. n may be NULL. */
int sw_flush(struct sw_ctx *ctx, const char *origin, bool expired_only, bool dry,
	     struct sw_flushed *n, struct sw_err *e);

/* Replaces all claims and allows by these, or (merge) adds them: all or nothing. */
int sw_replace(struct sw_ctx *ctx, const struct sw_claim *c, size_t n,
	       const struct sw_allow_entry *a, size_t na, bool merge, struct sw_err *e);

/* Loads the program, or replaces the loaded one by this binary's, and tells it
 * blocks, allowlist, guards and thresholds. Where the pinned maps are of another
 * layout or size, fresh ones take their place with all that they hold, and no
 * packet meets a program that does not know it. Attaching is what is left to do. */
int sw_ctx_bring_up(struct sw_ctx *ctx, struct sw_err *e);

/* After load: the record's live claims and allows into fresh maps. Then what
 * the maps hold and the record lacks (blocks made while no daemon ran). */
int sw_restore_maps(struct sw_ctx *ctx, struct sw_err *e);
/* What the maps hold and no live claim explains becomes a claim of "unrecorded". */
int sw_adopt_unclaimed(struct sw_ctx *ctx, int64_t *adopted, struct sw_err *e);
/* For a record that knows nothing: the allows that the tries hold. */
int sw_adopt_allows(struct sw_ctx *ctx, struct sw_err *e);
int sw_adopt_kernel_blocks(struct sw_ctx *ctx, int64_t *n, struct sw_err *e);

/* The keys for hidden services, from their file into the running program. */
int sw_apply_keys(struct sw_ctx *ctx, struct sw_err *e);
/* Writes thresholds, mode and services of ctx->config into the running program. */
int sw_apply_config(struct sw_ctx *ctx, struct sw_err *e);

/* With the writers' lock: has the wall clock been set since the last look? Then
 * record and maps come to agree again; *step is by how much, us; 0: it was not. */
int sw_clock_reconcile(struct sw_ctx *ctx, int64_t *step, struct sw_err *e);
bool sw_clock_is_settled(void);

/* After a writer that was killed between maps and record: both say the same again. */
int sw_intent_mend(struct sw_ctx *ctx, bool *mended, struct sw_err *e);

/* Removes what has expired from maps and record, and what it has left behind. */
int sw_sweep(struct sw_ctx *ctx, struct sw_err *e);

/* What the maps say of one address. */
struct sw_verdict {
	bool blocked;	     /* an entry covers it */
	struct sw_prefix by; /* which */
	__u32 expires_tick;
	__u64 hits;
	bool allowed;
	struct sw_prefix allowed_by;
	enum sw_allow_kind allow_kind;
	bool watched; /* in the source table */
	struct sw_source source;
};
int sw_lookup(const struct sw_ctx *ctx, const struct sw_addr *a, struct sw_verdict *v,
	      struct sw_err *e);

/* Has it finished a handshake, or talked, with that port of ours within the hour? */
bool sw_uses_service(const struct sw_ctx *ctx, const struct sw_source *s, const struct sw_addr *own,
		     uint16_t port);

/* Every live entry of the drop sets, overflow and prefixes. */
typedef int (*sw_entry_fn)(const struct sw_prefix *p, __u32 expires_tick, __u64 hits, void *arg);
int sw_entries(const struct sw_ctx *ctx, sw_entry_fn fn, void *arg, struct sw_err *e);
typedef int (*sw_source_fn)(const struct sw_source *s, void *arg);
int sw_sources(const struct sw_ctx *ctx, sw_source_fn fn, void *arg, struct sw_err *e);
/* Takes the record of every source in p out of the table: score and all. */
int sw_source_forget(const struct sw_ctx *ctx, const struct sw_prefix *p, struct sw_err *e);
/* The address (IPv4) or /64 a source record speaks of. */
struct sw_prefix sw_source_prefix(const struct sw_source *s);

/* Trials: a change that undoes itself at a deadline unless confirmed. The
 * deadline stands in settings.revert_at, so the program itself falls back to
 * revert_mode; whoever of daemon and CLI comes next brings back the saved
 * claims, allows and settings. */
int sw_trial_begin(struct sw_ctx *ctx, enum sw_mode back_to, int64_t span_us,
		   struct sw_err *e); /* call before the change; saves the present state */
int sw_trial_confirm(struct sw_ctx *ctx, bool *was_running, struct sw_err *e);
int sw_trial_settle(struct sw_ctx *ctx, bool *rolled_back, struct sw_err *e);
/* The change that was to be tried has failed: back to the saved state at once. Where
 * that fails as well, at the deadline. */
void sw_trial_undo(struct sw_ctx *ctx);

#endif
