// SPDX-License-Identifier: GPL-2.0-only
/* The order of the checks of `scanwall doctor`. */
#include <string.h>
#include "host/doctor_checks.h"

int sw_doctor(const struct sw_patient *p, struct sw_checkup *out, struct sw_err *e)
{
	struct sw_doctor d = {.p = p, .out = out};
	struct sw_err why = {0};

	memset(out, 0, sizeof(*out));
	d.attached = sw_engine_attachments(p->pin_dir, d.at, 64, &why);
	if (d.attached < 0 && why.exit == SW_EXIT_PERM) /* all else would be guessed */
		return sw_fail(e, SW_EXIT_PERM, "%s", why.text);
	if (d.attached < 0)
		d.attached = 0;
	d.open = !sw_ctx_open(&d.ctx, p->pin_dir, p->state_dir, p->config_file, &why);
	sw_check_kernel(&d);
	sw_check_layout(&d);
	sw_check_running(&d);
	sw_check_chain(&d);
	sw_check_daemon(&d);
	sw_check_mode(&d);
	sw_check_interfaces(&d);
	sw_check_nat(&d);
	sw_check_port_knock(&d);
	sw_check_syn_flood(&d);
	sw_check_losses(&d);
	sw_check_config(&d);
	sw_check_record(&d, &why);
	sw_check_clock(&d);
	sw_check_notify(&d);
	sw_check_tls(&d);
	if (d.open)
		sw_ctx_close(&d.ctx);
	if (!d.rc)
		return 0;
	sw_doctor_free(out);
	return sw_fail(e, SW_EXIT_FAILED, "out of memory");
}
