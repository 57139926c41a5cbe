// SPDX-License-Identifier: GPL-2.0-only
/* Formats of one address a line, with something around it. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include "base/duration.h"
#include "lists/internal.h"

char *sw_list_trim(char *s)
{
	char *end;

	while (isspace((unsigned char)*s))
		s++;
	end = s + strlen(s);
	while (end > s && isspace((unsigned char)end[-1]))
		end--;
	*end = '\0';
	return s;
}

char *sw_list_word(char **rest)
{
	char *word = *rest + strspn(*rest, " \t"), *end = word + strcspn(word, " \t");

	*rest = end + strspn(end, " \t");
	*end = '\0';
	return word;
}

char *sw_list_comment(char *line)
{
	for (char *at = line; *at; at++) {
		bool begins = at == line || isspace((unsigned char)at[-1]);
		size_t n = *at == '#' || *at == ';' ? 1 : at[0] == '/' && at[1] == '/' ? 2 : 0;

		/* "203.0.113.9#4#2" and "203.0.113.9;" have no space. */
		if (!n || (n == 2 && !begins))
			continue;
		*at = '\0';
		return sw_list_trim(at + n);
	}
	return NULL;
}

const char *sw_plain_start(const char *line)
{
	static const char *const before[] = {"- ",     "deny from ", "deny ", "require not ip ",
					     "block ", "ip ",	     "\"",    "'"};

	for (size_t i = 0; i < sizeof(before) / sizeof(before[0]); i++) {
		if (strncasecmp(line, before[i], strlen(before[i])))
			continue;
		line += strlen(before[i]);
		line += strspn(line, " \t\"'");
		break;
	}
	return line;
}

/* "1h", "600": how long; a number behind a tab is a count (ipsum). */
static bool read_span(struct sw_reading *r, const char *word, bool after_tab, int64_t *ttl)
{
	struct sw_err why;

	if (!*word || (after_tab && word[strspn(word, "0123456789")] == '\0'))
		return true;
	if (!sw_duration_parse(word, "the time behind the address", ttl, &why))
		return true;
	sw_list_odd(r, "%s", why.text);
	return false;
}

static void cut_quotes(char *word)
{
	size_t n = strlen(word);

	while (n && strchr("\"',", word[n - 1]))
		word[--n] = '\0';
}

/* ADDR[/LEN], ADDR - ADDR, ADDR MASK, and then perhaps a time and a comment. */
bool sw_plain_line(struct sw_reading *r, char *line)
{
	char *comment = sw_list_comment(line), *rest = (char *)sw_plain_start(line), *addr, *span;
	char joined[128];
	int64_t ttl = 0;
	bool tab;

	if (!*sw_list_trim(rest))
		return false;
	tab = strchr(rest, '\t');
	addr = sw_list_word(&rest);
	cut_quotes(addr);
	if (rest[0] == '-' && isspace((unsigned char)rest[1])) {
		sw_list_word(&rest);
		snprintf(joined, sizeof(joined), "%.60s-%.60s", addr, sw_list_word(&rest));
		addr = joined;
	} else if (!strncmp(rest, "255.", 4) && !strchr(addr, '/')) {
		snprintf(joined, sizeof(joined), "%.60s/%.60s", addr, sw_list_word(&rest));
		addr = joined;
	}
	span = sw_list_word(&rest);
	if (*rest)
		sw_list_odd(r, "\"%.80s\" is unexpected; a line is ADDR[/LEN] [SPAN] [# comment]",
			    rest);
	else if (read_span(r, span, tab, &ttl))
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
	sw_json_read(r, line, &ignored);
	r->line = line_number;
	r->list->lines = lines;
	if (before != r->list->entries + r->list->skipped + r->list->odd)
		return true;
	if (strstr(line, "\"metadata\""))
		return false;
	sw_list_odd(r, "an object without \"cidr\"");
	return true;
}

/* "name of it:1.2.3.4-1.2.3.9" (PeerGuardian) */
bool sw_p2p_line(struct sw_reading *r, char *line)
{
	char *colon;

	if (*line == '#' || *line == ';' || !strncmp(line, "//", 2))
		return false;
	colon = strrchr(line, ':');
	if (!colon)
		return sw_plain_line(r, line);
	*colon = '\0';
	sw_list_put(r, sw_list_trim(colon + 1), 0, sw_list_trim(line));
	return true;
}

/* eMule's ipfilter.dat: "001.002.003.004 - 001.002.003.009 , 100 , name". Levels
 * from 128 on are let through there. */
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

/* DShield block.txt: start, end, prefix length, ... The range is what is meant;
 * where length and end differ, the line is odd. */
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
	char prefix[64];
	int dots = 0, at = 0;
	size_t n = strlen(client);

	if (!strchr(client, ':') && client[strspn(client, "0123456789./")] && client[0] != '[') {
		sw_list_skip(r);
		return;
	}
	if (!n || client[n - 1] != '.' || n > 16) {
		sw_list_put(r, client, 0, NULL);
		return;
	}
	for (const char *c = client; *c; c++)
		dots += *c == '.';
	at = snprintf(prefix, sizeof(prefix), "%s", client);
	for (int i = dots; i < 4; i++)
		at += snprintf(prefix + at, sizeof(prefix) - at, i < 3 ? "0." : "0");
	snprintf(prefix + at, sizeof(prefix) - at, "/%d", 8 * dots);
	sw_list_put(r, prefix, 0, NULL);
}

bool sw_hosts_deny_line(struct sw_reading *r, char *line)
{
	char *clients, *client, *end;

	if (*line == '#')
		return false;
	clients = strchr(line, ':');
	if (!clients)
		return sw_plain_line(r, line);
	clients++;
	/* A shell command may follow, behind a colon that is of no address. */
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
	char *addr = sw_list_word(&line), *ends = strstr(line, " = ");
	struct tm tm = {.tm_isdst = -1};
	int64_t left;

	if (*addr == '#')
		return false;
	if (!ends) {
		sw_list_put(r, addr, 0, NULL);
		return true;
	}
	if (sscanf(ends + 3, "%d-%d-%d %d:%d:%d", &tm.tm_year, &tm.tm_mon, &tm.tm_mday, &tm.tm_hour,
		   &tm.tm_min, &tm.tm_sec) != 6) {
		sw_list_odd(r, "\"%.80s\" is not a time as 2026-11-27 10:00:00", ends + 3);
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

/* Tor's exit-addresses: "ExitAddress 1.2.3.4 2026-11-27 10:00:00" among others. */
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
