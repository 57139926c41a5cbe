// SPDX-License-Identifier: GPL-2.0-only
/* Port-knocking daemons that sniff packets: knockd and fwknopd. No socket listens on their
 * ports, so in enforce mode the program drops knocks before they see them. */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>
#include "host/host.h"

#define FWKNOP_PORT 62201 /* fwknopd(8), PCAP_FILTER */

struct knocker {
	const char *name, *config;
	int (*read)(FILE *f, struct sw_endpoints *l, const struct sw_endpoint *daemon,
		    struct sw_err *e);
};

static int add_port(struct sw_endpoints *l, const struct sw_endpoint *daemon, int proto,
		    unsigned long port, struct sw_err *e)
{
	struct sw_endpoint one = *daemon;

	if (port > 65535 || sw_endpoints_get(l, proto, port))
		return 0;
	one.proto = proto;
	one.port = port;
	return sw_endpoints_add(l, &one, e);
}

/* "7000,8000:udp" */
static int read_sequence(const char *at, struct sw_endpoints *l, const struct sw_endpoint *daemon,
			 struct sw_err *e)
{
	while (*at) {
		const char *udp = strcasestr(at, ":udp");
		size_t n = strcspn(at, ", \t\n");
		char *end;
		unsigned long port = strtoul(at, &end, 10);
		bool is_udp = udp && udp < at + n;

		if (end != at && port &&
		    add_port(l, daemon, is_udp ? IPPROTO_UDP : IPPROTO_TCP, port, e))
			return -1;
		at += n;
		at += strspn(at, ", \t\n");
	}
	return 0;
}

/* The value of KEY in its line, after an optional equals sign; or NULL. */
static const char *value_of(const char *line, const char *key)
{
	line += strspn(line, " \t");
	if (strncasecmp(line, key, strlen(key)) != 0)
		return NULL;
	line += strlen(key);
	return *line && strchr(" \t=", *line) ? line + strspn(line, " \t=") : NULL;
}

static int read_one_time(const char *path, struct sw_endpoints *l, const struct sw_endpoint *daemon,
			 struct sw_err *e)
{
	FILE *f = fopen(path, "re");
	char line[1024];
	int rc = 0;

	while (f && !rc && fgets(line, sizeof(line), f))
		if (line[0] != '#')
			rc = read_sequence(line + strspn(line, " \t"), l, daemon, e);
	if (f)
		fclose(f);
	return rc;
}

/* knockd(1) */
static int read_knockd(FILE *f, struct sw_endpoints *l, const struct sw_endpoint *daemon,
		       struct sw_err *e)
{
	char line[1024];
	const char *value;
	int rc = 0;

	while (!rc && fgets(line, sizeof(line), f)) {
		value = value_of(line, "sequence");
		if (value)
			rc = read_sequence(value, l, daemon, e);
		value = value_of(line, "one_time_sequences");
		if (value) {
			line[strcspn(line, "\n")] = 0;
			rc = read_one_time(value, l, daemon, e);
		}
	}
	return rc;
}

/* fwknopd(8): a pcap filter, "udp port 62201". */
static int read_fwknopd(FILE *f, struct sw_endpoints *l, const struct sw_endpoint *daemon,
			struct sw_err *e)
{
	int proto = IPPROTO_UDP, port = FWKNOP_PORT;
	const char *value, *at;
	char line[1024];

	while (fgets(line, sizeof(line), f)) {
		value = value_of(line, "PCAP_FILTER");
		at = value ? strstr(value, "port ") : NULL;
		if (!at)
			continue;
		port = atoi(at + strlen("port "));
		proto = strstr(value, "tcp") ? IPPROTO_TCP : IPPROTO_UDP;
	}
	return port > 0 ? add_port(l, daemon, proto, port, e) : 0;
}

static const struct knocker knockers[] = {
	{"knockd", "/etc/knockd.conf", read_knockd},
	{"fwknopd", "/etc/fwknop/fwknopd.conf", read_fwknopd},
};

#define KNOCKERS (sizeof(knockers) / sizeof(*knockers))

