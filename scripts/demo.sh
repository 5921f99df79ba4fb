#!/usr/bin/env bash
# The main job end to end, in a temporary folder: a server, a sample of 60,000 interactions, a
# client cache, and answers from the cache with the server gone.
set -euo pipefail
cd "$(dirname "$0")/.."
say() { printf '\n\033[1m%s\033[0m\n' "$*"; }
run() { printf '$ khach %s\n' "$*"; "$khach" "$@"; }

# Builds a product: how far it is, while it lasts; the whole log, when it fails.
build() {
  local log=$folder/build.log began=$SECONDS pid mark='' end='\n'
  [ ! -t 1 ] || { mark='\r\033[K'; end=; }
  swift build -c release --product "$1" >"$log" 2>&1 &
  pid=$!
  while kill -0 "$pid" 2>/dev/null; do
    printf "$mark%s: %s s %s$end" "$1" $((SECONDS - began)) "$(tail -n 1 "$log" | cut -c 1-56)"
    if [ -t 1 ]; then sleep 1; else sleep 10; fi
  done
  wait "$pid" || { printf "$mark%s: the build failed\n" "$1"; cat "$log" >&2; exit 1; }
  printf "$mark%s: built in %s s\n" "$1" $((SECONDS - began))
}

folder=$(mktemp -d)
server_pid=
stop() {
  [ -z "$server_pid" ] || kill "$server_pid" 2>/dev/null || true
  rm -rf "$folder"
}
trap stop EXIT

say "1. What a build needs"
scripts/install.sh build
say "2. Build for release (some minutes the first time)"
build khachd
build khach
bin=$(swift build -c release --show-bin-path)
khach=$bin/khach

say "3. A server on an embedded SQLite file"
"$bin/khachd" serve --data "$folder/data" --listen tcp:127.0.0.1:0 \
  >"$folder/khachd.out" 2>"$folder/khachd.log" &
server_pid=$!
for _ in $(seq 100); do
  grep -q '^listening ' "$folder/khachd.out" && break
  kill -0 "$server_pid" 2>/dev/null || { cat "$folder/khachd.log" >&2; exit 1; }
  read -rt 0.1 <> <(:) || true
done
export KHACH_SERVER
KHACH_SERVER=$(sed -n 's/^listening //p' "$folder/khachd.out")
echo "khachd listens on $KHACH_SERVER"

say "4. Businesses, and their pages on several channels"
"$khach" sample --size S --out "$folder/sample"
run sample setup --size S
business=$("$khach" business list --output jsonl | head -1 | sed -E 's/.*"id":"([^"]+)".*/\1/')
run page list --business "$business"

say "5. 60,000 interactions through the RPC; each reply is sent after its commit is on disk"
run interactions record "$folder/sample/interactions.jsonl"
echo "CLOCK_CLAMPED: a channel's clock was ahead; those lines have the server's time instead."

say "6. What the server answers"
run customers count --business "$business"
run customers list --business "$business" --created-to 2026-06-29 --limit 5

say "7. A client cache"
run sync --business "$business" --cache "$folder/cache.db" --once

say "8. The server stops; the cache answers"
kill -TERM "$server_pid"
wait "$server_pid"
server_pid=
run offline list --business "$business" --cache "$folder/cache.db" --created-to 2026-06-29 --limit 5
run offline search "nguyen" --business "$business" --cache "$folder/cache.db" --limit 5
matches=$("$khach" offline search "nguyen" --cache "$folder/cache.db" --limit 999 --output jsonl \
  2>/dev/null | wc -l)
echo "$matches customers match (at most 999 are counted)"
run offline status --business "$business" --cache "$folder/cache.db"

say "Try next"
cat <<EOF
  .build/release/khachd serve --data ./khach-data          # a server that stays
  .build/release/khach business create "My shop"
  .build/release/khach interactions record FILE.jsonl
  .build/release/khach call khach.v1.CustomerService/CountCustomers '{"filter":{"businessId":"b…"}}'
  .build/release/khach --help
  make test; make bench
EOF
