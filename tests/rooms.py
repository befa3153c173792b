#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: 2026 The sstracker authors
"""Check the rooms of the library: who may include whom.

usage: rooms.py TOP [--list]

Every file under lib/ belongs to one room, its folder. A public header lies in
lib/include/sstrack and belongs to the room of PUBLIC. An include from one room
into another is an arrow, and arrows point down the list ROOMS alone, and only
where it says so. gst/ (the elements) sees public headers only; gst/train (the
command) may look into the rooms. Within a room, and
within gst/, no modules go round in a circle, a module being a header, the source of its
name, and its header for insiders (_private). An element's source goes with the latter
alone (gst...private.h): the other one is its face.

Two rooms give no two things one name: neither files nor types.

--list prints the arrows that there are.
"""
import os
import re
import sys

# From the bottom up: a room, and those that it may include.
ROOMS = {
    'base': '',
    'picture': 'base',
    'nn': 'base',
    'model': 'base picture nn',
    'mask': 'base picture nn model',
    'track': 'base picture nn model mask',
    'footage': 'base picture model track',
    'fit': 'base picture nn model footage',
    'stream': 'base picture model track footage fit',
}
PUBLIC = {
    'api': 'base', 'box': 'base', 'time': 'base', 'pace': 'base',
    'frame': 'picture', 'tone': 'picture', 'motion': 'picture',
    'model': 'model', 'weights': 'model',
    'mask': 'mask', 'points': 'mask',
    'album': 'track', 'select': 'track', 'tracker': 'track', 'targets': 'track',
    'learn': 'stream', 'learner': 'stream',
    'sstrack': None,    # all of them; no file of the library includes it
}
INCLUDE = re.compile(r'^\s*#\s*include\s*(?:<sstrack/(\w+)\.h>|"([^"]+)")', re.M)


def sources(top, folder):
    for place, folders, names in os.walk(os.path.join(top, folder)):
        folders.sort()
        for name in sorted(names):
            if name.endswith(('.c', '.h')):
                yield os.path.relpath(os.path.join(place, name), top)


def includes(top, path):
    """Names of what a file includes: (public header, None) or (None, other)."""
    with open(os.path.join(top, path), encoding='utf-8') as file:
        return INCLUDE.findall(file.read())


def room_of(path):
    folder, name = path.split('/')[1:-1], os.path.basename(path)
    if folder == ['include', 'sstrack']:
        return PUBLIC.get(os.path.splitext(name)[0])
    return folder[0]


def unit_of(room, stem):
    """A module: a header, the source of its name, and the header for insiders."""
    return f'{room}/' + stem.removesuffix('_private')


def circle(arrows):
    """A path that comes back to its start, or None."""
    done, way = set(), []

    def visit(at):
        if at in way:
            return way[way.index(at):] + [at]
        if at in done:
            return None
        way.append(at)
        for to in sorted(arrows.get(at, ())):
            found = visit(to)
            if found:
                return found
        done.add(way.pop())
        return None

    for at in sorted(arrows):
        found = visit(at)
        if found:
            return found
    return None


def same_names(top):
    """What is wrong: (sorted) lines about headers and types that two rooms call the same."""
    places = {}
    for path in sources(top, 'lib'):
        if not path.endswith('.h'):
            continue
        places.setdefault(os.path.basename(path), set()).add(path)
        with open(os.path.join(top, path), encoding='utf-8') as file:
            for name in re.findall(r'^\} (Sst\w+);', file.read(), re.M):
                places.setdefault(name, set()).add(path)
    return [f'one name for two things: {name}, in ' + ' and '.join(sorted(paths))
            for name, paths in sorted(places.items()) if len(paths) > 1]


def check(top):
    wrong, between, inside = [], {}, {}
    order = list(ROOMS)

    for room, allowed in ROOMS.items():
        for other in allowed.split():
            if order.index(other) >= order.index(room):
                wrong.append(f'the table lets {room} include {other}, which is not below it')

    wrong += same_names(top)
    for path in sources(top, 'lib'):
        public = path.startswith('lib/include/')
        stem = os.path.splitext(os.path.basename(path))[0]
        if public and stem not in PUBLIC:
            wrong.append(f'{path}: not in the table of public headers')
            continue
        room = room_of(path)
        if not public and room not in ROOMS:
            wrong.append(f'{path}: {room} is no room')
            continue
        for header, own in includes(top, path):
            if header:
                if header not in PUBLIC:
                    wrong.append(f'{path}: no public header <sstrack/{header}.h>')
                    continue
                other, target = PUBLIC[header], header
                if other is None and room is not None:
                    wrong.append(f'{path}: includes <sstrack/{header}.h>')
                    continue
            elif '/' not in own:
                continue        # made by the build
            else:
                other, target = own.split('/')[0], os.path.splitext(own)[0]
                if public:
                    wrong.append(f'{path}: a public header includes "{own}"')
                if not os.path.exists(os.path.join(top, 'lib', own)):
                    wrong.append(f'{path}: no file "{own}"')
            if room is None:
                continue
            if other == room:
                one, two = unit_of(room, stem), unit_of(room, os.path.basename(target))
                if one != two:
                    inside.setdefault(one, set()).add(two)
            else:
                between.setdefault((room, other), []).append(path)

    for (room, other), paths in sorted(between.items()):
        if other not in ROOMS[room].split():
            wrong += [f'{path}: {room} may not include {other}' for path in paths]
    found = circle(inside)
    if found:
        wrong.append('a circle: ' + ' -> '.join(found))

    elements = {}
    for path in sources(top, 'gst'):
        folder, name = os.path.split(path)
        stem, extension = os.path.splitext(name)
        if extension == '.c' and os.path.exists(os.path.join(top, folder, stem + 'private.h')):
            stem += 'private'
        one = unit_of(folder, stem)
        for header, own in includes(top, path):
            two = unit_of(folder, os.path.splitext(own)[0])
            if os.path.exists(os.path.join(top, folder, own)) and one != two:
                elements.setdefault(one, set()).add(two)
            if not path.startswith('gst/train/') and own.split('/')[0] in ROOMS:
                wrong.append(f'{path}: an element includes "{own}", which is not public')
    found = circle(elements)
    if found:
        wrong.append('a circle: ' + ' -> '.join(found))
    return wrong, between


def main():
    top = sys.argv[1] if len(sys.argv) > 1 else os.path.join(os.path.dirname(__file__), '..')
    wrong, between = check(top)
    if '--list' in sys.argv[2:]:
        for (room, other), paths in sorted(between.items(), key=lambda row: list(ROOMS).index(row[0][0])):
            print(f'{room} -> {other} ({len(paths)})')
    for line in wrong:
        print(line, file=sys.stderr)
    return 1 if wrong else 0


if __name__ == '__main__':
    sys.exit(main())
