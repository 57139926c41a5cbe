// SPDX-License-Identifier: GPL-2.0-only
/* Protocols of commands: what is said is an attack, what is only carried is none. */
#include <linux/if_ether.h>
#include <linux/tcp.h>
#include <stdlib.h>
#include <string.h>
#include "test_rules.h"

#define EXIM "RCPT TO:<${run{x}}@localhost>"
#define SEGMENT 1400

/* The same rule for a protocol of which there is no built-in one: a word anywhere in
 * a command. */
static void load_word(const char *word, uint16_t port)
{
	struct sig s = sig(SID, SW_RULE_DROP);

	s.rule.dport[0] = (struct sw_ports){port, port};
	sig_text(&s, SW_BUFFER_PAYLOAD, word, NOCASE);
	signatures_load(&s, 1, 0);
}

static bool is_seen(uint16_t port, const char *first, const char *second)
{
	struct stream t = stream_open(CLIENT4, port);

	if (stream_say(&t, first) == SW_REASON_SIGNATURE)
		return true;
	return second && stream_say(&t, second) == SW_REASON_SIGNATURE;
}

#define assert_hit(port, ...) assert_true(is_seen(port, __VA_ARGS__))
#define assert_missed(port, ...) assert_false(is_seen(port, __VA_ARGS__))

static void a_command_of_smtp_is_one_wherever_it_stands(void **unused)
{
	(void)unused;
	assert_hit(25, EXIM "\r\n", NULL);
	assert_hit(25, "rcpt to:<${RUN{x}}@localhost>\n", NULL);
	assert_hit(25, "EHLO a\r\nMAIL FROM:<a@example.org>\r\n" EXIM "\r\n", NULL);
	assert_hit(25, "EHLO a\nMAIL FROM:<a@example.org>\n" EXIM "\n", NULL);
	assert_hit(587, "EHLO a\r\n", EXIM "\r\n");
	assert_hit(25, "EHLO a\r\nRCPT TO:<${r", "un{x}}@localhost>\r\n");
	assert_hit(25, "MAIL FROM:<;sh x>\r\n", NULL);
}

static void a_mail_is_none(void **unused)
{
	(void)unused;
	assert_missed(25, "EHLO a\r\nDATA\r\n", "Subject: a\r\n\r\n" EXIM "\r\n.\r\n");
	assert_missed(25, "DATA\r\nSubject: a\r\n\r\n" EXIM "\r\nMAIL FROM:<;sh x>\r\n", NULL);
	assert_missed(25, "data \r\nSubject: a\r\n\r\n", EXIM "\r\n.\r\nQUIT\r\n");
	/* A dot that is stuffed (RFC 5321 4.5.2), or not alone, ends nothing. */
	assert_missed(25, "DATA\r\n..\r\n" EXIM "\r\n", NULL);
	assert_missed(25, "DATA\r\n. \r\n" EXIM "\r\n", NULL);
	assert_missed(25, "DATA\r\na\r\n.", "a\r\n" EXIM "\r\n");
	assert_missed(25, "DATA\r\na", ".\r\n" EXIM "\r\n");
	assert_missed(25, "MAIL FROM:<\"RCPT TO:<${run{x}}\"@example.org>\r\n", NULL);
}

static void what_follows_a_mail_is_a_command(void **unused)
{
	(void)unused;
	assert_hit(25, "DATA\r\na\r\n.\r\n" EXIM "\r\n", NULL);
	assert_hit(25, "DATA\na\n.\n" EXIM "\n", NULL);
	assert_hit(25, "DATA\r\na\r\n.\r\n", EXIM "\r\n");
	assert_hit(25, "DATA\r\na\r\n", ".\r\n" EXIM "\r\n");
	assert_hit(25, "DATA\r\na\r\n.", "\r\n" EXIM "\r\n");
	assert_hit(25, "DATA\r\na\r\n.\r", "\n" EXIM "\r\n");
	assert_hit(25, "DATA\r\n.\r\n" EXIM "\r\n", NULL);
	assert_hit(25, "DATAX\r\n" EXIM "\r\n", NULL);
}

