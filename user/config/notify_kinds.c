// SPDX-License-Identifier: GPL-2.0-only
/* Values of notify.when. */
#include <string.h>
#include "config/internal.h"
#include "config/notify_kinds.h"

static const char *const names[] = {
#define X(id, name, text) name,
	SW_NOTIFY_KINDS(X)
#undef X
};

const char *sw_notify_name(enum sw_notify_kind k)
{
	return names[k];
}

enum sw_notify_kind sw_notify_find(const char *name)
{
	for (int k = 0; k < SW_NOTIFY_COUNT; k++)
		if (!strcmp(names[k], name))
			return k;
	return SW_NOTIFY_COUNT;
}

/* "test" is always sent. */
bool sw_is_notify_kind(const char *text)
{
	return sw_notify_find(text) < SW_NOTIFY_TEST;
}

bool sw_is_web_address(const char *text)
{
	return (!strncmp(text, "https://", 8) || !strncmp(text, "http://", 7)) &&
	       !strpbrk(text, " \t\r\n\"");
}

/* Used in a mail header and on a command line. */
bool sw_is_mail_address(const char *text)
{
	static const char good[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				   "0123456789@._+=-";

	return text[0] && text[0] != '-' && text[strspn(text, good)] == 0;
}

bool sw_is_mailer(const char *text)
{
	return (text[0] == '/' || !strncmp(text, "smtp://", 7) || !strncmp(text, "smtps://", 8)) &&
	       !strpbrk(text, " \t\r\n\"");
}
