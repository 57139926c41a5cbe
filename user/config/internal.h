/* SPDX-License-Identifier: GPL-2.0-only */
/* Shared by the files of the configuration. */
#ifndef SCANWALL_CONFIG_INTERNAL_H
#define SCANWALL_CONFIG_INTERNAL_H

#include "config/crawlers.h"
#include "config/config.h"

static inline bool sw_config_is_list(const struct sw_config_key *k)
{
	return k->type >= SW_KEY_TEXTS;
}

/* The key's field. */
static inline void *sw_config_field(const struct sw_config *c, const struct sw_config_key *k)
{
	return (char *)c + k->offset;
}

/* ---- key_range.c */
/* Reports an invalid value of a key; always -1. */
int sw_config_refuse(const struct sw_config_key *k, const char *value, struct sw_err *e);
/* A duration in us as exact text, so that setting it again changes nothing; malloc'ed. */
char *sw_config_span_text(int64_t us);

/* ---- config_values.c */
/* All but the named sections. */
void sw_config_free_values(struct sw_config *c);
/* Sets one value, without checks across keys; *c is changed only on success. */
int sw_config_set_one(struct sw_config *c, const struct sw_config_key *k, const char *value,
		      struct sw_err *e);

/* ---- notify_sections.c */
/* "notify.when" of "notify.oncall.when"; of any other, itself. */
const char *sw_config_key_plain(const char *name, char buf[SW_KEY_TEXT_MOST]);
/* The configuration that holds a key's value: c, or that of its named section; NULL: none. */
const struct sw_config *sw_config_section(const struct sw_config *c, const char *key);
/* The same, created if absent; NULL: out of memory, or too many. */
struct sw_config *sw_config_section_make(struct sw_config *c, const char *key, struct sw_err *e);
/* Frees the others; with 0, all. */
void sw_config_sections_keep(struct sw_config *c, int count);
/* Finds `notify NAME {` in the text of a file without comments, and joins it to one word.
 * `good`: the name is valid. A non-zero result of fn stops and is returned. */
typedef int sw_section_fn(long line, const char *name, size_t n, bool good, void *arg);
int sw_config_section_heads(char *text, sw_section_fn *fn, void *arg);

/* ---- config_lists.c */
int sw_config_set_list(struct sw_config *c, const struct sw_config_key *k, const char *const *items,
		       int n, struct sw_err *e);
/* Separated by commas or blanks. */
int sw_config_set_split(struct sw_config *c, const struct sw_config_key *k, const char *value,
			struct sw_err *e);
/* Separated by commas; malloc'ed, NULL without memory. */
char *sw_config_join_list(const struct sw_config *c, const struct sw_config_key *k);
void sw_config_free_list(struct sw_config *c, const struct sw_config_key *k);

/* What the items of SW_KEY_TEXTS have to be; named in keys.def. */
bool sw_is_interface(const char *text);
bool sw_is_rule_file(const char *text);
bool sw_is_prefix(const char *text);
bool sw_is_port(const char *text);
bool sw_is_port_range(const char *text);
bool sw_is_reach(const char *text);
bool sw_is_notify_kind(const char *text);
bool sw_is_evidence(const char *text);
/* For SW_KEY_TEXT, which may also be empty. */
bool sw_is_web_address(const char *text);
bool sw_is_mail_address(const char *text);
bool sw_is_mailer(const char *text);

#endif
