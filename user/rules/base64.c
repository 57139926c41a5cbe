// SPDX-License-Identifier: GPL-2.0-only
/* base64_decode and base64_data: contents of what base64 hides, compiled to expressions over
 * its letters. A byte's bits are in two letters, at one of three places. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "rules/internal.h"

#define LETTERS "[A-Za-z0-9+\\/]"
#define LETTERS_MAX ((CONTENT_MAX + 2) / 3 * 4 + 4)

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/* ---- keywords */

/* The last content of the buffer at hand, behind which it begins; -1: none. */
static int last_content(const struct draft *d)
{
	for (int i = d->parts - 1; i >= 0; i--)
		if (d->part[i].c.type == SW_CONDITION_CONTENT && !d->part[i].decoded &&
		    !(d->part[i].c.flags & SW_CONDITION_NOT) && d->part[i].c.buffer == d->buffer)
			return i;
	return -1;
}

int sw_rule_base64_decode(char *value, struct draft *d, struct refusal *no)
{
	char *save, *word, *end;
	unsigned long n;

	d->base64 = (struct base64){.buffer = d->buffer, .side = d->side, .anchor = -1, .on = true};
	if (d->wide)
		return sw_refuse(no, SW_REFUSAL_BUFFER, "base64_decode: of a line of the head");
	for (word = strtok_r(value, ",", &save); word; word = strtok_r(NULL, ",", &save)) {
		word = sw_rule_trim(word);
		if (!strcmp(word, "relative")) {
			d->base64.anchor = last_content(d);
			continue;
		}
		if (strncmp(word, "offset ", 7) && strncmp(word, "bytes ", 6))
			goto wrong;
		n = strtoul(strchr(word, ' '), &end, 10);
		if (*end || n > 1000)
			goto wrong;
		if (*word == 'o')
			d->base64.offset = n;
	}
	return 0;
wrong:
	return sw_refuse(no, SW_REFUSAL_SYNTAX,
			 "base64_decode: unknown option \"%.40s\" (expected bytes, offset, both up "
			 "to 1000, or relative)",
			 word);
}

int sw_rule_base64_data(struct draft *d, struct refusal *no)
{
	if (!d->base64.on)
		return sw_refuse(no, SW_REFUSAL_SYNTAX, "base64_data must follow base64_decode");
	d->buffer = d->base64.buffer;
	d->side = d->base64.side;
	d->wide = false;
	d->line = NULL;
	d->decoded = true;
	return 0;
}

/* ---- expressions */

/* One that six bits of which some are known may be. */
static void put_letter(FILE *f, __u8 bits, __u8 mask)
{
	if (!mask) {
		fputs(LETTERS, f);
		return;
	}
	fputc('[', f);
	for (int i = 0; i < 64; i++)
		if ((i & mask) == bits)
			fprintf(f, "%s%c", alphabet[i] == '/' ? "\\" : "", alphabet[i]);
	fputc(']', f);
}

/* A content that begins `lead` bytes behind a group of three. */
static void put_bytes(FILE *f, const struct part *p, int lead)
{
	__u8 bits[LETTERS_MAX] = {}, mask[LETTERS_MAX] = {};
	int letters = 0;

	for (int i = 0; i < p->length * 8; i++) {
		__u8 byte = p->byte[i / 8], bit = 0x80 >> i % 8;
		int at = lead * 8 + i;

		letters = at / 6 + 1;
		if (p->nocase && bit == 0x20 && isalpha(byte))
			continue;
		mask[at / 6] |= 0x20 >> at % 6;
		if (byte & bit)
			bits[at / 6] |= 0x20 >> at % 6;
	}
	for (int i = 0; i < letters; i++)
		put_letter(f, bits[i], mask[i]);
}

static int ceiling(int n)
{
	return n <= 0 ? 0 : (n + 2) / 3;
}

/* At one of three places in a group, with as many groups before it as its place allows. */
static int put_places(FILE *f, const struct part *p)
{
	int low = p->offset, high = -1;
	bool any = false;

	if (p->starts)
		high = 0;
	else if (p->has_depth)
		high = low + p->depth - p->length;
	if (p->has_distance || p->has_within) /* their order is not looked at */
		low = 0, high = -1;
	if (low < 0 || p->c.flags & SW_CONDITION_ENDS)
		return -1;
	fputs("(?:", f);
	for (int lead = 0; lead < 3; lead++) {
		int first = ceiling(low - lead), last = high < lead ? -1 : (high - lead) / 3;

		if (high >= 0 && last < first)
			continue;
		fprintf(f, "%s(?:" LETTERS "{4}){%d,", any ? "|" : "", first);
		if (high >= 0)
			fprintf(f, "%d", last);
		fputc('}', f);
		put_bytes(f, p, lead);
		any = true;
	}
	fputc(')', f);
	return any ? 0 : -1;
}

static void put_anchor(FILE *f, const struct draft *d, const struct part *p)
{
	const struct part *a = p->anchor >= 0 ? &d->part[p->anchor] : NULL;

	if (!a)
		fputs("^", f);
	for (int i = 0; a && i < a->length; i++)
		if (a->nocase && isalpha(a->byte[i]))
			fprintf(f, "[%c%c]", toupper(a->byte[i]), tolower(a->byte[i]));
		else
			fprintf(f, "\\x%02x", a->byte[i]);
	if (p->skip)
		fprintf(f, "[\\x00-\\xff]{%d}", p->skip);
}

static int rewrite(struct draft *d, struct part *p, struct refusal *no)
{
	char *text = NULL;
	size_t size;
	FILE *f;
	int rc;

	if (p->c.type != SW_CONDITION_CONTENT)
		return sw_refuse(no, SW_REFUSAL_BUFFER,
				 "base64_data: only contents of it are looked for");
	f = open_memstream(&text, &size);
	if (!f)
		return sw_refuse(no, SW_REFUSAL_MEMORY, "out of memory");
	put_anchor(f, d, p);
	rc = put_places(f, p);
	if (fclose(f)) {
		free(text);
		return sw_refuse(no, SW_REFUSAL_MEMORY, "out of memory");
	}
	d->made[d->mades++] = text;
	if (rc)
		return sw_refuse(no, SW_REFUSAL_BUFFER,
				 "base64_data: where it ends is not looked for");
	*p = (struct part){.c = {.type = SW_CONDITION_REGEX,
				 .buffer = p->c.buffer,
				 .flags = p->c.flags & SW_CONDITION_NOT},
			   .side = p->side,
			   .expression = text,
			   .length = size};
	return 0;
}

int sw_rule_base64(struct draft *d, struct refusal *no)
{
	for (int i = 0; i < d->parts; i++)
		if (d->part[i].decoded && rewrite(d, &d->part[i], no))
			return -1;
	return 0;
}
