#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: 2026 The sstracker authors
set -euo pipefail

# The examples in C, as who tries them for the first time does: what can't be
# followed, or is not there, is named and is no success; what takes long says how
# it goes. test_programs.sh EXAMPLES: the folder that they were built in.

examples=$1
work=$(mktemp -d)
# shellcheck disable=SC2064 # the name of now
trap "rm -rf '$work'" EXIT
cd "$work"

fail () {
  printf 'test_programs: %s\n' "$*" >&2
  exit 1
}

# run STATUS TEXT PROGRAM ARGUMENT...: it ends with that status, and says that.
run () {
  local wanted=$1 text=$2 status=0
  shift 2

  "$examples/$1" "${@:2}" >said 2>&1 </dev/null || status=$?
  [[ $status == "$wanted" ]] || fail "$*: ended with $status: $(<said)"
  [[ $(<said) == *"$text"* ]] || fail "$*: no \"$text\" in: $(<said)"
}

gst-launch-1.0 -q videotestsrc num-buffers=10 pattern=ball \
  ! video/x-raw,format=I420,width=320,height=240,framerate=25/1 ! tee name=t \
  t. ! queue ! filesink location=clip.yuv t. ! queue ! jpegenc ! avimux ! filesink location=clip.avi

run 0 "target 1 started" app --json boxes.jsonl clip.avi 140,100,40,40
[[ $(grep -c '"id":1' boxes.jsonl) == 10 ]] || fail "$(<boxes.jsonl)"
run 1 "nothing was followed" app clip.avi 1000,1000,40,40
run 1 "nothing was followed" app --start 5 clip.avi 140,100,40,40
run 1 no-such.avi app no-such.avi 140,100,40,40
run 1 "want VIDEO" app clip.avi

run 0 "" track_raw 320x240 25 140,100,40,40 clip.yuv
[[ $(grep -c '^[0-9]' said) == 10 ]] || fail "$(<said)"
run 1 no-such.yuv track_raw 320x240 25 140,100,40,40 no-such.yuv
run 1 "" track_raw 320x240 25 1000,1000,40,40 clip.yuv
[[ -s said ]] || fail "a box outside of the picture: nothing is said"

# a line a second, and one at the end
run 0 " frames, " learn --every 1 videotestsrc num-buffers=80 \
  ! video/x-raw,width=160,height=120,framerate=25/1 ! sstrain ! fakesink sync=true
(($(grep -c ' frames, .* steps, .* accepted' said) >= 2)) || fail "$(<said)"
run 1 "no sstrain" learn fakesrc num-buffers=1 ! fakesink
run 1 no-such learn filesrc location=no-such ! sstrain ! fakesink
