// SPDX-License-Identifier: GPL-2.0-only
/* Parses a regular expression into a tree: pcre2pattern(3), without what an automaton cannot
 * match. */
#include <ctype.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include "rules/regex_tree.h"

#define NESTING_MAX 64
#define ABSENT_MAX 8 /* characters of a (?!...) */

struct parser {
	const char *at, *end;
	int flags;
	struct regex_tree *t;
	char *error;
	int depth;
	bool repeated; /* a repetition was read */
	int owned;     /* the set that a possessive repetition before this atom takes; -1: none */
	int absent;    /* the set that a (?!...) begins with */
};

static int parse_alternatives(struct parser *p);
static int parse_atom(struct parser *p);

__attribute__((format(printf, 2, 3))) static int fail(struct parser *p, const char *fmt, ...)
{
	va_list ap;

	if (p->error[0])
		return -1;
	va_start(ap, fmt);
	vsnprintf(p->error, SW_REGEX_ERROR, fmt, ap);
	va_end(ap);
	return -1;
}

static bool more(const struct parser *p)
{
	return p->at < p->end;
}

static bool next_is(const struct parser *p, const char *text)
{
	size_t n = strlen(text);

	return (size_t)(p->end - p->at) >= n && !memcmp(p->at, text, n);
}

static bool take(struct parser *p, const char *text)
{
	if (!next_is(p, text))
		return false;
	p->at += strlen(text);
	return true;
}

/* ---- the tree */

static int add(struct parser *p, enum regex_type type, int left, int right)
{
	struct regex_tree *t = p->t;

	if (left < 0 || right < 0)
		return -1;
	if (t->items == REGEX_TREE_MAX)
		return fail(p, "it is too long");
	t->item[t->items] = (struct regex_item){.type = type, .left = left, .right = right};
	return t->items++;
}

static int add_assertion(struct parser *p, enum regex_assertion which)
{
	return add(p, REGEX_ASSERT, which, 0);
}

static int add_set(struct parser *p, const struct regex_set *s)
{
	struct regex_tree *t = p->t;
	int i;

	for (i = 0; i < t->sets; i++)
		if (!memcmp(&t->set[i], s, sizeof(*s)))
			return add(p, REGEX_SET, i, 0);
	if (t->sets == REGEX_SETS_MAX)
		return fail(p, "it has more than %d sets of characters", REGEX_SETS_MAX);
	t->set[t->sets] = *s;
	return add(p, REGEX_SET, t->sets++, 0);
}

static int add_byte(struct parser *p, int byte)
{
	struct regex_set s = {};

	sw_regex_set_put(&s, byte, byte);
	if (p->flags & SW_REGEX_NOCASE)
		sw_regex_set_fold(&s);
	return add_set(p, &s);
}

static int add_inverted(struct parser *p, int byte)
{
	struct regex_set s = {}, all = {};

	if (byte >= 0)
		sw_regex_set_put(&s, byte, byte);
	sw_regex_set_join(&all, &s, true);
	return add_set(p, &all);
}

/* ---- escapes */

