// SPDX-License-Identifier: GPL-2.0-only
/* Runs plaintext read from TLS through the program (decrypted.h). */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/tcp.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <string.h>
#include <unistd.h>
#include <scanwall/tls_read.h>
#include "base/addr.h"
#include "engine/decrypted.h"
#include "engine/internal.h"
#include "scanwall.skel.h"

#define WHERE "what is read out of TLS"

static bool is_own(enum sw_map m)
{
	return m == SW_MAP_counters || m == SW_MAP_tails || m == SW_MAP_monitor ||
	       m == SW_MAP_packets;
}

static int share_maps(struct scanwall_bpf *skel, const struct sw_engine *g, struct sw_err *e)
{
	struct bpf_map *map;
	int rc = 0;

	for (int m = 0; m < SW_MAP_COUNT && !rc; m++) {
		map = bpf_object__find_map_by_name(skel->obj, sw_map_name(m));
		if (!is_own(m))
			rc = bpf_map__reuse_fd(map, g->fd[m]);
		if (rc)
			return sw_fail(e, SW_EXIT_FAILED, "cannot share the map %s: %s",
				       sw_map_name(m), strerror(-rc));
	}
	return 0;
}

static void choose_programs(struct scanwall_bpf *skel, bool answers)
{
	struct bpf_program *prog;

	bpf_object__for_each_program(prog, skel->obj) bpf_program__set_autoload(prog, false);
	bpf_program__set_autoload(skel->progs.inspect, true);
	bpf_program__set_autoload(skel->progs.respond, true);
	bpf_program__set_autoload(skel->progs.answer, answers);
}

static int keep(struct sw_decrypted *d, struct scanwall_bpf *skel, struct sw_err *e)
{
	__u32 at = SW_STEP_RESPOND;
	int respond = bpf_program__fd(skel->progs.respond);

	d->program = dup(bpf_program__fd(skel->progs.inspect));
	d->steps = dup(bpf_map__fd(skel->maps.steps));
	if (bpf_program__autoload(skel->progs.answer))
		d->answer = dup(bpf_program__fd(skel->progs.answer));
	if (d->program >= 0 && d->steps >= 0 &&
	    !bpf_map_update_elem(d->steps, &at, &respond, BPF_ANY))
		return 0;
	return sw_fail(e, SW_EXIT_FAILED, "cannot keep the program: %s", strerror(errno));
}

static int load(struct sw_decrypted *d, struct scanwall_bpf *skel, const struct sw_engine *g,
		const struct sw_config *c, struct sw_err *e)
{
	int rc;

	if (share_maps(skel, g, e))
		return -1;
	sw_engine_set_constants(skel, c, g->settings->seed);
	skel->rodata->decrypted = true;
	choose_programs(skel, sw_engine_parts(g->dir) & SW_PART_REFUSALS);
	sw_engine_keep_messages();
	rc = scanwall_bpf__load(skel);
	if (rc)
		return sw_engine_load_failed(WHERE, -rc, e);
	return keep(d, skel, e);
}

static __u32 id_of(int fd)
{
	struct bpf_map_info info = {};
	__u32 size = sizeof(info);

	return bpf_obj_get_info_by_fd(fd, &info, &size) ? 0 : info.id;
}

void sw_decrypted_init(struct sw_decrypted *d)
{
	*d = (struct sw_decrypted){.program = -1, .steps = -1, .answer = -1};
}

int sw_decrypted_open(struct sw_decrypted *d, const struct sw_engine *g, const struct sw_config *c,
		      struct sw_err *e)
{
	struct scanwall_bpf *skel = scanwall_bpf__open();
	int rc;

	sw_decrypted_init(d);
	if (!skel)
		return sw_engine_load_failed(WHERE, errno, e);
	rc = load(d, skel, g, c, e);
	scanwall_bpf__destroy(skel);
	d->of = id_of(g->fd[SW_MAP_rules]);
	return rc;
}

