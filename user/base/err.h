/* SPDX-License-Identifier: GPL-2.0-only */
/* Errors: a function returns -1 and sets a sentence for the operator and the command's exit
 * code. */
#ifndef SCANWALL_ERR_H
#define SCANWALL_ERR_H

enum sw_exit {
	SW_EXIT_OK = 0,
	SW_EXIT_FAILED = 1,
	SW_EXIT_USAGE = 2,     /* usage or a bad value; nothing was changed */
	SW_EXIT_ABSENT = 3,    /* not found, or already there; with --strict only */
	SW_EXIT_NOT_THERE = 4, /* the program or the daemon is not running */
	SW_EXIT_PERM = 5,      /* not permitted */
	SW_EXIT_GUARD = 6,     /* refused by a guard */
	SW_EXIT_DROP = 10,     /* `test`: the packet would be dropped */
};

struct sw_err {
	enum sw_exit exit;
	char text[1024]; /* one sentence, without a newline */
};

/* `e` may be NULL. Characters that could act on a terminal are escaped (visible.h). */
void sw_err_set(struct sw_err *e, enum sw_exit code, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* The same, as an expression of value -1, so that compiler and static analyzer see it. */
#define sw_fail(e, code, ...)                     \
	__extension__({                           \
		sw_err_set(e, code, __VA_ARGS__); \
		-1;                               \
	})

/* Exit code for a file named by the operator that cannot be opened; err: errno. A file that does
 * not exist is a bad value. */
enum sw_exit sw_exit_of_file(int err);

#endif
