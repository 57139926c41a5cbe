// SPDX-License-Identifier: GPL-2.0-only
/* Writes packets of the monitor as pcapng. */
#include <string.h>
#include "views/pcapng.h"

#define SECTION 0x0a0d0d0a
#define INTERFACE 1
#define STATISTICS 5
#define PACKET 6
#define BYTE_ORDER_MAGIC 0x1a2b3c4d

#define OPT_COMMENT 1
#define SHB_USERAPPL 4
#define IF_NAME 2
#define IF_TSRESOL 9
#define ISB_IFDROP 5
#define EPB_FLAGS 2
#define EPB_VERDICT 7

#define LINKTYPE_ETHERNET 1
#define LINKTYPE_RAW 101
#define VERDICT_TC 1
#define VERDICT_XDP 2

/* A block is built in memory, since its length is at both ends. */
struct block {
	uint8_t byte[2048];
	uint32_t size;
};

static void put(struct block *b, const void *data, uint32_t bytes)
{
	uint32_t room = sizeof(b->byte) - 16 - b->size;

	bytes = bytes < room ? bytes : room;
	memcpy(b->byte + b->size, data, bytes);
	b->size += bytes;
	while (b->size % 4)
		b->byte[b->size++] = 0;
}

static void put32(struct block *b, uint32_t v)
{
	put(b, &v, sizeof(v));
}

static void put_time(struct block *b, int64_t time)
{
	put32(b, (uint64_t)time >> 32);
	put32(b, time);
}

static struct block block_of(uint32_t type)
{
	struct block b = {.size = 0};

	put32(&b, type);
	put32(&b, 0); /* its length, when it is known */
	return b;
}

static void put_option(struct block *b, uint16_t code, const void *data, uint16_t bytes)
{
	const uint16_t head[2] = {code, bytes};

	put(b, head, sizeof(head));
	put(b, data, bytes);
}

static int end_block(FILE *f, struct block *b)
{
	uint32_t length = b->size + 4;

	memcpy(b->byte + 4, &length, sizeof(length));
	put32(b, length);
	return fwrite(b->byte, b->size, 1, f) == 1 ? 0 : -1;
}

int sw_pcapng_begin(FILE *f)
{
	static const char name[] = "scanwall " SW_VERSION;
	static const uint16_t version[2] = {1, 0};
	static const int64_t any_length = -1;
	struct block b = block_of(SECTION);

	put32(&b, BYTE_ORDER_MAGIC);
	put(&b, version, sizeof(version));
	put(&b, &any_length, sizeof(any_length));
	put_option(&b, SHB_USERAPPL, name, sizeof(name) - 1);
	put_option(&b, 0, NULL, 0);
	return end_block(f, &b);
}

int sw_pcapng_interface(FILE *f, const char *name, bool raw, uint32_t snap_length)
{
	static const uint8_t nanoseconds = 9;
	struct block b = block_of(INTERFACE);

	put32(&b, raw ? LINKTYPE_RAW : LINKTYPE_ETHERNET);
	put32(&b, snap_length);
	put_option(&b, IF_NAME, name, strlen(name));
	put_option(&b, IF_TSRESOL, &nanoseconds, 1);
	put_option(&b, 0, NULL, 0);
	return end_block(f, &b);
}

int sw_pcapng_packet(FILE *f, const struct sw_pcapng_packet *p)
{
	uint8_t verdict[9] = {p->leaves ? VERDICT_TC : VERDICT_XDP};
	uint32_t flags = p->leaves ? 2 : 1; /* outbound, inbound */
	struct block b = block_of(PACKET);

	memcpy(verdict + 1, &p->action, sizeof(p->action));
	put32(&b, p->interface);
	put_time(&b, p->time);
	put32(&b, p->captured);
	put32(&b, p->length);
	put(&b, p->data, p->captured);
	put_option(&b, OPT_COMMENT, p->comment, strlen(p->comment));
	put_option(&b, EPB_FLAGS, &flags, sizeof(flags));
	put_option(&b, EPB_VERDICT, verdict, sizeof(verdict));
	put_option(&b, 0, NULL, 0);
	return end_block(f, &b);
}

int sw_pcapng_losses(FILE *f, uint32_t interface, int64_t time, uint64_t lost)
{
	struct block b = block_of(STATISTICS);

	put32(&b, interface);
	put_time(&b, time);
	put_option(&b, ISB_IFDROP, &lost, sizeof(lost));
	put_option(&b, 0, NULL, 0);
	return end_block(f, &b);
}
