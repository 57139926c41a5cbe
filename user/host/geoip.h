/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Country and autonomous system of an address, from databases of MaxMind's format
 * that the operator has (geoip.country, geoip.asn). Nothing depends on them: one that
 * cannot be used is one sentence on stderr, once in a process, and no answer.
 */
#ifndef SCANWALL_GEOIP_H
#define SCANWALL_GEOIP_H

#include <jansson.h>
#include "base/addr.h"
#include "config/config.h"

#define SW_ORIGIN_TEXT 56

struct sw_geoip;

/* Empty: not known. Safe for a terminal (base/visible.h). */
struct sw_origin {
	char iso_code[4]; /* ISO 3166-1, "DE" */
	char country[SW_ORIGIN_TEXT];
	__u32 asn; /* 0: not known */
	char as_org[SW_ORIGIN_TEXT];
};

/* NULL: no database is configured, or none can be used. The caller closes it. */
struct sw_geoip *sw_geoip_open(const struct sw_config *c);
void sw_geoip_close(struct sw_geoip *g); /* may be NULL */
/* For callers that keep it open: returns g or, if the files have been replaced since, closes g
 * and opens the new ones. g may be NULL. */
struct sw_geoip *sw_geoip_renew(struct sw_geoip *g, const struct sw_config *c);

/* A prefix has an origin if all its addresses have the same. g may be NULL. Returns
 * whether anything is known. */
bool sw_geoip_find(struct sw_geoip *g, const struct sw_prefix *p, struct sw_origin *out);

/* "Germany (DE)", "DE"; "AS64500 Example Net". "": not known. Returns buf. */
#define SW_ORIGIN_LINE (SW_ORIGIN_TEXT + 16)
const char *sw_origin_country(const struct sw_origin *o, char buf[SW_ORIGIN_LINE]);
const char *sw_origin_as(const struct sw_origin *o, char buf[SW_ORIGIN_LINE]);
/* "Germany (DE), AS64500 Example Net", or one of them, or "". Returns buf. */
#define SW_ORIGIN_WORDS (2 * SW_ORIGIN_LINE + 2) /* with a comma between */
const char *sw_origin_words(const struct sw_origin *o, char buf[SW_ORIGIN_WORDS]);
/* null for NULL; a member is null if it is not known. */
json_t *sw_origin_json(const struct sw_origin *o);

/* In a column: "DE", without a country "AS64500"; "-": not known. Returns buf. */
#define SW_ORIGIN_BRIEF 16
const char *sw_geoip_brief(struct sw_geoip *g, const struct sw_prefix *p,
			   char buf[SW_ORIGIN_BRIEF]);
/* The member "geoip" of o: null, or as sw_origin_json has it. None if g is NULL. */
void sw_geoip_add(json_t *o, struct sw_geoip *g, const struct sw_prefix *p);

/* Is libmaxminddb installed? Without it, calling its functions ends the process. */
bool sw_maxminddb_loads(void);

#endif
