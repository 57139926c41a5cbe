# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Shared by all end-to-end tests: a lab, a pin directory and a state directory of their
# own, and the output that scripts/test reads. Source it first, call `finish` last.
set -u

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
. "$top/scripts/lab"

scanwall=${SCANWALL:-$top/build/scanwall}
pin_dir=/sys/fs/bpf/swt-$$
work=$(mktemp -d "${TMPDIR:-/tmp}/swt-XXXXXX")
state_dir=$work/state
config=$work/scanwall.conf
lab=swt$$
daemon= terminal=
count=0 failures=0
out='' code=0
unset SSH_CONNECTION SSH_CLIENT NO_COLOR

clean_up() {
	# A subshell that gets a signal too early still has this trap.
	[ "$BASHPID" = $$ ] || exit
	trap - EXIT INT TERM HUP
	[ -z "$daemon" ] || kill -KILL "$daemon" 2>/dev/null
	[ -z "$terminal" ] || tm kill-server 2>/dev/null
	lab_down
	rm -rf "$pin_dir" "$work"
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

# SW_SLOW=N: this machine is N times slower than what the waits here are made
# for. Spans after which something ends are scaled like the waits for it.
slow=${SW_SLOW:-1}

# scaled SECONDS: as many as this machine needs.
scaled() {
	[ "$slow" != 1 ] || { echo "$1"; return; }
	awk -v n="$1" -v slow="$slow" 'BEGIN { print n * slow }'
}
# pause SECONDS
pause() {
	sleep "$(scaled "$1")"
}

# ---- results

ok() {
	count=$((count + 1))
	printf 'ok %s\n' "$1"
}

# not_ok NAME [LINE...]
not_ok() {
	count=$((count + 1)) failures=$((failures + 1))
	printf 'not ok %s\n' "$1"
	shift
	[ $# -eq 0 ] || printf '%s\n' "$@" | sed 's/^/# /'
}

# skip NAME REASON...
skip() {
	count=$((count + 1))
	printf 'skip %s\n' "$*"
}

finish() {
	printf '1..%d\n' "$count"
	[ "$failures" -eq 0 ]
	exit
}

skip_all() {
	skip "$(basename "$0" .sh)" "$@"
	finish
}

# grab COMMAND...: its output (both streams) in $out, its exit code in $code.
grab() {
	out=$("$@" 2>&1)
	code=$?
}

# expect CODE NAME COMMAND...
expect() {
	local want=$1 name=$2

	shift 2
	grab "$@"
	if [ "$code" -eq "$want" ]; then
		ok "$name"
	else
		not_ok "$name" "command: $*" "exit code $code, wanted $want" "$out"
	fi
}

not() {
	! "$@"
}

# check NAME COMMAND...: it exits with 0.
check() {
	local name=$1

	shift
	expect 0 "$name" "$@"
}

# is NAME GOT WANTED
is() {
	if [ "$2" = "$3" ]; then
		ok "$1"
	else
		not_ok "$1" "got:    $2" "wanted: $3"
	fi
}

# says NAME REGEX...: what was grabbed last matches each of them.
says() {
	local name=$1 regex

	shift
	for regex in "$@"; do
		grep -qE -e "$regex" <<<"$out" && continue
		not_ok "$name" "no line matches: $regex" "$out"
		return
	done
	ok "$name"
}

# refused CODE NAME REGEX COMMAND...: that exit code, and one line that matches.
refused() {
	local want=$1 name=$2 regex=$3

	shift 3
	grab "$@"
	if [ "$code" -eq "$want" ] && grep -qE -e "$regex" <<<"$out" &&
	   [ "$(wc -l <<<"$out")" -eq 1 ]; then
		ok "$name"
	else
		not_ok "$name" "command: $*" "exit code $code, wanted $want and one line with: $regex" "$out"
	fi
}

# eventually SECONDS COMMAND...: it succeeds, on an idle machine within that time
# (scaled). A busy one may take much longer, and still be right.
eventually() {
	local end=$((${EPOCHREALTIME/./} + ($1 * 3 + 15) * slow * 1000000))

	shift
	until "$@" >/dev/null 2>&1; do
		[ "${EPOCHREALTIME/./}" -lt "$end" ] || return 1
		sleep 0.05
	done
}

# ---- a terminal with a screen in it; clean_up ends it

tm() {
	terminal=swt-$$
	tmux -L "$terminal" -f /dev/null "$@"
}
screen() {
	tm capture-pane -p
}
key() {
	tm send-keys "$@"
}
screen_has() { # REGEX
	screen | grep -Eq -- "$1"
}
shows_it() { # NAME REGEX: within some seconds
	if eventually 10 screen_has "$2"; then
		ok "$1"
	else
		not_ok "$1" "no $2 on:" "$(screen)"
	fi
}

# ---- scanwall

# sw ARG...: scanwall in the server's namespace, kept apart from any other.
sw() {
	lab_in server "$scanwall" --pin-dir "$pin_dir" --state-dir "$state_dir" -c "$config" "$@"
}

# sw_json FILTER ARG...: what jq makes of the answer.
sw_json() {
	local filter=$1

	shift
	sw "$@" --json | jq -r "$filter"
}

# daemon_start NAME ARG...: `run` in the background; a test of that name says
# whether it got ready.
daemon_start() {
	local name=$1

	shift
	rm -f "$work/daemon.log" # what the one before wrote is no answer of this one
	( exec nsenter --net="/run/netns/$lab-server" -- "$scanwall" --pin-dir "$pin_dir" \
		--state-dir "$state_dir" -c "$config" run "$@" </dev/null >"$work/daemon.log" 2>&1 ) &
	daemon=$!
	if eventually 30 ready_or_dead && kill -0 "$daemon" 2>/dev/null; then
		ok "$name"
	else
		not_ok "$name" "$(cat "$work/daemon.log")"
	fi
}

ready_or_dead() {
	sw status --ready || ! kill -0 "$daemon"
}

# settled: the time of grace is over, where the configuration has `grace = 1s`.
settled() {
	eventually 10 eval '[ "$(sw_json .grace_seconds status)" = 0 ]'
}

# daemon_end [SIGNAL]: sends it, waits, leaves the exit code in $code.
daemon_end() {
	kill -"${1:-TERM}" "$daemon"
	{ # the shell would say "Killed"
		eventually 10 not kill -0 "$daemon" || kill -KILL "$daemon"
		wait "$daemon"
		code=$?
	} 2>/dev/null
	daemon=
}

# ---- the others in the lab

# take_answers: what the server sends back from XDP reaches the attacker, as on
# every real wire; a veth needs an XDP program at its other end for that.
take_answers() {
	clang -O2 --target=bpf -c -o "$work/pass.o" -x c - <<-'END' || return 1
		__attribute__((section("xdp"), used)) int pass(void *ctx) { return 2; }
	END
	lab_in attacker ip link set eth0 xdpdrv obj "$work/pass.o" sec xdp
}

# fetch ROLE FROM URL [OPTION...]: one page, from that address of ROLE.
fetch() {
	local role=$1 from=$2

	shift 2
	lab_in "$role" curl -gsS -o /dev/null -m "${limit:-$(scaled "${patience:-3}")}" \
		--interface "$from" "$@"
}

# The N-th self of the attacker (lab_source) gets the page, or does not.
reach4() {
	fetch attacker "$source4" "http://$target4/"
}
reach6() {
	fetch attacker "$source6" "http://[$target6]/"
}

# Less than the second after which a SYN comes again: on no machine more.
cut_limit=0.3
[ "$slow" = 1 ] || cut_limit=0.9

# cut_off ROLE FROM URL: FROM gets no page. A challenged source is let in when its SYN
# comes again: a connection that took so long proves that the first was dropped. The
# limit alone cannot tell, for a busy machine ends curl too late.
cut_off() {
	local took

	took=$(limit=$cut_limit fetch "$@" -w '%{time_connect}') || return 0
	echo "connected after $took s"
	awk -v took="$took" 'BEGIN { exit took < 0.8 }'
}
cut4() {
	cut_off attacker "$source4" "http://$target4/"
}
cut6() {
	cut_off attacker "$source6" "http://[$target6]/"
}

# scan FROM TO NMAP_OPTION...: 34 ports of which 80 and 22 are open; prints
# nmap's greppable output.
scan() {
	local from=$1 to=$2 family=

	shift 2
	case $to in *:*) family=-6 ;; esac
	# A connect scan knows no -S: the route says whose address it takes.
	lab_in attacker ip $family route replace "$to" dev eth0 src "$from"
	lab_in attacker nmap $family "$@" -S "$from" -e eth0 -T4 -n -Pn -p 1-20,22,80,100-111 \
		--max-retries 1 --min-rate 200 --host-timeout $((20 * slow))s -oG - "$to" 2>&1
}

# send_syns PORT...: the attacker's SYN to each, sent when connect returns, however
# busy the host.
send_syns() {
	lab_in attacker python3 - "$target4" "$@" <<-'END'
		import socket, sys
		for port in sys.argv[2:]:
		    s = socket.socket()
		    s.setblocking(False)
		    s.connect_ex((sys.argv[1], int(port)))
	END
}

# From here on the server counts what of the attacker gets past scanwall.
count_start() {
	lab_in server nft -f - <<-END
		table inet swt
		delete table inet swt
		table inet swt {
			counter passed { }
			chain in {
				type filter hook prerouting priority -400; policy accept;
				iifname net1 meta l4proto != ipv6-icmp counter name passed
			}
		}
	END
}

counted() {
	lab_in server nft -j list counter inet swt passed |
		jq '.nftables[] | .counter? // empty | .packets'
}

# Counts what the attacker's present self gets: answers of any kind, and the
# open ports and hosts they tell of, but not what the kernel sends again to a self before
# it, whose handshake a block has left half open. At its end of the wire: the program at tc
# egress comes after every hook of nftables.
watch_answers() {
	lab_in attacker nft -f - <<-END
		table inet answers
		delete table inet answers
		table inet answers {
			counter got { }
			set open {
				type inet_service
				flags dynamic
				timeout 1h
			}
			set hosts {
				type ipv4_addr
				flags dynamic
				timeout 1h
			}
			chain in {
				type filter hook prerouting priority -300
				policy accept
				icmpv6 type { 135, 136 } accept
				ip daddr 198.51.100.0/24 ip daddr != $source4 accept
				ip6 daddr fd00:3::/32 ip6 daddr != $source6 accept
				ip daddr $source4 counter name got
				ip6 daddr $source6 counter name got
				tcp flags & (syn | ack) == (syn | ack) add @open { tcp sport } add @hosts { ip saddr }
			}
		}
	END
}
n=0
# new_self: the attacker's next self, number $n, with its routes; its answers
# are counted from here on.
new_self() {
	n=$((n + 1))
	lab_source $n
	lab_in attacker ip route replace "$target4" dev eth0 src "$source4"
	lab_in attacker ip -6 route replace "$target6" dev eth0 src "$source6"
	watch_answers
}
answers() {
	lab_in attacker nft -j list counter inet answers got |
		jq '.nftables[] | .counter? // empty | .packets'
}
open_ports() {
	lab_in attacker nft -j list set inet answers open |
		jq '[.nftables[] | .set? // empty | .elem // [] | .[]] | length'
}
open_hosts() {
	lab_in attacker nft -j list set inet answers hosts |
		jq '[.nftables[] | .set? // empty | .elem // [] | .[]] | length'
}

# inside COMMAND: in a root of its own over this one, in the lab's server, with $work/debs
# as its /mnt.
inside() {
	mkdir -p "$work/root" "$work/layer"
	unshare -m bash -c '
		mount -t tmpfs none "$1/layer" && mkdir -p "$1/layer/upper" "$1/layer/work" || exit 99
		[ ! -d "$1/kept" ] || cp -a "$1/kept/." "$1/layer/upper/"
		mount -t overlay overlay -o "lowerdir=/,upperdir=$1/layer/upper,workdir=$1/layer/work" "$1/root" || exit 99
		for d in dev proc sys; do mount --rbind "/$d" "$1/root/$d"; done
		mount --bind "$1/debs" "$1/root/mnt"
		mount -t tmpfs none "$1/root/run"
		cd / && nsenter --net="/run/netns/$2" -- chroot "$1/root" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin \
			DEBIAN_FRONTEND=noninteractive bash -euc "$3"' - "$work" "$lab-server" "$1" 2>&1
}

[ "$(id -u)" = 0 ] || skip_all "needs root"
mountpoint -q /sys/fs/bpf || skip_all "needs a BPF file system at /sys/fs/bpf"
lab_up "$lab" || { not_ok "the lab is built"; finish; }
: >"$config"
