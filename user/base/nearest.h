/* SPDX-License-Identifier: GPL-2.0-only */
/* The most similar known word, for "did you mean". */
#ifndef SCANWALL_NEAREST_H
#define SCANWALL_NEAREST_H

/* The known word nearest to `word`, at an edit distance of at most a third of its length
 * (Levenshtein with transpositions). NULL: none. */
const char *sw_nearest(const char *word, const char *const *known, int n);

#endif
