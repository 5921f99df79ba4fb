#!/usr/bin/env bash
# Stock gRPC of Python against khachd: Tests/Support/grpc-peer/test.sh [ARGUMENTS OF PYTEST]
#
# Against khachd of .build/debug, or of KHACH_BINARIES.
set -euo pipefail
cd "$(dirname "$0")"
root=$(cd ../../.. && pwd)
python=$root/.build/grpc-peer

# Made anew when what is pinned has changed.
stamp=$(sha256sum <requirements.txt)
if [ "$(cat "$python/stamp" 2>/dev/null)" != "$stamp" ]; then
  rm -rf "$python"
  python3 -m venv "$python"
  "$python/bin/pip" install --quiet --disable-pip-version-check -r requirements.txt
  echo "$stamp" >"$python/stamp"
fi

export PYTHONDONTWRITEBYTECODE=1
"$python/bin/python" -m pytest -p no:cacheprovider -q "$@"
