#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Sends every shape of packet to a served port and to ports that are not, each
from a source address of its own, and prints what came back to that address:

    oracle.py [--whole] IFACE SERVER_MAC SERVER4 SERVER6 PORTS [STATE...]

PORTS is KIND=PORT,... ; "served" is one of the kinds. Prints a row a probe:
state, family, shape, kind of port, source, answer (tab-separated). oracle.sh
compares them. Frames go out by AF_PACKET, so the sender's own stack answers
nothing; whoever routes the source prefixes to IFACE sees what it would see.

A state is what the source did before it asks:
    stranger    nothing
    client      fetched a page from `served80`
    confined    the same, and probed closed ports
    challenged  probed closed ports
    capped      the same, but no more sources are blocked by then
    decoy       probed once under the mark of another source
    sprayed     nothing, while others do so much that all strangers are challenged
    blocked     nothing, but everybody is blocked (oracle.sh does that)
"""
import argparse
import ipaddress
import itertools
import os
import random
import select
import socket
import struct
import time

FIN, SYN, RST, PSH, ACK, URG = 1, 2, 4, 8, 16, 32
BATCH = 256      # sources that are asked for at once
BURST = 64       # frames in a row; a veth drops what its ring of 256 cannot hold
ANSWER_WAIT = 0.03  # seconds without an answer that end a batch
POOL4 = int(ipaddress.ip_address("10.0.0.66"))  # a /24 each
POOL6 = int(ipaddress.ip_address("fd00:900::66"))  # a /48 each

TS = bytes([1, 1, 8, 10]) + struct.pack("!II", 77, 0)
TCP_VARIANTS = {
    "plain": {},
    "nop": {"options": bytes([1, 1, 1, 1])},
    "timestamp": {"options": TS},
    "mss": {"options": bytes([2, 4, 5, 180])},
    "fastopen": {"options": bytes([34, 2, 1, 1])},
    "fastopen+data": {"options": bytes([34, 2, 1, 1]), "data": b"GET / HTTP/1.0\r\n\r\n"},
    "md5": {"options": bytes([19, 18]) + bytes(16) + bytes([1, 1])},
    "data": {"data": b"x" * 16},
    "timestamp+data": {"options": TS, "data": b"x" * 16},
    "urgent": {"urgent": 1, "data": b"x"},
    "badsum": {"badsum": True},
    "zerowin": {"window": 0},
}
TELLING_FLAGS = [SYN, ACK, 0, FIN, FIN | ACK, RST, RST | ACK, SYN | ACK, PSH | ACK, FIN | PSH | URG]
SOURCE_PORTS = [0, 53, 80, 123, 443, 700, 20000]


def checksum(data):
    if len(data) & 1:
        data += b"\0"
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    total = (total & 0xFFFF) + (total >> 16)
    return ~((total & 0xFFFF) + (total >> 16)) & 0xFFFF


class Host:
    """The wire, and the addresses at both ends of it."""

    def __init__(self, iface, mac, addr4, addr6):
        self.sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
        self.sock.bind((iface, 0))
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 24)
        self.sock.setblocking(False)
        self.backlog = []  # frames that came while the wire was drained
        self.sent = 0
        self.mac = bytes.fromhex(mac.replace(":", ""))
        self.mine = self.sock.getsockname()[4]
        self.addr = {4: ipaddress.ip_address(addr4).packed, 6: ipaddress.ip_address(addr6).packed}

    def put(self, frame):
        while True:
            try:
                self.sock.send(frame)
                return
            except OSError:
                time.sleep(0.001)

    def get(self, wait):
        """The next frame from the other end, or None."""
        while select.select([self.sock], [], [], wait)[0]:
            try:
                frame, where = self.sock.recvfrom(2048)
            except BlockingIOError:
                continue
            if where[2] != socket.PACKET_OUTGOING:
                return frame
        return None

    def drain(self):
        """Until the server has answered who it is (ARP), and so has met all before."""
        ask = self.mac + self.mine + struct.pack("!HHHBBH", 0x0806, 1, 0x0800, 6, 4, 1) + \
            self.mine + bytes(4) + bytes(6) + self.addr[4]
        end = time.monotonic() + 10 * float(os.environ.get("SW_SLOW", 1))
        while time.monotonic() < end:
            self.put(ask)
            while (frame := self.get(1)) and frame[12:14] != b"\x08\x06":
                self.backlog.append(frame)
            if frame:
                return
        raise SystemExit("oracle.py: the server answers no ARP")

    def send(self, frame):
        self.put(frame)
        self.sent += 1
        if self.sent % BURST == 0:
            self.drain()

    def collect(self, wait):
        """What arrives until nothing has for `wait` seconds: (destination, packet).
        A second at most: open connections retransmit for ever."""
        self.drain()
        end = time.monotonic() + 1
        while (frame := self.backlog.pop(0) if self.backlog else self.get(wait)) and \
                time.monotonic() < end:
            kind = frame[12:14]
            if kind == b"\x08\x00" and len(frame) >= 34:
                yield frame[30:34], frame[14:]
            elif kind == b"\x86\xdd" and len(frame) >= 54:
                yield frame[38:54], frame[14:]


class Probe:
    """One source and all it sends."""

    def __init__(self, host, family, state, shape, kind, port, source):
        self.host, self.family, self.state = host, family, state
        self.shape, self.kind, self.port, self.source = shape, kind, port, source
        self.sport = random.randrange(33000, 60000)
        self.seq = random.randrange(1, 1 << 32)
        self.answers = set()

    def pseudo(self, proto, payload):
        to = self.host.addr[self.family]
        if self.family == 4:
            return self.source + to + struct.pack("!BBH", 0, proto, len(payload)) + payload
        return self.source + to + struct.pack("!IHBB", len(payload), 0, 0, proto) + payload

    def tcp(self, port, flags, seq=None, ack=0, sport=None, options=b"", data=b"", urgent=0,
            badsum=False, window=64240):
        def header(total):
            return struct.pack("!HHIIBBHHH", self.sport if sport is None else sport, port,
                               (self.seq if seq is None else seq) & 0xFFFFFFFF, ack & 0xFFFFFFFF,
                               (20 + len(options)) << 2, flags, window, total, urgent) + options
        total = checksum(self.pseudo(6, header(0) + data))
        return header(total ^ 0x5555 if badsum else total) + data

    def udp(self, port, sport=None, data=b"", length=None):
        def header(total):
            return struct.pack("!HHHH", self.sport if sport is None else sport, port,
                               8 + len(data) if length is None else length, total)
        return header(checksum(self.pseudo(17, header(0) + data)) or 0xFFFF) + data

    def ip(self, proto, payload, options=b"", fragment=0, ident=None):
        to = self.host.addr[self.family]
        if self.family == 6:
            return struct.pack("!IHBB", 6 << 28, len(payload), proto, 64) + self.source + to + payload
        head = struct.pack("!BBHHHBBH", 0x45 + len(options) // 4, 0, 20 + len(options) + len(payload),
                           random.randrange(1, 65536) if ident is None else ident, fragment, 64, proto, 0)
        total = checksum(head + self.source + to + options)
        return head[:10] + struct.pack("!H", total) + self.source + to + options + payload

    def frame(self, packet, tags=()):
        wrapped = b"".join(struct.pack("!HH", tpid, vid) for tpid, vid in tags)
        return self.host.mac + self.host.mine + wrapped + \
            (b"\x08\x00" if self.family == 4 else b"\x86\xdd") + packet

    def send_tcp(self, *args, **named):
        self.host.send(self.frame(self.ip(6, self.tcp(*args, **named))))


def answer_text(packet, earlier):
    """Kind of an answer, without what differs from one to the next; None for a
    packet of a connection that the source had at port `earlier`."""
    if packet[0] >> 4 == 4:
        proto, at = packet[9], (packet[0] & 15) * 4
    else:
        proto, at = packet[6], 40
    rest = packet[at:]
    if proto == 6 and struct.unpack("!H", rest[:2])[0] == earlier:
        return None
    if proto == 6 and len(rest) >= 14:
        return "tcp-" + "".join(n for n, f in zip("FSRPAU", (FIN, SYN, RST, PSH, ACK, URG)) if rest[13] & f)
    if proto in (1, 58) and len(rest) >= 2:
        return f"icmp-{rest[0]}/{rest[1]}"
    return f"proto-{proto}"


# ---- shapes: name, and what is sent for it
def tcp_shapes(whole):
    flags = range(256) if whole else TELLING_FLAGS
    for f, (name, how) in itertools.product(flags, TCP_VARIANTS.items()):
        yield f"tcp flags={f:#04x} {name}", lambda p, f=f, how=how: p.send_tcp(p.port, f, **how)
    for f, sport in itertools.product(TELLING_FLAGS, SOURCE_PORTS):
        yield (f"tcp flags={f:#04x} sport={sport}",
               lambda p, f=f, s=sport: p.send_tcp(p.port, f, sport=s, options=TS))


def tag_shapes():
    for count, tpid, vid in itertools.product(range(1, 10), (0x8100, 0x88A8), (0,)):
        for f in (SYN, ACK):
            def send(p, f=f, tags=((tpid, vid),) * count):
                p.host.send(p.frame(p.ip(6, p.tcp(p.port, f, options=TS)), tags))
            yield f"tcp flags={f:#04x} {count} tags {tpid:#06x}", send


def option_shapes():
    options = {"nop": bytes([1, 1, 1, 0]), "rr": bytes([7, 7, 4, 0, 0, 0, 0, 0]),
               "timestamp": bytes([68, 8, 5, 0, 0, 0, 0, 0]), "alert": bytes([148, 4, 0, 0]),
               "lsrr": bytes([131, 7, 4, 10, 0, 0, 1, 0]), "bad": bytes([7, 3, 9, 0]),
               "unknown": bytes([130, 4, 0, 0])}
    for (name, data), f in itertools.product(options.items(), (SYN, ACK, RST)):
        def send(p, f=f, data=data):
            p.host.send(p.frame(p.ip(6, p.tcp(p.port, f, options=TS), options=data)))
        yield f"tcp flags={f:#04x} ip-option={name}", send


def extension_shapes():
    pad = bytes([1, 4, 0, 0, 0, 0])
    bad = bytes([0xC1, 4, 0, 0, 0, 0])  # unknown: discard and tell (RFC 8200 4.2)
    chains = {"hop": [(0, pad)], "destination": [(60, pad)], "hop-unknown": [(0, bad)],
              "destination-unknown": [(60, bad)], "routing": [(43, bytes(6))],
              "routing-left": [(43, bytes([4, 1, 0, 0, 0, 0]))], "three": [(0, pad), (60, pad), (60, pad)],
              "nine": [(60, pad)] * 9, "late-hop": [(60, pad), (0, pad)],
              "atomic": [(44, b"atomic")], "two-atomic": [(44, b"atomic"), (44, b"atomic")]}
    for (name, chain), f in itertools.product(chains.items(), (SYN, ACK, RST)):
        def send(p, f=f, chain=chain):
            payload, following = p.tcp(p.port, f, options=TS), 6
            for kind, data in reversed(chain):
                head = struct.pack("!BBHI", following, 0, 0, random.randrange(1 << 32)) if kind == 44 \
                    else bytes([following, 0]) + data
                payload, following = head + payload, kind
            p.host.send(p.frame(p.ip(following, payload)))
        yield f"tcp flags={f:#04x} extension={name}", send


def fragment_shapes(family):
    def pieces(p, segment, cut, swap, overlap):
        ident = random.randrange(1, 1 << 16)
        begin = max(cut - (8 if overlap else 0), 0)
        parts = [(0, segment[:cut], True), (begin, segment[begin:], False)]
        for at, data, more in parts[::-1] if swap else parts:
            if p.family == 4:
                p.host.send(p.frame(p.ip(6, data, fragment=at // 8 | (0x2000 if more else 0), ident=ident)))
            else:
                head = struct.pack("!BBHI", 6, 0, at | more, ident)
                p.host.send(p.frame(p.ip(44, head + data)))
    for f, cut, swap, overlap in itertools.product((SYN, ACK, FIN), (8, 16, 24), (False, True), (False, True)):
        def send(p, f=f, cut=cut, swap=swap, overlap=overlap):
            pieces(p, p.tcp(p.port, f, options=TS, data=b"x" * 16), cut, swap, overlap)
        yield f"tcp flags={f:#04x} cut at {cut}{' swapped' * swap}{' overlapping' * overlap}", send


def cut_chain_shapes():
    """Fragments of IPv6 that end between two headers, so that the ports are in the second."""
    pad = bytes([0, 1, 4, 0, 0, 0, 0])
    for (name, proto), headers, says in itertools.product(
            (("tcp flags=0x02", 6), ("tcp flags=0x10", 6), ("udp", 17)), (0, 1, 2), (60, 17)):
        def send(p, name=name, proto=proto, headers=headers, says=says):
            last = p.udp(p.port, data=b"x" * 8) if proto == 17 else \
                p.tcp(p.port, int(name[-4:], 16), options=TS)
            first = b"".join(bytes([60]) + pad for _ in range(headers))
            ident = random.randrange(1, 1 << 32)
            for at, data, follows, more in ((0, first, 60, 1),
                                            (len(first), bytes([proto]) + pad + last, says, 0)):
                p.host.send(p.frame(p.ip(44, struct.pack("!BBHI", follows, 0, at | more, ident) + data)))
        yield f"{name} behind {headers} headers of the first fragment, as {says}", send


def other_shapes(family):
    for sport, data in itertools.product([0, 53, 80, 123, 443, 700, 40000], [b"", b"x" * 8, b"x" * 64]):
        def send(p, sport=sport, data=data):
            p.host.send(p.frame(p.ip(17, p.udp(p.port, sport, data))))
        yield f"udp sport={sport} bytes={len(data)}", send
    for length in (0, 4, 60):
        def send(p, length=length):
            p.host.send(p.frame(p.ip(17, p.udp(p.port, data=b"x" * 8, length=length))))
        yield f"udp says {length} bytes", send

    def sctp(p):
        chunk = struct.pack("!BBHIIHHI", 1, 0, 20, 7, 65536, 10, 10, 1)
        p.host.send(p.frame(p.ip(132, struct.pack("!HHII", p.sport, p.port, 0, 0) + chunk)))
    yield "sctp init", sctp

    def error(p, kind, code):
        inner = p.ip(6, p.tcp(p.sport, ACK, sport=p.port))
        body = struct.pack("!BBHI", kind, code, 0, 0) + inner
        proto = 1 if p.family == 4 else 58
        total = checksum(body) if p.family == 4 else checksum(p.pseudo(58, body))
        p.host.send(p.frame(p.ip(proto, body[:2] + struct.pack("!H", total) + body[4:])))
    for kind, code in [(3, 3), (3, 4), (11, 0), (12, 0)] if family == 4 else [(1, 4), (2, 0), (3, 0), (4, 1)]:
        yield f"icmp error {kind}/{code} about the port", lambda p, k=kind, c=code: error(p, k, c)


def shapes(family, whole):
    yield from tcp_shapes(whole)
    yield from tag_shapes()
    yield from option_shapes() if family == 4 else extension_shapes()
    yield from fragment_shapes(family)
    if family == 6:
        yield from cut_chain_shapes()
    yield from other_shapes(family)


# ---- states: what the sources of a batch do first
def connect(host, batch, port):
    """A connection with a request in it, for each; its answers are not kept."""
    by = {p.source: p for p in batch}
    for attempt in range(10):  # a busy machine loses frames, and its listener's queue is full
        time.sleep(attempt * 0.1 * float(os.environ.get("SW_SLOW", 1)) if attempt else 0)
        asking = [p for p in batch if not hasattr(p, "peer")]
        if not asking:
            break
        for p in asking:  # anew: of the same SYN the kernel answers two a second
            p.seq, p.sport = random.randrange(1, 1 << 32), p.sport + 1
            p.send_tcp(port, SYN, options=bytes([2, 4, 5, 180]))
        for to, packet in host.collect(ANSWER_WAIT):
            p = by.get(to)
            at = (packet[0] & 15) * 4 if packet[0] >> 4 == 4 else 40
            peer, ack = struct.unpack("!II", packet[at + 4:at + 12])
            if p and packet[at + 13] & (SYN | ACK) == SYN | ACK and ack == p.seq + 1 & 0xFFFFFFFF:
                p.peer = peer + 1
    if missing := [str(ipaddress.ip_address(p.source)) for p in batch if not hasattr(p, "peer")]:
        raise SystemExit(f"oracle.py: port {port} answered no SYN of {missing[0]} and {len(missing) - 1} others")
    for p in batch:
        p.send_tcp(port, ACK, seq=p.seq + 1, ack=p.peer)
        p.send_tcp(port, PSH | ACK, seq=p.seq + 1, ack=p.peer, data=b"GET / HTTP/1.0\r\n\r\n")
    for _ in host.collect(ANSWER_WAIT):
        pass
    for p in batch:
        p.seq, p.sport = random.randrange(1, 1 << 32), p.sport + 1


def scan(host, batch):
    """Three closed ports; the mark differs, or they would pass for decoys."""
    for p in batch:
        for port in random.sample(range(20001, 30000), 3):
            p.send_tcp(port, SYN, seq=random.randrange(1, 1 << 32), sport=random.randrange(33000, 60000),
                       options=bytes([2, 4, 5, 180]))
    for _ in host.collect(ANSWER_WAIT):
        pass


def mark(host, batch, fresh):
    for p in batch:
        other = Probe(host, p.family, "", "", "", 0, fresh(p.family))
        other.seq, other.sport = p.seq, p.sport
        port = random.randrange(20001, 30000)
        for q in (other, p):
            q.send_tcp(port, SYN)
    for _ in host.collect(ANSWER_WAIT):
        pass


def spray(host, batch, fresh):
    """A probe each in names that are not asked about."""
    scan(host, [Probe(host, p.family, "", "", "", 0, fresh(p.family)) for p in batch])


def prepare(host, state, batch, ports, fresh):
    if state in ("client", "confined"):
        connect(host, batch, ports["served80"])
    if state in ("confined", "challenged", "capped"):
        scan(host, batch)
    if state == "sprayed":
        spray(host, batch, fresh)
    if state == "decoy":
        mark(host, batch, fresh)


def sources():
    """A function that gives an address nobody had before, of a /24 and /48 of its own."""
    count = itertools.count(1)

    def fresh(family):
        n = next(count)
        return (POOL4 + (n << 8)).to_bytes(4, "big") if family == 4 else (POOL6 + (n << 80)).to_bytes(16, "big")
    return fresh


def ask(host, batch, earlier):
    by = {p.source: p for p in batch}
    for p in batch:
        p.what(p)
    for to, packet in host.collect(ANSWER_WAIT):
        if to in by:
            by[to].answers.add(answer_text(packet, earlier))


def main():
    args = argparse.ArgumentParser()
    args.add_argument("--whole", action="store_true")
    for name in ("iface", "mac", "server4", "server6", "ports"):
        args.add_argument(name)
    args.add_argument("states", nargs="*", default=["stranger"])
    args = args.parse_args()
    ports = {k: int(v) for k, v in (x.split("=") for x in args.ports.split(","))}
    host = Host(args.iface, args.mac, args.server4, args.server6)
    fresh = sources()
    for state, family in itertools.product(args.states, (4, 6)):
        todo = []
        for shape, what in shapes(family, args.whole):
            for kind, port in ports.items():
                if kind == "served80":
                    continue
                p = Probe(host, family, state, shape, kind, port, fresh(family))
                p.what = what
                todo.append(p)
        for i in range(0, len(todo), BATCH):
            batch = todo[i:i + BATCH]
            prepare(host, state, batch, ports, fresh)
            ask(host, batch, ports["served80"])
            for p in batch:
                source = ipaddress.ip_address(p.source)
                print(state, family, p.shape, p.kind, source, ",".join(sorted(p.answers - {None})) or "silence",
                      sep="\t")


main()
