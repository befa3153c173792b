#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: 2026 The sstracker authors
"""Check that the man page of sstrack-train says what its --help says.

usage: test_manual.py PROGRAM MAN-PAGE [--write]

The options between the marks in the page are those of the program, in its words
and order. --write writes them anew.
"""
import os
import re
import subprocess
import sys

BEGIN = '.\\" options, as tests/test_manual.py --write makes them\n'
END = '.\\" end of the options\n'


def roff(text):
    return text.replace('\\', '\\e').replace('-', '\\-')


def options_of(program):
    """[(heading, [(option, text)])] as --help-all has them."""
    text = subprocess.run([program, '--help-all'], check=True, capture_output=True, text=True,
                          env=dict(os.environ, LC_ALL='C.UTF-8')).stdout
    groups = []
    for line in text.splitlines():
        option = re.match(r'  (-\w, )?(--[\w-]+\S*) +(.*)', line)
        if option:
            # what the machine that this runs on has
            said = re.sub(r'(?<=^Threads that work )\(.*', '(default: one for each processor)', option[3])
            said = re.sub(r'(?<=thinned out )\(.*', '(default: 6, or half of what the machine has)', said)
            groups[-1][1].append(((option[1] or '') + option[2], said))
        elif re.match(r'\S.*:$', line) and line != 'Usage:':
            groups.append((line.rstrip(':'), []))
    return groups


def make_options(program):
    lines = []
    for heading, options in options_of(program):
        lines.append('.SS %s' % roff(heading))
        for option, said in options:
            name, _, value = option.partition('=')
            lines += ['.TP', '\\fB%s\\fR%s' % (roff(name), '=\\fI%s\\fR' % roff(value) if value else ''), roff(said)]
    return '\n'.join(lines) + '\n'


def main():
    program, path = sys.argv[1:3]
    with open(path, encoding='utf-8') as file:
        head, rest = file.read().split(BEGIN)
    has, tail = rest.split(END)
    wanted = make_options(program)
    if '--write' in sys.argv[3:]:
        with open(path, 'w', encoding='utf-8') as file:
            file.write(head + BEGIN + wanted + END + tail)
    elif has != wanted:
        for line in sorted(set(has.splitlines()) ^ set(wanted.splitlines())):
            print('only in the %s: %s' % ('man page' if line in has else 'program', line), file=sys.stderr)
        print('the man page is not what --help-all says; tests/test_manual.py %s %s --write mends it' % (program, path),
              file=sys.stderr)
        return 1
    return 0


if __name__ == '__main__':
    sys.exit(main())
