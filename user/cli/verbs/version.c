// SPDX-License-Identifier: GPL-2.0-only
/* `scanwall version`. */
#include <bpf/libbpf.h>
#include <confuse.h>
#include <sqlite3.h>
#include <stdio.h>
#include <sys/utsname.h>
#include "cli/verbs.h"

static int version(struct sw_call *c, struct sw_err *e)
{
	const struct sw_globals *g = c->g;
	struct utsname kernel;
	json_t *root;

	uname(&kernel);
	if (!g->json) {
		printf("scanwall %s\n", SW_VERSION);
		printf("libbpf %s, sqlite %s, jansson %s, libconfuse %s\n",
		       libbpf_version_string() + 1, sqlite3_libversion(), jansson_version_str(),
		       confuse_version);
		printf("kernel %s, layout of maps %d\n", kernel.release, SW_ABI_VERSION);
		return 0;
	}
	root = sw_cli_json();
	json_object_set_new(root, "libraries",
			    json_pack("{s:s, s:s, s:s, s:s}", "libbpf", libbpf_version_string() + 1,
				      "sqlite", sqlite3_libversion(), "jansson",
				      jansson_version_str(), "libconfuse", confuse_version));
	json_object_set_new(root, "kernel", json_string(kernel.release));
	json_object_set_new(root, "map_layout", json_integer(SW_ABI_VERSION));
	return sw_cli_print(g, root, e);
}

const struct sw_verb_ops sw_version_ops = {.run = version};
