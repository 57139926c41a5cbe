// SPDX-License-Identifier: GPL-2.0-only
/* Stubs of the libsystemd functions in use, loaded late (base/late.h). */
#include <stdarg.h>
#include <stdio.h>
#include <systemd/sd-daemon.h>
#include <systemd/sd-event.h>
#include <systemd/sd-login.h>
#include "base/late.h"

static struct sw_late library = {.file = "libsystemd.so.0"};

#define LATE(name, declared, passed) SW_LATE(library, int, name, declared, passed)

LATE(sd_event_new, (sd_event * *loop), (loop))
SW_LATE(library, sd_event *, sd_event_unref, (sd_event * loop), (loop))
LATE(sd_event_loop, (sd_event * loop), (loop))
LATE(sd_event_exit, (sd_event * loop, int code), (loop, code))
LATE(sd_event_set_watchdog, (sd_event * loop, int on), (loop, on))
LATE(sd_event_add_io,
     (sd_event * loop, sd_event_source **s, int fd, uint32_t events, sd_event_io_handler_t fn,
      void *arg),
     (loop, s, fd, events, fn, arg))
LATE(sd_event_add_signal,
     (sd_event * loop, sd_event_source **s, int sig, sd_event_signal_handler_t fn, void *arg),
     (loop, s, sig, fn, arg))
LATE(sd_event_add_time_relative,
     (sd_event * loop, sd_event_source **s, clockid_t clock, uint64_t us, uint64_t accuracy,
      sd_event_time_handler_t fn, void *arg),
     (loop, s, clock, us, accuracy, fn, arg))
SW_LATE(library, sd_event *, sd_event_source_get_event, (sd_event_source * s), (s))
SW_LATE(library, sd_event_source *, sd_event_source_unref, (sd_event_source * s), (s))
SW_LATE(library, sd_event_source *, sd_event_source_disable_unref, (sd_event_source * s), (s))
LATE(sd_event_source_set_enabled, (sd_event_source * s, int how), (s, how))
LATE(sd_event_source_set_floating, (sd_event_source * s, int on), (s, on))
LATE(sd_event_source_set_io_fd_own, (sd_event_source * s, int own), (s, own))
LATE(sd_event_source_set_time_relative, (sd_event_source * s, uint64_t us), (s, us))
LATE(sd_notify, (int unset, const char *state), (unset, state))

int sd_notifyf(int unset, const char *format, ...)
{
	char state[512];
	va_list ap;

	va_start(ap, format);
	vsnprintf(state, sizeof(state), format, ap);
	va_end(ap);
	return sd_notify(unset, state);
}
LATE(sd_get_sessions, (char ***sessions), (sessions))
LATE(sd_session_get_remote_host, (const char *session, char **host), (session, host))
