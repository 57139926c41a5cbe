// SPDX-License-Identifier: GPL-2.0-only
/* The HTTP server of scanwall-web. */
#include <arpa/inet.h>
#include <errno.h>
#include <microhttpd.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include "daemon/daemon.h"
#include "report/gauges.h"
#include "report/report.h"
#include "web/server.h"

#define CLAIMS_AGE 30000 /* ms; older counts are refreshed after the reply */
#define CONNECTIONS 32
#define PATIENCE 10 /* s, timeout of a silent client */

struct server {
	const struct sw_web *w;
	struct sw_claim_counts claims;
	int64_t counted; /* sw_monotonic() when they were */
};

/* ---- where to listen */

static int listen_unix(const char *path, struct sw_err *e)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	struct stat st;
	int fd;

	if (strlen(path) >= sizeof(a.sun_path))
		return sw_fail(e, SW_EXIT_USAGE, "--listen: the path %s is too long", path);
	strcpy(a.sun_path, path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd >= 0 && !connect(fd, (struct sockaddr *)&a, sizeof(a))) {
		close(fd);
		return sw_fail(e, SW_EXIT_FAILED, "--listen: another process already listens at %s",
			       path);
	}
	if (!lstat(path, &st) && S_ISSOCK(st.st_mode))
		unlink(path); /* of one that is gone */
	umask(0117);	      /* root and its group */
	if (fd < 0 || bind(fd, (struct sockaddr *)&a, sizeof(a)) || listen(fd, CONNECTIONS)) {
		sw_fail(e, SW_EXIT_FAILED, "--listen: %s: %s", path, strerror(errno));
		if (fd >= 0)
			close(fd);
		return -1;
	}
	return fd;
}

/* Loopback only, since the server has no authentication. */
static int read_address(const char *text, struct sockaddr_storage *to, socklen_t *size,
			struct sw_err *e)
{
	struct sockaddr_in *four = (struct sockaddr_in *)to;
	struct sockaddr_in6 *six = (struct sockaddr_in6 *)to;
	char host[64];
	unsigned port;
	int end = 0;

	memset(to, 0, sizeof(*to));
	if (sscanf(text, "[%63[0-9a-fA-F:]]:%u%n", host, &port, &end) == 2 && !text[end] &&
	    port - 1 < 65535 && inet_pton(AF_INET6, host, &six->sin6_addr) == 1 &&
	    IN6_IS_ADDR_LOOPBACK(&six->sin6_addr)) {
		six->sin6_family = AF_INET6;
		six->sin6_port = htons(port);
		*size = sizeof(*six);
		return 0;
	}
	if (sscanf(text, "%63[0-9.]:%u%n", host, &port, &end) == 2 && !text[end] &&
	    port - 1 < 65535 && inet_pton(AF_INET, host, &four->sin_addr) == 1 &&
	    ntohl(four->sin_addr.s_addr) >> 24 == 127) {
		four->sin_family = AF_INET;
		four->sin_port = htons(port);
		*size = sizeof(*four);
		return 0;
	}
	return sw_fail(e, SW_EXIT_USAGE,
		       "--listen: invalid address \"%s\" (expected a loopback address with a port, "
		       "as 127.0.0.1:9814 or [::1]:9814, or unix:/PATH); for others, put an "
		       "authenticating proxy in front",
		       text);
}

static int listen_at(const char *text, struct sw_err *e)
{
	struct sockaddr_storage a;
	socklen_t size = 0;
	int fd, yes = 1;

	if (!strncmp(text, "unix:/", 6))
		return listen_unix(text + 5, e);
	if (read_address(text, &a, &size, e))
		return -1;
	fd = socket(a.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd >= 0)
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
	if (fd < 0 || bind(fd, (struct sockaddr *)&a, size) || listen(fd, CONNECTIONS)) {
		sw_fail(e, SW_EXIT_FAILED, "--listen: %s: %s", text, strerror(errno));
		if (fd >= 0)
			close(fd);
		return -1;
	}
	return fd;
}

/* ---- pages */

static int open_ctx(const struct server *s, struct sw_ctx *ctx, struct sw_err *e)
{
	return sw_ctx_open(ctx, s->w->pin_dir, s->w->state_dir, s->w->config_file, e);
}

static int write_metrics(FILE *out, struct server *s, struct sw_ctx *ctx, struct sw_err *e)
{
	return sw_metrics_write(out, ctx, &s->claims, sw_daemon_pid(s->w->state_dir) > 0, e);
}

static int write_page(FILE *out, struct server *s, struct sw_ctx *ctx, struct sw_err *e)
{
	struct sw_report r;

	if (sw_report_gather(ctx, s->w->span, &r, e))
		return -1;
	sw_report_html(out, &r, true);
	sw_report_free(&r);
	return 0;
}

static const struct page {
	const char *path, *type;
	int (*write)(FILE *out, struct server *s, struct sw_ctx *ctx, struct sw_err *e);
} pages[] = {
	{"/", "text/html; charset=utf-8", write_page},
	{"/metrics", "text/plain; version=0.0.4; charset=utf-8", write_metrics},
};

static const struct page *find_page(const char *path)
{
	for (size_t i = 0; i < sizeof(pages) / sizeof(*pages); i++)
		if (!strcmp(pages[i].path, path))
			return &pages[i];
	return NULL;
}

