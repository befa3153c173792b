#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: 2026 The sstracker authors
"""Click on the true centre of things, and say how well the box that is selected fits.

DATA/<seq>/video.* with DATA/<seq>/groundtruth_rect.txt (x,y,width,height a frame) or
DATA/<seq>/masks/*.png, of which the bounds count. Several DATA may be given: what goes by
the name of davis_NAME in one and NAME in another is one thing, to the folds.

    click.py BUILD/tests/eval/click DATA... [--frames 1] [--fit]

selected  mean IoU of the box with the true one, of clicks in first frames
square    the same of a square of the best fixed size (a share of the picture's
          height), chosen on these very frames

With --fit, instead of "selected":

best      the best of the things that it chooses from
folds     the choice fitted on four fifths of the things and tried on the last: what
          to expect of things that it was not fitted on
fitted    coefficients, by all, for lib/track/select.c

With --frames N so many frames of each sequence are fitted on; only first ones are judged.
"""
import argparse
import glob
import math
import os
import subprocess
import sys

import cv2
import numpy as np

from vos import bounds, read_masks

cv2.setNumThreads(1)
FOLDS = 5
DECAY, RATE, STEPS = 0.003, 0.05, 250     # of the fit


def iou(a, b):
    width = min(a[0] + a[2], b[0] + b[2]) - max(a[0], b[0])
    height = min(a[1] + a[3], b[1] + b[3]) - max(a[1], b[1])
    both = max(width, 0) * max(height, 0)
    return both / max(a[2] * a[3] + b[2] * b[3] - both, 1e-9)


def read_boxes(folder):
    path = folder + '/groundtruth_rect.txt'
    if not os.path.exists(path):
        return [list(map(float, bounds(m))) if m.any() else [math.nan] * 4 for m in read_masks(folder + '/masks')]
    with open(path, encoding='ascii') as file:
        return [[float(v) for v in line.replace('\t', ',').split(',')] for line in file if line.strip()]


def read_frame(video, index):
    """A frame as I420, its sides even; None where there is no such one."""
    capture = cv2.VideoCapture(video)
    for _ in range(index + 1):
        if not capture.grab():
            return None
    frame = capture.retrieve()[1]
    height, width = (side - side % 2 for side in frame.shape[:2])
    frame = np.ascontiguousarray(frame[:height, :width])
    return width, height, cv2.cvtColor(frame, cv2.COLOR_BGR2YUV_I420).tobytes()


def click(a, folder, index, box):
    """The box that is selected; or with --fit all it is chosen from, and their traits."""
    frame = read_frame(glob.glob(glob.escape(folder) + '/video.*')[0], index)
    x, y = box[0] + box[2] / 2, box[1] + box[3] / 2
    if frame is None or not (0 <= x < frame[0] and 0 <= y < frame[1]):
        return None
    done = subprocess.run([a.program, f'{frame[0]}x{frame[1]}', f'{x},{y}', a.model] + ['list'] * a.fit,
                          input=frame[2], capture_output=True, check=False)
    if done.returncode:
        sys.exit(done.stderr.decode())
    rows = [[float(v) for v in line.split()] for line in done.stdout.decode().splitlines()]
    return {'name': os.path.basename(folder).replace('davis_', ''), 'first': index == 0, 'height': frame[1],
            'truth': box, 'boxes': [row[:4] for row in rows], 'traits': np.array([row[4:] for row in rows]),
            'ms': float(done.stderr)}


def gather(a):
    clicks = []
    for data in a.data:
        for folder in sorted(glob.glob(glob.escape(data) + '/*')):
            if not glob.glob(glob.escape(folder) + '/video.*'):
                continue
            boxes = read_boxes(folder)
            for k in range(a.frames):
                index = min(int(k * len(boxes) / a.frames), 150 * k)
                if boxes[index][2] >= 4 and boxes[index][3] >= 4:
                    clicks.append(click(a, folder, index, boxes[index]))
    return [c for c in clicks if c is not None]


def square(clicks, share):
    overlaps = []
    for c in clicks:
        side, (x, y, width, height) = share * c['height'], c['truth']
        overlaps.append(iou([x + width / 2 - side / 2, y + height / 2 - side / 2, side, side], c['truth']))
    return np.mean(overlaps)


def fit(clicks):
    """Coefficients of a softmax over the things of a click, for the most expected overlap."""
    most = max(len(c['boxes']) for c in clicks)
    every = np.concatenate([c['traits'] for c in clicks])
    mean, scale = every.mean(0), every.std(0) + 1e-6
    x = np.zeros((len(clicks), most, every.shape[1]))
    y, there = np.zeros(x.shape[:2]), np.zeros(x.shape[:2], bool)
    for i, c in enumerate(clicks):
        n = len(c['boxes'])
        x[i, :n], y[i, :n], there[i, :n] = (c['traits'] - mean) / scale, [iou(b, c['truth']) for b in c['boxes']], True
    weights, first, second = (np.zeros(x.shape[2]) for _ in range(3))
    for step in range(1, STEPS + 1):            # Adam
        z = np.where(there, x @ weights, -np.inf)
        p = np.exp(z - z.max(1, keepdims=True))
        p /= p.sum(1, keepdims=True)
        gain = y - (p * y).sum(1, keepdims=True)
        gradient = ((p * gain)[:, :, None] * x).sum((0, 1)) / len(clicks) - DECAY * weights
        first, second = 0.9 * first + 0.1 * gradient, 0.99 * second + 0.01 * gradient ** 2
        weights += RATE * first / (1 - 0.9 ** step) / (np.sqrt(second / (1 - 0.99 ** step)) + 1e-8)
    return weights / scale


def chosen(c, weights):
    return iou(c['boxes'][int(np.argmax(c['traits'] @ weights))], c['truth'])


def judge_by_folds(clicks):
    names = sorted({c['name'] for c in clicks})
    overlaps = []
    for seed in range(4):
        order = np.random.RandomState(seed).permutation(len(names))
        fold_of = {names[k]: i % FOLDS for i, k in enumerate(order)}
        for fold in range(FOLDS):
            weights = fit([c for c in clicks if fold_of[c['name']] != fold])
            overlaps += [chosen(c, weights) for c in clicks if fold_of[c['name']] == fold and c['first']]
    return np.mean(overlaps)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('program', help='click of the build')
    parser.add_argument('data', nargs='+')
    parser.add_argument('--model', default='builtin', help='weights file')
    parser.add_argument('--frames', type=int, default=1, help='frames of each sequence')
    parser.add_argument('--fit', action='store_true')
    a = parser.parse_args()
    clicks = gather(a)
    first = [c for c in clicks if c['first']]
    if not first:
        sys.exit('no sequences')
    share = max(np.arange(0.05, 0.6, 0.01), key=lambda s: square(first, s))
    print(f'clicks    {len(first)}, {np.mean([c["ms"] for c in clicks]):.0f} ms each')
    print(f'square    {square(first, share):.3f} ({share:.2f} of the height)')
    if a.fit:
        print(f'best      {np.mean([max(iou(b, c["truth"]) for b in c["boxes"]) for c in first]):.3f}')
        print(f'folds     {judge_by_folds(clicks):.3f}')
        print('fitted   ', ', '.join(f'{w:.2f}f' for w in fit(clicks)))
    else:
        print(f'selected  {np.mean([iou(c["boxes"][0], c["truth"]) for c in first]):.3f}')


if __name__ == '__main__':
    main()
