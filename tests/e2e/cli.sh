#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Conventions of the command line: exit codes, idempotence, JSON, dry runs, guards, and
# one sentence for each invalid value.
. "$(dirname "$0")/lib.sh"

state() {
	sw save | sed -E 's/ --ttl [0-9]+//'
	sw mode
	sw config show --effective
}
is_json() {
	sw "$@" --json | jq -e '.scanwall.schema == 1'
}
verdict() {
	sw "$@" --json | jq -r '.reason'
}

# ---- with nothing attached
expect 4 "status --ready: nothing is there" sw status --ready
check "block works with nothing attached" sw block 198.51.100.1
check "list, too" sw list
is "it is in the list" "$(sw_json '.blocked[].prefix' list)" 198.51.100.1/32
check "unblock, too" sw unblock 198.51.100.1
refused 4 "test has nobody to ask" "attach" sw test 198.51.100.1

# ---- usage
check "help" sw help
check "help of a verb" sw help block
check "version" sw version
check "its option" sw --version
refused 2 "an unknown verb" "'?\"?blok.*block" sw blok 198.51.100.1
for pair in reject:block bans:list tail:events check:test ban:block deny:block add:block unban:unblock del:unblock whitelist:allow ls:list \
	stop:detach off:detach log:events reset:flush blacklist:block release:unblock pass:allow undo:rollback \
	dump:save watch:monitor install:setup purge:detach health:doctor edit:config who:audit bypass:panic; do
	refused 2 "${pair%:*}: what it is called here" "here it is called ${pair#*:} " sw "${pair%:*}" 198.51.100.1
done
refused 2 "an unknown option" "--tll" sw block 198.51.100.1 --tll 5
refused 2 "an option without its value" "--ttl" sw block 198.51.100.1 --ttl
refused 2 "nothing to block" "ADDR|address" sw block
refused 2 "a word too many" "zwei" sw show 198.51.100.1 zwei
expect 2 "no verb at all" sw

mkdir "$work/www"
lab_listen "$work/www" 80 22
check "attach" sw attach net0 net1 --mode enforce

# ---- bad values: each named, nothing changed
before=$(state)
refused 2 "a name for an address" "example.org" sw block example.org
refused 2 "an octet too large" "198\.51\.100\.256" sw block 198.51.100.256
refused 2 "leading zeros" "198\.051\.100\.1" sw block 198.051.100.1
refused 2 "a length too long" "198\.51\.100\.0/33" sw block 198.51.100.0/33
refused 2 "host bits" "198\.51\.100\.1/24.*198\.51\.100\.0/24" sw block 198.51.100.1/24
refused 2 "an IPv6 zone" "fe80::1%eth0" sw block fe80::1%eth0
refused 2 "an IPv6 length too long" "fd00::/129" sw block fd00::/129
refused 2 "an empty address" "address" sw block ""
refused 2 "good and bad: nothing is blocked" "nonsense" sw block 198.51.100.1 nonsense
refused 2 "a bad duration" "5x.*permanent" sw block 198.51.100.1 --ttl 5x
refused 2 "a zero duration" '"0"' sw block 198.51.100.1 --ttl 0
refused 2 "a negative duration" '"-5"' sw block 198.51.100.1 --ttl=-5
refused 2 "a duration without end" "99999999999999999999" sw block 198.51.100.1 --ttl 99999999999999999999w
refused 2 "a bad origin" "a b" sw block 198.51.100.1 --origin "a b"
refused 2 "an origin too long" "origin" sw block 198.51.100.1 --origin "$(printf '%070d' 1)"
refused 2 "a comment with a newline" "comment" sw block 198.51.100.1 --comment $'a\nb'
refused 2 "a bad mode" "enfroce.*enforce" sw mode enfroce
refused 2 "a bad port" "70000.*65535" sw test 198.51.100.1 --dport 70000
refused 2 "a bad protocol" "tpc.*tcp" sw test 198.51.100.1 --proto tpc
refused 2 "a bad sort key" "age" sw list --sort age
refused 2 "a bad address to list in" "--in: .*1\.2\.3" sw list --in 1.2.3
refused 2 "a bad address to monitor" "--source: .*foo" sw monitor --source foo
refused 2 "a bad address to send to" "--dst: .*1\.2\.3" sw test 198.51.100.1 --dst 1.2.3
refused 2 "a bad address to protect" "--protect: .*foo" sw replay "$0" --protect foo
refused 2 "a pardon of no time" '--for: .*"0"' sw pardon 198.51.100.1 --for 0
refused 2 "a word too many for a verb without any" 'unexpected argument "x": scanwall version$' sw version x
refused 2 "a frame too short" "frame too short: 1 of at least" sw test --hex 00
refused 2 "a bad limit" "many" sw list --limit many
refused 2 "a bad xdp mode" "turbo" sw attach net0 --xdp turbo
refused 2 "flush of nothing named" "--all" sw flush
refused 2 "a file that is not there" "no-such-file" sw block --file "$work/no-such-file"
is "nothing was changed by all that" "$(state)" "$before"

