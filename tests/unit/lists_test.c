// SPDX-License-Identifier: GPL-2.0-only
/* Published lists: the format is detected, and each line is parsed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "base/duration.h"
#include "lists/lists.h"

#define S INT64_C(1000000)

static struct sw_list list;
static struct sw_err err;
static char got[8192];

static int note(const struct sw_list_entry *entry, void *arg)
{
	char prefix[SW_PREFIX_TEXT], span[SW_DURATION_TEXT];
	size_t n = strlen(got);

	(void)arg;
	n += snprintf(got + n, sizeof(got) - n, "%s%s", n ? "|" : "",
		      sw_prefix_text(&entry->prefix, prefix));
	if (entry->ttl)
		n += snprintf(got + n, sizeof(got) - n, " %s", sw_duration_text(entry->ttl, span));
	if (*entry->comment)
		snprintf(got + n, sizeof(got) - n, " (%s)", entry->comment);
	return 0;
}

static int read_bytes(const char *text, size_t size, const char *format)
{
	char *copy = malloc(size + 1);
	int rc;

	memcpy(copy, text, size);
	copy[size] = '\0';
	got[0] = '\0';
	sw_list_free(&list);
	rc = sw_list_read(copy, size, "f", format, &list, note, NULL, &err);
	free(copy);
	return rc;
}

/* A list of that text is told to be of that format, and gives that. */
static void gives(const char *text, const char *format, const char *wanted)
{
	if (read_bytes(text, strlen(text), "auto"))
		fail_msg("%s", err.text);
	assert_string_equal(got, wanted);
	assert_string_equal(list.format, format);
	if (list.odd)
		fail_msg("%s", list.odd_text[0]);
}

static void plain_ones(void **state)
{
	(void)state;
	gives("", "plain", "");
	gives("192.0.2.1\n2001:db8::/32\n", "plain", "192.0.2.1|2001:db8::/32");
	gives("\xef\xbb\xbf# head\r\n192.0.2.1\r\n192.0.2.2 1h # why\r\n", "plain",
	      "192.0.2.1|192.0.2.2 1h (why)");
	gives("192.0.2.1\r192.0.2.2\r", "plain", "192.0.2.1|192.0.2.2");
	gives("192.0.2.7/24\n2001:db8::1/32\n", "plain", "192.0.2.0/24|2001:db8::/32");
	assert_int_equal(list.masked, 2);
	gives("192.0.2.1 // late\n// early\n192.0.2.2 ; late\n192.0.2.3;\n", "plain",
	      "192.0.2.1 (late)|192.0.2.2 (late)|192.0.2.3");
	gives("192.0.2.0/255.255.255.0\n198.51.100.0 255.255.255.128\n", "plain",
	      "192.0.2.0/24|198.51.100.0/25");
	gives("192.0.2.1,\n\"192.0.2.2\",\n'192.0.2.3'\n- 192.0.2.4\n", "plain",
	      "192.0.2.1|192.0.2.2|192.0.2.3|192.0.2.4");
	gives("deny 192.0.2.0/24;\ndeny 2001:db8::1;\nRequire not ip 192.0.3.1\n", "plain",
	      "192.0.2.0/24|2001:db8::1|192.0.3.1");
	gives("192.0.2.1\t12\n192.0.2.2\t3\n", "plain", "192.0.2.1|192.0.2.2"); /* ipsum */
	gives("192.0.2.1#4#2#Scanning Host\n", "plain", "192.0.2.1 (4#2#Scanning Host)");
}

/* Files of the wild that somebody has sorted, mailed, pasted or counted. */
static void plain_ones_of_the_wild(void **state)
{
	(void)state;
	gives("192.0.2.1\r\r\n192.0.2.2\r\r\n\x1a", "plain", "192.0.2.1|192.0.2.2");
	gives("192.0.2.1\xc2\xa0\n\xe2\x80\x8b"
	      "192.0.2.2\n",
	      "plain", "192.0.2.1|192.0.2.2");
	gives("192.0.2.1:80\n[2001:db8::1]:443\n[2001:db8::2]\n", "plain",
	      "192.0.2.1|2001:db8::1|2001:db8::2");
	gives("2001:db8::1%eth0\n2001:db8:7::%2/48\n", "plain", "2001:db8::1|2001:db8:7::/48");
	gives("192.0.2.0 /24\n198.51.100.0/ 24\n203.0.113.0 / 24\n", "plain",
	      "192.0.2.0/24|198.51.100.0/24|203.0.113.0/24");
	gives("192.0.2.*\n198.51.*.*\n203.0.113.\n", "plain",
	      "192.0.2.0/24|198.51.0.0/16|203.0.113.0/24");
	gives("192.0.2.0/0.0.0.255\n198.51.100.0 0.0.0.127\n203.0.113.9 255.255.255.255\n", "plain",
	      "192.0.2.0/24|198.51.100.0/25|203.0.113.9");
	gives("192.0.2.1,192.0.2.2,192.0.2.3\n", "plain", "192.0.2.1|192.0.2.2|192.0.2.3");
	gives("192.0.2.1 192.0.2.2 2001:db8::1/64\n", "plain", "192.0.2.1|192.0.2.2|2001:db8::/64");
	gives("192.0.2.1; 192.0.2.2; 192.0.2.3;\n", "plain", "192.0.2.1|192.0.2.2|192.0.2.3");
	gives("    12 192.0.2.1\n     3 192.0.2.2\n", "plain", "192.0.2.1|192.0.2.2");
	gives("192.0.2.1\tssh guesses\tDE\n192.0.2.2\t12\tUS\n", "plain",
	      "192.0.2.1 (ssh guesses DE)|192.0.2.2 (12 US)");
	gives("blackhole 192.0.2.0/24\nunreachable 2001:db8::/32\n", "plain",
	      "192.0.2.0/24|2001:db8::/32");
	gives("<RequireAll>\nRequire all granted\nRequire not ip 192.0.2.1\n</RequireAll>\n",
	      "plain", "192.0.2.1");
	gives("deny 192.0.2.1;\nallow 192.0.2.2;\ndeny all;\n", "plain", "192.0.2.1");
	assert_int_equal(list.skipped, 2);
	gives("::ffff:192.0.2.1\n::ffff:192.0.2.128/121\n", "plain", "192.0.2.1|192.0.2.128/25");
	gives("010.000.000.001\n", "plain", "10.0.0.1");
}

