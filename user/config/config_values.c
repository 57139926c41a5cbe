// SPDX-License-Identifier: GPL-2.0-only
/* One key at a time: text to value and back, by the table of keys. The file
 * (config_file.c) comes through here, too. */
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include "base/nearest.h"
#include "base/duration.h"
#include "config/internal.h"

#define SERVICES_MAX 4096

const struct sw_config_key *sw_config_key_find(const char *name)
{
	for (int i = 0; i < sw_config_key_count; i++)
		if (!strcmp(sw_config_keys[i].name, name))
			return &sw_config_keys[i];
	return NULL;
}

const char *sw_config_key_near(const char *name)
{
	const char *names[sw_config_key_count];

	for (int i = 0; i < sw_config_key_count; i++)
		names[i] = sw_config_keys[i].name;
	return sw_nearest(name, names, sw_config_key_count);
}

static void *place(const struct sw_config *c, const struct sw_config_key *k)
{
	return (char *)c + k->offset;
}

static int refuse(const struct sw_config_key *k, const char *value, struct sw_err *e)
{
	return sw_fail(e, SW_EXIT_USAGE, "%s: \"%s\" is not right; write %s", k->name, value,
		       k->range);
}

static int set_word(const struct sw_config_key *k, const char *value, struct sw_config *c,
		    struct sw_err *e)
{
	int *word = place(c, k);

	for (int i = 0; k->words[i]; i++) {
		if (strcmp(k->words[i], value))
			continue;
		if (k->offset == offsetof(struct sw_config, closed_silent))
			c->closed_silent = i;
		else
			*word = i;
		return 0;
	}
	return refuse(k, value, e);
}

static int get_word(const struct sw_config_key *k, const struct sw_config *c)
{
	if (k->offset == offsetof(struct sw_config, closed_silent))
		return c->closed_silent;
	return *(int *)place(c, k);
}

static int set_number(const struct sw_config_key *k, const char *value, struct sw_config *c,
		      struct sw_err *e)
{
	char *end;
	double n = strtod(value, &end);

	if (end == value || *end || !isfinite(n) || strpbrk(value, "xXpPnNiI") || n < k->min ||
	    n > k->max || (k->type == SW_KEY_INT && n != floor(n)))
		return refuse(k, value, e);
	if (k->offset == offsetof(struct sw_config, ring_bytes) && ((int)n & ((int)n - 1)))
		return refuse(k, value, e);
	if (k->type == SW_KEY_INT)
		*(int *)place(c, k) = n;
	else
		*(double *)place(c, k) = n;
	return 0;
}

static int set_bool(const struct sw_config_key *k, const char *value, struct sw_config *c,
		    struct sw_err *e)
{
	bool yes = !strcmp(value, "true") || !strcmp(value, "yes") || !strcmp(value, "on");

	if (!yes && strcmp(value, "false") && strcmp(value, "no") && strcmp(value, "off"))
		return refuse(k, value, e);
	*(bool *)place(c, k) = yes;
	return 0;
}

static int set_span(const struct sw_config_key *k, const char *value, struct sw_config *c,
		    struct sw_err *e)
{
	bool forever_is_fine = k->offset == offsetof(struct sw_config, decay);
	int64_t us;

	if (sw_duration_parse(value, k->name, &us, e) < 0)
		return -1;
	if (us == SW_FOREVER ? !forever_is_fine : us < k->min || us > k->max)
		return refuse(k, value, e);
	*(int64_t *)place(c, k) = us;
	return 0;
}

static int set_text(const struct sw_config_key *k, const char *value, struct sw_config *c,
		    struct sw_err *e)
{
	char *copy = strdup(value);

	if (!copy)
		return sw_fail(e, SW_EXIT_FAILED, "out of memory");
	free(*(char **)place(c, k));
	*(char **)place(c, k) = copy;
	return 0;
}

static void free_strings(char **list, int n)
{
	for (int i = 0; i < n; i++)
		free(list[i]);
	free(list);
}

static int set_interfaces(const char *const *items, int n, struct sw_config *c, struct sw_err *e)
{
	char **list = calloc(n + 1, sizeof(*list));

	for (int i = 0; i < n; i++) {
		if (!items[i][0] || strlen(items[i]) >= 16 || strpbrk(items[i], "/ \t")) {
			free_strings(list, i);
			return sw_fail(e, SW_EXIT_USAGE, "interfaces: \"%s\" is no interface name",
				       items[i]);
		}
		list[i] = strdup(items[i]);
	}
	free_strings(c->interface, c->interface_count);
	c->interface = list;
	c->interface_count = n;
	return 0;
}

