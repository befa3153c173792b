#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: 2026 The sstracker authors
"""Check that a release says the same of itself everywhere.

usage: test_releases.py TOP VERSION BUILD [--write]

NEWS, debian/changelog and the man page are of the build's version. The packages'
lists of what the libraries export are tests/symbols.txt and what libgstsstrack's
headers declare, each function with the version that it came with; --write adds what
is new, and takes out what left. What the build installs is in a package.
"""
import fnmatch
import glob
import json
import os
import re
import sys


def read(top, *names):
    with open(os.path.join(top, *names), encoding='utf-8') as file:
        return file.read()


def versions(top):
    """{file: the version that it is of}."""
    return {
        'NEWS': re.match(r'\S+ ([\d.]+)', read(top, 'NEWS'))[1],
        'debian/changelog': re.match(r'\S+ \(([\d.]+)-', read(top, 'debian', 'changelog'))[1],
        'docs/sstrack-train.1': re.search(r'^\.TH .*"sstracker ([\d.]+)"', read(top, 'docs', 'sstrack-train.1'), re.M)[1],
    }


def exported(top):
    """{file: names of the functions} of the libraries."""
    folder = os.path.join(top, 'gst-libs', 'gst', 'sstrack')
    headers = ''.join(read(folder, name) for name in sorted(os.listdir(folder)) if name.endswith('.h'))
    return {
        'libsstrack0.symbols': read(top, 'tests', 'symbols.txt').split(),
        'libgstsstrack0.symbols': sorted(re.findall(r'^GST_SS_TRACK_API [^(]*?(\w+) \(', headers, re.M)),
    }


def make_symbols(old, names, version):
    """What such a file should be."""
    since = dict(re.findall(r'^ (\w+)@Base (\S+)$', old, re.M))
    head = old.split('\n ')[0].rstrip('\n')
    return head + ''.join('\n %s@Base %s' % (name, since.get(name, version)) for name in names) + '\n'


def unpackaged(top, build):
    """Files that the build installs and no package takes."""
    patterns = []
    for path in glob.glob(os.path.join(top, 'debian', '*.install')):
        patterns += [line.split()[0] for line in read(path).splitlines()]
    with open(os.path.join(build, 'meson-info', 'intro-buildoptions.json'), encoding='utf-8') as file:
        prefix = next(option['value'] for option in json.load(file) if option['name'] == 'prefix')
    with open(os.path.join(build, 'meson-info', 'intro-installed.json'), encoding='utf-8') as file:
        installed = [os.path.join('usr', os.path.relpath(path, prefix)) for path in json.load(file).values()]
    # without a multiarch folder a pattern with one still counts
    patterns += [pattern.replace('lib/*/', 'lib*/') for pattern in patterns]
    return [path for path in installed
            if not any(fnmatch.fnmatch(path, pattern) or fnmatch.fnmatch(path, pattern + '/*') for pattern in patterns)]


def main():
    top, version, build = sys.argv[1:4]
    wrong = ['%s is of %s, the build of %s' % (name, its, version)
             for name, its in versions(top).items() if its != version]
    wrong += ['%s is in no package' % path for path in unpackaged(top, build)]
    for file_name, names in exported(top).items():
        old = read(top, 'debian', file_name)
        symbols = make_symbols(old, names, version)
        if symbols != old and '--write' in sys.argv[4:]:
            with open(os.path.join(top, 'debian', file_name), 'w', encoding='utf-8') as file:
                file.write(symbols)
        elif symbols != old:
            wrong.append('debian/%s lists other functions than the library exports: '
                         'tests/test_releases.py . %s BUILD --write mends it' % (file_name, version))
    for line in wrong:
        print(line, file=sys.stderr)
    return 1 if wrong else 0


if __name__ == '__main__':
    sys.exit(main())
