// SPDX-License-Identifier: GPL-2.0-only
/* Start: chooses interfaces, loads this binary's program, reconciles record and maps, and
 * attaches; all or nothing. */
#include <cap-ng.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include "context/record.h"
#include "daemon/internal.h"

bool sw_names_have(const struct sw_names *n, const char *name)
{
	for (int i = 0; i < n->count; i++)
		if (!strcmp(n->name[i], name))
			return true;
	return false;
}

static int choose_one(const char *name, size_t length, struct sw_names *out, struct sw_err *e)
{
	char ifname[IF_NAMESIZE];

	snprintf(ifname, sizeof(ifname), "%.*s", (int)length, name);
	if (!length || length >= sizeof(ifname))
		return sw_fail(e, SW_EXIT_FAILED,
			       "no such interface: \"%.*s\" (`ip -br link` lists them)",
			       (int)length, name);
	if (sw_names_have(out, ifname))
		return 0;
	if (out->count == SW_INTERFACES)
		return sw_fail(e, SW_EXIT_USAGE, "too many interfaces (at most %d): \"%s\"",
			       SW_INTERFACES, ifname);
	out->index[out->count] = if_nametoindex(ifname);
	out->awaited[out->count] = !out->index[out->count];
	memcpy(out->name[out->count++], ifname, sizeof(ifname));
	return 0;
}

static int need_one_present(const struct sw_names *names, struct sw_err *e)
{
	for (int i = 0; i < names->count; i++)
		if (names->index[i])
			return 0;
	return sw_fail(e, SW_EXIT_FAILED, "no such interface: \"%s\" (`ip -br link` lists them)",
		       names->name[0]);
}

/* None named: keep those attached. */
static int choose_attached(const struct sw_daemon *d, struct sw_names *out, struct sw_err *e)
{
	struct sw_attachment at[SW_INTERFACES];
	int n = sw_engine_attachments(d->ctx.pin_dir, at, SW_INTERFACES, e);

	if (n < 0)
		return -1;
	for (int i = 0; i < n && i < SW_INTERFACES; i++)
		if (at[i].ifindex && choose_one(at[i].ifname, strlen(at[i].ifname), out, e))
			return -1;
	if (out->count)
		return 0;
	return sw_fail(e, SW_EXIT_USAGE,
		       "missing interface (expected -i IFACE, or interfaces in %s)",
		       d->ctx.config_file);
}

int sw_start_choose(const struct sw_daemon *d, const struct sw_config *c, struct sw_names *out,
		    struct sw_err *e)
{
	const char *at = d->opt->interfaces;
	size_t n;

	memset(out, 0, sizeof(*out));
	while (at) {
		n = strcspn(at, ",");
		if (choose_one(at, n, out, e))
			return -1;
		at = at[n] ? at + n + 1 : NULL;
	}
	for (int i = 0; !d->opt->interfaces && i < c->interfaces.count; i++)
		if (choose_one(c->interfaces.item[i], strlen(c->interfaces.item[i]), out, e))
			return -1;
	if (d->opt->interfaces && !d->loop && need_one_present(out, e))
		return -1;
	if (!out->count && d->names.count)
		*out = d->names;
	return out->count ? 0 : choose_attached(d, out, e);
}

enum sw_xdp_mode sw_start_xdp(const struct sw_daemon *d)
{
	return d->opt->xdp >= 0 ? (enum sw_xdp_mode)d->opt->xdp
				: (enum sw_xdp_mode)d->ctx.config.xdp;
}

int sw_start_attach(struct sw_daemon *d, const struct sw_names *names,
		    const struct sw_names *except, struct sw_err *e)
{
	bool fresh[SW_INTERFACES] = {false};
	struct sw_err ignored;
	int rc = 0;

	for (int i = 0; rc >= 0 && i < names->count; i++) {
		if (sw_names_have(except, names->name[i]) || !if_nametoindex(names->name[i]))
			continue;
		rc = sw_engine_attach(&d->ctx.engine, names->name[i], sw_start_xdp(d), e);
		fresh[i] = rc == 0;
	}
	if (rc >= 0)
		return 0;
	for (int i = 0; i < names->count; i++)
		if (fresh[i])
			sw_engine_detach(d->ctx.pin_dir, names->name[i], &ignored);
	return -1;
}

