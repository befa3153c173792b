#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: 2026 The sstracker authors
"""Run the cameras of a site: one a process, or several in one.

usage: camera.py [OPTION]... CONFIGURATION...

A configuration is a file of lines NAME=VALUE, with quotes as in a shell:

  SOURCE   where frames come from, as for gst-launch-1.0
  TRACKER  properties of sstracker; may be left out
  TRAIN    properties of sstrain; without this line nothing is learned
  SINK     what comes after; left out: fakesink

The camera is called like the file, without its ending, or --name. Its elements are
"tracker" and "train". What they say of themselves (stats) goes every few seconds to
--stats/NAME/stats.json, for exporter.py.

With one configuration, an error or the end of the stream ends the program with status 1:
whoever started it starts it again. With several, that camera alone is built anew after a
while, as is one that has shown no frame for --patience, and the others go on.

As a service of systemd (Type=notify) it says when all cameras have shown a frame
(READY), and as long as frames come that it is well (WATCHDOG).
"""
import argparse
import json
import os
import shlex
import signal
import socket
import sys
import tempfile
import time

import gi
gi.require_version('Gst', '1.0')
from gi.repository import GLib, Gst  # noqa: E402

KEYS = ('SOURCE', 'TRACKER', 'TRAIN', 'SINK')
PAUSE = 5  # seconds, before a camera is built anew


class ConfigurationError(Exception):
    """Said with the file and, where there is one, the line."""


def read_configuration(path):
    """{'SOURCE': ..., ...} of a file."""
    found = {}
    try:
        with open(path, encoding='utf-8') as file:
            lines = file.read().splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError('%s: %s' % (path, getattr(error, 'strerror', None) or error)) from error
    for number, line in enumerate(lines, 1):
        if not line.strip() or line.lstrip().startswith('#'):
            continue
        key, equals, value = line.partition('=')
        if not equals or key.strip() not in KEYS:
            raise ConfigurationError('%s, line %d: NAME=VALUE is meant, NAME one of %s' % (path, number, ', '.join(KEYS)))
        if key.strip() in found:
            raise ConfigurationError('%s, line %d: %s is there twice' % (path, number, key.strip()))
        try:
            # what is in quotes is one word
            found[key.strip()] = ' '.join(shlex.split(value)) if value.lstrip()[:1] in ('"', "'") else value.strip()
        except ValueError as error:
            raise ConfigurationError('%s, line %d: %s' % (path, number, error)) from error
    if not found.get('SOURCE'):
        raise ConfigurationError('%s: there is no SOURCE' % path)
    return found


def describe(configuration):
    """The pipeline of a configuration, for Gst.parse_launch()."""
    parts = [configuration['SOURCE'], 'videoconvert']
    # newest frame first: a machine that is too slow drops frames, and no camera falls behind
    parts.append('queue leaky=downstream max-size-buffers=2 max-size-bytes=0 max-size-time=0')
    parts.append('sstracker name=tracker messages=frame ' + configuration.get('TRACKER', ''))
    if 'TRAIN' in configuration:  # behind it, to learn from what is followed; overlay=true would spoil that
        parts.append('sstrain name=train ' + configuration['TRAIN'])
    parts.append(configuration.get('SINK') or 'fakesink sync=false')
    return ' ! '.join(parts)


def to_json(structure):
    """A GstStructure's fields."""
    return {structure.nth_field_name(i): structure.get_value(structure.nth_field_name(i))
            for i in range(structure.n_fields())}


def write_whole(path, text):
    """Writes a file so that whoever reads it sees all of it or what was there before."""
    os.makedirs(os.path.dirname(path), exist_ok=True)
    handle, name = tempfile.mkstemp(dir=os.path.dirname(path))
    try:
        with os.fdopen(handle, 'w', encoding='utf-8') as file:
            file.write(text)
        os.chmod(name, 0o644)
        os.replace(name, path)
    except OSError:
        os.unlink(name)
        raise


class Notifier:
    """Tells systemd, where it asked (sd_notify(3))."""

    def __init__(self, environment):
        self.address = environment.get('NOTIFY_SOCKET')
        # twice as often as it has to be
        self.interval = int(environment.get('WATCHDOG_USEC') or 0) / 2e6
        self.next = 0

    def say(self, *lines):
        if not self.address:
            return
        address = '\0' + self.address[1:] if self.address[0] == '@' else self.address
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
            try:
                sock.sendto('\n'.join(lines).encode(), address)
            except OSError as error:
                print('camera.py: systemd can not be told: %s' % error, file=sys.stderr)

    def feed(self, now):
        if self.interval > 0 and now >= self.next:
            self.next = now + self.interval
            self.say('WATCHDOG=1')


