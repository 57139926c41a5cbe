#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""datagrams.py SOCKET FILE: what a logger at that UNIX socket is sent, a line each.

An entry in the journal's own protocol becomes a JSON object of lists.
"""
import json
import socket
import struct
import sys


def entry(data):
    fields = {}
    while data:
        name, rest = data.split(b"\n", 1)
        (size,) = struct.unpack_from("<Q", rest)
        fields.setdefault(name.decode(), []).append(rest[8 : 8 + size].decode())
        data = rest[8 + size + 1 :]
    return json.dumps(fields)


path, out = sys.argv[1:]
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(path)
with open(out, "a", buffering=1) as f:
    while True:
        got = s.recv(1 << 16)
        print(got.decode() if got.startswith(b"<") else entry(got), file=f)
