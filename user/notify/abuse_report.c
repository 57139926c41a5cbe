// SPDX-License-Identifier: GPL-2.0-only
/* Writes abuse reports. A report may cost a customer the line, so evidence that could have
 * been forged is never reported. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "base/visible.h"
#include "notify/notify.h"

static const char *text_of(const json_t *event, const char *member)
{
	const char *text = json_string_value(json_object_get(event, member));

	return text ? text : "";
}

/* RFC 1918, 3927, 6598, 4193, 4291: private addresses, which have no abuse contact. */
static bool is_private(const char *address)
{
	static const char *const nets[] = {"10.0.0.0/8",     "172.16.0.0/12", "192.168.0.0/16",
					   "169.254.0.0/16", "100.64.0.0/10", "127.0.0.0/8",
					   "fc00::/7",	     "fe80::/10",     "::1"};
	struct sw_prefix source, net;

	if (sw_prefix_parse(address, &source, NULL))
		return true;
	for (size_t i = 0; i < sizeof(nets) / sizeof(nets[0]); i++)
		if (!sw_prefix_parse(nets[i], &net, NULL) && sw_prefix_covers(&net, &source))
			return true;
	return false;
}

bool sw_abuse_is_due(const json_t *event)
{
	return sw_notify_kinds(event) & 1u << SW_NOTIFY_PROVEN_BLOCK &&
	       !is_private(text_of(event, "src_ip"));
}

/* 14 port scan, 15 hacking, 18 brute force, 21 web application attack, 22 SSH */
const char *sw_abuse_categories(const json_t *event)
{
	const json_t *alert = json_object_get(event, "alert");
	const char *class = text_of(alert, "category");
	json_int_t port = json_integer_value(json_object_get(event, "dest_port"));

	if (!alert)
		return "14";
	if (port == 22)
		return "15,22";
	return strstr(class, "web") ? "15,21" : "15";
}

/* `why` contains our ports, which the source knows, and bytes that it sent; never our
 * addresses, nor a proxy's client. */
const char *sw_abuse_comment(const json_t *event, char buf[1024])
{
	char why[512];

	snprintf(why, sizeof(why), "%s", text_of(event, "why"));
	why[strcspn(why, ";")] = 0;
	sw_visible(buf, 1024, why);
	return buf;
}

/* ---- www.abuseipdb.com/bulk-report */

static void write_quoted(FILE *out, const char *text)
{
	fputc('"', out);
	for (; *text; text++) {
		if (*text == '"')
			fputc('"', out);
		fputc(*text, out);
	}
	fputc('"', out);
}

char *sw_abuse_csv(const json_t *event)
{
	char *line = NULL, comment[1024];
	size_t size;
	FILE *out = open_memstream(&line, &size);

	if (!out)
		return NULL;
	fprintf(out, "%s,\"%s\",\"%s\",", text_of(event, "src_ip"), sw_abuse_categories(event),
		text_of(event, "timestamp"));
	write_quoted(out, sw_abuse_comment(event, comment));
	fclose(out);
	return line;
}

/* ---- X-ARF */

#define BOUNDARY "scanwall-x-arf-report"

static void mail_date(const json_t *event, char date[64])
{
	struct tm tm = {};

	strptime(text_of(event, "timestamp"), "%Y-%m-%dT%H:%M:%S", &tm);
	timegm(&tm); /* the day of the week */
	strftime(date, 64, "%a, %d %b %Y %T +0000", &tm);
}

static void write_headers(FILE *out, const json_t *event, const char *from, const char *to,
			  const char *date)
{
	fprintf(out, "From: %s\r\n", from);
	if (to)
		fprintf(out, "To: %s\r\n", to);
	fprintf(out,
		"Date: %s\r\nSubject: abuse report about %s - %s\r\n"
		"Auto-Submitted: auto-generated\r\nX-XARF: PLAIN\r\nMIME-Version: 1.0\r\n"
		"Content-Type: multipart/mixed; charset=utf8; boundary=\"" BOUNDARY "\"\r\n\r\n",
		date, text_of(event, "src_ip"), date);
}

static void write_part(FILE *out, const char *name)
{
	fprintf(out,
		"--" BOUNDARY "\r\nMIME-Version: 1.0\r\nContent-Transfer-Encoding: 8bit\r\n"
		"Content-Type: text/plain; charset=utf-8%s%s%s\r\n\r\n",
		name ? "; name=\"" : "", name ? name : "", name ? "\"" : "");
}

/* The type that receivers know, and that fail2ban sends; the first part tells more. */
static void write_yaml(FILE *out, const json_t *event, const char *host, const char *from,
		       const char *date)
{
	bool v6 = strchr(text_of(event, "src_ip"), ':');

	fprintf(out,
		"---\r\nReported-From: %s\r\nCategory: abuse\r\nReport-ID: %s@%s\r\n"
		"Report-Type: login-attack\r\nService: unspecified\r\nVersion: 0.2\r\n"
		"User-Agent: scanwall " SW_VERSION "\r\nDate: %s\r\nSource-Type: %s\r\n"
		"Source: %s\r\nPort: %lld\r\n"
		"Schema-URL: http://www.x-arf.org/schema/abuse_login-attack_0.1.2.json\r\n"
		"Attachment: text/plain\r\n\r\n",
		from, text_of(event, "timestamp"), host, date, v6 ? "ipv6-address" : "ip-address",
		text_of(event, "src_ip"),
		(long long)json_integer_value(json_object_get(event, "dest_port")));
}

char *sw_abuse_xarf(const json_t *event, const char *host, const char *from, const char *to)
{
	char *mail = NULL, date[64], comment[1024];
	size_t size;
	FILE *out = open_memstream(&mail, &size);

	if (!out)
		return NULL;
	mail_date(event, date);
	sw_abuse_comment(event, comment);
	write_headers(out, event, from, to, date);
	write_part(out, NULL);
	fprintf(out,
		"%s attacked a host of ours: it %s.\r\nThe connections were completed, so "
		"the address is not forged. Times are UTC.\r\n\r\n",
		text_of(event, "src_ip"), comment);
	write_part(out, "report.txt");
	write_yaml(out, event, host, from, date);
	write_part(out, "logfile.log");
	fprintf(out, "%s %s %s\r\n\r\n--" BOUNDARY "--\r\n", text_of(event, "timestamp"),
		text_of(event, "src_ip"), comment);
	fclose(out);
	return mail;
}
