# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: 2026 The sstracker authors
"""What the examples share: a source, a file or anything that gives frames, and playing it to its end."""
import sys

import gi
gi.require_version('Gst', '1.0')
from gi.repository import Gst  # noqa: E402


def add_source(parser):
    """Adds --from and VIDEO to the options; the caller's positional ones follow."""
    parser.add_argument('--from', dest='source', metavar='DESCRIPTION',
                        help='where frames come from, as for gst-launch-1.0, such as v4l2src')
    parser.add_argument('video', nargs='?', help='a file')


def check_source(parser, options):
    """One of the two is given, or the program ends."""
    if (options.source is None) == (options.video is None):
        parser.error('give a VIDEO or --from')


def make_pipeline(options, boxes, properties, sink):
    """A pipeline in which sstracker, "tracker", follows the boxes; sink: description of what comes after it."""
    pipeline = Gst.parse_launch('%s ! videoconvert ! videoflip video-direction=auto ! sstracker name=tracker %s ! %s'
                                % (options.source or 'filesrc name=source ! decodebin', properties, sink))
    if options.video is not None:
        pipeline.get_by_name('source').set_property('location', options.video)
    pipeline.get_by_name('tracker').set_property('init-box', boxes)
    return pipeline


def watch_frames(pipeline, on_frame):
    """on_frame(pad, info): a probe of what the tracker gives, in the streaming thread."""
    pipeline.get_by_name('tracker').get_static_pad('src').add_probe(Gst.PadProbeType.BUFFER, on_frame)


def play(pipeline, on_message=None):
    """Plays to the end or Ctrl-C. Ends the program where the stream fails; elements' messages go to on_message."""
    wanted = Gst.MessageType.EOS | Gst.MessageType.ERROR
    if on_message is not None:
        wanted |= Gst.MessageType.ELEMENT
    pipeline.set_state(Gst.State.PLAYING)
    message = None
    try:
        while message is None:  # a timeout, so that Ctrl-C is heard
            message = pipeline.get_bus().timed_pop_filtered(Gst.SECOND // 5, wanted)
            if message is not None and message.type == Gst.MessageType.ELEMENT:
                on_message(message)
                message = None
    except KeyboardInterrupt:
        pass
    pipeline.set_state(Gst.State.NULL)
    if message is not None and message.type == Gst.MessageType.ERROR:
        sys.exit('%s: %s' % (sys.argv[0].rsplit('/', 1)[-1], message.parse_error().gerror.message))