# ---- guards: exit 6, nothing changed
refused 6 "an own address" "$target4" sw block "$target4"
refused 6 "a prefix with an own address in it" "203\.0\.113\.1" sw block 203.0.113.0/24
refused 6 "an own address, IPv6" "$target6" sw block "$target6"
refused 6 "a prefix too short" "198\.0\.0\.0/8.*16" sw block 198.0.0.0/8
refused 6 "a prefix too short, IPv6" "2001::/16.*32" sw block 2001::/16
refused 6 "everything" "0\.0\.0\.0/0" sw block 0.0.0.0/0
refused 6 "a loopback address" "127\.0\.0\.1" sw block 127.0.0.1
sw allow 198.51.100.40 >/dev/null
refused 6 "what is allowed" "198\.51\.100\.40" sw block 198.51.100.40
refused 6 "a prefix with what is allowed in it" "198\.51\.100\.40" sw block 198.51.100.0/24
refused 6 "good and guarded: nothing is blocked" "198\.51\.100\.40" sw block 198.51.100.1 198.51.100.40
sw unallow 198.51.100.40 >/dev/null
is "nothing was changed by the guards' refusals" "$(state)" "$before"
check "--force overrules a guard" sw block 198.0.0.0/8 --force
check "the server can be reached all the same" fetch visitor "$visitor4" "http://$site4/"
check "and take it back" sw unblock 198.0.0.0/8
check "--force on an own address does no harm" sw block "$target4" --force
check "the attacker's own address reaches it" fetch attacker "$attacker4" "http://$target4/"
sw flush --all --yes >/dev/null

# ---- dry runs
before=$(state)
for command in "block 198.51.100.1" "allow 198.51.100.1" "mode detect" "panic" "detach --all" \
	"config set detect.threshold 9" "flush --all --yes" "attach net0"; do
	# shellcheck disable=SC2086 # words
	check "--dry-run $command" sw $command --dry-run
done
refused 6 "--dry-run is refused by a guard, too" "$target4" sw block "$target4" --dry-run
refused 2 "--dry-run of a bad value" "5x" sw block 198.51.100.1 --ttl 5x --dry-run
is "dry runs change nothing" "$(state)" "$before"
check "the program is still attached" eval "ip -n $lab-server -j link show net0 | jq -e '.[0].xdp'"

# ---- JSON of everything that reads
sw block 198.51.100.1 --comment 'quotes " and ä' >/dev/null
sw block fd00:3:0:1::/64 >/dev/null
sw allow 198.51.100.2 >/dev/null
for command in "status" "mode" "list" "list blocked" "list allowed" "list watched" \
	"show 198.51.100.1" "show 198.51.100.9" "test 198.51.100.1" "events" "stats" "config show" \
	"audit" "version"; do
	# shellcheck disable=SC2086 # words
	check "$command --json" is_json $command
done
is "a comment survives JSON" "$(sw_json '.blocked[0].claims[0].comment' list)" 'quotes " and ä'
check "list fits 80 columns" eval "[ -z \"\$(sw list | grep -E '^.{81}')\" ]"
check "status fits 80 columns" eval "[ -z \"\$(sw status | grep -E '^.{81}')\" ]"
grab sw list blocked
says "list is a table for people" "198\.51\.100\.1 " "fd00:3:0:1::/64" "operator"
grab sw show 198.51.100.1
says "show tells who, until when and why" "operator" "quotes"

