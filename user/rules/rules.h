/* SPDX-License-Identifier: GPL-2.0-only */
/* Signatures as people write them: a documented subset of the language of
 * Suricata and Snort (docs/signatures.md), read and compiled into the tables
 * that the program uses (tables.h).
 *
 *   parse    a line into options
 *   compile  options into conditions, and each rule's rarest window
 */
#ifndef SCANWALL_RULES_H
#define SCANWALL_RULES_H

#include <stdbool.h>
#include <stddef.h>
#include "rules/tables.h"

/* Why a rule is refused, for the summary. X(id, name) */
#define SW_REFUSALS(X)                                                        \
	X(SYNTAX, "not a rule")                                               \
	X(PCRE, "regular expression (pcre)")                                  \
	X(RESPONSE, "looks at what other servers answer")                     \
	X(OUTGOING, "looks at what this host asks others")                    \
	X(FLOWBITS, "needs what an earlier packet set (flowbits, xbits)")     \
	X(BUFFER, "needs a buffer that is not read (file, DNS, TLS fields)")  \
	X(KEYWORD, "needs an unknown keyword")                                \
	X(BYTES, "unsupported form of byte_test or byte_jump")                \
	X(PROTOCOL, "protocol is not inspected")                              \
	X(SIZE, "too many or too long contents, ports or addresses")          \
	X(SEARCH, "nothing to search for: only short literals, and any port") \
	X(COMMON, "its only literals are in everyday traffic")                \
	X(DUPLICATE, "duplicate sid")                                         \
	X(MEMORY, "out of memory")

enum sw_refusal {
#define X(id, name) SW_REFUSAL_##id,
	SW_REFUSALS(X)
#undef X
		SW_REFUSAL_COUNT,
};

const char *sw_refusal_name(enum sw_refusal why);

struct sw_rules_options {
	/* "HTTP_PORTS=80,8080", "HOME_NET=192.0.2.0/24"; NULL-terminated, or
	 * NULL. They go over the defaults and what the file itself sets. */
	const char *const *variable;
	bool lenient;	  /* rules with pcre: accepted by their literals only, as alerts */
	bool only_alerts; /* whatever the action that is written */
};

/* An accepted rule. Strings are owned by struct sw_rules. */
struct sw_rule_text {
	__u32 sid, rev;
	enum sw_rule_action action;
	unsigned priority;		   /* 1 is the gravest; 0: not said */
	char *msg, *classtype, *reference; /* NULL where not said; references joined by ", " */
	char *source;			   /* the line as it was read */
	const char *file;
	unsigned line;
	char *warning; /* a warning, such as a common search window; or NULL */
};

struct sw_rule_refused {
	enum sw_refusal why;
	__u32 sid; /* 0: not known */
	const char *file;
	unsigned line;
	char *reason; /* one sentence that names the keyword or value */
};

struct sw_rules {
	struct sw_rule_text *rule; /* rule[i] is what tables.rule[i] was compiled from */
	size_t rules;
	struct sw_rule_refused *refused;
	size_t refusals;
	struct sw_tables tables;
	struct sw_rules_internal *internal;
};

int sw_rules_init(struct sw_rules *r, const struct sw_rules_options *options, struct sw_err *e);
void sw_rules_free(struct sw_rules *r);

/* Adds the rules of a file (or of a text, which need not end in NUL and is
 * called `name` in what is said of it). A rule that is not taken is no error,
 * but listed. Lines that end in a backslash go on; '#' begins a comment, also
 * before a rule that is commented out. */
int sw_rules_read_file(struct sw_rules *r, const char *path, struct sw_err *e);
int sw_rules_read_text(struct sw_rules *r, const char *name, const char *text, size_t length,
		       struct sw_err *e);

/* Once, after the last read: fills r->tables, whose memory r owns. May refuse
 * more rules. */
int sw_rules_compile(struct sw_rules *r, struct sw_err *e);

#endif
