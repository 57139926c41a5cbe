// SPDX-License-Identifier: GPL-2.0-only
/* Reads rule files line by line, and keeps the lists of accepted and refused rules. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include "rules/internal.h"

#define LINE_MAX_BYTES 65536
#define FILE_MAX_BYTES (256l << 20)

static int no_memory(struct sw_err *e)
{
	return sw_fail(e, SW_EXIT_FAILED, "out of memory for rules");
}

/* ---- begin and end */

int sw_rules_init(struct sw_rules *r, const struct sw_rules_options *options, struct sw_err *e)
{
	memset(r, 0, sizeof(*r));
	r->internal = calloc(1, sizeof(*r->internal));
	if (!r->internal)
		return no_memory(e);
	r->internal->options = *options;
	r->internal->port_sets =
		(struct sw_hash){.key = sizeof(struct port_set), .size = sizeof(struct port_set)};
	sw_rule_regexes_init(r->internal);
	sw_rule_bits_init(r->internal);
	r->internal->sid = (struct sw_hash){.key = sizeof(__u32), .size = sizeof(__u32)};
	if (!sw_rules_variables_init(r, options->variable, e) && !sw_profile_make(r->internal, e))
		return 0;
	sw_rules_free(r);
	return -1;
}

void sw_rule_forget(struct sw_rule_text *t, struct kept *k)
{
	free(t->msg);
	free(t->classtype);
	free(t->reference);
	free(t->source);
	free(t->warning);
	free(k->condition);
	free(k->window);
	free(k->cost);
}

void sw_rules_free(struct sw_rules *r)
{
	struct sw_rules_internal *in = r->internal;

	for (size_t i = 0; i < r->rules; i++) {
		sw_rule_forget(&r->rule[i], &in->kept[i]);
	}
	for (size_t i = 0; i < r->refusals; i++)
		free(r->refused[i].reason);
	free(r->rule);
	free(r->refused);
	for (size_t i = 0; in && i < in->variables; i++) {
		free(in->variable[i].name);
		free(in->variable[i].value);
	}
	for (size_t i = 0; in && i < in->files; i++)
		free(in->file[i]);
	if (in) {
		sw_rule_regexes_free(in);
		sw_hash_clear(&in->port_sets);
		sw_hash_clear(&in->sid);
		sw_hash_clear(&in->bits);
		sw_hash_clear(&in->everyday);
		free(in->variable);
		free(in->kept);
		free(in->file);
		free(in->gram);
		free(in->pair);
		free(in->byte);
		free(in->crowded);
		free(in->filter);
		free(in->ports);
		free(in->rule);
		free(in->condition);
		free(in->window);
		free(in->port);
	}
	free(in);
	memset(r, 0, sizeof(*r));
}

/* ---- lists */

int sw_rules_refused(struct sw_rules *r, const char *file, unsigned line, __u32 sid,
		     const struct refusal *no, struct sw_err *e)
{
	if (sw_grow((void **)&r->refused, &r->internal->refused_room, r->refusals,
		    sizeof(*r->refused), e))
		return -1;
	r->refused[r->refusals] =
		(struct sw_rule_refused){no->why, sid, file, line, strdup(no->text)};
	if (!r->refused[r->refusals].reason)
		return no_memory(e);
	r->refusals++;
	return 0;
}

static int keep(struct sw_rules *r, const struct sw_rule_text *text, const struct kept *k,
		struct sw_err *e)
{
	struct sw_rules_internal *in = r->internal;
	size_t room = in->rule_room;

	if (sw_grow((void **)&r->rule, &room, r->rules, sizeof(*r->rule), e) ||
	    sw_grow((void **)&in->kept, &in->rule_room, r->rules, sizeof(*in->kept), e))
		return -1;
	r->rule[r->rules] = *text;
	in->kept[r->rules++] = *k;
	return 0;
}

/* ---- one rule */

static int check_way(const struct draft *d, struct refusal *no)
{
	if (d->from_home && d->to_outside && !d->outward)
		return sw_refuse(no, SW_REFUSAL_OUTGOING,
				 "from $HOME_NET to $EXTERNAL_NET: what this host asks others is "
				 "not read");
	if (!d->parts)
		return sw_refuse(no, SW_REFUSAL_KEYWORD, "no payload condition");
	if (!d->text.sid)
		return sw_refuse(no, SW_REFUSAL_SYNTAX, "missing sid");
	return 0;
}

