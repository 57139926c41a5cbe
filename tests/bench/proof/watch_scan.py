#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""watch_scan.py IFACE SOURCE TARGET OPEN SECONDS READY: what a scan by SOURCE has
learned, as seen at its own end of the wire, when it gets SIGTERM or the time is over.
READY is made when it looks. OPEN is a list of ports, with commas. Prints
  open ports whose SYN-ACK came,
  those of them that were asked for after the scan's third miss,
  closed ports whose SYN-ACK came."""
import signal
import socket
import struct
import sys
import time

SYN, RST, ACK = 2, 4, 16


def main():
    iface, source, target, served, seconds, ready = sys.argv[1:]
    served = {int(p) for p in served.split(",")}
    source, target = socket.inet_aton(source), socket.inet_aton(target)
    wire = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
    wire.bind((iface, 3))
    wire.settimeout(0.2)
    enough = []
    signal.signal(signal.SIGTERM, lambda *_: enough.append(1))
    open(ready, "w", encoding="ascii").close()
    asked, misses, answered = {}, set(), set()
    end = time.monotonic() + float(seconds)
    while not enough and time.monotonic() < end:
        try:
            frame = wire.recv(2048)
        except TimeoutError:
            continue
        if frame[12:14] != b"\x08\x00" or frame[23] != 6 or len(frame) < 54:
            continue
        at = 14 + (frame[14] & 15) * 4
        sport, dport = struct.unpack(">HH", frame[at:at + 4])
        flags = frame[at + 13] & (SYN | ACK | RST)
        if frame[26:30] == source and frame[30:34] == target:
            if flags == SYN:
                asked.setdefault(dport, len(misses))
                if dport not in served:
                    misses.add(dport)
        elif frame[26:30] == target and frame[30:34] == source and flags == SYN | ACK:
            answered.add(sport)
    late = [p for p in answered & served if asked.get(p, 0) >= 3]
    print(len(answered & served), len(late), len(answered - served))


main()
