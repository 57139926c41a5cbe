// SPDX-License-Identifier: GPL-2.0-only
/* Formats messages. They contain text from attackers (what a rule matched), which must be
 * harmless in a terminal, a chat or a header. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/duration.h"
#include "base/visible.h"
#include "notify/notify.h"

#define TEXT_MOST 3900	  /* bytes; Telegram takes 4,096 characters */
#define CONTENT_MOST 1900 /* Discord 2,000 */

/* Line by line, since newlines would be removed as control characters. */
static char *visible_lines(const char *text)
{
	size_t size;
	char *out = NULL, line[2048], shown[4096];
	FILE *f = open_memstream(&out, &size);

	if (!f)
		return NULL;
	for (;; text++) {
		size_t n = strcspn(text, "\n");

		snprintf(line, sizeof(line), "%.*s", (int)n, text);
		sw_visible(shown, sizeof(shown), line);
		fputs(shown, f);
		text += n;
		if (!*text)
			break;
		fputc('\n', f);
	}
	fclose(f);
	return out;
}

/* "@all" calls everybody in a chat, "<!channel>" in another. */
static json_t *for_chat(const char *text, size_t most)
{
	char chat[TEXT_MOST + 8];
	size_t n = 0;

	for (; *text && n < most; text++) {
		if ((*text & 0xc0) != 0x80 && n > most - 8)
			break; /* no character is cut in two */
		if (*text == '@')
			n += sprintf(chat + n, "(at)");
		else if (*text == '<')
			n += sprintf(chat + n, "\u2039");
		else
			chat[n++] = *text;
	}
	if (*text)
		n += sprintf(chat + n, "...");
	chat[n] = 0;
	return json_string(chat);
}

static void add_event(json_t *o, const struct sw_message *m)
{
	if (m->event)
		json_object_set(o, "event", (json_t *)m->event);
}

char *sw_message_json(const struct sw_message *m, bool webhook)
{
	char time[SW_TIME_TEXT], *text = visible_lines(m->text), *out = NULL;
	json_t *o = text ? json_pack("{s:s, s:s, s:s, s:s}", "host", m->host, "kind", m->kind,
				     "timestamp", sw_time_rfc3339(m->time, time), "text", text)
			 : NULL;
	char *told = NULL;

	if (o && webhook && asprintf(&told, "scanwall on %s: %s", m->host, text) >= 0) {
		json_object_set_new(o, "text", for_chat(told, TEXT_MOST));
		json_object_set_new(o, "content", for_chat(told, CONTENT_MOST));
		json_object_set_new(o, "allowed_mentions", json_pack("{s:[]}", "parse"));
		free(told);
	}
	if (o) {
		add_event(o, m);
		out = json_dumps(o, JSON_COMPACT);
	}
	json_decref(o);
	free(text);
	return out;
}

static void write_lines(FILE *out, const char *text)
{
	for (; *text; text++) {
		if (*text == '\n')
			fputc('\r', out);
		fputc(*text, out);
	}
}

/* RFC 2047: what of a header is not ASCII would need more. The first line, cut. */
static void write_subject(FILE *out, const struct sw_message *m, const char *text)
{
	fprintf(out, "Subject: scanwall on %s: %s: ", m->host, m->kind);
	for (int n = 0; *text && *text != '\n' && n < 120; text++, n++)
		fputc((unsigned char)*text < 0x80 ? *text : '?', out);
	fputs("\r\n", out);
}

char *sw_message_mail(const struct sw_message *m, const char *from, const char *to)
{
	char *text = visible_lines(m->text), *out = NULL, date[64];
	time_t when = m->time / 1000000;
	struct tm tm;
	size_t size;
	FILE *f = text ? open_memstream(&out, &size) : NULL;

	if (!f) {
		free(text);
		return NULL;
	}
	strftime(date, sizeof(date), "%a, %d %b %Y %T +0000", gmtime_r(&when, &tm));
	fprintf(f, "From: %s\r\nTo: %s\r\nDate: %s\r\n", from, to, date);
	write_subject(f, m, text);
	fprintf(f,
		"Message-ID: <%lld.%s@%s>\r\nAuto-Submitted: auto-generated\r\n"
		"MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n"
		"Content-Transfer-Encoding: 8bit\r\n\r\n",
		(long long)m->time, m->kind, m->host);
	write_lines(f, text);
	fputs("\r\n", f);
	fclose(f);
	free(text);
	return out;
}
