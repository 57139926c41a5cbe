# SPDX-License-Identifier: GPL-2.0-only
# `make help` lists the targets. Yours to set: CC CLANG CPPFLAGS CFLAGS LDFLAGS PREFIX
# DESTDIR, V=1 (whole commands), O=DIR (build there), WERROR=0, ARCH=arm64 (cross build).

VERSION   := 0.1.0
PREFIX    ?= /usr/local
SBINDIR   := $(DESTDIR)$(PREFIX)/sbin
MANDIR    := $(DESTDIR)$(PREFIX)/share/man
BASHDIR   := $(DESTDIR)$(PREFIX)/share/bash-completion/completions
ZSHDIR    ?= $(PREFIX)/share/zsh/site-functions
SYSTEMD   ?= $(PREFIX)/lib/systemd/system
UNITDIR   := $(DESTDIR)$(SYSTEMD)
CONFDIR   := $(DESTDIR)/etc/scanwall

# ARCH=arm64 builds for it with Debian's cross compiler and its arm64 packages:
# those that scripts/sysroot has unpacked, or this machine's own.
ifeq ($(ARCH),arm64)
TRIPLET   := aarch64-linux-gnu
SYSROOT   := $(if $(wildcard build/sysroot/arm64/done),$(CURDIR)/build/sysroot/arm64)
CC        := $(TRIPLET)-gcc $(SYSROOT:%=--sysroot=%)
LD        := $(TRIPLET)-ld
# In front of the command, for what make exports does not reach its $(shell).
PKG_ENV   := PKG_CONFIG_SYSROOT_DIR=$(SYSROOT) \
	     PKG_CONFIG_LIBDIR=$(SYSROOT)/usr/lib/$(TRIPLET)/pkgconfig:$(SYSROOT)/usr/share/pkgconfig
else ifneq ($(ARCH),)
$(error ARCH=$(ARCH) is not known; write ARCH=arm64, or nothing for this machine)
else
TRIPLET   := $(shell $(CC) -print-multiarch)
endif

CLANG     ?= clang
BPFTOOL   ?= $(firstword $(wildcard /usr/sbin/bpftool) bpftool)
PKG_CONFIG ?= pkg-config
B         := $(or $(O),build$(addprefix /,$(ARCH)))
# Writes manuals, so it runs here: the program itself, or one for this machine.
HOST      := $(if $(ARCH),build/scanwall,$(B)/scanwall)

LIBS      := libbpf libelf zlib libsystemd jansson libconfuse sqlite3 libcap-ng libpcap libmaxminddb ncursesw
WARN      := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes \
	     $(if $(filter 0,$(WERROR)),,-Werror)
CFLAGS    ?= -O2 -g
# Headers are read and written where they lie in a frame, as in the kernel.
SW_CFLAGS := -std=gnu11 -fno-strict-aliasing $(WARN) -D_GNU_SOURCE -DSW_VERSION='"$(VERSION)"' \
	     -ffile-prefix-map=$(abspath $(B))=build -ffile-prefix-map=$(CURDIR)=. \
	     -Iinclude -Iuser -Itests/lib -I$(B) $(shell $(PKG_ENV) $(PKG_CONFIG) --cflags $(LIBS) 2>/dev/null)
# The others are loaded when they are needed (user/base/late.h).
LDLIBS    := $(shell $(PKG_ENV) $(PKG_CONFIG) --libs $(filter-out libsystemd libpcap libmaxminddb libcap-ng ncursesw,$(LIBS)) 2>/dev/null) -lm

# Said before anything is built; these goals install what is missing, or need nothing.
WITHOUT   := help setup run test test-% check-6.1 bench bench-% detection-matrix attack-matrix oracle deb clean \
	     uninstall format lint examples dist compile_commands.json
