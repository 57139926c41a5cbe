/* SPDX-License-Identifier: GPL-2.0-only */
/* The most similar known word, for "did you mean". */
#ifndef SCANWALL_NEAREST_H
#define SCANWALL_NEAREST_H

/* The known word that `word` was probably meant to be: at most a third of its
 * letters away (Levenshtein, neighbours swapped count one). NULL: none. */
const char *sw_nearest(const char *word, const char *const *known, int n);

#endif
