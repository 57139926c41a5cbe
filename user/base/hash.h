/* SPDX-License-Identifier: GPL-2.0-only */
/* A hash table of items of one size that begin with their key. Items keep the
 * order in which they came, and never leave. */
#ifndef SCANWALL_HASH_H
#define SCANWALL_HASH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sw_hash {
	size_t key, size; /* size of a key, and of an item including its key */
	size_t count;
	size_t room;	/* items that item[] has room for */
	uint32_t *slot; /* item + 1; 0: free */
	size_t slots;	/* a power of two */
	char *item;
};

/* Starts empty. Padding in keys must be set. */
#define SW_HASH_OF(type, key_member)                                         \
	{                                                                    \
		.key = sizeof(((type *)0)->key_member), .size = sizeof(type) \
	}

/* Both return the item or NULL. put adds an item, zeroed after its key; NULL: out of memory. The
 * pointer is valid until the next put. */
void *sw_hash_find(const struct sw_hash *h, const void *key);
void *sw_hash_put(struct sw_hash *h, const void *key, bool *fresh);
/* In order of insertion; i < count. */
void *sw_hash_at(const struct sw_hash *h, size_t i);
/* Frees all items; the table may be used again. */
void sw_hash_clear(struct sw_hash *h);

#endif
