// SPDX-License-Identifier: GPL-2.0-only
/* The table of verbs, from which the parser, help, the manual page and completion are made;
 * subcommands.c has their subcommands. An option's value says what it takes: "a|b" lists the
 * words, capitals name a kind of value, and "..." at the end means that it may be repeated. */
#include "cli/verbs.h"

#define TTL_TEXT "how long: 90, 1h30m, 2d; -1 or permanent: no end"
#define CONFIRM_TEXT "roll back after this long unless `scanwall confirm` is run"
#define FILE_TEXT "lines ADDR[/LEN] [SPAN] [# comment]; - for standard input"

const struct sw_verb sw_verbs[] = {
	{
		.name = "attach",
		.synopsis = "IFACE... [--mode detect|enforce] [--xdp native|generic|auto] [--chain "
			    "PROG]",
		.text = "attach the program to network interfaces",
		.more = "Loads the program the first time; later it replaces the running one "
			"without a gap. The first attach on a host starts in detect mode: packets "
			"are counted, not dropped. --mode also accepts native and generic, meaning "
			"--xdp. If the interface has another XDP program, it is named and left "
			"alone.\n--chain: what passes goes on to that program, by a tail call. If "
			"it "
			"is attached to the interface itself, scanwall takes its place, and detach "
			"puts it back there.",
		.complete = "iface",
		.option =
			{
				[SW_ATTACH_MODE] = {"mode", 0, "detect|enforce|native|generic",
						    "detect only counts, enforce drops"},
				[SW_ATTACH_XDP] =
					{"xdp", 0, "native|generic|auto",
					 "where in the kernel to attach; auto tries native first"},
				[SW_ATTACH_CHAIN] = {"chain", 0, "PROG",
						     "pinned path or ID of an XDP program that "
						     "gets what passes"},
			},
		.min_operands = 1,
		.max_operands = -1,
		.needs = SW_NEEDS_LOAD,
		.audited = true,
		.undo = "scanwall detach IFACE",
		.dry_run = "says what would be attached, and in which mode",
		.ops = &sw_attach_ops,
	},
	{
		.name = "detach",
		.synopsis = "[IFACE...|--all]",
		.text = "detach the program from interfaces; --all removes it completely",
		.more = "This is the off switch: stopping `scanwall run` leaves the program "
			"attached. --all also removes the program and its maps; the record is kept "
			"and restored at the next attach.",
		.complete = "attached",
		.option =
			{
				[SW_DETACH_ALL] = {"all", 0, NULL,
						   "every interface, program and maps"},
			},
		.max_operands = -1,
		.needs = SW_NEEDS_LOAD,
		.audited = true,
		.without_record = true,
		.undo = "scanwall attach IFACE",
		.dry_run = "says what would be detached",
		.without_config = true,
		.ops = &sw_detach_ops,
	},
	{
		.name = "status",
		.synopsis = "[IFACE] [--ready]",
		.text = "what is attached, the mode, counts and guarded addresses",
		.more = "With --ready it prints one word, or what is missing: every configured "
			"interface is attached, record and maps agree, events are recorded, and "
			"the daemon answers within two seconds.",
		.complete = "attached",
		.option =
			{
				[SW_STATUS_READY] = {"ready", 0, NULL,
						     "exit 0 only if everything works, else 4"},
			},
		.max_operands = 1,
		.needs = SW_NEEDS_LOOK,
		.degrades = true,
		.without_config = true,
		.ops = &sw_status_ops,
	},
	{
		.name = "mode",
		.synopsis = "[detect|enforce] [--for SPAN | --confirm SPAN]",
		.text = "show or change whether packets are dropped",
		.more = "With --for or --confirm the change is a trial: the kernel itself reverts "
			"at the deadline, even if this terminal and the daemon are gone, unless "
			"`scanwall confirm` is run first.",
		.complete = "detect|enforce",
		.option =
			{
				[SW_MODE_FOR] = {"for", 0, "SPAN", "try it for this long"},
				[SW_MODE_CONFIRM] = {"confirm", 0, "SPAN", CONFIRM_TEXT},
			},
		.max_operands = 1,
		.needs = SW_NEEDS_LOCK,
		.audited = true,
		.dry_run = "shows what enforce would have dropped so far, and the mode that "
			   "would result",
		.without_config = true,
		.ops = &sw_mode_ops,
	},
	{
		.name = "run",
		.synopsis = "[-i IFACE]... [--events FILE] [--xdp native|generic|auto] [--tls]",
		.text = "the daemon: attach, restore, write events, keep the record",
		.more = "Stays in the foreground. SIGHUP reloads the configuration, all or "
			"nothing; SIGTERM stops the daemon and leaves the program attached.",
		.complete = "",
		.option =
			{
				[SW_RUN_INTERFACE] =
					{"interface", 'i', "IFACE...",
					 "attach to it instead of the configured ones"},
				[SW_RUN_EVENTS] = {"events", 0, "FILE",
						   "append events to it as JSON lines"},
				[SW_RUN_XDP] =
					{"xdp", 0, "native|generic|auto",
					 "where in the kernel to attach; auto tries native first"},
				[SW_RUN_TLS] = {"tls", 0, NULL,
						"also inspect what servers decrypt from TLS"},
			},
		.dry_run = "checks configuration and rules, and exits",
		.ops = &sw_run_ops,
	},
	{
		.name = "block",
		.synopsis = "ADDR[/LEN]... [--ttl SPAN] [--comment TEXT] [--origin NAME] "
			    "[--new-only] [--file FILE|-]",
		.text = "drop everything from addresses or prefixes",
		.more = "Blocks for 1h unless --ttl or the line of a file says otherwise. A claim "
			"that ends later is never shortened. Blocking twice is not an error: exit "
			"0, or 3 with --strict if there was nothing to do. Everything is checked "
			"first: with one invalid address or refusal, nothing is changed. Refused "
			"with exit 6, unless --force: prefixes that cover the allowlist or a "
			"guarded address, or are shorter than guard.min_prefix4 or "
			"guard.min_prefix6.",
		.complete = "address",
		.option =
			{
				[SW_BLOCK_TTL] = {"ttl", 0, "SPAN", TTL_TEXT},
				[SW_BLOCK_COMMENT] = {"comment", 0, "TEXT",
						      "reason, stored with the block"},
				[SW_BLOCK_ORIGIN] = {"origin", 0, "ORIGIN",
						     "who makes the claim, such as fail2ban/sshd; "
						     "default: operator"},
				[SW_BLOCK_FILE] = {"file", 0, "FILE", FILE_TEXT},
				[SW_BLOCK_NEW_ONLY] = {"new-only", 0, NULL,
						       "do not cut off open connections"},
			},
		.max_operands = -1,
		.needs = SW_NEEDS_LOCK,
		.audited = true,
		.dry_run = "asks the guards and says what would be blocked",
		.without_config = true,
		.ops = &sw_block_ops,
	},
	{
		.name = "unblock",
		.synopsis = "ADDR[/LEN]... [--origin NAME | --all-origins] [--file FILE|-]",
		.text = "remove blocks",
		.more = "Without options it removes the claims of operator and kernel. Claims of "
			"other origins stay, and it says so: the address is blocked until the last "
			"claim is gone. An address that is not blocked is not an error: exit 0, or "
			"3 with --strict.",
		.complete = "blocked",
		.option =
			{
				[SW_UNBLOCK_ORIGIN] = {"origin", 0, "ORIGIN",
						       "only this origin's claim"},
				[SW_UNBLOCK_ALL_ORIGINS] = {"all-origins", 0, NULL,
							    "the claims of every origin"},
				[SW_UNBLOCK_FILE] = {"file", 0, "FILE", FILE_TEXT},
			},
		.max_operands = -1,
		.needs = SW_NEEDS_LOCK,
		.audited = true,
		.dry_run = "says what would be unblocked",
		.without_config = true,
		.ops = &sw_unblock_ops,
	},
	{
		.name = "allow",
		.synopsis = "ADDR[/LEN]...|name:HOST...|bot:NAME... [--trust] [--ttl SPAN] "
			    "[--comment TEXT] "
			    "[--file FILE|-]",
		.text = "never block addresses or prefixes",
		.more = "Permanent unless --ttl says otherwise. An allow overrides every "
			"block, whatever its origin. A signature that drops still ends the "
			"connection it matches, unless --trust says that the address may "
			"send attacks, such as your own scanner; that stays until "
			"unallow.\nname:partner.example.org allows the addresses that the "
			"name resolves to (`scanwall names list`). bot:googlebot: when an "
			"address is blocked whose reverse name belongs to that crawler and "
			"resolves back to the address, it is allowed for a day.",
		.complete = "address",
		.option =
			{
				[SW_ALLOW_TTL] = {"ttl", 0, "SPAN", TTL_TEXT},
				[SW_ALLOW_COMMENT] = {"comment", 0,
						      "TEXT", "reason, stored with the entry"},
				[SW_ALLOW_FILE] = {"file", 0, "FILE", FILE_TEXT},
				[SW_ALLOW_TRUST] = {"trust", 0, NULL,
						    "signatures do not end its connections"},
			},
		.max_operands = -1,
		.needs = SW_NEEDS_LOCK,
		.audited = true,
		.dry_run = "says what would be allowed",
		.without_config = true,
		.ops = &sw_allow_ops,
	},
	{
		.name = "unallow",
		.synopsis = "ADDR[/LEN]...|name:HOST...|bot:NAME... [--file FILE|-]",
		.text = "remove addresses from the allowlist",
		.more = "What the configuration allows and what is guarded stays allowed.",
		.complete = "allowed",
		.option =
			{
				[SW_UNALLOW_FILE] = {"file", 0, "FILE", FILE_TEXT},
			},
		.max_operands = -1,
		.needs = SW_NEEDS_LOCK,
		.audited = true,
		.dry_run = "says what would leave the allowlist",
		.without_config = true,
		.ops = &sw_unallow_ops,
	},
	{
		.name = "list",
		.synopsis = "[blocked|allowed|watched|confined] [--origin O] [--in CIDR] "
			    "[--sort hits|expires|added] [--limit N]",
		.text = "blocked, allowed, watched or confined addresses",
		.complete = "blocked|allowed|watched|confined",
		.option =
			{
				[SW_LIST_ORIGIN] = {"origin", 0, "ORIGIN",
						    "this origin and its sub-origins"},
				[SW_LIST_IN] = {"in", 0, "CIDR", "inside this prefix"},
				[SW_LIST_SORT] = {"sort", 0, "hits|expires|added",
						  "instead of by address"},
				[SW_LIST_LIMIT] = {"limit", 0, "N", "show at most this many"},
			},
		.max_operands = 1,
		.needs = SW_NEEDS_LOOK,
		.without_config = true,
		.ops = &sw_list_ops,
	},
	{
		.name = "show",
		.synopsis = "ADDR",
		.text = "show everything known about one source",
		.complete = "blocked",
		.min_operands = 1,
		.max_operands = 1,
		.needs = SW_NEEDS_LOOK,
		.without_config = true,
		.ops = &sw_show_ops,
	},
	{
		.name = "test",
		.synopsis = "ADDR [--dport N] [--proto tcp|udp|icmp] [--sport N] [--flags SET] "
			    "[--dst ADDR] | --hex BYTES | --pcap FILE[:N] [--iface IFACE]",
		.text = "show what would happen to a packet now, and why",
		.more = "Exit 0: it would pass; 10: it, or a packet of the file, would be dropped. "
			"The loaded program answers, run over a copy of its state; the test "
			"changes "
			"nothing. --pcap without N tests each packet in turn, as if they arrived "
			"now.",
		.complete = "blocked",
		.option =
			{
				[SW_TEST_DPORT] = {"dport", 0,
						   "N", "destination port; default: 22"},
				[SW_TEST_PROTO] = {"proto", 0,
						   "tcp|udp|icmp", "protocol; default: tcp"},
				[SW_TEST_SPORT] = {"sport", 0, "N", "source port"},
				[SW_TEST_FLAGS] =
					{"flags", 0, "SET",
					 "TCP flags, such as syn,ack or none; default: syn"},
				[SW_TEST_IFACE] = {"iface", 0, "IFACE", "interface it arrives on"},
				[SW_TEST_DST] = {"dst", 0, "ADDR", "destination; default: ours"},
				[SW_TEST_HEX] = {"hex", 0,
						 "BYTES", "a whole frame, in hexadecimal"},
				[SW_TEST_PCAP] = {"pcap", 0, "FILE[:N]",
						  "packet N of a capture file; default: each"},
			},
		.max_operands = 1,
		.needs = SW_NEEDS_LOOK,
		.without_config = true,
		.ops = &sw_test_ops,
	},
	{
		.name = "monitor",
		.synopsis = "[--drops] [--reason R[,R...]] [--source ADDR[/LEN]] [--pcap FILE] "
			    "[--count N] [--rate N]",
		.text = "show packets as they are judged, with the reason of each",
		.more = "Packets that XDP drops are invisible to tcpdump; here they are. Filters "
			"are applied in the program. Of each packet up to 128 bytes are kept; with "
			"--pcap they go into a pcapng file with the reason as packet comment. One "
			"process listens at a time; while none does, this costs the packets "
			"nothing.",
		.complete = "",
		.option =
			{
				[SW_MONITOR_DROPS] = {"drops", 0, NULL,
						      "packets that are dropped, or would be"},
				[SW_MONITOR_REASON] =
					{"reason", 0,
					 "R", "packets with this reason; see stats --all"},
				[SW_MONITOR_SOURCE] = {"source", 0, "ADDR[/LEN]",
						       "packets of this source"},
				[SW_MONITOR_PCAP] =
					{"pcap", 0,
					 "FILE", "write a pcapng file; - for standard output"},
				[SW_MONITOR_COUNT] = {"count", 0,
						      "N", "stop after so many packets"},
				[SW_MONITOR_RATE] =
					{"rate", 0, "N", "packets a second; default: 1000, 0: all"},
			},
		.needs = SW_NEEDS_LOOK,
		.without_config = true,
		.ops = &sw_monitor_ops,
	},
	{
		.name = "pardon",
		.synopsis = "ADDR[/LEN]... [--for SPAN]",
		.text = "unblock, reset the score and allow for an hour",
		.more = "Removes every claim on the address, resets its score and allows it for a "
			"while, so that the next mistake does not block it again: for the customer "
			"on the phone.",
		.complete = "blocked",
		.option =
			{
				[SW_PARDON_FOR] = {"for", 0,
						   "SPAN", "how long it is allowed; default: 1h"},
			},
		.min_operands = 1,
		.max_operands = -1,
		.needs = SW_NEEDS_LOCK,
		.audited = true,
		.dry_run = "says who would be pardoned",
		.without_config = true,
		.ops = &sw_pardon_ops,
	},
	{
		.name = "setup",
		.synopsis = "[IFACE...]",
		.text = "detect what to protect, write the configuration, attach in detect mode",
		.more = "Finds the interfaces that face the outside and their XDP mode, the "
			"services of this host and their process or container, the addresses that "
			"are never blocked, and the ports without a socket here that belong in "
			"`services`. Then it asks (unless --yes), writes the configuration and "
			"attaches. A configuration that was edited is kept.",
		.complete = "iface",
		.max_operands = -1,
		.needs = SW_NEEDS_LOOK,
		.audited = true,
		.undo = "scanwall detach IFACE; the configuration stays",
		.dry_run = "only looks: writes nothing and attaches nothing",
		.ops = &sw_setup_ops,
	},
	{
		.name = "report",
		.synopsis = "[--since SPAN] [--html FILE]",
		.text = "summarize recent events: one screen, or one page with charts",
		.more = "Attacks over time, kinds, tools, ports, networks, time from first probe "
			"to detection, what would have been dropped, and what is exposed. --html "
			"writes a self-contained page without links or scripts.",
		.option =
			{
				[SW_REPORT_SINCE] = {"since", 0,
						     "SPAN", "how far back; default: 7d"},
				[SW_REPORT_HTML] = {"html", 0,
						    "FILE", "write a page; -: standard output"},
			},
		.max_operands = 0,
		.needs = SW_NEEDS_LOOK,
		.from_record = true,
		.without_config = true,
		.ops = &sw_report_ops,
	},
	{
		.name = "web",
		.synopsis = "[--listen WHERE] [--since SPAN]",
		.text = "serve the report and Prometheus metrics on loopback",
		.more = "Read only: / is the report, /metrics is for Prometheus. Only a loopback "
			"address or a UNIX socket is accepted. scanwall-web.service runs it and is "
			"off by default.",
		.option =
			{
				[SW_WEB_LISTEN] = {"listen", 0, "WHERE",
						   "127.0.0.1:PORT, [::1]:PORT or unix:PATH; "
						   "default: 127.0.0.1:9814"},
				[SW_WEB_SINCE] =
					{"since", 0,
					 "SPAN", "how far back the page looks; default: 7d"},
			},
		.max_operands = 0,
		.ops = &sw_web_ops,
	},
	{
		.name = "metrics",
		.synopsis = "[--textfile FILE]",
		.text = "print all metrics for Prometheus once",
		.more = "--textfile replaces FILE atomically, for the textfile collector of "
			"node_exporter; run it from a timer. `scanwall web` serves the same "
			"metrics.",
		.option =
			{
				[SW_METRICS_TEXTFILE] = {"textfile", 0,
							 "FILE", "write a file, NAME.prom"},
			},
		.max_operands = 0,
		.needs = SW_NEEDS_LOOK,
		.without_config = true,
		.ops = &sw_metrics_ops,
	},
	{
		.name = "notify",
		.text = "send messages about what matters",
		.more = "run delivers the daemon's messages by notify.run, notify.webhook "
			"and notify.mail, as notify.user and in the foreground; a failed "
			"delivery is retried for a day. test sends a message by each of "
			"them and reports the result. daily sends the report of the last "
			"day now. Sections notify NAME { ... } send other messages to others. "
			"notify.when lists what messages are about: proven-block, "
			"signature-block, block, would-block, distributed, spray, flood, "
			"capped, lost-events, trouble, daily.",
		.sub = sw_notify_verbs,
	},
	{
		.name = "abuse",
		.synopsis = "[ADDR] [--form csv|xarf] [--since SPAN]",
		.text = "write abuse reports about proven attackers",
		.more = "Reports only sources blocked on evidence that cannot be forged, "
			"and no private addresses. csv suits "
			"www.abuseipdb.com/bulk-report; xarf is one X-ARF 0.2 mail per "
			"address. Covers the last day unless --since says otherwise. This "
			"command sends nothing: with abuse.abuseipdb_key or abuse.xarf_to "
			"in the configuration, scanwall notify run sends reports.",
		.complete = "blocked",
		.option =
			{
				[SW_ABUSE_FORM] = {"form", 0, "csv|xarf", "default: csv"},
				[SW_ABUSE_SINCE] = {"since", 0,
						    "SPAN", "how far back; default: 1d"},
			},
		.max_operands = 1,
		.needs = SW_NEEDS_LOOK,
		.from_record = true,
		.ops = &sw_abuse_ops,
	},
	{
		.name = "exposure",
		.synopsis = "",
		.text = "list the services reachable from outside",
		.more = "For each port: process, container or NAT rule, since when, how many "
			"sources are connected now, and how often, first and last it was scanned. "
			"Sockets bound to loopback are not listed.",
		.max_operands = 0,
		.needs = SW_NEEDS_LOOK,
		.without_config = true,
		.ops = &sw_exposure_ops,
	},
	{
		.name = "doctor",
		.synopsis = "",
		.text = "check for problems",
		.more = "Each check is good, doubtful or wrong, with advice. Exit 1 if something "
			"is wrong; with --strict 3 if something is doubtful.",
		.max_operands = 0,
		.without_config = true,
		.ops = &sw_doctor_ops,
	},
	{
		.name = "flush",
		.synopsis = "--origin NAME | --expired | --all",
		.text = "remove many blocks at once",
		.more = "--origin includes sub-origins: `flush --origin fail2ban` also removes the "
			"claims of fail2ban/sshd. --all asks first on a terminal, unless --yes; "
			"the allowlist stays.",
		.complete = "",
		.option =
			{
				[SW_FLUSH_ORIGIN] = {"origin", 0, "ORIGIN",
						     "claims of this origin"},
				[SW_FLUSH_EXPIRED] = {"expired", 0, NULL, "expired claims"},
				[SW_FLUSH_ALL] = {"all", 0, NULL, "every block"},
			},
		.needs = SW_NEEDS_LOCK,
		.audited = true,
		.dry_run = "counts what would be removed",
		.without_config = true,
		.ops = &sw_flush_ops,
	},
	{
		.name = "events",
		.synopsis = "[ADDR] [--since TIME] [--until TIME] [--type TYPE] "
			    "[--origin ORIGIN] [--follow] [--limit N]",
		.text = "list events, newest last",
		.more = "TIME is how long ago, such as 90m or 2d, or a date: 2026-11-27 or "
			"2026-11-27T12:00, in local time unless Z or an offset such as "
			"+01:00 follows.",
		.complete = "blocked",
		.option =
			{
				[SW_EVENTS_SINCE] = {"since", 0, "TIME", "only from then on"},
				[SW_EVENTS_UNTIL] = {"until", 0, "TIME", "only up to then"},
				[SW_EVENTS_TYPE] =
					{"type", 0,
					 "TYPE", "of this type, such as block or signature"},
				[SW_EVENTS_ORIGIN] = {"origin", 0, "ORIGIN",
						      "of sources that this origin blocks now"},
				[SW_EVENTS_FOLLOW] = {"follow", 'f', NULL,
						      "keep printing new events"},
				[SW_EVENTS_LIMIT] = {"limit", 0, "N", "show the newest N"},
			},
		.max_operands = 1,
		.needs = SW_NEEDS_LOOK,
		.from_record = true,
		.without_config = true,
		.ops = &sw_events_ops,
	},
	{
		.name = "replay",
		.synopsis = "FILE... [--protect PREFIX,...] [--services PORT,...]",
		.text = "show what scanwall would have done to a capture",
		.more = "Runs pcap and pcapng files through the same program, with the capture's "
			"clock and private maps; the running program is not touched. Thresholds "
			"come from the configuration file; the mode is always enforce. Protected "
			"addresses and served ports are inferred from who answers, unless given by "
			"options. Each file starts with empty maps. Exit 1: a file is damaged or "
			"has an unsupported link type; what could be read is reported. With "
			"--json, one object per line.",
		.complete = "file",
		.option =
			{
				[SW_REPLAY_PROTECT] = {"protect", 0, "PREFIX...",
						       "protected addresses"},
				[SW_REPLAY_SERVICES] = {"services", 0, "PORT...",
							"served ports: 443, tcp/8000-8010, udp/53"},
			},
		.min_operands = 1,
		.max_operands = -1,
		.ops = &sw_replay_ops,
	},
	{
		.name = "stats",
		.synopsis = "[--all]",
		.text = "count packets passed and dropped by reason",
		.complete = "",
		.option =
			{
				[SW_STATS_ALL] = {"all", 0, NULL,
						  "include reasons that never occurred"},
			},
		.needs = SW_NEEDS_LOOK,
		.without_config = true,
		.ops = &sw_stats_ops,
	},
	{
		.name = "top",
		.synopsis = "[--once] [--limit N] [--every SPAN]",
		.text = "live view: packets, sources by drops and score, newest events",
		.more = "On a terminal of at least 80 x 24, until q. s sorts, / filters, Enter "
			"shows a source, b blocks, u unblocks and a allows it after showing the "
			"command. With --once, --limit, --every or --json, or without a terminal: "
			"the busiest sources, suspects and signatures as plain text.",
		.complete = "",
		.option =
			{
				[SW_TOP_LIMIT] = {"limit", 0, "N", "rows of each; default: 8"},
				[SW_TOP_EVERY] = {"every", 0, "SPAN", "repeat until Ctrl-C"},
				[SW_TOP_ONCE] = {"once", 0, NULL, "print text once"},
			},
		.needs = SW_NEEDS_LOOK,
		.without_config = true,
		.ops = &sw_top_ops,
	},
	{
		.name = "save",
		.synopsis = "[FILE]",
		.text = "save blocks and allows for restore",
		.more = "Sorted, so that two saves can be compared. FILE is replaced atomically; "
			"without FILE, or with -, it writes to standard output.",
		.complete = "file",
		.max_operands = 1,
		.needs = SW_NEEDS_LOCK,
		.without_config = true,
		.ops = &sw_save_ops,
	},
	{
		.name = "restore",
		.synopsis = "FILE|- [--merge] [--confirm SPAN]",
		.text = "restore blocks and allows from a saved file",
		.more = "All or nothing: every invalid line is reported with line and column, and "
			"the exit code is 2.",
		.complete = "file",
		.option =
			{
				[SW_RESTORE_MERGE] = {"merge", 0, NULL, "add to what is there"},
				[SW_RESTORE_CONFIRM] = {"confirm", 0, "SPAN", CONFIRM_TEXT},
			},
		.min_operands = 1,
		.max_operands = 1,
		.needs = SW_NEEDS_LOCK,
		.audited = true,
		.dry_run = "reads the file, asks the guards and counts",
		.ops = &sw_restore_ops,
	},
	{
		.name = "import",
		.synopsis = "FILE|- [--replace] [--format FORMAT] [--ttl SPAN] [--origin NAME] "
			    "[--comment TEXT] [--max-width LEN] [--confirm SPAN]",
		.text = "block the addresses of a list",
		.more = "Blocks for 1d unless the list or --ttl says otherwise, under the origin "
			"import. The format is detected and reported. Invalid lines are skipped "
			"and counted, and the first 20 shown; if more than one in ten is invalid, "
			"or any with --strict, nothing is changed. Host bits are masked.\nEntries "
			"that cover the allowlist or a guarded address, or are shorter than "
			"guard.min_prefix4/6 or --max-width, are skipped and counted, with exit "
			"6. --replace: claims of the origin that are no longer in the list are "
			"removed in the same step; a list of less than half as many entries, or "
			"of more than ten times as many, is refused (exit 6) without "
			"--yes.\nplain: ADDR[/LEN|/MASK|-ADDR] [SPAN] [# comment], also of "
			"servers (deny ADDR;). netset: FireHOL. drop: Spamhaus, JSON or text. "
			"dshield: block.txt. csv: a column ip, value or dst_ip and, if wanted, "
			"duration, reason, scope, type: abuse.ch, cscli. json: cscli, AWS, "
			"Google, Spamhaus. ipset, iptables, nft: what they save and list. "
			"hosts.deny. fail2ban: bans it prints. ipfilter: eMule. p2p: "
			"NAME:ADDR-ADDR. tor: exit addresses. ufw: its status. xml: sets of "
			"firewalld. rpz: addresses of a policy zone. routeros, cisco, junos (and "
			"VyOS): what these routers export. blocks: nginx' geo, BIND's acl, pf's "
			"tables. squid: its acl of type src. caddy: remote_ip and client_ip. "
			"windows: rules that netsh shows or adds.",
		.complete = "file",
		.option =
			{
				[SW_IMPORT_FORMAT] = {"format", 0, "FORMAT",
						      "default: auto (detected)"},
				[SW_IMPORT_TTL] = {"ttl", 0, "SPAN", TTL_TEXT},
				[SW_IMPORT_ORIGIN] = {"origin", 0, "ORIGIN",
						      "who makes the claim, such as feed/spamhaus; "
						      "default: import"},
				[SW_IMPORT_COMMENT] = {"comment", 0,
						       "TEXT", "for entries without a comment"},
				[SW_IMPORT_CONFIRM] = {"confirm", 0, "SPAN", CONFIRM_TEXT},
				[SW_IMPORT_REPLACE] = {"replace", 0, NULL,
						       "replace the claims of the origin"},
				[SW_IMPORT_MAX_WIDTH] = {"max-width", 0, "LEN[,LEN6]",
							 "shortest prefixes accepted"},
			},
		.min_operands = 1,
		.max_operands = 1,
		.needs = SW_NEEDS_LOCK,
		.audited = true,
		.dry_run = "shows what each line would do, and what the guards refuse",
		.ops = &sw_import_ops,
	},
	{
		.name = "config",
		.text = "check, show and change the configuration",
		.more = "set changes the running program at once and overrides the file until "
			"unset.",
		.option =
			{
				[SW_CONFIG_EFFECTIVE] = {"effective", 0, NULL,
							 "show: with defaults and overrides"},
				[SW_CONFIG_CONFIRM] = {"confirm", 0, "SPAN", CONFIRM_TEXT},
			},
		.sub = sw_config_verbs,
	},
	{
		.name = "reload",
		.synopsis = "",
		.text = "reload the configuration, all or nothing",
		.complete = "",
		.needs = SW_NEEDS_LOCK,
		.audited = true,
		.undo = "the file as it was, then scanwall reload",
		.dry_run = "checks the configuration and the rules",
		.ops = &sw_reload_ops,
	},
	{
		.name = "rules",
		.text = "check, load and show signatures and their hits",
		.more = "load reads the built-in rules and the configured files, or those named "
			"here, which are then remembered; the new set replaces the old one without "
			"a gap. Disabled rules stay disabled, by sid, until enabled. check changes "
			"nothing and needs no privileges.",
		.option =
			{
				[SW_RULES_LENIENT] = {"lenient", 0, NULL,
						      "check: accept rules with an unsupported "
						      "pcre, as alerts"},
				[SW_RULES_LIMIT] = {"limit", 0, "N", "at most N lines; 0: all"},
				[SW_RULES_ALL] = {"all", 0, NULL,
						  "stats: include rules that were never hit"},
			},
		.sub = sw_rules_verbs,
	},
	{
		.name = "panic",
		.synopsis = "[--off]",
		.text = "let all packets pass, now",
		.more = "A single map write: works without daemon, record and configuration. "
			"Blocks are kept but not enforced until `scanwall panic --off`.",
		.complete = "",
		.option =
			{
				[SW_PANIC_OFF] = {"off", 0, NULL, "end the panic"},
			},
		.audited = true,
		.undo = "scanwall panic --off",
		.dry_run = "says whether it is on",
		.ops = &sw_panic_ops,
	},
	{
		.name = "confirm",
		.synopsis = "",
		.text = "keep a change made on trial",
		.complete = "",
		.needs = SW_NEEDS_LOCK,
		.audited = true,
		.dry_run = "says whether a trial is running",
		.without_config = true,
		.ops = &sw_confirm_ops,
	},
	{
		.name = "audit",
		.synopsis = "[--since SPAN] [--limit N]",
		.text = "list who changed what, newest last",
		.complete = "",
		.option =
			{
				[SW_AUDIT_SINCE] = {"since", 0,
						    "SPAN", "how far back, such as 1h or 2d"},
				[SW_AUDIT_LIMIT] = {"limit", 0, "N", "show the newest N"},
			},
		.needs = SW_NEEDS_LOOK,
		.from_record = true,
		.without_config = true,
		.ops = &sw_audit_ops,
	},
	{
		.name = "changes",
		.synopsis = "[--since SPAN] [--limit N]",
		.text = "list what commands have changed, with the IDs for rollback",
		.more = "Newest last. Changes of claims, allows, settings and disabled "
			"rules are kept as long as the audit trail (events.keep). For a "
			"change outside the record, the command that reverts it is named.",
		.complete = "",
		.option =
			{
				[SW_CHANGES_SINCE] = {"since", 0,
						      "SPAN", "how far back, such as 1h or 2d"},
				[SW_CHANGES_LIMIT] = {"limit", 0, "N", "show the newest N"},
			},
		.needs = SW_NEEDS_LOOK,
		.from_record = true,
		.without_config = true,
		.ops = &sw_changes_ops,
	},
	{
		.name = "rollback",
		.synopsis = "ID",
		.text = "undo what one command has changed",
		.more = "All of it or nothing, in record and program at once; `scanwall "
			"changes` lists the IDs. Refused with exit 6, unless --force, if a "
			"later change depends on what would be undone (it is named), or if "
			"a guard refuses a block that would come back. What has expired "
			"meanwhile stays expired. A rollback is itself a change and can be "
			"undone.",
		.complete = "change",
		.min_operands = 1,
		.max_operands = 1,
		.needs = SW_NEEDS_LOCK,
		.audited = true,
		.dry_run = "says what would be restored",
		.ops = &sw_rollback_ops,
	},
	{
		.name = "key",
		.text = "manage keys for knocking at `hidden` ports",
		.more = "add prints the user's key once; keep it in a file that nobody else can "
			"read (~/.config/scanwall/key). A revoked key no longer opens ports; open "
			"connections continue.",
		.sub = sw_key_verbs,
	},
	{
		.name = "port",
		.text = "limit who may reach a port",
		.more = "Once an address is named for a port, in enforce mode the port is closed "
			"to everybody else except the allowlist and guarded addresses. This "
			"applies before DNAT, so also to ports that containers publish. PORT is "
			"22, tcp/22, udp/53 or sctp/36412. Open connections continue. A change "
			"that would shut out the SSH session it is made from is refused with exit "
			"6, unless --force.\nremove without an address opens the port to everybody "
			"again; removing just the last address is refused. The list is the "
			"configuration key port_allow.",
		.option =
			{
				[SW_PORT_CONFIRM] = {"confirm", 0, "SPAN", CONFIRM_TEXT},
			},
		.sub = sw_port_verbs,
	},
	{
		.name = "names",
		.text = "list and look up the names that are allowed",
		.more = "list shows each name in allow_names (`scanwall allow name:...`) "
			"with its addresses, when it last resolved, and any error; while "
			"it fails, its last addresses stay allowed. run looks the names up "
			"every allow_names_every, and new ones at once, as notify.user and "
			"in the foreground (scanwall-names.service).",
		.sub = sw_names_verbs,
	},
	{
		.name = "knock",
		.synopsis = "HOST [--port P] [--key FILE]",
		.text = "open a hidden port of another host for 30 s",
		.more = "Sends one UDP datagram with the time and a MAC to UDP port P of HOST. "
			"There is never an answer, whether the key is valid or not. Clocks may "
			"differ by a minute. Needs no privileges and no scanwall on this host.",
		.complete = "",
		.option =
			{
				[SW_KNOCK_PORT] = {"port", 0,
						   "PORT", "the hidden port; default: 22"},
				[SW_KNOCK_KEY] = {"key",
						  0, "FILE", "default: ~/.config/scanwall/key"},
			},
		.min_operands = 1,
		.max_operands = 1,
		.dry_run = "reads the key and sends nothing",
		.ops = &sw_knock_ops,
	},
	{
		.name = "version",
		.synopsis = "",
		.text = "print versions of scanwall, its libraries and the kernel",
		.complete = "",
		.ops = &sw_version_ops,
	},
	{
		.name = "help",
		.synopsis = "[VERB]",
		.text = "print this, or help for one verb",
		.complete = "verb",
		.max_operands = 1,
		.ops = &sw_help_ops,
	},
	{.name = "__man", .max_operands = 0, .ops = &sw_man_ops},
	{.name = "__man-config", .max_operands = 0, .ops = &sw_man_config_ops},
	{.name = "__sample-config", .max_operands = 0, .ops = &sw_sample_config_ops},
	{.name = "__complete", .max_operands = -1, .ops = &sw_complete_ops},
	{0},
};
