// SPDX-License-Identifier: GPL-2.0-only
/* Community ID 1.0 with seed 0 (github.com/corelight/community-id-spec), as Zeek, Suricata and
 * others compute it for the same flow. */
#include <netinet/in.h>
#include <stdbool.h>
#include <string.h>
#include "base/sha1.h"
#include "events/events.h"

struct endpoint {
	__u8 addr[16];
	__be16 port;
};

static void base64(const __u8 *in, size_t n, char *out)
{
	static const char digit[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

	for (size_t i = 0; i < n; i += 3) {
		__u32 v = in[i] << 16 | (i + 1 < n ? in[i + 1] << 8 : 0) |
			  (i + 2 < n ? in[i + 2] : 0);

		for (int k = 0; k < 4; k++)
			*out++ = i + k <= n ? digit[v >> (18 - 6 * k) & 63] : '=';
	}
	*out = 0;
}

static struct endpoint endpoint(const struct sw_addr *a, size_t bytes, __u16 port)
{
	struct endpoint x = {.port = port};

	memcpy(x.addr, a->byte + 16 - bytes, bytes);
	return x;
}

const char *sw_community_id(const struct sw_event *ev, char buf[SW_COMMUNITY_ID_TEXT])
{
	size_t bytes = ev->family == AF_INET ? 4 : 16, n = 2; /* the seed, 0 */
	struct endpoint a = endpoint(&ev->src, bytes, ev->sport);
	struct endpoint b = endpoint(&ev->dst, bytes, ev->dport);
	__u8 text[SW_SHA1_MAX] = {0}, digest[SW_SHA1_BYTES];
	int order = memcmp(a.addr, b.addr, bytes);

	if (ev->proto != IPPROTO_TCP && ev->proto != IPPROTO_UDP && ev->proto != IPPROTO_SCTP)
		return NULL;
	if (order > 0 || (!order && ntohs(a.port) > ntohs(b.port))) {
		struct endpoint other = a;

		a = b;
		b = other;
	}
	memcpy(text + n, a.addr, bytes);
	memcpy(text + n + bytes, b.addr, bytes);
	n += 2 * bytes;
	text[n] = ev->proto; /* and a byte of padding */
	memcpy(text + n + 2, &a.port, 2);
	memcpy(text + n + 4, &b.port, 2);
	sw_sha1(text, n + 6, digest);
	buf[0] = '1';
	buf[1] = ':';
	base64(digest, sizeof(digest), buf + 2);
	return buf;
}