static void ranges(void **state)
{
	(void)state;
	gives("192.0.2.1-192.0.2.6\n", "plain", "192.0.2.1|192.0.2.2/31|192.0.2.4/31|192.0.2.6");
	gives("192.0.2.0 - 192.0.2.255\n", "plain", "192.0.2.0/24");
	gives("192.0.2.0 -192.0.2.1\n192.0.2.2- 192.0.2.3\n192.0.2.4 to 192.0.2.5\n"
	      "192.0.2.6-7\n192.0.2.8\xe2\x80\x93"
	      "192.0.2.9\n192.0.2.10-192.0.2.10\n",
	      "plain",
	      "192.0.2.0/31|192.0.2.2/31|192.0.2.4/31|192.0.2.6/31|192.0.2.8/31|192.0.2.10");
	gives("A: b:2001:db8::-2001:db8::ff\nC:192.0.2.0-192.0.2.1\n", "p2p",
	      "2001:db8::/120 (A: b)|192.0.2.0/31 (C)");
	gives("0.0.0.0-255.255.255.255\n", "plain", "0.0.0.0/0");
	gives("255.255.255.254-255.255.255.255\n", "plain", "255.255.255.254/31");
	gives("2001:db8::-2001:db8::ff\n", "plain", "2001:db8::/120");
	gives("::-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff\n", "plain", "::/0");
	gives("Some Org, Inc:192.0.2.0-192.0.2.3\nOther (x): 192.0.2.9-192.0.2.9\n", "p2p",
	      "192.0.2.0/30 (Some Org, Inc)|192.0.2.9 (Other (x))");
	gives("192.000.002.000 - 192.000.002.003 , 100 , Some Org\n"
	      "192.0.2.9 - 192.0.2.9 , 200 , let through\n",
	      "ipfilter", "192.0.2.0/30 (Some Org)");
	assert_int_equal(list.skipped, 1);
}

static void firewalls(void **state)
{
	(void)state;
	gives("create bad hash:net family inet timeout 0\n"
	      "add bad 192.0.2.0/24 timeout 600 comment \"two words\"\n"
	      "add bad 192.0.2.9,tcp:80\nadd bad 198.51.100.1-198.51.100.2\n"
	      "add bad 192.0.3.0/24 nomatch\n",
	      "ipset", "192.0.2.0/24 10m (two words)|192.0.2.9|198.51.100.1|198.51.100.2");
	gives("add bad 192.0.2.1 timeout 99999999999999999999\nadd bad 192.0.2.2 timeout -5\n",
	      "ipset", "192.0.2.1 24d20h|192.0.2.2");
	gives("# Generated by iptables-save\n*filter\n:INPUT ACCEPT [0:0]\n"
	      "-A INPUT -s 192.0.2.1/32 -j DROP\n"
	      "-A INPUT -i eth0 -s 198.51.100.0/24 -j REJECT --reject-with icmp-port-unreachable\n"
	      "-A INPUT -s 192.0.2.2/32 -p tcp -m tcp --dport 22 -j DROP\n"
	      "-A INPUT ! -s 192.0.2.3/32 -j DROP\n-A INPUT -s 192.0.2.4/32 -j ACCEPT\n"
	      "-A INPUT -m iprange --src-range 192.0.2.8-192.0.2.9 -j DROP\nCOMMIT\n",
	      "iptables", "192.0.2.1|198.51.100.0/24|192.0.2.8/31");
	assert_int_equal(list.skipped, 3);
	gives("table inet filter {\n\tset bad {\n\t\ttype ipv4_addr\n\t\tflags interval,timeout\n"
	      "\t\telements = { 192.0.2.1 timeout 1h expires 59m3s120ms,\n"
	      "\t\t\t     198.51.100.0/24, 192.0.2.8-192.0.2.9 comment \"a, b\" }\n\t}\n"
	      "\tchain input {\n\t\ttype filter hook input priority 0;\n\t}\n}\n",
	      "nft", "192.0.2.1 59m3s|198.51.100.0/24|192.0.2.8/31 (a, b)");
	gives("add element inet filter bad { 192.0.2.1, 192.0.2.2 }\n", "nft",
	      "192.0.2.1|192.0.2.2");
}

/* A set of those who are let through is no list of whom to block. */
static void firewalls_that_let_through(void **state)
{
	(void)state;
	gives("create whitelist hash:ip\nadd whitelist 192.0.2.1\nadd bad 192.0.2.2\n", "ipset",
	      "192.0.2.2");
	assert_int_equal(list.skipped, 1);
	gives("table ip filter {\n\tset trusted {\n\t\ttype ipv4_addr\n"
	      "\t\telements = { 192.0.2.1,\n\t\t\t192.0.2.2 }\n\t}\n"
	      "\tset bad {\n\t\ttype ipv4_addr\n\t\telements = { 192.0.2.3 }\n\t}\n}\n",
	      "nft", "192.0.2.3");
	assert_int_equal(list.skipped, 2);
	gives("define ALLOWED = { 192.0.2.1 }\ndefine BAD = { 192.0.2.2 }\n", "nft", "192.0.2.2");
	gives("iptables -A INPUT -s 192.0.2.1,192.0.2.2 -j DROP\n"
	      "iptables -I INPUT --source 192.0.2.3 -j REJECT\n",
	      "iptables", "192.0.2.1|192.0.2.2|192.0.2.3");
}

