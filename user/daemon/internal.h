/* SPDX-License-Identifier: GPL-2.0-only */
/* Shared by the files of the daemon only. */
#ifndef SCANWALL_DAEMON_INTERNAL_H
#define SCANWALL_DAEMON_INTERNAL_H

#include <sys/socket.h>
#include <systemd/sd-daemon.h>
#include <systemd/sd-event.h>
#include "blocklist/blocklist.h"
#include "events/events.h"
#include "daemon/daemon.h"
#include "config/notify_kinds.h"
#include "host/geoip.h"
#include "daemon/sinks.h"
#include "store/visitors.h"

#define SW_BATCH 4096	 /* events recorded in one transaction, at most */
#define SW_INTERFACES 64 /* attached at most */

struct sw_taken { /* one event on its way */
	struct sw_event ev;
	char *json; /* malloc'ed, or NULL */
};

struct sw_names { /* of interfaces */
	char name[SW_INTERFACES][IF_NAMESIZE];
	int index[SW_INTERFACES];    /* of the device that had the name last; 0: none */
	bool pinned[SW_INTERFACES];  /* a link was seen for it */
	bool awaited[SW_INTERFACES]; /* attached as soon as it is there */
	int count;
};

struct sw_daemon {
	const struct sw_run_options *opt;
	struct sw_ctx ctx;
	int single_fd, pins_fd; /* locks */
	struct sw_names names;	/* to be attached */
	struct sw_outputs outputs;

	sd_event *loop;
	sd_event_source *take_source;
	sd_event_source *guard_timer;
	struct sw_reader *reader;
	int closer;	    /* a netlink socket; -1: none */
	struct sw_tls *tls; /* NULL: not looked into */
	struct {	    /* admit.c */
		int link[SW_INTERFACES], ifindex[SW_INTERFACES], count;
		__u32 needed_until; /* tick */
		bool flooded;	    /* some port was, a second ago */
	} admit;
	struct sw_taken batch[SW_BATCH];
	int taken;
	bool stalled;  /* the batch waits for the record */
	int64_t retry; /* sw_monotonic() when it is tried again */

	struct sw_signatures signatures;
	__u32 rules_generation; /* that they are of */

	ino_t pin;		  /* of the settings map in use */
	int64_t record_retry;	  /* sw_monotonic() when an unusable record is tried again */
	int64_t heartbeat_ns;	  /* when the last one was */
	__u64 settings_sum;	  /* of what was set by hand, as last read */
	bool strangers;		  /* all of them were challenged a second ago */
	__u64 lost, capped, full; /* of struct sw_state, as last reported */
	struct {		  /* what has been complained about */
		bool record, guard, sweep, ring, attach, trial;
	} notified;
	struct {		/* allow_names.c */
		bool any, anew; /* some are allowed; they are to be asked for again */
		bool failing, silent;
		__u64 sum;		  /* settings_sum when they were asked for */
		struct timespec answered; /* the last answers that were read */
	} names_asked;
	struct sw_bots {		   /* bots.c */
		struct sw_visitors asked;  /* sources whose name is, or was, asked for, */
		int64_t when[SW_VISITORS]; /* sw_monotonic() */
		__u8 plen[SW_VISITORS];	   /* of what was blocked */
		bool allowed[SW_VISITORS]; /* as a crawler that is wanted */
		unsigned int next;	   /* to give way */
		bool changed;		   /* the resolver does not know of it */
		int64_t retry; /* sw_monotonic(), after one could not be allowed; or 0 */
		struct timespec answered;
	} bots;
	struct {
		struct sw_geoip *databases; /* NULL: none */
		int64_t next;		    /* sw_monotonic() when they are looked at */
	} origins;
	struct sw_notices {
		bool failing;	   /* nobody takes them */
		bool flood;	   /* more is dropped than notify.flood */
		__u64 dropped;	   /* packets, when it was looked last: */
		int64_t looked;	   /* sw_monotonic() */
		pid_t daily_child; /* makes the report; 0: none */
		char day[16];	   /* of the last daily report */
	} notices;
};

