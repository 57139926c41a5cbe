// SPDX-License-Identifier: GPL-2.0-only
/* Blocks of a pcapng file. */
#include <byteswap.h>
#include <errno.h>
#include <pcap/dlt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "replay/pcapng_reader.h"

#define SECTION 0x0a0d0d0au /* the same in both byte orders */
#define INTERFACE 1u
#define OLD_PACKET 2u /* of files before 2009 */
#define SIMPLE_PACKET 3u
#define PACKET 6u

#define RIGHT_ORDER 0x1a2b3c4du
#define RESOLUTION 9 /* options of an interface */
#define OFFSET 14

#define LINKTYPE_RAW 101	  /* the value of DLT_RAW depends on the system */
#define INTERFACES 4096		  /* of one section */
#define BLOCK (16u * 1024 * 1024) /* no packet is longer */
#define NS UINT64_C(1000000000)

struct interface {
	int link;
	uint32_t snap;
	uint64_t units; /* of a second */
	int64_t offset; /* s */
};

struct sw_pcapng_reader {
	FILE *f;
	bool swapped;
	struct interface *interface; /* of this section */
	uint32_t interfaces;
	uint32_t type, size; /* of the block's body */
	uint8_t *body;
	size_t room;
};

static uint32_t get32(const struct sw_pcapng_reader *r, const uint8_t *at)
{
	uint32_t v;

	memcpy(&v, at, sizeof(v));
	return r->swapped ? bswap_32(v) : v;
}

static uint16_t get16(const struct sw_pcapng_reader *r, const uint8_t *at)
{
	uint16_t v;

	memcpy(&v, at, sizeof(v));
	return r->swapped ? bswap_16(v) : v;
}

static int broken(struct sw_err *why, const char *what)
{
	return sw_fail(why, SW_EXIT_FAILED, "%s", what);
}

bool sw_is_pcapng(const char *file)
{
	FILE *f = fopen(file, "re");
	uint32_t type = 0;
	bool is = f && fread(&type, sizeof(type), 1, f) == 1 && type == SECTION;

	if (f)
		fclose(f);
	return is;
}

struct sw_pcapng_reader *sw_pcapng_open(const char *file, struct sw_err *why)
{
	struct sw_pcapng_reader *r = calloc(1, sizeof(*r));

	if (r)
		r->f = fopen(file, "re");
	if (r && r->f)
		return r;
	sw_fail(why, SW_EXIT_FAILED, "%s", strerror(errno));
	free(r);
	return NULL;
}

void sw_pcapng_close(struct sw_pcapng_reader *r)
{
	if (!r)
		return;
	fclose(r->f);
	free(r->interface);
	free(r->body);
	free(r);
}

/* The length of a section header precedes the magic that gives its byte order. */
static int read_order(struct sw_pcapng_reader *r, struct sw_err *why)
{
	uint32_t magic;
	long at = ftell(r->f);

	if (fread(&magic, sizeof(magic), 1, r->f) != 1)
		return broken(why, "it ends within a section's header");
	if (magic != RIGHT_ORDER && magic != bswap_32(RIGHT_ORDER))
		return broken(why, "a section's header has no byte order");
	r->swapped = magic != RIGHT_ORDER;
	r->interfaces = 0;
	return fseek(r->f, at, SEEK_SET) ? broken(why, strerror(errno)) : 0;
}

static int make_room(struct sw_pcapng_reader *r, size_t size, struct sw_err *why)
{
	uint8_t *body;

	if (size <= r->room)
		return 0;
	body = realloc(r->body, size);
	if (!body)
		return broken(why, "out of memory");
	r->body = body;
	r->room = size;
	return 0;
}

/* Reads the next block: 1, 0 at the end, -1 on failure. */
static int read_block(struct sw_pcapng_reader *r, struct sw_err *why)
{
	uint8_t head[8];
	size_t n = fread(head, 1, sizeof(head), r->f);
	uint32_t length, padded;

	if (!n)
		return ferror(r->f) ? broken(why, strerror(errno)) : 0;
	if (n < sizeof(head))
		return broken(why, "it ends within a block");
	memcpy(&r->type, head, sizeof(r->type));
	if (r->type == SECTION) {
		if (read_order(r, why))
			return -1;
	} else {
		r->type = get32(r, head);
	}
	length = get32(r, head + 4);
	if (length < 12 || length % 4 || length > BLOCK)
		return sw_fail(why, SW_EXIT_FAILED, "invalid block length %u", length);
	padded = length - sizeof(head);
	r->size = padded - 4;
	if (make_room(r, padded, why))
		return -1;
	if (fread(r->body, 1, padded, r->f) != padded)
		return broken(why, "it ends within a block");
	return get32(r, r->body + r->size) == length ? 1 : broken(why, "a block has two lengths");
}

