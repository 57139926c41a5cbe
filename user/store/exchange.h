/* SPDX-License-Identifier: GPL-2.0-only */
/* Files that the daemon and the resolver read of each other (host_names.h, visitors.h):
 * neither trusts what the other has put there, and a reader sees a whole file only. */
#ifndef SCANWALL_EXCHANGE_H
#define SCANWALL_EXCHANGE_H

#include <stdio.h>

/* Opens for reading; follows no symbolic link and does not block on a pipe. NULL with errno;
 * ENOENT: not there yet. The caller closes it. `at` as in openat(). */
FILE *sw_exchange_open(int at, const char *file);
/* Opens a temporary file beside it for writing; NULL with errno. */
FILE *sw_exchange_begin(int at, const char *file);
/* Closes f and renames it over the file, with that mode. -1 with errno on failure. */
int sw_exchange_end(FILE *f, int at, const char *file, unsigned mode);

#endif
