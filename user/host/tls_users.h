/* SPDX-License-Identifier: GPL-2.0-only */
/* Processes that have OpenSSL's libssl mapped, in containers too, and what `scanwall run
 * --tls` reports about them. */
#ifndef SCANWALL_TLS_USERS_H
#define SCANWALL_TLS_USERS_H

#include <scanwall/tls_read.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include "base/err.h"

struct sw_tls_user {
	pid_t pid;
	char name[32];	/* "nginx" */
	char path[256]; /* of libssl, as the process sees it */
	uint64_t dev, inode;
	bool deleted; /* the library has been replaced since, for instance by an upgrade */
	bool seen;    /* it is looked into */
};

struct sw_tls_users {
	struct sw_tls_user *item;
	size_t count, room;
	int hidden; /* processes that could not be examined */
};

/* In order of pid. */
int sw_tls_users_find(struct sw_tls_users *out, struct sw_err *e);
void sw_tls_users_free(struct sw_tls_users *l);
/* "nginx (pid 812 and 4 more), python3 (pid 977)": of those that are seen, or that are
 * not; malloc'ed, NULL: out of memory. */
char *sw_tls_users_text(const struct sw_tls_users *l, bool seen);

/* ---- tls_status.c: what the daemon says of it, in a file of the state directory */
struct sw_tls_status {
	char trouble[1024]; /* why nothing is inspected; "": it is */
	struct sw_tls_counts counts;
	uint64_t hits, closed; /* reads that a rule ended the connection for; ended ones */
	struct sw_tls_users users;
};

/* Best effort; nothing depends on it. */
void sw_tls_status_write(const char *state_dir, const struct sw_tls_status *s);
void sw_tls_status_remove(const char *state_dir);
/* daemon: -1 where one runs, whichever. False: it looks into no TLS. *s is to be freed where
 * true. */
bool sw_tls_status_read(const char *state_dir, pid_t daemon, struct sw_tls_status *s);
void sw_tls_status_free(struct sw_tls_status *s);

#endif
