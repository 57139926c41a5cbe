#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# masscan, ZMap, nmap -sN and -sV and a grabber of banners against a host that
# challenges them, and against one whose closed ports lie: all in the grace of a new
# program, in which they learn no more.
. "$(dirname "$0")/lib.sh"

mkdir "$work/www"
echo page >"$work/www/index.html"
lab_listen "$work/www" 80 22
cat >"$config" <<'END'
mode = "enforce"
detect { grace = 10m  block_ttl = 10m }
END
check "the wire takes answers" take_answers
daemon_start "the daemon starts" -i net0 -i net1
mac=$(ip -n "$lab-server" -j link show net1 | jq -r '.[0].address')
own=$(ip -n "$lab-attacker" -j link show eth0 | jq -r '.[0].address')
# Its kernel would end the handshakes of scanners that have a stack of their own.
lab_in attacker nft -f - <<-END
	table ip swt {
		chain out { type filter hook output priority 0; ip saddr 198.51.100.128/25 tcp flags rst drop; }
	}
END

# as N [NETWORK]: the attacker's address from here on. A network of which more than eight
# closed ports were completed is lied to no more: who shall be proven comes from one of its own.
as() {
	lab_source "$@"
	lab_in attacker ip route replace "$target4" dev eth0 src "$source4"
}
# challenged N: the same, blocked on three probes.
challenged() {
	as "$1"
	lab_in attacker python3 "$top/tests/e2e/forge.py" eth0 "$target4" "$mac" 6 "$source4"
}
sort_ports() {
	sort -nu | xargs
}
masscan_sees() { # RETRIES: ports it calls open, of 22, 80 and eight others
	lab_in attacker timeout "$(scaled 40)" masscan "$target4" -p22,80,101-108 --rate 200 --wait 2 --retries "$1" \
		--interface eth0 --adapter-ip "$source4" --adapter-mac "$own" --router-mac "$mac" \
		-oL - 2>/dev/null | awk '$1 == "open" { print $3 }' | sort_ports
}
zmap_sees() { # PORT: the host, if it answers there
	lab_in attacker timeout "$(scaled 40)" zmap -q -e 1 -i eth0 -G "$mac" -S "$source4" -p "$1" -b /dev/null \
		-r 100 -c 2 -o - "$target4/32" 2>/dev/null
}
# Banners of all ports at once, as zgrab has them: full connections, with a request.
grabs() {
	lab_in attacker python3 - "$target4" "$(scaled 6)" <<-'END'
		import selectors, socket, sys, time
		target, patience = sys.argv[1], float(sys.argv[2])
		box, got = selectors.DefaultSelector(), {}
		for port in (22, 80, *range(101, 131)):
		    s = socket.socket()
		    s.setblocking(False)
		    s.connect_ex((target, port))
		    box.register(s, selectors.EVENT_WRITE, port)
		end = time.monotonic() + patience
		while time.monotonic() < end:
		    for key, mask in box.select(0.1):
		        try:
		            if mask & selectors.EVENT_WRITE:
		                key.fileobj.send(b"GET / HTTP/1.0\r\n\r\n")
		                box.modify(key.fileobj, selectors.EVENT_READ, key.data)
		            elif banner := key.fileobj.recv(1000):
		                got[key.data] = banner
		            else:
		                box.unregister(key.fileobj)
		        except OSError:
		            box.unregister(key.fileobj)
		print(*sorted(got))
	END
}
proven() {
	sw_json '.events[] | select(.evidence == "closed-handshake" and .event_type == "block") |
		.source' events | grep -qxF "$source4/32"
}
at_most() {
	[ "$1" -le "$2" ] || { echo "$1, at most $2 allowed"; return 1; }
}

# ---- a host that challenges
challenged 129
all="22 80 101 102 103 104 105 106 107 108"
is "masscan learns nothing of a host that challenges it" "$(masscan_sees 0)" ""
is "nor when it sends its SYNs again: all are the same" "$(masscan_sees 1)" "$all"
for port in 80 101; do
	is "nor does ZMap at port $port" "$(zmap_sees $port)" ""
done
challenged 1
out=$(grabs)
check "a grabber gets two banners at most, which are there" at_most "$(wc -w <<<"$out")" 2
check "and is blocked as proven for the other ports" eventually 5 proven
is "so the next time it gets none" "$(grabs)" ""
challenged 2
out=$(scan "$source4" "$target4" -sV --host-timeout "$(scaled 12)s")
is "nmap -sV finds no version" "$(grep -oE '(22|80)/open/tcp//[^/]*//[^/]+' <<<"$out")" ""

# ---- a host whose closed ports lie
check "closed = deceive" sw config set closed deceive
as 140
is "masscan sees every port open" "$(masscan_sees 0)" "$all"
for port in 80 101; do
	is "and so does ZMap at port $port" "$(zmap_sees $port)" "$target4"
done
as 3
out=$(scan "$source4" "$target4" -sN)
says "nmap -sN cannot tell the ports apart" 'Ignored State: open\|filtered \(34\)'
as 4 198.51.101
out=$(grabs)
check "a grabber gets two banners at most" at_most "$(wc -w <<<"$out")" 2
check "and is blocked as proven" eventually 5 proven
as 5 198.51.102
out=$(scan "$source4" "$target4" -sV --host-timeout "$(scaled 12)s")
check "nmap -sV is blocked as proven" eventually 5 proven
daemon_end
finish
