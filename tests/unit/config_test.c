// SPDX-License-Identifier: GPL-2.0-only
/* The configuration: every key, valid and invalid, from text and from files. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/duration.h"
#include "config/crawlers.h"
#include "config/config.h"

static char dir[] = "/tmp/swconf-XXXXXX";
static char file[64];

static int group_setup(void **s)
{
	(void)s;
	if (!mkdtemp(dir))
		return -1;
	snprintf(file, sizeof(file), "%s/scanwall.conf", dir);
	return 0;
}

static int group_teardown(void **s)
{
	char command[64];

	(void)s;
	snprintf(command, sizeof(command), "rm -rf %s", dir);
	return system(command);
}

static void write_file(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

static void same(const struct sw_config *a, const struct sw_config *b)
{
	for (int i = 0; i < sw_config_key_count; i++) {
		char *x = sw_config_get(a, sw_config_keys[i].name);
		char *y = sw_config_get(b, sw_config_keys[i].name);

		assert_string_equal(x, y);
		free(x);
		free(y);
	}
}

/* The text is refused with exactly this sentence, and changes nothing. */
static void refused(const char *text, const char *sentence)
{
	struct sw_config c, defaults;
	char want[512];
	struct sw_err e;

	sw_config_init(&c);
	sw_config_init(&defaults);
	write_file(file, text);
	assert_int_equal(sw_config_load(file, false, &c, &e), -1);
	assert_int_equal(e.exit, SW_EXIT_USAGE);
	snprintf(want, sizeof(want), "%s%s", file, sentence);
	assert_string_equal(e.text, want);
	same(&c, &defaults);
	sw_config_free(&c);
	sw_config_free(&defaults);
}

static void load(const char *text, struct sw_config *c)
{
	struct sw_err e = {};

	sw_config_init(c);
	write_file(file, text);
	if (sw_config_load(file, false, c, &e) < 0)
		fail_msg("%s", e.text);
}

static void sample_is_the_defaults(void **s)
{
	struct sw_config c, defaults;
	char *text, *out, *at, *line;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	(void)s;
	sw_config_init(&defaults);
	sw_config_write_sample(f);
	fclose(f);
	load(text, &c);
	same(&c, &defaults);
	sw_config_free(&c);
	/* With every key's line in force, too: "#key = value". */
	out = calloc(size + 1, 1);
	for (at = text; (line = strsep(&at, "\n"));) {
		size_t tabs = strspn(line, "\t");

		if (line[tabs] == '#' && line[tabs + 1] != ' ' && strstr(line, " = "))
			tabs++;
		strcat(strcat(out, line + tabs), "\n");
	}
	load(out, &c);
	same(&c, &defaults);
	sw_config_free(&c);
	sw_config_free(&defaults);
	free(text);
	free(out);
}

static void every_key_is_documented(void **s)
{
	char range[SW_RANGE_TEXT];

	(void)s;
	for (int i = 0; i < sw_config_key_count; i++) {
		assert_true(sw_config_keys[i].text[0]);
		assert_true(sw_config_range(&sw_config_keys[i], range)[0]);
	}
}

static void values_arrive(void **s)
{
	struct sw_config c;

	(void)s;
	load("mode = \"enforce\"\ninterfaces = { \"eth0\", \"eth1\" }\n"
	     "allow = { \"192.0.2.0/24\", \"2001:db8::/48\" }\n"
	     "services = { \"tcp/8000-8002\", \"udp/53\" }\nclosed = \"reset\"\n"
	     "detect { threshold = 4.5\n block_ttl = \"2m\"\n decay = \"permanent\" }\n"
	     "weight { closed-port = 2 }\nguard { keep_ssh = no }\n"
	     "events { file = \"/tmp/x#y;z\" }\n",
	     &c);
	assert_int_equal(c.mode, SW_ENFORCE);
	assert_int_equal(c.interfaces.count, 2);
	assert_string_equal(c.interfaces.item[1], "eth1");
	assert_int_equal(c.allow.count, 2);
	assert_int_equal(c.services.count, 4);
	assert_int_equal(c.services.item[2].port, 8002);
	assert_int_equal(c.services.item[3].proto, IPPROTO_UDP);
	assert_false(c.closed_silent);
	assert_true(c.threshold == 4.5);
	assert_int_equal(c.block_ttl, 120000000);
	assert_true(c.decay == SW_FOREVER);
	assert_true(c.weight[SW_EVIDENCE_CLOSED_PORT] == 2);
	assert_false(c.keep_ssh);
	assert_string_equal(c.event_file, "/tmp/x#y;z");
	sw_config_free(&c);
}

