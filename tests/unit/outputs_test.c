// SPDX-License-Identifier: GPL-2.0-only
/* Sinks: a failure is reported once and does not affect the others; a reload replaces all or
 * none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <arpa/inet.h>
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "daemon/sinks.h"

static struct {
	int opened, reopened, written, closed;
	int write_error;
	bool refuses; /* to be opened or reopened */
} fake[2];

static int fake_open(struct sw_output *o, struct sw_err *e)
{
	int i = o->where[0] - 'a';

	if (fake[i].refuses)
		return sw_fail(e, SW_EXIT_FAILED, "refused");
	o->fd = 1000 + 10 * i + fake[i].opened++ + fake[i].reopened;
	return 0;
}

static int fake_reopen(struct sw_output *o, struct sw_err *e)
{
	int i = o->where[0] - 'a';

	if (fake_open(o, e))
		return -1;
	fake[i].opened--;
	fake[i].reopened++;
	return 0;
}

static int fake_write(struct sw_output *o, const struct sw_sink_event *t)
{
	int i = o->where[0] - 'a';

	(void)t;
	errno = fake[i].write_error;
	if (errno)
		return -1;
	fake[i].written++;
	return 0;
}

static void fake_close(struct sw_output *o)
{
	fake[o->where[0] - 'a'].closed++;
}

static const char *always(const struct sw_run_options *opt, const struct sw_config *c)
{
	(void)opt;
	(void)c;
	return "a";
}

static const char *as_configured(const struct sw_run_options *opt, const struct sw_config *c)
{
	(void)opt;
	return c->event_json ? "b" : NULL;
}

static const struct sw_sink fakes[] = {
	{"a", always, fake_open, fake_write, fake_reopen, fake_close},
	{"b", as_configured, fake_open, fake_write, NULL, fake_close},
};

static struct sw_outputs now;
static struct sw_config config;
static struct sw_run_options opt;
static struct sw_err err;

static int open_both(void **s)
{
	struct sw_outputs none = {.sinks = fakes, .count = 2};

	(void)s;
	memset(fake, 0, sizeof(fake));
	config = (struct sw_config){.event_json = true};
	return sw_outputs_open(&now, &none, &opt, &config, false, &err);
}

/* What is logged while `times` events are written; how often `word` is in it. */
static int logged(int times, const char *word)
{
	char path[] = "/tmp/outputs-XXXXXX", text[4096];
	int fd = mkstemp(path), stderr_was = dup(STDERR_FILENO), found = 0;
	ssize_t n;

	assert_true(fd >= 0);
	dup2(fd, STDERR_FILENO);
	for (int i = 0; i < times; i++)
		sw_outputs_write(&now, &(struct sw_sink_event){.json = "{}"});
	dup2(stderr_was, STDERR_FILENO);
	n = pread(fd, text, sizeof(text) - 1, 0);
	close(fd);
	close(stderr_was);
	unlink(path);
	text[n > 0 ? n : 0] = 0;
	for (const char *at = text; (at = strstr(at, word)); at++)
		found++;
	return found;
}

static void one_fails_the_other_goes_on(void **s)
{
	(void)s;
	fake[0].write_error = ENOSPC;
	assert_int_equal(logged(3, "NOT WRITTEN to a: No space left"), 1);
	assert_int_equal(fake[0].written, 0);
	assert_int_equal(fake[1].written, 3);
	fake[0].write_error = 0;
	assert_int_equal(logged(2, "written to a again; 3 are missing"), 1);
	assert_int_equal(fake[0].written, 2);
	assert_int_equal(fake[1].written, 5);
}

static void change(bool anew, int rc)
{
	struct sw_outputs fresh;

	assert_int_equal(sw_outputs_open(&fresh, &now, &opt, &config, anew, &err), rc);
	if (rc)
		return;
	sw_outputs_close(&now, &fresh);
	now = fresh;
}

static void what_stays_is_opened_anew_when_asked(void **s)
{
	(void)s;
	change(false, 0);
	assert_int_equal(fake[0].reopened + fake[0].closed + fake[1].closed, 0);
	change(true, 0);
	assert_int_equal(fake[0].reopened, 1);
	assert_int_equal(fake[0].closed, 1); /* the one before */
	assert_int_equal(fake[1].opened, 1);
	assert_int_equal(fake[1].closed, 0);
}

