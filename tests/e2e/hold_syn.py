#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""hold_syn.py IFACE SOURCE TARGET TARGET_MAC PORT SECONDS known|forgotten LET_SYNS

Sends a SYN in the name of SOURCE, which nothing here answers for, and the same a second
later, as a client's kernel does; prints how many SYN-ACKs came within SECONDS of the
first. `forgotten`: at the first, clears the pinned map LET_SYNS, as if thousands of other
SYNs had pushed it out."""
import ctypes
import mmap
import os
import select
import socket
import struct
import sys
import time

import forge

BPF, BPF_OBJ_GET = 321, 7 # of x86-64


def clear(pin):
    path = ctypes.create_string_buffer(pin.encode())
    attr = ctypes.create_string_buffer(struct.pack("QII", ctypes.addressof(path), 0, 0))
    fd = ctypes.CDLL(None, use_errno=True).syscall(BPF, BPF_OBJ_GET, attr, 16)
    if fd < 0:
        raise OSError(ctypes.get_errno(), pin)
    with mmap.mmap(fd, 8 << 16) as m:
        m[:] = bytes(len(m))
    os.close(fd)


def main():
    iface, source, target, mac, port, seconds, how, pin = sys.argv[1:]
    wire = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x0800))
    wire.bind((iface, 0))
    source = socket.inet_aton(source)
    packet = forge.syn(source, socket.inet_aton(target), 41234, int(port), 0x5c4e0001)
    frame = bytes.fromhex(mac.replace(":", "")) + bytes(6) + b"\x08\x00" + packet
    answers, end, again = 0, time.monotonic() + 60, 0
    while time.monotonic() < end:
        if not answers and time.monotonic() >= again:
            forge.put(wire, frame)
            again = time.monotonic() + 1.1
        if not select.select([wire], [], [], 0.05)[0]:
            continue
        data = wire.recv(2048)
        if data[30:34] != source or data[23] != 6 or data[34 + 13] & 0x12 != 0x12:
            continue
        answers += 1
        if answers > 1:
            continue
        end = time.monotonic() + float(seconds)
        if how == "forgotten":
            clear(pin)
    print(answers)


if __name__ == "__main__":
    main()
