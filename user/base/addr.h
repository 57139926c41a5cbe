/* SPDX-License-Identifier: GPL-2.0-only */
/* Addresses and prefixes: text to bytes and back. */
#ifndef SCANWALL_ADDR_H
#define SCANWALL_ADDR_H

#include <stdbool.h>
#include <scanwall/abi.h>
#include "base/err.h"

#define SW_PREFIX_TEXT 64 /* room for any prefix as text, with its NUL */

/* IPv4 is stored as mapped IPv6; plen is as written: 0..32 for IPv4, 0..128 for IPv6. Host bits
 * are zero. */
struct sw_prefix {
	struct sw_addr addr;
	__u8 plen;
	bool v4;
};

/* "203.0.113.9", "203.0.113.0/24", "2001:db8::/32". Refused, with the value
 * and what would be right: host bits set below the prefix length, a length out
 * of range, zone indices, leading zeros, names. "::ffff:203.0.113.9" is taken
 * as the IPv4 address. Returns 0 or -1 (SW_EXIT_USAGE). */
int sw_prefix_parse(const char *text, struct sw_prefix *p, struct sw_err *e);

/* The shortest text that parses to the same prefix, without "/32" or "/128". */
const char *sw_prefix_text(const struct sw_prefix *p, char buf[SW_PREFIX_TEXT]);

/* One address as text; IPv4 in dotted form. */
const char *sw_addr_text(const struct sw_addr *a, char buf[SW_PREFIX_TEXT]);

struct sw_prefix sw_prefix_of(const struct sw_addr *a, int family_plen);
bool sw_addr_is4(const struct sw_addr *a);
struct sw_addr sw_addr_from4(__u32 addr /* network order */);
/* Parses a dotted quad as inet_pton does, and nothing else; most lines of most lists are one.
 * addr: network order. */
bool sw_addr_parse4(const char *text, __u32 *addr);
__u32 sw_addr_to4(const struct sw_addr *a); /* network order */

bool sw_prefix_covers(const struct sw_prefix *outer, const struct sw_prefix *inner);
bool sw_prefix_overlaps(const struct sw_prefix *a, const struct sw_prefix *b);
/* IPv4 before IPv6, then by address, then shorter first. For qsort. */
int sw_prefix_cmp(const void *a, const void *b);
/* The first part of sw_prefix_cmp's order as one number; complete for IPv4. */
__u64 sw_prefix_number(const struct sw_prefix *p);
/* A whole address: /32 or /128. */
bool sw_prefix_is_host(const struct sw_prefix *p);

#endif
