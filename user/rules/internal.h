/* SPDX-License-Identifier: GPL-2.0-only */
/* Shared by the files of the rule compiler: a rule between text and tables. */
#ifndef SCANWALL_RULES_INTERNAL_H
#define SCANWALL_RULES_INTERNAL_H

#include "base/grow.h"
#include "base/hash.h"
#include "rules/rules.h"

#define CONTENT_MAX 256 /* bytes of one content as it is written */
#define PARTS_MAX 16	/* contents and tests of one rule */
#define ADDRESSES_MAX 12
#define BIT_NAME 48 /* as much of the name of a bit as messages show */

/* Of one side. */
struct addresses {
	struct {
		struct sw_prefix prefix;
		bool excluded;
	} item[ADDRESSES_MAX];
	int count;
};

struct port_set {
	__u8 bit[65536 / 8];
	bool any;
};

/* Which messages have a buffer. */
enum side {
	EITHER_SIDE,
	OF_REQUESTS,
	OF_ANSWERS,
	OF_FILES, /* either, but what is uploaded is not cut out of the request's body */
};

/* A content or a test, in the order of the text. */
struct part {
	struct sw_condition c; /* but for the pattern, and offset and depth of a content */
	__u8 byte[CONTENT_MAX];
	int length;
	bool nocase;
	int offset, depth; /* or distance and within */
	bool has_offset, has_depth, has_distance, has_within, starts;
	bool wide;	  /* its buffer here is wider than in the language */
	const char *line; /* of the head, by its name, that it is about; or NULL */
	enum side side;
	const char *expression; /* of a pcre, `length` bytes; not owned */
	bool decoded;		/* of what base64 hides, */
	int anchor, skip;	/* `skip` bytes behind this part; -1: behind the beginning */
	int regex_flags;	/* enum sw_regex_flags */
};

/* What base64_decode says. */
struct base64 {
	enum sw_buffer buffer;
	enum side side;
	int anchor, offset;
	bool on;
};

struct draft {
	struct sw_rule rule;
	struct sw_rule_text text;
	struct addresses src, dst;
	struct port_set sport, dport;
	struct part part[PARTS_MAX];
	int parts;
	enum sw_buffer buffer; /* sticky */
	bool wide;
	const char *line;
	enum side side;
	bool has_http;
	bool inward, outward; /* flow: says which way */
	bool from_home, to_outside, from_outside, to_home;
	bool usual_ports; /* dport is the protocol's, as the rule names none */
	bool has_pcre, lowered;
	bool has_flags, not_established;
	struct sw_condition bit[SW_RULE_BITS];
	char bit_name[SW_RULE_BITS][BIT_NAME];
	int bits;
	char extracted[32]; /* by byte_extract */
	enum sw_buffer extracted_from;
	bool extracts;
	struct base64 base64;
	bool decoded;	       /* contents are of base64_data */
	char *made[PARTS_MAX]; /* expressions that stand for other keywords */
	int mades;
};

/* A compiled rule without a place in the tables yet. */
struct kept {
	struct sw_rule rule;
	struct sw_condition *condition;
	size_t dport;  /* in internal->port_sets, as many rules share one */
	__u64 *window; /* candidates, the rarest first */
	__u32 *cost;   /* of each: how often its grams are met */
	int windows, chosen;
};

struct variable {
	char *name, *value;
	bool fixed; /* of the options: what a file sets does not matter */
};

struct sw_rules_internal {
	struct sw_rules_options options;
	struct variable *variable;
	size_t variables, variable_room;
	size_t rule_room, refused_room;
	struct kept *kept;
	char **file; /* names */
	size_t files;
	struct sw_hash port_sets; /* struct port_set */
	struct sw_hash regexes;	  /* pcre.c */
	struct sw_regex_page *page;
	size_t pages, page_room;
	struct sw_hash bits;	 /* bits.c */
	struct sw_hash sid;	 /* __u32 */
	__u16 *gram;		 /* the profile: how often each bit of the filter is met, */
	__u16 *pair;		 /* each two bytes, */
	__u32 *byte;		 /* and each one */
	struct sw_hash everyday; /* __u64: windows of it */
	__u64 *crowded;		 /* bits by sw_window_hash(): where those are */
	/* what tables point to */
	struct sw_filter *filter;
	struct sw_inspect_ports *ports;
	struct sw_rule *rule;
	struct sw_condition *condition;
	struct sw_window_entry *window;
	struct sw_port_entry *port;
};