static void bad_files(void **s)
{
	(void)s;
	refused("moed = \"detect\"\n", ":1: no key \"moed\"; did you mean \"mode\"?");
	refused("\n\ndetect {\n treshold = 3\n}\n",
		":4: no key \"detect.treshold\"; did you mean \"detect.threshold\"?");
	refused("# one\n# two \"\n/* three\n*/ // \'\nmode = \"x#y\"\n",
		":5: mode: invalid value \"x#y\" (expected detect or enforce)");
	refused("detekt { threshold = 3 }\n", ":1: no key \"detekt\"; did you mean \"detect\"?");
	refused("limits.blocked4 = 1\n",
		":1: \"limits.blocked4\" is not in its section; write limits "
		"{ blocked4 = ... }");
	refused("guard {\nthreshold = 3\n}\n", ":2: \"guard.threshold\" is not in its section; "
					       "write detect { threshold = ... }");
	refused("threshold = 3\n",
		":1: \"threshold\" is not in its section; write detect { threshold = ... }");
	refused("xyzzy = 1\n", ":1: no key \"xyzzy\"");
	refused("mode = \"off\"\n", ":1: mode: invalid value \"off\" (expected detect or enforce)");
	refused("mode = \"detect\"\ndetect {\n\tthreshold = many\n}\n",
		":3: detect.threshold: invalid value \"many\" (expected 0.25 to 15)");
	refused("detect { threshold = 99 }\n",
		":1: detect.threshold: invalid value \"99\" (expected 0.25 to 15)");
	refused("detect { block_ttl = \"5x\" }\n", ":1: detect.block_ttl: invalid duration \"5x\" "
						   "(expected 90, 1h30m, 2d or permanent)");
	refused("detect { block_ttl = \"2d\" }\n",
		": detect.block_ttl (2d) is longer than detect.block_ttl_max (1d)");
	refused("guard { min_prefix4 = 3.5 }\n",
		":1: guard.min_prefix4: invalid value \"3.5\" (expected 1 to 32)");
	refused("guard { keep_ssh = perhaps }\n",
		":1: guard.keep_ssh: invalid value \"perhaps\" (expected true or false)");
	refused("limits { ring = 70000 }\n", ":1: limits.ring: invalid value \"70000\" (expected "
					     "65536 to 67108864, a power of two)");
	refused("allow = { \"192.0.2.1\",\n \"192.0.2.1/24\" }\n",
		":2: allow: \"192.0.2.1/24\": host bits set beyond /24; write 192.0.2.0/24");
	refused("services = { \"tcp/0\" }\n", ":1: services: invalid value \"tcp/0\" (expected "
					      "tcp/PORT, udp/PORT, sctp/PORT or tcp/FROM-TO, "
					      "4096 in all)");
	refused("interfaces = { \"a/b\" }\n",
		":1: interfaces: invalid value \"a/b\" (expected interface names)");
	refused("mode = { \"detect\" }\n", ":1: unexpected token '{'");
	refused("detect {\n",
		":3: the file ends inside a section, list or text; a \"}\" or quote is missing");
	refused("mode = \"detect\n", ":4: premature end of file");
}

/* Every key refuses nonsense, from the command line as well. */
static void nonsense_for_every_key(void **s)
{
	struct sw_config c, defaults;
	struct sw_err e;

	(void)s;
	sw_config_init(&c);
	sw_config_init(&defaults);
	for (int i = 0; i < sw_config_key_count; i++) {
		const struct sw_config_key *k = &sw_config_keys[i];

		if (k->type == SW_KEY_TEXT)
			continue;
		assert_int_equal(sw_config_set(&c, k->name, "no/such\tvalue", "", &e), -1);
		assert_int_equal(e.exit, SW_EXIT_USAGE);
		/* It names the key and the value. */
		assert_non_null(strstr(e.text, k->name));
		assert_non_null(strstr(e.text, "no/such"));
	}
	same(&c, &defaults);
	assert_int_equal(sw_config_set(&c, "detect.treshold", "3", "", &e), -1);
	assert_non_null(strstr(e.text, "did you mean \"detect.threshold\"?"));
	sw_config_free(&c);
	sw_config_free(&defaults);
}

