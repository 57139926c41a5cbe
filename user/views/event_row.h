/* SPDX-License-Identifier: GPL-2.0-only */
/* Events as the record gives them back. */
#ifndef SCANWALL_EVENT_ROW_H
#define SCANWALL_EVENT_ROW_H

#include <jansson.h>
#include "store/store.h"

/* One line for people, without its time. */
void sw_record_line(const struct sw_record *r, char *buf, size_t size);
/* What the source did, in words: sw_event_why. */
void sw_record_why(const struct sw_record *r, char *buf, size_t size);
/* Its JSON object, as the daemon wrote it; a new reference. */
json_t *sw_record_json(const struct sw_record *r);

#endif
