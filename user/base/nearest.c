// SPDX-License-Identifier: GPL-2.0-only
/* The most similar known word, for "did you mean". */
#include <stddef.h>
#include <string.h>
#include "base/nearest.h"

#define LONGEST 48

static int least(int a, int b, int c)
{
	int m = a < b ? a : b;

	return m < c ? m : c;
}

/* Optimal string alignment: three rows of the usual table. */
static int distance(const char *a, const char *b)
{
	int row[3][LONGEST + 1];
	int la = strlen(a), lb = strlen(b);
	int *prev2, *prev, *cur;

	if (la > LONGEST || lb > LONGEST)
		return LONGEST;
	for (int j = 0; j <= lb; j++)
		row[0][j] = j;
	for (int i = 1; i <= la; i++) {
		cur = row[i % 3];
		prev = row[(i + 2) % 3];
		prev2 = row[(i + 1) % 3];
		cur[0] = i;
		for (int j = 1; j <= lb; j++) {
			cur[j] = least(prev[j] + 1, cur[j - 1] + 1,
				       prev[j - 1] + (a[i - 1] != b[j - 1]));
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] &&
			    prev2[j - 2] + 1 < cur[j])
				cur[j] = prev2[j - 2] + 1;
		}
	}
	return row[la % 3][lb];
}

const char *sw_nearest(const char *word, const char *const *known, int n)
{
	int limit = 1 + (int)strlen(word) / 3, best = limit + 1, d;
	const char *found = NULL;

	for (int i = 0; i < n; i++) {
		d = distance(word, known[i]);
		if (d < best) {
			best = d;
			found = known[i];
		}
	}
	return found;
}
