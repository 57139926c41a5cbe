// SPDX-License-Identifier: GPL-2.0-only
/* Sets of bytes in regular expressions: ranges, \d and the like, POSIX classes. */
#include <ctype.h>
#include <string.h>
#include "rules/regex_tree.h"

void sw_regex_set_put(struct regex_set *s, int low, int high)
{
	for (int b = low; b <= high; b++)
		s->bit[b >> 6] |= 1ull << (b & 63);
}

void sw_regex_set_join(struct regex_set *s, const struct regex_set *other, bool inverted)
{
	for (int i = 0; i < 4; i++)
		s->bit[i] |= inverted ? ~other->bit[i] : other->bit[i];
}

void sw_regex_set_fold(struct regex_set *s)
{
	for (int b = 'a'; b <= 'z'; b++)
		if (sw_regex_has(s, b) || sw_regex_has(s, b - 32)) {
			sw_regex_set_put(s, b, b);
			sw_regex_set_put(s, b - 32, b - 32);
		}
}

bool sw_regex_set_letter(struct regex_set *s, char letter)
{
	struct regex_set in = {};

	switch (letter | 0x20) {
	case 'd':
		sw_regex_set_put(&in, '0', '9');
		break;
	case 'w':
		sw_regex_set_put(&in, '0', '9');
		sw_regex_set_put(&in, 'A', 'Z');
		sw_regex_set_put(&in, 'a', 'z');
		sw_regex_set_put(&in, '_', '_');
		break;
	case 's':
		sw_regex_set_put(&in, '\t', '\r');
		sw_regex_set_put(&in, ' ', ' ');
		break;
	case 'h':
		sw_regex_set_put(&in, '\t', '\t');
		sw_regex_set_put(&in, ' ', ' ');
		sw_regex_set_put(&in, 0xa0, 0xa0);
		break;
	case 'v':
		sw_regex_set_put(&in, '\n', '\r');
		sw_regex_set_put(&in, 0x85, 0x85);
		break;
	default:
		return false;
	}
	sw_regex_set_join(s, &in, isupper((unsigned char)letter));
	return true;
}

bool sw_regex_set_posix(struct regex_set *s, const char *name, size_t length, bool inverted,
			bool *cased)
{
	static const struct {
		const char *name;
		int (*is)(int c);
	} classes[] = {{"alnum", isalnum}, {"alpha", isalpha}, {"blank", isblank},
		       {"cntrl", iscntrl}, {"digit", isdigit}, {"graph", isgraph},
		       {"lower", islower}, {"print", isprint}, {"punct", ispunct},
		       {"space", isspace}, {"upper", isupper}, {"xdigit", isxdigit}};
	struct regex_set in = {};
	size_t i = 0;

	while (i < sizeof(classes) / sizeof(classes[0]) &&
	       (strlen(classes[i].name) != length || memcmp(classes[i].name, name, length) != 0))
		i++;
	if (i == sizeof(classes) / sizeof(classes[0]))
		return false;
	*cased = classes[i].is == islower || classes[i].is == isupper;
	for (int b = 0; b < 128; b++)
		if (classes[i].is(b))
			sw_regex_set_put(&in, b, b);
	sw_regex_set_join(s, &in, inverted);
	return true;
}
