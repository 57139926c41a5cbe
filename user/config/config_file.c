// SPDX-License-Identifier: GPL-2.0-only
/*
 * The file, read by libconfuse. Every scalar is declared as a string to it, so
 * that file and command line go through the same checks; the check runs as the
 * value is read, while libconfuse still knows the line.
 */
#include <confuse.h>
#include <errno.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include "base/nearest.h"
#include "config/internal.h"

#define WORD_MOST 65536 /* libconfuse takes time quadratic in a word's length */
#define INCLUDE_DEPTH 8
#define INCLUDES_MAX 64 /* calls of include() in one file */

/* libconfuse's callbacks carry no argument of ours. */
static struct reading {
	struct sw_config *draft;
	struct sw_config scratch; /* where the elements of lists are checked */
	struct sw_err *e;
	const char *file; /* libconfuse forgets it inside sections */
	bool failed;
	int depth;
	char *include[INCLUDES_MAX]; /* of the file being read */
	int includes;
} now;

static int read_file(const char *file);

#define SECTIONS_MAX 32

/* "detect" of "detect.threshold": each section of the table of keys once, and behind
 * those the named ones of the file that is read. */
static struct {
	char name[SECTIONS_MAX][SW_SECTION_TEXT + 8];
	const char *text[SECTIONS_MAX]; /* the same, for sw_nearest */
	int count, with_named;
} sections;

static void find_sections(void)
{
	int n = 0;

	for (int i = 0; i < sw_config_key_count; i++) {
		const char *key = sw_config_keys[i].name, *dot = strchr(key, '.');
		size_t len = dot ? (size_t)(dot - key) : 0;

		if (!dot || n == SECTIONS_MAX - SW_NOTIFY_SECTIONS)
			continue;
		snprintf(sections.name[n], sizeof(sections.name[n]), "%.*s", (int)len, key);
		if (n && !strcmp(sections.name[n - 1], sections.name[n]))
			continue;
		sections.text[n] = sections.name[n];
		n++;
	}
	sections.count = n;
}

/* Appended to the file's text; valid outside sections only. */
#define END_MARK "__end"

static void note(const cfg_t *cfg, const char *sentence)
{
	if (now.failed)
		return;
	if (strstr(sentence, END_MARK))
		sentence =
			"the file ends inside a section, list or text; a \"}\" or quote is missing";
	now.failed = true;
	sw_fail(now.e, SW_EXIT_USAGE, "%s:%d: %.900s", now.file, cfg->line, sentence);
}

/* "mode", or "guard.min_prefix4" inside a section. */
static void full_name(cfg_t *cfg, const char *option, char *buf, size_t size)
{
	const char *section = cfg_name(cfg);

	if (section && strcmp(section, "root"))
		snprintf(buf, size, "%s.%s", section, option);
	else
		snprintf(buf, size, "%s", option);
}

/* `notify oncall {`, or a name that is none. */
static int on_named(long line, const char *name, size_t n, bool good, void *arg)
{
	char *to = sections.name[sections.with_named];

	(void)arg;
	now.failed = !good || sections.with_named == sections.count + SW_NOTIFY_SECTIONS;
	if (!now.failed) {
		snprintf(to, sizeof(sections.name[0]), "notify.%.*s", (int)n, name);
		for (int i = sections.count; i < sections.with_named; i++)
			if (!strcmp(sections.name[i], to))
				return 0;
		sections.with_named++;
		return 0;
	}
	if (good)
		return sw_fail(now.e, SW_EXIT_USAGE,
			       "%s:%ld: more than %d named sections of notify", now.file, line,
			       SW_NOTIFY_SECTIONS);
	return sw_fail(
		now.e, SW_EXIT_USAGE,
		"%s:%ld: notify: invalid name \"%.*s\" (expected letters, digits, - and _, at "
		"most %d)",
		now.file, line, (int)(n < 64 ? n : 64), name, SW_SECTION_TEXT - 1);
}

/* A key of a section that was written without it: "limits.blocked4", "blocked4". */
static const char *key_of_section(const char *option)
{
	const char *found = NULL;

	for (int i = 0; i < sw_config_key_count; i++) {
		const char *key = sw_config_keys[i].name, *dot = strchr(key, '.');

		if (!dot || (strcmp(key, option) && strcmp(dot + 1, option)))
			continue;
		if (found)
			return NULL; /* of several sections */
		found = key;
	}
	return found;
}

