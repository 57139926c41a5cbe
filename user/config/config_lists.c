// SPDX-License-Identifier: GPL-2.0-only
/* The lists: one row for each type of list; a new list key needs none. */
#include <net/if.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include "config/internal.h"

#define SERVICES_MAX 4096

static int no_memory(struct sw_err *e)
{
	return sw_fail(e, SW_EXIT_FAILED, "out of memory");
}

/* ---- texts */

bool sw_is_interface(const char *text)
{
	return text[0] && strlen(text) < IF_NAMESIZE && !strpbrk(text, "/ \t");
}

bool sw_is_rule_file(const char *text)
{
	return text[0] == '/' && !strpbrk(text, "\t\n");
}

bool sw_is_prefix(const char *text)
{
	struct sw_prefix p;

	return !sw_prefix_parse(text, &p, NULL);
}

bool sw_is_host_name(const char *text)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
	size_t n = strlen(text), label = 0;

	if (!n || n > 253 || !strpbrk(text, letters) || strchr(text, ':'))
		return false;
	for (size_t i = 0; i <= n; i++, label++) {
		bool edge = !label || text[i + 1] == '.' || !text[i + 1];

		if (text[i] == '.' || !text[i]) {
			if (!label || label > 63)
				return false;
			label = -1;
		} else if (!strchr(letters, text[i]) && (text[i] < '0' || text[i] > '9') &&
			   text[i] != '_' && (text[i] != '-' || edge)) {
			return false;
		}
	}
	return true;
}

static bool parse_port(const char **text, int *port)
{
	char *end;
	long n = strtol(*text, &end, 10);

	if (end == *text || **text < '0' || **text > '9' || n < 1 || n > 65535)
		return false;
	*text = end;
	*port = n;
	return true;
}

bool sw_is_port(const char *text)
{
	int port;

	return parse_port(&text, &port) && !*text;
}

bool sw_is_port_range(const char *text)
{
	int from, to;

	if (!parse_port(&text, &from))
		return false;
	return !*text || (*text++ == ':' && parse_port(&text, &to) && !*text);
}

static void free_texts(void *field)
{
	struct sw_texts *t = field;

	for (int i = 0; i < t->count; i++)
		free(t->item[i]);
	free(t->item);
	*t = (struct sw_texts){0};
}

static int set_texts(void *field, const struct sw_config_key *k, const char *const *items, int n,
		     struct sw_err *e)
{
	struct sw_texts fresh = {calloc(n + 1, sizeof(char *)), 0};

	for (int i = 0; fresh.item && i < n; i++) {
		if (!k->check(items[i])) {
			free_texts(&fresh);
			return sw_config_refuse(k, items[i], e);
		}
		fresh.item[i] = strdup(items[i]);
		if (!fresh.item[i])
			break;
		fresh.count++;
	}
	if (fresh.count < n || !fresh.item) {
		free_texts(&fresh);
		return no_memory(e);
	}
	free_texts(field);
	*(struct sw_texts *)field = fresh;
	return 0;
}

static void print_texts(const void *field, FILE *out)
{
	const struct sw_texts *t = field;

	for (int i = 0; i < t->count; i++)
		fprintf(out, "%s%s", i ? "," : "", t->item[i]);
}

/* ---- prefixes */

static void free_prefixes(void *field)
{
	struct sw_prefix_list *l = field;

	free(l->item);
	*l = (struct sw_prefix_list){0};
}

static int set_prefixes(void *field, const struct sw_config_key *k, const char *const *items, int n,
			struct sw_err *e)
{
	struct sw_prefix_list fresh = {calloc(n + 1, sizeof(*fresh.item)), n};
	struct sw_err why;

	if (!fresh.item)
		return no_memory(e);
	for (int i = 0; i < n; i++) {
		if (sw_prefix_parse(items[i], &fresh.item[i], &why) < 0) {
			free_prefixes(&fresh);
			return sw_fail(e, SW_EXIT_USAGE, "%s: %.900s", k->name, why.text);
		}
	}
	free_prefixes(field);
	*(struct sw_prefix_list *)field = fresh;
	return 0;
}

