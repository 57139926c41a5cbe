/* SPDX-License-Identifier: GPL-2.0-only */
/* The part of OpenSSL 1.1's interface that old_libssl.c implements. */
#ifndef SCANWALL_OLD_LIBSSL_H
#define SCANWALL_OLD_LIBSSL_H

#include <stddef.h>

struct ssl;

struct ssl *SSL_new(int fd);
void SSL_free(struct ssl *s);
void SSL_set_accept_state(struct ssl *s);
void SSL_set_connect_state(struct ssl *s);
int SSL_do_handshake(struct ssl *s);
int SSL_read(struct ssl *s, void *buffer, int size);
int SSL_write(struct ssl *s, const void *buffer, int size);
int SSL_read_ex(struct ssl *s, void *buffer, size_t size, size_t *got);
int SSL_write_ex(struct ssl *s, const void *buffer, size_t size, size_t *put);

#endif
