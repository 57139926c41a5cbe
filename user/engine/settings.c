// SPDX-License-Identifier: GPL-2.0-only
/* Writes the settings map, from the configuration and at run time. */
#include <stdlib.h>
#include <string.h>
#include "base/duration.h"
#include "engine/settings.h"

_Static_assert(sizeof(((struct sw_settings *)0)->weight[0]) == 1, "a weight is one byte");

static void store(struct sw_settings *s, const struct sw_config_key *k, int64_t value)
{
	void *field = (char *)s + k->setting;

	switch (k->setting_bytes) {
	case 1:
		__atomic_store_n((__u8 *)field, value, __ATOMIC_SEQ_CST);
		break;
	case 4:
		__atomic_store_n((__u32 *)field, value, __ATOMIC_SEQ_CST);
		break;
	default:
		abort(); /* a row of keys.def names a field of another width */
	}
}

/* Without the challenge program, challenged sources would be dropped for good. */
static int64_t value_of(const struct sw_config *c, const struct sw_config_key *k, bool challenges)
{
	if (k->setting == offsetof(struct sw_settings, challenge) && !challenges)
		return 0;
	return sw_config_setting(c, k);
}

static void store_all(struct sw_settings *s, const struct sw_config *c, bool mode, bool challenges)
{
	for (int i = 0; i < sw_config_key_count; i++) {
		const struct sw_config_key *k = &sw_config_keys[i];

		if (k->setting_bytes && (mode || k->setting != offsetof(struct sw_settings, mode)))
			store(s, k, value_of(c, k, challenges));
	}
}

void sw_settings_first(struct sw_settings *s, const struct sw_config *c, __u32 lines4, __u32 lines6,
		       const __u64 seed[4], bool challenges)
{
	store_all(s, c, true, challenges);
	s->ephemeral_low = 32768; /* net.ipv4.ip_local_port_range's default */
	s->drop4_mask = s->drop4_last_mask = lines4 - 1;
	s->drop6_mask = s->drop6_last_mask = lines6 - 1;
	memcpy(s->seed, seed, sizeof(s->seed));
}

void sw_settings_configure(const struct sw_engine *g, const struct sw_config *c)
{
	store_all((struct sw_settings *)g->settings, c, false,
		  sw_engine_parts(g->dir) & SW_PART_CHALLENGES);
}

void sw_settings_mode(const struct sw_engine *g, enum sw_mode mode)
{
	sw_setting_store(g, mode, mode);
	sw_settings_no_revert(g);
}

/* In this order, so that the program never sees a deadline without its mode. */
void sw_settings_revert(const struct sw_engine *g, enum sw_mode back_to, __u64 at_ns)
{
	sw_setting_store(g, revert_mode, back_to);
	sw_setting_store(g, revert_at, at_ns);
}

void sw_settings_no_revert(const struct sw_engine *g)
{
	sw_setting_store(g, revert_at, 0);
}

/* Updated only if off by more than the two clock readings can be apart. */
void sw_settings_clock(const struct sw_engine *g)
{
	__u64 ahead = (__u64)sw_now() * 1000 - (__u64)sw_monotonic();

	if (ahead - g->settings->wall_ns + 100000000 > 200000000)
		sw_setting_store(g, wall_ns, ahead);
}

bool sw_settings_reverted(const struct sw_engine *g)
{
	return g->settings->revert_at && (__u64)sw_monotonic() >= g->settings->revert_at;
}

bool sw_engine_strangers(const struct sw_engine *g)
{
	__u32 until = g->state->strangers_until;

	return until && (__s32)(until - (__u32)((__u64)sw_monotonic() >> SW_TICK_SHIFT)) > 0;
}

int64_t sw_engine_grace(const struct sw_engine *g)
{
	__u32 age = (__u32)((__u64)sw_monotonic() >> SW_TICK_SHIFT) - g->settings->up_tick;

	if (age >= g->settings->grace_ticks)
		return 0;
	return (int64_t)((__u64)(g->settings->grace_ticks - age) << SW_TICK_SHIFT) / 1000;
}

void sw_settings_heartbeat(const struct sw_engine *g, int64_t span_us)
{
	__u32 end = 0;

	if (span_us != SW_FOREVER)
		end = (__u32)(((__u64)sw_monotonic() + (__u64)span_us * 1000) >> SW_TICK_SHIFT) + 1;
	sw_setting_store(g, enforce_until, end || span_us == SW_FOREVER ? end : 1);
}

bool sw_settings_heartbeat_missed(const struct sw_engine *g)
{
	__u32 until = g->settings->enforce_until;

	return until && (__s32)(until - (__u32)((__u64)sw_monotonic() >> SW_TICK_SHIFT)) <= 0;
}

enum sw_mode sw_engine_wanted_mode(const struct sw_engine *g)
{
	return sw_settings_reverted(g) ? g->settings->revert_mode : g->settings->mode;
}

enum sw_mode sw_engine_mode(const struct sw_engine *g)
{
	return sw_settings_heartbeat_missed(g) ? SW_DETECT : sw_engine_wanted_mode(g);
}
