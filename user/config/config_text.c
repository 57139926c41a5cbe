// SPDX-License-Identifier: GPL-2.0-only
/* The key table as a commented sample file and as a man page. */
#include <stdlib.h>
#include <string.h>
#include "config/internal.h"

static size_t section_of(const char *name)
{
	const char *dot = strchr(name, '.');

	return dot ? (size_t)(dot - name) : 0;
}

/* Breaks at 76 columns. */
static void wrapped(FILE *out, const char *lead, const char *text)
{
	size_t column = 0, word;

	while (*text) {
		word = strcspn(text, " ");
		if (column && column + word + 1 > 76) {
			fputc('\n', out);
			column = 0;
		}
		if (!column)
			column = fprintf(out, "%s", lead);
		else
			column += fprintf(out, " ");
		column += fprintf(out, "%.*s", (int)word, text);
		text += word;
		text += strspn(text, " ");
	}
	fputc('\n', out);
}

/* "a,b" as { "a", "b" }. */
static void list_text(FILE *out, const char *value)
{
	size_t n;

	fputs("{ ", out);
	for (const char *at = value; *at; at += n + (at[n] == ',')) {
		n = strcspn(at, ",");
		fprintf(out, "%s\"%.*s\"%s", at == value ? "" : ", ", (int)n, at, at[n] ? "" : " ");
	}
	fputc('}', out);
}

static void value_text(FILE *out, const struct sw_config_key *k, const char *value)
{
	if (sw_config_is_list(k))
		list_text(out, value);
	else if (k->type == SW_KEY_INT || k->type == SW_KEY_NUMBER || k->type == SW_KEY_BOOL)
		fprintf(out, "%s", value);
	else
		fprintf(out, "\"%s\"", value);
}

static const char *bare(const struct sw_config_key *k)
{
	size_t n = section_of(k->name);

	return k->name + (n ? n + 1 : 0);
}

/* "value = ..."; a default as a comment. */
static void write_value(FILE *out, const struct sw_config *defaults, const struct sw_config *c,
			const struct sw_config_key *k, const char *name)
{
	char *value = sw_config_get(c, name), *fallback = sw_config_get(defaults, name);

	fprintf(out, "%s%s%s = ", section_of(name) ? "\t" : "", strcmp(value, fallback) ? "" : "#",
		bare(k));
	value_text(out, k, value);
	fputc('\n', out);
	free(value);
	free(fallback);
}

static void sample_key(FILE *out, const struct sw_config *defaults, const struct sw_config *c,
		       const struct sw_config_key *k)
{
	const char *tab = section_of(k->name) ? "\t" : "";
	char lead[8], text[512], range[SW_RANGE_TEXT];

	snprintf(lead, sizeof(lead), "%s# ", tab);
	snprintf(text, sizeof(text), "%s (%s%s%s%s)", k->text, sw_config_range(k, range),
		 k->unit ? ", " : "", k->unit ? k->unit : "", k->live ? "" : "; read at start");
	wrapped(out, lead, text);
	write_value(out, defaults, c, k, k->name);
}

/* notify oncall { ... } */
static void write_named(FILE *out, const struct sw_config *defaults, const struct sw_config *c)
{
	char full[SW_KEY_TEXT_MOST];

	for (int s = 0; s < c->notify_count; s++) {
		fprintf(out, "\nnotify %s {\n", c->notify[s].name);
		for (int i = 0; i < sw_config_key_count; i++) {
			const struct sw_config_key *k = &sw_config_keys[i];

			if (k->named)
				write_value(out, defaults, c, k,
					    sw_config_key_full(k, c->notify[s].name, full));
		}
		fprintf(out, "}\n");
	}
}

