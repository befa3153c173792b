#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: 2026 The sstracker authors
"""Learn places from the first 60 % of their footage, and judge on the last 40 %.

usage: place.py [--build BUILD] [--out FOLDER] [--jobs N] [--args "OPTION ..."] FOLDER [PLACE...]
       place.py --read FOLDER

Runs tests/eval/place (place.c) for each place of PLACES, or of those that are named,
with its videos out of FOLDER, and keeps what it says as OUT/PLACE.txt; with --read
those files are only read. Prints, for each place, how many things were judged by
and the gain of the published model and of the weights in training (ungated) over
the base, mean and standard error over things; and all pooled: the mean over
places, with the standard error of that from those of the places.
"""
import argparse
import concurrent.futures
import glob
import math
import os
import shlex
import subprocess
import sys

# Fixed cameras; of several files of one camera all. Seconds as cut are in
# docs/lab/learning.md.
PLACES = {
    'highwaycam': ['place_highwaycam_*.mp4'],
    'motorwaybend': ['place_motorwaybend_01.mp4'],
    'carpark': ['place_campuscarpark_*.mp4'],
    'nightpath': ['place_nightpath_*.mp4'],
    'motorway': ['bgs_video02.mp4'],
    'ruralroad': ['bgs_video03.mp4'],
    'freeway': ['surv_motorwayhd_01.mp4'],
    'suburb': ['surv_suburbstreet_01.mp4'],
    'roadsigns': ['surv_roadsigns_01.mp4'],
    'flies': ['animal_fliesarena_01.mp4'],
    'crowd05': ['dlib_MOT20-05-raw_shorter.mp4'],
    'crowd06': ['dlib_MOT20-06-raw.mp4'],
    'crowd08': ['dlib_MOT20-08-raw.mp4'],
}
ASKED = ('track', 'know', 'embed')
MODELS = ('published', 'ungated')


def videos(folder, patterns):
    return [path for pattern in patterns for path in sorted(glob.glob(os.path.join(folder, pattern)))]


def run(program, options, paths, out):
    with open(out, 'w', encoding='utf-8') as file:
        return subprocess.run([program, *options, *paths], stdout=file, check=False).returncode


def read(path):
    """The scores of a place, by what is asked: rows of base, published, ungated."""
    scores = {asked: [] for asked in ASKED}
    notes = []
    with open(path, encoding='utf-8') as file:
        for line in file:
            words = line.rstrip('\n').split('\t')
            if words[0] in scores:
                scores[words[0]].append([float(word) for word in words[2:5]])
            elif line.startswith('# '):
                notes.append(line[2:].strip())
    return scores, notes


def mean_error(values):
    """Mean and its standard error; infinite for one value."""
    mean = sum(values) / len(values)
    if len(values) < 2:
        return mean, math.inf
    variance = sum((value - mean) ** 2 for value in values) / (len(values) - 1)
    return mean, math.sqrt(variance / len(values))


def gain(rows, model):
    """Of published (0) or ungated (1) over the base, with its standard error."""
    return mean_error([row[1 + model] - row[0] for row in rows])


def pool(gains):
    """The mean of independent means, with the standard error of that."""
    mean = sum(value for value, _ in gains) / len(gains)
    return mean, math.sqrt(sum(error ** 2 for _, error in gains)) / len(gains)


def report(results, out=sys.stdout):
    gains = {}
    for name, scores in sorted(results.items()):
        for asked in ASKED:
            rows = scores[asked]
            if not rows:
                continue
            line = f'{name:14} {asked:6} {len(rows):4} things, base {mean_error([row[0] for row in rows])[0]:.3f}'
            for number, model in enumerate(MODELS):
                value, error = gain(rows, number)
                gains.setdefault((asked, model), []).append((value, error))
                line += f', {model} {value:+.3f} ± {error:.3f}'
            print(line, file=out)
    for (asked, model), values in gains.items():
        finite = [value for value in values if math.isfinite(value[1])]
        if finite:
            value, error = pool(finite)
            print(f'{"all":14} {asked:6} {len(finite):4} places, {model} {value:+.3f} ± {error:.3f}', file=out)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split('\n', maxsplit=1)[0])
    parser.add_argument('folder')
    parser.add_argument('places', nargs='*', metavar='PLACE')
    parser.add_argument('--build', default='build')
    parser.add_argument('--out', default='out/places')
    parser.add_argument('--jobs', type=int, default=1)
    parser.add_argument('--args', default='')
    parser.add_argument('--read', action='store_true')
    args = parser.parse_args()
    if args.read:
        args.out = args.folder
        names = [os.path.splitext(name)[0] for name in os.listdir(args.out) if name.endswith('.txt')]
    else:
        names = args.places or list(PLACES)
        program = os.path.join(args.build, 'tests', 'eval', 'place')
        os.makedirs(args.out, exist_ok=True)
        with concurrent.futures.ThreadPoolExecutor(args.jobs) as jobs:
            done = [jobs.submit(run, program, shlex.split(args.args), videos(args.folder, PLACES[name]),
                                os.path.join(args.out, name + '.txt')) for name in names]
        for name, job in zip(names, done):
            if job.result() != 0:
                sys.exit(f'place.py: {name} failed')
    results = {}
    for name in names:
        results[name], notes = read(os.path.join(args.out, name + '.txt'))
        for note in notes:
            print(f'{name}: {note}')
    report(results)


if __name__ == '__main__':
    main()
