// SPDX-License-Identifier: GPL-2.0-only
/* Processes that have libssl mapped. */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/grow.h"
#include "host/tls_users.h"

#define DELETED " (deleted)"

/* "libssl.so.3", and "libssl-0c8f3f2c.so.1.1" as Python's wheels carry it along; not
 * "libssl3.so", which is NSS's. */
static bool is_libssl(const char *path)
{
	const char *name = strrchr(path, '/');

	if (!name || strncmp(name + 1, "libssl", 6))
		return false;
	return !strncmp(name + 7, ".so.", 4) || (name[7] == '-' && strstr(name + 7, ".so"));
}

/* Is this line of /proc/PID/maps an executable mapping of libssl? */
static bool read_line(const char *line, struct sw_tls_user *u)
{
	unsigned major, minor;
	char rights[8], *end;

	if (sscanf(line, "%*x-%*x %7s %*x %x:%x %" SCNu64 " %255[^\n]", rights, &major, &minor,
		   &u->inode, u->path) != 5 ||
	    rights[2] != 'x')
		return false;
	end = strstr(u->path, DELETED);
	u->deleted = end != NULL;
	if (end)
		*end = 0;
	u->dev = (uint64_t)major << 32 | minor;
	return is_libssl(u->path);
}

static void read_name(struct sw_tls_user *u)
{
	char path[64];
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/comm", u->pid);
	f = fopen(path, "r");
	if (f && fgets(u->name, sizeof(u->name), f))
		u->name[strcspn(u->name, "\n")] = 0;
	if (f)
		fclose(f);
}

static int read_process(struct sw_tls_users *l, pid_t pid, struct sw_err *e)
{
	struct sw_tls_user u = {.pid = pid};
	char path[64], line[1024];
	bool found = false;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/maps", pid);
	f = fopen(path, "r");
	if (!f) {
		l->hidden += errno == EACCES || errno == EPERM;
		return 0;
	}
	while (!found && fgets(line, sizeof(line), f))
		found = read_line(line, &u);
	/* The kernel may refuse the read instead of the open. */
	l->hidden += ferror(f) && (errno == EACCES || errno == EPERM);
	fclose(f);
	if (!found)
		return 0;
	read_name(&u);
	if (sw_grow((void **)&l->item, &l->room, l->count, sizeof(u), e))
		return -1;
	l->item[l->count++] = u;
	return 0;
}

static int by_pid(const void *a, const void *b)
{
	return ((const struct sw_tls_user *)a)->pid - ((const struct sw_tls_user *)b)->pid;
}

int sw_tls_users_find(struct sw_tls_users *out, struct sw_err *e)
{
	DIR *all = opendir("/proc");
	struct dirent *d;
	int rc = 0;

	memset(out, 0, sizeof(*out));
	if (!all)
		return sw_fail(e, SW_EXIT_FAILED, "cannot read /proc: %s", strerror(errno));
	while (!rc && (d = readdir(all)))
		if (isdigit((unsigned char)d->d_name[0]) && atoi(d->d_name) != getpid())
			rc = read_process(out, atoi(d->d_name), e);
	closedir(all);
	if (rc)
		sw_tls_users_free(out);
	else if (out->count)
		qsort(out->item, out->count, sizeof(*out->item), by_pid);
	return rc;
}

void sw_tls_users_free(struct sw_tls_users *l)
{
	free(l->item);
	memset(l, 0, sizeof(*l));
}

/* The number of further processes of that name; -1: already listed. */
static int count_others(const struct sw_tls_users *l, size_t at)
{
	const struct sw_tls_user *u = &l->item[at];
	int others = 0;

	for (size_t i = 0; i < l->count; i++) {
		if (i == at || l->item[i].seen != u->seen || strcmp(l->item[i].name, u->name))
			continue;
		if (i < at)
			return -1;
		others++;
	}
	return others;
}

char *sw_tls_users_text(const struct sw_tls_users *l, bool seen)
{
	char *text = NULL;
	size_t size = 0;
	FILE *f = open_memstream(&text, &size);
	bool any = false;
	int others;

	if (!f)
		return NULL;
	for (size_t i = 0; i < l->count; i++) {
		others = l->item[i].seen == seen ? count_others(l, i) : -1;
		if (others < 0)
			continue;
		fprintf(f, "%s%s (pid %d", any ? ", " : "", l->item[i].name, l->item[i].pid);
		if (others)
			fprintf(f, " and %d more", others);
		fputc(')', f);
		any = true;
	}
	fclose(f);
	return text;
}
