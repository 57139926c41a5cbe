// SPDX-License-Identifier: GPL-2.0-only
/* `scanwall save`: claims and allow entries as command lines. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "cli/policy.h"

struct saving {
	FILE *out;
	int64_t now;
	long blocks, allows;
};

static int save_allow(const struct sw_allow_entry *a, void *arg)
{
	struct saving *s = arg;

	if (a->expires <= s->now)
		return 0;
	sw_dump_allow(s->out, a, s->now);
	s->allows++;
	return 0;
}

static int save_claim(const struct sw_claim *c, void *arg)
{
	struct saving *s = arg;

	sw_dump_block(s->out, c, s->now);
	s->blocks++;
	return 0;
}

static int write_all(struct sw_ctx *ctx, struct saving *s, struct sw_err *e)
{
	struct sw_claim_filter live = {.live_at = s->now, .by_name = true};

	fputs("# scanwall " SW_VERSION " save: blocks and allows, for `scanwall restore`\n",
	      s->out);
	if (sw_store_allows(ctx->store, save_allow, s, e) ||
	    sw_store_claims(ctx->store, &live, save_claim, s, e))
		return -1;
	if (fflush(s->out) || ferror(s->out))
		return sw_fail(e, SW_EXIT_FAILED, "could not write: %s", strerror(errno));
	return 0;
}

/* Pipes and devices are written to directly; a file is replaced by rename. */
static bool is_plain(const char *file)
{
	struct stat st;

	return stat(file, &st) || S_ISREG(st.st_mode);
}

static int save_to(struct sw_ctx *ctx, struct saving *s, const char *file, struct sw_err *e)
{
	char *real = realpath(file, NULL), *temp = NULL;
	const char *target = real ? real : file;
	int rc = -1, fd;

	if (asprintf(&temp, "%s.XXXXXX", target) < 0) {
		temp = NULL;
		sw_fail(e, SW_EXIT_FAILED, "out of memory");
		goto out;
	}
	fd = mkostemp(temp, O_CLOEXEC);
	s->out = fd < 0 ? NULL : fdopen(fd, "w");
	if (!s->out) {
		sw_fail(e, errno == EACCES ? SW_EXIT_PERM : SW_EXIT_FAILED, "%s: %s", file,
			strerror(errno));
		goto out;
	}
	rc = write_all(ctx, s, e);
	if (rc == 0 && fsync(fd))
		rc = sw_fail(e, SW_EXIT_FAILED, "%s: %s", file, strerror(errno));
	fclose(s->out);
	if (rc == 0 && rename(temp, target))
		rc = sw_fail(e, SW_EXIT_FAILED, "%s: %s", file, strerror(errno));
	if (rc)
		unlink(temp);
out:
	free(temp);
	free(real);
	return rc;
}

static int save_stream(struct sw_ctx *ctx, struct saving *s, const char *file, struct sw_err *e)
{
	int rc;

	s->out = fopen(file, "we");
	if (!s->out)
		return sw_fail(e, SW_EXIT_FAILED, "%s: %s", file, strerror(errno));
	rc = write_all(ctx, s, e);
	fclose(s->out);
	return rc;
}

static int print_result(const struct sw_globals *g, const struct saving *s, const char *file,
			struct sw_err *e)
{
	json_t *root;

	if (!file)
		return 0;
	if (g->json) {
		root = sw_cli_json();
		json_object_set_new(root, "saved",
				    json_pack("{s:o, s:I, s:I}", "file", sw_cli_text(file),
					      "blocks", (json_int_t)s->blocks, "allows",
					      (json_int_t)s->allows));
		return sw_cli_print(g, root, e);
	}
	if (!g->quiet)
		printf("%s block%s and %s allow%s saved in %s\n", sw_cli_count(s->blocks),
		       s->blocks == 1 ? "" : "s", sw_cli_count(s->allows),
		       s->allows == 1 ? "" : "s", file);
	return 0;
}

static const char *file_of(const struct sw_args *a)
{
	return a->count && strcmp(a->operand[0], "-") != 0 ? a->operand[0] : NULL;
}

static int save(struct sw_call *c, struct sw_err *e)
{
	const char *file = file_of(c->a);
	struct sw_ctx *ctx = c->ctx;
	struct saving s = {.now = sw_now(), .out = stdout};
	int64_t adopted;
	int rc;

	/* Records blocks that the kernel made while no daemon ran. */
	if (ctx->loaded && sw_adopt_kernel_blocks(ctx, &adopted, e))
		return -1;
	if (!file)
		rc = write_all(ctx, &s, e);
	else
		rc = is_plain(file) ? save_to(ctx, &s, file, e) : save_stream(ctx, &s, file, e);
	return rc ? -1 : print_result(c->g, &s, file, e);
}

static int read_request(struct sw_call *c, struct sw_err *e)
{
	if (file_of(c->a) || !c->g->json)
		return 0;
	return sw_fail(e, SW_EXIT_USAGE,
		       "save writes lines for restore, not JSON; use scanwall list --json");
}

const struct sw_verb_ops sw_save_ops = {.read = read_request, .run = save};
