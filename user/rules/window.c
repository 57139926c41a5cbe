// SPDX-License-Identifier: GPL-2.0-only
/* Chooses the seven bytes that a rule is searched by: the rarest, by a profile of benign
 * traffic. A common window would make every request evaluate the rule. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "rules/internal.h"

#define GRAM_BYTES 4
#define BLANKS 0x2020202020202020ull
#define WINDOW_MASK 0xffffffffffffffull
#define MET_COST 32	/* of each time in the profile, when an empty place costs 1 */
#define PADDED_TIMES 64 /* as if that often: zeros stand behind each payload */
#define COMMON_COST (32 * MET_COST)
#define CROWDED_COST (6 * MET_COST)
#define WINDOWS_KEPT 16 /* candidates of a rule */
#define PAIR_DEPTH 64	/* of a content that is cheap to try */

static __u64 window_of(const __u8 *byte)
{
	__u64 w = 0;

	memcpy(&w, byte, SW_WINDOW_BYTES);
	return (w | BLANKS) & WINDOW_MASK;
}

static __u32 gram_of(const __u8 *byte)
{
	__u32 g;

	memcpy(&g, byte, GRAM_BYTES);
	return g | (__u32)BLANKS;
}

static __u16 pair_of(const __u8 *byte)
{
	return (byte[0] | 0x20) | (byte[1] | 0x20) << 8;
}

static void count_grams(struct sw_rules_internal *in, const char *text)
{
	const __u8 *byte = (const __u8 *)text;
	size_t n = strlen(text);
	__u32 bit;

	for (size_t i = 0; i + GRAM_BYTES <= n; i++) {
		bit = sw_gram_bit(gram_of(byte + i));
		in->gram[bit] += in->gram[bit] < 0xffff;
	}
	for (size_t i = 0; i + 2 <= n; i++) {
		in->pair[pair_of(byte + i)]++;
		in->byte[byte[i] | 0x20]++;
	}
}

static int count_windows(struct sw_rules_internal *in, const char *text, struct sw_err *e)
{
	const __u8 *byte = (const __u8 *)text;
	size_t n = strlen(text);
	bool fresh;
	__u64 w;

	for (size_t i = 0; i + SW_WINDOW_BYTES <= n; i++) {
		w = window_of(byte + i);
		if (!sw_hash_put(&in->everyday, &w, &fresh))
			return sw_fail(e, SW_EXIT_FAILED, "out of memory");
		in->crowded[sw_window_hash(w) / 64] |= 1ull << sw_window_hash(w) % 64;
	}
	return 0;
}

int sw_profile_make(struct sw_rules_internal *in, struct sw_err *e)
{
	in->gram = calloc(SW_GRAM_BITS, sizeof(*in->gram));
	in->pair = calloc(65536, sizeof(*in->pair));
	in->byte = calloc(256, sizeof(*in->byte));
	in->crowded = calloc((1 << SW_WINDOW_BITS) / 64, sizeof(*in->crowded));
	in->everyday = (struct sw_hash){.key = sizeof(__u64), .size = sizeof(__u64)};
	if (!in->gram || !in->pair || !in->byte || !in->crowded)
		return sw_fail(e, SW_EXIT_FAILED, "out of memory");
	in->gram[sw_gram_bit((__u32)BLANKS)] = PADDED_TIMES;
	count_grams(in, sw_common_words);
	for (const char *const *text = sw_everyday; *text; text++) {
		count_grams(in, *text);
		if (count_windows(in, *text, e))
			return -1;
	}
	return 0;
}

/* How often its bytes would follow each other in texts like those of the profile, if
 * each depended on the one before alone: there are more words than the profile has. */
static __u32 likely(const struct sw_rules_internal *in, __u32 gram)
{
	const __u8 *byte = (const __u8 *)&gram;
	__u64 all = MET_COST;

	for (int i = 0; i + 2 <= GRAM_BYTES; i++)
		all *= in->pair[pair_of(byte + i)];
	return all ? all / in->byte[byte[1]] / in->byte[byte[2]] : 0;
}

__u32 sw_gram_cost(const struct sw_rules_internal *in, __u32 gram)
{
	return in->gram[sw_gram_bit(gram)] * MET_COST + likely(in, gram);
}

/* How often the filter would stop for it, and find it. */
static __u32 cost_of(const struct sw_rules_internal *in, const __u8 *byte)
{
	__u32 sum = 0, least = ~0u, cost;

	for (int i = 0; i + GRAM_BYTES <= SW_WINDOW_BYTES; i++) {
		cost = sw_gram_cost(in, gram_of(byte + i));
		sum += cost;
		least = cost < least ? cost : least;
	}
	/* Runs of one byte, zeros above all, fill what is padded. */
	for (int i = 1; i < SW_WINDOW_BYTES; i++)
		sum += byte[i] == byte[i - 1] ? 4 * MET_COST : 0;
	return sum + 4 * least;
}

