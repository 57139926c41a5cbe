// SPDX-License-Identifier: GPL-2.0-only
/* Refusals by services, per protocol: who is blocked for them and who is not. */
#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "test_rules.h"

#define ATTACKER 0xc6336401u /* 198.51.100.1 */
#define NOT_FOUND "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"
#define FOUND "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 2\r\n\r\nhi"
#define UNAUTHORIZED "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic realm=\"a\"\r\n\r\n"
#define BROWSER \
	"User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0\r\n"

static int reset(void **unused)
{
	struct sw_inspect_ports *p = calloc(1, sizeof(*p));
	static const uint16_t watched[] = {80, 21, 22, 23, 25, 110, 143, 3306, 5432, 6379};

	signatures_reset(unused);
	signatures_load(NULL, 0, 0);
	for (size_t i = 0; i < sizeof(watched) / sizeof(watched[0]); i++)
		p->tcp[watched[i]] = SW_INSPECT_ANSWERS;
	for (uint32_t half = 0; half < 2; half++)
		bpf_map_update_elem(bpf_map__fd(prog.skel->maps.inspect_ports), &half, p, 0);
	free(p);
	return 0;
}

static bool is_blocked(uint32_t addr)
{
	struct frame f = tcp4(addr, OPEN_PORT, F_SYN);

	return ask(&f) == SW_REASON_BLOCKED_ADDRESS;
}

/* What the service sends back over the connection. */
static void answer_bytes(const struct stream *t, const void *bytes, size_t length, uint8_t flags,
			 uint32_t seq)
{
	struct frame f = frame_eth(ETH_P_IP);
	uint32_t ack = htonl(t->seq);

	frame_ip4(&f, SERVER4, t->src, IPPROTO_TCP, 0);
	frame_tcp(&f, t->dport, t->sport, flags);
	frame_seq(&f, seq);
	memcpy(f.byte + f.size - sizeof(struct tcphdr) + 8, &ack, sizeof(ack));
	memcpy(f.byte + f.size, bytes, length);
	f.size += length;
	assert_int_equal(leave_from_socket(&f), -1);
}

static void answers(const struct stream *t, const char *text)
{
	answer_bytes(t, text, strlen(text), F_ACK | F_PSH, 5000);
}

/* A request, and what it gets. */
static void exchange(struct stream *t, const char *request, const char *answer)
{
	stream_say(t, request);
	answers(t, answer);
}

static void get(struct stream *t, const char *path, const char *header, const char *answer)
{
	char request[1024];

	snprintf(request, sizeof(request), "GET %s HTTP/1.1\r\nHost: a\r\n" BROWSER "%s\r\n", path,
		 header);
	exchange(t, request, answer);
}

static const struct sw_event *last_event(void)
{
	read_events();
	assert_in_range(prog.events, 1, 64);
	return &prog.event[prog.events - 1];
}

/* The n-th word of a list, without digits. */
static const char *word(int n)
{
	static char text[16];

	snprintf(text, sizeof(text), "w%c%c%c", 'a' + n % 26, 'a' + n / 26 % 26, 'a' + n / 676);
	return text;
}

static const char *path_of(int n)
{
	static char text[32];

	snprintf(text, sizeof(text), "/%s", word(n));
	return text;
}

/* ---- pages */

static void a_search_for_pages_is_blocked(void **unused)
{
	struct stream t = stream_open(ATTACKER, 80);
	const struct sw_event *ev;
	(void)unused;
	for (int i = 0; i < 11; i++)
		get(&t, path_of(i), "", NOT_FOUND);
	assert_false(is_blocked(ATTACKER));
	get(&t, path_of(11), "", NOT_FOUND);
	assert_true(is_blocked(ATTACKER));
	ev = last_event();
	assert_int_equal(ev->type, SW_EVENT_BLOCK);
	assert_int_equal(ev->evidence, SW_EVIDENCE_REFUSED);
	assert_int_equal(ev->refused, SW_REFUSED_PAGE);
	assert_int_equal(ev->refused_count, 12);
	assert_int_equal(ntohs(ev->dport), 80);
	assert_false(ev->expires_tick & SW_EXPIRES_NEW_ONLY);
}

