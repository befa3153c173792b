#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: 2026 The sstracker authors
"""Check sstracker's presets: each sets what it names, and tracks.

usage: test_presets.py PRESETS.prs
"""
import os
import configparser
import sys

os.environ['GST_PRESET_PATH'] = os.path.dirname(sys.argv[1])
import gi  # noqa: E402
gi.require_version('Gst', '1.0')
from gi.repository import Gst  # noqa: E402

NAMES = ['accurate', 'fast', 'surveillance']


def nick(value):
    """A property's value as a preset writes it."""
    if hasattr(value, 'value_nicks'):
        return '+'.join(value.value_nicks)
    if hasattr(value, 'value_nick'):
        return value.value_nick
    return '' if value is None else str(value).lower() if isinstance(value, bool) else str(value)


def main():
    Gst.init(None)
    presets = configparser.ConfigParser(interpolation=None)
    presets.optionxform = str
    presets.read(sys.argv[1])
    tracker = Gst.ElementFactory.make('sstracker')
    assert sorted(tracker.get_preset_names()) == NAMES, tracker.get_preset_names()
    named = {key for name in NAMES for key in presets[name] if not key.startswith('_meta')}
    for name in NAMES + NAMES:  # each after each other
        assert tracker.load_preset(name), name
        for key in named:  # all name the same, so that nothing stays of another
            has = nick(tracker.get_property(key))
            assert has == presets[name][key], '%s: %s is "%s", not "%s"' % (name, key, has, presets[name][key])
    for name in NAMES:
        pipeline = Gst.parse_launch('videotestsrc num-buffers=2 pattern=ball ! video/x-raw,width=160,height=120 ! '
                                    'sstracker name=t ! fakesink')
        tracker = pipeline.get_by_name('t')
        tracker.load_preset(name)
        tracker.set_property('init-from', 'property')
        tracker.set_property('init-box', '60,40,40,40')
        pipeline.set_state(Gst.State.PLAYING)
        message = pipeline.get_bus().timed_pop_filtered(60 * Gst.SECOND, Gst.MessageType.EOS | Gst.MessageType.ERROR)
        started = tracker.get_property('stats').get_value('started')
        pipeline.set_state(Gst.State.NULL)
        assert message is not None and message.type == Gst.MessageType.EOS, '%s does not play' % name
        assert started == 1, '%s follows nothing' % name


if __name__ == '__main__':
    main()
