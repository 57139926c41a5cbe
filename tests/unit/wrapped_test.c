// SPDX-License-Identifier: GPL-2.0-only
/* Text about an attack is not an attack: whatever matches a built-in rule is sent again as
 * harmless users send it. No source is blocked for it, and only the rules in
 * tests/rules/wrapped.list end the connection. */
#include <ctype.h>
#include <glob.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "rules/builtin.h"
#include "rules/rules.h"
#include "examples.h"
#include "test_rules.h"

#define LIST "tests/rules/wrapped.list"
#define SEGMENT 1400
#define DAY (86400 * SECOND)

static struct sw_rule_stat *before;
static long counted;
static int listener[65536];

struct text {
	char byte[SEGMENT + 1];
	size_t length, room;
};

static void put(struct text *t, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	t->length += vsnprintf(t->byte + t->length, sizeof(t->byte) - t->length, format, args);
	va_end(args);
	assert_true(t->length <= SEGMENT);
}

/* ---- the ways in which a text is quoted; each stops where the room ends */

static void as_is(struct text *t, const struct example *x)
{
	for (size_t i = 0; i < x->length && t->length < t->room; i++)
		put(t, "%c", x->payload[i] ? x->payload[i] : ' ');
}

/* What encodeURIComponent() leaves, it leaves. */
static void percent_encoded(struct text *t, const struct example *x)
{
	for (size_t i = 0; i < x->length && t->length + 3 < t->room; i++)
		put(t,
		    isalnum(x->payload[i]) || (x->payload[i] && strchr("-_.!~*'()", x->payload[i]))
			    ? "%c"
			    : "%%%02X",
		    x->payload[i]);
}

static void in_json(struct text *t, const struct example *x)
{
	for (size_t i = 0; i < x->length && t->length + 6 < t->room; i++) {
		uint8_t c = x->payload[i];

		if (c == '\r' || c == '\n')
			put(t, "\\%c", c == '\r' ? 'r' : 'n');
		else if (c == '"' || c == '\\')
			put(t, "\\%c", c);
		else
			put(t, c < ' ' || c > '~' ? "\\u%04x" : "%c", c);
	}
}

static void in_lines(struct text *t, const struct example *x)
{
	for (size_t i = 0; i < x->length && t->length < t->room; i++)
		if (x->payload[i] && x->payload[i] != '\r')
			put(t, x->payload[i] == '\n' ? "\r\n" : "%c", x->payload[i]);
}

/* ---- who sends it */

static void search(struct text *t, const struct example *x)
{
	put(t, "GET /search?q=");
	percent_encoded(t, x);
	put(t, " HTTP/1.1\r\nHost: www.example.org\r\n\r\n");
}

static void log_line(struct text *t, const struct example *x)
{
	put(t, "POST /logs/_bulk HTTP/1.1\r\nHost: logs.example.org\r\n"
	       "Content-Type: application/x-ndjson\r\nContent-Length: 1200\r\n\r\n"
	       "{\"index\":{}}\n{\"message\":\"");
	in_json(t, x);
	put(t, "\"}\n");
}

static void upload(struct text *t, const struct example *x)
{
	put(t, "POST /files HTTP/1.1\r\nHost: www.example.org\r\n"
	       "Content-Type: multipart/form-data; boundary=b0\r\nContent-Length: 1200\r\n\r\n"
	       "--b0\r\nContent-Disposition: form-data; name=\"f\"; filename=\"a.txt\"\r\n\r\n");
	as_is(t, x);
	put(t, "\r\n--b0--\r\n");
}

static void put_file(struct text *t, const struct example *x)
{
	put(t, "PUT /notes/incident.txt HTTP/1.1\r\nHost: www.example.org\r\n"
	       "Content-Length: 1300\r\n\r\n");
	as_is(t, x);
}

static void referer(struct text *t, const struct example *x)
{
	put(t, "GET /page HTTP/1.1\r\nHost: www.example.org\r\n"
	       "Referer: http://search.example.net/?q=");
	percent_encoded(t, x);
	put(t, "\r\n\r\n");
}

