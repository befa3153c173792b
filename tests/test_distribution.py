#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: 2026 The sstracker authors
"""How models get about a site: examples/site/publish.py and fetch.py, with a broker on this machine.

usage: test_distribution.py TOP

Skips (77) where there is no mosquitto or paho.
"""
import functools
import hashlib
import http.server
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
import unittest

TOP = os.path.realpath(sys.argv.pop(1))
SITE = os.path.join(TOP, 'examples', 'site')
sys.path.insert(0, SITE)
sys.dont_write_bytecode = True
import broker  # noqa: E402

BROKER = shutil.which('mosquitto', path=os.environ.get('PATH', '') + ':/usr/sbin:/usr/local/sbin')


def free_port():
    with socket.socket() as probe:
        probe.bind(('127.0.0.1', 0))
        return probe.getsockname()[1]


class AnnouncementTest(unittest.TestCase):
    def test_it_says_what_was_announced(self):
        said = ('0' * 63 + 'a', 12, 'https://models.example/a.sst')
        self.assertEqual(broker.understand(broker.announce(*said)), said)

    def test_what_is_none(self):
        good = {'sha256': '0' * 64, 'size': 12, 'url': 'http://h/a'}
        for payload in (b'', b'nonsense', b'\xff\xfe', b'[]', b'{}', b'12', broker.announce('0' * 63, 12, good['url']),
                        broker.announce('G' * 64, 12, good['url']), broker.announce('0' * 64, 0, good['url']),
                        broker.announce('0' * 64, True, good['url']), broker.announce('0' * 64, 1 << 40, good['url']),
                        broker.announce('0' * 64, 12, 'file:///etc/passwd'), broker.announce('0' * 64, 12, None)):
            with self.assertRaises(ValueError, msg=payload):
                broker.understand(payload)


class QuietHandler(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *arguments):
        pass


