#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: 2026 The sstracker authors
"""A camera that follows: keeps a target in the middle, calmly.

usage: follow.py [OPTION]... VIDEO X,Y,W,H
       follow.py [OPTION]... --from DESCRIPTION X,Y,W,H

A virtual camera cuts a view out of the picture and moves it: not at all while the
target is in the dead zone around its middle, and never faster, nor faster away from
rest, than it may. With --ptz the numbers are for a camera that turns: a JSON line a
frame on standard output, {"time", "pan", "tilt", "zoom", "state"}, each of the three
-1 to 1, the parts of the largest speed to the right, upwards and closer, as ONVIF's
ContinuousMove takes them in the generic velocity spaces. Nothing is cut then, and
the picture is supposed to turn with the camera.

Where the target is lost the camera comes to rest and waits.

Needs python3-gst-1.0 and gir1.2-gstsstrack-1.0; from a build, run it as
meson devenv -C build --workdir "$PWD" examples/follow.py VIDEO X,Y,W,H
"""
import argparse
import json
import math
import sys

import gi
gi.require_version('Gst', '1.0')
gi.require_version('GstSsTrack', '1.0')
from gi.repository import GLib, Gst, GstSsTrack  # noqa: E402

import playing  # noqa: E402


class Axis:
    """One direction of movement: from how far off it is to how fast to go.

    Errors are in parts of the view, speeds in views a second.
    """

    def __init__(self, dead_zone, speed, acceleration):
        self.dead_zone, self.speed, self.acceleration = dead_zone, speed, acceleration
        self.velocity = 0.0

    def step(self, error, seconds):
        """error: None where it is not known. Returns the velocity for the next so many seconds."""
        beyond = 0.0 if error is None else math.copysign(max(abs(error) - self.dead_zone / 2, 0), error)
        # from that speed it can still stop where the dead zone begins
        wanted = math.copysign(min(math.sqrt(2 * self.acceleration * abs(beyond)) / 1.5, self.speed), beyond)
        change = self.acceleration * seconds
        self.velocity += min(max(wanted - self.velocity, -change), change)
        return self.velocity


class Camera:
    """A view that moves in a picture, or, where turns is set, with it.

    width and height of the picture, and how much of it the view is at first (1: all);
    fill is the part of the view's height that the target shall have, None for a view
    that keeps its size.
    """

    def __init__(self, width, height, part=0.5, dead_zone=0.2, speed=0.8, acceleration=1.6, fill=None, turns=False):
        self.width, self.height, self.turns, self.fill = width, height, turns, fill
        self.part = 1.0 if turns else part
        self.x, self.y = width / 2, height / 2
        self.pan, self.tilt = Axis(dead_zone, speed, acceleration), Axis(dead_zone, speed, acceleration)
        # closer by a factor of e is 1
        self.zoom = Axis(0.4, speed, acceleration)

    def step(self, box, seconds):
        """box: (x, y, width, height) in pixels, or None. Returns what the PTZ is to do: (pan, tilt, zoom), -1 to 1."""
        view_width, view_height = self.width * self.part, self.height * self.part
        right = down = closer = None
        if box is not None:
            right = (box[0] + box[2] / 2 - self.x) / view_width
            down = (box[1] + box[3] / 2 - self.y) / view_height
            if self.fill and box[3] > 0:
                closer = math.log(self.fill * view_height / box[3])
        pan, tilt = self.pan.step(right, seconds), self.tilt.step(down, seconds)
        zoom = self.zoom.step(closer, seconds)
        if not self.turns:
            self.part = min(max(self.part * math.exp(-zoom * seconds), 0.1), 1.0)
            self.x = self.inside(self.x + pan * view_width * seconds, self.width, self.pan)
            self.y = self.inside(self.y + tilt * view_height * seconds, self.height, self.tilt)
        return pan / self.pan.speed, -tilt / self.tilt.speed, zoom / self.zoom.speed

    def inside(self, middle, size, axis):
        """At the picture's border it stops."""
        half = size * self.part / 2
        kept = min(max(middle, half), size - half)
        if kept != middle:
            axis.velocity = 0.0
        return kept

    def view(self):
        """(left, top, width, height) in whole, even pixels, as coders want them."""
        width, height = (max(int(size * self.part) & ~1, 2) for size in (self.width, self.height))
        left = int(min(max(self.x - width / 2, 0), self.width - width)) & ~1
        top = int(min(max(self.y - height / 2, 0), self.height - height)) & ~1
        return left, top, width, height