static int keep_ports(struct sw_rules *r, const struct draft *d, struct kept *k, struct refusal *no)
{
	struct sw_hash *sets = &r->internal->port_sets;
	struct port_set *p;
	bool fresh;

	p = sw_hash_put(sets, &d->dport, &fresh);
	if (!p)
		return sw_refuse(no, SW_REFUSAL_MEMORY, "out of memory");
	k->dport = p - (struct port_set *)sets->item;
	return 0;
}

const struct port_set *sw_rule_dport(const struct sw_rules_internal *in, const struct kept *k)
{
	return sw_hash_at(&in->port_sets, k->dport);
}

static int compile_draft(struct sw_rules *r, struct draft *d, struct kept *k, struct refusal *no)
{
	char *common = NULL;
	bool fresh;

	if (sw_rule_turn(d, no) || sw_rule_base64(d, no) || sw_rule_head_lines(d, no) ||
	    sw_rule_regexes(r, d, no))
		return -1;
	if (d->has_pcre || r->internal->options.only_alerts) {
		d->rule.action = SW_RULE_ALERT;
		if (d->has_pcre)
			d->text.warning =
				strdup("its regular expression is not evaluated; it is an "
				       "alert on its contents");
	}
	d->text.action = d->rule.action;
	if (check_way(d, no) || sw_rule_check_flags(d, no) || sw_rule_check_bits(d, no) ||
	    sw_rule_conditions(d, k, no) || sw_rule_windows(r->internal, d, k, &common, no) ||
	    keep_ports(r, d, k, no)) {
		free(common);
		return -1;
	}
	if (d->text.warning)
		free(common);
	else
		d->text.warning = common;
	if (d->has_pcre && !k->windows)
		return sw_refuse(no, SW_REFUSAL_PCRE, "pcre without a content of seven rare bytes");
	if (!sw_hash_put(&r->internal->sid, &d->text.sid, &fresh))
		return sw_refuse(no, SW_REFUSAL_MEMORY, "out of memory");
	if (!fresh)
		return sw_refuse(no, SW_REFUSAL_DUPLICATE, "duplicate sid %u", d->text.sid);
	return sw_rule_keep_bits(r, d, no);
}

/* `line` is cut up. */
static int read_rule(struct sw_rules *r, const char *file, unsigned number, char *line,
		     struct sw_err *e)
{
	struct draft *d = calloc(1, sizeof(*d));
	struct refusal no = {0};
	struct kept k = {0};
	char *open = strchr(line, '('), *close = strrchr(line, ')');
	int rc = -1;

	if (!d)
		return no_memory(e);
	d->text.file = file;
	d->text.line = number;
	d->text.source = strdup(line);
	if (!d->text.source) {
		free(d);
		return no_memory(e);
	}
	if (!open || !close || close < open || *sw_rule_trim(close + 1)) {
		sw_refuse(&no, SW_REFUSAL_SYNTAX,
			  "a rule is: alert tcp any any -> any 80 (msg:\"...\"; content:\"...\"; "
			  "sid:1;)");
	} else {
		*open = *close = 0;
		rc = sw_rule_header(r, line, d, &no);
		/* A missing part is reported for the whole rule, by its sid. */
		if (rc) {
			struct refusal ignored;

			sw_rule_options(open + 1, d, &ignored);
		} else {
			rc = sw_rule_options(open + 1, d, &no) || compile_draft(r, d, &k, &no);
		}
	}
	if (!rc)
		rc = keep(r, &d->text, &k, e);
	else if (no.why == SW_REFUSAL_MEMORY)
		rc = no_memory(e); /* out of memory is not the rule's fault: load all or none */
	else
		rc = sw_rules_refused(r, file, number, d->text.sid, &no, e) ? -1 : 1;
	if (rc) {
		sw_rule_forget(&d->text, &k);
	}
	for (int i = 0; i < d->mades; i++)
		free(d->made[i]);
	free(d);
	return rc < 0 ? -1 : 0;
}

