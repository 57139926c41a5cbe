// SPDX-License-Identifier: GPL-2.0-only
/* Handles steps of the real-time clock: by NTP after a boot with a dead battery, by
 * hand, by a hypervisor. The program uses the monotonic clock, so its maps stay right;
 * the record has wall-clock times. Times from this boot are shifted with the clock, so
 * every block ends when it was meant to. Times from earlier boots were written by a
 * clock that was right, and stay. */
#include <fcntl.h>
#include <inttypes.h>
#include <sys/timex.h>
#include <unistd.h>
#include "base/file.h"
#include "blocklist/internal.h"

#define SETTLED (3600 * INT64_C(1000000000)) /* ns after a boot */

struct clock {
	char boot[40];
	int64_t offset; /* wall clock minus monotonic clock, us */
};

static void clock_path(const struct sw_ctx *ctx, char path[300])
{
	snprintf(path, 300, "%s/clock", ctx->state_dir);
}

static bool read_file(const char *path, const char *format, char *word, int64_t *number)
{
	FILE *f = sw_file_open(path);
	int n;

	if (!f)
		return false;
	n = number ? fscanf(f, format, word, number) : fscanf(f, format, word);
	fclose(f);
	return n == (number ? 2 : 1);
}

static void clock_now(struct clock *c)
{
	memset(c, 0, sizeof(*c));
	if (!read_file("/proc/sys/kernel/random/boot_id", "%39s", c->boot, NULL))
		snprintf(c->boot, sizeof(c->boot), "unknown");
	c->offset = sw_now() - sw_monotonic() / 1000;
}

/* To be renamed: a partial number would look like a step. */
static int clock_write(const char *path, const struct clock *c)
{
	FILE *f = fopen(path, "we");

	if (!f)
		return -1;
	fprintf(f, "%s %" PRId64 "\n", c->boot, c->offset);
	if (!fclose(f))
		return 0;
	unlink(path);
	return -1;
}

int sw_clock_reconcile(struct sw_ctx *ctx, int64_t *step, struct sw_err *e)
{
	char path[300], fresh[308];
	struct clock now, then = {0};
	int64_t was, booted, by;
	bool known, stepped;

	*step = 0;
	if (sw_store_is_volatile(ctx->store))
		return 0;
	clock_now(&now);
	clock_path(ctx, path);
	snprintf(fresh, sizeof(fresh), "%s.new", path);
	known = read_file(path, "%39s %" SCNd64, then.boot, &then.offset) &&
		!strcmp(then.boot, now.boot);
	by = now.offset - then.offset;
	stepped = known && (by >= SW_STEP_LEAST || by <= -SW_STEP_LEAST);
	if (known && now.offset / 1000000 == then.offset / 1000000)
		return 0;
	/* What cannot be noted is not done, or it would be done again and again. */
	if (clock_write(fresh, &now))
		return 0;
	booted = then.offset; /* start of the monotonic clock, according to the old clock */
	was = sw_now() - by;
	if (stepped && sw_store_shift(ctx->store, booted, was, by, e)) {
		unlink(fresh);
		return -1;
	}
	if (rename(fresh, path) || !stepped)
		return 0;
	*step = by;
	return ctx->loaded ? sw_restore_maps(ctx, e) : 0;
}

/* Before it is first set, a clock may be years ahead: what then looks expired is not
 * removed. */
bool sw_clock_is_settled(void)
{
	struct timex t = {0};

	return (adjtimex(&t) >= 0 && !(t.status & STA_UNSYNC)) || sw_monotonic() > SETTLED;
}
