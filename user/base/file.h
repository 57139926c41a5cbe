/* SPDX-License-Identifier: GPL-2.0-only */
/* Files of the state directory, of which anything may have become. */
#ifndef SCANWALL_FILE_H
#define SCANWALL_FILE_H

#include <stdio.h>

/* As fopen(path, "re"), but a FIFO, which nobody may ever write to, is refused (EINVAL). */
FILE *sw_file_open(const char *path);

#endif
