// SPDX-License-Identifier: GPL-2.0-only
/* The command line, saved lines and lists: what is accepted, and that a refusal names the
 * value and its place. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>
#include "cli/command_line.h"
#include "cli/policy.h"

#define ARGC_MAX 16
#define NOW INT64_C(1700000000000000)

static struct sw_command cmd;
static struct sw_err err;

static int parse(const char *first, ...)
{
	static char *argv[ARGC_MAX + 1];
	int argc = 0;
	va_list ap;

	argv[argc++] = "scanwall";
	va_start(ap, first);
	for (const char *s = first; s && argc < ARGC_MAX; s = va_arg(ap, const char *))
		argv[argc++] = (char *)s;
	va_end(ap);
	argv[argc] = NULL;
	memset(&err, 0, sizeof(err));
	sw_command_free(&cmd);
	return sw_parse(sw_verbs, argc, argv, &cmd, &err);
}

static void assert_says(const char *part)
{
	if (!strstr(err.text, part))
		fail_msg("\"%s\" does not say \"%s\"", err.text, part);
	assert_int_equal(err.exit, SW_EXIT_USAGE);
}

static void options_stand_anywhere(void **state)
{
	(void)state;
	assert_int_equal(parse("-j", "block", "--ttl", "-1", "203.0.113.9", "-n", "198.51.100.7",
			       "--comment=a b", NULL),
			 0);
	assert_string_equal(cmd.verb->name, "block");
	assert_true(cmd.globals.json && cmd.globals.dry_run && !cmd.globals.quiet);
	assert_int_equal(cmd.args.count, 2);
	assert_string_equal(cmd.args.operand[0], "203.0.113.9");
	assert_string_equal(cmd.args.operand[1], "198.51.100.7");
	assert_string_equal(cmd.args.option[SW_BLOCK_TTL], "-1");
	assert_string_equal(cmd.args.option[SW_BLOCK_COMMENT], "a b");
	assert_null(cmd.args.option[SW_BLOCK_ORIGIN]);
	assert_string_equal(cmd.globals.argv[1], "-j");
	assert_string_equal(cmd.globals.argv[5], "203.0.113.9");
}

static void posix_environment_changes_nothing(void **state)
{
	(void)state;
	setenv("POSIXLY_CORRECT", "1", 1);
	options_stand_anywhere(state);
	unsetenv("POSIXLY_CORRECT");
}

static void letters_and_flags(void **state)
{
	(void)state;
	assert_int_equal(parse("events", "-jqf", NULL), 0);
	assert_true(cmd.globals.json && cmd.globals.quiet && !cmd.globals.json_pretty);
	assert_string_equal(cmd.args.option[SW_EVENTS_FOLLOW], "");
	assert_int_equal(parse("status", "--json=pretty", NULL), 0);
	assert_true(cmd.globals.json_pretty);
	assert_int_equal(parse("run", "-i", "eth0", "--interface", "eth1", "-ieth2", NULL), 0);
	assert_string_equal(cmd.args.option[SW_RUN_INTERFACE], "eth0,eth1,eth2");
	assert_int_equal(parse("show", "--", "-odd", NULL), 0);
	assert_string_equal(cmd.args.operand[0], "-odd");
}

static void defaults_come_from_the_environment(void **state)
{
	(void)state;
	unsetenv("SCANWALL_PIN_DIR");
	setenv("SCANWALL_STATE_DIR", "/tmp/state", 1);
	assert_int_equal(parse("status", "-c", "/tmp/c", NULL), 0);
	assert_string_equal(cmd.globals.pin_dir, SW_PIN_DIR);
	assert_string_equal(cmd.globals.state_dir, "/tmp/state");
	assert_string_equal(cmd.globals.config_file, "/tmp/c");
	unsetenv("SCANWALL_STATE_DIR");
	assert_int_equal(parse("status", NULL), 0);
	assert_string_equal(cmd.globals.state_dir, SW_STATE_DIR);
}

static void wrong_words_are_named(void **state)
{
	(void)state;
	assert_int_equal(parse("blok", "1.2.3.4", NULL), -1);
	assert_says("\"blok\"");
	assert_says("block");
	assert_int_equal(parse("block", "1.2.3.4", "--comentt", "x", NULL), -1);
	assert_says("--comentt");
	assert_says("did you mean --comment");
	assert_int_equal(parse("block", "--json", "-xq", "1.2.3.4", NULL), -1);
	assert_says("unknown option -x");
	assert_int_equal(parse("block", "1.2.3.4", "--ttl", NULL), -1);
	assert_says("--ttl SPAN");
	assert_int_equal(parse("status", "-c", NULL), -1);
	assert_says("--config FILE");
	assert_int_equal(parse("flush", "--all=yes", NULL), -1);
	assert_says("--all takes no value");
	assert_int_equal(parse("list", "--sort", "size", NULL), -1);
	assert_says("invalid value \"size\" (expected hits|expires|added)");
	assert_int_equal(parse("status", "--color", "red", NULL), -1);
	assert_says("\"red\"");
	assert_int_equal(parse("status", "--json=ugly", NULL), -1);
	assert_says("\"ugly\"");
}

static void operands_are_counted(void **state)
{
	(void)state;
	assert_int_equal(parse("show", NULL), -1);
	assert_says("scanwall show ADDR");
	assert_int_equal(parse("show", "1.2.3.4", "1.2.3.5", NULL), -1);
	assert_says("unexpected argument \"1.2.3.5\"");
	assert_int_equal(parse("panic", "now", NULL), -1);
	assert_says("unexpected argument \"now\"");
	assert_int_equal(parse("show", "-h", NULL), 0);
	assert_true(cmd.help);
	assert_int_equal(parse(NULL), 0);
	assert_null(cmd.verb);
	assert_int_equal(parse("--version", NULL), 0);
	assert_string_equal(cmd.verb->name, "version");
	assert_ptr_equal(cmd.row, cmd.verb);
}

static void subcommands_are_checked(void **state)
{
	(void)state;
	assert_int_equal(parse("config", NULL), -1);
	assert_says("missing operand: scanwall config check [FILE] | show");
	assert_int_equal(parse("config", "gett", "mode", NULL), -1);
	assert_says("unknown subcommand \"gett\" of config (expected check, ");
	assert_says("did you mean get?");
	assert_int_equal(parse("config", "get", NULL), -1);
	assert_says("missing operand: scanwall config get KEY");
	assert_int_equal(parse("rules", "list", "7", NULL), -1);
	assert_says("unexpected argument \"7\": scanwall rules list");
	assert_int_equal(parse("config", "get", "mode", "--confirm", "1m", NULL), -1);
	assert_says("--confirm does not apply to config get");
	assert_int_equal(parse("config", "set", "mode", "detect", "--confirm", "1m", NULL), 0);
	assert_string_equal(cmd.verb->name, "config");
	assert_string_equal(cmd.row->name, "set");
	assert_int_equal(cmd.args.count, 2);
	assert_string_equal(cmd.args.operand[0], "mode");
}

/* What the runner goes by. */
static void assert_row(const struct sw_verb *v, const struct sw_verb *of)
{
	assert_non_null(v->synopsis);
	assert_non_null(v->ops);
	assert_non_null(v->ops->run);
	assert_true(v->max_operands < 0 || v->max_operands >= v->min_operands);
	if (v->audited && !v->dry_run)
		fail_msg("%s changes something, but what --dry-run says of it is not known",
			 v->name);
	if (v->without_record)
		assert_true(v->needs != SW_NEEDS_NOTHING);
	assert_false(of && v->takes >> sw_verb_options(of));
}

