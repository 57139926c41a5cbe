// SPDX-License-Identifier: GPL-2.0-only
/* What firewalls print for people, and XML: `iptables -L`, `ufw status`, `fail2ban-client
 * status`, firewalld's sets. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include "lists/internal.h"

static bool is_address(const char *word)
{
	struct sw_range range;

	return sw_range_parse(word, &range, NULL);
}

static bool is_everything(const char *word)
{
	return !strcmp(word, "0.0.0.0/0") || !strcmp(word, "::/0") || !strcasecmp(word, "anywhere");
}

/* " 12 720 DROP all -- eth0 * 192.0.2.1 0.0.0.0/0": a rule of `iptables -L [-n] [-v]`. */
bool sw_iptables_row(struct sw_reading *r, char *line)
{
	static const char *const heads[] = {"Chain ", "target ", "pkts ", "num "};
	bool narrow = strstr(line, "dpt") || strstr(line, "dports") || strstr(line, "spt");
	char *rest = line, *word, *source = NULL, *to = "";
	bool drops = false;

	for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++)
		if (!strncmp(line, heads[i], strlen(heads[i])))
			return false;
	while (*rest && !source) {
		word = sw_list_word(&rest);
		drops |=
			!strcmp(word, "DROP") || !strcmp(word, "REJECT") || !strcmp(word, "TARPIT");
		if (drops && (is_address(word) || is_everything(word) || *word == '!'))
			source = word;
	}
	if (*rest)
		to = sw_list_word(&rest);
	if (!source || *source == '!' || is_everything(source) || !is_everything(to) || narrow)
		sw_list_skip(r);
	else
		sw_list_put(r, source, 0, NULL);
	return true;
}

/* "[ 1] Anywhere  DENY IN  192.0.2.1  # why" of `ufw status`. */
bool sw_ufw_line(struct sw_reading *r, char *line)
{
	char *comment = sw_list_comment(line), *verdict, *from;

	if (*line == '[')
		line = strchr(line, ']') ? strchr(line, ']') + 1 : line;
	line += strspn(line, " \t");
	verdict = strstr(line, " DENY");
	if (!verdict)
		verdict = strstr(line, " REJECT");
	if (!verdict) {
		if (strstr(line, " ALLOW") || strstr(line, " LIMIT"))
			sw_list_skip(r);
		return strstr(line, " ALLOW") || strstr(line, " LIMIT");
	}
	*verdict++ = '\0';
	sw_list_word(&verdict);
	from = sw_list_word(&verdict);
	if (!strcmp(from, "IN") || !strcmp(from, "OUT"))
		from = !strcmp(from, "IN") ? sw_list_word(&verdict) : "";
	line = sw_list_trim(line);
	if (!is_address(from) || (strcmp(line, "Anywhere") && strcmp(line, "Anywhere (v6)")))
		sw_list_skip(r); /* for a port, or for everybody */
	else
		sw_list_put(r, from, 0, comment);
	return true;
}

/* "Banned IP list:   192.0.2.1 192.0.2.2", "[{'sshd': ['192.0.2.1']}]" and
 * "192.0.2.1 192.0.2.2": what fail2ban-client prints of its bans. False: nothing of it. */
bool sw_fail2ban_bans(struct sw_reading *r, char *line)
{
	char *list = strstr(line, "Banned IP list:"), *save = NULL, *word;
	bool bare = !list && is_address(line + strspn(line, "[{' "));

	if (!list && *line != '[')
		list = line;
	else if (list)
		list += strlen("Banned IP list:");
	else
		list = line;
	if (!bare && list == line && *line != '[' && strpbrk(line, "|`:"))
		return false; /* the frame of `status` */
	for (word = strtok_r(list, " \t,[]{}'\"", &save); word;
	     word = strtok_r(NULL, " \t,[]{}'\"", &save))
		if (is_address(word) || *line != '[')
			sw_list_put(r, word, 0, NULL);
	return true;
}

/* <entry> of firewalld, <elem> of `ipset -o xml`. */
bool sw_xml_line(struct sw_reading *r, char *line)
{
	static const char *const tags[] = {"<entry>", "<elem>"};
	bool any = false;
	char *at, *end;

	if (strstr(line, "<ipset ") || strstr(line, "<short>"))
		r->allows = sw_list_lets_through(line);
	for (size_t i = 0; i < sizeof(tags) / sizeof(tags[0]); i++)
		for (at = line; (at = strstr(at, tags[i])); at = end + 1) {
			at += strlen(tags[i]);
			end = strchr(at, '<');
			if (!end)
				break;
			*end = '\0';
			any = true;
			if (r->allows)
				sw_list_skip(r);
			else
				sw_list_put(r, sw_list_trim(at), 0, NULL);
		}
	return any;
}