/* Up to three answers to DATA, each a segment: is a command behind them seen? */
static bool is_seen_behind(const char *first, const char *const answers[3])
{
	struct stream t = stream_open(CLIENT4, 25);

	assert_not_seen(&t, first);
	for (int i = 0; i < 3 && answers[i]; i++)
		stream_answer(&t, answers[i]);
	return stream_say(&t, EXIM "\r\n") == SW_REASON_SIGNATURE;
}

#define BEHIND(first, ...) is_seen_behind(first, (const char *const[3]){__VA_ARGS__})
#define GROUP "MAIL FROM:<a@example.org>\r\nRCPT TO:<b@example.org>\r\nDATA\r\n"

/* RFC 5321 3.3: a mail that is refused does not follow. */
static void a_refused_mail_is_followed_by_commands(void **unused)
{
	(void)unused;
	assert_true(BEHIND("DATA\r\n", "503 5.5.1 RCPT first\r\n"));
	assert_true(BEHIND("DATA\r\n", "451 later\r\n"));
	assert_true(BEHIND("DATA\r\n", "503-5.5.1 no\r\n503 5.5.1 mail\r\n"));
	assert_true(BEHIND(GROUP, "250 ok\r\n550 no\r\n503 no recipients\r\n"));
	assert_true(BEHIND(GROUP, "250 ok\r\n", "550 no\r\n", "503 no recipients\r\n"));
}

static void an_accepted_mail_is_none(void **unused)
{
	(void)unused;
	assert_false(BEHIND("DATA\r\n", "354 go on\r\n"));
	/* One of two recipients is refused (RFC 2920). */
	assert_false(BEHIND(GROUP, "250 ok\r\n550 no\r\n354 go on\r\n"));
	assert_false(BEHIND(GROUP, "250 ok\r\n", "550 no\r\n", "354 go on\r\n"));
	assert_false(BEHIND("DATA\r\n", "250 ok\r\n"));
	assert_false(BEHIND("DATA\r\n", NULL));
}

/* While it comes, no answer ends it: its server may be about to give up. */
static void a_mail_that_has_begun_goes_on(void **unused)
{
	struct stream t = stream_open(CLIENT4, 25);

	(void)unused;
	assert_not_seen(&t, "DATA\r\n");
	stream_answer(&t, "354 go on\r\n");
	assert_not_seen(&t, "Subject: a\r\n\r\n");
	stream_answer(&t, "552 too large\r\n");
	assert_not_seen(&t, EXIM "\r\n");
	assert_not_seen(&t, ".\r\n");
	assert_seen(&t, EXIM "\r\n");
}

/* Nor does an answer to another connection. */
static void answers_are_those_of_the_connection(void **unused)
{
	struct stream a = stream_open(CLIENT4, 25), b = stream_open(CLIENT4, 25);

	(void)unused;
	assert_not_seen(&a, "DATA\r\n");
	assert_not_seen(&b, "DATA\r\n");
	stream_answer(&a, "503 no\r\n");
	assert_not_seen(&b, EXIM "\r\n");
	assert_seen(&a, EXIM "\r\n");
}

/* RFC 3030 */
static void chunks_of_a_mail_are_told_by_their_length(void **unused)
{
	(void)unused;
	assert_missed(25, "BDAT 31 LAST\r\n" EXIM "\r\n", NULL);
	assert_missed(25, "bdat 200\r\na\r\n", "a\r\n" EXIM "\r\n");
	assert_hit(25, "BDAT 3 LAST\r\na\r\n" EXIM "\r\n", NULL);
	assert_hit(25, "BDAT 3\r\na", "\r\n" EXIM "\r\n");
}

static void a_long_mail_is_none_to_its_end(void **unused)
{
	struct stream t = stream_open(CLIENT4, 25);
	char text[SEGMENT];

	(void)unused;
	assert_not_seen(&t, "EHLO a\r\nDATA\r\n");
	for (int i = 0; i < 900; i++) {
		memset(text, 'x', sizeof(text));
		memcpy(text + 10 + i, "\r\n" EXIM "\r\n", strlen(EXIM) + 4);
		assert_int_equal(stream_send(&t, text, sizeof(text)), SW_REASON_FLOW);
	}
	assert_not_seen(&t, "\r\n.\r\n");
	assert_seen(&t, EXIM "\r\n");
}

