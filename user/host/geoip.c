// SPDX-License-Identifier: GPL-2.0-only
/* Countries and autonomous systems from MaxMind databases. */
#include <errno.h>
#include <maxminddb.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include "base/visible.h"
#include "host/geoip.h"

/* Addresses change hands: GeoLite2's licence asks for an update within 30 days. */
#define STALE_DAYS 90

enum which { COUNTRY, ASN, DATABASES };

static const char *const key[DATABASES] = {"geoip.country", "geoip.asn"};

struct sw_geoip {
	MMDB_s db[DATABASES];
	bool open[DATABASES];
	struct stat file[DATABASES];
};

/* The live page retries every minute; each error is reported once. */
static void __attribute__((format(printf, 2, 3))) warn(enum which w, const char *format, ...)
{
	static bool told[DATABASES];
	va_list args;

	if (told[w])
		return;
	told[w] = true;
	fprintf(stderr, "scanwall: %s: ", key[w]);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
}

static void warn_if_stale(enum which w, const char *path, const MMDB_s *db)
{
	long days = (time(NULL) - (time_t)db->metadata.build_epoch) / 86400;

	if (days > STALE_DAYS)
		warn(w, "%s is %ld days old; a newer one would be right about more addresses", path,
		     days);
}

static bool open_one(struct sw_geoip *g, enum which w, const char *path)
{
	struct stat st;
	int rc;

	if (!path[0])
		return false;
	if (stat(path, &st)) {
		warn(w, "%s cannot be read: %s", path, strerror(errno));
		return false;
	}
	/* open(2) of a pipe would block until it has a writer. */
	if (!S_ISREG(st.st_mode)) {
		warn(w, "%s is not a file (expected a database such as GeoLite2-Country.mmdb)",
		     path);
		return false;
	}
	if (!sw_maxminddb_loads()) {
		warn(w, "reading %s needs the library libmaxminddb0, which is not installed", path);
		return false;
	}
	g->file[w] = st;
	rc = MMDB_open(path, MMDB_MODE_MMAP, &g->db[w]);
	if (rc) {
		warn(w, "%s cannot be used: %s", path,
		     rc == MMDB_IO_ERROR ? strerror(errno) : MMDB_strerror(rc));
		return false;
	}
	/* Its end was searched for what it is of; look-ups read elsewhere. */
	madvise((void *)g->db[w].file_content, g->db[w].file_size, MADV_DONTNEED);
	warn_if_stale(w, path, &g->db[w]);
	g->open[w] = true;
	return true;
}

struct sw_geoip *sw_geoip_open(const struct sw_config *c)
{
	struct sw_geoip *g = calloc(1, sizeof(*g));
	bool any;

	if (!g)
		return NULL;
	any = open_one(g, COUNTRY, c->geoip_country);
	any |= open_one(g, ASN, c->geoip_asn);
	if (any)
		return g;
	free(g);
	return NULL;
}

void sw_geoip_close(struct sw_geoip *g)
{
	for (int w = 0; g && w < DATABASES; w++)
		if (g->open[w])
			MMDB_close(&g->db[w]);
	free(g);
}

static bool is_as_it_was(const struct stat *was, const char *path)
{
	struct stat st;

	if (!path[0] || stat(path, &st))
		memset(&st, 0, sizeof(st));
	return st.st_dev == was->st_dev && st.st_ino == was->st_ino && st.st_size == was->st_size &&
	       !memcmp(&st.st_mtim, &was->st_mtim, sizeof(st.st_mtim));
}

struct sw_geoip *sw_geoip_renew(struct sw_geoip *g, const struct sw_config *c)
{
	if (g && is_as_it_was(&g->file[COUNTRY], c->geoip_country) &&
	    is_as_it_was(&g->file[ASN], c->geoip_asn))
		return g;
	sw_geoip_close(g);
	return sw_geoip_open(c);
}

/* ---- one database */

static bool find_entry(struct sw_geoip *g, enum which w, const struct sw_prefix *p,
		       MMDB_entry_s *out)
{
	struct sockaddr_in in4 = {.sin_family = AF_INET};
	struct sockaddr_in6 in6 = {.sin6_family = AF_INET6};
	MMDB_lookup_result_s r;
	int error = 0, plen;

	if (!p->v4 && g->db[w].metadata.ip_version == 4)
		return false;
	in4.sin_addr.s_addr = sw_addr_to4(&p->addr);
	memcpy(&in6.sin6_addr, &p->addr, sizeof(in6.sin6_addr));
	r = MMDB_lookup_sockaddr(&g->db[w], p->v4 ? (struct sockaddr *)&in4 : (void *)&in6, &error);
	if (error)
		warn(w, "the database is damaged: %s", MMDB_strerror(error));
	if (error || !r.found_entry)
		return false;
	/* IPv4 stands in ::/96 of a database that has both. */
	plen = r.netmask - (p->v4 && g->db[w].metadata.ip_version == 6 ? 96 : 0);
	*out = r.entry;
	return plen <= p->plen;
}

static bool find_text(MMDB_entry_s *at, const char *const *path, char *out, size_t size)
{
	MMDB_entry_data_s data;
	char text[256];

	if (MMDB_aget_value(at, &data, path) || !data.has_data ||
	    data.type != MMDB_DATA_TYPE_UTF8_STRING)
		return false;
	snprintf(text, sizeof(text), "%.*s", (int)data.data_size, data.utf8_string);
	sw_visible(out, size, text);
	return true;
}

#define PATH(...) ((const char *const[]){__VA_ARGS__, NULL})

