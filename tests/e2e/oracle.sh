#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# The oracle with fewer shapes; `make oracle` has all.
exec "$(dirname "$0")/../oracle/oracle.sh"