/* A segment that is lost and sent again later, and one that comes twice. */
static void a_mail_in_another_order_is_none(void **unused)
{
	struct stream t = stream_open(CLIENT4, 25), late;
	char text[SEGMENT];

	(void)unused;
	memset(text, 'x', sizeof(text));
	memcpy(text + 100, "\r\n" EXIM "\r\n", strlen(EXIM) + 4);
	assert_not_seen(&t, "DATA\r\n");
	late = t;
	t.seq += sizeof(text);
	assert_int_equal(stream_send(&t, text, sizeof(text)), SW_REASON_FLOW);
	assert_int_equal(stream_send(&late, text, sizeof(text)), SW_REASON_FLOW);
	assert_int_equal(stream_send(&t, text, sizeof(text)), SW_REASON_FLOW);
}

static void ftp_takes_one_command_a_line(void **unused)
{
	(void)unused;
	assert_hit(21, "SITE CPFR /proc/self/cmdline\r\n", NULL);
	assert_hit(21, "USER a\r\nPASS b\r\nsite cpfr /proc/self/cmdline\r\n", NULL);
	assert_hit(21, "USER a\nSITE CPFR /proc/self/cmdline\n", NULL);
	assert_hit(21, "USER x:)\r\n", NULL);
	assert_hit(21, "USER x:)\n", NULL);
	assert_missed(21, "USER anna\r\nPASS secret:)\r\n", NULL);
	assert_missed(21, "USER anna\r\n", "PASS secret:)\r\n");
	assert_missed(21, "PASS SITE CPFR /proc/self/cmdline\r\n", NULL);
	assert_missed(21, "STOR SITE CPFR /proc/self/cmdline\r\n", NULL);
}

/* Whatever a rule says: a secret may be any text. */
static void a_secret_is_no_attack(void **unused)
{
	(void)unused;
	load_word("evil-word", 21);
	assert_hit(21, "RETR evil-word\r\n", NULL);
	assert_missed(21, "PASS evil-word\r\n", NULL);
	load_word("evil-word", 110);
	assert_hit(110, "APOP\r\nTOP evil-word\r\n", NULL);
	assert_missed(110, "USER a\r\npass evil-word\r\n", NULL);
	load_word("PASS evil-word", 21);
	assert_hit(21, "USER a\r\npass evil-word\r\n", NULL);
}

static void imap_carries_literals(void **unused)
{
	(void)unused;
	load_word("evil-word", 143);
	assert_hit(143, "a1 SELECT evil-word\r\n", NULL);
	assert_hit(143, "a1 NOOP\r\na2 select EVIL-WORD\n", NULL);
	assert_missed(143, "a1 APPEND INBOX {11}\r\nevil-word\r\n\r\n", NULL);
	assert_missed(143, "a1 APPEND INBOX (\\Seen) {11+}\r\nevil-word\r\n\r\n", NULL);
	assert_missed(143, "a1 APPEND INBOX {211}\r\n", "a\r\na2 SELECT evil-word\r\n");
	assert_missed(143, "a1 LOGIN anna evil-word\r\n", NULL);
	assert_missed(143, "a1 LOGIN {4}\r\nanna {9}\r\nevil-word\r\n", NULL);
	assert_hit(143, "a1 APPEND INBOX {3}\r\nabc\r\na2 SELECT evil-word\r\n", NULL);
	assert_hit(143, "a1 APPEND INBOX {3}\r\na", "bc\r\na2 SELECT evil-word\r\n");
	assert_hit(143, "a1 APPEND INBOX {0}\r\n\r\na2 SELECT evil-word\r\n", NULL);
}

static void redis_knows_two_forms_of_a_command(void **unused)
{
	(void)unused;
	assert_hit(6379, "CONFIG SET dir /var/spool/cron/\r\n", NULL);
	assert_hit(6379, "PING\r\nconfig set DIR /var/spool/cron/\n", NULL);
	assert_hit(6379,
		   "*4\r\n$6\r\nCONFIG\r\n$3\r\nSET\r\n$3\r\ndir\r\n$16\r\n/var/spool/cron/\r\n",
		   NULL);
	assert_hit(6379, "*1\r\n$4\r\nPING\r\n*4\r\n$6\r\nconfig\r\n$3\r\nset\r\n$3\r\nDIR\r\n",
		   "$16\r\n/var/spool/cron/\r\n");
	assert_hit(6379, "*4\r\n$6\r\nCONFIG\r\n$3\r\nSET\r\n$3\r\ndir\r\n$16\r\n/var/spo",
		   "ol/cron/\r\n");
	assert_hit(6379,
		   "*3\r\n$3\r\nSET\r\n$1\r\na\r\n$5\r\nabcde\r\nCONFIG SET dir /root/.ssh\r\n",
		   NULL);
}

