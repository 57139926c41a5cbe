#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""tables.py DIR: what tests/bench/proof/lab.sh has measured, as tables. Counts are those
of all rounds, percentiles of all visits in them, rates the median round's."""
import pathlib
import statistics
import sys

DIR = pathlib.Path(sys.argv[1])


def rows(name):
    path = DIR / name
    return [line.split() for line in path.read_text().splitlines()] if path.exists() else []


def named(prefix):
    return sorted(p.name[len(prefix):] for p in DIR.glob(prefix + "*"))


def total(table, column):
    return sum(int(row[column]) for row in table)


def median(table, column):
    return statistics.median(float(row[column]) for row in table)


def number(x):
    return f"{x / 1e6:.2f} M" if x >= 1e6 else f"{x / 1e3:.0f} k" if x >= 1e4 else f"{x:.0f}"


def span(us):
    return f"{us / 1e6:.2f} s" if us >= 1e6 else f"{us / 1e3:.1f} ms" if us >= 1e3 else f"{us:.0f} us"


def visits(name):
    """tried, got, p50, p99, longest as text"""
    tries = [row[0] for row in rows(name)]
    got = sorted(int(us) for us in tries if us != "-")
    if not got:
        return f"{len(tries):>7} {0:>7} {'-':>9} {'-':>9} {'-':>9}"
    at = [got[len(got) // 2], got[len(got) * 99 // 100], got[-1]]
    return f"{len(tries):>7} {len(got):>7} " + " ".join(f"{span(us):>9}" for us in at)


def scan_table(title, prefix, names):
    print(f"{title:<18} {'scans':>6} {'open told':>10} {'after 3rd miss':>15} {'closed told':>12}"
          f" {'handshakes':>11} {'proven':>7}")
    for name in names:
        t = rows(prefix + name)
        print(f"{name:<18} {len(t):>6} {total(t, 0):>10} {total(t, 1):>15} {total(t, 2):>12}"
              f" {total(t, 3):>11} {total(t, 4):>7}")
    print()


def scans():
    names = [n for n in ("T4", "T2", "T4, 3 s a port") if rows("scan-" + n)]
    if names:
        scan_table("nmap -sT", "scan-", names)


def raw():
    if not named("raw-"):
        return
    print(f"{'raw scanner':<20} {'scans':>6} {'told apart':>11} {'open answered':>14}"
          f" {'closed answered':>16}")
    for name in named("raw-"):
        t = rows("raw-" + name)
        print(f"{name:<20} {len(t):>6} {total(t, 0):>11} {total(t, 1):>14} {total(t, 2):>16}")
    print()


def sprays():
    names = sorted(named("spray-"), key=int)
    if not names:
        return
    scan_table("names a second", "spray-", names)
    print(f"{'a visitor':<32} {'tried':>7} {'got':>7} {'p50':>9} {'p99':>9} {'longest':>9}")
    for name in names:
        print(f"{'a stranger, ' + name + ' names/s':<32} {visits('strangers-' + name)}")
    for name in named("customer-"):
        sent = median(rows("sent-" + name), 0)
        print(f"{name + ', ' + number(sent) + ' SYN/s in its name':<32} {visits('customer-' + name)}")
    print()


VARIANTS = "kernel synproxy scanwall".split()
RATES = "200000 700000 1500000 3000000 0".split()


def floods():
    if not named("flood-"):
        return
    print(f"{'SYNs offered a second':<32} {'tried':>7} {'got':>7} {'p50':>9} {'p99':>9} {'longest':>9}")
    for rate in ["calm"] + RATES[:-1]:
        for variant in VARIANTS:
            name = f"calm-0-{variant}" if rate == "calm" else f"syn-{rate}-{variant}"
            t = rows("flood-" + name)
            sent = f"{number(median(t, 0))} sent" if t else ""
            title = rate if rate == "calm" else number(int(rate))
            print(f"{title:<7} {variant:<9} {sent:<14} {visits('visits-' + name)}")
    print()
    print(f"{'for a second of one CPU':<28} {'SYN-ACKs':>18} {'bad ACKs':>18}")
    for variant in VARIANTS:
        syn, ack = rows(f"flood-syn-0-{variant}"), rows(f"flood-ack-0-{variant}")
        print(f"{variant:<28} {number(median(syn, 4)):>18} {number(median(ack, 3)):>18}")
    print()


PROGRAMS = {"lose": "drops it", "echo": "sends it back", "check": "drops it for its cookie",
            "cookie_named": "cookie, its own name looked up",
            "cookie_nameless": "cookie, nobody's name looked up",
            "scanwall": "scanwall", "beside": "the other scanwall", "kernel": "kernel"}


def per_cpu(name, answered):
    """The median and the best round's: what else this machine does only slows it down."""
    t = rows(name)
    if not t:
        return f"{'-':>10} {'-':>9} {'-':>9}"
    column = 4 if answered else 3
    best = max(float(row[column]) for row in t)
    return f"{number(median(t, column)):>10} {number(best):>9} {1e9 / best if best else 0:>6.0f} ns"


def ceiling():
    if not named("ceiling-"):
        return
    print(f"{'for a second of one CPU':<32} {'SYNs':>10} {'best':>9} {'one':>9}"
          f" {'ACKs':>10} {'best':>9} {'one':>9}")
    for program, title in PROGRAMS.items():
        syn, ack = f"ceiling-syn-{program}", f"ceiling-ack-{program}"
        answered = program not in ("lose", "echo")
        if rows(syn) or rows(ack):
            print(f"{title:<32} {per_cpu(syn, answered)} {per_cpu(ack, False)}")
    print()


def knocks():
    t = rows("knocks")
    if t:
        print(f"knock to the first SYN let in, and answered: {len(t)} times, median "
              f"{span(median(t, 0))}, longest {span(max(float(r[0]) for r in t))}")


for part in (scans, raw, sprays, floods, ceiling, knocks):
    part()
