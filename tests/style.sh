#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: 2026 The sstracker authors
set -euo pipefail

# Checks what a machine can judge of the style: no tabs, no white space at
# the end of a line, 80 columns in C files (100 in headers), tests' names, a licence line in every source, and
# what shellcheck says of the scripts. The layout of C follows GStreamer
# (.indent.pro is its; GNU indent breaks designated initialisers and casts
# before "*", so it is a help and no judge).

# shellcheck source=tests/setup.sh
. "$(dirname "$0")/setup.sh"

sst_install style
cd "$sst_top"
status=0

# report TEXT: prints what standard input holds under a heading, if anything.
report () {
  local found

  found=$(cat)
  [[ -z $found ]] && return
  printf 'style: %s:\n%s\n' "$1" "$found" >&2
  status=1
}

mapfile -t c_files < <(git ls-files '*.c' '*.h')
mapfile -t scripts < <(git ls-files '*.sh' .ci/run)
mapfile -t other < <(git ls-files '*.py' '*meson.build' meson_options.txt)
all=("${c_files[@]}" "${scripts[@]}" "${other[@]}")

report "tab" < <(grep -nP '\t' "${all[@]}")
report "white space at the end of a line" < <(grep -nE ' +$' "${all[@]}")
report "more than 80 columns (100 in headers)" < <(
  grep -nE '^.{81,}$' "${c_files[@]}" | grep -vE '^[^:]+\.h:[0-9]+:.{0,100}$')
report "a test's name that is no sentence" < <(
  grep -nE 'START_TEST \((test_|[a-z0-9]+\))' "${c_files[@]}")
report "no SPDX-License-Identifier" < <(
  grep -L SPDX-License-Identifier "${c_files[@]}" "${scripts[@]}")
report "no newline at the end" < <(
  for file in "${all[@]}"; do [[ -z $(tail -c 1 "$file") ]] || echo "$file"; done)
report "shellcheck" < <(shellcheck -x -P SCRIPTDIR/.. "${scripts[@]}")

exit "$status"