/* ---- log.c: to the operator, on standard error */
void sw_log_init(bool utc);
/* The journal reads what we print. */
bool sw_log_in_journal(void);
void sw_log(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* Once when something begins to fail (e) and once when it works again (NULL). */
void sw_log_trouble(bool *notified, const char *what, const struct sw_err *e);
/* "2026-11-23 14:03:22 " in local time; "" where the journal says it already. */
const char *sw_log_time(int64_t us, char buf[SW_TIME_TEXT]);
void sw_log_status(struct sw_daemon *d);

/* fn also gets every message of sw_log_trouble(). */
void sw_log_watch(void (*fn)(const char *text, void *arg), void *arg);

/* ---- notices.c: notifications that are not events */
void sw_notices_open(struct sw_daemon *d);
void sw_notice(struct sw_daemon *d, enum sw_notify_kind kind, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* Checks for a flood and for the time of the daily report. */
void sw_notices_look(struct sw_daemon *d);

/* ---- pidlock.c */
int sw_single_take(struct sw_daemon *d, struct sw_err *e);

/* ---- ready.c */
struct sockaddr_un;
/* Address of pins_fd: bound by the daemon that serves these maps, and queried by `status`. */
socklen_t sw_ready_name(const char *pin_dir, struct sockaddr_un *name);
/* From now on the loop answers `status --ready`. */
int sw_ready_open(struct sw_daemon *d, struct sw_err *e);

/* ---- reader.c: from the ring to a queue, in a thread of its own */
struct sw_reader;
/* limit: events without a block to keep per minute. */
struct sw_reader *sw_reader_open(const struct sw_engine *g, int limit, struct sw_err *e);
int sw_reader_fd(const struct sw_reader *r); /* readable while there is something */
void sw_reader_limit(struct sw_reader *r, int limit);
/* False: none is left. */
bool sw_reader_next(struct sw_reader *r, struct sw_event *ev);
/* True if the last read of the ring failed; e says why. */
bool sw_reader_failed(struct sw_reader *r, struct sw_err *e);
/* Events beyond the limit since the last call. */
long sw_reader_unkept(struct sw_reader *r);
/* Ends the thread after moving the rest of the ring to the queue. */
void sw_reader_stop(struct sw_reader *r);
void sw_reader_close(struct sw_reader *r);

/* ---- origins.c: where sources are */
struct sw_place {
	struct sw_event_place place; /* its geoip is the caller's */
	char words[SW_ORIGIN_WORDS];
};
/* Opens new or changed databases, at most once a minute. */
void sw_origins_renew(struct sw_daemon *d);
/* False: not known. */
bool sw_origins_find(struct sw_daemon *d, const struct sw_event *ev, struct sw_place *out);
void sw_origins_close(struct sw_daemon *d);

/* ---- event_consumer.c: from the queue to the record and the sinks */
int sw_take_open(struct sw_daemon *d, struct sw_err *e);
/* Records what is queued; reads nothing more from the ring. */
void sw_take_rest(struct sw_daemon *d);
/* Retries the batch that could not be recorded, if it is due. */
void sw_take_again(struct sw_daemon *d);
void sw_take_close(struct sw_daemon *d);

/* ---- start.c */
bool sw_names_have(const struct sw_names *n, const char *name);
/* Interfaces of the command line, else of the configuration, else those attached. A missing
 * one is awaited; an error only if the command line names none that exists. */
int sw_start_choose(const struct sw_daemon *d, const struct sw_config *c, struct sw_names *out,
		    struct sw_err *e);
int sw_start_program(struct sw_daemon *d, int64_t *adopted, struct sw_err *e);
enum sw_xdp_mode sw_start_xdp(const struct sw_daemon *d);
/* With the writers' lock held: attaches to all but those in `except`, or to none. */
int sw_start_attach(struct sw_daemon *d, const struct sw_names *names,
		    const struct sw_names *except, struct sw_err *e);
int sw_start_drop_privileges(const struct sw_daemon *d, struct sw_err *e);

/* ---- awaited.c, with the writers' lock held: attaches interfaces that have appeared, and
 * logs it; continues with the others when one fails. */
int sw_interfaces_mend(struct sw_daemon *d, struct sw_err *e);

/* ---- closer.c: connections that a rule has ended */
void sw_closer_open(struct sw_daemon *d);
void sw_closer_alive(struct sw_daemon *d);
void sw_closer_end(struct sw_daemon *d, const struct sw_event *ev);
void sw_closer_close(struct sw_daemon *d);
/* Closes the event's connection through fd, a NETLINK_SOCK_DIAG socket. 0, or errno. */
int sw_closer_destroy(int fd, const struct sw_event *ev);

/* ---- tls.c: inspection of what servers decrypt */
bool sw_tls_is_wanted(const struct sw_daemon *d);
void sw_tls_open(struct sw_daemon *d);
/* Often: new processes, other maps. */
void sw_tls_look(struct sw_daemon *d);
/* To be called before the maps are closed; the next look continues with the new ones. */
void sw_tls_pause(struct sw_daemon *d);
void sw_tls_close(struct sw_daemon *d);

/* ---- admit.c: restores TCP options of cookies during a SYN flood */
void sw_admit_tick(struct sw_daemon *d);
void sw_admit_close(struct sw_daemon *d);

/* ---- allow_names.c */
void sw_allow_names_tick(struct sw_daemon *d);

/* ---- bots.c */
void sw_bots_note(struct sw_daemon *d, const struct sw_event *ev);
/* at: STATE_DIR/names */
void sw_bots_tick(struct sw_daemon *d, int at);

/* ---- timers.c: timers, addresses, and what other processes change */
int sw_watch_open(struct sw_daemon *d, struct sw_err *e);

/* ---- pins.c */
/* Inode of the pinned settings, which tells these maps from others; 0: none. */
ino_t sw_pins_inode(const struct sw_daemon *d);
/* Makes these maps the current ones, and takes their counters as the start. */
void sw_pins_remember(struct sw_daemon *d);

/* ---- settings_sum.c: of the record's settings; d->settings_sum if it cannot be read */
__u64 sw_settings_sum(struct sw_daemon *d);

/* ---- reconfigure.c */
/* Reloads the file and `config set` values, all or nothing. by_hand: only the latter have
 * changed. */
void sw_reload(struct sw_daemon *d, bool by_hand);
/* Logs which files of the state directory could not be written or read. */
void sw_log_state_files(const struct sw_ctx *ctx);

/* What loading took: called when it is done, and now and then. */
void sw_give_back(void);

#endif
