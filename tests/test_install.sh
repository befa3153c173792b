#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: 2026 The sstracker authors
set -euo pipefail

# What is installed works from where it is, and what is left to do is said, and
# only that. test_install.sh BUILD SCRIPT: the build, and data/after-install.sh.

build=$1 script=$2
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
# meson test points to the libraries in the build, G_DEBUG is of no concern
unset LD_LIBRARY_PATH GST_PLUGIN_PATH GST_PLUGIN_PATH_1_0 DESTDIR \
  GST_PLUGIN_SYSTEM_PATH GST_PLUGIN_SYSTEM_PATH_1_0 PKG_CONFIG_PATH \
  GI_TYPELIB_PATH

fail () {
  printf 'test_install: %s\n' "$*" >&2
  exit 1
}

# --- installed elsewhere ---

meson install -C "$build" --no-rebuild --quiet --destdir "$scratch/d" \
  >"$scratch/log" 2>&1 || fail "$(<"$scratch/log")"
[[ $(<"$scratch/log") != *export* ]] || fail "said: $(<"$scratch/log")"
command=$(find "$scratch/d" -path "*/bin/sstrack-train" -type f)
plugin=$(find "$scratch/d" -name libgstsstracker.so)
"$command" --version >/dev/null || fail "the command does not start"
# the system's own folder is one that the loader looks in, were it not in a scratch one
system=
[[ $plugin != "$scratch"/d/usr/lib/* ]] || system=${plugin%/*/*}
# not into a pipe: ldd fails where grep has seen enough
[[ $(LD_LIBRARY_PATH=$system ldd "$plugin") == *"libsstrack.so.0 => $scratch/d/"* ]] ||
  fail "the plugin does not find the library that was installed with it"

# --- what is said ---

mkdir -p "$scratch"/p/{bin,lib/gstreamer-1.0,lib/pkgconfig,lib/girepository-1.0}
p=$scratch/p

# says [VARIABLE=VALUE...]: what the script says with these set.
says () {
  env "$@" "$script" "$p/lib/gstreamer-1.0" /usr/lib/gstreamer-1.0 "$p/bin" \
    "$p/lib" "$p/lib/pkgconfig" "$p/lib/girepository-1.0" \
    /usr/lib/girepository-1.0
}

# expect TEXT NEEDLE yes|no
expect () {
  local has=no

  [[ $1 != *"$2"* ]] || has=yes
  [[ $has == "$3" ]] || fail "\"$2\": wanted $3, in: $1"
}

text=$(says A=)
for name in GST_PLUGIN_PATH PATH LD_LIBRARY_PATH PKG_CONFIG_PATH \
  GI_TYPELIB_PATH; do
  expect "$text" "export $name=$p/" yes
done
expect "$(says GST_PLUGIN_PATH="/x:$p/lib/gstreamer-1.0")" GST_PLUGIN_PATH no
expect "$(says GST_PLUGIN_PATH_1_0="$p/lib/gstreamer-1.0/")" GST_PLUGIN_PATH no
expect "$(says PATH="$PATH:$p/bin")" "export PATH" no
expect "$(says LD_LIBRARY_PATH="$p/lib")" LD_LIBRARY_PATH no
expect "$(says PKG_CONFIG_PATH="$p/lib/pkgconfig")" PKG_CONFIG_PATH no
expect "$(says GI_TYPELIB_PATH="$p/lib/girepository-1.0")" GI_TYPELIB_PATH no
[[ -z $(says DESTDIR=/x) ]] || fail "a staged installation is told something"

# Meson reads what a script prints, and shows nothing of it; what it says itself
# comes later, and in a file from where it was: over what is there.
# shellcheck disable=SC2016 # the inner shell's
env MESON_INSTALL_PREFIX="$p" bash -c 'kept=$("$@"); printf "kept: %s\n%2000s\n" "$kept" .' sh \
  "$script" "$p/lib/gstreamer-1.0" /g "$p/bin" "$p/lib" "$p/lib/pkgconfig" \
  >"$scratch/shown"
for ((i = 0; i < 300; i++)); do
  [[ $(<"$scratch/shown") != *PKG_CONFIG_PATH* ]] || break
  sleep 0.1
done
expect "$(<"$scratch/shown")" GST_PLUGIN_PATH yes
expect "$(<"$scratch/shown")" "kept: " yes
expect "$(grep kept: "$scratch/shown")" GST_PLUGIN_PATH no

# The folders of the system need nothing; a library that is new there does.
lib=$(readlink -f /lib/"$(gcc -print-multiarch 2>/dev/null)")
text=$("$script" /g /g "${PATH%%:*}" "$lib" "$p/lib/pkgconfig")
expect "$text" GST_PLUGIN_PATH no
expect "$text" LD_LIBRARY_PATH no
expect "$text" GI_TYPELIB_PATH no # a build without introspection