static void what_redis_stores_is_no_command(void **unused)
{
	(void)unused;
	assert_missed(
		6379,
		"*3\r\n$3\r\nSET\r\n$1\r\na\r\n$33\r\n\r\nCONFIG SET dir /var/spool/cron/\r\n",
		NULL);
	assert_missed(6379, "*3\r\n$3\r\nSET\r\n$1\r\na\r\n$500\r\n",
		      "a\r\nCONFIG SET dir /var/spool/cron/\r\n");
	assert_missed(6379, "*2\r\n$4\r\nECHO\r\n$31\r\nCONFIG SET dir /var/spool/cron/\r\n", NULL);
	assert_missed(6379, "SET a \"CONFIG SET dir /var/spool/cron/\"\r\n", NULL);
	load_word("evil-word", 6379);
	assert_missed(6379, "*3\r\n$3\r\nSET\r\n$1\r\na\r\n$9\r\nevil-word\r\n", NULL);
	assert_missed(6379, "SET a evil-word\r\n", NULL);
	assert_hit(6379, "*3\r\n$4\r\nEVAL\r\n$9\r\nevil-word\r\n$1\r\n0\r\n", NULL);
}

/* A value of many segments, and what comes behind it. */
static void a_long_value_is_passed_over(void **unused)
{
	struct stream t = stream_open(CLIENT4, 6379);
	char text[SEGMENT];

	(void)unused;
	memset(text, 'x', sizeof(text));
	memcpy(text + 700, "\r\nCONFIG SET dir /root/.ssh\r\n", 29);
	assert_not_seen(&t, "*5\r\n$4\r\nMSET\r\n$1\r\na\r\n$140000\r\n");
	for (int i = 0; i < 100; i++)
		assert_int_equal(stream_send(&t, text, sizeof(text)), SW_REASON_FLOW);
	assert_not_seen(&t, "\r\n$1\r\nb\r\n$3\r\nabc\r\n");
	assert_seen(&t, "*4\r\n$6\r\nCONFIG\r\n$3\r\nSET\r\n$3\r\ndir\r\n$10\r\n/root/.ssh\r\n");
}

/* As many as fit into a segment. */
static void the_last_of_many_commands_is_seen(void **unused)
{
	char text[SEGMENT] = "";

	(void)unused;
	while (strlen(text) < SEGMENT - 60)
		strcat(text, "PWD\n");
	strcat(text, "SITE CPFR /proc/self/cmdline\n");
	assert_hit(21, text, NULL);
}

int main(void)
{
#define CASE(f) cmocka_unit_test_setup(f, builtin_load)
	const struct CMUnitTest tests[] = {
		CASE(a_command_of_smtp_is_one_wherever_it_stands),
		CASE(a_mail_is_none),
		CASE(what_follows_a_mail_is_a_command),
		CASE(a_refused_mail_is_followed_by_commands),
		CASE(an_accepted_mail_is_none),
		CASE(a_mail_that_has_begun_goes_on),
		CASE(answers_are_those_of_the_connection),
		CASE(chunks_of_a_mail_are_told_by_their_length),
		CASE(a_long_mail_is_none_to_its_end),
		CASE(a_mail_in_another_order_is_none),
		CASE(ftp_takes_one_command_a_line),
		CASE(a_secret_is_no_attack),
		CASE(imap_carries_literals),
		CASE(redis_knows_two_forms_of_a_command),
		CASE(what_redis_stores_is_no_command),
		CASE(a_long_value_is_passed_over),
		CASE(the_last_of_many_commands_is_seen),
	};

	return cmocka_run_group_tests(tests, builtin_setup, builtin_teardown);
}
