// SPDX-License-Identifier: GPL-2.0-only
/* Reads pcap and pcapng files. */
#include <errno.h>
#include <linux/if_ether.h>
#include <pcap/pcap.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "replay/capture.h"
#include "replay/headers.h"
#include "replay/link.h"
#include "replay/pcapng_reader.h"

#define SECOND UINT64_C(1000000000) /* ns */
#define LATEST (UINT64_C(1) << 33)  /* s, in 2242: nanoseconds still fit into 63 bits */

struct sw_capture {
	pcap_t *pcap; /* or */
	struct sw_pcapng_reader *pcapng;
	char *file;
	int link; /* the last packet's, checked */
	uint64_t number;
	uint8_t frame[SW_CAPTURE_FRAME];
};

static int check_file(const char *file, struct sw_err *e)
{
	struct stat st;

	if (stat(file, &st) || access(file, R_OK))
		return sw_fail(e, sw_exit_of_file(errno), "%s: %s", file, strerror(errno));
	if (S_ISREG(st.st_mode))
		return 0;
	return sw_fail(e, SW_EXIT_USAGE,
		       "%s is not a regular file (a replay reads its capture twice)", file);
}

static int check_link(const char *file, int link, struct sw_err *e)
{
	const char *name = pcap_datalink_val_to_name(link);
	const char *text = pcap_datalink_val_to_description(link);

	if (sw_link_known(link))
		return 0;
	return sw_fail(e, SW_EXIT_USAGE,
		       "%s has link type %s (%s), which is not supported (expected Ethernet, Linux "
		       "cooked, raw IP, loopback, PPP or Cisco HDLC)",
		       file, name ? name : "unknown", text ? text : "no name is known");
}

static int open_file(struct sw_capture *c, struct sw_err *e)
{
	char why[PCAP_ERRBUF_SIZE] = "";
	struct sw_err err = {0};

	if (sw_is_pcapng(c->file)) {
		c->pcapng = sw_pcapng_open(c->file, &err);
		return c->pcapng ? 0
				 : sw_fail(e, SW_EXIT_USAGE, "cannot read the capture %s: %s",
					   c->file, err.text);
	}
	c->pcap = pcap_open_offline_with_tstamp_precision(c->file, PCAP_TSTAMP_PRECISION_NANO, why);
	if (!c->pcap)
		return sw_fail(e, SW_EXIT_USAGE, "cannot read the capture %s: %s", c->file, why);
	c->link = pcap_datalink(c->pcap);
	return check_link(c->file, c->link, e);
}

struct sw_capture *sw_capture_open(const char *file, struct sw_err *e)
{
	struct sw_capture *c;

	if (check_file(file, e))
		return NULL;
	c = calloc(1, sizeof(*c));
	if (c)
		c->file = strdup(file);
	if (!c || !c->file) {
		sw_fail(e, SW_EXIT_FAILED, "%s: out of memory", file);
		goto fail;
	}
	c->link = -1;
	if (open_file(c, e))
		goto fail;
	return c;
fail:
	sw_capture_close(c);
	return NULL;
}

void sw_capture_close(struct sw_capture *c)
{
	if (!c)
		return;
	if (c->pcap)
		pcap_close(c->pcap);
	sw_pcapng_close(c->pcapng);
	free(c->file);
	free(c);
}

/* Gives the frame an Ethernet header, its own or a synthetic one; an unreadable frame keeps
 * type 0, which is not IP. Returns the frame's size. */
static size_t put_frame(struct sw_capture *c, const struct sw_captured *p)
{
	struct sw_link_header link = {.size = p->size};
	size_t head = 0, rest;

	if (c->link == DLT_EN10MB) {
		link.size = 0;
	} else {
		head = ETH_HLEN;
		memset(c->frame, 0, head);
		if (sw_link_read(c->link, p->data, p->size, &link)) {
			c->frame[0] = link.group;
			c->frame[12] = link.type >> 8;
			c->frame[13] = link.type;
		}
	}
	rest = p->size - link.size;
	if (rest > sizeof(c->frame) - head)
		rest = sizeof(c->frame) - head;
	memcpy(c->frame + head, p->data + link.size, rest);
	return head + rest;
}

/* Replaces payload cut by the snap length with zeroes. Headers are not padded: TCP flags of zero
 * would be a scan. */
static void pad(struct sw_capture *c, const struct sw_captured *p, struct sw_capture_frame *f)
{
	struct sw_headers head;
	size_t wanted;

	if (p->size >= p->whole_size)
		return;
	sw_headers_read(c->frame, f->size, &head);
	if (f->size < head.needed) {
		f->cut = true;
		return;
	}
	wanted = head.ends < sizeof(c->frame) ? head.ends : sizeof(c->frame);
	if (wanted <= f->size)
		return;
	memset(c->frame + f->size, 0, wanted - f->size);
	f->size = wanted;
}

/* A pcapng block has 64 bits of seconds and its own resolution. As unsigned, negative values are
 * above LATEST. */
static int read_time(struct sw_capture *c, const struct timeval *ts, int64_t *time,
		     struct sw_err *e)
{
	uint64_t seconds = ts->tv_sec, ns = ts->tv_usec; /* asked for as ns */

	if (seconds >= LATEST || ns >= LATEST)
		return sw_fail(e, SW_EXIT_FAILED,
			       "%s: packet %llu has a time of %lld s and %lld ns (expected between "
			       "1970 and 2242)",
			       c->file, (unsigned long long)c->number, (long long)ts->tv_sec,
			       (long long)ts->tv_usec);
	*time = seconds * SECOND + ns;
	return 0;
}

/* 1, 0 at the end, -1. */
static int next_packet(struct sw_capture *c, struct sw_captured *p, struct sw_err *why)
{
	struct pcap_pkthdr *h;
	const uint8_t *data;
	int rc;

	if (c->pcapng)
		return sw_pcapng_next(c->pcapng, p, why);
	rc = pcap_next_ex(c->pcap, &h, &data);
	if (rc == PCAP_ERROR_BREAK)
		return 0;
	if (rc != 1)
		return sw_fail(why, SW_EXIT_FAILED, "%s", pcap_geterr(c->pcap));
	*p = (struct sw_captured){.time = h->ts,
				  .size = h->caplen,
				  .whole_size = h->len,
				  .link = c->link,
				  .data = data};
	return 1;
}

int sw_capture_next(struct sw_capture *c, struct sw_capture_frame *f, struct sw_err *e)
{
	struct sw_captured p;
	struct sw_err why = {0};
	int rc = next_packet(c, &p, &why);

	if (!rc)
		return 0;
	if (rc < 0)
		return sw_fail(e, SW_EXIT_FAILED, "%s cannot be read after packet %llu: %s",
			       c->file, (unsigned long long)c->number, why.text);
	memset(f, 0, sizeof(*f));
	f->number = ++c->number;
	if (p.link != c->link && check_link(c->file, p.link, e))
		return -1;
	c->link = p.link;
	if (read_time(c, &p.time, &f->time, e))
		return -1;
	if (c->link == DLT_EN10MB && p.size >= p.whole_size) {
		f->data = p.data;
		f->size = p.size < sizeof(c->frame) ? p.size : sizeof(c->frame);
		return 1;
	}
	f->data = c->frame;
	f->size = put_frame(c, &p);
	pad(c, &p, f);
	return 1;
}
