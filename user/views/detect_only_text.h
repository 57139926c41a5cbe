/* SPDX-License-Identifier: GPL-2.0-only */
/* What detect_only reports without acting, as text and JSON. */
#ifndef SCANWALL_DETECT_ONLY_TEXT_H
#define SCANWALL_DETECT_ONLY_TEXT_H

#include <jansson.h>
#include "config/config.h"

/* "signature, sweep, tcp/443"; false: nothing is configured. */
#define SW_DETECT_ONLY_TEXT 512
bool sw_detect_only_text(const struct sw_config *c, char *buf, size_t size);
/* passed: let through for it. A new reference. */
json_t *sw_detect_only_json(const struct sw_config *c, __u64 passed);

#endif
