// SPDX-License-Identifier: GPL-2.0-only
/* `scanwall setup`: inspects the host, proposes a configuration, prompts, and applies it. */
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "events/events.h"
#include "host/endpoints.h"
#include "views/human.h"
#include "views/text_table.h"
#include "cli/control.h"

#define MOST_INTERFACES 32

struct setup {
	const struct sw_globals *g;
	struct sw_ctx *ctx;
	struct sw_interfaces links;
	const struct sw_interface *chosen[MOST_INTERFACES];
	int count;
	struct sw_exposure exposure;
	char services[4096]; /* for the key of that name, as `config set` takes it */
	bool writes_file;
	bool attached;
};

/* ---- where to attach */

static void choose(struct setup *s, const struct sw_interface *i)
{
	for (int k = 0; k < s->count; k++)
		if (s->chosen[k] == i)
			return;
	if (s->count < MOST_INTERFACES)
		s->chosen[s->count++] = i;
}

static void choose_below(struct setup *s, const struct sw_interface *i)
{
	const struct sw_interface *first[SW_FIRST_MAX];
	int n = sw_interfaces_first(&s->links, i, first);

	for (int k = 0; k < n; k++)
		choose(s, first[k]);
}

static int choose_interfaces(struct setup *s, const struct sw_args *a, struct sw_err *e)
{
	if (sw_interfaces_find(&s->links, e))
		return -1;
	for (int k = 0; k < a->count; k++) {
		const struct sw_interface *i = sw_interfaces_get(&s->links, a->operand[k]);

		if (!i)
			return sw_fail(e, SW_EXIT_FAILED,
				       "no such interface: \"%s\" (`ip -br link` lists them)",
				       a->operand[k]);
		choose(s, i);
	}
	for (size_t k = 0; !a->count && k < s->links.count; k++)
		if (s->links.item[k].outward && !(s->links.item[k].flags & IFF_LOOPBACK))
			choose_below(s, &s->links.item[k]);
	if (s->count)
		return 0;
	return sw_fail(e, SW_EXIT_FAILED,
		       "no interface has a default route, so which one faces the outside is "
		       "unknown; name it: scanwall setup IFACE");
}

static const char *mode_to_come(const struct sw_interface *i)
{
	return sw_driver_native(i->driver) ? "native" : "generic";
}

static int show_interfaces(const struct setup *s, struct sw_err *e)
{
	static const struct sw_column columns[] = {
		{.title = "INTERFACE"},
		{.title = "DRIVER"},
		{.title = "XDP MODE"},
		{.title = "REMARK", .gives = true},
	};
	struct sw_table *t = sw_table_new(columns, 4);
	int rc;

	for (int k = 0; k < s->count; k++) {
		const struct sw_interface *i = s->chosen[k];

		sw_table_cell(t, SW_BOLD, "%s", i->name);
		sw_table_cell(t, SW_PLAIN, "%s", i->driver[0] ? i->driver : "unknown");
		sw_table_cell(t, SW_PLAIN, "%s", mode_to_come(i));
		if (i->xdp_id && strcmp(i->xdp_name, "scanwall") != 0)
			sw_table_cell(t, SW_RED, "holds another XDP program, \"%s\"", i->xdp_name);
		else if (i->xdp_id)
			sw_table_cell(t, SW_DIM, "attached already");
		else if (i->lro)
			sw_table_cell(t, SW_YELLOW, "lro is on; see scanwall doctor");
		else
			sw_table_cell(t, SW_DIM, "%s", i->outward ? "default route" : "");
	}
	puts("Interfaces facing the outside:");
	rc = sw_table_print(t, s->g, 2, sw_human_width(), e);
	sw_table_free(t);
	return rc;
}

/* ---- what is served */

static void add_service(struct setup *s, const struct sw_endpoint *x)
{
	size_t n = strlen(s->services);

	snprintf(s->services + n, sizeof(s->services) - n, "%s%s/%u", n ? "," : "",
		 x->proto == IPPROTO_UDP ? "udp" : "tcp", x->port);
}

/* Configured, redirected or learned services, which have no socket on this host. */
static void choose_services(struct setup *s)
{
	for (size_t k = 0; k < s->exposure.count; k++) {
		const struct sw_endpoint *x = &s->exposure.item[k].endpoint;

		if (!x->pid && (x->configured || x->moved_to[0] || s->exposure.item[k].learned))
			add_service(s, x);
	}
}