/* ---- those that run */

static const struct knocker *knocker_of(int pid)
{
	char path[64], name[32] = "";
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/comm", pid);
	f = fopen(path, "re");
	if (!f)
		return NULL;
	if (fgets(name, sizeof(name), f))
		name[strcspn(name, "\n")] = 0;
	fclose(f);
	for (size_t i = 0; i < KNOCKERS; i++)
		if (!strcmp(name, knockers[i].name))
			return &knockers[i];
	return NULL;
}

/* Is the daemon in this network namespace? Knocks for another arrive elsewhere. */
static bool is_here(int pid)
{
	struct stat its, ours;
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/ns/net", pid);
	return !stat(path, &its) && !stat("/proc/self/ns/net", &ours) &&
	       its.st_ino == ours.st_ino && its.st_dev == ours.st_dev;
}

/* What its command line names: -c FILE, --config FILE, --config-file=FILE; in out, or "". */
static void named_config(int pid, char *out, size_t size)
{
	char path[64], *arg = NULL, *at;
	size_t room = 0;
	bool next = false;
	FILE *f;

	out[0] = 0;
	snprintf(path, sizeof(path), "/proc/%d/cmdline", pid);
	f = fopen(path, "re");
	while (f && getdelim(&arg, &room, 0, f) > 0) {
		at = !strncmp(arg, "--config", 8) ? strchr(arg, '=') : NULL;
		if (next)
			snprintf(out, size, "%s", arg);
		else if (at)
			snprintf(out, size, "%s", at + 1);
		else if (!strncmp(arg, "-c", 2) && arg[2])
			snprintf(out, size, "%s", arg + 2);
		next = !strcmp(arg, "-c") || (!at && !strncmp(arg, "--config", 8));
	}
	free(arg);
	if (f)
		fclose(f);
}

static FILE *open_config(const struct knocker *k, int pid)
{
	char named[512], path[600];

	named_config(pid, named, sizeof(named));
	if (named[0] && named[0] != '/')
		snprintf(path, sizeof(path), "/proc/%d/cwd/%s", pid, named);
	else
		snprintf(path, sizeof(path), "/proc/%d/root%s", pid, named[0] ? named : k->config);
	return fopen(path, "re");
}

/* Closes f. A daemon whose configuration cannot be read is reported with port 0. */
static int read_knocker(const struct knocker *k, int pid, FILE *f, struct sw_endpoints *l,
			struct sw_err *e)
{
	struct sw_endpoint daemon = {.pid = pid, .sources = -1};
	size_t before = l->count;
	int rc = 0;

	snprintf(daemon.process, sizeof(daemon.process), "%s", k->name);
	if (f) {
		rc = k->read(f, l, &daemon, e);
		fclose(f);
	}
	if (!rc && pid && l->count == before)
		rc = add_port(l, &daemon, IPPROTO_TCP, 0, e);
	return rc;
}

static int add_running(struct sw_endpoints *l, bool *runs, struct sw_err *e)
{
	DIR *all = opendir("/proc");
	const struct knocker *k;
	struct dirent *d;
	int rc = 0, pid;

	while (!rc && all && (d = readdir(all))) {
		pid = isdigit((unsigned char)d->d_name[0]) ? atoi(d->d_name) : 0;
		k = pid ? knocker_of(pid) : NULL;
		if (!k || !is_here(pid))
			continue;
		runs[k - knockers] = true;
		rc = read_knocker(k, pid, open_config(k, pid), l, e);
	}
	if (all)
		closedir(all);
	return rc;
}

int sw_port_knock_add(struct sw_endpoints *l, struct sw_err *e)
{
	bool runs[KNOCKERS] = {false};
	FILE *f;

	if (add_running(l, runs, e))
		return -1;
	for (size_t i = 0; i < KNOCKERS; i++) {
		f = runs[i] ? NULL : fopen(knockers[i].config, "re");
		if (f && read_knocker(&knockers[i], 0, f, l, e))
			return -1;
	}
	return 0;
}
