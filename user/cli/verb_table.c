/* SPDX-License-Identifier: GPL-2.0-only */
/* The one table of verbs: the parser, help, the manual page and completion
 * all read it. An option's value names what it takes: "a|b" are the words,
 * capitals a kind of thing, and "..." at its end means it may be repeated. */
#include "cli/verbs.h"

#define TTL_TEXT "how long: 90, 1h30m, 2d; -1 or permanent for ever"
#define CONFIRM_TEXT "undo it after this long unless `scanwall confirm` comes"
#define FILE_TEXT "lines ADDR[/LEN] [SPAN] [# comment]; - for standard input"

#define BIT(option) (1u << (option))

static const struct sw_verb config[] = {
	{
		.name = "check",
		.synopsis = "[FILE]",
		.complete = "file",
		.max_operands = 1,
		.ops = &sw_config_check_ops,
	},
	{
		.name = "show",
		.synopsis = "[--effective]",
		.takes = BIT(SW_CONFIG_EFFECTIVE),
		.needs = SW_NEEDS_LOOK,
		.ops = &sw_config_show_ops,
	},
	{
		.name = "get",
		.synopsis = "KEY",
		.complete = "key",
		.min_operands = 1,
		.max_operands = 1,
		.needs = SW_NEEDS_LOOK,
		.ops = &sw_config_get_ops,
	},
	{
		.name = "set",
		.synopsis = "KEY VALUE [--confirm SPAN]",
		.complete = "key",
		.takes = BIT(SW_CONFIG_CONFIRM),
		.min_operands = 2,
		.max_operands = 2,
		.needs = SW_NEEDS_LOCK,
		.audited = true,
		.dry_run = "checks the value",
		.ops = &sw_config_set_ops,
	},
	{
		.name = "unset",
		.synopsis = "KEY [--confirm SPAN]",
		.complete = "key",
		.takes = BIT(SW_CONFIG_CONFIRM),
		.min_operands = 1,
		.max_operands = 1,
		.needs = SW_NEEDS_LOCK,
		.audited = true,
		.dry_run = "says which value would apply",
		.ops = &sw_config_set_ops,
	},
	{.name = "sample", .synopsis = "", .ops = &sw_config_sample_ops},
	{0},
};

static const struct sw_verb rules[] = {
	{
		.name = "check",
		.synopsis = "FILE...",
		.complete = "file",
		.takes = BIT(SW_RULES_LENIENT) | BIT(SW_RULES_LIMIT),
		.min_operands = 1,
		.max_operands = -1,
		.ops = &sw_rules_check_ops,
	},
	{
		.name = "load",
		.synopsis = "[FILE...]",
		.complete = "file",
		.takes = BIT(SW_RULES_LIMIT),
		.max_operands = -1,
		.needs = SW_NEEDS_LOCK,
		.audited = true,
		.dry_run = "reads the rules and says which are taken",
		.ops = &sw_rules_load_ops,
	},
	{
		.name = "list",
		.synopsis = "",
		.needs = SW_NEEDS_LOOK,
		.ops = &sw_rules_list_ops,
	},
	{
		.name = "show",
		.synopsis = "SID",
		.min_operands = 1,
		.max_operands = 1,
		.needs = SW_NEEDS_LOOK,
		.ops = &sw_rules_show_ops,
	},
	{
		.name = "stats",
		.synopsis = "",
		.takes = BIT(SW_RULES_LIMIT) | BIT(SW_RULES_ALL),
		.needs = SW_NEEDS_LOOK,
		.ops = &sw_rules_stats_ops,
	},
	{
		.name = "enable",
		.synopsis = "SID...",
		.min_operands = 1,
		.max_operands = -1,
		.needs = SW_NEEDS_LOCK,
		.audited = true,
		.dry_run = "says which are disabled now",
		.ops = &sw_rules_enable_ops,
	},
	{
		.name = "disable",
		.synopsis = "SID...",
		.min_operands = 1,
		.max_operands = -1,
		.needs = SW_NEEDS_LOCK,
		.audited = true,
		.dry_run = "says which are enabled now",
		.ops = &sw_rules_disable_ops,
	},
	{0},
};

