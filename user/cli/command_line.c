// SPDX-License-Identifier: GPL-2.0-only
/* Parses a command line by a table of verbs. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/nearest.h"
#include "cli/command_line.h"
#include "cli/verbs.h"

enum {
	JSON,
	QUIET,
	DRY_RUN,
	YES,
	COLOR,
	NO_HEADER,
	CONFIG,
	PIN_DIR,
	STATE_DIR,
	UTC,
	STRICT,
	FORCE,
	HELP,
	VERSION,
	GLOBALS
};

const struct sw_option sw_global_options[] = {
	[JSON] = {"json", 'j', "[=pretty]", "print JSON"},
	[QUIET] = {"quiet", 'q', NULL, "print errors only"},
	[DRY_RUN] = {"dry-run", 'n', NULL, "print what would change and change nothing"},
	[YES] = {"yes", 'y', NULL, "do not prompt"},
	[COLOR] = {"color", 0, "auto|always|never",
		   "default: auto (on a terminal, unless NO_COLOR is set)"},
	[NO_HEADER] = {"no-header", 0, NULL, "print tables without a header"},
	[CONFIG] = {"config", 'c', "FILE", "default: $SCANWALL_CONFIG or " SW_CONFIG_FILE},
	[PIN_DIR] = {"pin-dir", 0, "DIR", "default: $SCANWALL_PIN_DIR or " SW_PIN_DIR},
	[STATE_DIR] = {"state-dir", 0, "DIR", "default: $SCANWALL_STATE_DIR or /var/lib/scanwall"},
	[UTC] = {"utc", 0, NULL, "print times in UTC"},
	[STRICT] = {"strict", 0, NULL, "exit 3 if there was nothing to do"},
	[FORCE] = {"force", 0, NULL, "override the guards"},
	[HELP] = {"help", 'h', NULL, "print help for the verb"},
	[VERSION] = {"version", 'V', NULL, "print the version"},
};

const int sw_global_count = GLOBALS;

/* getopt's numbers: operands come as 1 (see its manual on "-"), letters as
 * themselves, so options begin above them. */
#define GLOBAL 256
#define OWN 512

struct grammar {
	const struct sw_verb *verb;
	struct option longs[GLOBALS + SW_OPTIONS_MAX + 1];
	char letters[2 * (GLOBALS + SW_OPTIONS_MAX) + 3];
	bool globals;
};

const struct sw_verb *sw_verb_find(const struct sw_verb *verbs, const char *name)
{
	for (const struct sw_verb *v = verbs; v->name; v++)
		if (strcmp(v->name, name) == 0)
			return v;
	return NULL;
}

int sw_verb_options(const struct sw_verb *v)
{
	int n = 0;

	while (n < SW_OPTIONS_MAX && v->option[n].name)
		n++;
	return n;
}

static void grammar_add(struct grammar *g, int *n, const struct sw_option *o, int code)
{
	int has = !o->value	       ? no_argument
		  : o->value[0] == '[' ? optional_argument
				       : required_argument;
	char *end = g->letters + strlen(g->letters);

	g->longs[(*n)++] = (struct option){o->name, has, NULL, code};
	if (!o->letter)
		return;
	*end++ = o->letter;
	/* An optional value is for the long form: -jq is -j -q. */
	if (has == required_argument)
		*end++ = ':';
	*end = '\0';
}

/* order: '+' stops at the first operand, '-' hands operands over one by one. */
static void grammar_make(struct grammar *g, const struct sw_verb *v, bool globals, char order)
{
	int n = 0;

	memset(g, 0, sizeof(*g));
	g->verb = v;
	g->globals = globals;
	g->letters[0] = order;
	g->letters[1] = ':';
	for (int i = 0; v && i < sw_verb_options(v); i++)
		grammar_add(g, &n, &v->option[i], OWN + i);
	/* A verb's own option takes precedence over a global one of that name. */
	for (int i = 0; globals && i < GLOBALS; i++)
		grammar_add(g, &n, &sw_global_options[i], GLOBAL + i);
}

static int code_of(const struct grammar *g, int c)
{
	if (c >= GLOBAL || c == 1)
		return c;
	for (int i = 0; g->verb && i < sw_verb_options(g->verb); i++) {
		if (g->verb->option[i].letter == c)
			return OWN + i;
	}
	for (int i = 0; g->globals && i < GLOBALS; i++) {
		if (sw_global_options[i].letter == c)
			return GLOBAL + i;
	}
	return c;
}

