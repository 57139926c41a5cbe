#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""mmdb.py FILE AGE_DAYS VERSION < RECORDS: writes a small database of MaxMind's format
(maxmind.github.io/MaxMind-DB, version 2.0). RECORDS: JSON, an object for each prefix.
Of VERSION 6, IPv4 prefixes stand in ::/96; of VERSION 4 there are no others."""
import ipaddress
import json
import struct
import sys
import time

SEPARATOR = bytes(16)
MARKER = b"\xab\xcd\xefMaxMind.com"


def control(kind, size):
    """The type and the length that a value begins with."""
    more = b""
    if size >= 285:
        size, more = 30, struct.pack(">H", size - 285)
    elif size >= 29:
        size, more = 29, bytes([size - 29])
    if kind > 7:
        return bytes([size, kind - 7]) + more
    return bytes([kind << 5 | size]) + more


def value(v):
    if isinstance(v, str):
        text = v.encode("utf-8", "surrogateescape")
        return control(2, len(text)) + text
    if isinstance(v, dict):
        return control(7, len(v)) + b"".join(value(k) + value(v[k]) for k in v)
    if isinstance(v, list):
        return control(11, len(v)) + b"".join(map(value, v))
    return control(6, 4) + struct.pack(">I", v)


# The library is strict about the types of what describes the database.
def short(v):
    return control(5, 2) + struct.pack(">H", v)


def long(v):
    return control(9, 8) + struct.pack(">Q", v)


def tree(records, version):
    """Nodes of two branches each: a number of a node, None, or ("data", offset)."""
    nodes, data = [[None, None]], b""
    for text, record in records.items():
        net = ipaddress.ip_network(text)
        bits = format(int(net.network_address), f"0{net.max_prefixlen}b")[:net.prefixlen]
        if net.version == 4 and version == 6:
            bits = "0" * 96 + bits
        at = 0
        for bit in bits[:-1]:
            if nodes[at][int(bit)] is None:
                nodes.append([None, None])
                nodes[at][int(bit)] = len(nodes) - 1
            at = nodes[at][int(bit)]
        nodes[at][int(bits[-1])] = ("data", len(data))
        data += value(record)
    return nodes, data


def main():
    path, age, version = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    nodes, data = tree(json.load(sys.stdin), version)

    def branch(b):
        if b is None:
            b = len(nodes)
        elif isinstance(b, tuple):
            b = len(nodes) + len(SEPARATOR) + b[1]
        return struct.pack(">I", b)[1:]

    about = {"node_count": value(len(nodes)), "record_size": short(24),
             "ip_version": short(version), "database_type": value("Test"),
             "languages": value(["en"]), "binary_format_major_version": short(2),
             "binary_format_minor_version": short(0),
             "build_epoch": long(int(time.time()) - age * 86400),
             "description": value({"en": "of scanwall's tests"})}
    with open(path, "wb") as out:
        out.write(b"".join(branch(b) for n in nodes for b in n) + SEPARATOR + data)
        out.write(MARKER + control(7, len(about)) +
                  b"".join(value(k) + v for k, v in about.items()))


main()
