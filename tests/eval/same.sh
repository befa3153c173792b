#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: 2026 The sstracker authors
set -euo pipefail

usage () {
  cat <<'TEXT'
usage: tests/eval/same.sh DEV VIDEO BUILD...

Prints a checksum a line of what a build computes, for moves of code that may
change nothing: run it with the builds of before and after (folders with gst/ and
lib/ in them) and compare. The first build's learn_raw serves all.

  tracker   the element's JSON lines, six sequences of DEV (shared/data/dev)
  masks     the same with masks, two sequences
  learner   learn_raw over the first 200 pictures of VIDEO
  training  sstrack-train, three steps on VIDEO
TEXT
}

if (( $# < 3 )); then
  usage >&2
  exit 2
fi
dev=$1 video=$2
shift 2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export GST_REGISTRY=$work/registry.bin OPENBLAS_NUM_THREADS=1
learner=$(realpath "$1")/tests/eval/learn_raw
frames=${FRAMES:-60}

sum () {
  sha256sum | cut -c 1-16
}

# track BUILD SEQUENCE PROPERTY...: JSON lines on standard output.
track () {
  local build=$1 sequence=$2 box
  shift 2

  box=$(head -n 1 "$dev/$sequence/groundtruth_rect.txt" | tr -s ' \t' ',')
  GST_PLUGIN_PATH=$build/gst gst-launch-1.0 -q filesrc location="$dev/$sequence/video.mp4" ! decodebin \
    ! videoconvert ! video/x-raw,format=NV12 ! identity eos-after="$frames" \
    ! sstracker init-box="$box" json-location="$work/lines" "$@" ! fakesink sync=false
  # how long a frame took differs each time
  sed -E 's/"(us|mean-us|time-us)": ?[0-9.]+,? ?//g' "$work/lines"
}

for build in "$@"; do
  build=$(realpath "$build")
  rm -f "$GST_REGISTRY"
  for sequence in davis_dog Couple Subway DragonBaby Human7 Skiing; do
    printf 'tracker %s %s\n' "$sequence" "$(track "$build" "$sequence" | sum)"
  done
  for sequence in Couple DragonBaby; do
    printf 'masks %s %s\n' "$sequence" "$(track "$build" "$sequence" mask=box mask-interval=2 n-threads=2 | sum)"
  done
  gst-launch-1.0 -q filesrc location="$video" ! decodebin ! videoconvert ! videoscale \
    ! video/x-raw,format=I420,width=400,height=224 \
    ! identity eos-after=201 ! filesink location="$work/frames.i420"
  LD_LIBRARY_PATH=$build/lib "$learner" 400x224 models/light.sst < "$work/frames.i420" > "$work/learner"
  printf 'learner %s\n' "$(sum < "$work/learner")"
  "$build/gst/train/sstrack-train" --quiet --steps=3 --batch=4 --threads=1 --network=first --output="$work/model.sst" "$video"
  # the head of the file names the version, its end the sum of all
  printf 'training %s\n' "$(tail -c 1000000 "$work/model.sst" | head -c -32 | sum)"
done
