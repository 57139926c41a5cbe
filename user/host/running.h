/* SPDX-License-Identifier: GPL-2.0-only */
/* Does the attached program see the packets of its interface? A link alone does not prove it. */
#ifndef SCANWALL_RUNNING_H
#define SCANWALL_RUNNING_H

#include "engine/engine.h"
#include "host/findings.h"

struct sw_running {
	unsigned int prog_id; /* the pinned one; 0: there is none */
	bool counted;	      /* the following is known; needs CAP_SYS_ADMIN */
	__u64 received;	      /* packets on all its interfaces while we watched */
	__u64 runs;	      /* runs of the program meanwhile */
};

/* Watches for at most a third of a second, and for three more seconds if packets arrive but the
 * program seems not to run, because some drivers update counters late. */
void sw_running_look(const char *pin_dir, const struct sw_attachment *at, int n,
		     struct sw_running *out);
enum sw_finding sw_running_say(const struct sw_running *r, char *text, size_t size);

#endif
