#!/usr/bin/env bash
# Cuts the power of a disk under khachd and a cache, 20 times or as often as KHACH_POWER_CUTS says;
# then once more for each file system without writing through, which has to lose something.
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/install.sh test
swift build --build-tests
KHACH_POWER_CUTS=${KHACH_POWER_CUTS:-20} swift test --skip-build --filter PowerCutTests
