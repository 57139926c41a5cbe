// SPDX-License-Identifier: GPL-2.0-only
/* The command-line helper of tests/bench/proof/lab.sh. */
#include <stdio.h>
#include <string.h>
#include "lab.h"

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		int (*run)(int argc, char **argv);
	} part[] = {{"flood", flood_main}, {"serve", serve_main}, {"visit", visit_main}};

	for (size_t i = 0; argc > 1 && i < sizeof(part) / sizeof(part[0]); i++)
		if (!strcmp(argv[1], part[i].name))
			return part[i].run(argc - 1, argv + 1);
	fputs("usage: proof-lab flood|serve|visit ARG...\n", stderr);
	return 2;
}
