#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: 2026 The sstracker authors
"""Tell an MQTT broker what is followed.

usage: mqtt.py [OPTION]... VIDEO X,Y,W,H
       mqtt.py [OPTION]... --from DESCRIPTION X,Y,W,H

Below the topic of --topic, JSON in each:

  targets   {"time", "width", "height", "targets": [{"id", "label", "state", "confidence",
            "box": [x, y, width, height], "velocity": [x, y]}]}, at most --rate times a
            second, quality of service 0: who misses one gets the next
  events    {"time", "event", "id", "label", "state", "reason"}, when a target starts, is
            lost, is found again or ends, quality of service 1

A slow or absent broker costs messages and never a frame: the client has a thread and a
bounded queue of its own. Pictures are not sent.

Needs python3-paho-mqtt, python3-gst-1.0 and gir1.2-gstsstrack-1.0; from a build, run it
as meson devenv -C build --workdir "$PWD" examples/mqtt.py VIDEO X,Y,W,H
"""
import argparse
import json
import sys

import gi
gi.require_version('Gst', '1.0')
gi.require_version('GstSsTrack', '1.0')
from gi.repository import GLib, Gst, GstSsTrack  # noqa: E402

import playing  # noqa: E402


class Publisher:
    """client: what has publish(topic, payload, qos), as paho's client."""

    def __init__(self, client, topic, rate):
        self.client, self.topic = client, topic
        self.interval = Gst.SECOND / rate
        self.next = 0

    def publish(self, kind, said, qos):
        self.client.publish('%s/%s' % (self.topic, kind), json.dumps(said), qos)

    def on_frame(self, pad, info):
        """In the streaming thread, once a frame."""
        frame = GstSsTrack.Frame.get(info.get_buffer(), None)
        if frame is None or frame.get_running_time() < self.next:
            return Gst.PadProbeReturn.OK
        self.next = frame.get_running_time() + self.interval
        self.publish('targets', {
            'time': frame.get_running_time() / Gst.SECOND, 'width': frame.get_width(), 'height': frame.get_height(),
            'targets': [{'id': target.id, 'label': target.label, 'state': target.state.value_nick,
                         'confidence': round(target.confidence, 3),
                         'box': [round(side, 1) for side in (target.x, target.y, target.width, target.height)],
                         'velocity': [round(speed, 1) for speed in (target.velocity_x, target.velocity_y)]}
                        for target in frame.get_targets()]}, 0)
        return Gst.PadProbeReturn.OK

    def on_message(self, message):
        """A message of the bus; those of a target's life are passed on."""
        structure = message.get_structure()
        if structure.get_name() != 'sstracker/state':
            return
        target = GstSsTrack.Target.from_structure(structure)
        self.publish('events', {
            'time': structure.get_value('running-time') / Gst.SECOND, 'event': target.event.value_nick,
            'id': target.id, 'label': target.label, 'state': target.state.value_nick,
            'reason': structure.get_value('reason')}, 1)


def parse_options(arguments):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--host', default='localhost', help='of the broker (default: %(default)s)')
    parser.add_argument('--port', type=int, default=1883, help='of the broker (default: %(default)s)')
    parser.add_argument('--topic', default='sstracker', help='above all topics (default: %(default)s)')
    parser.add_argument('--rate', type=float, default=5, help='of targets, a second at most (default: %(default)s)')
    playing.add_source(parser)
    parser.add_argument('box', metavar='X,Y,W,H', help='what to follow, as sstracker\'s init-box')
    options = parser.parse_args(arguments)
    playing.check_source(parser, options)
    if not options.rate > 0:
        parser.error('--rate is over 0')
    return options


def connect(options):
    """A client of paho, whose first version knows no versions of callbacks."""
    import paho.mqtt.client as mqtt
    versions = getattr(mqtt, 'CallbackAPIVersion', None)
    client = mqtt.Client(*([versions.VERSION2] if versions else []))
    client.max_queued_messages_set(1000)
    client.connect(options.host, options.port)
    client.loop_start()
    return client


def play(options, client):
    pipeline = playing.make_pipeline(options, options.box, '', 'fakesink')
    publisher = Publisher(client, options.topic, options.rate)
    playing.watch_frames(pipeline, publisher.on_frame)
    playing.play(pipeline, publisher.on_message)


def main(arguments):
    options = parse_options(arguments)
    Gst.init(None)
    try:
        client = connect(options)
    except ImportError:
        sys.exit('mqtt.py: needs python3-paho-mqtt')
    except OSError as error:
        sys.exit('mqtt.py: no broker at %s:%d: %s' % (options.host, options.port, error))
    try:
        play(options, client)
    finally:
        client.disconnect()
        client.loop_stop()
    return 0


if __name__ == '__main__':
    try:
        sys.exit(main(sys.argv[1:]))
    except GLib.Error as error:
        sys.exit('mqtt.py: %s' % error.message)
