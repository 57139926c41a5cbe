// SPDX-License-Identifier: GPL-2.0-only
/* Rules of Windows' firewall: what `netsh advfirewall firewall show rule` prints, and the
 * commands that make them. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include "lists/internal.h"

/* "any", "LocalSubnet", "DNS" are no addresses. */
static void put_list(struct sw_reading *r, char *list, bool blocks)
{
	char *save = NULL, *one;

	for (one = strtok_r(list, ", \t\"'", &save); one; one = strtok_r(NULL, ", \t\"'", &save))
		if (!blocks || (!isdigit((unsigned char)*one) && !strchr(one, ':')))
			sw_list_skip(r);
		else
			sw_list_put(r, one, 0, NULL);
}

/* The value behind "NAME:" or, of a command, "name=" or "-Name "; NULL: absent. */
static char *value_of(char *line, const char *name)
{
	char *at = strcasestr(line, name);

	if (!at || (at > line && !isspace((unsigned char)at[-1])))
		return NULL;
	at += strlen(name);
	return at + strspn(at, " \t");
}

static bool is(const char *value, const char *word)
{
	return value && !strncasecmp(value, word, strlen(word));
}

/* netsh ... add rule name=x dir=in action=block remoteip=192.0.2.1,198.51.100.0/24, and
 * New-NetFirewallRule -Direction Inbound -Action Block -RemoteAddress 192.0.2.1 */
static void read_command(struct sw_reading *r, char *line, bool netsh)
{
	char *list = value_of(line, netsh ? "remoteip=" : "-RemoteAddress ");
	const char *port = value_of(line, netsh ? "localport=" : "-LocalPort ");
	bool blocks =
		is(value_of(line, netsh ? "action=" : "-Action "), "block") &&
		!is(value_of(line, netsh ? "dir=" : "-Direction "), "out") &&
		!is(value_of(line, netsh ? "enable=" : "-Enabled "), netsh ? "no" : "false") &&
		(!port || is(port, "any"));

	if (!list) {
		sw_list_skip(r);
		return;
	}
	/* PowerShell separates with ", " as well, and then comes the next option. */
	list[netsh ? strcspn(list, " \t") : strcspn(list, "-")] = '\0';
	put_list(r, list, blocks);
}

/* What a rule does is printed behind its addresses. */
static void read_field(struct sw_reading *r, char *line)
{
	char *value;

	if (value_of(line, "Rule Name:")) {
		r->held = NULL;
		r->allows = false;
	} else if ((value = value_of(line, "RemoteIP:"))) {
		r->held = value;
	} else if (is(value_of(line, "Enabled:"), "No") ||
		   is(value_of(line, "Direction:"), "Out") ||
		   ((value = value_of(line, "LocalPort:")) && !is(value, "Any"))) {
		r->allows = true;
	} else if ((value = value_of(line, "Action:")) && r->held) {
		put_list(r, r->held, is(value, "Block") && !r->allows);
		r->held = NULL;
	}
}

bool sw_windows_line(struct sw_reading *r, char *line)
{
	long before = r->list->entries + r->list->skipped + r->list->odd;

	if (strcasestr(line, "remoteip="))
		read_command(r, line, true);
	else if (strcasestr(line, "-RemoteAddress "))
		read_command(r, line, false);
	else
		read_field(r, line);
	return before != r->list->entries + r->list->skipped + r->list->odd;
}
