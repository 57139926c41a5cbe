// SPDX-License-Identifier: GPL-2.0-only
/* The built-in rules: each is described, compiles, matches its examples in tests/rules, and
 * does not match similar innocent payloads. */
#include <glob.h>
#include <linux/if_ether.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "rules/builtin.h"
#include "rules/rules.h"
#include "examples.h"
#include "test_rules.h"

#define FIRST_SID 9000001
#define SIDS 2999

static struct sw_rule_stat *before;
static long counted;

static int teardown(void **state)
{
	free(before);
	return builtin_teardown(state);
}

static int load(void **state)
{
	builtin_load(state);
	free(before);
	before = rules_stats(&counted);
	return 0;
}

/* ---- the rules as they are written */

static void every_rule_is_taken(void **unused)
{
	(void)unused;
	for (size_t i = 0; i < builtin.refusals; i++)
		print_error("line %u, sid %u: %s\n", builtin.refused[i].line,
			    builtin.refused[i].sid, builtin.refused[i].reason);
	assert_int_equal(builtin.refusals, 0);
	assert_true(builtin.rules >= 110);
}

/* Each pair of bytes by which they are found out costs every request its price:
 * Shellshock's, and that of an expression, of which there are five rules. */
static void seven_rules_hang_on_http_ports(void **unused)
{
	const struct sw_tables *t = &builtin.tables;

	(void)unused;
	for (size_t i = 0; i < t->ports_listed; i++)
		if (t->port[i].key.proto == IPPROTO_TCP && t->port[i].key.port == 80)
			assert_int_equal(t->port[i].rules.count, 7);
}

/* A warning is a rule that is tried more often than it hits; few may be. */
static void few_rules_are_tried_often(void **unused)
{
	int warnings = 0;

	(void)unused;
	for (size_t i = 0; i < builtin.rules; i++)
		warnings += builtin.rule[i].warning != NULL;
	assert_in_range(warnings, 0, 18);
}

/* The search goes on to the end of a stride, so it would stop behind every payload. */
static void padding_is_no_rules(void **unused)
{
	__u32 h = sw_gram_hash(0x20202020), bit = (h >> 16) * 8 + h % 64;
	const __u8 *gram = (const __u8 *)builtin.tables.filter[0].gram;

	(void)unused;
	assert_false(gram[bit / 8] >> bit % 8 & 1);
}

static void every_rule_is_described(void **unused)
{
	(void)unused;
	for (size_t i = 0; i < builtin.rules; i++) {
		const struct sw_rule_text *r = &builtin.rule[i];

		if (!r->msg || !r->classtype || !r->reference || !r->rev ||
		    !strstr(r->source, "metadata:confidence "))
			fail_msg("%u lacks msg, classtype, reference, rev or confidence", r->sid);
		assert_in_range(r->sid, FIRST_SID, FIRST_SID + SIDS - 1);
	}
}

/* A source is blocked for what it alone can have sent, and surely meant. */
static void what_blocks_is_proven_and_sure(void **unused)
{
	(void)unused;
	for (size_t i = 0; i < builtin.rules; i++) {
		const struct sw_rule_text *t = &builtin.rule[i];
		const struct sw_rule *r = &builtin.tables.rule[i];

		if (t->action == SW_RULE_BLOCK &&
		    (r->proto != IPPROTO_TCP || !(r->flags & SW_RULE_ESTABLISHED) ||
		     !strstr(t->source, "metadata:confidence high")))
			fail_msg("%u must not block", t->sid);
		if (t->action == SW_RULE_DROP && strstr(t->source, "metadata:confidence low"))
			fail_msg("%u must not drop", t->sid);
	}
}

/* ---- the examples */

static void for_each_example(const char *pattern, void (*each)(const struct example *x, void *arg),
			     void *arg)
{
	glob_t found;

	assert_int_equal(glob(pattern, 0, NULL, &found), 0);
	for (size_t i = 0; i < found.gl_pathc; i++)
		examples_read(found.gl_pathv[i], each, arg);
	globfree(&found);
}

static bool names(const struct example *x, uint32_t sid)
{
	for (int i = 0; i < x->sids; i++)
		if (x->sid[i] == sid)
			return true;
	return false;
}

static bool has_hit[SIDS], has_miss[SIDS];

static void note_example(const struct example *x, void *arg)
{
	(void)arg;
	for (int i = 0; i < x->sids; i++) {
		assert_in_range(x->sid[i], FIRST_SID, FIRST_SID + SIDS - 1);
		has_hit[x->sid[i] - FIRST_SID] |= x->kind == EXAMPLE_HIT;
		has_miss[x->sid[i] - FIRST_SID] |= x->kind == EXAMPLE_MISS;
	}
}

static void every_rule_has_examples(void **unused)
{
	uint32_t sid;

	(void)unused;
	for_each_example("tests/rules/*.examples", note_example, NULL);
	for (size_t i = 0; i < builtin.rules; i++) {
		sid = builtin.rule[i].sid;
		if (!has_hit[sid - FIRST_SID] || !has_miss[sid - FIRST_SID])
			fail_msg("%u lacks an example that %s it", sid,
				 has_hit[sid - FIRST_SID] ? "misses" : "hits");
	}
}