/* nikto asks for one made up name with every extension it knows. */
static void a_search_for_extensions_is_blocked(void **unused)
{
	struct stream t = stream_open(ATTACKER, 80);
	char path[64];
	(void)unused;
	for (int i = 0; i < 12; i++) {
		snprintf(path, sizeof(path), "/3JZxd45v.%s", word(i));
		get(&t, path, "", NOT_FOUND);
	}
	assert_true(is_blocked(ATTACKER));
}

static void but_for_detect_only(void **unused)
{
	struct stream t = stream_open(ATTACKER, 80);
	const struct sw_event *ev;
	(void)unused;
	prog.set->detect_only = 1;
	prog.set->detect_kinds = 1u << SW_EVIDENCE_REFUSED;
	for (int i = 0; i < 30; i++)
		get(&t, path_of(i), "", NOT_FOUND);
	assert_false(is_blocked(ATTACKER));
	ev = last_event();
	assert_int_equal(prog.events, 1);
	assert_int_equal(ev->type, SW_EVENT_WOULD_BLOCK);
	assert_int_equal(ev->evidence, SW_EVIDENCE_REFUSED);
	assert_int_equal(ev->expires_tick, 0);
}

static void every_refusal_of_a_page_counts(void **unused)
{
	static const char *const status[] = {"401 a", "403 a", "404 a", "410 a", "429 a"};
	struct stream t = stream_open(ATTACKER, 80);
	char text[64];
	(void)unused;
	for (int i = 0; i < 12; i++) {
		snprintf(text, sizeof(text), "HTTP/1.%d %s\r\n\r\n", i % 2, status[i % 5]);
		get(&t, path_of(i), "", text);
	}
	assert_true(is_blocked(ATTACKER));
}

static void other_answers_do_not(void **unused)
{
	static const char *const status[] = {"200 a", "301 a", "302 a", "400 a", "405 a",
					     "500 a", "502 a", "503 a", "304 a", "206 a"};
	struct stream t = stream_open(ATTACKER, 80);
	char text[64];
	(void)unused;
	for (int i = 0; i < 200; i++) {
		snprintf(text, sizeof(text), "HTTP/1.1 %s\r\n\r\n", status[i % 10]);
		get(&t, path_of(i), "", text);
	}
	assert_false(is_blocked(ATTACKER));
}

static void detect_mode_only_tells(void **unused)
{
	struct stream t = stream_open(ATTACKER, 80);
	(void)unused;
	prog.set->mode = SW_DETECT;
	for (int i = 0; i < 12; i++)
		get(&t, path_of(i), "", NOT_FOUND);
	assert_int_equal(last_event()->type, SW_EVENT_WOULD_BLOCK);
}

/* One page with two hundred dead images, style sheets and icons. */
static void a_browser_on_a_page_of_dead_images(void **unused)
{
	struct stream t = stream_open(CLIENT4, 80);
	char path[64];
	(void)unused;
	get(&t, "/index", "", FOUND);
	for (int i = 0; i < 150; i++) {
		snprintf(path, sizeof(path), "/img/%s.%s", word(i), i % 2 ? "png" : "webp");
		get(&t, path, "Referer: http://a/index\r\n", NOT_FOUND);
	}
	for (int i = 0; i < 20; i++) {
		snprintf(path, sizeof(path), "/apple-touch-icon-%s.png", word(i));
		get(&t, path, "", NOT_FOUND);
	}
	assert_false(is_blocked(CLIENT4));
}

/* What every browser sends and a page cannot take away. */
#define BROWSER_HEAD "Accept: */*\r\nAccept-Language: en-US,en;q=0.5\r\n"

/* A foreign page, with <meta name="referrer" content="no-referrer">, has its reader's
 * browser ask for pages that are not there, and post forms with passwords. */
