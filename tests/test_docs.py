#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: 2026 The sstracker authors
"""Check that what the manual points to is there.

usage: test_docs.py TOP

Links of the Markdown files lead to files, and to headings, that exist; every file of
docs/ is in the contents, docs/README.md; tests that they name ("test_jury (`a_sentence`)")
are in that program, and source files that the manuals name are there. The tests
of tests/README.md's table are in the files that it names.
"""
import glob
import os
import re
import sys


def read(path):
    with open(path, encoding='utf-8') as file:
        return file.read()


def anchors(path):
    """The names that headings have on the web page of a file."""
    text = re.sub(r'^```.*?^```', '', read(path), flags=re.M | re.S)
    names = set()
    for heading in re.findall(r'^#+ +(.*)$', text, re.M):
        heading = re.sub(r'\[([^]]*)\]\([^)]*\)', r'\1', heading)
        names.add(re.sub(r'[^\w\- ]', '', heading.lower()).replace(' ', '-'))
    return names


def links(path):
    """[(file, heading or '')], code left out."""
    text = re.sub(r'`[^`\n]*`|^    .*$', '', read(path), flags=re.M)
    for link in re.findall(r'\]\(([^)\s]+)\)', text):
        if not re.match(r'\w+:', link):
            yield link.partition('#')[::2]


def missing_tests(top):
    """What tests/README.md names (`file: test`, `another test`; ...) and is not there; how many it names."""
    missing, n = [], 0
    for cell in re.findall(r'\| (`\w+\.\w+: .*) \|$', read(os.path.join(top, 'tests', 'README.md')), re.M):
        for file, test in re.findall(r'`(?:(\w+\.\w+): )?([^`]+)`', cell):
            path = os.path.join(top, 'tests', file) if file else path
            n += 1
            if not os.path.exists(path) or test not in read(path):
                missing.append('%s is not in %s' % (test, path))
    return missing, n
def named_tests(path):
    """[(program, the test's name)], of the manuals' "test_PROGRAM (`name`, `name`: ...)"."""
    for program, names in re.findall(r'\b(test_\w+) \(([^)]*`[^)]*)\)', read(path)):
        for name in re.findall(r'`(\w+_\w+)`', names):
            yield program, name


def sources(top):
    """Ends of the paths of all files: "c", "b/c" and "a/b/c"."""
    ends = set()
    for place, folders, names in os.walk(top):
        folders[:] = [folder for folder in folders if not folder.startswith(('.', 'build', 'out'))]
        for name in names:
            parts = os.path.relpath(os.path.join(place, name), top).split(os.sep)
            ends.update('/'.join(parts[i:]) for i in range(len(parts)))
    return ends


def main():
    top = sys.argv[1]
    files = [os.path.join(top, name) for name in ('README.md', 'CONTRIBUTING.md', 'models/README.md', 'tests/README.md')]
    files += glob.glob(os.path.join(top, 'docs', '**', '*.md'), recursive=True)
    wrong, n_links = [], 0
    ends = sources(top)
    for path in files:
        if os.sep + 'lab' + os.sep not in path:
            wrong += ['%s names %s, which is not there' % (os.path.relpath(path, top), name)
                      for name in re.findall(r'`([\w./-]+\.(?:c|h|py|sh))`', read(path)) if name.removeprefix('./') not in ends]
        for target, heading in links(path):
            n_links += 1
            to = os.path.normpath(os.path.join(os.path.dirname(path), target)) if target else path
            if not os.path.exists(to):
                wrong.append('%s links to %s, which is not there' % (os.path.relpath(path, top), target))
            elif heading and to.endswith('.md') and heading not in anchors(to):
                wrong.append('%s links to #%s, which %s has not' % (
                    os.path.relpath(path, top), heading, os.path.relpath(to, top)))
        for program, name in named_tests(path):
            source = os.path.join(top, 'tests', program + '.c')
            if not os.path.exists(source) or not re.search(r'START_TEST \(%s\)' % name, read(source)):
                wrong.append('%s names the test %s of %s, which is not there' % (os.path.relpath(path, top), name, program))
    contents = os.path.join(top, 'docs', 'README.md')
    listed = {os.path.normpath(os.path.join(os.path.dirname(contents), target)) for target, _ in links(contents)}
    wrong += ['docs/README.md does not list %s' % os.path.relpath(path, top) for path in files
              if path.startswith(os.path.join(top, 'docs')) and path != contents and os.path.normpath(path) not in listed]
    missing, n_tests = missing_tests(top)
    wrong += missing
    if n_tests < 50:
        wrong.append('only %d tests were found' % n_tests)
    if n_links < 50:
        wrong.append('only %d links were found' % n_links)
    for line in wrong:
        print(line, file=sys.stderr)
    return 1 if wrong else 0


if __name__ == '__main__':
    sys.exit(main())
