// SPDX-License-Identifier: GPL-2.0-only
/* HTTP/2 in plain text (by prior knowledge and by Upgrade), gRPC and WebSocket: the built-in
 * rules never block or drop what their clients send. */
#include <netinet/tcp.h>
#include <string.h>
#include <unistd.h>
#include "test_rules.h"

#define TIMES 40
#define SEGMENTS 5
#define GRPC_PORT 50051

struct segment {
	const char *byte;
	size_t length;
};

#define BYTES(text)                    \
	{                              \
		text, sizeof(text) - 1 \
	}

/* RFC 9113: frames are a length, a type, flags and a stream. */
#define PREFACE "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
#define SETTINGS "\0\0\x12\4\0\0\0\0\0\0\3\0\0\0\x64\0\4\0\xff\xff\xff\0\2\0\0\0\0"
#define SETTINGS_ACK "\0\0\0\4\1\0\0\0\0"
#define WINDOW "\0\0\4\x8\0\0\0\0\0\x3f\xff\0\1"
#define GET_HEADERS                                                   \
	"\0\0\x2a\1\5\0\0\0\1\x82\x86\x84\x41\x0bexample.org\x7a\x0b" \
	"curl/7.88.1\x53\x03*/*\x90\x7a\x88\x25\xb6"
#define GRPC_HEADERS                                                               \
	"\0\0\x75\1\4\0\0\0\3\x83\x86\x44\x1c/helloworld.Greeter/SayHello\x41\x09" \
	"localhost\x5f\x10"                                                        \
	"application/grpc\x7a\x0e"                                                 \
	"grpc-go/1.60.1\x40\2te\x8"                                                \
	"trailers"
#define GRPC_DATA "\0\0\x0d\0\1\0\0\0\3\0\0\0\0\x08\n\6select"
/* RFC 6455: masked text and a ping. */
#define MASKED             \
	"\x81\x9c\1\2\3\4" \
	"shuld!uojpo#qgmdeu)' dslo!v"
#define PING "\x89\x80\1\2\3\4"
#define HEAD                                                                              \
	"Host: www.example.org\r\nUser-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:128.0) " \
	"Gecko/20100101 Firefox/128.0\r\n"

static const struct script {
	const char *name;
	uint16_t port;
	struct segment segment[SEGMENTS];
} scripts[] = {
	{"HTTP/2, prior knowledge",
	 OPEN_PORT,
	 {BYTES(PREFACE SETTINGS WINDOW), BYTES(SETTINGS_ACK GET_HEADERS)}},
	{"HTTP/2, cut within the preface",
	 OPEN_PORT,
	 {BYTES("PRI * HTTP/2.0\r\n\r\n"), BYTES("SM\r\n\r\n" SETTINGS), BYTES(GET_HEADERS)}},
	{"HTTP/2, at a port of its own",
	 GRPC_PORT,
	 {BYTES(PREFACE), BYTES(SETTINGS WINDOW), BYTES(GET_HEADERS)}},
	{"gRPC",
	 OPEN_PORT,
	 {BYTES(PREFACE SETTINGS), BYTES(GRPC_HEADERS), BYTES(GRPC_DATA), BYTES(GRPC_DATA)}},
	{"gRPC, at a port of its own",
	 GRPC_PORT,
	 {BYTES(PREFACE SETTINGS), BYTES(GRPC_HEADERS GRPC_DATA), BYTES(GRPC_DATA)}},
	{"Upgrade: h2c",
	 OPEN_PORT,
	 {BYTES("GET /items HTTP/1.1\r\n" HEAD
		"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n"
		"HTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA\r\n\r\n"),
	  BYTES(PREFACE SETTINGS), BYTES(SETTINGS_ACK GET_HEADERS)}},
	{"WebSocket",
	 OPEN_PORT,
	 {BYTES("GET /socket?room=7 HTTP/1.1\r\n" HEAD "Connection: keep-alive, Upgrade\r\n"
		"Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
		"Sec-WebSocket-Extensions: permessage-deflate\r\nOrigin: http://www.example.org\r\n"
		"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"),
	  BYTES(MASKED), BYTES(PING), BYTES(MASKED), BYTES("\x88\x82\1\2\3\4\2\xea")}},
};

static void say(struct connection *c, const struct script *s, const struct segment *g)
{
	struct frame f = stream_frame(&c->t, g->byte, g->length);
	uint32_t ack = htonl(c->ack);

	int reason;

	memcpy(f.byte + f.size - g->length - sizeof(struct tcphdr) + 8, &ack, 4);
	reason = run(&f);
	c->t.seq += g->length;
	if (reason != SW_REASON_FLOW || prog.verdict != XDP_PASS)
		fail_msg("%s: segment %td is not passed (%s)", s->name, g - s->segment,
			 reason_name(reason));
}

static int listen_at(uint16_t port)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(port)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_int_equal(bind(fd, (void *)&a, sizeof(a)), 0);
	assert_int_equal(listen(fd, TIMES), 0);
	return fd;
}

static void clients_of_newer_protocols_are_left_alone(void **unused)
{
	int other = listen_at(GRPC_PORT);

	(void)unused;
	for (size_t i = 0; i < sizeof(scripts) / sizeof(scripts[0]); i++) {
		const struct script *s = &scripts[i];

		for (int n = 0; n < TIMES; n++) {
			int listener = s->port == OPEN_PORT ? prog.listener : other;
			struct connection c = connection_to(listener, s->port);

			for (int g = 0; g < SEGMENTS && s->segment[g].length; g++)
				say(&c, s, &s->segment[g]);
			connection_close(&c);
		}
		if (prog.state->auto_blocked)
			fail_msg("%s: its client is blocked", s->name);
	}
	close(other);
}

/* The same way an attack in what may be upgraded is found. */
static void an_attack_that_asks_for_an_upgrade_is_found(void **unused)
{
	struct connection c = connection_open();
	struct frame f = connection_frame(&c, "GET / HTTP/1.1\r\nHost: a\r\nUpgrade: h2c\r\n"
					      "User-Agent: sqlmap/1.8\r\n\r\n");

	(void)unused;
	run(&f);
	assert_int_equal(prog.state->auto_blocked, 1);
	connection_close(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(clients_of_newer_protocols_are_left_alone, builtin_load),
		cmocka_unit_test_setup(an_attack_that_asks_for_an_upgrade_is_found, builtin_load),
	};

	return cmocka_run_group_tests(tests, builtin_setup, builtin_teardown);
}
