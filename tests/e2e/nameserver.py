#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""nameserver ADDRESS PORT ZONE: answers A, AAAA and PTR from the file ZONE, read anew for
each question: "NAME ADDRESS..." or "PTR ADDRESS NAME" a line. A name that is not in it does not exist; "NAME -" has no
address; "silent" alone: nobody is answered."""
import ipaddress
import socket
import struct
import sys

A, AAAA, PTR = 1, 28, 12


def zone(path):
    names, silent = {}, False
    for line in open(path):
        words = line.split()
        if words == ["silent"]:
            silent = True
        elif words and words[0] == "PTR":
            names.setdefault(ipaddress.ip_address(words[1]).reverse_pointer, []).append(words[2])
        elif words:
            names.setdefault(words[0].lower(), []).extend(w for w in words[1:] if w != "-")
    return names, silent


def question(packet):
    labels, at = [], 12
    while packet[at]:
        labels.append(packet[at + 1:at + 1 + packet[at]].decode())
        at += 1 + packet[at]
    return ".".join(labels).lower(), struct.unpack("!H", packet[at + 1:at + 3])[0], at + 5


def answer(packet, names):
    name, kind, end = question(packet)
    known = name in names
    records = b""
    count = 0
    for text in names.get(name, []):
        if name.endswith(".arpa"):
            if kind == PTR:
                data = b"".join(bytes([len(w)]) + w.encode() for w in text.split(".")) + b"\0"
                count += 1
                records += struct.pack("!HHHIH", 0xC00C, PTR, 1, 1, len(data)) + data
            continue
        address = ipaddress.ip_address(text)
        if (A if address.version == 4 else AAAA) != kind:
            continue
        count += 1
        records += struct.pack("!HHHIH", 0xC00C, kind, 1, 1, len(address.packed)) + address.packed
    flags = 0x8580 | (0 if known else 3)
    return packet[:2] + struct.pack("!HHHHH", flags, 1, count, 0, 0) + packet[12:end] + records


def main():
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.bind((sys.argv[1], int(sys.argv[2])))
    while True:
        packet, who = s.recvfrom(4096)
        names, silent = zone(sys.argv[3])
        if not silent:
            s.sendto(answer(packet, names), who)


main()
