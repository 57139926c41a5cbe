/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Every verb's function, the places of its options in sw_args.option, and what
 * verbs share. The rows themselves stand in table.c.
 */
#ifndef SCANWALL_VERBS_H
#define SCANWALL_VERBS_H

#include "cli/cli.h"

#define SW_STATE_DIR "/var/lib/scanwall"

#define SW_VERB(name) \
	int sw_verb_##name(const struct sw_globals *g, const struct sw_args *a, struct sw_err *e)

SW_VERB(attach);
SW_VERB(detach);
SW_VERB(status);
SW_VERB(mode);
SW_VERB(run);
SW_VERB(block);
SW_VERB(unblock);
SW_VERB(allow);
SW_VERB(unallow);
SW_VERB(list);
SW_VERB(show);
SW_VERB(test);
SW_VERB(flush);
SW_VERB(events);
SW_VERB(replay);
SW_VERB(stats);
SW_VERB(top);
SW_VERB(save);
SW_VERB(restore);
SW_VERB(import);
SW_VERB(config);
SW_VERB(reload);
SW_VERB(rules);
SW_VERB(panic);
SW_VERB(confirm);
SW_VERB(audit);
SW_VERB(report);
SW_VERB(web);
SW_VERB(metrics);
SW_VERB(exposure);
SW_VERB(doctor);
SW_VERB(setup);
SW_VERB(pardon);
SW_VERB(key);
SW_VERB(knock);
SW_VERB(version);
SW_VERB(help);

/* Hidden: their names begin with "__". */
SW_VERB(man);
SW_VERB(complete);
SW_VERB(man_config);
SW_VERB(sample_config);

/* Places in sw_args.option: "" for a flag that was given, NULL when absent. */
enum { SW_ATTACH_MODE, SW_ATTACH_XDP };
enum { SW_DETACH_ALL };
enum { SW_STATUS_READY };
enum { SW_MODE_FOR, SW_MODE_CONFIRM };
enum { SW_RUN_INTERFACE /* joined by commas */, SW_RUN_EVENTS, SW_RUN_XDP };
enum { SW_BLOCK_TTL, SW_BLOCK_COMMENT, SW_BLOCK_ORIGIN, SW_BLOCK_FILE, SW_BLOCK_NEW_ONLY };
enum { SW_UNBLOCK_ORIGIN, SW_UNBLOCK_ALL_ORIGINS, SW_UNBLOCK_FILE };
enum { SW_PARDON_FOR };
enum { SW_REPORT_SINCE, SW_REPORT_HTML };
enum { SW_WEB_LISTEN, SW_WEB_SINCE };
enum { SW_METRICS_TEXTFILE };
enum { SW_ALLOW_TTL, SW_ALLOW_COMMENT, SW_ALLOW_FILE };
enum { SW_UNALLOW_FILE };
enum { SW_LIST_ORIGIN, SW_LIST_IN, SW_LIST_SORT, SW_LIST_LIMIT };
enum { SW_TEST_DPORT, SW_TEST_PROTO, SW_TEST_SPORT, SW_TEST_FLAGS, SW_TEST_IFACE, SW_TEST_DST };
enum { SW_FLUSH_ORIGIN, SW_FLUSH_EXPIRED, SW_FLUSH_ALL };
enum { SW_EVENTS_SINCE, SW_EVENTS_FOLLOW, SW_EVENTS_LIMIT };
enum { SW_REPLAY_PROTECT, SW_REPLAY_SERVICES };
enum { SW_STATS_ALL };
enum { SW_TOP_LIMIT, SW_TOP_EVERY, SW_TOP_ONCE };
enum { SW_RESTORE_MERGE, SW_RESTORE_CONFIRM };
enum {
	SW_IMPORT_FORMAT,
	SW_IMPORT_TTL,
	SW_IMPORT_ORIGIN,
	SW_IMPORT_COMMENT,
	SW_IMPORT_CONFIRM,
	SW_IMPORT_REPLACE,
	SW_IMPORT_MAX_WIDTH,
};
enum { SW_CONFIG_EFFECTIVE, SW_CONFIG_CONFIRM };
enum { SW_RULES_LENIENT, SW_RULES_LIMIT, SW_RULES_ALL };
enum { SW_PANIC_OFF };
enum { SW_KNOCK_PORT, SW_KNOCK_KEY };
enum { SW_AUDIT_SINCE, SW_AUDIT_LIMIT };

/* sw_wall_open with the directories and file of the command line. */
int sw_cli_open(struct sw_ctx *ctx, const struct sw_globals *g, struct sw_err *e);
/* The same for a change: takes the writers' lock and settles a trial that has
 * run out, which it tells on stderr. */
int sw_cli_open_locked(struct sw_ctx *ctx, const struct sw_globals *g, struct sw_err *e);
/* The same for who loads or takes down, whatever scanwall's maps are pinned;
 * for others those of another layout are a failure. */
int sw_cli_open_to_load(struct sw_ctx *ctx, const struct sw_globals *g, struct sw_err *e);

/* A whole number of an option, min..max. */
int sw_cli_number(const char *text, const char *what, long min, long max, long *out,
		  struct sw_err *e);
/* Asks on the terminal; true at once with --yes, false without a terminal. */
bool sw_cli_ask(const struct sw_globals *g, const char *question);

/* What the running verb changed, for the audit: one line. Optional; without it
 * the command line alone tells. */
void sw_audit_say(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* Writes the audit record now, into an open store; main does not write it a
 * second time. Where a verb does not call this, main opens the store for it. */
int sw_audit_write(struct sw_store *s, const struct sw_globals *g, int code, struct sw_err *e);
/* For a verb of the `changes` kind that only showed something this time. */
void sw_audit_skip(void);
/* main's part: after a verb that changes things and has not written itself. */
void sw_audit_finish(const struct sw_globals *g, int code, const char *failure);

/* The help screen, of all (verb NULL) or one; `asked` or by mistake. */
int sw_help_show(const struct sw_verb *verb, bool asked);

#endif
