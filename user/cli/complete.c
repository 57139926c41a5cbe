// SPDX-License-Identifier: GPL-2.0-only
/* `scanwall __complete -- WORD...`: prints completions of the last word, one per line; ":file"
 * asks the shell to complete file names. Prints no errors. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <net/if.h>
#include "cli/command_line.h"
#include "config/crawlers.h"
#include "config/notify_kinds.h"
#include "events/events.h"
#include "cli/verbs.h"
#include "lists/lists.h"
#include "store/key_file.h"
#include "store/changes.h"

#define CANDIDATES_MAX 1000 /* more would not be read after a Tab */
#define LINKS_MAX 64

struct asked {
	struct sw_globals g; /* with the files that the words before it name */
	const struct sw_verb *verbs;
	const struct sw_verb *verb;
	const char *word;  /* being completed, */
	int kept;	   /* from here on: the items of a list before stay */
	int given;	   /* operands before it */
	const char *first; /* operand, or "" */
	const char *last;  /* operand before it, or "" */
	int offered;
};

static void offer(struct asked *q, const char *text)
{
	const char *begun = q->word + q->kept;

	if (strncmp(text, begun, strlen(begun)) == 0) {
		printf("%.*s%s\n", q->kept, q->word, text);
		q->offered++;
	}
}

static void offer_words(struct asked *q, const char *words)
{
	char one[64];

	for (const char *w = words; w; w = strchr(w, '|') ? strchr(w, '|') + 1 : NULL) {
		snprintf(one, sizeof(one), "%.*s", (int)strcspn(w, "|"), w);
		offer(q, one);
	}
}

static void offer_interfaces(struct asked *q)
{
	struct if_nameindex *all = if_nameindex();

	for (struct if_nameindex *i = all; i && i->if_index; i++)
		offer(q, i->if_name);
	if (all)
		if_freenameindex(all);
}

static void offer_attached(struct asked *q)
{
	struct sw_attachment a[LINKS_MAX];
	int n = sw_engine_attachments(q->g.pin_dir, a, LINKS_MAX, NULL);

	for (int i = 0; i < n && i < LINKS_MAX; i++)
		offer(q, a[i].ifname);
}

static void offer_verbs(struct asked *q)
{
	for (const struct sw_verb *v = q->verbs; v->name; v++)
		if (v->name[0] != '_')
			offer(q, v->name);
}

/* Keys of each `notify NAME { ... }` in the file; none if the file is invalid. */
static void offer_named_keys(struct asked *q)
{
	char full[SW_KEY_TEXT_MOST];
	struct sw_config c = {0};

	if (sw_config_load(q->g.config_file, true, &c, NULL))
		return;
	for (int s = 0; s < c.notify_count; s++)
		for (int i = 0; i < sw_config_key_count; i++)
			if (sw_config_keys[i].named)
				offer(q, sw_config_key_full(&sw_config_keys[i], c.notify[s].name,
							    full));
	sw_config_free(&c);
}

static void offer_keys(struct asked *q)
{
	for (int i = 0; i < sw_config_key_count; i++)
		offer(q, sw_config_keys[i].name);
	offer_named_keys(q);
}

/* Of a key that takes some words only: this is one of them. */
static void offer_checked(struct asked *q, const struct sw_config_key *k, const char *word)
{
	if (k->check && !k->check("no-such-word") && k->check(word))
		offer(q, word);
}

/* What that key takes, as far as it is one of a few words, or a file. */
static void offer_values(struct asked *q, const char *name)
{
	struct sw_config_key row;
	const struct sw_config_key *k = sw_config_key_read(name, &row);

	if (!k)
		return;
	if (k->type == SW_KEY_TEXTS && strrchr(q->word, ','))
		q->kept = strrchr(q->word, ',') + 1 - q->word;
	for (int i = 0; k->words && k->words[i]; i++)
		offer(q, k->words[i]);
	if (k->type == SW_KEY_BOOL)
		offer_words(q, "true|false");
	for (int i = 0; i < SW_NOTIFY_COUNT; i++)
		offer_checked(q, k, sw_notify_name(i));
	for (int i = 0; i < SW_EVIDENCE_COUNT; i++)
		offer_checked(q, k, sw_evidence_name(i));
	for (int i = 0; sw_bot_name(i); i++)
		offer_checked(q, k, sw_bot_name(i));
	if (k->check && k->check("/x") && !k->check("x"))
		puts(":file");
}

static void offer_bots(struct asked *q)
{
	char text[64];

	for (int i = 0; sw_bot_name(i); i++) {
		snprintf(text, sizeof(text), "bot:%s", sw_bot_name(i));
		offer(q, text);
	}
}

static void offer_reasons(struct asked *q)
{
	for (int i = 0; i < SW_REASON_COUNT; i++)
		offer(q, sw_reason_name(i));
}

