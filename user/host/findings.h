/* SPDX-License-Identifier: GPL-2.0-only */
/* `scanwall doctor`: checks for everything that can keep scanwall from working. */
#ifndef SCANWALL_FINDINGS_H
#define SCANWALL_FINDINGS_H

#include <sys/types.h>
#include "blocklist/blocklist.h"

enum sw_finding { SW_GOOD, SW_DOUBTFUL, SW_WRONG };

struct sw_check {
	char name[24];	/* "kernel", "driver" */
	char about[32]; /* "eth0"; "" for the host */
	enum sw_finding finding;
	char text[512]; /* the finding, and what to do about it */
};

struct sw_checkup {
	struct sw_check *item;
	size_t count, room;
};

struct sw_patient {
	const char *pin_dir, *state_dir, *config_file;
	pid_t daemon; /* 0: none runs */
};

/* Runs all checks; fails only if out of memory. */
int sw_doctor(const struct sw_patient *p, struct sw_checkup *out, struct sw_err *e);
void sw_doctor_free(struct sw_checkup *l);

#endif
