// SPDX-License-Identifier: GPL-2.0-only
/* Frames for `scanwall test`: in hexadecimal, or from a capture. */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "cli/verbs/test_frames.h"
#include "engine/dry_run.h"

static int digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return isxdigit((unsigned char)c) ? tolower((unsigned char)c) - 'a' + 10 : -1;
}

static bool separates(char c)
{
	return c == ':' || isspace((unsigned char)c);
}

int sw_read_hex(const char *text, struct sw_frame_bytes *b, struct sw_err *e)
{
	const char *at = text;

	b->size = 0;
	while (*at) {
		if (separates(*at)) {
			at++;
			continue;
		}
		if (digit(at[0]) < 0 || digit(at[1]) < 0)
			return sw_fail(e, SW_EXIT_USAGE,
				       "--hex: invalid byte \"%.2s\" at character %zu (expected "
				       "two hexadecimal digits, as in 0a:1f or 0a1f)",
				       at, at - text + 1);
		if (b->size == sizeof(b->byte))
			return sw_fail(e, SW_EXIT_USAGE, "--hex: frame longer than %zu bytes",
				       sizeof(b->byte));
		b->byte[b->size++] = digit(at[0]) << 4 | digit(at[1]);
		at += 2;
	}
	if (b->size >= SW_DRY_RUN_LEAST)
		return 0;
	return sw_fail(e, SW_EXIT_USAGE,
		       "--hex: frame too short: %zu of at least %d bytes (expected all of it "
		       "from the Ethernet header on)",
		       b->size, SW_DRY_RUN_LEAST);
}

int sw_choose_packet(const char *text, struct sw_capture_choice *c, struct sw_err *e)
{
	const char *colon = strrchr(text, ':');
	size_t length = strlen(text);
	char *end;

	c->number = 0;
	if (colon && access(text, F_OK)) {
		errno = 0;
		c->number = strtoull(colon + 1, &end, 10);
		if (!isdigit((unsigned char)colon[1]) || *end || errno || !c->number)
			return sw_fail(e, SW_EXIT_USAGE,
				       "--pcap: invalid packet number \"%s\" (the first is 1)",
				       colon + 1);
		length = colon - text;
	}
	if (!length || length >= sizeof(c->file))
		return sw_fail(e, SW_EXIT_USAGE, "--pcap: missing file name in \"%s\"", text);
	memcpy(c->file, text, length);
	c->file[length] = '\0';
	return 0;
}

int sw_each_packet(const char *file, sw_frame_fn fn, void *arg, struct sw_err *e)
{
	struct sw_capture *c = sw_capture_open(file, e);
	struct sw_capture_frame f;
	int rc = 0, more = 0;

	if (!c)
		return -1;
	while (!rc && (more = sw_capture_next(c, &f, e)) > 0)
		rc = fn(&f, arg, e);
	sw_capture_close(c);
	return rc || more < 0 ? -1 : 0;
}

struct wanted {
	const struct sw_capture_choice *choice;
	struct sw_frame_bytes *bytes;
	uint64_t last; /* number of the last that was read */
	bool cut;
};

static int take(const struct sw_capture_frame *f, void *arg, struct sw_err *e)
{
	struct wanted *w = arg;

	(void)e;
	w->last = f->number;
	if (f->number != w->choice->number)
		return 0;
	w->cut = f->cut;
	w->bytes->size = f->size;
	memcpy(w->bytes->byte, f->data, f->size);
	return 0;
}

int sw_read_packet(const struct sw_capture_choice *c, struct sw_frame_bytes *b, struct sw_err *e)
{
	struct wanted w = {.choice = c, .bytes = b};

	b->size = 0;
	if (sw_each_packet(c->file, take, &w, e))
		return -1;
	if (w.last < c->number)
		return sw_fail(e, SW_EXIT_USAGE, "--pcap: %s has only %llu packets, not %llu",
			       c->file, (unsigned long long)w.last, (unsigned long long)c->number);
	if (w.cut)
		return sw_fail(e, SW_EXIT_FAILED,
			       "%s: the headers of packet %llu are cut off (snap length)", c->file,
			       (unsigned long long)c->number);
	return 0;
}
