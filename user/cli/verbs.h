/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How every verb is run, the places of its options in sw_args.option, and what
 * verbs share. The rows themselves stand in verb_table.c and
 * subcommands.c.
 */
#ifndef SCANWALL_VERBS_H
#define SCANWALL_VERBS_H

#include "cli/cli.h"

#define SW_STATE_DIR "/var/lib/scanwall"

#define SW_OPS(name) extern const struct sw_verb_ops sw_##name##_ops

SW_OPS(attach);
SW_OPS(detach);
SW_OPS(status);
SW_OPS(mode);
SW_OPS(run);
SW_OPS(block);
SW_OPS(unblock);
SW_OPS(allow);
SW_OPS(unallow);
SW_OPS(list);
SW_OPS(show);
SW_OPS(test);
SW_OPS(monitor);
SW_OPS(flush);
SW_OPS(events);
SW_OPS(replay);
SW_OPS(stats);
SW_OPS(top);
SW_OPS(save);
SW_OPS(restore);
SW_OPS(import);
SW_OPS(reload);
SW_OPS(panic);
SW_OPS(confirm);
SW_OPS(audit);
SW_OPS(changes);
SW_OPS(rollback);
SW_OPS(report);
SW_OPS(web);
SW_OPS(metrics);
SW_OPS(notify_run);
SW_OPS(notify_test);
SW_OPS(notify_daily);
SW_OPS(abuse);
SW_OPS(names_list);
SW_OPS(names_run);
SW_OPS(exposure);
SW_OPS(doctor);
SW_OPS(setup);
SW_OPS(pardon);
SW_OPS(knock);
SW_OPS(version);
SW_OPS(help);
SW_OPS(config_check);
SW_OPS(config_show);
SW_OPS(config_get);
SW_OPS(config_set);
SW_OPS(config_sample);
SW_OPS(rules_check);
SW_OPS(rules_load);
SW_OPS(rules_list);
SW_OPS(rules_show);
SW_OPS(rules_stats);
SW_OPS(rules_enable);
SW_OPS(rules_disable);
SW_OPS(port_allow);
SW_OPS(port_remove);
SW_OPS(port_list);
SW_OPS(key_add);
SW_OPS(key_list);
SW_OPS(key_revoke);

/* Hidden: their names begin with "__". */
SW_OPS(man);
SW_OPS(complete);
SW_OPS(man_config);
SW_OPS(sample_config);

/* Places in sw_args.option: "" for a flag that was given, NULL when absent. */
enum { SW_ATTACH_MODE, SW_ATTACH_XDP, SW_ATTACH_CHAIN };
enum { SW_DETACH_ALL };
enum { SW_STATUS_READY };
enum { SW_MODE_FOR, SW_MODE_CONFIRM };
enum { SW_RUN_INTERFACE /* joined by commas */, SW_RUN_EVENTS, SW_RUN_XDP, SW_RUN_TLS };
enum { SW_BLOCK_TTL, SW_BLOCK_COMMENT, SW_BLOCK_ORIGIN, SW_BLOCK_FILE, SW_BLOCK_NEW_ONLY };
enum { SW_UNBLOCK_ORIGIN, SW_UNBLOCK_ALL_ORIGINS, SW_UNBLOCK_FILE };
enum { SW_PARDON_FOR };
enum { SW_REPORT_SINCE, SW_REPORT_HTML };
enum { SW_WEB_LISTEN, SW_WEB_SINCE };
enum { SW_METRICS_TEXTFILE };
enum { SW_ABUSE_FORM, SW_ABUSE_SINCE };
enum { SW_ALLOW_TTL, SW_ALLOW_COMMENT, SW_ALLOW_FILE, SW_ALLOW_TRUST };
enum { SW_UNALLOW_FILE };
enum { SW_LIST_ORIGIN, SW_LIST_IN, SW_LIST_SORT, SW_LIST_LIMIT };
enum {
	SW_TEST_DPORT,
	SW_TEST_PROTO,
	SW_TEST_SPORT,
	SW_TEST_FLAGS,
	SW_TEST_IFACE,
	SW_TEST_DST,
	SW_TEST_HEX,
	SW_TEST_PCAP,
};
enum {
	SW_MONITOR_DROPS,
	SW_MONITOR_REASON,
	SW_MONITOR_SOURCE,
	SW_MONITOR_PCAP,
	SW_MONITOR_COUNT,
	SW_MONITOR_RATE,
};
enum { SW_FLUSH_ORIGIN, SW_FLUSH_EXPIRED, SW_FLUSH_ALL };
enum {
	SW_EVENTS_SINCE,
	SW_EVENTS_UNTIL,
	SW_EVENTS_TYPE,
	SW_EVENTS_ORIGIN,
	SW_EVENTS_FOLLOW,
	SW_EVENTS_LIMIT
};
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
enum { SW_PORT_CONFIRM };
enum { SW_PANIC_OFF };
enum { SW_KNOCK_PORT, SW_KNOCK_KEY };
enum { SW_AUDIT_SINCE, SW_AUDIT_LIMIT };
enum { SW_CHANGES_SINCE, SW_CHANGES_LIMIT };