static void no_key(const char *name, const char *option, char *buf, size_t size)
{
	const char *key = key_of_section(option), *near;
	char near_text[SW_KEY_TEXT_MOST];

	if (key) {
		snprintf(buf, size, "\"%s\" is not in its section; write %.*s { %s = ... }", name,
			 (int)strcspn(key, "."), key, strchr(key, '.') + 1);
		return;
	}
	near = sw_config_key_near(name, near_text)
		       ?: sw_nearest(name, sections.text, sections.count);
	snprintf(buf, size, "no key \"%s\"%s%s%s", name, near ? "; did you mean \"" : "",
		 near ? near : "", near ? "\"?" : "");
}

static void on_error(cfg_t *cfg, const char *fmt, va_list ap)
{
	char text[512], name[128], option[100], sentence[800];

	vsnprintf(text, sizeof(text), fmt, ap);
	if (sscanf(text, "no such option '%99[^']'", option) == 1) {
		full_name(cfg, option, name, sizeof(name));
		no_key(name, option, sentence, sizeof(sentence));
	} else {
		snprintf(sentence, sizeof(sentence), "%s", text);
	}
	note(cfg, sentence);
}

static int on_value(cfg_t *cfg, cfg_opt_t *opt)
{
	struct sw_config_key row;
	const struct sw_config_key *k;
	unsigned int n = cfg_opt_size(opt);
	const char *value;
	struct sw_config *to;
	struct sw_err why;
	char name[SW_KEY_TEXT_MOST];
	int rc = -1;

	full_name(cfg, cfg_opt_name(opt), name, sizeof(name));
	k = sw_config_key_read(name, &row);
	if (!k || !n)
		return 0;
	value = cfg_opt_getnstr(opt, n - 1);
	/* libconfuse calls this for each element, so reading the list here would take quadratic
	 * time. It is read at the end of the file. */
	to = sw_config_section_make(now.draft, name, &why);
	if (to && sw_config_is_list(k))
		rc = sw_config_set_list(&now.scratch, k, &value, 1, &why);
	else if (to)
		rc = sw_config_set_one(to, k, value, &why);
	if (rc < 0)
		note(cfg, why.text);
	return rc;
}

/* include("pattern"): read after this file, since libconfuse has one scanner per process; so
 * included files take precedence. */
static int on_include(cfg_t *cfg, cfg_opt_t *opt, int argc, const char **argv)
{
	(void)opt;
	if (argc != 1)
		note(cfg, "include() takes exactly one path or pattern");
	else if (now.depth >= INCLUDE_DEPTH)
		note(cfg, "include() is nested too deep");
	else if (now.includes == INCLUDES_MAX)
		note(cfg, "too many include()s in one file");
	else
		now.include[now.includes++] = strdup(argv[0]);
	return now.failed ? -1 : 0;
}

static int read_matches(const char *pattern)
{
	glob_t g = {};
	int rc = 0;

	if (glob(pattern, GLOB_NOMAGIC, NULL, &g) == 0)
		for (size_t i = 0; rc == 0 && i < g.gl_pathc; i++)
			rc = read_file(g.gl_pathv[i]);
	globfree(&g);
	return rc;
}

static int read_includes(void)
{
	char *include[INCLUDES_MAX];
	int n = now.includes, rc = now.failed ? -1 : 0;

	memcpy(include, now.include, sizeof(include));
	now.includes = 0;
	for (int i = 0; i < n; i++) {
		if (rc == 0)
			rc = read_matches(include[i]);
		free(include[i]);
	}
	return rc;
}

/* The rows of one section, or with NULL those outside sections, as libconfuse options: ended by
 * CFG_END, and to be kept while it parses. NULL: out of memory. */
static cfg_opt_t *make_options(const char *section, int extra)
{
	cfg_opt_t *opts = calloc(sw_config_key_count + extra + 1, sizeof(*opts));
	bool named = section && strchr(section, '.');
	size_t prefix = section ? strcspn(section, ".") + 1 : 0;
	const char *name, *dot;
	int n = 0;

	for (int i = 0; opts && i < sw_config_key_count; i++) {
		name = sw_config_keys[i].name;
		dot = strchr(name, '.');
		if (!section ? dot != NULL
			     : !dot || (size_t)(dot - name) + 1 != prefix ||
				       strncmp(name, section, prefix - 1))
			continue;
		if (named && !sw_config_keys[i].named)
			continue;
		if (sw_config_is_list(&sw_config_keys[i]))
			opts[n++] = (cfg_opt_t)CFG_STR_LIST(name + prefix, NULL, CFGF_NODEFAULT);
		else
			opts[n++] = (cfg_opt_t)CFG_STR(name + prefix, NULL, CFGF_NODEFAULT);
	}
	if (opts)
		opts[n] = (cfg_opt_t)CFG_END();
	return opts;
}