static void set_and_get(void **s)
{
	struct sw_config c;
	struct sw_err e;
	char *text;

	(void)s;
	sw_config_init(&c);
	assert_int_equal(sw_config_set(&c, "allow", "192.0.2.1, 2001:db8::/32", "", &e), 0);
	text = sw_config_get(&c, "allow");
	assert_string_equal(text, "192.0.2.1,2001:db8::/32");
	free(text);
	assert_int_equal(sw_config_set(&c, "allow", "", "", &e), 0);
	assert_int_equal(c.allow.count, 0);
	/* What would break another key is taken back. */
	assert_int_equal(sw_config_set(&c, "detect.block_ttl_max", "10s", "", &e), -1);
	assert_int_equal(c.block_ttl_max, 86400000000);
	assert_null(sw_config_get(&c, "nothing"));
	sw_config_free(&c);
}

/* Read in time that grows with the list, or this would not end. libconfuse moves
 * the whole list for each item, which a sanitizer makes slow. */
#ifdef __SANITIZE_ADDRESS__
#define LONG_LIST 20000
#else
#define LONG_LIST 200000
#endif
#define BAD_LINE (LONG_LIST - 99)

/* The address on a line of the list, from 1. */
static void list_item(int line, char *buf, size_t size)
{
	int i = line - 1;

	snprintf(buf, size, "10.%d.%d.%d", i >> 16, i >> 8 & 255, i & 255);
}

static void a_long_list(void **s)
{
	struct sw_config c;
	char item[32], line[40], expected[80];
	struct sw_err e;
	size_t size;
	char *text;
	FILE *out = open_memstream(&text, &size);

	(void)s;
	fprintf(out, "allow = { ");
	for (int i = 1; i <= LONG_LIST; i++) {
		list_item(i, item, sizeof(item));
		fprintf(out, "%s%s\n", i > 1 ? "," : "", item);
	}
	fprintf(out, "}\nallow += { \"203.0.113.9\" }\n");
	fclose(out);
	load(text, &c);
	assert_int_equal(c.allow.count, LONG_LIST + 1);
	sw_config_free(&c);
	list_item(BAD_LINE, item, sizeof(item));
	snprintf(line, sizeof(line), "%s\n", item);
	item[strlen(item) - 1] = 'x';
	memcpy(strstr(text, line), item, strlen(item));
	write_file(file, text);
	free(text);
	sw_config_init(&c);
	assert_int_equal(sw_config_load(file, false, &c, &e), -1);
	snprintf(expected, sizeof(expected), ":%d: allow: invalid address \"%s\"", BAD_LINE, item);
	assert_non_null(strstr(e.text, expected));
	sw_config_free(&c);
}

static void a_word_of_a_megabyte(void **s)
{
	char *text = malloc((1 << 20) + 64);
	struct sw_config c;
	struct sw_err e;

	(void)s;
	sprintf(text, "mode = detect\nevents { file = \"");
	memset(text + strlen(text), 'x', 1 << 20);
	strcpy(text + (1 << 20) + 30, "\" }\n");
	write_file(file, text);
	free(text);
	sw_config_init(&c);
	assert_int_equal(sw_config_load(file, false, &c, &e), -1);
	assert_non_null(strstr(e.text, ":2: word longer than 65536 characters"));
	sw_config_free(&c);
}

static void includes(void **s)
{
	char text[256], part[64];
	struct sw_config c;
	struct sw_err e;

	(void)s;
	snprintf(part, sizeof(part), "%s/a.part", dir);
	snprintf(text, sizeof(text), "include(\"%s/*.part\")\ndetect { threshold = 5 }\n", dir);
	load(text, &c); /* none there */
	sw_config_free(&c);
	write_file(part, "mode = \"enforce\"\n");
	load(text, &c);
	assert_int_equal(c.mode, SW_ENFORCE);
	assert_true(c.threshold == 5);
	write_file(part, "\nmode = 3\n");
	assert_int_equal(sw_config_load(file, false, &c, &e), -1);
	assert_non_null(strstr(e.text, "a.part:2: mode: invalid value \"3\""));
	write_file(part, text); /* itself */
	assert_int_equal(sw_config_load(file, false, &c, &e), -1);
	assert_non_null(strstr(e.text, "nested too deep"));
	unlink(part);
	sw_config_free(&c);
}

static void missing_file(void **s)
{
	struct sw_config c, defaults;
	struct sw_err e;

	(void)s;
	sw_config_init(&c);
	sw_config_init(&defaults);
	assert_int_equal(sw_config_load("/nonexistent/x.conf", true, &c, &e), 0);
	same(&c, &defaults);
	assert_int_equal(sw_config_load("/nonexistent/x.conf", false, &c, &e), -1);
	assert_non_null(strstr(e.text, "/nonexistent/x.conf"));
	assert_int_equal(sw_config_load(dir, false, &c, &e), -1);
	assert_non_null(strstr(e.text, "Is a directory"));
	sw_config_free(&c);
	sw_config_free(&defaults);
}

