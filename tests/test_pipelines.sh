#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: 2026 The sstracker authors
set -euo pipefail

# usage: test_pipelines.sh SOURCE
#
# Types every pipeline of README.md and docs/ into a shell: each comes to its end,
# within two minutes, without an error or a warning. A dozen drawn frames stand in
# for the cameras, the files and the server, and nothing for windows and for what
# other plugins attach. GStreamer finds the plugin by the environment.

source=$1
work=$(mktemp -d)
# shellcheck disable=SC2064 # the name of now
trap "rm -rf '$work'" EXIT
cd "$work"

# of the size of the street scene
gst-launch-1.0 -q videotestsrc num-buffers=12 pattern=smpte ! video/x-raw,format=I420,width=768,height=576,framerate=30/1 \
  ! avimux ! filesink location=clip.avi
cp "$source"/models/light.sst my.sst

# pipelines: all of them, a line each, with what stands in.
pipelines () {
  sed -n -E ':more; /\\$/ { N; s/\\\n */ /; b more }; s/^ +(gst-launch-1\.0 )/\1/p' \
    "$source"/README.md "$source"/docs/*.md "$source"/docs/lab/*.md |
    sed -E -e 's/v4l2src( device=[^ ]+)?/videotestsrc num-buffers=12 pattern=ball ! video\/x-raw,format=YUY2,width=320,height=240/g' \
      -e 's/(filesrc location|rtspsrc location)=[^ ]+( latency=[0-9]+)?/filesrc location=clip.avi/g' \
      -e 's/cvtracker [^!]*/identity /' -e 's/autovideosink/fakesink/'
}

n=0 failed=0
while read -r line; do
  n=$((n + 1))
  status=0
  timeout 120 bash -o pipefail -c "$line" >log 2>&1 </dev/null || status=$?
  # 141: the reader of the JSON lines had enough
  if [[ $status != 0 && $status != 141 ]] || grep -E '^(ERROR|WARNING)' log; then
    printf 'not ok (%s): %s\n' "$status" "$line"
    tail -n 5 log
    failed=$((failed + 1))
  else
    printf 'ok: %s\n' "$line"
  fi
  # where the learner has not accepted anything yet, as after a minute
  [[ -s camera.sst ]] || cp "$source"/models/default.sst camera.sst
done < <(pipelines)

printf '%s pipelines, %s failed\n' "$n" "$failed"
((n >= 10 && failed == 0))
