#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: 2026 The sstracker authors
"""Write the reference of the elements, in Markdown.

usage: reference.py TOP PLUGIN OUTPUT.md
       reference.py --check

What stands in it is said in one place: the comments of the elements' sources and
of the headers of the metadata (TOP/gst). What those need not say, types, ranges,
defaults, values and formats, the elements themselves are asked for. A property or
signal without a comment, or a comment without one, is an error.

--check only says whether this can run here: it takes python3-gi and
gir1.2-gstreamer-1.0.
"""
import os
import re
import sys

ELEMENTS = {'sstracker': 'GstSsTracker', 'sstrain': 'GstSsTrain'}
HEADERS = ['gstssmeta.h', 'gstsstrackmeta.h', 'gstsstarget.h', 'gstssmask.h', 'gstsspoints.h']


def check():
    try:
        import gi
        gi.require_version('Gst', '1.0')
        from gi.repository import Gst  # noqa: F401
    except (ImportError, ValueError) as error:
        sys.exit('no reference of the elements: %s' % error)


def read_comments(folder):
    """The comments for manuals: {first line: text}."""
    comments = {}
    for name in sorted(os.listdir(folder)):
        if name.endswith('.c'):
            with open(os.path.join(folder, name), encoding='utf-8') as file:
                for text in re.findall(r'^ */\*\*\n(.*?)^ *\*/', file.read(), re.M | re.S):
                    lines = [re.sub(r'^ *\* ?', '', line).rstrip() for line in text.splitlines()]
                    comments[lines[0].rstrip(':')] = '\n'.join(lines[1:]).strip('\n')
    return comments


def read_header(path):
    """The first comment of a header that is not its licence."""
    with open(path, encoding='utf-8') as file:
        text = re.findall(r'^/\*(.*?)\*/', file.read(), re.M | re.S)[1]
    return '\n'.join(re.sub(r'^ \* ?', '', line).rstrip() for line in text.strip().splitlines())


def to_markdown(text):
    """GTK-Doc's marks as Markdown's."""
    text = re.sub(r'^@(title|short_description): .*\n', '', text, flags=re.M)
    text = re.sub(r'#Gst\w+::?([a-z][\w-]*)', r'`\1`', text)
    text = re.sub(r'[#%](G\w+|NULL|TRUE|FALSE)', r'`\1`', text)
    text = re.sub(r'^\|\[\n(.*?)^\]\| *', lambda m: '\n' + ''.join(
        '    %s\n' % line for line in m.group(1).splitlines()) + '\n', text, flags=re.M | re.S)
    text = re.sub(r'^## ', '### ', text, flags=re.M)
    return text.strip()


def type_name(gtype):
    return gtype.name if gtype.name != 'void' else 'nothing'


def describe_values(element, spec):
    """Lines for the values of an enumeration or of flags, of which a property has one."""
    kind = type(element.get_property(spec.name))
    for values, nick, name in (('__enum_values__', 'value_nick', 'value_name'),
                               ('__flags_values__', 'first_value_nick', 'first_value_name')):
        if hasattr(kind, values):
            return ['- `%s`: %s' % (getattr(value, nick), getattr(value, name))
                    for _, value in sorted(getattr(kind, values).items())]
    return []


def describe_default(element, spec):
    value = element.get_property(spec.name)
    for kind, nick in (('enum_class', 'value_nick'), ('flags_class', 'value_nicks')):
        if getattr(spec, kind, None) is not None:
            nicks = getattr(value, nick)
            return nicks if kind == 'enum_class' else '+'.join(nicks) or 'nothing'
    if value is None:
        return 'unset'
    if isinstance(value, bool):
        return 'true' if value else 'false'
    return '%g' % value if isinstance(value, float) else str(value)