/* Only what a map drops is blocked: the others are accepted, counted or translated. */
static void maps_of_nft(void **state)
{
	(void)state;
	gives("table ip f {\n\tmap m {\n\t\ttype ipv4_addr : verdict\n"
	      "\t\telements = { 192.0.2.1 : accept, 192.0.2.2 : drop,\n"
	      "\t\t\t     192.0.2.3 timeout 1h expires 59m : drop,\n"
	      "\t\t\t     192.0.2.4 timeout 1h expires 59m : accept,\n"
	      "\t\t\t     192.0.2.5 counter packets 0 bytes 0 : jump known,\n"
	      "\t\t\t     192.0.2.6 comment \"a : drop\" : accept,\n"
	      "\t\t\t     192.0.2.7 comment \"a : b\" : drop,\n"
	      "\t\t\t     192.0.2.8-192.0.2.9 : continue }\n\t}\n}\n",
	      "nft", "192.0.2.2|192.0.2.3 59m|192.0.2.7 (a : b)");
	assert_int_equal(list.skipped, 5);
	gives("table ip6 f {\n\tset trusted {\n\t\ttype ipv6_addr\n"
	      "\t\telements = { 2001:db8::9 }\n\t}\n\tmap m {\n"
	      "\t\telements = { 2001:db8::1 : accept, 2001:db8:7::/48 : drop,\n"
	      "\t\t\t     2001:db8::2 comment \"::1 : x\" : accept }\n\t}\n"
	      "\tmap nat {\n\t\ttype inet_service : ipv6_addr\n"
	      "\t\telements = { 80 : fd00::1, 443 : fd00::2 }\n\t}\n}\n",
	      "nft", "2001:db8:7::/48");
	assert_int_equal(list.skipped, 5);
	gives("add element ip nat hosts { 192.0.2.1 : 10.0.0.1, 192.0.2.2:10.0.0.2,\n"
	      "192.0.2.3:8080, 192.0.2.4 :accept, 192.0.2.5: accept, 192.0.2.6:drop }\n"
	      "add map ip f m { type ipv4_addr : verdict; elements = { 192.0.2.7 : drop } }\n",
	      "nft", "192.0.2.6|192.0.2.7");
	gives("add element ip f m { 192.0.2.1 . 22 : drop, 192.0.2.2 . 22 : accept }\n", "nft", "");
	gives("{\"nftables\":[{\"map\":{\"name\":\"m\",\"type\":\"ipv4_addr\",\"map\":\"verdict\","
	      "\"elem\":[[\"192.0.2.1\",{\"accept\":null}],[\"192.0.2.2\",{\"drop\":null}],"
	      "[{\"elem\":{\"val\":\"192.0.2.3\",\"timeout\":60}},{\"drop\":null}],"
	      "[{\"prefix\":{\"addr\":\"198.51.100.0\",\"len\":24}},{\"jump\":{\"target\":\"x\"}}]]"
	      "}},"
	      "{\"map\":{\"name\":\"nat\",\"type\":\"ipv4_addr\",\"map\":\"ipv4_addr\","
	      "\"elem\":[[\"192.0.2.4\",\"10.0.0.4\"],[\"192.0.2.5\","
	      "{\"concat\":[\"10.0.0.5\",80]}]]}},"
	      "{\"set\":{\"name\":\"bad\",\"elem\":[\"192.0.2.9\"]}}]}",
	      "json", "192.0.2.2|192.0.2.3|192.0.2.9");
	assert_int_equal(list.skipped, 4);
}

static void daemons(void **state)
{
	char text[256], then[64];
	time_t at = time(NULL) + 3600;

	(void)state;
	strftime(then, sizeof(then), "%F %T", localtime(&at));
	gives("# /etc/hosts.deny\nALL: 192.0.2.1\nsshd : [2001:db8::]/32 , 198.51.100. EXCEPT "
	      "198.51.100.7\nALL: 192.0.2.9: DENY\nsshd: bad.example\n",
	      "hosts.deny", "192.0.2.1|2001:db8::/32|198.51.100.0/24|192.0.2.9");
	assert_int_equal(list.skipped, 1);
	snprintf(text, sizeof(text),
		 "192.0.2.1 \t2026-01-01 10:00:00 + 600 = %s\n"
		 "192.0.2.2 \t2020-01-01 10:00:00 + 600 = 2020-01-01 10:10:00\n",
		 then);
	assert_int_equal(read_bytes(text, strlen(text), "auto"), 0);
	assert_string_equal(list.format, "fail2ban");
	assert_int_equal(list.entries, 1);
	assert_int_equal(list.skipped, 1);
	gives("192.0.2.1 \t2026-01-01 10:00:00 + -1 = 9999-12-31 23:59:59\n", "fail2ban",
	      "192.0.2.1 permanent");
}

