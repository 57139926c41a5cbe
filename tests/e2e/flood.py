#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""flood.py IFACE DST_MAC SECONDS PPS FRAME...: sends TCP SYNs as fast as asked.

FRAME is SOURCE>DESTINATION[:PORT][*TIMES], over IPv6 SOURCE>[DESTINATION]:PORT; each time
it is another connection. Prints how many were sent, and how many a second. Python has no
sendmmsg, hence ctypes."""
import ctypes
import ipaddress
import socket
import struct
import sys
import time

BATCH = 256
PACKET_QDISC_BYPASS = 20
SOL_PACKET = 263


class Iovec(ctypes.Structure):
    _fields_ = [("base", ctypes.c_void_p), ("length", ctypes.c_size_t)]


class Msghdr(ctypes.Structure):
    _fields_ = [("name", ctypes.c_void_p), ("namelen", ctypes.c_uint),
                ("iov", ctypes.POINTER(Iovec)), ("iovlen", ctypes.c_size_t),
                ("control", ctypes.c_void_p), ("controllen", ctypes.c_size_t),
                ("flags", ctypes.c_int)]


class Mmsghdr(ctypes.Structure):
    _fields_ = [("hdr", Msghdr), ("length", ctypes.c_uint)]


def checksum(data):
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


def frame(spec, own_mac, mac, number):
    source, _, to = spec.partition(">")
    port = 80
    if to.count(":") == 1 or "]:" in to:  # ADDRESS:PORT, [ADDRESS]:PORT
        to, _, port = to.rpartition(":")
    src, dst = ipaddress.ip_address(source), ipaddress.ip_address(to.strip("[]"))
    tcp = struct.pack("!HHIIBBHHH", 1024 + number, int(port), 1000 + number, 0, 0x50, 2, 64240, 0, 0)
    pseudo = src.packed + dst.packed + struct.pack("!II", len(tcp), 6)
    tcp = tcp[:16] + struct.pack("!H", checksum(pseudo + tcp)) + tcp[18:]
    if src.version == 4:
        ip = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(tcp), number, 0x4000, 64, 6, 0)
        ip += src.packed + dst.packed
        ip = ip[:10] + struct.pack("!H", checksum(ip)) + ip[12:]
        return mac + own_mac + b"\x08\x00" + ip + tcp
    ip = struct.pack("!IHBB", 0x60000000, len(tcp), 6, 64) + src.packed + dst.packed
    return mac + own_mac + b"\x86\xdd" + ip + tcp


def batch(frames):
    messages = (Mmsghdr * BATCH)()
    keep = []
    for i in range(BATCH):
        data = ctypes.create_string_buffer(frames[i % len(frames)], len(frames[i % len(frames)]))
        iov = Iovec(ctypes.cast(data, ctypes.c_void_p), len(data))
        keep.append((data, iov))
        messages[i].hdr.iov = ctypes.pointer(iov)
        messages[i].hdr.iovlen = 1
    return messages, keep


def main():
    iface, mac, seconds, pps = sys.argv[1], sys.argv[2], float(sys.argv[3]), float(sys.argv[4])
    sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
    sock.setsockopt(SOL_PACKET, PACKET_QDISC_BYPASS, 1)
    sock.bind((iface, 0x0003))
    own = sock.getsockname()[4]
    mac = bytes.fromhex(mac.replace(":", ""))
    specs = [(spec.partition("*")[0], int(spec.partition("*")[2] or 1)) for spec in sys.argv[5:]]
    specs = [spec for spec, times in specs for _ in range(times)]
    frames = [frame(spec, own, mac, n) for n, spec in enumerate(specs)]
    batches = [batch(frames[i:i + BATCH]) for i in range(0, len(frames), BATCH)]
    libc = ctypes.CDLL(None, use_errno=True)
    start, sent = time.monotonic(), 0
    while (now := time.monotonic()) < start + seconds:
        if sent > (now - start) * pps:
            time.sleep(0.0005)
            continue
        messages = batches[sent // BATCH % len(batches)][0]
        done = libc.sendmmsg(sock.fileno(), messages, BATCH, 0)
        sent += max(done, 0)
    print(f"{sent} {int(sent / seconds)}")


main()
