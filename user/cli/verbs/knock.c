// SPDX-License-Identifier: GPL-2.0-only
/* `scanwall knock`: sends the datagram that opens a hidden port for 30 s. Runs on the client
 * and needs no privileges, record or program. */
#include <endian.h>
#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>
#include <scanwall/siphash.h>
#include "cli/verbs.h"
#include "store/key_file.h"

static int seal(const struct sw_key *k, long port, struct sw_knock *out, struct sw_err *e)
{
	__u64 word[SW_KNOCK_WORDS] = {be64toh(sw_key_id(k)),
				      (__u64)(sw_now() / 1000000) << 16 | port};

	if (getrandom(&word[2], sizeof(word[2]), 0) != sizeof(word[2]))
		return sw_fail(e, SW_EXIT_FAILED, "cannot get random numbers: %s", strerror(errno));
	out->key_id = htobe64(word[0]);
	out->when = htobe64(word[1]);
	out->nonce = htobe64(word[2]);
	out->mac = htobe64(sw_siphash(word, SW_KNOCK_WORDS, k->key[0], k->key[1]));
	return 0;
}

/* To the address that a client would try first (RFC 6724). */
static int send_to(const char *host, long port, const struct sw_knock *k, struct sw_err *e)
{
	struct addrinfo hints = {.ai_socktype = SOCK_DGRAM}, *to;
	char service[8];
	int fd, rc;

	snprintf(service, sizeof(service), "%ld", port);
	rc = getaddrinfo(host, service, &hints, &to);
	if (rc)
		return sw_fail(e, SW_EXIT_FAILED, "knock: %s: %s", host, gai_strerror(rc));
	fd = socket(to->ai_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	rc = 0;
	if (fd < 0 || sendto(fd, k, sizeof(*k), 0, to->ai_addr, to->ai_addrlen) < 0)
		rc = sw_fail(e, SW_EXIT_FAILED, "knock: %s: %s", host, strerror(errno));
	if (fd >= 0)
		close(fd);
	freeaddrinfo(to);
	return rc;
}

static int print(const struct sw_globals *g, const char *host, long port, struct sw_err *e)
{
	json_t *root;

	if (g->json) {
		root = sw_cli_json();
		json_object_set_new(root, "host", json_string(host));
		json_object_set_new(root, "dest_port", json_integer(port));
		return sw_cli_print(g, root, e);
	}
	if (!g->quiet)
		printf("%s at %s, port %ld; there is no answer. A valid key opens the port for %d "
		       "s\n",
		       g->dry_run ? "would knock" : "knocked", host, port, SW_KNOCK_OPENS);
	return 0;
}

static int knock(struct sw_call *c, struct sw_err *e)
{
	const struct sw_globals *g = c->g;
	const struct sw_args *a = c->a;
	const char *path = a->option[SW_KNOCK_KEY], *home = getenv("HOME");
	char fallback[512];
	struct sw_knock k;
	struct sw_key key;
	long port = 22;

	if (a->option[SW_KNOCK_PORT] &&
	    sw_cli_number(a->option[SW_KNOCK_PORT], "--port", 1, 65535, &port, e))
		return -1;
	snprintf(fallback, sizeof(fallback), "%s/.config/scanwall/key", home ? home : "");
	if (sw_key_of_user(path ? path : fallback, &key, e) || seal(&key, port, &k, e))
		return -1;
	if (!g->dry_run && send_to(a->operand[0], port, &k, e))
		return -1;
	return print(g, a->operand[0], port, e);
}

const struct sw_verb_ops sw_knock_ops = {.run = knock};
