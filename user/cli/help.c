// SPDX-License-Identifier: GPL-2.0-only
/* Help screens, from the table of verbs. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include "cli/command_line.h"
#include "cli/verbs.h"

#define WIDTH 79
#define VERB_COLUMN 12
#define OPTION_COLUMN 26

/* Length up to the next line break; text in brackets is not broken. */
static int word_length(const char *text)
{
	int len = 0, depth = 0;

	for (; text[len] && text[len] != '\n' && (text[len] != ' ' || depth > 0); len++)
		depth += (text[len] == '[') - (text[len] == ']');
	return len;
}

/* Words from column `at` on, wrapped; later lines begin at `indent`. */
static void wrap(FILE *out, const char *text, int at, int indent)
{
	bool fresh = true; /* the word is the first on its line */

	while (*text) {
		int len = word_length(text);

		if (!fresh && at + 1 + len > WIDTH) {
			fprintf(out, "\n%*s", indent, "");
			at = indent;
			fresh = true;
		}
		at += fprintf(out, "%s%.*s", fresh ? "" : " ", len, text);
		fresh = false;
		text += len;
		if (*text == '\n') {
			fprintf(out, "\n%*s", indent, "");
			at = indent;
			fresh = true;
		}
		text += *text != '\0';
	}
	fputc('\n', out);
}

static void show_option(FILE *out, const struct sw_option *o)
{
	const char *space = o->value && o->value[0] != '[' ? " " : "";
	char head[128];
	int len;

	if (o->letter)
		len = snprintf(head, sizeof(head), "  -%c, --%s%s%s", o->letter, o->name, space,
			       o->value ? o->value : "");
	else
		len = snprintf(head, sizeof(head), "      --%s%s%s", o->name, space,
			       o->value ? o->value : "");
	fputs(head, out);
	if (len > OPTION_COLUMN - 2)
		fprintf(out, "\n%*s", OPTION_COLUMN, "");
	else
		fprintf(out, "%*s", OPTION_COLUMN - len, "");
	wrap(out, o->text, OPTION_COLUMN, OPTION_COLUMN);
}

static void show_globals(FILE *out)
{
	fputs("\nOptions of every verb, anywhere on the line:\n", out);
	for (int i = 0; i < sw_global_count; i++)
		show_option(out, &sw_global_options[i]);
}

static void show_exits(FILE *out)
{
	fputs("\nExit: 0 done, 1 failed, 2 usage or a bad value (nothing was changed),\n"
	      "3 nothing to do (--strict only), 4 not running, 5 not permitted,\n"
	      "6 refused by a guard, 10 `test`: it would be dropped.\n",
	      out);
}

static void show_all(FILE *out, const struct sw_verb *verbs)
{
	fputs("scanwall sees port scans and blocks their sources in the kernel.\n"
	      "In an emergency: scanwall panic\n\n"
	      "usage: scanwall VERB [WHAT...] [OPTION...]\n\n",
	      out);
	for (const struct sw_verb *v = verbs; v->name; v++) {
		if (v->name[0] == '_')
			continue;
		fprintf(out, "  %-*s", VERB_COLUMN - 2, v->name);
		wrap(out, v->text, VERB_COLUMN, VERB_COLUMN);
	}
	show_globals(out);
	show_exits(out);
	fputs("\n`scanwall help VERB` says more; so does scanwall(8).\n", out);
}

static void show_dry_run(FILE *out, const struct sw_verb *v)
{
	char line[256];

	if (v->dry_run) {
		snprintf(line, sizeof(line), "With --dry-run it %s.", v->dry_run);
		fputc('\n', out);
		wrap(out, line, 0, 0);
	}
	for (const struct sw_verb *s = v->sub; s && s->name; s++) {
		if (!s->dry_run)
			continue;
		snprintf(line, sizeof(line), "%s --dry-run %s.", s->name, s->dry_run);
		fputc('\n', out);
		wrap(out, line, 0, 0);
	}
}

static void show_verb(FILE *out, const struct sw_verb *v)
{
	int indent = strlen("usage: scanwall  ") + strlen(v->name);
	char synopsis[SW_SYNOPSIS_TEXT];

	sw_verb_synopsis(v, synopsis);
	fprintf(out, "usage: scanwall %s%s", v->name, synopsis[0] ? " " : "");
	wrap(out, synopsis, indent, indent);
	if (v->text)
		fprintf(out, "\n%c%s.\n", toupper((unsigned char)v->text[0]), v->text + 1);
	if (v->more) {
		fputc('\n', out);
		wrap(out, v->more, 0, 0);
	}
	show_dry_run(out, v);
	if (sw_verb_options(v))
		fputc('\n', out);
	for (int i = 0; i < sw_verb_options(v); i++)
		show_option(out, &v->option[i]);
	show_globals(out);
}

int sw_help_show(const struct sw_verb *verbs, const struct sw_verb *verb, bool asked)
{
	FILE *out = asked ? stdout : stderr;

	if (verb)
		show_verb(out, verb);
	else
		show_all(out, verbs);
	return asked ? SW_EXIT_OK : SW_EXIT_USAGE;
}

/* ---- for machines */

static json_t *options_json(const struct sw_verb *v)
{
	json_t *list = json_array();

	for (int i = 0; i < sw_verb_options(v); i++)
		json_array_append_new(list, json_pack("{s:s, s:s?, s:s}", "name", v->option[i].name,
						      "value", v->option[i].value, "text",
						      v->option[i].text));
	return list;
}

static json_t *verb_json(const struct sw_verb *v)
{
	json_t *o = json_pack("{s:s, s:s, s:o}", "name", v->name, "text", v->text, "options",
			      options_json(v)),
	       *list;
	char synopsis[SW_SYNOPSIS_TEXT];

	json_object_set_new(o, "synopsis", json_string(sw_verb_synopsis(v, synopsis)));
	if (!v->sub)
		return o;
	list = json_array();
	for (const struct sw_verb *s = v->sub; s->name; s++)
		json_array_append_new(
			list, json_pack("{s:s, s:s}", "name", s->name, "synopsis", s->synopsis));
	json_object_set_new(o, "subcommands", list);
	return o;
}

/* All, or the one named. */
static int help_json(const struct sw_call *c, const struct sw_verb *only, struct sw_err *e)
{
	json_t *root = sw_cli_json(), *list = json_array();

	for (const struct sw_verb *v = c->verbs; v->name; v++)
		if (v->name[0] != '_' && (!only || only == v))
			json_array_append_new(list, verb_json(v));
	json_object_set_new(root, "verbs", list);
	return sw_cli_print(c->g, root, e);
}

static int help(struct sw_call *c, struct sw_err *e)
{
	const struct sw_verb *v = c->a->count ? sw_verb_find(c->verbs, c->a->operand[0]) : NULL;

	if (c->a->count && !v)
		return sw_verb_unknown(c->verbs, c->a->operand[0], e);
	return c->g->json ? help_json(c, v, e) : sw_help_show(c->verbs, v, true);
}

const struct sw_verb_ops sw_help_ops = {.run = help};
