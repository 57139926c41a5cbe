// SPDX-License-Identifier: GPL-2.0-only
/* Parses saved rules of other firewalls: ipset, iptables, nft. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "lists/internal.h"

#define SECOND INT64_C(1000000)
#define IPSET_MOST 2147483 /* longest timeout in seconds of an ipset entry */

/* `ipset list`: the lines before "Members:" describe the set. */
static bool ipset_listed(struct sw_reading *r, const char *line)
{
	if (!strncmp(line, "Name: ", 6)) {
		r->listed = true;
		r->in_elements = false;
		r->allows = sw_list_lets_through(line + 6);
	}
	if (!r->listed || r->in_elements)
		return false;
	r->in_elements = !strncmp(line, "Members:", 8);
	return true;
}

/* us; 0: it stays. */
static int64_t ipset_timeout(const char *text)
{
	long long seconds = strtoll(text, NULL, 10);

	if (seconds < 0)
		return 0;
	return (seconds < IPSET_MOST ? seconds : IPSET_MOST) * SECOND;
}

/* `ipset save`: "add SET ADDR[,...] [timeout N] [comment "text"] [nomatch]" */
bool sw_ipset_line(struct sw_reading *r, char *line)
{
	char *word, *entry, *comment = NULL, *at;
	int64_t ttl = 0;
	bool allows = r->listed && r->allows;

	if (ipset_listed(r, line))
		return false;
	word = sw_list_word(&line);
	if (*word == '#' || !strcasecmp(word, "create") || !strcasecmp(word, "flush") ||
	    !strcasecmp(word, "destroy") || !strcasecmp(word, "-N") || !strcasecmp(word, "COMMIT"))
		return false;
	if (!strcasecmp(word, "add") || !strcmp(word, "-A") || !strcmp(word, "-add")) {
		allows = sw_list_lets_through(sw_list_word(&line));
		entry = sw_list_word(&line);
	} else {
		entry = word; /* `ipset list` prints members without a command */
	}
	at = strstr(line, "comment \"");
	if (at) {
		comment = at + strlen("comment \"");
		comment[strcspn(comment, "\"")] = '\0';
		*at = '\0';
	}
	at = strstr(line, "timeout ");
	if (at)
		ttl = ipset_timeout(at + strlen("timeout "));
	if (allows || strstr(line, "nomatch")) {
		sw_list_skip(r); /* those are exceptions */
		return true;
	}
	entry[strcspn(entry, ",")] = '\0';
	sw_list_put(r, entry, ttl, comment);
	return true;
}

/* The argument of an option; NULL: absent, or negated. */
static char *value_of(char *line, const char *option)
{
	char *at = strstr(line, option), *rest;

	if (!at || (at - line >= 2 && at[-2] == '!'))
		return NULL;
	rest = at + strlen(option);
	return sw_list_word(&rest);
}

/* `iptables-save`, or the commands: rules that drop packets by source address. */
bool sw_iptables_line(struct sw_reading *r, char *line)
{
	bool drops =
		strstr(line, "-j DROP") || strstr(line, "-j REJECT") || strstr(line, "-j TARPIT");
	bool narrow = strstr(line, "--dport") || strstr(line, " -d ") || strstr(line, "--sport");
	char *source, *one, *save = NULL;

	if (*line == '#' || *line == '*' || *line == ':' || !strncmp(line, "COMMIT", 6))
		return false;
	if (!strncmp(line, "Chain ", 6))
		r->listed = true;
	if (r->listed)
		return sw_iptables_row(r, line);
	if (!strstr(line, "-A ") && !strstr(line, "-I ")) {
		sw_list_odd(r, "not a rule of iptables: \"%.80s\"", line);
		return true;
	}
	source = value_of(line, "-s ");
	if (!source)
		source = value_of(line, "--source ");
	if (!source)
		source = value_of(line, "--src-range ");
	/* A rule for one port or destination only is not a block of the source. */
	if (!drops || !source || narrow)
		sw_list_skip(r);
	else
		for (one = strtok_r(source, ",", &save); one; one = strtok_r(NULL, ",", &save))
			sw_list_put(r, one, 0, NULL);
	return true;
}