static void publishers(void **state)
{
	(void)state;
	gives("; Spamhaus DROP List\n192.0.2.0/24 ; SBL1\n198.51.100.0/24 ; SBL2\n", "drop",
	      "192.0.2.0/24 (SBL1)|198.51.100.0/24 (SBL2)");
	gives("# DShield\nStart\tEnd\tNetmask\tAttacks\tName\n"
	      "192.0.2.0\t192.0.2.255\t24\t3141\tSome Org\tUS\tabuse@example\n",
	      "dshield", "192.0.2.0/24 (dshield)");
	gives("ExitNode 0011BD\nPublished 2026-11-26 01:02:03\nLastStatus 2026-11-27 01:00:00\n"
	      "ExitAddress 192.0.2.1 2026-11-27 01:02:03\n",
	      "tor", "192.0.2.1 (tor exit)");
	gives("################\n# Feodo Tracker\n################\n#\n"
	      "# first_seen_utc,dst_ip,dst_port,c2_status,last_online,malware\n"
	      "\"2026-01-01 01:02:03\",\"192.0.2.1\",\"443\",\"online\",\"2026-11-27\",\"Dridex\"\n"
	      "# END 1 entries\n",
	      "csv", "192.0.2.1 (Dridex)");
	gives("\"first_seen_utc\",\"dst_ip\",\"dst_port\"\n\"2026-01-01\",\"192.0.2.1\",\"443\"\n",
	      "csv", "192.0.2.1");
	gives("# Firstseen,DstIP,DstPort\n2026-01-01 01:02:03,192.0.2.1,443\n", "csv", "192.0.2.1");
	gives("id,source,ip,reason,action,expiration,simulated\n"
	      "1,crowdsec,Ip:192.0.2.1,ssh-bf,ban,3h59m58.7s,false\n"
	      "2,crowdsec,Ip:192.0.2.2,ssh-bf,captcha,4h,false\n"
	      "3,crowdsec,Ip:192.0.2.3,ssh-bf,ban,-1h,false\n",
	      "cscli", "192.0.2.1 3h59m (ssh-bf)");
	assert_int_equal(list.skipped, 2);
	gives("192.0.2.1,scanner,2026-01-01\n192.0.2.2,scanner,2026-01-01\n", "csv",
	      "192.0.2.1|192.0.2.2");
}

static void json_ones(void **state)
{
	(void)state;
	gives("[{\"id\":1,\"source\":{\"ip\":\"192.0.2.99\",\"value\":\"192.0.2.99\"},"
	      "\"decisions\":[{\"duration\":\"3h\",\"scenario\":\"ssh-bf\",\"scope\":\"Ip\","
	      "\"type\":\"ban\",\"value\":\"192.0.2.1\"},{\"duration\":\"-3m\",\"scope\":\"Ip\","
	      "\"type\":\"ban\",\"value\":\"192.0.2.2\"}]}]\n",
	      "json", "192.0.2.1 3h (ssh-bf)");
	gives("{\"cidr\":\"192.0.2.0/24\",\"sblid\":\"SBL1\",\"rir\":\"arin\"}\n"
	      "{\"cidr\":\"198.51.100.0/24\",\"sblid\":\"SBL2\"}\n{\"type\":\"metadata\"}\n",
	      "drop", "192.0.2.0/24 (SBL1)|198.51.100.0/24 (SBL2)");
	gives("duration,origin,reason,scope,type,value\n"
	      "4h0m0s,x,\"a, \"\"b\"\"\",Ip,ban,192.0.2.1\n"
	      "4h,x,y,Country,ban,RU\n4h,x,y,Ip,captcha,192.0.2.2\n",
	      "csv", "192.0.2.1 4h (a, \"b\")");
	gives("value\r\ndead:beef::1\r\n", "csv", "dead:beef::1");
	gives("{\"prefixes\":[{\"ip_prefix\":\"192.0.2.0/24\",\"region\":\"x\"}],"
	      "\"ipv6_prefixes\":[{\"ipv6_prefix\":\"2001:db8::/32\"}]}",
	      "json", "192.0.2.0/24|2001:db8::/32");
	gives("[\"192.0.2.1\", \"192.0.2.2\"]", "json", "192.0.2.1|192.0.2.2");
	assert_int_equal(read_bytes("{\"cidr\": oops", 13, "auto"), -1);
	assert_non_null(strstr(err.text, "not JSON"));
}

/* One odd line in a long list: told, counted, the others taken. */
/* Long sets, most of whose lines are bare addresses. */
static void long_sets(void **state)
{
	(void)state;
	gives("table inet t {\n\tset bad {\n\t\ttype ipv4_addr\n\t\tflags interval\n"
	      "\t\telements = { 192.0.2.1, 192.0.2.2,\n\t\t\t     192.0.2.3, 192.0.2.4,\n"
	      "\t\t\t     192.0.2.5, 192.0.2.6,\n\t\t\t     192.0.2.7,\n\t\t\t     192.0.2.8,\n"
	      "\t\t\t     192.0.2.9 }\n\t}\n}\n",
	      "nft",
	      "192.0.2.1|192.0.2.2|192.0.2.3|192.0.2.4|192.0.2.5|192.0.2.6|192.0.2.7|192.0.2.8|"
	      "192.0.2.9");
	gives("define bad = {\n 192.0.2.1,\n 192.0.2.2,\n 192.0.2.3\n}\n", "nft",
	      "192.0.2.1|192.0.2.2|192.0.2.3");
	gives("Name: bad\nType: hash:ip\nMembers:\n192.0.2.1\n192.0.2.2\n192.0.2.3\n192.0.2.4\n"
	      "192.0.2.5\n192.0.2.6\n192.0.2.7\n",
	      "ipset", "192.0.2.1|192.0.2.2|192.0.2.3|192.0.2.4|192.0.2.5|192.0.2.6|192.0.2.7");
}

