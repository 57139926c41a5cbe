// SPDX-License-Identifier: GPL-2.0-only
/* Reads addresses from operands and files, and collects the errors in them. */
#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include "base/sort.h"
#include "base/visible.h"
#include "cli/policy.h"

void sw_fault(struct sw_faults *f, const char *fmt, ...)
{
	char raw[1024], text[1024];
	va_list ap;

	if (f->count++ >= SW_FAULTS_LISTED)
		return;
	va_start(ap, fmt);
	vsnprintf(raw, sizeof(raw), fmt, ap);
	va_end(ap);
	sw_visible(text, sizeof(text), raw);
	f->text[f->count - 1] = strdup(text);
}

void sw_faults_free(struct sw_faults *f)
{
	for (int i = 0; i < SW_FAULTS_LISTED; i++)
		free(f->text[i]);
	memset(f, 0, sizeof(*f));
}

int sw_faults_end(struct sw_faults *f, const char *verb, enum sw_exit code, struct sw_err *e)
{
	const char *more = code == SW_EXIT_GUARD ? " refusals" : " mistakes";

	if (f->count == 0)
		return 0;
	if (f->count == 1)
		sw_fail(e, code, "%s", f->text[0] ? f->text[0] : "out of memory");
	for (int i = 0; f->count > 1 && i < f->count && i < SW_FAULTS_LISTED; i++)
		fprintf(stderr, "scanwall %s: %s\n", verb, f->text[i] ? f->text[i] : "?");
	if (f->count > SW_FAULTS_LISTED)
		sw_fail(e, code, "%s%s (the first %d are shown above); nothing was changed",
			sw_cli_count(f->count), more, SW_FAULTS_LISTED);
	else if (f->count > 1)
		sw_fail(e, code, "%ld%s; nothing was changed", f->count, more);
	sw_faults_free(f);
	return -1;
}

int sw_items_add(struct sw_items *l, const struct sw_prefix *p, int64_t ttl, const char *comment,
		 struct sw_err *e)
{
	struct sw_item *grown;
	char *copy = NULL;

	if (l->count == l->room) {
		l->room = l->room ? 2 * l->room : 16;
		grown = realloc(l->item, l->room * sizeof(*grown));
		if (!grown)
			return sw_fail(e, SW_EXIT_FAILED, "out of memory");
		l->item = grown;
	}
	if (comment && *comment) {
		copy = strdup(comment);
		if (!copy)
			return sw_fail(e, SW_EXIT_FAILED, "out of memory");
	}
	l->item[l->count] =
		(struct sw_item){.prefix = *p, .number = l->count, .ttl = ttl, .comment = copy};
	l->count++;
	return 0;
}

static int item_cmp(const void *a, const void *b)
{
	const struct sw_item *x = a, *y = b;
	int d = sw_prefix_cmp(&x->prefix, &y->prefix);

	return d ? d : x->number < y->number ? -1 : 1;
}

static uint64_t item_key(const void *item)
{
	return sw_prefix_number(&((const struct sw_item *)item)->prefix);
}

void sw_items_sort(struct sw_items *l)
{
	sw_sort_by(l->item, l->count, sizeof(*l->item), item_key, item_cmp);
}

void sw_items_free(struct sw_items *l)
{
	for (size_t i = 0; i < l->count; i++)
		free(l->item[i].comment);
	free(l->item);
	memset(l, 0, sizeof(*l));
}

FILE *sw_input_open(const char *file, struct sw_err *e)
{
	struct stat st;
	FILE *f;

	if (strcmp(file, "-") == 0)
		return stdin;
	f = fopen(file, "re");
	if (!f) {
		sw_fail(e, sw_exit_of_file(errno), "%s: %s", file, strerror(errno));
		return NULL;
	}
	if (fstat(fileno(f), &st) == 0 && S_ISDIR(st.st_mode)) {
		fclose(f);
		sw_fail(e, SW_EXIT_USAGE, "%s: a directory, not a file", file);
		return NULL;
	}
	return f;
}

void sw_input_close(FILE *f)
{
	if (f && f != stdin)
		fclose(f);
}

