/* SPDX-License-Identifier: GPL-2.0-only */
/* Parts of a request's head that few rules look at, extracted when the first one does. */
#ifndef HEAD_PARTS_H
#define HEAD_PARTS_H

#include "http.h"

#define NAMES_MOST 2048 /* bytes of a head that are read for them: a whole text */
#define LINE_END ('\r' | '\n' << 8)

enum names_at {
	NAMES_LINE, /* start of a line */
	NAMES_NAME,
	NAMES_VALUE,
};

static __always_inline void put_line_end(struct scratch *s)
{
	s->byte[s->out & TEXT_MASK] = '\r';
	s->byte[(s->out + 1) & TEXT_MASK] = '\n';
	s->out += 2;
}

static long collect_step(__u64 i, void *ctx)
{
	struct scratch *s = *(struct scratch **)ctx;
	__u8 b = byte_at(s, s->in);

	(void)i;
	if (s->in >= s->in_end)
		return 1;
	s->in++;
	if (s->line == NAMES_LINE && (b == '\r' || b == '\n'))
		return 0;
	/* a folded line continues the value before it (RFC 9112 5.2) */
	if (s->line == NAMES_LINE)
		s->line = is_blank(b) ? NAMES_VALUE : NAMES_NAME;
	if (b == '\n') {
		if (s->line == NAMES_NAME)
			put_line_end(s);
		s->line = NAMES_LINE;
	} else if (s->line == NAMES_NAME && b == ':') {
		put_line_end(s);
		s->line = NAMES_VALUE;
	} else if (s->line == NAMES_NAME) {
		s->byte[s->out & TEXT_MASK] = b;
		s->out++;
	}
	return 0;
}

/* Like Suricata's http.header_names: CR LF, each name with CR LF, CR LF. */
static __always_inline void lay_out_names(struct scratch *s)
{
	s->in = s->span[SW_BUFFER_HEADER].from;
	s->in_end = s->span[SW_BUFFER_HEADER].to;
	if (!s->in)
		return;
	s->out = NAMES;
	s->line = NAMES_LINE;
	put_line_end(s);
	bpf_loop(NAMES_MOST, collect_step, &s, 0);
	put_line_end(s);
	s->span[SW_BUFFER_NAMES] = make_span(NAMES, s->out);
	zero_slack(s, s->out);
}

static __always_inline void lay_out_lines(struct scratch *s)
{
	__u32 uri = s->span[SW_BUFFER_URI_RAW].to, line = s->headers ? s->headers - 1 : s->end;

	for (int i = 0; i < TRAILING && line > uri && is_white(byte_at(s, line - 1)); i++)
		line--;
	if (uri && uri < line)
		s->span[SW_BUFFER_PROTOCOL] = make_span(uri + 1, line);
	if (!s->first_line)
		return;
	s->span[SW_BUFFER_REQUEST_LINE] = make_span(s->first_line, line);
	s->span[SW_BUFFER_START] = make_span(s->first_line, s->body ? s->body : s->end);
}

#define PART_LINES 1
#define PART_NAMES 2

static __always_inline __u8 part_of(__u32 buffer)
{
	return buffer == SW_BUFFER_NAMES ? PART_NAMES : PART_LINES;
}

/* Extracts the part of the current request that this buffer holds. */
__noinline int lay_out(__u32 buffer)
{
	struct scratch *s = scratch();

	if (!s)
		return 0;
	s->parts |= part_of(buffer);
	if (buffer == SW_BUFFER_NAMES)
		lay_out_names(s);
	else
		lay_out_lines(s);
	return 0;
}

#endif
