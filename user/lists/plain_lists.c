// SPDX-License-Identifier: GPL-2.0-only
/* Formats with one address per line and a fixed syntax around it. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include "base/duration.h"
#include "lists/internal.h"

#define SEPARATORS " \t,;"

const char *sw_plain_start(const char *line)
{
	static const char *const before[] = {
		"- ",	      "deny from ",   "deny ", "require not ip ", "block ", "ip ",
		"blackhole ", "unreachable ", "drop ", "prohibit ",	  "\"",	    "'"};

	if (isdigit((unsigned char)*line)) /* nearly always */
		return line;
	for (size_t i = 0; i < sizeof(before) / sizeof(before[0]); i++) {
		if (strncasecmp(line, before[i], strlen(before[i])))
			continue;
		line += strlen(before[i]);
		line += strspn(line, " \t\"'");
		break;
	}
	return line;
}

static bool is_address(const char *word)
{
	struct sw_range range;

	return sw_range_parse(word, &range, NULL);
}

/* 255.255.255.0 or 0.0.0.255 */
static bool is_mask(const char *word)
{
	return !strncmp(word, "255.", 4) || !strncmp(word, "0.", 2);
}

static void cut_quotes(char *word)
{
	size_t n = strlen(word);

	while (n && strchr("\"',", word[n - 1]))
		word[--n] = '\0';
}

/* "a - b", "a to b", "a /24", "a 255.255.255.0": joins the parts of an address that are
 * separated by white space in `joined`; otherwise the word alone. */
static char *first_word(char **rest, char *joined, size_t size)
{
	char *addr = sw_list_word(rest), *end = addr + strlen(addr);

	cut_quotes(addr);
	if (!strncasecmp(*rest, "to ", 3) || !strncmp(*rest, "- ", 2) || !strncmp(*rest, "/ ", 2)) {
		char between = **rest == '/' ? '/' : '-';

		sw_list_word(rest);
		snprintf(joined, size, "%.60s%c%.60s", addr, between, sw_list_word(rest));
	} else if (**rest == '/' ||
		   (**rest == '-' && isdigit((unsigned char)(*rest)[1]) && strpbrk(*rest, ".:"))) {
		snprintf(joined, size, "%.60s%.60s", addr, sw_list_word(rest));
	} else if (end > addr && strchr("/-", end[-1]) && **rest) {
		snprintf(joined, size, "%.60s%.60s", addr, sw_list_word(rest));
	} else if (!strchr(addr, '/') && is_mask(*rest)) {
		snprintf(joined, size, "%.60s/%.60s", addr, sw_list_word(rest));
	} else {
		return addr;
	}
	return joined;
}

/* "1h", "600": the duration. After a tab come columns: a number is a count (ipsum), text a
 * comment. */
static bool read_span(struct sw_reading *r, char *word, bool after_tab, int64_t *ttl,
		      char **comment)
{
	struct sw_err why;

	if (!*word || (after_tab && word[strspn(word, "0123456789")] == '\0'))
		return true;
	if (!sw_duration_parse(word, "the time after the address", ttl, &why))
		return true;
	if (after_tab) {
		*comment = word;
		return true;
	}
	sw_list_odd(r, "%s", why.text);
	return false;
}

int sw_plain_addresses(const char *line)
{
	char word[128];
	int n = 0;

	if (!line[strcspn(line, SEPARATORS)])
		return 1; /* most lines */
	for (size_t length; *line; line += length + strspn(line + length, SEPARATORS), n++) {
		length = strcspn(line, SEPARATORS);
		snprintf(word, sizeof(word), "%.*s", (int)length, line);
		if (length >= sizeof(word) || !is_address(word) || (n && is_mask(word)))
			return 0;
	}
	return n;
}

/* "a, b, c": each of them. Two are ambiguous, as they may be a range, unless a server's
 * directive precedes them. */
static void put_each(struct sw_reading *r, char *line, int n, bool directive)
{
	char *save = NULL, *word;

	if (n == 2 && !directive) {
		sw_list_odd(r, "two addresses in a line, \"%.80s\"; a range is written A-B", line);
		return;
	}
	for (word = strtok_r(line, SEPARATORS, &save); word;
	     word = strtok_r(NULL, SEPARATORS, &save))
		sw_list_put(r, word, 0, NULL);
}

