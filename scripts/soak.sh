#!/usr/bin/env bash
# A server and its clients at work for a while, and what must not grow meanwhile: Tests/Soak/soak.py.
# usage: scripts/soak.sh [SECONDS [SEED]]
set -euo pipefail
cd "$(dirname "$0")/.."
swift build -c release --product khachd
swift build -c release --product khach
python3 Tests/Soak/soak.py "$(swift build -c release --show-bin-path)" "${1:-600}" "${@:2}"