@unittest.skipIf(BROKER is None, 'no mosquitto')
class SiteTest(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.folder)
        os.chmod(self.folder, 0o777)  # mosquitto gives up being root
        for name in ('web', 'camera', 'broker'):
            os.mkdir(self.path(name))
        os.chmod(self.path('broker'), 0o777)
        self.port = free_port()
        with open(self.path('conf'), 'w', encoding='ascii') as file:
            file.write('listener %d 127.0.0.1\nallow_anonymous true\npersistence true\n'
                       'persistence_location %s/\n' % (self.port, self.path('broker')))
        self.web = http.server.ThreadingHTTPServer(('127.0.0.1', 0), functools.partial(QuietHandler,
                                                                                       directory=self.path('web')))
        threading.Thread(target=self.web.serve_forever, daemon=True).start()
        self.addCleanup(self.web.server_close)
        self.addCleanup(self.web.shutdown)
        self.start_broker()

    def path(self, *names):
        return os.path.join(self.folder, *names)

    def start_broker(self):
        self.broker = subprocess.Popen([BROKER, '-c', self.path('conf')], stdout=subprocess.DEVNULL,
                                       stderr=subprocess.DEVNULL)
        self.addCleanup(self.stop_broker, self.broker)
        while True:
            self.assertIsNone(self.broker.poll(), 'the broker ended')
            with socket.socket() as probe:
                if probe.connect_ex(('127.0.0.1', self.port)) == 0:
                    return
            time.sleep(0.02)

    def stop_broker(self, process):
        process.terminate()
        process.wait()

    def command(self, name, *arguments):
        return [sys.executable, os.path.join(SITE, name), '--port', str(self.port), '--host', '127.0.0.1', *arguments]

    def put(self, name, data):
        with open(self.path('web', name), 'wb') as file:
            file.write(data)
        return 'http://127.0.0.1:%d/%s' % (self.web.server_address[1], name)

    def publish(self, name, data):
        url = self.put(name, data)
        subprocess.run(self.command('publish.py', self.path('web', name), url), check=True, timeout=60,
                       stdout=subprocess.DEVNULL)
        return url

    def fetch_once(self):
        return subprocess.run(self.command('fetch.py', '--once', self.path('camera', 'm.sst')), timeout=60,
                              capture_output=True, text=True)

    def there(self):
        try:
            with open(self.path('camera', 'm.sst'), 'rb') as file:
                return file.read()
        except FileNotFoundError:
            return None

    def wait_for(self, data):
        for _ in range(1000):
            if self.there() == data:
                return
            time.sleep(0.05)
        self.fail('there is %r' % self.there())

    def test_a_camera_that_comes_later_hears_of_it(self):
        self.publish('a.sst', b'model a' * 100)
        self.assertEqual(self.fetch_once().returncode, 0)
        self.assertEqual(self.there(), b'model a' * 100)
        again = self.fetch_once()
        self.assertIn('up to date', again.stderr)
        self.assertEqual(os.listdir(self.path('camera')), ['m.sst'])

    def test_another_hash_is_refused(self):
        self.publish('a.sst', b'model a')
        self.assertEqual(self.fetch_once().returncode, 0)
        for other, why in ((b'model X', 'has the hash %s' % hashlib.sha256(b'model X').hexdigest()),
                           (b'model a and more', 'more than the 7 bytes')):
            url = self.publish('b.sst', b'model b')
            self.put('b.sst', other)
            fetched = self.fetch_once()
            self.assertEqual(fetched.returncode, 1)
            self.assertIn('refused: %s' % url, fetched.stderr)
            self.assertIn(why, fetched.stderr)
            self.assertEqual(self.there(), b'model a')
            self.assertEqual(os.listdir(self.path('camera')), ['m.sst'])

    def test_addresses_of_others_are_refused(self):
        self.publish('a.sst', b'model a')
        fetched = subprocess.run(self.command('fetch.py', '--once', '--allow', 'https://models.example/',
                                              self.path('camera', 'm.sst')), timeout=60, capture_output=True, text=True)
        self.assertEqual(fetched.returncode, 1)
        self.assertIn('is not from https://models.example/', fetched.stderr)
        self.assertIsNone(self.there())

    def test_a_broker_that_goes_and_comes_back(self):
        fetcher = subprocess.Popen(self.command('fetch.py', self.path('camera', 'm.sst')), stderr=subprocess.DEVNULL)
        self.addCleanup(fetcher.wait)
        self.addCleanup(fetcher.terminate)
        self.publish('a.sst', b'model a')
        self.wait_for(b'model a')
        self.stop_broker(self.broker)
        # who publishes meanwhile waits
        url = self.put('b.sst', b'model b')
        publisher = subprocess.Popen(self.command('publish.py', self.path('web', 'b.sst'), url),
                                     stdout=subprocess.DEVNULL)
        time.sleep(0.5)
        self.assertIsNone(publisher.poll())
        # what was retained is there again, also for whom the first time knows nothing of it
        os.unlink(self.path('camera', 'm.sst'))
        self.start_broker()
        self.assertEqual(publisher.wait(60), 0)
        self.wait_for(b'model b')
        self.stop_broker(self.broker)
        os.unlink(self.path('camera', 'm.sst'))
        self.start_broker()
        self.assertEqual(self.fetch_once().returncode, 0)
        self.assertEqual(self.there(), b'model b')

    def test_what_is_not_there_yet_is_tried_again(self):
        url = self.publish('a.sst', b'model a')
        os.unlink(self.path('web', 'a.sst'))
        fetcher = subprocess.Popen(self.command('fetch.py', '--once', self.path('camera', 'm.sst')),
                                   stderr=subprocess.PIPE, text=True)
        self.addCleanup(fetcher.stderr.close)
        self.assertIn('not now', fetcher.stderr.readline())
        self.assertIsNone(self.there())
        self.put('a.sst', b'model a')
        self.assertEqual(fetcher.wait(60), 0, url)
        self.assertEqual(self.there(), b'model a')


if __name__ == '__main__':
    try:
        import paho.mqtt.client  # noqa: F401
    except ImportError as missing:
        print('skipped: %s (python3-paho-mqtt)' % missing)
        sys.exit(77)
    if BROKER is None:
        print('skipped: no mosquitto')
        sys.exit(77)
    unittest.main(verbosity=2)
