// SPDX-License-Identifier: GPL-2.0-only
/* Blocks the same list with each peer: nftables, ipset, xdp-filter and plain maps. */
#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <errno.h>
#include <linux/if_link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "peer.skel.h"
#include "peers.h"

/* A list that takes longer to load than this is given up. */
#define PATIENCE "90"
/* include/xdp-filter.h of xdp-tools: its map's size. */
#define XDP_FILTER_MOST 10000
#define XDP_FILTER_LIST "/sys/fs/bpf/xdp-filter/filter_ipv4"

/* ---- scanwall */

static int scanwall_up(struct peer *p, __u32 n, __u32 seed, const char *dir, struct sw_err *e)
{
	char name[16];

	snprintf(name, sizeof(name), "grow%u", n);
	if (site_open(&p->site, name, dir, n, 0, e) ||
	    site_fill(&p->site, LIST_ADDRESS4, n, seed, e))
		return -1;
	return sw_engine_attach(&p->site.ctx.engine, p->wire.rx, SW_XDP_NATIVE, e);
}

static long long scanwall_dropped(const struct peer *p, struct sw_err *e)
{
	unsigned long long all;
	struct sw_counter c;

	return site_count(&p->site, SW_REASON_BLOCKED_ADDRESS, &c, &all, e) ? -1
									    : (long long)c.dropped;
}

static void scanwall_down(struct peer *p)
{
	site_close(&p->site);
}

/* ---- one BPF map */

static int map_attach(struct peer *p, struct bpf_program *prog, struct bpf_map *map, __u32 n,
		      struct sw_err *e)
{
	LIBBPF_OPTS(bpf_link_create_opts, native, .flags = XDP_FLAGS_DRV_MODE);
	struct bpf_program *other;

	bpf_object__for_each_program(other, p->bpf->obj)
		bpf_program__set_autoload(other, other == prog);
	/* An LRU map forgets some of its addresses before it is full. */
	bpf_map__set_max_entries(map, map == p->bpf->maps.lru_list ? 2 * n + 1024 : n);
	if (peer_bpf__load(p->bpf) ||
	    bpf_link_create(bpf_program__fd(prog), p->wire.rx_index, BPF_XDP, &native) < 0)
		return sw_fail(e, SW_EXIT_FAILED, "tests/bench/peer.bpf.c does not load: %s",
			       strerror(errno));
	return 0;
}

struct lpm_key {
	__u32 plen, addr;
};

static int map_fill(int fd, bool trie, enum list list, __u32 n, __u32 seed, struct sw_err *e)
{
	__u32 value = 1;

	for (__u32 i = 0; i < n; i++) {
		struct sw_prefix p = listed_in(list, scattered(i, n), seed);
		struct lpm_key key = {p.plen, sw_addr_to4(&p.addr)};
		const void *k = trie ? (void *)&key : p.v4 ? (void *)&key.addr : &p.addr;

		if (bpf_map_update_elem(fd, k, &value, BPF_ANY))
			return sw_fail(e, SW_EXIT_FAILED, "address %u of %u was refused: %s", i, n,
				       strerror(errno));
	}
	return 0;
}

static int list_up(struct peer *p, const char *name, enum list list, __u32 n, __u32 seed,
		   bool drop_misses, struct sw_err *e)
{
	struct bpf_program *prog;
	struct bpf_map *map;
	char of[16];

	p->bpf = peer_bpf__open();
	if (!p->bpf)
		return sw_fail(e, SW_EXIT_FAILED, "tests/bench/peer.bpf.c cannot be opened");
	p->bpf->rodata->drop_misses = drop_misses;
	snprintf(of, sizeof(of), "%s_list", name);
	prog = bpf_object__find_program_by_name(p->bpf->obj, name);
	map = bpf_object__find_map_by_name(p->bpf->obj, of);
	if (map_attach(p, prog, map, n, e))
		return -1;
	return map_fill(bpf_map__fd(map), !strcmp(name, "lpm"), list, n, seed, e);
}

static int map_up(struct peer *p, const char *name, __u32 n, __u32 seed, struct sw_err *e)
{
	return list_up(p, name, LIST_ADDRESS4, n, seed, false, e);
}

int rival_up(struct peer *p, const char *name, enum list list, __u32 n, __u32 seed,
	     struct sw_err *e)
{
	static const char *const map[] = {[LIST_ADDRESS4] = "hash",
					  [LIST_PREFIX4] = "lpm",
					  [LIST_ADDRESS6] = "hash6",
					  [LIST_PREFIX6] = "hash6"};

