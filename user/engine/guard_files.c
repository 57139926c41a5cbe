// SPDX-License-Identifier: GPL-2.0-only
/* Parses other programs' files: resolvers and time servers given by address, and the
 * ports of sshd. Lines that do not parse are ignored. */
#include <ctype.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "engine/guard_internal.h"

#define SPACES " \t\r\n="

/* Called for each word after `key` in lines that start with it. */
typedef int (*word_fn)(const char *word, void *arg);

static int words_behind(const char *file, const char *key, word_fn fn, void *arg)
{
	FILE *f = fopen(file, "re");
	char *line = NULL, *word, *at;
	size_t room = 0;
	int rc = 0;

	if (!f)
		return 0;
	while (rc == 0 && getline(&line, &room, f) >= 0) {
		word = strtok_r(line, SPACES, &at);
		if (!word || strcasecmp(word, key))
			continue;
		while (rc == 0 && (word = strtok_r(NULL, SPACES, &at)) && *word != '#')
			rc = fn(word, arg);
	}
	free(line);
	fclose(f);
	return rc;
}

struct adder {
	struct sw_guard *g;
	enum sw_guard_kind kind;
	const char *text;
	struct sw_err *e;
};

static int add_word(const char *word, void *arg)
{
	struct adder *a = arg;

	return sw_guard_add_text(a->g, word, a->kind, a->text, a->e);
}

int sw_guard_files(struct sw_guard *g, struct sw_err *e)
{
	static const struct {
		const char *file, *key;
		enum sw_guard_kind kind;
		const char *text;
	} source[] = {
		{"/etc/resolv.conf", "nameserver", SW_GUARD_RESOLVER, "resolver"},
		/* the servers behind the stub at 127.0.0.53 */
		{"/run/systemd/resolve/resolv.conf", "nameserver", SW_GUARD_RESOLVER, "resolver"},
		{"/etc/systemd/timesyncd.conf", "NTP", SW_GUARD_TIME, "time server"},
		{"/etc/systemd/timesyncd.conf", "FallbackNTP", SW_GUARD_TIME, "time server"},
		{"/etc/chrony/chrony.conf", "server", SW_GUARD_TIME, "time server"},
		{"/etc/chrony/chrony.conf", "peer", SW_GUARD_TIME, "time server"},
		{"/etc/chrony.conf", "server", SW_GUARD_TIME, "time server"},
		{"/etc/chrony.conf", "peer", SW_GUARD_TIME, "time server"},
	};

	for (size_t i = 0; i < sizeof(source) / sizeof(source[0]); i++) {
		struct adder a = {g, source[i].kind, source[i].text, e};

		if (words_behind(source[i].file, source[i].key, add_word, &a))
			return -1;
	}
	return 0;
}

struct ports {
	__u16 *port;
	int count, max;
};

static int add_port(const char *word, void *arg)
{
	struct ports *p = arg;
	char *end;
	long n = strtol(word, &end, 10);

	if (end != word && !*end && n > 0 && n < 65536 && p->count < p->max)
		p->port[p->count++] = n;
	return 0;
}

/* "203.0.113.1:2222", "[2001:db8::1]:2222"; an address alone has no port. */
static int add_listen(const char *word, void *arg)
{
	const char *colon = strrchr(word, ':');

	if (!colon || (colon != strchr(word, ':') && colon[-1] != ']'))
		return 0;
	return add_port(colon + 1, arg);
}

/* sshd's sockets would be more reliable, but finding their owner needs CAP_SYS_PTRACE,
 * which the daemon drops. */
int sw_sshd_ports(__u16 *port, int max)
{
	static const char *const files[] = {"/etc/ssh/sshd_config",
					    "/etc/ssh/sshd_config.d/*.conf"};
	struct ports p = {port, 0, max};
	glob_t found = {0};

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		glob(files[i], i ? GLOB_APPEND : 0, NULL, &found);
	for (size_t i = 0; i < found.gl_pathc; i++) {
		words_behind(found.gl_pathv[i], "Port", add_port, &p);
		words_behind(found.gl_pathv[i], "ListenAddress", add_listen, &p);
	}
	globfree(&found);
	return p.count;
}
