/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The configuration: /etc/scanwall/scanwall.conf read by libconfuse, checked
 * as a whole, and the keys that `config set` changes live. One table of keys
 * (config_keys.c) feeds the parser, `config show`, the range checks, the
 * commented sample file and scanwall.conf(5).
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

struct sw_config {
	/* key (with dots for sections) = meaning */
	int mode;	  /* mode: enum sw_mode; default detect */
	char **interface; /* interfaces: what `run` attaches */
	int interface_count;
	int xdp;		     /* xdp: enum sw_xdp_mode; default auto */
	struct sw_prefix_list allow; /* allow: never blocked */
	struct sw_service *service;  /* services: "tcp/8443"; served without a local socket */
	int service_count;
	bool closed_silent;    /* closed: "drop" (true, default) or "reset" */
	double threshold;      /* detect.threshold: points, 0.25..15, default 3 */
	int64_t block_ttl;     /* detect.block_ttl: us, 1s..30d, default 60s */
	int64_t block_ttl_max; /* detect.block_ttl_max: ladder's end, default 1h */
	int64_t forget;	       /* detect.forget: when an offender counts as new, default 7d */
	int64_t decay; /* detect.decay: us to forget one point, 1m..7d, default 30m; SW_FOREVER: never */
	int syn_rate; /* detect.syn_rate: SYNs/s from one source, 0..5000, default 1500; 0: any */
	int source_prefix6;		  /* detect.source_prefix6: 32..64, default 64; at load */
	int64_t served_memory;		  /* detect.served_memory: default 1h */
	double weight[SW_EVIDENCE_COUNT]; /* weight.NAME: points -30..30, defaults from abi.h */
	bool keep_ssh;			  /* guard.keep_ssh: default true */
	int min_prefix4;		  /* guard.min_prefix4: 1..32, default 16 */
	int min_prefix6;		  /* guard.min_prefix6: 1..128, default 32 */
	int auto_per_minute;		  /* guard.auto_per_minute: 1..60000, default 600 */
	int auto_max;			  /* guard.auto_max: 1..1000000, default 65536 */
	int blocked4;	/* limits.blocked4: addresses, 1024..16777216, default 1048576; at load */
	int blocked6;	/* limits.blocked6: default 131072; at load */
	int prefixes;	/* limits.prefixes: each family, default 65536; at load */
	int sources;	/* limits.sources: default 262144; at load */
	int rules;	/* limits.rules: signatures, default 2048; at load */
	int ring_bytes; /* limits.ring: power of two, 64 KiB..64 MiB, default 1 MiB; at load */
	bool builtin_rules;				 /* rules.builtin: default true */
	struct sw_texts rule_files;			 /* rules.files: paths, globs too */
	struct sw_texts home_net, http_ports, tls_ports; /* rules.home_net ...: variables */
	bool lenient_rules; /* rules.lenient: rules with pcre as alerts; default false */
	int64_t proven_ttl; /* rules.block_ttl: us, 1s..30d, default 1h */
	char *event_file;   /* events.file: JSON lines; "" for none */
	bool event_json;    /* events.json: standard output as JSON lines */
	int64_t keep;	    /* events.keep: how long the record keeps them, default 30d */
};

enum sw_key_type {
	SW_KEY_WORD,
	SW_KEY_INT,
	SW_KEY_NUMBER,
	SW_KEY_BOOL,
	SW_KEY_SPAN,
	SW_KEY_TEXT,
	SW_KEY_LIST,
	SW_KEY_TEXTS, /* a list as well, in struct sw_texts */
};

struct sw_config_key {
	const char *name; /* "detect.threshold" */
	enum sw_key_type type;
	const char *unit;	  /* "points", "SYNs per second", "" */
	const char *fallback;	  /* the default, as one would write it */
	const char *range;	  /* "0.25 to 15", "detect or enforce" */
	const char *text;	  /* one or two sentences for people */
	bool live;		  /* `config set` applies it to the running program */
	size_t offset;		  /* into struct sw_config (implementation's own use) */
	double min, max;	  /* numbers; spans in us */
	const char *const *words; /* of SW_KEY_WORD, NULL at the end */
};

extern const struct sw_config_key sw_config_keys[];
extern const int sw_config_key_count;
const struct sw_config_key *sw_config_key_find(const char *name);

/* All defaults. */
void sw_config_init(struct sw_config *c);
void sw_config_free(struct sw_config *c);

/* Reads a file over the defaults. *c is touched only on success. `missing_ok`:
 * a file that is not there is the defaults. Errors name file, line, value and
 * what would be right; for an unknown key the nearest known one. include()
 * works, with a glob. */
int sw_config_load(const char *file, bool missing_ok, struct sw_config *c, struct sw_err *e);

/* One key from text, as in the file but unquoted; lists separated by commas.
 * `where` stands before the sentence (may be ""). *c is touched only on success. */
int sw_config_set(struct sw_config *c, const char *key, const char *value, const char *where,
		  struct sw_err *e);
/* The same without the checks between keys, for several in a row; those come
 * with sw_config_check after the last. */
int sw_config_set_key(struct sw_config *c, const char *key, const char *value, const char *where,
		      struct sw_err *e);
int sw_config_check(const struct sw_config *c, struct sw_err *e);
/* A key's value as text that sw_config_set takes; malloc'ed. */
char *sw_config_get(const struct sw_config *c, const char *key);

/* The commented sample file; the option list of scanwall.conf(5) in scdoc. */
void sw_config_write_sample(FILE *out);
void sw_config_write_man(FILE *out);

/* How long the n-th automatic block of a source lasts, in us; n from 1. Twice as
 * long each time, from block_ttl up to block_ttl_max. */
int64_t sw_config_block_span(const struct sw_config *c, int n);

/* What the kernel is told: fills all but seed, clock_ns, mode's trial fields,
 * panic, gate_bypass, any_prefix6, abi. */
void sw_config_to_settings(const struct sw_config *c, struct sw_settings *s);

#endif
