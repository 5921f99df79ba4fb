#!/usr/bin/env bash
# The unit is one that systemd takes, and confined: an exposure of at most 2.0.
set -euo pipefail
cd "$(dirname "$0")/.."
most=20
unit=packaging/khachd.service
level=$(systemd-analyze security --offline=true "$unit" | sed -n 's/.*Overall exposure level for .*: \([0-9.]*\) .*/\1/p')
[ -n "$level" ] || { echo "an exposure level of $unit expected, none found" >&2; exit 1; }
[ "${level/./}" -le "$most" ] || { echo "$unit: an exposure of at most 2.0 expected, found $level" >&2; exit 1; }
# Where a program is not installed, that is all that verify may say.
said=$(systemd-analyze verify --man=no "$unit" 2>&1 | grep -v 'Command /usr/bin/khachd is not executable' || true)
[ -z "$said" ] || { echo "$said" >&2; exit 1; }
echo "ok exposure $level"
