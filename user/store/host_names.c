// SPDX-License-Identifier: GPL-2.0-only
/* Allowed names and their addresses, as a file. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "base/addr.h"
#include "base/visible.h"
#include "config/config.h"
#include "store/exchange.h"
#include "store/host_names.h"

#define LINE_BYTES 4096

/* NAME, when, trouble or "-", addresses: separated by tabs. */
static bool read_line(char *line, struct sw_host_name *n)
{
	char *rest = line, *word = strsep(&rest, "\t");
	struct sw_prefix p;

	memset(n, 0, sizeof(*n));
	if (!sw_is_host_name(word))
		return false;
	snprintf(n->name, sizeof(n->name), "%s", word);
	word = strsep(&rest, "\t");
	n->when = word ? strtoll(word, NULL, 10) : 0;
	word = strsep(&rest, "\t");
	if (word && strcmp(word, "-") != 0)
		sw_visible(n->trouble, sizeof(n->trouble), word);
	while (n->count < SW_HOST_ADDRS && (word = strsep(&rest, "\t")))
		if (!sw_prefix_parse(word, &p, NULL) && sw_prefix_is_host(&p))
			n->addr[n->count++] = p.addr;
	return true;
}

static void read_lines(FILE *f, struct sw_host_names *l)
{
	char line[LINE_BYTES];

	/* Whoever may write the file can make it arbitrarily long. */
	for (int n = 0;
	     n < 2 * SW_HOST_NAMES && l->count < SW_HOST_NAMES && fgets(line, sizeof(line), f);
	     n++) {
		line[strcspn(line, "\n")] = 0;
		if (sscanf(line, "every %d", &l->every) != 1 && read_line(line, &l->item[l->count]))
			l->count++;
	}
}

int sw_host_names_read(int at, const char *file, struct sw_host_names *l)
{
	FILE *f = sw_exchange_open(at, file);
	int failed;

	l->count = l->every = 0;
	if (!f)
		return errno == ENOENT ? 0 : -1;
	read_lines(f, l);
	failed = ferror(f) ? errno : 0;
	fclose(f);
	errno = failed;
	return failed ? -1 : 0;
}

static void write_name(FILE *f, const struct sw_host_name *n)
{
	char text[SW_PREFIX_TEXT];

	fprintf(f, "%s\t%" PRId64 "\t%s", n->name, n->when, n->trouble[0] ? n->trouble : "-");
	for (int i = 0; i < n->count; i++)
		fprintf(f, "\t%s", sw_addr_text(&n->addr[i], text));
	fputc('\n', f);
}

int sw_host_names_write(int at, const char *file, const struct sw_host_names *l, unsigned mode)
{
	FILE *f = sw_exchange_begin(at, file);

	if (!f)
		return -1;
	if (l->every)
		fprintf(f, "every %d\n", l->every);
	for (int i = 0; i < l->count; i++)
		write_name(f, &l->item[i]);
	return sw_exchange_end(f, at, file, mode);
}

struct sw_host_name *sw_host_names_find(struct sw_host_names *l, const char *name)
{
	for (int i = 0; i < l->count; i++)
		if (!strcasecmp(l->item[i].name, name))
			return &l->item[i];
	return NULL;
}

struct sw_host_names *sw_host_names_kept(const char *state_dir, struct sw_err *e)
{
	struct sw_host_names *l = calloc(1, sizeof(*l));
	char path[PATH_MAX];

	if (!l) {
		sw_fail(e, SW_EXIT_FAILED, "out of memory");
		return NULL;
	}
	snprintf(path, sizeof(path), "%s/allow_names", state_dir);
	if (!sw_host_names_read(AT_FDCWD, path, l))
		return l;
	sw_fail(e, errno == EACCES ? SW_EXIT_PERM : SW_EXIT_FAILED, "%s: %s", path,
		strerror(errno));
	free(l);
	return NULL;
}