static const struct sw_option *option_of(const struct grammar *g, int code)
{
	if (code >= OWN)
		return &g->verb->option[code - OWN];
	return &sw_global_options[code - GLOBAL];
}

static int fail_unknown(const struct grammar *g, const char *word, struct sw_err *e)
{
	const char *known[GLOBALS + SW_OPTIONS_MAX];
	char name[64];
	const char *near;
	int n = 0;

	if (optopt)
		return sw_fail(e, SW_EXIT_USAGE, "unknown option -%c", optopt);
	for (const struct option *o = g->longs; o->name; o++)
		known[n++] = o->name;
	snprintf(name, sizeof(name), "%.*s", (int)strcspn(word + 2, "="), word + 2);
	near = sw_nearest(name, known, n);
	if (near)
		return sw_fail(e, SW_EXIT_USAGE, "unknown option --%s; did you mean --%s?", name,
			       near);
	return sw_fail(e, SW_EXIT_USAGE, "unknown option --%s (`scanwall help%s%s` lists them)",
		       name, g->verb ? " " : "", g->verb ? g->verb->name : "");
}

static int fail_option(const struct grammar *g, int c, const char *word, struct sw_err *e)
{
	int code = optopt ? code_of(g, optopt) : 0;
	const struct sw_option *o = code >= GLOBAL ? option_of(g, code) : NULL;

	if (!o)
		return fail_unknown(g, word, e);
	if (c == ':')
		return sw_fail(e, SW_EXIT_USAGE, "--%s requires a value: --%s %s", o->name, o->name,
			       o->value);
	return sw_fail(e, SW_EXIT_USAGE, "--%s takes no value (\"%s\")", o->name, word);
}

static int set_color(const char *value, struct sw_globals *g, struct sw_err *e)
{
	if (strcmp(value, "always") == 0)
		g->color = 1;
	else if (strcmp(value, "never") == 0)
		g->color = 0;
	else if (strcmp(value, "auto") != 0)
		return sw_fail(e, SW_EXIT_USAGE,
			       "--color: invalid value \"%s\" (expected auto, always or never)",
			       value);
	return 0;
}

static int set_json(const char *value, struct sw_globals *g, struct sw_err *e)
{
	if (value && strcmp(value, "pretty") != 0)
		return sw_fail(e, SW_EXIT_USAGE, "--json: invalid value \"%s\" (expected pretty)",
			       value);
	g->json = true;
	g->json_pretty = value != NULL;
	return 0;
}

static int set_global(struct sw_command *c, int which, const char *value, struct sw_err *e)
{
	struct sw_globals *g = &c->globals;

	switch (which) {
	case JSON:
		return set_json(value, g, e);
	case COLOR:
		return set_color(value, g, e);
	case QUIET:
		g->quiet = true;
		break;
	case DRY_RUN:
		g->dry_run = true;
		break;
	case YES:
		g->yes = true;
		break;
	case NO_HEADER:
		g->no_header = true;
		break;
	case CONFIG:
		g->config_file = value;
		break;
	case PIN_DIR:
		g->pin_dir = value;
		break;
	case STATE_DIR:
		g->state_dir = value;
		break;
	case UTC:
		g->utc = true;
		break;
	case STRICT:
		g->strict = true;
		break;
	case FORCE:
		g->force = true;
		break;
	case HELP:
		c->help = true;
		break;
	case VERSION:
		c->verb = c->row = sw_verb_find(c->verbs, "version");
		break;
	}
	return 0;
}

/* "a|b|c" are the words a value may be; anything else is checked by the verb. */
static bool one_of(const char *words, const char *value)
{
	size_t len = strlen(value);

	for (const char *w = words; w; w = strchr(w, '|') ? strchr(w, '|') + 1 : NULL) {
		if (strcspn(w, "|") == len && strncmp(w, value, len) == 0)
			return true;
	}
	return false;
}

static int set_own(const struct sw_verb *v, int which, const char *value, struct sw_args *a,
		   char **joined, struct sw_err *e)
{
	const struct sw_option *o = &v->option[which];
	bool repeats = o->value && strstr(o->value, "...");
	char *both;

	if (!o->value)
		value = "";
	else if (strchr(o->value, '|') && !one_of(o->value, value))
		return sw_fail(e, SW_EXIT_USAGE, "--%s: invalid value \"%s\" (expected %s)",
			       o->name, value, o->value);
	if (repeats && joined && a->option[which]) {
		if (asprintf(&both, "%s,%s", a->option[which], value) < 0)
			return sw_fail(e, SW_EXIT_FAILED, "out of memory");
		free(joined[which]);
		joined[which] = both;
		value = both;
	}
	a->option[which] = value;
	return 0;
}

