#!/usr/bin/env bash
# The Swift tests under a sanitizer of the toolchain, each in a build of its own. The C client has its
# own in clients/c/test.sh. What is left out is in docs/testing.md, and why.
# usage: scripts/sanitize.sh address|thread [ARGUMENTS OF swift test]
set -euo pipefail
cd "$(dirname "$0")/.."
kind=${1:?usage: scripts/sanitize.sh address|thread [ARGUMENTS OF swift test]}
shift
skip=(--skip IntegrationTests --skip TidyTests)
case $kind in
  address)
    scratch=.build-asan
    # Swift's runtime keeps for good what a leak detector takes for lost.
    export ASAN_OPTIONS=${ASAN_OPTIONS:-detect_leaks=0}
    ;;
  thread)
    scratch=.build-tsan
    export TSAN_OPTIONS=${TSAN_OPTIONS:-exitcode=66}
    skip+=(--skip KhachDetectionTests)
    ;;
  *)
    echo "address or thread expected, found $kind" >&2
    exit 64
    ;;
esac
swift build --sanitize="$kind" --scratch-path "$scratch" --build-tests
folder=$(swift build --sanitize="$kind" --scratch-path "$scratch" --show-bin-path)
preload=()
if [ "$kind" = thread ]; then
  "$(dirname "$(readlink -f "$(command -v swiftc)")")/clang" -shared -fPIC -O1 -Wall -Wextra \
    -o "$scratch/libseen_mutex.so" Tests/Support/seen-mutex/seen_mutex.c
  preload=(env LD_PRELOAD="$PWD/$scratch/libseen_mutex.so")
fi
# One after another: under a sanitizer many at once starve each other of their deadlines.
run=(--no-parallel "${skip[@]}" "$@")
echo "$kind sanitizer: all tests but for: ${run[*]}"
"${preload[@]}" "$folder/khachPackageTests.xctest" --testing-library swift-testing "${run[@]}"
