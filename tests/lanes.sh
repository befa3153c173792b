#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: 2026 The sstracker authors
set -euo pipefail

usage () {
  cat <<'TEXT'
usage: tests/lanes.sh [--tests "NAME ..."] [--setup] LANE...

Builds the commit that is checked out on another system, and runs its tests there, in
folders below out/lanes that debootstrap fills (as root, minutes each the first time).

  bookworm, trixie, sid  Debian 12, 13 and the next; all tests but those that measure
  arm64, armhf, i386, s390x, riscv64
                         another processor: built with Debian's cross compiler in a
                         Debian 12 (riscv64: 13); the tests of the library, under qemu
                         where the machine can't run them

  --tests "NAME ..."     only these tests
  --setup                only make the folders
TEXT
}

# shellcheck source=tests/setup.sh
. "$(dirname "$0")/setup.sh"

# What runs in the folder, where the sources are in /sstracker.
native='
. tests/setup.sh
sst_install build play python test
'

# cross ARCHITECTURE: how Debian, meson and qemu call a processor.
declare -A triplets=(
  [arm64]=aarch64-linux-gnu [armhf]=arm-linux-gnueabihf [i386]=i686-linux-gnu
  [s390x]=s390x-linux-gnu [riscv64]=riscv64-linux-gnu
)
declare -A multiarch=(
  [arm64]=aarch64-linux-gnu [armhf]=arm-linux-gnueabihf [i386]=i386-linux-gnu
  [s390x]=s390x-linux-gnu [riscv64]=riscv64-linux-gnu
)
declare -A families=(
  [arm64]=aarch64 [armhf]=arm [i386]=x86 [s390x]=s390x [riscv64]=riscv64
)

# cross_setup ARCHITECTURE: what installs there what it takes.
cross_setup () {
  local arch=$1 package

  echo ". tests/setup.sh"
  echo "dpkg --add-architecture $arch"
  printf 'sst_apt_get update\nsst_apt_get install --no-install-recommends '
  echo "gcc libc6-dev gcc-${triplets[$arch]//_/-} meson ninja-build pkg-config libglib2.0-dev-bin qemu-user-static \\"
  for package in libc6-dev libglib2.0-dev libopenblas-dev libgstreamer1.0-dev \
    libgstreamer-plugins-base1.0-dev check; do
    printf ' %s:%s' "$package" "$arch"
  done
  echo
}

# cross_file ARCHITECTURE: meson's description of it.
cross_file () {
  local arch=$1 triplet=${triplets[$1]} family=${families[$1]} endian=little
  local run="exe_wrapper = 'qemu-$family-static'"

  case $arch in
    s390x) endian=big ;;
    i386) run= ;;
  esac
  cat <<TEXT
[binaries]
c = '$triplet-gcc'
ar = '$triplet-ar'
nm = '$triplet-nm'
strip = '$triplet-strip'
pkgconfig = 'pkg-config'
$run

[properties]
pkg_config_libdir = '/usr/lib/${multiarch[$arch]}/pkgconfig:/usr/share/pkgconfig'

[host_machine]
system = 'linux'
cpu_family = '$family'
cpu = '$family'
endian = '$endian'
TEXT
}

# enter ROOT COMMANDS: runs them there, in the sources, with a /proc that goes with
# them.
enter () {
  # shellcheck disable=SC2016 # the inner shell's
  unshare --mount bash -c 'mount -t proc proc "$1/proc" && exec chroot "$@"' sh \
    "$1" /usr/bin/env -i HOME=/root LANG=C.UTF-8 \
    PATH=/usr/sbin:/usr/bin:/sbin:/bin \
    bash -euo pipefail -c "cd /sstracker; $2"
}

# lane NAME: fails where it fails.
lane () {
  local name=$1 suite=$1 root=$out/$1 setup=$native options="-Dwerror=true"
  local -a which=(--no-suite eval --no-suite learning)
  local patience=4

  if [[ -v triplets[$name] ]]; then
    suite=bookworm
    [[ $name != riscv64 ]] || suite=trixie
    setup=$(cross_setup "$name")
    options="--cross-file=/cross.ini -Dintrospection=disabled -Djson=disabled -Dmpi=disabled"
    which=(--suite lib --no-suite learning)
    patience=20
  fi
  if [[ ! -e $root/.complete ]]; then
    sst_say "$name: a bare Debian, $suite (minutes, by the network)"
    rm -rf "$root"
    mkdir -p "$root"
    debootstrap --variant=minbase "$suite" "$root" >"$out/$name.log" 2>&1 || {
      tail -n 20 "$out/$name.log" >&2
      return 1
    }
    # nobody needs it after a loss of power
    echo force-unsafe-io >"$root/etc/dpkg/dpkg.cfg.d/unsafe-io"
    touch "$root/.complete"
  fi
  # by git, which touches what changed alone: what was built is built on
  git init -q "$root/sstracker" || return 1
  git -C "$root/sstracker" fetch -q "$sst_top" HEAD || return 1
  git -C "$root/sstracker" checkout -q -f FETCH_HEAD || return 1
  ! [[ -v triplets[$name] ]] || cross_file "$name" >"$root/cross.ini"
  # what an interrupted run left half unpacked
  enter "$root" "dpkg --configure -a >/dev/null; $setup" || return 1
  ! $only_setup || return 0
  sst_say "$name: building and testing (minutes)"
  enter "$root" "
    [[ -f build/build.ninja ]] || meson setup build -Dtests=enabled $options
    export CK_TIMEOUT_MULTIPLIER=$patience
    meson test -C build --print-errorlogs --timeout-multiplier $patience ${which[*]} $tests"
}

out=$sst_top/out/lanes
tests=
only_setup=false
lanes=()
while (($#)); do
  case $1 in
    --tests)
      (($# > 1)) || sst_die "--tests takes names"
      tests=$2
      shift
      ;;
    --setup) only_setup=true ;;
    -h | --help) usage; exit ;;
    bookworm | trixie | sid) lanes+=("$1") ;;
    *)
      [[ -v triplets[$1] ]] || { usage >&2; exit 2; }
      lanes+=("$1")
      ;;
  esac
  shift
done
((${#lanes[@]})) || { usage >&2; exit 2; }
((EUID == 0)) || sst_die "has to be run as root, for chroot"
sst_install lanes
mkdir -p "$out"
failed=0
for name in "${lanes[@]}"; do
  (lane "$name") || {
    sst_say "$name failed"
    failed=$((failed + 1))
  }
done
echo "$((${#lanes[@]} - failed)) passed, $failed failed"
((failed == 0))
