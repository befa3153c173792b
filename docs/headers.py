#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: 2026 The sstracker authors
"""Make web pages of the public headers, with Doxygen.

usage: headers.py TOP OUTPUT-FOLDER
       headers.py --filter HEADER

The headers are written to be read as they are: plain comments, each above what it is of,
or behind it. With --filter this is what Doxygen takes in their place: the same comments
with its marks. What Doxygen complains of is an error. No page runs a script.
"""
import glob
import os
import re
import subprocess
import sys

# Library: (where its headers are, how much of that is not named when they are included).
LIBRARIES = {'libsstrack': ('lib/include/sstrack', 'lib/include'),
             'libgstsstrack': ('gst-libs/gst/sstrack', 'gst-libs')}
CONFIG = '''
PROJECT_NAME = {name}
OUTPUT_DIRECTORY = "{output}"
HTML_OUTPUT = .
GENERATE_LATEX = NO
INPUT = "{input}"
INPUT_FILTER = "{filter}"
FILE_PATTERNS = *.h
STRIP_FROM_PATH = "{strip}"
STRIP_FROM_INC_PATH = "{strip}"
OPTIMIZE_OUTPUT_FOR_C = YES
TYPEDEF_HIDES_STRUCT = YES
JAVADOC_AUTOBRIEF = YES
EXTRACT_ALL = YES
SORT_MEMBER_DOCS = NO
MARKDOWN_SUPPORT = NO
MACRO_EXPANSION = YES
EXPAND_ONLY_PREDEF = YES
PREDEFINED = SST_API= GST_SS_TRACK_API= G_BEGIN_DECLS= G_END_DECLS= \\
  "G_DEFINE_AUTOPTR_CLEANUP_FUNC(a,b)="
SEARCHENGINE = NO
HTML_DYNAMIC_MENUS = NO
HTML_HEADER = "{output}/header.html"
HTML_TIMESTAMP = NO
HAVE_DOT = NO
CLASS_GRAPH = NO
SHOW_USED_FILES = NO
VERBATIM_HEADERS = YES
QUIET = YES
WARNINGS = YES
WARN_AS_ERROR = FAIL_ON_WARNINGS
'''
# Doxygen's own begins with scripts that it would need a library for.
HEADER = '''<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>$projectname: $title</title>
<link href="$relpath^tabs.css" rel="stylesheet">
<link href="$relpath^$stylesheet" rel="stylesheet">
</head>
<body>
<p><a href="$relpath^../../index.html">The manual</a></p>
<div id="top">
'''


def from_gtk_doc(text):
    """Marks of GTK-Doc, which the headers for introspection have, as Doxygen's."""
    text = re.sub(r'\A\w+:.*\n', '', text.lstrip('\n'))
    text = re.sub(r'^@(\w+): ?', r'@param \1 ', text, flags=re.M)
    text = re.sub(r'^Returns: ?', '@return ', text, flags=re.M)
    text = re.sub(r'@(?!param\b|return\b)(\w+)', r'@p \1', text)
    return re.sub(r'[%#](\w+)', r'\1', text)


def keep_layout(text):
    """Tables and programs, which are indented, as they are laid out."""
    return re.sub(r'^(?:  +.*\n)+', lambda lines: '@verbatim\n%s@endverbatim\n' % lines[0], text + '\n', flags=re.M)


def filter_header(text):
    is_first = True

    def change(match):
        nonlocal is_first
        before, inner = match[1], match[2]
        if 'SPDX-' in inner:
            return match[0]
        lines = re.sub(r'^ *\* ?', '', inner.lstrip('*'), flags=re.M)
        if before.strip():  # behind what it is of
            return '%s/**< %s */' % (before, re.sub(r'\s+', ' ', lines.strip()))
        marked = inner.startswith('*')
        lines = from_gtk_doc(lines) if marked else keep_layout(lines.strip())
        mark = ''
        if is_first and '#pragma once' not in text[:match.start()]:
            mark = '@mainpage\n' if lines.startswith('lib') else '@file\n'
        is_first = False
        return '%s/** %s%s*/' % (before, mark, lines)
    return re.sub(r'^([^\n]*?)/\*(.*?)\*/', change, text, flags=re.M | re.S)


def make(top, name, output):
    folder, strip = LIBRARIES[name]
    os.makedirs(output, exist_ok=True)
    with open(os.path.join(output, 'header.html'), 'w', encoding='utf-8') as file:
        file.write(HEADER)
    config = CONFIG.format(name=name, output=output, input=os.path.join(top, folder), strip=os.path.join(top, strip),
                           filter='%s %s --filter' % (sys.executable, os.path.abspath(__file__)))
    if subprocess.run(['doxygen', '-'], input=config, text=True).returncode != 0:
        sys.exit('headers.py: doxygen complains')
    for path in glob.glob(os.path.join(output, '*.js')) + [os.path.join(output, 'header.html')]:
        os.remove(path)


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    if sys.argv[1] == '--filter':
        with open(sys.argv[2], encoding='utf-8') as file:
            sys.stdout.write(filter_header(file.read()))
        return
    top, output = (os.path.abspath(path) for path in sys.argv[1:])
    for name in LIBRARIES:
        make(top, name, os.path.join(output, name))


if __name__ == '__main__':
    main()
