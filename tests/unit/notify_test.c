// SPDX-License-Identifier: GPL-2.0-only
/* Notifications: kinds, limits per hour, wording and formats. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include "base/duration.h"
#include "notify/notify.h"

#define MINUTE 60000000000ll

static json_t *event(const char *text)
{
	json_t *o = json_loads(text, 0, NULL);

	assert_non_null(o);
	return o;
}

static void kinds_are(const char *text, unsigned want)
{
	json_t *o = event(text);

	assert_int_equal(sw_notify_kinds(o), want);
	json_decref(o);
}

static void of_each_event(void **s)
{
	unsigned block = 1u << SW_NOTIFY_BLOCK, proven = block | 1u << SW_NOTIFY_PROVEN_BLOCK;

	(void)s;
	kinds_are("{\"event_type\":\"block\",\"new_only\":true}", block);
	kinds_are("{\"event_type\":\"block\"}", block);
	kinds_are("{\"event_type\":\"block\",\"new_only\":false}", proven);
	kinds_are("{\"event_type\":\"block\",\"new_only\":false,\"alert\":{}}",
		  proven | 1u << SW_NOTIFY_SIGNATURE_BLOCK);
	kinds_are("{\"event_type\":\"would-block\"}", 1u << SW_NOTIFY_WOULD_BLOCK);
	kinds_are("{\"event_type\":\"spray\"}", 1u << SW_NOTIFY_SPRAY);
	kinds_are("{\"event_type\":\"capped\"}", 1u << SW_NOTIFY_CAPPED);
	kinds_are("{\"event_type\":\"distributed\"}", 1u << SW_NOTIFY_DISTRIBUTED);
	kinds_are("{\"event_type\":\"signature\"}", 0);
	kinds_are("{\"event_type\":\"flood\"}", 0);
	kinds_are("{\"event_type\":\"notice\",\"kind\":\"flood\"}", 1u << SW_NOTIFY_FLOOD);
	kinds_are("{\"event_type\":\"notice\",\"kind\":\"test\"}", 1u << SW_NOTIFY_TEST);
	kinds_are("{\"event_type\":\"notice\",\"kind\":\"rumour\"}", 0);
	kinds_are("[1]", 0);
	assert_int_equal(sw_notify_gravest(proven), SW_NOTIFY_PROVEN_BLOCK);
}

static void so_many_an_hour_and_a_digest(void **s)
{
	struct sw_notify_limit l = {.most = 2};
	int64_t t = 5 * MINUTE;
	char line[64], *digest;

	(void)s;
	assert_true(sw_notify_admit(&l, t, SW_NOTIFY_BLOCK, "a"));
	assert_true(sw_notify_admit(&l, t + MINUTE, SW_NOTIFY_BLOCK, "b"));
	assert_true(sw_notify_digest_due(&l) == INT64_MAX);
	assert_null(sw_notify_digest(&l, t + 2 * MINUTE));
	for (int i = 0; i < 12; i++) {
		snprintf(line, sizeof(line), "source %d\nmore of it", i);
		assert_false(sw_notify_admit(&l, t + 2 * MINUTE,
					     i % 2 ? SW_NOTIFY_BLOCK : SW_NOTIFY_SPRAY, line));
	}
	assert_true(sw_notify_digest_due(&l) == t + 60 * MINUTE);
	/* The hour is over, but the digest goes first. */
	assert_false(sw_notify_admit(&l, t + 61 * MINUTE, SW_NOTIFY_FLOOD, "late"));
	digest = sw_notify_digest(&l, t + 61 * MINUTE);
	assert_string_equal(digest,
			    "13 more within the hour (6 block, 6 spray, 1 flood); the newest:\n"
			    "source 3\nsource 4\nsource 5\nsource 6\nsource 7\nsource 8\n"
			    "source 9\nsource 10\nsource 11\nlate");
	free(digest);
	/* It is the first of the new hour's two. */
	assert_true(sw_notify_admit(&l, t + 62 * MINUTE, SW_NOTIFY_BLOCK, "c"));
	assert_false(sw_notify_admit(&l, t + 63 * MINUTE, SW_NOTIFY_BLOCK, "d"));
	sw_notify_limit_free(&l);
	/* A quiet hour: a new one begins with what comes. */
	assert_true(sw_notify_admit(&l, t + 200 * MINUTE, SW_NOTIFY_BLOCK, "e"));
	assert_true(l.since == t + 200 * MINUTE);
}

