// SPDX-License-Identifier: GPL-2.0-only
/* What a source did, in words. */
#include <arpa/inet.h>
#include <stdarg.h>
#include <stdio.h>
#include "events/describe.h"

/* Cuts off rather than overruns. */
void sw_text_add(struct sw_text *t, const char *fmt, ...)
{
	va_list ap;
	int n;

	if (t->used >= t->size)
		return;
	va_start(ap, fmt);
	n = vsnprintf(t->buf + t->used, t->size - t->used, fmt, ap);
	va_end(ap);
	if (n > 0)
		t->used += n;
}

int sw_event_ports(const struct sw_event *ev, __u16 out[SW_SOURCE_PORTS])
{
	int n = 0, at;

	for (int i = SW_SOURCE_PORTS - 1; i >= 0; i--) {
		for (at = 0; at < n && out[at] != ev->port[i]; at++)
			;
		if (ev->port[i] && at == n)
			out[n++] = ev->port[i];
	}
	return n;
}

int64_t sw_event_span(const struct sw_event *ev)
{
	return ((int64_t)ev->span_ms << SW_MS_SHIFT) / 1000;
}

/* Kinds that mean the same to a reader share their words. */
static const char *const evidence_text[SW_EVIDENCE_COUNT] = {
	[SW_EVIDENCE_CLOSED_PORT] = "tried closed ports",
	[SW_EVIDENCE_TRAP_PORT] = "tried closed ports",
	[SW_EVIDENCE_COMMON_PORT] = "tried closed ports",
	[SW_EVIDENCE_CLOSED_UDP] = "tried closed UDP ports",
	[SW_EVIDENCE_OPEN_PORT] = "worked with a service",
	[SW_EVIDENCE_HALF_OPEN] = "aborted handshakes",
	[SW_EVIDENCE_SWEEP] = "went from address to address",
	[SW_EVIDENCE_NULL_FLAGS] = "sent TCP without flags",
	[SW_EVIDENCE_FIN] = "sent FIN alone",
	[SW_EVIDENCE_XMAS] = "sent FIN, PSH and URG",
	[SW_EVIDENCE_SYN_FIN] = "sent SYN with FIN",
	[SW_EVIDENCE_SYN_RST] = "sent SYN with RST",
	[SW_EVIDENCE_ODD_FLAGS] = "sent impossible flags",
	[SW_EVIDENCE_STRAY_ACK] = "sent ACKs without a connection",
	[SW_EVIDENCE_FIN_ACK] = "sent FIN+ACKs without a connection",
	[SW_EVIDENCE_SYN_RATE] = "sent SYNs too fast",
	[SW_EVIDENCE_SCANNER] = "sent headers that only scanners send",
	[SW_EVIDENCE_OS_PROBE] = "fingerprinted this system",
	[SW_EVIDENCE_FRAGMENT] = "hid TCP headers in fragments",
	[SW_EVIDENCE_PORT_ZERO] = "used port 0",
	[SW_EVIDENCE_ICMP_PROBE] = "asked odd ICMP questions",
	[SW_EVIDENCE_PING_SWEEP] = "pinged from address to address",
	[SW_EVIDENCE_PROTOCOL] = "tried IP protocols",
	[SW_EVIDENCE_SCTP] = "tried SCTP",
	[SW_EVIDENCE_CLOSED_HANDSHAKE] = "completed handshakes at closed ports",
	[SW_EVIDENCE_SIGNATURE] = "attacked in an established connection",
	[SW_EVIDENCE_REFUSED] = "was refused logins or pages",
};

static bool is_closed_tcp(int k)
{
	return k == SW_EVIDENCE_CLOSED_PORT || k == SW_EVIDENCE_TRAP_PORT ||
	       k == SW_EVIDENCE_COMMON_PORT;
}

static bool has(const struct sw_event *ev, int k)
{
	return k == ev->evidence || (ev->kinds >> k & 1 && k != SW_EVIDENCE_OPEN_PORT);
}

/* If it tried closed ports only, they are counted. */
static bool is_port_scan(const struct sw_event *ev)
{
	bool udp = ev->evidence == SW_EVIDENCE_CLOSED_UDP;

	for (int k = 0; k < SW_EVIDENCE_COUNT; k++)
		if (has(ev, k) && !(udp ? k == SW_EVIDENCE_CLOSED_UDP : is_closed_tcp(k)))
			return false;
	return true;
}

/* Only the last ports are kept; the score tells whether there may have been more. */
static bool may_be_more(const struct sw_event *ev, int ports)
{
	return ports == SW_SOURCE_PORTS &&
	       (ev->score > ports * SW_POINT || has(ev, SW_EVIDENCE_COMMON_PORT));
}

static void add_count(struct sw_text *t, const struct sw_event *ev, int ports)
{
	const char *udp = ev->evidence == SW_EVIDENCE_CLOSED_UDP ? "UDP " : "";

	if (ports == 1)
		sw_text_add(t, "tried a closed %sport", udp);
	else
		sw_text_add(t, "tried %s%d closed %sports",
			    may_be_more(ev, ports) ? "at least " : "", ports, udp);
}

