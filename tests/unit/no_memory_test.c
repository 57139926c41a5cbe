// SPDX-License-Identifier: GPL-2.0-only
/* Rules and configuration with memory exhausted at each allocation in turn: all of them or an
 * error, never a part silently. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <confuse.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "config/config.h"
#include "rules/rules.h"

extern void *__libc_malloc(size_t n);
extern void *__libc_calloc(size_t n, size_t size);
extern void *__libc_realloc(void *p, size_t n);

static long left = -1; /* allocations until the one that fails; -1: none does */
static bool failed;

static size_t element; /* only arrays of so large ones fail; 0: all do */

static bool fails(size_t size)
{
	if (left < 0 || (element && size != element) || left--)
		return false;
	failed = true;
	left = -1;
	return true;
}

void *malloc(size_t n)
{
	return fails(n) ? NULL : __libc_malloc(n);
}

void *calloc(size_t n, size_t size)
{
	return fails(size) ? NULL : __libc_calloc(n, size);
}

void *realloc(void *p, size_t n)
{
	return fails(n) ? NULL : __libc_realloc(p, n);
}

static const char text[] =
	"var MINE 192.0.2.0/24\n"
	"alert tcp any any -> any 80 (msg:\"one\"; content:\"curious-word\"; sid:1; rev:2;)\n"
	"drop tcp any any -> $MINE 80 (msg:\"two\"; flow:to_server,established; http.uri; "
	"content:\"/forbidden-word\"; nocase; sid:2; classtype:web-application-attack; "
	"reference:url,example.org;)\n"
	"drop udp any any -> any [53,123] (msg:\"three\"; content:\"|00 01|odd-bytes\"; sid:3;)\n";

static void rules_are_read_or_refused(void **s)
{
	int rc;

	(void)s;
	for (long at = 0;; at++) {
		struct sw_rules r;
		struct sw_err e = {0};

		failed = false;
		left = at;
		rc = sw_rules_init(&r, &(struct sw_rules_options){0}, &e);
		if (!rc) {
			rc = sw_rules_read_text(&r, "text", text, strlen(text), &e);
			if (!rc)
				rc = sw_rules_compile(&r, &e);
			left = -1;
			if (!rc && r.refusals)
				fail_msg("allocation %ld: %s", at, r.refused[0].reason);
			if (!rc)
				assert_int_equal(r.rules, 3);
			sw_rules_free(&r);
		}
		left = -1;
		if (rc)
			assert_string_equal(e.exit == SW_EXIT_FAILED ? "" : e.text, "");
		if (!failed)
			break;
	}
	assert_int_equal(rc, 0);
}

static void configuration_is_set_or_refused(void **s)
{
	static const struct {
		const char *key, *value;
	} set[] = {
		{"interfaces", "eth0,eth1"},	  {"allow", "192.0.2.0/24,2001:db8::/32"},
		{"services", "tcp/8000-8100"},	  {"rules.files", "/etc/a.rules"},
		{"events.file", "/var/log/file"},
	};
	struct sw_config c;
	struct sw_err e;
	char *before, *after;
	int rc;

	(void)s;
	sw_config_init(&c);
	for (size_t i = 0; i < sizeof(set) / sizeof(*set); i++) {
		for (long at = 0;; at++) {
			before = sw_config_get(&c, set[i].key);
			failed = false;
			left = at;
			rc = sw_config_set_key(&c, set[i].key, set[i].value, "", &e);
			left = -1;
			after = sw_config_get(&c, set[i].key);
			if (rc)
				assert_string_equal(after, before);
			free(before);
			free(after);
			if (!failed)
				break;
		}
		assert_int_equal(rc, 0);
	}
	sw_config_free(&c);
}

/* The tables of the keys, our own: libconfuse does not look at each of its allocations. */
static void a_file_is_refused(void **s)
{
	static const char file[] = "/tmp/no_memory_test.conf";
	FILE *f = fopen(file, "w");
	struct sw_config c;
	struct sw_err e;
	int rc;

	(void)s;
	assert_non_null(f);
	fputs("interfaces = { \"eth0\" }\ndetect { threshold = 4 }\n", f);
	fclose(f);
	for (long at = 0; at < 3; at++) {
		sw_config_init(&c);
		element = sizeof(cfg_opt_t);
		left = at;
		rc = sw_config_load(file, false, &c, &e);
		left = -1;
		element = 0;
		assert_int_equal(rc, -1);
		assert_non_null(strstr(e.text, "out of memory"));
		sw_config_free(&c);
	}
	unlink(file);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rules_are_read_or_refused),
		cmocka_unit_test(configuration_is_set_or_refused),
		cmocka_unit_test(a_file_is_refused),
	};

	return cmocka_run_group_tests_name("no memory", tests, NULL, NULL);
}