/* 10^-n s or 2^-n s; 0: too fine for 64 bits. */
static uint64_t units_of(uint8_t resolution)
{
	uint64_t units = 1;
	int n = resolution & 0x7f;

	if (resolution & 0x80)
		return n < 64 ? UINT64_C(1) << n : 0;
	if (n > 19)
		return 0;
	while (n--)
		units *= 10;
	return units;
}

static void read_options(const struct sw_pcapng_reader *r, struct interface *i)
{
	for (uint32_t at = 8; at + 4 <= r->size;) {
		uint16_t code = get16(r, r->body + at), size = get16(r, r->body + at + 2);
		const uint8_t *value = r->body + at + 4;
		uint64_t low;

		if (!code || at + 4 + size > r->size)
			return;
		if (code == RESOLUTION && size == 1)
			i->units = units_of(*value);
		if (code == OFFSET && size == 8) {
			low = get32(r, value + (r->swapped ? 4 : 0));
			i->offset = (uint64_t)get32(r, value + (r->swapped ? 0 : 4)) << 32 | low;
		}
		at += 4 + ((size + 3u) & ~3u);
	}
}

static int add_interface(struct sw_pcapng_reader *r, struct sw_err *why)
{
	struct interface *i;
	int link;

	if (r->size < 8)
		return broken(why, "an interface's block is too short");
	if (r->interfaces == INTERFACES)
		return broken(why, "it has more interfaces than any host");
	if (!(r->interfaces & (r->interfaces - 1))) { /* 0, 1, 2, 4, ... */
		i = realloc(r->interface, 2 * (r->interfaces + 1) * sizeof(*i));
		if (!i)
			return broken(why, "out of memory");
		r->interface = i;
	}
	link = get16(r, r->body);
	i = &r->interface[r->interfaces++];
	*i = (struct interface){.link = link == LINKTYPE_RAW ? DLT_RAW : link,
				.snap = get32(r, r->body + 4),
				.units = 1000000};
	read_options(r, i);
	return i->units ? 0 : broken(why, "an interface's clock is finer than 64 bits can count");
}

static void set_time(struct sw_captured *p, const struct interface *i, uint64_t units)
{
	p->time.tv_sec = (uint64_t)i->offset + units / i->units;
	p->time.tv_usec = (unsigned __int128)(units % i->units) * NS / i->units;
}

/* at: where the packet's bytes begin in the block. */
static int set_data(const struct sw_pcapng_reader *r, struct sw_captured *p, uint32_t number,
		    uint32_t at, struct sw_err *why)
{
	if (number >= r->interfaces)
		return sw_fail(why, SW_EXIT_FAILED,
			       "a packet of interface %u, which no block describes", number);
	if (at > r->size || p->size > r->size - at)
		return broken(why, "a packet is longer than its block");
	p->link = r->interface[number].link;
	p->data = r->body + at;
	return 1;
}

static int simple_packet(const struct sw_pcapng_reader *r, struct sw_captured *p,
			 struct sw_err *why)
{
	uint32_t snap = r->interfaces ? r->interface[0].snap : 0;

	if (r->size < 4)
		return broken(why, "a packet's block is too short");
	p->whole_size = p->size = get32(r, r->body);
	if (snap && p->size > snap)
		p->size = snap;
	return set_data(r, p, 0, 4, why);
}

static int packet(const struct sw_pcapng_reader *r, struct sw_captured *p, struct sw_err *why)
{
	uint32_t number;

	if (r->size < 20)
		return broken(why, "a packet's block is too short");
	number = r->type == PACKET ? get32(r, r->body) : get16(r, r->body);
	p->size = get32(r, r->body + 12);
	p->whole_size = get32(r, r->body + 16);
	if (set_data(r, p, number, 20, why) < 0)
		return -1;
	set_time(p, &r->interface[number],
		 (uint64_t)get32(r, r->body + 4) << 32 | get32(r, r->body + 8));
	return 1;
}

int sw_pcapng_next(struct sw_pcapng_reader *r, struct sw_captured *p, struct sw_err *why)
{
	int rc;

	for (;;) {
		rc = read_block(r, why);
		if (rc != 1)
			return rc;
		memset(p, 0, sizeof(*p));
		if (r->type == INTERFACE && add_interface(r, why))
			return -1;
		if (r->type == PACKET || r->type == OLD_PACKET)
			return packet(r, p, why);
		if (r->type == SIMPLE_PACKET)
			return simple_packet(r, p, why);
	}
}
