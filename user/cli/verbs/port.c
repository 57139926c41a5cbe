// SPDX-License-Identifier: GPL-2.0-only
/* `scanwall port`: edits the key port_allow, which limits who may reach a port. */
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "events/events.h"
#include "views/human.h"
#include "views/text_table.h"
#include "cli/control.h"
#include "cli/policy.h"

struct request {
	struct sw_reach_item port; /* its port alone */
	struct sw_prefix *from;	   /* whom the command names */
	int count;
	bool removes;
};

static int read_words(struct sw_call *c, struct sw_err *e)
{
	char **word = c->a->operand + 1;
	struct request *q = c->request;
	int n = c->a->count - 1;

	if (sw_reach_port(c->a->operand[0], &q->port, e))
		return -1;
	if (n && !strcmp(*word, "from")) {
		word++;
		if (!--n)
			return sw_fail(e, SW_EXIT_USAGE,
				       "missing address after \"from\" (expected ADDR[/LEN])");
	}
	q->from = calloc(n + 1, sizeof(*q->from));
	if (!q->from)
		return sw_fail(e, SW_EXIT_FAILED, "out of memory");
	for (; q->count < n; q->count++)
		if (sw_prefix_parse(word[q->count], &q->from[q->count], e))
			return -1;
	return 0;
}

static int read_removal(struct sw_call *c, struct sw_err *e)
{
	((struct request *)c->request)->removes = true;
	return read_words(c, e);
}

static void release(void *request)
{
	free(((struct request *)request)->from);
}

/* ---- the list as it shall be */

static bool same_port(const struct sw_reach_item *a, const struct sw_reach_item *b)
{
	return a->port == b->port && a->limited == b->limited;
}

static bool is_named(const struct request *q, const struct sw_prefix *p)
{
	for (int i = 0; i < q->count; i++)
		if (!sw_prefix_cmp(&q->from[i], p))
			return true;
	return false;
}

static void add_item(FILE *out, const char *text)
{
	fprintf(out, "%s%s", ftell(out) > 0 ? "," : "", text);
}

/* Copies the entries that stay. Returns the number of those removed or already present. */
static int write_old(const struct sw_ctx *ctx, const struct request *q, FILE *out, int *left)
{
	const struct sw_texts *list = &ctx->config.port_allow;
	int found = 0;

	*left = 0;
	for (int i = 0; i < list->count; i++) {
		struct sw_reach_item item;
		bool ours, named;

		if (sw_reach_parse(list->item[i], &item, NULL))
			continue;
		ours = same_port(&item, &q->port);
		named = ours && (q->removes && !q->count ? true : is_named(q, &item.from));
		found += named;
		if (named) /* gone, or written anew */
			continue;
		*left += ours;
		add_item(out, list->item[i]);
	}
	return found;
}

static void write_new(const struct request *q, FILE *out)
{
	char port[SW_REACH_PORT_TEXT], from[SW_PREFIX_TEXT], item[SW_PREFIX_TEXT + 32];

	for (int i = 0; i < q->count; i++) {
		snprintf(item, sizeof(item), "%s=%s", sw_reach_port_text(&q->port, port),
			 sw_prefix_text(&q->from[i], from));
		add_item(out, item);
	}
}

static int make_list(const struct sw_ctx *ctx, const struct request *q, char **value,
		     struct sw_err *e)
{
	char port[SW_REACH_PORT_TEXT];
	int found, left;
	size_t size;
	FILE *out = open_memstream(value, &size);

	if (!out)
		return sw_fail(e, SW_EXIT_FAILED, "out of memory");
	found = write_old(ctx, q, out, &left);
	if (!q->removes)
		write_new(q, out);
	fclose(out);
	if (!q->removes)
		return 0;
	sw_reach_port_text(&q->port, port);
	if (!found)
		return sw_fail(
			e, SW_EXIT_ABSENT,
			"port remove: %s is not limited%s; `scanwall port list` shows what is",
			port, q->count ? " to any of these" : "");
	if (q->count && !left)
		return sw_fail(
			e, SW_EXIT_USAGE,
			"port remove: without the last address %s would be open to everybody; "
			"if that is meant: scanwall port remove %s",
			port, port);
	return 0;
}

/* ---- in force, as `config set` does it */

static void tell(const struct sw_call *c, const char *value)
{
	const struct request *q = c->request;
	char port[SW_REACH_PORT_TEXT];
	int named = 0;

	sw_reach_port_text(&q->port, port);
	for (const char *at = value; (at = strstr(at, port)); at++)
		named += at[strlen(port)] == '=';
	if (named)
		printf("%s %s be reached from %d network%s, and by the allowlist\n", port,
		       c->g->dry_run ? "would" : "may", named, named == 1 ? "" : "s");
	else
		printf("%s %s open to everybody\n", port, c->g->dry_run ? "would be" : "is");
	if (!c->ctx->loaded)
		puts("Takes effect at the next attach.");
	else if (sw_mode_now(c->ctx) == SW_DETECT)
		puts("The mode is detect: nobody is shut out, packets are only counted.");
}

static int change(struct sw_call *c, struct sw_err *e)
{
	char *value = NULL;
	int rc = -1;

	if (!make_list(c->ctx, c->request, &value, e))
		rc = sw_config_change(c, "port_allow", value, c->a->option[SW_PORT_CONFIRM], e);
	if (rc >= 0 && !c->g->json && !c->g->quiet) {
		tell(c, value);
		sw_trial_print(c->g, c->a->option[SW_PORT_CONFIRM]);
	}
	free(value);
	return rc;
}

/* ---- and shown */

static int list(struct sw_call *c, struct sw_err *e)
{
	const struct sw_texts *list = &c->ctx->config.port_allow;
	json_t *root = sw_cli_json(), *limits = json_array();
	static const struct sw_column columns[] = {{.title = "PORT"}, {.title = "FROM"}};
	struct sw_table *t = sw_table_new(columns, 2);
	char port[SW_REACH_PORT_TEXT], from[SW_PREFIX_TEXT], proto[SW_PROTO_TEXT];
	static const __u8 protos[] = {IPPROTO_TCP, IPPROTO_UDP, IPPROTO_SCTP};
	struct sw_reach_item item;
	int rc = 0;

	for (int i = 0; i < list->count; i++) {
		if (sw_reach_parse(list->item[i], &item, e))
			continue;
		sw_reach_port_text(&item, port);
		json_array_append_new(limits, json_pack("{s:s, s:i, s:s}", "proto",
							sw_proto_name(protos[item.limited], proto),
							"dest_port", item.port, "prefix",
							sw_cli_prefix(&item.from, from)));
		sw_table_cell(t, SW_BOLD, "%s", port);
		sw_table_cell(t, SW_PLAIN, "%s", sw_prefix_text(&item.from, from));
	}
	json_object_set_new(root, "port_allow", limits);
	if (c->g->json)
		rc = sw_cli_print(c->g, root, e);
	else if (list->count)
		rc = sw_table_print(t, c->g, 0, sw_human_width(), e);
	else if (!c->g->quiet)
		puts("no port is limited: everybody may reach every served port");
	if (!c->g->json)
		json_decref(root);
	sw_table_free(t);
	return rc;
}

const struct sw_verb_ops sw_port_allow_ops = {
	.request = sizeof(struct request),
	.read = read_words,
	.run = change,
	.release = release,
};
const struct sw_verb_ops sw_port_remove_ops = {
	.request = sizeof(struct request),
	.read = read_removal,
	.run = change,
	.release = release,
};
const struct sw_verb_ops sw_port_list_ops = {.run = list};
