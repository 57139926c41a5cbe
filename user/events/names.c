// SPDX-License-Identifier: GPL-2.0-only
/* Every enum's name and text, from the tables in abi.h. */
#include "events/events.h"

static const char *pick(const char *const *table, int n, int i)
{
	return i >= 0 && i < n ? table[i] : "unknown";
}

#define COUNT(a) ((int)(sizeof(a) / sizeof((a)[0])))

const char *sw_evidence_name(enum sw_evidence k)
{
#define X(id, weight, name, text) name,
	static const char *const table[] = {SW_EVIDENCE(X)};
#undef X
	return pick(table, COUNT(table), k);
}

const char *sw_reason_name(enum sw_reason r)
{
#define X(id, drops, name, text) name,
	static const char *const table[] = {SW_REASONS(X)};
#undef X
	return pick(table, COUNT(table), r);
}

const char *sw_reason_text(enum sw_reason r)
{
#define X(id, drops, name, text) text,
	static const char *const table[] = {SW_REASONS(X)};
#undef X
	return pick(table, COUNT(table), r);
}

bool sw_reason_drops(enum sw_reason r)
{
#define X(id, drops, name, text) drops,
	static const bool table[] = {SW_REASONS(X)};
#undef X
	return (int)r >= 0 && r < SW_REASON_COUNT && table[r];
}

const char *sw_event_name(enum sw_event_type t)
{
#define X(id, name) name,
	static const char *const table[] = {SW_EVENTS(X)};
#undef X
	return pick(table, COUNT(table), t);
}

const char *sw_spray_text(enum sw_spray why)
{
	static const char *const table[] = {
		"guard.auto_per_minute was reached",
		"guard.auto_max was reached",
		"more new suspects than guard.strangers_per_second",
	};

	return pick(table, COUNT(table), why);
}

const char *sw_rate_text(enum sw_rate r)
{
#define X(id, name) name,
	static const char *const table[] = {SW_RATES(X)};
#undef X
	return pick(table, COUNT(table), r);
}

const char *sw_tool_name(enum sw_tool t)
{
#define X(id, name) name,
	static const char *const table[] = {SW_TOOLS(X)};
#undef X
	return pick(table, COUNT(table), t);
}

const char *sw_mode_name(enum sw_mode m)
{
	static const char *const table[] = {"detect", "enforce"};

	return pick(table, COUNT(table), m);
}