# ---- test: the packet's fate
is "test: blocked" "$(verdict test 198.51.100.1 --dport 80)" blocked-address
expect 10 "test: exit 10 for a drop" sw test 198.51.100.1 --dport 80
is "test: blocked, IPv6" "$(verdict test fd00:3:0:1::5 --dport 80)" blocked-address
is "test: an open port" "$(verdict test 198.51.100.3 --dport 80)" open-port
expect 0 "test: exit 0 for a pass" sw test 198.51.100.3 --dport 80
is "test: a closed port" "$(verdict test 198.51.100.3 --dport 81)" closed-port
is "test: no flags" "$(verdict test 198.51.100.3 --dport 80 --flags none)" impossible-flags
is "test: a stray ACK" "$(verdict test 198.51.100.3 --dport 81 --flags ack)" stray-ack
is "test: UDP" "$(verdict test 198.51.100.1 --dport 53 --proto udp)" blocked-address

# ---- test: real bytes, as hexadecimal and from a capture
# frame SOURCE PORT: an Ethernet frame with a SYN to $target4, in hexadecimal.
frame() {
	local addresses

	# shellcheck disable=SC2046 # a word a byte
	addresses=$(printf %02x $(tr . ' ' <<<"$1.$target4"))
	printf '0200000000010200000000020800%s%s%s%04x%s\n' 45000028000040004006 0000 \
		"${addresses}9c40" "$2" 00000001000000005002ffff00000000
}
is "test --hex: an open port" "$(verdict test --hex "$(frame 198.51.100.3 80)")" open-port
is "test --hex: a closed port" "$(verdict test --hex "$(frame 198.51.100.3 81)")" closed-port
expect 10 "test --hex: exit 10 for a drop" sw test --hex "$(frame 198.51.100.1 80)"
refused 2 "test --hex of no hexadecimal" "xy" sw test --hex xyz
refused 2 "test --hex of half a byte" "two hexadecimal digits" sw test --hex 020
capture() {
	for of in "198.51.100.3 80" "198.51.100.3 81" "198.51.100.1 80"; do
		# shellcheck disable=SC2086 # two arguments
		frame $of | sed 's/../& /g; s/^/0000 /'
	done | text2pcap -q - "$1" >/dev/null 2>&1
}
capture "$work/three.pcap"
is "test --pcap: each packet of a capture" \
	"$(sw test --pcap "$work/three.pcap" --json | jq -r '.. | .reason? // empty' | tr '\n' ' ')" \
	"open-port closed-port blocked-address "
expect 10 "test --pcap: exit 10 where one is dropped" sw test --pcap "$work/three.pcap"
is "test --pcap FILE:2" "$(sw test --pcap "$work/three.pcap:2" --json | jq -r '.. | .reason? // empty')" \
	closed-port
refused 2 "test --pcap FILE:9 of three" "3 packets.* 9" sw test --pcap "$work/three.pcap:9"
sw block 198.51.100.64/26 >/dev/null
is "test: a blocked prefix" "$(verdict test 198.51.100.70)" blocked-prefix
is "test learns nothing" "$(for p in 1 2 3 4 5 6 7; do sw test 198.51.100.3 --dport $p >/dev/null; done
	verdict test 198.51.100.3 --dport 80)" open-port
sw allow 198.51.100.1 >/dev/null
is "test: allowed" "$(verdict test 198.51.100.1 --dport 80)" allowed
sw unallow 198.51.100.1 >/dev/null