const char *sw_verb_synopsis(const struct sw_verb *v, char buf[SW_SYNOPSIS_TEXT])
{
	size_t n = 0;

	snprintf(buf, SW_SYNOPSIS_TEXT, "%s", v->synopsis ? v->synopsis : "");
	for (const struct sw_verb *s = v->sub; s && s->name && n < SW_SYNOPSIS_TEXT; s++)
		n += snprintf(buf + n, SW_SYNOPSIS_TEXT - n, "%s%s%s%s", n ? " | " : "", s->name,
			      *s->synopsis ? " " : "", s->synopsis);
	return buf;
}

/* of: "" or the verb a subcommand belongs to, with a blank. */
static int check_operands(const char *of, const struct sw_verb *v, const struct sw_args *a,
			  struct sw_err *e)
{
	char synopsis[SW_SYNOPSIS_TEXT];

	sw_verb_synopsis(v, synopsis);
	if (a->count < v->min_operands)
		return sw_fail(e, SW_EXIT_USAGE, "missing operand: scanwall %s%s %s", of, v->name,
			       synopsis);
	if (v->max_operands >= 0 && a->count > v->max_operands)
		return sw_fail(e, SW_EXIT_USAGE, "unexpected argument \"%s\": scanwall %s%s%s%s",
			       a->operand[v->max_operands], of, v->name, *synopsis ? " " : "",
			       synopsis);
	return 0;
}

static int check_options(const struct sw_verb *v, const struct sw_verb *sub,
			 const struct sw_args *a, struct sw_err *e)
{
	for (int i = 0; i < sw_verb_options(v); i++) {
		if (a->option[i] && !(sub->takes & 1u << i))
			return sw_fail(e, SW_EXIT_USAGE, "--%s does not apply to %s %s",
				       v->option[i].name, v->name, sub->name);
	}
	return 0;
}

static int fail_subcommand(const struct sw_verb *v, const char *word, struct sw_err *e)
{
	const char *known[16], *near;
	char all[256] = "";
	int n = 0, at = 0;

	for (const struct sw_verb *s = v->sub; s->name && n < 16; s++) {
		at += snprintf(all + at, sizeof(all) - at, "%s%s", n ? ", " : "", s->name);
		known[n++] = s->name;
	}
	near = sw_nearest(word, known, n);
	return sw_fail(e, SW_EXIT_USAGE, "unknown subcommand \"%s\" of %s (expected %s)%s%s%s",
		       word, v->name, all, near ? "; did you mean " : "", near ? near : "",
		       near ? "?" : "");
}

/* Consumes the first operand, the name of the subcommand. */
static int find_subcommand(struct sw_command *c, struct sw_err *e)
{
	struct sw_args *a = &c->args;
	char of[32], synopsis[SW_SYNOPSIS_TEXT];

	if (!a->count)
		return sw_fail(e, SW_EXIT_USAGE, "missing operand: scanwall %s %s", c->verb->name,
			       sw_verb_synopsis(c->verb, synopsis));
	c->row = sw_verb_find(c->verb->sub, a->operand[0]);
	if (!c->row)
		return fail_subcommand(c->verb, a->operand[0], e);
	a->operand++;
	a->count--;
	snprintf(of, sizeof(of), "%s ", c->verb->name);
	return check_operands(of, c->row, a, e) || check_options(c->verb, c->row, a, e) ? -1 : 0;
}

/* Operands are moved to the front of argv[1..], over words that were already parsed. */
static int parse_rest(struct grammar *g, int argc, char **argv, struct sw_command *c,
		      struct sw_args *a, int *at, struct sw_err *e)
{
	char **joined = c ? c->joined : NULL;
	int code, rc;