static void show_served(const struct setup *s)
{
	puts("\nServices reachable from outside:");
	for (size_t k = 0; k < s->exposure.count; k++) {
		const struct sw_endpoint *x = &s->exposure.item[k].endpoint;

		printf("  %s/%-6u %s%s%s%s%s\n", x->proto == IPPROTO_UDP ? "udp" : "tcp", x->port,
		       x->process[0] ? x->process : "", x->container[0] ? " in " : "", x->container,
		       x->moved_to[0] ? " NAT to " : "", x->moved_to);
	}
	if (!s->exposure.count)
		puts("  nothing");
	if (s->services[0])
		printf("  no socket on this host, so to be listed in services: %s\n", s->services);
}

static int show_guarded(struct setup *s, struct sw_err *e)
{
	const struct sw_guard *guard = sw_ctx_guard(s->ctx, e);
	char text[SW_PREFIX_TEXT];

	if (!guard)
		return -1;
	puts("\nNever blocked:");
	for (int k = 0; k < guard->count; k++)
		printf("  %-28s %s\n", sw_prefix_text(&guard->item[k].prefix, text),
		       guard->item[k].text);
	for (int k = 0; k < s->ctx->config.allow.count; k++)
		printf("  %-28s allowed in the configuration\n",
		       sw_prefix_text(&s->ctx->config.allow.item[k], text));
	return 0;
}

/* ---- the configuration */

static char *sample(size_t *size)
{
	char *text = NULL;
	FILE *f = open_memstream(&text, size);

	if (!f)
		return NULL;
	sw_config_write_sample(f);
	fclose(f);
	return text;
}

/* True if the file is missing or as installed: setup may then write it. */
static bool is_untouched(const char *path)
{
	FILE *f = fopen(path, "r");
	char *want, *have;
	size_t size, n;
	bool same;

	if (!f)
		return access(path, F_OK) != 0;
	want = sample(&size);
	have = want ? malloc(size + 1) : NULL;
	n = have ? fread(have, 1, size + 1, f) : 0;
	fclose(f);
	same = have && ((n == size && !memcmp(want, have, size)) || n == 0);
	free(want);
	free(have);
	return same;
}

static int write_file(const struct setup *s, struct sw_err *e)
{
	const char *path = s->ctx->config_file;
	char fresh[sizeof(s->ctx->config_file) + 8];
	FILE *f;

	snprintf(fresh, sizeof(fresh), "%s.new", path);
	umask(0027);
	f = fopen(fresh, "w");
	if (!f)
		return sw_fail(e, SW_EXIT_FAILED, "%s could not be written: %m", fresh);
	sw_config_write_file(f, &s->ctx->config);
	if (ferror(f) | fclose(f) || rename(fresh, path)) {
		unlink(fresh);
		return sw_fail(e, SW_EXIT_FAILED, "%s could not be written: %m", path);
	}
	return 0;
}

static const char *names(const struct setup *s, char *buf, size_t size)
{
	size_t n = 0;

	buf[0] = 0;
	for (int k = 0; k < s->count && n < size; k++)
		n += snprintf(buf + n, size - n, "%s%s", k ? "," : "", s->chosen[k]->name);
	return buf;
}

/* Writes the file or, if it was edited, sets the keys as `config set` does. */
static int write_config(struct setup *s, struct sw_err *e)
{
	char list[MOST_INTERFACES * IF_NAMESIZE];

	names(s, list, sizeof(list));
	if (sw_config_set(&s->ctx->config, "interfaces", list, "setup: ", e) ||
	    (s->services[0] &&
	     sw_config_set(&s->ctx->config, "services", s->services, "setup: ", e)))
		return -1;
	if (s->writes_file)
		return write_file(s, e);
	if (sw_store_setting_put(s->ctx->store, "interfaces", list, e))
		return -1;
	return s->services[0] ? sw_store_setting_put(s->ctx->store, "services", s->services, e) : 0;
}

/* ---- attach */

static int attach(struct setup *s, struct sw_err *e)
{
	struct sw_err ignored;
	int rc = 0, done = 0;
	bool fresh = !s->ctx->loaded && !s->ctx->foreign;

	if (sw_ctx_bring_up(s->ctx, e))
		return -1;
	while (rc >= 0 && done < s->count) {
		rc = sw_engine_attach(&s->ctx->engine, s->chosen[done]->name, s->ctx->config.xdp,
				      e);
		if (!rc)
			sw_audit_changed(s->chosen[done]->name);
		done += rc >= 0;
	}
	s->attached = rc >= 0;
	if (rc < 0 && fresh) {
		sw_engine_close(&s->ctx->engine);
		s->ctx->loaded = false;
		sw_engine_remove(s->ctx->pin_dir, &ignored);
	}
	return rc < 0 ? -1 : 0;
}