# ---- save, flush, restore
sw block 198.51.100.30 --ttl permanent --origin feed/x --comment "it's \"quoted\" \\ here" >/dev/null
sw block 198.51.100.30 --ttl 2h --origin b >/dev/null
sw allow 198.51.100.128/25 --ttl 3h --comment "# no comment" >/dev/null
check "save to a file" sw save "$work/saved"
before=$(state)
check "the file is sorted" eval "grep '^block' '$work/saved' | cut -d' ' -f2 | sort -c -V"
check "flush all" sw flush --all --yes
sw unallow 198.51.100.128/25 198.51.100.2 >/dev/null
is "flushed" "$(sw_json '.blocked | length' list)" 0
check "restore --dry-run" sw restore "$work/saved" --dry-run
is "which restores nothing" "$(sw_json '.blocked | length' list)" 0
check "restore" sw restore "$work/saved"
is "all is as it was" "$(state)" "$before"
check "restore from standard input" eval "sw restore - <'$work/saved'"
is "all is as it was, again" "$(state)" "$before"
{ head -n 1 "$work/saved"; echo "block 198.51.100.300"; echo "blck 198.51.100.3"
	echo "block 198.51.100.4 --ttl 5x"; } >"$work/bad"
grab sw restore "$work/bad"
is "restore of a bad file: exit 2" "$code" 2
says "each bad line is named" "bad:2:.*198\.51\.100\.300" "bad:3:.*blck" "bad:4:.*5x"
is "nothing was changed" "$(state)" "$before"
echo "block 198.51.100.5 --ttl 1h" >"$work/one"
check "restore --merge" sw restore "$work/one" --merge
is "merge keeps what was there" "$(sw save | wc -l)" $(($(wc -l <"$work/saved") + 1))
check "restore replaces" sw restore "$work/one"
is "replaced" "$(sw_json '[.blocked[].prefix] | join(" ")' list)" 198.51.100.5/32
check "flush" sw flush --all --yes

# ---- import
claimed() { # ORIGIN: what it claims, in order
	sw_json "[.blocked[] | select(.claims[].origin == \"$1\") | .prefix] | join(\" \")" list
}
printf '; Spamhaus\n198.51.100.0/25 ; SBL1\n198.51.100.128/26 ; SBL2\n' >"$work/drop.txt"
check "import of a DROP list" sw import "$work/drop.txt" --origin feed/drop
is "imported" "$(claimed feed/drop)" "198.51.100.0/25 198.51.100.128/26"
printf '198.51.100.200\n%s\n' "$target4" >"$work/plain.txt"
expect 6 "import leaves out what is guarded, and says so by its exit code" \
	sw import "$work/plain.txt" --format plain
says "in words, too" "1 skipped: refused by a guard"
is "the rest is taken" "$(claimed import)" "198.51.100.200/32"
before=$(state)
printf '198.51.100.201\n198.51.100.999\n' >"$work/bad.txt"
refused 2 "import of a bad line" "bad.txt:2.*198\.51\.100\.999" sw import "$work/bad.txt" --format plain
printf 'value,duration\n198.51.100.9,-1h\n' >"$work/past.csv"
refused 2 "import of what has expired says why" "blocks no address: 1 skipped: expired" sw import "$work/past.csv"
printf '<html>\n' >"$work/page.txt"
refused 2 "import of a web page" "web page" sw import "$work/page.txt"
refused 2 "a format that there is not" 'invalid value "excel" .expected one of auto, plain' sw import "$work/bad.txt" --format excel
is "import of a bad line changes nothing" "$(state)" "$before"
{ seq -f '10.20.0.%g' 30; echo 10.20.0.299; echo 10.20.1.7/24; } >"$work/long.txt"
check "one odd line in a long list" sw import "$work/long.txt" --origin feed/long
says "is left out and shown" "long.txt:31: .*10\.20\.0\.299" "1 with host bits set"
refused 2 "with --strict nothing is taken" "long.txt:31" sw import "$work/long.txt" --origin feed/long --strict
printf 'create s hash:ip\nadd s 10.20.0.3\nadd s 10.20.9.9 timeout 600\n' >"$work/set.txt"
grab sw import "$work/set.txt" --origin feed/long --replace -n --yes
says "a dry run shows what each line gives" "\(ipset\), dry run" "line 3: 10.20.9.9"
check "import --replace" sw import "$work/set.txt" --origin feed/long --replace --yes
says "says what went" "30 removed"
is "only the new list is there" "$(claimed feed/long)" "10.20.0.3/32 10.20.9.9/32"
is "and nothing of another origin went" "$(claimed feed/drop)" "198.51.100.0/25 198.51.100.128/26"
printf '10.32.0.0/13\n10.64.0.0/12\n' >"$work/wide.txt"
expect 6 "a list of networks shorter than the guard's" sw import "$work/wide.txt" --origin feed/wide
expect 6 "--max-width takes those of its length" sw import "$work/wide.txt" --origin feed/wide --max-width /13
is "and no shorter ones" "$(claimed feed/wide)" 10.32.0.0/13
check "--max-width 12" sw import "$work/wide.txt" --origin feed/wide --max-width 12
for origin in feed/long feed/wide; do sw flush --origin "$origin" >/dev/null; done

