#!/bin/sh
# Installs the library, and builds an example against it as a stranger would:
# test_installed.sh SOURCE BUILD
#
# It is built without sanitizers: those would have to be linked into the stranger's program too.
set -eu

source=${1:?usage: test_installed.sh SOURCE BUILD}
build=${2:?usage: test_installed.sh SOURCE BUILD}
prefix=$(mktemp -d)
trap 'rm -rf "$prefix"' EXIT

cmake -S "$source" -B "$build" -DBUILD_TESTING=OFF -DCMAKE_BUILD_TYPE=Release \
    -DCMAKE_INSTALL_PREFIX="$prefix" -DCMAKE_INSTALL_LIBDIR=lib >"$prefix/log"
cmake --build "$build" --parallel 2 >>"$prefix/log" || { cat "$prefix/log" >&2; exit 1; }
cmake --install "$build" >>"$prefix/log"

PKG_CONFIG_PATH=$prefix/lib/pkgconfig
export PKG_CONFIG_PATH
[ "$(pkg-config --modversion khach)" = 0.1.0 ] || { echo "version 0.1.0 expected" >&2; exit 1; }
# Flags are words.
# shellcheck disable=SC2046
cc -std=c11 -Wall -Werror -o "$prefix/list" "$source/examples/list.c" \
    $(pkg-config --cflags --libs khach)
# shellcheck disable=SC2046
cc -std=c11 -Wall -Werror -o "$prefix/list-static" "$source/examples/list.c" \
    $(pkg-config --cflags khach) "$prefix/lib/libkhach.a" \
    $(pkg-config --static --libs-only-l khach | sed 's/-lkhach//')

for program in list list-static; do
    status=0
    found=$(LD_LIBRARY_PATH=$prefix/lib "$prefix/$program" 2>&1) || status=$?
    [ "$status" = 2 ] && [ "$found" = "usage: list BUSINESS_ID CACHE_PATH [FROM TO]" ] || {
        printf '%s: its usage and status 2 expected, found "%s" and %s\n' \
            "$program" "$found" "$status" >&2
        exit 1
    }
    # A call into the library, which says why in its own words.
    status=0
    printf 'Dear shop, this is a letter and no cache.' >"$prefix/letter"
    found=$(LD_LIBRARY_PATH=$prefix/lib "$prefix/$program" b0000000000001 "$prefix/letter" 2>&1) \
        || status=$?
    case $status:$found in
    1:KHACH_E_CACHE_FOREIGN:*) ;;
    *)
        printf '%s: KHACH_E_CACHE_FOREIGN and status 1 expected, found "%s" and %s\n' \
            "$program" "$found" "$status" >&2
        exit 1
        ;;
    esac
done
