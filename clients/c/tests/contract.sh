#!/bin/sh
# Every function of the library has a contract of four lines: contract.sh HEADERS SYMBOLS
#
# Owns, Borrows, Threads and Blocks stand in the comment before the function, or in the one that
# says "For every function here" above it.
set -eu

headers=${1:?usage: contract.sh HEADERS SYMBOLS}
symbols=${2:?usage: contract.sh HEADERS SYMBOLS}
functions() { # covered|bare
    awk -v wanted="$1" '
        function is_whole(text) {
            return text ~ /\n \* Owns: +[^ ]/ && text ~ /\n \* Borrows: +[^ ]/ \
                && text ~ /\n \* Threads: +[^ ]/ && text ~ /\n \* Blocks: +[^ ]/
        }
        FNR == 1 { own = family = 0; inside = 0 }
        /^\/\*/ { text = ""; inside = 1 }
        inside { text = text "\n" $0 }
        inside && /\*\/ *$/ {
            inside = 0
            if (text ~ /For every function here/) family = is_whole(text)
            else own = is_whole(text)
        }
        !inside && /^$/ { own = 0 }
        /^KHACH_API/ { declaration = ""; open = 1 }
        open { declaration = declaration $0 }
        open && /;/ {
            open = 0
            if ((own || family ? "covered" : "bare") == wanted) {
                match(declaration, /khach_[a-z_]*\(/)
                print substr(declaration, RSTART, RLENGTH - 1)
            }
            own = 0
        }' "$headers"/*.h | LC_ALL=C sort
}

bare=$(functions bare)
[ -z "$bare" ] || {
    printf 'Owns, Borrows, Threads and Blocks expected for:\n%s\n' "$bare" >&2
    exit 1
}
functions covered | diff "$symbols" -
