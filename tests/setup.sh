# shellcheck shell=bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: 2026 The sstracker authors

# The Debian packages that the project needs, and their installation: the one
# place for both. Sourced by examples/demo.sh and tests/run.sh.

# What each purpose needs beside the ones before it. dpkg-dev: without it meson
# takes /usr/local/lib64 for the place of libraries, which nothing else looks in.
# Not among them: gstreamer1.0-plugins-bad, without which sstrack-train reads
# no WebP pictures; nothing else wants it.
declare -A sst_packages=(
  [build]="gcc libc6-dev dpkg-dev meson ninja-build pkg-config libglib2.0-dev
    libopenblas-dev libjansson-dev libgstreamer1.0-dev
    libgstreamer-plugins-base1.0-dev"
  [play]="gstreamer1.0-tools gstreamer1.0-plugins-base gstreamer1.0-plugins-good
    gstreamer1.0-libav"
  [python]="python3 python3-gi python3-gst-1.0 gir1.2-gst-plugins-base-1.0"
  [test]="check gobject-introspection libgirepository1.0-dev
    gir1.2-gstreamer-1.0"
  [site]="libopenmpi-dev openmpi-bin mosquitto python3-paho-mqtt"
  [style]="shellcheck git"
  [valgrind]="valgrind"
  [lanes]="debootstrap git"
  [packages]="debhelper dpkg-dev doxygen lintian pandoc debootstrap
    python3-gi libgirepository1.0-dev gobject-introspection"
)

sst_say () {
  printf '==> %s\n' "$*"
}

sst_die () {
  printf '%s: error: %s\n' "${0##*/}" "$*" >&2
  exit 1
}

sst_is_debian () {
  local ids

  # shellcheck disable=SC1090 # any system has its own
  ids=$(. "${SST_OS_RELEASE:-/etc/os-release}" 2>/dev/null &&
    echo " ${ID:-} ${ID_LIKE:-} ") || return 1
  [[ $ids == *" debian "* ]] && command -v apt-get dpkg-query >/dev/null
}

# Whether this system's GStreamer has analytics metadata, from 1.24 on: Debian 13,
# and what calls itself newer, or nothing because it is not released.
sst_has_analytics () {
  local version

  # shellcheck disable=SC1090 # any system has its own
  version=$(. "${SST_OS_RELEASE:-/etc/os-release}" 2>/dev/null && echo "${VERSION_ID:-99}")
  ((${version%%.*} >= 13))
}

# sst_wanted PURPOSE...: the packages of these purposes, a line each.
sst_wanted () {
  local purpose

  for purpose; do
    # shellcheck disable=SC2086 # words are wanted
    printf '%s\n' ${sst_packages[$purpose]}
    [[ $purpose != build ]] || ! sst_has_analytics ||
      echo libgstreamer-plugins-bad1.0-dev
  done
}

# sst_missing PACKAGE...: those that are not installed.
sst_missing () {
  local package

  for package; do
    [[ $(dpkg-query -W -f='${db:Status-Abbrev}' "$package" 2>/dev/null) == ?i* ]] ||
      echo "$package"
  done
}

sst_as_root () {
  if ((EUID == 0)); then
    "$@"
  elif command -v sudo >/dev/null; then
    sudo "$@"
  else
    sst_die "not root and no sudo here; run as root: $*"
  fi
}

# sst_apt_get ARGUMENT...: apt-get as root, silent unless it fails.
sst_apt_get () {
  local log

  log=$(sst_as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq -y "$@" 2>&1) || {
    printf '%s\n' "$log" >&2
    sst_die "apt-get $1 failed"
  }
}

# sst_install PURPOSE...: makes sure that the packages of these purposes are
# there. Touches nothing and needs no network if they are. On a system other
# than Debian it names them and stops.
sst_install () {
  local -a wanted=() missing=()

  mapfile -t wanted < <(sst_wanted "$@")
  sst_is_debian ||
    sst_die "this is not a Debian system: install what these Debian packages hold, then build with meson (see README.md): ${wanted[*]}"
  mapfile -t missing < <(sst_missing "${wanted[@]}")
  ((${#missing[@]})) || return 0
  sst_say "installing Debian packages (some minutes, by the network): ${missing[*]}"
  sst_apt_get update
  sst_apt_get install --no-install-recommends "${missing[@]}"
}

# sst_install_if_possible PURPOSE...: the same of what tests skip without.
sst_install_if_possible () {
  (sst_install "$@") || sst_say "going on without: some tests will be skipped"
}

# sst_build DIRECTORY [MESON OPTION...]: configures once, builds; prints the
# compiler's output only if it fails.
# sst_targets: names them where not all are wanted.
sst_targets=()
sst_build () {
  local directory=$1 log
  shift

  log=$directory.log
  if [[ ! -f $directory/build.ninja ]]; then
    sst_say "configuring ${directory##*/} (seconds)"
    rm -rf "$directory"
    meson setup "$directory" "$sst_top" "$@" >"$log" 2>&1 || {
      cat "$log" >&2
      sst_die "meson setup failed"
    }
    # what the build leaves out, and what for it would take
    sed -n 's/^  *\(.*\): \(left out.*\)$/    \1: \2/p' "$log"
  fi
  sst_say "building ${directory##*/} (minutes the first time)"
  ninja -C "$directory" "${sst_targets[@]}" >"$log" 2>&1 || {
    grep -vE '^\[[0-9]+/[0-9]+\] ' "$log" >&2
    sst_die "the build failed"
  }
  rm -f "$log"
}

sst_top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
