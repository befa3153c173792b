#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: 2026 The sstracker authors
"""Check that the reference of the elements names all that they have and say.

usage: test_reference.py REFERENCE.md TOP

Properties and signals come from introspection; statistics, messages and metadata
are what the elements give while they run. The README's tables name every property,
and the pipelines of the manual set only properties that there are, to what they take.
"""
import glob
import os
import re
import sys

import gi
gi.require_version('Gst', '1.0')
from gi.repository import GObject, Gst  # noqa: E402

# Those that must have been seen, or this test tests nothing.
MESSAGES = {'sstracker/state', 'sstracker/frame', 'sstracker/no-room', 'sstrain/reset'}


def fields_of(structure):
    return {structure.nth_field_name(i) for i in range(structure.n_fields())}


def read_sections(path):
    """The text under each heading of an element, and under "Metadata"."""
    with open(path, encoding='utf-8') as file:
        parts = re.split(r'^# (.*)$', file.read(), flags=re.M)
    return dict(zip(parts[1::2], parts[2::2]))


def property_text(section, name):
    return re.search(r'^### %s\n(.*?)(?=^##)' % re.escape(name), section + '\n##', re.M | re.S).group(1)


def check_element(name, section, missing):
    element = Gst.ElementFactory.make(name)
    gtype = element.__gtype__
    for spec in element.list_properties():
        if spec.owner_type == gtype and '\n### %s\n' % spec.name not in section:
            missing.append('property %s of %s' % (spec.name, name))
    for signal in GObject.signal_list_names(gtype):
        heading = re.search(r'^### %s \((.*?)\)' % signal, section, re.M)
        if heading is None:
            missing.append('signal %s of %s' % (signal, name))
            continue
        arguments = [argument for argument in heading.group(1).split(', ') if argument]
        if len(arguments) != len(GObject.signal_query(signal, gtype).param_types):
            missing.append('an argument of %s of %s' % (signal, name))
    said = property_text(section, 'stats')
    for field in fields_of(element.get_property('stats')):
        known = '"%s"' % field in said or any(
            '"%s-REASON"' % field[:match.start()] in said for match in re.finditer('-', field))
        if not known:
            missing.append('field %s of stats of %s' % (field, name))


def check_readme(text, missing):
    for name in ('sstracker', 'sstrain'):
        table = re.search(r'^## %s: .*?(?=^## )' % name, text, re.M | re.S)[0]
        element = Gst.ElementFactory.make(name)
        missing += ['property %s of %s (README.md)' % (spec.name, name) for spec in element.list_properties()
                    if spec.owner_type == element.__gtype__ and not re.search(r'^\|[^|]*`%s`' % spec.name, table, re.M)]


def check_pipelines(path, missing):
    """Makes the elements of a page's pipelines as they are written there."""
    with open(path, encoding='utf-8') as file:
        text = file.read().replace('\\\n', ' ')
    count = 0
    for line in re.findall(r'^    .*$', text, re.M):
        for description in re.findall(r'(?:(?<=! )|^ +)(ss(?:tracker|train)(?: +[a-z][\w-]*=(?:"[^"]*"|[^\s"]+))*)(?= *!| *$)', line):
            count += 1
            try:
                Gst.parse_launch(description.strip() + ' name=mine')
            except Exception as error:
                missing.append('%s: %s: %s' % (os.path.basename(path), description, error))
    return count


def run():
    """A pipeline with all that elements say: (fields of messages, metadata)."""
    messages, metas = {}, []
    pipeline = Gst.parse_launch(
        'videotestsrc pattern=ball num-buffers=12 ! video/x-raw,format=I420,width=160,height=120 ! '
        'sstrain name=train cpu-share=1 ! sstracker name=tracker messages=frame max-targets=1 mask=box '
        'init-box="10,10,40,40;60,60,40,40" ! fakesink name=sink signal-handoffs=true')
    train = pipeline.get_by_name('train')

    def on_frame(sink, buffer, pad):
        meta = buffer.get_custom_meta('GstSsTrackMeta')
        if meta is not None:
            metas.append(meta.get_structure().copy())
    pipeline.get_by_name('sink').connect('handoff', on_frame)
    pipeline.set_state(Gst.State.PLAYING)
    bus, asked = pipeline.get_bus(), False
    while True:
        message = bus.timed_pop_filtered(60 * Gst.SECOND, Gst.MessageType.ELEMENT | Gst.MessageType.EOS |
                                         Gst.MessageType.ERROR)
        if message is None or message.type == Gst.MessageType.ERROR:
            sys.exit('the pipeline failed: %s' % (message and message.parse_error().gerror))
        if message.type == Gst.MessageType.EOS:
            train.emit('reset-to-base')
            asked = True
        else:
            structure = message.get_structure()
            messages.setdefault(structure.get_name(), set()).update(fields_of(structure))
        if asked and 'sstrain/reset' in messages:
            break
    pipeline.set_state(Gst.State.NULL)
    return messages, metas


def main():
    sections = read_sections(sys.argv[1])
    missing = []
    Gst.init(None)
    for name in ('sstracker', 'sstrain'):
        check_element(name, sections[name], missing)
    top = sys.argv[2]
    with open(os.path.join(top, 'README.md'), encoding='utf-8') as file:
        check_readme(file.read(), missing)
    pages = [os.path.join(top, 'README.md')] + glob.glob(os.path.join(top, 'docs', '*.md'))
    if sum(check_pipelines(page, missing) for page in pages) < 15:
        missing.append('most pipelines of the manual, or they were not found')
    messages, metas = run()
    missing += ['%s was not posted' % name for name in MESSAGES - set(messages)]
    for name, fields in messages.items():
        section = sections[name.split('/')[0]]
        missing += ['message %s' % name] * ('"%s"' % name not in section)
        missing += ['field %s of message %s' % (field, name) for field in fields if '"%s"' % field not in section]
    if not metas:
        missing.append('no metadata came')
    fields = set()
    for meta in metas:
        fields |= fields_of(meta)
        for target in meta.get_value('targets'):
            fields |= fields_of(target)
    missing += ['field %s of the metadata' % field for field in sorted(fields)
                if not re.search(r'(?<![\w-])%s(?![\w-])' % re.escape(field), sections['Metadata'])]
    for line in missing:
        print('not in the reference, or wrong: ' + line, file=sys.stderr)
    return 1 if missing else 0


if __name__ == '__main__':
    sys.exit(main())
