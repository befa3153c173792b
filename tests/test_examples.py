#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: 2026 The sstracker authors
"""The examples in Python, and through them the library that reads metadata.

usage: test_examples.py TOP

Skips (77) where a module is missing.
"""
import json
import os
import socket
import subprocess
import sys
import unittest

TOP = sys.argv.pop(1)
sys.path.insert(0, os.path.join(TOP, 'examples'))
sys.dont_write_bytecode = True
try:
    import gi
    gi.require_version('Gst', '1.0')
    gi.require_version('GstSsTrack', '1.0')
    from gi.repository import Gst, GstSsTrack
    import count
    import follow
    import mavlink
    import mqtt
    import playing
except (ImportError, ValueError) as missing:
    print('skipped: %s' % missing)
    sys.exit(77)

SOURCE = 'videotestsrc pattern=ball num-buffers=%d ! video/x-raw,format=I420,width=320,height=240,framerate=25/1'
BALL = '140,100,40,40'
STEP = 0.04


def follow_all(camera, boxes):
    """What the camera did: [(pan, tilt, zoom)]."""
    return [camera.step(box, STEP) for box in boxes]


class CameraTest(unittest.TestCase):
    def test_it_rests_while_the_target_is_in_the_dead_zone(self):
        camera = follow.Camera(640, 360, part=0.5, dead_zone=0.2)
        # the view is 320 by 180: up to 32 and 18 pixels off the middle is no reason to move
        for x, y in ((320, 180), (351, 180), (320, 163), (289, 197)):
            self.assertEqual(camera.step((x - 10, y - 10, 20, 20), STEP), (0, 0, 0))
        self.assertNotEqual(camera.step((355 - 10, 180 - 10, 20, 20), STEP)[0], 0)

    def test_it_comes_to_a_target_that_stands_and_stays(self):
        camera = follow.Camera(640, 360, part=0.5, dead_zone=0.2)
        target = (430, 100, 40, 40)
        speeds = follow_all(camera, [target] * 200)
        self.assertLessEqual(max(abs(value) for step in speeds for value in step), 1)
        off = (abs(450 - camera.x) / 320, abs(120 - camera.y) / 180)
        self.assertLess(max(off), 0.1 + 0.01)
        self.assertLess(max(abs(value) for value in speeds[-1]), 0.01)
        # not beyond it
        self.assertLess(camera.x, 450)
        self.assertGreater(camera.y, 120)

    def test_it_is_bounded_in_speed_and_in_its_change(self):
        camera = follow.Camera(2000, 1000, part=0.2, speed=0.5, acceleration=1.0)
        jumps = [((i // 50 % 2) * 1900, 500, 20, 20) for i in range(300)]
        pans = [step[0] * 0.5 for step in follow_all(camera, jumps)]
        self.assertAlmostEqual(max(pans), 0.5)
        self.assertAlmostEqual(min(pans), -0.5)
        for before, after in zip([0] + pans, pans):
            self.assertLessEqual(abs(after - before), 1.0 * STEP + 1e-9)

    def test_it_keeps_a_walker_in_view(self):
        camera = follow.Camera(1920, 1080, part=0.3)
        for i in range(400):
            x = 960 + i * 2
            camera.step((x - 20, 500, 40, 120), STEP)
            self.assertLess(abs(x - camera.x), 1920 * 0.3 / 2)

    def test_it_comes_to_rest_without_a_target(self):
        camera = follow.Camera(640, 360)
        follow_all(camera, [(600, 20, 20, 20)] * 10)
        self.assertEqual(follow_all(camera, [None] * 50)[-1], (0, 0, 0))

    def test_the_view_stays_in_the_picture(self):
        for box in ((0, 0, 10, 10), (630, 350, 10, 10), (-900, 900, 10, 10)):
            camera = follow.Camera(641, 361, part=0.33, speed=5)
            for _ in range(100):
                camera.step(box, STEP)
                left, top, width, height = camera.view()
                self.assertTrue(left >= 0 and top >= 0 and left + width <= 641 and top + height <= 361)
                self.assertEqual((left % 2, top % 2, width % 2, height % 2), (0, 0, 0, 0))

    def test_up_is_up_and_near_is_closer(self):
        camera = follow.Camera(640, 360, turns=True, fill=0.5)
        for _ in range(5):
            pan, tilt, zoom = camera.step((10, 20, 20, 20), STEP)
        self.assertLess(pan, 0)
        self.assertGreater(tilt, 0)
        self.assertGreater(zoom, 0)
        self.assertEqual(camera.view(), (0, 0, 640, 360))

    def test_zoom_ends_where_the_target_fills_what_it_shall(self):
        camera = follow.Camera(1920, 1080, part=1.0, fill=0.3)
        follow_all(camera, [(940, 500, 40, 80)] * 500)
        self.assertGreater(80 / (camera.part * 1080), 0.3 / 1.25)
        self.assertLess(80 / (camera.part * 1080), 0.3 * 1.25)


class FollowTest(unittest.TestCase):
    def test_ptz(self):
        run = subprocess.run([os.path.join(TOP, 'examples', 'follow.py'), '--ptz', '--from', SOURCE % 20, BALL],
                             capture_output=True, text=True, check=True)
        lines = [json.loads(line) for line in run.stdout.splitlines()]
        self.assertEqual(len(lines), 20)
        self.assertEqual(lines[0]['pan'], 0)
        for line in lines:
            self.assertIn(line['state'], ('tracking', 'uncertain', 'lost', 'none'))
            for name in ('pan', 'tilt', 'zoom'):
                self.assertLessEqual(abs(line[name]), 1)
        self.assertAlmostEqual(lines[1]['time'] - lines[0]['time'], STEP)

    def test_virtual_camera_shows_its_size(self):
        options = follow.parse_options(['--from', SOURCE % 10, '--size', '128x96', '--fill', '0.5', '--to',
                                        'appsink name=out sync=false', BALL])
        pipeline = follow.make_pipeline(options)
        sink = pipeline.get_by_name('out')
        pipeline.set_state(Gst.State.PLAYING)
        sizes = []
        while (sample := sink.emit('pull-sample')) is not None:
            sizes.append(playing.frame_size(sample.get_caps()))
        pipeline.set_state(Gst.State.NULL)
        self.assertEqual(sizes, [(128, 96)] * 10)


class CountTest(unittest.TestCase):
    def pass_all(self, line, places):
        return [way for way in (line.pass_by(1, x, y) for x, y in places) if way is not None]

    def test_each_crossing_once_and_which_way(self):
        line = count.Line([50, 0, 50, 100], 5)  # downwards: its right is the picture's left
        self.assertEqual(self.pass_all(line, [(x, 50) for x in range(0, 101, 3)]), ['out'])
        self.assertEqual(self.pass_all(line, [(x, 50) for x in range(100, -1, -3)]), ['in'])

    def test_what_trembles_on_the_line_does_not_count(self):
        line = count.Line([50, 0, 50, 100], 5)
        self.assertEqual(self.pass_all(line, [(40, 50)] + [(46, 50), (54, 50)] * 20 + [(40, 50)]), [])

    def test_what_goes_round_the_line_does_not_count(self):
        line = count.Line([50, 0, 50, 40], 5)
        self.assertEqual(self.pass_all(line, [(x, 60) for x in range(0, 101, 3)]), [])

    def test_each_has_its_own_side(self):
        line = count.Line([50, 0, 50, 100], 5)
        self.assertIsNone(line.pass_by(1, 20, 50))
        self.assertIsNone(line.pass_by(2, 80, 50))
        self.assertEqual(line.pass_by(1, 70, 50), 'out')
        self.assertEqual(line.pass_by(2, 30, 50), 'in')

    def test_command(self):
        run = subprocess.run([os.path.join(TOP, 'examples', 'count.py'), '--line', '0,0.55,1,0.55', '--from',
                              SOURCE % 40, BALL], capture_output=True, text=True, check=True)
        # the ball starts in the middle and goes down: to the right of who looks along the line
        self.assertRegex(run.stdout, r'^0\.\d+ s: object 1 in\n(.*\n)*object in: \d+\n')


class FailureTest(unittest.TestCase):
    """What can't be followed, or is not there, is said, and is no success."""

    def fails(self, name, *arguments):
        run = subprocess.run([os.path.join(TOP, 'examples', name), *arguments], capture_output=True, text=True)
        self.assertEqual(run.returncode, 1, run.stderr)
        return run.stderr

    def test_nothing_was_followed(self):
        for name, more in (('count.py', []), ('follow.py', ['--ptz'])):
            said = self.fails(name, *more, '--from', SOURCE % 3, '1000,1000,40,40')
            self.assertIn('Can not follow the box', said)
            self.assertIn('nothing was followed', said)

    def test_no_such_file(self):
        # in pipelines that the plugins of this test are enough for
        for name, more in (('count.py', []), ('follow.py', ['--ptz'])):
            self.assertIn('/no/such', self.fails(name, *more, '--from', 'filesrc location=/no/such ! identity', BALL))

    def test_a_broker_is_told_of_nothing(self):
        client = Client()
        options = mqtt.parse_options(['--from', SOURCE % 3, '1000,1000,40,40'])
        with self.assertRaisesRegex(SystemExit, 'nothing was followed'):
            mqtt.play(options, client)
        self.assertEqual([said['reason'] for topic, said, qos in client.said], ['refused'])


class Client:
    """Stands in for paho's."""

    def __init__(self):
        self.said = []

    def publish(self, topic, payload, qos):
        self.said.append((topic, json.loads(payload), qos))


class MqttTest(unittest.TestCase):
    def test_what_is_said(self):
        client = Client()
        options = mqtt.parse_options(['--from', SOURCE % 25, '--topic', 'yard', '--rate', '5', BALL])
        mqtt.play(options, client)
        targets = [said for topic, said, qos in client.said if topic == 'yard/targets' and qos == 0]
        events = [said for topic, said, qos in client.said if topic == 'yard/events' and qos == 1]
        self.assertEqual(len(targets) + len(events), len(client.said))
        # 25 frames are a second
        self.assertEqual(len(targets), 5)
        self.assertEqual(targets[0]['width'], 320)
        self.assertEqual(targets[0]['targets'][0]['box'], [140.0, 100.0, 40.0, 40.0])
        self.assertEqual(targets[0]['targets'][0]['id'], 1)
        self.assertEqual(events[0]['event'], 'started')
        self.assertEqual((events[-1]['event'], events[-1]['reason']), ('ended', 'eos'))


class Ground:
    """Stands in for the link to a ground station, which asks for one thing after another, each
    when what it waits for was said, and ends the stream."""

    def __init__(self, pipeline, camera, asked):
        self.pipeline, self.camera, self.asked, self.said = pipeline, camera, asked, []
        self.waits = lambda: camera.size is not None

    def receive(self):
        if not self.waits():
            return []
        if not self.asked:
            self.pipeline.send_event(Gst.Event.new_eos())
            self.waits = lambda: False
            return []
        command, params, *waits = self.asked.pop(0)
        self.waits = lambda: not waits or waits[0](self.said)
        names = ['param%d' % (i + 1) for i in range(7)]
        fields = dict(zip(names, list(params) + [0] * 7), command=command, target_system=1,
                      target_component=mavlink.CAMERA, confirmation=0)
        # by way of the wire
        return mavlink.decode(mavlink.encode(mavlink.Message('COMMAND_LONG', fields, 255, 190), 7))

    def send(self, message):
        self.said += mavlink.decode(mavlink.encode(message, len(self.said)))


class MavlinkTest(unittest.TestCase):
    def play(self, asked):
        options = mavlink.parse_options(['--from', SOURCE.replace('ball', 'smpte') % 1000 + ' ! identity sleep-time=5000',
                                         '--to', 'fakesink', '--rate', '1000'])
        pipeline = mavlink.make_pipeline(options)
        camera = mavlink.Camera(pipeline.get_by_name('tracker'), 1, options.rate)
        playing.watch_frames(pipeline, camera.on_frame)
        ground = Ground(pipeline, camera, asked)
        mavlink.play(pipeline, camera, ground)
        return ground.said

    def test_both_sides_mean_the_same_by_a_message(self):
        # the sums that other programs have for these
        self.assertEqual({name: kind.extra for name, kind in mavlink.KINDS.items()}, {
            'HEARTBEAT': 50, 'COMMAND_LONG': 152, 'COMMAND_ACK': 143, 'CAMERA_INFORMATION': 92,
            'CAMERA_TRACKING_IMAGE_STATUS': 126})
        self.assertEqual(mavlink.checksum(b'123456789'), 0x6f91)

    def test_what_is_damaged_is_left_out(self):
        beat = mavlink.Camera.tick(mavlink.Camera(Gst.ElementFactory.make('sstracker'), 3, 1), 5)[0]
        whole = mavlink.encode(beat, 1)
        self.assertEqual(mavlink.decode(b'noise' + whole + whole[:12] + whole), [beat] * 2)
        for i in range(1, len(whole)):
            damaged = bytearray(whole)
            damaged[i] ^= 0x55
            self.assertNotIn(beat, mavlink.decode(bytes(damaged)))

    def test_a_point_a_rectangle_and_a_stop(self):
        def states(said):
            return [message.fields for message in said if message.name == 'CAMERA_TRACKING_IMAGE_STATUS']

        def is_there(x, y):
            def check(said):
                state = states(said)[-1:]
                return bool(state) and state[0]['tracking_status'] == mavlink.ACTIVE and max(
                    abs((state[0]['rec_top_x'] + state[0]['rec_bottom_x']) / 2 - x),
                    abs((state[0]['rec_top_y'] + state[0]['rec_bottom_y']) / 2 - y)) < 0.05
            return check

        said = self.play([(mavlink.REQUEST_MESSAGE, [259]),
                          (mavlink.TRACK_POINT, [0.5, 0.5, 0.05], is_there(0.5, 0.5)),
                          (9999, []), (mavlink.TRACK_RECTANGLE, [0.1, 0.2, 1.3, 0.5]),
                          (mavlink.TRACK_RECTANGLE, [0.05, 0.1, 0.25, 0.4], is_there(0.15, 0.25)),
                          (mavlink.STOP_TRACKING, [])])
        acks = [(message.fields['command'], message.fields['result']) for message in said
                if message.name == 'COMMAND_ACK']
        self.assertEqual(acks, [(512, mavlink.ACCEPTED), (2004, mavlink.ACCEPTED), (9999, mavlink.UNSUPPORTED),
                                (2005, mavlink.DENIED), (2005, mavlink.ACCEPTED), (2010, mavlink.ACCEPTED)])
        camera = next(message.fields for message in said if message.name == 'CAMERA_INFORMATION')
        self.assertEqual((camera['resolution_h'], camera['resolution_v'], camera['flags']), (320, 240, 1024 | 2048))
        self.assertEqual(states(said)[-1]['tracking_status'], mavlink.IDLE)
        self.assertIn('HEARTBEAT', [message.name for message in said])

    def test_datagrams(self):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as station:
            station.bind(('127.0.0.1', 0))
            station.settimeout(10)
            link = mavlink.Link(*station.getsockname())
            self.addCleanup(link.socket.close)
            camera = mavlink.Camera(Gst.ElementFactory.make('sstracker'), 1, 5)
            for message in camera.tick(0):
                link.send(message)
            data, address = station.recvfrom(2048)
            self.assertEqual([message.name for message in mavlink.decode(data)], ['HEARTBEAT'])
            station.sendto(mavlink.encode(camera.state(), 0), address)
            while not (messages := link.receive()):
                pass
            self.assertEqual(messages[0].fields['tracking_status'], mavlink.IDLE)


class LibraryTest(unittest.TestCase):
    def test_masks_and_trackers_in_a_row(self):
        pipeline = Gst.parse_launch(SOURCE % 2 + ' ! sstracker name=a mask=box init-box=%s ! '
                                    'sstracker name=b init-from=property init-box=10,10,40,40 ! appsink name=out' % BALL)
        pipeline.set_state(Gst.State.PLAYING)
        buffer = pipeline.get_by_name('out').emit('pull-sample').get_buffer()
        frames = GstSsTrack.Frame.get_all(buffer)
        self.assertEqual([frame.get_source() for frame in frames], ['a', 'b'])
        target = frames[0].find_target(1)
        self.assertEqual((target.label, target.state), ('', GstSsTrack.State.TRACKING))
        mask, columns, rows, x, y, width, height = target.get_mask()
        self.assertEqual(mask.get_size(), columns * rows)
        self.assertEqual((width, height), (columns, rows))
        self.assertIsNone(frames[1].get_targets()[0].get_mask()[0])
        self.assertIsNone(GstSsTrack.Frame.get(buffer, 'c'))
        self.assertIsNone(frames[0].find_target(99))
        pipeline.set_state(Gst.State.NULL)


if __name__ == '__main__':
    Gst.init(None)
    unittest.main(verbosity=2)