static void print_prefixes(const void *field, FILE *out)
{
	const struct sw_prefix_list *l = field;
	char buf[SW_PREFIX_TEXT];

	for (int i = 0; i < l->count; i++)
		fprintf(out, "%s%s", i ? "," : "", sw_prefix_text(&l->item[i], buf));
}

/* ---- services */

static const struct {
	const char *prefix;
	int proto;
} protocols[] = {{"tcp/", IPPROTO_TCP}, {"udp/", IPPROTO_UDP}, {"sctp/", IPPROTO_SCTP}};

static bool parse_protocol(const char **text, int *proto)
{
	for (size_t i = 0; i < sizeof(protocols) / sizeof(protocols[0]); i++) {
		if (strncmp(*text, protocols[i].prefix, strlen(protocols[i].prefix)))
			continue;
		*text += strlen(protocols[i].prefix);
		*proto = protocols[i].proto;
		return true;
	}
	return false;
}

static const char *protocol_prefix(int proto)
{
	size_t i = 0;

	while (protocols[i].proto != proto)
		i++;
	return protocols[i].prefix;
}

/* Appends the ports of one entry; false when it is none. */
static bool add_service(const char *text, struct sw_service_list *l)
{
	int proto, from, to;

	if (!parse_protocol(&text, &proto) || !parse_port(&text, &from))
		return false;
	to = from;
	if (*text == '-') {
		text++;
		if (!parse_port(&text, &to))
			return false;
	}
	if (*text || to < from || to - from >= SERVICES_MAX - l->count)
		return false;
	for (int port = from; port <= to; port++)
		l->item[l->count++] = (struct sw_service){.port = port, .proto = proto};
	return true;
}

static void free_services(void *field)
{
	struct sw_service_list *l = field;

	free(l->item);
	*l = (struct sw_service_list){0};
}

static int set_services(void *field, const struct sw_config_key *k, const char *const *items, int n,
			struct sw_err *e)
{
	struct sw_service_list fresh = {calloc(SERVICES_MAX, sizeof(*fresh.item)), 0};

	if (!fresh.item)
		return no_memory(e);
	for (int i = 0; i < n; i++) {
		if (!add_service(items[i], &fresh)) {
			free_services(&fresh);
			return sw_config_refuse(k, items[i], e);
		}
	}
	free_services(field);
	*(struct sw_service_list *)field = fresh;
	return 0;
}

static void print_services(const void *field, FILE *out)
{
	const struct sw_service_list *l = field;

	for (int i = 0; i < l->count; i++)
		fprintf(out, "%s%s%u", i ? "," : "", protocol_prefix(l->item[i].proto),
			l->item[i].port);
}

/* ---- all of them */

static const struct list_type {
	int (*set)(void *field, const struct sw_config_key *k, const char *const *items, int n,
		   struct sw_err *e);
	void (*print)(const void *field, FILE *out);
	void (*free)(void *field);
} types[] = {
	[SW_KEY_TEXTS] = {set_texts, print_texts, free_texts},
	[SW_KEY_PREFIXES] = {set_prefixes, print_prefixes, free_prefixes},
	[SW_KEY_SERVICES] = {set_services, print_services, free_services},
};

int sw_config_set_list(struct sw_config *c, const struct sw_config_key *k, const char *const *items,
		       int n, struct sw_err *e)
{
	return types[k->type].set(sw_config_field(c, k), k, items, n, e);
}

int sw_config_set_split(struct sw_config *c, const struct sw_config_key *k, const char *value,
			struct sw_err *e)
{
	char *copy = strdup(value), *rest = copy, *item;
	const char **items = calloc(strlen(value) + 1, sizeof(*items));
	int n = 0, rc;

	while (copy && items && (item = strsep(&rest, ", ")))
		if (*item)
			items[n++] = item;
	rc = copy && items ? sw_config_set_list(c, k, items, n, e) : no_memory(e);
	free(items);
	free(copy);
	return rc;
}

char *sw_config_join_list(const struct sw_config *c, const struct sw_config_key *k)
{
	char *out = NULL;
	size_t size;
	FILE *f = open_memstream(&out, &size);

	if (!f)
		return NULL;
	types[k->type].print(sw_config_field(c, k), f);
	fclose(f);
	return out;
}

void sw_config_free_list(struct sw_config *c, const struct sw_config_key *k)
{
	types[k->type].free(sw_config_field(c, k));
}
