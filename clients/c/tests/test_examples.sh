#!/bin/sh
# The examples against a feed: test_examples.sh FAKE_FEED EXAMPLES_FOLDER
set -eu

feed=${1:?usage: test_examples.sh FAKE_FEED EXAMPLES_FOLDER}
examples=${2:?usage: test_examples.sh FAKE_FEED EXAMPLES_FOLDER}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
business=b0000000000001
cache=$folder/cache.db

expect() { # WHAT EXPECTED FOUND
    [ "$2" = "$3" ] || {
        printf '%s: expected "%s", found "%s"\n' "$1" "$2" "$3" >&2
        exit 1
    }
}

"$feed" "$folder/feed" 250 100 &
feed_pid=$!
tries=0
while [ ! -S "$folder/feed" ] && [ "$tries" -lt 100 ]; do
    sleep 0.05
    tries=$((tries + 1))
done
[ -S "$folder/feed" ] || {
    echo "a socket at $folder/feed within 5 s expected, none found" >&2
    kill "$feed_pid" 2>/dev/null || true
    exit 1
}

found=$("$examples/example_sync" "unix:$folder/feed" "$business" "$cache")
wait "$feed_pid"
expect sync "250 customers at seq 272" "$found"

"$examples/example_list" "$business" "$cache" >"$folder/list"
expect "rows of a list" 20 "$(wc -l <"$folder/list" | tr -d ' ')"
expect "the newest" "c1hf7yat7s0000	Lý Minh Anh 266	+84912345678" "$(head -n 1 "$folder/list")"
found=$("$examples/example_list" "$business" "$cache" 2020-09-13 2020-09-13 | wc -l | tr -d ' ')
expect "rows of a day" 20 "$found"
expect "rows of another day" "" "$("$examples/example_list" "$business" "$cache" 2020-09-14 2020-09-14)"

name=$(head -n 1 "$folder/list" | cut -f 2)
"$examples/example_search" "$business" "$cache" "$name" >"$folder/search"
expect "the first found" "$(head -n 1 "$folder/list" | cut -f 1,2)" "$(head -n 1 "$folder/search")"
expect "nobody" "" "$("$examples/example_search" "$business" "$cache" "zzz")"

found=$("$examples/example_statistics" "$business" "$cache" 2020-09-01 2020-09-30)
expect "a day of statistics" "2020-09-13	250" "$found"
