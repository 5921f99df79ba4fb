#!/usr/bin/env bash
# Swift sources as swift-format wants them; generated code is exempt.
set -euo pipefail
cd "$(dirname "$0")/.."
git ls-files '*.swift' | grep -v /Generated/ | xargs swift format lint --strict -p
