/* SPDX-License-Identifier: GPL-2.0-only */
/* Ways to hide an attack, and whether each is seen: the table in docs/evasions.md, row by row,
 * as packets. */
#ifndef TESTS_EVASIONS_H
#define TESTS_EVASIONS_H

#include <string.h>
#include "test_rules.h"

#define WORD "evil-word"
#define HEAD " HTTP/1.1\r\nHost: a\r\n\r\n"
#define GET "GET /cgi/" WORD HEAD

enum {
	URI_RULE = 1, /* http.uri: /cgi/evil-word */
	PAYLOAD_RULE, /* evil-word, anywhere */
	AGENT_RULE,   /* http.user_agent: evil-word */
	HEADER_RULE,  /* http.uri: /first-sign, http.header: second-sign */
};

enum answer {
	SEEN,	 /* the packet that carries it is dropped */
	AT_LAST, /* the last of the packets that carry it is */
	UNSEEN,
};

struct evasion {
	const char *name; /* NULL ends a list */
	enum answer answer;
	enum answer (*send)(void);
};

extern const struct evasion packet_evasions[], http_evasions[];
extern const char *const answer_text[];

/* One of the rules, in force. */
void load_rules(unsigned which, int flags, int kind);
struct stream begin(unsigned rule);
bool dropped(const struct frame *f);
enum answer answer_of(bool seen);
/* Part of a text, as a segment of its own. */
struct frame part(const struct stream *t, const char *text, size_t from, size_t to);

#endif
