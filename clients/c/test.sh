#!/bin/sh
# Builds the C client with sanitizers and runs its tests: test.sh BUILD_DIR
set -eu

build=${1:?usage: test.sh BUILD_DIR}
here=$(CDPATH= cd -- "$(dirname -- "$0")" && pwd)

cmake -S "$here" -B "$build" -DCMAKE_BUILD_TYPE=Debug -DKHACH_SANITIZE=ON
cmake --build "$build" --parallel "${JOBS:-2}"
cd "$build"
ctest --output-on-failure
