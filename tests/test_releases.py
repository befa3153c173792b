#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: 2026 The sstracker authors
"""Check that a release says the same of itself everywhere.

usage: test_releases.py TOP VERSION [--write]

NEWS, debian/changelog and the man page are of the build's version. The packages'
list of the library's functions is tests/symbols.txt, each with the version that it
came with; --write adds what is new there, and takes out what left.
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


def make_symbols(top, version):
    """debian/libsstrack0.symbols as it should be."""
    old = read(top, 'debian', 'libsstrack0.symbols')
    since = dict(re.findall(r'^ (\w+)@Base (\S+)$', old, re.M))
    head = old.split('\n ')[0].rstrip('\n')
    return head + ''.join('\n %s@Base %s' % (name, since.get(name, version))
                          for name in read(top, 'tests', 'symbols.txt').split()) + '\n'


def main():
    top, version = sys.argv[1:3]
    wrong = ['%s is of %s, the build of %s' % (name, its, version)
             for name, its in versions(top).items() if its != version]
    symbols = make_symbols(top, version)
    if '--write' in sys.argv[3:]:
        with open(os.path.join(top, 'debian', 'libsstrack0.symbols'), 'w', encoding='utf-8') as file:
            file.write(symbols)
    elif symbols != read(top, 'debian', 'libsstrack0.symbols'):
        wrong.append('debian/libsstrack0.symbols lists other functions than tests/symbols.txt: '
                     'tests/test_releases.py . %s --write mends it' % version)
    for line in wrong:
        print(line, file=sys.stderr)
    return 1 if wrong else 0


if __name__ == '__main__':
    sys.exit(main())
