// SPDX-License-Identifier: GPL-2.0-only
/* Loads the programs into the kernel and connects their tail calls. If the verifier
 * rejects an optional one, loads again without it. */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>
#include "engine/internal.h"
#include "scanwall.skel.h"

/* A match without `respond` would be dropped without an event, so `inspect` depends on
 * it. */
static const struct {
	const char *program;
	const char *pin; /* of the map that holds it */
	__u32 step;
	unsigned int part;
} optional[] = {
	{"inspect", SW_STEPS_PIN, SW_STEP_INSPECT, SW_PART_SIGNATURES},
	{"respond", SW_STEPS_PIN, SW_STEP_RESPOND, SW_PART_SIGNATURES},
	{"challenge", SW_STEPS_PIN, SW_STEP_CHALLENGE, SW_PART_CHALLENGES},
	{"answer", SW_EGRESS_STEPS_PIN, SW_EGRESS_ANSWER, SW_PART_REFUSALS},
	{"reply", SW_EGRESS_STEPS_PIN, SW_EGRESS_REPLY, SW_PART_REFUSALS},
};
#define OPTIONAL (sizeof(optional) / sizeof(*optional))

static unsigned int refused_part(void)
{
	for (size_t i = 0; i < OPTIONAL; i++)
		if (sw_engine_refused(optional[i].program))
			return optional[i].part;
	return 0;
}

/* `answer` needs the requests that `inspect` keeps */
static void leave_out(struct scanwall_bpf *skel, unsigned int parts)
{
	if (parts & SW_PART_SIGNATURES)
		parts |= SW_PART_REFUSALS;
	for (size_t i = 0; i < OPTIONAL; i++)
		if (parts & optional[i].part)
			bpf_program__set_autoload(
				bpf_object__find_program_by_name(skel->obj, optional[i].program),
				false);
}

static int add_step(const struct bpf_map *map, __u32 at, const struct bpf_program *prog,
		    struct sw_err *e)
{
	int fd = bpf_program__fd(prog);

	if (!bpf_program__autoload(prog) ||
	    !bpf_map_update_elem(bpf_map__fd(map), &at, &fd, BPF_ANY))
		return 0;
	return sw_fail(e, SW_EXIT_FAILED, "cannot add the program `%s` to its map: %s",
		       bpf_program__name(prog), strerror(errno));
}

int sw_engine_add_steps(struct scanwall_bpf *skel, struct sw_err *e)
{
	const struct bpf_map *steps = skel->maps.steps;

	if (add_step(steps, SW_STEP_INSPECT, skel->progs.inspect, e) ||
	    add_step(steps, SW_STEP_RESPOND, skel->progs.respond, e) ||
	    add_step(steps, SW_STEP_SYNCOOKIE, skel->progs.syncookie, e) ||
	    add_step(steps, SW_STEP_CHALLENGE, skel->progs.challenge, e) ||
	    add_step(steps, SW_STEP_MONITOR, skel->progs.monitor_packet, e))
		return -1;
	return add_step(skel->maps.egress_steps, SW_EGRESS_ANSWER, skel->progs.answer, e) ||
			       add_step(skel->maps.egress_steps, SW_EGRESS_REPLY, skel->progs.reply,
					e)
		       ? -1
		       : 0;
}

static struct scanwall_bpf *load_without(sw_open_fn *open, const void *arg, const char *where,
					 unsigned int parts, struct sw_err *e)
{
	struct scanwall_bpf *skel = open(arg, e);
	int rc;

	if (!skel)
		return NULL;
	leave_out(skel, parts);
	sw_engine_keep_messages();
	rc = scanwall_bpf__load(skel);
	if (rc)
		sw_engine_load_failed(where, -rc, e);
	else if (!sw_engine_add_steps(skel, e))
		return skel;
	scanwall_bpf__destroy(skel);
	return NULL;
}

/* Terminates, because each part is left out once. */
struct scanwall_bpf *sw_engine_load_or_less(sw_open_fn *open, const void *arg, const char *where,
					    struct sw_err *e)
{
	unsigned int without = 0, refused;
	struct scanwall_bpf *skel;

	do {
		skel = load_without(open, arg, where, without, e);
		refused = skel ? 0 : refused_part() & ~without;
		without |= refused;
	} while (refused);
	return skel;
}

unsigned int sw_engine_parts_of(int steps, const char *pin)
{
	unsigned int parts = SW_PART_ALL;
	__u32 id;

	for (size_t i = 0; i < OPTIONAL; i++)
		if (!strcmp(optional[i].pin, pin) &&
		    bpf_map_lookup_elem(steps, &optional[i].step, &id))
			parts &= ~optional[i].part;
	return parts;
}

static unsigned int pinned_parts(const char *pin_dir, const char *pin)
{
	char path[PATH_BYTES];
	unsigned int parts;
	int fd;

	sw_pin_path(path, pin_dir, pin);
	fd = bpf_obj_get(path);
	if (fd < 0)
		return 0;
	parts = sw_engine_parts_of(fd, pin);
	close(fd);
	return parts;
}

unsigned int sw_engine_parts(const char *pin_dir)
{
	return pinned_parts(pin_dir, SW_STEPS_PIN) & pinned_parts(pin_dir, SW_EGRESS_STEPS_PIN);
}

bool sw_engine_inspects(const char *pin_dir)
{
	return sw_engine_parts(pin_dir) & SW_PART_SIGNATURES;
}

const char *sw_parts_missing(unsigned int parts, int i)
{
	const char *said[3];
	int n = 0;

	if (!(parts & SW_PART_SIGNATURES))
		said[n++] = SW_NO_SIGNATURES;
	if (!(parts & SW_PART_CHALLENGES))
		said[n++] = SW_NO_CHALLENGES;
	if (!(parts & SW_PART_REFUSALS))
		said[n++] = SW_NO_REFUSALS;
	return i < n ? said[i] : NULL;
}
