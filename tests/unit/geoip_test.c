// SPDX-License-Identifier: GPL-2.0-only
/* The country and network of addresses, from databases written by tests/e2e/mmdb.py. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>
#include "host/geoip.h"

static char dir[] = "/tmp/sw-geoip-XXXXXX";

static void write_database(const char *name, int version, const char *records)
{
	char command[512];
	FILE *f;

	snprintf(command, sizeof(command), "python3 tests/e2e/mmdb.py %s/%s 0 %d", dir, name,
		 version);
	f = popen(command, "w");
	assert_non_null(f);
	fputs(records, f);
	assert_int_equal(pclose(f), 0);
}

static struct sw_geoip *open_databases(const char *country, const char *asn)
{
	struct sw_config c = {0};
	struct sw_geoip *g;
	char path[2][256] = {"", ""};

	sw_config_init(&c);
	if (country)
		snprintf(path[0], sizeof(path[0]), "%s/%s", dir, country);
	if (asn)
		snprintf(path[1], sizeof(path[1]), "%s/%s", dir, asn);
	assert_int_equal(sw_config_set(&c, "geoip.country", path[0], "", NULL), 0);
	assert_int_equal(sw_config_set(&c, "geoip.asn", path[1], "", NULL), 0);
	g = sw_geoip_open(&c);
	sw_config_free(&c);
	return g;
}

static void is(struct sw_geoip *g, const char *prefix, const char *country, const char *as)
{
	char text[SW_ORIGIN_LINE];
	struct sw_origin o;
	struct sw_prefix p;

	assert_int_equal(sw_prefix_parse(prefix, &p, NULL), 0);
	assert_int_equal(sw_geoip_find(g, &p, &o), *country || *as);
	assert_string_equal(sw_origin_country(&o, text), country);
	assert_string_equal(sw_origin_as(&o, text), as);
}

#define MAXMIND_COUNTRY                                                                  \
	"{\"203.0.113.0/24\": {\"country\": {\"iso_code\": \"DE\", \"names\": {\"de\": " \
	"\"Deutschland\", \"en\": \"Germany\"}}},"                                       \
	"\"198.51.100.0/24\": {\"registered_country\": {\"iso_code\": \"FR\"}}"
#define MAXMIND_COUNTRY6                                                                 \
	", \"2001:db8::/32\": {\"country\": {\"iso_code\": \"NL\", \"names\": {\"en\": " \
	"\"The Netherlands\"}}}"
#define MAXMIND_ASN                                                        \
	"{\"203.0.113.0/25\": {\"autonomous_system_number\": 4200000000, " \
	"\"autonomous_system_organization\": \"Example Net\"},"            \
	"\"2001:db8:1::/48\": {\"autonomous_system_number\": 64500}}"

static void both_versions_of_ip_in_one_database(void **state)
{
	struct sw_geoip *g;

	(void)state;
	write_database("country", 6, MAXMIND_COUNTRY MAXMIND_COUNTRY6 "}");
	write_database("asn", 6, MAXMIND_ASN);
	g = open_databases("country", "asn");
	is(g, "203.0.113.9", "Germany (DE)", "AS4200000000 Example Net");
	is(g, "203.0.113.200", "Germany (DE)", "");
	is(g, "198.51.100.1", "FR", "");
	is(g, "2001:db8:1::9", "The Netherlands (NL)", "AS64500");
	is(g, "2001:db8:2::/64", "The Netherlands (NL)", "");
	is(g, "192.0.2.1", "", "");
	is(g, "2001:db9::1", "", "");
	sw_geoip_close(g);
}

static void a_prefix_that_is_from_several_places_is_from_none(void **state)
{
	struct sw_geoip *g = open_databases("country", "asn");

	(void)state;
	is(g, "203.0.113.0/24", "Germany (DE)", "");
	is(g, "203.0.112.0/23", "", "");
	is(g, "0.0.0.0/0", "", "");
	is(g, "2001:db8::/32", "The Netherlands (NL)", "");
	is(g, "::/0", "", "");
	sw_geoip_close(g);
}

static void a_database_of_ipv4_alone(void **state)
{
	struct sw_geoip *g;

	(void)state;
	write_database("country4", 4, MAXMIND_COUNTRY "}");
	g = open_databases("country4", NULL);
	is(g, "203.0.113.9", "Germany (DE)", "");
	is(g, "203.0.112.0/23", "", "");
	is(g, "2001:db8::1", "", "");
	is(g, "::cb00:7109", "", "");
	sw_geoip_close(g);
}

static void records_of_ipinfo_are_flat(void **state)
{
	struct sw_geoip *g;

	(void)state;
	write_database("lite", 6,
		       "{\"203.0.113.0/24\": {\"country\": \"Germany\", \"country_code\": \"DE\", "
		       "\"asn\": \"AS64501\", \"as_name\": \"Example\"},"
		       "\"198.51.100.0/24\": {\"country\": \"FR\", \"country_name\": \"France\"}}");
	g = open_databases("lite", "lite");
	is(g, "203.0.113.1", "Germany (DE)", "AS64501 Example");
	is(g, "198.51.100.1", "France (FR)", "");
	sw_geoip_close(g);
}

static void names_cannot_move_the_cursor(void **state)
{
	struct sw_geoip *g;

	(void)state;
	write_database(
		"evil", 6,
		"{\"203.0.113.0/24\": {\"country\": {\"iso_code\": \"D\\u001bE\", \"names\": "
		"{\"en\": \"\\u001b[2J\\udcff\"}}, \"autonomous_system_number\": 1, "
		"\"autonomous_system_organization\": "
		"\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\\u00fc\"},"
		"\"198.51.100.0/24\": {\"country\": 7, \"autonomous_system_number\": \"1\"}}");
	g = open_databases("evil", "evil");
	is(g, "203.0.113.1", "\\x1b[2J\\xff (D)",
	   "AS1 aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa");
	is(g, "198.51.100.1", "", "");
	sw_geoip_close(g);
}

static void in_a_column(void **state)
{
	struct sw_geoip *g = open_databases("country", "asn");
	char buf[SW_ORIGIN_BRIEF];
	struct sw_prefix p;
	json_t *o = json_object();

	(void)state;
	sw_prefix_parse("203.0.113.9", &p, NULL);
	assert_string_equal(sw_geoip_brief(g, &p, buf), "DE");
	sw_geoip_add(o, g, &p);
	assert_string_equal(
		json_string_value(json_object_get(json_object_get(o, "geoip"), "country_iso_code")),
		"DE");
	assert_string_equal(sw_geoip_brief(NULL, &p, buf), "-");
	sw_prefix_parse("192.0.2.1", &p, NULL);
	assert_string_equal(sw_geoip_brief(g, &p, buf), "-");
	sw_geoip_add(o, g, &p);
	assert_true(json_is_null(json_object_get(o, "geoip")));
	json_object_clear(o);
	sw_geoip_add(o, NULL, &p);
	assert_int_equal(json_object_size(o), 0);
	json_decref(o);
	sw_geoip_close(g);
	g = open_databases(NULL, "asn");
	sw_prefix_parse("203.0.113.9", &p, NULL);
	assert_string_equal(sw_geoip_brief(g, &p, buf), "AS4200000000");
	sw_geoip_close(g);
}

static struct sw_geoip *renew(struct sw_geoip *g, const char *name)
{
	struct sw_config c = {0};
	char path[256];

	sw_config_init(&c);
	snprintf(path, sizeof(path), "%s/%s", dir, name);
	assert_int_equal(sw_config_set(&c, "geoip.country", path, "", NULL), 0);
	g = sw_geoip_renew(g, &c);
	sw_config_free(&c);
	return g;
}

/* cp(1) over a database truncates it first. */
static void a_file_cut_short_under_its_reader(void **state)
{
	char path[256];
	struct sw_geoip *g, *again;

	(void)state;
	write_database("cut", 6, MAXMIND_COUNTRY "}");
	g = open_databases("cut", NULL);
	is(g, "203.0.113.9", "Germany (DE)", "");
	snprintf(path, sizeof(path), "%s/cut", dir);
	assert_int_equal(truncate(path, 0), 0);
	is(g, "203.0.113.9", "", "");
	is(g, "203.0.113.9", "", "");
	assert_null(renew(g, "cut"));
	write_database("cut", 6, MAXMIND_COUNTRY "}");
	g = renew(NULL, "cut");
	is(g, "203.0.113.9", "Germany (DE)", "");
	again = renew(g, "cut");
	assert_ptr_equal(again, g);
	write_database("cut", 6, "{\"203.0.113.0/24\": {\"country\": {\"iso_code\": \"NL\"}}}");
	g = renew(again, "cut");
	is(g, "203.0.113.9", "NL", "");
	assert_null(renew(g, "gone"));
}

