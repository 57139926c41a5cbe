// SPDX-License-Identifier: GPL-2.0-only
/* `scanwall replay`: runs captures through the program. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "cli/policy.h"
#include "rules/enforce.h"
#include "cli/verbs/replay_verb.h"

#define SERVICES_TEXT 4096

/* "80", "80/tcp" and "tcp/80" are the same; the configuration knows the last. */
static int add_service(const char *item, char *list, size_t size, struct sw_err *e)
{
	size_t used = strlen(list);
	const char *slash = strchr(item, '/');
	int n;

	if (!slash)
		n = snprintf(list + used, size - used, "%stcp/%s", used ? "," : "", item);
	else if (*item >= '0' && *item <= '9')
		n = snprintf(list + used, size - used, "%s%s/%.*s", used ? "," : "", slash + 1,
			     (int)(slash - item), item);
	else
		n = snprintf(list + used, size - used, "%s%s", used ? "," : "", item);
	if ((size_t)n < size - used)
		return 0;
	return sw_fail(e, SW_EXIT_USAGE,
		       "--services: more than %zu characters; write ranges, "
		       "as tcp/8000-8100",
		       size);
}

/* In place of the configuration's. */
static int read_services(const char *text, struct sw_config *c, struct sw_err *e)
{
	char list[SERVICES_TEXT] = "", *items = strdup(text), *save, *item;
	int rc = items ? 0 : sw_fail(e, SW_EXIT_FAILED, "out of memory");

	if (!rc)
		for (item = strtok_r(items, ", ", &save); item && !rc;
		     item = strtok_r(NULL, ", ", &save))
			rc = add_service(item, list, sizeof(list), e);
	free(items);
	return rc ? rc : sw_config_set(c, "services", list, "--", e);
}

static int read_protect(const char *text, struct sw_replay *r, struct sw_err *e)
{
	char *items = strdup(text), *save, *item;
	int rc = 0, room = 1;

	for (const char *at = text; *at; at++)
		room += *at == ',';
	r->protect = calloc(room, sizeof(*r->protect));
	if (!items || !r->protect)
		rc = sw_fail(e, SW_EXIT_FAILED, "out of memory");
	else
		for (item = strtok_r(items, ",", &save); item && !rc;
		     item = strtok_r(NULL, ",", &save))
			rc = sw_prefix_option(item, "--protect", &r->protect[r->protect_count++],
					      e);
	free(items);
	if (!rc && !r->protect_count)
		rc = sw_fail(e, SW_EXIT_USAGE, "--protect: \"%s\" names no address", text);
	return rc;
}

static int configure(const struct sw_globals *g, struct sw_config *c, struct sw_err *e)
{
	sw_config_init(c);
	return sw_config_load(g->config_file, !strcmp(g->config_file, SW_CONFIG_FILE), c, e);
}

static void tell_missing(const struct sw_replay *r, const struct sw_globals *g)
{
	const char *missing;

	for (int i = 0; !g->quiet && (missing = sw_parts_missing(r->instance.parts, i)); i++)
		fprintf(stderr, "scanwall replay: %s\n", missing);
}

/* Reports each file. Of several broken files the last one's error is returned; the others are
 * printed on stderr. */
static int each_file(struct sw_replay *r, const struct sw_globals *g, const struct sw_args *a,
		     struct sw_err *e)
{
	int rc = 0;

	tell_missing(r, g);
	for (int i = 0; i < a->count; i++) {
		struct sw_replay_view v = {.g = g, .file = a->operand[i], .several = a->count > 1};
		struct sw_err one = {};
		bool failed;

		r->fn = g->json ? sw_replay_event_json : g->quiet ? NULL : sw_replay_event_line;
		r->arg = &v;
		if (!g->json && !g->quiet && v.several)
			printf("%s%s%s%s\n", i ? "\n" : "", sw_style_code(g, SW_BOLD), v.file,
			       sw_style_code(g, SW_PLAIN));
		failed = sw_replay_file(r, v.file, &one);
		if (failed && rc)
			fprintf(stderr, "scanwall replay: %s\n", e->text);
		if (failed) {
			*e = one;
			e->exit = v.several ? SW_EXIT_FAILED : one.exit; /* of part of the work */
			rc = -1;
		}
		/* Nothing was read: print the error only. */
		if ((failed && !r->packets) || (g->quiet && !g->json))
			continue;
		if ((g->json ? sw_replay_summary_json : sw_replay_summary)(r, &v, e))
			return -1;
	}
	return rc;
}

static int replay(struct sw_call *c, struct sw_err *e)
{
	const struct sw_globals *g = c->g;
	const struct sw_args *a = c->a;
	const char *protect = a->option[SW_REPLAY_PROTECT];
	const char *services = a->option[SW_REPLAY_SERVICES];
	struct sw_rules rules = {};
	struct sw_config config;
	struct sw_replay r = {.config = &config, .rules = &rules};
	int rc = -1;

	if (!configure(g, &config, e) && !sw_rules_configured(&rules, &config, e) &&
	    !sw_rules_size(&rules, &config, e) &&
	    (!services || !read_services(services, &config, e)) &&
	    (!protect || !read_protect(protect, &r, e)) && !sw_replay_open(&r, e))
		rc = each_file(&r, g, a, e);
	sw_replay_close(&r);
	sw_rules_free(&rules);
	free(r.protect);
	sw_config_free(&config);
	return rc;
}

const struct sw_verb_ops sw_replay_ops = {.run = replay};
