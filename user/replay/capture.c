// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <linux/if_ether.h>
#include <pcap/pcap.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include "replay/capture.h"
#include "replay/headers.h"
#include "replay/link.h"

#define SECOND UINT64_C(1000000000) /* ns */
#define LATEST (UINT64_C(1) << 33)  /* s, in 2242: 63 bits of ns hold it */

struct sw_capture {
	pcap_t *pcap;
	char *file;
	int link;
	uint64_t number;
	uint8_t frame[SW_CAPTURE_FRAME];
};

static int check_file(const char *file, struct sw_err *e)
{
	struct stat st;

	if (stat(file, &st))
		return sw_fail(e, SW_EXIT_FAILED, "%s: %s", file, strerror(errno));
	if (S_ISREG(st.st_mode))
		return 0;
	return sw_fail(e, SW_EXIT_FAILED,
		       "%s is not a regular file (a replay reads its capture twice)", file);
}

static int check_link(const char *file, int link, struct sw_err *e)
{
	const char *name = pcap_datalink_val_to_name(link);
	const char *text = pcap_datalink_val_to_description(link);

	if (sw_link_known(link))
		return 0;
	return sw_fail(e, SW_EXIT_FAILED,
		       "%s has link type %s (%s), which is not supported (expected Ethernet, Linux "
		       "cooked, raw IP, loopback, PPP or Cisco HDLC)",
		       file, name ? name : "unknown", text ? text : "no name is known");
}

struct sw_capture *sw_capture_open(const char *file, struct sw_err *e)
{
	char why[PCAP_ERRBUF_SIZE] = "";
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
	c->pcap = pcap_open_offline_with_tstamp_precision(file, PCAP_TSTAMP_PRECISION_NANO, why);
	if (!c->pcap) {
		sw_fail(e, SW_EXIT_FAILED, "cannot read the capture %s: %s", file, why);
		goto fail;
	}
	c->link = pcap_datalink(c->pcap);
	if (check_link(file, c->link, e))
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
	free(c->file);
	free(c);
}

/* The frame begins with an Ethernet header, its own or a made-up one; a frame
 * of which nothing can be made keeps type 0, which is not IP. Returns its size. */
static size_t put_frame(struct sw_capture *c, const struct pcap_pkthdr *h, const uint8_t *data)
{
	struct sw_link_header link = {.size = h->caplen};
	size_t head = 0, rest;

	if (c->link == DLT_EN10MB) {
		link.size = 0;
	} else {
		head = ETH_HLEN;
		memset(c->frame, 0, head);
		if (sw_link_read(c->link, data, h->caplen, &link)) {
			c->frame[0] = link.group;
			c->frame[12] = link.type >> 8;
			c->frame[13] = link.type;
		}
	}
	rest = h->caplen - link.size;
	if (rest > sizeof(c->frame) - head)
		rest = sizeof(c->frame) - head;
	memcpy(c->frame + head, data + link.size, rest);
	return head + rest;
}

/* What a snap length took is put back as zeroes up to the packet's end, but no
 * header is made up: flags of zero would be a scan. */
static void pad(struct sw_capture *c, const struct pcap_pkthdr *h, struct sw_capture_frame *f)
{
	struct sw_headers head;
	size_t wanted;

	if (h->caplen >= h->len)
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

/* A pcapng block names its seconds in 64 bits, and the resolution too. What is
 * negative is beyond LATEST as unsigned. */
static int read_time(struct sw_capture *c, const struct timeval *ts, int64_t *time,
		     struct sw_err *e)
{
	uint64_t seconds = ts->tv_sec, ns = ts->tv_usec; /* asked for as ns */

	if (seconds >= LATEST || ns >= LATEST)
		return sw_fail(
			e, SW_EXIT_FAILED,
			"%s: packet %llu has a time of %lld s and %lld ns; what is read lies "
			"between 1970 and 2242",
			c->file, (unsigned long long)c->number, (long long)ts->tv_sec,
			(long long)ts->tv_usec);
	*time = seconds * SECOND + ns;
	return 0;
}

int sw_capture_next(struct sw_capture *c, struct sw_capture_frame *f, struct sw_err *e)
{
	struct pcap_pkthdr *h;
	const uint8_t *data;
	int rc = pcap_next_ex(c->pcap, &h, &data);

	if (rc == PCAP_ERROR_BREAK)
		return 0;
	if (rc != 1)
		return sw_fail(e, SW_EXIT_FAILED, "%s cannot be read after packet %llu: %s",
			       c->file, (unsigned long long)c->number, pcap_geterr(c->pcap));
	memset(f, 0, sizeof(*f));
	f->number = ++c->number;
	if (read_time(c, &h->ts, &f->time, e))
		return -1;
	if (c->link == DLT_EN10MB && h->caplen >= h->len) {
		f->data = data;
		f->size = h->caplen < sizeof(c->frame) ? h->caplen : sizeof(c->frame);
		return 1;
	}
	f->data = c->frame;
	f->size = put_frame(c, h, data);
	pad(c, h, f);
	return 1;
}
