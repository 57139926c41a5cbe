// SPDX-License-Identifier: GPL-2.0-only
/* The live screen of `top`: headline, two graphs, sources, newest events, keys. */
#define NCURSES_NOMACROS /* they are functions of libncurses.c */
#include <curses.h>
#include <langinfo.h>
#include <locale.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include "base/duration.h"
#include "views/human.h"
#include "cli/verbs/top_data.h"
#include "cli/verbs/top_screen.h"

#define SECOND 1000	/* ms */
#define LEAST_SOURCE 15 /* columns */
#define MOST_SOURCE 24
#define LEAST_COLUMNS 80
#define LEAST_LINES 24

enum colour { RED = 1, YELLOW, GREEN };

struct screen {
	const struct sw_globals *g;
	struct sw_top_data data;
	enum sw_top_sort sort;
	char filter[64];
	size_t at;     /* the selected row, of those shown */
	size_t first;  /* at the top of the list */
	size_t *shown; /* which rows pass the filter */
	size_t shown_count;
	bool frozen;
	bool stale; /* rows must be sorted and filtered again */
	char message[256];
};

static volatile sig_atomic_t ended;

static void on_signal(int number)
{
	(void)number;
	ended = 1;
}

static void paint(int colour, bool on)
{
	if (has_colors())
		(on ? attron : attroff)(COLOR_PAIR(colour) | A_BOLD);
}

/* ---- parts of the screen */

static int alarms(const struct screen *s)
{
	int n = 0;

	while (n < SW_TOP_ALARMS && s->data.alarm[n][0])
		n++;
	return n;
}

/* The line of the sources' titles. */
static int head(const struct screen *s)
{
	return 3 + alarms(s);
}

