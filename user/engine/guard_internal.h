/* SPDX-License-Identifier: GPL-2.0-only */
/* Where the guarded are found; one function a source. Each returns 0 or -1. */
#ifndef SCANWALL_GUARD_INTERNAL_H
#define SCANWALL_GUARD_INTERNAL_H

#include <linux/netlink.h>
#include "engine/guard.h"

/* ---- guard_list.c */
bool sw_guard_wants(const struct sw_guard *g, const struct sw_prefix *p);
/* Adds it unless it is there already, or not wanted. plen counts as in sw_prefix. */
int sw_guard_add(struct sw_guard *g, const struct sw_addr *a, int plen, enum sw_guard_kind kind,
		 const char *text, struct sw_err *e);
/* An address as it stands in a file or in the environment; a name, or one that
 * this host itself answers at (loopback, any), is passed over. */
int sw_guard_add_text(struct sw_guard *g, const char *text, enum sw_guard_kind kind,
		      const char *what, struct sw_err *e);

/* ---- guard_netlink.c */
int sw_guard_own(struct sw_guard *g, struct sw_err *e);
int sw_guard_gateways(struct sw_guard *g, struct sw_err *e);
/* One dump: sends `request` and hands on every answer. */
typedef int (*sw_netlink_fn)(const struct nlmsghdr *h, void *arg);
int sw_netlink_dump(int protocol, struct nlmsghdr *request, sw_netlink_fn fn, void *arg,
		    struct sw_err *e);
struct sw_addr sw_guard_addr(int family, const void *bytes);

/* ---- guard_files.c */
int sw_guard_files(struct sw_guard *g, struct sw_err *e);
/* The ports that sshd_config names; at most `max` of them. Returns how many. */
int sw_sshd_ports(__u16 *port, int max);

/* ---- guard_host.c: what the program has to know about the host itself: local
 * ports of outgoing connections, IP protocols spoken, whether it forwards. */
int sw_guard_host(const struct sw_engine *g, struct sw_err *e);
/* Of those, the protocols that every host may speak, and no others. */
void sw_guard_common(__u64 protocols[4]);

/* ---- tcp_stack.c */
void sw_tcp_stack(const struct sw_engine *g);

/* ---- syn_flood.c: whether SYN cookies of the program's work here; after the above. */
void sw_syn_flood_host(const struct sw_engine *g);

/* ---- guard_hidden.c: what the program cannot see; into its settings. What cannot
 * be found out is taken for absent. */
void sw_guard_hidden(const struct sw_engine *g);

/* ---- guard_login.c: has somebody logged in from there? */
bool sw_logged_in(const struct sw_addr *a);
/* Has anybody, from anywhere? If not, sw_logged_in is false for every address. */
bool sw_anybody_logged_in(void);

/* ---- guard_ssh.c */
int sw_guard_ssh(struct sw_guard *g, struct sw_err *e);

#endif
