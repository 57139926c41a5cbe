/* SPDX-License-Identifier: GPL-2.0-only */
/* Example payloads for rules, from tests/rules, whose README describes their format. */
#ifndef TESTS_EXAMPLES_H
#define TESTS_EXAMPLES_H

#include <stddef.h>
#include <stdint.h>

#define EXAMPLE_SIDS 8
#define EXAMPLE_BYTES 1460

enum example_kind {
	EXAMPLE_HIT,  /* just these rules are hit */
	EXAMPLE_MISS, /* this rule is not, and the packet passes */
	EXAMPLE_PASS, /* just these are, and the packet passes */
};

struct example {
	const char *file;
	unsigned line;
	enum example_kind kind;
	uint32_t sid[EXAMPLE_SIDS];
	int sids;
	uint8_t proto; /* IPPROTO_TCP or UDP */
	uint16_t port;
	unsigned times; /* it is sent; what is said is of the last */
	uint8_t payload[EXAMPLE_BYTES];
	size_t length;
	size_t cut; /* where its second segment begins; 0: there is none */
};

/* Fails the test that is running when the file cannot be read. */
void examples_read(const char *path, void (*each)(const struct example *x, void *arg), void *arg);

#endif
