// SPDX-License-Identifier: GPL-2.0-only
/* Hash table (hash.h): linear probing, at most half full. */
#include <scanwall/dropset.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include "base/hash.h"

static __u64 seed[4];

static uint32_t hash_of(const void *key, size_t size)
{
	__u64 x = size, word;

	/* Secret, so that nobody can craft a file whose keys collide. */
	if (!seed[0] && getrandom(seed, sizeof(seed), 0) != sizeof(seed))
		seed[0] = 1;
	for (size_t at = 0; at < size; at += sizeof(word)) {
		word = 0;
		memcpy(&word, (const char *)key + at,
		       size - at < sizeof(word) ? size - at : sizeof(word));
		x = sw_hash64(x + word * (seed[3] | 1), seed);
	}
	return x >> 32;
}

void *sw_hash_at(const struct sw_hash *h, size_t i)
{
	return h->item + i * h->size;
}

static uint32_t *slot_of(const struct sw_hash *h, const void *key)
{
	size_t at = hash_of(key, h->key) & (h->slots - 1);

	while (h->slot[at] && memcmp(sw_hash_at(h, h->slot[at] - 1), key, h->key) != 0)
		at = (at + 1) & (h->slots - 1);
	return &h->slot[at];
}

void *sw_hash_find(const struct sw_hash *h, const void *key)
{
	uint32_t *slot;

	if (!h->count)
		return NULL;
	slot = slot_of(h, key);
	return *slot ? sw_hash_at(h, *slot - 1) : NULL;
}

static bool grow(struct sw_hash *h)
{
	size_t room = h->room ? 2 * h->room : 32;
	void *item = reallocarray(h->item, room, h->size);
	uint32_t *slot;

	if (!item)
		return false;
	h->item = item;
	slot = calloc(2 * room, sizeof(*slot));
	if (!slot)
		return false;
	free(h->slot);
	h->slot = slot;
	h->slots = 2 * room;
	h->room = room;
	for (size_t i = 0; i < h->count; i++)
		*slot_of(h, sw_hash_at(h, i)) = i + 1;
	return true;
}

void *sw_hash_put(struct sw_hash *h, const void *key, bool *fresh)
{
	void *found = sw_hash_find(h, key);

	*fresh = !found;
	if (found)
		return found;
	if (h->count == h->room && !grow(h))
		return NULL;
	*slot_of(h, key) = h->count + 1;
	found = sw_hash_at(h, h->count++);
	memset(found, 0, h->size);
	memcpy(found, key, h->key);
	return found;
}

void sw_hash_clear(struct sw_hash *h)
{
	free(h->item);
	free(h->slot);
	*h = (struct sw_hash){.key = h->key, .size = h->size};
}
