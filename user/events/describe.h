/* SPDX-License-Identifier: GPL-2.0-only */
/* Shared by the files that describe an event in words. */
#ifndef SCANWALL_DESCRIBE_H
#define SCANWALL_DESCRIBE_H

#include "events/events.h"

struct sw_text {
	char *buf;
	size_t size, used;
};

void sw_text_add(struct sw_text *t, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void sw_why_add(struct sw_text *t, const struct sw_event *ev, const struct sw_signature *sig);

/* Ports in the order of the probes, without duplicates. Returns the number. */
int sw_event_ports(const struct sw_event *ev, __u16 out[SW_SOURCE_PORTS]);
/* False: it says nothing of a client. */
bool sw_event_client(const struct sw_event *ev, char text[SW_PREFIX_TEXT]);
int64_t sw_event_span(const struct sw_event *ev); /* us */

/* What a service refused: logins, pages, sessions; enum sw_refused. */
const char *sw_refused_name(__u32 refused);

#endif