static void a_foreign_page_gets_no_reader_blocked(void **unused)
{
	struct stream t = stream_open(CLIENT4, 80);
	char text[1400], path[1100];

	(void)unused;
	for (int i = 0; i < 300; i++)
		get(&t, path_of(i), BROWSER_HEAD, NOT_FOUND);
	assert_false(is_blocked(CLIENT4));
	for (int i = 0; i < 40; i++) {
		snprintf(text, sizeof(text),
			 "POST /login HTTP/1.1\r\nHost: a\r\n" BROWSER BROWSER_HEAD
			 "Origin: null\r\nContent-Length: 20\r\n\r\nuser=a&password=%s",
			 word(i));
		exchange(&t, text, UNAUTHORIZED);
	}
	assert_false(is_blocked(CLIENT4));
	/* A path so long that the header stands behind what is kept of a request. */
	memset(path, 'a', sizeof(path));
	path[0] = '/';
	path[sizeof(path) - 1] = '\0';
	for (int i = 0; i < 60; i++) {
		memcpy(path + 1, word(i), 4);
		snprintf(text, sizeof(text), "GET %s HTTP/1.1\r\nHost: a\r\n" BROWSER_HEAD "\r\n",
			 path);
		exchange(&t, text, NOT_FOUND);
	}
	assert_false(is_blocked(CLIENT4));
}

/* A link in three is dead; three a second. */
static void a_crawler_with_old_links(void **unused)
{
	struct stream t = stream_open(CLIENT4, 80);
	(void)unused;
	for (int i = 0; i < 600; i++) {
		get(&t, path_of(i), "", i % 3 ? FOUND : NOT_FOUND);
		advance(SECOND / 3);
	}
	/* A site that has moved: all are dead, one a second. */
	for (int i = 0; i < 600; i++) {
		get(&t, path_of(i), "", NOT_FOUND);
		advance(SECOND);
	}
	assert_false(is_blocked(CLIENT4));
}

static void a_program_that_polls(void **unused)
{
	struct stream t = stream_open(CLIENT4, 80);
	char path[64];
	(void)unused;
	for (int i = 0; i < 1000; i++) {
		get(&t, "/api/jobs/next", "", NOT_FOUND);
		snprintf(path, sizeof(path), "/api/items/%d", i);
		get(&t, path, "", NOT_FOUND);
		/* A build's cache asks for everything once. */
		snprintf(path, sizeof(path), "/cas/%08x%08x%08x", i * 2654435761u, i * 40503u + 7,
			 i);
		get(&t, path, "", NOT_FOUND);
		snprintf(path, sizeof(path), "/pool/tool-2.%d.1.deb", i);
		get(&t, path, "", NOT_FOUND);
		snprintf(path, sizeof(path), "/releases/v1.%d", i);
		get(&t, path, "", NOT_FOUND);
	}
	assert_false(is_blocked(CLIENT4));
}

static void many_behind_one_address(void **unused)
{
	(void)unused;
	for (int i = 0; i < 100; i++) {
		struct stream t = stream_open(CLIENT4, 80);

		get(&t, path_of(i), "X-Forwarded-For: 203.0.113.77\r\n", NOT_FOUND);
	}
	assert_false(is_blocked(CLIENT4));
	assert_int_equal(last_event()->type, SW_EVENT_SPARED);
	assert_int_equal(prog.events, 1);
}

static void the_allowed_are_told_of(void **unused)
{
	struct stream t = stream_open(ATTACKER, 80);
	(void)unused;
	put_allow4(ATTACKER, 32, SW_EXPIRES_TICKS);
	for (int i = 0; i < 50; i++)
		get(&t, path_of(i), "", NOT_FOUND);
	assert_false(is_blocked(ATTACKER));
	assert_int_equal(last_event()->type, SW_EVENT_SPARED);
	assert_int_equal(prog.events, 1);
}

static void zero_switches_it_off(void **unused)
{
	struct stream t = stream_open(ATTACKER, 80);
	(void)unused;
	prog.set->refused_pages = 0;
	for (int i = 0; i < 100; i++)
		get(&t, path_of(i), "", NOT_FOUND);
	assert_false(is_blocked(ATTACKER));
}

static void ports_that_are_not_watched(void **unused)
{
	struct stream t = stream_open(ATTACKER, 8123);
	(void)unused;
	for (int i = 0; i < 100; i++)
		get(&t, path_of(i), "", NOT_FOUND);
	assert_false(is_blocked(ATTACKER));
}

/* ---- logins: each row is what a guesser says and is told */

struct login {
	const char *name;
	uint16_t port;
	const char *first, *first_answer; /* NULL: there is none */
	const char *guess;		  /* %s: another each time */
	const char *refusal, *success;
};

