/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The record: claims, allowlist, settings set by hand, events and the audit
 * trail, in SQLite (WAL) at STATE_DIR/scanwall.db. Several processes may use
 * it at once. Times are wall-clock microseconds; SW_FOREVER: no end.
 */
#ifndef SCANWALL_STORE_H
#define SCANWALL_STORE_H

#include <stdbool.h>
#include <stdint.h>
#include "base/addr.h"
#include "base/err.h"

#define SW_ORIGIN_MAX 64   /* with NUL; letters, digits, . _ - / */
#define SW_COMMENT_MAX 256 /* with NUL */

struct sw_store;

struct sw_claim {
	struct sw_prefix prefix;
	char origin[SW_ORIGIN_MAX];
	char comment[SW_COMMENT_MAX];
	int64_t since;
	int64_t expires;
	bool new_only; /* open connections continue (automatic, unproven) */
};

struct sw_allow_entry {
	struct sw_prefix prefix;
	char comment[SW_COMMENT_MAX];
	int64_t since;
	int64_t expires;
	bool trusted; /* nor do signatures end its connections */
};

/* One event, as stored in the record. */
struct sw_record {
	int64_t id;
	int64_t time;
	char type[24];		 /* "block", "would-block", ... */
	struct sw_prefix source; /* what was (or would be) blocked */
	char *json;		 /* the whole event as one JSON object */
};

struct sw_audit {
	int64_t id;
	int64_t time;
	uint32_t uid;
	uint32_t login_uid; /* UINT32_MAX: none */
	int32_t pid;
	char ssh_client[64]; /* address from SSH_CONNECTION, or "" */
	char *argv;	     /* the command line, quoted for a shell */
	char *what;	     /* what was changed, one line */
	int exit;	     /* enum sw_exit the command ended with */
};

/* How long this process waits for a locked record; default: 5 s. */
void sw_store_wait(int ms);

/* Opens, or makes with its directory (0750), the record. Busy timeout as above;
 * synchronous=NORMAL. Fails with a sentence when the file is no database,
 * is of a newer schema, or cannot be written. */
struct sw_store *sw_store_open(const char *state_dir, struct sw_err *e);
void sw_store_close(struct sw_store *s);

/* A record in memory, for when the file cannot be used: nothing of it outlives
 * the process. copy_of: a state directory whose record is read into it, as far as
 * it can be; may be NULL. */
struct sw_store *sw_store_open_volatile(const char *copy_of, struct sw_err *e);
bool sw_store_is_volatile(const struct sw_store *s);
bool sw_store_is_new(const struct sw_store *s);
/* Is the path still the file that was opened? */
bool sw_store_is_there(const struct sw_store *s);
/* Does the file have a database header and all its pages? Also false briefly while it grows: see
 * sw_store_damaged(). */
bool sw_store_is_whole(const struct sw_store *s);
/* Has any record been found unreadable since this process started? */
bool sw_store_was_unreadable(void);
bool sw_store_is_copy(const struct sw_store *s);
/* Tries a small write and rolls it back, to see if disk, file and lock permit it. */
int sw_store_probe(struct sw_store *s, struct sw_err *e);
/* Is the file damaged, or not a database? */
bool sw_store_damaged(const char *state_dir);
/* Moves the file and its WAL aside; `aside` receives the new path. */
#define SW_STORE_ASIDE 300
int sw_store_set_aside(const char *state_dir, char aside[SW_STORE_ASIDE], struct sw_err *e);

/* Changes between begin and commit are atomic. No nesting. */
int sw_store_begin(struct sw_store *s, struct sw_err *e); /* BEGIN IMMEDIATE */
bool sw_store_begun(const struct sw_store *s);
int sw_store_commit(struct sw_store *s, struct sw_err *e);
void sw_store_rollback(struct sw_store *s); /* harmless outside a transaction */

/* Claims. put inserts or replaces (prefix, origin). del: origin NULL is every
 * origin; *n (may be NULL) counts the removed. */
int sw_store_claim_put(struct sw_store *s, const struct sw_claim *c, struct sw_err *e);
/* Many at once; faster the more of them are in order. */
#define SW_CLAIMS_PUT 16
int sw_store_claims_put(struct sw_store *s, const struct sw_claim *const *c, size_t n,
			struct sw_err *e);
/* Many of which the record has none, as the transaction at hand has seen. Of very many this is
 * only begun: the claims have to stay until the transaction ends, and what goes wrong then
 * fails whatever is asked of the record next, the commit at last. */
int sw_store_claims_new(struct sw_store *s, const struct sw_claim *const *c, size_t n,
			struct sw_err *e);
/* Only the prefix of each claim, in order. */
int sw_store_claim_prefixes(struct sw_store *s, int (*fn)(const struct sw_prefix *p, void *arg),
			    void *arg, struct sw_err *e);
int sw_store_claims_clear(struct sw_store *s, struct sw_err *e); /* every claim goes */
int sw_store_claim_del(struct sw_store *s, const struct sw_prefix *p, const char *origin, int *n,
		       struct sw_err *e);
/* 1 found, 0 not, -1 failed. */
int sw_store_claim_get(struct sw_store *s, const struct sw_prefix *p, const char *origin,
		       struct sw_claim *c, struct sw_err *e);

