#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: 2026 The sstracker authors
"""What runs a site: cameras as services, their figures for Prometheus, units, container file.

usage: test_operation.py TOP

Skips (77) where a module is missing, and the units' test where systemd-analyze is.
"""
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import unittest
import urllib.error
import urllib.request

TOP = sys.argv.pop(1)
SITE = os.path.join(TOP, 'examples', 'site')
sys.path.insert(0, SITE)
sys.dont_write_bytecode = True
try:
    import camera
    from gi.repository import Gst
    import exporter
except (ImportError, ValueError) as missing:
    print('skipped: %s' % missing)
    sys.exit(77)

SOURCE = 'videotestsrc pattern=ball is-live=true %s ! video/x-raw,format=I420,width=160,height=120,framerate=15/1'
TRACKER = 'init-box=70,50,20,20'
PATIENCE = 120


def wait_for(what, said):
    """What what() returns, once that is true."""
    end = time.monotonic() + PATIENCE
    while not (found := what()):
        if time.monotonic() > end:
            raise AssertionError(said)
        time.sleep(0.02)
    return found


# --- Prometheus' text format, as its documentation has it

NAME = r'[a-zA-Z_:][a-zA-Z0-9_:]*'
LABEL = r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"'
SAMPLE = re.compile(r'(%s)(?:\{(.*)\})? (\S+)' % NAME)
SUFFIXES = {'summary': ('', '_sum', '_count'), 'counter': ('',), 'gauge': ('',)}


def parse_page(text):
    """{(sample, ((label, value), ...)): number} and {family: type}; fails where a line is not as it has to be."""
    samples, types, family = {}, {}, None
    assert text.endswith('\n') or text == '', 'the last line has no end'
    for line in text.splitlines():
        if line.startswith('# HELP '):
            family = line.split(' ')[2]
            assert family not in types, '%s is there twice, or not in one piece' % family
            assert len(line.split(' ', 3)[3]) > 5, line
            continue
        if line.startswith('# TYPE '):
            _, _, name, kind = line.split(' ')
            assert name == family and kind in SUFFIXES, line
            types[name] = kind
            continue
        match = SAMPLE.fullmatch(line)
        assert match, 'no sample: %s' % line
        labels = tuple(re.findall(LABEL, match[2] or ''))
        assert ','.join('%s="%s"' % label for label in labels) == (match[2] or ''), 'labels: %s' % line
        assert match[1] in [family + suffix for suffix in SUFFIXES[types[family]]], '%s is not of %s' % (line, family)
        assert (match[1], labels) not in samples, 'twice: %s' % line
        samples[match[1], labels] = float(match[3])
    return samples, types


def value_of(samples, name, **labels):
    found = [value for (sample, has), value in samples.items()
             if sample == name and all((key, said) in has for key, said in labels.items())]
    assert len(found) == 1, '%s%s: %d samples' % (name, labels, len(found))
    return found[0]


