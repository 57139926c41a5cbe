// SPDX-License-Identifier: GPL-2.0-only
/* scanwall(8) in scdoc, from the table of verbs. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include "cli/command_line.h"
#include "cli/verbs.h"

/* In scdoc a backslash escapes any markup character. */
static void text(const char *s)
{
	for (; *s; s++) {
		if (strchr("\\*_#~[]|<>+-.`", *s))
			putchar('\\');
		putchar(*s);
	}
}

/* Paragraphs at one depth of indentation. */
static void paragraphs(const char *s, const char *tabs)
{
	while (*s) {
		int len = strcspn(s, "\n");
		char line[2048];

		snprintf(line, sizeof(line), "%.*s", len, s);
		printf("%s", tabs);
		text(line);
		fputs("\n\n", stdout);
		s += len;
		while (*s == '\n')
			s++;
	}
}

static void option(const struct sw_option *o, const char *tabs)
{
	printf("%s", tabs);
	if (o->letter)
		printf("*-%c*, ", o->letter);
	printf("*--%s*", o->name);
	if (o->value) {
		if (o->value[0] != '[')
			putchar(' ');
		text(o->value);
	}
	printf("\n%s\t", tabs);
	text(o->text);
	fputs("\n\n", stdout);
}

static void dry_run(const char *lead, const char *what)
{
	printf("\t%s ", lead);
	text(what);
	fputs(".\n\n", stdout);
}

static void verb(const struct sw_verb *v)
{
	char synopsis[SW_SYNOPSIS_TEXT], lead[64];

	printf("*%s* ", v->name);
	text(sw_verb_synopsis(v, synopsis));
	fputs("\n\t", stdout);
	putchar(toupper((unsigned char)v->text[0]));
	text(v->text + 1);
	fputs(".\n\n", stdout);
	if (v->more)
		paragraphs(v->more, "\t");
	if (v->dry_run)
		dry_run("With *--dry-run* it", v->dry_run);
	for (const struct sw_verb *s = v->sub; s && s->name; s++) {
		snprintf(lead, sizeof(lead), "%s *--dry-run*", s->name);
		if (s->dry_run)
			dry_run(lead, s->dry_run);
	}
	for (int i = 0; i < sw_verb_options(v); i++)
		option(&v->option[i], "\t");
}

static int man(struct sw_call *c, struct sw_err *e)
{
	(void)e;
	fputs("scanwall(8)\n\n# NAME\n\n"
	      "scanwall - see port scans and block their sources in the kernel\n\n"
	      "In an emergency: *scanwall panic* lets everything pass, at once.\n\n"
	      "# SYNOPSIS\n\n*scanwall* _VERB_ [_WHAT_...] [_OPTION_...]\n\n"
	      "# DESCRIPTION\n\n"
	      "An XDP program on the network interfaces sees who probes this host, blocks a\n"
	      "source at the packet that crosses the threshold, and ends the block by itself.\n"
	      "The verbs below attach it, query it, and change what is blocked and allowed. They\n"
	      "use its pinned maps and the record directly, whether or not the daemon (*scanwall\n"
	      "run*) is running, and several may run at once.\n\n"
	      "A block consists of claims by origins (operator, kernel, fail2ban/sshd), each with\n"
	      "its own expiry; an address is blocked while one of them lives. An allow overrides\n"
	      "them all.\n\n"
	      "Durations are written 90, 90s, 1h30m, 2d or 1w; -1 or permanent: no end.\n\n"
	      "# VERBS\n\n",
	      stdout);
	for (const struct sw_verb *v = c->verbs; v->name; v++)
		if (v->name[0] != '_')
			verb(v);
	fputs("# OPTIONS\n\nAccepted by every verb, anywhere on the command line:\n\n", stdout);
	for (int i = 0; i < sw_global_count; i++)
		option(&sw_global_options[i], "");
	fputs("# EXIT STATUS\n\n"
	      "*0*\n\tSuccess, also if there was nothing to do.\n\n"
	      "*1*\n\tFailed.\n\n"
	      "*2*\n\tUsage error or invalid value, such as a missing file; nothing was "
	      "changed.\n\n"
	      "*3*\n\tNot found, or already there; only with *--strict*.\n\n"
	      "*4*\n\tThe program or the daemon is not running.\n\n"
	      "*5*\n\tPermission denied.\n\n"
	      "*6*\n\tRefused by a guard; *--force* overrides it.\n\n"
	      "*10*\n\t*test*: the packet would be dropped.\n\n"
	      "# FILES\n\n"
	      "_" SW_CONFIG_FILE "_\n\tThe configuration.\n\n"
	      "_" SW_STATE_DIR "/scanwall.db_\n\tThe record: claims, allows, events, audit.\n\n"
	      "_" SW_PIN_DIR "/_\n\tThe pinned program, its maps and links.\n\n"
	      "# ENVIRONMENT\n\n"
	      "*SCANWALL\\_CONFIG*, *SCANWALL\\_PIN\\_DIR*, *SCANWALL\\_STATE\\_DIR*\n"
	      "\tDefaults of *--config*, *--pin-dir* and *--state-dir*.\n\n"
	      "*NO\\_COLOR*\n\tIf set: no colour unless *--color always*.\n\n"
	      "*SCANWALL\\_DEBUG*\n\tIf set: print the messages of libbpf and the verifier.\n\n"
	      "# SEE ALSO\n\n_scanwall.conf_(5), _bpftool_(8)\n",
	      stdout);
	return SW_EXIT_OK;
}

const struct sw_verb_ops sw_man_ops = {.run = man};

static int man_config(struct sw_call *c, struct sw_err *e)
{
	(void)c;
	(void)e;
	sw_config_write_man(stdout);
	return SW_EXIT_OK;
}

const struct sw_verb_ops sw_man_config_ops = {.run = man_config};

static int sample_config(struct sw_call *c, struct sw_err *e)
{
	(void)c;
	(void)e;
	sw_config_write_sample(stdout);
	return SW_EXIT_OK;
}

const struct sw_verb_ops sw_sample_config_ops = {.run = sample_config};
