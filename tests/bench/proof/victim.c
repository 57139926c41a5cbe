// SPDX-License-Identifier: GPL-2.0-only
/* What forged probes cost whom they name: an hour on a made-up clock, in which
 * somebody probes in a victim's name and the victim, without a connection so
 * far, opens one every half a minute. Its kernel repeats its SYN as Linux does. */
#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <stdio.h>
#include <stdlib.h>
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

static void hour(const char *blocked, int challenge, int per_minute)
{
	uint64_t forged = 0;
	struct connection c = {};
	double worst = 0;
	int tried = 0, got = 0;

	program_reset(NULL);
	prog.set->challenge = challenge;
	srand(1);
	for (uint64_t i = 0; i < HOUR_STEPS; i++, advance(STEP)) {
		for (; forged * 60 * SECOND < i * STEP * per_minute; forged++) {
			struct frame f = syn_of_client(1024 + rand() % 60000, rand());

			run(&f);
		}
		if (i % EVERY_STEPS == EVERY_STEPS / 2) {
			c = (struct connection){.syn = syn_of_client(OPEN_PORT, rand()),
						.began = prog.set->clock_ns,
						.open = true};
			tried++;
		}
		go_on(&c, prog.set->clock_ns, &worst, &got);
		read_events();
		prog.events = 0;
	}
	printf("%-10s %12d %9d %9d %12.2f\n", blocked, per_minute, tried, got, worst);
}

int main(void)
{
	static const int rate[] = {0, 3, 30, 3000};

	if (program_setup(NULL))
		return 1;
	printf("%-10s %12s %9s %9s %12s\n", "blocked =", "forged/min", "tried", "got",
	       "longest, s");
	for (int challenge = 0; challenge < 2; challenge++)
		for (size_t i = 0; i < sizeof(rate) / sizeof(rate[0]); i++)
			hour(challenge ? "challenge" : "drop", challenge, rate[i]);
	program_teardown(NULL);
	return 0;
}
