// SPDX-License-Identifier: GPL-2.0-only
/* Doctor's checks of the kernel and of the program that is attached. */
#include <stdio.h>
#include <string.h>
#include "engine/chain.h"
#include "engine/settings.h"
#include "engine/syn_flood.h"
#include "host/doctor_checks.h"
#include "host/running.h"

static long number_in(const char *path)
{
	FILE *f = fopen(path, "r");
	long n = -1;

	if (!f)
		return -1;
	if (fscanf(f, "%ld", &n) != 1)
		n = -1;
	fclose(f);
	return n;
}

void sw_check_kernel(struct sw_doctor *d)
{
	struct sw_err e;
	long jit = number_in("/proc/sys/net/core/bpf_jit_enable");

	if (sw_engine_preflight(d->p->pin_dir, &e))
		sw_doctor_say(d, SW_WRONG, "kernel", NULL, "%s", e.text);
	else
		sw_doctor_say(d, SW_GOOD, "kernel", NULL,
			      "recent enough, with BTF, a BPF file system and permission to load");
	if (jit == 0)
		sw_doctor_say(d, SW_WRONG, "jit", NULL,
			      "BPF programs are interpreted, several times slower: sysctl -w "
			      "net.core.bpf_jit_enable=1");
	else if (jit > 0)
		sw_doctor_say(d, SW_GOOD, "jit", NULL, "BPF programs are compiled");
}

void sw_check_layout(struct sw_doctor *d)
{
	__u32 layout = sw_engine_layout(d->p->pin_dir);
	unsigned int parts = sw_engine_parts(d->p->pin_dir);
	const char *missing = sw_parts_missing(parts, 0);

	if (layout && layout != SW_ABI_VERSION)
		sw_doctor_say(d, SW_WRONG, "program", NULL,
			      "another version's program is running (layout %u, this one has %u): "
			      "restart the daemon, or scanwall attach IFACE",
			      layout, SW_ABI_VERSION);
	else if (d->open && d->ctx.unusable.text[0])
		sw_doctor_say(d, SW_WRONG, "program", NULL, "%s", d->ctx.unusable.text);
	else if (!d->attached)
		sw_doctor_say(d, SW_WRONG, "program", NULL,
			      "attached to nothing: scanwall setup, or scanwall attach IFACE");
	else if (missing)
		for (int i = 0; (missing = sw_parts_missing(parts, i)); i++)
			sw_doctor_say(d, SW_DOUBTFUL, "program", NULL, "%s", missing);
	else
		sw_doctor_say(d, SW_GOOD, "program", NULL, "this version's, on %d interface%s",
			      d->attached, d->attached == 1 ? "" : "s");
}

/* Another's program in our link's place would be as silent as libxdp's dispatcher. */
void sw_check_running(struct sw_doctor *d)
{
	struct sw_running r;
	char text[300];
	enum sw_finding f;
	int here = 0;

	for (int i = 0; i < d->attached; i++)
		here += d->at[i].ifindex != 0;
	if (!here)
		return;
	sw_running_look(d->p->pin_dir, d->at, d->attached, &r);
	for (int i = 0; i < d->attached; i++) {
		if (!d->at[i].ifindex || !r.prog_id || d->at[i].prog_id == r.prog_id)
			continue;
		sw_doctor_say(
			d, SW_WRONG, "runs", d->at[i].ifname,
			"packets reach the program with id %u, but ours is %u: scanwall attach %s",
			d->at[i].prog_id, r.prog_id, d->at[i].ifname);
		return;
	}
	if (!r.prog_id)
		sw_doctor_say(d, SW_WRONG, "runs", NULL,
			      "%s/program is gone, so it cannot be queried: scanwall attach IFACE",
			      d->p->pin_dir);
	if (!r.counted)
		return;
	f = sw_running_say(&r, text, sizeof(text));
	sw_doctor_say(d, f, "runs", NULL, "%s", text);
}

