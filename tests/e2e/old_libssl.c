// SPDX-License-Identifier: GPL-2.0-only
/* A libssl.so.1.1 for tls_old.sh, since Debian 12 has none: the functions of OpenSSL 1.1 with
 * a trivial cipher. With EX as in 1.1.1, without as in 1.1.0. */
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>
#include "old_libssl.h"

#define KEY 0x55

struct ssl {
	int fd;
};

struct ssl *SSL_new(int fd)
{
	struct ssl *s = malloc(sizeof(*s));

	if (s)
		s->fd = fd;
	return s;
}

void SSL_free(struct ssl *s)
{
	free(s);
}

void SSL_set_accept_state(struct ssl *s)
{
	(void)s;
}

void SSL_set_connect_state(struct ssl *s)
{
	(void)s;
}

int SSL_do_handshake(struct ssl *s)
{
	char hello;

	return recv(s->fd, &hello, 1, MSG_WAITALL) == 1 && hello == 'H' ? 1 : -1;
}

static void cipher(unsigned char *to, const unsigned char *from, size_t n)
{
	for (size_t i = 0; i < n; i++)
		to[i] = from[i] ^ KEY;
}

int SSL_read(struct ssl *s, void *buffer, int size)
{
	ssize_t n = recv(s->fd, buffer, size, 0);

	if (n > 0)
		cipher(buffer, buffer, n);
	return n > 0 ? (int)n : -1;
}

int SSL_write(struct ssl *s, const void *buffer, int size)
{
	unsigned char *copy = malloc(size);
	ssize_t n = -1;

	if (copy) {
		cipher(copy, buffer, size);
		n = send(s->fd, copy, size, MSG_NOSIGNAL);
	}
	free(copy);
	return n > 0 ? (int)n : -1;
}

#ifdef EX
int SSL_read_ex(struct ssl *s, void *buffer, size_t size, size_t *got)
{
	ssize_t n = recv(s->fd, buffer, size, 0);

	if (n <= 0)
		return 0;
	cipher(buffer, buffer, n);
	*got = n;
	return 1;
}

int SSL_write_ex(struct ssl *s, const void *buffer, size_t size, size_t *put)
{
	int n = SSL_write(s, buffer, (int)size);

	*put = n > 0 ? n : 0;
	return n > 0;
}
#endif
