// SPDX-License-Identifier: GPL-2.0-only
/* The program: opened, sized, seeded, loaded and pinned; or put in the place
 * of an older one, over the same maps. */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/duration.h"
#include "engine/chain.h"
#include "engine/internal.h"
#include "engine/settings.h"
#include "scanwall.skel.h"

static int set_pins(struct scanwall_bpf *skel, const char *dir, struct sw_err *e)
{
	char path[PATH_BYTES];
	struct bpf_map *map;

	for (int i = 0; i < SW_MAP_COUNT; i++) {
		map = bpf_object__find_map_by_name(skel->obj, sw_map_name(i));
		sw_pin_path(path, dir, sw_map_name(i));
		if (bpf_map__set_pin_path(map, path))
			return sw_fail(e, SW_EXIT_FAILED, "cannot pin %s: out of memory", path);
	}
	return 0;
}

/* Pins under a second name, then renames: the path always leads somewhere. */
static int pin_fd(int fd, const char *dir, const char *name, struct sw_err *e)
{
	char path[PATH_BYTES], fresh[PATH_BYTES + 8];

	sw_pin_path(path, dir, name);
	snprintf(fresh, sizeof(fresh), "%s-new", path);
	unlink(fresh);
	if (bpf_obj_pin(fd, fresh) || rename(fresh, path))
		return sw_fail(e, SW_EXIT_FAILED, "cannot pin %s: %s", path, strerror(errno));
	return 0;
}

static int pin_program(struct bpf_program *prog, const char *dir, const char *name,
		       struct sw_err *e)
{
	return pin_fd(bpf_program__fd(prog), dir, name, e);
}

static __u32 smaller(__u32 a, __u32 b)
{
	return a < b ? a : b;
}

static int first_settings(const char *dir, const struct sw_config *c, struct scanwall_bpf *skel,
			  const __u64 seed[4], struct sw_err *e)
{
	struct sw_settings s = {.abi = SW_ABI_VERSION};
	char path[PATH_BYTES];
	__u32 zero = 0;
	int fd, rc;

	sw_settings_first(&s, c, smaller(bpf_map__max_entries(skel->maps.drop4), SW_DROP4_LEAST),
			  smaller(bpf_map__max_entries(skel->maps.drop6), SW_DROP6_LEAST), seed,
			  bpf_program__autoload(skel->progs.challenge));
	s.up_tick = (__u64)sw_monotonic() >> SW_TICK_SHIFT;
	if (getrandom(s.cookie_key, sizeof(s.cookie_key), 0) != sizeof(s.cookie_key))
		return sw_fail(e, SW_EXIT_FAILED, "cannot get random numbers: %s", strerror(errno));
	sw_pin_path(path, dir, "settings");
	fd = bpf_obj_get(path);
	rc = fd < 0 ? -1 : bpf_map_update_elem(fd, &zero, &s, BPF_ANY);
	if (rc)
		sw_fail(e, SW_EXIT_FAILED, "cannot write %s: %s", path, strerror(errno));
	if (fd >= 0)
		close(fd);
	return rc;
}

/* A new pin directory and new seeds, or those of the maps that are there. */
static int prepare(const char *pin_dir, const struct sw_engine *g, bool fresh, __u64 seed[4],
		   struct sw_err *e)
{
	struct sw_err ignored;

	if (!fresh) {
		memcpy(seed, g->settings->seed, sizeof(g->settings->seed));
		return 0;
	}
	/* Whatever a load that was cut short has left. */
	sw_engine_remove(pin_dir, &ignored);
	if (mkdir(pin_dir, 0700) && errno != EEXIST)
		return sw_fail(e, SW_EXIT_FAILED, "cannot make %s: %s", pin_dir, strerror(errno));
	if (getrandom(seed, 32, 0) != 32)
		return sw_fail(e, SW_EXIT_FAILED, "cannot get random numbers: %s", strerror(errno));
	return 0;
}

struct wanted {
	const char *pin_dir;
	const struct sw_config *c;
	const __u64 *seed;
};

static struct scanwall_bpf *open_wanted(const void *arg, struct sw_err *e)
{
	struct scanwall_bpf *skel = scanwall_bpf__open();
	const struct wanted *w = arg;

	if (!skel) {
		sw_engine_load_failed(w->pin_dir, errno, e);
		return NULL;
	}
	sw_engine_set_sizes(skel, w->c);
	sw_engine_set_constants(skel, w->c, w->seed);
	bpf_program__set_autoload(skel->progs.admit, sw_kernel_admits());
	skel->rodata->chained = sw_chain_is_set(w->pin_dir);
	if (!set_pins(skel, w->pin_dir, e))
		return skel;
	scanwall_bpf__destroy(skel);
	return NULL;
}

/* The maps of layout 1. When 0.1.0 is put back over this one, it opens all of
 * them before it looks at the layout, and detaches everything where one is
 * missing; so it finds them, and refuses instead. */
