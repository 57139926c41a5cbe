#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""lab-server.py DIR PORT...: serves DIR over HTTP at the first port and takes
connections at the others, over IPv4 and IPv6."""
import functools
import http.server
import socket
import socketserver
import sys
import threading


class Six:
    address_family = socket.AF_INET6
    allow_reuse_address = True
    request_queue_size = 256
    daemon_threads = True


class Web(Six, http.server.ThreadingHTTPServer):
    pass


class Plain(Six, socketserver.ThreadingTCPServer):
    pass


class Greeting(socketserver.BaseRequestHandler):
    def handle(self):
        self.request.sendall(b"hello\r\n")
        while self.request.recv(4096):
            pass


class Pages(http.server.SimpleHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *args):
        pass


folder, *ports = sys.argv[1:]
for port in ports[1:]:
    server = Plain(("::", int(port)), Greeting)
    threading.Thread(target=server.serve_forever, daemon=True).start()
pages = functools.partial(Pages, directory=folder)
Web(("::", int(ports[0])), pages).serve_forever()