static int count_options(const cfg_opt_t *opts)
{
	int n = 0;

	while (opts[n].name)
		n++;
	return n;
}

static void to_path(char *name)
{
	char *dot = strrchr(name, '.');

	if (dot)
		*dot = '|';
}

static void watch(cfg_t *cfg, const char *name)
{
	char path[SW_KEY_TEXT_MOST];

	snprintf(path, sizeof(path), "%s", name);
	to_path(path);
	cfg_set_validate_func(cfg, path, on_value);
}

static void take_list(cfg_t *cfg, const char *name)
{
	struct sw_config_key row;
	const struct sw_config_key *k = sw_config_key_read(name, &row);
	char path[SW_KEY_TEXT_MOST];
	const char **items = NULL;
	struct sw_config *to;
	struct sw_err why;
	unsigned int n;
	cfg_opt_t *opt;

	snprintf(path, sizeof(path), "%s", name);
	to_path(path);
	opt = k && sw_config_is_list(k) ? cfg_getopt(cfg, path) : NULL;
	n = opt ? cfg_opt_size(opt) : 0;
	if (!n)
		return;
	items = calloc(n, sizeof(*items));
	for (unsigned int i = 0; items && i < n; i++)
		items[i] = cfg_opt_getnstr(opt, i);
	to = sw_config_section_make(now.draft, name, &why);
	if (!items)
		note(cfg, "out of memory");
	else if (!to || sw_config_set_list(to, k, items, n, &why) < 0)
		note(cfg, why.text);
	free(items);
}

/* Every key that the file may have: the rows, and those of named sections. */
static void each_key(cfg_t *cfg, void (*fn)(cfg_t *cfg, const char *name))
{
	char full[SW_KEY_TEXT_MOST];

	for (int i = 0; i < sw_config_key_count; i++) {
		const struct sw_config_key *k = &sw_config_keys[i];

		fn(cfg, k->name);
		for (int s = sections.count; k->named && s < sections.with_named; s++)
			fn(cfg, sw_config_key_full(k, strchr(sections.name[s], '.') + 1, full));
	}
}

/* Options of the whole file, and in `inner` those of each section; the caller frees both. */
static cfg_opt_t *make_root(cfg_opt_t *inner[SECTIONS_MAX])
{
	cfg_opt_t *root = make_options(NULL, sections.with_named + 2);
	int n = root ? count_options(root) : 0;

	for (int i = 0; root && i < sections.with_named; i++) {
		inner[i] = make_options(sections.name[i], 0);
		if (!inner[i]) {
			free(root);
			return NULL;
		}
		root[n++] = (cfg_opt_t)CFG_SEC(sections.name[i], inner[i], CFGF_NONE);
	}
	if (!root)
		return NULL;
	root[n++] = (cfg_opt_t)CFG_FUNC("include", on_include);
	root[n++] = (cfg_opt_t)CFG_STR(END_MARK, NULL, CFGF_NODEFAULT);
	root[n] = (cfg_opt_t)CFG_END();
	return root;
}

static int parse(FILE *in)
{
	cfg_opt_t *inner[SECTIONS_MAX] = {0}, *root = make_root(inner);
	cfg_t *cfg = root ? cfg_init(root, CFGF_NONE) : NULL;
	int rc = CFG_PARSE_ERROR;

	if (cfg) {
		cfg_set_error_function(cfg, on_error);
		each_key(cfg, watch);
		rc = cfg_parse_fp(cfg, in);
		if (rc == CFG_SUCCESS)
			each_key(cfg, take_list);
		cfg_free(cfg);
	} else {
		now.failed = true;
		sw_fail(now.e, SW_EXIT_FAILED, "%s: out of memory", now.file);
	}
	for (int i = 0; i < sections.with_named; i++)
		free(inner[i]);
	free(root);
	return rc == CFG_SUCCESS && !now.failed ? 0 : -1;
}

