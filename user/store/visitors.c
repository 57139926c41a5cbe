// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/addr.h"
#include "config/config.h"
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
	int fd = openat(at, file, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	FILE *f = fd < 0 ? NULL : fdopen(fd, "r");
	char line[512];

	l->count = 0;
	if (!f && errno == ENOENT)
		return 0;
	if (!f) {
		if (fd >= 0)
			close(fd);
		return -1;
	}
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
	char fresh[64], text[SW_PREFIX_TEXT];
	int fd, bad;
	FILE *f;

	snprintf(fresh, sizeof(fresh), "%s.new", file);
	unlinkat(at, fresh, 0);
	fd = openat(at, fresh, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	f = fd < 0 ? NULL : fdopen(fd, "w");
	if (!f)
		return -1;
	for (int i = 0; i < l->count; i++)
		fprintf(f, "%s\t%s\n", sw_addr_text(&l->item[i].addr, text), l->item[i].host);
	bad = fchmod(fd, mode) || fflush(f);
	bad |= fclose(f);
	return bad || renameat(at, fresh, at, file) ? -1 : 0;
}

struct sw_visitor *sw_visitors_find(struct sw_visitors *l, const struct sw_addr *a)
{
	for (int i = 0; i < l->count; i++)
		if (!memcmp(&l->item[i].addr, a, sizeof(*a)))
			return &l->item[i];
	return NULL;
}