ifneq ($(filter-out $(WITHOUT),$(or $(MAKECMDGOALS),all)),)
TOOLS     := $(foreach t,CC CLANG BPFTOOL PKG_CONFIG,$(firstword $($(t)))) scdoc
MISSING   := $(strip $(foreach t,$(TOOLS),$(if $(shell command -v $(t)),,$(t))))
ifneq ($(MISSING),)
$(error Missing: $(MISSING) (scripts/setup installs what the build needs))
endif
NEEDED    := $(LIBS) libmicrohttpd $(if $(filter unit check asan ubsan coverage,$(MAKECMDGOALS)),cmocka)
MISSING   := $(strip $(foreach l,$(NEEDED),$(if $(shell $(PKG_ENV) $(PKG_CONFIG) --exists $(l) && echo y),,$(l))))
ifneq ($(MISSING),)
$(error Missing: the development files of $(MISSING)$(if $(ARCH), for $(ARCH)) ($(if $(ARCH),ARCH=$(ARCH) )scripts/setup installs what the build needs))
endif
endif

# The program must load on 6.1, so: instruction set v3 (atomics, 5.12).
ARCHINC   := $(wildcard $(SYSROOT)/usr/include/$(TRIPLET))
BPFFLAGS  := -O2 -g --target=bpf -mcpu=v3 -ffile-prefix-map=$(CURDIR)=. \
	     -Wall -Wextra -Werror -Iinclude -D__TARGET_ARCH_$(if $(filter aarch64%,$(TRIPLET)),arm64,x86) \
	     $(addprefix -idirafter ,$(ARCHINC))

USER_SRC  := $(sort $(shell find user -name '*.c' -not -path 'user/web/*' \
	     -not -path 'user/notifier/*'))
