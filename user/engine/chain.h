/* SPDX-License-Identifier: GPL-2.0-only */
/* attach --chain: another XDP program after ours. */
#ifndef SCANWALL_CHAIN_H
#define SCANWALL_CHAIN_H

#include "engine/engine.h"

#define SW_CHAIN_NAME 16 /* BPF_OBJ_NAME_LEN */

/* Opens a program by pin or id: a file descriptor, or -1. */
int sw_chain_open(const char *text, struct sw_err *e);
/* The next load chains this program; the descriptor stays the caller's. */
void sw_chain_take(int fd);
/* Fails if the interface has yet another program. */
int sw_chain_check(int ifindex, const char *ifname, int fd, struct sw_err *e);
/* The chained program; false: none. */
bool sw_chain_info(const char *pin_dir, __u32 *id, char name[SW_CHAIN_NAME]);
/* Is it in the running program's prog array? */
bool sw_chain_follows(const char *pin_dir);

/* ---- for the engine */
#define SW_CHAINED_PIN "chained"

struct scanwall_bpf;

bool sw_chain_is_set(const char *pin_dir);
/* Pins the program set by sw_chain_take. */
int sw_chain_pin(const char *pin_dir, struct sw_err *e);
/* Chains the pinned program to a loaded one. *disagrees: one was loaded with frags and
 * the other without. */
int sw_chain_add(const struct scanwall_bpf *skel, const char *pin_dir, bool *disagrees,
		 struct sw_err *e);
/* From here on programs are opened without frags, until the last of them is closed: */
int sw_chain_forgo_frags(struct sw_err *e);
void sw_chain_want_frags(void);
/* Detaches the pinned program from the interface, if attached there, and records that. */
bool sw_chain_displace(const char *pin_dir, int ifindex);
/* Attaches it again. */
void sw_chain_restore(const char *pin_dir, int ifindex);

#endif
