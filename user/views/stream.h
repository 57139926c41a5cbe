/* SPDX-License-Identifier: GPL-2.0-only */
/* JSON output with an array that may be too long for memory: the envelope, and the array
 * written element by element. */
#ifndef SCANWALL_STREAM_H
#define SCANWALL_STREAM_H

#include "views/output.h"

/* `head` (taken over; may be NULL) has the members before the list. */
void sw_stream_begin(const struct sw_globals *g, json_t *head, const char *list);
/* Takes over the reference. */
void sw_stream_item(const struct sw_globals *g, json_t *item);
/* Closes list and object; 0, or -1 when writing failed. */
int sw_stream_end(const struct sw_globals *g, struct sw_err *e);

#endif
