/* SPDX-License-Identifier: GPL-2.0-only */
/* Formats numbers, sizes and times for people. */
#ifndef SCANWALL_HUMAN_H
#define SCANWALL_HUMAN_H

#include <stdbool.h>
#include <stdint.h>

#define SW_HUMAN_TEXT 32

/* "812", "9,204", "12.4k", "1.2M". */
const char *sw_human_count(uint64_t n, char buf[SW_HUMAN_TEXT]);
/* Packets that met a block: "63", "~812", "~12.4k". Beyond 63 they may be sampled. */
const char *sw_human_hits(uint64_t n, char buf[SW_HUMAN_TEXT]);
/* "812 B", "12.4 KiB", "1.2 MiB". */
const char *sw_human_bytes(uint64_t n, char buf[SW_HUMAN_TEXT]);
/* How long ago: "just now", "12 s ago", "3 min ago", "5 h ago", "2 d ago". */
const char *sw_human_ago(int64_t us, char buf[SW_HUMAN_TEXT]);
/* The same in a table: "0s", "12s", "3m", "5h", "2d". */
const char *sw_human_age(int64_t us, char buf[SW_HUMAN_TEXT]);
/* Time until `expires`, in whole seconds: "58m12s", "never", "over". */
const char *sw_human_left(int64_t expires, char buf[SW_HUMAN_TEXT]);
/* "2026-11-23 09:40:12", local time or UTC. */
const char *sw_human_clock(int64_t us, bool utc, char buf[SW_HUMAN_TEXT]);
/* Points of suspicion from quarters: "3", "2.5", "-0.25". */
const char *sw_human_points(int quarters, char buf[SW_HUMAN_TEXT]);

/* Columns of the terminal; without one, $COLUMNS or 80. */
int sw_human_width(void);
/* Is standard output a terminal? */
bool sw_human_terminal(void);

#endif
