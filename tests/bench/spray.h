/* SPDX-License-Identifier: GPL-2.0-only */
/* bench spray IFACE ADDRESS MAC SOURCES PER_SECOND SEED: a SYN from each of so
 * many forged sources, to closed ports, out of an interface whose other end has
 * an XDP program. For tests/bench/lab.sh. */
#ifndef BENCH_SPRAY_H
#define BENCH_SPRAY_H

int spray_main(int argc, char **argv);

#endif
