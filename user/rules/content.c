// SPDX-License-Identifier: GPL-2.0-only
/* Parses content and the keywords that test bytes (byte_test, isdataat ...). */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include "rules/internal.h"

struct part *sw_part_add(struct draft *d, const char *key, struct refusal *no)
{
	struct part *p = &d->part[d->parts];

	if (d->parts == PARTS_MAX) {
		sw_refuse(no, SW_REFUSAL_SIZE, "%s: more than %d contents and tests", key,
			  PARTS_MAX);
		return NULL;
	}
	memset(p, 0, sizeof(*p));
	p->c.buffer = d->buffer;
	p->wide = d->wide;
	p->line = d->line;
	p->decoded = d->decoded;
	p->anchor = d->base64.anchor;
	p->skip = d->base64.offset;
	p->side = d->side;
	d->parts++;
	return p;
}

/* ---- the bytes of a content */

static int hex_of(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static int put_byte(struct part *p, int b, struct refusal *no)
{
	if (p->length == CONTENT_MAX)
		return sw_refuse(no, SW_REFUSAL_SIZE, "content is longer than %d bytes",
				 CONTENT_MAX);
	p->byte[p->length++] = b;
	return 0;
}

/* Between bars: pairs of hexadecimal digits. *text moves behind the second bar. */
static int read_hex(const char **text, struct part *p, struct refusal *no)
{
	const char *at = *text + 1;
	int high;

	for (;; at++) {
		if (*at == '|')
			break;
		if (isspace((unsigned char)*at))
			continue;
		high = hex_of(*at);
		if (high < 0 || hex_of(at[1]) < 0)
			return sw_refuse(no, SW_REFUSAL_SYNTAX,
					 "content: invalid hex byte \"%.20s\"", at);
		if (put_byte(p, high << 4 | hex_of(at[1]), no))
			return -1;
		at++;
	}
	*text = at;
	return 0;
}

static int read_bytes(const char *text, struct part *p, struct refusal *no)
{
	for (; *text; text++) {
		if (*text == '|') {
			if (read_hex(&text, p, no))
				return -1;
			continue;
		}
		if (*text == '\\' && text[1])
			text++;
		if (put_byte(p, (unsigned char)*text, no))
			return -1;
	}
	return p->length ? 0 : sw_refuse(no, SW_REFUSAL_SYNTAX, "content is empty");
}

/* Where the quoted text ends; NULL: it is not quoted. */
static char *quoted_end(char *value)
{
	if (*value++ != '"')
		return NULL;
	for (; *value; value++) {
		if (*value == '\\' && value[1])
			value++;
		else if (*value == '"')
			return value;
	}
	return NULL;
}

/* Snort 3: content:"x",nocase,offset 3 */
static int read_tail(char *text, struct draft *d, struct refusal *no)
{
	char *arg;

	for (char *save, *word = strtok_r(text, ",", &save); word;
	     word = strtok_r(NULL, ",", &save)) {
		word = sw_rule_trim(word);
		arg = word + strcspn(word, " \t");
		if (*arg)
			*arg++ = 0;
		if (!*word || !strncmp(word, "fast_pattern", 12))
			continue;
		if (sw_part_modify(word, sw_rule_trim(arg), d, no) > 0)
			return sw_refuse(no, SW_REFUSAL_KEYWORD,
					 "content: unknown modifier \"%.40s\"", word);
		if (no->text[0])
			return -1;
	}
	return 0;
}

int sw_part_content(char *value, struct draft *d, struct refusal *no)
{
	struct part *p = sw_part_add(d, "content", no);
	char *end;

	if (!p)
		return -1;
	p->c.type = SW_CONDITION_CONTENT;
	if (*value == '!') {
		p->c.flags |= SW_CONDITION_NOT;
		value = sw_rule_trim(value + 1);
	}
	end = quoted_end(value);
	if (!end)
		return sw_refuse(no, SW_REFUSAL_SYNTAX, "content: \"%.40s\" is not quoted", value);
	*end = 0;
	if (read_bytes(value + 1, p, no))
		return -1;
	return read_tail(end + 1, d, no);
}

/* ---- modifiers */

static int number_of(const char *key, const char *value, long min, long max, int *out,
		     struct refusal *no)
{
	char *end;
	long n = strtol(value, &end, 10);

	if (end == value || *end)
		return sw_refuse(
			no, isalpha((unsigned char)*value) ? SW_REFUSAL_BYTES : SW_REFUSAL_SYNTAX,
			"%s: invalid number \"%.40s\"", key, value);
	if (n < min || n > max)
		return sw_refuse(no, SW_REFUSAL_SIZE,
				 "%s: %ld is out of range (expected %ld to %ld)", key, n, min, max);
	*out = n;
	return 0;
}

/* Of a content's rest there must be N bytes, of a buffer more than N; Suricata's
 * isdataat counts alike. isdataat:!1,relative says that the content ends its buffer. */
static int data_at(char *value, struct part *last, struct draft *d, struct refusal *no)
{
	char *option = value + strcspn(value, ",");
	bool relative = strstr(option, "relative"), not = *value == '!';
	struct part *p;
	int n;

	if (*option)
		*option++ = 0;
	value = sw_rule_trim(value + not );
	if (relative && not &&!strcmp(value, "1") && last && last->c.type == SW_CONDITION_CONTENT) {
		last->c.flags |= SW_CONDITION_ENDS;
		return 0;
	}
	if (number_of("isdataat", value, 0, SW_INSPECT_BYTES - 1, &n, no))
		return -1;
	p = sw_part_add(d, "isdataat", no);
	if (!p)
		return -1;
	p->c.type = SW_CONDITION_SIZE;
	p->c.flags = (relative ? SW_CONDITION_RELATIVE : 0) | (not ? SW_CONDITION_NOT : 0);
	p->c.number.compare = SW_COMPARE_BETWEEN;
	p->c.number.low = relative ? n : n + 1;
	p->c.number.high = 0xffffffff;
	return 0;
}

/* 0: taken, or refused with a text; 1: no modifier. */
int sw_part_modify(const char *key, char *value, struct draft *d, struct refusal *no)
{
	struct part *p = d->parts ? &d->part[d->parts - 1] : NULL;
	bool content = p && p->c.type == SW_CONDITION_CONTENT;
	static const char *const known[] = {"nocase", "offset",	    "depth",   "distance",
					    "within", "startswith", "endswith"};
	size_t k;

	if (!strcmp(key, "isdataat"))
		return data_at(value, p, d, no), 0;
	for (k = 0; k < 7 && strcmp(known[k], key); k++)
		;
	if (k == 7)
		return 1;
	if (!content)
		return sw_refuse(no, SW_REFUSAL_SYNTAX, "%s must follow a content", key), 0;
	switch (k) {
	case 0:
		p->nocase = true;
		break;
	case 1:
		p->has_offset = true;
		return number_of(key, value, 0, 32767, &p->offset, no), 0;
	case 2:
		p->has_depth = true;
		return number_of(key, value, 1, 65535, &p->depth, no), 0;
	case 3:
		p->has_distance = true;
		return number_of(key, value, -32768, 32767, &p->offset, no), 0;
	case 4:
		p->has_within = true;
		return number_of(key, value, 1, 65535, &p->depth, no), 0;
	case 5:
		p->starts = true;
		break;
	case 6:
		p->c.flags |= SW_CONDITION_ENDS;
		break;
	}
	return 0;
}

/* ---- sizes and ICMP */

/* Also for itype and icode. */
static int read_compare(const char *key, const char *value, struct sw_condition *c,
			struct refusal *no)
{
	char *end;
	unsigned long n, m;
	char op = 0;
	bool equal = false;

	if (*value == '!') {
		c->flags |= SW_CONDITION_NOT;
		value++;
	}
	if (*value == '<' || *value == '>') {
		op = *value++;
		equal = *value == '=';
		value += equal;
	}
	value += strspn(value, " \t");
	n = strtoul(value, &end, 10);
	if (end == value)
		goto wrong;
	value = end + strspn(end, " \t");
	c->number.low = n;
	if (op) {
		c->number.compare = op == '<' ? SW_COMPARE_LESS : SW_COMPARE_GREATER;
		if (equal)
			c->number.low += op == '<' ? 1 : -1;
		if (equal && op == '>' && !n)
			*c = (struct sw_condition){
				.type = c->type,
				.buffer = c->buffer,
				.number = {.compare = SW_COMPARE_BETWEEN, .high = ~0u}};
	} else if (!strncmp(value, "<>", 2) || *value == '-') {
		bool inner = *value == '<'; /* its ends do not belong to it */

		value += inner ? 2 : 1;
		value += strspn(value, " \t");
		m = strtoul(value, &end, 10);
		if (end == value || m < n)
			goto wrong;
		value = end;
		c->number.compare = SW_COMPARE_BETWEEN;
		c->number.low = n + inner;
		c->number.high = m - inner;
	} else {
		c->number.compare = SW_COMPARE_EQUAL;
	}
	value += strspn(value, " \t");
	if (!*value || *value == ',')
		return 0;
wrong:
	return sw_refuse(no, SW_REFUSAL_SYNTAX,
			 "%s: invalid value \"%.40s\" (expected 10, <10, >10 or "
			 "10<>20)",
			 key, value);
}

int sw_part_size(const char *key, const char *value, enum sw_buffer b, struct draft *d,
		 struct refusal *no)
{
	struct part *p = sw_part_add(d, key, no);

	if (!p)
		return -1;
	p->c.type = SW_CONDITION_SIZE;
	if (b != d->buffer) {
		p->wide = false;
		p->line = NULL;
	}
	p->c.buffer = b;
	return read_compare(key, value, &p->c, no);
}

int sw_part_icmp(const char *key, const char *value, struct draft *d, struct refusal *no)
{
	struct part *p = sw_part_add(d, key, no);

	if (!p)
		return -1;
	p->c.type = SW_CONDITION_ICMP;
	p->c.offset = key[1] == 'c';
	return read_compare(key, value, &p->c, no);
}

/* ---- byte_test, byte_jump */

#define WORDS 16

static int split(char *value, char *word[WORDS])
{
	int n = 0;

	for (char *save, *at = strtok_r(value, ",", &save); at && n < WORDS;
	     at = strtok_r(NULL, ",", &save))
		word[n++] = sw_rule_trim(at);
	return n;
}

static int number_any(const char *key, const char *value, __u32 *out, struct refusal *no)
{
	char *end;
	unsigned long n = strtoul(value, &end, 0);

	if (end == value || *end || n > 0xffffffff)
		return sw_refuse(no, SW_REFUSAL_BYTES,
				 "%s: invalid number \"%.40s\" (names of values "
				 "are not known)",
				 key, value);
	*out = n;
	return 0;
}

/* What both have in common; false: not known. */
static bool byte_option(const char *word, struct sw_condition *c)
{
	if (!strcmp(word, "relative"))
		c->flags |= SW_CONDITION_RELATIVE;
	else if (!strcmp(word, "little"))
		c->flags |= SW_CONDITION_LITTLE;
	else if (!strcmp(word, "dec"))
		c->flags |= SW_CONDITION_DECIMAL;
	else if (!strcmp(word, "hex"))
		c->flags |= SW_CONDITION_HEX;
	else if (strcmp(word, "big") && strcmp(word, "string"))
		return false;
	return true;
}

static int byte_place(const char *key, const char *bytes, const char *offset, bool all,
		      struct sw_condition *c, struct refusal *no)
{
	int n;

	/* 0: all digits that there are */
	if (number_of(key, bytes, all ? 0 : 1, 10, &n, no))
		return -1;
	c->length = n;
	if (number_of(key, offset, -32768, 32767, &n, no))
		return no->why = SW_REFUSAL_BYTES, -1;
	c->offset = n;
	c->number.mask = 0xffffffff;
	return 0;
}

/* string without dec or hex is decimal; a binary number has four bytes at most. */
static int byte_form(const char *key, bool string, struct sw_condition *c, struct refusal *no)
{
	if (string && !(c->flags & (SW_CONDITION_DECIMAL | SW_CONDITION_HEX)))
		c->flags |= SW_CONDITION_DECIMAL;
	if (!string && c->length > 4)
		return sw_refuse(no, SW_REFUSAL_BYTES, "%s: %u bytes (at most four)", key,
				 c->length);
	if (!string && (c->flags & (SW_CONDITION_DECIMAL | SW_CONDITION_HEX)))
		return sw_refuse(no, SW_REFUSAL_BYTES, "%s: dec and hex require string", key);
	return 0;
}

static int byte_operator(const char *text, __u32 value, struct sw_condition *c, struct refusal *no)
{
	if (*text == '!') {
		c->flags |= SW_CONDITION_NOT;
		text++;
		if (!*text)
			text = "=";
	}
	c->number.low = value;
	if (!strcmp(text, "="))
		c->number.compare = SW_COMPARE_EQUAL;
	else if (!strcmp(text, "<"))
		c->number.compare = SW_COMPARE_LESS;
	else if (!strcmp(text, ">"))
		c->number.compare = SW_COMPARE_GREATER;
	else if (!strcmp(text, "&"))
		c->number.compare = SW_COMPARE_AND;
	else if (!strcmp(text, "<="))
		c->number = (typeof(c->number)){
			.compare = SW_COMPARE_BETWEEN, .high = value, .mask = c->number.mask};
	else if (!strcmp(text, ">="))
		c->number = (typeof(c->number)){.compare = SW_COMPARE_BETWEEN,
						.low = value,
						.high = 0xffffffff,
						.mask = c->number.mask};
	else
		return sw_refuse(no, SW_REFUSAL_BYTES, "byte_test: unknown operator \"%.10s\"",
				 text);
	return 0;
}

/* The name of the value that byte_extract has read, in the same buffer. */
static bool is_extracted(const char *word, const struct draft *d)
{
	return d->extracts && !strcmp(word, d->extracted) && d->buffer == d->extracted_from;
}

/* byte_test:2,>,name,6 */
static int compare_extracted(const char *text, struct sw_condition *c, struct refusal *no)
{
	c->flags |= SW_CONDITION_NAMED;
	if (byte_operator(text, 0, c, no))
		return -1;
	if (c->number.compare == SW_COMPARE_BETWEEN) { /* <= and >= */
		c->flags ^= SW_CONDITION_NOT;
		c->number.compare = strchr(text, '<') ? SW_COMPARE_GREATER : SW_COMPARE_LESS;
	}
	return 0;
}

int sw_part_byte_extract(char *value, struct draft *d, struct refusal *no)
{
	struct part *p = sw_part_add(d, "byte_extract", no);
	bool string = false;
	char *word[WORDS];
	int n;

	if (!p)
		return -1;
	n = split(value, word);
	if (n < 3 || strlen(word[2]) >= sizeof(d->extracted))
		return sw_refuse(no, SW_REFUSAL_BYTES,
				 "byte_extract: expected bytes, offset and a name of less than %zu "
				 "letters",
				 sizeof(d->extracted));
	if (d->extracts)
		return sw_refuse(no, SW_REFUSAL_BYTES,
				 "byte_extract: %s is a second value (at "
				 "most one is kept)",
				 word[2]);
	p->c.type = SW_CONDITION_BYTE_EXTRACT;
	if (p->wide || byte_place("byte_extract", word[0], word[1], false, &p->c, no))
		return p->wide ? sw_refuse(no, SW_REFUSAL_BUFFER,
					   "byte_extract: of a line of the head")
			       : -1;
	for (int i = 3; i < n; i++) {
		string |= !strcmp(word[i], "string");
		if (!byte_option(word[i], &p->c))
			return sw_refuse(no, SW_REFUSAL_BYTES,
					 "byte_extract: unknown option \"%.40s\"", word[i]);
	}
	d->extracts = true;
	d->extracted_from = d->buffer;
	strcpy(d->extracted, word[2]);
	return byte_form("byte_extract", string, &p->c, no);
}

int sw_part_byte_test(char *value, struct draft *d, struct refusal *no)
{
	struct part *p = sw_part_add(d, "byte_test", no);
	bool string = false;
	char *word[WORDS];
	__u32 number;
	int n;

	if (!p)
		return -1;
	n = split(value, word);
	if (n < 4)
		return sw_refuse(no, SW_REFUSAL_BYTES,
				 "byte_test: expected bytes, operator, value, offset");
	p->c.type = SW_CONDITION_BYTE_TEST;
	if (byte_place("byte_test", word[0], word[3], p->line, &p->c, no))
		return -1;
	if (is_extracted(word[2], d) ? compare_extracted(word[1], &p->c, no)
				     : number_any("byte_test", word[2], &number, no) ||
					       byte_operator(word[1], number, &p->c, no))
		return -1;
	for (int i = 4; i < n; i++) {
		string |= !strcmp(word[i], "string");
		if (!strncmp(word[i], "bitmask ", 8)) {
			if (number_any("byte_test: bitmask", word[i] + 8, &p->c.number.mask, no))
				return -1;
			/* The value is compared after a shift by the mask's zeros. */
			if (!p->c.number.mask || !(p->c.number.mask & 1))
				return sw_refuse(no, SW_REFUSAL_BYTES,
						 "byte_test: bitmask %s, which shifts",
						 word[i] + 8);
		} else if (!byte_option(word[i], &p->c)) {
			return sw_refuse(no, SW_REFUSAL_BYTES,
					 "byte_test: unknown option \"%.40s\"", word[i]);
		}
	}
	return byte_form("byte_test", string, &p->c, no);
}

static int jump_option(char *word, struct sw_condition *c, struct refusal *no)
{
	int n;

	if (byte_option(word, c))
		return 0;
	if (!strcmp(word, "align")) {
		c->number.align = 1;
		return 0;
	}
	if (!strcmp(word, "from_beginning")) {
		c->number.from_start = 1;
		return 0;
	}
	if (!strncmp(word, "multiplier ", 11)) {
		if (number_of("byte_jump: multiplier", sw_rule_trim(word + 11), 1, 65535, &n, no))
			return -1;
		c->number.multiply = n;
		return 0;
	}
	if (!strncmp(word, "post_offset ", 12)) {
		if (number_of("byte_jump: post_offset", sw_rule_trim(word + 12), -65535, 65535, &n,
			      no))
			return -1;
		c->number.jump = n;
		return 0;
	}
	return sw_refuse(no, SW_REFUSAL_BYTES, "byte_jump: unknown option \"%.40s\"", word);
}

int sw_part_byte_jump(char *value, struct draft *d, struct refusal *no)
{
	struct part *p = sw_part_add(d, "byte_jump", no);
	bool string = false;
	char *word[WORDS];
	int n;

	if (!p)
		return -1;
	n = split(value, word);
	if (n < 2)
		return sw_refuse(no, SW_REFUSAL_BYTES, "byte_jump: expected bytes and offset");
	p->c.type = SW_CONDITION_BYTE_JUMP;
	p->c.number.multiply = 1;
	if (byte_place("byte_jump", word[0], word[1], false, &p->c, no))
		return -1;
	for (int i = 2; i < n; i++) {
		string |= !strcmp(word[i], "string");
		if (jump_option(word[i], &p->c, no))
			return -1;
	}
	return byte_form("byte_jump", string, &p->c, no);
}