/* Lines of a server's configuration that do not deny. */
static bool is_frame(const char *line)
{
	static const char *const begin[] = {"<RequireA", "</RequireA", "<Limit", "</Limit",
					    "<Files",	 "</Files",    "<IfM",	 "</IfM",
					    "Order ",	 "Require all"};

	for (size_t i = 0; i < sizeof(begin) / sizeof(begin[0]); i++)
		if (!strncasecmp(line, begin[i], strlen(begin[i])))
			return true;
	return false;
}

/* `acl "trusted" {` and `};`, as BIND, nginx and pf have them: the begin or end of a named
 * block, which may hold those who are let through. */
static bool is_brace(struct sw_reading *r, const char *line)
{
	size_t n = strlen(line);

	if (line[n - 1] == '{')
		r->allows = sw_list_lets_through(line);
	else if (*line == '}')
		r->allows = false;
	else
		return false;
	return true;
}

/* "allow 192.0.2.1;", "!192.0.2.1", "deny all;": blocks nobody, or names nobody. */
static bool blocks_nobody(const char *line)
{
	return *line == '!' || !strncasecmp(line, "allow ", 6) ||
	       !strncasecmp(line, "deny all", 8) || !strncasecmp(line, "deny from all", 13) ||
	       !strncasecmp(line, "require ip ", 11);
}

/* "deny from 10.20.0.1 10.20.2": all of them, including Apache's partial addresses. True: it was
 * such a line. */
static bool put_directive(struct sw_reading *r, char *line)
{
	char *rest = (char *)sw_plain_start(line), *at, network[32];
	int n;

	if (rest == line || isdigit((unsigned char)*line) || *line == '"' || *line == '\'')
		return false;
	n = sw_plain_addresses(rest);
	if (n > 1) {
		put_each(r, rest, n, true);
		return true;
	}
	if (strncasecmp(line, "deny from ", 10) && strncasecmp(line, "require not ip ", 15))
		return false;
	rest[strcspn(rest, "#")] = '\0';
	for (at = sw_list_word(&rest); *at; at = sw_list_word(&rest)) {
		snprintf(network, sizeof(network), "%.28s.", at);
		sw_list_put(r, !strpbrk(at, "/:") && is_address(network) ? network : at, 0, NULL);
	}
	return true;
}

static const char *first_of(const char *text, char word[16])
{
	snprintf(word, 16, "%.*s", (int)strcspn(text, " \t,;"), text);
	return word;
}

/* What mail servers write after an address. */
static bool is_verdict(const char *word, bool *lets_in)
{
	static const char *const denies[] = {"REJECT", "DROP", "DISCARD", "DENY", "BLOCK", "BAN"};
	static const char *const allows[] = {"OK", "DUNNO", "PERMIT", "ALLOW", "RELAY", "ACCEPT"};

	for (size_t i = 0; i < 6; i++) {
		*lets_in = !strcasecmp(word, allows[i]);
		if (*lets_in || !strcasecmp(word, denies[i]))
			return true;
	}
	return false;
}

/* "     12 192.0.2.1", from `uniq -c`: skips the count. */
static char *without_count(char *line)
{
	size_t n = strspn(line, "0123456789"), space = strspn(line + n, " \t");
	char word[128];

	if (!n || !space)
		return line;
	snprintf(word, sizeof(word), "%.*s", (int)strcspn(line + n + space, " \t"),
		 line + n + space);
	return is_address(word) ? line + n + space : line;
}

/* ADDR[/LEN], ADDR - ADDR or ADDR MASK, optionally followed by a time and a comment; or several
 * addresses. */
bool sw_plain_line(struct sw_reading *r, char *line)
{
	char *comment, *rest, *addr, *span, joined[128], verdict[16];
	int64_t ttl = 0;
	__u32 four;
	bool tab, lets_in;
	int n;

	if (r->allows && *line != '}') {
		sw_list_skip(r);
		return true;
	}
	if (sw_addr_parse4(line, &four)) { /* the common case */
		sw_list_put4(r, four);
		return true;
	}
	n = sw_plain_addresses(line);
	if (n > 1) {
		put_each(r, line, n, false);
		return true;
	}
	if (is_frame(line) || is_brace(r, line))
		return false;
	if (blocks_nobody(line)) {
		sw_list_skip(r);
		return true;
	}
	if (put_directive(r, line))
		return true;
	comment = sw_list_comment(line);
	rest = without_count((char *)sw_plain_start(line));
	if (!*sw_list_trim(rest))
		return false;
	tab = strchr(rest, '\t');
	addr = first_word(&rest, joined, sizeof(joined));
	if (is_address(addr) && is_verdict(first_of(rest, verdict), &lets_in)) {
		if (lets_in)
			sw_list_skip(r);
		else
			sw_list_put(r, addr, 0, comment);
		return true;
	}
	span = tab && !comment ? rest : sw_list_word(&rest);
	if (span != rest && strstr(rest, "--origin "))
		sw_list_odd(
			r,
			"a line of what `scanwall save` writes; `scanwall restore FILE` reads it");
	else if (span != rest && *rest)
		sw_list_odd(r, "\"%.80s\" is unexpected; a line is ADDR[/LEN] [SPAN] [# comment]",
			    rest);
	else if (!is_address(addr) || read_span(r, span, tab, &ttl, &comment))
		sw_list_put(r, addr, ttl, comment);
	return true;
}

