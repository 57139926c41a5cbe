// SPDX-License-Identifier: GPL-2.0-only
/* flowbits, xbits, hostbits and noalert: bits that rules set for each other. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "rules/internal.h"

#define FLOW_SECONDS 3600
#define XBIT_SECONDS 30 /* as in Suricata, where a rule does not say how long */

static __u32 hash_of(const char *name, __u16 of)
{
	__u32 h = 2166136261u ^ of;

	for (; *name; name++)
		h = (h ^ (unsigned char)*name) * 16777619u;
	return h;
}

static int read_use(const char *word, struct sw_condition *c)
{
	static const struct {
		const char *word;
		enum sw_bit_use use;
		int flags;
	} uses[] = {{"isset", SW_BIT_ASK, 0},
		    {"isnotset", SW_BIT_ASK, SW_CONDITION_NOT},
		    {"set", SW_BIT_SET, 0},
		    {"unset", SW_BIT_UNSET, 0},
		    {"toggle", SW_BIT_TOGGLE, 0}};

	for (size_t i = 0; i < sizeof(uses) / sizeof(uses[0]); i++)
		if (!strcmp(word, uses[i].word)) {
			c->bit.use = uses[i].use;
			c->flags = uses[i].flags;
			return 0;
		}
	return -1;
}

/* An argument of "track", or the direction of a hostbit. */
static int read_owner(const char *word, struct sw_condition *c)
{
	static const struct {
		const char *word;
		enum sw_bit_of of;
	} owners[] = {{"ip_src", SW_BIT_OF_SOURCE},	 {"src", SW_BIT_OF_SOURCE},
		      {"ip_dst", SW_BIT_OF_DESTINATION}, {"dst", SW_BIT_OF_DESTINATION},
		      {"ip_pair", SW_BIT_OF_PAIR},	 {"both", SW_BIT_OF_PAIR}};

	for (size_t i = 0; i < sizeof(owners) / sizeof(owners[0]); i++)
		if (!strcmp(word, owners[i].word)) {
			c->bit.of = owners[i].of;
			return 0;
		}
	return -1;
}

static int read_seconds(const char *text, __u32 *seconds)
{
	unsigned long n;
	char *end;

	errno = 0;
	n = strtoul(text, &end, 10);
	if (end == text || *end || *text == '-' || errno || !n || n > SW_BIT_SECONDS_MOST)
		return -1;
	*seconds = n;
	return 0;
}

/* "track ip_src", "expire 30", or a hostbit's "src". */
static int read_option(char *word, bool host, struct sw_condition *c)
{
	char *arg = word + strcspn(word, " \t");

	if (*arg)
		*arg++ = 0;
	arg = sw_rule_trim(arg);
	if (!strcmp(word, "track"))
		return read_owner(arg, c);
	if (!strcmp(word, "expire"))
		return read_seconds(arg, &c->bit.seconds);
	return host && !*arg ? read_owner(word, c) : -1;
}

int sw_rule_silence(struct draft *d, struct refusal *no)
{
	if (d->rule.action != SW_RULE_ALERT)
		return sw_refuse(no, SW_REFUSAL_FLOWBITS,
				 "noalert: only of a rule whose action is alert");
	d->rule.flags |= SW_RULE_SILENT;
	return 0;
}

int sw_rule_bits(const char *key, char *value, struct draft *d, struct refusal *no)
{
	struct sw_condition c = {.type = SW_CONDITION_BIT};
	bool flow = !strcmp(key, "flowbits");
	char *save, *use, *name, *word;

	use = strtok_r(value, ",", &save);
	use = use ? sw_rule_trim(use) : value;
	if (!strcmp(use, "noalert"))
		return sw_rule_silence(d, no);
	name = strtok_r(NULL, ",", &save);
	name = name ? sw_rule_trim(name) : value + strlen(value);
	c.bit.of = flow ? SW_BIT_OF_FLOW : SW_BIT_OF_SOURCE;
	c.bit.seconds = flow || *key == 'h' ? FLOW_SECONDS : XBIT_SECONDS;
	if (read_use(use, &c) || !*name || strchr(name, '|'))
		return sw_refuse(no, SW_REFUSAL_FLOWBITS,
				 "%s: \"%.40s\" (expected set, unset, toggle, isset or isnotset, "
				 "and one name)",
				 key, use);
	while ((word = strtok_r(NULL, ",", &save)))
		if (flow || read_option(sw_rule_trim(word), *key == 'h', &c))
			return sw_refuse(no, SW_REFUSAL_FLOWBITS,
					 "%s: unknown option \"%.40s\" (expected track ip_src, "
					 "ip_dst or ip_pair, expire and seconds)",
					 key, sw_rule_trim(word));
	if (d->bits == SW_RULE_BITS)
		return sw_refuse(no, SW_REFUSAL_SIZE, "%s: more than %d bits", key, SW_RULE_BITS);
	c.bit.name = hash_of(name, *key);
	snprintf(d->bit_name[d->bits], BIT_NAME, "%s", name);
	d->bit[d->bits++] = c;
	return 0;
}

