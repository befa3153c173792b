#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: 2026 The sstracker authors
"""Check what the shared library and the plugin export.

usage: symbols.py TOP LIBRARY PLUGIN [--write]

The library exports the functions that its public headers mark with SST_API, all
of them and no others, and they are those of tests/symbols.txt: a function that
leaves the list breaks programs that use it. --write writes that list anew. Where one
takes an object, its source asks whether it is NULL. The plugin exports the entry that GStreamer looks for, and nothing else.
"""
import glob
import os
import re
import subprocess
import sys

ENTRY = {'gst_plugin_sstracker_get_desc', 'gst_plugin_sstracker_register'}


def exported(path):
    nm = os.environ.get('NM', 'nm')
    text = subprocess.run([nm, '-D', '--defined-only', path], check=True, capture_output=True, text=True).stdout
    # what starts with an underscore is the linker's, or a sanitizer's
    return {name for name in (line.split()[-1] for line in text.splitlines()) if not name.startswith('_')}


def declared(top):
    names = set()
    for path in glob.glob(os.path.join(top, 'lib/include/sstrack/*.h')):
        with open(path, encoding='utf-8') as file:
            names.update(re.findall(r'^SST_API [^(;]*?(\w+) \(', file.read(), re.M))
    return names


def unguarded(top):
    """Functions whose first argument is an object, that neither ask nor may get NULL."""
    sources = ''
    for path in glob.glob(os.path.join(top, 'lib/*/*.c')):
        with open(path, encoding='utf-8') as file:
            sources += file.read()
    for path in sorted(glob.glob(os.path.join(top, 'lib/include/sstrack/*.h'))):
        with open(path, encoding='utf-8') as file:
            text = file.read()
        for name, argument in re.findall(r'^SST_API [^(;]*?(\w+) \((?:const )?Sst\w+ \* ?(\w+)', text, re.M):
            body = re.search(r'^%s \(.*?^}' % name, sources, re.M | re.S)
            if not name.endswith(('_new', '_unref')) and f'{argument} != NULL' not in body.group() \
                    and f'{argument} == NULL' not in body.group():
                yield name


def main():
    top, library, plugin = sys.argv[1:4]
    path = os.path.join(top, 'tests', 'symbols.txt')
    has = exported(library)
    if '--write' in sys.argv[4:]:
        with open(path, 'w', encoding='utf-8') as file:
            file.writelines(name + '\n' for name in sorted(has))
    with open(path, encoding='utf-8') as file:
        listed = set(file.read().split())
    wrong = [f'exported, and in no public header: {name}' for name in sorted(has - declared(top))]
    wrong += [f'in a public header, and not exported: {name}' for name in sorted(declared(top) - has)]
    wrong += [f'exported, and not in tests/symbols.txt: {name}' for name in sorted(has - listed)]
    wrong += [f'in tests/symbols.txt, and not exported: {name}' for name in sorted(listed - has)]
    wrong += [f'does not ask whether its object is NULL: {name}' for name in unguarded(top)]
    wrong += [f'exported by the plugin: {name}' for name in sorted(exported(plugin) - ENTRY)]
    wrong += [f'not exported by the plugin: {name}' for name in sorted(ENTRY - exported(plugin))]
    for line in wrong:
        print(line, file=sys.stderr)
    return 1 if wrong else 0


if __name__ == '__main__':
    sys.exit(main())
