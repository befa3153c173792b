#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: 2026 The sstracker authors
"""Count what crosses a line.

usage: count.py [--line X,Y,X,Y] VIDEO BOXES
       count.py [--line X,Y,X,Y] --from DESCRIPTION BOXES

The line is in parts of the picture's width and height (default 0.5,0,0.5,1: from the
top to the bottom, in the middle); in and out are to the right and to the left of who
walks along it. BOXES is what to follow, as sstracker's init-box; "" where a detector in
the description says it:

  count.py --from "v4l2src ! videoconvert ! detector" ""

A target counts when it was seen well off the line on one side and then on the other: one
that stands on it, or trembles, does not. Prints each crossing, and the sums at the end.

Needs python3-gst-1.0 and gir1.2-gstsstrack-1.0; from a build, run it as
meson devenv -C build --workdir "$PWD" examples/count.py VIDEO BOXES
"""
import argparse
import collections
import sys

import gi
gi.require_version('Gst', '1.0')
gi.require_version('GstSsTrack', '1.0')
from gi.repository import GLib, Gst, GstSsTrack  # noqa: E402

import playing  # noqa: E402


class Line:
    """line: (x, y, x, y); margin: how far off it is well off it, in the same unit."""

    def __init__(self, line, margin):
        self.x, self.y = line[:2]
        across, down = line[2] - line[0], line[3] - line[1]
        length = (across ** 2 + down ** 2) ** 0.5
        if length == 0:
            raise ValueError('the line has no length')
        self.across, self.down, self.length = across / length, down / length, length
        self.margin = margin
        self.sides = {}  # of each id: -1 or 1

    def pass_by(self, name, x, y):
        """Where the one of that name is now; returns 'in', 'out' or None."""
        along = (x - self.x) * self.across + (y - self.y) * self.down
        # y points down: positive is to the right of who looks along the line
        off = (y - self.y) * self.across - (x - self.x) * self.down
        if abs(off) < self.margin:
            return None
        before, now = self.sides.get(name), 1 if off > 0 else -1
        self.sides[name] = now
        if before is None or before == now or not 0 <= along <= self.length:
            return None
        return 'in' if now > 0 else 'out'


class Counter:
    def __init__(self, line):
        self.line, self.counter = line, None
        self.sums = collections.Counter()

    def on_frame(self, pad, info):
        """In the streaming thread, once a frame."""
        frame = GstSsTrack.Frame.get(info.get_buffer(), None)
        if frame is None:
            return Gst.PadProbeReturn.OK
        if self.counter is None:
            sizes = (frame.get_width(), frame.get_height()) * 2
            self.counter = Line([part * size for part, size in zip(self.line, sizes)], frame.get_height() / 50)
        for target in frame.get_targets():
            if target.state != GstSsTrack.State.TRACKING:
                continue
            way = self.counter.pass_by(target.id, target.x + target.width / 2, target.y + target.height / 2)
            if way is not None:
                label = target.label or 'object'
                self.sums[label, way] += 1
                print('%.2f s: %s %d %s' % (frame.get_running_time() / Gst.SECOND, label, target.id, way), flush=True)
        return Gst.PadProbeReturn.OK


def main(arguments):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--line', default='0.5,0,0.5,1', metavar='X,Y,X,Y')
    playing.add_source(parser)
    parser.add_argument('boxes', metavar='BOXES')
    options = parser.parse_args(arguments)
    playing.check_source(parser, options)
    try:
        line = [float(part) for part in options.line.split(',')]
        if len(line) != 4 or line[:2] == line[2:]:
            raise ValueError
    except ValueError:
        parser.error('--line is X,Y,X,Y, from one place to another')

    Gst.init(None)
    pipeline = playing.make_pipeline(options, options.boxes, '', 'fakesink')
    counter = Counter(line)
    playing.watch_frames(pipeline, counter.on_frame)
    playing.play(pipeline)
    for (label, way), number in sorted(counter.sums.items()):
        print('%s %s: %d' % (label, way, number))


if __name__ == '__main__':
    try:
        main(sys.argv[1:])
    except GLib.Error as error:
        sys.exit('count.py: %s' % error.message)
