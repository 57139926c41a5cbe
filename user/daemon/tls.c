// SPDX-License-Identifier: GPL-2.0-only
/* `run --tls`: connects the parts, and keeps them in step with the processes of this
 * host and with the maps in force. Blocking works whatever fails here. */
#include <cap-ng.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "daemon/internal.h"
#include "daemon/tls_watch.h"

#define LOOK_NS 5000000000ll /* how often to look for processes with their own libssl */
#define RETRY_NS 60000000000ll
#define HTTP_PORT 80

struct sw_tls {
	struct sw_tls_probes probes;
	struct sw_tls_reads *reads;
	struct sw_decrypted decrypted;
	struct sw_tls_users users;
	int64_t next;  /* sw_monotonic() of the next look, */
	int64_t retry; /* and of the next try to load the program that failed */
	bool probe_trouble, program_trouble, hidden_logged;
	char trouble[1024];
};

bool sw_tls_is_wanted(const struct sw_daemon *d)
{
	return d->opt->tls || d->ctx.config.tls;
}

static uint16_t http_port(const struct sw_config *c)
{
	return c->http_ports.count ? atoi(c->http_ports.item[0]) : HTTP_PORT;
}

static void stop_program(struct sw_tls *t)
{
	sw_tls_reads_use(t->reads, NULL, NULL, 0);
	sw_decrypted_close(&t->decrypted);
}

/* Reopened on the maps in force, which another process or a reload may have replaced. */
static void follow_program(struct sw_daemon *d)
{
	struct sw_tls *t = d->tls;
	struct sw_err e;
	int rc;

	if (d->ctx.loaded && sw_decrypted_fits(&t->decrypted, &d->ctx.engine))
		return;
	stop_program(t);
	if (!d->ctx.loaded || sw_monotonic() < t->retry)
		return;
	rc = sw_decrypted_open(&t->decrypted, &d->ctx.engine, &d->ctx.config, &e);
	sw_log_trouble(&t->program_trouble, "looking into TLS", rc ? &e : NULL);
	snprintf(t->trouble, sizeof(t->trouble), "%s", rc ? e.text : "");
	t->retry = rc ? sw_monotonic() + RETRY_NS : 0;
	if (rc)
		sw_decrypted_close(&t->decrypted);
	else
		sw_tls_reads_use(t->reads, &t->decrypted, &d->ctx.engine,
				 http_port(&d->ctx.config));
}

/* Processes that CAP_SYS_PTRACE cannot read are not servers. */
static void log_hidden(struct sw_tls *t)
{
	capng_get_caps_process();
	if (capng_have_capability(CAPNG_EFFECTIVE, CAP_SYS_PTRACE))
		t->users.hidden = 0;
	if (t->users.hidden && !t->hidden_logged)
		sw_log("%d processes cannot be examined, so what they decrypt is not "
		       "inspected: the daemon needs CAP_SYS_PTRACE (docs/signatures.md has "
		       "the drop-in)",
		       t->users.hidden);
	t->hidden_logged = t->users.hidden;
}

static void follow_processes(struct sw_tls *t)
{
	struct sw_err e;
	int rc;

	sw_tls_users_free(&t->users);
	rc = sw_tls_users_find(&t->users, &e);
	if (!rc)
		rc = sw_tls_probes_follow(&t->probes, &t->users, &e);
	sw_log_trouble(&t->probe_trouble, "looking into a libssl", rc ? &e : NULL);
	log_hidden(t);
}

static void write_status(struct sw_daemon *d)
{
	struct sw_tls *t = d->tls;
	struct sw_tls_status s = {.users = t->users};

	snprintf(s.trouble, sizeof(s.trouble), "%s", t->trouble);
	sw_tls_probes_counts(&t->probes, &s.counts);
	sw_tls_reads_counts(t->reads, &s.hits, &s.closed);
	sw_tls_status_write(d->ctx.state_dir, &s);
}

static void log_start(const struct sw_tls *t)
{
	char *text = sw_tls_users_text(&t->users, true);

	sw_log("decrypted TLS is inspected: %s",
	       text && text[0] ? text : "no process uses libssl yet");
	free(text);
}

void sw_tls_look(struct sw_daemon *d)
{
	struct sw_tls *t = d->tls;

	if (!t)
		return;
	follow_program(d);
	if (sw_monotonic() < t->next)
		return;
	follow_processes(t);
	write_status(d);
	t->next = sw_monotonic() + LOOK_NS;
}

void sw_tls_open(struct sw_daemon *d)
{
	struct sw_tls_status s = {0};
	struct sw_err e;

	sw_tls_status_remove(d->ctx.state_dir);
	if (!sw_tls_is_wanted(d))
		return;
	d->tls = calloc(1, sizeof(*d->tls));
	if (!d->tls)
		return;
	sw_decrypted_init(&d->tls->decrypted);
	if (!sw_tls_probes_open(&d->tls->probes, &e)) {
		d->tls->reads = sw_tls_reads_open(sw_tls_probes_ring(&d->tls->probes), &e);
		if (d->tls->reads) {
			sw_tls_look(d);
			log_start(d->tls);
			return;
		}
		sw_tls_probes_close(&d->tls->probes);
	}
	sw_log("TLS IS NOT INSPECTED: %s", e.text);
	snprintf(s.trouble, sizeof(s.trouble), "%s", e.text);
	sw_tls_status_write(d->ctx.state_dir, &s);
	free(d->tls);
	d->tls = NULL;
}

void sw_tls_pause(struct sw_daemon *d)
{
	if (d->tls)
		stop_program(d->tls);
}

void sw_tls_close(struct sw_daemon *d)
{
	struct sw_tls *t = d->tls;

	if (!t)
		return;
	/* The reader starts first, so that probes do not fill the ring. */
	sw_tls_reads_use(t->reads, NULL, NULL, 0);
	sw_tls_reads_close(t->reads);
	sw_decrypted_close(&t->decrypted);
	sw_tls_probes_close(&t->probes);
	sw_tls_users_free(&t->users);
	sw_tls_status_remove(d->ctx.state_dir);
	free(t);
	d->tls = NULL;
}
