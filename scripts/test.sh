#!/usr/bin/env bash
# Everything CI runs, in CI's order. Installs what it needs; skips nothing.
set -euo pipefail
cd "$(dirname "$0")/.."
step() { printf '\n== %s (after %d s)\n' "$*" "$SECONDS"; }

step "packages"
scripts/install.sh test
step "format"
scripts/lint.sh
step "generated code"
scripts/check-generated.sh
step "the C client, under address and undefined-behaviour sanitizers"
clients/c/test.sh clients/c/build-test
step "a stock peer, from Debian's Go packages"
mkdir -p .build/peers
Tests/Support/go-peer/build.sh "$PWD/.build/peers/go-peer"
step "Swift"
swift build --build-tests
swift test --skip-build
step "the unit of systemd, and the Debian package"
scripts/test-unit.sh
scripts/test-deb.sh "$(swift build --show-bin-path)"
step "the Python client"
clients/python/test.sh
step "stock gRPC for Python"
Tests/Support/grpc-peer/test.sh
step "simulated caches, servers and networks"
swift build -c release --product khach-simulate
.build/release/khach-simulate --seeds 10000 --first 1
step "passed"