/* The colon between an element of a map and its value; NULL: an element of a set. Those
 * within an IPv6 address have no white space beside them. */
static char *colon_of(char *element)
{
	char *dot = NULL, *at = element;
	bool quoted = false, first = true;

	for (; *at; at++) {
		quoted ^= *at == '"';
		if (quoted)
			continue;
		if (*at == ':' && (dot || at == element || isspace((unsigned char)at[-1]) ||
				   isspace((unsigned char)at[1])))
			return at;
		first &= !isspace((unsigned char)*at);
		dot = !first ? NULL : *at == '.' ? at : dot;
	}
	return NULL;
}

/* Cuts off the value of a map's element. True: it lets the address through, or translates it;
 * of "ADDR . PORT" only that port is dropped. */
static bool maps_to_other(char *element)
{
	char *value = colon_of(element);

	if (!value)
		return false;
	*value++ = '\0';
	value = sw_list_trim(value);
	return (strcmp(value, "drop") && strcmp(value, "reject")) || strstr(element, " . ");
}

/* "203.0.113.9 timeout 1h expires 59m3s comment \"text\"", in a map with " : VALUE" */
static void put_element(struct sw_reading *r, char *element)
{
	bool other = maps_to_other(element);
	char *rest = element, *addr = sw_list_word(&rest), *comment = strstr(rest, "comment \"");
	char *time = strstr(rest, "expires ");
	int64_t ttl = 0;
	int runs = 1;

	if (!*addr || strchr(addr, '"'))
		return;
	if (comment) {
		comment += strlen("comment \"");
		comment[strcspn(comment, "\"")] = '\0';
	}
	if (!time)
		time = strstr(rest, "timeout ");
	if (time) {
		time = strchr(time, ' ') + 1;
		time[strcspn(time, " ")] = '\0';
		/* 5m3s120ms: milliseconds are finer than the program's ticks */
		if (strstr(time, "ms") && strstr(time, "s") != strstr(time, "ms") + 1)
			*(strstr(time, "s") + 1) = '\0';
		runs = sw_go_span(time, &ttl);
	}
	if (runs < 0)
		ttl = 0;
	if (!runs || r->allows || other)
		sw_list_skip(r);
	else
		sw_list_put(r, addr, ttl, comment);
}

static void put_elements(struct sw_reading *r, char *at)
{
	char *end = strchr(at, '}'), *next;

	if (end)
		*end = '\0';
	for (; at && !r->stop; at = next) {
		bool quoted = false;

		for (next = at; *next && (quoted || *next != ','); next++)
			quoted ^= *next == '"';
		next = *next ? next + 1 : NULL;
		if (next)
			next[-1] = '\0';
		put_element(r, sw_list_trim(at));
	}
	r->in_elements = !end;
}

static bool names_a_set(const char *line)
{
	return !strncmp(line, "set ", 4) || !strncmp(line, "map ", 4) ||
	       !strncmp(line, "add set ", 8) || !strncmp(line, "add map ", 8) ||
	       !strncmp(line, "add element ", 12) || !strncmp(line, "define ", 7);
}

/* `nft list ruleset`, single sets, `add element` and `define`. Rules are skipped, since their
 * effect depends on the preceding ones. */
bool sw_nft_line(struct sw_reading *r, char *line)
{
	char *open, *elements;

	if (*line == '#')
		return false;
	if (!r->in_elements) {
		elements = strstr(line, "elements = {");
		open = strchr(elements ? elements : line, '{');
		if (names_a_set(line))
			r->allows = sw_list_lets_through(line);
		if (!open ||
		    (!elements && !strstr(line, "add element ") && !strstr(line, "define ")))
			return false;
		line = open + 1;
	}
	put_elements(r, line);
	return true;
}
