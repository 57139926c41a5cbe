# SPDX-License-Identifier: GPL-2.0-only
# make                     build/scanwall
# make run [IFACE=eth0]    see it work in a lab, or protect an interface
# make test                every test
# make check-6.1           in 20 s: do the programs load on Debian 12's kernel?
# make test-kernels         every kernel that users have, booted in qemu
# make bench [QUICK=1]     what a packet costs, beside what others cost
# make bench-signatures    what looking into payloads costs
# make oracle              every shape of packet: what does its answer tell?
# make detection-matrix    every scan, beside psad, portsentry and nftables
# make install uninstall   DESTDIR= PREFIX=/usr/local
# make deb                 the Debian package, into build/deb

VERSION   := 0.1.0
PREFIX    ?= /usr/local
SBINDIR   := $(DESTDIR)$(PREFIX)/sbin
MANDIR    := $(DESTDIR)$(PREFIX)/share/man
BASHDIR   := $(DESTDIR)$(PREFIX)/share/bash-completion/completions
ZSHDIR    ?= $(PREFIX)/share/zsh/site-functions
SYSTEMD   ?= $(PREFIX)/lib/systemd/system
UNITDIR   := $(DESTDIR)$(SYSTEMD)
CONFDIR   := $(DESTDIR)/etc/scanwall

CLANG     ?= clang
BPFTOOL   ?= $(firstword $(wildcard /usr/sbin/bpftool) bpftool)
B         := build

LIBS      := libbpf libelf zlib libsystemd jansson libconfuse sqlite3 libcap-ng libpcap ncursesw
WARN      := -Wall -Wextra -Werror -Wshadow -Wstrict-prototypes -Wmissing-prototypes
CFLAGS    ?= -O2 -g
# Headers are read and written where they lie in a frame, as in the kernel.
CFLAGS    += -std=gnu11 -fno-strict-aliasing $(WARN) -D_GNU_SOURCE -DSW_VERSION='"$(VERSION)"' \
	     -Iinclude -Iuser -Itests/lib -I$(B) $(shell pkg-config --cflags $(LIBS) 2>/dev/null)
# libsystemd and libpcap are loaded when they are needed (user/base/late.h).
LDLIBS    := $(shell pkg-config --libs $(filter-out libsystemd libpcap,$(LIBS)) 2>/dev/null) -lm

# The program must load on 6.1, so: instruction set v3 (atomics, 5.12).
ARCHINC   := $(wildcard /usr/include/$(shell uname -m)-linux-gnu)
BPFFLAGS  := -O2 -g --target=bpf -mcpu=v3 -ffile-prefix-map=$(CURDIR)=. \
	     -Wall -Wextra -Werror -Iinclude \
	     $(addprefix -idirafter ,$(ARCHINC))

