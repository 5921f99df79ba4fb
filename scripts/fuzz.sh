#!/usr/bin/env bash
# Searches for inputs that a reader is wrong about, with libFuzzer and the sanitizers: the C client's
# targets (clients/c/fuzz) and those of Swift (Tests/Fuzz/KhachFuzz), each for some seconds. Both
# are built by the Swift toolchain, whose clang has libFuzzer. What fails is written to
# .build-fuzz/found, and becomes a row of Tests/Fuzz/corpus; what is only new stays in
# .build-fuzz/corpus for the next search.
# usage: scripts/fuzz.sh [SECONDS [TARGET...]]     60 s and all of them, when nothing is said
set -euo pipefail
cd "$(dirname "$0")/.."
seconds=${1:-60}
shift || true
c_targets=(c-frame c-envelope c-page c-record c-digest c-feed)
swift_targets=(frame envelope scan cursor settings)
targets=("$@")
[ ${#targets[@]} -gt 0 ] || targets=("${c_targets[@]}" "${swift_targets[@]}")
for target in "${targets[@]}"; do
  [ -d "Tests/Fuzz/corpus/$target" ] || {
    echo "TARGET: one of ${c_targets[*]} ${swift_targets[*]} expected, found $target" >&2
    exit 64
  }
done

toolchain=$(dirname "$(readlink -f "$(command -v swiftc)")")
runtime=$("$toolchain/clang" -print-resource-dir)/lib/linux
build=.build-fuzz

build_c() {
  cmake -S clients/c -B clients/c/build-fuzz -DCMAKE_BUILD_TYPE=RelWithDebInfo \
    -DKHACH_SANITIZE=ON -DKHACH_FUZZ=ON \
    -DCMAKE_C_COMPILER="$toolchain/clang" -DCMAKE_CXX_COMPILER="$toolchain/clang++" >/dev/null
  cmake --build clients/c/build-fuzz --parallel 2 -- -s
}

# Optimised, or a search is ten times slower; `swift build` links no fuzzer without a main.
build_swift() {
  KHACH_FUZZ=1 swift build -c release --product khach-fuzz --scratch-path "$build" \
    --sanitize=address \
    -Xswiftc -sanitize-coverage=edge,inline-8bit-counters,pc-table,trace-cmp \
    -Xcc -fsanitize-coverage=inline-8bit-counters,pc-table,trace-cmp \
    -Xlinker "$runtime/libclang_rt.fuzzer_no_main-x86_64.a" -Xlinker -lstdc++
}

case " ${targets[*]} " in *" c-"*) build_c ;; esac
case " ${targets[*]} " in *" frame "* | *" envelope "* | *" scan "* | *" cursor "* | *" settings "*)
  build_swift ;;
esac

export ASAN_OPTIONS=${ASAN_OPTIONS:-detect_leaks=0}
# Without it a trap would be shown by Swift, and its input not kept.
export SWIFT_BACKTRACE=enable=no
failed=()
for target in "${targets[@]}"; do
  case $target in
    c-*) program=(clients/c/build-fuzz/fuzz/fuzz_"${target#c-}") ;;
    *) program=("$build/release/khach-fuzz" "$target") ;;
  esac
  mkdir -p "$build/corpus/$target" "$build/found"
  log=$build/$target.log
  # One allocation of 64 MiB, or 2 GiB in all, is a finding too, and so is an input of 10 s.
  if "${program[@]}" -max_total_time="$seconds" -max_len=8192 -timeout=10 -malloc_limit_mb=64 \
    -rss_limit_mb=2048 -print_final_stats=1 -artifact_prefix="$build/found/$target-" \
    "$build/corpus/$target" "Tests/Fuzz/corpus/$target" >"$log" 2>&1; then
    runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
    printf '%-10s %10s inputs in %s s, none of them wrong\n' "$target" "$runs" "$seconds"
  else
    failed+=("$target")
    printf '%-10s FAILED: %s\n' "$target" "$log"
    grep -E "must hold|^$target:|ERROR|SUMMARY|Test unit written" "$log" || tail -5 "$log"
  fi
done
[ ${#failed[@]} -eq 0 ]
