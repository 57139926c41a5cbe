/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Block and allow state. Claims are kept in the record, and the kernel's maps are
 * updated to match them: an address is blocked while any origin claims it, and never
 * while it is allowed.
 *
 * Callers hold the writers' lock (sw_ctx_lock) for each call that changes something.
 */
#ifndef SCANWALL_BLOCKLIST_H
#define SCANWALL_BLOCKLIST_H

#include "base/duration.h"
#include "engine/engine.h"
#include "engine/guard.h"
#include "store/store.h"

#define SW_ORIGIN_KERNEL "kernel"
#define SW_ORIGIN_OPERATOR "operator"
#define SW_ORIGIN_UNRECORDED \
	"unrecorded" /* blocked in the maps for a reason that the record does not know */

/* The state a command works on. If engine.fd[0] < 0, nothing is loaded: changes go to
 * the record only, and the next load applies them. */
struct sw_ctx {
	struct sw_engine engine;
	bool loaded;
	bool foreign; /* the pinned maps belong to another scanwall, which keeps running */
	/* Something is attached whose maps cannot be used (another layout, a missing
	 * pin): the error, else "". loaded is then false. */
	struct sw_err unusable;
	struct sw_store *store;
	struct sw_err record_trouble;	/* why the record is in memory only; "": it is not */
	struct sw_err rules_unrecorded; /* why the record lacks the rules in force; "": it has */
	/* Why a file beside the record could not be read when it was last applied; "": it could.
	 * Packets must not pass unjudged for that. */
	struct sw_err keys_unread, names_unread;
	char record_aside[SW_STORE_ASIDE]; /* where a damaged record was moved to */
	/* Why the configuration cannot be read; "": it could. config then has the mode in force,
	 * the record's settings and defaults, and what it would change stays as it is. */
	struct sw_err config_trouble;
	bool trial_undone;	 /* opening found an expired trial and undid it */
	int64_t adopted;	 /* unrecorded blocks at the last restore */
	struct sw_config config; /* file, then settings made with `config set` */
	struct sw_guard guard;	 /* collected on first use */
	bool guard_found;
	bool guard_asked;		/* the guard was asked about a single prefix */
	struct sw_allow_entry *allowed; /* the record's live allow entries, while locked */
	size_t allowed_count;
	bool allowed_known;
	int lock_fd; /* -1: not locked */
	char pin_dir[256];
	char state_dir[256];
	char config_file[256];
};

/* Opens the record, the configuration and, if pinned, the maps. Unusable maps are no
 * error: see `unusable`. */
int sw_ctx_open(struct sw_ctx *ctx, const char *pin_dir, const char *state_dir,
		const char *config_file, struct sw_err *e);
/* The same with the lock held, for a change: unusable maps are an error unless they are
 * another version's (foreign). Nobody can load, detach or change anything between check
 * and change. */
int sw_ctx_open_locked(struct sw_ctx *ctx, const char *pin_dir, const char *state_dir,
		       const char *config_file, struct sw_err *e);
void sw_ctx_close(struct sw_ctx *ctx);
/* One writer at a time, across all processes using this state directory. */
int sw_ctx_lock(struct sw_ctx *ctx, struct sw_err *e);
void sw_ctx_unlock(struct sw_ctx *ctx);
/* For what opens from here on, a configuration that cannot be read is no error: see
 * config_trouble. */
void sw_ctx_spare_config(bool spare);
/* Reads the file, then the record's settings, into a fresh configuration. */
int sw_ctx_config(const struct sw_ctx *ctx, struct sw_config *c, struct sw_err *e);
const struct sw_guard *sw_ctx_guard(struct sw_ctx *ctx, struct sw_err *e);

/* Would a block need --force? It does if it covers an allow entry or a guarded address,
 * or is shorter than the configured minimum. 0 no, -1 refused (SW_EXIT_GUARD). */
int sw_block_check(struct sw_ctx *ctx, const struct sw_prefix *p, struct sw_err *e);

/* Result for one block or allow. */
enum sw_change { SW_ADDED, SW_PROLONGED, SW_UNCHANGED, SW_REMOVED, SW_WAS_ABSENT };

/* Adds claims and updates the maps; a claim that ends later is never shortened
 * (SW_UNCHANGED). All or nothing. `change` may be NULL, else has n elements. Runs in a
 * transaction of its own. */
int sw_block(struct sw_ctx *ctx, const struct sw_claim *c, size_t n, enum sw_change *change,
	     struct sw_err *e);
/* The same, with `record` run first in the transaction: it creates the claims, *n of
 * them in claim. */
int sw_block_recording(struct sw_ctx *ctx, struct sw_claim *claim,
		       int (*record)(struct sw_claim *claim, size_t *n, void *arg,
				     struct sw_err *e),
		       void *arg, struct sw_err *e);
/* The same; additionally removes other claims of the origin in the same step. *removed
 * (may be NULL) counts them. */
int sw_block_list(struct sw_ctx *ctx, const struct sw_claim *c, size_t n, const char *origin,
		  enum sw_change *change, int64_t *removed, struct sw_err *e);
/* How many claims that would remove; -1: e says why. */
int64_t sw_block_list_leavers(struct sw_ctx *ctx, const struct sw_claim *c, size_t n,
			      const char *origin, struct sw_err *e);