static long long setting(const struct sw_config *c, const char *key)
{
	return sw_config_setting(c, sw_config_key_find(key));
}

static void what_the_kernel_is_told(void **s)
{
	struct sw_config c;

	(void)s;
	sw_config_init(&c);
	assert_int_equal(setting(&c, "mode"), SW_DETECT);
	assert_int_equal(setting(&c, "detect.threshold"), 12);
	assert_int_equal(setting(&c, "detect.block_ttl"), 224); /* 60 s of 0.268 s, rounded up */
	assert_int_equal(setting(&c, "detect.decay"), 429153);	/* 7.5 min of 1.05 ms */
	assert_int_equal(setting(&c, "detect.network_threshold"), 48);
	assert_int_equal(setting(&c, "weight.open-port"), -4);
	c.decay = SW_FOREVER;
	assert_int_equal(setting(&c, "detect.decay"), 0);
	sw_config_free(&c);
}

static void put_number(struct sw_config *c, const struct sw_config_key *k, double n)
{
	void *field = (char *)c + k->offset;

	if (k->type == SW_KEY_NUMBER)
		*(double *)field = n;
	else if (k->type == SW_KEY_BOOL)
		*(bool *)field = n;
	else if (k->type == SW_KEY_SPAN)
		*(int64_t *)field = n;
	else
		*(int *)field = n;
}

static double largest(const struct sw_config_key *k)
{
	int n = 0;

	if (k->type == SW_KEY_BOOL)
		return 1;
	if (k->type != SW_KEY_WORD)
		return k->max;
	while (k->words[n])
		n++;
	return n - 1;
}

/* A value in range that its field in the settings map cuts short would arrive as
 * another one. Weights alone are signed. */
static void no_setting_is_cut_short(void **s)
{
	struct sw_config c;
	int settings = 0;

	(void)s;
	sw_config_init(&c);
	for (int i = 0; i < sw_config_key_count; i++) {
		const struct sw_config_key *k = &sw_config_keys[i];
		bool is_signed = k->min < 0;
		int bits = k->setting_bytes * 8 - is_signed;

		if (!k->setting_bytes)
			continue;
		settings++;
		assert_true(!is_signed || strncmp(k->name, "weight.", 7) == 0);
		put_number(&c, k, largest(k));
		if (sw_config_setting(&c, k) < 0 || sw_config_setting(&c, k) >= 1ll << bits)
			fail_msg("%s: its largest value needs more than %d bits", k->name, bits);
		put_number(&c, k, k->min);
		if (sw_config_setting(&c, k) < (is_signed ? -(1ll << bits) : 0))
			fail_msg("%s: its smallest value does not fit", k->name);
	}
	assert_true(settings > SW_EVIDENCE_COUNT);
	sw_config_free(&c); /* texts and lists are as they were */
}

static void names_of_crawlers(void **s)
{
	(void)s;
	assert_string_equal(sw_bot_of("crawl-66-249-66-1.googlebot.com"), "googlebot");
	assert_string_equal(sw_bot_of("MSNBOT-1.Search.MSN.com"), "bingbot");
	assert_null(sw_bot_of("googlebot.com"));
	assert_null(sw_bot_of("evilgooglebot.com"));
	assert_null(sw_bot_of("a.googlebot.com.evil.example"));
	assert_null(sw_bot_of("1.2.bc.googleusercontent.com"));
	assert_true(sw_is_bot("bingbot"));
	assert_false(sw_is_bot("evilbot"));
	assert_false(sw_is_bot(""));
}

static void names_of_hosts(void **s)
{
	static const char *const good[] = {"a", "partner.example.org", "_x.a-b.example",
					   "4u.example", "xn--bcher-kva.example"};
	static const char *const bad[] = {"",	  ".",	  "a.",	  ".a",	       "a..b",
					  "-a.b", "a-.b", "a.b-", "192.0.2.1", "2001:db8::1",
					  "a b",  "a/b",  "a,b",  "a\tb",      "\xc3\xa4.example"};
	char label[80];

	(void)s;
	for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++)
		assert_true(sw_is_host_name(good[i]));
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert_false(sw_is_host_name(bad[i]));
	memset(label, 'a', sizeof(label));
	label[63] = 0;
	assert_true(sw_is_host_name(label));
	label[63] = 'a';
	label[64] = 0;
	assert_false(sw_is_host_name(label));
}

static void get_is(const struct sw_config *c, const char *key, const char *want)
{
	char *value = sw_config_get(c, key);

	assert_string_equal(value, want);
	free(value);
}

