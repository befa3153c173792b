# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: 2026 The sstracker authors
"""What the examples in Python have in common: a pipeline is played to its end."""
import sys

from gi.repository import Gst


def play(pipeline, interval=Gst.SECOND // 5):
    """Plays a pipeline to its end, or until Ctrl-C. Yields what elements say on the bus, a
    Gst.Message each, and None where nothing was said for an interval. Warnings are
    printed; an error ends the program with status 1."""
    kinds = Gst.MessageType.ELEMENT | Gst.MessageType.WARNING | Gst.MessageType.EOS | Gst.MessageType.ERROR
    pipeline.set_state(Gst.State.PLAYING)
    try:
        while True:  # in pieces, so that Ctrl-C is heard
            message = pipeline.get_bus().timed_pop_filtered(interval, kinds)
            if message is None or message.type == Gst.MessageType.ELEMENT:
                yield message
            elif message.type == Gst.MessageType.WARNING:
                print(message.parse_warning().gerror.message, file=sys.stderr, flush=True)
            elif message.type == Gst.MessageType.ERROR:
                sys.exit('%s: %s' % (sys.argv[0], message.parse_error().gerror.message))
            else:
                return
    except KeyboardInterrupt:
        pass
    finally:
        pipeline.set_state(Gst.State.NULL)


def check_followed(tracker):
    """Ends the program with status 1 where the stream was not followed at all."""
    if not tracker.get_property('stats').get_value('started'):
        sys.exit('%s: nothing was followed' % sys.argv[0])
