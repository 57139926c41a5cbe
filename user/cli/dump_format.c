// SPDX-License-Identifier: GPL-2.0-only
/* The lines that `save` writes and `restore` reads: the program's own verbs. */
#include <stdlib.h>
#include <string.h>
#include "cli/command_line.h"
#include "cli/policy.h"

#define WORDS_MAX 16

struct words {
	char *word[WORDS_MAX + 1];
	int column[WORDS_MAX];
	int count;
};

/* The column of a value, which may be part of its word ("--ttl=5x"). */
static int column_of(const struct words *w, const char *value)
{
	for (int i = 0; value && i < w->count; i++) {
		if (value >= w->word[i] && value <= w->word[i] + strlen(w->word[i]))
			return w->column[i] + (value - w->word[i]);
	}
	return w->column[0];
}

static int parse_ttl(const char *option, int64_t now, int64_t fallback, int64_t *expires,
		     struct sw_err *e)
{
	int64_t ttl;

	if (sw_span_option(option, "--ttl", fallback, &ttl, e))
		return -1;
	*expires = sw_expiry(now, ttl);
	return 0;
}

static int fill_block(const struct words *w, const struct sw_args *a, int64_t now,
		      struct sw_claim *c, int *column, struct sw_err *e)
{
	const char *origin = a->option[SW_BLOCK_ORIGIN], *comment = a->option[SW_BLOCK_COMMENT];

	*column = column_of(w, a->option[SW_BLOCK_FILE]);
	if (a->option[SW_BLOCK_FILE])
		return sw_fail(e, SW_EXIT_USAGE, "--file is not allowed in a saved line");
	*column = column_of(w, a->option[SW_BLOCK_TTL]);
	if (!a->option[SW_BLOCK_TTL])
		return sw_fail(e, SW_EXIT_USAGE,
			       "missing --ttl (expected --ttl SPAN or --ttl permanent)");
	if (parse_ttl(a->option[SW_BLOCK_TTL], now, SW_FOREVER, &c->expires, e))
		return -1;
	*column = column_of(w, origin);
	if (!origin)
		origin = SW_ORIGIN_OPERATOR;
	if (sw_origin_check(origin, "--origin", e))
		return -1;
	*column = column_of(w, comment);
	if (comment && sw_comment_check(comment, "--comment", e))
		return -1;
	strcpy(c->origin,
	       origin); /* sw_origin_check and sw_comment_check have checked the lengths */
	if (comment)
		strcpy(c->comment, comment);
	c->since = now;
	c->new_only = a->option[SW_BLOCK_NEW_ONLY];
	return 0;
}

static int fill_allow(const struct words *w, const struct sw_args *a, int64_t now,
		      struct sw_allow_entry *to, int *column, struct sw_err *e)
{
	const char *comment = a->option[SW_ALLOW_COMMENT];

	*column = column_of(w, a->option[SW_ALLOW_FILE]);
	if (a->option[SW_ALLOW_FILE])
		return sw_fail(e, SW_EXIT_USAGE, "--file is not allowed in a saved line");
	*column = column_of(w, a->option[SW_ALLOW_TTL]);
	if (parse_ttl(a->option[SW_ALLOW_TTL], now, SW_FOREVER, &to->expires, e))
		return -1;
	*column = column_of(w, comment);
	if (comment && sw_comment_check(comment, "--comment", e))
		return -1;
	snprintf(to->comment, sizeof(to->comment), "%s", comment ? comment : "");
	to->since = now;
	to->trusted = a->option[SW_ALLOW_TRUST];
	return 0;
}

static int parse_words(const struct sw_verb *verbs, struct words *w, int64_t now,
		       struct sw_dump_line *out, int *column, struct sw_err *e)
{
	const struct sw_verb *v = sw_verb_find(verbs, w->word[0]);
	struct sw_prefix p;
	struct sw_args a;
	int at;

	*column = w->column[0];
	if (!v || (v->ops != &sw_block_ops && v->ops != &sw_allow_ops))
		return sw_fail(e, SW_EXIT_USAGE, "invalid line: \"%s\" (expected block or allow)",
			       w->word[0]);
	if (sw_parse_line(v, w->count, w->word, &a, &at, e)) {
		*column = w->column[at];
		return -1;
	}
	if (a.count != 1)
		return sw_fail(e, SW_EXIT_USAGE, "%d addresses in one line (expected one)",
			       a.count);
	*column = column_of(w, a.operand[0]);
	if (sw_prefix_parse(a.operand[0], &p, e))
		return -1;
	if (v->ops == &sw_block_ops) {
		out->kind = SW_LINE_BLOCK;
		out->claim.prefix = p;
		return fill_block(w, &a, now, &out->claim, column, e);
	}
	out->kind = SW_LINE_ALLOW;
	out->allow.prefix = p;
	return fill_allow(w, &a, now, &out->allow, column, e);
}

int sw_dump_parse(const struct sw_verb *verbs, char *line, int64_t now, struct sw_dump_line *out,
		  int *column, struct sw_err *e)
{
	struct words w;

	memset(out, 0, sizeof(*out));
	w.count = sw_words(line, w.word, w.column, WORDS_MAX, column, e);
	if (w.count <= 0)
		return w.count;
	w.word[w.count] = NULL;
	return parse_words(verbs, &w, now, out, column, e);
}

static void write_tail(FILE *out, int64_t expires, int64_t now, const char *origin, bool new_only,
		       const char *comment)
{
	char *quoted = *comment ? sw_quote(comment) : NULL;

	if (expires == SW_FOREVER)
		fputs(" --ttl permanent", out);
	else /* rounded up, so that a last fraction of a second does not become 0 */
		fprintf(out, " --ttl %lld", (long long)((expires - now + 999999) / 1000000));
	if (origin)
		fprintf(out, " --origin %s", origin);
	if (new_only)
		fputs(" --new-only", out);
	if (quoted)
		fprintf(out, " --comment %s", quoted);
	fputc('\n', out);
	free(quoted);
}

void sw_dump_block(FILE *out, const struct sw_claim *c, int64_t now)
{
	char prefix[SW_PREFIX_TEXT];

	fprintf(out, "block %s", sw_prefix_text(&c->prefix, prefix));
	write_tail(out, c->expires, now, c->origin, c->new_only, c->comment);
}

void sw_dump_allow(FILE *out, const struct sw_allow_entry *a, int64_t now)
{
	char prefix[SW_PREFIX_TEXT];

	fprintf(out, "allow %s%s", sw_prefix_text(&a->prefix, prefix),
		a->trusted ? " --trust" : "");
	write_tail(out, a->expires, now, NULL, false, a->comment);
}
