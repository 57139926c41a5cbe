/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A note is: kind, flags, then three parts with their lengths: the key, and the other
 * columns before and after. A number is 8 bytes; a text or blob its length and bytes. A
 * length is 2 bytes; of a wide note those of the parts are 4, and so is that of a text or
 * blob behind 2 bytes of ones.
 * Columns that are those of the last note that had some are left out: a list's entries
 * mostly came together and end together.
 *
 * In the record such notes of claims become runs: kind and flags, then a number for each
 * claim: by how much the last four bytes of its address are more than those of the note
 * before, times four, and its flags WAS and BECAME. The rest of its key is that of the last
 * note with the same two flags: what goes and what comes have mostly one origin each. Of a
 * number seven bits stand in a byte, the lowest first; the top bit says that more follow. A
 * zero ends the run. A list of a million addresses then takes two or three bytes each.
 */
#ifndef SCANWALL_NOTE_FORMAT_H
#define SCANWALL_NOTE_FORMAT_H

#include "store/internal.h"
#include "store/notes.h"

#define SW_NOTE_WAS 1
#define SW_NOTE_BECAME 2
#define SW_NOTE_SAME 4 /* its columns before and after equal those of the last note */
#define SW_NOTE_RUN 8
#define SW_NOTE_WIDE 16
#define SW_NOTE_STEP_FLAGS (SW_NOTE_WAS | SW_NOTE_BECAME)
#define SW_NOTE_STEP_SHIFT 2
#define SW_NOTE_HEAD (2 + SW_NOTE_PARTS * sizeof(uint16_t))
#define SW_NOTE_WIDE_HEAD (2 + SW_NOTE_PARTS * sizeof(uint32_t))
#define SW_NOTE_LONG 0xffff /* the length follows in 4 bytes */

#define SW_NOTE_TABLES 4

struct sw_note_table {
	const char *name, *keys, *values;
};

extern const struct sw_note_table sw_note_tables[SW_NOTE_TABLES]; /* by enum sw_row_kind */

/* Offsets of the previous note's columns; 0: it had none. */
struct sw_noted_last {
	int kind; /* -1: no previous note */
	size_t before, after;
	uint32_t before_size, after_size;
};

#define SW_NOTED_NOTHING ((struct sw_noted_last){.kind = -1})

struct sw_notes {
	unsigned char *data;
	size_t size, room;
	/* Size at the last commit that began, and at the last that succeeded: a failed one is
	 * rolled back before anything else is noted. */
	size_t committing, committed;
	struct sw_noted_last last;
	bool failed;
};

void sw_notes_add(struct sw_notes *n, const void *from, size_t size);
bool sw_note_is_wide(const uint32_t part[SW_NOTE_PARTS]);
/* to: SW_NOTE_HEAD bytes, or SW_NOTE_WIDE_HEAD if flags say so. Returns how many. */
size_t sw_note_put_head(unsigned char *to, int kind, int flags, const uint32_t part[SW_NOTE_PARTS]);

#endif
