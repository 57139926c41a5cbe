/* SPDX-License-Identifier: GPL-2.0-only */
/* Whole frames as `scanwall test` takes them: in hexadecimal, or of a capture. */
#ifndef SCANWALL_TEST_FRAMES_H
#define SCANWALL_TEST_FRAMES_H

#include "replay/capture.h"

struct sw_frame_bytes {
	uint8_t byte[SW_CAPTURE_FRAME];
	size_t size;
};

/* Digits in pairs; blanks and colons between pairs are ignored. */
int sw_read_hex(const char *text, struct sw_frame_bytes *b, struct sw_err *e);

struct sw_capture_choice {
	char file[4096];
	uint64_t number; /* from 1; 0: each */
};

/* "FILE" or "FILE:N"; if a file is named "FILE:N", that file. */
int sw_choose_packet(const char *text, struct sw_capture_choice *c, struct sw_err *e);
int sw_read_packet(const struct sw_capture_choice *c, struct sw_frame_bytes *b, struct sw_err *e);
typedef int (*sw_frame_fn)(const struct sw_capture_frame *f, void *arg, struct sw_err *e);
int sw_each_packet(const char *file, sw_frame_fn fn, void *arg, struct sw_err *e);

#endif
