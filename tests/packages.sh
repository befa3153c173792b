#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: 2026 The sstracker authors
set -euo pipefail

usage () {
  cat <<'TEXT'
usage: tests/packages.sh [--once] [--with-tests] [--install SUITE]...

Builds the Debian packages of the commit that is checked out, in out/packages, and
looks at them: lintian without an error or a warning, and the same bytes from a
second build in another folder at another time. Takes minutes, which is why no
other test does it; installs the Debian packages that are missing.

  --once           no second build
  --with-tests     run the tests in the build as well
  --install SUITE  install the packages on a bare Debian of that suite, such as
                   bookworm or trixie, in a folder of its own, and inspect the
                   elements there (as root)
TEXT
}

# shellcheck source=tests/setup.sh
. "$(dirname "$0")/setup.sh"

out=$sst_top/out/packages
twice=true
options="nocheck parallel=$(nproc)"
suites=()
while (($#)); do
  case $1 in
    --once) twice=false ;;
    --with-tests) options="parallel=$(nproc)" ;;
    --install)
      (($# > 1)) || sst_die "--install takes a suite"
      suites+=("$2")
      shift
      ;;
    -h | --help) usage; exit ;;
    *) usage >&2; exit 2 ;;
  esac
  shift
done

# build FOLDER: the packages of HEAD in that folder.
build () {
  rm -rf "$1"
  mkdir -p "$1/sstracker"
  git -C "$sst_top" archive HEAD | tar -x -C "$1/sstracker"
  sst_say "building packages in ${1#"$sst_top/"} (minutes)"
  (cd "$1/sstracker" && DEB_BUILD_OPTIONS=$options \
    dpkg-buildpackage -us -uc -b >"$1/build.log" 2>&1) || {
    tail -n 30 "$1/build.log" >&2
    sst_die "dpkg-buildpackage failed"
  }
}

# inspect SUITE: whether a bare Debian has the elements once they are installed.
inspect () {
  local root=$out/$1

  sst_say "installing on a bare Debian, $1 (minutes)"
  [[ -e $root/etc/debian_version ]] ||
    debootstrap --variant=minbase "$1" "$root" \
      >"$out/$1.log" 2>&1 || sst_die "debootstrap failed, see $out/$1.log"
  rm -rf "$root/packages"
  mkdir "$root/packages"
  cp "$out"/first/*.deb "$root/packages"
  rm -f "$root"/packages/*-dbgsym_*
  chroot "$root" sh -c 'apt-get -qq update &&
    DEBIAN_FRONTEND=noninteractive apt-get -qq -y --no-install-recommends \
      install /packages/*.deb gstreamer1.0-tools &&
    gst-inspect-1.0 sstracker && gst-inspect-1.0 sstrain' \
    >"$out/$1.log" 2>&1 || {
    tail -n 30 "$out/$1.log" >&2
    sst_die "not installed on $1"
  }
  grep "Version  " "$out/$1.log" | sort -u
}

sst_install build play python test packages
mapfile -t missing < <(dpkg-checkbuilddeps "$sst_top/debian/control" 2>&1 || true)
((${#missing[@]} == 0)) || sst_die "${missing[*]}"
build "$out/first"
(cd "$out/first" && lintian --fail-on error,warning -- *.changes)
if $twice; then
  # what a cache gives back is the same by nature
  CCACHE_DISABLE=1 build "$out/second"
  for package in "$out"/first/*.deb; do
    cmp "$package" "$out/second/${package##*/}" ||
      sst_die "${package##*/} differs; diffoscope shows where"
  done
fi
for suite in "${suites[@]}"; do
  inspect "$suite"
done
sst_say "packages are in ${out#"$sst_top/"}/first"