static const char *const first_names[] = {
	"settings",    "state",		"counters",  "near",	   "gate4",   "gate6",
	"drop4",       "drop6",		"overflow4", "overflow6",  "prefix4", "lengths4",
	"prefix6",     "allow4",	"allow6",    "sources",	   "served",  "flows",
	"regulars",    "decoys",	"crowds",    "services",   "own",     "events",
	"filters",     "inspect_ports", "rules",     "conditions", "windows", "port_rules",
	"rule_counts", "rule_limits",	"tails",
};

static int pin_first_names(int settings, const char *dir, struct sw_err *e)
{
	char path[PATH_BYTES];

	for (size_t i = 0; i < sizeof(first_names) / sizeof(*first_names); i++) {
		sw_pin_path(path, dir, first_names[i]);
		if (bpf_obj_pin(settings, path) && errno != EEXIST)
			return sw_fail(e, SW_EXIT_FAILED, "cannot pin %s: %s", path,
				       strerror(errno));
	}
	return 0;
}

static int pin_programs(struct scanwall_bpf *skel, const char *dir, struct sw_err *e)
{
	if (pin_program(skel->progs.scanwall, dir, "program", e) < 0 ||
	    pin_program(skel->progs.learn, dir, "learn", e) < 0)
		return -1;
	return bpf_program__autoload(skel->progs.admit)
		       ? pin_program(skel->progs.admit, dir, "admit", e)
		       : 0;
}

static int pin_all(struct scanwall_bpf *skel, const char *pin_dir, const struct sw_config *c,
		   const __u64 seed[4], bool fresh, struct sw_err *e)
{
	if (fresh && first_settings(pin_dir, c, skel, seed, e))
		return -1;
	if (pin_first_names(bpf_map__fd(skel->maps.settings), pin_dir, e) ||
	    pin_programs(skel, pin_dir, e))
		return -1;
	/* A map of programs is emptied when its pin and its last file descriptor
	 * are gone (kernel commit c9da161c6517), so the old program's own goes last. */
	if (sw_engine_switch_links(bpf_program__fd(skel->progs.scanwall), pin_dir, e))
		return -1;
	if (pin_fd(bpf_map__fd(skel->maps.steps), pin_dir, SW_STEPS_PIN, e))
		return -1;
	return pin_fd(bpf_map__fd(skel->maps.egress_steps), pin_dir, SW_EGRESS_STEPS_PIN, e);
}

static struct scanwall_bpf *load_chained(const struct wanted *w, bool *disagrees, struct sw_err *e)
{
	struct scanwall_bpf *skel = sw_engine_load_or_less(open_wanted, w, w->pin_dir, e);

	if (!skel || !sw_chain_add(skel, w->pin_dir, disagrees, e))
		return skel;
	scanwall_bpf__destroy(skel);
	return NULL;
}

/* Fresh maps, or the pinned ones of this layout and size in g. */
static int load(struct sw_engine *g, const char *pin_dir, const struct sw_config *c, __u64 seed[4],
		bool fresh, struct sw_err *e)
{
	struct wanted w = {.pin_dir = pin_dir, .c = c, .seed = seed};
	struct scanwall_bpf *skel;
	bool disagrees = false;
	int rc;

	if (sw_chain_pin(pin_dir, e))
		return -1;
	skel = load_chained(&w, &disagrees, e);
	if (!skel && disagrees && !sw_chain_forgo_frags(e))
		skel = load_chained(&w, &disagrees, e);
	rc = skel ? pin_all(skel, pin_dir, c, seed, fresh, e) : -1;
	scanwall_bpf__destroy(skel);
	sw_chain_want_frags();
	return rc || !fresh ? rc : sw_engine_open(g, pin_dir, e);
}

int sw_engine_load(struct sw_engine *g, const char *pin_dir, const struct sw_config *c,
		   struct sw_err *e)
{
	struct sw_err absent;
	__u64 seed[4];
	bool fresh;
	int rc = -1;

	if (sw_engine_preflight(pin_dir, e) < 0)
		return -1;
	sw_engine_keep_messages();

	fresh = sw_engine_open(g, pin_dir, &absent) < 0;
	if (fresh && absent.exit != SW_EXIT_NOT_THERE) {
		*e = absent;
		return -1;
	}
	rc = prepare(pin_dir, g, fresh, seed, e);
	if (!rc)
		rc = load(g, pin_dir, c, seed, fresh, e);
	if (rc < 0 && fresh)
		sw_engine_remove(pin_dir, &absent);
	if (rc < 0)
		sw_engine_close(g);
	return rc;
}

int sw_engine_stage(struct sw_engine *g, const char *pin_dir, const struct sw_config *c,
		    const __u64 seed[4], struct sw_err *e)
{
	char next[PATH_BYTES];
	__u64 kept[4];

	sw_engine_reset(g);
	if (sw_engine_preflight(pin_dir, e) < 0)
		return -1;
	sw_engine_keep_messages();
	sw_engine_next(next, pin_dir);
	sw_engine_unpin(next);
	memcpy(kept, seed, sizeof(kept));
	if (mkdir(next, 0700))
		return sw_fail(e, SW_EXIT_FAILED, "cannot make %s: %s", next, strerror(errno));
	if (!sw_engine_keep_marks(pin_dir, next, e) && !load(g, next, c, kept, true, e))
		return 0;
	sw_engine_unpin(next);
	return -1;
}
