/* SPDX-License-Identifier: GPL-2.0-only */
/* The live screen of `top`. */
#ifndef SCANWALL_TOP_SCREEN_H
#define SCANWALL_TOP_SCREEN_H

#include "cli/cli.h"

/* Runs until q is pressed; restores the terminal. */
int sw_top_screen(struct sw_call *c, struct sw_err *e);

/* Whether this terminal can show it. Ends the process where the library is missing. */
bool sw_top_screen_works(void);

#endif
