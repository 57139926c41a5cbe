// SPDX-License-Identifier: GPL-2.0-only
/* Audit trail: one record, with its author, for each command that changes something. */
#include <errno.h>
#include <pwd.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "cli/command_line.h"
#include "cli/verbs.h"
#include "store/changes.h"

#define ARGV_MAX 16384 /* of a command line; longer ones are cut */
#define PARENTS_MAX 16

static char said[512];
static int64_t undoes; /* the change that this command took back; 0: none */
static char *names;    /* what this command has changed, a blank before each; NULL: none named */
static const char *instead; /* for sw_verb.undo; "": nothing is to be taken back */

void sw_audit_say(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(said, sizeof(said), fmt, ap);
	va_end(ap);
}

void sw_audit_undoes(int64_t id)
{
	undoes = id;
}

void sw_audit_changed(const char *name)
{
	char *more;

	if (asprintf(&more, "%s %s", names ? names : "", name) < 0)
		return;
	free(names);
	names = more;
}

void sw_audit_instead(const char *how)
{
	instead = how;
}

/* `how` with the names of what was changed for the word in capitals at its end or before a
 * comma; NULL: there is such a word, and nothing was changed. To be freed. */
static char *name_changed(const char *how)
{
	size_t before = strcspn(how, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"), word;
	char *text;

	if (!how[before])
		return strdup(how);
	word = strspn(how + before, "ABCDEFGHIJKLMNOPQRSTUVWXYZ");
	if (!names ||
	    asprintf(&text, "%.*s%s%s", (int)before, how, names + 1, how + before + word) < 0)
		return NULL;
	return text;
}

static uint32_t login_uid(void)
{
	FILE *f = fopen("/proc/self/loginuid", "re");
	unsigned int uid = UINT32_MAX;

	if (!f)
		return UINT32_MAX;
	if (fscanf(f, "%u", &uid) != 1)
		uid = UINT32_MAX;
	fclose(f);
	return uid;
}

static void client_of(const char *connection, char *out, size_t size)
{
	snprintf(out, size, "%.*s", (int)strcspn(connection, " "), connection);
}

/* 1 found, 0 not. */
static int client_from_environ(pid_t pid, char *out, size_t size)
{
	static const char key[] = "SSH_CONNECTION=";
	char path[64], *entry = NULL;
	size_t room = 0;
	int found = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/environ", pid);
	f = fopen(path, "re");
	if (!f)
		return 0;
	while (!found && getdelim(&entry, &room, '\0', f) > 0) {
		if (strncmp(entry, key, sizeof(key) - 1) != 0)
			continue;
		client_of(entry + sizeof(key) - 1, out, size);
		found = 1;
	}
	free(entry);
	fclose(f);
	return found;
}

static pid_t parent_of(pid_t pid)
{
	char path[64], line[512], *end;
	int parent = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	f = fopen(path, "re");
	if (!f)
		return 0;
	/* The name may hold anything, ")" too; the state follows the last one. */
	end = fgets(line, sizeof(line), f) ? strrchr(line, ')') : NULL;
	if (end && sscanf(end + 1, " %*c %d", &parent) != 1)
		parent = 0;
	fclose(f);
	return parent;
}

/* sudo wipes SSH_CONNECTION, yet the shell it was called from has it. */
static void ssh_client(char *out, size_t size)
{
	const char *own = getenv("SSH_CONNECTION");
	pid_t pid = getppid();

	out[0] = '\0';
	if (own) {
		client_of(own, out, size);
		return;
	}
	for (int i = 0; i < PARENTS_MAX && pid > 1; i++) {
		if (client_from_environ(pid, out, size))
			return;
		pid = parent_of(pid);
	}
}

static char *command_line(const struct sw_globals *g)
{
	char *text = NULL, *word;
	size_t size = 0;
	FILE *f = open_memstream(&text, &size);

	if (!f)
		return NULL;
	for (int i = 0; i < g->argc; i++) {
		if (ftell(f) > ARGV_MAX) {
			fprintf(f, " ... and %d words more", g->argc - i);
			break;
		}
		word = sw_quote(g->argv[i]);
		fprintf(f, "%s%s", i ? " " : "", word ? word : "?");
		free(word);
	}
	fclose(f);
	return text;
}

static void user_name(uint32_t uid, char *buf, size_t size)
{
	struct passwd pw, *found = NULL;
	char room[1024];

	if (getpwuid_r(uid, &pw, room, sizeof(room), &found) == 0 && found)
		snprintf(buf, size, "%s", pw.pw_name);
	else
		snprintf(buf, size, "uid %u", uid);
}

/* The login user, not the user that sudo switched to. */
void sw_audit_who(const struct sw_audit *a, char *buf, size_t size)
{
	size_t at;

	user_name(a->login_uid == UINT32_MAX ? a->uid : a->login_uid, buf, size);
	at = strlen(buf);
	if (a->ssh_client[0] && at < size)
		snprintf(buf + at, size - at, " from %s", a->ssh_client);
}

/* The end of a word of `command_line`, which quotes what a shell would read otherwise. */
static const char *word_end(const char *word)
{
	bool quoted = false;

	for (; *word && (quoted || *word != ' '); word++) {
		if (*word == '"')
			quoted = !quoted;
		else if (*word == '\\' && word[1])
			word++;
	}
	return word;
}

/* Length of the options at `at` that name directories and files (--state-dir DIR). */
static size_t place_words(const char *at)
{
	static const char *const options[] = {"--pin-dir", "--state-dir", "--config", "-c"};
	size_t length;

	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
		length = strlen(options[i]);
		if (strncmp(at, options[i], length) != 0)
			continue;
		if (at[length] == ' ')
			return word_end(at + length + 1) - at;
		if (at[length] == '=')
			return word_end(at) - at;
	}
	return 0;
}

