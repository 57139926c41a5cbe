// SPDX-License-Identifier: GPL-2.0-only
/* Replaces the configuration, or leaves the old one unchanged. */
#include <stdlib.h>
#include <string.h>
#include "rules/enforce.h"
#include "daemon/internal.h"

void sw_log_state_files(const struct sw_ctx *ctx)
{
	if (ctx->rules_unrecorded.text[0])
		sw_log("the rules are in force, but NOT RECORDED: %s", ctx->rules_unrecorded.text);
	if (ctx->keys_unread.text[0])
		sw_log("keys for hidden services CANNOT BE READ: %s", ctx->keys_unread.text);
	if (ctx->names_unread.text[0])
		sw_log("addresses of allowed names CANNOT BE READ: %s", ctx->names_unread.text);
}

/* Larger maps may replace those that the reader uses. */
static int put_larger_rules(struct sw_daemon *d, struct sw_rules *rules, struct sw_err *e)
{
	struct sw_err ignored;
	int rc;

	sw_tls_pause(d); /* its thread reads these maps; the next look for libraries goes on */
	sw_take_rest(d);
	sw_take_close(d);
	rc = sw_ctx_enforce(&d->ctx, rules, e);
	if (!d->ctx.loaded)
		return -1;
	if (sw_take_open(d, rc ? &ignored : e))
		rc = -1;
	sw_pins_remember(d);
	return rc;
}

static int put_rules(struct sw_daemon *d, struct sw_rules *rules, struct sw_err *e)
{
	int rc = sw_tables_fit(&d->ctx.engine, &rules->tables) ? sw_rules_enforce(&d->ctx, rules, e)
							       : put_larger_rules(d, rules, e);

	sw_log_state_files(&d->ctx);
	return rc;
}

/* With the writers' lock held. Takes ownership of *c on success. */
static int put_in_force(struct sw_daemon *d, struct sw_config *c, const struct sw_names *names,
			struct sw_rules *rules, struct sw_err *e)
{
	struct sw_ctx *ctx = &d->ctx;
	struct sw_config old = ctx->config;
	struct sw_err ignored;

	ctx->config = *c;
	if (!sw_apply_config(ctx, e) &&
	    (!ctx->loaded || !sw_start_attach(d, names, &d->names, e)) &&
	    (!ctx->loaded || !rules || !put_rules(d, rules, e))) {
		sw_config_free(&old);
		if (d->reader)
			sw_reader_limit(d->reader, ctx->config.auto_per_minute);
		return 0;
	}
	ctx->config = old;
	sw_apply_config(ctx, &ignored);
	return -1;
}

static int read_again(struct sw_daemon *d, bool by_hand, struct sw_err *e)
{
	struct sw_outputs outputs = {};
	struct sw_rules rules = {};
	struct sw_config fresh;
	struct sw_names names;
	bool failed;

	if (sw_ctx_config(&d->ctx, &fresh, e))
		return -1;
	/* A command that sets a key has already reloaded the rules. */
	failed = (!by_hand && sw_rules_configured(&rules, &fresh, e)) ||
		 sw_start_choose(d, &fresh, &names, e) ||
		 sw_outputs_open(&outputs, &d->outputs, d->opt, &fresh, !by_hand, e) ||
		 put_in_force(d, &fresh, &names, by_hand ? NULL : &rules, e);
	sw_rules_free(&rules);
	if (failed) {
		sw_outputs_close(&outputs, &d->outputs);
		sw_config_free(&fresh);
		return -1;
	}
	sw_outputs_close(&d->outputs, &outputs);
	d->outputs = outputs;
	for (int i = 0; i < d->names.count; i++)
		if (!sw_names_have(&names, d->names.name[i]))
			sw_log("%s is no longer configured but stays attached; to detach it: "
			       "scanwall detach %s",
			       d->names.name[i], d->names.name[i]);
	d->names = names;
	d->names_asked.anew = true;
	d->origins.next = 0;
	return 0;
}

static void log_result(struct sw_daemon *d, bool by_hand, const struct sw_err *e)
{
	const char *what = by_hand ? "what was set by hand" : d->ctx.config_file;

	if (e)
		sw_log("%s was not reloaded; the previous configuration stays in force: %s", what,
		       e->text);
	else if (!by_hand)
		sw_log("%s was reloaded", what);
}

void sw_reload(struct sw_daemon *d, bool by_hand)
{
	struct sw_err e;
	int rc;

	sd_notifyf(0, "RELOADING=1\nMONOTONIC_USEC=%lld", (long long)(sw_monotonic() / 1000));
	rc = sw_ctx_lock(&d->ctx, &e);
	if (!rc) {
		d->settings_sum = sw_settings_sum(d);
		rc = read_again(d, by_hand, &e);
		sw_ctx_unlock(&d->ctx);
	}
	sw_give_back();
	log_result(d, by_hand, rc ? &e : NULL);
	sd_notify(0, "READY=1");
	sw_log_status(d);
}