USER_SRC  := $(sort $(shell find user -name '*.c' -not -path 'user/web/*'))
WEB_OBJ   := $(patsubst %.c,$(B)/%.o,$(sort $(wildcard user/web/*.c)))
USER_OBJ  := $(USER_SRC:%.c=$(B)/%.o) $(B)/builtin_rules.o
LIB_OBJ   := $(filter-out $(B)/user/main.o,$(USER_OBJ))
BPF_DEP   := $(wildcard bpf/*.h include/scanwall/*.h)
RULES     := $(sort $(wildcard user/rules/builtin/*.rules))
UNIT      := $(patsubst tests/unit/%.c,$(B)/tests/%,$(sort $(wildcard tests/unit/*_test.c)))
UNIT_HELP := $(patsubst %.c,$(B)/%.o,$(wildcard tests/lib/*.c))
BENCH_BPF := $(patsubst tests/bench/%.bpf.c,$(B)/%.skel.h,$(wildcard tests/bench/*.bpf.c))
SIG_OBJ   := $(patsubst %.c,$(B)/%.o,$(filter-out %.bpf.c,$(sort $(wildcard tests/bench/signatures/*.c))))
BENCH_OBJ := $(patsubst %.c,$(B)/%.o,$(filter-out %.bpf.c,$(sort $(wildcard tests/bench/*.c))))

.SECONDARY:
.PHONY: oracle unit all run test check-6.1 test-kernels bench bench-signatures detection-matrix setup install uninstall deb clean format
all: $(B)/scanwall $(B)/scanwall-web $(B)/scanwall.8

$(B)/%.bpf.o: bpf/%.bpf.c $(BPF_DEP)
	@mkdir -p $(@D)
	$(CLANG) $(BPFFLAGS) -c $< -o $@

$(B)/%.bpf.o: tests/bench/%.bpf.c $(BPF_DEP) bpf/scanwall.bpf.c $(wildcard tests/bench/*.h)
	@mkdir -p $(@D)
	$(CLANG) $(BPFFLAGS) -c $< -o $@

$(B)/%.bpf.o: tests/bench/signatures/%.bpf.c
	@mkdir -p $(@D)
	$(CLANG) $(BPFFLAGS) -c $< -o $@

$(B)/%.skel.h: $(B)/%.bpf.o
	$(BPFTOOL) gen skeleton $< name $(subst .,_,$*)_bpf > $@.tmp && mv $@.tmp $@

$(B)/%.o: %.c | $(B)/scanwall.skel.h
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) -MMD -MP -c $< -o $@

$(B)/user/engine/load.o $(B)/tests/kernels/verified.o: $(B)/scanwall.skel.h
$(BENCH_OBJ): $(BENCH_BPF)
$(SIG_OBJ): $(B)/plain.skel.h

# The rules that come with scanwall, as they are, in the program.
$(B)/builtin.rules: $(RULES)
	@mkdir -p $(@D)
	for f in $^; do echo "# file $$f"; cat $$f; done > $@.tmp && mv $@.tmp $@
$(B)/builtin_rules.o: $(B)/builtin.rules
	cd $(B) && $(LD) -r -z noexecstack -b binary -o $(@F) $(<F)

$(B)/scanwall: $(USER_OBJ)
	$(CC) $(LDFLAGS) $^ -o $@ $(LDLIBS)

# A program of its own: its library would make the daemon larger.
$(B)/scanwall-web: $(WEB_OBJ) $(B)/libscanwall.a
	$(CC) $(LDFLAGS) $^ -o $@ $(LDLIBS) -lmicrohttpd

$(B)/libscanwall.a: $(LIB_OBJ)
	@rm -f $@
	ar rcs $@ $^

$(B)/tests/%: $(B)/tests/unit/%.o $(UNIT_HELP) $(B)/libscanwall.a
	@mkdir -p $(@D)
	$(CC) $(LDFLAGS) $^ -o $@ $(LDLIBS) -lcmocka -lpcap

$(B)/bench: $(BENCH_OBJ) $(B)/libscanwall.a
	$(CC) $(LDFLAGS) $^ -o $@ $(LDLIBS)

$(B)/verified: $(B)/tests/kernels/verified.o $(B)/libscanwall.a
	$(CC) $(LDFLAGS) $^ -o $@ $(LDLIBS)

$(B)/bench-signatures: $(SIG_OBJ) $(B)/libscanwall.a
	$(CC) $(LDFLAGS) $^ -o $@ $(LDLIBS)

$(B)/scanwall.8.scd: $(B)/scanwall
	$(B)/scanwall __man > $@.tmp && mv $@.tmp $@
$(B)/scanwall.conf.5.scd: $(B)/scanwall
	$(B)/scanwall __man-config > $@.tmp && mv $@.tmp $@
$(B)/%: $(B)/%.scd
	scdoc < $< > $@.tmp && mv $@.tmp $@

# Never run, but nothing may depend on the byte order of this machine's.
$(B)/scanwall.bpfeb.o: bpf/scanwall.bpf.c $(BPF_DEP)
	@mkdir -p $(@D)
	$(CLANG) $(subst --target=bpf,--target=bpfeb,$(BPFFLAGS)) -c $< -o $@

unit: $(UNIT) $(B)/scanwall.bpfeb.o

# These three set the machine up themselves; see scripts/setup.
setup:
	scripts/setup

run: setup
	$(MAKE) -j2 all
	scripts/run $(IFACE)

test: setup
	$(MAKE) -j2 all unit $(B)/verified
	scripts/test

check-6.1: all $(B)/verified
	scripts/kernels 6.1 tests/kernels/check

# The newest clang of this release of Debian, beside its default.
NEWEST = $(lastword $(shell apt-cache search --names-only '^clang-[0-9]+$$' | cut -d' ' -f1 | sort -V))
test-kernels: setup
	dpkg -s $(NEWEST) >/dev/null 2>&1 || apt-get -qq install --no-install-recommends -y $(NEWEST)
	$(MAKE) -j2 all unit $(B)/verified
	$(MAKE) -j2 B=$(B)/$(NEWEST) CLANG=$(NEWEST) all $(B)/$(NEWEST)/verified
	scripts/test-kernels $(KERNELS)

bench: setup
	$(MAKE) -j2 all $(B)/bench
	QUICK=$(QUICK) scripts/bench

bench-signatures: setup
	$(MAKE) -j2 all $(B)/bench-signatures
	scripts/bench-signatures

oracle: setup
	$(MAKE) -j2 all
	tests/oracle/oracle.sh --whole

detection-matrix: setup
	$(MAKE) -j2 all
	scripts/matrix $(PEERS)

install: all $(B)/scanwall.conf.5
	install -d $(SBINDIR) $(MANDIR)/man8 $(MANDIR)/man5 $(BASHDIR) $(DESTDIR)$(ZSHDIR) $(UNITDIR) $(CONFDIR)
	install -m 0755 $(B)/scanwall $(B)/scanwall-web $(SBINDIR)
	install -m 0644 $(B)/scanwall.8 $(MANDIR)/man8/scanwall.8
	install -m 0644 $(B)/scanwall.conf.5 $(MANDIR)/man5/scanwall.conf.5
	install -m 0644 scripts/completion.bash $(BASHDIR)/scanwall
	install -m 0644 scripts/completion.zsh $(DESTDIR)$(ZSHDIR)/_scanwall
	sed 's|@SBINDIR@|$(PREFIX)/sbin|' scripts/scanwall.service > $(UNITDIR)/scanwall.service
	sed 's|@SBINDIR@|$(PREFIX)/sbin|' scripts/scanwall-web.service > $(UNITDIR)/scanwall-web.service
	chmod 0644 $(UNITDIR)/scanwall.service $(UNITDIR)/scanwall-web.service
	test -e $(CONFDIR)/scanwall.conf || \
		{ $(B)/scanwall __sample-config > $(CONFDIR)/scanwall.conf; chmod 0640 $(CONFDIR)/scanwall.conf; }

# Takes away what install put there; your configuration and record stay.
uninstall:
	rm -f $(SBINDIR)/scanwall $(SBINDIR)/scanwall-web $(MANDIR)/man8/scanwall.8 $(MANDIR)/man5/scanwall.conf.5 \
		$(BASHDIR)/scanwall $(DESTDIR)$(ZSHDIR)/_scanwall $(UNITDIR)/scanwall.service \
		$(UNITDIR)/scanwall-web.service

deb: setup
	scripts/deb

clean:
	rm -rf $(B)

format:
	clang-format -i $$(git ls-files '*.c' '*.h')

-include $(shell find $(B) -name '*.d' 2>/dev/null)