static const struct login logins[] = {
	{"FTP", 21, "USER admin\r\n", "331 Please specify the password.\r\n", "PASS %s\r\n",
	 "530 Login incorrect.\r\n", "230 Login successful.\r\n"},
	{"SMTP AUTH PLAIN", 25, NULL, NULL, "AUTH PLAIN AGFkbWluA%s\r\n",
	 "535 5.7.8 Error: authentication failed: (reason unavailable)\r\n",
	 "235 2.7.0 Authentication successful\r\n"},
	{"SMTP AUTH LOGIN", 25, "YWRtaW4=\r\n", "334 UGFzc3dvcmQ6\r\n", "%sAAAA==\r\n",
	 "535 5.7.8 Error: authentication failed: UGFzc3dvcmQ6\r\n",
	 "235 2.7.0 Authentication successful\r\n"},
	{"POP3", 110, "USER admin\r\n", "+OK\r\n", "PASS %s\r\n",
	 "-ERR [AUTH] Authentication failed.\r\n", "+OK Logged in.\r\n"},
	{"IMAP", 143, NULL, NULL, "a2 LOGIN admin %s\r\n",
	 "a2 NO [AUTHENTICATIONFAILED] Authentication failed.\r\n", "a2 OK Logged in\r\n"},
	{"Redis", 6379, NULL, NULL, "*2\r\n$4\r\nAUTH\r\n$4\r\n%s\r\n",
	 "-WRONGPASS invalid username-password pair or user is disabled.\r\n", "+OK\r\n"},
	{"Redis 5", 6379, NULL, NULL, "AUTH %s\r\n", "-ERR invalid password\r\n", "+OK\r\n"},
	{"Redis, commands", 6379, NULL, NULL, "%s x\r\n", "-NOAUTH Authentication required.\r\n",
	 NULL},
	{"telnet", 23, "admin\r\n", "Password: ", "%sword\r\n",
	 "\r\nLogin incorrect\r\nhost login: ", NULL},
	{"HTTP Basic", 80, NULL, NULL,
	 "GET / HTTP/1.1\r\nHost: a\r\nAuthorization: Basic %s\r\n\r\n", UNAUTHORIZED, FOUND},
	{"a form", 80, NULL, NULL,
	 "POST /login HTTP/1.1\r\nHost: a\r\nContent-Type: application/x-www-form-urlencoded\r\n"
	 "Content-Length: 25\r\n\r\nuser=admin&password=%s",
	 FOUND, "HTTP/1.1 302 Found\r\nLocation: /home\r\n\r\n"},
	{"a form that leads back", 80, NULL, NULL,
	 "POST /login HTTP/1.1\r\nHost: a\r\n\r\nuser=admin&pwd=%s",
	 "HTTP/1.1 302 Found\r\nServer: b\r\nLocation: /login?error=1\r\n\r\n",
	 "HTTP/1.1 303 See Other\r\nLocation: /\r\n\r\n"},
	{"JSON", 80, NULL, NULL,
	 "POST /api/session HTTP/1.1\r\nHost: a\r\n\r\n{\"user\":\"admin\",\"password\":\"%s\"}",
	 "HTTP/1.1 401 Unauthorized\r\nContent-Type: application/json\r\n\r\n{}",
	 "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n{}"},
};

static void try_login(const struct login *l, uint32_t from, const char *secret, bool good)
{
	struct stream t = stream_open(from, l->port);
	char text[512];

	if (l->first)
		exchange(&t, l->first, l->first_answer);
	snprintf(text, sizeof(text), l->guess, secret);
	exchange(&t, text, good ? l->success : l->refusal);
}

#define each_login(l) \
	for (const struct login *l = logins; l < logins + sizeof(logins) / sizeof(*logins); l++)

static void guesses_are_blocked(void **unused)
{
	uint32_t from = ATTACKER;

	(void)unused;
	each_login(l)
	{
		for (int i = 0; i < 6; i++) {
			if (is_blocked(from))
				fail_msg("%s: blocked at guess %d", l->name, i);
			try_login(l, from, word(i), false);
			advance(5 * SECOND);
		}
		if (!is_blocked(from))
			fail_msg("%s: not blocked", l->name);
		assert_int_equal(last_event()->refused, SW_REFUSED_LOGIN);
		assert_int_equal(last_event()->refused_count, 6);
		prog.events = 0;
		from++;
	}
}

