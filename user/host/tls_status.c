// SPDX-License-Identifier: GPL-2.0-only
/* State of `run --tls`, passed from the daemon to other processes. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/grow.h"
#include "host/tls_users.h"

#define PATH_BYTES 320

static void path_of(char path[PATH_BYTES], const char *state_dir, const char *suffix)
{
	snprintf(path, PATH_BYTES, "%s/tls.json%s", state_dir, suffix);
}

static json_t *user_json(const struct sw_tls_user *u)
{
	return json_pack("{s:i, s:s, s:s, s:b, s:b}", "pid", (int)u->pid, "process", u->name,
			 "library", u->path, "replaced", u->deleted, "seen", u->seen);
}

void sw_tls_status_write(const char *state_dir, const struct sw_tls_status *s)
{
	char path[PATH_BYTES], fresh[PATH_BYTES];
	json_t *users = json_array(), *root;

	for (size_t i = 0; i < s->users.count; i++)
		json_array_append_new(users, user_json(&s->users.item[i]));
	root = json_pack("{s:i, s:s, s:I, s:I, s:I, s:I, s:I, s:I, s:i, s:o}", "daemon",
			 (int)getpid(), "trouble", s->trouble, "reads", (json_int_t)s->counts.reads,
			 "looked", (json_int_t)s->counts.looked, "full", (json_int_t)s->counts.full,
			 "unplaced", (json_int_t)s->counts.unplaced, "hits", (json_int_t)s->hits,
			 "closed", (json_int_t)s->closed, "hidden", s->users.hidden, "processes",
			 users);
	path_of(path, state_dir, "");
	path_of(fresh, state_dir, "-new");
	if (root && !json_dump_file(root, fresh, JSON_COMPACT))
		rename(fresh, path);
	json_decref(root);
}

void sw_tls_status_remove(const char *state_dir)
{
	char path[PATH_BYTES];

	path_of(path, state_dir, "");
	unlink(path);
}

static void read_user(struct sw_tls_users *l, json_t *o)
{
	const char *name = "", *path = "";
	struct sw_tls_user u = {0};
	int pid, deleted, seen;

	if (json_unpack(o, "{s:i, s:s, s:s, s:b, s:b}", "pid", &pid, "process", &name, "library",
			&path, "replaced", &deleted, "seen", &seen) ||
	    sw_grow((void **)&l->item, &l->room, l->count, sizeof(u), NULL))
		return;
	u.pid = pid;
	u.deleted = deleted;
	u.seen = seen;
	snprintf(u.name, sizeof(u.name), "%s", name);
	snprintf(u.path, sizeof(u.path), "%s", path);
	l->item[l->count++] = u;
}

static bool read_root(json_t *root, pid_t daemon, struct sw_tls_status *s)
{
	json_int_t reads, looked, full, unplaced, hits, closed;
	const char *trouble = "";
	json_t *users, *one;
	int pid;
	size_t i;

	if (json_unpack(root, "{s:i, s:s, s:I, s:I, s:I, s:I, s:I, s:I, s:i, s:o}", "daemon", &pid,
			"trouble", &trouble, "reads", &reads, "looked", &looked, "full", &full,
			"unplaced", &unplaced, "hits", &hits, "closed", &closed, "hidden",
			&s->users.hidden, "processes", &users) ||
	    (daemon >= 0 && pid != daemon))
		return false;
	snprintf(s->trouble, sizeof(s->trouble), "%s", trouble);
	s->counts = (struct sw_tls_counts){reads, looked, full, unplaced};
	s->hits = hits;
	s->closed = closed;
	json_array_foreach (users, i, one)
		read_user(&s->users, one);
	return true;
}

bool sw_tls_status_read(const char *state_dir, pid_t daemon, struct sw_tls_status *s)
{
	char path[PATH_BYTES];
	json_t *root;
	bool there;

	memset(s, 0, sizeof(*s));
	path_of(path, state_dir, "");
	root = daemon ? json_load_file(path, 0, NULL) : NULL;
	there = root && read_root(root, daemon, s);
	json_decref(root);
	return there;
}

void sw_tls_status_free(struct sw_tls_status *s)
{
	sw_tls_users_free(&s->users);
}
