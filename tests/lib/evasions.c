// SPDX-License-Identifier: GPL-2.0-only
/* The rules and streams that the rows of the evasion table share. */
#include <linux/bpf.h>
#include "evasions.h"

const char *const answer_text[] = {"seen", "seen at the last packet", "not seen"};

/* ---- rules: one for each way to ask */

void load_rules(unsigned which, int flags, int kind)
{
	struct sig s[4] = {sig(URI_RULE, SW_RULE_DROP), sig(PAYLOAD_RULE, SW_RULE_DROP),
			   sig(AGENT_RULE, SW_RULE_DROP), sig(HEADER_RULE, SW_RULE_DROP)};

	sig_text(&s[0], SW_BUFFER_URI, "/cgi/" WORD, flags);
	sig_text(&s[1], SW_BUFFER_PAYLOAD, WORD, flags);
	sig_text(&s[2], SW_BUFFER_USER_AGENT, WORD, flags);
	sig_text(&s[3], SW_BUFFER_URI, "/first-sign", flags);
	sig_text(&s[3], SW_BUFFER_HEADER, "second-sign", flags);
	for (unsigned r = 1; r <= 4; r++)
		if (r != which)
			s[r - 1].rule.flags |= SW_RULE_OFF;
	signatures_load(s, 4, kind);
}

struct stream begin(unsigned rule)
{
	load_rules(rule, 0, 0);
	return stream_open(CLIENT4, OPEN_PORT);
}

bool dropped(const struct frame *f)
{
	/* Of a connection that there is, it goes on as a RST. */
	return run(f) == SW_REASON_SIGNATURE || prog.verdict == XDP_DROP;
}

enum answer answer_of(bool seen)
{
	return seen ? SEEN : UNSEEN;
}

struct frame part(const struct stream *t, const char *text, size_t from, size_t to)
{
	struct stream at = *t;

	at.seq += from;
	return stream_frame(&at, text + from, to - from);
}