NOTIFY_OBJ := $(patsubst %.c,$(B)/%.o,$(sort $(wildcard user/notifier/*.c)))
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

# "CC user/x.c"; the commands with V=1, nothing with -s.
Q         := $(if $(filter 1,$(V)),,@)
silent    := $(findstring s,$(filter-out --%,$(firstword -$(MAKEFLAGS))))
say        = $(if $(filter 1,$(V))$(silent),,@printf '  %-8s%s\n' $(1) $(2))

# As many jobs as CPUs, unless -j says otherwise. What runs for minutes prints as
# it goes, and not at its end.
ifeq ($(MAKELEVEL)$(filter -j% --jobs%,$(MAKEFLAGS)),0)
MAKEFLAGS += --jobs=$(shell nproc)
ifeq ($(filter run test% check% bench% oracle detection-matrix attack-matrix,$(MAKECMDGOALS)),)
MAKEFLAGS += --output-sync=target
endif
endif

.DELETE_ON_ERROR:
.SECONDARY:
.PHONY: examples oracle unit all run test check-6.1 test-kernels test-user test-deb bench bench-proof bench-shapes bench-signatures bench-tls detection-matrix attack-matrix setup install uninstall deb clean format help check lint layers asan ubsan coverage reproducible dist FORCE
all: $(B)/scanwall $(B)/scanwall-web $(B)/scanwall-notify $(B)/scanwall.8 \
     $(B)/scanwall-web.8 $(B)/scanwall-notify.8

$(B)/%.bpf.o: bpf/%.bpf.c $(BPF_DEP)
	@mkdir -p $(@D)
	$(call say,CLANG,$<)
	$(Q)$(CLANG) $(BPFFLAGS) -c $< -o $@

$(B)/%.bpf.o: tests/bench/%.bpf.c $(BPF_DEP) bpf/scanwall.bpf.c $(wildcard tests/bench/*.h)
	@mkdir -p $(@D)
	$(call say,CLANG,$<)
	$(Q)$(CLANG) $(BPFFLAGS) -c $< -o $@

$(B)/%.bpf.o: tests/bench/signatures/%.bpf.c
	@mkdir -p $(@D)
	$(call say,CLANG,$<)
	$(Q)$(CLANG) $(BPFFLAGS) -c $< -o $@

$(B)/%.bpf.o: tests/bench/shapes/%.bpf.c tests/bench/shapes/shapes.h $(BPF_DEP)
	@mkdir -p $(@D)
	$(call say,CLANG,$<)
	$(Q)$(CLANG) $(BPFFLAGS) -c $< -o $@

$(B)/%.bpf.o: tests/bench/proof/%.bpf.c $(wildcard tests/bench/proof/*.h)
	@mkdir -p $(@D)
	$(call say,CLANG,$<)
	$(Q)$(CLANG) $(BPFFLAGS) -c $< -o $@

$(B)/%.skel.h: $(B)/%.bpf.o
	$(call say,SKEL,$@)
	$(Q)$(BPFTOOL) gen skeleton $< name $(subst .,_,$*)_bpf > $@.tmp && mv $@.tmp $@

$(B)/%.o: %.c | $(B)/scanwall.skel.h $(B)/tls.skel.h
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(CC) $(SW_CFLAGS) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c $< -o $@

$(B)/user/engine/program_load.o $(B)/user/engine/sandbox.o $(B)/user/engine/dry_run.o $(B)/user/engine/decrypted.o $(B)/tests/kernels/verified.o: $(B)/scanwall.skel.h
$(BENCH_OBJ): $(BENCH_BPF)
$(SIG_OBJ): $(B)/plain.skel.h
$(B)/tests/bench/proof/lab_flood.o: $(B)/flood.skel.h

# The rules that come with scanwall, as they are, in the program.
$(B)/builtin.rules: $(RULES)
	@mkdir -p $(@D)
	$(Q)for f in $^; do echo "# file $$f"; cat $$f; done > $@.tmp && mv $@.tmp $@
$(B)/builtin_rules.o: $(B)/builtin.rules
	$(Q)cd $(B) && $(LD) -r -z noexecstack -b binary -o $(@F) $(<F)

$(B)/scanwall: $(USER_OBJ)
	$(call say,LINK,$@)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) $^ -o $@ $(LDLIBS)

# A program of its own: its library would make the daemon larger.
$(B)/scanwall-web: $(WEB_OBJ) $(B)/libscanwall.a
	$(call say,LINK,$@)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) $^ -o $@ $(LDLIBS) -lmicrohttpd

# Another, for the same reason.
$(B)/scanwall-notify: $(NOTIFY_OBJ) $(B)/libscanwall.a
	$(call say,LINK,$@)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) $^ -o $@ $(LDLIBS) -lcurl

$(B)/libscanwall.a: $(LIB_OBJ)
	@rm -f $@
	$(call say,AR,$@)
	$(Q)$(AR) rcs $@ $^

$(B)/tests/%: $(B)/tests/unit/%.o $(UNIT_HELP) $(B)/libscanwall.a
	@mkdir -p $(@D)
	$(call say,LINK,$@)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) $^ -o $@ $(LDLIBS) -lcmocka -lpcap $(TEST_LIBS)

$(B)/tests/regex_test: TEST_LIBS := -lpcre2-8

$(B)/bench: $(BENCH_OBJ) $(B)/libscanwall.a
	$(call say,LINK,$@)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) $^ -o $@ $(LDLIBS)

$(B)/verified: $(B)/tests/kernels/verified.o $(B)/libscanwall.a | $(B)/scanwall.stack
	$(call say,LINK,$@)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) $^ -o $@ $(LDLIBS)

# What 6.1 allows of stack is counted in the object, which takes no kernel.
$(B)/stack_depth: tests/kernels/stack_depth.c
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(if $(ARCH),cc,$(CC)) -std=gnu11 $(WARN) -O2 $< -o $@ -lelf
$(B)/scanwall.stack: $(B)/scanwall.bpf.o $(B)/stack_depth
	$(Q)$(B)/stack_depth $< > $@

$(B)/bench-proof: $(B)/tests/bench/proof/victim.o $(UNIT_HELP) $(B)/libscanwall.a
	$(call say,LINK,$@)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) $^ -o $@ $(LDLIBS) -lcmocka

PROOF_LAB := $(patsubst %,$(B)/tests/bench/proof/%.o,lab lab_flood visits)
$(B)/proof-lab: $(PROOF_LAB)
	$(call say,LINK,$@)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) $^ -o $@ $(LDLIBS)

$(B)/tests/bench/shapes/shapes.o: $(B)/shapes.skel.h
$(B)/bench-shapes: $(B)/tests/bench/shapes/shapes.o
	$(call say,LINK,$@)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) $^ -o $@ $(LDLIBS)

$(B)/bench-signatures: $(SIG_OBJ) $(B)/libscanwall.a
	$(call say,LINK,$@)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) $^ -o $@ $(LDLIBS)

$(B)/scanwall.8.scd: $(HOST)
	@mkdir -p $(@D)
	$(Q)$(HOST) __man > $@.tmp && mv $@.tmp $@
$(B)/scanwall.conf.5.scd: $(HOST)
	$(Q)$(HOST) __man-config > $@.tmp && mv $@.tmp $@
$(B)/scanwall-%.8: scripts/man/scanwall-%.8.scd
	$(call say,MAN,$@)
	$(Q)scdoc < $< > $@.tmp && mv $@.tmp $@
$(B)/%: $(B)/%.scd
	$(call say,MAN,$@)
	$(Q)scdoc < $< > $@.tmp && mv $@.tmp $@

ifneq ($(ARCH),)
$(HOST): FORCE
	$(Q)$(MAKE) ARCH= O= CC=cc LD=ld $@
FORCE:
endif

# Never run, but nothing may depend on the byte order of this machine's.
$(B)/scanwall.bpfeb.o: bpf/scanwall.bpf.c $(BPF_DEP)
	@mkdir -p $(@D)
	$(call say,CLANG,$@)
	$(Q)$(CLANG) $(subst --target=bpf,--target=bpfeb,$(BPFFLAGS)) -c $< -o $@

unit: $(UNIT) $(B)/scanwall.bpfeb.o $(B)/scanwall.stack

help:
	@sed -n 's/^#: //p' $(firstword $(MAKEFILE_LIST))

#: make                    build/scanwall and its manual
#: make help               this
#: make unit               the unit tests' programs; scripts/test runs them
#: make check              what a commit has to pass: lint, layers, examples, unit tests
#: make lint               clang-format, clang-tidy, shellcheck
#: make asan ubsan         the unit tests under a sanitizer
#: make coverage           the lines that the unit tests reach
#: make examples [BUILD=1] do CONTRIBUTING's example commits apply [build and pass]?
#: make reproducible       are two builds in two places the same, byte by byte?
#: make ARCH=arm64         cross build, into build/arm64
#: make compile_commands.json   for clangd and clang-tidy
#: make dist               build/scanwall-VERSION.tar.gz
#: make format             clang-format over all files
#: make install uninstall  DESTDIR= PREFIX=/usr/local
#: make deb                the Debian package, into build/deb; ARCH=arm64: for that
#:
#: These set the machine up first (scripts/setup; Debian, root):
#: make run [IFACE=eth0]   see it work in a lab, or protect an interface
#: make test               every test
#: make check-6.1          in 20 s: do the programs load on Debian 12's kernel?
#: make test-kernels       every kernel that users have, booted in qemu
#: make test-kernels ARCH=arm64   the unit tests on an arm64 kernel, emulated
#: make test-user ARCH=arm64      those that need no kernel, in a minute
#: make test-deb ARCH=arm64       the package, built twice and looked into
#: make bench [QUICK=1]    what a packet costs, beside what others cost
#: make bench-proof        what forgery costs whom it names, what scanners and floods get
#: make bench-signatures   what looking into payloads costs
#: make bench-shapes        what a look-up costs by the shape of the drop set's lines
#: make bench-tls           what `run --tls` costs
#: make oracle             every shape of packet: what does its answer tell?
#: make detection-matrix   every scan, beside psad, portsentry and nftables
#: make attack-matrix      Debian's attack tools, without scanwall and with it
#:
#: V=1 shows the commands, O=DIR builds there, WERROR=0 lets warnings pass.

check: lint layers examples all unit
	BUILD=$(B) scripts/test $(wildcard tests/unit/*_test.c)

lint: compile_commands.json
	scripts/lint

layers: $(LIB_OBJ) $(NOTIFY_OBJ) $(WEB_OBJ)
	scripts/layers $(B)

examples:
	scripts/examples $(if $(BUILD),--build)

compile_commands.json: export COMPILE = $(CC) $(SW_CFLAGS) $(CPPFLAGS) $(CFLAGS)
compile_commands.json: $(USER_SRC) $(wildcard user/web/*.c) Makefile
	$(Q)c=$$(printf %s "$$COMPILE" | sed 's/["\\]/\\&/g'); for f in $(filter %.c,$^); do \
		printf '{"directory":"%s","file":"%s","command":"%s -c %s"},\n' \
			'$(CURDIR)' "$$f" "$$c" "$$f"; \
	done | sed '1s/^/[/; $$s/,$$/]/' > $@

# gcc warns of lengths that it no longer sees through when it instruments; and headers
# lie in frames as they lie.
asan ubsan: setup
	$(MAKE) O=build/$@ WERROR=0 CFLAGS='-O1 -g -fno-omit-frame-pointer $(if $(filter asan,$@),-fsanitize=address,-fsanitize=undefined -fno-sanitize=alignment -fno-sanitize-recover=undefined)' all unit
	BUILD=build/$@ scripts/test $(filter-out tests/unit/no_memory_test.c,$(wildcard tests/unit/*_test.c))

coverage: setup
	$(MAKE) O=build/coverage CFLAGS='-O0 -g --coverage' all unit
	BUILD=build/coverage scripts/test $(wildcard tests/unit/*_test.c)
	scripts/coverage build/coverage

reproducible:
	scripts/reproducible

# What is committed; REV=... another state of it.
dist:
	@mkdir -p $(B)
	git archive --prefix=scanwall-$(VERSION)/ -o $(B)/scanwall-$(VERSION).tar.gz $(or $(REV),HEAD)

# These three set the machine up themselves; see scripts/setup.
setup:
	scripts/setup

run: setup
	$(MAKE) all
	scripts/run $(IFACE)

test: setup
	$(MAKE) all unit $(B)/verified
	scripts/test

check-6.1: all $(B)/verified
	scripts/kernels 6.1 tests/kernels/check

# The newest clang of this release of Debian, beside its default.
NEWEST = $(lastword $(shell apt-cache search --names-only '^clang-[0-9]+$$' | cut -d' ' -f1 | sort -V))
test-kernels: setup
	$(MAKE) -j2 all unit $(B)/verified
ifeq ($(ARCH),)
	dpkg -s $(NEWEST) >/dev/null 2>&1 || apt-get -qq install --no-install-recommends -y $(NEWEST)
	$(MAKE) -j2 B=$(B)/$(NEWEST) CLANG=$(NEWEST) all $(B)/$(NEWEST)/verified
endif
	scripts/test-kernels $(KERNELS)

# The unit tests that load no program, without a kernel of that architecture.
NO_BPF = $(shell grep -LE 'test_(program|context|rules)|evasions|skel|sw_engine_load' tests/unit/*_test.c)
test-user: setup
	$(MAKE) all unit
	BUILD=$(B) RUN='$(if $(ARCH),qemu-aarch64-static -L build/sysroot/$(ARCH))' scripts/test $(NO_BPF)

# The package of another architecture: make test has this machine's.
test-deb: setup
	tests/deb/cross.sh

bench: setup
	$(MAKE) all $(B)/bench
	QUICK=$(QUICK) B=$(B) scripts/bench

bench-proof: setup
	$(MAKE) all $(B)/bench-proof $(B)/proof-lab $(B)/ceiling.bpf.o
	$(B)/bench-proof
	tests/bench/proof/lab.sh $(ROUNDS)

bench-shapes: setup
	$(MAKE) $(B)/bench-shapes
	$(B)/bench-shapes

bench-tls: setup
	$(MAKE) all
	scripts/bench-tls $(ROUNDS)

bench-signatures: setup
	$(MAKE) all $(B)/bench-signatures
	scripts/bench-signatures

oracle: setup
	$(MAKE) all
	tests/oracle/oracle.sh --whole

detection-matrix: setup
	$(MAKE) all
	scripts/matrix $(PEERS)

# Their table goes into docs/signatures.md. Installs the tools.
attack-matrix: setup
	$(MAKE) all
	scripts/attack-matrix --write $(TOOLS)

install: all $(B)/scanwall.conf.5
	install -d $(SBINDIR) $(MANDIR)/man8 $(MANDIR)/man5 $(BASHDIR) $(DESTDIR)$(ZSHDIR) $(UNITDIR) $(CONFDIR)
	install -m 0755 $(B)/scanwall $(B)/scanwall-web $(B)/scanwall-notify $(SBINDIR)
	install -m 0644 $(B)/scanwall.8 $(B)/scanwall-web.8 $(B)/scanwall-notify.8 $(MANDIR)/man8
	install -m 0644 $(B)/scanwall.conf.5 $(MANDIR)/man5/scanwall.conf.5
	install -m 0644 scripts/completion.bash $(BASHDIR)/scanwall
	install -m 0644 scripts/completion.zsh $(DESTDIR)$(ZSHDIR)/_scanwall
	sed 's|@SBINDIR@|$(PREFIX)/sbin|' scripts/scanwall.service > $(UNITDIR)/scanwall.service
	sed 's|@SBINDIR@|$(PREFIX)/sbin|' scripts/scanwall-web.service > $(UNITDIR)/scanwall-web.service
	sed 's|@SBINDIR@|$(PREFIX)/sbin|' scripts/scanwall-notify.service > $(UNITDIR)/scanwall-notify.service
	sed 's|@SBINDIR@|$(PREFIX)/sbin|' scripts/scanwall-names.service > $(UNITDIR)/scanwall-names.service
	chmod 0644 $(UNITDIR)/scanwall.service $(UNITDIR)/scanwall-web.service $(UNITDIR)/scanwall-notify.service \
		$(UNITDIR)/scanwall-names.service
	test -e $(CONFDIR)/scanwall.conf || \
		{ $(HOST) __sample-config > $(CONFDIR)/scanwall.conf; chmod 0640 $(CONFDIR)/scanwall.conf; }

# Takes away what install put there; your configuration and record stay.
uninstall:
	rm -f $(SBINDIR)/scanwall $(SBINDIR)/scanwall-web $(SBINDIR)/scanwall-notify $(MANDIR)/man8/scanwall.8 \
		$(MANDIR)/man8/scanwall-web.8 $(MANDIR)/man8/scanwall-notify.8 $(MANDIR)/man5/scanwall.conf.5 \
		$(BASHDIR)/scanwall $(DESTDIR)$(ZSHDIR)/_scanwall $(UNITDIR)/scanwall.service \
		$(UNITDIR)/scanwall-web.service $(UNITDIR)/scanwall-notify.service \
		$(UNITDIR)/scanwall-names.service

deb: setup
	scripts/deb

clean:
	rm -rf $(B)

format:
	clang-format -i $$(git ls-files '*.c' '*.h')

-include $(shell find $(B) \( -name sysroot -o -name released \) -prune -o -name '*.d' -print 2>/dev/null)