void sw_decrypted_close(struct sw_decrypted *d)
{
	if (d->program >= 0)
		close(d->program);
	if (d->steps >= 0)
		close(d->steps);
	if (d->answer >= 0)
		close(d->answer);
	sw_decrypted_init(d);
}

bool sw_decrypted_fits(const struct sw_decrypted *d, const struct sw_engine *g)
{
	return d->program >= 0 && d->of == id_of(g->fd[SW_MAP_rules]);
}

/* ---- a frame */

struct frame4 {
	struct ethhdr eth;
	struct iphdr ip;
	struct tcphdr tcp;
} __attribute__((packed));

struct frame6 {
	struct ethhdr eth;
	struct ip6_hdr ip;
	struct tcphdr tcp;
} __attribute__((packed));

static struct tcphdr tcp_of(const struct sw_plain_text *t)
{
	return (struct tcphdr){
		.source = t->remote_port,
		.dest = t->local_port,
		.seq = htonl(t->seq),
		.doff = sizeof(struct tcphdr) / 4,
		.ack = 1,
		.psh = 1,
		/* As bpf/inspect.h and rule_action.h read them. */
		.window = htons(t->rules_port),
		.urg = t->translated,
	};
}

static size_t make4(const struct sw_plain_text *t, void *to)
{
	struct frame4 f = {
		.eth.h_proto = htons(ETH_P_IP),
		.ip = {.version = 4,
		       .ihl = sizeof(f.ip) / 4,
		       .tot_len = htons(sizeof(f.ip) + sizeof(f.tcp) + t->length),
		       .ttl = 64,
		       .protocol = IPPROTO_TCP,
		       .saddr = sw_addr_to4(&t->remote),
		       .daddr = sw_addr_to4(&t->local)},
		.tcp = tcp_of(t),
	};

	memcpy(to, &f, sizeof(f));
	return sizeof(f);
}

static size_t make6(const struct sw_plain_text *t, void *to)
{
	struct frame6 f = {.eth.h_proto = htons(ETH_P_IPV6), .tcp = tcp_of(t)};

	f.ip.ip6_vfc = 6 << 4;
	f.ip.ip6_plen = htons(sizeof(f.tcp) + t->length);
	f.ip.ip6_nxt = IPPROTO_TCP;
	f.ip.ip6_hlim = 64;
	memcpy(&f.ip.ip6_src, &t->remote, sizeof(f.ip.ip6_src));
	memcpy(&f.ip.ip6_dst, &t->local, sizeof(f.ip.ip6_dst));
	memcpy(to, &f, sizeof(f));
	return sizeof(f);
}

/* Returns its length. */
static size_t make_frame(const struct sw_plain_text *t, unsigned char *frame)
{
	size_t head = sw_addr_is4(&t->remote) ? make4(t, frame) : make6(t, frame);

	memcpy(frame + head, t->text, t->length);
	return head + t->length;
}

bool sw_decrypted_drops(const struct sw_decrypted *d, const struct sw_plain_text *t)
{
	unsigned char frame[sizeof(struct frame6) + SW_TLS_RECORD];
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = frame, .repeat = 1);

	errno = 0;
	if (!t->length || t->length > SW_TLS_RECORD)
		return false;
	opts.data_size_in = make_frame(t, frame);
	return !bpf_prog_test_run_opts(d->program, &opts) && opts.retval == XDP_DROP;
}

void sw_decrypted_answers(const struct sw_decrypted *d, const struct sw_plain_text *t)
{
	unsigned char frame[sizeof(struct frame6) + SW_TLS_ANSWER];
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = frame, .repeat = 1);
	struct sw_plain_text back = *t;

	if (d->answer < 0 || !t->length || t->length > SW_TLS_ANSWER)
		return;
	back.remote = t->local;
	back.local = t->remote;
	back.remote_port = t->local_port;
	back.local_port = t->remote_port;
	opts.data_size_in = make_frame(&back, frame);
	bpf_prog_test_run_opts(d->answer, &opts);
}