/* What attackers write acts nowhere. */
static void text_is_harmless(void **s)
{
	struct sw_message m = {"web1", "block", "found \"\x1b]0;x\a\" <!here> @all\nBcc: x@y", 0,
			       NULL};
	char *json = sw_message_json(&m, true), *mail = sw_message_mail(&m, "a@b", "c@d");
	json_t *o = json_loads(json, 0, NULL);
	const char *text = json_string_value(json_object_get(o, "text"));

	(void)s;
	assert_non_null(text);
	assert_null(strpbrk(text, "\x1b<@"));
	assert_non_null(strstr(text, "here> (at)all"));
	assert_true(
		json_is_array(json_object_get(json_object_get(o, "allowed_mentions"), "parse")));
	assert_null(strpbrk(mail, "\x1b\a"));
	/* No header of theirs: the text stands behind the empty line. */
	assert_true(strstr(mail, "\r\nBcc: ") > strstr(mail, "\r\n\r\n"));
	assert_non_null(strstr(mail, "\r\nSubject: scanwall on web1: block: found"));
	json_decref(o);
	free(json);
	free(mail);
}

static void a_chat_takes_so_much(void **s)
{
	char text[6000], *json;
	struct sw_message m = {"web1", "daily", text, 0, NULL};
	json_t *o;

	(void)s;
	for (size_t i = 0; i + 4 < sizeof(text); i += 3)
		memcpy(text + i, i % 300 == 297 ? "ab\n" : "\u2588", 4); /* three bytes each */
	json = sw_message_json(&m, true);
	o = json_loads(json, 0, NULL); /* refuses half a character */
	assert_non_null(o);
	assert_in_range(json_string_length(json_object_get(o, "content")), 1800, 1910);
	assert_in_range(json_string_length(json_object_get(o, "text")), 3800, 3910);
	json_decref(o);
	free(json);
	json = sw_message_json(&m, false);
	o = json_loads(json, 0, NULL);
	assert_int_equal(json_string_length(json_object_get(o, "text")), strlen(text));
	json_decref(o);
	free(json);
}

#define PROVEN                                                                            \
	"\"event_type\":\"block\",\"new_only\":false,\"timestamp\":\"2026-11-27T16:03:30" \
	".984973Z\",\"dest_ip\":\"203.0.113.1\",\"why\":\"\\\"a \\n, thing\\\" at port "  \
	"80; for 192.0.2.7, as it says\""

static void reports_are_of_proven_attackers(void **s)
{
	static const struct {
		const char *text;
		bool due;
	} c[] = {
		{"{" PROVEN ",\"src_ip\":\"198.51.100.9\"}", true},
		{"{" PROVEN ",\"src_ip\":\"2001:db8::9\"}", true},
		{"{" PROVEN ",\"src_ip\":\"10.1.2.3\"}", false},
		{"{" PROVEN ",\"src_ip\":\"100.64.0.1\"}", false},
		{"{" PROVEN ",\"src_ip\":\"fe80::1\"}", false},
		{"{" PROVEN "}", false},
		{"{\"event_type\":\"block\",\"new_only\":true,\"src_ip\":\"198.51.100.9\"}", false},
		{"{\"event_type\":\"would-block\",\"src_ip\":\"198.51.100.9\"}", false},
	};

	(void)s;
	for (size_t i = 0; i < sizeof(c) / sizeof(c[0]); i++) {
		json_t *o = event(c[i].text);

		if (sw_abuse_is_due(o) != c[i].due)
			fail_msg("%s", c[i].text);
		json_decref(o);
	}
}

static void reports_name_nobody_else(void **s)
{
	json_t *o = event("{" PROVEN ",\"src_ip\":\"198.51.100.9\",\"dest_port\":80,"
			  "\"alert\":{\"category\":\"web-application-attack\"}}");
	char *csv = sw_abuse_csv(o), *xarf = sw_abuse_xarf(o, "web1", "a@web1", "abuse@x");

	(void)s;
	assert_string_equal(csv, "198.51.100.9,\"15,21\",\"2026-11-27T16:03:30.984973Z\","
				 "\"\"\"a \\n, thing\"\" at port 80\"");
	assert_null(strstr(csv, "203.0.113.1"));
	assert_null(strstr(xarf, "203.0.113.1"));
	assert_null(strstr(xarf, "192.0.2.7"));
	assert_non_null(strstr(xarf, "\r\nDate: Fri, 27 Nov 2026 16:03:30 +0000\r\n"));
	assert_non_null(strstr(xarf, "\r\nSource: 198.51.100.9\r\nPort: 80\r\n"));
	free(csv);
	free(xarf);
	json_decref(o);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(of_each_event),
		cmocka_unit_test(so_many_an_hour_and_a_digest),
		cmocka_unit_test(text_is_harmless),
		cmocka_unit_test(a_chat_takes_so_much),
		cmocka_unit_test(reports_are_of_proven_attackers),
		cmocka_unit_test(reports_name_nobody_else),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
