#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: 2026 The sstracker authors
set -euo pipefail

# What bash offers for a command line of sstrack-train. test_completion.sh
# PROGRAM COMPLETION.

program=$(realpath "$1")
# shellcheck source=data/sstrack-train.bash
. "$2"
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
mkdir "$scratch/footage"
touch "$scratch/first.sst"
cd "$scratch"

# offers WORD...: what is offered for the last of these.
offers () {
  COMP_WORDS=("$program" "$@")
  COMP_CWORD=$#
  _sstrack_train "$program"
  printf '%s\n' "${COMPREPLY[@]}" | sort
}

# expect WANTED WORD...
expect () {
  local wanted=$1 got
  shift
  got=$(offers "$@" | paste -sd ' ')
  [[ $got == "$wanted" ]] || {
    printf 'test_completion: for "%s": "%s", wanted "%s"\n' "$*" "$got" \
      "$wanted" >&2
    exit 1
  }
}

expect "--output=" --out
expect "--mine-only --minutes=" --min
expect "quick" --profile = q
expect "full" -p f
expect "footage" --store = ""
expect "footage" --work f
expect "first.sst footage" --model = f
expect "first.sst" -o "fi"
expect "" --seed = f                 # a number
expect "first.sst footage" --bfloat16 f
expect "first.sst footage" f
# every option of the program is offered, and nothing else is
[[ $(offers --) == "$("$program" --help-all |
  grep -oE '^ +(-., )?--[a-z0-9-]+=?' | grep -oE -- '--[a-z0-9-]+=?' |
  sort)" ]] || {
  echo "test_completion: not every option is offered" >&2
  exit 1
}
