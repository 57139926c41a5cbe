# SPDX-License-Identifier: GPL-2.0-only
"""What the attack matrix attacks: a web application with holes, and services that
refuse logins. Each request or guess that reaches one is a line in the log:
services.py LOG ADDRESS [CERTIFICATE], with which the web is there by TLS, too. Never to be run outside of a lab: its holes are real."""
import base64
import os
import re
import socket
import socketserver
import sqlite3
import ssl
import struct
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, unquote_plus, urlsplit

SECRET = "correct horse"
log_lock = threading.Lock()
log_file = None
db_lock = threading.Lock()


def log(kind, source, what):
    with log_lock:
        log_file.write(f"{kind} {source} {what!r}\n")
        log_file.flush()


def make_db():
    db = sqlite3.connect(":memory:", check_same_thread=False)
    db.execute("create table items (id integer, name text)")
    db.executemany("insert into items values (?, ?)", [(i, f"item {i}") for i in range(1, 20)])
    db.execute("create table users (id integer, name text, card text)")
    db.executemany("insert into users values (?, ?, ?)",
                   [(i, f"user{i}", f"4111-0000-0000-{i:04}") for i in range(1, 9)])
    return db


PAGES = ["/", "/about", "/contact", "/products", "/login", "/search", "/item", "/admin",
         "/images", "/icons", "/blog", "/news", "/private"]
LINKS = "".join(f'<a href="{p}{"?id=1" if p == "/item" else "?q=a" if p == "/search" else ""}">'
                f"{p}</a> " for p in PAGES)
FORM = '<form method="post" action="/login"><input name="user"><input name="password"></form>'


class Web(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "lab"
    sys_version = ""
    db = None

    def log_message(self, *unused):
        pass

    def reply(self, status, body, kind="text/html", **headers):
        data = body.encode(errors="replace")
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)

    # Every parameter is put into SQL, HTML or a command's place as it came.
    def item(self, value):
        try:
            with db_lock:
                rows = self.db.execute(f"select id, name from items where id = {value}").fetchall()
        except sqlite3.Error as e:
            self.reply(500, f"<html>SQL error: {e}</html>")
            return
        self.reply(200, "<html>" + "".join(f"<p>{a} {b}</p>" for a, b in rows) + "</html>")

    def login(self, query):
        user = query.get("user", [""])[0]
        if query.get("password", [""])[0] == SECRET:
            self.reply(302, "", Location="/admin")
            return
        self.reply(200, f"<html>Login failed for {user}{FORM}</html>")

    def page(self, path, query):
        if path == "/item":
            self.item(query.get("id", ["1"])[0])
        elif path == "/search":
            self.reply(200, f"<html>Found nothing for {query.get('q', [''])[0]}</html>")
        elif path == "/private":
            given = self.headers.get("Authorization", "")
            if given == "Basic " + base64.b64encode(f"admin:{SECRET}".encode()).decode():
                self.reply(200, "<html>welcome</html>")
            else:
                self.reply(401, "no", WWW_Authenticate='Basic realm="lab"')
        elif path == "/login":
            self.login(query) if self.command == "POST" else self.reply(200, f"<html>{FORM}</html>")
        elif path in PAGES:
            self.reply(200, f"<html><title>{path}</title>{LINKS}{FORM}</html>")
        else:
            self.reply(404, "<html>not found</html>")

    def answer(self):
        log("http", self.client_address[0], self.requestline)
        url = urlsplit(self.path)
        query = parse_qs(url.query, keep_blank_values=True)
        length = int(self.headers.get("Content-Length") or 0)
        if length:
            query.update(parse_qs(self.rfile.read(length).decode(errors="replace")))
        self.page(unquote_plus(url.path), query)

    do_GET = do_HEAD = do_POST = do_PUT = do_OPTIONS = do_DELETE = do_TRACE = answer


class Lines(socketserver.StreamRequestHandler):
    """A protocol of lines; `kind` is its name in the log."""
    kind = "lines"

    def say(self, text):
        self.wfile.write(text.encode())

    def guess(self, what):
        log(self.kind, self.client_address[0], what)

    def hear(self):
        line = self.rfile.readline(4096)
        if not line:
            raise ConnectionError
        return line.decode(errors="replace").strip("\r\n\0")

    def handle(self):
        try:
            self.talk()
        except (OSError, ValueError, struct.error):
            pass


class FTP(Lines):
    kind = "ftp"

    def talk(self):
        self.say("220 lab FTP\r\n")
        while True:
            verb, _, rest = self.hear().partition(" ")
            if verb.upper() == "USER":
                self.say("331 Please specify the password.\r\n")
            elif verb.upper() == "PASS":
                self.guess(rest)
                self.say("230 ok\r\n" if rest == SECRET else "530 Login incorrect.\r\n")
            elif verb.upper() == "QUIT":
                self.say("221 bye\r\n")
                return
            else:
                self.say("500 what?\r\n")


