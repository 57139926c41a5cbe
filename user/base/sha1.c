// SPDX-License-Identifier: GPL-2.0-only
/* SHA-1 (FIPS 180-4) of short texts. */
#include <endian.h>
#include <string.h>
#include "base/sha1.h"

static uint32_t rotate(uint32_t x, int bits)
{
	return x << bits | x >> (32 - bits);
}

static uint32_t mix(int round, uint32_t b, uint32_t c, uint32_t d)
{
	switch (round / 20) {
	case 0:
		return ((b & c) | (~b & d)) + 0x5a827999;
	case 1:
		return (b ^ c ^ d) + 0x6ed9eba1;
	case 2:
		return ((b & c) | (b & d) | (c & d)) + 0x8f1bbcdc;
	}
	return (b ^ c ^ d) + 0xca62c1d6;
}

static void compress(uint32_t h[5], const uint8_t block[64])
{
	uint32_t w[80], v[5], t;

	memcpy(w, block, 64);
	for (int i = 0; i < 16; i++)
		w[i] = be32toh(w[i]);
	for (int i = 16; i < 80; i++)
		w[i] = rotate(w[i - 3] ^ w[i - 8] ^ w[i - 14] ^ w[i - 16], 1);
	memcpy(v, h, sizeof(v));
	for (int i = 0; i < 80; i++) {
		t = rotate(v[0], 5) + mix(i, v[1], v[2], v[3]) + v[4] + w[i];
		v[4] = v[3];
		v[3] = v[2];
		v[2] = rotate(v[1], 30);
		v[1] = v[0];
		v[0] = t;
	}
	for (int i = 0; i < 5; i++)
		h[i] += v[i];
}

void sw_sha1(const void *text, size_t n, uint8_t out[SW_SHA1_BYTES])
{
	uint32_t h[5] = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0};
	uint64_t bits = htobe64(8 * n);
	uint8_t block[64] = {0};

	memcpy(block, text, n);
	block[n] = 0x80;
	memcpy(block + 56, &bits, sizeof(bits));
	compress(h, block);
	for (int i = 0; i < 5; i++)
		h[i] = htobe32(h[i]);
	memcpy(out, h, SW_SHA1_BYTES);
}
