/* SPDX-License-Identifier: GPL-2.0-only */
/* The host as seen from outside: interfaces, listening sockets and their processes, and ports
 * that NAT rules redirect; in the network namespace of this process. */
#ifndef SCANWALL_HOST_H
#define SCANWALL_HOST_H

#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>
#include "base/err.h"

/* ---- nics.c */
struct sw_interface {
	char name[IF_NAMESIZE];
	int index;
	unsigned flags;	     /* IFF_UP ... */
	unsigned short type; /* ARPHRD_... */
	int mtu;
	int master; /* ifindex of its bond, bridge or VRF; 0: none */
	int lower;  /* ifindex of what a VLAN or macvlan stands on; 0: none, or not here */
	bool lower_elsewhere; /* that is in another network namespace */
	char kind[16];	      /* "vlan", "bond", ...; "" for a plain device */
	char driver[32];      /* "virtio_net"; "" where it does not tell */
	bool outward;	      /* a default route leads out by it */
	uint32_t xdp_id;      /* program that is there; 0: none */
	char xdp_name[32];
	int queues, queues_most; /* combined or receive; 0: does not tell */
	bool queues_rx;		 /* these are receive queues, set by `ethtool -L rx` */
	bool lro, strips_vlan;
};

struct sw_interfaces {
	struct sw_interface *item;
	size_t count, room;
};

int sw_interfaces_find(struct sw_interfaces *out, struct sw_err *e);
void sw_interfaces_free(struct sw_interfaces *l);
const struct sw_interface *sw_interfaces_get(const struct sw_interfaces *l, const char *name);

/* Devices at most that sw_interfaces_first() finds. */
#define SW_FIRST_MAX 32
/* Where packets of `i` come in first: the lower device of a VLAN or macvlan, the members of a
 * bridge, VRF or team that lead out, else `i` itself. Returns how many. */
int sw_interfaces_first(const struct sw_interfaces *l, const struct sw_interface *i,
			const struct sw_interface *first[SW_FIRST_MAX]);
/* The members of a bond, bridge, VRF or team, ends of containers and of virtual machines
 * (veth, tap) only if `ends`. */
int sw_interfaces_members(const struct sw_interfaces *l, const struct sw_interface *i, bool ends,
			  const struct sw_interface *member[SW_FIRST_MAX]);
/* Does the driver take a native XDP program? Known by its name; a driver that
 * nobody knows here is taken for one that does not. */
bool sw_driver_native(const char *driver);
/* Is XDP_TX slow or serialized there? A sentence, or NULL. */
const char *sw_driver_slow_tx(const struct sw_interface *i);

/* ---- served.c: ports that the outside reaches, and by whom */
struct sw_endpoint {
	int proto;	    /* IPPROTO_TCP or IPPROTO_UDP */
	uint16_t port;	    /* host order */
	int pid;	    /* 0: not known */
	char process[32];   /* "nginx" */
	char container[64]; /* "docker 3f2a9c01b7de"; "" for none */
	char moved_to[64];  /* "172.17.0.2:80" where a NAT rule moves it; else "" */
	bool configured;    /* named by `services` only */
	int64_t since;	    /* wall clock us when the process began; 0: not known */
	int sources;	    /* different peers with an open connection now; -1: not known */
};

struct sw_endpoints {
	struct sw_endpoint *item;
	size_t count, room;
};

/* In order of protocol and port. Sockets bound to loopback are not reached. */
int sw_endpoints_find(struct sw_endpoints *out, struct sw_err *e);
void sw_endpoints_free(struct sw_endpoints *l);
int sw_endpoints_add(struct sw_endpoints *l, const struct sw_endpoint *one, struct sw_err *e);
struct sw_endpoint *sw_endpoints_get(const struct sw_endpoints *l, int proto, uint16_t port);
void sw_endpoints_sort(struct sw_endpoints *l);

/* ---- nat.c: adds what DNAT and redirect rules move, of nftables and iptables */
int sw_nat_add(struct sw_endpoints *l, struct sw_err *e);

/* ---- port_knock.c: adds the ports that knockd and fwknopd read knocks at, of those that
 * run in this network namespace (pid) or whose file is in /etc (pid 0). Port 0: one that
 * runs and whose ports cannot be told. */
int sw_port_knock_add(struct sw_endpoints *l, struct sw_err *e);

#endif
