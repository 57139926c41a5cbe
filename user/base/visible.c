// SPDX-License-Identifier: GPL-2.0-only
/* Text from outside made safe for a terminal. */
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include "base/visible.h"

/* One character of UTF-8: how many bytes, 0 when it is none (RFC 3629: no
 * overlong forms, no surrogates). */
static int read_utf8(const unsigned char *at, uint32_t *code)
{
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
	int n = at[0] < 0x80   ? 1
		: at[0] < 0xc2 ? 0
		: at[0] < 0xe0 ? 2
		: at[0] < 0xf0 ? 3
		: at[0] < 0xf5 ? 4
			       : 0;

	*code = n == 1 ? at[0] : at[0] & (0x7f >> n);
	for (int i = 1; i < n; i++) {
		if ((at[i] & 0xc0) != 0x80)
			return 0;
		*code = *code << 6 | (at[i] & 0x3f);
	}
	if (n && (*code < least[n] || *code > 0x10ffff || (*code >= 0xd800 && *code < 0xe000)))
		return 0;
	return n;
}

static int hides(uint32_t c)
{
	return c < ' ' || (c >= 0x7f && c < 0xa0) || c == 0xad || c == 0x61c ||
	       (c >= 0x200b && c <= 0x200f) || (c >= 0x2028 && c <= 0x202e) ||
	       (c >= 0x2060 && c <= 0x206f) || c == 0xfeff || (c >= 0xe0000 && c < 0xe0080);
}

static int escape(char out[16], uint32_t c)
{
	const char *simple = strchr("\nn\tt\rr", c);

	if (c && simple && c < ' ')
		return snprintf(out, 16, "\\%c", simple[1]);
	return snprintf(out, 16, c < 0x100 ? "\\x%02x" : "\\u{%x}", c);
}

void sw_visible(char *to, size_t size, const char *from)
{
	const unsigned char *at = (const unsigned char *)from;
	char out[16];
	uint32_t code;
	int bytes, n;

	while (*at && size > 1) {
		bytes = read_utf8(at, &code);
		if (bytes && !hides(code)) {
			memcpy(out, at, bytes);
			n = bytes;
		} else {
			n = escape(out, bytes ? code : *at);
			bytes = bytes ? bytes : 1;
		}
		if ((size_t)n >= size)
			break;
		memcpy(to, out, n);
		to += n;
		size -= n;
		at += bytes;
	}
	*to = '\0';
}
