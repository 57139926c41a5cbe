// SPDX-License-Identifier: GPL-2.0-only
/* Keys for hidden services, in STATE_DIR/keys. */
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <scanwall/siphash.h>
#include "base/file.h"
#include "store/key_file.h"

#define PATH_BYTES 320
#define LINE_BYTES 256

bool sw_key_is_name(const char *name)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789._@-";

	return name[0] && name[0] != '-' && strlen(name) < SW_KEY_NAME &&
	       !name[strspn(name, allowed)];
}

__be64 sw_key_id(const struct sw_key *k)
{
	return htobe64(sw_siphash(NULL, 0, k->key[0], k->key[1]));
}

const char *sw_key_text(const struct sw_key *k, char buf[SW_KEY_TEXT])
{
	snprintf(buf, SW_KEY_TEXT, "%016llx%016llx", k->key[0], k->key[1]);
	return buf;
}

static bool parse(const char *line, struct sw_key *k)
{
	char name[LINE_BYTES], hex[LINE_BYTES], half[17] = "";

	*k = (struct sw_key){0};
	if (sscanf(line, "%255s %255s %" SCNd64, name, hex, &k->since) < 2)
		return false;
	if (!sw_key_is_name(name) || strlen(hex) != 32 || strspn(hex, "0123456789abcdef") != 32)
		return false;
	strcpy(k->name, name);
	for (int i = 0; i < 2; i++) {
		memcpy(half, hex + 16 * i, 16);
		k->key[i] = strtoull(half, NULL, 16);
	}
	return true;
}

static void path_of(char path[PATH_BYTES], const char *state_dir, const char *suffix)
{
	snprintf(path, PATH_BYTES, "%s/keys%s", state_dir, suffix);
}

static int read_lines(FILE *f, const char *path, struct sw_key *k, struct sw_err *e)
{
	char line[LINE_BYTES];
	int n = 0;

	for (int at = 1; fgets(line, sizeof(line), f); at++) {
		if (n == SW_KNOCK_KEYS)
			return sw_fail(e, SW_EXIT_FAILED, "%s: more than %d keys", path,
				       SW_KNOCK_KEYS);
		if (!parse(line, &k[n++]))
			return sw_fail(
				e, SW_EXIT_FAILED,
				"%s:%d: invalid key (expected a name and 32 hexadecimal digits)",
				path, at);
	}
	if (ferror(f)) /* a directory can be opened, too */
		return sw_fail(e, SW_EXIT_FAILED, "%s: %s", path, strerror(errno));
	return n;
}

int sw_keys_read(const char *state_dir, struct sw_key **out, struct sw_err *e)
{
	struct sw_key *k = calloc(SW_KNOCK_KEYS, sizeof(*k));
	char path[PATH_BYTES];
	int n = 0;
	FILE *f;

	*out = NULL;
	if (!k)
		return sw_fail(e, SW_EXIT_FAILED, "out of memory");
	path_of(path, state_dir, "");
	f = sw_file_open(path);
	if (f)
		n = read_lines(f, path, k, e);
	else if (errno != ENOENT)
		n = sw_fail(e, errno == EACCES ? SW_EXIT_PERM : SW_EXIT_FAILED, "%s: %s", path,
			    strerror(errno));
	if (f)
		fclose(f);
	if (n >= 0)
		*out = k;
	else
		free(k);
	return n;
}

static int write_lines(int fd, const struct sw_key *k, int n)
{
	char text[SW_KEY_TEXT];
	FILE *f = fdopen(fd, "w");
	int bad = 0;

	if (!f) {
		close(fd);
		return -1;
	}
	for (int i = 0; i < n; i++)
		fprintf(f, "%s %s %" PRId64 "\n", k[i].name, sw_key_text(&k[i], text), k[i].since);
	bad = fflush(f) || fsync(fd);
	return fclose(f) || bad ? -1 : 0;
}

int sw_keys_write(const char *state_dir, const struct sw_key *k, int n, struct sw_err *e)
{
	char path[PATH_BYTES], fresh[PATH_BYTES];
	int fd;

	path_of(path, state_dir, "");
	path_of(fresh, state_dir, ".new");
	unlink(fresh);
	fd = open(fresh, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd >= 0 && !write_lines(fd, k, n) && !rename(fresh, path))
		return 0;
	sw_fail(e, SW_EXIT_FAILED, "%s: %s", path, strerror(errno));
	unlink(fresh);
	return -1;
}

int sw_key_of_user(const char *path, struct sw_key *k, struct sw_err *e)
{
	char line[LINE_BYTES] = "";
	FILE *f = fopen(path, "re");
	struct stat st;
	int rc = 0;

	if (!f)
		return sw_fail(e, SW_EXIT_USAGE,
			       "%s: %s (expected a file with the line that `scanwall key add` "
			       "printed)",
			       path, strerror(errno));
	if (!fstat(fileno(f), &st) && st.st_mode & 077)
		rc = sw_fail(e, SW_EXIT_USAGE,
			     "%s: readable by others (expected mode 0600: chmod 600 %s)", path,
			     path);
	else if (!fgets(line, sizeof(line), f) || !parse(line, k))
		rc = sw_fail(e, SW_EXIT_USAGE,
			     "%s:1: invalid key (expected a name and 32 hexadecimal digits)", path);
	fclose(f);
	return rc;
}
