/* SPDX-License-Identifier: GPL-2.0-only */
/* Rules built by hand, and payloads for them. */
#ifndef TESTS_TEST_RULES_H
#define TESTS_TEST_RULES_H

#include <scanwall/rule.h>
#include "rules/rules.h"
#include "rules/tables.h"
#include "test_program.h"

#define NOCASE 0x80 /* of a content, besides enum SW_CONDITION_* */
#define SID 1000001

#define assert_seen(t, text) assert_string_equal(reason_name(stream_say(t, text)), "signature")
#define assert_not_seen(t, text) assert_string_equal(reason_name(stream_say(t, text)), "flow")

int signatures_reset(void **unused); /* each test: as program_reset(), and no rules */

struct sig {
	struct sw_rule rule;
	struct sw_condition condition[SW_RULE_CONDITIONS];
};

/* For TCP to OPEN_PORT, or whatever port says. */
struct sig sig(uint32_t sid, enum sw_rule_action action);
/* The first content of seven bytes is what the filter looks for; without one
 * the rule hangs on its port. */
void sig_bytes(struct sig *s, enum sw_buffer buffer, const void *bytes, size_t length, int flags,
	       int offset, int depth);
void sig_text(struct sig *s, enum sw_buffer buffer, const char *text, int flags);
/* At this offset, or this far from the last match; depth 0: any. */
void sig_text_at(struct sig *s, enum sw_buffer buffer, const char *text, int flags, int offset,
		 int depth);
/* BYTE_TEST, SIZE, ICMP: a number that compares with low (and high). */
struct sw_condition *sig_number(struct sig *s, enum sw_condition_type type, enum sw_compare compare,
				uint32_t low, uint32_t high);
struct sw_condition *sig_condition(struct sig *s, enum sw_condition_type type,
				   enum sw_buffer buffer);

/* The fixture's maps as an engine has them. */
void signatures_engine(struct sw_engine *g);
/* In force from now on; `kind` is what is done at each port that a rule names. */
void signatures_load(const struct sig *s, size_t count, int kind);

/* A connection of which the program knows, and what comes over it. */
struct stream {
	uint32_t src;
	uint16_t sport, dport;
	uint32_t seq;
};

struct stream stream_open(uint32_t src, uint16_t dport);
struct frame stream_frame(const struct stream *t, const void *bytes, size_t length);
/* The next segment; returns its reason. After one that is dropped another takes
 * its place. */
int stream_send(struct stream *t, const void *bytes, size_t length);
int stream_say(struct stream *t, const char *text);
/* What the service sends back, from `stream_answered` on, which goes with it. */
extern uint32_t stream_answered;
void stream_answer_at(const struct stream *t, const void *bytes, size_t length, uint32_t seq);
void stream_answer(const struct stream *t, const char *text);

/* A connection that there is, from CLIENT4 to the listener, so that what comes
 * over it can be proven. */
struct connection {
	int client, server;
	struct stream t;
	uint32_t ack;
};

struct connection connection_open(void);
/* The same to another listener, at any address. */
struct connection connection_to(int listener, uint16_t port);
void connection_close(const struct connection *c);
struct frame connection_frame(const struct connection *c, const char *text);

/* How often the rule was hit, or tried, since it was loaded. */
uint64_t sig_hits(uint32_t sid);
uint64_t sig_tried(uint32_t sid);

/* Rules as people write them, in force from now on; none may be refused. */
void rules_load(const char *text);
/* One for TCP to OPEN_PORT that drops: its options, but for msg and sid. */
void rules_load_options(const char *options);
/* Whether a rule drops it, as the first segment of a new connection there. */
bool rules_see(const void *text, size_t length);
bool rules_see_text(const char *text);

/* Of all that are in force, *count of them; freed by the caller. */
struct sw_rule_stat *rules_stats(long *count);

struct rule_example {
	const char *options, *hit, *miss;
};

void rules_try(const struct rule_example *examples, size_t count);

/* The rules that come with scanwall; each test: as signatures_reset(), and they. */
extern struct sw_rules builtin;
int builtin_setup(void **state);
int builtin_teardown(void **state);
int builtin_load(void **state);

#endif