/* var NAME VALUE; 1: the line is none */
static int read_variable(struct sw_rules *r, const char *line, struct sw_err *e)
{
	static const char *const words[] = {"var ", "ipvar ", "portvar "};
	const char *name, *value;
	size_t n;

	for (int i = 0; i < 3; i++) {
		if (strncmp(line, words[i], strlen(words[i])))
			continue;
		name = line + strlen(words[i]);
		name += strspn(name, " \t");
		n = strcspn(name, " \t");
		value = name + n + strspn(name + n, " \t");
		return sw_rules_variable_set(r, name, n, value, false, e);
	}
	return 1;
}

static int read_line(struct sw_rules *r, const char *file, unsigned number, char *line,
		     struct sw_err *e)
{
	int rc;

	line = sw_rule_trim(line);
	if (!*line || *line == '#')
		return 0;
	rc = read_variable(r, line, e);
	return rc <= 0 ? rc : read_rule(r, file, number, line, e);
}

/* ---- texts and files */

static const char *keep_name(struct sw_rules *r, const char *name, struct sw_err *e)
{
	struct sw_rules_internal *in = r->internal;
	char **grown = reallocarray(in->file, in->files + 1, sizeof(*grown));

	if (grown)
		in->file = grown;
	if (!grown || !(in->file[in->files] = strdup(name))) {
		no_memory(e);
		return NULL;
	}
	return in->file[in->files++];
}

/* Lines that end in a backslash go on. NULs become blanks, so that nothing
 * behind one is overlooked. */
int sw_rules_read_text(struct sw_rules *r, const char *name, const char *text, size_t length,
		       struct sw_err *e)
{
	const char *file = keep_name(r, name, e), *end = text + length, *stop;
	unsigned number = 0, first = 0;
	char *line = malloc(LINE_MAX_BYTES);
	size_t used = 0, n;
	bool more, cut = false;
	int rc = file && line ? 0 : no_memory(e);

	while (!rc && text < end) {
		stop = memchr(text, '\n', end - text);
		n = (stop ? stop : end) - text;
		number++;
		first = used ? first : number;
		while (n && (text[n - 1] == '\r' || (text[n - 1] == ' ' && n > 1)))
			n--;
		more = n && text[n - 1] == '\\' && stop;
		n -= more;
		if (used + n + 2 > LINE_MAX_BYTES) {
			cut = true;
			n = 0;
		}
		for (size_t i = 0; i < n; i++)
			line[used++] = text[i] ? text[i] : ' ';
		text = stop ? stop + 1 : end;
		if (more) {
			line[used++] = ' ';
			continue;
		}
		line[used] = 0;
		if (cut) {
			struct refusal no;

			sw_refuse(&no, SW_REFUSAL_SIZE, "longer than %d bytes", LINE_MAX_BYTES);
			rc = sw_rules_refused(r, file, first, 0, &no, e);
		} else {
			rc = read_line(r, file, first, line, e);
		}
		used = 0;
		cut = false;
	}
	free(line);
	return rc;
}

int sw_rules_read_file(struct sw_rules *r, const char *path, struct sw_err *e)
{
	FILE *f = fopen(path, "re");
	struct stat st;
	char *text = NULL;
	int rc = -1;

	if (!f || fstat(fileno(f), &st)) {
		sw_fail(e, sw_exit_of_file(errno), "%s: %s", path, strerror(errno));
		goto out;
	}
	if (!S_ISREG(st.st_mode)) {
		sw_fail(e, SW_EXIT_USAGE, "%s is not a rules file", path);
		goto out;
	}
	if (st.st_size > FILE_MAX_BYTES) {
		sw_fail(e, SW_EXIT_USAGE, "%s: %lld bytes (at most %ld)", path,
			(long long)st.st_size, FILE_MAX_BYTES);
		goto out;
	}
	text = malloc(st.st_size + 1);
	if (!text) {
		no_memory(e);
		goto out;
	}
	rc = sw_rules_read_text(r, path, text, fread(text, 1, st.st_size, f), e);
out:
	free(text);
	if (f)
		fclose(f);
	return rc;
}