char *sw_input_read(const char *file, size_t *size, struct sw_err *e)
{
	FILE *in = sw_input_open(file, e), *out;
	char *text = NULL, part[65536];
	size_t n;

	if (!in)
		return NULL;
	out = open_memstream(&text, size);
	while (out && (n = fread(part, 1, sizeof(part), in)) > 0)
		fwrite(part, 1, n, out);
	if (ferror(in))
		sw_fail(e, SW_EXIT_FAILED, "%s: %s", sw_input_name(file), strerror(errno));
	n = ferror(in);
	sw_input_close(in);
	if (out && !fclose(out) && !n)
		return text;
	if (!n)
		sw_fail(e, SW_EXIT_FAILED, "%s: out of memory", sw_input_name(file));
	free(text);
	return NULL;
}

const char *sw_input_name(const char *file)
{
	return strcmp(file, "-") == 0 ? "standard input" : file;
}

int sw_input_line(FILE *in, const char *name, long number, char **line, size_t *room,
		  struct sw_faults *f, struct sw_err *e)
{
	ssize_t len = getline(line, room, in);

	if (len < 0 && ferror(in))
		return sw_fail(e, SW_EXIT_FAILED, "%s: %s", name, strerror(errno));
	if (len < 0)
		return 0;
	if (memchr(*line, '\0', len)) {
		sw_fault(f, "%s:%ld:%zu: NUL byte: not a text file", name, number,
			 strlen(*line) + 1);
		(*line)[0] = '\0';
		return 1;
	}
	while (len > 0 && ((*line)[len - 1] == '\n' || (*line)[len - 1] == '\r'))
		(*line)[--len] = '\0';
	return 1;
}

static char *skip_space(char *s)
{
	while (isspace((unsigned char)*s))
		s++;
	return s;
}

/* Terminates the word at s; *next is what follows it. */
static char *take_word(char *s, char **next)
{
	char *word = skip_space(s);
	char *end = word;

	while (*end && !isspace((unsigned char)*end))
		end++;
	*next = *end ? end + 1 : end;
	*end = '\0';
	return word;
}

/* Cuts off the comment at "#" and returns it without surrounding white space. */
static char *take_comment(char *line)
{
	char *comment = strchr(line, '#');
	char *end;

	if (!comment)
		return NULL;
	*comment++ = '\0';
	comment = skip_space(comment);
	end = comment + strlen(comment);
	while (end > comment && isspace((unsigned char)end[-1]))
		*--end = '\0';
	for (end = comment; *end; end++) {
		if (*end == '\t')
			*end = ' ';
	}
	return comment;
}

/* Reads one such line, modifying it. Errors name `name` and `number`. -1: out of memory. */
static int items_line(struct sw_items *l, char *line, const char *name, long number,
		      struct sw_faults *f, struct sw_err *e)
{
	char *comment = take_comment(line), *rest;
	char *addr = take_word(line, &rest), *span = take_word(rest, &rest);
	struct sw_err bad = {0};
	struct sw_prefix p;
	int64_t ttl = 0;

	if (!*addr)
		return 0;
	rest = skip_space(rest);
	if (sw_prefix_parse(addr, &p, &bad))
		sw_fault(f, "%s:%ld:%td: %s", name, number, addr - line + 1, bad.text);
	else if (*span && sw_duration_parse(span, "the time after the address", &ttl, &bad))
		sw_fault(f, "%s:%ld:%td: %s", name, number, span - line + 1, bad.text);
	else if (*rest)
		sw_fault(f,
			 "%s:%ld:%td: unexpected \"%s\" (expected ADDR[/LEN] [SPAN] [# comment])",
			 name, number, rest - line + 1, rest);
	else if (comment && sw_comment_check(comment, "the comment", &bad))
		sw_fault(f, "%s:%ld:%td: %s", name, number, comment - line + 1, bad.text);
	else
		return sw_items_add(l, &p, ttl, comment, e);
	return 0;
}

