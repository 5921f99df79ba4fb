#!/bin/sh
# Every error of the library says what was expected: messages.sh SOURCES_FOLDER
#
# Exempt are memory, which is always expected, and what the system or SQLite says in its own words.
set -eu

sources=${1:?usage: messages.sh SOURCES_FOLDER}
found=$(cat "$sources"/*.c | tr '\n' ' ' | sed 's/khach__error_set(/\n&/g' | sed 's/;.*//' \
    | grep '^khach__error_set([^"]*"')
[ "$(printf '%s\n' "$found" | wc -l)" -gt 40 ] || {
    echo "more than 40 messages expected in $sources" >&2
    exit 1
}
own=$(printf '%s\n' "$found" | grep -v 'KHACH_E_MEMORY, "\|strerror(\|message, code)')
wrong=$(printf '%s\n' "$own" | grep -v '"[^"]*expected' || true)
wrong=$wrong$(printf '%s\n' "$found" | grep '"[^"]*\(cannot\|failed to\|malformed\|!\)' || true)
[ -z "$wrong" ] || {
    printf 'what was expected and what was found, expected in:\n%s\n' "$wrong" >&2
    exit 1
}
