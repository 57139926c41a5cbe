// SPDX-License-Identifier: GPL-2.0-only
/* Metrics in Prometheus' text format, named as in prometheus.io/docs/practices/naming.
 * Addresses are never labels. */
#include <bpf/bpf.h>
#include <stdarg.h>
#include <sys/utsname.h>
#include <unistd.h>
#include "engine/syn_flood.h"
#include "events/events.h"
#include "host/tls_users.h"
#include "report/gauges.h"

#define COUNTS                                               \
	((int)(sizeof(((struct sw_claim_counts *)0)->item) / \
	       sizeof(((struct sw_claim_counts *)0)->item[0])))

static int count_origin(const char *origin, int64_t claims, void *arg)
{
	struct sw_claim_counts *c = arg;
	int i = c->count < COUNTS - 1 ? c->count++ : COUNTS - 1;

	if (i == COUNTS - 1) {
		origin = "other";
		c->count = COUNTS;
	}
	snprintf(c->item[i].origin, sizeof(c->item[i].origin), "%s", origin);
	c->item[i].claims += claims;
	return 0;
}

int sw_claim_counts(const struct sw_ctx *ctx, struct sw_claim_counts *out, struct sw_err *e)
{
	memset(out, 0, sizeof(*out));
	return sw_store_origins(ctx->store, sw_now(), count_origin, out, e);
}

/* ---- the format */

__attribute__((format(printf, 4, 5))) static void head(FILE *out, const char *name,
						       const char *type, const char *fmt, ...)
{
	va_list ap;

	fprintf(out, "# HELP scanwall_%s ", name);
	va_start(ap, fmt);
	vfprintf(out, fmt, ap);
	va_end(ap);
	fprintf(out, "\n# TYPE scanwall_%s %s\n", name, type);
}

static void one(FILE *out, const char *name, const char *type, const char *help,
		unsigned long long value)
{
	head(out, name, type, "%s", help);
	fprintf(out, "scanwall_%s %llu\n", name, value);
}

static void label(FILE *out, const char *text)
{
	for (; *text; text++) {
		if (*text == '\n')
			fputs("\\n", out);
		else if (*text == '"' || *text == '\\')
			fprintf(out, "\\%c", *text);
		else
			fputc(*text, out);
	}
}

/* ---- what there is */

static void write_build(FILE *out, const struct sw_ctx *ctx, bool daemon)
{
	struct utsname u;

	uname(&u);
	head(out, "build_info", "gauge", "Version, layout of maps and kernel");
	fprintf(out, "scanwall_build_info{version=\"%s\",layout=\"%d\",kernel=\"", SW_VERSION,
		SW_ABI_VERSION);
	label(out, u.release);
	fputs("\"} 1\n", out);
	one(out, "daemon_running", "gauge", "Whether the daemon runs", daemon);
	one(out, "loaded", "gauge", "Whether the program is loaded", ctx->loaded);
}

static int write_links(FILE *out, const struct sw_ctx *ctx, struct sw_err *e)
{
	struct sw_attachment at[64];
	int n = sw_engine_attachments(ctx->pin_dir, at, 64, e);

	if (n < 0)
		return -1;
	head(out, "xdp_attached", "gauge", "Whether the program is attached to the interface");
	for (int i = 0; i < n && i < 64; i++)
		fprintf(out, "scanwall_xdp_attached{interface=\"%s\",xdp=\"%s\"} %d\n",
			at[i].ifname, at[i].xdp == SW_XDP_GENERIC ? "generic" : "native",
			at[i].ifindex != 0);
	return 0;
}

static void write_mode(FILE *out, const struct sw_engine *g)
{
	one(out, "enforcing", "gauge", "1: what is blocked is dropped, 0: only counted",
	    sw_engine_mode(g) == SW_ENFORCE);
	one(out, "panic", "gauge", "1: everything passes", g->settings->panic);
	one(out, "trial_running", "gauge", "Whether a change on trial waits for confirm",
	    g->settings->revert_at > (__u64)sw_monotonic());
}

