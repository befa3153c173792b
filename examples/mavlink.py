#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: 2026 The sstracker authors
"""Be a camera of a drone: a ground station says what is followed, and is told where it is.

usage: mavlink.py [OPTION]... VIDEO
       mavlink.py [OPTION]... --from DESCRIPTION [--to DESCRIPTION]

Speaks MAVLink 2 over UDP with the station at --ground, as QGroundControl listens on port
14550. A point or a rectangle that is chosen there (MAV_CMD_CAMERA_TRACK_POINT,
MAV_CMD_CAMERA_TRACK_RECTANGLE) is a click or a drag for sstracker; what was followed
before makes way. MAV_CMD_CAMERA_STOP_TRACKING ends it. CAMERA_TRACKING_IMAGE_STATUS says
--rate times a second where the target is, and as often as MAV_CMD_SET_MESSAGE_INTERVAL
asks for: active, or in error while it is lost.

--to is where the picture goes, as for gst-launch-1.0; to a ground station for example
  x264enc tune=zerolatency ! rtph264pay ! udpsink host=127.0.0.1 port=5600

Needs python3-gst-1.0 and gir1.2-gstsstrack-1.0; from a build, run it
as meson devenv -C build --workdir "$PWD" examples/mavlink.py VIDEO
"""
import argparse
import collections
import math
import socket
import struct
import sys
import time

import gi
gi.require_version('Gst', '1.0')
gi.require_version('GstSsTrack', '1.0')
from gi.repository import GLib, Gst, GstSsTrack  # noqa: E402
import playing  # noqa: E402

# Name: (id, fields as they follow each other on the wire, extensions).
MESSAGES = {
    'HEARTBEAT': (0, 'uint32_t custom_mode, uint8_t type, uint8_t autopilot, uint8_t base_mode, '
                  'uint8_t system_status, uint8_t mavlink_version', ''),
    'COMMAND_LONG': (76, 'float param1, float param2, float param3, float param4, float param5, float param6, '
                     'float param7, uint16_t command, uint8_t target_system, uint8_t target_component, '
                     'uint8_t confirmation', ''),
    'COMMAND_ACK': (77, 'uint16_t command, uint8_t result',
                    'uint8_t progress, int32_t result_param2, uint8_t target_system, uint8_t target_component'),
    'CAMERA_INFORMATION': (259, 'uint32_t time_boot_ms, uint32_t firmware_version, float focal_length, '
                           'float sensor_size_h, float sensor_size_v, uint32_t flags, uint16_t resolution_h, '
                           'uint16_t resolution_v, uint16_t cam_definition_version, uint8_t[32] vendor_name, '
                           'uint8_t[32] model_name, uint8_t lens_id, char[140] cam_definition_uri', ''),
    'CAMERA_TRACKING_IMAGE_STATUS': (275, 'float point_x, float point_y, float radius, float rec_top_x, '
                                     'float rec_top_y, float rec_bottom_x, float rec_bottom_y, '
                                     'uint8_t tracking_status, uint8_t tracking_mode, uint8_t target_data', ''),
}
FORMATS = {'uint8_t': 'B', 'uint16_t': 'H', 'uint32_t': 'I', 'int32_t': 'i', 'float': 'f'}
MAGIC, HEADER, CHECKSUM, SIGNED, SIGNATURE = 0xfd, 10, 2, 1, 13

CAMERA = 100  # the component
TYPE_CAMERA, NO_AUTOPILOT, ACTIVE_SYSTEM, VERSION = 30, 8, 4, 3
HAS_TRACKING_POINT, HAS_TRACKING_RECTANGLE = 1024, 2048
SET_MESSAGE_INTERVAL, REQUEST_MESSAGE, REQUEST_CAMERA_INFORMATION = 511, 512, 521
TRACK_POINT, TRACK_RECTANGLE, STOP_TRACKING = 2004, 2005, 2010
ACCEPTED, TEMPORARILY_REJECTED, DENIED, UNSUPPORTED = range(4)
IDLE, ACTIVE, ERROR = range(3)  # of tracking_status
MODE_NONE, MODE_POINT, MODE_RECTANGLE = range(3)
IN_STATUS = 4  # where the target's data is


def checksum(data, value=0xffff):
    """CRC-16/MCRF4XX, which MAVLink calls X.25's."""
    for byte in data:
        byte ^= value & 0xff
        byte = (byte ^ byte << 4) & 0xff
        value = value >> 8 ^ byte << 8 ^ byte << 3 ^ byte >> 4
    return value


class Kind:
    """How a message looks on the wire."""

    def __init__(self, name, number, fields, extensions):
        self.name, self.number, self.fields, self.format = name, number, [], '<'
        # both sides must mean the same by a message: its fields, not its extensions, are a part of the checksum
        said = name + ' '
        for i, field in enumerate((fields + ', ' * bool(extensions) + extensions).split(', ')):
            kind, name = field.split()
            kind, _, length = kind.partition('[')
            length = length.rstrip(']')
            self.fields.append(name)
            self.format += length + 's' if length else FORMATS[kind]
            if i < len(fields.split(', ')):
                said += '%s %s %s' % (kind, name, chr(int(length)) if length else '')
        value = checksum(said.encode('latin-1'))
        self.extra = value & 0xff ^ value >> 8
        self.size = struct.calcsize(self.format)


