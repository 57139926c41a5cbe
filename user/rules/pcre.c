// SPDX-License-Identifier: GPL-2.0-only
/* pcre:"/.../flags": the expressions of rules, each compiled once, into pages. */
#include <stdlib.h>
#include <string.h>
#include "base/grow.h"
#include "rules/internal.h"
#include "rules/regex.h"

/* ---- flags */

struct pcre_flag {
	char letter;
	int flag;	       /* of the expression, */
	enum sw_buffer buffer; /* or where it looks */
	enum side side;
};

static const struct pcre_flag known[] = {
	{'i', SW_REGEX_NOCASE, 0, 0},
	{'s', SW_REGEX_DOTALL, 0, 0},
	{'m', SW_REGEX_MULTILINE, 0, 0},
	{'A', SW_REGEX_ANCHORED, 0, 0},
	{'x', SW_REGEX_EXTENDED, 0, 0},
	{'G', SW_REGEX_UNGREEDY, 0, 0},
	{'E', SW_REGEX_END_ONLY, 0, 0},
	{'U', 0, SW_BUFFER_URI, OF_REQUESTS},
	{'I', 0, SW_BUFFER_URI_RAW, OF_REQUESTS},
	{'P', 0, SW_BUFFER_BODY, OF_REQUESTS},
	{'H', 0, SW_BUFFER_HEADER, EITHER_SIDE},
	{'D', 0, SW_BUFFER_HEADER, EITHER_SIDE},
	{'M', 0, SW_BUFFER_METHOD, OF_REQUESTS},
	{'C', 0, SW_BUFFER_COOKIE, OF_REQUESTS},
	{'K', 0, SW_BUFFER_COOKIE, OF_REQUESTS},
	{'V', 0, SW_BUFFER_USER_AGENT, OF_REQUESTS},
	{'W', 0, SW_BUFFER_HOST, OF_REQUESTS},
	{'Z', 0, SW_BUFFER_HOST, OF_REQUESTS},
	{'S', 0, SW_BUFFER_STATUS, OF_ANSWERS},
	{'Y', 0, SW_BUFFER_STATUS_TEXT, OF_ANSWERS},
	{'Q', 0, SW_BUFFER_BODY, OF_ANSWERS},
};

static int take_flag(char letter, struct part *p, struct refusal *no)
{
	if (letter == 'R')
		p->c.flags |= SW_CONDITION_RELATIVE;
	if (letter == 'R' || letter == 'O') /* O: Suricata's own limits do not hold */
		return 0;
	if (letter == 'B') {
		p->c.buffer = SW_BUFFER_PAYLOAD;
		p->wide = false;
		p->line = NULL;
		p->side = EITHER_SIDE;
		return 0;
	}
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (known[i].letter != letter)
			continue;
		p->regex_flags |= known[i].flag;
		if (known[i].flag)
			return 0;
		p->c.buffer = known[i].buffer;
		p->wide = false;
		p->line = NULL;
		p->side = known[i].side;
		return 0;
	}
	return sw_refuse(no, SW_REFUSAL_PCRE, "pcre: unknown flag \"%c\"", letter);
}

int sw_part_pcre(char *value, struct draft *d, struct refusal *no)
{
	struct part *p = sw_part_add(d, "pcre", no);
	char *end, *slash;

	if (!p)
		return -1;
	p->c.type = SW_CONDITION_REGEX;
	if (*value == '!') {
		p->c.flags |= SW_CONDITION_NOT;
		value = sw_rule_trim(value + 1);
	}
	end = value + strlen(value) - 1;
	if (end <= value || *value != '"' || *end != '"')
		return sw_refuse(no, SW_REFUSAL_SYNTAX, "pcre: \"%.40s\" is not quoted", value);
	*end = 0;
	value++;
	slash = strrchr(value, '/');
	if (*value != '/' || slash == value)
		return sw_refuse(no, SW_REFUSAL_SYNTAX,
				 "pcre: \"%.40s\" does not stand between slashes", value);
	p->expression = value + 1;
	p->length = slash - p->expression;
	for (const char *flag = slash + 1; *flag; flag++)
		if (take_flag(*flag, p, no))
			return -1;
	return 0;
}

/* ---- compiled */

/* Looks for the same expression of an earlier rule. */
struct sw_rule_regex {
	__u64 key;
	char *text; /* owned */
	int flags, use;
	struct sw_condition c; /* its `regex` */
	bool placed;	       /* asks where the text begins or ends */
};

static __u64 key_of(const struct part *p, int use)
{
	__u64 h = 14695981039346656037ull ^ (__u64)use << 32 ^ p->regex_flags;

	for (int i = 0; i < p->length; i++)
		h = (h ^ (__u8)p->expression[i]) * 1099511628211ull;
	return h;
}

static int put_pages(struct sw_rules_internal *in, const struct sw_regex *x, struct sw_err *e)
{
	size_t cells = (size_t)x->states * x->classes;
	size_t pages = 1 + (cells + SW_REGEX_CELLS - 1) / SW_REGEX_CELLS;
	struct sw_regex_page *page;

	while (in->page_room < in->pages + pages)
		if (sw_grow((void **)&in->page, &in->page_room, in->page_room, sizeof(*page), e))
			return -1;
	page = in->page + in->pages;
	memset(page, 0, pages * sizeof(*page));
	memcpy(page->class, x->class, sizeof(x->class));
	memcpy(page + 1, x->cell, cells * sizeof(*x->cell));
	in->pages += pages;
	return 0;
}

