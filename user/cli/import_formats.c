// SPDX-License-Identifier: GPL-2.0-only
/* Lists of addresses as others publish them (ops.md 1.7). */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "cli/policy.h"

#define FIELDS_MAX 32

struct list {
	struct sw_items *items;
	struct sw_faults *faults;
	const char *name;
	long skipped;
	bool header_seen;
	/* csv: places of the columns, -1: there is none */
	int value, duration, reason, scope, type, simulated;
};

typedef int (*line_fn)(struct list *l, char *line, long number, struct sw_err *e);

static int add(struct list *l, const char *prefix, int64_t ttl, const char *comment, long number,
	       struct sw_err *e)
{
	struct sw_err bad = {0};
	struct sw_prefix p;

	if (sw_prefix_parse(prefix, &p, &bad))
		sw_fault(l->faults, "%s:%ld: %s", l->name, number, bad.text);
	else if (comment && sw_comment_check(comment, "the comment", &bad))
		sw_fault(l->faults, "%s:%ld: %s", l->name, number, bad.text);
	else
		return sw_items_add(l->items, &p, ttl, comment, e);
	return 0;
}

static int plain_line(struct list *l, char *line, long number, struct sw_err *e)
{
	return sw_items_line(l->items, line, l->name, number, l->faults, e);
}

/* ---- Spamhaus DROP: JSON lines, or "CIDR ; SBL123" */

static int drop_json(struct list *l, const char *line, long number, struct sw_err *e)
{
	json_error_t why;
	json_t *o = json_loads(line, JSON_REJECT_DUPLICATES, &why);
	const char *cidr = json_string_value(json_object_get(o, "cidr"));
	const char *type = json_string_value(json_object_get(o, "type"));
	int rc = 0;

	if (!o)
		sw_fault(l->faults, "%s:%ld:%d: not JSON: %s", l->name, number, why.column,
			 why.text);
	else if (cidr)
		rc = add(l, cidr, 0, json_string_value(json_object_get(o, "sblid")), number, e);
	else if (!type || strcmp(type, "metadata") != 0)
		sw_fault(l->faults, "%s:%ld: an object without \"cidr\"", l->name, number);
	json_decref(o);
	return rc;
}

static char *trim(char *s)
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

static int drop_line(struct list *l, char *line, long number, struct sw_err *e)
{
	char *comment = NULL;

	line = trim(line);
	if (*line == '{')
		return drop_json(l, line, number, e);
	if (!*line || *line == ';' || *line == '#')
		return 0;
	comment = strchr(line, ';');
	if (comment)
		*comment++ = '\0';
	return add(l, trim(line), 0, comment ? trim(comment) : NULL, number, e);
}

/* ---- DShield block.txt: start, end, prefix length, ... between tabs */

static int dshield_line(struct list *l, char *line, long number, struct sw_err *e)
{
	char *start, *end, *length, *save, *prefix;
	int rc;

	line = trim(line);
	if (!*line || *line == '#' || strncasecmp(line, "start", 5) == 0)
		return 0;
	start = strtok_r(line, " \t", &save);
	end = strtok_r(NULL, " \t", &save);
	length = strtok_r(NULL, " \t", &save);
	if (!end || !length) {
		sw_fault(l->faults, "%s:%ld: not start, end and prefix length: \"%s\"", l->name,
			 number, start);
		return 0;
	}
	if (asprintf(&prefix, "%s/%s", start, length) < 0)
		return sw_fail(e, SW_EXIT_FAILED, "out of memory");
	rc = add(l, prefix, 0, "dshield", number, e);
	free(prefix);
	return rc;
}

/* ---- CSV with a header (RFC 4180, one record a line) */

/* Cuts the record in place; -1: a quote that is not closed, or too many. */
static int split_csv(char *line, char **field)
{
	char *in = line, *out;
	int n = 0;

	for (;;) {
		if (n == FIELDS_MAX)
			return -1;
		field[n++] = out = in;
		if (*in == '"') {
			for (in++; *in && (*in != '"' || in[1] == '"'); in++) {
				in += *in == '"';
				*out++ = *in;
			}
			if (*in++ != '"')
				return -1;
		}
		while (*in && *in != ',')
			*out++ = *in++;
		if (!*in) {
			*out = '\0';
			return n;
		}
		*out = '\0';
		in++;
	}
}

static int column(char **field, int n, const char *const *names)
{
	for (; *names; names++) {
		for (int i = 0; i < n; i++) {
			if (strcasecmp(trim(field[i]), *names) == 0)
				return i;
		}
	}
	return -1;
}

static void csv_header(struct list *l, char **field, int n, long number)
{
	static const char *const value[] = {"value", "ip", "address", "cidr", NULL};
	static const char *const duration[] = {"duration", "expiration", "ttl", NULL};
	static const char *const reason[] = {"reason", "scenario", "comment", NULL};
	static const char *const type[] = {"type", "action", NULL};
	static const char *const scope[] = {"scope", NULL};
	static const char *const simulated[] = {"simulated", NULL};

	l->header_seen = true;
	l->value = column(field, n, value);
	l->duration = column(field, n, duration);
	l->reason = column(field, n, reason);
	l->type = column(field, n, type);
	l->scope = column(field, n, scope);
	l->simulated = column(field, n, simulated);
	if (l->value < 0)
		sw_fault(l->faults, "%s:%ld: no column named value or ip in the first line",
			 l->name, number);
}

static const char *cell(char **field, int n, int at)
{
	return at >= 0 && at < n ? trim(field[at]) : "";
}

