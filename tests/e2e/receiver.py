#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""receiver.py DIR: a web server at 127.0.0.1:8081 and a mail server at :2525 for
what is sent by scanwall notify; each request is a line of JSON in DIR/http, each
mail a file DIR/mail.N. While DIR/refuse is there, both refuse.
"""
import http.server
import json
import os
import socketserver
import sys
import threading

here = sys.argv[1]


def refuses():
    return os.path.exists(os.path.join(here, "refuse"))


class Web(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        with open(os.path.join(here, "refused" if refuses() else "http"), "a") as f:
            print(json.dumps({"path": self.path, "type": self.headers["Content-Type"],
                              "key": self.headers["Key"], "body": body}), file=f)
        self.send_response(503 if refuses() else 204)
        self.end_headers()

    def log_message(self, *args):
        pass


class Mail(socketserver.StreamRequestHandler):
    def say(self, line):
        self.wfile.write(line.encode() + b"\r\n")

    def take(self):
        lines = []
        self.say("354 go on")
        while (line := self.rfile.readline()) not in (b".\r\n", b""):
            lines.append(line)
        n = len([f for f in os.listdir(here) if f.startswith("mail.")])
        with open(os.path.join(here, f"mail.{n + 1}"), "wb") as f:
            f.writelines(lines)
        self.say("250 taken")

    def handle(self):
        self.say("421 not now" if refuses() else "220 receiver")
        while line := self.rfile.readline().decode().strip():
            word = line.split()[0].upper()
            if word == "DATA":
                self.take()
            elif word == "QUIT":
                self.say("221 bye")
                return
            else:
                self.say("250 " + word)


class Mails(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True


mails = Mails(("127.0.0.1", 2525), Mail)
threading.Thread(target=mails.serve_forever, daemon=True).start()
http.server.ThreadingHTTPServer(("127.0.0.1", 8081), Web).serve_forever()