/* origin NULL: all origins. */
int sw_unblock(struct sw_ctx *ctx, const struct sw_prefix *p, size_t n, const char *origin,
	       enum sw_change *change, struct sw_err *e);
int sw_allow_add(struct sw_ctx *ctx, const struct sw_allow_entry *a, size_t n,
		 enum sw_change *change, struct sw_err *e);
int sw_allow_remove(struct sw_ctx *ctx, const struct sw_prefix *p, size_t n, enum sw_change *change,
		    struct sw_err *e);
/* Makes the allow maps match record and configuration. */
int sw_allow_sync(struct sw_ctx *ctx, struct sw_err *e);
struct sw_flushed {
	int64_t claims, addresses; /* addresses or prefixes */
};

/* Removes claims: of one origin and its sub-origins, expired ones, or all. dry: only
 * counts. n may be NULL. */
int sw_flush(struct sw_ctx *ctx, const char *origin, bool expired_only, bool dry,
	     struct sw_flushed *n, struct sw_err *e);

/* Replaces all claims and allow entries by these, or (merge) adds them; all or nothing. */
int sw_replace(struct sw_ctx *ctx, const struct sw_claim *c, size_t n,
	       const struct sw_allow_entry *a, size_t na, bool merge, struct sw_err *e);

/* Loads the program, or replaces the loaded one by that of this binary, and passes it
 * blocks, allowlist, guarded addresses and settings. If the pinned maps are of another
 * layout or size, fresh ones with the same contents replace them, and no packet meets a
 * program without them. Attaching is up to the caller. */
int sw_ctx_bring_up(struct sw_ctx *ctx, struct sw_err *e);

/* After a load: writes the record's live claims and allow entries to fresh maps, then
 * records what only the maps hold (blocks made while no daemon ran). */
int sw_restore_maps(struct sw_ctx *ctx, struct sw_err *e);
/* Turns map entries without a live claim into claims of "unrecorded". */
int sw_adopt_unclaimed(struct sw_ctx *ctx, int64_t *adopted, struct sw_err *e);
/* For an empty record: takes over the allow entries in the maps. */
int sw_adopt_allows(struct sw_ctx *ctx, struct sw_err *e);
int sw_adopt_kernel_blocks(struct sw_ctx *ctx, int64_t *n, struct sw_err *e);

/* Loads the keys for hidden services from their file into the running program. */
int sw_apply_keys(struct sw_ctx *ctx, struct sw_err *e);
/* Writes thresholds, mode and services from ctx->config to the running program. */
int sw_apply_config(struct sw_ctx *ctx, struct sw_err *e);

/* With the writers' lock held: was the wall clock set since the last call? Then
 * corrects record and maps; *step is the change in us, 0 if there was none. */
int sw_clock_reconcile(struct sw_ctx *ctx, int64_t *step, struct sw_err *e);
bool sw_clock_is_settled(void);

/* After a writer was killed between maps and record: makes both agree again. */
int sw_restore_interrupted(struct sw_ctx *ctx, bool *mended, struct sw_err *e);

/* Removes expired entries from maps and record, and their remains. */
int sw_sweep(struct sw_ctx *ctx, struct sw_err *e);

/* What the maps hold about one address. */
struct sw_verdict {
	bool blocked;	     /* an entry covers it */
	struct sw_prefix by; /* that entry */
	__u32 expires_tick;
	__u64 hits;
	bool allowed;
	struct sw_prefix allowed_by;
	enum sw_allow_kind allow_kind;
	bool watched; /* is in the source table */
	struct sw_source source;
};
int sw_lookup(const struct sw_ctx *ctx, const struct sw_addr *a, struct sw_verdict *v,
	      struct sw_err *e);

/* Did it complete a handshake with that local port, or exchange UDP, within the hour? */
bool sw_uses_service(const struct sw_ctx *ctx, const struct sw_source *s, const struct sw_addr *own,
		     uint16_t port);

/* Calls fn for every live entry of drop sets, overflow and prefix maps. */
typedef int (*sw_entry_fn)(const struct sw_prefix *p, __u32 expires_tick, __u64 hits, void *arg);
int sw_entries(const struct sw_ctx *ctx, sw_entry_fn fn, void *arg, struct sw_err *e);
typedef int (*sw_source_fn)(const struct sw_source *s, void *arg);
int sw_sources(const struct sw_ctx *ctx, sw_source_fn fn, void *arg, struct sw_err *e);
/* Deletes the records of all sources in p, including their scores. */
int sw_source_forget(const struct sw_ctx *ctx, const struct sw_prefix *p, struct sw_err *e);
/* The address (IPv4) or /64 of a source record. */
struct sw_prefix sw_source_prefix(const struct sw_source *s);

/* Trials: a change that is rolled back at a deadline unless confirmed. The deadline is
 * in settings.revert_at, so the program itself falls back to revert_mode; the next
 * daemon or CLI process restores claims, allow entries and settings. */
int sw_trial_begin(struct sw_ctx *ctx, enum sw_mode back_to, int64_t span_us,
		   struct sw_err *e); /* to be called before the change; saves the current state */
int sw_trial_confirm(struct sw_ctx *ctx, bool *was_running, struct sw_err *e);
int sw_trial_settle(struct sw_ctx *ctx, bool *rolled_back, struct sw_err *e);
/* The change under trial failed: rolls back at once or, if that fails as well, at the
 * deadline. */
void sw_trial_undo(struct sw_ctx *ctx);

#endif
