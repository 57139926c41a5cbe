// SPDX-License-Identifier: GPL-2.0-only
/* What enforce mode would have dropped, printed before switching to it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "events/events.h"
#include "views/detect_only_text.h"
#include "views/human.h"
#include "views/event_row.h"
#include "views/text_table.h"
#include "cli/control.h"

#define DAY (86400 * INT64_C(1000000))
#define TOP 5

struct accused {
	struct sw_prefix source;
	int times;
	int64_t last;
	char why[160]; /* of the latest event */
};

struct accusations {
	struct accused *item;
	size_t count, room;
	size_t detect_only; /* events of sources that stay unblocked */
	struct sw_err *e;
};

static struct accused *add(struct accusations *all)
{
	size_t more = all->room ? 2 * all->room : 64;
	void *grown;

	if (all->count == all->room) {
		grown = reallocarray(all->item, more, sizeof(*all->item));
		if (!grown) {
			sw_fail(all->e, SW_EXIT_FAILED, "out of memory for %zu events", more);
			return NULL;
		}
		all->item = grown;
		all->room = more;
	}
	return &all->item[all->count++];
}

static int note(const struct sw_record *r, void *arg)
{
	struct accusations *all = arg;
	struct accused *x;

	if (strcmp(r->type, sw_event_name(SW_EVENT_WOULD_BLOCK)) != 0)
		return 0;
	if (sw_record_detect_only(r)) {
		all->detect_only++;
		return 0;
	}
	x = add(all);
	if (!x)
		return -1;
	*x = (struct accused){.source = r->source, .times = 1, .last = r->time};
	sw_record_why(r, x->why, sizeof(x->why));
	return 0;
}

static int by_source(const void *a, const void *b)
{
	const struct accused *x = a, *y = b;
	int d = sw_prefix_cmp(&x->source, &y->source);

	return d ? d : x->last > y->last ? -1 : x->last < y->last;
}

/* One item per source, with its latest event. */
static void fold(struct accusations *all)
{
	size_t kept = 0;

	if (all->count)
		qsort(all->item, all->count, sizeof(*all->item), by_source);
	for (size_t i = 0; i < all->count; i++) {
		if (kept && !sw_prefix_cmp(&all->item[kept - 1].source, &all->item[i].source))
			all->item[kept - 1].times++;
		else
			all->item[kept++] = all->item[i];
	}
	all->count = kept;
}

static int most_often(const void *a, const void *b)
{
	const struct accused *x = a, *y = b;

	if (x->times != y->times)
		return y->times - x->times;
	return x->last < y->last ? 1 : x->last > y->last ? -1 : 0;
}

static int print_top(const struct sw_globals *g, const struct accusations *all, struct sw_err *e)
{
	static const struct sw_column columns[] = {
		{.title = "SOURCE", .most = 24},
		{.title = "TIMES", .right = true},
		{.title = "LAST"},
		{.title = "WHAT IT DID", .gives = true},
	};
	struct sw_table *t = sw_table_new(columns, 4);
	char prefix[SW_PREFIX_TEXT], ago[SW_HUMAN_TEXT];
	int rc;

	for (size_t i = 0; i < all->count && i < TOP; i++) {
		const struct accused *x = &all->item[i];

		sw_table_cell(t, SW_PLAIN, "%s", sw_prefix_text(&x->source, prefix));
		sw_table_cell(t, SW_PLAIN, "%d", x->times);
		sw_table_cell(t, SW_PLAIN, "%s", sw_human_ago(x->last, ago));
		sw_table_cell(t, SW_PLAIN, "%s", x->why);
	}
	rc = sw_table_print(t, g, 2, sw_human_width(), e);
	sw_table_free(t);
	return rc;
}

static int print_sources(const struct sw_globals *g, const struct accusations *all,
			 struct sw_err *e)
{
	if (!all->count) {
		puts("No source seen in the last 24 h would have been blocked.");
		return 0;
	}
	printf("In the last 24 h it would have blocked %s source%s:\n", sw_cli_count(all->count),
	       all->count == 1 ? "" : "s");
	if (print_top(g, all, e))
		return -1;
	if (all->count > TOP)
		printf("  ... %s more: scanwall events --since 1d\n",
		       sw_cli_count(all->count - TOP));
	puts("To let one of them through: scanwall allow ADDR");
	return 0;
}

static int print_packets(const struct sw_ctx *ctx, struct sw_err *e)
{
	struct sw_counter c[SW_REASON_COUNT];
	char count[SW_HUMAN_TEXT], bytes[SW_HUMAN_TEXT];
	__u64 packets = 0, size = 0;

	if (!ctx->loaded)
		return 0;
	if (sw_engine_counters(&ctx->engine, c, e))
		return -1;
	for (int r = 0; r < SW_REASON_COUNT; r++) {
		if (!sw_reason_drops(r))
			continue;
		packets += c[r].passed;
		size += c[r].passed_bytes;
	}
	printf("So far enforce would have dropped %s packets (%s) that detect let pass.\n",
	       sw_human_count(packets, count), sw_human_bytes(size, bytes));
	return 0;
}

static void print_detect_only(const struct sw_ctx *ctx, const struct accusations *all)
{
	char text[SW_DETECT_ONLY_TEXT];

	if (!sw_detect_only_text(&ctx->config, text, sizeof(text)))
		return;
	printf("Only reported (detect_only): %s", text);
	if (all->detect_only)
		printf("; %s event%s in 24 h", sw_cli_count(all->detect_only),
		       all->detect_only == 1 ? "" : "s");
	putchar('\n');
}

int sw_preview_print(struct sw_ctx *ctx, const struct sw_globals *g, struct sw_err *e)
{
	struct accusations all = {.e = e};
	int rc = print_packets(ctx, e);

	if (!rc)
		rc = sw_store_events(ctx->store, sw_now() - DAY, NULL, 0, note, &all, e);
	fold(&all);
	if (!rc && all.count)
		qsort(all.item, all.count, sizeof(*all.item), most_often);
	if (!rc)
		rc = print_sources(g, &all, e);
	if (!rc)
		print_detect_only(ctx, &all);
	free(all.item);
	return rc;
}
