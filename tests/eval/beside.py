#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: 2026 The sstracker authors
"""What sstracker costs with sstrain beside it, and without, in turn (A B A B).

    beside.py --build BUILD VIDEO X,Y,W,H

plays the video in real time, scaled to 1280x720 NV12 at 30 frames a second, for
SECONDS at most, through

    ... ! [sstrain !] sstracker init-box=X,Y,W,H ! fakesink sync=true

and prints what a frame costs in sstracker (stats: mean-us), how many frames came
out, and how late the latest of them was when it reached the sink.
"""
import argparse
import os

import gi
gi.require_version('Gst', '1.0')
from gi.repository import Gst  # noqa: E402


def run(args, with_training):
    train = f'sstrain name=train {args.properties} ! ' if with_training else ''
    pipeline = Gst.parse_launch(
        f'filesrc location="{args.video}" ! decodebin ! videoconvert ! videoscale add-borders=false ! videorate ! '
        'video/x-raw,format=NV12,width=1280,height=720,framerate=30/1,pixel-aspect-ratio=1/1 ! queue ! '
        f'{train}sstracker name=track init-box={args.box} ! fakesink name=sink sync=true')
    sink, lateness = pipeline.get_by_name('sink').get_static_pad('sink'), []

    def arrived(pad, info):
        clock = pipeline.get_clock()
        if clock:
            lateness.append(clock.get_time() - pipeline.get_base_time() - info.get_buffer().pts)
        return Gst.PadProbeReturn.OK

    bus = pipeline.get_bus()
    sink.add_probe(Gst.PadProbeType.BUFFER, arrived)
    pipeline.set_state(Gst.State.PLAYING)
    message = bus.timed_pop_filtered(int(args.seconds * Gst.SECOND), Gst.MessageType.EOS | Gst.MessageType.ERROR)
    if message is not None and message.type == Gst.MessageType.ERROR:
        raise SystemExit(message.parse_error()[0].message)
    cost = pipeline.get_by_name('track').get_property('stats').get_value('mean-us')
    share = pipeline.get_by_name('train').get_property('stats').get_value('cpu-share') if with_training else 0
    pipeline.set_state(Gst.State.NULL)
    frames = [one / 1e6 for one in lateness]
    return cost, share, len(frames), max(frames[10:])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--build', default='build')
    parser.add_argument('--seconds', type=float, default=30)
    parser.add_argument('--rounds', type=int, default=2)
    parser.add_argument('--properties', default='', help='of sstrain')
    parser.add_argument('video')
    parser.add_argument('box')
    args = parser.parse_args()
    Gst.init(None)
    Gst.Registry.get().scan_path(os.path.join(args.build, 'gst'))
    for _ in range(args.rounds):
        for with_training in False, True:
            cost, share, frames, late = run(args, with_training)
            print(f'{"with sstrain" if with_training else "alone":12}  {cost:7.0f} us a frame, {frames} frames, '
                  f'latest {late:.1f} ms, share of sstrain {share:.2f}', flush=True)


if __name__ == '__main__':
    main()
