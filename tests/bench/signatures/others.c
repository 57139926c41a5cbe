// SPDX-License-Identifier: GPL-2.0-only
/* The same work done by iptables' string match, and by a plain loop. */
#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include "inspect_bench.h"
#include "plain.skel.h"

#define WORDS 100
#define DATAGRAMS 20000

double plain_loop_cost(const struct frame *frame, struct sw_err *e)
{
	LIBBPF_OPTS(bpf_test_run_opts, run, .data_in = frame->byte, .data_size_in = frame->size,
		    .repeat = 20);
	struct plain_bpf *skel = plain_bpf__open();
	double ns = -1;

	draw_from(99);
	for (int i = 0; skel && i < WORDS; i++)
		skel->bss->word[i] = (__u64)drawn() << 32 | drawn();
	if (skel && !plain_bpf__load(skel) &&
	    !bpf_prog_test_run_opts(bpf_program__fd(skel->progs.plain), &run) &&
	    run.retval == XDP_PASS)
		ns = run.duration;
	else
		sw_fail(e, SW_EXIT_FAILED, "the plain loop does not run: %s", strerror(errno));
	plain_bpf__destroy(skel);
	return ns;
}

/* ---- a network of its own, whose loopback the datagrams go through */

static int shell(const char *command)
{
	return system(command) ? -1 : 0;
}

static double now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1e9 + t.tv_nsec;
}

/* What one datagram takes, from sending it to its end in the raw table. */
static double send_all(int fd)
{
	struct sockaddr_in to = {.sin_family = AF_INET,
				 .sin_port = htons(9),
				 .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	char text[PAYLOAD_MAX];
	double start;

	memset(text, 'x', sizeof(text));
	for (int i = 0; i < PAYLOAD_MAX; i++)
		text[i] = ' ' + drawn() % 90;
	start = now_ns();
	for (int i = 0; i < DATAGRAMS; i++)
		if (sendto(fd, text, sizeof(text), 0, (void *)&to, sizeof(to)) < 0)
			return -1;
	return (now_ns() - start) / DATAGRAMS;
}

static int put_strings(void)
{
	char command[256];

	draw_from(98);
	for (int i = 0; i < WORDS; i++) {
		snprintf(command, sizeof(command),
			 "iptables -w -t raw -I PREROUTING -p udp --dport 9 -m string --algo bm "
			 "--string /%08x/%04x.php -j ACCEPT",
			 drawn(), drawn() & 0xffff);
		if (shell(command))
			return -1;
	}
	return 0;
}

double xt_string_cost(struct sw_err *e)
{
	double without, with = -1, again;
	int home = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC), fd = -1;

	if (home < 0 || unshare(CLONE_NEWNET)) {
		sw_fail(e, SW_EXIT_FAILED, "no network namespace: %s", strerror(errno));
		goto out;
	}
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || shell("ip link set lo up") ||
	    shell("iptables -w -t raw -A PREROUTING -p udp --dport 9 -j DROP")) {
		sw_fail(e, SW_EXIT_FAILED, "iptables does not work in a namespace");
		goto out;
	}
	send_all(fd);
	without = send_all(fd);
	if (put_strings()) {
		sw_fail(e, SW_EXIT_FAILED, "iptables has no string match here");
		goto out;
	}
	with = send_all(fd);
	again = send_all(fd);
	with = (with < again ? with : again) - without;
out:
	if (fd >= 0)
		close(fd);
	if (home >= 0) {
		if (setns(home, CLONE_NEWNET))
			with = -1;
		close(home);
	}
	return with;
}