static void routers(void **state)
{
	(void)state;
	gives("# by RouterOS 7.12\n/ip firewall address-list\nadd address=192.0.2.1 list=bad\n"
	      "add address=192.0.2.0/25 comment=\"two words\" list=bad timeout=1d\n"
	      "add list=whitelist address=192.0.2.9\nadd address=192.0.2.8 disabled=yes list=bad\n"
	      ":do { add address=198.51.100.0/24 list=bad } on-error={}\n"
	      "/ipv6 firewall address-list add list=bad address=2001:db8::/32 timeout=1d03:00:00\n",
	      "routeros",
	      "192.0.2.1|192.0.2.0/25 1d (two words)|198.51.100.0/24|2001:db8::/32 1d3h");
	assert_int_equal(list.skipped, 2);
	gives("access-list 10 deny   192.0.2.0 0.0.0.255\naccess-list 10 deny host 198.51.100.1\n"
	      "access-list 101 remark deny ip host 203.0.113.9 any\n"
	      "access-list 101 deny ip 203.0.113.0 0.0.0.127 any log\n"
	      "access-list 101 deny tcp host 203.0.113.200 any eq 22\n"
	      "access-list 101 deny ip host 203.0.113.201 host 10.0.0.1\n"
	      "access-list 101 permit ip host 203.0.113.202 any\naccess-list 101 deny ip any any\n"
	      "ip route 203.0.113.240 255.255.255.240 Null0\n",
	      "cisco", "192.0.2.0/24|198.51.100.1|203.0.113.0/25|203.0.113.240/28");
	gives("ip access-list extended BLOCK\n 10 deny ip 192.0.2.0 0.0.0.255 any\n"
	      " 20 deny ip host 198.51.100.1 any\n 30 permit ip any any\n",
	      "cisco", "192.0.2.0/24|198.51.100.1");
	gives("object-group network BAD\n network-object host 192.0.2.1\n"
	      " network-object 198.51.100.0 255.255.255.0\nobject-group network TRUSTED\n"
	      " network-object host 192.0.2.9\n",
	      "cisco", "192.0.2.1|198.51.100.0/24");
	gives("ip access-list standard MGMT\n permit 198.51.100.9\n deny any\n", "cisco", "");
	gives("ip access-list standard MGMT\n permit 198.51.100.9\n permit 198.51.101.0 0.0.0.255\n"
	      " 30 permit 198.51.102.9\n remark deny 203.0.113.8\n 40 remark deny host "
	      "203.0.113.9\n"
	      " deny 192.0.2.1\n deny 192.0.2.2 log\n 70 deny 192.0.2.4 0.0.0.3\n deny any\n",
	      "cisco", "192.0.2.1|192.0.2.2|192.0.2.4/30");
	assert_int_equal(list.skipped, 4);
	gives("object-group network BAD\n description 192.0.2.99 is ours\n host 192.0.2.1\n"
	      " 198.51.100.0 255.255.255.0\n range 192.0.2.8 192.0.2.9\n 10 host 192.0.2.2\n"
	      " 20 203.0.113.0/24\n",
	      "cisco", "192.0.2.1|198.51.100.0/24|192.0.2.8/31|192.0.2.2|203.0.113.0/24");
	gives("set policy-options prefix-list bad 192.0.2.0/24\n"
	      "set policy-options prefix-list trusted 10.0.0.0/8\n"
	      "set firewall group address-group BAD address '192.0.2.1'\n",
	      "junos", "192.0.2.0/24|192.0.2.1");
	gives("$TTL 2h\n@ IN SOA localhost. root.localhost. (2 2 2 2 2)\n"
	      "32.1.2.0.192.rpz-ip CNAME .\n24.0.100.51.198.rpz-client-ip CNAME rpz-drop.\n"
	      "48.zz.1.db8.2001.rpz-ip CNAME .\n128.1.zz.db8.2001.rpz-ip CNAME .\n"
	      "32.9.2.0.192.rpz-ip CNAME rpz-passthru.\nbad.example CNAME .\n",
	      "rpz", "192.0.2.1|198.51.100.0/24|2001:db8:1::/48|2001:db8::1");
	assert_int_equal(list.skipped, 2);
}

/* Named blocks of configurations: a name can say that its addresses are let through. */
static void named_blocks(void **state)
{
	(void)state;
	gives("acl \"trusted\" {\n\t192.0.2.1;\n\t198.51.100.0/24;\n\t!192.0.2.2;\n};\n"
	      "acl bad {\n\t192.0.2.3;\n\t203.0.113.0/24;\n};\n",
	      "blocks", "192.0.2.3|203.0.113.0/24");
	assert_int_equal(list.skipped, 3);
	gives("table <whitelist> persist {\n192.0.2.1\n2001:db8::1\n}\n192.0.2.2\n192.0.2.3\n",
	      "blocks", "192.0.2.2|192.0.2.3");
	assert_int_equal(list.skipped, 2);
	gives("acl bogus { 192.0.2.0/24; !192.0.2.9; localhost; 2001:db8:7::/48; }; // all\n"
	      "options { blackhole { 198.51.100.1; }; listen-on { 192.0.2.7; }; };\n",
	      "blocks", "192.0.2.0/24|2001:db8:7::/48|198.51.100.1");
	gives("table <bad> persist { 192.0.2.1, 192.0.2.2, !192.0.2.3, 198.51.100.0/24 }\n"
	      "table <worse> { 203.0.113.1 203.0.113.2 !203.0.113.3 }\n"
	      "block in quick on egress from <bad> to any\npass from 192.0.2.77 to any\n",
	      "blocks", "192.0.2.1|192.0.2.2|198.51.100.0/24|203.0.113.1|203.0.113.2");
	gives("# of nginx\ngeo $bad {\n  ranges;\n  default 0;\n  192.0.2.1-192.0.2.2 1; # why\n"
	      "  198.51.100.0/24 0;\n  2001:db8:5::/48 1;\n  203.0.113.0/24 DE;\n"
	      "  \"203.0.113.9\" \"deny\";\n}\n",
	      "blocks", "192.0.2.1|192.0.2.2|2001:db8:5::/48|203.0.113.9");
	gives("map $remote_addr $bad { default 0; 192.0.2.1 1; 192.0.2.2 no; }\n", "blocks",
	      "192.0.2.1");
}

