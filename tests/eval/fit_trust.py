#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: 2026 The sstracker authors
"""Say what the box read off a carried mask adds, and fit the trust in it.

Each sequence DATA/<seq>/video.mp4 with groundtruth_rect.txt goes through
mask_box, once, from its first frame. As the tracker does not go on from the
mask's box there, every mixture of the two boxes can be judged from that.

    fit_trust.py BUILD/tests/eval/mask_box DATA [--frames 120] [--keep FOLDER]

Shown is the area under the success curve (mean over the sequences) of the
tracker's own box, and what mixtures add to it: a constant share, the shipped
trust, one fitted by folds (each sequence by a fit on the other four fifths), the
best share known; and the shipped and the fitted one in doubt alone. "Changes":
sequences whose true box changes aspect or size by 2 or more. Errors are standard
errors of the mean gain.

The fit is a logistic model of the traits (lib/mask/masker.c), by gradient on the
mean overlap of the mixed box, each sequence weighing the same. Its coefficients
on all sequences are printed last.
"""
import argparse
import glob
import os
import subprocess
import sys

import cv2
import numpy as np

cv2.setNumThreads(1)
SIDE = 480
SHIPPED = (0.08, 1.01, -0.77, -0.93, 0.93, 0.66, -0.52)
MAX_TRUST, DOUBT, EARLY, FOLDS = 0.9, 0.6, 3, 5
STEPS, RATE, DECAY = 400, 0.05, 1e-3


def read_truth(path):
    with open(path, encoding='utf-8') as lines:
        return np.array([[float(v) for v in line.replace(',', ' ').split()[:4]] for line in lines if line.strip()])


