#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""benign.py CASE SOURCE TARGET: what clients do that looks like a scan to a
naive detector (docs/detection.md). Real sockets where a socket can do it,
packets by hand (scapy) where it takes a reboot, a NAT or somebody else."""
import logging
import os
import socket
import struct
import sys
import time

logging.getLogger("scapy.runtime").setLevel(logging.ERROR)

case, source, target = sys.argv[1:]
SIX = ":" in target
SLOW = float(os.environ.get("SW_SLOW", 1))  # as in lib.sh
FAMILY = socket.AF_INET6 if SIX else socket.AF_INET


def tcp(port, talk=True, wait=0.3, reset=False):
    s = socket.socket(FAMILY, socket.SOCK_STREAM)
    s.settimeout(wait * SLOW)
    s.bind((source, 0))
    try:
        s.connect((target, port))
        if reset:
            s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        elif talk:
            s.sendall(b"GET / HTTP/1.0\r\n\r\n")
            s.recv(100)
    except OSError:
        pass
    return s


def together(port, count):
    for s in [tcp(port) for _ in range(count)]:
        s.close()


def udp(ports, data=b"x", sport=0):
    s = socket.socket(FAMILY, socket.SOCK_DGRAM)
    s.bind((source, sport))
    for port in ports:
        s.sendto(data, (target, port))


def raw(*layers):
    from scapy.all import IP, send
    for layer in layers:
        send(IP(src=source, dst=target) / layer, verbose=0)


def by_hand(flags, sports, port, data=b"", **more):
    from scapy.all import TCP
    raw(*[TCP(sport=s, dport=port, flags=flags, seq=1000 + s, ack=7, window=501, **more) / data
          for s in sports])


def icmp(kind, code, count):
    from scapy.all import ICMP, IP, UDP
    raw(*[ICMP(type=kind, code=code) / IP(src=target, dst=source) / UDP(sport=100 + i, dport=9)
          for i in range(count)])


def monitor():
    for _ in range(10):
        for port in (22, 80, 443, 3306, 8080):
            tcp(port, talk=False).close()


def mixed_tries():
    for port in (80, 443, 8080, 8443) * 3:
        tcp(port, wait=0.1).close()


def nat(count):
    for _ in range(count):
        tcp(80).close()
        time.sleep(0.002)
    for port in (8081, 8000, 25, 21, 110):  # a few of its users err
        tcp(port, wait=0.05).close()


def fragments():
    from scapy.all import IP, UDP, fragment, send
    big = IP(src=source, dst=target, id=77) / UDP(sport=4500, dport=53) / (b"x" * 3000)
    send(fragment(big, fragsize=1400), verbose=0)


def lwip():
    from scapy.all import TCP
    raw(*[TCP(sport=5000 + i, dport=80, flags="S", seq=i + 1, window=2144,
              options=[("MSS", 536)]) for i in range(3)])


CASES = {
    "browser": lambda: together(80, 30),
    "page-loads": lambda: [together(80, 6) for _ in range(5)],
    "http-then-https": lambda: [(tcp(80).close(), tcp(443).close()) for _ in range(5)],
    "nat-300": lambda: nat(300),
    "nat-500": lambda: nat(500),
    "stale-client": lambda: [tcp(8443, wait=0.05).close() for _ in range(20)],
    "happy-eyeballs": lambda: [(tcp(8443, wait=0.05).close(), tcp(443).close()) for _ in range(6)],
    "monitor": monitor,
    "reset-by-mobile": lambda: [tcp(80, reset=True).close() for _ in range(30)],
    "traceroute": lambda: udp(range(33434, 33464)),
    "passive-ftp": lambda: [tcp(p, talk=False).close() for p in range(40000, 40020)],
    "rpcinfo": lambda: tcp(111, wait=0.1).close(),
    "lost-connections": lambda: by_hand("PA", range(3000, 3030), 80, b"GET / HTTP/1.1\r\n"),
    "late-fins": lambda: by_hand("FA", range(3100, 3130), 443),
    "backscatter-synack": lambda: by_hand("SA", [80] * 20, 1234) or by_hand("SA", [443] * 20, 99),
    "backscatter-rst": lambda: [by_hand("RA", [80], p) for p in range(1000, 1040)],
    "retransmitted-syn": lambda: by_hand("S", [4000] * 8, 9999, options=[("MSS", 1460)]),
    "load-balancer": lambda: [tcp(22, talk=False, reset=True).close() for _ in range(20)],
    "stale-peer": lambda: udp([51413] * 50),
    "quic-fallback": lambda: (udp([443] * 5), tcp(443).close()),
    "http-tries": mixed_tries,
    "icmp-errors": lambda: (icmp(3, 4, 10), icmp(11, 0, 10), icmp(3, 3, 10)),
    "late-dns": lambda: udp(range(45000, 45020), sport=53),
    "fragmented-udp": fragments,
    "lwip": lwip,
    "two-mistakes": lambda: (tcp(21, wait=0.1).close(), tcp(25, wait=0.1).close()),
    "smb-client": lambda: (tcp(445, wait=0.1).close(), tcp(139, wait=0.1).close()),
}


CASES[case]()