void sw_config_write_file(FILE *out, const struct sw_config *c)
{
	const struct sw_config_key *k, *before = NULL;
	struct sw_config defaults;

	sw_config_init(&defaults);
	fprintf(out,
		"# scanwall.conf: every key with its default; scanwall.conf(5) says the same.\n"
		"# After a change: scanwall config check, then scanwall reload.\n"
		"#include(\"/etc/scanwall/conf.d/*.conf\")\n");
	for (int i = 0; i < sw_config_key_count; i++, before = k) {
		k = &sw_config_keys[i];
		size_t n = section_of(k->name), last = before ? section_of(before->name) : 0;

		if (n != last || strncmp(k->name, before ? before->name : "", n)) {
			fprintf(out, "%s\n%.*s {\n", last ? "}\n" : "", (int)n, k->name);
		} else {
			fputc('\n', out);
		}
		sample_key(out, &defaults, c, k);
	}
	fprintf(out, "}\n\n"
		     "# More of them, each with its own when, way and per_hour:\n"
		     "# notify NAME {\n#  when = { \"flood\" }\n"
		     "#  webhook = \"https://hooks.example.org/...\"\n# }\n");
	write_named(out, &defaults, c);
	sw_config_free(&defaults);
}

void sw_config_write_sample(FILE *out)
{
	struct sw_config c;

	sw_config_init(&c);
	sw_config_write_file(out, &c);
	sw_config_free(&c);
}

static void man_key(FILE *out, const struct sw_config *c, const struct sw_config_key *k)
{
	char *value = sw_config_get(c, k->name), range[SW_RANGE_TEXT];

	fprintf(out, "*%s*\n", k->name);
	fprintf(out, "\t%s Default: %s. Range: %s%s%s.%s\n\n", k->text, value[0] ? value : "empty",
		sw_config_range(k, range), k->unit ? "; unit: " : "", k->unit ? k->unit : "",
		k->live ? "" : " Read when the program is loaded or the daemon starts.");
	free(value);
}

void sw_config_write_man(FILE *out)
{
	struct sw_config c;

	sw_config_init(&c);
	fprintf(out,
		"scanwall.conf(5)\n\n# NAME\n\nscanwall.conf - configuration of scanwall\n\n"
		"# DESCRIPTION\n\n"
		"_" SW_CONFIG_FILE "_ holds one _key = value_ a line; keys with a dot stand "
		"without it inside a section, as in the example. Durations are written 90, "
		"90s, 1h30m, 2d; lists in braces. *include*(\"pattern\") reads further "
		"files after this one, so that theirs wins. A key that is not known or a value out "
		"of range is refused with file "
		"and line, and the configuration in force stays in force.\n\n"
		"*notify* _NAME_ { ... } is a further section of its kind: what it tells, whom, "
		"and "
		"how often an hour is counted apart. It may have _when_, _run_, _webhook_, "
		"_mail_, _mail_by_, _from_ and _per_hour_; the keys are then _notify.NAME.when_ "
		"and "
		"so on, and what it does not say of _mail_by_ and _from_ is that of *notify*. "
		"There may be 15.\n\n"
		"What *scanwall config set* has set by hand goes over the file.\n\n# KEYS\n\n");
	for (int i = 0; i < sw_config_key_count; i++)
		man_key(out, &c, &sw_config_keys[i]);
	fprintf(out, "# EXAMPLE\n\n```\n"
		     "mode = \"enforce\"\n"
		     "interfaces = { \"eth0\" }\n"
		     "allow = { \"192.0.2.0/24\", \"2001:db8:1::/48\" }\n"
		     "detect {\n\tthreshold = 3\n\tblock_ttl = \"60s\"\n}\n"
		     "notify {\n\twhen = { \"proven-block\", \"daily\" }\n\tmail = \"root\"\n}\n"
		     "notify chat {\n\twhen = { \"flood\" }\n"
		     "\twebhook = \"https://hooks.example.org/x\"\n}\n```\n\n"
		     "# FILES\n\n_" SW_CONFIG_FILE "_\n\n# SEE ALSO\n\n*scanwall*(8)\n");
	sw_config_free(&c);
}
