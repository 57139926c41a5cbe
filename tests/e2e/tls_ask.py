#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""One request over TLS: tls_ask.py [--old] SLOW FROM TO PORT PATH [HEADER [BODY]]

Prints how the connection ends: "closed" by the server's host at once, "open" when the
answer has come and it stays, "refused". --old: in the cipher of old_libssl.c.
"""
import socket
import ssl
import sys

KEY = 0x55


def request(path, header="", body=""):
    text = f"{'POST' if body else 'GET'} {path} HTTP/1.1\r\nHost: lab\r\n"
    text += f"Content-Length: {len(body)}\r\n" if body else ""
    text += header + "\r\n" if header else ""
    return (text + "\r\n" + body).encode()


def main():
    old = sys.argv[1] == "--old"
    slow, source, to, port, *what = sys.argv[1 + old:]
    data = request(*what)
    try:
        s = socket.create_connection((to, int(port)), 3 * float(slow), (source, 0))
        if not old:
            s = ssl._create_unverified_context().wrap_socket(s)
    except OSError:
        return "refused"
    s.settimeout(float(slow))
    if old:
        data = b"H" + bytes(b ^ KEY for b in data)
    try:
        s.sendall(data)
        while s.recv(65536):
            pass
    except TimeoutError:
        return "open"
    except OSError:
        pass
    return "closed"


print(main())
