// SPDX-License-Identifier: GPL-2.0-only
/* What forged probes cost whom they name: an hour on a made-up clock, in which
 * somebody probes in a victim's name and the victim, without a connection so
 * far, opens one every half a minute. Its kernel repeats its SYN as Linux does. */
#include <arpa/inet.h>
#include <endian.h>
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <scanwall/siphash.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "test_program.h"

#define MS 1000000ull
#define STEP (20 * MS)
#define HOUR_STEPS (3600 * SECOND / STEP)
#define EVERY_STEPS (30 * SECOND / STEP)

static struct frame syn_of_client(uint16_t port, uint32_t seq)
{
	struct frame f = frame_eth(ETH_P_IP);

	frame_ip4(&f, CLIENT4, SERVER4, IPPROTO_TCP, 0);
	frame_tcp(&f, 40000 + seq % 20000, port, F_SYN);
	frame_seq(&f, seq);
	frame_checksums(&f);
	return f;
}

struct connection {
	struct frame syn;
	uint64_t began;
	int sent;
	bool open;
};

/* Due after 0, 1, 3 and 7 s (RFC 6298 5.5). */
static void go_on(struct connection *c, uint64_t now, double *worst, int *got)
{
	static const uint64_t due[] = {0, SECOND, 3 * SECOND, 7 * SECOND};

	if (!c->open || c->sent == 4 || now - c->began < due[c->sent])
		return;
	c->sent++;
	run(&c->syn);
	if (prog.verdict != 2)
		return;
	c->open = false;
	++*got;
	if ((now - c->began) / 1e9 > *worst)
		*worst = (now - c->began) / 1e9;
}

struct outcome {
	int tried, got;
	double longest; /* s */
};

static struct outcome hour(int challenge, uint64_t forged_per_hour)
{
	struct outcome o = {};
	struct connection c = {};
	uint64_t forged = 0;

	program_reset(NULL);
	prog.set->challenge = challenge;
	srand(1);
	for (uint64_t i = 0; i < HOUR_STEPS; i++, advance(STEP)) {
		for (; forged * HOUR_STEPS < i * forged_per_hour; forged++) {
			struct frame f = syn_of_client(1024 + rand() % 60000, rand());

			run(&f);
		}
		if (i % EVERY_STEPS == EVERY_STEPS / 2) {
			c = (struct connection){.syn = syn_of_client(OPEN_PORT, rand()),
						.began = prog.set->clock_ns,
						.open = true};
			o.tried++;
		}
		go_on(&c, prog.set->clock_ns, &o.longest, &o.got);
		read_events();
		prog.events = 0;
	}
	return o;
}

static const char *const blocked[] = {"drop", "challenge"};

static void victims(void)
{
	static const int rate[] = {0, 3, 30, 3000};

	printf("%-10s %12s %9s %9s %12s\n", "blocked =", "forged/min", "tried", "got",
	       "longest, s");
	for (int challenge = 0; challenge < 2; challenge++)
		for (size_t i = 0; i < sizeof(rate) / sizeof(rate[0]); i++) {
			struct outcome o = hour(challenge, rate[i] * 60);

			printf("%-10s %12d %9d %9d %12.2f\n", blocked[challenge], rate[i], o.tried,
			       o.got, o.longest);
		}
}

#define MOST_FORGED (1 << 18)

/* Evenly spread over the hour, each to another closed port. */
static void fewest_that_keep_out(void)
{
	printf("\nfewest forged packets an hour, doubled each time, that leave it\n"
	       "%-10s %28s %28s\n",
	       "blocked =", "less than half", "nothing");
	for (int challenge = 0; challenge < 2; challenge++) {
		int half = 0, all = 0;

		for (int n = 1; n <= MOST_FORGED && !all; n *= 2) {
			struct outcome o = hour(challenge, n);

			half = !half && o.got * 2 < o.tried ? n : half;
			all = o.got ? 0 : n;
		}
		printf("%-10s ", blocked[challenge]);
		for (int i = 0; i < 2; i++) {
			if (i ? all : half)
				printf("%28d ", i ? all : half);
			else
				printf("%15s %-12d ", "none up to", MOST_FORGED);
		}
		putchar('\n');
	}
}

/* ---- a datagram that looks like a knock (docs/hidden.md), with a wrong MAC */

#define REPEAT 200000

static double ns_a_packet(const struct frame *f)
{
	struct frame whole = *f;
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = whole.byte, .data_size_in = whole.size,
		    .repeat = REPEAT);

	if (bpf_prog_test_run_opts(bpf_program__fd(prog.skel->progs.scanwall), &opts))
		return -1;
	return opts.duration;
}

static void wrong_knocks(void)
{
	static const struct sw_knock_key key = {{1, 2}};
	struct frame f = udp4(CLIENT4, 40000, OPEN_PORT);
	__be64 id = htobe64(sw_siphash(NULL, 0, key.key[0], key.key[1]));
	struct sw_knock k = {id, htobe64(1800000000ull << 16 | OPEN_PORT), 0, 0};
	double least[2] = {1e9, 1e9}, ns;

	program_reset(NULL);
	prog.set->any_hidden = SW_ANY_HIDDEN;
	prog.set->wall_ns = 1800000000ull * SECOND - prog.set->clock_ns;
	bpf_map_update_elem(bpf_map__fd(prog.skel->maps.knock_keys), &id, &key, BPF_ANY);
	memcpy(f.byte + f.size, &k, sizeof(k));
	f.size += sizeof(k);
	((struct iphdr *)(f.byte + f.ip))->tot_len = htons(f.size - f.ip);
	for (int i = 0; i < 10; i++) {
		prog.set->any_key = i & 1;
		ns = ns_a_packet(&f);
		least[i & 1] = ns < least[i & 1] ? ns : least[i & 1];
	}
	printf("\na datagram to a closed port: %.0f ns; as a knock with a wrong MAC: %.0f ns "
	       "more\n",
	       least[0], least[1] - least[0]);
}

int main(void)
{
	if (program_setup(NULL))
		return 1;
	victims();
	fewest_that_keep_out();
	wrong_knocks();
	program_teardown(NULL);
	return 0;
}
