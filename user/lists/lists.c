// SPDX-License-Identifier: GPL-2.0-only
/* Detects a list's format and parses it line by line. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "lists/internal.h"

#define SAMPLE 200 /* non-empty lines that are sampled to detect the format */

/* ---- which format */

static bool starts(const char *line, const char *word)
{
	return strncasecmp(line, word, strlen(word)) == 0;
}

static bool is_address(const char *word, size_t n)
{
	struct sw_range r;
	char buf[80];

	if (!n || n >= sizeof(buf))
		return false;
	snprintf(buf, sizeof(buf), "%.*s", (int)n, word);
	return sw_range_parse(buf, &r, NULL);
}

static size_t word_length(const char *at)
{
	return strcspn(at, " \t");
}

static bool looks_ipset(const char *line)
{
	return starts(line, "create ") || starts(line, "Name: ") || starts(line, "Members:") ||
	       starts(line, "Size in memory: ") || starts(line, "Revision: ") ||
	       (starts(line, "add ") && strchr(line + 4, ' '));
}

static bool looks_iptables(const char *line)
{
	return (starts(line, "Chain ") && strchr(line, '(')) ||
	       (line[0] == '*' && isalpha((unsigned char)line[1])) || starts(line, "-A ") ||
	       starts(line, "-I ") || starts(line, "iptables ") || starts(line, "ip6tables ") ||
	       (line[0] == ':' && strchr(line, '[')) || !strcmp(line, "COMMIT");
}

static bool looks_routeros(const char *line)
{
	return starts(line, "/ip firewall address-list") ||
	       starts(line, "/ipv6 firewall address-list") ||
	       ((starts(line, "add ") || starts(line, ":do {")) && strstr(line, "address=") &&
		strstr(line, "list="));
}

static bool looks_cisco(const char *line)
{
	const char *rest = line + strspn(line, "0123456789 ");

	return starts(line, "access-list ") || starts(line, "ip access-list ") ||
	       starts(line, "ipv6 access-list ") || starts(line, "object-group network ") ||
	       starts(line, "network-object ") ||
	       (starts(line, "ip route ") && strcasestr(line, "null0")) ||
	       starts(rest, "deny ip ") || starts(rest, "deny ipv6 ") ||
	       starts(rest, "permit ip ") || (rest > line && starts(rest, "deny "));
}

static bool looks_junos(const char *line)
{
	return starts(line, "set policy-options prefix-list ") ||
	       starts(line, "set firewall group ");
}

static bool looks_rpz(const char *line)
{
	return strstr(line, ".rpz-ip") || strstr(line, ".rpz-client-ip") || starts(line, "$TTL ");
}

static bool looks_ufw(const char *line)
{
	return starts(line, "Status: active") ||
	       (strstr(line, "Anywhere") && (strstr(line, " DENY") || strstr(line, " REJECT") ||
					     strstr(line, " ALLOW") || strstr(line, " LIMIT")));
}

static bool looks_xml(const char *line)
{
	return starts(line, "<entry>") || starts(line, "<ipset") || strstr(line, "<elem>");
}

/* "acl bad src 192.0.2.1" */
static bool looks_squid(const char *line)
{
	const char *name = line + 4 + (starts(line, "acl ") ? strspn(line + 4, " \t") : 0);

	return starts(line, "http_access ") ||
	       (starts(line, "acl ") &&
		starts(name + word_length(name) + strspn(name + word_length(name), " \t"), "src "));
}

static bool looks_caddy(const char *line)
{
	return starts(line, "remote_ip ") || starts(line, "client_ip ") ||
	       (line[0] == '@' && (strstr(line, " remote_ip ") || strstr(line, " client_ip ")));
}

static bool looks_windows(const char *line)
{
	return starts(line, "RemoteIP:") || starts(line, "Rule Name:") ||
	       strcasestr(line, " remoteip=") || strcasestr(line, " -RemoteAddress ");
}

static bool looks_nft(const char *line)
{
	return starts(line, "table ip") || starts(line, "table inet ") ||
	       starts(line, "table netdev ") || starts(line, "add element ") ||
	       starts(line, "add set ") || starts(line, "elements = {") ||
	       starts(line, "flush set ") || starts(line, "define ") ||
	       (starts(line, "set ") && strchr(line, '{'));
}

