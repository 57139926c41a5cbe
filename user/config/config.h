/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The configuration: /etc/scanwall/scanwall.conf read by libconfuse, checked
 * as a whole, and the keys that `config set` changes live. A new key is one row
 * of keys.def.
 */
#ifndef SCANWALL_CONFIG_H
#define SCANWALL_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <scanwall/abi.h>
#include "base/addr.h"
#include "base/err.h"

#define SW_CONFIG_FILE "/etc/scanwall/scanwall.conf"

enum sw_xdp_mode { SW_XDP_AUTO, SW_XDP_NATIVE, SW_XDP_GENERIC };

struct sw_prefix_list {
	struct sw_prefix *item;
	int count;
};

struct sw_texts {
	char **item;
	int count;
};

struct sw_service_list {
	struct sw_service *item; /* one per item: ranges are expanded */
	int count;
};

#define SW_TYPE_WORD int /* index into the words of the row */
#define SW_TYPE_INT int
#define SW_TYPE_NUMBER double
#define SW_TYPE_BOOL bool
#define SW_TYPE_SPAN int64_t /* us, or SW_FOREVER */
#define SW_TYPE_TEXT char *  /* never NULL */
#define SW_TYPE_TEXTS struct sw_texts
#define SW_TYPE_PREFIXES struct sw_prefix_list
#define SW_TYPE_SERVICES struct sw_service_list

struct sw_config;

/* notify NAME { ... }, with the keys marked `named` in keys.def. */
#define SW_SECTION_TEXT 33    /* a name, at most */
#define SW_NOTIFY_SECTIONS 15 /* named ones */
struct sw_notify_section {
	char name[SW_SECTION_TEXT];
	struct sw_config *keys;
};

/* One field per row of keys.def, which documents it. */
struct sw_config {
	struct sw_notify_section *notify;
	int notify_count;
	/* Set by sw_rules_size() for the rules to be loaded; 0: as limits.rules says. */
	int rule_conditions, rule_pages;
#define KEY(type, field, ...) SW_TYPE_##type field;
#define WEIGHTS() double weight[SW_EVIDENCE_COUNT];
#include "config/keys.def"
#undef KEY
#undef WEIGHTS
};

enum sw_key_type {
	SW_KEY_WORD,
	SW_KEY_INT,
	SW_KEY_NUMBER,
	SW_KEY_BOOL,
	SW_KEY_SPAN,
	SW_KEY_TEXT,
	SW_KEY_TEXTS, /* this and the following are lists */
	SW_KEY_PREFIXES,
	SW_KEY_SERVICES,
};

/* How a value is converted for struct sw_settings. */
enum sw_convert {
	SW_CONVERT_PLAIN,
	SW_CONVERT_TICKS,    /* us to ticks, rounded up */
	SW_CONVERT_QUARTERS, /* points to quarter points */
	SW_CONVERT_DECAY,    /* us a point to 2^20 ns a quarter point; SW_FOREVER to 0 */
	SW_CONVERT_SECONDS,  /* a second to 2^30 ns */
};

struct sw_config_key {
	const char *name; /* "detect.threshold" */
	enum sw_key_type type;
	const char *unit;     /* "points", "SYNs per second", or NULL */
	const char *fallback; /* the default, as in a file */
	const char *text;     /* one or two sentences for people */
	bool live;	      /* `config set` applies it to the running program */
	const char *lands;    /* "settings.threshold", "allow4 allow6", "run" */
	size_t setting;	      /* offset in struct sw_settings, if setting_bytes is not 0 */
	size_t setting_bytes; /* 1 or 4 */
	enum sw_convert convert;
	double min, max;		  /* numbers; spans in us */
	bool forever;			  /* a duration that may be "permanent" */
	bool power_of_two;		  /* of an int */
	bool named;			  /* of notify: also allowed in named sections, */
	const char *named_fallback;	  /* with this default there; NULL: the same */
	const char *const *words;	  /* of SW_KEY_WORD, NULL at the end */
	const char *form;		  /* of texts and lists: what to write */
	bool (*check)(const char *value); /* of a text, or one item of SW_KEY_TEXTS */
	size_t offset;			  /* into struct sw_config */
};