	p->up = true;
	return wire_make(&p->wire, name, e) || list_up(p, map[list], list, n, seed, true, e) ? -1
											     : 0;
}

void rival_down(struct peer *p)
{
	peer_bpf__destroy(p->bpf);
	if (p->up)
		wire_remove(&p->wire);
}

static int lpm_up(struct peer *p, __u32 n, __u32 seed, const char *dir, struct sw_err *e)
{
	(void)dir;
	return map_up(p, "lpm", n, seed, e);
}

static int hash_up(struct peer *p, __u32 n, __u32 seed, const char *dir, struct sw_err *e)
{
	(void)dir;
	return map_up(p, "hash", n, seed, e);
}

static int lru_up(struct peer *p, __u32 n, __u32 seed, const char *dir, struct sw_err *e)
{
	(void)dir;
	return map_up(p, "lru", n, seed, e);
}

static long long map_dropped(const struct peer *p, struct sw_err *e)
{
	(void)e;
	return p->bpf->bss->dropped;
}

static void map_down(struct peer *p)
{
	peer_bpf__destroy(p->bpf);
	p->bpf = NULL;
}

/* ---- xdp-filter. It takes one address a command; after the first, its value
 * is copied, so that the list is there before the evening. */

static int filter_copy(__u32 n, __u32 seed, struct sw_err *e)
{
	int fd = bpf_obj_get(XDP_FILTER_LIST), rc = -1;
	__u64 *value = calloc(libbpf_num_possible_cpus(), sizeof(*value));
	__be32 key = htonl(address_number(0, seed));

	if (fd < 0 || !value || bpf_map_lookup_elem(fd, &key, value))
		goto out;
	rc = 0;
	for (__u32 i = 1; !rc && i < n; i++) {
		key = htonl(address_number(scattered(i, n), seed));
		rc = bpf_map_update_elem(fd, &key, value, BPF_ANY);
	}
out:
	if (rc)
		sw_fail(e, SW_EXIT_FAILED, XDP_FILTER_LIST " was not filled: %s", strerror(errno));
	if (fd >= 0)
		close(fd);
	free(value);
	return rc;
}

static int filter_up(struct peer *p, __u32 n, __u32 seed, const char *dir, struct sw_err *e)
{
	struct in_addr first = {htonl(address_number(0, seed))};
	char text[INET_ADDRSTRLEN];
	const char *const load[] = {"xdp-filter", "load", "-m",	      "native",
				    "-f",	  "ipv4", p->wire.rx, NULL};
	const char *const one[] = {"xdp-filter", "ip", "-m", "src", text, NULL};

	(void)dir;
	inet_ntop(AF_INET, &first, text, sizeof(text));
	return bench_command(load, e) || bench_command(one, e) || filter_copy(n, seed, e) ? -1 : 0;
}

static void filter_down(struct peer *p)
{
	struct sw_err ignored;

	bench_command((const char *const[]){"xdp-filter", "unload", p->wire.rx, NULL}, &ignored);
}

/* ---- nftables and ipset: a file in their own language */

static FILE *list_file(const char *dir, const char *name, char *path, size_t size, struct sw_err *e)
{
	FILE *f;

	snprintf(path, size, "%s/%s", dir, name);
	f = fopen(path, "we");
	if (!f)
		sw_fail(e, SW_EXIT_FAILED, "cannot write %s: %s", path, strerror(errno));
	return f;
}

static void list_addresses(FILE *f, const char *before, const char *after, __u32 n, __u32 seed)
{
	char text[INET_ADDRSTRLEN];

	for (__u32 i = 0; i < n; i++) {
		struct in_addr a = {htonl(address_number(scattered(i, n), seed))};

		fprintf(f, "%s%s%s\n", before, inet_ntop(AF_INET, &a, text, sizeof(text)), after);
	}
}

static int run_list(FILE *f, const char *path, const char *const argv[], struct sw_err *e)
{
	int rc = ferror(f) | fclose(f);

	rc = rc ? sw_fail(e, SW_EXIT_FAILED, "cannot write %s", path) : bench_command(argv, e);
	unlink(path);
	return rc;
}

