// SPDX-License-Identifier: GPL-2.0-only
/* A server over old_libssl.c: old_server PORT. A connection, a request, an answer. */
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "old_libssl.h"

static long read_some(struct ssl *s, void *buffer, size_t size)
{
#ifdef EX
	size_t got;

	return SSL_read_ex(s, buffer, size, &got) ? (long)got : -1;
#else
	return SSL_read(s, buffer, (int)size);
#endif
}

static void serve(int fd)
{
	static const char answer[] = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
	struct ssl *s = SSL_new(fd);
	char text[4096];

	SSL_set_accept_state(s);
	if (SSL_do_handshake(s) == 1)
		while (read_some(s, text, sizeof(text)) > 0)
			SSL_write(s, answer, sizeof(answer) - 1);
	SSL_free(s);
}

int main(int argc, char **argv)
{
	struct sockaddr_in6 a = {.sin6_family = AF_INET6};
	int fd = socket(AF_INET6, SOCK_STREAM, 0), on = 1, one;

	a.sin6_port = htons(atoi(argc > 1 ? argv[1] : "8443"));
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(fd, (void *)&a, sizeof(a)) || listen(fd, 16))
		return 1;
	while ((one = accept(fd, NULL, NULL)) >= 0) {
		serve(one);
		close(one);
	}
	return 1;
}