/* Access rules name addresses; what becomes of them is said elsewhere. */
static void access_rules(void **state)
{
	(void)state;
	gives("# of Squid\nacl localnet src 10.0.0.0/8\nacl bad src 192.0.2.1/32 "
	      "192.0.2.8-192.0.2.9/32 # x\n"
	      "acl bad src 198.51.100.0/255.255.255.0 2001:db8::/48\nacl office src "
	      "203.0.113.0/24\n"
	      "acl bad src \"/etc/squid/more\"\nacl SSL_ports port 443\nhttp_access deny bad\n"
	      "http_access allow localnet\nhttp_access allow office !bad2\nhttp_access deny all\n",
	      "squid", "192.0.2.1|192.0.2.8/31|198.51.100.0/24|2001:db8::/48");
	assert_int_equal(list.skipped, 3);
	gives("acl bots src 192.0.2.1\nacl bots src 192.0.2.2\n", "squid", "192.0.2.1|192.0.2.2");
	gives("acl trusted src 192.0.2.1\nacl bots src 192.0.2.2\n", "squid", "192.0.2.2");
	gives("acl lan src 203.0.113.0/24\nacl bad src 192.0.2.1\nhttp_access deny !lan\n"
	      "http_access deny bad\nhttp_access allow all\n",
	      "squid", "192.0.2.1");
	gives("acl peers src 203.0.113.0/24\nacl bad src 192.0.2.1\nicp_access allow peers\n",
	      "squid", "192.0.2.1");

	gives("example.org {\n\t@bad remote_ip 192.0.2.1 198.51.100.0/24\n\tabort @bad\n"
	      "\t@staff remote_ip 203.0.113.0/24 private_ranges\n\treverse_proxy @staff app:80\n"
	      "\t@worse {\n\t\tclient_ip 2001:db8::/32\n\t}\n\trespond @worse 403\n}\n",
	      "caddy", "192.0.2.1|198.51.100.0/24|2001:db8::/32");
	gives("@outside not remote_ip 192.0.2.0/24\nabort @outside\n", "caddy", "");
	gives("remote_ip 192.0.2.1\nremote_ip 192.0.2.2/31\n", "caddy", "192.0.2.1|192.0.2.2/31");
}

#define WINDOWS_RULE(enabled, dir, remote, port, action)                             \
	"\r\nRule Name:                            Some rule\r\n"                    \
	"----------------------------------------------------------------------\r\n" \
	"Enabled:                              " enabled "\r\n"                      \
	"Direction:                            " dir "\r\n"                          \
	"Profiles:                             Domain,Private,Public\r\n"            \
	"Grouping:                             \r\n"                                 \
	"LocalIP:                              Any\r\n"                              \
	"RemoteIP:                             " remote "\r\n"                       \
	"Protocol:                             TCP\r\n"                              \
	"LocalPort:                            " port "\r\n"                         \
	"RemotePort:                           Any\r\n"                              \
	"Edge traversal:                       No\r\n"                               \
	"Action:                               " action "\r\n"

static void windows_rules(void **state)
{
	(void)state;
	gives(WINDOWS_RULE("Yes", "In", "192.0.2.1/32,198.51.100.0/24,203.0.113.1-203.0.113.2",
			   "Any", "Block") WINDOWS_RULE("Yes", "In", "192.0.2.2/32", "Any", "Allow")
		      WINDOWS_RULE("No", "In", "192.0.2.3/32", "Any", "Block")
			      WINDOWS_RULE("Yes", "Out", "192.0.2.4/32", "Any", "Block")
				      WINDOWS_RULE("Yes", "In", "192.0.2.5/32", "3389", "Block")
					      WINDOWS_RULE("Yes", "In", "LocalSubnet", "Any",
							   "Block") "Ok.\r\n",
	      "windows", "192.0.2.1|198.51.100.0/24|203.0.113.1|203.0.113.2");
	assert_int_equal(list.skipped, 5);
	gives("netsh advfirewall firewall add rule name=\"bad ones\" dir=in action=block "
	      "remoteip=192.0.2.1,198.51.100.0/255.255.255.0\n"
	      "netsh advfirewall firewall add rule name=web dir=in action=allow "
	      "remoteip=192.0.2.2\n"
	      "netsh advfirewall firewall add rule name=o dir=out action=block "
	      "remoteip=192.0.2.3\n",
	      "windows", "192.0.2.1|198.51.100.0/24");
	gives("New-NetFirewallRule -DisplayName b -Direction Inbound -RemoteAddress 192.0.2.1, "
	      "192.0.2.2 -Action Block\n",
	      "windows", "192.0.2.1|192.0.2.2");
}

