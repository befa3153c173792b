#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: 2026 The sstracker authors
"""The browser's example: what its server says and does, and the page in a browser.

usage: test_browser.py TOP [--screenshot FILE.png]

Skips (77) where a module is missing; the part with the browser is left out where there
is no chromium.
"""
import base64
import json
import os
import shutil
import struct
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

TOP = sys.argv[1]
SOURCE = 'videotestsrc is-live=true pattern=ball ! video/x-raw,width=320,height=240,framerate=10/1'
PATIENCE = 60   # seconds, for a machine that has other things to do


class Browser:
    """A headless chromium that does what it is told through a pipe (DevTools protocol)."""

    def __init__(self, program, folder):
        to_read, self.write = os.pipe()
        self.read, to_write = os.pipe()
        self.process = subprocess.Popen(
            ['/bin/sh', '-c', 'exec 3<&%d 4>&%d; exec "$@"' % (to_read, to_write), 'sh', program, '--headless=new',
             '--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--remote-debugging-pipe',
             '--no-first-run', '--user-data-dir=' + folder, 'about:blank'],
            pass_fds=(to_read, to_write), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.close(to_read)
        os.close(to_write)
        self.number, self.rest, self.session = 0, b'', None

    def receive(self):
        while b'\0' not in self.rest:
            more = os.read(self.read, 1 << 16)
            if not more:
                sys.exit('the browser left')
            self.rest += more
        message, self.rest = self.rest.split(b'\0', 1)
        return json.loads(message)

    def call(self, method, **parameters):
        self.number += 1
        said = {'id': self.number, 'method': method, 'params': parameters}
        if self.session is not None:
            said['sessionId'] = self.session
        os.write(self.write, json.dumps(said).encode() + b'\0')
        while True:
            message = self.receive()
            if message.get('id') == self.number:
                assert 'error' not in message, message
                return message['result']

    def open(self, url):
        target = self.call('Target.createTarget', url=url)['targetId']
        self.session = self.call('Target.attachToTarget', targetId=target, flatten=True)['sessionId']

    def evaluate(self, expression):
        return self.call('Runtime.evaluate', expression=expression, returnByValue=True)['result'].get('value')

    def wait_for(self, expression):
        end = time.monotonic() + PATIENCE
        while not self.evaluate(expression):
            assert time.monotonic() < end, '%s never came; the page says "%s"' % (
                expression, self.evaluate('document.getElementById("status").textContent'))
            time.sleep(0.1)

    def click(self, x, y, button='left'):
        for kind in ('mousePressed', 'mouseReleased'):
            self.call('Input.dispatchMouseEvent', type=kind, x=x, y=y, button=button, clickCount=1)

    def close(self):
        self.call('Browser.close')
        self.process.wait(PATIENCE)


def ask(url, said, kind='application/json'):
    request = urllib.request.Request(url + 'ask', json.dumps(said).encode(), {'Content-Type': kind})
    with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
        return json.load(answer)


def refused(url, said, kind='application/json'):
    try:
        ask(url, said, kind)
    except urllib.error.HTTPError as error:
        return error.code == 400
    return False


def read_frames(url):
    """Frames as the page gets them: (said, jpeg)."""
    with urllib.request.urlopen(url + 'live', timeout=PATIENCE) as live:
        while True:
            sizes = struct.unpack('!II', live.read(8))
            yield json.loads(live.read(sizes[0])), live.read(sizes[1])


def check_server(url):
    with urllib.request.urlopen(url, timeout=PATIENCE) as page:
        assert b'<canvas' in page.read()
    frames = read_frames(url)
    said, jpeg = next(frames)
    assert (said['width'], said['height'], said['targets']) == (320, 240, []), said
    assert jpeg[:2] == b'\xff\xd8' and jpeg[-2:] == b'\xff\xd9'
    assert ask(url, {'add': [20, 20, 60, 60]}) == {'id': 1}
    said = next(said for said, _ in frames if said['targets'])
    target = said['targets'][0]
    assert target['id'] == 1 and target['box'][2:] == [60, 60], target
    mask = target['mask']
    assert len(base64.b64decode(mask['bits'])) == (mask['columns'] * mask['rows'] + 7) // 8
    ask(url, {'remove': 1})
    assert next(said for said, _ in frames if not said['targets'])
    for wrong in ({}, [], {'add': [1]}, {'add': 'x'}, {'remove': 'x'}, 'reset'):
        assert refused(url, wrong), wrong
    assert refused(url, {'reset': True}, 'text/plain')  # as a form of another site would


def check_page(url, program, screenshot):
    with tempfile.TemporaryDirectory() as folder:
        browser = Browser(program, folder)
        try:
            browser.open(url)
            browser.wait_for('typeof targets !== "undefined" && canvas.width === 320 && '
                             'status.textContent === "click on something"')
            left, top, scale = (browser.evaluate('(b => %s)(canvas.getBoundingClientRect())' % what)
                                for what in ('b.left', 'b.top', 'b.width / 320'))
            browser.click(left + 160 * scale, top + 120 * scale)
            browser.wait_for('targets.length === 1 && targets[0].mask !== null')
            assert browser.evaluate('targets[0].id') == 2
            if screenshot:
                with open(screenshot, 'wb') as file:
                    file.write(base64.b64decode(browser.call('Page.captureScreenshot')['data']))
            # the box that is drawn has the target's colour: more of the picture is that colour than before
            assert browser.evaluate('[...pen.getImageData(0, 0, 320, 240).data].some((v, i, all) => i % 4 === 0 && '
                                    'Math.abs(v - 0x66) < 9 && Math.abs(all[i + 1] - 0xee) < 9 && '
                                    'Math.abs(all[i + 2] - 0x66) < 9)')
            browser.call('Input.dispatchKeyEvent', type='keyDown', key='r')
            browser.wait_for('targets.length === 0')
        finally:
            browser.close()


def main():
    try:
        import gi
        gi.require_version('GstSsTrack', '1.0')
    except (ImportError, ValueError) as missing:
        print('skipped: %s' % missing)
        sys.exit(77)
    screenshot = sys.argv[3] if sys.argv[2:3] == ['--screenshot'] else None
    server = subprocess.Popen([os.path.join(TOP, 'examples', 'browser', 'server.py'), '--port', '0', '--from', SOURCE],
                              stdout=subprocess.PIPE, text=True)
    try:
        url = server.stdout.readline().strip()
        assert url.startswith('http://localhost:'), url
        check_server(url)
        program = shutil.which('chromium')
        if program is None:
            print('the page was not tried: chromium is missing')
        else:
            check_page(url, program, screenshot)
    finally:
        server.terminate()
        server.wait()


if __name__ == '__main__':
    main()
