#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: 2026 The sstracker authors
"""Carry masks through sequences whose masks are known, and say how well it went.

DATA/<seq>/video.* with DATA/<seq>/masks/*.png, one a frame, 255 where the object
is (the layout of DAVIS 2016). Each sequence goes through track_masks, that is
the library's tracker with masks on.

    vos.py BUILD/tests/eval/track_masks DATA [--first mask|box] [--how carry|move]

J      Jaccard index (IoU) of the two masks
F      F-measure of their contours: a pixel of a contour is right where the other
       contour is within 0.008 of the picture's diagonal, rounded up
J&F    mean of both

(Perazzi et al., "A Benchmark Dataset and Evaluation Methodology for Video Object
Segmentation", CVPR 2016). Means over the frames of a sequence but the first and
the last, then over the sequences. "move" is the base line: the first mask moves
and grows with the tracker's box.
"""
import argparse
import glob
import os
import subprocess
import sys
import tempfile

import cv2
import numpy as np

cv2.setNumThreads(1)
TOLERANCE = 0.008


def contour(mask):
    """Pixels of a mask's contour: where a right, lower or diagonal neighbour differs."""
    edge = np.zeros_like(mask)
    edge[:, :-1] |= mask[:, :-1] ^ mask[:, 1:]
    edge[:-1] |= mask[:-1] ^ mask[1:]
    edge[:-1, :-1] |= mask[:-1, :-1] ^ mask[1:, 1:]
    return edge


def jaccard(a, b):
    either = (a | b).sum()
    return (a & b).sum() / either if either else 1.0


def disk(radius):
    y, x = np.mgrid[-radius:radius + 1, -radius:radius + 1]
    return (x * x + y * y <= radius * radius).astype(np.uint8)


def boundary(a, b):
    """F-measure of the contours of two masks."""
    kernel = disk(int(np.ceil(TOLERANCE * np.hypot(*a.shape))))
    edge_a, edge_b = contour(a), contour(b)
    if not edge_a.any() or not edge_b.any():
        return float(edge_a.any() == edge_b.any())
    near_a, near_b = (cv2.dilate(e.astype(np.uint8), kernel) > 0 for e in (edge_a, edge_b))
    precision, recall = (edge_a & near_b).sum() / edge_a.sum(), (edge_b & near_a).sum() / edge_b.sum()
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0


def read_masks(folder):
    return [cv2.imread(path, cv2.IMREAD_GRAYSCALE) > 127 for path in sorted(glob.glob(glob.escape(folder) + '/*.png'))]


def write_frames(path, out):
    """Writes a video's frames as I420; returns width, height and their number."""
    video, n, size = cv2.VideoCapture(path), 0, (0, 0)
    while True:
        ok, frame = video.read()
        if not ok:
            return *size, n
        size = frame.shape[1], frame.shape[0]
        out.write(cv2.cvtColor(frame, cv2.COLOR_BGR2YUV_I420).tobytes())
        n += 1


def bounds(mask):
    y, x = np.where(mask)
    return x.min(), y.min(), x.max() + 1 - x.min(), y.max() + 1 - y.min()


def run(a, folder, scratch):
    """Masks of all frames of a sequence, and milliseconds a frame."""
    truth = read_masks(folder + '/masks')
    first = f'{scratch}/first.gray'
    with open(first, 'wb') as out:
        out.write((truth[0] * np.uint8(255)).tobytes())
    with open(f'{scratch}/frames.i420', 'wb') as out:
        width, height, n = write_frames(glob.glob(glob.escape(folder) + '/video.*')[0], out)
    if truth[0].shape != (height, width) or n != len(truth) or n < 3 or width % 2 or height % 2:
        sys.exit(f'{folder}: {n} frames of {width}x{height} do not go with its {len(truth)} masks')
    command = [a.program, f'{width}x{height}', ','.join(map(str, bounds(truth[0]))), a.how, a.model]
    with open(f'{scratch}/frames.i420', 'rb') as frames, open(f'{scratch}/masks', 'wb') as out:
        done = subprocess.run(command + [first] * (a.first == 'mask'), stdin=frames, stdout=out,
                              stderr=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        sys.exit(done.stderr)
    return truth, np.fromfile(f'{scratch}/masks', np.uint8).reshape(n, height, width) > 127, float(done.stderr)


def save(folder, seq, masks):
    os.makedirs(f'{folder}/{seq}', exist_ok=True)
    for i, mask in enumerate(masks):
        cv2.imwrite(f'{folder}/{seq}/{i:05d}.png', mask * np.uint8(255))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('program', help='track_masks of the build')
    parser.add_argument('data')
    parser.add_argument('--first', choices=('mask', 'box'), default='mask', help='what the first frame gives')
    parser.add_argument('--how', choices=('carry', 'move'), default='carry')
    parser.add_argument('--model', default='builtin', help='weights file')
    parser.add_argument('--only', help='sequences, separated by commas')
    parser.add_argument('--every', type=int, default=1, help='score every such frame (faster, less exact)')
    parser.add_argument('--save', help='folder for the masks as PNG')
    a = parser.parse_args()
    seqs = [os.path.basename(os.path.dirname(path)) for path in sorted(glob.glob(glob.escape(a.data) + '/*/masks'))]
    if a.only:
        seqs = [seq for seq in seqs if seq in a.only.split(',')]
    if not seqs:
        sys.exit(f'no sequences in {a.data}')
    print(f'| {a.how}, first {a.first} | J | F | J&F | first J | ms a frame |\n|---|---:|---:|---:|---:|---:|')
    rows = []
    for seq in seqs:
        with tempfile.TemporaryDirectory() as scratch:
            truth, masks, time = run(a, f'{a.data}/{seq}', scratch)
        if a.save:
            save(a.save, seq, masks)
        scored = range(1, len(truth) - 1, a.every)
        j = np.mean([jaccard(masks[i], truth[i]) for i in scored])
        f = np.mean([boundary(masks[i], truth[i]) for i in scored])
        rows.append((j, f, (j + f) / 2, jaccard(masks[0], truth[0]), time))
        print(f'| {seq} |', ' | '.join(f'{v:.3f}' for v in rows[-1][:4]), f'| {time:.1f} |', flush=True)
    print(f'| **mean of {len(rows)}** |', ' | '.join(f'{v:.3f}' for v in np.mean(rows, 0)[:4]),
          f'| {np.mean(rows, 0)[4]:.1f} |')


if __name__ == '__main__':
    main()