static bool is_address_scope(const char *scope, size_t len)
{
	return len == 0 || (len == 2 && strncasecmp(scope, "ip", 2) == 0) ||
	       (len == 5 && strncasecmp(scope, "range", 5) == 0);
}

/* "Ip:203.0.113.9" as cscli writes it; NULL: another scope. An IPv6 address
 * begins with digits, a colon or letters up to f, never with such a word. */
static const char *without_scope(const char *value)
{
	size_t len = strcspn(value, ":");
	bool word = len > 0 && value[len] == ':';

	for (size_t i = 0; word && i < len; i++)
		word = isalpha((unsigned char)value[i]);
	if (!word || (len <= 4 && strspn(value, "abcdefABCDEF") >= len))
		return value;
	return is_address_scope(value, len) ? value + len + 1 : NULL;
}

/* A Go duration, "3h59m58.7s". 1 it runs, 0 it has run out, -1 it is none. */
static int go_span(const char *text, int64_t *us, struct sw_err *e)
{
	char whole[64], *to = whole;

	if (*text == '-')
		return 0;
	if (strlen(text) >= sizeof(whole))
		return sw_fail(e, SW_EXIT_USAGE, "duration: \"%s\" is not a duration", text);
	for (const char *in = text; *in;) {
		if (*in == '.') {
			in++;
			in += strspn(in, "0123456789");
		} else {
			*to++ = *in++;
		}
	}
	*to = '\0';
	if (strspn(whole, "0hmsun") == strlen(whole) && *whole == '0')
		return 0;
	return sw_duration_parse(whole, "duration", us, e) ? -1 : 1;
}

static int csv_line(struct list *l, char *line, long number, struct sw_err *e)
{
	char *field[FIELDS_MAX];
	const char *value, *type, *scope, *reason;
	struct sw_err bad = {0};
	int64_t ttl = 0;
	int n, runs;

	if (!*trim(line) || *line == '#')
		return 0;
	n = split_csv(line, field);
	if (n < 0) {
		sw_fault(l->faults, "%s:%ld: not CSV: a quote is not closed, or over %d fields",
			 l->name, number, FIELDS_MAX);
		return 0;
	}
	if (!l->header_seen) {
		csv_header(l, field, n, number);
		return 0;
	}
	if (l->value < 0)
		return 0; /* said once is enough */
	type = cell(field, n, l->type);
	scope = cell(field, n, l->scope);
	value = without_scope(cell(field, n, l->value));
	reason = cell(field, n, l->reason);
	runs = *cell(field, n, l->duration) ? go_span(cell(field, n, l->duration), &ttl, &bad) : 1;
	if (runs < 0) {
		sw_fault(l->faults, "%s:%ld: %s", l->name, number, bad.text);
		return 0;
	}
	if (!runs || !value || !is_address_scope(scope, strlen(scope)) ||
	    (*type && strcasecmp(type, "ban") != 0) ||
	    strcasecmp(cell(field, n, l->simulated), "true") == 0) {
		l->skipped++;
		return 0;
	}
	return add(l, value, ttl, reason, number, e);
}

/* ---- which format */

static const struct {
	const char *name;
	line_fn line;
} formats[] = {
	{"plain", plain_line},	   {"netset", plain_line}, {"drop", drop_line},
	{"dshield", dshield_line}, {"csv", csv_line},	   {"cscli", csv_line},
};

/* By a line that says something; NULL: this one does not. */
static const char *print_format(const char *line)
{
	char first[64], second[64];
	struct sw_prefix p;
	int fields;

	line += strspn(line, " \t");
	if (*line == '\0' || *line == '#' || *line == ';')
		return NULL;
	if (*line == '{')
		return "drop";
	if (line[strcspn(line, ",#")] == ',')
		return strncasecmp(line, "id,source,ip", 12) == 0 ? "cscli" : "csv";
	if (line[strcspn(line, ";#")] == ';')
		return "drop";
	fields = sscanf(line, "%63s %63s", first, second);
	if (fields == 2 && (strcasecmp(first, "start") == 0 ||
			    (sw_prefix_parse(second, &p, NULL) == 0 && strchr(second, '.'))))
		return "dshield";
	if (fields == 1 && (strcasecmp(first, "value") == 0 || strcasecmp(first, "ip") == 0))
		return "csv";
	return "plain";
}

static line_fn format_of(const char *name)
{
	for (size_t i = 0; name && i < sizeof(formats) / sizeof(formats[0]); i++) {
		if (strcmp(formats[i].name, name) == 0)
			return formats[i].line;
	}
	return NULL;
}

int sw_list_read(FILE *in, const char *name, const char **format, struct sw_items *items,
		 long *skipped, struct sw_faults *f, struct sw_err *e)
{
	struct list l = {.items = items, .faults = f, .name = name};
	line_fn fn = format_of(*format);
	char *line = NULL;
	size_t room = 0;
	int rc;

	for (long number = 1;; number++) {
		rc = sw_input_line(in, name, number, &line, &room, f, e);
		if (rc <= 0)
			break;
		if (number == 1 && strncmp(line, "\xef\xbb\xbf", 3) == 0)
			memset(line, ' ', 3); /* a byte order mark */
		if (!fn) {
			*format = print_format(line);
			fn = format_of(*format);
		}
		if (fn && fn(&l, line, number, e)) {
			rc = -1;
			break;
		}
	}
	free(line);
	*skipped = l.skipped;
	if (!*format || !fn)
		*format = "plain";
	return rc;
}