static int write_packets(FILE *out, const struct sw_engine *g, struct sw_err *e)
{
	struct sw_counter c[SW_REASON_COUNT];

	if (sw_engine_counters(g, c, e))
		return -1;
	head(out, "packets_total", "counter",
	     "Packets by verdict and reason; in detect mode those to be dropped pass");
	for (int r = 0; r < SW_REASON_COUNT; r++)
		fprintf(out,
			"scanwall_packets_total{verdict=\"pass\",reason=\"%s\"} %llu\n"
			"scanwall_packets_total{verdict=\"drop\",reason=\"%s\"} %llu\n",
			sw_reason_name(r), (unsigned long long)c[r].passed, sw_reason_name(r),
			(unsigned long long)c[r].dropped);
	head(out, "bytes_total", "counter", "Bytes by verdict and reason");
	for (int r = 0; r < SW_REASON_COUNT; r++)
		fprintf(out,
			"scanwall_bytes_total{verdict=\"pass\",reason=\"%s\"} %llu\n"
			"scanwall_bytes_total{verdict=\"drop\",reason=\"%s\"} %llu\n",
			sw_reason_name(r), (unsigned long long)c[r].passed_bytes, sw_reason_name(r),
			(unsigned long long)c[r].dropped_bytes);
	return 0;
}

/* Only while it lasts. */
static void write_spray(FILE *out, const struct sw_engine *g)
{
	const struct sw_state *s = g->state;

	head(out, "spray_start_timestamp_seconds", "gauge",
	     "Since when a spray lasts, and why all strangers are challenged");
	if (!sw_engine_strangers(g))
		return;
	fputs("scanwall_spray_start_timestamp_seconds{why=\"", out);
	label(out, sw_spray_text(s->strangers_why));
	fprintf(out, "\"} %lld\n", (long long)sw_time_from_ticks(s->strangers_since) / 1000000);
}

static void write_state(FILE *out, const struct sw_engine *g)
{
	const struct sw_state *s = g->state;

	one(out, "events_lost_total", "counter", "Events that found no room in the ring",
	    s->lost_events);
	one(out, "blocks_capped_total", "counter",
	    "Automatic blocks not made, at auto_per_minute or auto_max", s->capped_blocks);
	one(out, "blocks_without_room_total", "counter",
	    "Automatic blocks not made for lack of room", s->overflow_full);
	one(out, "payloads_unfinished_total", "counter",
	    "Payloads with more candidate rules than are tried", s->unfinished);
	one(out, "spray_running", "gauge",
	    "1: a spray of forged sources lasts, and all strangers are challenged",
	    sw_engine_strangers(g));
	write_spray(out, g);
	one(out, "ports_limited", "gauge", "Whether port allow limits a port",
	    !!(g->settings->any_hidden & SW_ANY_LIMITED));
	one(out, "automatic_blocks", "gauge", "Addresses that the program itself has blocked",
	    s->auto_blocked < 0 ? 0 : s->auto_blocked);
}

static int write_floods(FILE *out, const struct sw_engine *g, struct sw_err *e)
{
	struct sw_flooded f[SW_FLOODED_MOST];
	int n = sw_floods_now(g, f, SW_FLOODED_MOST, e);

	if (n < 0)
		return -1;
	one(out, "syn_flooded_ports", "gauge", "Ports that are flooded with SYNs now", n);
	one(out, "syn_flood_answered", "gauge",
	    "Whether SYNs of a flood are answered with cookies (1) or left to the kernel (0)",
	    !sw_syn_flood_hindrance(g));
	head(out, "syn_flood_packets_per_second", "gauge",
	     "SYNs to a flooded port; port 0: ACKs without a connection");
	for (int i = 0; i < n; i++)
		fprintf(out, "scanwall_syn_flood_packets_per_second{port=\"%d\"} %u\n", f[i].port,
			f[i].a_second);
	return 0;
}

