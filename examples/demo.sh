#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: 2026 The sstracker authors
set -euo pipefail

usage () {
  cat <<'TEXT'
usage: examples/demo.sh [VIDEO X,Y,W,H [SECONDS]]

Follows what is in the box X,Y,W,H (pixels, or percent: 10%,20%,5%,5%) of the
first frame of VIDEO, or of the frame at SECONDS, and leaves a video with the
overlay (without sound) and a JSON line for every frame in out/. Several boxes
are separated by ";".

Without arguments it takes a street scene out of Debian's package opencv-doc.
Installs the Debian packages that are missing, and builds first.
TEXT
}

# shellcheck source=tests/setup.sh
. "$(dirname "$0")/../tests/setup.sh"

out=$sst_top/out
number='-?[0-9]+(\.[0-9]+)?%?'

# The street scene, in the package that ships it, and somebody who crosses it and
# leaves. What holds there is checked by tests/eval/street.py; later on somebody in
# a jacket of the same colour comes, whom the tracker takes for him.
footage_package=opencv-doc
footage_path=./usr/share/doc/opencv-doc/examples/data/vtest.avi
footage_box=516,220,38,92
footage_start=4.8
footage_end=42

# fetch_footage FILE: takes the one file out of the package.
fetch_footage () {
  local scratch

  [[ -s $1 ]] && return
  sst_say "fetching the street scene from the Debian package $footage_package (96 MB, once)"
  scratch=$(mktemp -d)
  # shellcheck disable=SC2064 # the name of now
  trap "rm -rf '$scratch'" EXIT
  if ! (cd "$scratch" && apt-get -qq download "$footage_package") >"$scratch/log" 2>&1; then
    sst_apt_get update
    (cd "$scratch" && apt-get -qq download "$footage_package") >"$scratch/log" 2>&1 || {
      cat "$scratch/log" >&2
      sst_die "cannot download $footage_package; give a video of your own: demo.sh VIDEO X,Y,W,H"
    }
  fi
  dpkg-deb --fsys-tarfile "$scratch"/"$footage_package"_*.deb | tar -xO "$footage_path" >"$1.part" ||
    sst_die "$footage_package holds no $footage_path"
  mv "$1.part" "$1"
  rm -rf "$scratch"
  trap - EXIT
}

case $# in
  0)
    video=$out/vtest.avi
    box=$footage_box
    start=$footage_start
    end=$footage_end
    ;;
  2 | 3)
    video=$(realpath -- "$1")
    box=$2
    start=${3:-0}
    end=0
    [[ -f $video && -r $video ]] || sst_die "no such video: $1"
    [[ $box =~ ^$number(,$number){3}(\;$number(,$number){3})*$ ]] ||
      sst_die "not a box: \"$box\"; want X,Y,W,H like 120,80,40,90"
    [[ $start =~ ^[0-9]+(\.[0-9]+)?$ ]] || sst_die "not a time in seconds: \"$start\""
    ;;
  *)
    usage
    [[ ${1:-} == -h || ${1:-} == --help ]] && exit
    exit 2
    ;;
esac

sst_install build play
sst_build "$sst_top/build"
mkdir -p "$out"
(($#)) || fetch_footage "$video"

sst_say "following $box from $start s on in $video (as fast as the video can be read and written; a line every five seconds of it)"
rm -f "$out/demo.webm" "$out/demo.jsonl"
export GST_PLUGIN_PATH=$sst_top/build/gst${GST_PLUGIN_PATH:+:$GST_PLUGIN_PATH}
"$sst_top/build/examples/app" --start "$start" --end "$end" --json "$out/demo.jsonl" \
  --video "$out/demo.webm" "$video" "$box" | tee "$out/demo.log"
[[ -s $out/demo.webm && -s $out/demo.jsonl ]] || sst_die "nothing was followed, see above"

speed=$(sed -n 's/^speed: //p' "$out/demo.log")
states=$(grep -o '"state": *"[a-z]*"' "$out/demo.jsonl" | sed 's/.*"\([a-z]*\)"$/\1/' |
  sort | uniq -c | sort -rn | awk '{printf "%s%s %d", sep, $2, $1; sep = ", "}')
echo
echo "video with the overlay: $out/demo.webm"
echo "a JSON line a frame:    $out/demo.jsonl"
echo "$(wc -l <"$out/demo.jsonl") frames, ${speed:-speed unknown}; states: ${states:-none}"
