#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""alike.py IFACE TARGET_MAC SERVED CLOSED SECONDS SOURCE>TARGET...

Sends SYNs with every combination of options, and with ECN, to two ports of each TARGET in
the name of SOURCE, which nothing here answers for. Prints each whose SYN-ACKs differ in
more than the sequence number (and the flow label of IPv6, if both have one), and how many were compared."""
import itertools
import select
import socket
import struct
import sys
import time

import forge

MSS = [b"", bytes.fromhex("020405b4"), bytes.fromhex("02040218"), bytes.fromhex("02042300")]
SACK = [b"", bytes.fromhex("01010402")]
STAMP = [b"", bytes.fromhex("0101080a0102030400000000")]
SCALE = [b"", bytes.fromhex("01030307"), bytes.fromhex("0103030f")]
ODD = [b"", bytes.fromhex("22020101"), bytes.fromhex("1e040000"), bytes.fromhex("00030307")]
ECN = [0x02, 0xc2]


def address(text):
    return socket.inet_pton(socket.AF_INET6 if ":" in text else socket.AF_INET, text)


def frame_of(mac, source, target, sport, dport, flags, options):
    tcp = struct.pack(">HHIIBBHHH", sport, dport, 0x5c4e0000 + sport, 0, (20 + len(options)) << 2,
                      flags, 64240, 0, 0) + options
    pseudo = source + target + struct.pack(">IHBB", len(tcp), 0, 0, 6)
    tcp = tcp[:16] + struct.pack(">H", forge.checksum(pseudo + tcp)) + tcp[18:]
    if len(source) == 16:
        return mac + bytes(6) + b"\x86\xdd" + struct.pack(">IHBB", 6 << 28, len(tcp), 6, 61) + \
            source + target + tcp
    ip = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 20 + len(tcp), 1, 0x4000, 61, 6, 0, source, target)
    return mac + bytes(6) + b"\x08\x00" + ip[:10] + struct.pack(">H", forge.checksum(ip)) + \
        ip[12:] + tcp


def read_answer(data):
    """(sport, dport) of the SYN, and what may not differ; None for other frames."""
    six = data[12:14] == b"\x86\xdd"
    tcp = data[54:] if six else data[34:]
    if data[20 if six else 23] != 6 or len(tcp) < 20 or tcp[13] & 0x17 != 0x12:
        return None
    dport, sport = struct.unpack(">HH", tcp[:4])
    length = (tcp[12] >> 4) * 4
    word = int.from_bytes(data[14:18], "big")
    head = (word >> 20, word & 0xfffff != 0, data[18:22]) if six else data[14:24]
    return (six, sport, dport), (head, tcp[8:16], tcp[18:length])


def main():
    iface, mac, served, closed, seconds = sys.argv[1:6]
    ports = int(served), int(closed)
    wire = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
    wire.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
    wire.bind((iface, 0))
    mac = bytes.fromhex(mac.replace(":", ""))
    # A veth's frame has no room for an answer that is longer than the SYN.
    shapes = [(flags, mss + sack + stamp + scale + odd) for flags, mss, sack, stamp, scale, odd in
              itertools.product(ECN, MSS, SACK, STAMP, SCALE, ODD)
              if mss or stamp or not (sack and scale)]
    wanted = {(len(address(target)) == 16, 20000 + n, port): frame_of(
        mac, address(source), address(target), 20000 + n, port, flags, options)
              for source, target in (pair.split(">") for pair in sys.argv[6:])
              for n, (flags, options) in enumerate(shapes) for port in ports}
    answers = {}

    def listen(until):
        while select.select([wire], [], [], max(0, until - time.monotonic()))[0]:
            got = read_answer(wire.recv(2048))
            if got:
                answers.setdefault(*got)

    # What a busy machine has lost is sent again, as a client's kernel does.
    for _ in range(4):
        for key in wanted.keys() - answers.keys():
            forge.put(wire, wanted[key])
            listen(time.monotonic() + 0.002) # fewer than are answered in a second
        listen(time.monotonic() + float(seconds))
        if len(answers) == len(wanted):
            break
    compared = 0
    for six, (n, (flags, options)) in itertools.product((False, True), enumerate(shapes)):
        pair = [answers.get((six, 20000 + n, port)) for port in ports]
        compared += None not in pair
        if pair[0] != pair[1]:
            print(f"IPv{6 if six else 4} {flags:#x} {options.hex()}: {pair[0]} {pair[1]}")
    print(f"{compared} compared")


main()
