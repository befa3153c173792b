#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: 2026 The sstracker authors
"""Is the box on the right person in the street scene of the demo?

    street.py [--build BUILD] VIDEO MARKS

VIDEO is OpenCV's vtest.avi, which ./examples/demo.sh leaves in out/; MARKS says where people
are in it, by hand (street.txt). Each is followed by sstracker from its first box on. In a
marked frame it is

right    "tracking", with an IoU over 0.3
wrong    "tracking", with an IoU under 0.1, or where the person is not in the picture
silent   neither

Fails where one is wrong, or less than --right of the marks with a box are right. Skips without
the video.
"""
import argparse
import os
import sys

try:
    import jump
except (ImportError, ValueError):
    print('python3-gi with GStreamer is missing')
    sys.exit(77)

RATE = 10


def read_marks(path):
    """Of each target its first frame, its box, and (frame, box or None) of the marks."""
    targets = []
    with open(path) as lines:
        for line in map(str.strip, lines):
            words = line.split()
            if not words or line.startswith('#'):
                continue
            if words[0] == 'target':
                targets.append((int(words[1]), [float(value) for value in words[2].split(',')], []))
            else:
                box = [float(value) for value in words[1:]]
                targets[-1][2].append((int(words[0]), box if box else None))
    return targets


def judge(row, box):
    """Of what the element says of a marked frame."""
    if row is None or row[0] != 'tracking':
        return 'silent'
    iou = jump.overlap(row[1], box) if box else 0.0
    return 'right' if iou > 0.3 else 'wrong' if iou < 0.1 else 'silent'


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('video')
    parser.add_argument('marks')
    parser.add_argument('--build', default='build')
    parser.add_argument('--right', type=float, default=0.6, help='share of the marks with a box')
    parser.add_argument('--set', action='append', default=['lost-timeout=60000000000'], metavar='NAME=VALUE')
    args = parser.parse_args()
    if not os.path.exists(args.video):
        print(f'no {args.video}: ./examples/demo.sh fetches it')
        sys.exit(77)
    jump.Gst.init(None)
    jump.Gst.Registry.get().scan_path(os.path.join(args.build, 'gst'))
    settings = [one.split('=', 1) for one in args.set]
    right = wrong = there = 0
    for first, box, marks in read_marks(args.marks):
        frames, size = jump.frames_of(args.video, first, marks[-1][0] - first + 1)
        rows, recovered = jump.follow(frames, size, box, settings, RATE)
        verdicts = [(frame, judge(rows[frame - first], truth), truth) for frame, truth in marks]
        print(f'from {first}, {recovered} recovered: '
              + ', '.join(f'{frame / RATE:g} s {what}' for frame, what, _ in verdicts), flush=True)
        right += sum(what == 'right' for _, what, _ in verdicts)
        wrong += sum(what == 'wrong' for _, what, _ in verdicts)
        there += sum(truth is not None for _, _, truth in verdicts)
    print(f'{right} of {there} right, {wrong} wrong')
    sys.exit(wrong > 0 or right < args.right * there)


if __name__ == '__main__':
    main()
