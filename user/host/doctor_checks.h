/* SPDX-License-Identifier: GPL-2.0-only */
/* One examination by `scanwall doctor`, and its checks, which findings.c runs in order. */
#ifndef SCANWALL_DOCTOR_CHECKS_H
#define SCANWALL_DOCTOR_CHECKS_H

#include "host/findings.h"
#include "host/host.h"

struct sw_doctor {
	const struct sw_patient *p;
	struct sw_checkup *out;
	struct sw_interfaces links;
	struct sw_attachment at[64];
	int attached;
	struct sw_ctx ctx;
	bool open;
	int rc;
};

void sw_doctor_say(struct sw_doctor *d, enum sw_finding finding, const char *name,
		   const char *about, const char *fmt, ...) __attribute__((format(printf, 5, 6)));

/* ---- check_program.c */
void sw_check_kernel(struct sw_doctor *d);
void sw_check_layout(struct sw_doctor *d);
void sw_check_running(struct sw_doctor *d);
void sw_check_chain(struct sw_doctor *d);
void sw_check_daemon(struct sw_doctor *d);
void sw_check_mode(struct sw_doctor *d);
void sw_check_syn_flood(struct sw_doctor *d);
void sw_check_losses(struct sw_doctor *d);
/* ---- check_record.c */
void sw_check_config(struct sw_doctor *d);
/* why: why the record could not be opened, if it could not. */
void sw_check_record(struct sw_doctor *d, const struct sw_err *why);
void sw_check_clock(struct sw_doctor *d);
void sw_check_notify(struct sw_doctor *d);
/* ---- check_interfaces.c */
void sw_check_interfaces(struct sw_doctor *d);
/* ---- check_services.c */
void sw_check_nat(struct sw_doctor *d);
void sw_check_port_knock(struct sw_doctor *d);
/* ---- check_tls.c */
void sw_check_tls(struct sw_doctor *d);

#endif
