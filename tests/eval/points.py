#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: 2026 The sstracker authors
"""Carry points through sequences whose masks are known, and say how many stay on the thing.

DATA as of vos.py. A grid over the true first box, of which the points count that lie
on the true first mask, goes through track_points, that is the library's tracker
with points, or the base line.

    points.py BUILD/tests/eval/track_points DATA [--how tracker|flow] [--first mask|box]

inside    share of the points that lie on the true mask, mean over frames
visible   share that the tracker calls visible
of these  share of those that lie on the true mask; "others": of the rest

Means over the frames of a sequence but the first, then over the sequences. That a
point lies on the thing does not say that it lies on the same place of it: for that
there is no truth here, but tests/test_points.c has some that is drawn.
"""
import argparse
import glob
import os
import subprocess
import sys
import tempfile

import numpy as np

from vos import bounds, read_masks, write_frames


def grid(mask, side):
    x, y, width, height = bounds(mask)
    places = [(x + (i + 0.5) * width / side, y + (j + 0.5) * height / side) for j in range(side) for i in range(side)]
    return [(u, v) for u, v in places if mask[int(v), int(u)]]


def is_inside(mask, x, y):
    return 0 <= x < mask.shape[1] and 0 <= y < mask.shape[0] and mask[int(y), int(x)]


def run(a, folder, scratch):
    """Points of all frames of a sequence, [frame, point, (x, y, likeness, visible)]."""
    truth = read_masks(folder + '/masks')
    points = grid(truth[0], a.grid)
    with open(f'{scratch}/first.gray', 'wb') as out:
        out.write((truth[0] * np.uint8(255)).tobytes())
    with open(f'{scratch}/frames.i420', 'wb') as out:
        width, height, n = write_frames(glob.glob(glob.escape(folder) + '/video.*')[0], out)
    if truth[0].shape != (height, width) or n != len(truth) or n < 2 or width % 2 or height % 2:
        sys.exit(f'{folder}: {n} frames of {width}x{height} do not go with its {len(truth)} masks')
    command = [a.program, f'{width}x{height}', ','.join(map(str, bounds(truth[0]))), a.how, a.model]
    command += [f'{scratch}/first.gray'] * (a.first == 'mask') + ['--'] + [f'{x:.2f},{y:.2f}' for x, y in points]
    with open(f'{scratch}/frames.i420', 'rb') as frames:
        done = subprocess.run(command, stdin=frames, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(done.stderr)
    return truth, np.array([line.split() for line in done.stdout.splitlines()], float).reshape(n, len(points), 4), \
        float(done.stderr)


def judge(truth, points):
    """inside, visible, inside of the visible ones and of the others."""
    rows = []
    for mask, now in zip(truth[1:], points[1:]):
        if not mask.any():
            continue
        inside = np.array([is_inside(mask, *point[:2]) for point in now])
        seen = now[:, 3] > 0
        rows.append((inside.mean(), seen.mean(), inside[seen].mean() if seen.any() else np.nan,
                     inside[~seen].mean() if not seen.all() else np.nan))
    rows = np.array(rows)
    return [np.nan if np.isnan(column).all() else np.nanmean(column) for column in rows.T]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('program', help='track_points of the build')
    parser.add_argument('data')
    parser.add_argument('--how', choices=('tracker', 'flow'), default='tracker')
    parser.add_argument('--first', choices=('mask', 'box'), default='box', help='what the first frame gives')
    parser.add_argument('--grid', type=int, default=8, help='rows and columns of points')
    parser.add_argument('--model', default='builtin', help='weights file')
    parser.add_argument('--only', help='sequences, separated by commas')
    a = parser.parse_args()
    seqs = [os.path.basename(os.path.dirname(path)) for path in sorted(glob.glob(glob.escape(a.data) + '/*/masks'))]
    if a.only:
        seqs = [seq for seq in seqs if seq in a.only.split(',')]
    if not seqs:
        sys.exit(f'no sequences in {a.data}')
    print(f'| {a.how}, first {a.first} | points | inside | visible | of these | of the others | ms a frame |\n'
          '|---|---:|---:|---:|---:|---:|---:|')
    rows = []
    for seq in seqs:
        with tempfile.TemporaryDirectory() as scratch:
            truth, points, time = run(a, f'{a.data}/{seq}', scratch)
        rows.append((*judge(truth, points), time))
        print(f'| {seq} | {points.shape[1]} |', ' | '.join(f'{v:.3f}' for v in rows[-1][:4]), f'| {time:.1f} |', flush=True)
    mean = np.nanmean(rows, 0)
    print(f'| **mean of {len(rows)}** | |', ' | '.join(f'{v:.3f}' for v in mean[:4]), f'| {mean[4]:.1f} |')


if __name__ == '__main__':
    main()
