// SPDX-License-Identifier: GPL-2.0-only
/* main() of scanwall-web, which `scanwall web` executes. A separate program, since the HTTP
 * library and its dependencies would make the daemon a third larger. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-daemon.h>
#include "web/server.h"

static void tell(const struct sw_web *w)
{
	if (!w->quiet)
		printf("the report is at / and the metrics at /metrics of %s\n", w->listen);
	fflush(stdout);
	sd_notify(0, "READY=1");
}

/* PIN_DIR STATE_DIR CONFIG LISTEN SPAN_US quiet|told, checked by the verb. */
int main(int argc, char **argv)
{
	struct sw_web w = {.ready = tell};
	struct sw_err e;

	if (argc != 7) {
		fprintf(stderr, "scanwall-web is started by: scanwall web\n");
		return SW_EXIT_USAGE;
	}
	w.pin_dir = argv[1];
	w.state_dir = argv[2];
	w.config_file = argv[3];
	w.listen = argv[4];
	w.span = atoll(argv[5]);
	w.quiet = !strcmp(argv[6], "quiet");
	if (!sw_web_run(&w, &e))
		return 0;
	fprintf(stderr, "scanwall web: %s\n", e.text);
	return e.exit;
}
