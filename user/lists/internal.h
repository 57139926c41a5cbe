/* SPDX-License-Identifier: GPL-2.0-only */
/* Shared by the parsers of list formats. */
#ifndef SCANWALL_LISTS_INTERNAL_H
#define SCANWALL_LISTS_INTERNAL_H

#include "lists/lists.h"

#define SW_LIST_FIELDS 48
#define SW_LIST_NAME 64 /* of a named group of addresses, with NUL */

/* A list on its way. */
struct sw_reading {
	struct sw_list *list;
	const char *name;
	long line;
	sw_list_fn fn;
	void *arg;
	int stop; /* what fn returned */
	/* csv: index of each column; -1: absent */
	bool header_seen;
	int value, duration, reason, scope, type, simulated, last, length;
	bool in_elements; /* nft, blocks: between the braces; ipset list: of its members */
	bool listed;	  /* of `ipset list` or `iptables -L`, not of their save format */
	bool allows;	  /* in a set whose name says that it allows */
	/* squid, caddy: a copy of the text, and what it says of the name asked for last */
	char *whole, known_name[SW_LIST_NAME];
	bool known_allows;
	char *held; /* windows: the addresses of a rule, until it says what it does */
};

/* Parses one line in place; it is trimmed and not empty. True: it was understood. */
typedef bool (*sw_line_fn)(struct sw_reading *r, char *line);

/* ---- results of a line */
void sw_list_odd(struct sw_reading *r, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void sw_list_skip(struct sw_reading *r);
/* An address, prefix or range in any unambiguous notation: 192.0.2.1, 192.0.2.0/24,
 * 192.0.2.0/255.255.255.0, 192.0.2.1-192.0.2.9, 192.0.2.1-9, 192.0.2.*, 192.0.2.1:80,
 * [2001:db8::1]. Anything else makes the line odd. */
void sw_list_put(struct sw_reading *r, const char *text, int64_t ttl, const char *comment);
/* The same of one IPv4 address in network order. */
void sw_list_put4(struct sw_reading *r, __u32 addr);

/* ---- addresses.c */
struct sw_range {
	struct sw_addr first, last;
	bool v4, masked;
};

/* False with why filled. */
bool sw_range_parse(const char *text, struct sw_range *out, struct sw_err *why);
/* Calls fn for the prefixes that make up the range, in order, until it returns non-zero. */
int sw_range_each(const struct sw_range *range, int (*fn)(const struct sw_prefix *p, void *arg),
		  void *arg);

/* ---- parsers of formats */
char *sw_list_trim(char *text);
/* Cuts off the first word; *rest points after it and white space. */
char *sw_list_word(char **rest);
/* Cuts off a comment: "#", ";" or "//" at the start of the line or after white space; NULL:
 * none. */
char *sw_list_comment(char *line);

/* Skips what servers write before an address: "deny", "Require not ip", "- ". */
const char *sw_plain_start(const char *line);

/* The number of addresses, if the line has nothing else; otherwise 0. */
int sw_plain_addresses(const char *line);
bool sw_plain_line(struct sw_reading *r, char *line);
bool sw_p2p_line(struct sw_reading *r, char *line);
bool sw_ipfilter_line(struct sw_reading *r, char *line);
bool sw_drop_line(struct sw_reading *r, char *line);
bool sw_dshield_line(struct sw_reading *r, char *line);
bool sw_hosts_deny_line(struct sw_reading *r, char *line);
bool sw_fail2ban_line(struct sw_reading *r, char *line);
bool sw_tor_line(struct sw_reading *r, char *line);
bool sw_csv_line(struct sw_reading *r, char *line);
bool sw_ipset_line(struct sw_reading *r, char *line);
bool sw_iptables_line(struct sw_reading *r, char *line);
bool sw_nft_line(struct sw_reading *r, char *line);
bool sw_routeros_line(struct sw_reading *r, char *line);
bool sw_cisco_line(struct sw_reading *r, char *line);
bool sw_junos_line(struct sw_reading *r, char *line);
bool sw_rpz_line(struct sw_reading *r, char *line);
bool sw_ufw_line(struct sw_reading *r, char *line);
bool sw_xml_line(struct sw_reading *r, char *line);
bool sw_blocks_line(struct sw_reading *r, char *line);
bool sw_squid_line(struct sw_reading *r, char *line);
bool sw_caddy_line(struct sw_reading *r, char *line);
bool sw_windows_line(struct sw_reading *r, char *line);
/* `geo $bad {`, `acl bad {`, `table <bad> {` */
bool sw_opens_block(const char *line);
bool sw_iptables_row(struct sw_reading *r, char *line);
bool sw_fail2ban_bans(struct sw_reading *r, char *line);
/* Does the name of a set say that it allows? */
bool sw_list_lets_through(const char *name);
/* Parses the whole text, up to end, where a NUL stands. -1: not JSON, with e filled. */
int sw_json_read(struct sw_reading *r, const char *text, const char *end, struct sw_err *e);
/* A duration in Go's format, "3h59m58.7s". 1: positive, 0: expired, -1: invalid. */
int sw_go_span(const char *text, int64_t *us);
/* Does this scope mean an address? "", "Ip" and "Range" do. */
bool sw_is_address_scope(const char *scope, size_t len);
/* "Ip:203.0.113.9" as cscli writes it; NULL: another scope. */
const char *sw_without_scope(const char *value);
/* Does a line of CSV start with known column names? */
bool sw_csv_is_header(const char *line);

#endif
