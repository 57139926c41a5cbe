// SPDX-License-Identifier: GPL-2.0-only
/* main() of scanwall: parses the command line and runs the verb. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "cli/command_line.h"
#include "cli/runner.h"
#include "cli/verbs.h"

/* "Permission denied" alone does not say what to do. */
static void advise(struct sw_err *e)
{
	size_t n = strlen(e->text);

	if (e->exit == SW_EXIT_PERM && geteuid() != 0 && !strstr(e->text, "root"))
		snprintf(e->text + n, sizeof(e->text) - n, "; run scanwall as root");
}

static void print_failure(const struct sw_command *c, struct sw_err *e)
{
	const char *verb = c->verb ? c->verb->name : NULL;
	json_t *root;

	advise(e);
	fflush(stdout);
	fprintf(stderr, "scanwall%s%s: %s\n", verb ? " " : "", verb ? verb : "", e->text);
	if (!c->globals.json)
		return;
	root = sw_cli_json();
	json_object_set_new(
		root, "error",
		json_pack("{s:i, s:o}", "exit", (int)e->exit, "text", sw_cli_text(e->text)));
	sw_cli_print(&c->globals, root, NULL);
}

static int run(struct sw_command *c, struct sw_err *e)
{
	if (c->help || !c->verb)
		return sw_help_show(c->verbs, c->verb, c->help);
	return sw_run(c, e);
}

int main(int argc, char **argv)
{
	struct sw_command c;
	struct sw_err e = {0};
	int code = sw_parse(sw_verbs, argc, argv, &c, &e);

	if (code == 0)
		code = run(&c, &e);
	if (code >= 0 && fflush(stdout) && errno != EPIPE)
		code = sw_fail(&e, SW_EXIT_FAILED, "standard output: %s", strerror(errno));
	if (code < 0) {
		code = e.exit ? (int)e.exit : SW_EXIT_FAILED;
		print_failure(&c, &e);
	}
	sw_command_free(&c);
	return code;
}
