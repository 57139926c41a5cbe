// SPDX-License-Identifier: GPL-2.0-only
/* JSON output with one long array, written piece by piece. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "views/output.h"
#include "views/stream.h"

static bool first;

void sw_stream_begin(const struct sw_globals *g, json_t *head, const char *list)
{
	json_t *root = sw_cli_json();
	char *text;

	if (head)
		json_object_update(root, head);
	json_decref(head);
	text = json_dumps(root, JSON_COMPACT);
	json_decref(root);
	first = true;
	if (!text)
		return;
	/* The list goes in before the closing brace. */
	text[strlen(text) - 1] = '\0';
	printf("%s,%s\"%s\":[", text, g->json_pretty ? "\n" : "", list);
	free(text);
}

void sw_stream_item(const struct sw_globals *g, json_t *item)
{
	printf("%s%s", first ? "" : ",", g->json_pretty ? "\n" : "");
	first = false;
	json_dumpf(item, stdout, g->json_pretty ? JSON_INDENT(2) : JSON_COMPACT);
	json_decref(item);
}

int sw_stream_end(const struct sw_globals *g, struct sw_err *e)
{
	printf("%s]}\n", g->json_pretty && !first ? "\n" : "");
	if (fflush(stdout) && errno != EPIPE)
		return sw_fail(e, SW_EXIT_FAILED, "standard output: %s", strerror(errno));
	return 0;
}
