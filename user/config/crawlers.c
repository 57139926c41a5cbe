// SPDX-License-Identifier: GPL-2.0-only
/* Known crawlers, and the domains that their addresses resolve to. */
#include <string.h>
#include <strings.h>
#include "config/crawlers.h"

/* As their operators' pages on verifying them say. Not googleusercontent.com, where
 * anybody can rent a host. */
static const struct {
	const char *bot, *domain;
} domains[] = {
	{"googlebot", ".googlebot.com"}, {"googlebot", ".google.com"},
	{"bingbot", ".search.msn.com"},	 {"applebot", ".applebot.apple.com"},
	{"yandexbot", ".yandex.ru"},	 {"yandexbot", ".yandex.net"},
	{"yandexbot", ".yandex.com"},	 {"baiduspider", ".baidu.com"},
	{"baiduspider", ".baidu.jp"},	 {"petalbot", ".petalsearch.com"},
	{"seznambot", ".seznam.cz"},
};
#define DOMAINS (sizeof(domains) / sizeof(domains[0]))

bool sw_is_bot(const char *text)
{
	for (size_t i = 0; i < DOMAINS; i++)
		if (!strcmp(domains[i].bot, text))
			return true;
	return false;
}

/* Those of one crawler stand together. */
const char *sw_bot_name(int i)
{
	for (size_t d = 0; d < DOMAINS; d++)
		if ((!d || strcmp(domains[d].bot, domains[d - 1].bot) != 0) && !i--)
			return domains[d].bot;
	return NULL;
}

const char *sw_bot_of(const char *host)
{
	size_t n = strlen(host), d;

	for (size_t i = 0; i < DOMAINS; i++) {
		d = strlen(domains[i].domain);
		if (n > d && !strcasecmp(host + n - d, domains[i].domain))
			return domains[i].bot;
	}
	return NULL;
}