static void table_is_whole(void **state)
{
	(void)state;
	for (const struct sw_verb *v = sw_verbs; v->name; v++) {
		if (!v->sub && v->name[0] != '_')
			assert_row(v, NULL);
		for (const struct sw_verb *s = v->sub; s && s->name; s++)
			assert_row(s, v);
		assert_ptr_equal(sw_verb_find(sw_verbs, v->name), v);
		if (v->name[0] == '_')
			continue;
		assert_non_null(v->text);
		assert_true(sw_verb_options(v) < SW_OPTIONS_MAX);
		for (int o = 0; o < sw_verb_options(v); o++) {
			assert_non_null(v->option[o].text);
			for (int k = 0; k < sw_global_count; k++)
				assert_string_not_equal(v->option[o].name,
							sw_global_options[k].name);
		}
	}
}

static void assert_narrow(const struct sw_verb *v)
{
	int real = dup(STDOUT_FILENO);
	FILE *f = tmpfile();
	char line[512];

	assert_non_null(f);
	fflush(stdout);
	dup2(fileno(f), STDOUT_FILENO);
	sw_help_show(sw_verbs, v, true);
	fflush(stdout);
	dup2(real, STDOUT_FILENO);
	close(real);
	rewind(f);
	while (fgets(line, sizeof(line), f)) {
		if (strcspn(line, "\n") > 80)
			fail_msg("over 80 columns: %s", line);
	}
	fclose(f);
}

static void help_fits_the_screen(void **state)
{
	(void)state;
	assert_narrow(NULL);
	for (const struct sw_verb *v = sw_verbs; v->name; v++)
		assert_narrow(v);
}

static void quotes_go_round(void **state)
{
	static const char *const texts[] = {"plain",	    "two words", "a\"b\\c$d`e", "it's",
					    "# no comment", "",		 "tail\\"};
	char line[128], *quoted, *word[4];
	int column[4], bad = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		quoted = sw_quote(texts[i]);
		snprintf(line, sizeof(line), "  x %s # said", quoted);
		free(quoted);
		assert_int_equal(sw_words(line, word, column, 4, &bad, &err), 2);
		assert_string_equal(word[1], texts[i]);
		assert_int_equal(column[0], 3);
		assert_int_equal(column[1], 5);
	}
	strcpy(line, "block \"half");
	assert_int_equal(sw_words(line, word, column, 4, &bad, &err), -1);
	assert_int_equal(bad, 7);
	strcpy(line, "a b c d e");
	assert_int_equal(sw_words(line, word, column, 4, &bad, &err), -1);
	assert_int_equal(bad, 9);
}