/* A mail program, a script, a camera with its old password, all day long. */
static void an_old_password_is_one_guess(void **unused)
{
	uint32_t from = ATTACKER;

	(void)unused;
	each_login(l)
	{
		for (int i = 0; i < 300; i++) {
			try_login(l, from, "oldone", false);
			if (i % 4 == 0)
				advance(61 * SECOND);
		}
		if (is_blocked(from))
			fail_msg("%s: blocked", l->name);
		from++;
	}
}

static void a_success_forgives(void **unused)
{
	uint32_t from = ATTACKER;

	(void)unused;
	each_login(l)
	{
		if (!l->success)
			continue;
		for (int i = 0; i < 5; i++)
			try_login(l, from, word(i), false);
		try_login(l, from, "right", true);
		for (int i = 5; i < 8; i++)
			try_login(l, from, word(i), false);
		if (is_blocked(from))
			fail_msg("%s: blocked", l->name);
		from++;
	}
}

/* Sixteen connections ask at once, before any is answered. */
static void guesses_wait_for_each_other(void **unused)
{
	uint32_t from = ATTACKER;
	struct stream t[16];
	char text[512];

	(void)unused;
	each_login(l)
	{
		int through = 0;

		if ((l->port == 80 && strncmp(l->name, "a form", 6) != 0) ||
		    strstr(l->name, "commands"))
			continue;
		for (int i = 0; i < 16; i++) {
			t[i] = stream_open(from, l->port);
			if (l->first)
				exchange(&t[i], l->first, l->first_answer);
			snprintf(text, sizeof(text), l->guess, word(i));
			through += stream_say(&t[i], text) == SW_REASON_FLOW;
		}
		if (through != 6)
			fail_msg("%s: %d guesses reached the service", l->name, through);
		/* Whoever waits comes again, and is let in when there is an answer. Two, as
		 * of one connection the place in `requests` may be another's by now. */
		for (int i = 0; i < 2; i++)
			answers(&t[i], l->success ? l->success : l->refusal);
		if (l->success)
			assert_int_equal(stream_say(&t[15], text), SW_REASON_FLOW);
		for (int i = 2; i < 7; i++)
			answers(&t[i], l->refusal);
		from++;
	}
}

/* SYNs with data (RFC 7413) need no handshake, so anybody sends them. */
static void forged_guesses_keep_nobody_waiting(void **unused)
{
	struct stream t = stream_open(CLIENT4, 21);
	struct frame f;

	(void)unused;
	for (int i = 0; i < 20; i++) {
		f = frame_eth(ETH_P_IP);
		frame_ip4(&f, CLIENT4, SERVER4, IPPROTO_TCP, 0);
		frame_tcp(&f, 50000 + i, OPEN_PORT, F_SYN);
		memcpy(f.byte + f.size, "PASS x\r\n", 8);
		f.size += 8;
		assert_int_equal(run(&f), SW_REASON_OPEN_PORT);
	}
	assert_int_equal(stream_say(&t, "PASS x\r\n"), SW_REASON_FLOW);
}

static void a_silent_service_keeps_nobody_waiting(void **unused)
{
	(void)unused;
	for (int i = 0; i < 60; i++) {
		struct stream t = stream_open(CLIENT4, 21);

		if (i % 6 == 0)
			advance(5 * SECOND);
		assert_int_equal(stream_say(&t, "PASS x\r\n"), SW_REASON_FLOW);
	}
}

static void customers_and_proxies_do_not_wait(void **unused)
{
	struct stream t = stream_open(CLIENT4, 80);

	(void)unused;
	get(&t, "/", "X-Forwarded-For: 203.0.113.77\r\n", FOUND);
	put_allow4(ATTACKER, 32, SW_EXPIRES_TICKS);
	for (int i = 0; i < 20; i++) {
		struct stream a = stream_open(CLIENT4, 21), b = stream_open(ATTACKER, 21);

		assert_int_equal(stream_say(&a, "PASS x\r\n"), SW_REASON_FLOW);
		assert_int_equal(stream_say(&b, "PASS x\r\n"), SW_REASON_FLOW);
	}
}

/* What was under way when it was blocked makes no block longer. */
static void one_deed_is_one_block(void **unused)
{
	struct stream t = stream_open(ATTACKER, 80);
	(void)unused;
	for (int i = 0; i < 12; i++)
		get(&t, path_of(i), "", NOT_FOUND);
	for (int i = 12; i < 60; i++)
		answers(&t, NOT_FOUND);
	read_events();
	assert_int_equal(prog.events, 1);
}

