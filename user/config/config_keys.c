// SPDX-License-Identifier: GPL-2.0-only
/* The one table of keys. A new key is a field in config.h and a row here. */
#include "config/config.h"

#define S 1e6 /* a second in us */
#define MINUTE (60 * S)
#define HOUR (60 * MINUTE)
#define DAY (24 * HOUR)
#define AT(field) offsetof(struct sw_config, field)

static const char *const modes[] = {"detect", "enforce", NULL};
static const char *const xdp_modes[] = {"auto", "native", "generic", NULL};
static const char *const closed_words[] = {"reset", "drop", NULL};

/* name, type, unit, default, range, text, live, place, min, max, words */
const struct sw_config_key sw_config_keys[] = {
	{"mode", SW_KEY_WORD, "", "detect", "detect or enforce",
	 "In detect mode nothing is dropped; what would be is counted and told.", true, AT(mode), 0,
	 0, modes},
	{"interfaces", SW_KEY_LIST, "", "", "interface names",
	 "The interfaces that `scanwall run` attaches to.", false, AT(interface), 0, 0, NULL},
	{"xdp", SW_KEY_WORD, "", "auto", "auto, native or generic",
	 "How to attach: in the driver, in the network stack (slower, any NIC), or the "
	 "first that works.",
	 false, AT(xdp), 0, 0, xdp_modes},
	{"allow", SW_KEY_LIST, "", "", "addresses and prefixes",
	 "Never blocked, whoever claims them.", true, AT(allow), 0, 0, NULL},
	{"services", SW_KEY_LIST, "", "",
	 "tcp/PORT, udp/PORT, sctp/PORT or tcp/FROM-TO, 4096 in all",
	 "Ports that are served without a socket on this host (containers, DNAT, IPVS).", true,
	 AT(service), 0, 0, NULL},
	{"closed", SW_KEY_WORD, "", "drop", "drop or reset",
	 "What a closed port answers in enforce mode: nothing, or the kernel's RST.", true,
	 AT(closed_silent), 0, 0, closed_words},
	{"detect.threshold", SW_KEY_NUMBER, "points", "3", "0.25 to 15",
	 "Suspicion that gets a source blocked. A closed port is one point; "
	 "more than 15 the sketch of a source's targets could not tell apart.",
	 true, AT(threshold), 0.25, 15, NULL},
	{"detect.block_ttl", SW_KEY_SPAN, "", "60s", "1s to 30d",
	 "How long the first automatic block of a source lasts.", true, AT(block_ttl), 1 * S,
	 30 * DAY, NULL},
	{"detect.block_ttl_max", SW_KEY_SPAN, "", "1h", "1s to 30d",
	 "Each further block of a source lasts twice as long, up to this.", true, AT(block_ttl_max),
	 1 * S, 30 * DAY, NULL},
	{"detect.forget", SW_KEY_SPAN, "", "7d", "1m to 366d",
	 "A source without a block for so long starts anew at block_ttl.", true, AT(forget), MINUTE,
	 366 * DAY, NULL},
	{"detect.decay", SW_KEY_SPAN, "", "30m", "1m to 7d, or permanent",
	 "How long it takes until one point of suspicion is forgotten; permanent: never.", true,
	 AT(decay), MINUTE, 7 * DAY, NULL},
	{"detect.syn_rate", SW_KEY_INT, "SYNs per second", "1500", "0 to 5000",
	 "SYNs taken from one source, open ports included; those above are dropped and "
	 "held against it. 0: any number.",
	 true, AT(syn_rate), 0, 5000, NULL},
	{"detect.served_memory", SW_KEY_SPAN, "", "1h", "1s to 7d",
	 "How long a port counts as served after its listener was last seen.", true,
	 AT(served_memory), 1 * S, 7 * DAY, NULL},
	{"detect.source_prefix6", SW_KEY_INT, "bits", "64", "32 to 64",
	 "How much of an IPv6 address makes one source; a block is of the /64 seen.", false,
	 AT(source_prefix6), 32, 64, NULL},
#define X(id, quarters, name, text)    \
	{"weight." name,               \
	 SW_KEY_NUMBER,                \
	 "points",                     \
	 "",                           \
	 "-30 to 30",                  \
	 "Weight of: " text ".",       \
	 true,                         \
	 AT(weight[SW_EVIDENCE_##id]), \
	 -30,                          \
	 30,                           \
	 NULL},
	SW_EVIDENCE(X)
#undef X
		{"guard.keep_ssh", SW_KEY_BOOL, "", "true", "true or false",
		 "Never block the peers of SSH sessions that somebody has logged in by.", true,
		 AT(keep_ssh), 0, 0, NULL},
	{"guard.min_prefix4", SW_KEY_INT, "bits", "16", "1 to 32",
	 "A shorter IPv4 prefix is blocked with --force only.", true, AT(min_prefix4), 1, 32, NULL},
	{"guard.min_prefix6", SW_KEY_INT, "bits", "32", "1 to 128",
	 "A shorter IPv6 prefix is blocked with --force only.", true, AT(min_prefix6), 1, 128,
	 NULL},
	{"guard.auto_per_minute", SW_KEY_INT, "blocks", "600", "1 to 60000",
	 "Automatic blocks a minute; beyond, sources are told of but not blocked. A "
	 "quarter is kept for sources that go on nevertheless.",
	 true, AT(auto_per_minute), 1, 60000, NULL},
	{"guard.auto_max", SW_KEY_INT, "blocks", "65536", "1 to 1000000",
	 "Automatic blocks in force at once; a quarter of them for sources that go on.", true,
	 AT(auto_max), 1, 1e6, NULL},
	{"rules.builtin", SW_KEY_BOOL, "", "true", "true or false",
	 "Whether the built-in signatures are in force.", true, AT(builtin_rules), 0, 0, NULL},
	{"rules.files", SW_KEY_TEXTS, "", "", "absolute paths, which may have wildcards",
	 "Further signatures, in the language of Suricata and Snort as far as "
	 "docs/signatures.md says.",
	 true, AT(rule_files), 0, 0, NULL},
	{"rules.home_net", SW_KEY_TEXTS, "", "", "addresses and prefixes, or empty: any",
	 "What $HOME_NET means in rules.", true, AT(home_net), 0, 0, NULL},
	{"rules.http_ports", SW_KEY_TEXTS, "", "", "PORT or FROM:TO, or empty: the usual ones",
	 "What $HTTP_PORTS means in rules: where requests of HTTP are looked into.", true,
	 AT(http_ports), 0, 0, NULL},
	{"rules.tls_ports", SW_KEY_TEXTS, "", "", "PORT or FROM:TO, or empty: the usual ones",
	 "What $TLS_PORTS means in rules: where only what is not encrypted is looked into.", true,
	 AT(tls_ports), 0, 0, NULL},
	{"rules.lenient", SW_KEY_BOOL, "", "false", "true or false",
	 "Whether rules with a regular expression are taken by their plain contents, as alerts.",
	 true, AT(lenient_rules), 0, 0, NULL},
	{"rules.block_ttl", SW_KEY_SPAN, "", "1h", "1s to 30d",
	 "How long a source is blocked that sent an attack over a connection of its own.", true,
	 AT(proven_ttl), 1 * S, 30 * DAY, NULL},
	{"limits.blocked4", SW_KEY_INT, "addresses", "1048576", "1024 to 16777216",
	 "Room for blocked IPv4 addresses; 21 to 43 bytes of kernel memory each.", false,
	 AT(blocked4), 1024, 16777216, NULL},
	{"limits.blocked6", SW_KEY_INT, "addresses", "131072", "1024 to 16777216",
	 "Room for blocked IPv6 addresses and /64s; 64 bytes each.", false, AT(blocked6), 1024,
	 16777216, NULL},
	{"limits.prefixes", SW_KEY_INT, "prefixes", "65536", "1024 to 16777216",
	 "Room for blocked prefixes, and for allowed ones, of each family.", false, AT(prefixes),
	 1024, 16777216, NULL},
	{"limits.sources", SW_KEY_INT, "sources", "262144", "1024 to 16777216",
	 "Sources watched at once; 32 bytes each.", false, AT(sources), 1024, 16777216, NULL},
	{"limits.rules", SW_KEY_INT, "rules", "2048", "256 to 32768",
	 "Room for signatures; 1.6 KiB each.", false, AT(rules), 256, 32768, NULL},
	{"limits.ring", SW_KEY_INT, "bytes", "1048576", "65536 to 67108864, a power of two",
	 "Room for events that the daemon has not read yet.", false, AT(ring_bytes), 65536,
	 67108864, NULL},
	{"events.file", SW_KEY_TEXT, "", "", "a path, or empty",
	 "Where events are written as JSON lines; reopened on SIGHUP.", true, AT(event_file), 0, 0,
	 NULL},
	{"events.json", SW_KEY_BOOL, "", "false", "true or false",
	 "Whether `scanwall run` prints events as JSON lines.", true, AT(event_json), 0, 0, NULL},
	{"events.keep", SW_KEY_SPAN, "", "30d", "1m to 3660d",
	 "How long the record keeps events and the audit trail.", true, AT(keep), MINUTE,
	 3660 * DAY, NULL},
};

const int sw_config_key_count = sizeof(sw_config_keys) / sizeof(sw_config_keys[0]);
