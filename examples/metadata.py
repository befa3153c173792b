#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: 2026 The sstracker authors
"""Read what sstracker says, in Python: messages on the bus, metadata on frames.

usage: metadata.py VIDEO X,Y,W,H

Needs python3-gst-1.0 and the plugin: from a build, run it as
meson devenv -C build --workdir "$PWD" examples/metadata.py VIDEO X,Y,W,H

Where several trackers or detectors are in a row, their ids are the same numbers.
What a tracker wrote says so: its structure has its name in "source", and so has
the param "sstracker" of its regions. get_custom_meta() gives the first of
several; all of them are found by gst_buffer_iterate_meta().
"""
import sys

import gi
gi.require_version('Gst', '1.0')
gi.require_version('GstVideo', '1.0')
from gi.repository import GLib, Gst, GstVideo  # noqa: E402


def on_frame(pad, info):
    """In the streaming thread, once a frame; prints every 30th."""
    buffer = info.get_buffer()
    meta = buffer.get_custom_meta('GstSsTrackMeta')
    if meta is None:  # a frame without targets
        return Gst.PadProbeReturn.OK
    frame = meta.get_structure()
    if frame.get_value('frame') % 30:
        return Gst.PadProbeReturn.OK
    for target in frame.get_value('targets'):
        print('frame %d: target %d %s, confidence %.2f, at %.1f,%.1f, size %.1fx%.1f' % (
            frame.get_value('frame'), *(target.get_value(name) for name in (
                'id', 'state', 'confidence', 'x', 'y', 'width', 'height'))))
        # The same box as other elements see it, in whole pixels.
        roi = GstVideo.buffer_get_video_region_of_interest_meta_id(buffer, target.get_value('id'))
        mine = roi.get_param('sstracker') if roi is not None else None
        if mine is not None and mine.get_value('source') == frame.get_value('source'):
            print('    region of interest "%s" %d,%d %dx%d' % (
                GLib.quark_to_string(roi.roi_type), roi.x, roi.y, roi.w, roi.h))
    return Gst.PadProbeReturn.OK


def on_message(bus, message, loop, tracker, failed):
    if message.type == Gst.MessageType.ELEMENT and message.src == tracker:
        what = message.get_structure()
        if what.get_name() == 'sstracker/state':
            print('%s: target %d, confidence %.2f' % tuple(map(what.get_value, ('event', 'id', 'confidence'))))
    elif message.type == Gst.MessageType.ERROR:
        error = message.parse_error()
        print(error.gerror.message, error.debug, file=sys.stderr)
        failed.append(message)
        loop.quit()
    elif message.type == Gst.MessageType.WARNING:
        print(message.parse_warning().gerror.message, file=sys.stderr)
    elif message.type == Gst.MessageType.EOS:
        print(tracker.get_property('stats').to_string())
        loop.quit()


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    Gst.init(None)
    pipeline = Gst.parse_launch('filesrc name=source ! decodebin ! videoconvert ! '
                                'videoflip video-direction=auto ! sstracker name=tracker ! fakesink')
    tracker = pipeline.get_by_name('tracker')
    pipeline.get_by_name('source').set_property('location', sys.argv[1])
    tracker.set_property('init-box', sys.argv[2])
    tracker.get_static_pad('src').add_probe(Gst.PadProbeType.BUFFER, on_frame)
    loop = GLib.MainLoop()
    bus = pipeline.get_bus()
    bus.add_signal_watch()
    failed = []
    bus.connect('message', on_message, loop, tracker, failed)
    pipeline.set_state(Gst.State.PLAYING)
    loop.run()
    followed = tracker.get_property('stats').get_value('started')
    pipeline.set_state(Gst.State.NULL)
    if failed:
        return 1
    if not followed:
        sys.exit('nothing was followed in %s' % sys.argv[1])
    return 0


if __name__ == '__main__':
    sys.exit(main())
