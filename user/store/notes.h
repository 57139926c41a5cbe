/* SPDX-License-Identifier: GPL-2.0-only */
/* Rows before and after a change, noted while they change and packed for the record. */
#ifndef SCANWALL_NOTES_H
#define SCANWALL_NOTES_H

#include "store/changes.h"

#define SW_NOTE_PARTS 3	 /* key, columns before, columns after */
#define SW_NOTE_KEYS 2	 /* columns of the longest key */
#define SW_NOTE_VALUES 4 /* and of the longest rest */

#define SW_NOTE_CLAIM_KEY 28 /* bytes of a claim's */

/* A note as stored. */
struct sw_note_parts {
	const unsigned char *part[SW_NOTE_PARTS]; /* NULL: no note had any so far */
	uint32_t size[SW_NOTE_PARTS];
	unsigned char kind, flags;
};

/* Claims encoded as steps between their addresses (store/note_format.h). */
struct sw_note_run {
	const unsigned char *like[4]; /* by flags: the last complete key, or NULL */
	uint32_t low;		      /* the end of the last address */
	unsigned char key[SW_NOTE_CLAIM_KEY];
	bool open;
};

struct sw_value {
	int64_t number;
	const char *bytes; /* not closed by NUL */
	int size;
};

struct sw_note {
	enum sw_row_kind kind;
	bool was, became;
	struct sw_value key[SW_NOTE_KEYS];
	struct sw_value before[SW_NOTE_VALUES], after[SW_NOTE_VALUES];
	/* For the next one: */
	struct sw_note_parts parts;
	struct sw_note_run run;
};

struct sw_packed {
	unsigned char *bytes; /* malloc'ed */
	size_t size, full;    /* packed, and unpacked */
};

/* Between the two calls SQLite's hooks are off, for rows that the caller notes itself. */
void sw_notes_pause(struct sw_store *s);
void sw_notes_resume(struct sw_store *s);
/* Drops what was noted since the last commit, after a rollback while the hooks were off. */
void sw_notes_forget(struct sw_store *s);
/* Notes a new row of claim; key as in the table. Does nothing if no notes are taken. */
void sw_note_new_claim(struct sw_store *s, const unsigned char *key, int64_t origin,
		       const struct sw_claim *c);
/* Takes the store's notes: one per row, ordered by key, compressed; size 0: none. */
int sw_notes_pack(struct sw_store *s, struct sw_packed *out, struct sw_err *e);
/* Reads the note at *at and advances it. n: the last note read, zeros before the first. -1:
 * invalid. */
int sw_note_read(const unsigned char *bytes, size_t size, size_t *at, struct sw_note *n);

#endif