static bool looks_hosts_deny(const char *line)
{
	const char *colon = strchr(line, ':');
	size_t n = strspn(line, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-_., ");

	return colon && n && line + n == colon && colon[1] && colon[1] != ':' &&
	       !is_address(line, word_length(line)) &&
	       (starts(line, "ALL") || starts(line, "sshd") || starts(line, "in.") ||
		starts(line, "vsftpd") ||
		is_address(colon + 1 + strspn(colon + 1, " \t"),
			   word_length(colon + 1 + strspn(colon + 1, " \t"))));
}

/* "1.2.3.4 \t2026-11-27 10:00:00 + 600 = 2026-11-27 10:10:00" */
static bool looks_fail2ban(const char *line)
{
	const char *rest = line + word_length(line);

	rest += strspn(rest, " \t");
	return strstr(line, "Banned IP list:") || strstr(line, "Currently banned:") ||
	       starts(line, "Status for the jail") ||
	       (is_address(line, word_length(line)) && isdigit((unsigned char)*rest) &&
		strstr(rest, " + ") && strstr(rest, " = "));
}

static bool looks_tor(const char *line)
{
	return starts(line, "ExitNode ") || starts(line, "ExitAddress ");
}

/* "001.002.003.004 - 001.002.003.009 , 100 , somebody" */
static bool looks_ipfilter(const char *line)
{
	const char *dash = strchr(line, '-'), *comma = dash ? strchr(dash, ',') : NULL;

	return comma && strchr(comma + 1, ',') && is_address(line, word_length(line));
}

/* "somebody:1.2.3.4-1.2.3.9" */
static bool looks_p2p(const char *line)
{
	const char *colon = strrchr(line, ':'), *dash = colon ? strchr(colon, '-') : NULL;

	return dash && !is_address(line, word_length(line)) &&
	       is_address(colon + 1, strcspn(colon + 1, " \t"));
}

static bool looks_dshield(const char *line)
{
	const char *second = line + word_length(line), *third;

	second += strspn(second, " \t");
	if (starts(line, "start") && starts(second, "end"))
		return true;
	third = second + word_length(second);
	third += strspn(third, " \t");
	return is_address(line, word_length(line)) && is_address(second, word_length(second)) &&
	       isdigit((unsigned char)*third) && strspn(third, "0123456789") == word_length(third);
}

static bool looks_drop(const char *line)
{
	size_t n = strcspn(line, " \t;");
	const char *rest = line + n + strspn(line + n, " \t");

	return is_address(line, n) && rest[0] == ';' && rest[1] && !sw_plain_addresses(line);
}

/* "ADDR # why, and more": commas of a comment. */
static bool has_comment(const char *line)
{
	size_t n = strcspn(line, " \t#;"), space = strspn(line + n, " \t");

	return (line[n + space] == '#' || line[n + space] == ';') && is_address(line, n);
}

static bool looks_csv(const char *line)
{
	size_t n = strcspn(line, ",");

	if (sw_csv_is_header(line))
		return true;
	if (sw_plain_addresses(line) || has_comment(line))
		return false;
	return line[n] == ',' && line[n + 1] &&
	       (line[0] == '"' || !is_address(line, n) || strchr(line + n + 1, ','));
}

static bool looks_plain(const char *line)
{
	size_t n;

	if (sw_plain_addresses(line) > 1)
		return true;
	line = sw_plain_start(line);
	n = strcspn(line, " \t#;,\"'");
	return is_address(line, n);
}

static bool never(const char *line)
{
	(void)line;
	return false;
}

/* In the order of detection; netset and cscli are synonyms. */
static const struct format {
	const char *name;
	bool (*looks)(const char *line);
	sw_line_fn line;
} formats[] = {
	{"routeros", looks_routeros, sw_routeros_line},
	{"cisco", looks_cisco, sw_cisco_line},
	{"junos", looks_junos, sw_junos_line},
	{"rpz", looks_rpz, sw_rpz_line},
	{"xml", looks_xml, sw_xml_line},
	{"squid", looks_squid, sw_squid_line},
	{"caddy", looks_caddy, sw_caddy_line},
	{"windows", looks_windows, sw_windows_line},
	{"ufw", looks_ufw, sw_ufw_line},
	{"nft", looks_nft, sw_nft_line},
	{"ipset", looks_ipset, sw_ipset_line},
	{"iptables", looks_iptables, sw_iptables_line},
	{"tor", looks_tor, sw_tor_line},
	{"fail2ban", looks_fail2ban, sw_fail2ban_line},
	{"ipfilter", looks_ipfilter, sw_ipfilter_line},
	{"p2p", looks_p2p, sw_p2p_line},
	{"hosts.deny", looks_hosts_deny, sw_hosts_deny_line},
	{"dshield", looks_dshield, sw_dshield_line},
	{"drop", looks_drop, sw_drop_line},
	{"csv", looks_csv, sw_csv_line},
	{"plain", looks_plain, sw_plain_line},
	{"blocks", never, sw_blocks_line},
	{"json", never, NULL},
	{"netset", never, sw_plain_line},
	{"cscli", never, sw_csv_line},
};

#define FORMATS (sizeof(formats) / sizeof(formats[0]))
#define PLAIN 20

const char *sw_list_formats(void)
{
	return "auto, plain, netset, drop, dshield, csv, cscli, json, ipset, iptables, nft, "
	       "hosts.deny, fail2ban, ipfilter, p2p, tor, ufw, xml, rpz, routeros, cisco, junos, "
	       "blocks, squid, caddy, windows";
}

static const struct format *format_named(const char *name)
{
	for (size_t i = 0; i < FORMATS; i++)
		if (!strcmp(formats[i].name, name))
			return &formats[i];
	return NULL;
}

bool sw_list_has_format(const char *name)
{
	return !strcmp(name, "auto") || format_named(name);
}

/* The next line, ended by LF, CR or both, and its length; advances *at. NULL at the end. */
static char *next_line(char **at, char *end, size_t *length)
{
	char *line = *at, *stop = line;

	if (line >= end)
		return NULL;
	while (stop < end && *stop != '\n' && *stop != '\r')
		stop++;
	*at = stop + 1;
	if (*stop == '\r' && stop + 1 < end && stop[1] == '\n')
		*at = stop + 2;
	*stop = '\0';
	*length = stop - line;
	return line;
}

/* The header line of a list with bare addresses. */
static const char *opens(const char *line)
{
	if (looks_nft(line) && strchr(line, '{') && !strchr(line, '}'))
		return "nft";
	if (sw_opens_block(line))
		return "blocks";
	if (starts(line, "ip access-list ") || starts(line, "ipv6 access-list ") ||
	    starts(line, "object-group network "))
		return "cisco";
	return starts(line, "Name: ") ? "ipset" : NULL;
}

/* Each sampled line votes for the formats it matches; ties go to the first in the table. A CSV
 * header decides at once. */
static const struct format *tell_format(char *text, char *end)
{
	long votes[FORMATS] = {0};
	char *copy = strndup(text, end - text < 65536 ? end - text : 65536), *at = copy, *line;
	char *stop = copy ? copy + strlen(copy) : NULL;
	size_t best = PLAIN, length;

	for (int seen = 0; copy && seen < SAMPLE && (line = next_line(&at, stop, &length));) {
		line = sw_list_trim(line);
		if (sw_csv_is_header(line + strspn(line, "#; "))) {
			best = format_named(starts(line, "id,source,ip") ? "cscli" : "csv") -
			       formats;
			goto out;
		}
		if (!*line || *line == '#' || *line == ';' || starts(line, "//"))
			continue;
		if (!seen++ && opens(line)) {
			best = format_named(opens(line)) - formats;
			goto out;
		}
		for (size_t i = 0; i < FORMATS; i++) {
			if (!formats[i].looks(line))
				continue;
			votes[i]++;
			break;
		}
	}
	for (size_t i = 0; i < FORMATS; i++)
		if (votes[i] > votes[best])
			best = i;
out:
	free(copy);
	return &formats[best];
}

/* ---- reading */

static int check_text(const char *text, size_t size, const char *name, struct sw_err *e)
{
	static const struct {
		const char *start;
		size_t n;
		const char *what;
	} others[] = {
		{"\x1f\x8b", 2, "is packed (gzip): zcat FILE | scanwall import -"},
		{"BZh", 3, "is packed (bzip2): bzcat FILE | scanwall import -"},
		{"\xfd"
		 "7zXZ",
		 5, "is packed (xz): xzcat FILE | scanwall import -"},
		{"PK\x03\x04", 4, "is packed (zip): unzip -p FILE | scanwall import -"},
		{"\x28\xb5\x2f\xfd", 4, "is packed (zstd): zstdcat FILE | scanwall import -"},
		{"\xff\xfe\0\0", 4, "is UTF-32: iconv -f UTF-32 -t UTF-8 FILE | scanwall import -"},
		{"\xff\xfe", 2, "is UTF-16: iconv -f UTF-16 -t UTF-8 FILE | scanwall import -"},
		{"\xfe\xff", 2, "is UTF-16: iconv -f UTF-16 -t UTF-8 FILE | scanwall import -"},
	};
	static const char *const tags[] = {"<!doctype", "<html",   "<?xml", "<head",  "<body",
					   "<!--",	"<title",  "<meta", "<h1",    "<div",
					   "<pre",	"<center", "<p>",   "<script"};

	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		if (size >= others[i].n && !memcmp(text, others[i].start, others[i].n))
			return sw_fail(e, SW_EXIT_USAGE, "%s %s", name, others[i].what);
	text += strspn(text, " \t\r\n");
	for (size_t i = 0; i < sizeof(tags) / sizeof(tags[0]); i++)
		if (starts(text, tags[i]) && !strstr(text, "<ipset"))
			return sw_fail(e, SW_EXIT_USAGE, "%s is a web page, not a list", name);
	return 0;
}

/* Characters that look like white space or "-" are converted; DOS ends a text with ^Z. */
static void make_plain(char *line)
{
	static const struct {
		const char *from, *to;
	} others[] = {
		{"\xc2\xa0", "  "},	 {"\xe2\x80\x8b", "   "}, {"\xef\xbb\xbf", "   "},
		{"\xe2\x80\x93", " - "}, {"\xe2\x80\x94", " - "}, {"\x1a", " "},
	};
	char *at;

	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		for (at = line; (at = strstr(at, others[i].from)); at += strlen(others[i].to))
			memcpy(at, others[i].to, strlen(others[i].to));
}

static void read_line(struct sw_reading *r, const struct format *f, char *line, size_t length)
{
	if (memchr(line, '\0', length)) {
		r->list->lines++;
		sw_list_odd(r, "NUL byte: not text");
		return;
	}
	for (size_t i = 0; i < length; i++)
		if ((unsigned char)line[i] >= 0x80 || line[i] == 0x1a) {
			make_plain(line);
			break;
		}
	line = sw_list_trim(line);
	if (*line && f->line(r, line))
		r->list->lines++;
}

static int read_lines(struct sw_reading *r, const struct format *f, char *text, char *end)
{
	size_t length;
	char *line;

	while (!r->stop && (line = next_line(&text, end, &length))) {
		r->line++;
		read_line(r, f, line, length);
	}
	return r->stop;
}

int sw_list_read(char *text, size_t size, const char *name, const char *format, struct sw_list *l,
		 sw_list_fn fn, void *arg, struct sw_err *e)
{
	struct sw_reading r = {.list = l,
			       .name = name,
			       .fn = fn,
			       .arg = arg,
			       .value = -1,
			       .last = -1,
			       .length = -1};
	const struct format *f;
	char *end = text + size;
	int rc;

	memset(l, 0, sizeof(*l));
	if (size >= 3 && !memcmp(text, "\xef\xbb\xbf", 3)) /* a byte order mark */
		text += 3;
	if (check_text(text, end - text, name, e))
		return -1;
	f = strcmp(format, "auto") ? format_named(format) : NULL;
	if (!f && starts(text, "[{'")) /* `fail2ban-client banned`: Python, not JSON */
		f = format_named("fail2ban");
	if (!f && (text[strspn(text, " \t\r\n")] == '[' || text[strspn(text, " \t\r\n")] == '{'))
		f = format_named(starts(text, "{\"cidr\"") && strchr(text, '\n') ? "drop" : "json");
	if (!f)
		f = tell_format(text, end);
	l->format = f->name;
	if (!f->line)
		return sw_json_read(&r, text, end, e);
	if (f->line == sw_squid_line || f->line == sw_caddy_line)
		r.whole = strndup(text, end - text);
	rc = read_lines(&r, f, text, end);
	free(r.whole);
	return rc;
}

void sw_list_free(struct sw_list *l)
{
	for (int i = 0; i < SW_LIST_ODD_SHOWN; i++)
		free(l->odd_text[i]);
	memset(l, 0, sizeof(*l));
}