class Follower:
    """Moves the camera with each frame that leaves the tracker."""

    def __init__(self, options, crop):
        self.options, self.crop = options, crop
        self.camera = self.last = None

    def on_frame(self, pad, info):
        """In the streaming thread, before the view is cut out of this very frame."""
        buffer = info.get_buffer()
        if self.camera is None:
            self.camera = Camera(*playing.frame_size(pad.get_current_caps()), self.options.part, self.options.dead_zone,
                                 self.options.speed, 2 * self.options.speed,
                                 self.options.fill, self.options.ptz)
        seconds = 0.0 if self.last is None else max(buffer.pts - self.last, 0) / Gst.SECOND
        self.last = buffer.pts
        frame = GstSsTrack.Frame.get(buffer, None)
        target = frame.get_targets()[0] if frame is not None and frame.get_targets() else None
        seen = target is not None and target.state != GstSsTrack.State.LOST
        box = (target.x, target.y, target.width, target.height) if seen else None
        # a gap in the stream is no reason for a leap
        speeds = self.camera.step(box, min(seconds, 0.2))
        if self.options.ptz:
            said = dict(zip(('pan', 'tilt', 'zoom'), (round(speed, 4) for speed in speeds)))
            said.update(time=round(buffer.pts / Gst.SECOND, 3), state=target.state.value_nick if target else 'none')
            print(json.dumps(said), flush=True)
        else:
            left, top, width, height = self.camera.view()
            for name, value in (('left', left), ('top', top), ('right', self.camera.width - left - width),
                                ('bottom', self.camera.height - top - height)):
                self.crop.set_property(name, value)
        return Gst.PadProbeReturn.OK


def parse_options(arguments):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--ptz', action='store_true', help='print speeds for a camera that turns')
    parser.add_argument('--part', type=float, default=0.5, help='of the picture that is seen (default: %(default)s)')
    parser.add_argument('--dead-zone', type=float, default=0.2,
                        help='part of the view in whose middle the target may move (default: %(default)s)')
    parser.add_argument('--speed', type=float, default=0.8, help='views a second, at most (default: %(default)s)')
    parser.add_argument('--fill', type=float, help='zoom, so that the target has that part of the view\'s height')
    parser.add_argument('--size', default='640x360', help='of what is shown (default: %(default)s)')
    parser.add_argument('--to', dest='sink', default='autovideosink', metavar='DESCRIPTION',
                        help='where frames go (default: %(default)s)')
    playing.add_source(parser)
    parser.add_argument('box', metavar='X,Y,W,H', help='what to follow, as sstracker\'s init-box')
    options = parser.parse_args(arguments)
    playing.check_source(parser, options)
    if not 0 < options.part <= 1 or not 0 <= options.dead_zone < 1 or not options.speed > 0:
        parser.error('--part is over 0 and up to 1, --dead-zone 0 to below 1, --speed over 0')
    if options.fill is not None and not 0 < options.fill <= 1:
        parser.error('--fill is over 0 and up to 1')
    return options


def make_pipeline(options):
    shown = 'fakesink' if options.ptz else (
        'videocrop name=crop ! videoconvert ! videoscale ! video/x-raw,width=%s,height=%s,pixel-aspect-ratio=1/1 ! %s'
        % (*options.size.split('x'), options.sink))
    pipeline = playing.make_pipeline(options, options.box, 'max-targets=1', shown)
    follower = Follower(options, pipeline.get_by_name('crop'))
    playing.watch_frames(pipeline, follower.on_frame)
    return pipeline


def main(arguments):
    options = parse_options(arguments)
    Gst.init(None)
    playing.play(make_pipeline(options))
    return 0


if __name__ == '__main__':
    try:
        sys.exit(main(sys.argv[1:]))
    except GLib.Error as error:
        sys.exit('follow.py: %s' % error.message)