/* ---- refusal.c */
struct refusal {
	enum sw_refusal why;
	char text[256];
};
void sw_refusal_set(struct refusal *no, enum sw_refusal why, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* The same, and -1: as sw_fail() is. */
#define sw_refuse(no, why, ...)                       \
	__extension__({                               \
		sw_refusal_set(no, why, __VA_ARGS__); \
		-1;                                   \
	})

/* Without the blanks around it; in place. */
char *sw_rule_trim(char *text);

/* ---- variables.c */
/* NULL: not defined. */
const char *sw_rules_variable(const struct sw_rules *r, const char *name);
/* `fixed`: what a file sets later is ignored. */
int sw_rules_variable_set(struct sw_rules *r, const char *name, size_t length, const char *value,
			  bool fixed, struct sw_err *e);
/* The defaults, then `given`: NAME=VALUE, NULL at the end; may be NULL. */
int sw_rules_variables_init(struct sw_rules *r, const char *const *given, struct sw_err *e);

/* ---- header.c */
int sw_rule_header(struct sw_rules *r, char *text, struct draft *d, struct refusal *no);
int sw_rule_ports(struct sw_rules *r, const char *text, struct port_set *p, struct refusal *no);
bool sw_port_in(const struct port_set *p, int port);
/* The first from `port` on that is in the set, or is not; 65536: none. */
int sw_port_next(const struct port_set *p, int port, bool in);

/* Is the rule about replies of this host? Then swaps its ports, since the program sees
 * outgoing packets, and makes it an alert. */
int sw_rule_turn(struct draft *d, struct refusal *no);

/* ---- options.c: what stands in the parentheses; cut up. */
int sw_rule_options(char *text, struct draft *d, struct refusal *no);

/* ---- content.c */
int sw_part_content(char *value, struct draft *d, struct refusal *no);
int sw_part_modify(const char *key, char *value, struct draft *d, struct refusal *no);
int sw_part_byte_test(char *value, struct draft *d, struct refusal *no);
int sw_part_byte_extract(char *value, struct draft *d, struct refusal *no);
int sw_part_byte_jump(char *value, struct draft *d, struct refusal *no);
/* "10", "<10", ">=10", "10<>20" */
int sw_part_size(const char *key, const char *value, enum sw_buffer b, struct draft *d,
		 struct refusal *no);
int sw_part_icmp(const char *key, const char *value, struct draft *d, struct refusal *no);
struct part *sw_part_add(struct draft *d, const char *key, struct refusal *no);

/* ---- head_lines.c: what asks for a place in a single line of the head, into expressions. */
int sw_rule_head_lines(struct draft *d, struct refusal *no);
int sw_rule_event(const char *value, struct draft *d, struct refusal *no);

/* ---- base64.c: contents of base64_data into expressions. */
int sw_rule_base64_decode(char *value, struct draft *d, struct refusal *no);
int sw_rule_base64_data(struct draft *d, struct refusal *no);
int sw_rule_base64(struct draft *d, struct refusal *no);

/* ---- pcre.c */
int sw_part_pcre(char *value, struct draft *d, struct refusal *no);
/* Compiles those of a draft; what cannot be, is left out where that is asked for. */
int sw_rule_regexes(struct sw_rules *r, struct draft *d, struct refusal *no);
void sw_rule_regexes_init(struct sw_rules_internal *in);
void sw_rule_regexes_free(struct sw_rules_internal *in);

/* ---- packet_keywords.c */
int sw_part_flags(char *value, struct draft *d, struct refusal *no);
int sw_rule_stream_size(char *value, struct draft *d, struct refusal *no);
/* Asks for nothing but flags, as a SYN without a payload has them; -1: refused. */
int sw_rule_check_flags(struct draft *d, struct refusal *no);

/* ---- bits.c */
int sw_rule_bits(const char *key, char *value, struct draft *d, struct refusal *no);
int sw_rule_silence(struct draft *d, struct refusal *no);
/* Once it is known whether the rule is about answers. */
int sw_rule_check_bits(struct draft *d, struct refusal *no);
/* Remembers who asks for which bits, and who changes them. */
int sw_rule_keep_bits(struct sw_rules *r, const struct draft *d, struct refusal *no);
/* Once all are read: bits that nobody asks for are not kept, and rules that ask for what
 * nobody sets have a warning. */
int sw_rules_join_bits(struct sw_rules *r, struct sw_err *e);
void sw_rule_bits_init(struct sw_rules_internal *in);

/* ---- conditions.c: a draft into conditions; *k owns what it points to. */
int sw_rule_conditions(const struct draft *d, struct kept *k, struct refusal *no);

/* ---- window.c */
int sw_profile_make(struct sw_rules_internal *in, struct sw_err *e);
/* Search windows of a rule, from its positive contents; COMMON if all are common. */
int sw_rule_windows(const struct sw_rules_internal *in, const struct draft *d, struct kept *k,
		    char **warning, struct refusal *no);

/* ---- choose.c: `chosen` of each rule. */
int sw_rules_choose(struct sw_rules *r, struct sw_err *e);

/* ---- read.c */
const struct port_set *sw_rule_dport(const struct sw_rules_internal *in, const struct kept *k);
/* Frees what they point to. */
void sw_rule_forget(struct sw_rule_text *t, struct kept *k);
int sw_rules_refused(struct sw_rules *r, const char *file, unsigned line, __u32 sid,
		     const struct refusal *no, struct sw_err *e);

/* What the filter's stops for this gram (four folded bytes) cost, by the profile. */
__u32 sw_gram_cost(const struct sw_rules_internal *in, __u32 gram);
/* Where in the filter it is. */
static inline __u32 sw_gram_bit(__u32 gram)
{
	__u32 h = sw_gram_hash(gram);

	return (h >> 16) * 8 + h % 64;
}
#define SW_GRAM_BITS (SW_GRAM_BYTES * 8 + 64)

/* Benign requests and replies, NULL-terminated. */
extern const char *const sw_everyday[];
extern const char *const sw_common_words;

#endif
