// SPDX-License-Identifier: GPL-2.0-only
/* Frames built by hand, header by header. */
#include <arpa/inet.h>
#include <endian.h>
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/tcp.h>
#include <string.h>
#include "test_program.h"

struct frame frame_eth(uint16_t type)
{
	struct frame f = {.size = sizeof(struct ethhdr)};
	struct ethhdr *eth = (void *)f.byte;

	eth->h_proto = htons(type);
	f.ip = f.size;
	return f;
}

void frame_vlan(struct frame *f, uint16_t tpid, uint16_t inner)
{
	uint16_t tag[2] = {htons(7), htons(inner)};
	uint16_t outer = htons(tpid);

	memcpy(f->byte + f->size - 2, &outer, 2);
	memcpy(f->byte + f->size, tag, 4);
	f->size += 4;
	f->ip = f->size;
}

void frame_ip4(struct frame *f, uint32_t src, uint32_t dst, uint8_t proto, uint16_t fragment)
{
	struct iphdr ip = {.version = 4,
			   .ihl = 5,
			   .ttl = 64,
			   .protocol = proto,
			   .tot_len = htons(40),
			   .frag_off = htons(fragment),
			   .saddr = htonl(src),
			   .daddr = htonl(dst)};

	f->ip = f->size;
	memcpy(f->byte + f->size, &ip, sizeof(ip));
	f->size += sizeof(ip);
}

void frame_ip6(struct frame *f, uint64_t src_high, uint64_t src_low, uint8_t next)
{
	struct ipv6hdr ip = {
		.version = 6, .nexthdr = next, .hop_limit = 64, .payload_len = htons(20)};
	uint64_t src[2] = {htobe64(src_high), htobe64(src_low)};

	memcpy(&ip.saddr, src, 16);
	inet_pton(AF_INET6, "2001:db8::1", &ip.daddr);
	f->ip = f->size;
	memcpy(f->byte + f->size, &ip, sizeof(ip));
	f->size += sizeof(ip);
}

void frame_ext(struct frame *f, uint8_t next, uint8_t length)
{
	f->byte[f->size] = next;
	f->byte[f->size + 1] = length;
	f->size += (length + 1) * 8;
}

void frame_tcp(struct frame *f, uint16_t sport, uint16_t dport, uint8_t flags)
{
	struct tcphdr tcp = {
		.source = htons(sport), .dest = htons(dport), .doff = 5, .window = htons(64240)};

	memcpy(f->byte + f->size, &tcp, sizeof(tcp));
	f->byte[f->size + 13] = flags;
	f->size += sizeof(tcp);
}

void frame_seq(struct frame *f, uint32_t seq)
{
	uint32_t be = htonl(seq);

	memcpy(f->byte + f->size - sizeof(struct tcphdr) + 4, &be, sizeof(be));
}

void frame_data(struct frame *f, size_t bytes)
{
	memset(f->byte + f->size, 'x', bytes);
	f->size += bytes;
}

static uint32_t sum16(const void *at, size_t bytes)
{
	const uint8_t *byte = at;
	uint32_t sum = 0;

	for (size_t i = 0; i < bytes; i++)
		sum += i & 1 ? byte[i] : byte[i] << 8;
	return sum;
}

static uint16_t fold(uint32_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return sum;
}

static bool is_v6(const struct frame *f)
{
	return f->byte[f->ip] >> 4 == 6;
}

static size_t tcp_at(const struct frame *f)
{
	return f->ip + (is_v6(f) ? sizeof(struct ipv6hdr) : sizeof(struct iphdr));
}

static void put16(uint8_t *at, uint16_t host)
{
	at[0] = host >> 8;
	at[1] = host;
}

uint16_t frame_pseudo_sum(struct frame *f)
{
	uint32_t sum = f->size - tcp_at(f) + IPPROTO_TCP;

	if (is_v6(f))
		sum += sum16(f->byte + f->ip + 8, 32);
	else
		sum += sum16(f->byte + f->ip + 12, 8);
	return htons(fold(sum));
}

void frame_checksums(struct frame *f)
{
	uint8_t *tcp = f->byte + tcp_at(f), *ip = f->byte + f->ip;
	size_t bytes = f->size - tcp_at(f);

	if (is_v6(f)) {
		put16(ip + 4, bytes);
	} else {
		put16(ip + 2, f->size - f->ip);
		put16(ip + 10, 0);
		put16(ip + 10, ~fold(sum16(ip, sizeof(struct iphdr))));
	}
	put16(tcp + 16, 0);
	put16(tcp + 16, ~fold(sum16(tcp, bytes) + ntohs(frame_pseudo_sum(f))));
}

bool frame_sums_up(struct frame *f)
{
	uint32_t tcp = sum16(f->byte + tcp_at(f), f->size - tcp_at(f));

	if (!is_v6(f) && fold(sum16(f->byte + f->ip, sizeof(struct iphdr))) != 0xffff)
		return false;
	return fold(tcp + ntohs(frame_pseudo_sum(f))) == 0xffff;
}

void frame_udp(struct frame *f, uint16_t sport, uint16_t dport)
{
	uint16_t udp[4] = {htons(sport), htons(dport), htons(8)};

	memcpy(f->byte + f->size, udp, sizeof(udp));
	f->size += sizeof(udp);
}

struct frame udp4(uint32_t src, uint16_t sport, uint16_t dport)
{
	struct frame f = frame_eth(ETH_P_IP);

	frame_ip4(&f, src, SERVER4, IPPROTO_UDP, 0);
	frame_udp(&f, sport, dport);
	return f;
}

struct frame tcp4(uint32_t src, uint16_t dport, uint8_t flags)
{
	struct frame f = frame_eth(ETH_P_IP);

	frame_ip4(&f, src, SERVER4, IPPROTO_TCP, 0);
	frame_tcp(&f, 40000, dport, flags);
	frame_seq(&f, src * 0x9e3779b1u | 1);
	return f;
}

struct frame tcp6(uint64_t high, uint64_t low, uint16_t dport, uint8_t flags)
{
	struct frame f = frame_eth(ETH_P_IPV6);

	frame_ip6(&f, high, low, IPPROTO_TCP);
	frame_tcp(&f, 40000, dport, flags);
	frame_seq(&f, (uint32_t)(high ^ low) * 0x9e3779b1u | 1);
	return f;
}

struct tcphdr *frame_tcp_of(struct frame *f)
{
	size_t ip = f->byte[f->ip] >> 4 == 4 ? sizeof(struct iphdr) : sizeof(struct ipv6hdr);

	return (void *)(f->byte + f->ip + ip);
}

void frame_options(struct frame *f, const uint8_t *option, size_t bytes)
{
	memcpy(f->byte + f->size, option, bytes);
	f->size += bytes;
	frame_tcp_of(f)->doff = (sizeof(struct tcphdr) + bytes) / 4;
}

struct frame tcp_segment(bool v6, uint16_t port, uint8_t flags, uint32_t seq, uint32_t ack)
{
	struct frame f = v6 ? tcp6(V6, 1, port, flags) : tcp4(CLIENT4, port, flags);

	frame_tcp_of(&f)->seq = htonl(seq);
	frame_tcp_of(&f)->ack_seq = htonl(ack);
	return f;
}