static const struct sw_verb key[] = {
	{
		.name = "add",
		.synopsis = "NAME",
		.min_operands = 1,
		.max_operands = 1,
		.needs = SW_NEEDS_LOCK,
		.audited = true,
		.dry_run = "prints a key that is not kept",
		.ops = &sw_key_add_ops,
	},
	{.name = "list", .synopsis = "", .needs = SW_NEEDS_LOOK, .ops = &sw_key_list_ops},
	{
		.name = "revoke",
		.synopsis = "NAME",
		.min_operands = 1,
		.max_operands = 1,
		.needs = SW_NEEDS_LOCK,
		.audited = true,
		.dry_run = "says whose key would be revoked",
		.ops = &sw_key_revoke_ops,
	},
	{0},
};

static const struct sw_verb notify[] = {
	{.name = "run", .synopsis = "", .ops = &sw_notify_run_ops},
	{.name = "test", .synopsis = "", .ops = &sw_notify_test_ops},
	{
		.name = "daily",
		.synopsis = "",
		.needs = SW_NEEDS_LOOK,
		.dry_run = "prints the report and sends nothing",
		.ops = &sw_notify_daily_ops,
	},
	{},
};

const struct sw_verb sw_verbs[] = {
	{
		.name = "attach",
		.synopsis = "IFACE... [--mode detect|enforce] [--xdp native|generic|auto]",
		.text = "attach the program to network interfaces",
		.more = "Loads the program the first time; later it replaces the running one "
			"without a gap. The first attach on a host starts in detect mode: nothing "
			"is dropped, what would be is counted. --mode also takes native and "
			"generic, meaning --xdp. Another XDP program on the interface is named "
			"and left alone.",
		.complete = "iface",
		.option =
			{
				[SW_ATTACH_MODE] = {"mode", 0, "detect|enforce|native|generic",
						    "detect only counts, enforce drops"},
				[SW_ATTACH_XDP] =
					{"xdp", 0, "native|generic|auto",
					 "where in the kernel it hooks in; auto tries native"},
			},
		.min_operands = 1,
		.max_operands = -1,
		.needs = SW_NEEDS_LOAD,
		.audited = true,
		.dry_run = "says what would be attached, and in which mode",
		.ops = &sw_attach_ops,
	},
	{
		.name = "detach",
		.synopsis = "[IFACE...|--all]",
		.text = "detach the program from interfaces; --all leaves nothing behind",
		.more = "This is the off switch: stopping `scanwall run` leaves the program "
			"attached. "
			"--all removes the maps and the program too; the record stays and the "
			"next attach takes it up again.",
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
		.dry_run = "says what would be detached",
		.ops = &sw_detach_ops,
	},
	{
		.name = "status",
		.synopsis = "[IFACE] [--ready]",
		.text = "what is attached, the mode, counts and guarded addresses",
		.more = "With --ready it is silent but for one word or what is missing: every "
			"interface of the daemon is attached, record and maps agree, what happens "
			"is recorded, and the daemon answers within two seconds.",
		.complete = "attached",
		.option =
			{
				[SW_STATUS_READY] = {"ready", 0, NULL,
						     "exit 0 only if all of it works, else 4"},
			},
		.max_operands = 1,
		.needs = SW_NEEDS_LOOK,
		.ops = &sw_status_ops,
	},
	{
		.name = "mode",
		.synopsis = "[detect|enforce] [--for SPAN | --confirm SPAN]",
		.text = "show or change whether packets are dropped",
		.more = "With --for or --confirm the change is a trial: the kernel itself goes "
			"back at the deadline, even if this terminal and the daemon are dead by "
			"then, unless `scanwall confirm` comes first.",
		.complete = "detect|enforce",
		.option =
			{
				[SW_MODE_FOR] = {"for", 0, "SPAN", "try it for this long"},
				[SW_MODE_CONFIRM] = {"confirm", 0, "SPAN", CONFIRM_TEXT},
			},
		.max_operands = 1,
		.needs = SW_NEEDS_LOCK,
		.audited = true,
		.dry_run = "shows what enforce would have dropped so far, and the mode it would be",
		.ops = &sw_mode_ops,
	},
	{
		.name = "run",
		.synopsis = "[-i IFACE]... [--events FILE] [--xdp native|generic|auto]",
		.text = "the daemon: attach, restore, write events, keep the record",
		.more = "Stays in the foreground. SIGHUP reads the configuration again, all or "
			"nothing; SIGTERM stops it and leaves the program attached.",
		.complete = "",
		.option =
			{
				[SW_RUN_INTERFACE] =
					{"interface", 'i', "IFACE...",
					 "attach to it; instead of the configured ones"},
				[SW_RUN_EVENTS] = {"events", 0, "FILE",
						   "append events to it as JSON lines"},
				[SW_RUN_XDP] =
					{"xdp", 0, "native|generic|auto",
					 "where in the kernel it hooks in; auto tries native"},
			},
		.dry_run = "checks configuration and rules, and ends",
		.ops = &sw_run_ops,
	},
	{
		.name = "block",
		.synopsis = "ADDR[/LEN]... [--ttl SPAN] [--comment TEXT] [--origin NAME] "
			    "[--new-only] [--file FILE|-]",
		.text = "drop everything from addresses or prefixes",
		.more = "For 1h unless --ttl or the line of a file says otherwise. A claim that "
			"ends later is never cut short. Blocking twice is no error: exit 0, or 3 "
			"with --strict where nothing was to be done. Everything is checked "
			"first: one bad address or a refusal and nothing is changed. Refused "
			"with exit 6, unless --force: what covers the allowlist, a guarded "
			"address, or is shorter than guard.min_prefix4 or guard.min_prefix6.",
		.complete = "address",
		.option =
			{
				[SW_BLOCK_TTL] = {"ttl", 0, "SPAN", TTL_TEXT},
				[SW_BLOCK_COMMENT] = {"comment", 0, "TEXT",
						      "why; kept with the block"},
				[SW_BLOCK_ORIGIN] =
					{"origin", 0, "ORIGIN",
					 "who claims it, as fail2ban/sshd; else operator"},
				[SW_BLOCK_FILE] = {"file", 0, "FILE", FILE_TEXT},
				[SW_BLOCK_NEW_ONLY] = {"new-only", 0, NULL,
						       "let open connections go on"},
			},
		.max_operands = -1,
		.needs = SW_NEEDS_LOCK,
		.audited = true,
		.dry_run = "asks the guards and says what would be blocked",
		.ops = &sw_block_ops,
	},
	{
		.name = "unblock",
		.synopsis = "ADDR[/LEN]... [--origin NAME | --all-origins] [--file FILE|-]",
		.text = "take blocks back",
		.more = "Without an option it takes back what an operator and what the kernel "
			"itself blocked. Claims of other origins stay, and it says so: the "
			"address is blocked until the last one goes. Not blocked is no error: "
			"exit 0, or 3 with --strict.",
		.complete = "blocked",
		.option =
			{
				[SW_UNBLOCK_ORIGIN] = {"origin", 0, "ORIGIN",
						       "only this origin's claim"},
				[SW_UNBLOCK_ALL_ORIGINS] = {"all-origins", 0, NULL,
							    "whoever claims it"},
				[SW_UNBLOCK_FILE] = {"file", 0, "FILE", FILE_TEXT},
			},
		.max_operands = -1,
		.needs = SW_NEEDS_LOCK,
		.audited = true,
		.dry_run = "says what would be unblocked",
		.ops = &sw_unblock_ops,
	},
	{
		.name = "allow",
		.synopsis = "ADDR[/LEN]... [--ttl SPAN] [--comment TEXT] [--file FILE|-]",
		.text = "never drop anything from addresses or prefixes",
		.more = "For ever unless --ttl says otherwise. Allow beats every block, "
			"whoever claims it.",
		.complete = "address",
		.option =
			{
				[SW_ALLOW_TTL] = {"ttl", 0, "SPAN", TTL_TEXT},
				[SW_ALLOW_COMMENT] = {"comment", 0, "TEXT", "why; kept with it"},
				[SW_ALLOW_FILE] = {"file", 0, "FILE", FILE_TEXT},
			},
		.max_operands = -1,
		.needs = SW_NEEDS_LOCK,
		.audited = true,
		.dry_run = "says what would be allowed",
		.ops = &sw_allow_ops,
	},
	{
		.name = "unallow",
		.synopsis = "ADDR[/LEN]... [--file FILE|-]",
		.text = "take back what `allow` said",
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
		.ops = &sw_unallow_ops,
	},
	{
		.name = "list",
		.synopsis = "[blocked|allowed|watched] [--origin O] [--in CIDR] "
			    "[--sort hits|expires|added] [--limit N]",
		.text = "blocked, allowed or watched addresses",
		.complete = "blocked|allowed|watched",
		.option =
			{
				[SW_LIST_ORIGIN] = {"origin", 0, "ORIGIN",
						    "this origin and those below it"},
				[SW_LIST_IN] = {"in", 0, "CIDR", "inside this prefix"},
				[SW_LIST_SORT] = {"sort", 0, "hits|expires|added",
						  "instead of by address"},
				[SW_LIST_LIMIT] = {"limit", 0, "N", "no more than this many"},
			},
		.max_operands = 1,
		.needs = SW_NEEDS_LOOK,
		.ops = &sw_list_ops,
	},
	{
		.name = "show",
		.synopsis = "ADDR",
		.text = "everything known about one source",
		.complete = "blocked",
		.min_operands = 1,
		.max_operands = 1,
		.needs = SW_NEEDS_LOOK,
		.ops = &sw_show_ops,
	},
	{
		.name = "test",
		.synopsis = "ADDR [--dport N] [--proto tcp|udp|icmp] [--sport N] [--flags SET] "
			    "[--iface IFACE] [--dst ADDR]",
		.text = "what would happen to a packet now, and why",
		.more = "Exit 0: it would pass; 10: it would be dropped. The program in the "
			"kernel itself answers; nothing is learned from the question.",
		.complete = "blocked",
		.option =
			{
				[SW_TEST_DPORT] = {"dport", 0, "N", "destination port; else 22"},
				[SW_TEST_PROTO] = {"proto", 0,
						   "tcp|udp|icmp", "protocol; else tcp"},
				[SW_TEST_SPORT] = {"sport", 0, "N", "source port"},
				[SW_TEST_FLAGS] =
					{"flags", 0, "SET",
					 "TCP flags, as syn,ack or none; else syn"},
				[SW_TEST_IFACE] = {"iface", 0, "IFACE", "where it comes in"},
				[SW_TEST_DST] = {"dst", 0,
						 "ADDR", "its destination; else an own address"},
			},
		.min_operands = 1,
		.max_operands = 1,
		.needs = SW_NEEDS_LOOK,
		.ops = &sw_test_ops,
	},
	{
		.name = "pardon",
		.synopsis = "ADDR[/LEN]... [--for SPAN]",
		.text = "unblock, forget the score, and leave alone for an hour",
		.more = "Takes away every claim on the address, whoever made it, forgets what it "
			"was suspected of, and allows it for a while, so that the next slip does "
			"not block it again. For the customer on the telephone.",
		.complete = "blocked",
		.option =
			{
				[SW_PARDON_FOR] = {"for", 0,
						   "SPAN", "how long it is left alone; else 1h"},
			},
		.min_operands = 1,
		.max_operands = -1,
		.needs = SW_NEEDS_LOCK,
		.audited = true,
		.dry_run = "says who would be pardoned",
		.ops = &sw_pardon_ops,
	},
	{
		.name = "setup",
		.synopsis = "[IFACE...]",
		.text = "find out what to protect, write the configuration, attach in detect mode",
		.more = "Finds the interfaces that lead to the outside and says which XDP mode "
			"each "
			"will have, what this host serves and by which process or container, whom "
			"it will never block and why, and which ports have no socket here and "
			"belong into `services`. Then it asks, or with --yes does not, writes the "
			"configuration and attaches. A configuration that somebody has written "
			"stays as it is.",
		.complete = "iface",
		.max_operands = -1,
		.needs = SW_NEEDS_LOAD,
		.audited = true,
		.dry_run = "only looks: writes nothing and attaches nothing",
		.ops = &sw_setup_ops,
	},
	{
		.name = "report",
		.synopsis = "[--since SPAN] [--html FILE]",
		.text = "what happened lately: one screen, or one page with charts",
		.more = "Attacks over time, kinds, tools, ports, networks, the time from the first "
			"probe to the block, what would have been dropped, and what is exposed. "
			"--html writes a page that needs nothing else: no link, no script.",
		.option =
			{
				[SW_REPORT_SINCE] = {"since", 0, "SPAN", "how far back; else 7d"},
				[SW_REPORT_HTML] = {"html", 0,
						    "FILE", "as a page; - for standard output"},
			},
		.max_operands = 0,
		.needs = SW_NEEDS_LOOK,
		.ops = &sw_report_ops,
	},
	{
		.name = "web",
		.synopsis = "[--listen WHERE] [--since SPAN]",
		.text = "the same page live, and metrics for Prometheus, on loopback",
		.more = "Read only, until it is ended: / is the report, /metrics is for "
			"Prometheus. Only a loopback address or a UNIX socket is taken. "
			"scanwall-web.service runs it; it is off by default.",
		.option =
			{
				[SW_WEB_LISTEN] = {"listen", 0, "WHERE",
						   "127.0.0.1:PORT, [::1]:PORT or unix:PATH; else "
						   "127.0.0.1:9814"},
				[SW_WEB_SINCE] = {"since", 0,
						  "SPAN", "how far back the page looks; else 7d"},
			},
		.max_operands = 0,
		.ops = &sw_web_ops,
	},
	{
		.name = "metrics",
		.synopsis = "[--textfile FILE]",
		.text = "every figure for Prometheus, once",
		.more = "--textfile replaces FILE as a whole, for the textfile collector of "
			"node_exporter; run it from a timer. `scanwall web` serves the same.",
		.option =
			{
				[SW_METRICS_TEXTFILE] = {"textfile", 0,
							 "FILE", "into a file, as NAME.prom"},
			},
		.max_operands = 0,
		.needs = SW_NEEDS_LOOK,
		.ops = &sw_metrics_ops,
	},
	{
		.name = "notify",
		.text = "tell somebody when it matters",
		.more = "run takes what the daemon tells and hands it to notify.run, "
			"notify.webhook and notify.mail, as notify.user and in the foreground; "
			"what does not get there is tried again for a day. test sends a message to "
			"each of them and says what came of it. daily sends the report of the last "
			"day now. notify.when names what is told: proven-block, signature-block, "
			"block, would-block, distributed, spray, flood, capped, lost-events, "
			"trouble, daily.",
		.sub = notify,
	},
	{
		.name = "abuse",
		.synopsis = "[ADDR] [--form csv|xarf] [--since SPAN]",
		.text = "reports about proven attackers, to be sent to others",
		.more = "Of those only who were blocked on proof that nobody can forge; private "
			"addresses are left out. csv is what www.abuseipdb.com/bulk-report takes, "
			"xarf a mail in the form of X-ARF 0.2 for each address. For the last day, "
			"unless --since says otherwise. Nothing is sent: abuse.abuseipdb_key and "
			"abuse.xarf_to in the configuration have scanwall notify run do that.",
		.complete = "blocked",
		.option =
			{
				[SW_ABUSE_FORM] = {"form", 0, "csv|xarf", "else csv"},
				[SW_ABUSE_SINCE] = {"since", 0, "SPAN", "1d, 1w; else 1d"},
			},
		.max_operands = 1,
		.needs = SW_NEEDS_LOOK,
		.ops = &sw_abuse_ops,
	},
	{
		.name = "exposure",
		.synopsis = "",
		.text = "what the outside sees of this host, port by port",
		.more = "Served by whom (process, container, NAT rule), since when, how many "
			"sources are connected now, and how often, first and last it was scanned "
			"as far as the record goes. Sockets bound to loopback are not reached.",
		.max_operands = 0,
		.needs = SW_NEEDS_LOOK,
		.ops = &sw_exposure_ops,
	},
	{
		.name = "doctor",
		.synopsis = "",
		.text = "check for anything that keeps scanwall from working",
		.more = "Each check is good, doubtful or wrong, and says what to do. Exit 1 if "
			"something is wrong; with --strict 3 if something is doubtful.",
		.max_operands = 0,
		.ops = &sw_doctor_ops,
	},
	{
		.name = "flush",
		.synopsis = "--origin NAME | --expired | --all",
		.text = "remove many blocks at once",
		.more = "--origin takes the origins below it too: `flush --origin fail2ban` "
			"removes what fail2ban/sshd claimed. --all asks first on a terminal, "
			"unless --yes; allows stay.",
		.complete = "",
		.option =
			{
				[SW_FLUSH_ORIGIN] = {"origin", 0, "ORIGIN",
						     "what this origin claims"},
				[SW_FLUSH_EXPIRED] = {"expired", 0, NULL, "what has run out"},
				[SW_FLUSH_ALL] = {"all", 0, NULL, "every block"},
			},
		.needs = SW_NEEDS_LOCK,
		.audited = true,
		.dry_run = "counts what would be removed",
		.ops = &sw_flush_ops,
	},
	{
		.name = "events",
		.synopsis = "[ADDR] [--since SPAN] [--follow] [--limit N]",
		.text = "what was seen and blocked, newest last",
		.complete = "blocked",
		.option =
			{
				[SW_EVENTS_SINCE] = {"since", 0, "SPAN", "only the last 1h, 2d"},
				[SW_EVENTS_FOLLOW] = {"follow", 'f', NULL, "go on with what comes"},
				[SW_EVENTS_LIMIT] = {"limit", 0, "N", "the newest this many"},
			},
		.max_operands = 1,
		.needs = SW_NEEDS_LOOK,
		.ops = &sw_events_ops,
	},
	{
		.name = "replay",
		.synopsis = "FILE... [--protect PREFIX,...] [--services PORT,...]",
		.text = "what scanwall would have done to a capture",
		.more = "Runs pcap and pcapng files through the very same program, on the "
			"capture's own clock and over maps of its own: nothing that is in force "
			"is asked or touched. Thresholds come from the configuration file; the "
			"mode is always enforce. Which side is protected and which ports are "
			"served is inferred from who answers, unless options say it. Each file "
			"starts from empty maps. Exit 1: a file is broken or of a link type that "
			"is "
			"not read; what was read of it is told all the same. With --json, one "
			"object a line.",
		.complete = "file",
		.option =
			{
				[SW_REPLAY_PROTECT] = {"protect", 0, "PREFIX...",
						       "addresses it protects"},
				[SW_REPLAY_SERVICES] =
					{"services", 0, "PORT...",
					 "ports that are served: 443, tcp/8000-8010, udp/53"},
			},
		.min_operands = 1,
		.max_operands = -1,
		.ops = &sw_replay_ops,
	},
	{
		.name = "stats",
		.synopsis = "[--all]",
		.text = "packets passed and dropped, by reason",
		.complete = "",
		.option =
			{
				[SW_STATS_ALL] = {"all", 0, NULL,
						  "reasons that never occurred too"},
			},
		.needs = SW_NEEDS_LOOK,
		.ops = &sw_stats_ops,
	},
	{
		.name = "top",
		.synopsis = "[--once] [--limit N] [--every SPAN]",
		.text = "live: packets, sources by drops and score, newest events",
		.more = "On a terminal of 80 x 24 or more, until q. s sorts, / filters, Enter "
			"looks "
			"into a source, b blocks, u unblocks and a allows it after showing the "
			"command. --once, --limit, --every, --json or no terminal: the busiest "
			"sources, suspects and signatures as plain text.",
		.complete = "",
		.option =
			{
				[SW_TOP_LIMIT] = {"limit", 0, "N", "rows of each, 8 by default"},
				[SW_TOP_EVERY] = {"every", 0,
						  "SPAN", "again and again, until Ctrl-C"},
				[SW_TOP_ONCE] = {"once", 0, NULL, "as text, and no screen"},
			},
		.ops = &sw_top_ops,
	},
	{
		.name = "save",
		.synopsis = "[FILE]",
		.text = "write blocks and allows as lines that restore reads",
		.more = "Sorted, so that two saves can be compared. A FILE is replaced as a "
			"whole or not at all; without one, or with -, standard output.",
		.complete = "file",
		.max_operands = 1,
		.needs = SW_NEEDS_LOCK,
		.ops = &sw_save_ops,
	},
	{
		.name = "restore",
		.synopsis = "FILE|- [--merge] [--confirm SPAN]",
		.text = "make blocks and allows what a saved file says",
		.more = "All of it or, when a single line is bad, nothing: every bad line is "
			"reported with its line and column and the exit code is 2.",
		.complete = "file",
		.option =
			{
				[SW_RESTORE_MERGE] = {"merge", 0, NULL,
						      "keep what is there as well"},
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
		.text = "block what a list of someone else's names",
		.more = "For 1d unless the list or --ttl says otherwise, under the origin "
			"import. The format is told by the content and named in the answer; -n "
			"shows what each line gives. Odd lines are left out, counted, and the "
			"first 20 shown; more than one in ten, or with --strict any, and nothing "
			"is taken. Bits beyond a prefix length are cut off.\n"
			"Entries that cover the allowlist or a guarded address, or are shorter "
			"than guard.min_prefix4/6 or --max-width, are left out and counted: exit 6 "
			"says that some were. --replace: what the origin claimed before and the "
			"list has no more goes in the same step.\n"
			"plain: ADDR[/LEN|/MASK|-ADDR] [SPAN] [# comment], also of servers "
			"(deny ADDR;). netset: FireHOL. drop: Spamhaus, JSON or text. dshield: "
			"block.txt. csv: a column ip, value or dst_ip and, if wanted, duration, "
			"reason, scope, type: abuse.ch, cscli. json: cscli, AWS, Google, Spamhaus. "
			"ipset, iptables, nft: what they save. hosts.deny. fail2ban: banip "
			"--with-time. ipfilter: eMule. p2p: NAME:ADDR-ADDR. tor: exit addresses.",
		.complete = "file",
		.option =
			{
				[SW_IMPORT_FORMAT] = {"format", 0, "FORMAT",
						      "else auto: told by the content"},
				[SW_IMPORT_TTL] = {"ttl", 0, "SPAN", TTL_TEXT},
				[SW_IMPORT_ORIGIN] = {"origin", 0, "ORIGIN",
						      "who claims it, as feed/spamhaus"},
				[SW_IMPORT_COMMENT] = {"comment", 0,
						       "TEXT", "where the list gives none"},
				[SW_IMPORT_CONFIRM] = {"confirm", 0, "SPAN", CONFIRM_TEXT},
				[SW_IMPORT_REPLACE] = {"replace", 0, NULL,
						       "in place of what the origin claims"},
				[SW_IMPORT_MAX_WIDTH] = {"max-width", 0, "LEN[,LEN6]",
							 "the shortest prefixes taken"},
			},
		.min_operands = 1,
		.max_operands = 1,
		.needs = SW_NEEDS_LOCK,
		.audited = true,
		.dry_run = "shows what each line gives, and what the guards refuse",
		.ops = &sw_import_ops,
	},
	{
		.name = "config",
		.text = "check, show and change the configuration",
		.more = "set changes the running program at once and is kept over the file's "
			"value until unset.",
		.option =
			{
				[SW_CONFIG_EFFECTIVE] =
					{"effective", 0,
					 NULL, "show: with defaults and what set changed"},
				[SW_CONFIG_CONFIRM] = {"confirm", 0, "SPAN", CONFIRM_TEXT},
			},
		.sub = config,
	},
	{
		.name = "reload",
		.synopsis = "",
		.text = "read the configuration again, all or nothing",
		.complete = "",
		.needs = SW_NEEDS_LOCK,
		.audited = true,
		.dry_run = "checks the configuration and the rules",
		.ops = &sw_reload_ops,
	},
	{
		.name = "rules",
		.text = "signatures: check, load and show them, and what they found",
		.more = "load reads the built-in rules and the files of the configuration, or "
			"those "
			"named here, which are then kept; the new set takes the place of the old "
			"one without a gap. What is disabled stays so, by its number, until it is "
			"enabled. check changes nothing and needs no rights.",
		.option =
			{
				[SW_RULES_LENIENT] = {"lenient", 0, NULL,
						      "check: take rules with pcre as alerts"},
				[SW_RULES_LIMIT] = {"limit", 0,
						    "N", "no more lines than this; 0: all"},
				[SW_RULES_ALL] = {"all", 0, NULL, "stats: also what was never hit"},
			},
		.sub = rules,
	},
	{
		.name = "panic",
		.synopsis = "[--off]",
		.text = "let everything pass, now",
		.more = "One write to a map: it works without the daemon, the record and the "
			"configuration. Blocks are kept but not enforced until `scanwall panic "
			"--off`.",
		.complete = "",
		.option =
			{
				[SW_PANIC_OFF] = {"off", 0, NULL, "end it"},
			},
		.audited = true,
		.dry_run = "says whether it is on",
		.ops = &sw_panic_ops,
	},
	{
		.name = "confirm",
		.synopsis = "",
		.text = "keep a change that was made on trial",
		.complete = "",
		.needs = SW_NEEDS_LOCK,
		.audited = true,
		.dry_run = "says whether a trial is running",
		.ops = &sw_confirm_ops,
	},
	{
		.name = "audit",
		.synopsis = "[--since SPAN] [--limit N]",
		.text = "who changed what, newest last",
		.complete = "",
		.option =
			{
				[SW_AUDIT_SINCE] = {"since", 0, "SPAN", "only the last 1h, 2d"},
				[SW_AUDIT_LIMIT] = {"limit", 0, "N", "the newest this many"},
			},
		.needs = SW_NEEDS_LOOK,
		.ops = &sw_audit_ops,
	},
	{
		.name = "key",
		.text = "who may knock at the ports in `hidden`",
		.more = "add prints a line, once: the user's key, which belongs into a file that "
			"nobody else may read (~/.config/scanwall/key). A key that is revoked "
			"opens nothing any more; connections that are open go on.",
		.sub = key,
	},
	{
		.name = "knock",
		.synopsis = "HOST [--port P] [--key FILE]",
		.text = "open a hidden port of another host for 30 s",
		.more = "One UDP datagram with the time and a MAC, to UDP port P of HOST. There is "
			"no answer, whether the key is good or not. The clocks may differ by a "
			"minute. Needs no privileges and no scanwall on this host.",
		.complete = "",
		.option =
			{
				[SW_KNOCK_PORT] = {"port", 0, "PORT", "the hidden port, else 22"},
				[SW_KNOCK_KEY] = {"key", 0, "FILE", "else ~/.config/scanwall/key"},
			},
		.min_operands = 1,
		.max_operands = 1,
		.dry_run = "reads the key and sends nothing",
		.ops = &sw_knock_ops,
	},
	{
		.name = "version",
		.synopsis = "",
		.text = "versions of scanwall, its libraries and the kernel",
		.complete = "",
		.ops = &sw_version_ops,
	},
	{
		.name = "help",
		.synopsis = "[VERB]",
		.text = "this, or all about one verb",
		.complete = "verb",
		.max_operands = 1,
		.ops = &sw_help_ops,
	},
	{.name = "__man", .max_operands = 0, .ops = &sw_man_ops},
	{.name = "__man-config", .max_operands = 0, .ops = &sw_man_config_ops},
	{.name = "__sample-config", .max_operands = 0, .ops = &sw_sample_config_ops},
	{.name = "__complete", .max_operands = -1, .ops = &sw_complete_ops},
};

const int sw_verb_count = sizeof(sw_verbs) / sizeof(sw_verbs[0]);
