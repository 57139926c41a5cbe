// SPDX-License-Identifier: GPL-2.0-only
/* Files exchanged between daemon and resolver (exchange.h). */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>
#include "store/exchange.h"

static FILE *open_stream(int fd, const char *mode)
{
	FILE *f = fd < 0 ? NULL : fdopen(fd, mode);
	int error = errno;

	if (!f && fd >= 0) {
		close(fd);
		errno = error;
	}
	return f;
}

FILE *sw_exchange_open(int at, const char *file)
{
	return open_stream(openat(at, file, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC), "r");
}

static void name_fresh(char fresh[PATH_MAX], const char *file)
{
	snprintf(fresh, PATH_MAX, "%s.new", file);
}

FILE *sw_exchange_begin(int at, const char *file)
{
	char fresh[PATH_MAX];

	name_fresh(fresh, file);
	unlinkat(at, fresh, 0);
	return open_stream(openat(at, fresh, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600), "w");
}

int sw_exchange_end(FILE *f, int at, const char *file, unsigned mode)
{
	char fresh[PATH_MAX];
	int bad = fchmod(fileno(f), mode) || fflush(f);

	name_fresh(fresh, file);
	bad |= fclose(f);
	return bad || renameat(at, fresh, at, file) ? -1 : 0;
}