static void hint(const struct setup *s)
{
	if (s->g->quiet)
		return;
	printf("\nscanwall is running in %s mode%s.\n", sw_mode_name(sw_mode_now(s->ctx)),
	       sw_mode_now(s->ctx) == SW_DETECT ? ": nothing is dropped, everything is reported"
						: "");
	puts("Next: systemctl enable --now scanwall     record events, and start at boot\n"
	     "      scanwall events --follow            watch what it would have done\n"
	     "      scanwall mode enforce --for 10m     drop, on trial\n"
	     "      scanwall doctor                     check for problems");
}

static json_t *services_json(const struct setup *s)
{
	json_t *list = json_array();
	size_t n;

	for (const char *at = s->services; *at; at += n + (at[n] == ',')) {
		n = strcspn(at, ",");
		json_array_append_new(list, json_stringn(at, n));
	}
	return list;
}

static int print_json(struct setup *s, struct sw_err *e)
{
	json_t *root = sw_cli_json(), *list = json_array();

	for (int k = 0; k < s->count; k++)
		json_array_append_new(list, json_pack("{s:s, s:s, s:s}", "name", s->chosen[k]->name,
						      "driver", s->chosen[k]->driver, "xdp",
						      mode_to_come(s->chosen[k])));
	json_object_set_new(root, "interfaces", list);
	json_object_set_new(root, "exposed_count", json_integer(s->exposure.count));
	json_object_set_new(root, "services", services_json(s));
	json_object_set_new(root, "file",
			    s->writes_file ? sw_cli_text(s->ctx->config_file) : json_null());
	json_object_set_new(root, "is_attached", json_boolean(s->attached));
	json_object_set_new(root, "mode", json_string(sw_mode_name(sw_mode_now(s->ctx))));
	return sw_cli_print(s->g, root, e);
}

static int show(struct setup *s, struct sw_err *e)
{
	if (s->g->json || s->g->quiet)
		return sw_ctx_guard(s->ctx, e) ? 0 : -1;
	if (show_interfaces(s, e))
		return -1;
	show_served(s);
	if (show_guarded(s, e))
		return -1;
	printf("\nThe configuration: %s\n",
	       s->writes_file ? s->ctx->config_file
			      : "your file is kept; interfaces and services are set over it\n"
				"  (scanwall config show)");
	return 0;
}

static int agree(const struct setup *s, struct sw_err *e)
{
	if (sw_cli_ask(s->g, "Write this and attach?"))
		return 0;
	return sw_fail(e, SW_EXIT_FAILED, "nothing was changed%s",
		       isatty(STDIN_FILENO) ? "" : " (use --yes where nobody can be asked)");
}

/* Locked only now, as a person may take a while, and others may have to block. */
static int apply(struct sw_call *c, struct sw_err *e)
{
	struct setup *s = c->request;

	if (sw_call_lock(c, e))
		return -1;
	if (s->writes_file != is_untouched(s->ctx->config_file))
		return sw_fail(e, SW_EXIT_FAILED,
			       "%s has been changed meanwhile; nothing was changed by this",
			       s->ctx->config_file);
	if (write_config(s, e) || attach(s, e))
		return -1;
	sw_audit_say("setup: %d interface%s, %s", s->count, s->count == 1 ? "" : "s",
		     s->writes_file ? "file written" : "settings by hand");
	return 0;
}

static int set_up(struct sw_call *c, struct sw_err *e)
{
	struct setup *s = c->request;

	s->g = c->g;
	s->ctx = c->ctx;
	if (choose_interfaces(s, c->a, e) || sw_exposure_find(s->ctx, &s->exposure, e))
		return -1;
	choose_services(s);
	s->writes_file = is_untouched(s->ctx->config_file);
	if (show(s, e))
		return -1;
	if (!s->g->dry_run && (agree(s, e) || apply(c, e)))
		return -1;
	if (s->g->json)
		return print_json(s, e);
	if (!s->g->dry_run)
		hint(s);
	return 0;
}

static void release(void *request)
{
	struct setup *s = request;

	sw_exposure_free(&s->exposure);
	sw_interfaces_free(&s->links);
}

const struct sw_verb_ops sw_setup_ops = {
	.request = sizeof(struct setup),
	.run = set_up,
	.release = release,
};
