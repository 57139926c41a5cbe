/* SPDX-License-Identifier: GPL-2.0-only */
/* What one can be told of: the words of notify.when. X(id, name, text) */
#ifndef SCANWALL_NOTIFY_KINDS_H
#define SCANWALL_NOTIFY_KINDS_H

#include <stdbool.h>

#define SW_NOTIFY_KINDS(X)                                                     \
	X(PROVEN_BLOCK, "proven-block", "a source was blocked on proof")       \
	X(SIGNATURE_BLOCK, "signature-block", "a source was blocked by rules") \
	X(BLOCK, "block", "any source was blocked")                            \
	X(WOULD_BLOCK, "would-block", "detect mode would have blocked")        \
	X(DISTRIBUTED, "distributed", "many sources of a network scan")        \
	X(SPRAY, "spray", "forged sources: all strangers are challenged")      \
	X(FLOOD, "flood", "more packets are dropped than notify.flood")        \
	X(CAPPED, "capped", "a limit kept a source from being blocked")        \
	X(LOST_EVENTS, "lost-events", "the ring was full")                     \
	X(TROUBLE, "trouble", "a part of scanwall itself fails")               \
	X(DAILY, "daily", "the report of the last day")                        \
	X(TEST, "test", "scanwall notify test")

enum sw_notify_kind {
#define X(id, name, text) SW_NOTIFY_##id,
	SW_NOTIFY_KINDS(X)
#undef X
		SW_NOTIFY_COUNT,
};

const char *sw_notify_name(enum sw_notify_kind k);
/* SW_NOTIFY_COUNT: no such word. */
enum sw_notify_kind sw_notify_find(const char *name);

#endif
