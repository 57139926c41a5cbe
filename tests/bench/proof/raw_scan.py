#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""raw_scan.py HOW IFACE TARGET MAC SOURCE OTHER OPEN CLOSED: a scanner that somebody
has patched to look like a client, and that never completes a handshake.

HOW: syn     each SYN again after one and three seconds, as a client's kernel does
     ack     ACKs with data and timestamps, which no scanner sends
     decoys  SYNs in two names, SOURCE and OTHER, with one port and sequence number
     udp     datagrams
OPEN and CLOSED are lists of ports, with commas. Prints how many open ones were
answered as no closed one was, and how many were answered at all."""
import collections
import random
import socket
import struct
import sys
import time

OPTIONS = bytes.fromhex("020405b40402080a0102030400000000" "01030307")
STAMP = bytes.fromhex("0101080a0102030400000001")
SYN, ACK, RST, PSH = 2, 16, 4, 8


def checksum(data):
    data += b"\0" * (len(data) & 1)
    total = sum(struct.unpack(">%dH" % (len(data) // 2), data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


def ip(source, target, protocol, segment):
    head = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 20 + len(segment), random.getrandbits(16), 0x4000,
                       61, protocol, 0, source, target)
    return head[:10] + struct.pack(">H", checksum(head)) + head[12:] + segment


def pseudo(source, target, protocol, length):
    return source + target + struct.pack(">BBH", 0, protocol, length)


def tcp(source, target, sport, dport, seq, flags, options, data=b""):
    head = struct.pack(">HHIIBBHHH", sport, dport, seq, 0 if flags == SYN else seq ^ 0x55aa55aa,
                       (20 + len(options)) << 2, flags, 64240, 0, 0) + options + data
    total = checksum(pseudo(source, target, 6, len(head)) + head)
    return ip(source, target, 6, head[:16] + struct.pack(">H", total) + head[18:])


def udp(source, target, sport, dport):
    data = struct.pack(">HHHH", sport, dport, 16, 0) + b"question"
    total = checksum(pseudo(source, target, 17, len(data)) + data)
    return ip(source, target, 17, data[:6] + struct.pack(">H", total) + data[8:])


class Wire:
    def __init__(self, iface, mac, target):
        self.sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
        self.sock.bind((iface, 3))
        self.sock.setblocking(False)
        self.head = bytes.fromhex(mac.replace(":", "")) + self.sock.getsockname()[4] + b"\x08\x00"
        self.target = target

    def send(self, packet):
        self.sock.send(self.head + packet)

    def answers(self, seconds):
        """Yields (port, what it looks like) until that time is over."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            try:
                frame = self.sock.recv(2048)
            except BlockingIOError:
                time.sleep(0.001)
                continue
            look = self.look(frame)
            if look:
                yield look

    def look(self, frame):
        if frame[12:14] != b"\x08\x00" or frame[26:30] != self.target:
            return None
        head, ttl, protocol = frame[14], frame[22], frame[23]
        at = 14 + (head & 15) * 4
        if protocol == 1:  # unreachable: the port is in the packet it quotes
            quoted = at + 8 + 20
            return struct.unpack(">H", frame[quoted + 2:quoted + 4])[0], ("icmp", frame[at:at + 2])
        port = struct.unpack(">H", frame[at:at + 2])[0]
        if protocol == 17:
            return port, ("udp", ttl)
        if protocol != 6:
            return None
        doff, flags, window = frame[at + 12] >> 4, frame[at + 13], frame[at + 14:at + 16]
        options = frame[at + 20:at + doff * 4] if flags & SYN else b""
        return port, (flags, window, options, ttl, frame[20:22], frame[18:20] == b"\0\0")


def rounds(how, source, other, target, ports):
    """(packets, seconds to wait for answers) in turn."""
    seq = {port: random.getrandbits(32) for port in ports}
    sport = {port: random.randrange(32768, 60000) for port in ports}
    syns = [tcp(source, target, sport[p], p, seq[p], SYN, OPTIONS) for p in ports]
    if how == "syn":
        return [(syns, 1.05), (syns, 2), (syns, 4)]
    if how == "ack":
        return [([tcp(source, target, sport[p], p, seq[p], ACK | PSH, STAMP, b"GET / ")
                  for p in ports], 2)]
    if how == "udp":
        return [([udp(source, target, sport[p], p) for p in ports], 2)]
    if how == "decoys":
        return [([tcp(name, target, sport[p], p, seq[p], SYN, OPTIONS)
                  for p in ports for name in (other, source)], 1.05), (syns, 3)]
    raise SystemExit(__doc__)


def main():
    how, iface, target, mac, source, other, served, closed = sys.argv[1:]
    served = [int(p) for p in served.split(",")]
    closed = [int(p) for p in closed.split(",")]
    source, other, target = (socket.inet_aton(a) for a in (source, other, target))
    wire = Wire(iface, mac, target)
    ports = served + closed
    random.shuffle(ports)
    seen = collections.defaultdict(list)
    for packets, seconds in rounds(how, source, other, target, ports):
        for packet in packets:
            wire.send(packet)
        for port, look in wire.answers(seconds):
            seen[port].append(look)
    looks = {p: tuple(sorted(map(repr, seen[p]))) for p in ports}
    ordinary = {looks[p] for p in closed}
    print(sum(looks[p] not in ordinary for p in served), sum(bool(seen[p]) for p in served),
          sum(bool(seen[p]) for p in closed))


main()