	optind = 0; /* glibc: begin anew */
	opterr = 0;
	a->operand = argv + 1;
	while ((code = getopt_long(argc, argv, g->letters, g->longs, NULL)) != -1) {
		*at = optind > 1 ? optind - 1 : 1;
		if (code == '?' || code == ':')
			return fail_option(g, code, argv[*at], e);
		code = code_of(g, code);
		if (code == 1) {
			a->operand[a->count++] = optarg;
			continue;
		}
		if (code >= OWN)
			rc = set_own(g->verb, code - OWN, optarg, a, joined, e);
		else
			rc = set_global(c, code - GLOBAL, optarg, e);
		if (rc)
			return -1;
	}
	while (optind < argc)
		a->operand[a->count++] = argv[optind++];
	return 0;
}

int sw_parse_line(const struct sw_verb *v, int argc, char **argv, struct sw_args *a, int *at,
		  struct sw_err *e)
{
	static struct grammar g;

	if (g.verb != v)
		grammar_make(&g, v, false, '-');
	memset(a, 0, sizeof(*a));
	*at = 0;
	if (parse_rest(&g, argc, argv, NULL, a, at, e))
		return -1;
	*at = 0;
	return check_operands("", v, a, e);
}

static void set_defaults(struct sw_globals *g)
{
	const char *no_color = getenv("NO_COLOR");
	const char *term = getenv("TERM");

	g->pin_dir = getenv("SCANWALL_PIN_DIR");
	g->state_dir = getenv("SCANWALL_STATE_DIR");
	g->config_file = getenv("SCANWALL_CONFIG");
	g->color = isatty(STDOUT_FILENO) && !(no_color && *no_color) &&
		   !(term && strcmp(term, "dumb") == 0);
}

static void fill_defaults(struct sw_globals *g)
{
	if (!g->pin_dir || !*g->pin_dir)
		g->pin_dir = SW_PIN_DIR;
	if (!g->state_dir || !*g->state_dir)
		g->state_dir = SW_STATE_DIR;
	if (!g->config_file || !*g->config_file)
		g->config_file = SW_CONFIG_FILE;
}

/* Up to the verb; returns its place in argv, 0 without one, or -1. */
static int parse_front(int argc, char **argv, struct sw_command *c, struct sw_err *e)
{
	struct grammar g;
	int code;

	grammar_make(&g, NULL, true, '+');
	optind = 0;
	opterr = 0;
	while ((code = getopt_long(argc, argv, g.letters, g.longs, NULL)) != -1) {
		if (code == '?' || code == ':')
			return fail_option(&g, code, argv[optind > 1 ? optind - 1 : 1], e);
		if (set_global(c, code_of(&g, code) - GLOBAL, optarg, e))
			return -1;
	}
	return optind < argc ? optind : 0;
}

static int parse_all(int argc, char **argv, struct sw_command *c, struct sw_err *e)
{
	struct grammar g;
	int verb = parse_front(argc, argv, c, e);

	if (verb <= 0)
		return verb;
	c->verb = sw_verb_find(c->verbs, argv[verb]);
	/* A --json after the unknown verb still selects how the error is printed. */
	for (int i = verb; !c->verb && i < argc; i++)
		c->globals.json |= !strcmp(argv[i], "-j") || !strncmp(argv[i], "--json", 6);
	if (!c->verb)
		return sw_verb_unknown(c->verbs, argv[verb], e);
	grammar_make(&g, c->verb, true, '-');
	if (parse_rest(&g, argc - verb, argv + verb, c, &c->args, &c->at, e))
		return -1;
	c->row = c->verb;
	if (c->help)
		return 0;
	return c->verb->sub ? find_subcommand(c, e) : check_operands("", c->verb, &c->args, e);
}

int sw_parse(const struct sw_verb *verbs, int argc, char **argv, struct sw_command *c,
	     struct sw_err *e)
{
	int rc;

	memset(c, 0, sizeof(*c));
	c->verbs = verbs;
	set_defaults(&c->globals);
	/* Parsing reorders argv; the audit trail records the original. */
	c->globals.argc = argc;
	c->globals.argv = calloc(argc + 1, sizeof(char *));
	if (!c->globals.argv)
		return sw_fail(e, SW_EXIT_FAILED, "out of memory");
	memcpy(c->globals.argv, argv, argc * sizeof(char *));
	rc = parse_all(argc, argv, c, e);
	fill_defaults(&c->globals);
	return rc;
}

void sw_command_free(struct sw_command *c)
{
	for (int i = 0; i < SW_OPTIONS_MAX; i++)
		free(c->joined[i]);
	free(c->globals.argv);
	memset(c, 0, sizeof(*c));
}