/* MaxMind and DB-IP have records in records. IPinfo's are flat: "country" is the code
 * with "country_name", or the name with "country_code". */
static void find_country(MMDB_entry_s *at, struct sw_origin *o)
{
	static const char *const record[] = {"country", "registered_country"};
	size_t size = sizeof(o->country), code = sizeof(o->iso_code);

	for (int i = 0; i < 2; i++) {
		if (!find_text(at, PATH(record[i], "iso_code"), o->iso_code, code))
			continue;
		find_text(at, PATH(record[i], "names", "en"), o->country, size);
		return;
	}
	if (find_text(at, PATH("country_code"), o->iso_code, code)) {
		find_text(at, PATH("country"), o->country, size);
		return;
	}
	if (find_text(at, PATH("country"), o->iso_code, code))
		find_text(at, PATH("country_name"), o->country, size);
}

static void find_as(MMDB_entry_s *at, struct sw_origin *o)
{
	size_t size = sizeof(o->as_org);
	MMDB_entry_data_s data;
	char number[16];

	if (!MMDB_aget_value(at, &data, PATH("autonomous_system_number")) && data.has_data &&
	    data.type == MMDB_DATA_TYPE_UINT32) {
		o->asn = data.uint32;
		find_text(at, PATH("autonomous_system_organization"), o->as_org, size);
	} else if (find_text(at, PATH("asn"), number, sizeof(number)) &&
		   !strncmp(number, "AS", 2)) {
		o->asn = strtoul(number + 2, NULL, 10);
		if (!find_text(at, PATH("as_name"), o->as_org, size))
			find_text(at, PATH("name"), o->as_org, size);
	}
}

/* A file that is overwritten in place may be shorter than its mapping for a moment; reading
 * past its end raises SIGBUS, which would kill the daemon. */
static __thread sigjmp_buf *reading;

static void on_sigbus(int number)
{
	if (reading)
		siglongjmp(*reading, 1);
	signal(number, SIG_DFL); /* not ours: restore the default action and raise it again */
}

static void read_one(struct sw_geoip *g, enum which w, const struct sw_prefix *p,
		     struct sw_origin *out)
{
	struct sigaction ours = {.sa_handler = on_sigbus}, before;
	MMDB_entry_s at;
	sigjmp_buf back;

	if (!g->open[w])
		return;
	sigaction(SIGBUS, &ours, &before);
	reading = &back;
	if (sigsetjmp(back, 1)) {
		warn(w, "the database has become shorter; it is read again when it is whole");
		MMDB_close(&g->db[w]);
		g->open[w] = false;
		memset(&g->file[w], 0, sizeof(g->file[w]));
	} else if (find_entry(g, w, p, &at)) {
		(w == COUNTRY ? find_country : find_as)(&at, out);
	}
	reading = NULL;
	sigaction(SIGBUS, &before, NULL);
}

bool sw_geoip_find(struct sw_geoip *g, const struct sw_prefix *p, struct sw_origin *out)
{
	memset(out, 0, sizeof(*out));
	for (int w = 0; g && w < DATABASES; w++)
		read_one(g, w, p, out);
	return out->iso_code[0] || out->asn;
}

/* ---- in words */

const char *sw_origin_country(const struct sw_origin *o, char buf[SW_ORIGIN_LINE])
{
	bool named = o->country[0];

	snprintf(buf, SW_ORIGIN_LINE, "%s%s%s%s", o->country, named ? " (" : "", o->iso_code,
		 named ? ")" : "");
	return buf;
}

const char *sw_origin_as(const struct sw_origin *o, char buf[SW_ORIGIN_LINE])
{
	buf[0] = '\0';
	if (o->asn)
		snprintf(buf, SW_ORIGIN_LINE, "AS%u%s%s", o->asn, o->as_org[0] ? " " : "",
			 o->as_org);
	return buf;
}

const char *sw_origin_words(const struct sw_origin *o, char buf[SW_ORIGIN_WORDS])
{
	char country[SW_ORIGIN_LINE], as[SW_ORIGIN_LINE];

	sw_origin_country(o, country);
	sw_origin_as(o, as);
	snprintf(buf, SW_ORIGIN_WORDS, "%s%s%s", country, country[0] && as[0] ? ", " : "", as);
	return buf;
}

const char *sw_geoip_brief(struct sw_geoip *g, const struct sw_prefix *p, char buf[SW_ORIGIN_BRIEF])
{
	struct sw_origin o;

	if (!sw_geoip_find(g, p, &o))
		strcpy(buf, "-");
	else if (o.iso_code[0])
		snprintf(buf, SW_ORIGIN_BRIEF, "%s", o.iso_code);
	else
		snprintf(buf, SW_ORIGIN_BRIEF, "AS%u", o.asn);
	return buf;
}

static json_t *text_or_null(const char *text)
{
	return text[0] ? json_string(text) : json_null();
}

json_t *sw_origin_json(const struct sw_origin *o)
{
	if (!o)
		return json_null();
	return json_pack("{s:o, s:o, s:o, s:o}", "country_iso_code", text_or_null(o->iso_code),
			 "country_name", text_or_null(o->country), "asn",
			 o->asn ? json_integer(o->asn) : json_null(), "as_org",
			 text_or_null(o->as_org));
}

void sw_geoip_add(json_t *o, struct sw_geoip *g, const struct sw_prefix *p)
{
	struct sw_origin from;

	if (g)
		json_object_set_new(o, "geoip",
				    sw_origin_json(sw_geoip_find(g, p, &from) ? &from : NULL));
}