static int saved(const char *text, struct sw_dump_line *out, int *column)
{
	char line[512];

	snprintf(line, sizeof(line), "%s", text);
	memset(&err, 0, sizeof(err));
	*column = 0;
	return sw_dump_parse(sw_verbs, line, NOW, out, column, &err);
}

static void saved_lines_go_round(void **state)
{
	static const char *const lines[] = {
		"block 203.0.113.9 --ttl 3512 --origin kernel --new-only --comment \"closed-ports "
		"3\"\n",
		"block 203.0.113.8 --ttl 3512 --origin kernel --comment \"an attack\"\n",
		("block 2001:db8::/32 --ttl permanent --origin feed/x --comment "
		 "\"a \\\"b\\\" \\$c\"\n"),
		"allow 192.0.2.0/24 --ttl permanent --comment office\n",
		"allow 192.0.2.1 --ttl 60\n",
	};
	struct sw_dump_line s;
	char *text;
	size_t size;
	int column;

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		FILE *f = open_memstream(&text, &size);

		assert_int_equal(saved(lines[i], &s, &column), 0);
		if (s.kind == SW_LINE_BLOCK)
			sw_dump_block(f, &s.claim, NOW);
		else
			sw_dump_allow(f, &s.allow, NOW);
		fclose(f);
		assert_string_equal(text, lines[i]);
		free(text);
	}
	assert_int_equal(saved(lines[0], &s, &column), 0);
	assert_true(s.claim.new_only);
	assert_int_equal(s.claim.expires, NOW + 3512 * INT64_C(1000000));
	/* What was proven stays proven. */
	assert_int_equal(saved(lines[1], &s, &column), 0);
	assert_false(s.claim.new_only);
	assert_int_equal(saved("   # nothing", &s, &column), 0);
	assert_int_equal(s.kind, SW_LINE_NONE);
	assert_int_equal(saved("", &s, &column), 0);
}

static void bad_saved_lines_name_the_column(void **state)
{
	static const struct {
		const char *line;
		int column;
		const char *says;
	} bad[] = {
		{"blok 203.0.113.9 --ttl 60", 1, "blok"},
		{"panic", 1, "panic"},
		{"block 203.0.113.999 --ttl 60", 7, "203.0.113.999"},
		{"block 203.0.113.9 --ttl 5x", 25, "5x"},
		{"block 203.0.113.9 --ttl=5x", 25, "5x"},
		{"block 203.0.113.9 --tll 60", 19, "--tll"},
		{"block 203.0.113.9 --ttl 60 --force", 28, "--force"},
		{"block 203.0.113.9 --ttl 60 --file x", 35, "--file"},
		{"block 203.0.113.9 --ttl 60 --origin a:b", 37, "a:b"},
		{"block 203.0.113.9", 1, "--ttl"},
		{"block 203.0.113.9 1.2.3.4 --ttl 60", 1, "2 addresses"},
		{"allow 192.0.2.0/33", 7, "192.0.2.0/33"},
		{"allow 192.0.2.1 --origin me", 17, "--origin"},
		{"block 203.0.113.9 --ttl", 19, "--ttl"},
	};
	struct sw_dump_line s;
	int column;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(saved(bad[i].line, &s, &column), -1);
		assert_says(bad[i].says);
		if (column != bad[i].column)
			fail_msg("\"%s\": column %d, not %d", bad[i].line, column, bad[i].column);
	}
}

static void origins_and_comments(void **state)
{
	char longer[SW_COMMENT_MAX + 1];

	(void)state;
	assert_int_equal(sw_origin_check("fail2ban/ssh-d_1.x", "--origin", &err), 0);
	assert_int_equal(sw_origin_check("", "--origin", &err), -1);
	assert_int_equal(sw_origin_check("a b", "--origin", &err), -1);
	assert_says("\"a b\"");
	assert_int_equal(sw_comment_check("caf\xc3\xa9", "--comment", &err), 0);
	assert_int_equal(sw_comment_check("caf\xe9", "--comment", &err), -1);
	assert_int_equal(sw_comment_check("a\nb", "--comment", &err), -1);
	assert_says("byte 2");
	memset(longer, 'x', SW_COMMENT_MAX);
	longer[SW_COMMENT_MAX] = '\0';
	assert_int_equal(sw_comment_check(longer, "--comment", &err), -1);
	assert_says("256");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(options_stand_anywhere),
		cmocka_unit_test(posix_environment_changes_nothing),
		cmocka_unit_test(letters_and_flags),
		cmocka_unit_test(defaults_come_from_the_environment),
		cmocka_unit_test(wrong_words_are_named),
		cmocka_unit_test(operands_are_counted),
		cmocka_unit_test(subcommands_are_checked),
		cmocka_unit_test(table_is_whole),
		cmocka_unit_test(help_fits_the_screen),
		cmocka_unit_test(quotes_go_round),
		cmocka_unit_test(saved_lines_go_round),
		cmocka_unit_test(bad_saved_lines_name_the_column),
		cmocka_unit_test(origins_and_comments),
	};
	int rc = cmocka_run_group_tests(tests, NULL, NULL);

	sw_command_free(&cmd);
	return rc;
}
