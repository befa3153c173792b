#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: 2026 The sstracker authors
set -euo pipefail

# The scripts install what each Debian needs, and a build says what it leaves
# out. test_setup.sh BUILD.

# shellcheck source=tests/setup.sh
. "$(dirname "$0")/setup.sh"

build=$1
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
export SST_OS_RELEASE=$scratch/os-release

# expect NEEDED RELEASE-LINE...: whether analytics metadata are among the wanted.
expect () {
  local needed=$1 found=no
  shift

  printf '%s\n' "$@" >"$SST_OS_RELEASE"
  # not into a pipe, which fails where grep has seen enough
  [[ " $(sst_wanted build | xargs) " != *" libgstreamer-plugins-bad1.0-dev "* ]] ||
    found=yes
  [[ $found == "$needed" ]] || sst_die "$*: wanted $needed"
  [[ " $(sst_wanted build play | xargs) " == *" gstreamer1.0-tools "* ]] ||
    sst_die "$*: no tools"
  [[ " $(sst_wanted build | xargs) " == *" dpkg-dev "* ]] ||
    sst_die "$*: meson does not know where libraries are"
  [[ $(sst_wanted play test | xargs) != *bad1.0-dev* ]] ||
    sst_die "$*: development files to play"
}

expect no ID=debian 'VERSION_ID="12"'
expect yes ID=debian 'VERSION_ID="13"'
expect yes ID=debian # testing has no number
expect yes ID=ubuntu ID_LIKE=debian 'VERSION_ID="24.04"'

log=$build/meson-logs/meson-log.txt
for part in "built-in model" "analytics metadata" json-location \
  "training by MPI" introspection reference tests; do
  grep -qE "^ *$part *: (yes|left out, takes )" "$log" ||
    sst_die "nothing said about: $part"
done
