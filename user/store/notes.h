/* SPDX-License-Identifier: GPL-2.0-only */
/* Rows before and after a change, noted while they change and packed for the record. */
#ifndef SCANWALL_NOTES_H
#define SCANWALL_NOTES_H

#include "store/changes.h"

#define SW_NOTE_PARTS 3	 /* key, columns before, columns after */
#define SW_NOTE_KEYS 2	 /* columns of the longest key */
#define SW_NOTE_VALUES 4 /* and of the longest rest */

#define SW_NOTE_CLAIM_KEY 28 /* bytes of a claim's */

/* A note as it lies there. */
struct sw_note_parts {
	const unsigned char *part[SW_NOTE_PARTS]; /* NULL: no note had any yet */
	uint16_t size[SW_NOTE_PARTS];
	unsigned char kind, flags;
};

/* Claims told by the steps between their addresses (store/note_format.h). */
struct sw_note_run {
	const unsigned char *like[4]; /* by flags: the last key that was told whole; or NULL */
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
	size_t size, full;    /* packed, and before that */
};

/* Between the two calls SQLite's hooks do nothing, for rows that are noted otherwise. */
void sw_notes_pause(struct sw_store *s);
void sw_notes_resume(struct sw_store *s);
/* What was noted since the last commit: SQLite has rolled back while they did nothing. */
void sw_notes_forget(struct sw_store *s);
/* A row of claim where there was none; key: as it stands there. No notes taken: nothing. */
void sw_note_new_claim(struct sw_store *s, const unsigned char *key, int64_t origin,
		       const struct sw_claim *c);
/* What the store has noted, one note a row in order of their keys, compressed; nothing: size
 * 0. The notes are gone then. */
int sw_notes_pack(struct sw_store *s, struct sw_packed *out, struct sw_err *e);
/* The note at *at, which moves behind it. n: the last one read, zeros before the first. -1:
 * these are no notes. */
int sw_note_read(const unsigned char *bytes, size_t size, size_t *at, struct sw_note *n);

#endif
