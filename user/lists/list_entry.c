// SPDX-License-Identifier: GPL-2.0-only
/* Collects the result of each line: an entry, or an error that is counted and quoted. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include "base/visible.h"
#include "lists/internal.h"

void sw_list_odd(struct sw_reading *r, const char *fmt, ...)
{
	struct sw_list *l = r->list;
	char raw[512], text[600];
	va_list ap;
	int at;

	if (l->odd++ >= SW_LIST_ODD_SHOWN)
		return;
	at = snprintf(raw, sizeof(raw), "%.200s:%ld: ", r->name, r->line);
	va_start(ap, fmt);
	vsnprintf(raw + at, sizeof(raw) - at, fmt, ap);
	va_end(ap);
	sw_visible(text, sizeof(text), raw);
	l->odd_text[l->odd - 1] = strdup(text);
}

void sw_list_skip(struct sw_reading *r)
{
	r->list->skipped++;
}

/* Converts to clean UTF-8 of one line: other bytes are taken for Latin-1, control characters
 * become spaces, and long text is cut at a character. */
static void clean_comment(const char *from, char to[SW_LIST_COMMENT])
{
	char wide[2 * SW_LIST_COMMENT] = "", seen[4 * SW_LIST_COMMENT];
	size_t n = 0, end;

	sw_visible(seen, sizeof(seen), from);
	if (!strcmp(seen, from)) { /* nothing in it had to be escaped */
		snprintf(wide, sizeof(wide), "%s", from);
	} else {
		for (const unsigned char *at = (const unsigned char *)from;
		     *at && n + 2 < sizeof(wide); at++) {
			if (*at >= 0xa0) {
				wide[n++] = 0xc0 | *at >> 6;
				wide[n++] = 0x80 | (*at & 0x3f);
			} else {
				wide[n++] = *at < ' ' || *at >= 0x7f ? ' ' : *at;
			}
		}
		wide[n] = '\0';
	}
	end = strlen(wide);
	if (end >= SW_LIST_COMMENT)
		for (end = SW_LIST_COMMENT - 1; end > 0 && (wide[end] & 0xc0) == 0x80;)
			end--;
	memcpy(to, wide, end);
	to[end] = '\0';
}

struct putting {
	struct sw_reading *r;
	struct sw_list_entry entry;
};

static int put_prefix(const struct sw_prefix *p, void *arg)
{
	struct putting *k = arg;

	k->entry.prefix = *p;
	k->r->list->entries++;
	k->r->stop = k->r->fn(&k->entry, k->r->arg);
	return k->r->stop;
}

void sw_list_put(struct sw_reading *r, const char *text, int64_t ttl, const char *comment)
{
	struct putting k = {.r = r, .entry = {.ttl = ttl, .line = r->line}};
	char clean[SW_LIST_COMMENT] = "";
	struct sw_range range;
	struct sw_err why;

	if (!sw_range_parse(text, &range, &why)) {
		sw_list_odd(r, "%s", why.text);
		return;
	}
	if (comment && *comment)
		clean_comment(comment, clean);
	k.entry.comment = clean;
	r->list->masked += range.masked;
	sw_range_each(&range, put_prefix, &k);
}

void sw_list_put4(struct sw_reading *r, __u32 addr)
{
	struct putting k = {.r = r, .entry = {.line = r->line, .comment = ""}};
	struct sw_prefix p = {.addr = sw_addr_from4(addr), .plen = 32, .v4 = true};

	put_prefix(&p, &k);
}
