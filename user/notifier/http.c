// SPDX-License-Identifier: GPL-2.0-only
/* Targets over HTTP, non-blocking through libcurl's multi interface. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "notifier/internal.h"

#define PATIENCE 20L /* s for one try */

void sw_http_host(const char *url, char *buf, size_t size)
{
	CURLU *u = curl_url();
	char *host = NULL;

	if (u && !curl_url_set(u, CURLUPART_URL, url, 0))
		curl_url_get(u, CURLUPART_HOST, &host, 0);
	snprintf(buf, size, "%s", host ? host : "?");
	curl_free(host);
	curl_url_cleanup(u);
}

/* Only the status of an answer is used; its body is discarded. */
static size_t ignore(char *data, size_t size, size_t n, void *arg)
{
	(void)data;
	(void)arg;
	return size * n;
}

static int begin(struct sw_target *t, const char *url, struct sw_err *e)
{
	t->easy = curl_easy_init();
	if (!t->easy)
		return sw_fail(e, SW_EXIT_FAILED, "out of memory");
	t->error[0] = 0;
	curl_easy_setopt(t->easy, CURLOPT_URL, url);
	curl_easy_setopt(t->easy, CURLOPT_PROTOCOLS_STR, "http,https,smtp,smtps");
	curl_easy_setopt(t->easy, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(t->easy, CURLOPT_TIMEOUT, PATIENCE);
	curl_easy_setopt(t->easy, CURLOPT_ERRORBUFFER, t->error);
	curl_easy_setopt(t->easy, CURLOPT_PRIVATE, t);
	curl_easy_setopt(t->easy, CURLOPT_WRITEFUNCTION, ignore);
	curl_easy_setopt(t->easy, CURLOPT_USERAGENT, "scanwall/" SW_VERSION);
	return 0;
}

static void add_header(struct sw_target *t, const char *line)
{
	struct curl_slist *more = curl_slist_append(t->headers, line);

	if (more)
		t->headers = more;
}

int sw_begin_webhook(struct sw_target *t, const struct sw_item *item, struct sw_err *e)
{
	if (begin(t, t->url, e))
		return -1;
	add_header(t, "Content-Type: application/json");
	curl_easy_setopt(t->easy, CURLOPT_HTTPHEADER, t->headers);
	curl_easy_setopt(t->easy, CURLOPT_POSTFIELDS, item->body);
	return 0;
}

int sw_begin_form(struct sw_target *t, const struct sw_item *item, struct sw_err *e)
{
	char line[300];

	if (begin(t, t->url, e))
		return -1;
	snprintf(line, sizeof(line), "Key: %s", t->key);
	add_header(t, line);
	add_header(t, "Accept: application/json");
	curl_easy_setopt(t->easy, CURLOPT_HTTPHEADER, t->headers);
	curl_easy_setopt(t->easy, CURLOPT_POSTFIELDS, item->body);
	return 0;
}

static size_t read_mail(char *to, size_t size, size_t count, void *arg)
{
	struct sw_target *t = arg;
	size_t n = t->mail_left < size * count ? t->mail_left : size * count;

	memcpy(to, t->mail, n);
	t->mail += n;
	t->mail_left -= n;
	return n;
}

int sw_begin_smtp(struct sw_target *t, const struct sw_item *item, struct sw_err *e)
{
	if (begin(t, t->path, e))
		return -1;
	t->mail = item->body;
	t->mail_left = strlen(item->body);
	t->headers = curl_slist_append(NULL, t->to);
	curl_easy_setopt(t->easy, CURLOPT_MAIL_FROM, t->from);
	curl_easy_setopt(t->easy, CURLOPT_MAIL_RCPT, t->headers);
	curl_easy_setopt(t->easy, CURLOPT_USE_SSL, (long)CURLUSESSL_TRY);
	curl_easy_setopt(t->easy, CURLOPT_READFUNCTION, read_mail);
	curl_easy_setopt(t->easy, CURLOPT_READDATA, t);
	curl_easy_setopt(t->easy, CURLOPT_UPLOAD, 1L);
	return 0;
}

static void forget(struct sw_target *t)
{
	curl_easy_cleanup(t->easy);
	curl_slist_free_all(t->headers);
	t->easy = NULL;
	t->headers = NULL;
}

void sw_http_start(struct sw_notifier *n, struct sw_target *t)
{
	if (!curl_multi_add_handle(n->multi, t->easy))
		return;
	forget(t);
	sw_target_done(n, t, "out of memory");
}

static void finish(struct sw_notifier *n, struct sw_target *t, CURLcode result)
{
	char why[CURL_ERROR_SIZE + 32] = "";
	long status = 0;

	curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &status);
	if (result)
		snprintf(why, sizeof(why), "%s",
			 t->error[0] ? t->error : curl_easy_strerror(result));
	else if (t->begin != sw_begin_smtp && (status < 200 || status > 299))
		snprintf(why, sizeof(why), "the reply is HTTP status %ld", status);
	curl_multi_remove_handle(n->multi, t->easy);
	forget(t);
	sw_target_done(n, t, why[0] ? why : NULL);
}

void sw_http_take(struct sw_notifier *n)
{
	struct sw_target *t;
	int running, left;
	CURLMsg *m;

	curl_multi_perform(n->multi, &running);
	while ((m = curl_multi_info_read(n->multi, &left))) {
		if (m->msg != CURLMSG_DONE)
			continue;
		curl_easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, (char **)&t);
		finish(n, t, m->data.result);
	}
}
