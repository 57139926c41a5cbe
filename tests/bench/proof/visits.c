// SPDX-License-Identifier: GPL-2.0-only
/* Both ends of a service, without any work of its own that would hide the network's.
 *   serve PORT: takes 64 bytes, gives 1,024, for ever.
 *   visit ADDRESS PORT SECONDS [FIRST N]: one connection after the other; or N at even
 *     distances, from the source addresses FIRST on, one each. A line for each: its us,
 *     or "-" when it failed. */
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "lab.h"

#define ASKS 64
#define GETS 1024
#define PATIENCE 5 /* s */
#define PAUSE 1000 /* us from one to the next: ports of our own must not run out */

static double now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1e6 + t.tv_nsec / 1e3;
}

static void be_patient(int fd, int seconds)
{
	struct timeval t = {.tv_sec = seconds};

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &t, sizeof(t));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &t, sizeof(t)); /* connect()'s, too */
}

static void give(int fd)
{
	char bytes[GETS] = "";

	be_patient(fd, 1);
	if (recv(fd, bytes, ASKS, MSG_WAITALL) == ASKS)
		send(fd, bytes, sizeof(bytes), MSG_NOSIGNAL);
	close(fd);
}

int serve_main(int argc, char **argv)
{
	int one = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct sockaddr_in a = {.sin_family = AF_INET,
				.sin_port = htons(argc == 2 ? atoi(argv[1]) : 0)};

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(fd, (void *)&a, sizeof(a)) || listen(fd, 256)) {
		perror("proof-lab: serve");
		return 1;
	}
	for (;;) {
		int got = accept(fd, NULL, NULL);

		if (got >= 0)
			give(got);
	}
}

static int converse(const struct sockaddr_in *to, const struct sockaddr_in *from)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), ok;
	char bytes[GETS] = "";

	be_patient(fd, PATIENCE);
	ok = (!from || !bind(fd, (void *)from, sizeof(*from))) &&
	     !connect(fd, (void *)to, sizeof(*to)) && send(fd, bytes, ASKS, MSG_NOSIGNAL) == ASKS &&
	     recv(fd, bytes, GETS, MSG_WAITALL) == GETS;
	close(fd);
	return ok;
}

static void visit(const struct sockaddr_in *to, const struct sockaddr_in *from)
{
	double begun = now_us();

	if (converse(to, from))
		printf("%.0f\n", now_us() - begun);
	else
		puts("-");
	fflush(stdout);
}

static void visit_from_many(const struct sockaddr_in *to, double seconds, struct sockaddr_in *from,
			    int n)
{
	for (int i = 0; i < n; i++) {
		if (!fork()) {
			visit(to, from);
			_exit(0);
		}
		from->sin_addr.s_addr = htonl(ntohl(from->sin_addr.s_addr) + 1);
		usleep(seconds / n * 1e6);
	}
	while (wait(NULL) > 0)
		;
}

int visit_main(int argc, char **argv)
{
	struct sockaddr_in to = {.sin_family = AF_INET}, from = {.sin_family = AF_INET};
	double until;

	if ((argc != 4 && argc != 6) || inet_pton(AF_INET, argv[1], &to.sin_addr) != 1 ||
	    (argc == 6 && inet_pton(AF_INET, argv[4], &from.sin_addr) != 1)) {
		fputs("usage: proof-lab visit ADDRESS PORT SECONDS [FIRST N]\n", stderr);
		return 2;
	}
	to.sin_port = htons(atoi(argv[2]));
	if (argc == 6) {
		visit_from_many(&to, atof(argv[3]), &from, atoi(argv[5]));
		return 0;
	}
	until = now_us() + atof(argv[3]) * 1e6;
	for (; now_us() < until; usleep(PAUSE))
		visit(&to, NULL);
	return 0;
}