static void graph(int line, int column, const double *history, int width)
{
	static const char *const blocks[] = {" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
	static const char *const ascii[] = {" ", ".", ":", "-", "=", "+", "*", "%", "#"};
	const char *const *level = strcmp(nl_langinfo(CODESET), "UTF-8") != 0 ? ascii : blocks;
	double most = 1;

	for (int i = 0; i < SW_TOP_HISTORY; i++)
		if (history[i] > most)
			most = history[i];
	move(line, column);
	for (int i = SW_TOP_HISTORY - width; i < SW_TOP_HISTORY; i++)
		addstr(level[(int)(history[i] * 8 / most + 0.999)]);
}

/* What concerns the whole, the most important first: the end may be cut off. */
static void put_facts(const struct screen *s, char *buf, size_t size)
{
	const struct sw_top_data *d = &s->data;
	char left[SW_HUMAN_TEXT];
	size_t n = 0;

	buf[0] = 0;
	if (d->trial_left)
		n += snprintf(buf, size, " on trial, %s left",
			      sw_human_left(sw_now() + d->trial_left, left));
	n += snprintf(buf + n, size - n, "%s%s   %s blocked  %s watched",
		      s->frozen ? "  FROZEN" : "", d->has_daemon ? "" : "  NO DAEMON",
		      sw_cli_count(d->blocked), sw_cli_count(d->watched));
	if (d->lost)
		n += snprintf(buf + n, size - n, "  events lost %s", sw_cli_count(d->lost));
	if (d->capped)
		snprintf(buf + n, size - n, "  capped %s", sw_cli_count(d->capped));
}

static void headline(const struct screen *s)
{
	const struct sw_top_data *d = &s->data;
	int colour = d->panic ? RED : d->mode == SW_ENFORCE ? GREEN : YELLOW;
	const char *mode = d->panic		   ? "PANIC: everything passes"
			   : d->mode == SW_ENFORCE ? "ENFORCE"
						   : "DETECT";
	char facts[256];
	int rest;

	mvprintw(0, 0, "scanwall %s  ", SW_VERSION);
	paint(colour, true);
	addstr(mode);
	paint(colour, false);
	put_facts(s, facts, sizeof(facts));
	rest = COLS - (int)strlen("scanwall " SW_VERSION "  ") - (int)strlen(mode);
	printw("%.*s", rest < 0 ? 0 : rest, facts);
}

static void graphs(const struct screen *s)
{
	const struct sw_top_data *d = &s->data;
	char a[SW_HUMAN_TEXT], b[SW_HUMAN_TEXT];
	double all = d->passed + d->dropped;
	int width = COLS - 44 < SW_TOP_HISTORY ? COLS - 44 : SW_TOP_HISTORY;

	mvprintw(1, 0, "in   %9s/s", sw_human_count(all, a));
	graph(1, 18, d->history_in, width);
	mvprintw(2, 0, "drop %9s/s", sw_human_count(d->dropped, a));
	graph(2, 18, d->history_out, width);
	printw("  %4.1f %%, would be %s/s", all > 0 ? 100 * d->dropped / all : 0,
	       sw_human_count(d->would, b));
}

static void put_alarms(const struct screen *s)
{
	paint(RED, true);
	for (int i = 0; i < alarms(s); i++)
		mvprintw(3 + i, 0, "%.*s", COLS, s->data.alarm[i]);
	paint(RED, false);
}

struct widths {
	int source, from; /* from 0: no such column */
};

static void put_titles(const struct screen *s, const struct widths *w)
{
	static const char *const by[] = {"DROP/s", "TOTAL", "SCORE", "EXPIRES"};

	attron(A_BOLD);
	mvprintw(head(s), 0, "%-*s %-*s%s%-7s %9s %6s %7s %5s  WHY (by %s%s%s)", w->source,
		 "SOURCE", w->from, w->from ? "FROM" : "", w->from ? " " : "", "STATE", "EXPIRES",
		 "DROP/s", "TOTAL", "SCORE", by[s->sort], s->filter[0] ? ", only " : "", s->filter);
	attroff(A_BOLD);
}

/* "364d23h" of "364d23h59m59s", to save columns. */
static const char *time_left(int64_t expires, char buf[SW_HUMAN_TEXT])
{
	int units = 0;

	sw_human_left(expires, buf);
	for (char *c = buf; *buf >= '0' && *buf <= '9' && *c; c++)
		if ((*c < '0' || *c > '9') && ++units == 2)
			c[1] = 0;
	return buf;
}

static void row(const struct widths *w, int line, const struct sw_top_row *r, bool is_marked)
{
	char text[SW_PREFIX_TEXT], a[SW_HUMAN_TEXT], b[SW_HUMAN_TEXT], left[SW_HUMAN_TEXT];
	char points[SW_HUMAN_TEXT], figures[5 * SW_HUMAN_TEXT];
	int rest;

	if (is_marked)
		attron(A_REVERSE);
	mvprintw(line, 0, "%-*.*s ", w->source, w->source, sw_prefix_text(&r->prefix, text));
	if (w->from)
		printw("%-*s ", w->from, r->from);
	paint(r->blocked ? RED : YELLOW, !is_marked);
	printw("%-7s", r->blocked ? "blocked" : "watch");
	if (!is_marked)
		paint(r->blocked ? RED : YELLOW, false);
	snprintf(figures, sizeof(figures), " %9s %6s %7s %5s  ",
		 r->blocked ? time_left(r->expires, left) : "-",
		 r->rate > 0 ? sw_human_count(r->rate, a) : "-",
		 r->hits ? sw_human_count(r->hits, b) : "-",
		 r->score ? sw_human_points(r->score, points) : "-");
	rest = COLS - w->source - 1 - (w->from ? w->from + 1 : 0) - 7 - (int)strlen(figures);
	printw("%s%-*.*s", figures, rest, rest, r->why);
	if (is_marked)
		attroff(A_REVERSE);
}

static int list_lines(const struct screen *s)
{
	int lines = LINES - head(s) - SW_TOP_EVENTS - 4;

	return lines < 1 ? 1 : lines;
}

static const struct sw_top_row *at(const struct screen *s, size_t i)
{
	return i < s->shown_count ? &s->data.row[s->shown[i]] : NULL;
}

/* Column widths as the rows shown need them; most addresses are short IPv4 ones. */
static struct widths measure(const struct screen *s)
{
	struct widths w = {.source = LEAST_SOURCE};
	char text[SW_PREFIX_TEXT];

	for (int i = 0; i < list_lines(s) && at(s, s->first + i); i++) {
		const struct sw_top_row *r = at(s, s->first + i);
		int source = strlen(sw_prefix_text(&r->prefix, text)), from = strlen(r->from);

		w.source = source > w.source ? source : w.source;
		w.from = from > w.from ? from : w.from;
	}
	if (w.source > MOST_SOURCE)
		w.source = MOST_SOURCE;
	if (w.from && w.from < 4)
		w.from = 4; /* its title */
	return w;
}

/* The full text of the selected row. */
static void put_details(const struct screen *s)
{
	const struct sw_top_row *r = at(s, s->at);
	char text[SW_PREFIX_TEXT];

	if (!r)
		return;
	attron(A_DIM);
	sw_prefix_text(&r->prefix, text);
	mvprintw(LINES - SW_TOP_EVENTS - 3, 0, "%s: %.*s", text, COLS - (int)strlen(text) - 2,
		 r->why);
	attroff(A_DIM);
}

static void list(struct screen *s)
{
	int lines = list_lines(s);
	struct widths w;

	if (s->at >= s->shown_count)
		s->at = s->shown_count ? s->shown_count - 1 : 0;
	if (s->at < s->first)
		s->first = s->at;
	if (s->at >= s->first + lines)
		s->first = s->at - lines + 1;
	w = measure(s);
	put_titles(s, &w);
	for (int i = 0; i < lines && at(s, s->first + i); i++)
		row(&w, head(s) + 1 + i, at(s, s->first + i), s->first + i == s->at);
	if (!s->shown_count)
		mvprintw(head(s) + 1, 0,
			 s->filter[0] ? "no source contains \"%s\"" : "nobody yet%s", s->filter);
	put_details(s);
}

/* Which part of the list is shown, where that is not all of it. */
static void put_place(const struct screen *s, int line)
{
	size_t last = s->first + list_lines(s);
	char text[80];
	int n;

	if (s->shown_count <= (size_t)list_lines(s))
		return;
	n = snprintf(text, sizeof(text), "sources %s to %s of %s", sw_cli_count(s->first + 1),
		     sw_cli_count(last < s->shown_count ? last : s->shown_count),
		     sw_cli_count(s->shown_count));
	mvprintw(line, COLS - n - 1, "%s", text);
}

static void events(const struct screen *s)
{
	int line = LINES - SW_TOP_EVENTS - 2;

	attron(A_BOLD);
	mvprintw(line, 0, "NEWEST EVENTS");
	attroff(A_BOLD);
	put_place(s, line++);
	for (int i = 0; i < SW_TOP_EVENTS; i++)
		mvprintw(line + i, 0, "%.*s", COLS, s->data.event[i]);
}

static void keys(const struct screen *s)
{
	attron(A_REVERSE);
	mvprintw(LINES - 1, 0, "%-*.*s", COLS, COLS,
		 s->message[0] ? s->message
			       : "Enter show  b block 1h  u unblock  a allow 1h  s sort  / find  f "
				 "freeze  q quit");
	attroff(A_REVERSE);
}

static void filter_rows(struct screen *s)
{
	char text[SW_PREFIX_TEXT];
	size_t *grown = reallocarray(s->shown, s->data.rows + 1, sizeof(*grown));

	s->shown_count = 0;
	if (!grown)
		return;
	s->shown = grown;
	for (size_t i = 0; i < s->data.rows; i++)
		if (!s->filter[0] ||
		    strstr(sw_prefix_text(&s->data.row[i].prefix, text), s->filter) ||
		    strstr(s->data.row[i].from, s->filter) || strstr(s->data.row[i].why, s->filter))
			s->shown[s->shown_count++] = i;
}

static void draw(struct screen *s)
{
	erase();
	if (COLS < LEAST_COLUMNS || LINES < LEAST_LINES) {
		mvprintw(0, 0, "%d x %d is too small: 80 x 24", COLS, LINES);
		refresh();
		return;
	}
	headline(s);
	graphs(s);
	put_alarms(s);
	list(s);
	events(s);
	keys(s);
	refresh();
}

/* ---- keys */

/* Runs a command outside of the screen; `wait`: then waits for a key. */
static void run(struct screen *s, char *const *argv, bool wait)
{
	int status = 0;
	pid_t pid;

	def_prog_mode();
	endwin();
	fflush(stdout);
	pid = fork();
	if (!pid) {
		execv("/proc/self/exe", argv);
		_exit(127);
	}
	if (pid > 0)
		waitpid(pid, &status, 0);
	if (wait) {
		printf("\nEnter goes back ");
		fflush(stdout);
		while (!ended && getchar() != '\n' && !feof(stdin))
			;
	}
	reset_prog_mode();
	refresh();
	snprintf(s->message, sizeof(s->message), "%s %s %s", argv[1 + 6], argv[2 + 6],
		 status ? "failed" : "done");
}

static bool ask(const char *question)
{
	int key;

	attron(A_REVERSE);
	mvprintw(LINES - 1, 0, "%-*.*s", COLS, COLS, question);
	attroff(A_REVERSE);
	refresh();
	timeout(-1);
	key = getch();
	timeout(SECOND);
	return key == 'y' || key == 'Y';
}

/* Commands that change something are shown and need one confirmation. */
static void command(struct screen *s, const char *verb, const char *option, const char *value)
{
	const struct sw_top_row *r = at(s, s->at);
	char text[SW_PREFIX_TEXT], question[256];
	bool shows = !strcmp(verb, "show");
	char *argv[] = {"scanwall",
			"--pin-dir",
			(char *)s->g->pin_dir,
			"--state-dir",
			(char *)s->g->state_dir,
			"-c",
			(char *)s->g->config_file,
			(char *)verb,
			text,
			(char *)option,
			(char *)value,
			NULL};

	if (!r)
		return;
	sw_prefix_text(&r->prefix, text);
	snprintf(question, sizeof(question), "scanwall %s %s%s%s%s%s ? [y/N]", verb, text,
		 option ? " " : "", option ? option : "", value ? " " : "", value ? value : "");
	if (!shows && !ask(question))
		return;
	run(s, argv, shows);
	s->data.next_list = 0;
}

static void read_filter(struct screen *s)
{
	attron(A_REVERSE);
	mvprintw(LINES - 1, 0, "%-*s", COLS, "/");
	attroff(A_REVERSE);
	move(LINES - 1, 1);
	echo();
	curs_set(1);
	timeout(-1);
	if (getnstr(s->filter, sizeof(s->filter) - 1) == ERR)
		s->filter[0] = 0;
	timeout(SECOND);
	noecho();
	curs_set(0);
	s->stale = true;
	s->at = s->first = 0;
}

/* A terminal that is gone answers each getch() at once; not everybody gets SIGHUP. */
static bool terminal_gone(void)
{
	struct pollfd in = {.fd = STDIN_FILENO, .events = POLLIN};

	return poll(&in, 1, 0) > 0 && in.revents & (POLLHUP | POLLERR | POLLNVAL);
}

/* False: the end. */
static bool on_key(struct screen *s, int key)
{
	if (key == ERR)
		return !terminal_gone();
	s->message[0] = 0;
	switch (key) {
	case 'q':
	case 'Q':
		return false;
	case KEY_DOWN:
	case 'j':
		s->at++;
		break;
	case KEY_UP:
	case 'k':
		s->at -= s->at > 0;
		break;
	case KEY_NPAGE:
		s->at += list_lines(s);
		break;
	case KEY_PPAGE:
		s->at -= s->at < (size_t)list_lines(s) ? s->at : (size_t)list_lines(s);
		break;
	case KEY_HOME:
	case 'g':
		s->at = 0;
		break;
	case KEY_END:
	case 'G':
		s->at = s->shown_count; /* list() takes the last */
		break;
	case 's':
		s->sort = (s->sort + 1) % SW_TOP_SORTS;
		s->stale = true;
		break;
	case '/':
		read_filter(s);
		break;
	case 'f':
		s->frozen = !s->frozen;
		break;
	case 'b':
		command(s, "block", "--ttl", "1h");
		break;
	case 'u':
		command(s, "unblock", "--all-origins", NULL);
		break;
	case 'a':
		command(s, "allow", "--ttl", "1h");
		break;
	case '\n':
	case KEY_ENTER:
		command(s, "show", NULL, NULL);
		break;
	}
	return true;
}

static void begin(void)
{
	struct sigaction end = {.sa_handler = on_signal};

	sigaction(SIGTERM, &end, NULL);
	sigaction(SIGINT, &end, NULL);
	sigaction(SIGHUP, &end, NULL);
	sigaction(SIGQUIT, &end, NULL);
	setlocale(LC_CTYPE, "");
	initscr();
	cbreak();
	noecho();
	keypad(stdscr, TRUE);
	curs_set(0);
	timeout(SECOND);
	if (!has_colors())
		return;
	start_color();
	use_default_colors();
	init_pair(RED, COLOR_RED, -1);
	init_pair(YELLOW, COLOR_YELLOW, -1);
	init_pair(GREEN, COLOR_GREEN, -1);
}

/* Once a second, unless frozen. */
static int update(struct screen *s, struct sw_call *c, struct sw_err *e)
{
	if (s->frozen || sw_monotonic() - s->data.counted <= SECOND * 900000ll)
		return 0;
	if (sw_call_look_again(c, e))
		return -1;
	return sw_top_take(&s->data, c->ctx, e);
}

int sw_top_screen(struct sw_call *c, struct sw_err *e)
{
	struct screen *s = calloc(1, sizeof(*s));
	int rc;

	if (!s)
		return sw_fail(e, SW_EXIT_FAILED, "out of memory");
	s->g = c->g;
	rc = sw_top_take(&s->data, c->ctx, e);
	if (rc)
		goto out;
	begin();
	s->stale = true;
	do {
		int64_t listed = s->data.listed;

		rc = update(s, c, e);
		if (s->stale || listed != s->data.listed) {
			sw_top_sort(&s->data, s->sort);
			filter_rows(s);
			s->stale = false;
		}
		draw(s);
	} while (!rc && !ended && on_key(s, getch()));
	endwin();
out:
	sw_top_free(&s->data);
	free(s->shown);
	free(s);
	return rc;
}
