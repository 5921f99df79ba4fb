#!/usr/bin/env bash
# Every Swift test, and the binaries that they run, under AddressSanitizer; the C client has its own
# in clients/c/test.sh. Built beside the ordinary build.
# usage: scripts/sanitize.sh [ARGUMENTS OF swift test]
set -euo pipefail
cd "$(dirname "$0")/.."
build=(--sanitize=address --scratch-path .build-asan)
# Swift's runtime keeps for good what a leak detector takes for lost.
export ASAN_OPTIONS=${ASAN_OPTIONS:-detect_leaks=0}
swift build "${build[@]}" --build-tests
swift test "${build[@]}" --skip-build "$@"
