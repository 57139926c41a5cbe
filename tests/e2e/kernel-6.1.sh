#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Debian 12's kernel, whose verifier refuses what newer ones accept: the programs load,
# attach and block. Booted in qemu (scripts/kernels).
. "$(dirname "$0")/lib.sh"

check "Linux 6.1 loads, attaches and blocks" "$top/scripts/kernels" 6.1 tests/kernels/check
finish
