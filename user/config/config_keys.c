// SPDX-License-Identifier: GPL-2.0-only
/* The rows of keys.def as a table. */
#include <string.h>
#include "config/internal.h"

#define SECOND 1e6 /* in us */
#define MINUTE (60 * SECOND)
#define HOUR (60 * MINUTE)
#define DAY (24 * HOUR)

static const char *const modes[] = {"detect", "enforce", NULL};
static const char *const xdp_modes[] = {"auto", "native", "generic", NULL};
static const char *const closed_words[] = {"reset", "drop", "deceive", NULL};
static const char *const known_only_words[] = {"off", "auto", "on", NULL};
static const char *const off_on[] = {"off", "on", NULL};
static const char *const blocked_words[] = {"drop", "challenge", NULL};
static const char *const syn_flood_words[] = {"auto", "on", "off", NULL};

#define LIVE true
#define AT_START false
#define SETTING(field, how)                                                          \
	.lands = "settings." #field, .setting = offsetof(struct sw_settings, field), \
	.setting_bytes = sizeof(((struct sw_settings *)0)->field), .convert = SW_CONVERT_##how
#define MAP(names) .lands = names
#define USER(who) .lands = who

#define KEY(kind, field, key, value, at_once, where, words_of_it, ...) \
	{.type = SW_KEY_##kind,                                        \
	 .offset = offsetof(struct sw_config, field),                  \
	 .name = key,                                                  \
	 .fallback = value,                                            \
	 .live = at_once,                                              \
	 where,                                                        \
	 .text = words_of_it,                                          \
	 ##__VA_ARGS__},

#define X(id, quarters, key, what)                                                                 \
	KEY(NUMBER, weight[SW_EVIDENCE_##id], "weight." key, "", LIVE,                             \
	    SETTING(weight[SW_EVIDENCE_##id], QUARTERS), "Weight of: " what ".", .unit = "points", \
	    .min = -30, .max = 30)
#define WEIGHTS() SW_EVIDENCE(X)

const struct sw_config_key sw_config_keys[] = {
#include "config/keys.def"
};

const int sw_config_key_count = sizeof(sw_config_keys) / sizeof(sw_config_keys[0]);

const struct sw_config_key *sw_config_key_find(const char *name)
{
	for (int i = 0; i < sw_config_key_count; i++)
		if (!strcmp(sw_config_keys[i].name, name))
			return &sw_config_keys[i];
	return NULL;
}