static void what_is_no_database_is_none(void **state)
{
	char path[256];
	struct sw_geoip *g;
	FILE *f;

	(void)state;
	snprintf(path, sizeof(path), "%s/text", dir);
	f = fopen(path, "w");
	assert_non_null(f);
	fputs("no database\n", f);
	fclose(f);
	assert_null(open_databases("text", NULL));
	assert_null(open_databases("missing", "."));
	assert_null(open_databases(NULL, NULL));
	is(NULL, "203.0.113.9", "", "");
	g = open_databases("text", "asn");
	is(g, "203.0.113.9", "", "AS4200000000 Example Net");
	sw_geoip_close(g);
}

static int make_dir(void **state)
{
	(void)state;
	return mkdtemp(dir) ? 0 : -1;
}

static int remove_dir(void **state)
{
	char command[128];

	(void)state;
	snprintf(command, sizeof(command), "rm -rf %s", dir);
	return system(command);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_versions_of_ip_in_one_database),
		cmocka_unit_test(a_prefix_that_is_from_several_places_is_from_none),
		cmocka_unit_test(a_database_of_ipv4_alone),
		cmocka_unit_test(records_of_ipinfo_are_flat),
		cmocka_unit_test(names_cannot_move_the_cursor),
		cmocka_unit_test(in_a_column),
		cmocka_unit_test(a_file_cut_short_under_its_reader),
		cmocka_unit_test(what_is_no_database_is_none),
	};

	return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
