// SPDX-License-Identifier: GPL-2.0-only
/* notify NAME { ... }: further messages beside those of the plain section, each with
 * the rows of notify.* that are marked `named`. Their keys are notify.NAME.when ... */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include "config/internal.h"

#define NOTIFY "notify."
#define NAME_LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_"

static bool is_name(const char *text, size_t n)
{
	return n && n < SW_SECTION_TEXT && strspn(text, NAME_LETTERS) >= n;
}

/* Of "notify.oncall.when" the name's length and what follows its dot; 0: it has none. */
static size_t name_of(const char *key, const char **rest)
{
	size_t n;

	if (strncmp(key, NOTIFY, strlen(NOTIFY)))
		return 0;
	key += strlen(NOTIFY);
	n = strcspn(key, ".");
	if (!key[n] || !is_name(key, n))
		return 0;
	*rest = key + n + 1;
	return n;
}

const char *sw_config_key_plain(const char *name, char buf[SW_KEY_TEXT_MOST])
{
	const char *rest;

	if (!name_of(name, &rest))
		return name;
	snprintf(buf, SW_KEY_TEXT_MOST, NOTIFY "%s", rest);
	return buf;
}

const char *sw_config_key_full(const struct sw_config_key *k, const char *section,
			       char buf[SW_KEY_TEXT_MOST])
{
	snprintf(buf, SW_KEY_TEXT_MOST, NOTIFY "%s.%s", section, k->name + strlen(NOTIFY));
	return buf;
}

const struct sw_config_key *sw_config_key_read(const char *name, struct sw_config_key *row)
{
	char buf[SW_KEY_TEXT_MOST];
	const char *plain = sw_config_key_plain(name, buf);
	const struct sw_config_key *k = sw_config_key_find(plain);

	if (!k || (plain != name && !k->named))
		return NULL;
	*row = *k;
	row->name = name;
	if (plain != name)
		row->fallback = k->named_fallback ?: k->fallback;
	return row;
}

static struct sw_config *find(const struct sw_config *c, const char *name, size_t n)
{
	for (int i = 0; i < c->notify_count; i++)
		if (strlen(c->notify[i].name) == n && !strncmp(c->notify[i].name, name, n))
			return c->notify[i].keys;
	return NULL;
}

const struct sw_config *sw_config_section(const struct sw_config *c, const char *key)
{
	const char *rest;
	size_t n = name_of(key, &rest);

	return n ? find(c, key + strlen(NOTIFY), n) : c;
}

/* Defaults of a named section. */
static void init(struct sw_config *keys)
{
	sw_config_init(keys);
	for (int i = 0; i < sw_config_key_count; i++)
		if (sw_config_keys[i].named_fallback)
			sw_config_set_one(keys, &sw_config_keys[i],
					  sw_config_keys[i].named_fallback, NULL);
}

static struct sw_config *add(struct sw_config *c, const char *name, size_t n)
{
	struct sw_config *keys = malloc(sizeof(*keys));
	struct sw_notify_section *more =
		keys ? reallocarray(c->notify, c->notify_count + 1, sizeof(*more)) : NULL;

	if (!more) {
		free(keys);
		return NULL;
	}
	init(keys);
	c->notify = more;
	more += c->notify_count++;
	*more = (struct sw_notify_section){.keys = keys};
	memcpy(more->name, name, n);
	return keys;
}

struct sw_config *sw_config_section_make(struct sw_config *c, const char *key, struct sw_err *e)
{
	const char *rest, *name = key + strlen(NOTIFY);
	size_t n = name_of(key, &rest);
	struct sw_config *keys = n ? find(c, name, n) : c;

	if (keys)
		return keys;
	if (c->notify_count == SW_NOTIFY_SECTIONS) {
		sw_fail(e, SW_EXIT_USAGE, "notify %.*s: there are %d named sections already",
			(int)n, name, SW_NOTIFY_SECTIONS);
		return NULL;
	}
	keys = add(c, name, n);
	if (!keys)
		sw_fail(e, SW_EXIT_FAILED, "out of memory");
	return keys;
}

void sw_config_sections_keep(struct sw_config *c, int count)
{
	while (c->notify_count > count) {
		struct sw_config *keys = c->notify[--c->notify_count].keys;

		sw_config_free_values(keys);
		free(keys);
	}
	if (count)
		return;
	free(c->notify);
	c->notify = NULL;
}

void sw_config_free(struct sw_config *c)
{
	sw_config_sections_keep(c, 0);
	sw_config_free_values(c);
}

/* ---- in the file's text */

struct scan {
	char *at;
	long line;
	int depth; /* of braces */
	sw_section_fn *fn;
	void *arg;
};

static void skip_quoted(struct scan *s)
{
	char quote = *s->at++;

	for (; *s->at && *s->at != quote; s->at++) {
		s->line += *s->at == '\n';
		if (*s->at == '\\' && s->at[1])
			s->at++;
	}
	if (*s->at)
		s->at++;
}

/* "notify oncall {" becomes "notify.oncall {", at once as long: libconfuse knows
 * sections that always have a title and such that never have. */
static int take_head(struct scan *s)
{
	char *name = s->at + strlen("notify"), *end, quote = 0;
	char *word = name + strspn(name, " \t");
	size_t n;

	if (*word == '"' || *word == '\'')
		quote = *word++;
	n = quote ? strcspn(word, "\"'\n") : strcspn(word, " \t\n{}=+(),\"'#");
	end = word + n + (quote && word[n] == quote);
	if (!n || end[strspn(end, " \t\n")] != '{' || (word == name && *name != '.'))
		return 0;
	if (*name == '.')
		word++, n--;
	if (!is_name(word, n))
		return s->fn(s->line, word, n, false, s->arg);
	memmove(name + 1, word, n);
	*name = '.';
	memset(name + 1 + n, ' ', end - (name + 1 + n));
	s->at = end;
	return s->fn(s->line, name + 1, n, true, s->arg);
}

int sw_config_section_heads(char *text, sw_section_fn *fn, void *arg)
{
	struct scan s = {text, 1, 0, fn, arg};
	bool begins = true; /* a word would begin here */
	int rc = 0;

	while (!rc && *s.at) {
		char *before = s.at;

		if (*s.at == '"' || *s.at == '\'')
			skip_quoted(&s);
		else if (begins && !s.depth && !strncmp(s.at, "notify", strlen("notify")))
			rc = take_head(&s);
		if (s.at != before) {
			begins = false;
			continue;
		}
		s.line += *s.at == '\n';
		s.depth += *s.at == '{' ? 1 : *s.at == '}' ? -1 : 0;
		begins = isspace((unsigned char)*s.at) || *s.at == '}';
		s.at++;
	}
	return rc;
}
