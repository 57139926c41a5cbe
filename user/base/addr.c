// SPDX-License-Identifier: GPL-2.0-only
/* IPv4 and IPv6 addresses and prefixes: parsing, printing, comparing. */
#include <arpa/inet.h>
#include <ctype.h>
#include <endian.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/addr.h"

static const __u8 v4_head[12] = {[10] = 0xff, [11] = 0xff};

bool sw_addr_is4(const struct sw_addr *a)
{
	return memcmp(a->byte, v4_head, sizeof(v4_head)) == 0;
}

struct sw_addr sw_addr_from4(__u32 addr)
{
	struct sw_addr a;

	memcpy(a.byte, v4_head, sizeof(v4_head));
	memcpy(a.byte + 12, &addr, 4);
	return a;
}

__u32 sw_addr_to4(const struct sw_addr *a)
{
	__u32 addr;

	memcpy(&addr, a->byte + 12, 4);
	return addr;
}

/* 0 to 255 without leading zeros, and then `end`; NULL: something else. */
static const char *read_byte(const char *text, char end, unsigned char *byte)
{
	const char *at = text;
	unsigned int n = 0;

	for (; *at >= '0' && *at <= '9' && at - text < 3; at++)
		n = 10 * n + (*at - '0');
	if (at == text || n > 255 || *at != end || (*text == '0' && at - text > 1))
		return NULL;
	*byte = n;
	return at + 1;
}

bool sw_addr_parse4(const char *text, __u32 *addr)
{
	unsigned char byte[4];

	for (int i = 0; text && i < 4; i++)
		text = read_byte(text, i < 3 ? '.' : '\0', &byte[i]);
	if (!text)
		return false;
	memcpy(addr, byte, sizeof(byte));
	return true;
}

/* Number of bits of the 16-byte form that the prefix covers. */
static int fixed_bits(const struct sw_prefix *p)
{
	return p->plen + (p->v4 ? 96 : 0);
}

static struct sw_addr cut(const struct sw_addr *a, int bits)
{
	struct sw_addr out = {};
	int whole = bits / 8;

	memcpy(out.byte, a->byte, whole);
	if (bits % 8)
		out.byte[whole] = a->byte[whole] & (0xff00 >> bits % 8);
	return out;
}

struct sw_prefix sw_prefix_of(const struct sw_addr *a, int family_plen)
{
	struct sw_prefix p = {.plen = family_plen, .v4 = sw_addr_is4(a)};

	p.addr = cut(a, fixed_bits(&p));
	return p;
}

static int parse_length(const char *whole, const char *text, int max, __u8 *plen, struct sw_err *e)
{
	char *end;
	long n = strtol(text, &end, 10);

	if (text[0] < '0' || text[0] > '9' || *end || (text[0] == '0' && text[1]) || n > max)
		return sw_fail(e, SW_EXIT_USAGE,
			       "\"%s\": invalid prefix length \"%s\" (expected 0 to %d)", whole,
			       text, max);
	*plen = n;
	return 0;
}

/* "010.0.0.1": octal to one program, decimal to the next. */
static bool has_leading_zeros(const char *text)
{
	unsigned int n[4];
	int end = 0;

	if (strspn(text, "0123456789.") != strlen(text))
		return false;
	if (sscanf(text, "%3u.%3u.%3u.%3u%n", &n[0], &n[1], &n[2], &n[3], &end) != 4 || text[end])
		return false;
	return n[0] < 256 && n[1] < 256 && n[2] < 256 && n[3] < 256;
}

static bool is_of_word(char c)
{
	return isalnum((unsigned char)c) || c == '-' || c == '_';
}

/* Is there an address at `at`, of these characters and of no longer word? */
static bool address_at(const char *text, size_t at, const char *characters,
		       char found[SW_PREFIX_TEXT])
{
	size_t n = strspn(text + at, characters);
	struct sw_addr six;
	__u32 four;

	if (at && (is_of_word(text[at - 1]) || strchr(characters, text[at - 1])))
		return false;
	if (n >= SW_PREFIX_TEXT || is_of_word(text[at + n]))
		return false;
	while (n && text[at + n - 1] == '.')
		n--;
	snprintf(found, SW_PREFIX_TEXT, "%.*s", (int)n, text + at);
	return sw_addr_parse4(found, &four) || inet_pton(AF_INET6, found, six.byte) == 1;
}

/* The one address in what was copied from a log or a browser: "203.0.113.9:443",
 * "[2001:db8::7]". False: there is none, or another as well. */
static bool find_address(const char *text, char found[SW_PREFIX_TEXT])
{
	char word[SW_PREFIX_TEXT];
	int count = 0;

	for (size_t at = 0; text[at]; at++) {
		if (!address_at(text, at, "0123456789.", word) &&
		    !address_at(text, at, "0123456789abcdefABCDEF:.", word))
			continue;
		if (!count++)
			memcpy(found, word, sizeof(word));
		at += strlen(word) - 1;
	}
	return count == 1;
}

