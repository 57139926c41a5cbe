#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""ask_on.py SOURCE ADDRESS PORT STOP ATTACK PAGE: until the file STOP is there, asks for
two paths in turn, each on a connection of its own.

Prints how many of each there were, and how many were answered: "attacks answered pages
answered"."""
import os
import socket
import sys
import time

PAUSE = 0.01


def is_answered(source, to, path):
    with socket.socket() as s:
        s.settimeout(10)
        s.bind((source, 0))
        began = time.monotonic()
        try:
            s.connect(to)
            s.sendall(f"GET {path} HTTP/1.1\r\nHost: a.example\r\nConnection: close\r\n\r\n".encode())
            return bool(s.recv(64))
        except ConnectionResetError:
            return False
        except OSError as e:
            print(f"{path}: {e} after {time.monotonic() - began:.1f} s at {time.strftime('%T')}", file=sys.stderr)
            return False


def main():
    source, address, port, stop, attack, page = sys.argv[1:]
    sent, answered = [0, 0], [0, 0]
    while not os.path.exists(stop):
        for n, path in enumerate((attack, page)):
            sent[n] += 1
            answered[n] += is_answered(source, (address, int(port)), path)
        time.sleep(PAUSE)
    print(sent[0], answered[0], sent[1], answered[1])


main()