/* Existing maps may hold kernel blocks that the record lacks, and lack what a killed writer
 * had recorded. */
static int mend_maps(struct sw_ctx *ctx, int64_t *adopted, struct sw_err *e)
{
	return sw_adopt_kernel_blocks(ctx, adopted, e) || sw_restore_maps(ctx, e) ? -1 : 0;
}

static int bring_up(struct sw_daemon *d, int64_t *adopted, struct sw_err *e)
{
	static const struct sw_names none;
	struct sw_ctx *ctx = &d->ctx;
	struct sw_err ignored, why;
	bool fresh, rolled_back;

	/* As it is now that we hold the lock. */
	if (ctx->loaded)
		sw_engine_close(&ctx->engine);
	ctx->loaded = !sw_engine_open(&ctx->engine, ctx->pin_dir, &ignored);
	/* A pin was removed: those maps can no longer be reached. */
	if (!ctx->loaded && sw_engine_incomplete(ctx->pin_dir)) {
		sw_log("%s; it is loaded anew now", ignored.text);
		if (sw_engine_remove(ctx->pin_dir, e))
			return -1;
	}
	fresh = !ctx->loaded && !sw_engine_layout(ctx->pin_dir);
	if (sw_ctx_bring_up(ctx, e))
		return -1;
	if (sw_trial_settle(ctx, &rolled_back, &why))
		sw_log("%s", why.text);
	if ((fresh || !mend_maps(ctx, adopted, e)) && !sw_start_attach(d, &d->names, &none, e))
		return 0;
	if (!fresh)
		return -1;
	sw_engine_close(&ctx->engine);
	ctx->loaded = false;
	sw_engine_remove(ctx->pin_dir, &ignored);
	return -1;
}

/* Others may have changed settings while this waited for the lock: what is applied must not be
 * what was before. What depends on settings otherwise follows with the first tick. */
static int read_settings(struct sw_daemon *d, struct sw_err *e)
{
	struct sw_ctx *ctx = &d->ctx;
	struct sw_config fresh;

	if (sw_store_is_volatile(ctx->store) || sw_settings_sum(d) == d->settings_sum)
		return 0;
	if (sw_ctx_config(ctx, &fresh, e))
		return -1;
	sw_config_free(&ctx->config);
	ctx->config = fresh;
	return 0;
}

int sw_start_program(struct sw_daemon *d, int64_t *adopted, struct sw_err *e)
{
	int rc;

	if (sw_ctx_lock(&d->ctx, e))
		return -1;
	rc = sw_record_mend(&d->ctx, e);
	if (!rc)
		rc = sw_record_check(&d->ctx, e);
	if (!rc)
		rc = read_settings(d, e);
	if (!rc)
		rc = bring_up(d, adopted, e);
	sw_ctx_unlock(&d->ctx);
	return rc;
}

/* Keeps user ID 0, to open pins, record and configuration, but drops all other capabilities. */
int sw_start_drop_privileges(const struct sw_daemon *d, struct sw_err *e)
{
	/* The last two, for --tls: libraries and sockets of other processes, and uprobes, for
	 * which CAP_PERFMON alone does not suffice yet. */
	static const unsigned int keep[] = {CAP_BPF, CAP_NET_ADMIN, CAP_PERFMON, CAP_SYS_PTRACE,
					    CAP_SYS_ADMIN};
	int kept = sw_tls_is_wanted(d) ? 5 : 3;
	capng_select_t set = CAPNG_SELECT_CAPS;
	bool have[5];

	capng_get_caps_process();
	if (capng_have_capability(CAPNG_EFFECTIVE, CAP_SETPCAP))
		set = CAPNG_SELECT_BOTH;
	for (int i = 0; i < kept; i++)
		have[i] = capng_have_capability(CAPNG_PERMITTED, keep[i]);
	capng_clear(CAPNG_SELECT_BOTH);
	for (int i = 0; i < kept; i++)
		if (have[i])
			capng_update(CAPNG_ADD,
				     CAPNG_EFFECTIVE | CAPNG_PERMITTED | CAPNG_BOUNDING_SET,
				     keep[i]);
	if (capng_apply(set) || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		return sw_fail(e, SW_EXIT_FAILED, "cannot drop capabilities: %s", strerror(errno));
	return 0;
}