class Folder(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp()
        self.processes = []

    def tearDown(self):
        for process in self.processes:
            process.kill()
            process.communicate()
        shutil.rmtree(self.folder)

    def path(self, *names):
        return os.path.join(self.folder, *names)

    def write(self, name, **lines):
        with open(self.path(name), 'w', encoding='utf-8') as file:
            file.write('# a camera\n\n' + ''.join('%s="%s"\n' % line for line in lines.items()))
        return self.path(name)

    def start(self, *arguments, **environment):
        process = subprocess.Popen([os.path.join(SITE, 'camera.py'), '--stats', self.path('run'), '--interval', '0.2',
                                    '--pause', '0.2', *arguments], env={**os.environ, **environment},
                                   stderr=subprocess.PIPE, text=True)
        self.processes.append(process)
        return process

    def stats(self, name):
        """What the camera said, or {}."""
        try:
            with open(self.path('run', name, 'stats.json'), encoding='utf-8') as file:
                return json.load(file)
        except FileNotFoundError:
            return {}


class ConfigurationTest(Folder):
    def test_what_is_read(self):
        path = self.write('door.conf', SOURCE='videotestsrc ! video/x-raw,width=32', TRAIN='')
        self.assertEqual(camera.read_configuration(path), {'SOURCE': 'videotestsrc ! video/x-raw,width=32', 'TRAIN': ''})
        self.assertIn('sstrain', camera.describe(camera.read_configuration(path)))
        with open(path, 'w', encoding='utf-8') as file:
            file.write('SOURCE=v4l2src device=/dev/video0\nTRACKER=\'init-box=1,2,3,4\'\n')
        self.assertEqual(camera.read_configuration(path)['SOURCE'], 'v4l2src device=/dev/video0')
        self.assertEqual(camera.read_configuration(path)['TRACKER'], 'init-box=1,2,3,4')
        self.assertNotIn('sstrain', camera.describe(camera.read_configuration(path)))
        # the one that comes along
        self.assertIn('rtspsrc', camera.read_configuration(os.path.join(SITE, 'door.conf'))['SOURCE'])

    def test_what_is_refused(self):
        for text, said in (('SOURCE=a\nSORCE=b\n', 'line 2: NAME=VALUE'), ('TRACKER=a\n', 'no SOURCE'),
                           ('SOURCE="a\n', 'line 1: No closing quotation'), ('SOURCE=a\nSOURCE=b\n', 'twice'),
                           ('nothing\n', 'line 1')):
            with open(self.path('x.conf'), 'w', encoding='utf-8') as file:
                file.write(text)
            with self.assertRaisesRegex(camera.ConfigurationError, said):
                camera.read_configuration(self.path('x.conf'))
        with self.assertRaisesRegex(camera.ConfigurationError, 'No such file'):
            camera.read_configuration(self.path('none.conf'))

    def test_clear_ends(self):
        good = self.write('good.conf', SOURCE=SOURCE % '')
        os.mkdir(self.path('other'))
        shutil.copy(good, self.path('other', 'good.conf'))
        for arguments, said in (((self.path('none.conf'),), 'No such file'),
                                ((self.write('bad.conf', SOURCE='nosuchelement'),), 'can not be built'),
                                ((good, self.path('other', 'good.conf')), 'two cameras are called "good"'),
                                (('--name', 'a/b', good), 'can not be called'),
                                (('--name', 'a', good, good), '--name is for one')):
            process = self.start(*arguments)
            said_all = process.communicate(timeout=PATIENCE)[1]
            self.assertNotEqual(process.returncode, 0)
            self.assertIn(said, said_all)
            self.assertNotIn('Traceback', said_all)


class CameraTest(Folder):
    def test_systemd_is_told(self):
        sock = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        sock.bind(self.path('notify'))
        sock.settimeout(PATIENCE)
        process = self.start('--name', 'door', self.write('any.conf', SOURCE=SOURCE % '', TRACKER=TRACKER),
                             NOTIFY_SOCKET=self.path('notify'), WATCHDOG_USEC='200000')
        told = [sock.recv(4096).decode() for _ in range(4)]
        self.assertEqual(told.count('READY=1'), 1)
        self.assertGreaterEqual(told.count('WATCHDOG=1'), 3)
        process.send_signal(signal.SIGTERM)
        while sock.recv(4096) != b'STOPPING=1':
            pass
        self.assertEqual(process.wait(PATIENCE), 0)
        sock.close()

    def test_no_frames_feed_no_watchdog(self):
        notifier = camera.Notifier({'NOTIFY_SOCKET': self.path('none'), 'WATCHDOG_USEC': '2000000'})
        fed = []
        notifier.say = fed.append
        for now in (0, 0.5, 0.9, 1.0, 1.5, 9.0):
            notifier.feed(now)
        self.assertEqual(fed, ['WATCHDOG=1'] * 3)
        silent = camera.Notifier({})
        silent.say('READY=1')
        silent.feed(0)

    def test_one_that_fails_ends_it(self):
        process = self.start(self.write('door.conf', SOURCE=SOURCE % '' + ' ! identity error-after=5', TRACKER=TRACKER))
        said = process.communicate(timeout=PATIENCE)[1]
        self.assertEqual(process.returncode, 1)
        self.assertIn('door: ', said)
        process = self.start(self.write('door.conf', SOURCE=SOURCE % 'num-buffers=5'))
        self.assertIn('the stream is at its end', process.communicate(timeout=PATIENCE)[1])
        self.assertEqual(process.returncode, 1)

    def test_of_several_the_others_go_on(self):
        process = self.start(self.write('good.conf', SOURCE=SOURCE % '', TRACKER=TRACKER, TRAIN='group=site'),
                             self.write('bad.conf', SOURCE=SOURCE % 'num-buffers=5', TRAIN='group=site'))
        wait_for(lambda: self.stats('bad').get('restarts', 0) >= 2, 'it is not built anew')
        frames = self.stats('good')['tracker']['frames']
        wait_for(lambda: self.stats('good')['tracker']['frames'] > frames, 'the good one stands still')
        good = self.stats('good')
        self.assertEqual(good['restarts'], 0)
        self.assertEqual(good['train']['group'], 'site')
        self.assertTrue(good['up'])
        self.assertIsNone(process.poll())

    def test_one_without_frames_is_built_anew(self):
        paths = [self.write(name + '.conf', SOURCE=SOURCE % '') for name in ('dead', 'new', 'good', 'ended')]
        site = camera.Site(camera.parse_options(['--patience', '20', *paths]))
        now, ended = time.monotonic(), []
        for one, last_frame, started in zip(site.cameras, (None, None, now - 1, None), (now - 21, now, now - 90, 0)):
            one.pipeline = None if one.name == 'ended' else object()
            one.last_frame, one.started = last_frame, started
        site.on_end = lambda one, reason: ended.append((one.name, reason))
        site.on_time()
        self.assertEqual(ended, [('dead', 'no frame for 20 seconds')])
        site.cameras[2].last_frame = now - 21
        site.on_time()
        self.assertEqual([name for name, _ in ended], ['dead', 'dead', 'good'])


class ExporterTest(Folder):
    def page(self, stale=30):
        return parse_page(exporter.make_page(self.path('run'), stale))

    def put(self, name, said):
        os.makedirs(self.path('run', name), exist_ok=True)
        with open(self.path('run', name, 'stats.json'), 'w', encoding='utf-8') as file:
            file.write(said if isinstance(said, str) else json.dumps(said))

    def test_the_elements_figures(self):
        pipeline = Gst.parse_launch(SOURCE.replace('is-live=true', '') % 'num-buffers=20' + ' ! sstracker name=tracker '
                                    + TRACKER + ' ! sstrain name=train group=floor ! fakesink')
        pipeline.set_state(Gst.State.PLAYING)
        pipeline.get_bus().timed_pop_filtered(PATIENCE * Gst.SECOND, Gst.MessageType.EOS | Gst.MessageType.ERROR)
        said = {element: camera.to_json(pipeline.get_by_name(element).get_property('stats'))
                for element in ('tracker', 'train')}
        self.put('a "door"\\', {**said, 'up': True, 'restarts': 3})
        self.put('hall', {'up': True})
        pipeline.set_state(Gst.State.NULL)
        samples, types = self.page()

        door = {'camera': r'a \"door\"\\'}
        self.assertEqual(value_of(samples, 'sstracker_frames_total', **door), 20)
        self.assertEqual(value_of(samples, 'sstracker_up', **door), 1)
        self.assertEqual(value_of(samples, 'sstracker_restarts_total', **door), 3)
        self.assertEqual(value_of(samples, 'sstracker_targets_started_total', **door), 1)
        count = value_of(samples, 'sstracker_frame_duration_seconds_count', **door)
        self.assertEqual(count, said['tracker']['tracked-frames'])
        self.assertAlmostEqual(value_of(samples, 'sstracker_frame_duration_seconds_sum', **door),
                               count * said['tracker']['mean-us'] * 1e-6)
        self.assertAlmostEqual(value_of(samples, 'sstracker_frame_duration_seconds', quantile='0.95', **door),
                               said['tracker']['p95-us'] * 1e-6)
        self.assertEqual(value_of(samples, 'sstrain_members', group='floor', **door), 1)
        self.assertEqual(value_of(samples, 'sstrain_windows_refused_total', reason='still', **door),
                         said['train']['windows-refused-still'])
        self.assertEqual(value_of(samples, 'sstracker_model_info', sha256=said['tracker']['model'], **door), 1)
        # every number of the elements is there, but the tone and errors of gains
        told = {field for row in exporter.METRICS for field in row[4:5]}
        for element in said:
            for field, value in said[element].items():
                if isinstance(value, (int, float)) and not re.match('.*-refused-|.*-error|luma|c[br]-|soft|sharp|noise|.*-us'
                                                                    '|tracked-frames|spread|stream-gain|.*-together', field):
                    self.assertIn(field, told)

    def test_conventions(self):
        self.put('a', {'up': True, 'tracker': {}, 'train': {}})
        for metric, kind, *_ in exporter.METRICS:
            self.assertEqual(metric.endswith('_total'), kind == 'counter', metric)
            self.assertRegex(metric, '^(sstracker|sstrain)_[a-z_]+$')
            self.assertNotRegex(metric, '_(us|ns|ms|percent|mb)(_|$)')
        names = [row[0] for row in exporter.METRICS]
        self.assertEqual(len(names), len(set(names)))

    def test_cameras_that_are_down(self):
        self.assertEqual(self.page(), ({}, {}))
        self.put('broken', '{"up": tr')
        self.put('odd', '[1]')
        self.put('waits', {'up': False, 'tracker': {'frames': 0}})
        self.put('old', {'up': True, 'tracker': {'frames': 7}})
        os.utime(self.path('run', 'old', 'stats.json'), (1, 1))
        samples, _ = self.page()
        for name in ('broken', 'odd', 'waits', 'old'):
            self.assertEqual(value_of(samples, 'sstracker_up', camera=name), 0)
        self.assertEqual(value_of(samples, 'sstracker_frames_total', camera='old'), 7)
        self.assertGreater(value_of(samples, 'sstracker_stats_age_seconds', camera='old'), 1e6)

    def test_it_is_served_here_alone(self):
        self.put('door', {'up': True, 'tracker': {'frames': 7}})
        server = exporter.serve(exporter.parse_options(['--port', '0', '--folder', self.path('run')]))
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            self.assertEqual(server.server_address[0], '127.0.0.1')
            url = 'http://127.0.0.1:%d' % server.server_address[1]
            with urllib.request.urlopen(url + '/metrics', timeout=PATIENCE) as answer:
                self.assertEqual(answer.headers['Content-Type'], 'text/plain; version=0.0.4; charset=utf-8')
                samples, _ = parse_page(answer.read().decode())
            self.assertEqual(value_of(samples, 'sstracker_frames_total', camera='door'), 7)
            with self.assertRaises(urllib.error.HTTPError) as raised:
                urllib.request.urlopen(url + '/etc/passwd', timeout=PATIENCE)
            self.assertEqual(raised.exception.code, 404)
            # nobody else gets the port
            busy = subprocess.run([os.path.join(SITE, 'exporter.py'), '--port', str(server.server_address[1])],
                                  capture_output=True, text=True, check=False, timeout=PATIENCE)
            self.assertIn('can not listen on', busy.stderr)
            self.assertEqual(busy.returncode, 1)
        finally:
            server.shutdown()
            thread.join()
            server.server_close()


class FilesTest(unittest.TestCase):
    def test_units(self):
        if shutil.which('systemd-analyze') is None:
            self.skipTest('systemd-analyze is missing')
        for name in ('sstracker@.service', 'sstracker-exporter.service'):
            run = subprocess.run(['systemd-analyze', 'verify', '--man=no', os.path.join(SITE, name)],
                                 capture_output=True, text=True, check=False)
            # what it says of other units of the machine is not ours
            ours = [line for line in (run.stdout + run.stderr).splitlines() if 'sstracker' in line]
            self.assertEqual(ours, [])
            self.assertEqual(run.returncode, 0, run.stderr)

    def test_what_they_start_is_what_the_package_installs(self):
        with open(os.path.join(TOP, 'debian', 'sstrack-doc.examples'), encoding='utf-8') as file:
            self.assertIn('examples/site', file.read().split())
        for name in ('sstracker@.service', 'sstracker-exporter.service', 'Containerfile'):
            with open(os.path.join(SITE, name), encoding='utf-8') as file:
                programs = re.findall(r'/usr/share/doc/sstrack-doc/examples/([\w/.]+\.py)', file.read())
            self.assertEqual(len(programs), 1)
            self.assertTrue(os.access(os.path.join(TOP, 'examples', programs[0]), os.X_OK))

    def test_the_containers_packages_are_ours(self):
        with open(os.path.join(TOP, 'debian', 'control'), encoding='utf-8') as file:
            ours = re.findall(r'^Package: (\S+)', file.read(), re.M)
        with open(os.path.join(SITE, 'Containerfile'), encoding='utf-8') as file:
            packages = re.findall(r'/tmp/packages/([\w.-]+)_\*\.deb', file.read())
        self.assertGreater(len(packages), 1)
        for package in packages:
            self.assertIn(package, ours)


if __name__ == '__main__':
    Gst.init(None)
    unittest.main(verbosity=2)