/* What another client says of the same file: stores it, lists it, looks at it in a
 * code host. `url` of the example; nothing where it has none. */
static bool has_url(const struct example *x, size_t *from, size_t *to)
{
	const char *at = memchr(x->payload, '/', x->length < 12 ? x->length : 12), *end;

	if (!at)
		return false;
	end = memmem(at, (const char *)x->payload + x->length - at, " HTTP/1.", 8);
	*from = at - (const char *)x->payload;
	*to = end ? (size_t)(end - (const char *)x->payload) : 0;
	return end && *from && x->payload[*from - 1] == ' ';
}

static void put_url(struct text *t, const struct example *x, const char *method, const char *below)
{
	size_t from, to;

	put(t, "%s %s", method, below);
	if (has_url(x, &from, &to))
		for (; from < to && t->length < t->room; from++)
			put(t, "%c", x->payload[from] ? x->payload[from] : ' ');
	put(t, " HTTP/1.1\r\nHost: www.example.org\r\n\r\n");
}

static void store(struct text *t, const struct example *x)
{
	put_url(t, x, "PUT", "/files");
}

static void propfind(struct text *t, const struct example *x)
{
	put_url(t, x, "PROPFIND", "/files");
}

static void view(struct text *t, const struct example *x)
{
	put_url(t, x, "GET", "/anna/site/blob/main");
}

static void view_raw(struct text *t, const struct example *x)
{
	put_url(t, x, "GET", "/anna/site/raw/branch/main");
}

static void form(struct text *t, const struct example *x)
{
	put(t, "POST /wiki/save HTTP/1.1\r\nHost: www.example.org\r\n"
	       "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 1200\r\n\r\n"
	       "title=seen+today&text=");
	percent_encoded(t, x);
}

static void mail(struct text *t, const struct example *x)
{
	put(t, "DATA\r\nFrom: <a@example.org>\r\nSubject: seen today\r\n\r\n> ");
	in_lines(t, x);
	put(t, "\r\n.\r\n");
}

static void redis(struct text *t, const struct example *x)
{
	put(t, "*3\r\n$3\r\nSET\r\n$9\r\narticle:7\r\n$%zu\r\n", x->length);
	as_is(t, x);
	put(t, "\r\n");
}

static const struct {
	const char *name;
	uint16_t port;
	void (*wrap)(struct text *t, const struct example *x);
} wrapper[] = {
	{"search", 80, search}, {"log", 9200, log_line},  {"upload", 80, upload},
	{"put", 80, put_file},	{"referer", 80, referer}, {"mail", 25, mail},
	{"redis", 6379, redis}, {"store", 80, store},	  {"list", 80, propfind},
	{"view", 80, view},	{"raw", 80, view_raw},	  {"form", 80, form},
};

#define WRAPPERS (sizeof(wrapper) / sizeof(*wrapper))
#define FIRST_SID 9000001
#define SIDS 2999

static bool listed[WRAPPERS][SIDS], dropped[WRAPPERS][SIDS];

/* ---- what comes of it */

static void load(void)
{
	builtin_load(NULL);
	free(before);
	before = rules_stats(&counted);
}

static int listen_at(uint16_t port)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(port)};
	int on = 1, fd;

	if (port == OPEN_PORT)
		return prog.listener;
	if (listener[port])
		return listener[port];
	fd = socket(AF_INET, SOCK_STREAM, 0);
	assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)), 0);
	assert_int_equal(bind(fd, (void *)&a, sizeof(a)), 0);
	assert_int_equal(listen(fd, 16), 0);
	return listener[port] = fd;
}

static void note_drops(size_t way)
{
	struct sw_rule_stat *now = rules_stats(&counted);

	for (long i = 0; i < counted; i++)
		if (now[i].count.hits != before[i].count.hits &&
		    now[i].rule.action != SW_RULE_ALERT)
			dropped[way][now[i].rule.sid - FIRST_SID] = true;
	free(before);
	before = now;
}

/* Counts are read where a rule has ended a connection only, as there are 2,000 of them. */
static void nothing_was_missed(void)
{
	static bool noted[WRAPPERS][SIDS];

	memcpy(noted, dropped, sizeof(noted));
	note_drops(0);
	assert_memory_equal(noted, dropped, sizeof(noted));
}

