// SPDX-License-Identifier: GPL-2.0-only
/* Named blocks of addresses in a server's configuration: nginx' geo and map of
 * $remote_addr, BIND's acl and blackhole, pf's tables. */
#include <ctype.h>
#include <string.h>
#include <strings.h>
#include "lists/internal.h"

static bool begins(const char *text, const char *word)
{
	size_t n = strlen(word);

	return !strncasecmp(text, word, n) && (!text[n] || strchr(" \t<{\"$", text[n]));
}

bool sw_opens_block(const char *line)
{
	return strchr(line, '{') &&
	       (begins(line, "geo") || begins(line, "acl") || begins(line, "blackhole") ||
		begins(line, "map $remote_addr") || begins(line, "map $binary_remote_addr") ||
		!strncmp(line, "table <", 7));
}

/* What nginx has behind the address: is it a yes? Other values are classes, such as
 * countries, which say nothing of good and bad. */
static bool is_yes(const char *value)
{
	static const char *const words[] = {"1",   "yes", "on",	  "true",   "deny",
					    "bad", "ban", "drop", "reject", "block"};

	value += strspn(value, "\"'");
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (!strncasecmp(value, words[i], strlen(words[i])) &&
		    strchr(" \t\"'", value[strlen(words[i])])) /* or its end */
			return true;
	return false;
}

static bool is_address(const char *word)
{
	struct sw_range range;

	return sw_range_parse(word, &range, NULL);
}

static void put_address(struct sw_reading *r, char *addr)
{
	if (r->allows || *addr == '!')
		sw_list_skip(r);
	else
		sw_list_put(r, addr, 0, NULL);
}

/* "192.0.2.1", "192.0.2.0/24 1", "!192.0.2.1", "192.0.2.1 192.0.2.2" (pf), "default 0",
 * "localhost" */
static void put_item(struct sw_reading *r, char *item)
{
	char *rest = item, *word = sw_list_word(&rest);

	word += strspn(word, "\"'");
	word[strcspn(word, "\"'")] = '\0';
	if (!*word)
		return;
	if (!isdigit((unsigned char)*word) && *word != '!' && !is_address(word)) {
		sw_list_skip(r);
	} else if (!*rest || is_yes(rest)) {
		put_address(r, word);
	} else if (isdigit((unsigned char)*rest) && !strpbrk(rest, ".:")) {
		sw_list_skip(r); /* 0, or a class */
	} else if (*rest == '!' || is_address(rest) || strchr(rest, ' ')) {
		put_address(r, word);
		for (word = sw_list_word(&rest); *word; word = sw_list_word(&rest))
			put_address(r, word);
	} else {
		sw_list_skip(r);
	}
}

static void cut_comment(char *line)
{
	char *slashes = strstr(line, "//");

	line[strcspn(line, "#")] = '\0';
	if (slashes)
		*slashes = '\0';
}

bool sw_blocks_line(struct sw_reading *r, char *line)
{
	long before = r->list->entries + r->list->skipped + r->list->odd;
	size_t length;
	char end;

	if (!r->in_elements && !strpbrk(line, "{}"))
		return sw_plain_addresses(line) && sw_plain_line(r, line);
	cut_comment(line);
	while (*(line += strspn(line, " \t;,"))) {
		length = strcspn(line, r->in_elements ? ";,}" : "{}");
		end = line[length];
		line[length] = '\0';
		if (r->in_elements)
			put_item(r, line);
		else if (end == '{')
			r->allows = sw_list_lets_through(line);
		if (!r->in_elements && end == '{') {
			line[length] = '{';
			r->in_elements = sw_opens_block(line);
			line[length] = '\0';
		} else if (end == '}') {
			r->in_elements = r->allows = false;
		}
		line += length + (end != '\0');
	}
	return before != r->list->entries + r->list->skipped + r->list->odd;
}