static int hex_digit(int c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static int read_braced_hex(struct parser *p)
{
	int value = 0;

	for (p->at++; more(p) && hex_digit(*p->at) >= 0 && value < 256; p->at++)
		value = value << 4 | hex_digit(*p->at);
	if (!take(p, "}") || value > 255)
		return fail(p, "\\x{...} is no byte");
	return value;
}

/* Behind \x: two digits at most. */
static int read_hex(struct parser *p)
{
	int value = 0;

	if (next_is(p, "{"))
		return read_braced_hex(p);
	for (int i = 0; i < 2 && more(p) && hex_digit(*p->at) >= 0; i++)
		value = value << 4 | hex_digit(*p->at++);
	return value;
}

static int read_octal(struct parser *p, int digits)
{
	int value = 0;

	for (int i = 0; i < digits && more(p) && *p->at >= '0' && *p->at <= '7'; i++)
		value = value << 3 | (*p->at++ - '0');
	return value > 255 ? fail(p, "an octal escape is out of range") : value;
}

/* One byte, behind the backslash; -1: no byte, and p->error where it never is. */
static int read_escaped_byte(struct parser *p)
{
	char c = *p->at++;

	switch (c) {
	case 'a':
		return 7;
	case 'e':
		return 27;
	case 'f':
		return '\f';
	case 'n':
		return '\n';
	case 'r':
		return '\r';
	case 't':
		return '\t';
	case 'x':
		return read_hex(p);
	case 'o':
		return fail(p, "\\o{...} is not known");
	case '0':
		return read_octal(p, 2);
	case 'c':
		if (!more(p))
			return fail(p, "\\c lacks a letter");
		return toupper((unsigned char)*p->at++) ^ 64;
	}
	if (isalnum((unsigned char)c)) {
		p->at--;
		return -1;
	}
	return (unsigned char)c;
}

/* Not that many groups are there to refer to. */
static bool three_octal(const struct parser *p)
{
	if (p->end - p->at < 3 || *p->at > '3')
		return false;
	return p->at[1] >= '0' && p->at[1] <= '7' && p->at[2] >= '0' && p->at[2] <= '7';
}

static int parse_assertion_letter(struct parser *p, char letter)
{
	switch (letter) {
	case 'b':
		return add_assertion(p, REGEX_WORD_EDGE);
	case 'B':
		return add_assertion(p, REGEX_NO_WORD_EDGE);
	case 'A':
	case 'G':
		return add_assertion(p, REGEX_TEXT_BEGINS);
	case 'z':
		return add_assertion(p, REGEX_TEXT_ENDS);
	case 'Z':
		return add_assertion(p, REGEX_TEXT_OR_LAST_LINE_ENDS);
	}
	return -1;
}

/* Behind a backslash, outside of a set. */
static int parse_escape(struct parser *p)
{
	struct regex_set s = {};
	int byte, item;

	if (!more(p))
		return fail(p, "it ends in a backslash");
	if (*p->at >= '1' && *p->at <= '9' && !three_octal(p))
		return fail(p, "the back-reference \\%c", *p->at);
	if (*p->at >= '1' && *p->at <= '3')
		return add_byte(p, read_octal(p, 3));
	byte = read_escaped_byte(p);
	if (byte >= 0)
		return add_byte(p, byte);
	if (p->error[0])
		return -1;
	if (sw_regex_set_letter(&s, *p->at)) {
		p->at++;
		return add_set(p, &s);
	}
	item = parse_assertion_letter(p, *p->at);
	if (item >= 0) {
		p->at++;
		return item;
	}
	if (take(p, "N"))
		return add_inverted(p, '\n');
	if (*p->at == 'k' || *p->at == 'g')
		return fail(p, "the back-reference \\%c", *p->at);
	return fail(p, "\\%c is not known", *p->at);
}

/* ---- [...] */

static bool take_posix(struct parser *p, struct regex_set *s)
{
	const char *name = p->at + 2;
	bool inverted, cased;
	size_t length = 0;

	if (!next_is(p, "[:") && !next_is(p, "[.") && !next_is(p, "[="))
		return false;
	inverted = p->end - name > 0 && *name == '^';
	name += inverted;
	while (name + length < p->end && isalpha((unsigned char)name[length]))
		length++;
	if (p->at[1] != ':' || p->end - name < (ptrdiff_t)length + 2 ||
	    memcmp(name + length, ":]", 2) != 0 ||
	    !sw_regex_set_posix(s, name, length, inverted, &cased))
		return fail(p, "an unknown class in a set"), false;
	/* Of both cases it would be something else. */
	if (inverted && cased && p->flags & SW_REGEX_NOCASE)
		return fail(p, "[:^%.*s:] with the flag i", (int)length, name), false;
	p->at = name + length + 2;
	return true;
}

/* One byte of a set, or -1 and *s where it is a set itself, or an error. */
static int read_set_item(struct parser *p, struct regex_set *s)
{
	int byte;

	if (!take(p, "\\"))
		return (unsigned char)*p->at++;
	if (!more(p))
		return fail(p, "it ends in a backslash");
	if (take(p, "b"))
		return '\b';
	if (*p->at >= '1' && *p->at <= '7')
		return read_octal(p, 3);
	byte = read_escaped_byte(p);
	if (byte >= 0 || p->error[0])
		return byte;
	if (!sw_regex_set_letter(s, *p->at))
		return fail(p, "unknown escape \\%c in a set", *p->at);
	p->at++;
	return -1;
}

static int read_range(struct parser *p, int low, struct regex_set *s)
{
	struct regex_set none = {};
	int high;

	if (!next_is(p, "-") || p->at + 1 >= p->end || p->at[1] == ']') {
		sw_regex_set_put(s, low, low);
		return 0;
	}
	p->at++;
	high = read_set_item(p, &none);
	if (p->error[0])
		return -1;
	if (high < 0) { /* [a-\d]: the dash means itself */
		sw_regex_set_put(s, low, low);
		sw_regex_set_put(s, '-', '-');
		sw_regex_set_join(s, &none, false);
		return 0;
	}
	if (high < low)
		return fail(p, "a range in a set that ends before it begins");
	sw_regex_set_put(s, low, high);
	return 0;
}

static int parse_set(struct parser *p)
{
	struct regex_set s = {}, all = {};
	bool inverted = take(p, "^");
	int byte;

	for (bool first = true; first || !next_is(p, "]"); first = false) {
		if (!more(p))
			return fail(p, "a set without its ]");
		if (take_posix(p, &s))
			continue;
		if (p->error[0])
			return -1;
		byte = read_set_item(p, &s);
		if (p->error[0] || (byte >= 0 && read_range(p, byte, &s)))
			return -1;
	}
	p->at++;
	if (p->flags & SW_REGEX_NOCASE)
		sw_regex_set_fold(&s);
	sw_regex_set_join(&all, &s, inverted);
	return add_set(p, &all);
}

/* ---- groups */

static int option_of(char c)
{
	switch (c) {
	case 'i':
		return SW_REGEX_NOCASE;
	case 's':
		return SW_REGEX_DOTALL;
	case 'm':
		return SW_REGEX_MULTILINE;
	case 'x':
		return SW_REGEX_EXTENDED;
	case 'U':
		return SW_REGEX_UNGREEDY;
	}
	return 0;
}

/* Behind "(?": i-s: or i-s). 1: and the group goes on; 0: it ended. */
static int read_options(struct parser *p)
{
	bool off = false;

	for (; more(p); p->at++) {
		if (take(p, ":"))
			return 1;
		if (take(p, ")"))
			return 0;
		if (*p->at == '-')
			off = true;
		else if (!option_of(*p->at))
			break;
		else if (off)
			p->flags &= ~option_of(*p->at);
		else
			p->flags |= option_of(*p->at);
	}
	return fail(p, "(?%c", more(p) ? *p->at : ')');
}

static int skip_name(struct parser *p, char end)
{
	while (more(p) && *p->at != end)
		p->at++;
	return more(p) ? p->at++, 0 : fail(p, "a group name that does not end");
}

/* What stands behind "(?"; -1: refused, 0: nothing more of the group, 1: its
 * contents follow. */
static int read_group_kind(struct parser *p)
{
	if (take(p, ":"))
		return 1;
	if (next_is(p, "="))
		return fail(p, "the look-ahead (?%c", *p->at);
	if (next_is(p, "<=") || next_is(p, "<!"))
		return fail(p, "the look-behind (?<%c", p->at[1]);
	if (next_is(p, ">"))
		return fail(p, "the atomic group (?>");
	if (next_is(p, "P="))
		return fail(p, "the back-reference (?P=");
	if (next_is(p, "("))
		return fail(p, "the condition (?(");
	if (next_is(p, "|"))
		return p->at++, 1;
	if (take(p, "#"))
		return skip_name(p, ')') ? -1 : 0;
	if (take(p, "P<") || take(p, "<"))
		return skip_name(p, '>') ? -1 : 1;
	if (take(p, "'"))
		return skip_name(p, '\'') ? -1 : 1;
	return read_options(p);
}

/* Adds: not this set here, or this and not the rest there. */
static int add_absent(struct parser *p, const int *set, int sets)
{
	struct regex_set others = {};
	int end = add_assertion(p, REGEX_TEXT_ENDS), other, rest;

	sw_regex_set_join(&others, &p->t->set[*set], true);
	other = add(p, REGEX_ALT, end, add_set(p, &others));
	if (sets == 1)
		return other;
	rest = add_absent(p, set + 1, sets - 1);
	return add(p, REGEX_ALT, other, add(p, REGEX_CAT, add(p, REGEX_SET, *set, 0), rest));
}

/* The sets of "(?!abc)", or the only one of "(?!a|b|c)"; their number, or -1. */
static int read_absent(struct parser *p, int set[ABSENT_MAX])
{
	struct regex_set any = {};
	int sets = 0, choices = 0, item;

	while (more(p) && *p->at != ')') {
		if (sets == choices + 1 && take(p, "|")) {
			choices = sets;
			continue;
		}
		if (strchr("(^$*+?{", *p->at) || sets == ABSENT_MAX)
			return -1;
		item = parse_atom(p);
		if (item < 0 || p->t->item[item].type != REGEX_SET)
			return -1;
		set[sets++] = p->t->item[item].left;
		if (choices && sets != choices + 1)
			return -1;
		sw_regex_set_join(&any, &p->t->set[set[sets - 1]], false);
	}
	if (!take(p, ")") || !choices)
		return sets ? sets : -1;
	item = add_set(p, &any);
	if (item < 0 || choices == sets)
		return -1;
	*set = p->t->item[item].left;
	return 1;
}

/* "(?!...)" at the end of the expression, of single characters: the same as what it does
 * not say, read on. Elsewhere an automaton would have to follow two ways at once. */
static int parse_absent(struct parser *p)
{
	int set[ABSENT_MAX], sets = read_absent(p, set);

	if (sets < 0 || more(p) || p->depth)
		return fail(p, "the look-ahead (?!, but for a few characters at the end");
	p->t->peeks = true;
	p->absent = *set;
	return add_absent(p, set, sets);
}

static int parse_group(struct parser *p)
{
	int flags = p->flags, kind = 1, item;

	if (next_is(p, "*"))
		return fail(p, "the verb (*");
	if (take(p, "?!"))
		return parse_absent(p);
	if (take(p, "?")) {
		kind = read_group_kind(p);
		if (kind < 0)
			return -1;
		/* (?i) holds to the end of the group around it. */
		if (!kind)
			return add(p, REGEX_EMPTY, 0, 0);
	}
	if (++p->depth > NESTING_MAX)
		return fail(p, "its groups nest deeper than %d", NESTING_MAX);
	item = parse_alternatives(p);
	p->depth--;
	if (item >= 0 && !take(p, ")"))
		return fail(p, "a group without its )");
	p->flags = flags;
	return item;
}

/* ---- atoms and repetitions */

static int parse_atom(struct parser *p)
{
	bool lines = p->flags & SW_REGEX_MULTILINE;
	char c = *p->at++;

	switch (c) {
	case '(':
		return parse_group(p);
	case '[':
		return parse_set(p);
	case '\\':
		return parse_escape(p);
	case '.':
		return add_inverted(p, p->flags & SW_REGEX_DOTALL ? -1 : '\n');
	case '^':
		return add_assertion(p, lines ? REGEX_LINE_BEGINS : REGEX_TEXT_BEGINS);
	case '$':
		if (lines)
			return add_assertion(p, REGEX_LINE_ENDS);
		return add_assertion(p, p->flags & SW_REGEX_END_ONLY
						? REGEX_TEXT_ENDS
						: REGEX_TEXT_OR_LAST_LINE_ENDS);
	case '*':
	case '+':
	case '?':
		return fail(p, "\"%c\" repeats nothing", c);
	}
	return add_byte(p, (unsigned char)c);
}

static int read_number(struct parser *p)
{
	int n = 0;

	while (more(p) && isdigit((unsigned char)*p->at) && n < 100000)
		n = n * 10 + (*p->at++ - '0');
	return n;
}

/* {n}, {n,} or {n,m}; anything else in braces means itself. */
static bool read_braces(struct parser *p, int *min, int *max)
{
	const char *start = p->at;

	if (!take(p, "{") || !more(p) || !isdigit((unsigned char)*p->at))
		goto none;
	*min = *max = read_number(p);
	if (take(p, ","))
		*max = more(p) && isdigit((unsigned char)*p->at) ? read_number(p) : -1;
	if (take(p, "}"))
		return true;
none:
	p->at = start;
	return false;
}

static bool read_repetition(struct parser *p, int *min, int *max)
{
	if (take(p, "*")) {
		*min = 0;
		*max = -1;
	} else if (take(p, "+")) {
		*min = 1;
		*max = -1;
	} else if (take(p, "?")) {
		*min = 0;
		*max = 1;
	} else {
		return read_braces(p, min, max);
	}
	return true;
}

static int add_repetition(struct parser *p, int item, int min, int max)
{
	bool lazy = take(p, "?") != !!(p->flags & SW_REGEX_UNGREEDY);

	if (take(p, "+")) {
		if (p->t->item[item].type != REGEX_SET)
			return fail(p, "a possessive repetition (+ behind another)");
		p->owned = p->t->item[item].left;
	}
	if (min > REGEX_REPEAT_MAX || max > REGEX_REPEAT_MAX)
		return fail(p, "a repetition of more than %d", REGEX_REPEAT_MAX);
	if (max >= 0 && max < min)
		return fail(p, "{%d,%d}", min, max);
	if (!p->repeated)
		p->t->lazy = lazy;
	p->repeated = true;
	item = add(p, REGEX_REPEAT, item, 0);
	if (item >= 0) {
		p->t->item[item].min = min;
		p->t->item[item].max = max;
	}
	return item;
}

static void skip_blanks(struct parser *p)
{
	while (p->flags & SW_REGEX_EXTENDED && more(p) &&
	       (isspace((unsigned char)*p->at) || *p->at == '#')) {
		if (*p->at == '#')
			while (more(p) && *p->at != '\n')
				p->at++;
		else
			p->at++;
	}
}

/* What a possessive repetition keeps to itself changes nothing where the next character
 * could not have been its last. */
static bool cannot_take(const struct parser *p, int owned, int item)
{
	const struct regex_set *a = &p->t->set[owned], *b;
	bool absent = p->t->peeks && p->t->item[item].type != REGEX_SET;

	if (p->t->item[item].type != REGEX_SET && !absent)
		return false;
	b = &p->t->set[absent ? p->absent : p->t->item[item].left];
	for (int i = 0; i < 4; i++)
		if (absent ? a->bit[i] & ~b->bit[i] : a->bit[i] & b->bit[i])
			return false;
	return true;
}

/* An atom with its repetitions. */
static int parse_repeated(struct parser *p)
{
	int owned = p->owned, item, min, max;
	bool optional = false;

	p->owned = -1;
	item = parse_atom(p);
	if (item >= 0 && owned >= 0 && !cannot_take(p, owned, item))
		return fail(p, "a possessive repetition (+ behind another)");
	skip_blanks(p);
	while (item >= 0 && read_repetition(p, &min, &max)) {
		item = add_repetition(p, item, min, max);
		optional |= !min;
		skip_blanks(p);
	}
	if (item >= 0 && owned >= 0 && optional)
		return fail(p, "a possessive repetition (+ behind another)");
	return item;
}

static int parse_sequence(struct parser *p)
{
	int all = add(p, REGEX_EMPTY, 0, 0), item;

	p->owned = -1;
	for (skip_blanks(p); all >= 0 && more(p) && *p->at != '|' && *p->at != ')';
	     skip_blanks(p)) {
		item = parse_repeated(p);
		all = add(p, REGEX_CAT, all, item);
	}
	if (all >= 0 && p->owned >= 0 && more(p))
		return fail(p, "a possessive repetition (+ behind another)");
	p->owned = -1;
	return all;
}

static int parse_alternatives(struct parser *p)
{
	int item = parse_sequence(p);

	while (item >= 0 && take(p, "|"))
		item = add(p, REGEX_ALT, item, parse_sequence(p));
	return item;
}

int sw_regex_parse(const char *text, size_t length, int flags, struct regex_tree *t,
		   char error[SW_REGEX_ERROR])
{
	struct parser p = {
		.at = text, .end = text + length, .flags = flags, .t = t, .error = error};

	error[0] = 0;
	t->items = t->sets = 0;
	t->lazy = t->peeks = false;
	t->root = parse_alternatives(&p);
	if (t->root >= 0 && more(&p))
		return fail(&p, "a ) without its group");
	if (t->root >= 0 && flags & SW_REGEX_ANCHORED)
		t->root = add(&p, REGEX_CAT, add_assertion(&p, REGEX_TEXT_BEGINS), t->root);
	return t->root < 0 ? -1 : 0;
}