# ---- what others' words and dates lead to, and what is said before it is done
refused 2 "unblock --all names what removes all" "scanwall flush --all" sw unblock --all
sw block 198.51.100.31 --ttl 1h >/dev/null
grab sw block 198.51.100.31 --ttl 2h
says "a block that gets longer" "^198.51.100.31: block extended until "
sw unblock 198.51.100.31 >/dev/null
refused 2 "a comment that turns text" "hides or turns text.*u\{202e\}" \
	sw block 198.51.100.31 --comment "$(printf 'a\u202eb')"
printf '198.51.100.41\n198.51.100.42\n' >"$work/list"
sw import "$work/list" --origin feed/swap >/dev/null
printf '198.51.100.42\n' >"$work/list"
grab sw import "$work/list" --origin feed/swap --replace -n
says "what --replace would remove" "1 would be removed: no longer in the list"
is "and did not" "$(claimed feed/swap)" "198.51.100.41/32 198.51.100.42/32"
sw flush --origin feed/swap >/dev/null
for when in "2 hours ago" tomorrow -1h 12:00; do
	refused 2 "events --since '$when'" "is not a time; write 1h, today, or 2026-11-27T12:00" sw events --since "$when"
done
for when in today yesterday "$(date +'%F %H:%M')" "$(date +'%F %T')" "$(date +%F)"; do
	check "events --since '$when'" sw events --since "$when"
done

# ---- nobody reads it
refused 1 "standard output is full" "standard output: No space left" eval 'sw list >/dev/full'
refused 1 "or closed" "standard output: Bad file descriptor" eval 'sw status >&-'
refused 1 "a change with it full says so" "standard output: No space left" \
	eval 'sw block 198.51.100.55 >/dev/full'
sw block 198.51.100.56 | true
is "and is made all the same" "$(sw_json '[.blocked[].prefix] | map(select(test("100.5[56]/"))) | length' list)" 2
sw unblock 198.51.100.55 198.51.100.56 >/dev/null

# ---- who did it
grab sw audit
says "the audit trail has the command" "scanwall block 198.51.100.30"
is "without what all of them have" "$(grep -c -e --pin-dir <<<"$out")" 0
is "and how it ended" "$(sw_json '[.audit[] | select(.exit == 6)] | length > 0' audit)" true

last() {
	sw_json ".audit[-1] | $1" audit
}
SSH_CONNECTION="192.0.2.77 50000 $target4 22" sw block 198.51.100.77 --comment "a b" >/dev/null
is "the audit trail has the SSH client" "$(last .ssh_client)" 192.0.2.77
is "and the whole command" "$(last .command | grep -o 'block 198.*')" 'block 198.51.100.77 --comment "a b"'
is "and the user" "$(last .uid)" 0
is "and who logged in" "$(last '.login_uid // 4294967295')" \
	"$(cat /proc/self/loginuid 2>/dev/null || echo 4294967295)"
# sudo and su take the variable away; their parents have it still.
export -f sw lab_in
export lab scanwall pin_dir state_dir config
SSH_CONNECTION="192.0.2.78 50000 $target4 22" \
	bash -c 'unset SSH_CONNECTION; sw unblock 198.51.100.77; true' >/dev/null
is "the SSH client is found behind sudo, too" "$(last .ssh_client)" 192.0.2.78
sw block "$target4" >/dev/null 2>&1
is "a refusal is recorded with its exit code" "$(last '"\(.exit) \(.command)"' | sed 's/ .* block/ block/')" \
	"6 block $target4"

finish
