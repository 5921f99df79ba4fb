#!/usr/bin/env bash
# Formats, types and tests of the Python client: clients/python/test.sh [ARGUMENTS OF PYTEST]
#
# Against khachd and khach of .build/debug (or KHACH_BINARIES), and a libkhach that is built here
# without sanitizers, which Python cannot load. KHACH_SEED repeats a run.
set -euo pipefail
cd "$(dirname "$0")"
root=$(cd ../.. && pwd)
library=$root/clients/c/build-python
python=$root/.build/python-client

cmake -S "$root/clients/c" -B "$library" -DBUILD_TESTING=OFF -DCMAKE_BUILD_TYPE=Release >/dev/null
cmake --build "$library" --parallel "${JOBS:-2}" --target khach | tail -1

# Made anew when what is pinned has changed.
stamp=$(sha256sum <requirements-test.txt)
if [ "$(cat "$python/stamp" 2>/dev/null)" != "$stamp" ]; then
  rm -rf "$python"
  python3 -m venv "$python"
  "$python/bin/pip" install --quiet --disable-pip-version-check -r requirements-test.txt
  echo "$stamp" >"$python/stamp"
fi

export KHACH_LIBRARY=$library/libkhach.so PYTHONPATH=$PWD/src PYTHONDONTWRITEBYTECODE=1
KHACH_SEED=${KHACH_SEED:-$(od -An -N4 -tu4 /dev/urandom | tr -d ' ')}
export KHACH_SEED
"$python/bin/ruff" format --no-cache --check --quiet .
"$python/bin/ruff" check --no-cache --quiet .
"$python/bin/mypy" --cache-dir "$python/mypy" src tests examples
"$python/bin/python" -m pytest --hypothesis-seed="$KHACH_SEED" "$@"
