// SPDX-License-Identifier: GPL-2.0-only
/* State of `run --tls` as text and JSON. */
#include <stdio.h>
#include <stdlib.h>
#include "views/human.h"
#include "views/output.h"
#include "views/tls_view.h"

static void put_users(FILE *f, const struct sw_tls_status *s)
{
	char *seen = sw_tls_users_text(&s->users, true);
	char *unseen = sw_tls_users_text(&s->users, false);

	fputs(seen && seen[0] ? seen : "no process uses libssl", f);
	if (unseen && unseen[0])
		fprintf(f, "; not seen: %s", unseen);
	free(seen);
	free(unseen);
}

static void put_counts(FILE *f, const struct sw_tls_status *s)
{
	char n[SW_HUMAN_TEXT];

	fprintf(f, "; %s reads looked into", sw_human_count(s->counts.looked, n));
	if (s->counts.full)
		fprintf(f, ", %s lost as the ring was full", sw_human_count(s->counts.full, n));
	if (s->counts.unplaced)
		fprintf(f, ", %s of unknown connections not",
			sw_human_count(s->counts.unplaced, n));
	fprintf(f, ", %s connections closed", sw_human_count(s->closed, n));
}

char *sw_tls_view_text(const struct sw_tls_status *s)
{
	char *text = NULL;
	size_t size = 0;
	FILE *f = open_memstream(&text, &size);

	if (!f)
		return NULL;
	if (!s) {
		fputs("not inspected (scanwall run --tls)", f);
	} else if (s->trouble[0]) {
		fprintf(f, "NOT LOOKED INTO: %s", s->trouble);
	} else {
		put_users(f, s);
		put_counts(f, s);
	}
	fclose(f);
	return text;
}

static json_t *users_json(const struct sw_tls_users *l)
{
	json_t *list = json_array();

	for (size_t i = 0; i < l->count; i++) {
		const struct sw_tls_user *u = &l->item[i];

		json_array_append_new(list, json_pack("{s:i, s:o, s:o, s:b, s:b}", "pid",
						      (int)u->pid, "process", sw_cli_text(u->name),
						      "library", sw_cli_text(u->path), "replaced",
						      u->deleted, "seen", u->seen));
	}
	return list;
}

json_t *sw_tls_view_json(const struct sw_tls_status *s)
{
	if (!s)
		return json_pack("{s:b}", "running", 0);
	return json_pack("{s:b, s:o, s:I, s:I, s:I, s:I, s:I, s:i, s:o}", "running", !s->trouble[0],
			 "why_not", s->trouble[0] ? sw_cli_text(s->trouble) : json_null(), "reads",
			 (json_int_t)s->counts.reads, "inspected", (json_int_t)s->counts.looked,
			 "lost", (json_int_t)s->counts.full, "unmatched",
			 (json_int_t)s->counts.unplaced, "closed", (json_int_t)s->closed,
			 "hidden_processes", s->users.hidden, "processes", users_json(&s->users));
}
