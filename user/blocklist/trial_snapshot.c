// SPDX-License-Identifier: GPL-2.0-only
/*
 * The state before a trial, one JSON array per line, so that a million claims are never
 * in memory as objects:
 *   ["scanwall-trial", 1, mode, deadline]
 *   ["claim", prefix, origin, comment, since, expires, new_only]
 *   ["allow", prefix, comment, since, expires, trusted]
 *   ["setting", key, value]
 *   ["end", number of lines before it]
 */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>
#include <jansson.h>
#include "base/file.h"
#include "blocklist/internal.h"

#define FORM 1

struct writer {
	FILE *f;
	int64_t lines;
};

static void save_path(const struct sw_ctx *ctx, char path[sizeof(ctx->state_dir) + 16],
		      const char *suffix)
{
	snprintf(path, SW_SAVE_PATH, "%s/trial.save%s", ctx->state_dir, suffix);
}

/* Consumes the reference. */
static int write_line(struct writer *o, json_t *line)
{
	int ret = -1;

	if (line && !json_dumpf(line, o->f, JSON_COMPACT) && putc('\n', o->f) != EOF)
		ret = 0;
	json_decref(line);
	o->lines++;
	return ret;
}

static int write_claim(const struct sw_claim *c, void *arg)
{
	char text[SW_PREFIX_TEXT];

	return write_line(arg, json_pack("[s, s, s, s, I, I, b]", "claim",
					 sw_prefix_text(&c->prefix, text), c->origin, c->comment,
					 (json_int_t)c->since, (json_int_t)c->expires,
					 (int)c->new_only));
}

static int write_allow(const struct sw_allow_entry *a, void *arg)
{
	char text[SW_PREFIX_TEXT];

	return write_line(arg,
			  json_pack("[s, s, s, I, I, b]", "allow", sw_prefix_text(&a->prefix, text),
				    a->comment, (json_int_t)a->since, (json_int_t)a->expires,
				    (int)a->trusted));
}

static int write_setting(const char *key, const char *value, void *arg)
{
	return write_line(arg, json_pack("[s, s, s]", "setting", key, value));
}

static int write_all(struct sw_ctx *ctx, FILE *f, enum sw_mode mode, int64_t deadline,
		     struct sw_err *e)
{
	struct writer o = {.f = f};
	struct sw_claim_filter live = {.live_at = sw_now()};

	errno = 0;
	if (write_line(&o, json_pack("[s, i, i, I]", "scanwall-trial", FORM, (int)mode,
				     (json_int_t)deadline)) ||
	    sw_store_claims(ctx->store, &live, write_claim, &o, e) ||
	    sw_store_allows(ctx->store, write_allow, &o, e) ||
	    sw_store_settings(ctx->store, write_setting, &o, e) ||
	    write_line(&o, json_pack("[s, I]", "end", (json_int_t)o.lines)))
		return -1;
	return fflush(f) || fsync(fileno(f)) ? -1 : 0;
}

static int sync_directory(const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int ret = fd < 0 ? -1 : fsync(fd);

	if (fd >= 0)
		close(fd);
	return ret;
}

int sw_snapshot_write(struct sw_ctx *ctx, enum sw_mode mode, int64_t deadline, struct sw_err *e)
{
	char path[SW_SAVE_PATH], fresh[SW_SAVE_PATH];
	struct sw_err why = {.text = ""};
	bool renamed = false;
	int fd, ret = -1;
	FILE *f = NULL;

	save_path(ctx, path, "");
	save_path(ctx, fresh, ".new");
	fd = open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd >= 0)
		f = fdopen(fd, "w");
	if (!f && fd >= 0)
		close(fd);
	if (f) {
		ret = write_all(ctx, f, mode, deadline, &why);
		if (fclose(f))
			ret = -1;
	}
	if (!ret)
		renamed = !rename(fresh, path);
	if (renamed && !sync_directory(ctx->state_dir))
		return 0;
	if (!why.text[0])
		snprintf(why.text, sizeof(why.text), "%s",
			 errno ? strerror(errno) : "a text is not UTF-8");
	unlink(renamed ? path : fresh);
	return sw_fail(e, SW_EXIT_FAILED, "cannot write %s, so no trial was started: %s", path,
		       why.text);
}

int sw_snapshot_remove(const struct sw_ctx *ctx, struct sw_err *e)
{
	char path[SW_SAVE_PATH];

	save_path(ctx, path, "");
	if ((!unlink(path) || errno == ENOENT) && !sync_directory(ctx->state_dir))
		return 0;
	return sw_fail(e, SW_EXIT_FAILED, "%s could not be removed: %s", path, strerror(errno));
}

int sw_snapshot_set_aside(const struct sw_ctx *ctx, char aside[SW_SAVE_PATH])
{
	char path[SW_SAVE_PATH];

	save_path(ctx, path, "");
	save_path(ctx, aside, ".bad");
	return rename(path, aside);
}

/* As clock.c shifts what is in the record: times of this boot only. */
static void shift(const struct sw_dump *s, int64_t *since, int64_t *expires)
{
	if (*since < s->booted || *since > sw_now() - s->step)
		return;
	*since += s->step;
	if (*expires != SW_FOREVER)
		*expires += s->step;
}