/* Are the operands of allow or unallow names (name:HOST, bot:NAME)? 1: they are valid names,
 * 0: addresses, -1: e says what is wrong. */
int sw_names_asked(const struct sw_args *a, const char *verb, struct sw_err *e);
int sw_names_change(struct sw_call *c, bool adds, struct sw_err *e);

/* sw_ctx_open with the directories and the file of the command line. */
int sw_cli_open(struct sw_ctx *ctx, const struct sw_globals *g, struct sw_err *e);
/* The same for a change: takes the writers' lock and rolls back an expired trial, which it
 * reports on stderr. */
int sw_cli_open_locked(struct sw_ctx *ctx, const struct sw_globals *g, struct sw_err *e);
/* The same for attach and detach, which accept pinned maps of any layout; for other verbs maps
 * of another layout are an error. */
int sw_cli_open_to_load(struct sw_ctx *ctx, const struct sw_globals *g, struct sw_err *e);

/* A whole number of an option, min..max. */
int sw_cli_number(const char *text, const char *what, long min, long max, long *out,
		  struct sw_err *e);
/* Prompts on the terminal. True without a prompt if --yes is given, false without a terminal. */
bool sw_cli_ask(const struct sw_globals *g, const char *question);

/* Sets the audit record's one-line summary of what changed. Optional: the command line is
 * recorded anyway. */
void sw_audit_say(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* Records who ran this command and how it ended; rc is the verb's return value, e its error.
 * Commands with a usage error are not recorded. If the record cannot be written, that is
 * reported on stderr and the change stands. s NULL: opens the record. how: see sw_verb.undo. */
void sw_audit(struct sw_store *s, const struct sw_globals *g, const char *how, int rc,
	      const struct sw_err *e);
/* The running verb has changed this: the interface or the key that sw_verb.undo has to name. */
void sw_audit_changed(const char *name);
/* In place of sw_verb.undo; "": nothing is to be taken back. */
void sw_audit_instead(const char *how);
/* The running verb reverts the change with this ID. */
void sw_audit_undoes(int64_t id);
/* "root from 192.0.2.9": the login user, not the one that sudo switched to. */
void sw_audit_who(const struct sw_audit *a, char *buf, size_t size);
/* The command without the paths of binary, record, pins and configuration, which would repeat
 * in each line of a list. Freed by the caller; NULL: no memory. */
char *sw_audit_command(const char *argv);

/* Looks up a configuration key; NULL with e suggesting the nearest name. */
const struct sw_config_key *sw_cli_config_key(const char *name, struct sw_config_key *row,
					      struct sw_err *e);

/* Prints the help screen of one verb or (verb NULL) of all: to stdout if `asked`, else to
 * stderr. Returns the exit code. */
int sw_help_show(const struct sw_verb *verbs, const struct sw_verb *verb, bool asked);

#endif
