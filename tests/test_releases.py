#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: 2026 The sstracker authors
"""Check that a release says the same of itself everywhere.

usage: test_releases.py TOP VERSION [--write]

NEWS, debian/changelog and the man page are of the build's version. The packages'
lists of what the libraries export are tests/symbols.txt and what libgstsstrack's
headers declare, each function with the version that it came with; --write adds what
is new, and takes out what left.
"""
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


def main():
    top, version = sys.argv[1:3]
    wrong = ['%s is of %s, the build of %s' % (name, its, version)
             for name, its in versions(top).items() if its != version]
    for file_name, names in exported(top).items():
        old = read(top, 'debian', file_name)
        symbols = make_symbols(old, names, version)
        if symbols != old and '--write' in sys.argv[3:]:
            with open(os.path.join(top, 'debian', file_name), 'w', encoding='utf-8') as file:
                file.write(symbols)
        elif symbols != old:
            wrong.append('debian/%s lists other functions than the library exports: '
                         'tests/test_releases.py . %s --write mends it' % (file_name, version))
    for line in wrong:
        print(line, file=sys.stderr)
    return 1 if wrong else 0


if __name__ == '__main__':
    sys.exit(main())
