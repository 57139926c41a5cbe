/* SPDX-License-Identifier: GPL-2.0-only */
/* The names of a request's header lines, as Suricata's http.header_names has them:
 * CR LF, each name and CR LF, CR LF. Few rules ask for them, so they are put together
 * when the first does. */
#ifndef HEADER_NAMES_H
#define HEADER_NAMES_H

#include "http.h"

#define NAMES_MOST 2048 /* bytes of a head that are read for them: a whole text */
#define LINE_END ('\r' | '\n' << 8)

enum names_at {
	NAMES_LINE, /* a line begins */
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
	/* A folded line goes on with the value before it (RFC 9112 5.2). */
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

/* SW_BUFFER_NAMES of the request at hand. */
__noinline int collect_names(void)
{
	struct scratch *s = scratch();

	if (!s)
		return 0;
	s->named = 1;
	s->in = s->span[SW_BUFFER_HEADER].from;
	s->in_end = s->span[SW_BUFFER_HEADER].to;
	if (!s->in)
		return 0;
	s->out = NAMES;
	s->line = NAMES_LINE;
	put_line_end(s);
	bpf_loop(NAMES_MOST, collect_step, &s, 0);
	put_line_end(s);
	s->span[SW_BUFFER_NAMES] = make_span(NAMES, s->out);
	zero_slack(s, s->out);
	return 0;
}

#endif
