// SPDX-License-Identifier: GPL-2.0-only
/* Words, comments and white space of a line. */
#include <ctype.h>
#include <string.h>
#include <strings.h>
#include "lists/internal.h"

char *sw_list_trim(char *s)
{
	char *end;

	while (isspace((unsigned char)*s))
		s++;
	end = s + strlen(s);
	while (end > s && isspace((unsigned char)end[-1]))
		end--;
	*end = '\0';
	return s;
}

char *sw_list_word(char **rest)
{
	char *word = *rest + strspn(*rest, " \t"), *end = word + strcspn(word, " \t");

	*rest = end + strspn(end, " \t");
	*end = '\0';
	return word;
}

char *sw_list_comment(char *line)
{
	for (char *at = line; *at; at++) {
		bool begins = at == line || isspace((unsigned char)at[-1]);
		size_t n = *at == '#' || *at == ';' ? 1 : at[0] == '/' && at[1] == '/' ? 2 : 0;

		/* "203.0.113.9#4#2" and "203.0.113.9;" have no space. */
		if (!n || (n == 2 && !begins))
			continue;
		*at = '\0';
		return sw_list_trim(at + n);
	}
	return NULL;
}

bool sw_list_lets_through(const char *name)
{
	static const char *const words[] = {"allow",  "white",	"trust",
					    "permit", "accept", "exempt"};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcasestr(name, words[i]))
			return true;
	return false;
}
