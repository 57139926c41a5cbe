// SPDX-License-Identifier: GPL-2.0-only
/* Addresses that a proxy's or a web server's access rules name: Squid's acl of type src,
 * Caddy's remote_ip and client_ip. What a name stands for is said elsewhere in the text. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "lists/internal.h"

static bool is_address(const char *word)
{
	struct sw_range range;

	return sw_range_parse(word, &range, NULL);
}

/* Word n of a line, from 0; "" behind the last one. */
static const char *word_of(const char *line, size_t end, int n, char *buf, size_t size)
{
	size_t at = strspn(line, " \t"), length = 0;

	for (int i = 0; i <= n && at <= end; i++) {
		at += length;
		at += strspn(line + at, " \t");
		length = at < end ? strcspn(line + at, " \t\r\n") : 0;
	}
	snprintf(buf, size, "%.*s", (int)length, line + at);
	return buf;
}

static bool has_word(const char *line, size_t end, const char *name, int from)
{
	char word[SW_LIST_NAME + 2];

	for (int i = from; *word_of(line, end, i, word, sizeof(word)); i++)
		if (!strcmp(word, name))
			return true;
	return false;
}

/* Does Squid let those in whom this acl names? "http_access deny !localnet" does, too. */
static bool squid_allows(const char *line, size_t end, const char *name)
{
	char word[32], other[SW_LIST_NAME + 1];

	if (!strstr(word_of(line, end, 0, word, sizeof(word)), "_access"))
		return false;
	word_of(line, end, 1, word, sizeof(word));
	if (!strcmp(word, "allow"))
		return has_word(line, end, name, 2);
	snprintf(other, sizeof(other), "!%s", name);
	return !strcmp(word, "deny") && has_word(line, end, other, 2);
}

/* What Caddy does with a matcher other than turning the request away. */
static bool caddy_uses(const char *line, size_t end, const char *name)
{
	static const char *const away[] = {"abort", "error", "respond"};
	char word[32];

	word_of(line, end, 0, word, sizeof(word));
	for (size_t i = 0; i < sizeof(away) / sizeof(away[0]); i++)
		if (!strcmp(word, away[i]))
			return false;
	return *word != '#' && has_word(line, end, name, 1);
}

/* Is there such a line? The answer is kept, as the same name comes again and again. */
static bool is_let_through(struct sw_reading *r, const char *name,
			   bool (*says)(const char *line, size_t end, const char *name))
{
	const char *at = r->whole;

	if (!strcmp(name, r->known_name))
		return r->known_allows;
	snprintf(r->known_name, sizeof(r->known_name), "%s", name);
	r->known_allows = sw_list_lets_through(name);
	for (size_t end; at && *at && !r->known_allows; at += end + strspn(at + end, "\r\n")) {
		end = strcspn(at, "\r\n");
		r->known_allows = says(at, end, name);
	}
	return r->known_allows;
}

/* "192.0.2.1", "192.0.2.0/24", "192.0.2.0/255.255.255.0", "192.0.2.0-192.0.2.9/32" */
static void put_words(struct sw_reading *r, char *rest, bool allows)
{
	char *word, *mask;

	rest[strcspn(rest, "#")] = '\0';
	while (*(word = sw_list_word(&rest))) {
		mask = strchr(word, '-') ? strchr(word, '/') : NULL;
		if (mask)
			*mask = '\0';
		if (allows || !isxdigit((unsigned char)*word) ||
		    (!is_address(word) && !strpbrk(word, ".:")))
			sw_list_skip(r); /* "all", "private_ranges", a file's name */
		else
			sw_list_put(r, word, 0, NULL);
	}
}

bool sw_squid_line(struct sw_reading *r, char *line)
{
	char *name, *type;

	if (strcasecmp(sw_list_word(&line), "acl"))
		return false;
	name = sw_list_word(&line);
	type = sw_list_word(&line);
	if (strcmp(type, "src"))
		return false;
	put_words(r, line, is_let_through(r, name, squid_allows));
	return true;
}

/* "@bad remote_ip 192.0.2.1 198.51.100.0/24", or the same in "@bad {" and "}" */
bool sw_caddy_line(struct sw_reading *r, char *line)
{
	char *word = sw_list_word(&line);
	bool negated = false;

	if (*word == '@') {
		r->allows = is_let_through(r, word, caddy_uses);
		word = sw_list_word(&line);
	} else if (*word == '}') {
		r->allows = false;
	}
	if (!strcmp(word, "not")) {
		negated = true;
		word = sw_list_word(&line);
	}
	if (strcmp(word, "remote_ip") && strcmp(word, "client_ip"))
		return false;
	put_words(r, line, negated || r->allows);
	return true;
}