/* "plain, csv or json" */
static void offer_formats(struct asked *q)
{
	char one[32];

	for (const char *w = sw_list_formats(); *w; w += strspn(w, ", ")) {
		size_t n = strcspn(w, ", ");

		snprintf(one, sizeof(one), "%.*s", (int)n, w);
		if (strcmp(one, "or") != 0)
			offer(q, one);
		w += n;
	}
}

static void offer_access_keys(struct asked *q)
{
	struct sw_key *k = NULL;
	int n = sw_keys_read(q->g.state_dir, &k, NULL);

	for (int i = 0; i < n; i++)
		offer(q, k[i].name);
	free(k);
}

static void offer_types(struct asked *q)
{
	for (int i = 0; i < SW_EVENT_COUNT; i++)
		offer(q, sw_event_name(i));
}

static int offer_claim(const struct sw_claim *c, void *arg)
{
	struct asked *q = arg;
	char buf[SW_PREFIX_TEXT];

	offer(q, sw_prefix_text(&c->prefix, buf));
	return q->offered >= CANDIDATES_MAX;
}

static int offer_allow(const struct sw_allow_entry *a, void *arg)
{
	struct asked *q = arg;
	char buf[SW_PREFIX_TEXT];

	offer(q, sw_prefix_text(&a->prefix, buf));
	return q->offered >= CANDIDATES_MAX;
}

static int offer_origin(const struct sw_claim *c, void *arg)
{
	struct asked *q = arg;

	offer(q, c->origin);
	return q->offered >= CANDIDATES_MAX;
}

static int offer_rule(const struct sw_rule_row *r, void *arg)
{
	struct asked *q = arg;
	char sid[16];

	snprintf(sid, sizeof(sid), "%u", r->sid);
	offer(q, sid);
	return q->offered >= CANDIDATES_MAX;
}

static int offer_change(const struct sw_change_row *c, void *arg)
{
	struct asked *q = arg;
	char id[32];

	if (c->undone || c->how[0])
		return 0;
	snprintf(id, sizeof(id), "%lld", (long long)c->audit.id);
	offer(q, id);
	return q->offered >= CANDIDATES_MAX;
}

/* Opening creates a missing record, which completion must not do. */
static struct sw_store *open_record(const struct asked *q)
{
	char file[512];

	snprintf(file, sizeof(file), "%s/scanwall.db", q->g.state_dir);
	return access(file, R_OK | W_OK) ? NULL : sw_store_open(q->g.state_dir, NULL);
}

static void offer_changes(struct asked *q)
{
	struct sw_store *s = open_record(q);
	struct sw_err ignored;

	if (s)
		sw_store_changes(s, 0, 0, offer_change, q, &ignored);
	sw_store_close(s);
}

static void offer_rules(struct asked *q)
{
	struct sw_store *s = open_record(q);

	if (s)
		sw_store_rules(s, 0, offer_rule, q, NULL);
	sw_store_close(s);
}

static void offer_record(struct asked *q, sw_claim_fn claim, sw_allow_fn allow)
{
	struct sw_claim_filter live = {.live_at = sw_now()};
	struct sw_store *s = open_record(q);

	if (!s)
		return;
	if (claim)
		sw_store_claims(s, &live, claim, q, NULL);
	if (allow)
		sw_store_allows(s, allow, q, NULL);
	sw_store_close(s);
}

static void offer_kind(struct asked *q, const char *kind)
{
	if (strchr(kind, '|'))
		offer_words(q, kind);
	else if (strncmp(kind, "IFACE", 5) == 0 || strcmp(kind, "iface") == 0)
		offer_interfaces(q);
	else if (strcmp(kind, "attached") == 0)
		offer_attached(q);
	else if (strcmp(kind, "FILE") == 0 || strcmp(kind, "file") == 0 || strcmp(kind, "DIR") == 0)
		puts(":file");
	else if (strcmp(kind, "blocked") == 0)
		offer_record(q, offer_claim, NULL);
	else if (strcmp(kind, "allowed") == 0)
		offer_record(q, NULL, offer_allow), offer_bots(q);
	else if (strcmp(kind, "address") == 0)
		offer_bots(q);
	else if (strcmp(kind, "rule") == 0)
		offer_rules(q);
	else if (strcmp(kind, "access-key") == 0)
		offer_access_keys(q);
	else if (strcmp(kind, "FORMAT") == 0)
		offer_formats(q);
	else if (strcmp(kind, "R") == 0)
		offer_reasons(q);
	else if (strcmp(kind, "ORIGIN") == 0)
		offer_record(q, offer_origin, NULL);
	else if (strcmp(kind, "change") == 0)
		offer_changes(q);
	else if (strcmp(kind, "TYPE") == 0)
		offer_types(q);
	else if (strcmp(kind, "verb") == 0)
		offer_verbs(q);
	else if (strcmp(kind, "key") == 0 && q->given > 1)
		offer_values(q, q->last);
	else if (strcmp(kind, "key") == 0)
		offer_keys(q);
}

