#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: 2026 The sstracker authors
"""Run GstValidate's test files: the elements in a pipeline to which a player does things.

usage: test_validate.py FILE.validatetest...

Debian has no package of GstValidate. This program carries out the actions that
the files use, and compares what goes into the element "it" with what comes out of
it. Where gst-validate-1.0 is installed, it has its say as well.
"""
import os
import shutil
import subprocess
import sys

import gi
gi.require_version('Gst', '1.0')
from gi.repository import Gst  # noqa: E402

# What the element counted in its last run, at least.
STATS = {
    'tracker_seeks': {'frames': 20, 'started': 3},
    'tracker_states': {'frames': 3, 'started': 1},
    'tracker_properties': {'frames': 12, 'started': 4, 'ended': 4},
    'trainer': {'frames': 2},
}
PATIENCE = 60 * Gst.SECOND


def read(path):
    """The structures of a file: a line each, or several where one ends in a comma or in a bracket."""
    text, structures = '', []
    with open(path, encoding='utf-8') as file:
        for line in file:
            line = line.strip()
            if not line or line.startswith('#'):
                continue
            text += line
            if not line.endswith((',', '{', '=')) and text.count('{') == text.count('}'):
                structure = Gst.Structure.from_string(text.rstrip(','))[0]
                assert structure is not None, text
                structures.append(structure)
                text = ''
    assert not text, text
    return structures


class Passage:
    """What went into an element and what came out of it, in order."""

    def __init__(self, element):
        self.sides = {'sink': [], 'src': []}
        self.n_stops = 0
        for name, side in self.sides.items():
            element.get_static_pad(name).add_probe(
                Gst.PadProbeType.BUFFER | Gst.PadProbeType.EVENT_DOWNSTREAM | Gst.PadProbeType.EVENT_FLUSH,
                self.note, side)

    def note(self, pad, info, side):
        if info.type & Gst.PadProbeType.BUFFER:
            side.append(info.get_buffer().pts)
        else:
            side.append(info.get_event().type.value_nick)
        return Gst.PadProbeReturn.OK

    def check(self):
        came, went = self.sides['sink'], self.sides['src']
        missing, at = 0, 0
        for entry in came:
            if at < len(went) and went[at] == entry:
                at += 1
            else:
                missing += 1
        assert at == len(went), 'came out, but did not go in: %s' % went[at:at + 5]
        # a buffer, or what came before it, is thrown away where a flush or a stop meets it
        allowed = 3 * (self.n_stops + came.count('flush-start'))
        assert missing <= allowed, '%d of %d did not come out' % (missing, len(came))
        for side in came, went:
            seen = set()
            for entry in side:
                if entry == 'stream-start':
                    seen.clear()
                if not isinstance(entry, str):
                    assert {'stream-start', 'caps', 'segment'} <= seen, 'a frame before %s' % seen
                seen.add(entry)


class Player:
    """Carries out a file's actions."""

    def __init__(self, description):
        self.pipeline = Gst.parse_launch(description)
        self.bus = self.pipeline.get_bus()
        self.passage = Passage(self.pipeline.get_by_name('it'))

    def wait(self, types):
        message = self.bus.timed_pop_filtered(PATIENCE, types | Gst.MessageType.ERROR | Gst.MessageType.WARNING)
        assert message is not None, 'nothing happens'
        if message.type == Gst.MessageType.ERROR:
            raise AssertionError(message.parse_error())
        if message.type == Gst.MessageType.WARNING:
            raise AssertionError(message.parse_warning())

    def set_state(self, state):
        if state < Gst.State.PAUSED:
            self.passage.n_stops += 1
        change = self.pipeline.set_state(state)
        assert change != Gst.StateChangeReturn.FAILURE
        assert self.pipeline.get_state(PATIENCE)[0] == Gst.StateChangeReturn.SUCCESS

    def reach(self, seconds):
        """Wait until the stream is there."""
        for _ in range(int(PATIENCE / Gst.MSECOND / 10)):
            ok, position = self.pipeline.query_position(Gst.Format.TIME)
            if ok and position >= seconds * Gst.SECOND:
                return
            message = self.bus.timed_pop_filtered(10 * Gst.MSECOND, Gst.MessageType.ERROR | Gst.MessageType.WARNING)
            assert message is None, message.get_structure().to_string()
        raise AssertionError('%g s are never reached' % seconds)

    def seek(self, action):
        flags = Gst.SeekFlags.NONE
        for nick in action.get_string('flags').split('+'):
            flags |= getattr(Gst.SeekFlags, nick.upper())
        stop = action.get_value('stop')
        # what was said of the stream before is not of this one
        while self.bus.pop_filtered(Gst.MessageType.ASYNC_DONE | Gst.MessageType.EOS):
            pass
        assert self.pipeline.seek(action.get_value('rate') or 1.0, Gst.Format.TIME, flags,
                                  Gst.SeekType.SET, int(action.get_value('start') * Gst.SECOND),
                                  Gst.SeekType.SET if stop else Gst.SeekType.NONE, int((stop or 0) * Gst.SECOND))
        self.wait(Gst.MessageType.ASYNC_DONE)

    def carry_out(self, action):
        name = action.get_name()
        if action.has_field('playback-time'):
            self.reach(action.get_value('playback-time'))
        if name == 'play':
            self.set_state(Gst.State.PLAYING)
        elif name == 'pause':
            self.set_state(Gst.State.PAUSED)
        elif name == 'set-state':
            self.set_state(getattr(Gst.State, action.get_string('state').upper()))
        elif name == 'seek':
            self.seek(action)
        elif name == 'wait':
            self.wait(getattr(Gst.MessageType, action.get_string('message-type').upper()))
        elif name in ('set-property', 'check-property', 'emit-signal'):
            element = self.pipeline.get_by_name(action.get_string('target-element-name'))
            if name == 'emit-signal':
                element.emit(action.get_string('signal-name'))
            elif name == 'set-property':
                value = action.get_value('property-value')
                Gst.util_set_object_arg(element, action.get_string('property-name'),
                                        value if isinstance(value, str) else str(value).lower())
            else:
                has = element.get_property(action.get_string('property-name'))
                assert has == action.get_value('property-value'), has
        else:
            assert name == 'stop', 'no action that is known: %s' % name


def play(path):
    meta, *actions = read(path)
    name = os.path.basename(path).partition('.')[0]
    assert meta.get_name() == 'meta' and actions[-1].get_name() == 'stop'
    player = Player(meta.get_value('args')[0])
    try:
        for action in actions:
            try:
                player.carry_out(action)
            except AssertionError as error:
                raise AssertionError('%s: %s' % (action.to_string(), error)) from error
        stats = player.pipeline.get_by_name('it').get_property('stats')
        for field, least in STATS[name].items():
            assert stats.get_value(field) >= least, '%s is %s' % (field, stats.get_value(field))
    finally:
        player.set_state(Gst.State.NULL)
    player.passage.check()
    print('ok: %s, %d actions, %d went in' % (name, len(actions), len(player.passage.sides['sink'])))


def main():
    Gst.init(None)
    assert len(sys.argv) > 1, __doc__
    for path in sys.argv[1:]:
        play(path)
    program = shutil.which('gst-validate-1.0')
    if program is None:
        print('no gst-validate-1.0 here')
    for path in sys.argv[1:] if program else []:
        done = subprocess.run([program, '--set-test-file', path], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]
        print('ok: %s, by gst-validate-1.0' % os.path.basename(path))


if __name__ == '__main__':
    main()
