/* SPDX-License-Identifier: GPL-2.0-only */
/* Durations and times: text, wall clock, the kernel's ticks. */
#ifndef SCANWALL_DURATION_H
#define SCANWALL_DURATION_H

#include <stdint.h>
#include <time.h>
#include "base/err.h"

#define SW_FOREVER INT64_MAX /* as a duration and as a point in time */
#define SW_DURATION_TEXT 32

/* "90", "90s", "1h30m", "2d", "1w", "500ms"; "-1" and "permanent" give
 * SW_FOREVER. Microseconds. Refused: zero, negative, overflow, unknown units,
 * trailing text. Returns 0 or -1 (SW_EXIT_USAGE), naming `what` (e.g. "--ttl"). */
int sw_duration_parse(const char *text, const char *what, int64_t *us, struct sw_err *e);

/* At most two units: "58m12s", "3d4h", "850ms"; "permanent". */
const char *sw_duration_text(int64_t us, char buf[SW_DURATION_TEXT]);

/* Parses a point in time, us since 1970: a duration means that long ago ("permanent": 0),
 * otherwise ISO 8601: 2026-11-27 or 2026-11-27T12:00[:00[.5]], local unless followed by Z or an
 * offset such as +01:00. Returns 0 or -1 (SW_EXIT_USAGE), naming `what`. */
int sw_time_parse(const char *text, const char *what, int64_t *us, struct sw_err *e);

int64_t sw_now(void);	    /* wall clock, microseconds since 1970 */
int64_t sw_monotonic(void); /* CLOCK_MONOTONIC, nanoseconds */

/* Between wall clock (us) and the kernel's ticks (abi.h). A time that has
 * passed gives a tick that has passed; SW_FOREVER <-> SW_EXPIRES_TICKS. */
uint32_t sw_ticks_from_time(int64_t us);
int64_t sw_time_from_ticks(uint32_t until);
uint32_t sw_ticks_now(void);
/* A CLOCK_MONOTONIC ns stamp as wall clock us. */
int64_t sw_time_from_monotonic(uint64_t ns);

#define SW_TIME_TEXT 40
/* RFC 3339 in UTC with microseconds: 2026-11-23T06:40:12.123456Z */
const char *sw_time_rfc3339(int64_t us, char buf[SW_TIME_TEXT]);

#endif
