/* SPDX-License-Identifier: GPL-2.0-only */
/* Files that the daemon and the resolver read of each other (host_names.h, visitors.h):
 * neither trusts what the other has put there, and a reader sees a whole file only. */
#ifndef SCANWALL_EXCHANGE_H
#define SCANWALL_EXCHANGE_H

#include <stdio.h>

/* To read, never by way of a link and never waiting for a pipe. NULL with errno; ENOENT:
 * there is none yet. Closed by the caller. `at` as of openat(). */
FILE *sw_exchange_open(int at, const char *file);
/* Beside the file; NULL with errno. */
FILE *sw_exchange_begin(int at, const char *file);
/* Closes f and renames it over the file, with that mode. -1 with errno on failure. */
int sw_exchange_end(FILE *f, int at, const char *file, unsigned mode);

#endif