static uint32_t next_client(void)
{
	static uint32_t n;

	return 0xc6330000u + 1 + n++ % 60000; /* 198.51.0.0 on */
}

/* Only a port that somebody serves is inspected; others are probes. */
static int serve_udp(uint16_t port)
{
	struct sockaddr_in6 a = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
	int fd = socket(AF_INET6, SOCK_DGRAM, 0);

	assert_int_equal(bind(fd, (void *)&a, sizeof(a)), 0);
	return fd;
}

static int send_udp(const struct example *x, uint32_t src)
{
	struct frame f = udp4(src, 40000, x->port);
	uint16_t length = htons(8 + x->length);

	memcpy(f.byte + f.size - 4, &length, sizeof(length));
	memcpy(f.byte + f.size, x->payload, x->length);
	f.size += x->length;
	return run(&f);
}

static int send_example(const struct example *x)
{
	uint32_t src = next_client();
	struct stream t;
	int fd, reason = -1;

	if (x->proto == IPPROTO_UDP) {
		fd = serve_udp(x->port);
		for (unsigned i = 0; i < x->times; i++)
			reason = send_udp(x, src);
		close(fd);
		return reason;
	}
	t = stream_open(src, x->port);
	if (x->cut)
		stream_send(&t, x->payload, x->cut);
	for (unsigned i = 0; i < x->times; i++)
		reason = stream_send(&t, x->payload + x->cut, x->length - x->cut);
	return reason;
}

struct outcome {
	uint32_t hit[16];
	int hits;
	bool drops;
};

static struct outcome what_was_hit(void)
{
	struct outcome o = {0};
	struct sw_rule_stat *now = rules_stats(&counted);

	for (long i = 0; i < counted; i++) {
		if (now[i].count.hits == before[i].count.hits)
			continue;
		if (o.hits < 16)
			o.hit[o.hits++] = now[i].rule.sid;
		o.drops |= now[i].rule.action != SW_RULE_ALERT;
	}
	free(before);
	before = now;
	return o;
}

static int wrong; /* examples of the file in hand */

static void complain(const struct example *x, const struct outcome *o, int reason)
{
	wrong++;
	print_error("%s:%u: %s; hit:", x->file, x->line, reason_name(reason));
	for (int i = 0; i < o->hits; i++)
		print_error(" %u", o->hit[i]);
	print_error("\n");
}

static bool just_these(const struct example *x, const struct outcome *o)
{
	for (int i = 0; i < o->hits; i++)
		if (!names(x, o->hit[i]))
			return false;
	return o->hits == x->sids;
}

static bool misses(const struct example *x, const struct outcome *o)
{
	for (int i = 0; i < o->hits; i++)
		if (names(x, o->hit[i]))
			return false;
	return !o->drops;
}

static void try_example(const struct example *x, void *arg)
{
	int reason = send_example(x);
	struct outcome o = what_was_hit();
	bool right = x->kind == EXAMPLE_MISS ? misses(x, &o) : just_these(x, &o);

	(void)arg;
	if (x->kind == EXAMPLE_PASS && o.drops)
		right = false;
	if ((reason == SW_REASON_SIGNATURE) != o.drops || (prog.verdict == 1) != o.drops)
		right = false;
	if (!right)
		complain(x, &o, reason);
}

static void try_file(const char *pattern)
{
	wrong = 0;
	for_each_example(pattern, try_example, NULL);
	assert_int_equal(wrong, 0);
}

#define EXAMPLES(name)                                      \
	static void examples_of_##name(void **unused)       \
	{                                                   \
		(void)unused;                               \
		try_file("tests/rules/" #name ".examples"); \
	}

EXAMPLES(web)
EXAMPLES(recon)
EXAMPLES(middleware)
EXAMPLES(os)
EXAMPLES(iot)
EXAMPLES(udp)
EXAMPLES(generic)
EXAMPLES(everyday)
EXAMPLES(clients)

int main(void)
{
#define CASE(f) cmocka_unit_test_setup(f, load)
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_rule_is_taken),
		cmocka_unit_test(seven_rules_hang_on_http_ports),
		cmocka_unit_test(few_rules_are_tried_often),
		cmocka_unit_test(padding_is_no_rules),
		cmocka_unit_test(every_rule_is_described),
		cmocka_unit_test(what_blocks_is_proven_and_sure),
		cmocka_unit_test(every_rule_has_examples),
		CASE(examples_of_web),
		CASE(examples_of_recon),
		CASE(examples_of_middleware),
		CASE(examples_of_os),
		CASE(examples_of_iot),
		CASE(examples_of_udp),
		CASE(examples_of_generic),
		CASE(examples_of_everyday),
		CASE(examples_of_clients),
	};

	return cmocka_run_group_tests(tests, builtin_setup, teardown);
}