/* Spamhaus DROP: "CIDR ; SBL123". */
bool sw_drop_line(struct sw_reading *r, char *line)
{
	long before = r->list->entries + r->list->skipped + r->list->odd;
	long line_number = r->line, lines = r->list->lines;
	struct sw_err ignored;

	if (*line != '{')
		return sw_plain_line(r, line);
	r->line--;
	sw_json_read(r, line, line + strlen(line), &ignored);
	r->line = line_number;
	r->list->lines = lines;
	if (before != r->list->entries + r->list->skipped + r->list->odd)
		return true;
	if (strstr(line, "\"metadata\""))
		return false;
	sw_list_odd(r, "an object without \"cidr\"");
	return true;
}

/* Both ends of an IPv6 range start alike, unlike words of a name. */
static bool begins_range6(const char *at)
{
	const char *dash = strchr(at, '-');
	size_t n = strcspn(at, ":");

	return dash && at[n] == ':' && is_address(at) && !strncmp(at, dash + 1, n + 1);
}

/* The colon before the address; names and addresses may contain colons themselves. */
static char *colon_of_p2p(char *line)
{
	char *last = strrchr(line, ':');

	for (char *colon = strchr(line, ':'); colon && colon != last;
	     colon = strchr(colon + 1, ':'))
		if (begins_range6(colon + 1 + strspn(colon + 1, " ")))
			return colon;
	return last;
}

/* "name of it:1.2.3.4-1.2.3.9" (PeerGuardian) */
bool sw_p2p_line(struct sw_reading *r, char *line)
{
	char *colon;

	if (*line == '#' || *line == ';' || !strncmp(line, "//", 2))
		return false;
	colon = colon_of_p2p(line);
	if (!colon)
		return sw_plain_line(r, line);
	*colon = '\0';
	sw_list_put(r, sw_list_trim(colon + 1), 0, sw_list_trim(line));
	return true;
}

/* eMule's ipfilter.dat: "001.002.003.004 - 001.002.003.009 , 100 , name". Levels of 128 and
 * above are allowed. */
bool sw_ipfilter_line(struct sw_reading *r, char *line)
{
	char *level, *name = NULL, *dash, joined[128];
	int n = 0;

	if (*line == '#' || *line == ';' || !strncmp(line, "//", 2))
		return false;
	level = strchr(line, ',');
	if (!level)
		return sw_plain_line(r, line);
	*level++ = '\0';
	name = strchr(level, ',');
	if (name)
		*name++ = '\0';
	dash = strchr(line, '-');
	if (sscanf(level, "%d", &n) == 1 && n > 127) {
		sw_list_skip(r);
		return true;
	}
	if (dash)
		*dash++ = '\0';
	snprintf(joined, sizeof(joined), dash ? "%.60s-%.60s" : "%.60s", sw_list_trim(line),
		 dash ? sw_list_trim(dash) : "");
	sw_list_put(r, joined, 0, name ? sw_list_trim(name) : NULL);
	return true;
}

/* DShield block.txt: start, end, prefix length, ... The range counts; if length and end
 * disagree, the line is invalid. */
bool sw_dshield_line(struct sw_reading *r, char *line)
{
	char *start, *end, *length, prefix[128], range[128];
	struct sw_range a, b;
	struct sw_err why;

	if (*line == '#' || strncasecmp(line, "start", 5) == 0)
		return false;
	start = sw_list_word(&line);
	end = sw_list_word(&line);
	length = sw_list_word(&line);
	snprintf(prefix, sizeof(prefix), "%.60s/%.20s", start, length);
	snprintf(range, sizeof(range), "%.60s-%.60s", start, end);
	if (!*length)
		sw_list_odd(r, "not start, end and prefix length: \"%.80s\"", start);
	else if (!sw_range_parse(range, &b, &why) || !sw_range_parse(prefix, &a, &why))
		sw_list_odd(r, "%s", why.text);
	else if (memcmp(&a.last, &b.last, sizeof(a.last)) || a.masked)
		sw_list_odd(r, "%s does not end at %s", prefix, end);
	else
		sw_list_put(r, prefix, 0, "dshield");
	return true;
}