char *sw_audit_command(const char *argv)
{
	const char *slash = memrchr(argv, '/', word_end(argv) - argv), *end;
	char *text = strdup(slash ? slash + 1 : argv), *to = text;

	if (!text)
		return NULL;
	for (const char *at = text; *at; at = end + (*end == ' ')) {
		size_t skipped = place_words(at);

		end = skipped ? at + skipped : word_end(at);
		if (skipped)
			continue;
		if (to > text)
			*to++ = ' ';
		memmove(to, at, end - at);
		to += end - at;
	}
	*to = '\0';
	return text;
}

/* Records the audit entry and the change together. Returns 1 if it can be undone. */
static int keep(struct sw_store *s, struct sw_audit *a, const char *how, struct sw_err *e)
{
	int ret;

	if (sw_store_begin(s, e))
		return -1;
	ret = sw_store_audit_add(s, a, e);
	if (!ret)
		ret = sw_store_change_keep(s, a->id, how, undoes, e);
	if (ret >= 0 && !sw_store_commit(s, e))
		return ret;
	sw_store_rollback(s);
	return -1;
}

static bool is_done(int code)
{
	return code == SW_EXIT_OK || code == SW_EXIT_GUARD || code == SW_EXIT_ABSENT;
}

static int write_record(struct sw_store *s, const struct sw_globals *g, const char *how, int code,
			struct sw_err *e)
{
	struct sw_audit a = {
		.time = sw_now(),
		.uid = getuid(),
		.login_uid = login_uid(),
		.pid = getpid(),
		.what = said,
		.exit = code,
	};
	int rc;

	ssh_client(a.ssh_client, sizeof(a.ssh_client));
	a.argv = command_line(g);
	if (!a.argv)
		return sw_fail(e, SW_EXIT_FAILED, "out of memory");
	rc = keep(s, &a, code == SW_EXIT_OK ? how : NULL, e);
	free(a.argv);
	if (rc > 0 && !how && is_done(code) && !g->quiet && !g->json && isatty(STDERR_FILENO))
		fprintf(stderr, "change %lld; to undo it: scanwall rollback %lld\n",
			(long long)a.id, (long long)a.id);
	return rc < 0 ? -1 : 0;
}

void sw_audit(struct sw_store *s, const struct sw_globals *g, const char *how, int rc,
	      const struct sw_err *e)
{
	int code = rc >= 0 ? rc : e->exit ? (int)e->exit : SW_EXIT_FAILED;
	struct sw_store *own = NULL;
	struct sw_err why = {0};
	char *undo;

	if (code == SW_EXIT_USAGE || code == SW_EXIT_NOT_THERE || code == SW_EXIT_PERM)
		return;
	if (rc < 0 && !said[0])
		sw_audit_say("%s", e->text);
	if (!s)
		s = own = sw_store_open(g->state_dir, &why);
	if (instead)
		how = instead[0] ? instead : NULL;
	undo = how ? name_changed(how) : NULL;
	if (!s || write_record(s, g, undo, code, &why))
		fprintf(stderr, "scanwall: no audit record could be written: %s\n", why.text);
	free(undo);
	if (own)
		sw_store_close(own);
}