def describe_property(element, spec, text):
    from gi.repository import GObject, Gst
    facts = [type_name(spec.value_type)]
    if spec.flags & GObject.ParamFlags.WRITABLE:
        facts.append('default `%s`' % describe_default(element, spec))
        if hasattr(spec, 'minimum'):
            facts.append('%g to %g' % (spec.minimum, spec.maximum) if isinstance(spec.minimum, float)
                         else '%d to %d' % (spec.minimum, spec.maximum))
        flags = int(spec.flags)
        facts.append('may change while playing' if flags & int(Gst.PARAM_MUTABLE_PLAYING) else 'for NULL and READY')
        if flags & int(Gst.PARAM_CONTROLLABLE):
            facts.append('controllable')
    else:
        facts.append('read only')
    lines = ['### %s' % spec.name, '', '; '.join(facts), '', to_markdown(text), '']
    values = describe_values(element, spec)
    return lines + (values + [''] if values else [])


def describe_signal(query, name, text):
    """Arguments get their names from the comment; the first is the element."""
    arguments = re.findall(r'^@(\w+): (.*(?:\n(?!@|\n).*)*)', text, re.M)[1:]
    if len(arguments) != len(query.param_types):
        sys.exit('the comment of "%s" names %d arguments, it has %d' % (name, len(arguments), len(query.param_types)))
    lines = ['### %s (%s) → %s' % (name, ', '.join(argument for argument, _ in arguments),
                                   type_name(query.return_type)), '']
    lines += ['- `%s` (%s): %s' % (argument, type_name(gtype), ' '.join(said.split()))
              for (argument, said), gtype in zip(arguments, query.param_types)]
    rest = re.sub(r'^@\w+: .*(?:\n(?!@|\n).*)*\n?', '', text, flags=re.M)
    return lines + ([''] if arguments else []) + [to_markdown(rest), '']


def describe_element(name, class_name, comments):
    from gi.repository import GObject, Gst
    element = Gst.ElementFactory.make(name)
    if element is None:
        sys.exit('there is no element "%s"' % name)
    gtype = element.__gtype__
    specs = [spec for spec in element.list_properties() if spec.owner_type == gtype]
    signals = [signal for signal in GObject.signal_list_names(gtype)]
    said = {key for key in comments if key.startswith(class_name + ':')}
    wanted = {'%s:%s' % (class_name, spec.name) for spec in specs}
    wanted |= {'%s::%s' % (class_name, signal) for signal in signals}
    if said != wanted:
        sys.exit('comments and %s differ in: %s' % (name, ', '.join(sorted(said ^ wanted))))

    lines = ['# %s' % name, '', to_markdown(comments['SECTION:element-' + name]), '', '## Pads of %s' % name, '']
    for template in element.get_pad_template_list():
        lines += ['%s, %s:' % (template.name_template, template.presence.value_nick), '']
        lines += ['    ' + line for line in template.get_caps().to_string().split('; ')] + ['']
    lines += ['## Properties of %s' % name, '']
    for spec in specs:
        lines += describe_property(element, spec, comments['%s:%s' % (class_name, spec.name)])
    lines += ['## Signals of %s' % name, '', 'All are actions: emit them to have something done.', '']
    for signal in signals:
        query = GObject.signal_query(signal, gtype)
        lines += describe_signal(query, signal, comments['%s::%s' % (class_name, signal)])
    return lines


def main():
    if sys.argv[1:] == ['--check']:
        check()
        return
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    top, plugin, output = sys.argv[1:]
    check()
    from gi.repository import Gst
    Gst.init(None)
    if Gst.Plugin.load_file(plugin) is None:
        sys.exit('cannot load %s' % plugin)
    folder = os.path.join(top, 'gst')
    comments = read_comments(folder)
    lines = ['<!-- Made by docs/reference.py of the comments in gst/. -->', '']
    for name, class_name in ELEMENTS.items():
        lines += describe_element(name, class_name, comments)
    lines += ['# Metadata', '']
    for header in HEADERS:
        lines += ['    ' + line if line else '' for line in read_header(os.path.join(folder, header)).splitlines()]
        lines += ['', '<!-- -->', '']
    with open(output, 'w', encoding='utf-8') as file:
        file.write('\n'.join(lines).rstrip('\n') + '\n')


if __name__ == '__main__':
    main()