/* Keeps the list in order. */
static void consider(struct kept *k, __u64 window, __u32 cost)
{
	int at = k->windows;

	for (int i = 0; i < k->windows; i++)
		if (k->window[i] == window)
			return;
	while (at > 0 && k->cost[at - 1] > cost)
		at--;
	if (at == WINDOWS_KEPT)
		return;
	if (k->windows < WINDOWS_KEPT)
		k->windows++;
	for (int i = k->windows - 1; i > at; i--) {
		k->window[i] = k->window[i - 1];
		k->cost[i] = k->cost[i - 1];
	}
	k->window[at] = window;
	k->cost[at] = cost;
}

/* Printable, for a sentence. */
static const char *printable(const __u8 *byte, int length, char buf[64])
{
	char *at = buf;

	for (int i = 0; i < length && i < 14; i++)
		at += byte[i] >= ' ' && byte[i] <= '~' ? sprintf(at, "%c", byte[i])
						       : sprintf(at, "\\x%02x", byte[i]);
	*at = 0;
	return buf;
}

/* Names of header lines stand in the payload, but what ends them does not; nor does
 * an answer's status in all of its segments. */
static bool stands_in_payload(const struct part *p, int at, int length)
{
	if (p->c.buffer == SW_BUFFER_STATUS)
		return false;
	return p->c.buffer != SW_BUFFER_NAMES ||
	       (!memchr(p->byte + at, '\r', length) && !memchr(p->byte + at, '\n', length));
}

/* The filter would take everyday words for it, and look it up in vain. */
static bool is_crowded(const struct sw_rules_internal *in, __u64 w)
{
	__u32 h = sw_window_hash(w);

	return in->crowded[h / 64] >> h % 64 & 1;
}

static void consider_part(const struct sw_rules_internal *in, const struct part *p, struct kept *k,
			  int *everyday)
{
	__u64 w;

	for (int i = 0; i + SW_WINDOW_BYTES <= p->length; i++) {
		w = window_of(p->byte + i);
		if (!stands_in_payload(p, i, SW_WINDOW_BYTES))
			continue;
		if (sw_hash_find(&in->everyday, &w))
			++*everyday;
		else
			consider(k, w, cost_of(in, p->byte + i) + is_crowded(in, w) * CROWDED_COST);
	}
}

/* On ports with requests, such a window would match each of them. */
static int only_everyday(const struct part *p, const struct kept *k, char **warning,
			 struct refusal *no)
{
	char text[64];

	printable(p->byte, p->length, text);
	if (k->rule.flags & SW_RULE_HTTP)
		return sw_refuse(
			no, SW_REFUSAL_COMMON,
			"\"%s\" is in everyday traffic, and it has nothing rarer to be searched "
			"for",
			text);
	if (asprintf(warning,
		     "\"%s\" is common in ordinary traffic, and there is no rarer content to "
		     "search for: "
		     "it is "
		     "tried on every payload to its ports",
		     text) < 0)
		*warning = NULL;
	return 0;
}

/* Looked for in all of the text, and by a rule whose contents stand anywhere;
 * those at a fixed place are found out sooner by trying. */
static void choose_pair(const struct sw_rules_internal *in, const struct draft *d, struct kept *k)
{
	int best = 0xffff, count;

	k->rule.pair = 0;
	for (int i = 0; i < d->parts; i++) {
		const struct part *p = &d->part[i];

		if (p->c.type != SW_CONDITION_CONTENT || p->c.flags & SW_CONDITION_NOT)
			continue;
		if ((p->starts || (p->has_depth && p->depth <= PAIR_DEPTH)) &&
		    !(k->rule.flags & SW_RULE_HTTP)) {
			k->rule.pair = 0;
			return;
		}
		for (int at = 0; at + 2 <= p->length; at++) {
			count = in->pair[pair_of(p->byte + at)];
			if (count < best && stands_in_payload(p, at, 2)) {
				best = count;
				k->rule.pair = pair_of(p->byte + at);
			}
		}
	}
}

int sw_rule_windows(const struct sw_rules_internal *in, const struct draft *d, struct kept *k,
		    char **warning, struct refusal *no)
{
	int everyday = 0, longest = -1;
	char text[64];

	k->window = calloc(WINDOWS_KEPT, sizeof(*k->window));
	k->cost = calloc(WINDOWS_KEPT, sizeof(*k->cost));
	if (!k->window || !k->cost)
		return sw_refuse(no, SW_REFUSAL_MEMORY, "out of memory");
	for (int i = 0; i < d->parts; i++) {
		const struct part *p = &d->part[i];

		if (p->c.type != SW_CONDITION_CONTENT || p->c.flags & SW_CONDITION_NOT)
			continue;
		consider_part(in, p, k, &everyday);
		if (longest < 0 || p->length > d->part[longest].length)
			longest = i;
	}
	if (!k->windows)
		choose_pair(in, d, k);
	if (!k->windows && everyday)
		return only_everyday(&d->part[longest], k, warning, no);
	if (k->windows && k->cost[0] >= COMMON_COST &&
	    asprintf(warning,
		     "parts of \"%.7s\", for which it is searched, are common: it may be tried "
		     "often",
		     printable((const __u8 *)&k->window[0], SW_WINDOW_BYTES, text)) < 0)
		*warning = NULL;
	return 0;
}
