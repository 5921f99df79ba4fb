#!/usr/bin/env bash
# Builds for release and prints one table: each figure beside its comparator in the same run.
# usage: scripts/bench.sh [quick|full] [PART ...]      quick: smaller loads, to see that everything runs
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/install.sh bench
for product in khachd khach ttrpc-testd contact-bench; do
  swift build -c release --product "$product" 2>&1 | tail -1
done
build=Benchmarks/build
mkdir -p "$build"
cc -O2 -o "$build/rpc_load" Benchmarks/src/rpc_load.c Benchmarks/src/rpc_socket.c -lssl -lcrypto
cc -O2 -o "$build/raw_epoll" Benchmarks/src/raw_epoll.c
for program in index_make index_ask; do
  cc -O2 -D_DEFAULT_SOURCE -Iclients/c/index/include -Iclients/c/text/include \
    -o "$build/$program" "Benchmarks/src/$program.c" clients/c/index/src/*.c clients/c/text/src/*.c \
    -lsqlite3 -lutf8proc
done
for program in store_loop cache_loop; do
  cc -O2 -o "$build/$program" "Benchmarks/src/$program.c" -lsqlite3
done
cc -O2 -o "$build/export_loop" Benchmarks/src/export_loop.c -lxlsxwriter
cmake -S clients/c -B "$build/libkhach" -DCMAKE_BUILD_TYPE=Release >/dev/null
cmake --build "$build/libkhach" -j2 >/dev/null
for program in live_watch list_loop; do
  cc -O2 -pthread -Iclients/c/include -o "$build/$program" "Benchmarks/src/$program.c" \
    "$build/libkhach/libkhach.a" $(pkg-config --libs sqlite3 libprotobuf-c libxxhash libssl libcrypto) -lutf8proc \
    -lxlsxwriter
done
parts=()
for part in "${@:2}"; do parts+=(--part "$part"); done
exec python3 Benchmarks/bench.py --bin "$(swift build -c release --show-bin-path)" \
  --build "$build" --size "${1:-full}" "${parts[@]}"
