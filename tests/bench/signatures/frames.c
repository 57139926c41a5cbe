// SPDX-License-Identifier: GPL-2.0-only
/* Payloads like those of everyday traffic. */
#include <arpa/inet.h>
#include <dirent.h>
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <linux/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "replay/capture.h"
#include "replay/headers.h"
#include "inspect_bench.h"

#define CLIENT 0xc0000201u /* 192.0.2.1 and those behind it: a payload each */
#define SERVER 0xc6336401u /* 198.51.100.1 */

const char *const kind_title[KIND_COUNT] = {
	[KIND_NONE] = "no payload",
	[KIND_AWAY] = "1,460 bytes to a port without rules",
	[KIND_TEXT] = "1,460 bytes of JSON and HTML",
	[KIND_HTTP] = "HTTP requests",
	[KIND_TLS] = "1,460 bytes of TLS application data",
	[KIND_RANDOM] = "1,460 random bytes",
};

static __u32 state = 1;

void draw_from(__u32 seed)
{
	state = seed * 2654435761u | 1;
}

__u32 drawn(void)
{
	state ^= state << 13;
	state ^= state >> 17;
	state ^= state << 5;
	return state;
}

/* ---- frames */

static __u16 port_of(enum kind kind)
{
	return kind == KIND_AWAY ? 12345 : kind == KIND_TLS ? 443 : 80;
}

/* A segment of an open connection; checksums are nobody's business here. */
static void put_headers(struct frame *f, enum kind kind, int number, size_t length)
{
	struct ethhdr *eth = (void *)f->byte;
	struct iphdr *ip = (void *)(eth + 1);
	struct tcphdr *tcp = (void *)(ip + 1);

	memset(f->byte, 0, HEADERS);
	eth->h_proto = htons(ETH_P_IP);
	*ip = (struct iphdr){.version = 4,
			     .ihl = 5,
			     .ttl = 60,
			     .protocol = IPPROTO_TCP,
			     .tot_len = htons(HEADERS - sizeof(*eth) + length),
			     .saddr = htonl(CLIENT + (kind << 8) + number),
			     .daddr = htonl(SERVER)};
	tcp->source = htons(20000 + number);
	tcp->dest = htons(port_of(kind));
	tcp->seq = htonl(1000);
	tcp->doff = 5;
	tcp->ack = 1;
	tcp->psh = length > 0;
	tcp->window = htons(500);
	f->size = HEADERS + length;
}

static const char *const words[] = {
	"name",	    "value",  "items",	   "created_at", "user",     "title",	"description",
	"the",	    "and",    "with",	   "for",	 "price",    "status",	"image",
	"https",    "class",  "container", "href",	 "script",   "style",	"button",
	"function", "return", "length",	   "window",	 "document", "address", "country",
};

static const char *const marks[] = {
	"\":\"", "\",\"", "</div><div class=\"", "\">", " ", ", ", "=\"", ": [", "},{\"", "/",
	"&",	 "\n  "};

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static size_t put_text(char *out, size_t size)
{
	size_t used = 0;

	while (used < size) {
		used += snprintf(out + used, size - used, "%s%s", words[drawn() % COUNT(words)],
				 marks[drawn() % COUNT(marks)]);
		if (used < size && drawn() % 4 == 0)
			used += snprintf(out + used, size - used, "%u", drawn() % 100000);
	}
	return size;
}

