#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: 2026 The sstracker authors

# What is left to do after an installation, said at its end, and only where it is
# so: after-install.sh PLUGINS GSTREAMER_PLUGINS BIN LIB PKGCONFIG [TYPELIBS
# SYSTEM_TYPELIBS], folders; meson calls it.
set -eu

plugins=$1 gstreamer_plugins=$2 bin=$3 lib=$4 pkgconfig=$5
typelibs=${6:-} system_typelibs=${7:-}
said=

say () {
  if [ -z "$said" ]; then
    echo
    echo "sstracker is installed. To use it from there:"
    said=1
  fi
  printf '    %-52s # %s\n' "$1" "$2"
}

# lists FOLDER PATH...: whether one of the paths has it.
lists () {
  folder=$1
  shift
  for path; do
    case ":$path:" in
      *":$folder:"* | *":$folder/:"*) return 0 ;;
    esac
  done
  return 1
}

# Meson keeps what a script says to itself, so it goes where meson's own goes. In a
# file that would be written over by what meson has not written yet: there it waits
# until meson is done.
if [ -n "${MESON_INSTALL_PREFIX:-}" ] && [ -z "${AFTER_INSTALL_WAITS:-}" ] &&
  [ -f "/proc/$PPID/fd/1" ]; then
  AFTER_INSTALL_WAITS=$PPID "$0" "$@" </dev/null \
    >>"$(readlink "/proc/$PPID/fd/1")" 2>/dev/null &
  exit
elif [ -n "${AFTER_INSTALL_WAITS:-}" ]; then
  tries=0
  while [ -e "/proc/$AFTER_INSTALL_WAITS" ] && [ "$tries" -lt 600 ]; do
    sleep 0.1
    tries=$((tries + 1))
  done
elif [ -n "${MESON_INSTALL_PREFIX:-}" ] && [ -w "/proc/$PPID/fd/1" ]; then
  exec >>"/proc/$PPID/fd/1" || exit 0
fi

# Who packages it puts it elsewhere, or has hooks that do all this.
[ -z "${DESTDIR:-}" ] || exit 0

lists "$plugins" "$gstreamer_plugins" "${GST_PLUGIN_PATH:-}" \
  "${GST_PLUGIN_PATH_1_0:-}" "${GST_PLUGIN_SYSTEM_PATH:-}" \
  "${GST_PLUGIN_SYSTEM_PATH_1_0:-}" ||
  say "export GST_PLUGIN_PATH=$plugins" "GStreamer looks in $gstreamer_plugins"
lists "$bin" "$PATH" ||
  say "export PATH=$bin:\$PATH" "for sstrack-train"
[ -z "$typelibs" ] ||
  lists "$typelibs" "$system_typelibs" "${GI_TYPELIB_PATH:-}" ||
  say "export GI_TYPELIB_PATH=$typelibs" "to read metadata in Python"

# is_among FOLDER: whether it is on a line of standard input, by any name.
is_among () {
  wanted=$(readlink -f "$1")
  while read -r folder; do
    [ "$(readlink -f "$folder")" != "$wanted" ] || return 0
  done
  return 1
}

# Plugin and command know where the library is; others ask the loader.
ldconfig=$(PATH=$PATH:/sbin:/usr/sbin command -v ldconfig || true)
[ -n "$ldconfig" ] || exit 0
if "$ldconfig" -vN 2>/dev/null | sed -n 's|^\(/[^:]*\):.*|\1|p' |
  is_among "$lib"; then
  "$ldconfig" -p | sed -n 's|.*libsstrack\.so\..* => \(.*\)/.*|\1|p' |
    is_among "$lib" ||
    say "sudo ldconfig" "for other programs with libsstrack"
elif ! lists "$lib" "${LD_LIBRARY_PATH:-}"; then
  say "export LD_LIBRARY_PATH=$lib" "for other programs with libsstrack"
fi
if command -v pkg-config >/dev/null; then
  lists "$pkgconfig" "$(pkg-config --variable pc_path pkg-config)" \
    "${PKG_CONFIG_PATH:-}" ||
    say "export PKG_CONFIG_PATH=$pkgconfig" "to build them"
fi