static int set_allow(const char *const *items, int n, struct sw_config *c, struct sw_err *e)
{
	struct sw_prefix *list = calloc(n + 1, sizeof(*list));
	struct sw_err why;

	for (int i = 0; i < n; i++) {
		if (sw_prefix_parse(items[i], &list[i], &why) < 0) {
			free(list);
			return sw_fail(e, SW_EXIT_USAGE, "allow: %.900s", why.text);
		}
	}
	free(c->allow.item);
	c->allow.item = list;
	c->allow.count = n;
	return 0;
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
static bool add_service(const char *text, struct sw_service *list, int *n)
{
	int proto, from, to;

	if (!parse_protocol(&text, &proto))
		return false;
	if (!parse_port(&text, &from))
		return false;
	to = from;
	if (*text == '-') {
		text++;
		if (!parse_port(&text, &to))
			return false;
	}
	if (*text || to < from || to - from >= SERVICES_MAX - *n)
		return false;
	for (int port = from; port <= to; port++)
		list[(*n)++] = (struct sw_service){.port = port, .proto = proto};
	return true;
}

static int set_services(const char *const *items, int n, struct sw_config *c, struct sw_err *e)
{
	struct sw_service *list = calloc(SERVICES_MAX, sizeof(*list));
	int count = 0;

	for (int i = 0; i < n; i++) {
		if (!add_service(items[i], list, &count)) {
			free(list);
			return sw_fail(e, SW_EXIT_USAGE,
				       "services: \"%s\" is not right; write tcp/8443, udp/53, "
				       "sctp/36412 or tcp/8000-8100 (%d ports in all)",
				       items[i], SERVICES_MAX);
		}
	}
	free(c->service);
	c->service = list;
	c->service_count = count;
	return 0;
}

int sw_config_set_list(struct sw_config *c, const struct sw_config_key *k, const char *const *items,
		       int n, struct sw_err *e)
{
	if (k->type == SW_KEY_TEXTS)
		return sw_config_set_texts(c, k, items, n, e);
	if (k->offset == offsetof(struct sw_config, interface))
		return set_interfaces(items, n, c, e);
	if (k->offset == offsetof(struct sw_config, allow))
		return set_allow(items, n, c, e);
	return set_services(items, n, c, e);
}

static int set_split(const struct sw_config_key *k, const char *value, struct sw_config *c,
		     struct sw_err *e)
{
	char *copy = strdup(value), *rest = copy, *item;
	const char **items = calloc(strlen(value) + 1, sizeof(*items));
	int n = 0, rc;

	while ((item = strsep(&rest, ", ")))
		if (*item)
			items[n++] = item;
	rc = sw_config_set_list(c, k, items, n, e);
	free(items);
	free(copy);
	return rc;
}

int sw_config_set_one(struct sw_config *c, const struct sw_config_key *k, const char *value,
		      struct sw_err *e)
{
	switch (k->type) {
	case SW_KEY_WORD:
		return set_word(k, value, c, e);
	case SW_KEY_INT:
	case SW_KEY_NUMBER:
		return set_number(k, value, c, e);
	case SW_KEY_BOOL:
		return set_bool(k, value, c, e);
	case SW_KEY_SPAN:
		return set_span(k, value, c, e);
	case SW_KEY_TEXT:
		return set_text(k, value, c, e);
	case SW_KEY_LIST:
	case SW_KEY_TEXTS:
		return set_split(k, value, c, e);
	}
	return -1;
}

int sw_config_check(const struct sw_config *c, struct sw_err *e)
{
	char a[SW_DURATION_TEXT], b[SW_DURATION_TEXT];

	if (c->block_ttl > c->block_ttl_max)
		return sw_fail(e, SW_EXIT_USAGE,
			       "detect.block_ttl (%s) is longer than detect.block_ttl_max (%s)",
			       sw_duration_text(c->block_ttl, a),
			       sw_duration_text(c->block_ttl_max, b));
	return 0;
}

static int prefix_sentence(const char *where, const struct sw_err *why, struct sw_err *e)
{
	return sw_fail(e, why->exit, "%s%s%.900s", where, where[0] ? ": " : "", why->text);
}

int sw_config_set_key(struct sw_config *c, const char *key, const char *value, const char *where,
		      struct sw_err *e)
{
	const struct sw_config_key *k = sw_config_key_find(key);
	const char *near;
	struct sw_err why;

	if (!k) {
		near = sw_config_key_near(key);
		return sw_fail(e, SW_EXIT_USAGE,
			       "%s%sno key \"%s\"%s%s%s; `scanwall config show` lists them", where,
			       where[0] ? ": " : "", key, near ? "; did you mean \"" : "",
			       near ? near : "", near ? "\"?" : "");
	}
	if (sw_config_set_one(c, k, value, &why) < 0)
		return prefix_sentence(where, &why, e);
	return 0;
}

int sw_config_set(struct sw_config *c, const char *key, const char *value, const char *where,
		  struct sw_err *e)
{
	char *before = sw_config_get(c, key);
	struct sw_err why;
	int rc = sw_config_set_key(c, key, value, where, e);

	if (rc == 0 && sw_config_check(c, &why) < 0) {
		sw_config_set_key(c, key, before, "", NULL);
		rc = prefix_sentence(where, &why, e);
	}
	free(before);
	return rc;
}

static char *join_services(const struct sw_config *c)
{
	char *out = calloc(c->service_count + 1, 16), *at = out;

	for (int i = 0; i < c->service_count; i++)
		at += sprintf(at, "%s%s%u", i ? "," : "", protocol_prefix(c->service[i].proto),
			      c->service[i].port);
	return out;
}

static char *join_list(const struct sw_config *c, const struct sw_config_key *k)
{
	const struct sw_texts *texts = place(c, k);
	char buf[SW_PREFIX_TEXT];
	char *out = NULL;
	size_t size;
	FILE *f;

	if (k->offset == offsetof(struct sw_config, service))
		return join_services(c);
	f = open_memstream(&out, &size);
	if (!f)
		return NULL;
	if (k->type == SW_KEY_TEXTS)
		for (int i = 0; i < texts->count; i++)
			fprintf(f, "%s%s", i ? "," : "", texts->item[i]);
	else if (k->offset == offsetof(struct sw_config, interface))
		for (int i = 0; i < c->interface_count; i++)
			fprintf(f, "%s%s", i ? "," : "", c->interface[i]);
	else
		for (int i = 0; i < c->allow.count; i++)
			fprintf(f, "%s%s", i ? "," : "", sw_prefix_text(&c->allow.item[i], buf));
	fclose(f);
	return out;
}

/* Exact, so that setting what was got changes nothing. */
static char *span_value(int64_t us)
{
	static const struct {
		int64_t us;
		const char *unit;
	} units[] = {{86400000000, "d"}, {3600000000, "h"}, {60000000, "m"}, {1000000, "s"}};
	char *out = NULL;

	if (us == SW_FOREVER)
		return strdup("permanent");
	for (int i = 0; i < 4; i++)
		if (us % units[i].us == 0)
			return asprintf(&out, "%" PRId64 "%s", us / units[i].us, units[i].unit) < 0
				       ? NULL
				       : out;
	return asprintf(&out, "%" PRId64 "ms", us / 1000) < 0 ? NULL : out;
}

char *sw_config_get(const struct sw_config *c, const char *key)
{
	const struct sw_config_key *k = sw_config_key_find(key);
	char *out = NULL;
	int n = 0;

	if (!k)
		return NULL;
	switch (k->type) {
	case SW_KEY_WORD:
		return strdup(k->words[get_word(k, c)]);
	case SW_KEY_INT:
		n = asprintf(&out, "%d", *(int *)place(c, k));
		break;
	case SW_KEY_NUMBER:
		n = asprintf(&out, "%g", *(double *)place(c, k));
		break;
	case SW_KEY_BOOL:
		return strdup(*(bool *)place(c, k) ? "true" : "false");
	case SW_KEY_SPAN:
		return span_value(*(int64_t *)place(c, k));
	case SW_KEY_TEXT:
		return strdup(*(char **)place(c, k));
	case SW_KEY_LIST:
	case SW_KEY_TEXTS:
		return join_list(c, k);
	}
	return n < 0 ? NULL : out;
}

void sw_config_init(struct sw_config *c)
{
	memset(c, 0, sizeof(*c));
	for (int i = 0; i < sw_config_key_count; i++)
		if (sw_config_keys[i].fallback[0] || sw_config_keys[i].type == SW_KEY_TEXT)
			sw_config_set_one(c, &sw_config_keys[i], sw_config_keys[i].fallback, NULL);
#define X(id, quarters, name, text) c->weight[SW_EVIDENCE_##id] = (double)(quarters) / SW_POINT;
	SW_EVIDENCE(X)
#undef X
}

void sw_config_free(struct sw_config *c)
{
	free_strings(c->interface, c->interface_count);
	free(c->allow.item);
	free(c->service);
	sw_texts_free(&c->rule_files);
	sw_texts_free(&c->home_net);
	sw_texts_free(&c->http_ports);
	sw_texts_free(&c->tls_ports);
	free(c->event_file);
	memset(c, 0, sizeof(*c));
}

int64_t sw_config_block_span(const struct sw_config *c, int n)
{
	int64_t span = c->block_ttl;

	for (int i = 1; i < n && span < c->block_ttl_max; i++)
		span *= 2;
	return span < c->block_ttl_max ? span : c->block_ttl_max;
}

static uint32_t ticks_of(int64_t us)
{
	return (us * 1000 + (1ll << SW_TICK_SHIFT) - 1) >> SW_TICK_SHIFT;
}

void sw_config_to_settings(const struct sw_config *c, struct sw_settings *s)
{
	double syns = c->syn_rate * (double)(1 << SW_TICK_SHIFT) / 1e9;

	s->mode = c->mode;
	s->closed_silent = c->closed_silent;
	s->threshold = lround(c->threshold * SW_POINT);
	s->block_ticks = ticks_of(c->block_ttl);
	s->decay_ms = c->decay == SW_FOREVER ? 0 : c->decay * 1000 / SW_POINT >> SW_MS_SHIFT;
	s->syn_rate = ceil(syns) > 2046 ? 2046 : ceil(syns);
	s->auto_per_minute = c->auto_per_minute;
	s->auto_max = c->auto_max;
	s->proven_ticks = ticks_of(c->proven_ttl);
	s->served_ticks = ticks_of(c->served_memory);
	for (int i = 0; i < SW_EVIDENCE_COUNT; i++)
		s->weight[i] = lround(c->weight[i] * SW_POINT);
}
