/* SPDX-License-Identifier: GPL-2.0-only */
/* Keys for hidden services: STATE_DIR/keys, for root only, beside the record, which
 * a group may read. One a line: NAME, 32 hexadecimal digits, microseconds since
 * 1970. What a user is given is a line of it, or its first two words. */
#ifndef SCANWALL_KEY_FILE_H
#define SCANWALL_KEY_FILE_H

#include <stdbool.h>
#include <stdint.h>
#include <scanwall/abi.h>
#include "base/err.h"

#define SW_KEY_NAME 33
#define SW_KEY_TEXT 33

struct sw_key {
	char name[SW_KEY_NAME];
	__u64 key[2];
	int64_t since; /* us; 0: not said */
};

bool sw_key_is_name(const char *name);
/* Identifies in a knock the key that it was made with. */
__be64 sw_key_id(const struct sw_key *k);
const char *sw_key_text(const struct sw_key *k, char buf[SW_KEY_TEXT]);

/* *k is malloc'ed, even if there are none. Returns the number, or -1. */
int sw_keys_read(const char *state_dir, struct sw_key **k, struct sw_err *e);
/* Writes all or nothing. */
int sw_keys_write(const char *state_dir, const struct sw_key *k, int n, struct sw_err *e);
/* Reads the first key of a user's file, which must not be readable by others. */
int sw_key_of_user(const char *path, struct sw_key *k, struct sw_err *e);

#endif