class SMTP(Lines):
    kind = "smtp"

    def talk(self):
        self.say("220 lab ESMTP\r\n")
        while True:
            line = self.hear()
            if line.upper().startswith("EHLO"):
                self.say("250-lab\r\n250 AUTH PLAIN LOGIN\r\n")
            elif line.upper().startswith("AUTH PLAIN"):
                self.guess(line)
                self.say("535 5.7.8 Error: authentication failed\r\n")
            elif line.upper().startswith("AUTH LOGIN"):
                self.say("334 VXNlcm5hbWU6\r\n")
                self.hear()
                self.say("334 UGFzc3dvcmQ6\r\n")
                self.guess(self.hear())
                self.say("535 5.7.8 Error: authentication failed\r\n")
            elif line.upper().startswith("QUIT"):
                self.say("221 bye\r\n")
                return
            else:
                self.say("250 ok\r\n")


class POP3(Lines):
    kind = "pop3"

    def talk(self):
        self.say("+OK lab\r\n")
        while True:
            verb, _, rest = self.hear().partition(" ")
            if verb.upper() == "PASS":
                self.guess(rest)
                self.say("-ERR [AUTH] Authentication failed.\r\n")
            elif verb.upper() == "CAPA":
                self.say("+OK\r\nUSER\r\n.\r\n")
            elif verb.upper() == "QUIT":
                self.say("+OK\r\n")
                return
            else:
                self.say("+OK\r\n")


class IMAP(Lines):
    kind = "imap"

    def talk(self):
        self.say("* OK [CAPABILITY IMAP4rev1] lab\r\n")
        while True:
            tag, verb, *rest = self.hear().split(" ", 2) + [""]
            if verb.upper() == "LOGIN":
                self.guess(rest[0])
                self.say(f"{tag} NO [AUTHENTICATIONFAILED] Authentication failed.\r\n")
            elif verb.upper() == "CAPABILITY":
                self.say(f"* CAPABILITY IMAP4rev1\r\n{tag} OK\r\n")
            elif verb.upper() == "LOGOUT":
                return
            else:
                self.say(f"{tag} OK\r\n")


class Telnet(Lines):
    kind = "telnet"

    def hear(self):
        """Up to CR or LF: RFC 854 has CR NUL as well."""
        line = b""
        while True:
            byte = self.rfile.read(1)
            if not byte:
                raise ConnectionError
            if byte in b"\r\n" and line:
                return line.decode(errors="replace")
            line += byte.strip(b"\r\n\0")

    def talk(self):
        while True:
            self.say("lab login: ")
            self.hear()
            self.say("Password: ")
            self.guess(self.hear())
            self.say("\r\nLogin incorrect\r\n")


class Redis(Lines):
    kind = "redis"

    def talk(self):
        while True:
            line = self.hear()
            words = line.split()
            if line.startswith("*"):
                words = []
                for _ in range(int(line[1:])):
                    self.hear()
                    words.append(self.hear())
            if words and words[0].upper() == "AUTH":
                self.guess(words)
                self.say("-WRONGPASS invalid username-password pair or user is disabled.\r\n")
            else:
                self.say("-NOAUTH Authentication required.\r\n")


class MySQL(Lines):
    kind = "mysql"

    def packet(self, number, data):
        self.wfile.write(struct.pack("<I", len(data) | number << 24) + data)

    def hear_packet(self):
        head = self.rfile.read(4)
        if len(head) < 4:
            raise ConnectionError
        return self.rfile.read(struct.unpack("<I", head)[0] & 0xffffff)

    def talk(self):
        salt = re.sub(b"[\0$]", b"x", os.urandom(20))
        self.packet(0, b"\x0a5.7.40-lab\0" + struct.pack("<I", 7) + salt[:8] + b"\0" +
                    struct.pack("<H", 0xa20d) + b"\x21" + struct.pack("<HH", 2, 8) + b"\x15" +
                    bytes(10) + salt[8:] + b"\0mysql_native_password\0")
        self.guess(self.hear_packet()[32:])
        self.packet(2, b"\xff" + struct.pack("<H", 1045) + b"#28000Access denied for user")


SERVICES = {21: FTP, 23: Telnet, 25: SMTP, 110: POP3, 143: IMAP, 3306: MySQL, 6379: Redis}


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 128


class WebServer(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request, client_address):
        pass


class TLSServer(WebServer):
    """Shakes hands in the connection's own thread."""

    def __init__(self, address, certificate):
        super().__init__(address, Web)
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(certificate)

    def finish_request(self, request, client_address):
        with self.context.wrap_socket(request, server_side=True) as inner:
            super().finish_request(inner, client_address)


def main():
    global log_file
    log_file = open(sys.argv[1], "a", encoding="utf-8")
    Web.db = make_db()
    for port, handler in SERVICES.items():
        threading.Thread(target=Server((sys.argv[2], port), handler).serve_forever,
                         daemon=True).start()
    if sys.argv[3:]:
        threading.Thread(target=TLSServer((sys.argv[2], 443), sys.argv[3]).serve_forever,
                         daemon=True).start()
    WebServer((sys.argv[2], 80), Web).serve_forever()


if __name__ == "__main__":
    main()
