#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: 2026 The sstracker authors
"""Is a target found again after a break, and nobody else taken for it?

    jump.py [--build BUILD] DATA [--absent] [--starts 0,4,8] [--set NAME=VALUE]

DATA is laid out as for evaluate.py. Of every sequence one stream is made, of 25 frames a
second, and goes through sstracker, which is given the target in the first frame: two seconds
of the sequence, one of black, and two more from further on. These begin at the place nearest to
two thirds of the sequence where the target is more than its size, the root of its area, from
where it was before the break, and is there in the last five frames. A sequence without such a place
is left out.

found    in the last five frames the state is "tracking" and the IoU over 0.3
wrong    in the last frame the state is "tracking" and the IoU under 0.1
silent   neither

--absent shows four seconds of another sequence, scaled to the same size, after the black: the
target is not there. Counted are the streams in which the state is "tracking" in any
of the last twenty frames, and those with a "recovered".
"""
import argparse
import glob
import json
import math
import os
import tempfile

import gi
gi.require_version('Gst', '1.0')
gi.require_version('GstApp', '1.0')
from gi.repository import Gst, GstApp  # noqa: E402, F401

from evaluate import is_box, overlap, read_rows  # noqa: E402

RATE = 25
PART = 2 * RATE
BLACK = RATE
OTHER = 4 * RATE
LAST = 5
LAST_ABSENT = 20


def centre_distance(a, b):
    return math.dist((a[0] + a[2] / 2, a[1] + a[3] / 2), (b[0] + b[2] / 2, b[1] + b[3] / 2))


