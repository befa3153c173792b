#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: 2026 The sstracker authors
set -euo pipefail

usage () {
  cat <<'TEXT'
usage: tests/run.sh [--valgrind] [--fuzz[=SECONDS]]

Installs the Debian packages that are missing, builds with warnings as errors
and runs every test; then again under the address and undefined-behaviour
sanitizers, and the tests that start threads under the thread sanitizer. Where
clang is there, it has to build everything without a warning too.

  --valgrind   also run the tests of the library under valgrind (slow)
  --fuzz       also let libFuzzer look for what breaks tests/fuzz, half a minute
               each or so many seconds; without clang their seeds are all there
               is, which the tests run anyway
TEXT
}

# shellcheck source=tests/setup.sh
. "$(dirname "$0")/setup.sh"

with_valgrind=false
fuzz_seconds=0
for argument; do
  case $argument in
    --valgrind) with_valgrind=true ;;
    --fuzz) fuzz_seconds=30 ;;
    --fuzz=*[!0-9]* | --fuzz=) usage >&2; exit 2 ;;
    --fuzz=*) fuzz_seconds=${argument#--fuzz=} ;;
    -h | --help) usage; exit ;;
    *) usage >&2; exit 2 ;;
  esac
done

sst_install build play python test
sst_install_if_possible site
$with_valgrind && sst_install valgrind
cd "$sst_top"

passed=0
failed=0
skipped=0

# count LOG: adds up the summary of a "meson test".
count () {
  local good bad skip

  read -r good bad skip < <(awk -F: '
    /^(Ok|Expected Fail): / { good += $2 }
    /^(Fail|Timeout|Unexpected Pass): / { bad += $2 }
    /^Skipped: / { skip += $2 }
    END { print good + 0, bad + 0, skip + 0 }' "$1")
  if ((good + bad + skip == 0)); then
    echo "no test ran" >&2
    bad=1
  fi
  passed=$((passed + good))
  failed=$((failed + bad))
  skipped=$((skipped + skip))
}

# run_tests DIRECTORY ARGUMENT...: meson test; shows the output of what failed.
run_tests () {
  local directory=$1 log
  shift

  log=$directory/tests.log
  meson test -C "$directory" --no-rebuild --print-errorlogs "$@" 2>&1 | tee "$log" || true
  # a skipped test says why
  sed -n -E 's/^(.*(skip|missing).*)$/    \1/Ip' "$directory/meson-logs/testlog.txt" |
    grep -vE 'Skipped: +[0-9]+$' | sort -u | head -n 20 || true
  count "$log"
}

# build DIRECTORY OPTION...: a build with these options that does not stop the
# run where it fails; it counts as one failure.
build () {
  if ! (sst_build "$@"); then
    failed=$((failed + 1))
    return 1
  fi
}

sst_say "tests"
build build-test -Dwerror=true -Dtests=enabled && run_tests build-test

sst_say "tests under the address and undefined-behaviour sanitizers"
export CK_TIMEOUT_MULTIPLIER=4
# whole traces, so that suppressions can name functions behind an allocator;
# the leak sanitizer of gcc 12 dies of thread-local variables of what dlopen() loads
export ASAN_OPTIONS=strict_string_checks=1:detect_stack_use_after_return=1:fast_unwind_on_malloc=0:intercept_tls_get_addr=0
export LSAN_OPTIONS=suppressions=$sst_top/tests/lsan.supp:print_suppressions=0
export UBSAN_OPTIONS=print_stacktrace=1:halt_on_error=1
# what is left out stops at the address sanitizer, and takes a third of the time
build build-asan -Dwerror=true -Dtests=enabled -Dmpi=disabled -Db_sanitize=address,undefined -Db_lundef=false \
  -Dc_args=-fno-sanitize=null,object-size,pointer-overflow &&
  run_tests build-asan --no-suite learning --timeout-multiplier 4

sst_say "tests that start threads, under the thread sanitizer"
# GLib's slices go from thread to thread where the sanitizer does not see it
export G_SLICE=always-malloc TSAN_OPTIONS=halt_on_error=1:suppressions=$sst_top/tests/tsan.supp
build build-tsan -Dwerror=true -Dtests=enabled -Dmpi=disabled -Db_sanitize=thread -Db_lundef=false &&
  run_tests build-tsan --suite threads --timeout-multiplier 4

if command -v clang >/dev/null; then
  sst_say "build with clang"
  CC=clang build build-clang -Dwerror=true && passed=$((passed + 1))
fi

if $with_valgrind; then
  sst_say "tests of the library under valgrind"
  run_tests build-test --suite lib --timeout-multiplier 20 \
    --wrapper "valgrind --quiet --error-exitcode=1"
fi

# fuzz PROGRAM: for $fuzz_seconds; its status goes to a file.
fuzz () {
  local name=${1##*/fuzz_} status=0

  mkdir -p "build-fuzz/corpus/$name"
  "$1" -max_total_time="$fuzz_seconds" -artifact_prefix="build-fuzz/$name-" \
    "build-fuzz/corpus/$name" "tests/fuzz/seeds/$name" >"build-fuzz/$name.log" 2>&1 || status=$?
  echo "$status" >"build-fuzz/$name.status"
}

if ((fuzz_seconds > 0)) && ! command -v clang >/dev/null; then
  echo "no clang: nothing is fuzzed"
elif ((fuzz_seconds > 0)); then
  sst_say "libFuzzer"
  sst_targets=(fuzz)
  CC=clang build build-fuzz -Dfuzz=true -Dtests=enabled -Dmpi=disabled -Db_sanitize=address -Db_lundef=false \
    -Dc_args=-fsanitize=fuzzer-no-link
  sst_targets=()
  rm -f build-fuzz/*.status
  running=0
  for program in build-fuzz/tests/fuzz/fuzz_*; do
    [[ -x $program && -f $program ]] || continue
    fuzz "$program" &
    if ((++running % $(nproc) == 0)); then
      wait
    fi
  done
  wait
  for status in build-fuzz/*.status; do
    if [[ $(<"$status") == 0 ]]; then
      passed=$((passed + 1))
    else
      tail -n 30 "${status%.status}.log"
      failed=$((failed + 1))
    fi
  done
fi

if ((skipped)); then
  echo "$passed passed, $failed failed, $skipped skipped"
else
  echo "$passed passed, $failed failed"
fi
((failed == 0))