/* A rule without an alert is for the bits that it changes. What a rule about answers calls
 * the source is this host. */
int sw_rule_check_bits(struct draft *d, struct refusal *no)
{
	bool changes = false;

	for (int i = 0; i < d->bits; i++) {
		struct sw_condition *c = &d->bit[i];

		changes |= c->bit.use != SW_BIT_ASK;
		if (c->bit.use == SW_BIT_ASK)
			d->rule.flags |= SW_RULE_ASKS;
		if (d->rule.flags & SW_RULE_ANSWER && c->bit.of == SW_BIT_OF_SOURCE)
			c->bit.of = SW_BIT_OF_DESTINATION;
		else if (d->rule.flags & SW_RULE_ANSWER && c->bit.of == SW_BIT_OF_DESTINATION)
			c->bit.of = SW_BIT_OF_SOURCE;
	}
	if (d->rule.flags & SW_RULE_SILENT && !changes)
		return sw_refuse(no, SW_REFUSAL_FLOWBITS,
				 "noalert: a rule without an alert has no effect unless it sets a "
				 "bit for others");
	return 0;
}

/* ---- between rules */

struct bit {
	__u32 name; /* hash */
	bool set, asked;
	char text[BIT_NAME];
};

void sw_rule_bits_init(struct sw_rules_internal *in)
{
	in->bits = (struct sw_hash)SW_HASH_OF(struct bit, name);
}

int sw_rule_keep_bits(struct sw_rules *r, const struct draft *d, struct refusal *no)
{
	for (int i = 0; i < d->bits; i++) {
		const struct sw_condition *c = &d->bit[i];
		bool fresh;
		struct bit *b = sw_hash_put(&r->internal->bits, &c->bit.name, &fresh);

		if (!b)
			return sw_refuse(no, SW_REFUSAL_MEMORY, "out of memory");
		if (fresh)
			memcpy(b->text, d->bit_name[i], sizeof(b->text));
		b->asked |= c->bit.use == SW_BIT_ASK;
		b->set |= c->bit.use == SW_BIT_SET || c->bit.use == SW_BIT_TOGGLE;
	}
	return 0;
}

static int warn(struct sw_rule_text *t, bool asks, const char *name, struct sw_err *e)
{
	if (t->warning)
		return 0;
	if (asprintf(&t->warning,
		     asks ? "no rule sets the bit \"%s\", so it never matches"
			  : "no rule asks for the bit \"%s\", and it has no other effect",
		     name) >= 0)
		return 0;
	t->warning = NULL;
	return sw_fail(e, SW_EXIT_FAILED, "out of memory for rules");
}

static int join(struct sw_rules *r, size_t rule, struct sw_err *e)
{
	struct kept *k = &r->internal->kept[rule];
	struct sw_condition *c = k->condition + k->rule.conditions;
	const struct bit *last = NULL;
	int left = 0, rc = 0;

	for (int i = 0; i < k->rule.bits && !rc; i++) {
		const struct bit *b = sw_hash_find(&r->internal->bits, &c[i].bit.name);
		bool asks = c[i].bit.use == SW_BIT_ASK;

		last = b ? b : last;
		if (!b || (!asks && !b->asked))
			continue;
		if (asks && !b->set && !(c[i].flags & SW_CONDITION_NOT))
			rc = warn(&r->rule[rule], true, b->text, e);
		c[left++] = c[i];
	}
	if (!rc && !left && last && k->rule.flags & SW_RULE_SILENT)
		rc = warn(&r->rule[rule], false, last->text, e);
	k->rule.bits = left;
	return rc;
}

int sw_rules_join_bits(struct sw_rules *r, struct sw_err *e)
{
	for (size_t i = 0; i < r->rules; i++)
		if (r->internal->kept[i].rule.bits && join(r, i, e))
			return -1;
	return 0;
}