KINDS = {name: Kind(name, *row) for name, row in MESSAGES.items()}
NUMBERS = {kind.number: kind for kind in KINDS.values()}
Message = collections.namedtuple('Message', 'name fields system component')


def encode(message, sequence):
    kind = KINDS[message.name]
    payload = struct.pack(kind.format, *(message.fields[name] for name in kind.fields))
    payload = payload.rstrip(b'\0') or b'\0'
    frame = struct.pack('<BBBBBBHB', len(payload), 0, 0, sequence & 0xff, message.system, message.component,
                        kind.number & 0xffff, kind.number >> 16) + payload
    return struct.pack('B', MAGIC) + frame + struct.pack('<H', checksum(frame + bytes([kind.extra])))


def decode(data):
    """The messages in what came, those that are known and whole."""
    messages = []
    while len(data) >= HEADER + CHECKSUM:
        size = data[1]
        end = HEADER + size + CHECKSUM
        if data[0] != MAGIC or len(data) < end:
            data = data[1:]
            continue
        kind = NUMBERS.get(data[7] | data[8] << 8 | data[9] << 16)
        if kind is not None and size <= kind.size:
            if checksum(data[1:HEADER + size] + bytes([kind.extra])) != struct.unpack('<H', data[end - 2:end])[0]:
                data = data[1:]
                continue
            values = struct.unpack(kind.format, data[HEADER:HEADER + size].ljust(kind.size, b'\0'))
            messages.append(Message(kind.name, dict(zip(kind.fields, values)), data[5], data[6]))
        data = data[end + (SIGNATURE if data[2] & SIGNED else 0):]
    return messages


class Link:
    """Datagrams to and from one station."""

    def __init__(self, host, port):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.connect((host, port))
        self.socket.setblocking(False)
        self.sequence = 0

    def send(self, message):
        try:
            self.socket.send(encode(message, self.sequence))
        except OSError:  # nobody listens yet
            pass
        self.sequence += 1

    def receive(self):
        messages = []
        try:
            for _ in range(100):
                messages += decode(self.socket.recv(2048))
        except OSError:
            pass
        return messages


