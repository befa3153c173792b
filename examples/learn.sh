#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: 2026 The sstracker authors
set -euo pipefail

usage () {
  cat <<'TEXT'
usage: examples/learn.sh [SOURCE [X,Y,W,H [SECONDS]]]

Follows what is in the box X,Y,W,H (pixels, or percent: 10%,20%,5%,5%; the
default is 40%,30%,20%,40%) of the first frame, and learns from the stream while
it does. SOURCE is a camera (default: /dev/video0), a video, or "test" for
GStreamer's test source. Ends after SECONDS, with the video, or with Ctrl-C.

What was accepted is in out/learned.sst then. It prints a line every five
seconds, and one each time that a snapshot is accepted, refused, or taken back:
that takes some minutes of a scene in which things move. The next time, it goes
on from that file.

Installs the Debian packages that are missing, and builds first.
TEXT
}

# shellcheck source=tests/setup.sh
. "$(dirname "$0")/../tests/setup.sh"

out=$sst_top/out
learned=$out/learned.sst
number='-?[0-9]+(\.[0-9]+)?%?'
source=${1:-/dev/video0}
box=${2:-40%,30%,20%,40%}
seconds=${3:-0}

case $source in
  -h | --help) usage; exit ;;
esac
(($# <= 3)) || { usage >&2; exit 2; }
[[ $box =~ ^$number(,$number){3}(\;$number(,$number){3})*$ ]] ||
  sst_die "not a box: \"$box\"; want X,Y,W,H like 120,80,40,90"
[[ $seconds =~ ^[0-9]+$ ]] || sst_die "not a number of seconds: \"$seconds\""

if [[ $source == test ]]; then
  input=(videotestsrc is-live=true pattern=ball motion=sweep background-color=0xff305070
    ! "video/x-raw,width=640,height=480,framerate=30/1")
elif [[ -c $source && -r $source ]]; then
  input=(v4l2src "device=$source" ! decodebin)
elif [[ -f $source && -r $source ]]; then
  input=(filesrc "location=$(realpath -- "$source")" ! decodebin)
else
  sst_die "no such camera or video: $source; try: examples/learn.sh test"
fi

# without a window, still at the speed of the stream
if [[ -n ${DISPLAY:-}${WAYLAND_DISPLAY:-} ]]; then
  sink=(autovideosink)
else
  sink=(fakesink sync=true)
fi

sst_install build play
sst_build "$sst_top/build"
mkdir -p "$out"
model=()
[[ -s $learned ]] && model=("model=$learned")

sst_say "following $box in $source, learning"
export GST_PLUGIN_PATH=$sst_top/build/gst${GST_PLUGIN_PATH:+:$GST_PLUGIN_PATH}
# sstrain comes first: behind the overlay the boxes would be part of the pictures
launch=("$sst_top/build/examples/learn" "${input[@]}" ! queue ! videoconvert
  ! sstrain "${model[@]}" "save-location=$learned"
  ! sstracker "init-box=$box" overlay=true ! videoconvert ! "${sink[@]}")
((seconds == 0)) || launch=(timeout --foreground -s INT "$seconds" "${launch[@]}")

status=0
"${launch[@]}" || status=$?
((status == 0 || status == 124 || status == 130)) || exit "$status"

if [[ -s $learned ]]; then
  echo "learned: $learned; to use it: sstracker model=$learned"
else
  echo "nothing was accepted yet: what is not better than before is not kept"
fi
