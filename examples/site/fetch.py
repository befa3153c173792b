#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: 2026 The sstracker authors
"""Keep a model file as the site wants it.

usage: fetch.py [OPTION]... MODEL.sst

Hears of models (publish.py), downloads what MODEL.sst is not yet, and puts it in its place
as a whole: sstracker model=MODEL.sst reload=true takes it at the next frame. A file whose
size or hash is another than what was announced is refused, and MODEL.sst stays as it is.
What can't be downloaded is tried again, every minute at the slowest. It runs until it is
ended; --once ends it when MODEL.sst is what was announced, or that is refused. Needs python3-paho-mqtt.
"""
import argparse
import hashlib
import os
import queue
import sys
import tempfile
import urllib.request

import broker

TIMEOUT = 30
FIRST_PAUSE, LONGEST_PAUSE = 1, 60
THERE, REFUSED, LATER = range(3)


class Refused(Exception):
    """What was downloaded is not what was announced."""


def say(text):
    print('fetch.py: %s' % text, file=sys.stderr, flush=True)


def is_there(path, sha256):
    try:
        with open(path, 'rb') as file:
            return broker.hash_file(file)[0] == sha256
    except OSError:
        return False


def download(url, file, size):
    """Its digits; no more than size bytes are taken."""
    digest, got = hashlib.sha256(), 0
    with urllib.request.urlopen(url, timeout=TIMEOUT) as answer:
        while block := answer.read(1 << 16):
            got += len(block)
            if got > size:
                raise Refused('%s has more than the %d bytes that were announced' % (url, size))
            digest.update(block)
            file.write(block)
    if got < size:
        raise OSError('%s ended after %d of %d bytes' % (url, got, size))
    return digest.hexdigest()


def fetch(path, sha256, size, url):
    """Puts it in place of path, whole or not at all. Refused, or OSError where it might go better later."""
    folder = os.path.dirname(os.path.abspath(path))
    with tempfile.NamedTemporaryFile(dir=folder, prefix='.fetch-', delete=False) as file:
        try:
            got = download(url, file, size)
            if got != sha256:
                raise Refused('%s has the hash %s, announced was %s' % (url, got, sha256))
            file.flush()
            os.fchmod(file.fileno(), 0o644)
            os.fsync(file.fileno())
            os.rename(file.name, path)
        except BaseException:
            os.unlink(file.name)
            raise


class Fetcher:
    """What was announced last, in the end."""

    def __init__(self, options):
        self.options = options
        self.heard = queue.Queue()

    def on_connect(self, client, data, flags, code):
        if int(code) != 0:
            say('the broker does not let us in (%s)' % code)
            return
        # a broker that comes back does not know us any more
        client.subscribe(self.options.topic, qos=1)

    def on_message(self, client, data, message):
        self.heard.put(message.payload)

    def latest(self, wait):
        """What came last; None where nothing does within wait seconds (None: for ever)."""
        try:
            payload = self.heard.get(timeout=wait)
            while not self.heard.empty():
                payload = self.heard.get_nowait()
            return payload
        except queue.Empty:
            return None

    def take(self, payload):
        """Makes the file what was announced: THERE, REFUSED, or LATER, where it may be so some time."""
        path = self.options.model
        try:
            sha256, size, url = broker.understand(payload)
            if not url.startswith(self.options.allow):
                raise ValueError('%s is not from %s' % (url, self.options.allow))
            if is_there(path, sha256):
                say('%s is up to date' % path)
            else:
                fetch(path, sha256, size, url)
                say('%s is now %s' % (path, sha256))
            return THERE
        except (Refused, ValueError) as error:
            say('refused: %s' % error)
            return REFUSED
        except OSError as error:  # urllib's own are such
            say('not now: %s' % error)
            return LATER

    def run(self, client):
        client.on_connect, client.on_message = self.on_connect, self.on_message
        client.loop_start()
        payload, pause = None, FIRST_PAUSE
        try:
            while True:
                newer = self.latest(pause if payload is not None else None)
                if newer is not None:
                    payload, pause = newer, FIRST_PAUSE
                state = self.take(payload)
                if state != LATER and self.options.once:
                    return 0 if state == THERE else 1
                if state == LATER:
                    pause = min(2 * pause, LONGEST_PAUSE)
                else:
                    payload = None
        finally:
            client.loop_stop()


def main(arguments):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    broker.add_options(parser)
    parser.add_argument('--allow', metavar='PREFIX', default='http',
                        help='of addresses to download from, such as https://models.example/ (default: any)')
    parser.add_argument('--once', action='store_true', help='end when the model is there, or refused')
    parser.add_argument('model', metavar='MODEL.sst')
    options = parser.parse_args(arguments)
    return Fetcher(options).run(broker.make_client(options, os.environ.get('MQTT_PASSWORD')))


if __name__ == '__main__':
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