static void named_notify(void **s)
{
	struct sw_config c, again;
	struct sw_err e;
	size_t size;
	char *text;
	FILE *out;

	(void)s;
	load("notify { when = { \"daily\" } mail = root\n mail_by = \"smtp://a:25\" }\n"
	     "notify oncall {\n when = { \"flood\", \"spray\" } # one\n}\n"
	     "notify \"chat\"{ run = \"/x notify y {\" }\n"
	     "notify oncall { per_hour = 3 }\nmode = enforce\n",
	     &c);
	assert_int_equal(c.mode, SW_ENFORCE);
	assert_int_equal(c.notify_count, 2);
	assert_string_equal(c.notify[0].name, "oncall");
	get_is(&c, "notify.when", "daily");
	get_is(&c, "notify.oncall.when", "flood,spray");
	get_is(&c, "notify.oncall.per_hour", "3");
	get_is(&c, "notify.chat.per_hour", "12");
	get_is(&c, "notify.chat.mail_by", "");
	get_is(&c, "notify.chat.run", "/x notify y {");
	get_is(&c, "notify.nobody.when", "");
	/* What is not theirs, and what is wrong, changes nothing. */
	assert_null(sw_config_get(&c, "notify.oncall.user"));
	assert_null(sw_config_get(&c, "detect.oncall.threshold"));
	assert_int_equal(sw_config_set(&c, "notify.new.when", "floods", "", &e), -1);
	assert_non_null(strstr(e.text, "notify.new.when: invalid value \"floods\""));
	assert_int_equal(sw_config_set(&c, "notify.oncall.wehn", "flood", "", &e), -1);
	assert_non_null(strstr(e.text, "did you mean \"notify.oncall.when\"?"));
	assert_int_equal(c.notify_count, 2);
	assert_int_equal(sw_config_set(&c, "notify.new.when", "flood", "", &e), 0);
	assert_int_equal(c.notify_count, 3);
	/* A file that says the same. */
	out = open_memstream(&text, &size);
	sw_config_write_file(out, &c);
	fclose(out);
	load(text, &again);
	same(&c, &again);
	assert_int_equal(again.notify_count, 3);
	get_is(&again, "notify.oncall.when", "flood,spray");
	get_is(&again, "notify.chat.run", "/x notify y {");
	free(text);
	sw_config_free(&c);
	sw_config_free(&again);
}

static void bad_named_notify(void **s)
{
	char text[1024] = "", *at = text;

	(void)s;
	refused("\nnotify on.call { }\n", ":2: notify: invalid name \"on.call\" (expected letters, "
					  "digits, - and _, at most 32)");
	refused("notify \"\xc3\xa4\" {}\n", ":1: notify: invalid name \"\xc3\xa4\" (expected "
					    "letters, digits, - and _, at most 32)");
	refused("notify a {\n wehn = 1\n}\n",
		":2: no key \"notify.a.wehn\"; did you mean \"notify.a.when\"?");
	refused("notify a {\n flood = 1\n}\n",
		":2: \"notify.a.flood\" is not in its section; write notify { flood = ... }");
	refused("# {\nnotify a { when = { flood,\n\"floods\" } }\n",
		":3: notify.a.when: invalid value \"floods\" (expected proven-block, "
		"signature-block, spray, daily ... (scanwall help notify), or empty)");
	refused("notify a {\n",
		":3: the file ends inside a section, list or text; a \"}\" or quote is missing");
	refused("detect a { threshold = 3 }\n", ":1: missing opening brace for section 'detect'");
	for (int i = 0; i < 16; i++)
		at += sprintf(at, "notify n%d { per_hour = 1 }\n", i);
	refused(text, ":16: more than 15 named sections of notify");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sample_is_the_defaults),
		cmocka_unit_test(every_key_is_documented),
		cmocka_unit_test(values_arrive),
		cmocka_unit_test(bad_files),
		cmocka_unit_test(nonsense_for_every_key),
		cmocka_unit_test(set_and_get),
		cmocka_unit_test(names_of_hosts),
		cmocka_unit_test(names_of_crawlers),
		cmocka_unit_test(a_long_list),
		cmocka_unit_test(a_word_of_a_megabyte),
		cmocka_unit_test(includes),
		cmocka_unit_test(missing_file),
		cmocka_unit_test(named_notify),
		cmocka_unit_test(bad_named_notify),
		cmocka_unit_test(what_the_kernel_is_told),
		cmocka_unit_test(no_setting_is_cut_short),
	};

	return cmocka_run_group_tests_name("configuration", tests, group_setup, group_teardown);
}