/* The evidence that crossed the threshold comes first; closed TCP ports are mentioned once. */
static void add_deeds(struct sw_text *t, const struct sw_event *ev)
{
	bool closed = is_closed_tcp(ev->evidence);

	sw_text_add(t, "%s",
		    ev->evidence < SW_EVIDENCE_COUNT ? evidence_text[ev->evidence] : "was seen");
	for (int k = 0; k < SW_EVIDENCE_COUNT; k++) {
		if (k == ev->evidence || !has(ev, k) || (closed && is_closed_tcp(k)))
			continue;
		closed |= is_closed_tcp(k);
		sw_text_add(t, ", %s", evidence_text[k]);
	}
}

/* What the numbers in port[] are. */
static const char *noun(const struct sw_event *ev)
{
	if (ev->evidence == SW_EVIDENCE_PROTOCOL)
		return "protocol";
	return ev->evidence == SW_EVIDENCE_ICMP_PROBE ? "type" : "port";
}

static void add_numbers(struct sw_text *t, const struct sw_event *ev, const __u16 *port, int n,
			bool counted)
{
	if (!n)
		return;
	sw_text_add(t, " (");
	if (!counted)
		sw_text_add(t, "%s%s ", noun(ev), n > 1 ? "s" : "");
	for (int i = 0; i < n; i++)
		sw_text_add(t, "%s%u", i ? ", " : "", port[i]);
	sw_text_add(t, ")");
}

const char *sw_event_matched(const struct sw_event *ev, char buf[SW_MATCHED_TEXT])
{
	char *at = buf;

	for (int i = 0; i < ev->matched_length && i < SW_MATCHED_BYTES; i++) {
		__u8 b = ev->matched[i];

		if (b >= ' ' && b <= '~' && b != '\\' && b != '"')
			*at++ = b;
		else
			at += sprintf(at, "\\x%02x", b);
	}
	*at = 0;
	return buf;
}

/* What a rule found, and where. */
static void add_signature(struct sw_text *t, const struct sw_event *ev,
			  const struct sw_signature *sig)
{
	char matched[SW_MATCHED_TEXT], client[SW_PREFIX_TEXT];

	if (sig && sig->msg[0])
		sw_text_add(t, "\"%s\" (signature %u)", sig->msg, ev->sid);
	else
		sw_text_add(t, "signature %u", ev->sid);
	if (ev->dport)
		sw_text_add(t, " at port %u", ntohs(ev->dport));
	if (ev->matched_length)
		sw_text_add(t, ", found by \"%s\"", sw_event_matched(ev, matched));
	if (sw_event_client(ev, client))
		sw_text_add(t, "; for %s, as %s says", client,
			    ev->shared == SW_SHARED_CONFIGURED ? "the proxy" : "it");
	else if (ev->shared)
		sw_text_add(t, "; it is shared by many, so it is not blocked");
}

const char *sw_refused_name(__u32 refused)
{
	static const char *const name[SW_REFUSED_COUNT] = {"logins", "pages", "logins", "sessions"};

	return refused < SW_REFUSED_COUNT ? name[refused] : "unknown";
}

/* What the service refused, and where. */
static void add_refused(struct sw_text *t, const struct sw_event *ev)
{
	char span[SW_DURATION_TEXT];

	switch (ev->refused) {
	case SW_REFUSED_PAGE:
		sw_text_add(t, "asked for %u pages that were refused or are not there",
			    ev->refused_count);
		break;
	case SW_REFUSED_SESSION:
		sw_text_add(t, "ended %u SSH connections without a session", ev->refused_count);
		break;
	default:
		sw_text_add(t, "was refused %u logins", ev->refused_count);
	}
	sw_text_add(t, " at port %u", ntohs(ev->dport));
	if (ev->span_ms)
		sw_text_add(t, " in %s", sw_duration_text(sw_event_span(ev), span));
	if (ev->kinds & ~(1u << SW_EVIDENCE_REFUSED))
		for (int k = 0; k < SW_EVIDENCE_COUNT; k++)
			if (k != SW_EVIDENCE_REFUSED && has(ev, k))
				sw_text_add(t, ", %s", evidence_text[k]);
}

void sw_why_add(struct sw_text *t, const struct sw_event *ev, const struct sw_signature *sig)
{
	__u16 port[SW_SOURCE_PORTS];
	int n = sw_event_ports(ev, port);
	char span[SW_DURATION_TEXT];
	bool counted = n && is_port_scan(ev);

	if (ev->sid) {
		add_signature(t, ev, sig);
		return;
	}
	if (ev->refused_count) {
		add_refused(t, ev);
		return;
	}
	if (ev->type == SW_EVENT_LIMITED) {
		sw_text_add(t, "more than %s", sw_rate_text(ev->rate));
		if (n)
			sw_text_add(t, ", to port %u", port[0]);
		return;
	}
	if (counted)
		add_count(t, ev, n);
	else
		add_deeds(t, ev);
	add_numbers(t, ev, port, n, counted);
	if (ev->span_ms)
		sw_text_add(t, " in %s", sw_duration_text(sw_event_span(ev), span));
	if (ev->tool)
		sw_text_add(t, "; headers of %s", sw_tool_name(ev->tool));
}

void sw_event_why(const struct sw_event *ev, const struct sw_signature *sig, char *buf, size_t size)
{
	struct sw_text t = {buf, size, 0};

	sw_why_add(&t, ev, sig);
}