static void offer_option(struct asked *q, const struct sw_option *o)
{
	char text[64];

	snprintf(text, sizeof(text), "--%s", o->name);
	offer(q, text);
}

static void offer_options(struct asked *q)
{
	for (int i = 0; q->verb && i < sw_verb_options(q->verb); i++)
		offer_option(q, &q->verb->option[i]);
	for (int i = 0; i < sw_global_count; i++)
		offer_option(q, &sw_global_options[i]);
}

static bool is_option(const struct sw_option *o, const char *word)
{
	if (word[0] == '-' && word[1] == '-')
		return strcmp(word + 2, o->name) == 0;
	return word[0] == '-' && word[1] && word[1] == o->letter && !word[2];
}

static const struct sw_option *option_of(const struct sw_verb *v, const char *word)
{
	for (int i = 0; v && i < sw_verb_options(v); i++) {
		if (is_option(&v->option[i], word))
			return &v->option[i];
	}
	for (int i = 0; i < sw_global_count; i++) {
		if (is_option(&sw_global_options[i], word))
			return &sw_global_options[i];
	}
	return NULL;
}

/* What the option named by this word takes; NULL: nothing, or no option. */
static const char *value_of(const struct sw_verb *v, const char *word)
{
	const struct sw_option *o = option_of(v, word);

	return o ? o->value : NULL;
}

/* What is there is asked of the files that the line names. */
static void take_file(struct asked *q, const char *option, const char *value)
{
	if (strcmp(option, "config") == 0)
		q->g.config_file = value;
	else if (strcmp(option, "pin-dir") == 0)
		q->g.pin_dir = value;
	else if (strcmp(option, "state-dir") == 0)
		q->g.state_dir = value;
}

/* "--config=FILE" */
static void take_joined(struct asked *q, const char *word)
{
	char name[64];
	size_t len = strcspn(word, "=");

	if (strncmp(word, "--", 2) != 0 || !word[len] || len >= sizeof(name))
		return;
	snprintf(name, sizeof(name), "%.*s", (int)len - 2, word + 2);
	take_file(q, name, word + len + 1);
}

/* Its name, and then what it takes. */
static void offer_subcommand(struct asked *q)
{
	for (const struct sw_verb *s = q->verb->sub; s->name; s++) {
		if (q->given == 0)
			offer(q, s->name);
		else if (strcmp(s->name, q->first) == 0 && s->complete &&
			 (s->max_operands < 0 || q->given <= s->max_operands))
			offer_kind(q, s->complete);
	}
}

static void offer_operand(struct asked *q)
{
	if (q->verb->sub)
		offer_subcommand(q);
	else if (q->verb->max_operands < 0 || q->given < q->verb->max_operands)
		offer_kind(q, q->verb->complete ? q->verb->complete : "");
}

/* Reads the words before the last; returns the value that a last option requires. */
static const char *read_words(struct asked *q, int n, char **word)
{
	const struct sw_option *waits = NULL;

	for (int i = 0; i < n; i++) {
		if (waits) {
			take_file(q, waits->name, word[i]);
			waits = NULL;
		} else if (word[i][0] == '-') {
			take_joined(q, word[i]);
			waits = option_of(q->verb, word[i]);
			if (waits && (!waits->value || waits->value[0] == '['))
				waits = NULL;
		} else if (!q->verb) {
			q->verb = sw_verb_find(q->verbs, word[i]);
		} else {
			q->last = word[i];
			if (q->given++ == 0)
				q->first = word[i];
		}
	}
	return waits ? waits->value : NULL;
}

/* "--mode=de": the shell replaces what follows the "=". */
static const char *split_value(struct asked *q)
{
	size_t len = strcspn(q->word, "=");
	char name[64];
	const char *waits;

	if (q->word[0] != '-' || !q->word[len] || len >= sizeof(name))
		return NULL;
	snprintf(name, sizeof(name), "%.*s", (int)len, q->word);
	waits = value_of(q->verb, name);
	if (waits)
		q->word += len + 1;
	return waits;
}

static int complete(struct sw_call *c, struct sw_err *e)
{
	const struct sw_args *a = c->a;
	struct asked q = {.g = *c->g, .verbs = c->verbs, .word = "", .first = "", .last = ""};
	const char *waits;

	(void)e;
	if (a->count == 0)
		return SW_EXIT_OK;
	waits = read_words(&q, a->count - 1, a->operand);
	q.word = a->operand[a->count - 1];
	if (!waits)
		waits = split_value(&q);
	if (waits)
		offer_kind(&q, waits);
	else if (q.word[0] == '-')
		offer_options(&q);
	else if (!q.verb)
		offer_verbs(&q);
	else
		offer_operand(&q);
	return SW_EXIT_OK;
}

const struct sw_verb_ops sw_complete_ops = {.run = complete};