/* What is printed for people, and read by those who paste it. */
static void printed_ones(void **state)
{
	(void)state;
	gives("Name: bad\nType: hash:net\nHeader: family inet timeout 3600\nReferences: 0\n"
	      "Members:\n192.0.2.0/24 timeout 300\n198.51.100.1 timeout 20 comment \"x\"\n\n"
	      "Name: whitelist\nType: hash:ip\nMembers:\n192.0.2.9\n",
	      "ipset", "192.0.2.0/24 5m|198.51.100.1 20s (x)");
	assert_int_equal(list.skipped, 1);
	gives("Chain INPUT (policy ACCEPT)\ntarget     prot opt source       destination\n"
	      "DROP       all  --  192.0.2.1    0.0.0.0/0\n"
	      "ACCEPT     all  --  192.0.2.2    0.0.0.0/0\n"
	      "REJECT     all  --  192.0.2.3    anywhere     reject-with icmp-port-unreachable\n"
	      "DROP       tcp  --  192.0.2.4    0.0.0.0/0    tcp dpt:22\n"
	      "DROP       all  --  0.0.0.0/0    192.0.2.5\n"
	      "DROP       all  --  !192.0.2.6   0.0.0.0/0\n",
	      "iptables", "192.0.2.1|192.0.2.3");
	gives("Chain INPUT (policy ACCEPT 12 packets, 720 bytes)\n"
	      " pkts bytes target prot opt in  out source destination\n"
	      "   12   720 DROP   all  --  *  *  192.0.2.1 0.0.0.0/0\n"
	      "    0     0 DROP   all      eth0 * 2001:db8::/32 ::/0\n",
	      "iptables", "192.0.2.1|2001:db8::/32");
	gives("Status: active\n\nTo          Action      From\n--          ------      ----\n"
	      "Anywhere    DENY        192.0.2.1\n22/tcp      ALLOW       192.0.2.2\n"
	      "[ 3] Anywhere    DENY IN     192.0.2.3      # ssh\n"
	      "Anywhere    REJECT      192.0.2.4\n22/tcp      DENY        192.0.2.5\n"
	      "Anywhere (v6)    DENY    2001:db8::/32\n80    DENY    Anywhere\n",
	      "ufw", "192.0.2.1|192.0.2.3 (ssh)|192.0.2.4|2001:db8::/32");
	gives("Status for the jail: sshd\n|- Filter\n|  |- Currently failed: 1\n"
	      "|  `- File list:        /var/log/auth.log\n`- Actions\n   |- Currently banned: 2\n"
	      "   |- Total banned:     3\n   `- Banned IP list:   192.0.2.1 2001:db8::1\n",
	      "fail2ban", "192.0.2.1|2001:db8::1");
	gives("[{'sshd': ['192.0.2.1', '192.0.2.2']}, {'nginx': []}]\n", "fail2ban",
	      "192.0.2.1|192.0.2.2");
	read_bytes("192.0.2.1 192.0.2.2\n", 20, "fail2ban");
	assert_string_equal(got, "192.0.2.1|192.0.2.2");
	gives("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<ipset type=\"hash:net\">\n"
	      "  <entry>192.0.2.0/24</entry>\n  <entry>2001:db8::/32</entry>\n</ipset>\n",
	      "xml", "192.0.2.0/24|2001:db8::/32");
	gives("<ipsets>\n<ipset name=\"bad\"><members><member><elem>192.0.2.1</elem></member>"
	      "<member><elem>192.0.2.2</elem></member></members></ipset>\n"
	      "<ipset name=\"allowed\"><members><member><elem>192.0.2.9</elem></member></members>"
	      "</ipset>\n</ipsets>\n",
	      "xml", "192.0.2.1|192.0.2.2");
}

/* An address that its list lets through is not blocked, whatever the format. */
static void those_let_through(void **state)
{
	(void)state;
	gives("sshd: 192.0.2.1 : ALLOW\nALL: 192.0.2.2 : DENY\nALL: 192.0.2.3\n", "hosts.deny",
	      "192.0.2.2|192.0.2.3");
	gives("Connect:192.0.2.1 OK\nConnect:192.0.2.2 REJECT\n", "hosts.deny", "192.0.2.2");
	gives("access-control: 192.0.2.0/25 allow\naccess-control: 192.0.2.128/25 deny\n",
	      "hosts.deny", "192.0.2.128/25");
	gives("192.0.2.1 REJECT\n192.0.2.2 OK\n198.51.100.0/24\tREJECT spam\n192.0.2.3 DUNNO\n",
	      "plain", "192.0.2.1|198.51.100.0/24");
	assert_int_equal(list.skipped, 2);
	gives("192.0.2.0/24\n!192.0.2.5\n198.51.100.1\n", "plain", "192.0.2.0/24|198.51.100.1");
	gives("{\"nftables\":[{\"set\":{\"name\":\"whitelist\",\"elem\":[\"192.0.2.9\"]}},"
	      "{\"rule\":{\"expr\":[{\"match\":{\"right\":{\"set\":[\"192.0.2.8\"]}}},"
	      "{\"accept\":null}]}},{\"set\":{\"name\":\"bad\",\"elem\":[\"192.0.2.1\","
	      "{\"prefix\":{\"addr\":\"198.51.100.0\",\"len\":24}},"
	      "{\"range\":[\"192.0.2.2\",\"192.0.2.3\"]},"
	      "{\"elem\":{\"val\":\"192.0.2.4\",\"timeout\":60}}]}}]}",
	      "json", "192.0.2.1|198.51.100.0/24|192.0.2.2/31|192.0.2.4");
}

/* Two columns that are one network. */
static void columns(void **state)
{
	(void)state;
	gives("network,netmask\n192.0.2.0,255.255.255.0\n198.51.100.0,25\n", "csv",
	      "192.0.2.0/24|198.51.100.0/25");
	gives("start_ip,end_ip,country\n192.0.2.0,192.0.2.255,DE\n", "csv", "192.0.2.0/24");
	gives("Require not ip 192.0.2.1\nRequire not ip 192.0.2.2 198.51.100.0/24\n"
	      "Deny from 203.0.113\nDeny from 192.0.2.3 10.20 # why\n",
	      "plain", "192.0.2.1|192.0.2.2|198.51.100.0/24|203.0.113.0/24|192.0.2.3|10.20.0.0/16");
	gives("192.0.2.1 # Malicious Host DE,Berlin,52.5,13.4\n"
	      "192.0.2.2#4#2#Scanning Host#US#City#1,2#11\n",
	      "plain",
	      "192.0.2.1 (Malicious Host DE,Berlin,52.5,13.4)|192.0.2.2 "
	      "(4#2#Scanning Host#US#City#1,2#11)");
	gives("{\"ip_str\":\"192.0.2.1\",\"ip\":3221225985}\n"
	      "{\"type\":\"bundle\",\"objects\":[{\"pattern\":\"[ipv4-addr:value = "
	      "'192.0.2.2']\"}]}\n",
	      "json", "192.0.2.1|192.0.2.2");
}