/* It has a $, \z, \Z or (?!. */
static bool asks_for_end(const struct part *p)
{
	for (int i = 0; i < p->length; i++) {
		if (p->expression[i] == '$' ||
		    (i + 2 < p->length && !memcmp(p->expression + i, "(?!", 3)))
			return true;
		if (p->expression[i] == '\\' && ++i < p->length && (p->expression[i] | 0x20) == 'z')
			return true;
	}
	return false;
}

static int compile(struct sw_rules_internal *in, const struct part *p, enum sw_regex_use use,
		   struct sw_rule_regex *out, struct refusal *no)
{
	char error[SW_REGEX_ERROR];
	struct sw_regex x;
	struct sw_err e;
	bool nomem;
	int rc;

	if (sw_regex_compile(p->expression, p->length, p->regex_flags, use, &x, error, &nomem))
		return nomem ? sw_refuse(no, SW_REFUSAL_MEMORY, "out of memory")
			     : sw_refuse(no, SW_REFUSAL_PCRE, "pcre: %s", error);
	out->c.regex.page = in->pages;
	out->c.regex.classes = x.classes;
	out->c.regex.how = x.how;
	if (asks_for_end(p))
		out->c.regex.how |= SW_REGEX_ENDS;
	memcpy(out->c.regex.start, x.start, sizeof(x.start));
	out->placed = x.placed;
	rc = put_pages(in, &x, &e);
	free(x.cell);
	return rc ? sw_refuse(no, SW_REFUSAL_MEMORY, "out of memory") : 0;
}

static bool is_same(const struct sw_rule_regex *x, const struct part *p, int use)
{
	return x->flags == p->regex_flags && x->use == use && (int)strlen(x->text) == p->length &&
	       !memcmp(x->text, p->expression, p->length);
}

/* Reuses another rule's expression, or compiles it. */
static const struct sw_rule_regex *find(struct sw_rules_internal *in, const struct part *p,
					enum sw_regex_use use, struct refusal *no)
{
	struct sw_rule_regex fresh = {.key = key_of(p, use), .flags = p->regex_flags, .use = use};
	struct sw_rule_regex *x = sw_hash_find(&in->regexes, &fresh.key);
	bool is_fresh;

	if (x && is_same(x, p, use))
		return x;
	if (compile(in, p, use, &fresh, no))
		return NULL;
	fresh.text = strndup(p->expression, p->length);
	if (x) /* another has the same key: who comes later has the place */
		free(x->text);
	else
		x = sw_hash_put(&in->regexes, &fresh.key, &is_fresh);
	if (x && fresh.text) {
		*x = fresh;
		return x;
	}
	if (x)
		x->text = NULL;
	free(fresh.text);
	sw_refuse(no, SW_REFUSAL_MEMORY, "out of memory");
	return NULL;
}

/* Does what follows in the same buffer count from where the match ends? */
static bool is_counted_from(const struct draft *d, int n)
{
	for (int i = n + 1; i < d->parts; i++) {
		const struct part *p = &d->part[i];

		if (p->c.buffer != d->part[n].c.buffer)
			continue;
		if (p->has_distance || p->has_within || p->c.flags & SW_CONDITION_RELATIVE)
			return true;
		if (p->c.type == SW_CONDITION_CONTENT && !(p->c.flags & SW_CONDITION_NOT))
			return false;
	}
	return false;
}

static int compile_part(struct sw_rules *r, struct draft *d, int n, struct refusal *no)
{
	struct part *p = &d->part[n];
	const struct sw_rule_regex *x;
	bool counted = !(p->c.flags & SW_CONDITION_NOT) && is_counted_from(d, n);

	x = find(r->internal, p, counted ? SW_REGEX_END : SW_REGEX_ANY, no);
	if (!x)
		return -1;
	if (p->wide && (x->placed || p->c.flags & (SW_CONDITION_NOT | SW_CONDITION_RELATIVE)))
		return sw_refuse(no, SW_REFUSAL_BUFFER,
				 "pcre: a place in, or an absence from, a line of the head that is "
				 "not read by itself");
	p->c.regex = x->c.regex;
	return 0;
}

static bool has_content(const struct draft *d)
{
	for (int i = 0; i < d->parts; i++)
		if (d->part[i].c.type == SW_CONDITION_CONTENT &&
		    !(d->part[i].c.flags & SW_CONDITION_NOT))
			return true;
	return false;
}

int sw_rule_regexes(struct sw_rules *r, struct draft *d, struct refusal *no)
{
	for (int i = 0; i < d->parts; i++) {
		if (d->part[i].c.type != SW_CONDITION_REGEX)
			continue;
		if (!has_content(d))
			return sw_refuse(no, SW_REFUSAL_PCRE, "pcre without a content");
		if (!compile_part(r, d, i, no))
			continue;
		if (no->why == SW_REFUSAL_MEMORY || !r->internal->options.lenient)
			return -1;
		/* On its contents, then. */
		no->text[0] = 0;
		d->has_pcre = true;
		memmove(&d->part[i], &d->part[i + 1], (d->parts - i - 1) * sizeof(d->part[0]));
		d->parts--;
		i--;
	}
	return 0;
}

void sw_rule_regexes_free(struct sw_rules_internal *in)
{
	for (size_t i = 0; i < in->regexes.count; i++)
		free(((struct sw_rule_regex *)sw_hash_at(&in->regexes, i))->text);
	sw_hash_clear(&in->regexes);
	free(in->page);
}

void sw_rule_regexes_init(struct sw_rules_internal *in)
{
	in->regexes = (struct sw_hash)SW_HASH_OF(struct sw_rule_regex, key);
}