class Camera:
    """tracker: the element, whose frames on_frame() gets; system: whose camera it is; rate:
    states a second, where nobody asks for another."""

    def __init__(self, tracker, system, rate):
        self.tracker, self.system = tracker, system
        self.usual = self.interval = 1 / rate
        self.began = time.monotonic()
        self.next_state = self.next_beat = 0
        self.size = None
        self.target = None  # the one in the last frame
        self.wanted = False  # something is to be followed

    def on_frame(self, pad, info):
        """In the streaming thread, once a frame."""
        self.size = playing.frame_size(pad.get_current_caps())
        frame = GstSsTrack.Frame.get(info.get_buffer(), None)
        self.target = frame.get_targets()[0] if frame is not None else None
        return Gst.PadProbeReturn.OK

    def say(self, name, **fields):
        return Message(name, fields, self.system, CAMERA)

    def point(self, what, x, y):
        """Presses or releases a button in the picture."""
        width, height = self.size
        self.tracker.get_static_pad('src').send_event(Gst.Event.new_navigation(Gst.Structure.new_from_string(
            'application/x-gst-navigation, event=(string)mouse-button-%s, button=(int)1, pointer_x=(double)%f, '
            'pointer_y=(double)%f' % (what, x * width, y * height))))

    def track(self, params):
        """A click, or a drag, from one place to another."""
        if not all(math.isfinite(value) and 0 <= value <= 1 for value in params):
            return DENIED
        if self.size is None:
            return TEMPORARILY_REJECTED
        self.point('press', *params[:2])
        self.point('release', *params[-2:])
        self.wanted = True
        return ACCEPTED

    def obey(self, command, params):
        """(result, messages): what comes of a command."""
        if command == TRACK_POINT:
            return self.track(params[:2]), []
        if command == TRACK_RECTANGLE:
            return self.track(params[:4]), []
        if command == STOP_TRACKING:
            self.tracker.emit('reset')
            self.wanted = False
            return ACCEPTED, [self.state()]
        if command == REQUEST_CAMERA_INFORMATION or (
                command == REQUEST_MESSAGE and params[0] == KINDS['CAMERA_INFORMATION'].number):
            return ACCEPTED, [self.information()]
        status = KINDS['CAMERA_TRACKING_IMAGE_STATUS'].number
        if command == REQUEST_MESSAGE and params[0] == status:
            return ACCEPTED, [self.state()]
        if command == SET_MESSAGE_INTERVAL and params[0] == status:
            # microseconds; 0: as usual, -1: none
            self.interval = params[1] / 1e6 if params[1] > 0 else self.usual if params[1] == 0 else math.inf
            self.next_state = 0
            return ACCEPTED, []
        return UNSUPPORTED, []

    def answer(self, message):
        """What is said to a message."""
        fields = message.fields
        if message.name != 'COMMAND_LONG' or fields['target_system'] not in (0, self.system) \
                or fields['target_component'] not in (0, CAMERA):
            return []
        result, messages = self.obey(fields['command'], [fields['param%d' % (i + 1)] for i in range(7)])
        if result == UNSUPPORTED and fields['target_component'] != CAMERA:
            return []  # it was for others
        return [self.say('COMMAND_ACK', command=fields['command'], result=result, progress=0, result_param2=0,
                         target_system=message.system, target_component=message.component)] + messages

    def information(self):
        width, height = self.size or (0, 0)
        return self.say('CAMERA_INFORMATION', time_boot_ms=int((time.monotonic() - self.began) * 1000),
                        firmware_version=0, focal_length=math.nan, sensor_size_h=math.nan, sensor_size_v=math.nan,
                        flags=HAS_TRACKING_POINT | HAS_TRACKING_RECTANGLE, resolution_h=width, resolution_v=height,
                        cam_definition_version=0, vendor_name=b'sstracker', model_name=b'sstracker', lens_id=0,
                        cam_definition_uri=b'')

    def state(self):
        target, box = self.target, [math.nan] * 4
        status = ERROR if self.wanted else IDLE
        if self.wanted and target is not None and target.state in (GstSsTrack.State.TRACKING, GstSsTrack.State.UNCERTAIN):
            width, height = self.size
            status = ACTIVE
            box = [target.x / width, target.y / height, (target.x + target.width) / width,
                   (target.y + target.height) / height]
        return self.say('CAMERA_TRACKING_IMAGE_STATUS', point_x=math.nan, point_y=math.nan, radius=math.nan,
                        rec_top_x=box[0], rec_top_y=box[1], rec_bottom_x=box[2], rec_bottom_y=box[3],
                        tracking_status=status, tracking_mode=MODE_NONE if status == IDLE else MODE_RECTANGLE,
                        target_data=0 if status == IDLE else IN_STATUS)

    def tick(self, now):
        """What is said by itself, at a time in seconds."""
        messages = []
        if now >= self.next_beat:
            self.next_beat = now + 1
            messages.append(self.say('HEARTBEAT', custom_mode=0, type=TYPE_CAMERA, autopilot=NO_AUTOPILOT, base_mode=0,
                                     system_status=ACTIVE_SYSTEM, mavlink_version=VERSION))
        if self.wanted and now >= self.next_state:
            self.next_state = now + self.interval
            messages.append(self.state())
        return messages


def make_pipeline(options):
    return playing.make_pipeline(options, '', 'max-targets=1 select-on-click=true click-fit=true overlay=true',
                                 'videoconvert ! ' + options.sink)


def play(pipeline, camera, link):
    """Plays to the end, and does what the station asks."""
    def on_turn():
        for asked in link.receive():
            for said in camera.answer(asked):
                link.send(said)
        for said in camera.tick(time.monotonic()):
            link.send(said)
    playing.play(pipeline, on_turn=on_turn, must_follow=False)


def parse_options(arguments):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--to', dest='sink', metavar='DESCRIPTION', default='autovideosink',
                        help='where they go (default: %(default)s)')
    parser.add_argument('--ground', metavar='HOST:PORT', default='127.0.0.1:14550',
                        help='the ground station (default: %(default)s)')
    parser.add_argument('--system', type=int, default=1, help='number of the vehicle (default: %(default)s)')
    parser.add_argument('--rate', type=float, default=5, help='states a second (default: %(default)s)')
    playing.add_source(parser)
    options = parser.parse_args(arguments)
    playing.check_source(parser, options)
    if not options.rate > 0:
        parser.error('--rate is over 0')
    if not 1 <= options.system <= 255:
        parser.error('--system is 1 to 255')
    host, _, port = options.ground.rpartition(':')
    if not host or not port.isdigit() or not 0 < int(port) < 65536:
        parser.error('--ground is HOST:PORT')
    options.ground = host, int(port)
    return options


def main(arguments):
    options = parse_options(arguments)
    Gst.init(None)
    try:
        link = Link(*options.ground)
    except OSError as error:
        sys.exit('mavlink.py: no way to %s:%d: %s' % (*options.ground, error))
    pipeline = make_pipeline(options)
    camera = Camera(pipeline.get_by_name('tracker'), options.system, options.rate)
    playing.watch_frames(pipeline, camera.on_frame)
    play(pipeline, camera, link)
    return 0


if __name__ == '__main__':
    try:
        sys.exit(main(sys.argv[1:]))
    except GLib.Error as error:
        sys.exit('mavlink.py: %s' % error.message)