static size_t put_request(char *out, size_t size)
{
	static const char *const agents[] = {
		"Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0",
		("Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like "
		 "Gecko) Chrome/126.0.0.0 Safari/537.36"),
		"curl/8.5.0",
	};
	int n = snprintf(
		out, size,
		"GET /%s/%s-%u.html?%s=%u&%s=%s HTTP/1.1\r\nHost: www.example.org\r\n"
		"User-Agent: %s\r\nAccept: text/html,application/xhtml+xml;q=0.9,*/*;q=0.8\r\n"
		"Accept-Language: en-US,en;q=0.5\r\nAccept-Encoding: gzip, deflate\r\n"
		"Cookie: session=%08x%08x%08x; %s=%u\r\nReferer: http://www.example.org/%s\r\n"
		"Connection: keep-alive\r\n\r\n",
		words[drawn() % COUNT(words)], words[drawn() % COUNT(words)], drawn() % 9999,
		words[drawn() % COUNT(words)], drawn() % 999, words[drawn() % COUNT(words)],
		words[drawn() % COUNT(words)], agents[drawn() % COUNT(agents)], drawn(), drawn(),
		drawn(), words[drawn() % COUNT(words)], drawn() % 99,
		words[drawn() % COUNT(words)]);

	return (size_t)n < size ? (size_t)n : size;
}

static void put_random(__u8 *out, size_t size)
{
	for (size_t i = 0; i < size; i++)
		out[i] = drawn() >> 11;
}

static size_t put_payload(enum kind kind, __u8 *at)
{
	switch (kind) {
	case KIND_AWAY:
	case KIND_TEXT:
		return put_text((char *)at, PAYLOAD_MAX);
	case KIND_HTTP:
		return put_request((char *)at, PAYLOAD_MAX);
	case KIND_TLS:
		put_random(at, PAYLOAD_MAX);
		memcpy(at, "\x17\x03\x03\x05\xaf", 5);
		return PAYLOAD_MAX;
	case KIND_RANDOM:
		put_random(at, PAYLOAD_MAX);
		return PAYLOAD_MAX;
	default:
		return 0;
	}
}

/* ---- requests from captures */

static bool is_request(const __u8 *at, size_t size)
{
	return size > 64 && (!memcmp(at, "GET /", 5) || !memcmp(at, "POST /", 6));
}

static int take_requests(const char *file, struct frame *out, int have)
{
	struct sw_capture_frame f;
	struct sw_headers h;
	struct sw_err ignored;
	struct sw_capture *c = sw_capture_open(file, &ignored);
	size_t at, length;
	int from_here = 0;

	/* No more than a few of a file, which repeats itself. */
	while (c && have < PAYLOADS && from_here < 20 && sw_capture_next(c, &f, &ignored) > 0) {
		if (f.cut || !sw_headers_read(f.data, f.size, &h) || h.proto != IPPROTO_TCP ||
		    h.later_fragment || h.transport + 20 > f.size)
			continue;
		at = h.transport + (f.data[h.transport + 12] >> 4) * 4;
		if (at >= f.size || at >= h.ends)
			continue;
		length = (f.size < h.ends ? f.size : h.ends) - at;
		if (!is_request(f.data + at, length))
			continue;
		if (length > PAYLOAD_MAX)
			length = PAYLOAD_MAX;
		put_headers(&out[have], KIND_HTTP, have, length);
		memcpy(out[have].byte + HEADERS, f.data + at, length);
		have++;
		from_here++;
	}
	sw_capture_close(c);
	return have;
}

static int take_captures(const char *dir, struct frame *out)
{
	char path[512];
	struct dirent **list;
	int n = dir ? scandir(dir, &list, NULL, alphasort) : -1, have = 0;

	for (int i = 0; i < n; i++) {
		snprintf(path, sizeof(path), "%s/%s", dir, list[i]->d_name);
		if (list[i]->d_name[0] != '.')
			have = take_requests(path, out, have);
		free(list[i]);
	}
	if (n >= 0)
		free(list);
	return have;
}

int frames_make(enum kind kind, const char *dir, struct frame *out, int *real, struct sw_err *e)
{
	int have = 0;
	size_t length;

	(void)e;
	draw_from(kind + 1);
	if (kind == KIND_HTTP)
		have = take_captures(dir, out);
	if (real)
		*real = have;
	for (int i = have; i < PAYLOADS; i++) {
		length = put_payload(kind, out[i].byte + HEADERS);
		put_headers(&out[i], kind, i, length);
	}
	return 0;
}
