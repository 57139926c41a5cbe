// SPDX-License-Identifier: GPL-2.0-only
/* Uprobes on libssl. A probe belongs to an inode, and so to every process that maps the file
 * now or later: a new server needs no action unless it brings its own libssl. */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/grow.h"
#include "daemon/tls_watch.h"
#include "engine/internal.h"
#include "tls.skel.h"

#define WHERE "what is read out of TLS"
#define PROBES 11

struct sw_tls_library {
	uint64_t dev, inode;
	struct bpf_link *link[PROBES];
	bool used, refused;
};

struct probe {
	const char *function;
	const char *program;
	bool at_return;
	bool needed; /* those with _ex are not in all */
};

static const struct probe probes[PROBES] = {
	{"SSL_set_accept_state", "accept_state", false, true},
	{"SSL_set_connect_state", "connect_state", false, true},
	{"SSL_free", "free_session", false, true},
	{"SSL_do_handshake", "enter_handshake", false, true},
	{"SSL_do_handshake", "leave", true, true},
	{"SSL_read", "enter_read", false, true},
	{"SSL_read", "leave", true, true},
	{"SSL_read_ex", "enter_read_ex", false, false},
	{"SSL_read_ex", "leave", true, false},
	{"SSL_write", "enter_write", false, true},
	{"SSL_write_ex", "enter_write", false, false},
};

static int attach_receive(struct tls_bpf *skel, struct sw_err *e)
{
	skel->links.received = bpf_program__attach(skel->progs.received);
	if (skel->links.received)
		return 0;
	return sw_fail(e, SW_EXIT_FAILED,
		       "cannot attach to the tracepoint tcp_rcv_space_adjust: %s", strerror(errno));
}

int sw_tls_probes_open(struct sw_tls_probes *p, struct sw_err *e)
{
	int rc;

	memset(p, 0, sizeof(*p));
	p->skel = tls_bpf__open();
	if (!p->skel)
		return sw_engine_load_failed(WHERE, errno, e);
	sw_engine_keep_messages();
	rc = tls_bpf__load(p->skel);
	rc = rc ? sw_engine_load_failed(WHERE, -rc, e) : attach_receive(p->skel, e);
	if (rc)
		sw_tls_probes_close(p);
	return rc;
}

static void let_go(struct sw_tls_library *lib)
{
	for (int i = 0; i < PROBES; i++)
		bpf_link__destroy(lib->link[i]);
	memset(lib->link, 0, sizeof(lib->link));
}

void sw_tls_probes_close(struct sw_tls_probes *p)
{
	for (size_t i = 0; i < p->libraries; i++)
		let_go(&p->library[i]);
	free(p->library);
	tls_bpf__destroy(p->skel);
	memset(p, 0, sizeof(*p));
}

static struct sw_tls_library *find(struct sw_tls_probes *p, const struct sw_tls_user *u)
{
	for (size_t i = 0; i < p->libraries; i++)
		if (p->library[i].dev == u->dev && p->library[i].inode == u->inode)
			return &p->library[i];
	return NULL;
}

static int attach(const struct sw_tls_probes *p, struct sw_tls_library *lib,
		  const struct sw_tls_user *u, struct sw_err *e)
{
	char path[sizeof(u->path) + 32];

	snprintf(path, sizeof(path), "/proc/%d/root%s", u->pid, u->path);
	sw_engine_keep_messages();
	for (int i = 0; i < PROBES; i++) {
		LIBBPF_OPTS(bpf_uprobe_opts, opts, .func_name = probes[i].function,
			    .retprobe = probes[i].at_return);
		const struct bpf_program *prog =
			bpf_object__find_program_by_name(p->skel->obj, probes[i].program);

		lib->link[i] = bpf_program__attach_uprobe_opts(prog, -1, path, 0, &opts);
		if (lib->link[i] || !probes[i].needed)
			continue;
		sw_fail(e, SW_EXIT_FAILED, "cannot probe %s in %s of %s (pid %d): %s",
			probes[i].function, u->path, u->name, (int)u->pid, strerror(errno));
		let_go(lib);
		return -1;
	}
	return 0;
}

static struct sw_tls_library *add(struct sw_tls_probes *p, const struct sw_tls_user *u,
				  struct sw_err *e)
{
	struct sw_tls_library *lib;

	if (sw_grow((void **)&p->library, &p->room, p->libraries, sizeof(*p->library), e))
		return NULL;
	lib = &p->library[p->libraries++];
	*lib = (struct sw_tls_library){.dev = u->dev, .inode = u->inode};
	lib->refused = attach(p, lib, u, e) != 0;
	return lib;
}

static void drop_unused(struct sw_tls_probes *p)
{
	size_t kept = 0;

	for (size_t i = 0; i < p->libraries; i++) {
		if (p->library[i].used)
			p->library[kept++] = p->library[i];
		else /* an open probe would keep a container's file system busy */
			let_go(&p->library[i]);
	}
	p->libraries = kept;
}

int sw_tls_probes_follow(struct sw_tls_probes *p, struct sw_tls_users *l, struct sw_err *e)
{
	int rc = 0;

	for (size_t i = 0; i < p->libraries; i++)
		p->library[i].used = false;
	for (size_t i = 0; i < l->count; i++) {
		struct sw_tls_user *u = &l->item[i];
		struct sw_tls_library *lib = find(p, u);

		/* A deleted file cannot be attached to. */
		if (!lib && !u->deleted)
			lib = add(p, u, e);
		if (lib)
			lib->used = true;
		u->seen = lib && !lib->refused;
		if (lib && lib->refused)
			rc = -1;
	}
	drop_unused(p);
	return rc;
}

int sw_tls_probes_ring(const struct sw_tls_probes *p)
{
	return bpf_map__fd(p->skel->maps.reads);
}

void sw_tls_probes_counts(const struct sw_tls_probes *p, struct sw_tls_counts *out)
{
	__u32 zero = 0;

	if (bpf_map_lookup_elem(bpf_map__fd(p->skel->maps.tls_counts), &zero, out))
		memset(out, 0, sizeof(*out));
}
