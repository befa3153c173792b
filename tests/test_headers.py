#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: 2026 The sstracker authors
"""Check that the pages of the headers have what the headers have.

usage: test_headers.py TOP

Each function that the libraries export is on a page, with what its comment says, and no
page asks for a script. Skips (77) where Doxygen is missing.
"""
import glob
import html
import os
import re
import shutil
import sys
import tempfile

TOP = sys.argv[1]
sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(TOP, 'docs'))
import headers  # noqa: E402


def read(path):
    with open(path, encoding='utf-8') as file:
        return file.read()


def words(text):
    return re.sub(r'\W+', ' ', text)


def main():
    wrong = []
    example = headers.filter_header(
        '/* SPDX-x */\n\n/* Box: what it is.\n *\n *   a   table */\n#pragma once\n\n/* Says. */\n'
        'int f (int a);\nint x; /* its\n * place */\n/**\n * g:\n * @a: of %NULL\n *\n * Returns: @a\n */\nint g (int a);\n')
    for part in ('/* SPDX-x */', '/** @file\nBox: what it is.', '@verbatim\n  a   table\n@endverbatim', '/** Says.',
                 'int x; /**< its place */', '@param a of NULL', '@return @p a'):
        if part not in example:
            wrong.append('the filter makes no "%s": %s' % (part, example))
    if shutil.which('doxygen') is None:
        print('skipped: doxygen is missing')
        return 1 if wrong else 77

    with tempfile.TemporaryDirectory() as output:
        for name, (folder, _) in headers.LIBRARIES.items():
            headers.make(TOP, name, os.path.join(output, name))
            pages = {path: read(path) for path in glob.glob(os.path.join(output, name, '*.html'))}
            said = words(html.unescape(re.sub(r'<[^>]*>', ' ', ' '.join(
                text for path, text in pages.items() if 'source' not in path))))
            wrong += ['%s asks for a script' % path for path, text in pages.items() if re.search(r'<script\b[^>]*src', text)]
            n_functions = 0
            for header in glob.glob(os.path.join(TOP, folder, '*.h')):
                functions = re.findall(r'^(?:SST_API|GST_SS_TRACK_API) [^;(]*?(\w+) ?\(', read(header), re.M)
                n_functions += len(functions)
                wrong += ['%s is on no page' % function for function in functions if ' %s ' % function not in said]
                comment = re.findall(r'/\*(.*?)\*/', read(header), re.S)[1]
                sentence = words(re.sub(r'^ \* ?', '', comment, flags=re.M).split('.')[0]).strip()
                if not sentence or sentence.startswith('Gst'):
                    continue
                if sentence not in said:
                    wrong.append('%s: "%s" is on no page' % (os.path.basename(header), sentence))
            if n_functions < 15:
                wrong.append('only %d functions of %s were found' % (n_functions, name))
    for line in wrong:
        print(line, file=sys.stderr)
    return 1 if wrong else 0


if __name__ == '__main__':
    sys.exit(main())
