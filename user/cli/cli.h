/* SPDX-License-Identifier: GPL-2.0-only */
/* Types of the verb table and of a running verb. */
#ifndef SCANWALL_CLI_H
#define SCANWALL_CLI_H

#include <getopt.h>
#include "blocklist/blocklist.h"
#include "views/output.h"

struct sw_option {
	const char *name;  /* long name */
	char letter;	   /* or 0 */
	const char *value; /* what it takes, as help prints it ("SPAN"); NULL: nothing */
	const char *text;
};

#define SW_OPTIONS_MAX 12

struct sw_args { /* what the parser found for one verb */
	const char
		*option[SW_OPTIONS_MAX]; /* by place in verb->option; "" for a flag; NULL: absent */
	int count;			 /* operands, without the name of a subcommand */
	char **operand;
};

/* What the runner opens for a verb. */
enum sw_needs {
	SW_NEEDS_NOTHING,
	SW_NEEDS_LOOK, /* record, configuration and, if pinned, the maps */
	SW_NEEDS_LOCK, /* the same, with the writers' lock held */
	SW_NEEDS_LOAD, /* the same, even if another version's maps are pinned */
};

/* One run of a verb. */
struct sw_call {
	const struct sw_globals *g;
	const struct sw_args *a;
	const struct sw_verb *verbs; /* the table it was found in */
	enum sw_needs needs;
	bool audited;
	bool changes;	    /* else --dry-run means nothing */
	struct sw_ctx *ctx; /* open as `needs` says, from run() on */
	void *request;	    /* ops->request bytes, zeroed */
};

/* How a verb is run. Both functions return an enum sw_exit, or -1 with e filled. */
struct sw_verb_ops {
	size_t request; /* bytes that read() fills and run() uses */
	/* Checks the arguments before anything is opened; may be NULL. May lower what the row
	 * needs: see sw_call_shows(). */
	int (*read)(struct sw_call *c, struct sw_err *e);
	/* With --dry-run it says what it would do. */
	int (*run)(struct sw_call *c, struct sw_err *e);
	void (*release)(void *request); /* after both, whatever they returned; may be NULL */
};

/* For read(): this call only reads (`mode` without an operand). */
void sw_call_shows(struct sw_call *c);
/* For run() of a verb that polls: reopens c->ctx to see the current state. */
int sw_call_look_again(struct sw_call *c, struct sw_err *e);
/* For a verb that looks, asks, and then loads and attaches: others may have changed
 * something while the question stood there. */
int sw_call_lock(struct sw_call *c, struct sw_err *e);

struct sw_verb {
	const char *name;
	const char *synopsis; /* "ADDR[/LEN]... [--ttl SPAN]"; of subcommands: made of theirs */
	const char *text;     /* one line */
	const char *more;     /* paragraphs for `help VERB` and the man page; may be NULL */
	const char *complete; /* what operands are: "iface", "blocked", "a|b", "file", "" */
	struct sw_option option[SW_OPTIONS_MAX];
	unsigned int takes;		/* of a subcommand: bits of its verb's options */
	int min_operands, max_operands; /* max -1: any number */
	enum sw_needs needs;
	bool audited;
	bool without_record; /* runs even if what it needs cannot be opened */
	bool without_config; /* goes on with what is in force if that cannot be read */
	bool from_record;    /* shows what only the record knows */
	bool degrades;	     /* shows faults, and what else there is */
	/* What takes it back, where rollback cannot; or NULL. A word in capitals stands for the
	 * names that sw_audit_changed() got; without any nothing is to be taken back. */
	const char *undo;
	const char *dry_run;	   /* what -n says; NULL: the verb changes nothing */
	const struct sw_verb *sub; /* its subcommands, up to one without a name; or NULL */
	const struct sw_verb_ops *ops;
};

/* The table of verbs, ended by a row without a name. Only main() names it; functions that
 * read it are passed it, since it refers to every verb and so to their callers. */
extern const struct sw_verb sw_verbs[];
/* The rows of config, rules, key, notify, names and port. */
extern const struct sw_verb sw_config_verbs[], sw_rules_verbs[], sw_key_verbs[], sw_notify_verbs[],
	sw_names_verbs[], sw_port_verbs[];

#endif
