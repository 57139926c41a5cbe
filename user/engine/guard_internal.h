/* SPDX-License-Identifier: GPL-2.0-only */
/* Where the guarded addresses come from, one function per source. Each returns 0 or -1. */
#ifndef SCANWALL_GUARD_INTERNAL_H
#define SCANWALL_GUARD_INTERNAL_H

#include <linux/netlink.h>
#include "engine/guard.h"

/* ---- guard_list.c */
bool sw_guard_wants(const struct sw_guard *g, const struct sw_prefix *p);
/* Adds it unless it is already listed or not wanted. plen as in sw_prefix. */
int sw_guard_add(struct sw_guard *g, const struct sw_addr *a, int plen, enum sw_guard_kind kind,
		 const char *text, struct sw_err *e);
/* An address from a file or the environment; names, loopback and unspecified addresses
 * are ignored. */
int sw_guard_add_text(struct sw_guard *g, const char *text, enum sw_guard_kind kind,
		      const char *what, struct sw_err *e);

/* ---- guard_netlink.c */
int sw_guard_own(struct sw_guard *g, struct sw_err *e);
int sw_guard_gateways(struct sw_guard *g, struct sw_err *e);
/* Sends `request` and passes every message of the dump to fn. */
typedef int (*sw_netlink_fn)(const struct nlmsghdr *h, void *arg);
int sw_netlink_dump(int protocol, struct nlmsghdr *request, sw_netlink_fn fn, void *arg,
		    struct sw_err *e);
struct sw_addr sw_guard_addr(int family, const void *bytes);

/* ---- guard_files.c */
int sw_guard_files(struct sw_guard *g, struct sw_err *e);
/* Ports named in sshd_config, `max` at most. Returns their number. */
int sw_sshd_ports(__u16 *port, int max);

/* ---- guard_host.c: what the program has to know about the host: ephemeral ports, IP
 * protocols in use, whether it forwards. */
void sw_guard_host(const struct sw_engine *g, const struct sw_prefix_list *nat64);
/* The protocols that every host may use, and no others. */
void sw_guard_common(__u64 protocols[4]);

/* ---- tcp_stack.c */
void sw_tcp_stack(const struct sw_engine *g);
/* Of /proc/sys/net; the fallback where there is no such number. */
unsigned int sw_sysctl(const char *name, unsigned int fallback);

/* ---- syn_flood.c: do the program's SYN cookies work here? After the above. */
void sw_syn_flood_host(const struct sw_engine *g);

/* ---- guard_hidden.c: what the program cannot see, as settings. What cannot be
 * determined counts as absent. */
void sw_guard_hidden(const struct sw_engine *g, const struct sw_prefix_list *nat64);
/* Is there a rule by which a packet gets to a socket of another port or address? */
bool sw_guard_has_nat(void);
/* Tells the program how packets at the interface begin, before the first one comes there.
 * Fails where it cannot parse them. */
int sw_guard_link_header(const struct sw_engine *g, int ifindex, const char *ifname,
			 struct sw_err *e);

/* ---- guard_login.c: is a login session open from that address? */
bool sw_logged_in(const struct sw_addr *a);
/* From any address? If not, sw_logged_in is false for all. */
bool sw_anybody_logged_in(void);

/* ---- guard_ssh.c */
int sw_guard_ssh(struct sw_guard *g, struct sw_err *e);

#endif
