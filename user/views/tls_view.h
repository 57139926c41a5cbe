/* SPDX-License-Identifier: GPL-2.0-only */
/* State of `run --tls` as text and JSON. */
#ifndef SCANWALL_TLS_VIEW_H
#define SCANWALL_TLS_VIEW_H

#include <jansson.h>
#include "host/tls_users.h"

/* s: NULL if the daemon does not inspect TLS. Malloc'ed; NULL: out of memory. */
char *sw_tls_view_text(const struct sw_tls_status *s);
json_t *sw_tls_view_json(const struct sw_tls_status *s);

#endif
