// SPDX-License-Identifier: GPL-2.0-only
/* Real rules, from the compiler to the program: each keyword with a payload that matches and
 * one that only resembles it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "rules/rules.h"
#include "test_rules.h"

#define HEAD "GET /index HTTP/1.1\r\nHost: www.Example.org\r\nUser-Agent: tool/1.0\r\n"
#define END "\r\n"

static const struct rule_example examples[] = {
	{"content:\"evil-word\";", "an evil-word here", "an Evil-word here"},
	{"content:\"evil-word\"; nocase;", "an EVIL-Word here", "an evil_word here"},
	{"content:\"evil-word\",nocase,offset 3;", "an EVIL-Word here", "EVIL-Word here"},
	{"content:\"a|3a 7C|b\\;\\\"-word\";", "a:|b;\"-word", "a:b;\"-word"},
	{"content:\"first-word\"; content:\"second\";", "second first-word", "first-word secon"},
	{"content:\"first-word\"; content:!\"second\";", "first-word", "first-word second"},
	{"content:\"first-word\"; content:!\"second\"; depth:6;", "first-word second",
	 "second first-word"},
	{"content:\"evil-word\"; offset:2;", "12evil-word", "1evil-word"},
	{"content:\"evil-word\"; depth:10;", "1evil-word", "12evil-word"},
	{"content:\"evil-word\"; offset:2; depth:10;", "123evil-word", "1234evil-word"},
	{"content:\"evil-word\"; startswith;", "evil-word", " evil-word"},
	{"content:\"evil-word\"; endswith;", "an evil-word", "an evil-word."},
	{"content:\"evil-word\"; isdataat:!1,relative;", "an evil-word", "an evil-word."},
	{"content:\"evil-word\"; isdataat:12;", "an evil-word!", "an evil-word"},
	{"content:\"first-word\"; content:\"x\"; distance:2;", "first-word12x", "first-word1x"},
	{"content:\"first-word\"; content:\"x\"; within:3;", "first-word12x", "first-word123x"},
	{"content:\"first-word\"; content:\"x\"; distance:1; within:2;", "first-word12x",
	 "first-word123x"},
	{"content:\"first-word\"; content:\"f\"; distance:-10; within:1;", "first-word",
	 "zirst-word"},
	{"content:\"first-word\"; content:\"x\"; distance:0; content:\"y\"; within:1;",
	 "first-word x. first-word xy", "first-word x.x.y"},
	{"content:\"0123456789abcdefghijklmnopqrstuvwxyz-0123456789\";",
	 "0123456789abcdefghijklmnopqrstuvwxyz-0123456789",
	 "0123456789abcdefghijklmnopqrstuv.wxyz-0123456789"},
	{"content:\"evil-word\"; dsize:>12;", "evil-word 123", "evil-word 12"},
	{"content:\"evil-word\"; dsize:<12;", "evil-word 1", "evil-word 12"},
	{"content:\"evil-word\"; dsize:12;", "evil-word 12", "evil-word 1"},
	{"content:\"evil-word\"; dsize:10<>12;", "evil-word 1", "evil-word 12"},
	{"content:\"evil-word\"; dsize:>=12;", "evil-word 12", "evil-word 1"},
	{"content:\"evil-word\"; dsize:<=11;", "evil-word 1", "evil-word 12"},
	{"content:\"evil-word\"; byte_test:1,=,0x31,0,relative;", "evil-word1", "evil-word2"},
	{"content:\"evil-word\"; byte_test:1,!=,0x31,0,relative;", "evil-word2", "evil-word1"},
	{"content:\"evil-word\"; byte_test:2,>,0x3132,0;", "13 evil-word", "12 evil-word"},
	{"content:\"evil-word\"; byte_test:2,<,0x3231,0,little;", "11 evil-word", "12 evil-word"},
	{"content:\"evil-word\"; byte_test:1,>=,0x32,0;", "2 evil-word", "1 evil-word"},
	{"content:\"evil-word\"; byte_test:1,<=,0x32,0;", "2 evil-word", "3 evil-word"},
	{"content:\"evil-word\"; byte_test:1,&,0x04,0;", "4 evil-word", "3 evil-word"},
	{"content:\"evil-word\"; byte_test:1,=,1,0,bitmask 0x0f;", "1 evil-word", "2 evil-word"},
	{"content:\"evil-word\"; byte_test:4,>,1999,0,string,dec;", "2000 evil-word",
	 "1999 evil-word"},
	{"content:\"evil-word\"; byte_test:2,=,0x1f,0,string,hex;", "1f evil-word", "1e evil-word"},
	{"content:\"evil-word\"; byte_jump:1,0,relative,string,dec; content:\"x\"; within:1;",
	 "evil-word3...x", "evil-word3..x"},
	{"content:\"evil-word\"; byte_jump:1,0,relative,string,dec,multiplier 2; content:\"x\"; "
	 "within:1;",
	 "evil-word2....x", "evil-word2..x"},
	{"content:\"evil-word\"; byte_jump:1,0,relative,string,dec,post_offset 1; content:\"x\"; "
	 "within:1;",
	 "evil-word1..x", "evil-word1.x"},
	{"content:\"evil-word\"; byte_jump:1,0,relative,string,dec,align; content:\"x\"; within:1;",
	 "evil-word3....x", "evil-word3...x"},
	{"content:\"evil-word\"; byte_jump:1,0,relative,string,dec,from_beginning; content:\"l\"; "
	 "within:1;",
	 "evil-word3", "evil-word2"},
	{"http.method; content:\"POST\"; http.uri; content:\"/old-app\";",
	 "POST /old-app HTTP/1.1\r\n\r\n", "GET /old-app?POST HTTP/1.1\r\n\r\n"},
	{"http.uri; content:\"/old-app/../\";", "GET /old%2dapp/%252e./ HTTP/1.1\r\n\r\n",
	 "GET / HTTP/1.1\r\nX: /old-app/../\r\n\r\n"},
	{"content:\"/old-app\"; http_uri;", "GET /old%2dapp HTTP/1.1\r\n\r\n",
	 "GET / HTTP/1.1\r\nX: /old-app\r\n\r\n"},
	{"uricontent:\"/old-app\";", "GET /old%2dapp HTTP/1.1\r\n\r\n",
	 "GET / HTTP/1.1\r\nX: /old-app\r\n\r\n"},
	{"http.uri.raw; content:\"/old%2dapp\";", "GET /old%2dapp HTTP/1.1\r\n\r\n",
	 "GET /old-app HTTP/1.1\r\n\r\n"},
	{"http.uri; content:\"/old-app\"; urilen:8;", "GET /old-app HTTP/1.1\r\n\r\n",
	 "GET /old-app/ HTTP/1.1\r\n\r\n"},
	{"http.uri; bsize:8; content:\"/old-app\";", "GET /old%2dapp HTTP/1.1\r\n\r\n",
	 "GET /old-app/ HTTP/1.1\r\n\r\n"},
	{"http.uri; content:\"/old-app\"; endswith;", "GET /old-app HTTP/1.1\r\n\r\n",
	 "GET /old-app/ HTTP/1.1\r\n\r\n"},
	{"http.header; content:\"X-Evil-Word\";", HEAD "X-Evil-Word: 1\r\n" END,
	 "GET /X-Evil-Word HTTP/1.1\r\n\r\n"},
	{"http.user_agent; content:\"evil-tool\"; startswith;",
	 "GET / HTTP/1.1\r\nUser-Agent: evil-tool/1\r\n\r\n",
	 "GET / HTTP/1.1\r\nX-Agent: evil-tool/1\r\n\r\n"},
	{"http.host; content:\"evil-host\";", "GET / HTTP/1.1\r\nHost: EVIL-host\r\n\r\n",
	 "GET / HTTP/1.1\r\nX: evil-host\r\n\r\n"},
	{"http.cookie; content:\"evil-cookie\";", HEAD "Cookie: a=evil-cookie\r\n" END,
	 HEAD "X: a=evil-cookie\r\n" END},
	{"http.referer; content:\"evil-site\";", HEAD "Referer: http://evil-site/\r\n" END,
	 "GET /evil-site HTTP/1.1\r\n\r\n"},
	{"http.request_body; content:\"evil-word\";", "POST / HTTP/1.1\r\n\r\nan evil-word",
	 "POST / HTTP/1.1\r\nX: evil-word\r\n\r\n"},
	{"http.uri; content:\"/first\"; content:\"x\"; distance:0; http.header; "
	 "content:\"X-Evil-Word\"; "
	 "content:\"|3a 20|9\"; within:3;",
	 "GET /first/x HTTP/1.1\r\nX-Evil-Word: 9\r\n\r\n",
	 "GET /first/x HTTP/1.1\r\nX-Evil-Word: 8\r\n\r\n"},
	{"http.request_line; content:\"GET /old%2dapp HTTP/1.0\"; startswith; endswith;",
	 "GET /old%2dapp HTTP/1.0\r\n\r\n", "GET /old%2dapp HTTP/1.01\r\n\r\n"},
	{"content:\"PUT /old-app\"; http_request_line;", "PUT /old-app HTTP/1.1\r\n\r\n",
	 "GET / HTTP/1.1\r\nX: PUT /old-app\r\n\r\n"},
	{"http.uri; content:\"/old-app\"; http.protocol; content:\"HTTP/1.0\"; bsize:8;",
	 "GET /old-app HTTP/1.0\r\nX: 1\r\n\r\n", "GET /old-app HTTP/1.1\r\nX: HTTP/1.0\r\n\r\n"},
	{"http.start; content:\"GET /old-app HTTP/1.1|0d 0a|X-First: 1|0d 0a|\"; startswith;",
	 "GET /old-app HTTP/1.1\r\nX-First: 1\r\n\r\n",
	 "GET /old-app HTTP/1.1\r\nY: 1\r\nX-First: 1\r\n\r\n"},
	{"http.header_names; content:\"|0d 0a|X-Evil-Word|0d 0a|\";", HEAD "X-Evil-Word: 1\r\n" END,
	 HEAD "X-Other: X-Evil-Word\r\n" END},
	{"http.header_names; content:\"|0d 0a|Host|0d 0a|User-Agent|0d 0a|X-Evil-Word|0d 0a 0d "
	 "0a|\"; "
	 "startswith; endswith;",
	 HEAD "X-Evil-Word: 1\r\n" END, HEAD "X-Evil-Word: 1\r\nZ: 1\r\n" END},
	{"http.uri; content:\"/old-app\"; http.header_names; content:!\"|0d 0a|Referer|0d 0a|\";",
	 "GET /old-app HTTP/1.1\r\nX: 1\r\n Referer: 2\r\n\r\n",
	 "GET /old-app HTTP/1.1\nReferer: 1\nX: 1\n\n"},
	{"content:\"evil-word\"; isdataat:3,relative;", "evil-word123", "123evil-word12"},
	{"content:\"evil-word\"; isdataat:!3,relative;", "123evil-word12", "evil-word123"},
	{"content:\"evil-word\"; isdataat:!12;", "evil-word123", "evil-word1234"},
	{"content:\"evil-word\"; flags:PA;", "evil-word", "evil_word"},
	{"content:\"evil-word\"; flags:*SP; flags:!S; flags:+A,12;", "evil-word", "evil_word"},
	{"content:\"() {\"; http_header;", HEAD "X: () { :;}\r\n" END, HEAD "X: ( ) { :;}\r\n" END},
	{"http.uri; content:\"/old-app\"; http.content_type; content:\"application/json\"; "
	 "startswith;",
	 "POST /old-app HTTP/1.1\r\nContent-Type: application/json\r\n\r\n",
	 "POST /old-app HTTP/1.1\r\nContent-Type: text/application/json\r\n\r\n"},
	{"http.uri; content:\"/old-app\"; http.content_type; content:\"application/json\"; "
	 "startswith;",
	 "POST /old-app HTTP/1.1\r\na: b\r\ncontent-type:	application/json; x\r\n\r\n",
	 "POST /old-app HTTP/1.1\r\nX-Content-Type: application/json\r\n\r\n"},
	{"http.uri; content:\"/old-app\"; http.content_type; content:\"application/json\"; "
	 "startswith; endswith;",
	 "POST /old-app HTTP/1.1\r\nContent-Type: application/json \r\n\r\n",
	 "POST /old-app HTTP/1.1\r\nContent-Type: application/json; x\r\n\r\n"},
	{"http.uri; content:\"/old-app\"; http.content_type; content:\"text\"; nocase; offset:2; "
	 "depth:6;",
	 "POST /old-app HTTP/1.1\r\nContent-Type: 1234TEXT\r\n\r\n",
	 "POST /old-app HTTP/1.1\r\nContent-Type: 12345TEXT\r\n\r\n"},
	{"http.uri; content:\"/old-app\"; http.content_type; content:\"multipart/\"; startswith; "
	 "content:\"boundary=\"; distance:4; within:9;",
	 "POST /old-app HTTP/1.1\r\nContent-Type: multipart/1234boundary=x\r\n\r\n",
	 "POST /old-app HTTP/1.1\r\nContent-Type: multipart/12345boundary=x\r\n\r\n"},
	{"http.uri; content:\"/old-app\"; http.content_type; content:!\"json\";",
	 "POST /old-app HTTP/1.1\r\nContent-Type: text/html\r\n\r\n",
	 "POST /old-app HTTP/1.1\r\nContent-Type: text/json\r\n\r\n"},
	{"http.uri; content:\"/old-app\"; http.content_type; content:!\"json\";",
	 "POST /old-app HTTP/1.1\r\nContent-Type: text/html\r\nX: json\r\n\r\n",
	 "POST /old-app HTTP/1.1\r\nX: text/html\r\n\r\n"},
	{"http.uri; content:\"/old-app\"; content:!\"json\"; http_content_type;",
	 "POST /old-app HTTP/1.1\r\nContent-Type: text/html\r\n\r\n",
	 "POST /old-app HTTP/1.1\r\nContent-Type: text/json\r\n\r\n"},
	{"http.uri; content:\"/old-app\"; http.content_type; bsize:9;",
	 "POST /old-app HTTP/1.1\r\nContent-Type: text/html \r\n\r\n",
	 "POST /old-app HTTP/1.1\r\nContent-Type: text/htmlx\r\n\r\n"},
	{"http.uri; content:\"/old-app\"; http.content_type; bsize:<9;",
	 "POST /old-app HTTP/1.1\r\nContent-Type: text/htm\r\n\r\n",
	 "POST /old-app HTTP/1.1\r\nContent-Type: text/html\r\n\r\n"},
	{"http.uri; content:\"/old-app\"; http.content_type; bsize:>9;",
	 "POST /old-app HTTP/1.1\r\nContent-Type: text/html5\r\n\r\n",
	 "POST /old-app HTTP/1.1\r\nContent-Type: text/html\r\n\r\n"},
	{"http.uri; content:\"/old-app\"; http.content_len; byte_test:0,>,4000,0,string,dec;",
	 "POST /old-app HTTP/1.1\r\nContent-Length: 04001\r\n\r\n",
	 "POST /old-app HTTP/1.1\r\nContent-Length: 4000\r\n\r\n"},
	{"http.uri; content:\"/old-app\"; http.content_len; byte_test:0,>=,4000,0,string,dec;",
	 "POST /old-app HTTP/1.1\r\nContent-Length: 10000\r\n\r\n",
	 "POST /old-app HTTP/1.1\r\nContent-Length: 3999\r\n\r\n"},
	{"http.uri; content:\"/old-app\"; http.content_len; byte_test:0,<,120,0,string,dec;",
	 "POST /old-app HTTP/1.1\r\nContent-Length: 119\r\n\r\n",
	 "POST /old-app HTTP/1.1\r\nContent-Length: 120\r\n\r\n"},
	{"http.uri; content:\"/old-app\"; http.content_len; byte_test:0,<=,120,0,string,dec;",
	 "POST /old-app HTTP/1.1\r\nContent-Length: 99\r\n\r\n",
	 "POST /old-app HTTP/1.1\r\nContent-Length: 1000\r\n\r\n"},
	{"http.uri; content:\"/old-app\"; http.content_len; byte_test:0,=,120,0,string,dec;",
	 "POST /old-app HTTP/1.1\r\nContent-Length: 120\r\n\r\n",
	 "POST /old-app HTTP/1.1\r\nContent-Length: 1200\r\n\r\n"},
	{"http.uri; content:\"/old-app\"; "
	 "app-layer-event:http.invalid_transfer_encoding_value_in_request;",
	 "POST /old-app HTTP/1.1\r\nTransfer-Encoding: chunk\r\n\r\n",
	 "POST /old-app HTTP/1.1\r\nTransfer-Encoding: gzip, Chunked\r\n\r\n"},
	{"content:\"evil-word\"; byte_extract:1,0,len,relative; byte_test:1,>,len,2,relative;",
	 "evil-word2.3", "evil-word2.2"},
	{"content:\"evil-word\"; byte_extract:2,0,len; byte_test:2,!=,len,2;", "1213 evil-word",
	 "1212 evil-word"},
	{"content:\"evil-word\"; byte_extract:2,0,len,string,dec; byte_test:2,<=,len,2,string,dec;",
	 "1212 evil-word", "1213 evil-word"},
	{"content:\"evil-word\"; byte_extract:1,0,len; byte_test:1,>=,len,1;", "22 evil-word",
	 "21 evil-word"},
	{"http.uri; content:\"/old-app\"; http.request_body; content:\"data=\"; "
	 "base64_decode:offset 0,relative; base64_data; content:\"evil-word\";",
	 "POST /old-app HTTP/1.1\r\nContent-Type: text/plain\r\n\r\ndata=ZXZpbC13b3JkIQ==",
	 "POST /old-app HTTP/1.1\r\nContent-Type: text/plain\r\n\r\ndata=ZXZpbC14b3JkIQ=="},
	{"http.uri; content:\"/old-app\"; http.request_body; content:\"data=\"; "
	 "base64_decode:offset 0,relative; base64_data; content:\"evil-word\";",
	 "POST /old-app HTTP/1.1\r\nContent-Type: text/plain\r\n\r\ndata=MWV2aWwtd29yZCE=",
	 "POST /old-app HTTP/1.1\r\nContent-Type: text/plain\r\n\r\ndata=MWV2aWwteG9yZCE="},
	{"http.uri; content:\"/old-app\"; http.request_body; content:\"data=\"; "
	 "base64_decode:offset 0,relative; base64_data; content:\"evil-word\";",
	 "POST /old-app HTTP/1.1\r\nContent-Type: text/plain\r\n\r\ndata=MTJldmlsLXdvcmQh",
	 "POST /old-app HTTP/1.1\r\nContent-Type: text/plain\r\n\r\ndata=MTJldmlsLXhvcmQh"},
	{"http.uri; content:\"/old-app\"; http.request_body; content:\"data=\"; "
	 "base64_decode:offset 0,relative; base64_data; content:\"evil-word\";",
	 "POST /old-app HTTP/1.1\r\nContent-Type: text/plain\r\n\r\ndata=MTIzZXZpbC13b3JkIQ==",
	 "POST /old-app HTTP/1.1\r\nContent-Type: text/plain\r\n\r\ndata=MTIzZXZpbC14b3JkIQ=="},
	{"http.uri; content:\"/old-app\"; http.request_body; content:\"data=\"; "
	 "base64_decode:offset 0,relative; base64_data; content:\"EVIL-word\"; nocase;",
	 "POST /old-app HTTP/1.1\r\nContent-Type: text/plain\r\n\r\ndata=eEV2aUwtV09SRA==",
	 "POST /old-app HTTP/1.1\r\nContent-Type: text/plain\r\n\r\ndata=eEV2aUxfV09SRA=="},
	{"http.uri; content:\"/old-app\"; http.request_body; content:\"data=\"; "
	 "base64_decode:offset 0,relative; base64_data; content:\"evil\"; startswith;",
	 "POST /old-app HTTP/1.1\r\nContent-Type: text/plain\r\n\r\ndata=ZXZpbC13b3Jk",
	 "POST /old-app HTTP/1.1\r\nContent-Type: text/plain\r\n\r\ndata=MWV2aWwtd29yZA=="},
	{"http.uri; content:\"/old-app\"; http.request_body; content:\"data=\"; "
	 "base64_decode:offset 0,relative; base64_data; content:\"evil\"; offset:2; depth:6;",
	 "POST /old-app HTTP/1.1\r\nContent-Type: text/plain\r\n\r\ndata=MTIzNGV2aWw=",
	 "POST /old-app HTTP/1.1\r\nContent-Type: text/plain\r\n\r\ndata=MTIzNDVldmls"},
	{"http.uri; content:\"/old-app\"; http.request_body; content:\"data=\"; "
	 "base64_decode:offset 0,relative; base64_data; content:\"evil\"; content:\"word\"; "
	 "distance:0;",
	 "POST /old-app HTTP/1.1\r\nContent-Type: text/plain\r\n\r\ndata=ZXZpbC13b3Jk",
	 "POST /old-app HTTP/1.1\r\nContent-Type: text/plain\r\n\r\ndata=ZXZpbC0="},
	{"http.uri; content:\"/old-app\"; http.request_body; content:\"data=\"; "
	 "base64_decode:offset 0,relative; base64_data; content:!\"word\";",
	 "POST /old-app HTTP/1.1\r\nContent-Type: text/plain\r\n\r\ndata=ZXZpbC0=",
	 "POST /old-app HTTP/1.1\r\nContent-Type: text/plain\r\n\r\ndata=ZXZpbC13b3Jk"},
	{"http.uri; content:\"/old-app\"; http.request_body; content:\"data=\"; "
	 "base64_decode:offset 0,relative; base64_data; content:\"evil-word\";",
	 "POST /old-app HTTP/1.1\r\nContent-Type: text/plain\r\n\r\ndata=YW4gZXZpbC13b3Jk",
	 "POST /old-app HTTP/1.1\r\nContent-Type: text/plain\r\n\r\nx=YW4gZXZpbC13b3Jk&data="},
	{"http.request_body; content:\"data=\"; base64_decode:offset 2; base64_data; "
	 "content:\"evil-word\";",
	 "POST /old-app HTTP/1.1\r\nContent-Type: text/plain\r\n\r\nx=YW4gZXZpbC13b3Jk&data=",
	 "POST /old-app HTTP/1.1\r\nContent-Type: text/plain\r\n\r\nxx=YW4gZXZpbC13b3Jk&data="},
	{"content:\"evil-word\"; pcre:\"/word(?![a-z])/\";", "evil-word1", "evil-words"},
};

static void every_keyword_hits_and_misses(void **unused)
{
	(void)unused;
	rules_try(examples, sizeof(examples) / sizeof(examples[0]));
}

static int reason_from(uint32_t src, const char *text)
{
	struct stream t = stream_open(src, OPEN_PORT);

	return stream_say(&t, text);
}

static void addresses_are_lists_with_exceptions(void **unused)
{
	(void)unused;
	rules_load("drop tcp [203.0.113.0/24,!203.0.113.66,198.51.100.7] any -> any 80 "
		   "(msg:\"x\"; content:\"evil-word\"; sid:1;)");
	assert_int_equal(reason_from(0xcb007109, "evil-word"), SW_REASON_SIGNATURE);
	assert_int_equal(reason_from(0xc6336407, "evil-word"), SW_REASON_SIGNATURE);
	assert_int_equal(reason_from(0xcb007142, "evil-word"), SW_REASON_FLOW);
	assert_int_equal(reason_from(0xc6336408, "evil-word"), SW_REASON_FLOW);
}

static void excluded_ports_are_left_alone(void **unused)
{
	(void)unused;
	rules_load(
		"drop tcp any any -> any [70:90,!80] (msg:\"x\"; content:\"evil-word\"; sid:1;)");
	assert_false(rules_see_text("evil-word"));
	rules_load("drop tcp any any -> any !81 (msg:\"x\"; content:\"evil-word\"; sid:1;)");
	assert_true(rules_see_text("evil-word"));
}

/* The third of a source within the time, and each one after. */
static void a_filter_counts_by_source(void **unused)
{
	(void)unused;
	rules_load_options(
		"content:\"evil-word\"; detection_filter:track by_src, count 2, seconds 60;");
	assert_false(rules_see_text("evil-word"));
	assert_false(rules_see_text("evil-word"));
	assert_true(rules_see_text("evil-word"));
	assert_int_equal(reason_from(CLIENT4 + 1, "evil-word"), SW_REASON_FLOW);
}

int main(void)
{
#define CASE(f) cmocka_unit_test_setup(f, signatures_reset)
	const struct CMUnitTest tests[] = {
		CASE(every_keyword_hits_and_misses),
		CASE(addresses_are_lists_with_exceptions),
		CASE(excluded_ports_are_left_alone),
		CASE(a_filter_counts_by_source),
	};

	return cmocka_run_group_tests(tests, program_setup_payloads, program_teardown);
}