/* The same password for one user after the other. */
static void a_spray_over_users_is_blocked(void **unused)
{
	char user[64];

	(void)unused;
	for (int i = 0; i < 6; i++) {
		struct stream t = stream_open(ATTACKER, 21);

		snprintf(user, sizeof(user), "USER %s\r\n", word(i));
		exchange(&t, user, "331 Please specify the password.\r\n");
		exchange(&t, "PASS Summer2026\r\n", "530 Login incorrect.\r\n");
	}
	assert_true(is_blocked(ATTACKER));
}

static const char mysql_refusal[] = "\x48\x00\x00\x02\xff\x15\x04#28000Access denied for user";
static const char postgres_refusal[] = "E\0\0\0\x63SFATAL\0VFATAL\0C28P01\0Mpassword failed";

/* Whether it is the same once more cannot be told: it is the pace that tells. */
static void guesses_at_databases_are_blocked(void **unused)
{
	static const struct {
		uint16_t port;
		const char *bytes;
		size_t length;
	} db[] = {{3306, mysql_refusal, sizeof(mysql_refusal)},
		  {5432, postgres_refusal, sizeof(postgres_refusal)}};

	(void)unused;
	for (int d = 0; d < 2; d++) {
		struct stream t = stream_open(ATTACKER + d, db[d].port);

		for (int i = 0; i < 6; i++) {
			assert_false(is_blocked(ATTACKER + d));
			stream_say(&t, "something scrambled");
			answer_bytes(&t, db[d].bytes, db[d].length, F_ACK | F_PSH, 5000);
			advance(SECOND / 10);
		}
		assert_true(is_blocked(ATTACKER + d));
		/* A service with an old password, every three seconds. */
		t = stream_open(CLIENT4, db[d].port);
		for (int i = 0; i < 300; i++) {
			stream_say(&t, "something scrambled");
			answer_bytes(&t, db[d].bytes, db[d].length, F_ACK | F_PSH, 5000);
			advance(3 * SECOND);
		}
		assert_false(is_blocked(CLIENT4));
	}
}

static void a_challenge_is_answered_anew_each_time(void **unused)
{
	char response[128];

	(void)unused;
	for (int i = 0; i < 100; i++) {
		struct stream t = stream_open(CLIENT4, 25);

		exchange(&t, "AUTH CRAM-MD5\r\n", "334 PDE4OTYuNjk3MTcwOTUyQHBvc3Q+\r\n");
		snprintf(response, sizeof(response),
			 "dGltIGI5MTNhNjAyYzdlZGE3YTQ5NWI0ZTZlNzMzNGQz%s\r\n", word(i));
		exchange(&t, response, "535 5.7.8 Error: authentication failed\r\n");
		advance(60 * SECOND);
	}
	assert_false(is_blocked(CLIENT4));
}

/* A check that has no credentials, or the wrong ones, all day. */
static void a_monitor_that_is_refused(void **unused)
{
	struct stream t = stream_open(CLIENT4, 80);
	(void)unused;
	for (int i = 0; i < 1000; i++) {
		get(&t, "/health", "", UNAUTHORIZED);
		get(&t, "/status", "Authorization: Basic YTpi\r\n", UNAUTHORIZED);
		get(&t, "/metrics", "Authorization: Bearer abc\r\n", UNAUTHORIZED);
		advance(10 * SECOND);
	}
	assert_false(is_blocked(CLIENT4));
}

static void negotiation_is_no_refusal(void **unused)
{
	struct stream t = stream_open(CLIENT4, 80);
	char header[64];
	(void)unused;
	for (int i = 0; i < 100; i++) {
		snprintf(header, sizeof(header), "Authorization: NTLM TlRMTVNTUAAB%s\r\n", word(i));
		get(&t, "/share", header, UNAUTHORIZED);
	}
	assert_false(is_blocked(CLIENT4));
}