static void odd_lines(void **state)
{
	static const char *const odd[] = {"100.70.42.3254.174.140.22",
					  "942.180.2.1",
					  "2001:41d0",
					  "bad.example",
					  "192.0.2.9-192.0.2.1",
					  "192.0.2.1/33",
					  "192.0.2.1,192.0.2.9",
					  "192.0.2.1 192.0.2.9",
					  "192.0.2.1-2001:db8::1",
					  "010.1.2.3",
					  "0x7f.1.2.3",
					  "0xC0000201",
					  "3221225985",
					  "192.0.2.0/0.0.0.0",
					  "192.0.2.0/255.0.255.0",
					  "192.0.2.1.",
					  "192.*.2.1",
					  "192.0.2.9-3",
					  "2001:db8::1%",
					  "192.0.2.1 ssh guesses",
					  "192.0.2.1 1h and more"};
	char text[512];

	(void)state;
	for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++) {
		snprintf(text, sizeof(text), "192.0.2.1\n192.0.2.2\n%s\n192.0.2.3\n", odd[i]);
		assert_int_equal(read_bytes(text, strlen(text), "auto"), 0);
		assert_string_equal(got, "192.0.2.1|192.0.2.2|192.0.2.3");
		assert_int_equal(list.odd, 1);
		assert_int_equal(list.lines, 4);
		assert_non_null(strstr(list.odd_text[0], "f:3: "));
	}
	assert_int_equal(read_bytes("192.0.2.1\n192.0.\0.2\n192.0.2.3\n", 30, "auto"), 0);
	assert_string_equal(got, "192.0.2.1|192.0.2.3");
	assert_non_null(strstr(list.odd_text[0], "NUL byte"));
	assert_int_equal(read_bytes("{\"ip\":\"192.0.2.1\"}\n{\"ip\":\"192.0.\0.2\"}\n"
				    "\0\0\n{\"ip\":\"192.0.2.3\"}\n",
				    60, "auto"),
			 0);
	assert_string_equal(got, "192.0.2.1|192.0.2.3");
	assert_int_equal(list.odd, 2);
	assert_non_null(strstr(list.odd_text[0], "f:2: not JSON: NUL byte"));
	assert_non_null(strstr(list.odd_text[1], "f:3: not JSON: NUL byte"));
}

static void odd_ones_of_each_format(void **state)
{
	static const struct {
		const char *format, *text, *says;
	} odd[] = {
		{"drop", "{\"cidr\":\n", "f:1: not JSON"},
		{"drop", "{\"asn\":1}\n", "\"cidr\""},
		{"dshield", "192.0.2.0\n", "f:1: not start, end and prefix length"},
		{"csv", "192.0.2.0,192.0.2.255,DE\n", "more than one field"},
		{"dshield", "192.0.2.9\t192.0.2.1\t24\n", "ends before it begins"},
		{"dshield", "192.0.2.0\t192.0.2.127\t24\n", "does not end at 192.0.2.127"},
		{"csv", "a,b\n", "no column is named ip"},
		{"csv", "value,reason\n192.0.2.1,\"x\n", "f:2: not CSV"},
		{"csv", "value,duration\n192.0.2.1,soon\n", "invalid duration \"soon\""},
		{"iptables", "nonsense\n", "not a rule"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++) {
		read_bytes(odd[i].text, strlen(odd[i].text), odd[i].format);
		assert_int_equal(list.odd, 1);
		if (!strstr(list.odd_text[0], odd[i].says))
			fail_msg("\"%s\" does not say \"%s\"", list.odd_text[0], odd[i].says);
	}
}

static void comments_are_made_clean(void **state)
{
	char text[600];

	(void)state;
	gives("192.0.2.1 # Gr\xfc\xdf"
	      "e\n",
	      "plain", "192.0.2.1 (Grüße)");
	gives("192.0.2.1 # Grüße\n", "plain", "192.0.2.1 (Grüße)");
	gives("192.0.2.1 # a\x1b[2Jb\n", "plain", "192.0.2.1 (a [2Jb)");
	snprintf(text, sizeof(text), "192.0.2.1 # %0500d\n", 7);
	assert_int_equal(read_bytes(text, strlen(text), "auto"), 0);
	assert_int_equal(strlen(got), strlen("192.0.2.1 ()") + 255);
}

static void what_is_no_list(void **state)
{
	(void)state;
	assert_int_equal(read_bytes("\x1f\x8b\x08", 3, "auto"), -1);
	assert_non_null(strstr(err.text, "zcat"));
	assert_int_equal(read_bytes("<!DOCTYPE html><html>", 21, "auto"), -1);
	assert_non_null(strstr(err.text, "web page"));
	assert_int_equal(read_bytes("\xef\xbb\xbf\n<HTML>", 10, "auto"), -1);
	assert_non_null(strstr(err.text, "web page"));
	assert_int_equal(read_bytes("<head><title>404", 16, "auto"), -1);
	assert_non_null(strstr(err.text, "web page"));
	assert_int_equal(read_bytes("\xff\xfe\0\0"
				    "1\0\0\0",
				    8, "auto"),
			 -1);
	assert_non_null(strstr(err.text, "UTF-32"));
	assert_int_equal(read_bytes("\xff\xfe"
				    "1\0",
				    4, "auto"),
			 -1);
	assert_non_null(strstr(err.text, "UTF-16"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(plain_ones),
		cmocka_unit_test(plain_ones_of_the_wild),
		cmocka_unit_test(ranges),
		cmocka_unit_test(firewalls),
		cmocka_unit_test(firewalls_that_let_through),
		cmocka_unit_test(maps_of_nft),
		cmocka_unit_test(daemons),
		cmocka_unit_test(publishers),
		cmocka_unit_test(json_ones),
		cmocka_unit_test(long_sets),
		cmocka_unit_test(routers),
		cmocka_unit_test(named_blocks),
		cmocka_unit_test(access_rules),
		cmocka_unit_test(windows_rules),
		cmocka_unit_test(printed_ones),
		cmocka_unit_test(those_let_through),
		cmocka_unit_test(columns),
		cmocka_unit_test(odd_lines),
		cmocka_unit_test(odd_ones_of_each_format),
		cmocka_unit_test(comments_are_made_clean),
		cmocka_unit_test(what_is_no_list),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
