/* SPDX-License-Identifier: GPL-2.0-only */
/* Errors: a function returns -1 and sets a sentence for the operator and the command's exit
 * code. */
#ifndef SCANWALL_ERR_H
#define SCANWALL_ERR_H

enum sw_exit {
	SW_EXIT_OK = 0,
	SW_EXIT_FAILED = 1,
	SW_EXIT_USAGE = 2,     /* usage or a bad value; nothing was changed */
	SW_EXIT_ABSENT = 3,    /* no such, or there already; with --strict only */
	SW_EXIT_NOT_THERE = 4, /* the program or the daemon is not running */
	SW_EXIT_PERM = 5,      /* not permitted */
	SW_EXIT_GUARD = 6,     /* refused by a guard */
	SW_EXIT_DROP = 10,     /* `test`: the packet would be dropped */
};

struct sw_err {
	enum sw_exit exit;
	char text[1024]; /* one sentence, no newline at its end */
};

/* `e` may be NULL. What of the arguments could act on a terminal is written out
 * (visible.h). */
void sw_err_set(struct sw_err *e, enum sw_exit code, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* The same, and -1, which so the compiler and the static analyzer see. */
#define sw_fail(e, code, ...)                     \
	__extension__({                           \
		sw_err_set(e, code, __VA_ARGS__); \
		-1;                               \
	})

/* Of a file that the operator has named and that cannot be opened; err: an errno. Not
 * there, or no such thing, is a bad value. */
enum sw_exit sw_exit_of_file(int err);

#endif