static int read_claim(json_t *line, struct sw_dump *s, struct sw_err *e)
{
	const char *tag, *prefix, *origin, *comment;
	json_int_t since, expires;
	struct sw_claim c = {0};
	int new_only;

	if (json_unpack(line, "[s, s, s, s, I, I, b!]", &tag, &prefix, &origin, &comment, &since,
			&expires, &new_only) ||
	    sw_prefix_parse(prefix, &c.prefix, e) ||
	    sw_grow((void **)&s->claim, &s->claim_room, s->claim_count, sizeof(c), e))
		return -1;
	snprintf(c.origin, sizeof(c.origin), "%s", origin);
	snprintf(c.comment, sizeof(c.comment), "%s", comment);
	c.since = since;
	c.expires = expires;
	c.new_only = new_only;
	shift(s, &c.since, &c.expires);
	if (c.expires > sw_now())
		s->claim[s->claim_count++] = c;
	return 0;
}

static int read_allow(json_t *line, struct sw_dump *s, struct sw_err *e)
{
	const char *tag, *prefix, *comment;
	json_int_t since, expires;
	struct sw_allow_entry a = {0};
	int trusted;

	if (json_unpack(line, "[s, s, s, I, I, b!]", &tag, &prefix, &comment, &since, &expires,
			&trusted) ||
	    sw_prefix_parse(prefix, &a.prefix, e) ||
	    sw_grow((void **)&s->allow, &s->allow_room, s->allow_count, sizeof(a), e))
		return -1;
	snprintf(a.comment, sizeof(a.comment), "%s", comment);
	a.since = since;
	a.expires = expires;
	a.trusted = trusted;
	shift(s, &a.since, &a.expires);
	if (a.expires > sw_now())
		s->allow[s->allow_count++] = a;
	return 0;
}

static int read_setting(json_t *line, struct sw_dump *s, struct sw_err *e)
{
	const char *tag, *key, *value;
	size_t n = s->setting_count;

	if (json_unpack(line, "[s, s, s!]", &tag, &key, &value) ||
	    sw_grow((void **)&s->setting, &s->setting_room, n, sizeof(*s->setting), e))
		return -1;
	s->setting[n].key = strdup(key);
	s->setting[n].value = strdup(value);
	s->setting_count++;
	return s->setting[n].key && s->setting[n].value ? 0 : -1;
}

/* The program's deadline went by the monotonic clock meanwhile. */
static void notice_step(struct sw_dump *s, __u64 revert_at)
{
	int64_t step = sw_time_from_monotonic(revert_at) - s->deadline;

	if (step < SW_STEP_LEAST && step > -SW_STEP_LEAST)
		return;
	s->step = step;
	s->booted = s->deadline - (int64_t)(revert_at / 1000);
	s->deadline += step;
}

static int read_head(json_t *line, struct sw_dump *s)
{
	json_int_t deadline;
	const char *tag;
	int form, mode;

	if (json_unpack(line, "[s, i, i, I!]", &tag, &form, &mode, &deadline) ||
	    strcmp(tag, "scanwall-trial") || form != FORM ||
	    (mode != SW_DETECT && mode != SW_ENFORCE))
		return -1;
	s->mode = mode;
	s->deadline = deadline;
	return 0;
}

/* 1: the last line. revert_at: the deadline in the program; 0: none. */
static int read_line(json_t *line, int64_t number, __u64 revert_at, struct sw_dump *s,
		     struct sw_err *e)
{
	const char *tag = json_string_value(json_array_get(line, 0));

	if (number == 0 && read_head(line, s))
		return -1;
	if (number == 0 && revert_at)
		notice_step(s, revert_at);
	if (number == 0)
		return 0;
	if (!tag)
		return -1;
	if (!strcmp(tag, "claim"))
		return read_claim(line, s, e);
	if (!strcmp(tag, "allow"))
		return read_allow(line, s, e);
	if (!strcmp(tag, "setting"))
		return read_setting(line, s, e);
	if (!strcmp(tag, "end") && json_integer_value(json_array_get(line, 1)) == number)
		return 1;
	return -1;
}

static int read_all(FILE *f, const char *path, bool head_only, __u64 revert_at, struct sw_dump *s,
		    struct sw_err *e)
{
	struct sw_err ignored;
	char *text = NULL;
	size_t room = 0;
	int64_t number = 0;
	int ret = 0;

	while (!ret && getline(&text, &room, f) > 0) {
		json_t *line = json_loads(text, 0, NULL);

		ret = line ? read_line(line, number++, revert_at, s, &ignored) : -1;
		json_decref(line);
		if (!ret && head_only)
			ret = 1;
	}
	free(text);
	if (ret == 1)
		return 1;
	return sw_fail(e, SW_EXIT_FAILED, "%s is damaged at line %lld", path, (long long)number);
}

int sw_snapshot_read(const struct sw_ctx *ctx, bool head_only, struct sw_dump *s, struct sw_err *e)
{
	char path[SW_SAVE_PATH];
	FILE *f;
	int ret;

	memset(s, 0, sizeof(*s));
	save_path(ctx, path, "");
	f = sw_file_open(path);
	/* Where there is no directory there is no file either. */
	if (!f && (errno == ENOENT || errno == ENOTDIR || errno == ELOOP))
		return 0;
	if (!f)
		return sw_fail(e, errno == EACCES ? SW_EXIT_PERM : SW_EXIT_FAILED,
			       "%s could not be opened: %s", path, strerror(errno));
	ret = read_all(f, path, head_only, ctx->loaded ? ctx->engine.settings->revert_at : 0, s, e);
	fclose(f);
	if (ret < 0)
		sw_dump_free(s);
	return ret;
}

void sw_dump_free(struct sw_dump *s)
{
	for (size_t i = 0; i < s->setting_count; i++) {
		free(s->setting[i].key);
		free(s->setting[i].value);
	}
	free(s->setting);
	free(s->claim);
	free(s->allow);
	memset(s, 0, sizeof(*s));
}
