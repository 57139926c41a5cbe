/* SPDX-License-Identifier: GPL-2.0-only */
/* The parts of tests/bench/proof/lab.sh that have to be fast or exact. */
#ifndef PROOF_LAB_H
#define PROOF_LAB_H

/* Each takes its own arguments, from argv[1] on, and returns an exit code. */
int flood_main(int argc, char **argv);
int serve_main(int argc, char **argv);
int visit_main(int argc, char **argv);

#endif