/* Copies without comments, all newlines kept: libconfuse 3.3 counts the lines
 * of a comment three times, and its errors would name the wrong line. Returns
 * the first line with a word that is too long, or 0. */
static long copy_text(FILE *in, FILE *out)
{
	int c, quote = 0, comment = 0; /* comment: '#' to the newline, '*' to the end mark */
	long line = 1, word = 0;

	while ((c = getc(in)) != EOF) {
		line += c == '\n';
		word = (quote || !strchr(" \t\n,{}=", c)) && c != quote ? word + 1 : 0;
		if (word > WORD_MOST && !comment)
			return line;
		if (comment) {
			if (c == '\n') {
				putc(c, out);
				comment = comment == '#' ? 0 : comment;
			} else if (comment == '*' && c == '*') {
				c = getc(in);
				if (c == '/')
					comment = 0;
				else
					ungetc(c, in);
			}
			continue;
		}
		if (quote) {
			if (c == '\\') {
				putc(c, out);
				c = getc(in);
			} else if (c == quote) {
				quote = 0;
			}
		} else if (c == '"' || c == '\'') {
			quote = c;
		} else if (c == '#') {
			comment = c;
			continue;
		} else if (c == '/') {
			c = getc(in);
			comment = c == '/' ? '#' : c == '*' ? c : 0;
			if (comment)
				continue;
			ungetc(c, in);
			c = '/';
		}
		if (c != EOF)
			putc(c, out);
	}
	return 0;
}

/* libconfuse takes the end of the file for the end of an open section; the appended mark shows
 * whether one is open. */
static FILE *open_marked(const char *file, char **text)
{
	FILE *in = fopen(file, "r"), *out;
	long too_long = 0;
	struct stat st;
	size_t size;

	if (!in)
		return NULL;
	if (fstat(fileno(in), &st) == 0 && S_ISDIR(st.st_mode)) {
		fclose(in);
		errno = EISDIR;
		return NULL;
	}
	out = open_memstream(text, &size);
	if (out)
		too_long = copy_text(in, out);
	fclose(in);
	if (!out)
		return NULL;
	if (too_long) {
		fclose(out);
		now.failed = true;
		sw_fail(now.e, SW_EXIT_USAGE, "%s:%ld: word longer than %d characters", file,
			too_long, WORD_MOST);
		return NULL;
	}
	fprintf(out, "\n" END_MARK " = 1\n");
	if (fclose(out) || !*text) /* no memory */
		return NULL;
	sections.with_named = sections.count;
	if (sw_config_section_heads(*text, on_named, NULL))
		return NULL;
	return fmemopen(*text, size, "r");
}

static int read_file(const char *file)
{
	const char *outer = now.file;
	char *text = NULL;
	FILE *in;
	int rc;

	now.file = file;
	in = open_marked(file, &text);
	if (!in) {
		free(text);
		if (!now.failed)
			sw_fail(now.e, SW_EXIT_USAGE, "cannot read the configuration %s: %s", file,
				strerror(errno));
		now.failed = true;
		return -1;
	}
	now.depth++;
	rc = parse(in);
	fclose(in);
	free(text);
	if (read_includes() < 0)
		rc = -1;
	now.depth--;
	if (rc < 0 && !now.failed) {
		now.failed = true;
		sw_fail(now.e, SW_EXIT_USAGE, "%s: not a regular file", file);
	}
	now.file = outer;
	return now.failed ? -1 : 0;
}

int sw_config_load(const char *file, bool missing_ok, struct sw_config *c, struct sw_err *e)
{
	struct sw_config draft;
	struct sw_err why;
	struct stat st;
	int rc;

	sw_config_init(&draft);
	if (missing_ok && stat(file, &st) && errno == ENOENT)
		goto take;
	find_sections();
	now = (struct reading){.draft = &draft, .e = e};
	sw_config_init(&now.scratch);
	rc = read_file(file);
	sw_config_free(&now.scratch);
	if (rc < 0)
		goto fail;
	if (sw_config_check(&draft, &why) < 0) {
		sw_fail(e, SW_EXIT_USAGE, "%s: %.900s", file, why.text);
		goto fail;
	}
take:
	sw_config_free(c);
	*c = draft;
	return 0;
fail:
	sw_config_free(&draft);
	return -1;
}
