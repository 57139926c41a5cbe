// SPDX-License-Identifier: GPL-2.0-only
/* Sends the result of a test message back to `scanwall notify test`, and what does not get
 * through to `scanwall doctor`. */
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "notifier/internal.h"

void sw_conn_close(struct sw_notifier *n, int at)
{
	close(n->conn[at]);
	n->conn[at] = -1;
	for (int i = 0; i < n->targets; i++)
		for (int k = 0; k < SW_QUEUE; k++)
			if (n->target[i].item[k].asked == at)
				n->target[i].item[k].asked = -1;
}

static void answer(const struct sw_notifier *n, int at, const char *target, const char *why)
{
	char line[512];

	snprintf(line, sizeof(line), "%s\n%s", target, why ? why : "");
	send(n->conn[at], line, strlen(line), MSG_NOSIGNAL | MSG_DONTWAIT);
}

void sw_conn_answer(struct sw_notifier *n, int at, const char *target, const char *why)
{
	answer(n, at, target, why);
	if (--n->asked[at] <= 0)
		sw_conn_close(n, at);
}

void sw_conn_failures(struct sw_notifier *n, int at)
{
	for (int i = 0; i < n->targets; i++)
		if (n->target[i].failing)
			answer(n, at, n->target[i].name, n->target[i].why);
	sw_conn_close(n, at);
}
