// SPDX-License-Identifier: GPL-2.0-only
/* Stubs of the ncurses functions that `top` uses, loaded late (base/late.h). */
#define NCURSES_NOMACROS
#include <curses.h>
#include <stdarg.h>
#include <unistd.h>
#include <term.h>
#include "base/late.h"
#include "cli/verbs/top_screen.h"

static struct sw_late library = {.file = "libncursesw.so.6"};

/* Copies the library's variables after each call that may change them. */
WINDOW *stdscr;
int COLS, LINES;

#define LATE(name, declared, passed) SW_LATE(library, int, name, declared, passed)

LATE(COLOR_PAIR, (int pair), (pair))
LATE(addstr, (const char *text), (text))
LATE(attroff, (int attributes), (attributes))
LATE(attron, (int attributes), (attributes))
LATE(cbreak, (void), ())
LATE(curs_set, (int visibility), (visibility))
LATE(def_prog_mode, (void), ())
LATE(echo, (void), ())
LATE(endwin, (void), ())
LATE(erase, (void), ())
LATE(getnstr, (char *text, int most), (text, most))
SW_LATE(library, bool, has_colors, (void), ())
LATE(init_pair, (short pair, short text, short ground), (pair, text, ground))
LATE(keypad, (WINDOW * window, bool on), (window, on))
LATE(move, (int line, int column), (line, column))
LATE(noecho, (void), ())
LATE(refresh, (void), ())
LATE(reset_prog_mode, (void), ())
LATE(setupterm, (const char *name, int fd, int *status), (name, fd, status))
LATE(start_color, (void), ())
SW_LATE(library, char *, tigetstr, (const char *name), (name))
LATE(use_default_colors, (void), ())
LATE(vw_printw, (WINDOW * window, const char *format, va_list ap), (window, format, ap))

void timeout(int ms)
{
	static __typeof__(timeout) *found;

	if (!found)
		found = sw_late_find(&library, "timeout");
	found(ms);
}

bool sw_top_screen_works(void)
{
	const char *move_to;
	int status;

	if (setupterm(NULL, STDOUT_FILENO, &status) == ERR)
		return false;
	move_to = tigetstr("cup");
	return move_to && move_to != (const char *)-1;
}

static void take_size(void)
{
	COLS = *(int *)sw_late_find(&library, "COLS");
	LINES = *(int *)sw_late_find(&library, "LINES");
}

WINDOW *initscr(void)
{
	__typeof__(initscr) *found = sw_late_find(&library, "initscr");

	stdscr = found();
	take_size();
	return stdscr;
}

/* The terminal may have been resized meanwhile. */
int getch(void)
{
	__typeof__(getch) *found = sw_late_find(&library, "getch");
	int key = found();

	take_size();
	return key;
}

int printw(const char *format, ...)
{
	va_list ap;
	int rc;

	va_start(ap, format);
	rc = vw_printw(stdscr, format, ap);
	va_end(ap);
	return rc;
}

int mvprintw(int line, int column, const char *format, ...)
{
	va_list ap;
	int rc;

	if (move(line, column) == ERR)
		return ERR;
	va_start(ap, format);
	rc = vw_printw(stdscr, format, ap);
	va_end(ap);
	return rc;
}