void sw_check_chain(struct sw_doctor *d)
{
	char name[SW_CHAIN_NAME];
	__u32 id;

	if (!d->attached || !sw_chain_info(d->p->pin_dir, &id, name))
		return;
	if (sw_chain_follows(d->p->pin_dir))
		sw_doctor_say(d, SW_GOOD, "chain", NULL, "what passes goes on to \"%s\" (id %u)",
			      name, id);
	else
		sw_doctor_say(d, SW_WRONG, "chain", NULL,
			      "what passes was to go on to \"%s\" (id %u), and does not: scanwall "
			      "attach IFACE --chain %u",
			      name, id, id);
}

void sw_check_daemon(struct sw_doctor *d)
{
	if (d->p->daemon)
		sw_doctor_say(d, SW_GOOD, "daemon", NULL, "runs (process %d)", (int)d->p->daemon);
	else
		sw_doctor_say(d, d->attached ? SW_WRONG : SW_DOUBTFUL, "daemon", NULL,
			      "not running: blocks work and expire by themselves, but nothing is "
			      "recorded; systemctl start scanwall, or scanwall run");
}

void sw_check_mode(struct sw_doctor *d)
{
	const struct sw_engine *g = &d->ctx.engine;

	if (!d->open || !d->ctx.loaded)
		return;
	if (g->settings->panic)
		sw_doctor_say(d, SW_WRONG, "mode", NULL,
			      "PANIC: everything passes; to end it: scanwall panic --off");
	else if (sw_settings_heartbeat_missed(g) && g->settings->mode == SW_ENFORCE)
		sw_doctor_say(d, SW_WRONG, "mode", NULL,
			      "nothing is dropped, as the daemon's heartbeat is missed "
			      "(guard.heartbeat): systemctl start scanwall, or scanwall config "
			      "unset guard.heartbeat");
	else if (sw_engine_mode(g) == SW_DETECT)
		sw_doctor_say(d, SW_DOUBTFUL, "mode", NULL,
			      "detect: nothing is dropped; when the events look right: scanwall "
			      "mode enforce");
	else
		sw_doctor_say(d, SW_GOOD, "mode", NULL, "enforce");
}

void sw_check_syn_flood(struct sw_doctor *d)
{
	const char *hindrance, *loss;

	if (!d->open || !d->ctx.loaded || d->ctx.engine.settings->syn_flood == SW_SYN_FLOOD_OFF)
		return;
	hindrance = sw_syn_flood_hindrance(&d->ctx.engine);
	loss = sw_syn_flood_loss(&d->ctx.engine);
	if (hindrance)
		sw_doctor_say(d, SW_DOUBTFUL, "syn-flood", NULL,
			      "SYN floods are left to the kernel: %s", hindrance);
	else if (loss)
		sw_doctor_say(d, SW_GOOD, "syn-flood", NULL, "answered with cookies; %s", loss);
	else
		sw_doctor_say(d, SW_GOOD, "syn-flood", NULL, "answered with cookies in the driver");
}

void sw_check_losses(struct sw_doctor *d)
{
	const struct sw_state *s;

	if (!d->open || !d->ctx.loaded)
		return;
	s = d->ctx.engine.state;
	if (s->lost_events && !d->p->daemon)
		sw_doctor_say(d, SW_DOUBTFUL, "events", NULL,
			      "%llu lost: no daemon reads them; systemctl start scanwall",
			      (unsigned long long)s->lost_events);
	else if (s->lost_events)
		sw_doctor_say(d, SW_DOUBTFUL, "events", NULL,
			      "%llu lost: the ring was full; raise limits.ring and attach again",
			      (unsigned long long)s->lost_events);
	else
		sw_doctor_say(d, SW_GOOD, "events", NULL, "none lost");
	if (s->overflow_full)
		sw_doctor_say(d, SW_WRONG, "room", NULL,
			      "%llu blocks found no room: raise limits.blocked4 or limits.blocked6 "
			      "and attach again",
			      (unsigned long long)s->overflow_full);
	if (s->capped_blocks)
		sw_doctor_say(d, SW_DOUBTFUL, "limits", NULL,
			      "%llu automatic blocks were not made, at guard.auto_per_minute or "
			      "guard.auto_max: a flood under forged addresses, or limits too low",
			      (unsigned long long)s->capped_blocks);
}
