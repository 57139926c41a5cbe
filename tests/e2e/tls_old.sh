#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# `run --tls` with OpenSSL 1.1: a stand-in libssl.so.1.1, with SSL_read_ex and without.
. "$(dirname "$0")/lib.sh"

cat >"$work/own.rules" <<'END'
drop tcp any any -> any $HTTP_PORTS (msg:"a bad word"; http.uri; content:"/forbidden-word"; sid:201;)
reject tcp any any -> any $HTTP_PORTS (msg:"an attack"; http.header; content:"attack-word"; sid:202;)
END
printf 'mode = enforce\nrules {\nfiles = { "%s" }\n}\n' "$work/own.rules" >"$config"

# build NAME FLAGS: a library and a server of its own.
build() {
	mkdir "$work/$1"
	cc ${2:+"$2"} -fPIC -shared -Wl,-soname,libssl.so.1.1 -o "$work/$1/libssl.so.1.1" "$top/tests/e2e/old_libssl.c" &&
		cc ${2:+"$2"} -o "$work/$1/$1" "$top/tests/e2e/old_server.c" "$work/$1/libssl.so.1.1" \
			-Wl,-rpath,"$work/$1"
}
expect 0 "1.1.0 is built" build ssl110 ""
expect 0 "1.1.1 is built" build ssl111 -DEX
for server in "ssl110 8443" "ssl111 9443"; do
	lab_in server "$work/${server% *}/${server% *}" "${server#* }" </dev/null >/dev/null 2>&1 &
	check "${server% *} listens" eventually 10 lab_in server sh -c "ss -Hltn 'sport = :${server#* }' | grep -q ."
done

# ask PORT PATH [HEADER]: prints how the connection ends (tls_ask.py).
ask() {
	lab_in attacker timeout "$(scaled 20)" python3 "$top/tests/e2e/tls_ask.py" --old "$slow" \
		"$source4" "$target4" "$@"
}
sees() {
	[[ " $(sw_json '[.tls.processes[] | select(.seen) | .process] | join(" ")' status) " == *" $1 "* ]]
}
told() {
	[ "$(sw_json "[.events[] | select(.alert.signature_id == $1 and .dest_port == $2)] | last | .in_tls" events)" = true ]
}

sw attach net1 net0 -q
daemon_start "the daemon runs with --tls" --tls
for server in "ssl110 8443" "ssl111 9443"; do
	name=${server% *} port=${server#* }
	check "$name is seen" eventually 15 sees "$name"
	new_self
	is "an everyday request passes" "$(ask "$port" /)" open
	is "drop ends the connection" "$(ask "$port" /forbidden-word)" closed
	check "and is told as read out of TLS" eventually 5 told 201 "$port"
	is "its source is not blocked" "$(ask "$port" /)" open
	is "reject ends it as well" "$(ask "$port" / 'X-A: attack-word')" closed
	check "and blocks its source" eventually 5 told 202 "$port"
	is "for all" "$(ask "$port" /)" refused
done
daemon_end
sw detach --all -q
finish