static void write_sizes(FILE *out, const struct sw_engine *g)
{
	head(out, "map_entries_max", "gauge", "Room of each map");
	for (int m = 0; m < SW_MAP_COUNT; m++)
		fprintf(out, "scanwall_map_entries_max{map=\"%s\"} %zu\n", sw_map_name(m),
			sw_map_entries(g, m));
	one(out, "map_memory_bytes", "gauge", "Kernel memory of all maps", sw_engine_memory(g));
}

static void write_program(FILE *out, const char *pin_dir)
{
	struct bpf_prog_info info = {};
	__u32 size = sizeof(info);
	char path[300];
	int fd, rc;

	snprintf(path, sizeof(path), "%s/program", pin_dir);
	fd = bpf_obj_get(path);
	if (fd < 0)
		return;
	rc = bpf_obj_get_info_by_fd(fd, &info, &size);
	close(fd);
	if (rc)
		return;
	one(out, "program_verified_instructions", "gauge",
	    "Instructions that the verifier processed, of a million at most", info.verified_insns);
	one(out, "program_jited_bytes", "gauge", "Machine code of the program",
	    info.jited_prog_len);
	if (!info.run_cnt)
		return;
	one(out, "program_runs_total", "counter", "Runs, where kernel.bpf_stats_enabled is on",
	    info.run_cnt);
	head(out, "program_run_seconds_total", "counter",
	     "Time spent in it, where kernel.bpf_stats_enabled is on");
	fprintf(out, "scanwall_program_run_seconds_total %.9f\n", info.run_time_ns / 1e9);
}

static void write_claims(FILE *out, const struct sw_claim_counts *claims)
{
	head(out, "claims", "gauge", "Blocks that each origin claims, counted now and then");
	for (int i = 0; i < claims->count; i++) {
		fputs("scanwall_claims{origin=\"", out);
		label(out, claims->item[i].origin);
		fprintf(out, "\"} %lld\n", (long long)claims->item[i].claims);
	}
}

static void write_tls(FILE *out, const struct sw_ctx *ctx)
{
	struct sw_tls_status s;
	unsigned long long seen = 0;

	if (!sw_tls_status_read(ctx->state_dir, -1, &s))
		return;
	for (size_t i = 0; i < s.users.count; i++)
		seen += s.users.item[i].seen;
	one(out, "tls_processes", "gauge", "Processes whose decrypted TLS is inspected", seen);
	head(out, "tls_reads_total", "counter",
	     "Decrypted reads that were inspected, lost because the ring was full, "
	     "or of unknown connections");
	fprintf(out, "scanwall_tls_reads_total{result=\"inspected\"} %llu\n", s.counts.looked);
	fprintf(out, "scanwall_tls_reads_total{result=\"lost\"} %llu\n", s.counts.full);
	fprintf(out, "scanwall_tls_reads_total{result=\"unmatched\"} %llu\n", s.counts.unplaced);
	one(out, "tls_connections_closed_total", "counter", "Connections that a rule ended",
	    s.closed);
	sw_tls_status_free(&s);
}

int sw_metrics_write(FILE *out, const struct sw_ctx *ctx, const struct sw_claim_counts *claims,
		     bool daemon, struct sw_err *e)
{
	const struct sw_engine *g = &ctx->engine;

	write_build(out, ctx, daemon);
	if (write_links(out, ctx, e))
		return -1;
	if (daemon)
		write_tls(out, ctx);
	write_claims(out, claims);
	if (!ctx->loaded)
		return 0;
	write_mode(out, g);
	if (write_packets(out, g, e))
		return -1;
	write_state(out, g);
	if (write_floods(out, g, e))
		return -1;
	write_sizes(out, g);
	write_program(out, ctx->pin_dir);
	return 0;
}
