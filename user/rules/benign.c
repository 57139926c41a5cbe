// SPDX-License-Identifier: GPL-2.0-only
/* Common benign traffic, as short samples: byte sequences in it make poor search windows. */
#include "rules/internal.h"

#define HEAD " HTTP/1.1\r\nHost: www.example.com\r\n"
#define BROWSER                                                                           \
	"Accept: text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,"       \
	"image/webp,image/apng,*/*;q=0.8,application/signed-exchange;v=b3;q=0.7\r\n"      \
	"Accept-Language: en-US,en;q=0.5\r\nAccept-Encoding: gzip, deflate, br, zstd\r\n" \
	"Connection: keep-alive\r\nUpgrade-Insecure-Requests: 1\r\nCache-Control: "       \
	"max-age=0\r\nPragma: no-cache\r\nDNT: 1\r\nSec-Fetch-Dest: document\r\n"         \
	"Sec-Fetch-Mode: navigate\r\nSec-Fetch-Site: same-origin\r\nSec-Fetch-User: ?1\r\n"

const char *const sw_everyday[] = {
	"GET /" HEAD "User-Agent: Mozilla/5.0 (X11; Ubuntu; Linux x86_64; rv:128.0) "
	"Gecko/20100101 Firefox/128.0\r\n" BROWSER "\r\n",
	"GET /index.html" HEAD "User-Agent: Mozilla/5.0 (Windows NT 10.0; Win64; x64) "
	"AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36\r\n"
	"sec-ch-ua: \"Chromium\";v=\"126\", \"Google Chrome\";v=\"126\"\r\n"
	"sec-ch-ua-mobile: ?0\r\nsec-ch-ua-platform: \"Windows\"\r\n" BROWSER "\r\n",
	"GET /index.php?id=1&page=2&lang=en" HEAD "User-Agent: Mozilla/5.0 (Macintosh; Intel Mac "
	"OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 "
	"Safari/605.1.15\r\nReferer: https://www.google.com/\r\n" BROWSER,
	"GET /favicon.ico" HEAD
	"User-Agent: Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) "
	"AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1\r\n",
	"GET /robots.txt" HEAD "User-Agent: Mozilla/5.0 (compatible; Googlebot/2.1; "
	"+http://www.google.com/bot.html)\r\nFrom: googlebot(at)googlebot.com\r\n",
	"GET /sitemap.xml" HEAD "User-Agent: Mozilla/5.0 (compatible; bingbot/2.0; "
	"+http://www.bing.com/bingbot.htm)\r\n",
	"GET / HTTP/1.0\r\nUser-Agent: Mozilla/4.0 (compatible; MSIE 8.0; Windows NT 6.1; "
	"Trident/4.0; "
	".NET CLR 2.0.50727)\r\nAccept: image/gif, image/jpeg, application/x-shockwave-flash, "
	"*/*\r\n",
	"GET /health HTTP/1.1\r\nHost: 10.0.0.1:8080\r\nUser-Agent: curl/8.5.0\r\nAccept: "
	"*/*\r\n\r\n",
	"HEAD / HTTP/1.1\r\nUser-Agent: Wget/1.21.3\r\nAccept-Encoding: identity\r\n"
	"Range: bytes=0-1023\r\nIf-None-Match: \"5f3c\"\r\nIf-Modified-Since: Mon, 01 Jan 2024 "
	"00:00:00 GMT\r\n",
	"GET /api/v1/users?limit=100&offset=0 HTTP/1.1\r\nUser-Agent: python-requests/2.31.0\r\n"
	"Accept: application/json\r\nAuthorization: Bearer "
	"eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9\r\n",
	"GET /api/items?page=2" HEAD
	"Accept: */*\r\nAccept-Language: de,en;q=0.5\r\nSec-Fetch-Dest: "
	"empty\r\nSec-Fetch-Mode: cors\r\nSec-Fetch-Site: same-origin\r\n"
	"GET /feed HTTP/1.1\r\nAccept: */*\r\nAccept-Encoding: gzip, deflate, br\r\nHost: "
	"localhost:8080\r\n",
	"GET /metrics HTTP/1.1\r\nUser-Agent: Prometheus/2.51.0\r\nAccept: application/"
	"openmetrics-text;version=1.0.0\r\nX-Prometheus-Scrape-Timeout-Seconds: 10\r\n",
	"GET / HTTP/1.1\r\nUser-Agent: Go-http-client/1.1\r\nX-Forwarded-For: 192.168.1.1\r\n"
	"X-Forwarded-Proto: https\r\nX-Real-IP: 10.1.2.3\r\nX-Request-Id: 1234\r\nVia: 1.1 "
	"proxy\r\n",
	"POST /login HTTP/1.1\r\nContent-Type: application/x-www-form-urlencoded\r\n"
	"Content-Length: 32\r\nOrigin: https://www.example.com\r\nCookie: "
	"PHPSESSID=0123456789abcdef; "
	"session_id=1; _ga=GA1.2.3; csrftoken=abc; JSESSIONID=ABCDEF\r\n\r\n"
	"username=admin&password=secret&submit=Login&remember=on&email=user%40example.com",
	"POST /upload HTTP/1.1\r\nContent-Type: multipart/form-data; "
	"boundary=----WebKitFormBoundary\r\n"
	"Transfer-Encoding: chunked\r\nExpect: 100-continue\r\n\r\n------WebKitFormBoundary\r\n"
	"Content-Disposition: form-data; name=\"file\"; filename=\"image.jpg\"\r\n"
	"Content-Type: image/jpeg\r\n\r\n",
	"POST /api/graphql HTTP/1.1\r\nContent-Type: application/json; charset=UTF-8\r\n"
	"X-Requested-With: XMLHttpRequest\r\n\r\n{\"query\":\"query { user(id: 1) { name email } "
	"}\",\"variables\":{\"id\":1,\"name\":\"value\",\"description\":null,\"enabled\":true}}",
	"POST /soap HTTP/1.1\r\nContent-Type: text/xml; charset=utf-8\r\nSOAPAction: \"\"\r\n\r\n"
	"<?xml version=\"1.0\" encoding=\"UTF-8\"?><soap:Envelope "
	"xmlns:soap=\"http://schemas.xmlsoap.org/"
	"soap/envelope/\"><soap:Body></soap:Body></soap:Envelope>",
	"GET /wp-content/themes/twentytwentyfour/style.css?ver=6.5 HTTP/1.1\r\nGET "
	"/wp-content/plugins/"
	"GET /wp-includes/js/jquery/jquery.min.js?ver=3.7.1 HTTP/1.1\r\nPOST /wp-login.php "
	"POST /wp-admin/admin-ajax.php?action=heartbeat HTTP/1.1\r\nGET /wp-json/wp/v2/posts",
	"GET /static/css/bootstrap.min.css GET /assets/js/main.js GET /images/logo.png GET "
	"/cgi-bin/ "
	"GET /admin/index.php GET /user/profile GET /search?q=hello+world&sort=asc&filter=new "
	"GET /download/file.pdf GET /blog/2024/01/01/title.html GET "
	"/.well-known/acme-challenge/token",
	"<!DOCTYPE html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>Welcome</title>"
	"<link rel=\"stylesheet\" href=\"/style.css\"><script "
	"src=\"/script.js\"></script></head><body>"
	"<div class=\"container\" id=\"main\"><p>Some text</p><a href=\"https://\">link</a>"
	"<form action=\"/\" method=\"post\"><input type=\"text\" "
	"name=\"value\"></form></div></body></html>",
	"function(){var document=window.document;return document.getElementById('content')}; "
	"const response = await fetch('/api'); if (response.status === 200) { console.log('ok'); }",
	"{\"id\":1,\"name\":\"\",\"type\":\"string\",\"created_at\":\"2024-01-01T00:00:00Z\","
	"\"items\":[],"
	"\"status\":\"success\",\"message\":\"ok\",\"error\":null,\"data\":{\"value\":0,\"url\":"
	"\"https://\"}}",
	"select insert update delete from where order by group and or not null like values into "
	"table",
	"SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u2\r\nSSH-2.0-PuTTY_Release_0.80\r\n"
	"curve25519-sha256,curve25519-sha256@libssh.org,ecdh-sha2-nistp256,diffie-hellman-group14-"
	"sha256,ssh-ed25519,rsa-sha2-512,chacha20-poly1305@openssh.com,aes128-ctr,hmac-sha2-256,"
	"none",
	"EHLO mail.example.com\r\nMAIL FROM:<user@example.com>\r\nRCPT "
	"TO:<info@example.org>\r\nDATA\r\n"
	"Subject: Hello\r\nFrom: \"User\" <user@example.com>\r\nTo: "
	"info@example.org\r\nMessage-ID: <1@>\r\n"
	"MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nDate: Mon, 1 Jan 2024\r\n",
	"USER anonymous\r\nPASS guest@\r\nSYST\r\nTYPE I\r\nPASV\r\nLIST\r\nRETR file\r\nQUIT\r\n",
	"a001 LOGIN user password\r\na002 SELECT INBOX\r\na003 CAPABILITY\r\na004 FETCH 1:* "
	"(FLAGS)\r\n",
	"OPTIONS sip:user@example.com SIP/2.0\r\nREGISTER sip:example.com SIP/2.0\r\nVia: "
	"SIP/2.0/UDP "
	"INVITE sip:user@example.com SIP/2.0\r\nCSeq: 1 REGISTER\r\nCall-ID: 1\r\nMax-Forwards: "
	"70\r\n",
	"*1\r\n$4\r\nPING\r\n*2\r\n$3\r\nGET\r\n$3\r\nkey\r\n*3\r\n$3\r\nSET\r\n",
	NULL,
};