/* What is said in answers, pages and mails, and is none. */
static void words_that_only_look_like_it(void **unused)
{
	struct stream t = stream_open(CLIENT4, 25), u = stream_open(CLIENT4, 143);
	struct stream w = stream_open(CLIENT4, 80), r = stream_open(CLIENT4, 6379);
	char text[128];
	(void)unused;
	for (int i = 0; i < 100; i++) {
		snprintf(text, sizeof(text), "MAIL FROM:<%s@a.example>\r\n", word(i));
		exchange(&t, text, "530 5.7.0 Must issue a STARTTLS command first\r\n");
		snprintf(text, sizeof(text), "a%d SELECT %s\r\n", i, word(i));
		exchange(&u, text, "a1 NO Mailbox doesn't exist\r\n");
		snprintf(text, sizeof(text), "GET %s\r\n", word(i));
		exchange(&r, text, "-ERR unknown command\r\n");
		snprintf(text, sizeof(text),
			 "POST /search HTTP/1.1\r\nHost: a\r\n\r\nq=passport+%s&page=1", word(i));
		exchange(&w, text, FOUND);
	}
	assert_false(is_blocked(CLIENT4));
}

/* ---- SSH */

static void ssh_connection(uint32_t from, uint32_t moved, uint64_t lasts, bool keys)
{
	static const uint8_t reply[] = {0, 0, 0, 12, 6,	 31, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
					0, 0, 0, 12, 10, 21, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0};
	struct stream t = stream_open(from, 22);

	answer_bytes(&t, "SSH-2.0-OpenSSH_9.2p1\r\n", 23, F_ACK | F_PSH, 5000);
	stream_say(&t, "SSH-2.0-libssh_0.10\r\n");
	if (keys)
		answer_bytes(&t, reply, sizeof(reply), F_ACK | F_PSH, 5023);
	advance(lasts);
	answer_bytes(&t, "", 0, F_ACK | F_FIN, 5023 + sizeof(reply) + moved);
}

static void ssh_without_sessions_is_blocked(void **unused)
{
	(void)unused;
	for (int i = 0; i < 6; i++) {
		assert_false(is_blocked(ATTACKER));
		ssh_connection(ATTACKER, 500, 2 * SECOND, true);
	}
	assert_true(is_blocked(ATTACKER));
	assert_int_equal(last_event()->refused, SW_REFUSED_SESSION);
}

static void ssh_of_others_is_not(void **unused)
{
	(void)unused;
	for (int i = 0; i < 100; i++) {
		ssh_connection(CLIENT4, 3000, SECOND, true);	     /* a command each */
		ssh_connection(CLIENT4 + 1, 0, SECOND, false);	     /* a monitor */
		ssh_connection(CLIENT4 + 2, 500, 70 * SECOND, true); /* who thinks for long */
		ssh_connection(CLIENT4 + 3, i % 5 ? 500 : 3000, 1,
			       true); /* a wrong key, at times */
	}
	for (int i = 0; i < 4; i++)
		assert_false(is_blocked(CLIENT4 + i));
}

int main(void)
{
#define T(f) cmocka_unit_test_setup(f, reset)
	const struct CMUnitTest tests[] = {
		T(a_search_for_pages_is_blocked),
		T(a_search_for_extensions_is_blocked),
		T(but_for_detect_only),
		T(every_refusal_of_a_page_counts),
		T(other_answers_do_not),
		T(detect_mode_only_tells),
		T(a_browser_on_a_page_of_dead_images),
		T(a_foreign_page_gets_no_reader_blocked),
		T(a_crawler_with_old_links),
		T(a_program_that_polls),
		T(many_behind_one_address),
		T(the_allowed_are_told_of),
		T(zero_switches_it_off),
		T(ports_that_are_not_watched),
		T(guesses_are_blocked),
		T(an_old_password_is_one_guess),
		T(a_success_forgives),
		T(guesses_wait_for_each_other),
		T(forged_guesses_keep_nobody_waiting),
		T(a_silent_service_keeps_nobody_waiting),
		T(customers_and_proxies_do_not_wait),
		T(one_deed_is_one_block),
		T(a_spray_over_users_is_blocked),
		T(guesses_at_databases_are_blocked),
		T(a_challenge_is_answered_anew_each_time),
		T(a_monitor_that_is_refused),
		T(negotiation_is_no_refusal),
		T(words_that_only_look_like_it),
		T(ssh_without_sessions_is_blocked),
		T(ssh_of_others_is_not),
	};
#undef T
	return cmocka_run_group_tests(tests, program_setup_payloads, program_teardown);
}