def place(truth, start):
    """The frame that the second part begins with, None where there is none."""
    end = start + PART
    if len(truth) < end + PART or not is_box(truth[start]) or not is_box(truth[end - 1]):
        return None
    before = truth[end - 1]
    size = math.sqrt(before[2] * before[3])
    fit = [k for k in range(end, len(truth) - PART + 1)
           if is_box(truth[k]) and centre_distance(before, truth[k]) > size
           and all(map(is_box, truth[k + PART - LAST:k + PART]))]
    return min(fit, key=lambda k: abs(k - 2 * len(truth) // 3), default=None)


def verdict(rows, truth):
    """Of the (state, box) of the last frames, and the truth of these."""
    overlaps = [overlap(row[1], box) if row else 0.0 for row, box in zip(rows, truth)]
    tracking = [row is not None and row[0] == 'tracking' for row in rows]
    if all(tracking) and min(overlaps) > 0.3:
        return 'found'
    return 'wrong' if tracking[-1] and overlaps[-1] < 0.1 else 'silent'


def frames_of(video, first, count, size=None):
    """I420 frames as bytes, and their size; scaled where one is given."""
    scale = '! videoscale add-borders=false' if size else ''
    caps = f',width={size[0]},height={size[1]},pixel-aspect-ratio=1/1' if size else ''
    pipeline = Gst.parse_launch(
        f'filesrc location="{video}" ! decodebin ! videoconvert {scale} ! video/x-raw,format=I420{caps} '
        '! appsink name=sink sync=false max-buffers=8')
    sink, frames = pipeline.get_by_name('sink'), []
    pipeline.set_state(Gst.State.PLAYING)
    for k in range(first + count):
        sample = sink.try_pull_sample(30 * Gst.SECOND)
        if sample is None:
            break
        if k == 0:
            caps = sample.get_caps().get_structure(0)
            size = caps.get_value('width'), caps.get_value('height')
        if k >= first:
            buffer = sample.get_buffer()
            frames.append(buffer.extract_dup(0, buffer.get_size()))
    pipeline.set_state(Gst.State.NULL)
    return frames, size


def black(frame, size):
    luma = ((size[0] + 3) & ~3) * ((size[1] + 1) & ~1)
    return bytes([16]) * luma + bytes([128]) * (len(frame) - luma)


def follow(frames, size, box, settings, rate=RATE):
    """What sstracker says of each frame, (state, box) or None; and how often it recovered."""
    with tempfile.TemporaryDirectory() as scratch:
        pipeline = Gst.parse_launch(
            f'appsrc name=source format=time caps=video/x-raw,format=I420,width={size[0]},height={size[1]},'
            f'framerate={rate}/1 max-bytes=0 ! sstracker name=tracker messages=none ! fakesink sync=false')
        source, tracker = pipeline.get_by_name('source'), pipeline.get_by_name('tracker')
        tracker.set_property('json-location', f'{scratch}/lines')
        for name, value in settings:
            Gst.util_set_object_arg(tracker, name, value)
        tracker.emit('add-target', *box)
        pipeline.set_state(Gst.State.PLAYING)
        for k, frame in enumerate(frames):
            buffer = Gst.Buffer.new_wrapped(frame)
            buffer.pts, buffer.duration = k * Gst.SECOND // rate, Gst.SECOND // rate
            source.emit('push-buffer', buffer)
        source.emit('end-of-stream')
        message = pipeline.get_bus().timed_pop_filtered(600 * Gst.SECOND, Gst.MessageType.ERROR | Gst.MessageType.EOS)
        recovered = tracker.get_property('stats').get_value('recovered')
        pipeline.set_state(Gst.State.NULL)
        if message is None or message.type == Gst.MessageType.ERROR:
            raise SystemExit(message.parse_error()[0].message if message else 'no end of the stream')
        with open(f'{scratch}/lines') as lines:
            targets = [line['targets'] for line in map(json.loads, lines) if 'n' in line]
    if len(targets) != len(frames):
        raise SystemExit(f'{len(frames)} frames, {len(targets)} lines')
    return [(t[0]['state'], t[0]['box']) if t else None for t in targets], recovered


def run_present(video, truth, start, settings):
    k = place(truth, start)
    if k is None:
        return None
    first, size = frames_of(video, start, PART)
    then, _ = frames_of(video, k, PART)
    rows, _ = follow(first + [black(first[0], size)] * BLACK + then, size, truth[start], settings)
    return verdict(rows[-LAST:], truth[k + PART - LAST:k + PART])


def run_absent(video, truth, start, other, settings):
    if len(truth) < start + PART or not is_box(truth[start]):
        return None
    first, size = frames_of(video, start, PART)
    then, _ = frames_of(other, 0, OTHER, size)
    rows, recovered = follow(first + [black(first[0], size)] * BLACK + then, size, truth[start], settings)
    tracking = any(row and row[0] == 'tracking' for row in rows[-LAST_ABSENT:])
    return ('tracking' if tracking else 'silent') + (', recovered' if recovered else '')


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('data')
    parser.add_argument('--build', default='build')
    parser.add_argument('--list', help='a file with names of sequences')
    parser.add_argument('--absent', action='store_true')
    parser.add_argument('--starts', default='0')
    parser.add_argument('--set', action='append', default=[], metavar='NAME=VALUE', help='a property of sstracker')
    args = parser.parse_args()
    Gst.init(None)
    Gst.Registry.get().scan_path(os.path.join(args.build, 'gst'))
    settings = [one.split('=', 1) for one in args.set]
    videos = {os.path.basename(os.path.dirname(v)): v for v in sorted(glob.glob(f'{args.data}/*/video.*'))}
    if args.list:
        with open(args.list) as names:
            keep = set(names.read().split())
        videos = {name: video for name, video in videos.items() if name in keep}
    truth = {name: read_rows(f'{args.data}/{name}/groundtruth_rect.txt') for name in videos}
    long = [name for name in videos if len(truth[name]) >= OTHER]
    counts = {}
    for start in map(int, args.starts.split(',')):
        for i, (name, video) in enumerate(videos.items()):
            if args.absent:
                others = [o for o in long[(i + len(long) // 2) % len(long):] + long if o != name]
                outcome = run_absent(video, truth[name], start, videos[others[0]], settings)
            else:
                outcome = run_present(video, truth[name], start, settings)
            if outcome is None:
                continue
            counts[outcome] = counts.get(outcome, 0) + 1
            print(f'{name + (f"@{start}" if start else ""):24} {outcome}', flush=True)
    total = sum(counts.values())
    print(f'{total} streams: ' + ', '.join(f'{n} {what}' for what, n in sorted(counts.items())))


if __name__ == '__main__':
    main()
