#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: 2026 The sstracker authors
"""Make the manual's web pages, with pandoc and Doxygen.

usage: pages.py TOP REFERENCE.md OUTPUT-FOLDER

The chapters and their order are those of docs/README.md, which becomes the first
page. What they link to besides, headers, examples and cards, is copied along; of the
public headers there are pages besides (headers.py). No page asks another machine for
anything.
"""
import os
import re
import shutil
import subprocess
import sys

sys.dont_write_bytecode = True
import headers  # noqa: E402

STYLE = '''body { max-width: 60em; margin: 0 auto; padding: 1em; font-family: sans-serif; line-height: 1.5; color: #222; }
nav { border-bottom: 1px solid #ccc; padding-bottom: .5em; margin-bottom: 1em; }
table { border-collapse: collapse; display: block; overflow-x: auto; } td, th { border: 1px solid #ccc; padding: .2em .5em; }
td { vertical-align: top; } th:empty { padding: 0; }
pre { background: #f4f4f4; padding: .6em; overflow-x: auto; } img { max-width: 100%; }
'''
LINK = re.compile(r'(?<=\]\()(?!\w+:|#)([^)#\s]+)(#[^)\s]*)?(?=\))')


def page_name(path, top):
    """The page of a Markdown file, given from TOP."""
    special = {'docs/README.md': 'index.html', 'README.md': 'readme.html', 'models/README.md': 'models.html'}
    name = os.path.relpath(path, top)
    return special.get(name) or re.sub(r'^docs/|/', lambda m: '' if m[0] != '/' else '-', name)[:-3] + '.html'


class Pages:
    def __init__(self, top, output):
        self.top, self.output = os.path.realpath(top), output
        self.waiting, self.made = [], set()

    def follow(self, source, link):
        """Where a link of a file leads from its page; what it leads to comes along."""
        target = os.path.realpath(os.path.join(os.path.dirname(source), link))
        name = os.path.relpath(target, self.top)
        if name.startswith('..') or not os.path.exists(target):
            sys.exit('%s links to %s, which is not there' % (os.path.relpath(source, self.top), link))
        if target.endswith('.md'):
            self.waiting.append(target)
            return page_name(target, self.top)
        if os.path.isdir(target):
            return link
        # what a browser would offer to save is shown as text
        copy = os.path.join('files', name.replace('/', '-'))
        if not name.endswith(('.jpg', '.svg', '.png')):
            copy += '.txt'
        os.makedirs(os.path.join(self.output, 'files'), exist_ok=True)
        shutil.copyfile(target, os.path.join(self.output, copy))
        return copy

    def make(self, source, title, neighbours, page=None):
        with open(source, encoding='utf-8') as file:
            text = file.read()
        text = LINK.sub(lambda m: self.follow(source, m[1]) + (m[2] or ''), text)
        heading = re.search(r'^# (.*)$', text, re.M)
        page = page or page_name(source, self.top)
        body = subprocess.run(['pandoc', '-f', 'gfm', '-t', 'html5'], input=text, capture_output=True, text=True,
                              check=True).stdout
        links = ' · '.join('<a href="%s">%s</a>' % (to, said) for said, to in neighbours)
        with open(os.path.join(self.output, page), 'w', encoding='utf-8') as file:
            file.write('<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
                       '<meta name="viewport" content="width=device-width">\n'
                       '<title>%s</title>\n<style>\n%s</style>\n</head>\n<body>\n<nav>%s</nav>\n%s</body>\n</html>\n'
                       % (title or heading[1], STYLE, links, body))
        self.made.add(source)


def main():
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    top, reference, output = sys.argv[1:]
    os.makedirs(output, exist_ok=True)
    pages = Pages(top, output)
    contents = os.path.join(pages.top, 'docs', 'README.md')
    with open(contents, encoding='utf-8') as file:
        chapters = [os.path.join(pages.top, 'docs', name) for name in re.findall(r'^\d+\. \[[^]]*\]\(([\w-]+\.md)\)',
                                                                                 file.read(), re.M)]
    home = [('The manual', 'index.html'), ('Reference of the elements', 'reference.html')]
    home += [(name, 'headers/%s/index.html' % name) for name in headers.LIBRARIES]
    pages.make(contents, 'sstracker: the manual', home[1:])
    for i, chapter in enumerate(chapters):
        around = [('← ' + os.path.basename(other)[:-3], page_name(other, pages.top)) for other in chapters[max(i - 1, 0):i]]
        around += [(os.path.basename(other)[:-3] + ' →', page_name(other, pages.top)) for other in chapters[i + 1:i + 2]]
        pages.make(chapter, None, home + around)
    pages.make(reference, 'Reference of the elements', home[:1] + home[2:], 'reference.html')
    for name in headers.LIBRARIES:
        headers.make(pages.top, name, os.path.join(output, 'headers', name))
    while pages.waiting:
        source = pages.waiting.pop()
        if source not in pages.made:
            pages.make(source, None, home)


if __name__ == '__main__':
    main()
