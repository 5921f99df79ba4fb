#!/bin/sh
# The tests of the C client under valgrind's memcheck, without sanitizers: what those do not see,
# above all values that nobody has set. usage: valgrind.sh BUILD_DIR [OPTIONS OF ctest]
set -eu

build=${1:?usage: valgrind.sh BUILD_DIR [OPTIONS OF ctest]}
shift
here=$(CDPATH= cd -- "$(dirname -- "$0")" && pwd)

# A thread that a test leaves behind has its stack; everything else that is lost is a fault.
cmake -S "$here" -B "$build" -DCMAKE_BUILD_TYPE=Debug \
  -DMEMORYCHECK_COMMAND_OPTIONS="--quiet --leak-check=full --show-leak-kinds=definite,indirect \
--errors-for-leak-kinds=definite,indirect --track-origins=yes --error-exitcode=9 --fair-sched=yes"
cmake --build "$build" --parallel "${JOBS:-2}"
cd "$build"
# What is left out runs no code of the library, or is a script that builds one anew; and test_text,
# which folds every code point and would take very long, and test_leaders, which runs itself
# anew, and would run valgrind: the sanitizers run both whole.
set +e
ctest -T memcheck --output-on-failure --timeout 900 \
  -E '^(test_text|test_leaders|header_cxx|symbols|messages|contract|installed|bad_vectors|example.*)$' "$@"
result=$?
for log in Testing/Temporary/MemoryChecker.*.log; do
  if [ -s "$log" ]; then
    echo "== $log"
    cat "$log"
    result=1
  fi
done
exit $result