extern const struct sw_config_key sw_config_keys[];
extern const int sw_config_key_count;
const struct sw_config_key *sw_config_key_find(const char *name);
/* The same, including keys of named sections ("notify.oncall.when"): fills *row, which points to
 * `name`. Returns row, or NULL. */
const struct sw_config_key *sw_config_key_read(const char *name, struct sw_config_key *row);
/* That name, of a row of a section of that name. */
#define SW_KEY_TEXT_MOST 128
const char *sw_config_key_full(const struct sw_config_key *k, const char *section,
			       char buf[SW_KEY_TEXT_MOST]);

/* The known key nearest to an unknown one; NULL: none is near. */
const char *sw_config_key_near(const char *name, char buf[SW_KEY_TEXT_MOST]);

/* All defaults. */
void sw_config_init(struct sw_config *c);
void sw_config_free(struct sw_config *c);

/* Reads a file over the defaults. *c is touched only on success. `missing_ok`:
 * a file that is not there is the defaults. Errors name file, line, value and
 * what would be right; for an unknown key the nearest known one. include()
 * works, with a glob. */
int sw_config_load(const char *file, bool missing_ok, struct sw_config *c, struct sw_err *e);

/* Sets one key from text, as in the file but unquoted; lists are separated by commas. `where` is
 * put before an error message (may be ""). *c is changed only on success. */
int sw_config_set(struct sw_config *c, const char *key, const char *value, const char *where,
		  struct sw_err *e);
/* The same without checks across keys; call sw_config_check() after the last of several. */
int sw_config_set_key(struct sw_config *c, const char *key, const char *value, const char *where,
		      struct sw_err *e);
int sw_config_check(const struct sw_config *c, struct sw_err *e);
/* A key's value as text that sw_config_set takes; malloc'ed. */
char *sw_config_get(const struct sw_config *c, const char *key);

/* detect_only.kinds: bit per enum sw_evidence. */
__u32 sw_config_detect_kinds(const struct sw_config *c);

#define SW_NAT64_MOST 4 /* prefixes of guard.nat64 */

/* Is it a DNS host name (RFC 1123 2.1), qualified or not, and not an address? */
bool sw_is_host_name(const char *text);

/* One item of port_allow: a port by its protocol, and who may reach it. */
struct sw_reach_item {
	__u16 port; /* host order */
	enum sw_limited limited;
	struct sw_prefix from;
};
int sw_reach_parse(const char *text, struct sw_reach_item *out, struct sw_err *e);
/* Parses and formats "22", "tcp/22", "udp/53". */
#define SW_REACH_PORT_TEXT 16
int sw_reach_port(const char *text, struct sw_reach_item *out, struct sw_err *e);
const char *sw_reach_port_text(const struct sw_reach_item *i, char buf[SW_REACH_PORT_TEXT]);

/* The commented sample file; the option list of scanwall.conf(5) in scdoc. */
void sw_config_write_sample(FILE *out);
/* A complete file for c: every key, defaults as comments. */
void sw_config_write_file(FILE *out, const struct sw_config *c);
void sw_config_write_man(FILE *out);

/* How long the n-th automatic block of a source lasts, in us; n from 1. Twice as
 * long each time, from block_ttl up to block_ttl_max. */
int64_t sw_config_block_span(const struct sw_config *c, int n);

/* "0.25 to 15", "1m to 7d, or permanent", "detect or enforce". */
#define SW_RANGE_TEXT 96
const char *sw_config_range(const struct sw_config_key *k, char buf[SW_RANGE_TEXT]);

/* The value of a key in struct sw_settings. */
int64_t sw_config_setting(const struct sw_config *c, const struct sw_config_key *k);

#endif