static int nft_up(struct peer *p, __u32 n, __u32 seed, const char *dir, struct sw_err *e)
{
	char path[256];
	FILE *f = list_file(dir, "list.nft", path, sizeof(path), e);

	if (!f)
		return -1;
	fprintf(f,
		"table netdev bench {\ncounter dropped { }\n"
		"set blocked {\ntype ipv4_addr\nsize %u\nelements = {\n",
		n);
	list_addresses(f, "", ",", n, seed);
	fprintf(f,
		"}\n}\nchain ingress {\n"
		"type filter hook ingress device \"%s\" priority 0; policy accept;\n"
		"ip saddr @blocked counter name dropped drop\n}\n}\n",
		p->wire.rx);
	return run_list(f, path,
			(const char *const[]){"timeout", PATIENCE, "nft", "-f", path, NULL}, e);
}

static void nft_down(struct peer *p)
{
	struct sw_err ignored;

	(void)p;
	bench_command((const char *const[]){"nft", "delete", "table", "netdev", "bench", NULL},
		      &ignored);
}

static int ipset_up(struct peer *p, __u32 n, __u32 seed, const char *dir, struct sw_err *e)
{
	const char *const rule[] = {"iptables", "-t",	    "raw", "-A",   "PREROUTING",
				    "-i",	p->wire.rx, "-m",  "set",  "--match-set",
				    "bench",	"src",	    "-j",  "DROP", NULL};
	char path[256];
	FILE *f = list_file(dir, "list.ipset", path, sizeof(path), e);

	if (!f)
		return -1;
	fprintf(f, "create bench hash:ip family inet maxelem %u\n", n);
	list_addresses(f, "add bench ", "", n, seed);
	if (run_list(f, path,
		     (const char *const[]){"timeout", PATIENCE, "ipset", "restore", "-file", path,
					   NULL},
		     e))
		return -1;
	return bench_command(rule, e);
}

static void ipset_down(struct peer *p)
{
	struct sw_err ignored;

	(void)p;
	bench_command((const char *const[]){"iptables", "-t", "raw", "-F", NULL}, &ignored);
	bench_command((const char *const[]){"ipset", "destroy", "bench", NULL}, &ignored);
}

/* The number that a shell command ends up with. */
static long long number_from(const char *command, struct sw_err *e)
{
	FILE *f = popen(command, "re");
	long long n = -1;

	if (!f || fscanf(f, "%lld", &n) != 1)
		n = sw_fail(e, SW_EXIT_FAILED, "no number from: %s", command);
	if (f)
		pclose(f);
	return n;
}

/* `reset` answers at once; to list it, nft fetches every address of the set,
 * which takes minutes where there are ten million. */
static long long nft_dropped(const struct peer *p, struct sw_err *e)
{
	static long long total;
	long long since = number_from("nft -j reset counter netdev bench dropped |"
				      " jq '[.. | .counter? | objects | .packets] | add'",
				      e);

	(void)p;
	if (since < 0)
		return -1;
	total += since;
	return total;
}

static long long ipset_dropped(const struct peer *p, struct sw_err *e)
{
	(void)p;
	return number_from("iptables -t raw -vxnL PREROUTING | awk 'NR == 3 { print $1 }'", e);
}

static long long filter_dropped(const struct peer *p, struct sw_err *e)
{
	(void)p;
	return number_from("xdp-filter status | awk '$1 == \"XDP_DROP\" { print $2 }'", e);
}

/* ---- none at all: the stack refuses a datagram nobody waits for */

static int kernel_up(struct peer *p, __u32 n, __u32 seed, const char *dir, struct sw_err *e)
{
	(void)p, (void)n, (void)seed, (void)dir, (void)e;
	return 0;
}

static long long kernel_dropped(const struct peer *p, struct sw_err *e)
{
	(void)p;
	return number_from("awk '/^Ip: [0-9]/ { print $4 }' /proc/net/snmp", e);
}

static void kernel_down(struct peer *p)
{
	(void)p;
}

const struct peer_kind peer_kinds[] = {
	{"scanwall", "scanwall", 0, scanwall_up, scanwall_dropped, scanwall_down},
	{"xdp-filter", "xdp-filter", XDP_FILTER_MOST, filter_up, filter_dropped, filter_down},
	{"bpf-hash", "BPF hash", 0, hash_up, map_dropped, map_down},
	{"bpf-lru", "BPF LRU hash", 0, lru_up, map_dropped, map_down},
	{"bpf-lpm", "BPF LPM trie", 0, lpm_up, map_dropped, map_down},
	{"nft", "nft at ingress", 0, nft_up, nft_dropped, nft_down},
	{"ipset", "ipset in raw", 0, ipset_up, ipset_dropped, ipset_down},
	{"kernel", "bare kernel", 1, kernel_up, kernel_dropped, kernel_down},
};

const int peer_count = sizeof(peer_kinds) / sizeof(peer_kinds[0]);
