// SPDX-License-Identifier: GPL-2.0-only
/* The error for an unknown verb: suggests the one that was probably meant. */
#include <string.h>
#include "base/nearest.h"
#include "cli/command_line.h"

/* Names of the same verbs elsewhere (fail2ban, ipset, ufw, cscli, systemctl). They are
 * only suggested: whether `stop` means detach is for the operator to say. */
static const char *synonym_of(const char *word)
{
	static const char *const same[][2] = {
		{"ban", "block"},
		{"banip", "block"},
		{"deny", "block"},
		{"add", "block"},
		{"drop", "block"},
		{"unban", "unblock"},
		{"unbanip", "unblock"},
		{"del", "unblock"},
		{"delete", "unblock"},
		{"remove", "unblock"},
		{"rm", "unblock"},
		{"whitelist", "allow"},
		{"accept", "allow"},
		{"permit", "allow"},
		{"trust", "allow"},
		{"unwhitelist", "unallow"},
		{"ls", "list"},
		{"blocked", "list"},
		{"stop", "detach"},
		{"off", "detach"},
		{"down", "detach"},
		{"disable", "detach"},
		{"unload", "detach"},
		{"uninstall", "detach"},
		{"start", "attach"},
		{"on", "attach"},
		{"up", "attach"},
		{"enable", "attach"},
		{"load", "attach"},
		{"log", "events"},
		{"logs", "events"},
		{"history", "events"},
		{"reset", "flush"},
		{"clear", "flush"},
		{"info", "status"},
		{"state", "status"},
		{"why", "show"},
		{"explain", "test"},
		{"set", "config"},
		{"get", "config"},
		{"daemon", "run"},
		{"restart", "reload"},
		{"keep", "confirm"},
		{"commit", "confirm"},
		{"export", "save"},
		{"counters", "stats"},
		{"reject", "block"},
		{"undeny", "unblock"},
		{"ignore", "allow"},
		{"exempt", "allow"},
		{"bans", "list"},
		{"banned", "list"},
		{"decisions", "list"},
		{"tail", "events"},
		{"alerts", "events"},
		{"journal", "events"},
		{"check", "test"},
		{"find", "show"},
		{"search", "show"},
		{"query", "show"},
		{"lookup", "show"},
		{"flushall", "flush"},
		{"blacklist", "block"},
		{"blocklist", "block"},
		{"kill", "block"},
		{"shun", "block"},
		{"release", "unblock"},
		{"free", "unblock"},
		{"forgive", "pardon"},
		{"pass", "allow"},
		{"allowlist", "allow"},
		{"safelist", "allow"},
		{"unaccept", "unallow"},
		{"unignore", "unallow"},
		{"ps", "list"},
		{"dump", "save"},
		{"backup", "save"},
		{"undo", "rollback"},
		{"revert", "rollback"},
		{"edit", "config"},
		{"setting", "config"},
		{"settings", "config"},
		{"watch", "monitor"},
		{"trace", "monitor"},
		{"debug", "monitor"},
		{"sniff", "monitor"},
		{"follow", "events"},
		{"dmesg", "events"},
		{"purge", "detach"},
		{"quit", "detach"},
		{"shutdown", "detach"},
		{"install", "setup"},
		{"init", "setup"},
		{"configure", "setup"},
		{"upgrade", "attach"},
		{"update", "attach"},
		{"diagnose", "doctor"},
		{"health", "doctor"},
		{"healthcheck", "status"},
		{"who", "audit"},
		{"simulate", "replay"},
		{"pcap", "replay"},
		{"prometheus", "metrics"},
		{"signatures", "rules"},
		{"services", "exposure"},
		{"ports", "exposure"},
		{"emergency", "panic"},
		{"bypass", "panic"},
		{"man", "help"},
		{"usage", "help"},
	};

	for (size_t i = 0; i < sizeof(same) / sizeof(same[0]); i++)
		if (!strcmp(same[i][0], word))
			return same[i][1];
	return NULL;
}

int sw_verb_unknown(const struct sw_verb *verbs, const char *word, struct sw_err *e)
{
	const char *known[64];
	const char *near = synonym_of(word);
	int n = 0;

	if (near)
		return sw_fail(e, SW_EXIT_USAGE,
			       "unknown verb \"%s\"; here it is called %s (scanwall help %s)", word,
			       near, near);

	for (const struct sw_verb *v = verbs; v->name && n < 64; v++)
		if (v->name[0] != '_')
			known[n++] = v->name;
	near = sw_nearest(word, known, n);
	if (near)
		return sw_fail(e, SW_EXIT_USAGE, "unknown verb \"%s\"; did you mean %s?", word,
			       near);
	return sw_fail(e, SW_EXIT_USAGE, "unknown verb \"%s\" (`scanwall help` lists them)", word);
}
