// SPDX-License-Identifier: GPL-2.0-only
/* Sources that may be crawlers, as a file (visitors.h). */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include "base/addr.h"
#include "config/config.h"
#include "store/exchange.h"
#include "store/visitors.h"

static bool read_line(char *line, struct sw_visitor *v)
{
	char *rest = line, *address = strsep(&rest, "\t"), *host;
	struct sw_prefix p;

	memset(v, 0, sizeof(*v));
	if (sw_prefix_parse(address, &p, NULL) || !sw_prefix_is_host(&p))
		return false;
	v->addr = p.addr;
	host = strsep(&rest, "\t");
	if (host && (!strcmp(host, "-") || sw_is_host_name(host)))
		snprintf(v->host, sizeof(v->host), "%s", host);
	return true;
}

int sw_visitors_read(int at, const char *file, struct sw_visitors *l)
{
	FILE *f = sw_exchange_open(at, file);
	char line[512];

	l->count = 0;
	if (!f)
		return errno == ENOENT ? 0 : -1;
	for (int n = 0;
	     n < 2 * SW_VISITORS && l->count < SW_VISITORS && fgets(line, sizeof(line), f); n++) {
		line[strcspn(line, "\n")] = 0;
		l->count += read_line(line, &l->item[l->count]);
	}
	fclose(f);
	return 0;
}

int sw_visitors_write(int at, const char *file, const struct sw_visitors *l, unsigned mode)
{
	FILE *f = sw_exchange_begin(at, file);
	char text[SW_PREFIX_TEXT];

	if (!f)
		return -1;
	for (int i = 0; i < l->count; i++)
		fprintf(f, "%s\t%s\n", sw_addr_text(&l->item[i].addr, text), l->item[i].host);
	return sw_exchange_end(f, at, file, mode);
}

struct sw_visitor *sw_visitors_find(struct sw_visitors *l, const struct sw_addr *a)
{
	for (int i = 0; i < l->count; i++)
		if (!memcmp(&l->item[i].addr, a, sizeof(*a)))
			return &l->item[i];
	return NULL;
}