static void what_is_not_configured_is_closed(void **s)
{
	(void)s;
	config.event_json = false;
	change(false, 0);
	assert_int_equal(fake[1].closed, 1);
	sw_outputs_write(&now, &(struct sw_sink_event){.json = "{}"});
	assert_int_equal(fake[0].written, 1);
	assert_int_equal(fake[1].written, 0);
	config.event_json = true;
	change(false, 0);
	assert_int_equal(fake[1].opened, 2);
	sw_outputs_close(&now, NULL);
	assert_int_equal(fake[0].closed, 1);
	assert_int_equal(fake[1].closed, 2);
}

static void all_or_nothing(void **s)
{
	int fd = now.at[0].fd;

	(void)s;
	config.event_json = false;
	change(false, 0);
	config.event_json = true;
	fake[1].refuses = true;
	change(true, -1);
	assert_int_equal(fake[0].reopened, 1);
	assert_int_equal(fake[0].closed, 1); /* the new one */
	assert_int_equal(now.at[0].fd, fd);
	sw_outputs_write(&now, &(struct sw_sink_event){.json = "{}"});
	assert_int_equal(fake[0].written, 1);
}

/* Some field of that name has that value, as journald reads an entry. */
static bool has_field(const char *at, size_t size, const char *name, const char *value)
{
	const char *end = at + size, *line;
	__u64 length;

	while (at < end) {
		line = memchr(at, '\n', end - at);
		assert_non_null(line);
		memcpy(&length, line + 1, sizeof(length));
		length = le64toh(length);
		assert_true(line + 9 + length < end && line[9 + length] == '\n');
		if ((size_t)(line - at) == strlen(name) && !memcmp(at, name, line - at) &&
		    length == strlen(value) && !memcmp(line + 9, value, length))
			return true;
		at = line + 9 + length + 1;
	}
	return false;
}

static void a_journal_entry_has_fields(void **s)
{
	struct sw_signature sig = {.sid = 7, .msg = "two\nlines", .classtype = "", .reference = ""};
	struct sw_event ev = {.type = SW_EVENT_SIGNATURE,
			      .src = sw_addr_from4(htonl(0xcb007109)),
			      .dport = htons(23),
			      .family = AF_INET,
			      .proto = IPPROTO_TCP,
			      .port = {23, 3389, 8080},
			      .plen = 32,
			      .sid = 7};
	size_t size;
	char *entry = sw_journal_entry(&(struct sw_sink_event){.ev = &ev, .sig = &sig}, &size);
	char line[512];

	(void)s;
	assert_non_null(entry);
	sw_event_line(&ev, &sig, line, sizeof(line));
	assert_true(has_field(entry, size, "MESSAGE", line));
	assert_true(has_field(entry, size, "PRIORITY", "5"));
	assert_true(has_field(entry, size, "SYSLOG_IDENTIFIER", "scanwall"));
	assert_true(has_field(entry, size, "SCANWALL_EVENT_TYPE", "signature"));
	assert_true(has_field(entry, size, "SCANWALL_SRC_IP", "203.0.113.9"));
	assert_true(has_field(entry, size, "SCANWALL_DEST_PORT", "23"));
	assert_true(has_field(entry, size, "SCANWALL_PORTS", "8080"));
	assert_true(has_field(entry, size, "SCANWALL_PORTS", "3389"));
	assert_true(has_field(entry, size, "SCANWALL_ALERT_SIGNATURE_ID", "7"));
	assert_true(has_field(entry, size, "SCANWALL_ALERT_SIGNATURE", "two\nlines"));
	assert_false(has_field(entry, size, "SCANWALL_TEXT", line));
	free(entry);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(one_fails_the_other_goes_on, open_both),
		cmocka_unit_test_setup(what_stays_is_opened_anew_when_asked, open_both),
		cmocka_unit_test_setup(what_is_not_configured_is_closed, open_both),
		cmocka_unit_test_setup(all_or_nothing, open_both),
		cmocka_unit_test(a_journal_entry_has_fields),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