/* hosts.deny(5): "DAEMONS : CLIENTS [: SHELL]". Names are skipped; "192.0.2." is a
 * prefix. */
static void put_client(struct sw_reading *r, char *client)
{
	if (!strchr(client, ':') && client[strspn(client, "0123456789./*")] && client[0] != '[')
		sw_list_skip(r);
	else
		sw_list_put(r, client, 0, NULL);
}

/* "sshd: 192.0.2.1 : ALLOW" (hosts_options), "Connect:192.0.2.1 OK" (sendmail's access),
 * "access-control: 192.0.2.0/24 allow" (unbound). */
static bool lets_in(const char *line)
{
	static const char *const words[] = {"ALLOW", "OK", "RELAY", "PERMIT", "ACCEPT"};

	for (size_t length; *line; line += length + strspn(line + length, " \t:,")) {
		length = strcspn(line, " \t:,");
		for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
			if (length == strlen(words[i]) && !strncasecmp(line, words[i], length))
				return true;
	}
	return false;
}

bool sw_hosts_deny_line(struct sw_reading *r, char *line)
{
	char *clients, *client, *end;

	if (*line == '#')
		return false;
	if (lets_in(line)) {
		sw_list_skip(r);
		return true;
	}
	clients = strchr(line, ':');
	if (!clients)
		return sw_plain_line(r, line);
	clients++;
	/* A shell command may follow, after a colon that is not part of an address. */
	end = strstr(clients, " : ");
	if (end)
		*end = '\0';
	end = strchr(clients, '#');
	if (end)
		*end = '\0';
	for (client = strtok(clients, ", \t"); client; client = strtok(NULL, ", \t")) {
		size_t n = strlen(client);
		bool last = n > 1 && client[n - 1] == ':' && client[n - 2] != ':';

		if (!strcasecmp(client, "EXCEPT"))
			break;
		if (last) /* "ALL: 192.0.2.1: DENY" */
			client[n - 1] = '\0';
		put_client(r, client);
		if (last)
			break;
	}
	return true;
}

/* fail2ban-client get JAIL banip --with-time:
 * "1.2.3.4 \t2026-11-27 10:00:00 + 600 = 2026-11-27 10:10:00"; the rest of the time
 * is what counts. */
bool sw_fail2ban_line(struct sw_reading *r, char *line)
{
	char *addr, *ends = strstr(line, " = ");
	struct tm tm = {.tm_isdst = -1};
	int64_t left;

	if (*line == '#')
		return false;
	if (!ends)
		return sw_fail2ban_bans(r, line);
	addr = sw_list_word(&line);
	if (sscanf(ends + 3, "%d-%d-%d %d:%d:%d", &tm.tm_year, &tm.tm_mon, &tm.tm_mday, &tm.tm_hour,
		   &tm.tm_min, &tm.tm_sec) != 6) {
		sw_list_odd(r, "invalid time \"%.80s\" (expected 2026-11-27 10:00:00)", ends + 3);
		return true;
	}
	tm.tm_year -= 1900;
	tm.tm_mon -= 1;
	left = mktime(&tm) * INT64_C(1000000) - sw_now();
	if (tm.tm_year + 1900 >= 9999 || strstr(line, "+ -1 ")) /* a ban without an end */
		sw_list_put(r, addr, SW_FOREVER, NULL);
	else if (left <= 0)
		sw_list_skip(r);
	else
		sw_list_put(r, addr, left, NULL);
	return true;
}

/* Tor's exit-addresses: lines "ExitAddress 1.2.3.4 2026-11-27 10:00:00". */
bool sw_tor_line(struct sw_reading *r, char *line)
{
	static const char *const others[] = {"ExitNode", "Published", "LastStatus"};
	char *word = sw_list_word(&line);

	if (*word == '#')
		return false;
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		if (!strcmp(word, others[i]))
			return false;
	if (!strcmp(word, "ExitAddress"))
		sw_list_put(r, sw_list_word(&line), 0, "tor exit");
	else
		sw_list_put(r, word, 0, "tor exit");
	return true;
}