static int parse_address(const char *whole, const char *text, struct sw_addr *a, struct sw_err *e)
{
	char found[SW_PREFIX_TEXT];
	__u32 four;

	if (sw_addr_parse4(text, &four)) {
		*a = sw_addr_from4(four);
		return 0;
	}
	if (inet_pton(AF_INET6, text, a->byte) == 1)
		return 0;
	if (strchr(text, '%'))
		return sw_fail(e, SW_EXIT_USAGE,
			       "\"%s\": an address with a zone cannot be blocked or allowed; "
			       "write it without \"%s\"",
			       whole, strchr(text, '%'));
	if (has_leading_zeros(text))
		return sw_fail(
			e, SW_EXIT_USAGE,
			"\"%s\": leading zeros are ambiguous (octal); write the number without "
			"them",
			whole);
	if (find_address(whole, found))
		return sw_fail(e, SW_EXIT_USAGE, "invalid address \"%s\": write %s", whole, found);
	return sw_fail(
		e, SW_EXIT_USAGE,
		"invalid address \"%s\" (expected 203.0.113.9, 203.0.113.0/24, 2001:db8::7 or "
		"2001:db8::/48)",
		whole);
}

int sw_prefix_parse(const char *text, struct sw_prefix *out, struct sw_err *e)
{
	char buf[SW_PREFIX_TEXT], addr[SW_PREFIX_TEXT];
	const char *slash = strchr(text, '/');
	struct sw_prefix p = {}, right = {};
	__u32 four;
	int bits;

	if (sw_addr_parse4(text, &four)) { /* most are */
		*out = (struct sw_prefix){.addr = sw_addr_from4(four), .plen = 32, .v4 = true};
		return 0;
	}
	if (strlen(text) >= sizeof(addr))
		return sw_fail(e, SW_EXIT_USAGE, "invalid address \"%.40s...\"", text);
	snprintf(addr, sizeof(addr), "%.*s", (int)strcspn(text, "/"), text);
	if (parse_address(text, addr, &p.addr, e) < 0)
		return -1;
	/* The length counts bits of the family as written. */
	p.v4 = !strchr(addr, ':');
	p.plen = p.v4 ? 32 : 128;
	if (slash && parse_length(text, slash + 1, p.plen, &p.plen, e) < 0)
		return -1;
	right = p;
	right.addr = cut(&p.addr, fixed_bits(&p));
	if (memcmp(&right.addr, &p.addr, sizeof(p.addr)))
		return sw_fail(e, SW_EXIT_USAGE, "\"%s\": host bits set beyond /%u; write %s", text,
			       p.plen, sw_prefix_text(&right, buf));
	bits = fixed_bits(&p);
	p.v4 = sw_addr_is4(&p.addr);
	p.plen = bits - (p.v4 ? 96 : 0);
	*out = p;
	return 0;
}

const char *sw_addr_text(const struct sw_addr *a, char buf[SW_PREFIX_TEXT])
{
	if (sw_addr_is4(a))
		inet_ntop(AF_INET, a->byte + 12, buf, SW_PREFIX_TEXT);
	else
		inet_ntop(AF_INET6, a->byte, buf, SW_PREFIX_TEXT);
	return buf;
}

bool sw_prefix_is_host(const struct sw_prefix *p)
{
	return p->plen == (p->v4 ? 32 : 128);
}

const char *sw_prefix_text(const struct sw_prefix *p, char buf[SW_PREFIX_TEXT])
{
	size_t n;

	if (p->v4)
		inet_ntop(AF_INET, p->addr.byte + 12, buf, SW_PREFIX_TEXT);
	else
		inet_ntop(AF_INET6, p->addr.byte, buf, SW_PREFIX_TEXT);
	if (!sw_prefix_is_host(p)) {
		n = strlen(buf);
		snprintf(buf + n, SW_PREFIX_TEXT - n, "/%u", p->plen);
	}
	return buf;
}

bool sw_prefix_covers(const struct sw_prefix *outer, const struct sw_prefix *inner)
{
	struct sw_addr a;

	if (outer->v4 != inner->v4 || outer->plen > inner->plen)
		return false;
	a = cut(&inner->addr, fixed_bits(outer));
	return memcmp(&a, &outer->addr, sizeof(a)) == 0;
}

/* Lists have millions of entries: compare two words without a call. */
static uint64_t word_at(const unsigned char *byte)
{
	uint64_t word;

	memcpy(&word, byte, sizeof(word));
	return be64toh(word);
}

/* Number of leading bits that both have in common. */
bool sw_prefix_overlaps(const struct sw_prefix *a, const struct sw_prefix *b)
{
	int bits = fixed_bits(a) < fixed_bits(b) ? fixed_bits(a) : fixed_bits(b);
	uint64_t high, low;

	if (a->v4 != b->v4)
		return false;
	high = word_at(a->addr.byte) ^ word_at(b->addr.byte);
	low = word_at(&a->addr.byte[8]) ^ word_at(&b->addr.byte[8]);
	if (bits <= 64)
		return !bits || !(high >> (64 - bits));
	return !high && !(low >> (128 - bits));
}

__u64 sw_prefix_number(const struct sw_prefix *p)
{
	if (!p->v4)
		return 1ull << 63 | word_at(p->addr.byte) >> 1;
	return (word_at(&p->addr.byte[8]) & 0xffffffff) << 8 | p->plen;
}

int sw_prefix_cmp(const void *a, const void *b)
{
	const struct sw_prefix *x = a, *y = b;

	if (x->v4 != y->v4)
		return x->v4 ? -1 : 1;
	for (int i = 0; i < 16; i += 8) {
		uint64_t mine = word_at(&x->addr.byte[i]), its = word_at(&y->addr.byte[i]);

		if (mine != its)
			return mine < its ? -1 : 1;
	}
	return x->plen - y->plen;
}
