#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: 2026 The sstracker authors
"""A live picture in a browser, in which a click starts a target.

usage: server.py [--port PORT] [--from DESCRIPTION | VIDEO]

Then look at http://localhost:8080/: click on a thing, or drag a box; the right button
ends what it hits, the key r ends all. Boxes, states and masks are drawn by the page,
over the very frame that they belong to: each frame comes as its JPEG and what was said
of it, in one piece. That needs nothing but a browser, and the bandwidth of JPEGs; for
a far away viewer put a video codec in its place (webrtcbin), and the same JSON beside it.

It listens on this machine alone, unless --host says otherwise; there is no password.

Needs python3-gst-1.0, gir1.2-gst-plugins-base-1.0 and gir1.2-gstsstrack-1.0; from a build,
run it as meson devenv -C build --workdir "$PWD" examples/browser/server.py VIDEO
"""
import argparse
import base64
import http.server
import json
import os
import struct
import sys
import threading

import gi
gi.require_version('Gst', '1.0')
gi.require_version('GstSsTrack', '1.0')
gi.require_version('GstVideo', '1.0')
from gi.repository import GLib, Gst, GstSsTrack, GstVideo  # noqa: E402

PAGE = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'index.html')


def pack_mask(target):
    """The mask as the page wants it: bits, row after row, and where they lie."""
    mask, columns, rows, x, y, width, height = target.get_mask()
    if mask is None:
        return None
    bits = int(mask.get_data().translate(bytes([48]) + bytes([49]) * 255) + b'0' * (-columns * rows % 8), 2)
    return {'columns': columns, 'rows': rows, 'box': [x, y, width, height],
            'bits': base64.b64encode(bits.to_bytes((columns * rows + 7) // 8, 'big')).decode()}


def describe(frame):
    """What a frame's JSON says."""
    return [{'id': target.id, 'label': target.label, 'state': target.state.value_nick,
             'confidence': round(target.confidence, 3), 'box': [target.x, target.y, target.width, target.height],
             'mask': pack_mask(target)} for target in (frame.get_targets() if frame is not None else [])]


class Stream:
    """The last frame with what was said of it; any number of viewers wait for the next."""

    def __init__(self, source):
        self.changed = threading.Condition()
        self.number, self.packet, self.ended = 0, b'', None
        # a viewer that is slow gets fewer frames; nothing waits for it
        self.pipeline = Gst.parse_launch(
            '%s ! videoconvert ! videoflip video-direction=auto ! '
            'sstracker name=tracker mask=box ! videoconvert ! jpegenc ! '
            'appsink name=sink emit-signals=true max-buffers=1 drop=true' % source)
        self.tracker = self.pipeline.get_by_name('tracker')
        self.said = {}
        self.tracker.get_static_pad('src').add_probe(Gst.PadProbeType.BUFFER, self.on_tracked)
        self.pipeline.get_by_name('sink').connect('new-sample', self.on_sample)

    def on_tracked(self, pad, info):
        """Coders drop what elements say of a frame: it is kept here by the frame's time."""
        buffer = info.get_buffer()
        size = GstVideo.VideoInfo.new_from_caps(pad.get_current_caps())
        self.said = {time: said for time, said in self.said.items() if time >= buffer.pts - Gst.SECOND}
        self.said[buffer.pts] = {'width': size.width, 'height': size.height,
                                 'targets': describe(GstSsTrack.Frame.get(buffer, None))}
        return Gst.PadProbeReturn.OK

    def on_sample(self, sink):
        buffer = sink.emit('pull-sample').get_buffer()
        said = json.dumps(self.said.get(buffer.pts, {})).encode()
        picture = buffer.extract_dup(0, buffer.get_size())
        with self.changed:
            self.number += 1
            self.packet = struct.pack('!II', len(said), len(picture)) + said + picture
            self.changed.notify_all()
        return Gst.FlowReturn.OK

    def next(self, seen):
        """(number, packet) of the first frame behind `seen`; packet None at the end."""
        with self.changed:
            self.changed.wait_for(lambda: self.number > seen or self.ended is not None)
            return self.number, self.packet if self.number > seen else None

    def play(self):
        """To the end; what went wrong, or ''."""
        self.pipeline.set_state(Gst.State.PLAYING)
        message = self.pipeline.get_bus().timed_pop_filtered(Gst.CLOCK_TIME_NONE,
                                                             Gst.MessageType.EOS | Gst.MessageType.ERROR)
        self.pipeline.set_state(Gst.State.NULL)
        with self.changed:
            self.ended = message.parse_error().gerror.message if message.type == Gst.MessageType.ERROR else ''
            self.changed.notify_all()
        return self.ended

    def ask(self, asked):
        """Does what a page asks for; raises ValueError, KeyError or TypeError for what it can't mean."""
        if 'add' in asked:
            return {'id': self.tracker.emit('add-target', *(float(side) for side in asked['add']))}
        if 'remove' in asked:
            self.tracker.emit('remove-target', int(asked['remove']))
        elif asked.get('reset'):
            self.tracker.emit('reset')
        else:
            raise ValueError
        return {}


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.0'
    stream = None

    def answer(self, status, kind, body=b''):
        self.send_response(status)
        self.send_header('Content-Type', kind)
        self.send_header('Cache-Control', 'no-store')
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        if self.path == '/':
            with open(PAGE, 'rb') as file:
                self.answer(200, 'text/html; charset=utf-8', file.read())
        elif self.path == '/live':
            self.answer(200, 'application/octet-stream')
            number, packet = self.stream.next(0)
            try:
                while packet is not None:
                    self.wfile.write(packet)
                    number, packet = self.stream.next(number)
            except OSError:
                pass  # the viewer left
        else:
            self.answer(404, 'text/plain', b'not here\n')

    def do_POST(self):
        # another site's page could send a form, but not this type without being allowed to
        size = self.headers.get('Content-Length', '')
        if self.path != '/ask' or self.headers.get_content_type() != 'application/json' or not size.isdigit() \
                or int(size) > 1000:
            self.answer(400, 'text/plain', b'not that way\n')
            return
        try:
            said = self.stream.ask(json.loads(self.rfile.read(int(size))))
        except (ValueError, KeyError, TypeError, AttributeError):
            self.answer(400, 'text/plain', b'not understood\n')
            return
        self.answer(200, 'application/json', json.dumps(said).encode())

    def log_message(self, *arguments):
        pass


def main(arguments):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--from', dest='source', metavar='DESCRIPTION',
                        help='where frames come from, as for gst-launch-1.0 (default: v4l2src)')
    parser.add_argument('--host', default='localhost', help='to listen on (default: %(default)s)')
    parser.add_argument('--port', type=int, default=8080, help='0: any that is free (default: %(default)s)')
    parser.add_argument('video', nargs='?', help='a file')
    options = parser.parse_args(arguments)
    if options.source is not None and options.video is not None:
        parser.error('give a VIDEO or --from')
    Gst.init(None)
    source = options.source or 'v4l2src'
    if options.video is not None:
        source = 'filesrc location="%s" ! decodebin ! identity sync=true' % options.video.replace('"', '\\"')
    Handler.stream = Stream(source)
    server = http.server.ThreadingHTTPServer((options.host, options.port), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print('http://%s:%d/' % (options.host, server.server_address[1]), flush=True)
    wrong = Handler.stream.play()
    server.shutdown()
    if wrong:
        sys.exit('server.py: %s' % wrong)


if __name__ == '__main__':
    try:
        main(sys.argv[1:])
    except KeyboardInterrupt:
        pass
    except (GLib.Error, OSError) as error:
        sys.exit('server.py: %s' % error)
