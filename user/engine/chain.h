/* SPDX-License-Identifier: GPL-2.0-only */
/* attach --chain: one XDP program of somebody else's after ours. */
#ifndef SCANWALL_CHAIN_H
#define SCANWALL_CHAIN_H

#include "engine/engine.h"

#define SW_CHAIN_NAME 16 /* BPF_OBJ_NAME_LEN */

/* The program of a pin or of an id: a file descriptor, or -1. */
int sw_chain_open(const char *text, struct sw_err *e);
/* The next load goes on with this one; it stays the caller's. */
void sw_chain_take(int fd);
/* Refuses an interface that has yet another program. */
int sw_chain_check(int ifindex, const char *ifname, int fd, struct sw_err *e);
/* The program that follows; false: none does. */
bool sw_chain_info(const char *pin_dir, __u32 *id, char name[SW_CHAIN_NAME]);
/* Does it stand in the running program's table? */
bool sw_chain_follows(const char *pin_dir);

/* ---- for the engine */
#define SW_CHAINED_PIN "chained"

struct scanwall_bpf;

bool sw_chain_is_set(const char *pin_dir);
/* Pins what was taken. */
int sw_chain_pin(const char *pin_dir, struct sw_err *e);
/* Puts what is pinned behind the loaded program. *disagrees: that would take a program
 * loaded without frags, or with them. */
int sw_chain_add(const struct scanwall_bpf *skel, const char *pin_dir, bool *disagrees,
		 struct sw_err *e);
/* From here on programs are opened without frags; until the last of them is closed: */
int sw_chain_forgo_frags(struct sw_err *e);
void sw_chain_want_frags(void);
/* Takes the pinned program off the interface that it is attached to, if it is, and
 * remembers that it was. */
bool sw_chain_displace(const char *pin_dir, int ifindex);
/* And puts it back. */
void sw_chain_restore(const char *pin_dir, int ifindex);

#endif
