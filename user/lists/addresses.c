// SPDX-License-Identifier: GPL-2.0-only
/* Addresses, prefixes and ranges in the writings that lists have. */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "lists/internal.h"

#define TEXT 128

/* inet_pton without its refusal of zeros in front: they are decimal in the lists
 * that have them (ipfilter.dat writes 001.002.003.004). */
static bool parse_padded(const char *text, struct sw_addr *a)
{
	unsigned int n[4];
	int end = 0;

	if (sscanf(text, "%3u.%3u.%3u.%3u%n", &n[0], &n[1], &n[2], &n[3], &end) != 4 || text[end] ||
	    strspn(text, "0123456789.") != strlen(text))
		return false;
	for (int i = 0; i < 4; i++)
		if (n[i] > 255)
			return false;
	*a = sw_addr_from4(htonl(n[0] << 24 | n[1] << 16 | n[2] << 8 | n[3]));
	return true;
}

static bool parse_one(const char *text, struct sw_addr *a, bool *v4)
{
	struct in_addr four;
	char buf[TEXT];
	size_t n = strlen(text);

	if (text[0] == '[' && n > 2 && n < sizeof(buf) && text[n - 1] == ']') {
		snprintf(buf, sizeof(buf), "%.*s", (int)n - 2, text + 1);
		text = buf;
	}
	*v4 = !strchr(text, ':');
	if (*v4 && inet_pton(AF_INET, text, &four) == 1) {
		*a = sw_addr_from4(four.s_addr);
		return true;
	}
	if (*v4)
		return parse_padded(text, a);
	return inet_pton(AF_INET6, text, a->byte) == 1;
}

/* "24", or "255.255.255.0"; -1: neither. */
static int parse_length(const char *text, bool v4)
{
	struct in_addr mask;
	char *end;
	long n;

	if (v4 && strchr(text, '.')) {
		if (inet_pton(AF_INET, text, &mask) != 1)
			return -1;
		n = __builtin_popcount(mask.s_addr);
		return ntohl(mask.s_addr) == (n ? ~0u << (32 - n) : 0) ? (int)n : -1;
	}
	n = strtol(text, &end, 10);
	if (*text < '0' || *text > '9' || *end || n > (v4 ? 32 : 128))
		return -1;
	return n;
}

static bool bit_at(const struct sw_addr *a, int i)
{
	return a->byte[i / 8] & (0x80 >> i % 8);
}

/* The first and the last address of a prefix of `bits` bits (of 128). */
static bool spread(struct sw_range *r, int bits)
{
	struct sw_addr given = r->first;

	r->last = r->first;
	for (int i = bits; i < 128; i++) {
		r->first.byte[i / 8] &= ~(0x80 >> i % 8);
		r->last.byte[i / 8] |= 0x80 >> i % 8;
	}
	r->masked = memcmp(&given, &r->first, sizeof(given)) != 0;
	return true;
}

static bool refuse(struct sw_err *why, const char *text, const char *what)
{
	sw_fail(why, SW_EXIT_USAGE, "\"%.80s\" %s", text, what);
	return false;
}

static bool parse_prefix(const char *text, struct sw_range *out, struct sw_err *why)
{
	const char *slash = strchr(text, '/');
	char addr[TEXT];
	int length;

	snprintf(addr, sizeof(addr), "%.*s", (int)strcspn(text, "/"), text);
	if (!parse_one(addr, &out->first, &out->v4))
		return refuse(why, text, "is not an address");
	length = slash ? parse_length(slash + 1, out->v4) : out->v4 ? 32 : 128;
	if (length < 0)
		return refuse(why, text, "has no such prefix length");
	return spread(out, length + (out->v4 ? 96 : 0));
}

bool sw_range_parse(const char *text, struct sw_range *out, struct sw_err *why)
{
	const char *dash = strchr(text, '-');
	char first[TEXT];
	bool v4;

	memset(out, 0, sizeof(*out));
	if (strlen(text) >= TEXT)
		return refuse(why, text, "... is not an address");
	if (!dash || strchr(text, '/'))
		return parse_prefix(text, out, why);
	snprintf(first, sizeof(first), "%.*s", (int)(dash - text), text);
	if (!parse_one(first, &out->first, &out->v4) || !parse_one(dash + 1, &out->last, &v4) ||
	    v4 != out->v4)
		return refuse(why, text, "is not a range of addresses");
	if (memcmp(&out->first, &out->last, sizeof(out->first)) > 0)
		return refuse(why, text, "is a range that ends before it begins");
	return true;
}

/* a + 2^(128 - bits); false when that is beyond the last address. */
static bool step(struct sw_addr *a, int bits)
{
	for (int i = bits - 1; i >= 0; i--) {
		a->byte[i / 8] ^= 0x80 >> i % 8;
		if (bit_at(a, i))
			return true;
	}
	return false;
}

/* Does the prefix of that many bits at `a` begin there and end by `last`? */
static bool fits(const struct sw_addr *a, const struct sw_addr *last, int bits)
{
	struct sw_range r = {.first = *a};

	spread(&r, bits);
	return !r.masked && memcmp(&r.last, last, sizeof(*last)) <= 0;
}

int sw_range_each(const struct sw_range *range, int (*fn)(const struct sw_prefix *p, void *arg),
		  void *arg)
{
	int shortest = range->v4 ? 96 : 0, bits, rc;
	struct sw_addr at = range->first;
	struct sw_prefix p;

	do {
		for (bits = 128; bits > shortest && fits(&at, &range->last, bits - 1);)
			bits--;
		p = (struct sw_prefix){.addr = at};
		p.v4 = sw_addr_is4(&at) && bits >= 96;
		p.plen = bits - (p.v4 ? 96 : 0);
		rc = fn(&p, arg);
	} while (!rc && step(&at, bits) && memcmp(&at, &range->last, sizeof(at)) <= 0);
	return rc;
}
