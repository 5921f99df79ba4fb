#!/usr/bin/env bash
# Echo over loopback: calls per second, latency and server CPU per call.
# usage: Benchmarks/echo.sh SERVER_PID HOST PORT [SECONDS]
set -eu
here=$(cd "$(dirname "$0")" && pwd)
pid=$1 host=$2 port=$3 seconds=${4:-3}
ticks=$(getconf CLK_TCK)
cpu() { awk '{ print $14 + $15 }' "/proc/$pid/stat"; }
for shape in "1 1" "1 16" "1 128" "16 16"; do
    set -- $shape
    before=$(cpu)
    line=$("$here/build/ttrpc_load" "$host" "$port" "$1" "$2" "$seconds")
    after=$(cpu)
    # The load warms up for 0.2 s that it does not count; the share is taken out here.
    awk -v t=$((after - before)) -v hz="$ticks" -v s="$seconds" -v c="${line##* }" -v l="$line" \
        -v n="$1 x $2" 'BEGIN { printf "%-8s %s cpu_us %.2f\n", n, l, t / hz * 1e6 * s / (s + 0.2) / c }'
done