class Camera:
    def __init__(self, name, configuration, site):
        self.name, self.site = name, site
        self.description = describe(configuration)
        self.pipeline = None
        self.restarts = 0
        self.last_frame = None      # when; of this pipeline

    def start(self):
        """Raises GLib.Error where the description makes no pipeline."""
        self.pipeline = Gst.parse_launch(self.description)
        if self.pipeline.get_by_name('tracker') is None:
            raise GLib.Error('no pipeline')
        self.last_frame, self.started = None, time.monotonic()
        bus = self.pipeline.get_bus()
        bus.add_signal_watch()
        bus.connect('message', self.on_message)
        # a failure is an error on the bus, too
        self.pipeline.set_state(Gst.State.PLAYING)

    def stop(self):
        if self.pipeline is not None:
            self.pipeline.get_bus().remove_signal_watch()
            self.pipeline.set_state(Gst.State.NULL)
            self.pipeline = None

    def on_message(self, bus, message):
        if message.type == Gst.MessageType.ELEMENT and message.get_structure().get_name() == 'sstracker/frame':
            self.last_frame = time.monotonic()
            self.site.on_frame()
        elif message.type == Gst.MessageType.WARNING:
            print('%s: %s' % (self.name, message.parse_warning().gerror.message), file=sys.stderr)
        elif message.type == Gst.MessageType.ERROR:
            error = message.parse_error()
            self.site.on_end(self, ' '.join([error.gerror.message] + (error.debug or '').splitlines()[-1:]))
        elif message.type == Gst.MessageType.EOS:
            self.site.on_end(self, 'the stream is at its end')

    def is_silent(self, patience):
        return self.pipeline is not None and time.monotonic() - (self.last_frame or self.started) > patience

    def stats(self):
        said = {'name': self.name, 'time': time.time(), 'restarts': self.restarts, 'up': self.last_frame is not None}
        for element in ('tracker', 'train') if self.pipeline is not None else ():
            part = self.pipeline.get_by_name(element)
            if part is not None:
                said[element] = to_json(part.get_property('stats'))
        return said


class Site:
    def __init__(self, options):
        self.options = options
        self.loop = GLib.MainLoop()
        self.notifier = Notifier(os.environ)
        self.ready, self.status, self.warned = False, 0, False
        self.cameras = [Camera(options.name or os.path.splitext(os.path.basename(path))[0], read_configuration(path), self)
                        for path in options.configuration]
        names = [camera.name for camera in self.cameras]
        for name in names:
            if not name or '/' in name or name.startswith('.'):
                raise ConfigurationError('a camera can not be called "%s"' % name)
            if names.count(name) > 1:
                raise ConfigurationError('two cameras are called "%s"' % name)

    def on_frame(self):
        self.notifier.feed(time.monotonic())
        if not self.ready and all(camera.last_frame is not None for camera in self.cameras):
            self.ready = True
            self.notifier.say('READY=1')

    def on_end(self, camera, reason):
        print('%s: %s' % (camera.name, reason), file=sys.stderr)
        self.notifier.say('STATUS=%s: %s' % (camera.name, reason.splitlines()[0]))
        camera.stop()
        if len(self.cameras) == 1:
            self.status = 1
            self.loop.quit()
        else:
            GLib.timeout_add(int(self.options.pause * 1000), self.start_again, camera)

    def start_again(self, camera):
        camera.restarts += 1
        camera.start()
        return GLib.SOURCE_REMOVE

    def on_time(self):
        for camera in self.cameras:
            if camera.is_silent(self.options.patience):
                self.on_end(camera, 'no frame for %g seconds' % self.options.patience)
            if self.options.stats:
                self.write_stats(camera)
        return GLib.SOURCE_CONTINUE

    def write_stats(self, camera):
        try:
            write_whole(os.path.join(self.options.stats, camera.name, 'stats.json'), json.dumps(camera.stats()))
        except OSError as error:
            if not self.warned:
                print('camera.py: %s' % error, file=sys.stderr)
            self.warned = True

    def run(self):
        for camera in self.cameras:
            camera.start()
        GLib.timeout_add(int(self.options.interval * 1000), self.on_time)
        for number in (signal.SIGTERM, signal.SIGINT):
            GLib.unix_signal_add(GLib.PRIORITY_DEFAULT, number, self.loop.quit)
        self.loop.run()
        self.notifier.say('STOPPING=1')
        for camera in self.cameras:
            camera.stop()
        return self.status


def parse_options(arguments):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--name', help='of the camera, where there is one')
    parser.add_argument('--stats', metavar='FOLDER', help='for what the elements say of themselves')
    parser.add_argument('--interval', type=float, default=5, metavar='SECONDS', help='of that (default: %(default)s)')
    parser.add_argument('--patience', type=float, default=60, metavar='SECONDS',
                        help='without a frame, before a camera is built anew (default: %(default)s)')
    parser.add_argument('--pause', type=float, default=PAUSE, metavar='SECONDS',
                        help='before one that failed is (default: %(default)s)')
    parser.add_argument('configuration', nargs='+', metavar='CONFIGURATION')
    options = parser.parse_args(arguments)
    if options.name and len(options.configuration) > 1:
        parser.error('--name is for one configuration')
    for name in ('interval', 'patience', 'pause'):
        if not getattr(options, name) > 0:
            parser.error('--%s is over 0' % name)
    return options


def main(arguments):
    options = parse_options(arguments)
    Gst.init(None)
    try:
        return Site(options).run()
    except ConfigurationError as error:
        sys.exit('camera.py: %s' % error)
    except GLib.Error as error:
        sys.exit('camera.py: the pipeline can not be built: %s' % error.message)


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
