// SPDX-License-Identifier: GPL-2.0-only
/* Parses addresses, prefixes and ranges in the notations that lists use. */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "lists/internal.h"

#define TEXT 128

/* 001.002.003.004, as in ipfilter.dat, is decimal: every part has three digits. Otherwise
 * leading zeros are ambiguous, because inet_aton reads them as octal. */
static bool parse_padded(const char *text, struct sw_addr *a)
{
	unsigned int n[4];

	if (strlen(text) != 15 || strspn(text, "0123456789.") != 15 ||
	    sscanf(text, "%3u.%3u.%3u.%3u", &n[0], &n[1], &n[2], &n[3]) != 4 || text[3] != '.' ||
	    text[7] != '.' || text[11] != '.')
		return false;
	for (int i = 0; i < 4; i++)
		if (n[i] > 255)
			return false;
	*a = sw_addr_from4(htonl(n[0] << 24 | n[1] << 16 | n[2] << 8 | n[3]));
	return true;
}

/* "192.0.2.1:80" and "[2001:db8::1]:443": removes port and brackets, and the zone of
 * "fe80::1%eth0", which names an interface of another host. */
static bool bare_address(const char *text, char buf[TEXT])
{
	size_t n = strlen(text);
	const char *colon = strrchr(text, ':');

	if (n >= TEXT)
		return false;
	if (colon && colon[1] && colon[1 + strspn(colon + 1, "0123456789")] == '\0' &&
	    ((text[0] == '[' && colon[-1] == ']') ||
	     (strchr(text, ':') == colon && strchr(text, '.'))))
		n = colon - text;
	if (text[0] == '[' && n > 2 && text[n - 1] == ']') {
		text++;
		n -= 2;
	}
	snprintf(buf, TEXT, "%.*s", (int)n, text);
	if (strchr(buf, ':') && strcspn(buf, "%") + 1 < strlen(buf))
		buf[strcspn(buf, "%")] = '\0';
	return true;
}

static bool parse_one(const char *given, struct sw_addr *a, bool *v4)
{
	struct in_addr four;
	char text[TEXT];

	*v4 = false;
	if (!bare_address(given, text))
		return false;
	*v4 = !strchr(text, ':');
	if (*v4 && inet_pton(AF_INET, text, &four) == 1) {
		*a = sw_addr_from4(four.s_addr);
		return true;
	}
	if (*v4)
		return parse_padded(text, a);
	return inet_pton(AF_INET6, text, a->byte) == 1;
}

/* "24", "255.255.255.0" or a router's wildcard mask "0.0.0.255"; -1: invalid. 0.0.0.0 is
 * ambiguous. */
static int parse_length(const char *text, bool v4)
{
	struct in_addr mask;
	uint32_t bits;
	char *end;
	long n;

	if (v4 && strchr(text, '.')) {
		if (inet_pton(AF_INET, text, &mask) != 1 || !mask.s_addr)
			return -1;
		bits = ntohl(mask.s_addr);
		if (!(bits >> 31))
			bits = ~bits;
		n = __builtin_popcount(bits);
		return bits == ~0u << (32 - n) ? (int)n : -1;
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

/* "192.0.2." and "192.0.2.*": a network of whole bytes. */
static bool parse_bytes(const char *text, struct sw_range *out)
{
	static const char *const stars[] = {"*.*.*", "*.*", "*"};
	size_t n = strspn(text, "0123456789.");
	char whole[TEXT];
	int dots = 0, at;

	for (size_t i = 0; i < n; i++)
		dots += text[i] == '.';
	if (!n || n > 12 || text[n - 1] != '.' || dots > 3 ||
	    (text[n] && strcmp(text + n, stars[dots - 1])))
		return false;
	at = snprintf(whole, sizeof(whole), "%.*s", (int)n, text);
	for (int i = dots; i < 4; i++)
		at += snprintf(whole + at, sizeof(whole) - at, i < 3 ? "0." : "0");
	return parse_one(whole, &out->first, &out->v4) && spread(out, 96 + 8 * dots);
}

/* text: shorter than TEXT. */
static bool parse_prefix(const char *text, struct sw_range *out, struct sw_err *why)
{
	const char *slash = strchr(text, '/');
	size_t n = slash ? (size_t)(slash - text) : strlen(text);
	char addr[TEXT];
	int length;

	if (parse_bytes(text, out))
		return true;
	memcpy(addr, text, n);
	addr[n] = '\0';
	if (!parse_one(addr, &out->first, &out->v4))
		return refuse(why, text, "is not an address");
	length = slash ? parse_length(slash + 1, out->v4) : out->v4 ? 32 : 128;
	if (length < 0)
		return refuse(why, text, "has no such prefix length");
	return spread(out, length + (out->v4 ? 96 : 0));
}

/* "192.0.2.20-30", nmap's notation: the range is of the last byte. */
static void complete_end(const char *first, const char *end, char last[TEXT])
{
	const char *dot = strrchr(first, '.');
	size_t n = strlen(end);

	if (dot && !strchr(first, ':') && n && n <= 3 && strspn(end, "0123456789") == n)
		snprintf(last, TEXT, "%.*s%s", (int)(dot + 1 - first), first, end);
	else
		snprintf(last, TEXT, "%s", end);
}

bool sw_range_parse(const char *text, struct sw_range *out, struct sw_err *why)
{
	const char *dash = strchr(text, '-');
	char first[TEXT], last[TEXT];
	bool v4;

	memset(out, 0, sizeof(*out));
	if (strlen(text) >= TEXT)
		return refuse(why, text, "... is not an address");
	if (!dash || strchr(text, '/'))
		return parse_prefix(text, out, why);
	snprintf(first, sizeof(first), "%.*s", (int)(dash - text), text);
	complete_end(first, dash + 1, last);
	if (!parse_one(first, &out->first, &out->v4) || !parse_one(last, &out->last, &v4))
		return refuse(why, text, "is not a range of addresses");
	if (v4 != out->v4)
		return refuse(why, text, "is a range from one IP version to the other");
	if (memcmp(&out->first, &out->last, sizeof(out->first)) > 0)
		return refuse(why, text, "is a range that ends before it begins");
	return true;
}

/* a + 2^(128 - bits); false on overflow. */
static bool step(struct sw_addr *a, int bits)
{
	for (int i = bits - 1; i >= 0; i--) {
		a->byte[i / 8] ^= 0x80 >> i % 8;
		if (bit_at(a, i))
			return true;
	}
	return false;
}

/* Is the prefix of that length at `a` aligned, and does it end by `last`? */
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