static int read_file(struct sw_items *l, const char *file, struct sw_faults *f, struct sw_err *e)
{
	const char *name = sw_input_name(file);
	FILE *in = sw_input_open(file, e);
	char *line = NULL;
	size_t room = 0;
	int rc = -1;

	if (!in)
		return -1;
	for (long number = 1;; number++) {
		rc = sw_input_line(in, name, number, &line, &room, f, e);
		if (rc > 0)
			rc = items_line(l, line, name, number, f, e) ? -1 : 1;
		if (rc <= 0)
			break;
	}
	free(line);
	sw_input_close(in);
	return rc;
}

int sw_items_read(struct sw_items *l, const struct sw_args *a, const char *file, const char *verb,
		  struct sw_err *e)
{
	struct sw_faults f = {0};
	struct sw_err bad = {0};
	struct sw_prefix p;

	for (int i = 0; i < a->count; i++) {
		if (sw_prefix_parse(a->operand[i], &p, &bad))
			sw_fault(&f, "%s", bad.text);
		else if (sw_items_add(l, &p, 0, NULL, e))
			goto fail;
	}
	if (!file && a->count == 0)
		sw_fault(&f, "missing address (expected ADDR[/LEN] or --file FILE)");
	if (file && read_file(l, file, &f, e))
		goto fail;
	return sw_faults_end(&f, verb, SW_EXIT_USAGE, e);
fail:
	sw_faults_free(&f);
	return -1;
}

int sw_items_changes(const struct sw_items *l, struct sw_prefix **prefix, enum sw_change **change,
		     struct sw_err *e)
{
	*prefix = calloc(l->count + 1, sizeof(**prefix));
	*change = calloc(l->count + 1, sizeof(**change));
	if (!*prefix || !*change)
		return sw_fail(e, SW_EXIT_FAILED, "out of memory");
	for (size_t i = 0; i < l->count; i++)
		(*prefix)[i] = l->item[i].prefix;
	return 0;
}

int sw_origin_check(const char *origin, const char *what, struct sw_err *e)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789._-/";

	if (!*origin || origin[strspn(origin, letters)])
		return sw_fail(e, SW_EXIT_USAGE,
			       "%s: invalid origin \"%s\" (expected letters, digits and . _ - /)",
			       what, origin);
	if (strlen(origin) >= SW_ORIGIN_MAX)
		return sw_fail(e, SW_EXIT_USAGE, "%s: origin longer than %d characters (%zu)", what,
			       SW_ORIGIN_MAX - 1, strlen(origin));
	return 0;
}

int sw_comment_check(const char *comment, const char *what, struct sw_err *e)
{
	char seen[10 * SW_COMMENT_MAX];
	json_t *utf8;

	if (strlen(comment) >= SW_COMMENT_MAX)
		return sw_fail(e, SW_EXIT_USAGE, "%s: comment longer than %d bytes (%zu)", what,
			       SW_COMMENT_MAX - 1, strlen(comment));
	for (const char *c = comment; *c; c++) {
		if ((unsigned char)*c < ' ' || *c == 0x7f)
			return sw_fail(e, SW_EXIT_USAGE,
				       "%s: control character at byte %td (expected plain text)",
				       what, c - comment + 1);
	}
	utf8 = json_string(comment);
	if (!utf8)
		return sw_fail(e, SW_EXIT_USAGE, "%s: not valid UTF-8", what);
	json_decref(utf8);
	sw_visible(seen, sizeof(seen), comment);
	if (strcmp(seen, comment) != 0)
		return sw_fail(e, SW_EXIT_USAGE,
			       "%s: a character that hides or turns text (expected plain text): %s",
			       what, seen);
	return 0;
}

int sw_span_option(const char *text, const char *option, int64_t fallback, int64_t *span,
		   struct sw_err *e)
{
	*span = fallback;
	return text ? sw_duration_parse(text, option, span, e) : 0;
}

int sw_prefix_option(const char *text, const char *option, struct sw_prefix *p, struct sw_err *e)
{
	struct sw_err bad;

	if (!sw_prefix_parse(text, p, &bad))
		return 0;
	return sw_fail(e, bad.exit, "%s: %s", option, bad.text);
}

int64_t sw_expiry(int64_t now, int64_t ttl)
{
	return ttl >= SW_FOREVER - now ? SW_FOREVER : now + ttl;
}