static enum MHD_Result reply(struct MHD_Connection *c, unsigned status, const char *type,
			     char *body, size_t size)
{
	struct MHD_Response *r = MHD_create_response_from_buffer(size, body, MHD_RESPMEM_MUST_FREE);
	enum MHD_Result done;

	MHD_add_response_header(r, "Content-Type", type);
	MHD_add_response_header(r, "Cache-Control", "no-store");
	MHD_add_response_header(r, "X-Content-Type-Options", "nosniff");
	MHD_add_response_header(r, "Content-Security-Policy",
				"default-src 'none'; style-src 'unsafe-inline'; "
				"frame-ancestors 'none'");
	done = MHD_queue_response(c, status, r);
	MHD_destroy_response(r);
	return done;
}

static enum MHD_Result say(struct MHD_Connection *c, unsigned status, const char *text)
{
	char *body = strdup(text);

	return body ? reply(c, status, "text/plain; charset=utf-8", body, strlen(body)) : MHD_NO;
}

/* A browser that was tricked into using another host name must get nothing (DNS rebinding). */
static bool host_is_ours(struct MHD_Connection *c, const struct sw_web *w)
{
	const char *host = MHD_lookup_connection_value(c, MHD_HEADER_KIND, "Host");

	return !host || !strncmp(w->listen, "unix:", 5) || !strcmp(host, w->listen) ||
	       !strncmp(host, "localhost:", 10) || !strcmp(host, "localhost");
}

static enum MHD_Result answer(void *arg, struct MHD_Connection *c, const char *url,
			      const char *method, const char *version, const char *upload,
			      size_t *upload_size, void **state)
{
	const struct page *page = find_page(url);
	struct server *s = arg;
	char *body = NULL;
	struct sw_ctx ctx;
	struct sw_err e;
	size_t size = 0;
	FILE *out;
	int rc;

	(void)version;
	(void)upload;
	(void)upload_size;
	(void)state;
	if (strcmp(method, "GET") != 0 && strcmp(method, "HEAD") != 0)
		return say(c, MHD_HTTP_METHOD_NOT_ALLOWED, "this only shows\n");
	if (!host_is_ours(c, s->w))
		return say(c, MHD_HTTP_FORBIDDEN, "not by that name\n");
	if (!page)
		return say(c, MHD_HTTP_NOT_FOUND, "there are / and /metrics\n");
	if (open_ctx(s, &ctx, &e))
		return say(c, MHD_HTTP_SERVICE_UNAVAILABLE, e.text);
	out = open_memstream(&body, &size);
	rc = out ? page->write(out, s, &ctx, &e) : sw_fail(&e, SW_EXIT_FAILED, "out of memory");
	sw_ctx_close(&ctx);
	if (out)
		fclose(out);
	if (!rc)
		return reply(c, MHD_HTTP_OK, page->type, body, size);
	free(body);
	return say(c, MHD_HTTP_SERVICE_UNAVAILABLE, e.text);
}

/* ---- the loop */

static int count_claims(struct server *s, struct sw_err *e)
{
	struct sw_ctx ctx;
	int rc;

	if (open_ctx(s, &ctx, e))
		return -1;
	rc = sw_claim_counts(&ctx, &s->claims, e);
	s->counted = sw_monotonic();
	sw_ctx_close(&ctx);
	return rc;
}

static int wait_time(struct MHD_Daemon *http)
{
	MHD_UNSIGNED_LONG_LONG ms = 0;

	return MHD_get_timeout(http, &ms) == MHD_YES && ms < CLAIMS_AGE ? (int)ms : CLAIMS_AGE;
}

static int loop(struct server *s, struct MHD_Daemon *http, int signals)
{
	const union MHD_DaemonInfo *info =
		MHD_get_daemon_info(http, MHD_DAEMON_INFO_EPOLL_FD, NULL);
	struct pollfd fds[] = {{.fd = info->epoll_fd, .events = POLLIN},
			       {.fd = signals, .events = POLLIN}};
	struct sw_err ignored;

	for (;;) {
		if (poll(fds, 2, wait_time(http)) < 0 && errno != EINTR)
			return -1;
		if (fds[1].revents)
			return 0;
		MHD_run(http);
		if ((sw_monotonic() - s->counted) / 1000000 > CLAIMS_AGE &&
		    count_claims(s, &ignored))
			s->counted = sw_monotonic();
	}
}

int sw_web_run(const struct sw_web *w, struct sw_err *e)
{
	struct server s = {.w = w};
	struct MHD_Daemon *http;
	sigset_t set;
	int fd, signals, rc;

	if (count_claims(&s, e))
		return -1;
	fd = listen_at(w->listen, e);
	if (fd < 0)
		return -1;
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
	signals = signalfd(-1, &set, SFD_CLOEXEC);
	http = MHD_start_daemon(MHD_USE_EPOLL, 0, NULL, NULL, answer, &s, MHD_OPTION_LISTEN_SOCKET,
				fd, MHD_OPTION_CONNECTION_LIMIT, (unsigned)CONNECTIONS,
				MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)PATIENCE, MHD_OPTION_END);
	if (!http) {
		close(fd);
		close(signals);
		return sw_fail(e, SW_EXIT_FAILED, "the web server could not start: %s",
			       strerror(errno));
	}
	if (w->ready)
		w->ready(w);
	rc = loop(&s, http, signals);
	MHD_stop_daemon(http);
	close(signals);
	if (!strncmp(w->listen, "unix:", 5))
		unlink(w->listen + 5);
	return rc ? sw_fail(e, SW_EXIT_FAILED, "the web server ended: %s", strerror(errno)) : 0;
}
