#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: 2026 The sstracker authors
set -euo pipefail

# GStreamer's own tracer finds nothing that the elements forgot to let go of: they
# start, follow, lose, learn, draw, say and stop. Also: what the manual says of
# the debug levels is so.

command -v gst-launch-1.0 >/dev/null || {
  echo "skipped: gst-launch-1.0 is missing"
  exit 77
}
log=$(mktemp)
trap 'rm -f "$log"' EXIT

# play LEVELS: the pipeline with these debug levels; the log is in $log.
play () {
  GST_DEBUG=$1 GST_DEBUG_NO_COLOR=1 gst-launch-1.0 -q \
    videotestsrc pattern=ball num-buffers=20 ! \
    video/x-raw,format=I420,width=160,height=120 ! sstrain ! \
    sstracker name=a init-box="60,40,30,30;10,10,30,30" messages=frame \
    overlay=true mask=box effect=blur-targets ! \
    sstracker name=b init-from=roi json-location=/dev/null ! videoconvert ! \
    video/x-raw,format=RGB ! fakesink >/dev/null 2>"$log" || {
    cat "$log" >&2
    exit 1
  }
}

# expect LEVEL CATEGORY PATTERN yes|no
expect () {
  local has=no

  grep -E "$1 +$2 " "$log" | grep -qE "$3" && has=yes
  [[ $has == "$4" ]] || {
    echo "test_leaks: $1 of $2, \"$3\": wanted $4" >&2
    exit 1
  }
}

export GST_TRACERS="leaks(check-refs=true)" GST_LEAKS_TRACER_SIG=1
play GST_TRACER:7
if grep -E 'object-alive, type-name=.string.[^%]' "$log"; then
  echo "test_leaks: these were never freed" >&2
  exit 1
fi
unset GST_TRACERS

play sstracker:4,sstrain:4
expect INFO sstracker "caps " yes
expect INFO sstrain "caps " yes
expect DEBUG sstracker . no
play sstracker:5,sstrain:5
expect DEBUG sstracker "target 1 .* started" yes
expect LOG sstracker . no
play sstracker:6
expect LOG sstracker . yes
