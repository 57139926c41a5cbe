#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Does any packet get another answer from a served port than from one that is
# not, without being counted against its source? oracle.sh [--whole]
#
# Each state of a source (oracle.py, or those in STATES) is tried against a program
# of its own, on a plain host and, with --whole, on one that forwards to a
# container. Fails for each shape whose answers differ for nothing;
# docs/detection.md names exceptions.
. "$(dirname "$0")/../e2e/lib.sh"

whole=
[ "${1:-}" != --whole ] || whole=--whole
states=${STATES:-stranger client confined challenged capped decoy sprayed blocked}
rows=$work/rows seen=$work/seen

mkdir "$work/www"
echo page >"$work/www/index.html"
lab_listen "$work/www" 80 22 2222
lab_in server ip route add 10.0.0.0/8 via "$attacker4"
lab_in server ip -6 route add fd00:900::/32 via "$attacker6"
lab_in server sysctl -qw net.ipv4.conf.all.rp_filter=0 net.ipv4.icmp_ratelimit=0 \
	net.ipv6.icmp.ratelimit=0 net.ipv4.icmp_msgs_per_sec=1000000 net.ipv4.icmp_msgs_burst=1000000
lab_in server python3 -c '
import socket
s = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
s.bind(("::", 22))
while True:
    data, peer = s.recvfrom(2048)
    if peer[1]:
        s.sendto(b"hello", peer)' &
mac=$(ip -n "$lab-server" -j link show net1 | jq -r '.[0].address')
cat >"$config" <<'END'
mode = "enforce"
guard { auto_max = 100000  auto_per_minute = 60000  strangers_per_second = 0 }
limits { sources = 262144 }
detect { grace = 1s }
END

listens() {
	[ -n "$(lab_in server ss -Hltn sport = 2223)" ]
}

# Port 2223 is served until it has been asked over IPv4 and IPv6.
serve_once() {
	local to

	lab_in server timeout "$(scaled 20)" python3 -c '
import socket
s = socket.create_server(("::", 2223), family=socket.AF_INET6, dualstack_ipv6=True)
s.accept()
s.accept()' &
	eventually 5 listens
	for to in "$target4" "$target6"; do
		lab_in attacker python3 -c "import socket; socket.create_connection(('$to', 2223), $(scaled 5))"
	done
}

# Sources that scanwall holds something against: prefixes, one a line.
accused() {
	{
		sw_json '.watched[].prefix' list watched
		sw_json '.blocked[].prefix' list blocked
	} | sort -u
}

# Shapes whose answer from a closed port is another than from a served one,
# though nothing is held against their source for it. What a source did before
# it asked excuses nothing. Sources stand in /24 and /48 of their own.
read -r -d '' differing <<'PYTHON'
import collections, ipaddress, re, sys
seen, docs, host = sys.argv[1:]
held = {ipaddress.ip_network(x.strip()) for x in open(seen)}
known = [re.compile(m) for m in re.findall(r"^- oracle: `([^`]+)`", open(docs).read(), re.M)]
rows = collections.defaultdict(dict)
for line in sys.stdin:
    state, family, shape, kind, source, answer = line.rstrip("\n").split("\t")
    rows[state, family, shape][kind] = source, answer
def is_held(source):
    a = ipaddress.ip_address(source)
    return any(ipaddress.ip_network((a, n), strict=False) in held for n in
               ((32, 24) if a.version == 4 else (128, 64, 48)))
tried = 0
wrong = collections.Counter()
for (state, family, shape), by in sorted(rows.items()):
    tried += len(by)
    excused = state in ("stranger", "client", "decoy")
    for open_kind in {"served", "container"} & by.keys():
        for kind in by.keys() - {"served", "container"}:
            source, answer = by[kind]
            if answer == by[open_kind][1] or (excused and is_held(source)):
                continue
            text = f"{host} {state} IPv{family} {shape}: {open_kind} {by[open_kind][1]}, {kind} {answer}"
            if not any(k.search(text) for k in known):
                wrong[text] += 1
print(*wrong, sep="\n")
print(f"{tried} probes, {len(wrong)} told apart for nothing")
PYTHON

# ask HOST STATE PORTS: what one round of it tells apart.
ask() {
	sw attach --mode enforce net1 >/dev/null || { echo "attach"; return; }
	serve_once
	[ "$2" != blocked ] || sw block --ttl 1h --force 10.0.0.0/8 fd00:900::/32 >/dev/null
	[ "$2" != capped ] || sw config set guard.auto_max 1 >/dev/null
	[ "$2" != sprayed ] || sw config set guard.strangers_per_second 1 >/dev/null
	if lab_in attacker python3 "$top/tests/oracle/oracle.py" $whole eth0 "$mac" "$target4" \
		"$target6" "$3" "$2" >"$rows" 2>"$work/why"; then
		accused >"$seen"
		python3 -c "$differing" "$seen" "$top/docs/detection.md" "$1" <"$rows"
	else
		cat "$work/why" && : >"$rows"
	fi
	[ "$2" != capped ] || sw config set guard.auto_max 100000 >/dev/null
	[ "$2" != sprayed ] || sw config set guard.strangers_per_second 0 >/dev/null
	sw detach --all >/dev/null
	sw flush --all --yes >/dev/null 2>&1
}

# try HOST STATE [PORT...]: what differs differs every time; a frame lost on a busy
# machine does not, so what a round tells apart is asked about up to twice more.
# A round that could not ask has no rows.
try() {
	local host=$1 state=$2 ports=served80=80,served=22,closed=4444,ephemeral=48123 verdict again

	shift 2
	ports+=$(printf ',%s' "$@")
	verdict=$(ask "$host" "$state" "$ports")
	for _ in 1 2; do
		if [ ! -s "$rows" ] || [[ $verdict == *" probes, 0 told apart"* ]]; then
			break
		fi
		again=$(ask "$host" "$state" "$ports")
		verdict=$(comm -12 <(sed '$d' <<<"$verdict" | sort) <(sed '$d' <<<"$again" | sort))
		verdict+=$'\n'"${again##*$'\n'}"
		verdict=${verdict%, *}", $(sed '$d' <<<"$verdict" | grep -c .) told apart for nothing"
	done
	verdict=$(sed '/^$/d' <<<"$verdict")
	if [ -s "$rows" ] && [[ $verdict == *" probes, 0 told apart"* ]]; then
		ok "$host, $state: ${verdict##*$'\n'}"
	else
		not_ok "$host, $state: ${verdict##*$'\n'}" "$(head -n 60 <<<"$verdict")"
	fi
}

for state in $states; do
	try plain "$state" once=2223
done
[ -n "$whole" ] || finish
# A container behind DNAT: the visitor plays it.
lab_in server sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1
lab_in visitor python3 -m http.server 80 >/dev/null 2>&1 &
lab_in server nft -f - <<END
table inet swt {
	chain nat {
		type nat hook prerouting priority dstnat; policy accept
		ip daddr $target4 tcp dport 8081 dnat ip to $visitor4:80
		ip6 daddr $target6 tcp dport 8081 dnat ip6 to [$visitor6]:80
	}
}
END
lab_in visitor ip route replace default via "$site4"
check "the container answers" eventually 5 lab_in attacker curl -gsS -m "$(scaled 1)" -o /dev/null "http://$target4:8081/"
for state in $states; do
	try forwarding "$state" container=8081
done
finish