/* Which claims a walk visits; fields that are zero do not filter. */
struct sw_claim_filter {
	const struct sw_prefix *prefix; /* just this one */
	const struct sw_prefix *within; /* inside this prefix */
	const char *origin; /* this one or a sub-origin: "fail2ban" includes "fail2ban/sshd" */
	int64_t live_at;    /* not expired at this time */
	int64_t expired_at; /* expired at this time */
	bool by_name;	    /* those of one prefix ordered by origin */
};
typedef int (*sw_claim_fn)(const struct sw_claim *c, void *arg); /* non-zero stops */
/* In order of prefix (sw_prefix_cmp). Returns 0, fn's result, or -1. */
int sw_store_claims(struct sw_store *s, const struct sw_claim_filter *f, sw_claim_fn fn, void *arg,
		    struct sw_err *e);
int64_t sw_store_claim_count(struct sw_store *s, const struct sw_claim_filter *f, struct sw_err *e);

/* The number of claims of each origin that are live at this time, ordered by name. */
typedef int (*sw_origin_fn)(const char *origin, int64_t claims, void *arg);
int sw_store_origins(struct sw_store *s, int64_t live_at, sw_origin_fn fn, void *arg,
		     struct sw_err *e);

/* Allowlist. */
int sw_store_allow_put(struct sw_store *s, const struct sw_allow_entry *a, struct sw_err *e);
int sw_store_allow_del(struct sw_store *s, const struct sw_prefix *p, int *n, struct sw_err *e);
/* 1 found, 0 not, -1 failed. */
int sw_store_allow_get(struct sw_store *s, const struct sw_prefix *p, struct sw_allow_entry *a,
		       struct sw_err *e);
typedef int (*sw_allow_fn)(const struct sw_allow_entry *a, void *arg);
int sw_store_allows(struct sw_store *s, sw_allow_fn fn, void *arg, struct sw_err *e);

/* Values of `config set` and `mode`, which override the file's. value NULL deletes. get: 1
 * found (value malloc'ed), 0 not, -1 failed. */
int sw_store_setting_put(struct sw_store *s, const char *key, const char *value, struct sw_err *e);
int sw_store_setting_get(struct sw_store *s, const char *key, char **value, struct sw_err *e);
typedef int (*sw_setting_fn)(const char *key, const char *value, void *arg);
int sw_store_settings(struct sw_store *s, sw_setting_fn fn, void *arg, struct sw_err *e);

/* Events and the audit trail. since: oldest time wanted; source NULL: all;
 * limit 0: all. The newest come last. */
int sw_store_event_add(struct sw_store *s, const struct sw_record *r, struct sw_err *e);
typedef int (*sw_record_fn)(const struct sw_record *r, void *arg);
int sw_store_events(struct sw_store *s, int64_t since, const struct sw_prefix *source, int limit,
		    sw_record_fn fn, void *arg, struct sw_err *e);
/* Sets a->id. */
int sw_store_audit_add(struct sw_store *s, struct sw_audit *a, struct sw_err *e);
typedef int (*sw_audit_fn)(const struct sw_audit *a, void *arg);
int sw_store_audits(struct sw_store *s, int64_t since, int limit, sw_audit_fn fn, void *arg,
		    struct sw_err *e);

/* How often the kernel has blocked this source before (for the ladder of
 * repeat offenders): counts one more and returns the new count, or -1. The
 * count starts anew when the last offence is older than `forget_us`. */
int sw_store_offence(struct sw_store *s, const struct sw_prefix *p, int64_t now, int64_t forget_us,
		     struct sw_err *e);

/* The current count, and in *last the time of the latest; 0: none, or all forgotten; -1: failed.
 * The current count, and in *last the time of the latest; 0: none, or all forgotten; -1: failed. */
int sw_store_offences(struct sw_store *s, const struct sw_prefix *p, int64_t now, int64_t forget_us,
		      int64_t *last, struct sw_err *e);

/* The signatures in force, for whoever names them or asks for one. Strings are
 * never NULL when they are read; the reader's only until fn returns. */
struct sw_rule_row {
	uint32_t sid, rev;
	unsigned priority, line;
	const char *action, *msg, *classtype, *reference, *file, *warning, *text;
	bool off; /* disabled; ignored when written */
};
/* Replaces all of them; in a transaction of the caller. */
int sw_store_rules_put(struct sw_store *s, const struct sw_rule_row *r, size_t n, struct sw_err *e);
/* Ordered by sid; sid 0: all. Returns 0, fn's result, or -1. */
typedef int (*sw_rule_fn)(const struct sw_rule_row *r, void *arg);
int sw_store_rules(struct sw_store *s, uint32_t sid, sw_rule_fn fn, void *arg, struct sw_err *e);
/* Rules disabled by sid, whether loaded or not. */
int sw_store_rule_off(struct sw_store *s, uint32_t sid, bool off, struct sw_err *e);
int sw_store_rule_is_off(struct sw_store *s, uint32_t sid, struct sw_err *e); /* 1, 0, -1 */
typedef int (*sw_sid_fn)(uint32_t sid, void *arg);
int sw_store_rules_off(struct sw_store *s, sw_sid_fn fn, void *arg, struct sw_err *e);

/* Moves the times of claims and allows that were made from `from` to `to`, by
 * `by` us. */
int sw_store_shift(struct sw_store *s, int64_t from, int64_t to, int64_t by, struct sw_err *e);

/* *at: when the first claim ends, in us; SW_FOREVER: none does. Kept until something is
 * written, as a record of a million takes a tenth of a second to look through. */
int sw_store_first_expiry(struct sw_store *s, int64_t *at, struct sw_err *e);
/* Deletes events and audit records older than this, and expired claims and allows. */
int sw_store_prune(struct sw_store *s, int64_t older_than, struct sw_err *e);
/* Deletes the oldest events beyond `most` bytes, and likewise of the audit trail; *gone: the
 * number deleted. */
int sw_store_bound(struct sw_store *s, int64_t most, int64_t *gone, struct sw_err *e);

#endif