def run(program, folder, n_frames):
    """What mask_box says of a sequence, and the true boxes of the same frames."""
    video = cv2.VideoCapture(folder + '/video.mp4')
    truth = read_truth(folder + '/groundtruth_rect.txt')
    process, scale, n = None, 1.0, 0
    while n < min(n_frames, len(truth)):
        ok, frame = video.read()
        if not ok:
            break
        if process is None:
            height, width = frame.shape[:2]
            scale = min(1.0, SIDE / max(width, height))
            size = int(width * scale) // 2 * 2, int(height * scale) // 2 * 2
            factor = np.array([size[0] / width, size[1] / height] * 2)
            process = subprocess.Popen([program, '%dx%d' % size, ','.join('%.3f' % v for v in truth[0] * factor),
                                        'builtin'], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
            lines = []
        frame = cv2.cvtColor(cv2.resize(frame, size, interpolation=cv2.INTER_AREA), cv2.COLOR_BGR2YUV_I420)
        process.stdin.write(frame.tobytes())
        n += 1
    if process is None:
        sys.exit(f'{folder}: no frame')
    lines = process.communicate()[0].decode().split('\n')[:-1]
    if process.returncode or len(lines) != n - 1:
        sys.exit(f'{folder}: {len(lines)} lines of {n} frames')
    return np.hstack([truth[1:n] * factor, np.array([[float(v) for v in line.split()] for line in lines])])


def overlap(a, b):
    """IoU of boxes, rows of x y width height."""
    sides = np.minimum(a[..., :2] + a[..., 2:], b[..., :2] + b[..., 2:]) - np.maximum(a[..., :2], b[..., :2])
    common = np.prod(np.maximum(sides, 0), -1)
    return common / (np.prod(a[..., 2:], -1) + np.prod(b[..., 2:], -1) - common)


def between(a, b, share):
    """sst_mask_between()."""
    share = np.asarray(share)[..., None]
    middle = (1 - share) * (a[..., :2] + a[..., 2:] / 2) + share * (b[..., :2] + b[..., 2:] / 2)
    size = a[..., 2:] ** (1 - share) * b[..., 2:] ** share
    return np.concatenate([middle - size / 2, size], -1)


def auc(ious):
    return np.mean(ious[:, None] > np.linspace(0, 1, 21))


class Sequence:
    def __init__(self, name, rows):
        self.name, self.truth = name, rows[:, :4]
        self.ok = np.isfinite(self.truth).all(1) & (self.truth[:, 2:] > 0).all(1)
        self.own, self.confidence, self.has = rows[:, 4:8], rows[:, 8], rows[:, 9] > 0
        self.has[:EARLY] = False
        self.reading, self.traits = rows[:, 10:14], rows[:, 14:]
        aspect = self.truth[self.ok, 2] / self.truth[self.ok, 3]
        size = np.sqrt(np.prod(self.truth[self.ok, 2:], 1))
        self.changes = max(aspect.max() / aspect.min(), size.max() / size.min()) >= 2

    def overlap(self, share):
        share = np.where(self.has, share, 0)
        return overlap(between(self.own, self.reading, share), self.truth)[self.ok]

    def trust(self, weights):
        return np.minimum(1 / (1 + np.exp(-self.traits @ weights)), MAX_TRUST)

    def doubted(self, weights):
        return np.where(self.confidence < DOUBT, self.trust(weights), 0)

    def best(self):
        """The best share known, of eleven."""
        shares = np.linspace(0, 1, 11)
        each = [overlap(between(self.own, self.reading, np.full(len(self.own), s)), self.truth) for s in shares]
        return shares[np.nanargmax(np.where(np.isfinite(each), each, 0), 0)]


def fit(sequences):
    """Weights with the highest mean overlap (Adam; slopes by differences of the share)."""
    weights = np.zeros(sequences[0].traits.shape[1])
    use = [s.ok & s.has for s in sequences]
    own, reading, truth, traits = (np.concatenate([getattr(s, k)[u] for s, u in zip(sequences, use)])
                                   for k in ('own', 'reading', 'truth', 'traits'))
    each = np.concatenate([np.full(u.sum(), 1 / max(s.ok.sum(), 1)) for s, u in zip(sequences, use)]) / len(sequences)
    traits = np.clip(traits, -6, 6)
    m, v = np.zeros_like(weights), np.zeros_like(weights)
    for step in range(1, STEPS + 1):
        p = 1 / (1 + np.exp(-traits @ weights))
        slope = (overlap(between(own, reading, p + 0.02), truth) - overlap(between(own, reading, p - 0.02), truth)) / 0.04
        gradient = traits.T @ (each * slope * p * (1 - p)) - DECAY * np.r_[0, weights[1:]]
        m, v = 0.9 * m + 0.1 * gradient, 0.99 * v + 0.01 * gradient ** 2
        weights = weights + RATE * (m / (1 - 0.9 ** step)) / (np.sqrt(v / (1 - 0.99 ** step)) + 1e-8)
    return weights


def show(label, gains, groups):
    cells = []
    for chosen in groups:
        g = gains[chosen]
        cells.append(f'{g.mean():+.3f} ± {g.std(ddof=1) / np.sqrt(len(g)):.3f}')
    print(f'| {label} |', ' | '.join(cells), '|')


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('program', help='mask_box of the build')
    parser.add_argument('data')
    parser.add_argument('--frames', type=int, default=120)
    parser.add_argument('--keep', help='folder for what mask_box said; what lies there is not run again')
    a = parser.parse_args()
    sequences = []
    for path in sorted(glob.glob(glob.escape(a.data) + '/*/video.mp4')):
        name = os.path.basename(os.path.dirname(path))
        kept = f'{a.keep}/{name}.npy' if a.keep else ''
        rows = np.load(kept) if os.path.exists(kept) else run(a.program, os.path.dirname(path), a.frames)
        if kept and not os.path.exists(kept):
            os.makedirs(a.keep, exist_ok=True)
            np.save(kept, rows)
        sequences.append(Sequence(name, rows))
    if len(sequences) < FOLDS:
        sys.exit(f'too few sequences in {a.data}')
    first44 = set()
    if os.path.exists(a.data + '/first44.txt'):
        with open(a.data + '/first44.txt', encoding='utf-8') as lines:
            first44 = set(lines.read().split())
    changes = np.array([s.changes for s in sequences])
    new = np.array([s.name not in first44 for s in sequences])
    groups = [np.ones(len(sequences), bool), changes, ~changes, new]
    base = np.array([auc(s.overlap(0)) for s in sequences])
    folds = np.arange(len(sequences)) % FOLDS
    fitted = [fit([s for s, f in zip(sequences, folds) if f != k]) for k in range(FOLDS)]
    shipped = np.array(SHIPPED)

    print('| AUC | all (%d) | changes (%d) | keeps (%d) | not in first44.txt (%d) |\n|---|---:|---:|---:|---:|'
          % tuple(g.sum() for g in groups))
    print('| tracker |', ' | '.join(f'{base[g].mean():.3f}' for g in groups), '|')
    for label, share in (('0.4 of the mask\'s box', lambda s, k: 0.4), ('mask\'s box', lambda s, k: 1.0),
                         ('shipped trust', lambda s, k: s.trust(shipped)),
                         ('trust by folds', lambda s, k: s.trust(fitted[k])),
                         ('shipped, in doubt alone', lambda s, k: s.doubted(shipped)),
                         ('by folds, in doubt alone', lambda s, k: s.doubted(fitted[k])),
                         ('best share known', lambda s, k: s.best())):
        show(label, np.array([auc(s.overlap(share(s, k))) for s, k in zip(sequences, folds)]) - base, groups)
    print('\nfitted on all:', ', '.join(f'{w:.2f}' for w in fit(sequences)))


if __name__ == '__main__':
    main()
