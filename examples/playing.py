# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: 2026 The sstracker authors
"""What the examples share: a source, a file or anything that gives frames, and playing it to its end."""
import sys

import gi
gi.require_version('Gst', '1.0')
gi.require_version('GstVideo', '1.0')
from gi.repository import Gst, GstVideo  # noqa: E402


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


def frame_size(caps):
    """(width, height); structures of caps are not the same thing in Python for every GStreamer."""
    info = GstVideo.VideoInfo.new_from_caps(caps)
    return info.width, info.height


def watch_frames(pipeline, on_frame):
    """on_frame(pad, info): a probe of what the tracker gives, in the streaming thread."""
    pipeline.get_by_name('tracker').get_static_pad('src').add_probe(Gst.PadProbeType.BUFFER, on_frame)


def play(pipeline, on_message=None, on_turn=None, must_follow=True):
    """Plays to the end or Ctrl-C. Elements' messages go to on_message; on_turn is called with
    nothing some fifty times a second. Warnings are printed; ends the program with status 1 where
    the stream fails, or where nothing was followed in it and something must be."""
    wanted = Gst.MessageType.ELEMENT | Gst.MessageType.WARNING | Gst.MessageType.EOS | Gst.MessageType.ERROR
    program, wrong = sys.argv[0].rsplit('/', 1)[-1], None
    pipeline.set_state(Gst.State.PLAYING)
    try:
        while True:  # a timeout, so that Ctrl-C is heard
            message = pipeline.get_bus().timed_pop_filtered(Gst.SECOND // (50 if on_turn else 5), wanted)
            kind = message.type if message is not None else None
            if kind == Gst.MessageType.ELEMENT and on_message is not None:
                on_message(message)
            elif kind == Gst.MessageType.WARNING:
                print('%s: %s' % (program, message.parse_warning().gerror.message), file=sys.stderr)
            elif kind == Gst.MessageType.ERROR:
                error = message.parse_error()
                # which file it was is in the second
                wrong = ' '.join([error.gerror.message] + (error.debug or '').splitlines()[-1:])
                break
            elif kind == Gst.MessageType.EOS:
                if must_follow and not pipeline.get_by_name('tracker').get_property('stats').get_value('started'):
                    wrong = 'nothing was followed'
                break
            if on_turn is not None:
                on_turn()
    except KeyboardInterrupt:
        pass
    pipeline.set_state(Gst.State.NULL)
    if wrong is not None:
        sys.exit('%s: %s' % (program, wrong))