static unsigned sent, blocks;

static void complain(const struct example *x, size_t way)
{
	print_error("%s:%u as %s: the source is blocked\n", x->file, x->line, wrapper[way].name);
	blocks++;
	load();
}

static void try_wrapped(const struct example *x, size_t way)
{
	struct connection c = connection_to(listen_at(wrapper[way].port), wrapper[way].port);
	struct text t = {.room = SEGMENT - 160};
	struct frame f;

	wrapper[way].wrap(&t, x);
	f = connection_frame(&c, t.byte);
	if (run(&f) == SW_REASON_SIGNATURE)
		note_drops(way);
	sent++;
	if (prog.state->auto_blocked) /* a dry run would copy all state, of each */
		complain(x, way);
	connection_close(&c);
	advance(DAY); /* what was said of this source is forgotten */
}

/* What is an attack as a PUT is one wherever it is put. */
static bool is_stored(const struct example *x)
{
	return x->length > 4 && !memcmp(x->payload, "PUT ", 4);
}

static void try_all_ways(const struct example *x, void *arg)
{
	(void)arg;
	for (size_t way = 0; x->kind == EXAMPLE_HIT && way < WRAPPERS; way++)
		if (wrapper[way].wrap != store || !is_stored(x))
			try_wrapped(x, way);
}

static void read_list(void)
{
	FILE *f = fopen(LIST, "r");
	char line[128], name[16];
	unsigned sid;
	size_t way;

	assert_non_null(f);
	while (fgets(line, sizeof(line), f)) {
		if (*line == '#')
			continue;
		assert_int_equal(sscanf(line, "%15s %u", name, &sid), 2);
		for (way = 0; way < WRAPPERS && strcmp(wrapper[way].name, name); way++)
			;
		assert_in_range(way, 0, WRAPPERS - 1);
		assert_in_range(sid, FIRST_SID, FIRST_SID + SIDS - 1);
		listed[way][sid - FIRST_SID] = true;
	}
	fclose(f);
}

static unsigned differences(void)
{
	unsigned n = 0;

	for (size_t way = 0; way < WRAPPERS; way++)
		for (unsigned i = 0; i < SIDS; i++)
			if (listed[way][i] != dropped[way][i]) {
				print_error("%s %s %u\n",
					    listed[way][i] ? "drops no more:" : "drops:",
					    wrapper[way].name, FIRST_SID + i);
				n++;
			}
	return n;
}

static void text_about_attacks_blocks_nobody(void **unused)
{
	glob_t found;

	(void)unused;
	load();
	read_list();
	assert_int_equal(glob("tests/rules/*.examples", 0, NULL, &found), 0);
	for (size_t i = 0; i < found.gl_pathc; i++)
		examples_read(found.gl_pathv[i], try_all_ways, NULL);
	globfree(&found);
	nothing_was_missed();
	assert_true(sent > 7 * 300);
	assert_int_equal(differences() + blocks, 0);
}

/* The same check finds what does block: a tool's own header, sent as such. */
static void an_attack_as_such_blocks(void **unused)
{
	struct connection c;
	struct frame f, syn = tcp4(CLIENT4, OPEN_PORT, F_SYN);

	(void)unused;
	load();
	c = connection_to(prog.listener, OPEN_PORT);
	f = connection_frame(&c, "GET / HTTP/1.1\r\nHost: a\r\nUser-Agent: sqlmap/1.8\r\n\r\n");
	run(&f);
	assert_int_equal(prog.state->auto_blocked, 1);
	assert_int_equal(ask(&syn), SW_REASON_BLOCKED_ADDRESS);
	connection_close(&c);
}

static int teardown(void **state)
{
	free(before);
	for (size_t i = 0; i < WRAPPERS; i++)
		if (listener[wrapper[i].port])
			close(listener[wrapper[i].port]);
	return builtin_teardown(state);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_about_attacks_blocks_nobody),
		cmocka_unit_test(an_attack_as_such_blocks),
	};

	return cmocka_run_group_tests(tests, builtin_setup, teardown);
}
