#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: 2026 The sstracker authors
"""Draw how accuracy grows with training: AUC over the pairs seen.

MODELS is the work folder of sstrack-train --keep-every: it holds models
snapshot-N.sst, N pairs seen. Each runs over a list of sequences as by
evaluate.py, whose --help says what DATA holds and what the figures mean; a
sequence's results are in RESULTS/snapshot-N. What RESULTS already holds, and
is younger than the model, is not run again: an interrupted call can be
repeated, also while training goes on. Another build wants other RESULTS.

--run draws a level line of a run that is no snapshot, for example

    --run "random weights:model=random.sst" --run hand-made:model=none
"""
import argparse
import glob
import os
import re
import sys

sys.dont_write_bytecode = True  # leaves the source tree clean
import evaluate  # noqa: E402

HEADINGS = evaluate.HEADINGS


def parse_arguments():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument('models', help='folder of snapshot-N.sst')
    p.add_argument('data', help='folder of sequences')
    p.add_argument('results', help='folder for the results')
    p.add_argument('plot', metavar='FILE.svg|png', help='draw the curve there')
    p.add_argument('--list', metavar='FILE', help='names of the sequences (default: DATA/quick.txt)')
    p.add_argument('--run', metavar='NAME[:PROPERTY=VALUE,...]', type=evaluate.parse_run, action='append', default=[],
                   help='another run, drawn as a level line')
    p.add_argument('--set', metavar='PROPERTY=VALUE', type=evaluate.parse_set, action='append', default=[],
                   help="the element's properties, in all runs")
    p.add_argument('--jobs', type=int, default=1, help='sequences at a time, one core each')
    p.add_argument('--build', metavar='DIRECTORY', default=f'{evaluate.TOP}/build', help='take the element from there')
    p.add_argument('--installed', action='store_true', help='take the element that is installed')
    p.add_argument('--score-only', action='store_true', help='run nothing, draw what RESULTS holds')
    a = p.parse_args()
    a.list = a.list or f'{a.data}/quick.txt'
    if a.jobs < 1:
        p.error('--jobs starts at 1')
    a.format, a.peers, a.rounds, a.starts = 'NV12', [], 1, [0]  # as evaluate.py has them by default
    return a


def find_snapshots(folder):
    """{pairs seen: path}, fewest pairs first."""
    found = {}
    for path in glob.glob(glob.escape(folder) + '/snapshot-*.sst'):
        number = re.fullmatch(r'snapshot-(\d+)\.sst', os.path.basename(path))
        if number:
            found[int(number[1])] = path
    return dict(sorted(found.items()))


def is_done(a, run, seq, times):
    """Whether RESULTS holds this, from the model as it is now."""
    path = f'{a.results}/{run}/{seq}.jsonl'
    if seq not in times or not os.path.exists(path):
        return False
    models = [value for name, value in a.runs[run] if name == 'model' and os.path.exists(value)]
    return all(os.path.getmtime(path) >= os.path.getmtime(model) for model in models)


def run_missing(a, runs, seqs):
    """Runs what RESULTS lacks, a model after the other; the number of failures."""
    failed = 0
    for run, settings in runs.items():
        a.runs = {run: a.set + settings}
        times = evaluate.read_times(a.results, run)
        missing = [seq for seq in seqs if not is_done(a, run, seq, times)]
        if missing:
            print(f'{run}: {len(missing)} sequences', file=sys.stderr, flush=True)
            failed += evaluate.run_all(a, missing)
    return failed


def print_table(totals):
    print('| run | ' + ' | '.join(HEADINGS) + ' |')
    print('|---|' + '---:|' * len(HEADINGS))
    for heading, total in totals:
        print(f'| {heading} | ' + ' | '.join('%.3f' % total[key] for key in evaluate.FIGURES) + ' |')


def plot(points, levels, n_seqs, path):
    """AUC over pairs; levels are (name, AUC)."""
    pyplot = evaluate.load_pyplot()
    if pyplot is None:
        return
    figure, axes = pyplot.subplots(figsize=(6.4, 4.0), layout='constrained')
    axes.plot(*zip(*points), marker='o', markersize=4, linewidth=2, label='trained')
    for i, (name, auc) in enumerate(levels):
        axes.axhline(auc, color=f'C{i + 1}', linewidth=1.2, linestyle='--', label='%s  %.3f' % (name, auc))
    axes.set(xlabel='pairs seen in training', ylabel='AUC, mean of %d sequences' % n_seqs)
    axes.set_xlim(left=0)
    axes.xaxis.set_major_formatter(pyplot.matplotlib.ticker.EngFormatter())
    axes.grid(alpha=0.3)
    axes.legend(frameon=False)
    evaluate.save_figure(figure, path)


def main():
    a = parse_arguments()
    snapshots = find_snapshots(a.models)
    if not snapshots:
        evaluate.fail(f'no snapshot-N.sst in {a.models}')
    if not os.path.exists(a.list):
        evaluate.fail(f'no {a.list}; give --list')
    with open(a.list) as names:
        seqs = sorted(set(names.read().split()))
    absent = [seq for seq in seqs if not os.path.exists(f'{a.data}/{seq}/groundtruth_rect.txt')]
    if absent or not seqs:
        evaluate.fail(f'not in {a.data}: {", ".join(absent)}' if absent else f'{a.list} names no sequence')
    runs = {f'snapshot-{pairs}': [('model', path)] for pairs, path in snapshots.items()}
    others = dict(a.run)
    if len(others) < len(a.run) or set(others) & set(runs):
        evaluate.fail('two runs have one name')
    failed = 0 if a.score_only else run_missing(a, {**others, **runs}, seqs)

    # Means over different sequences would not compare.
    totals = {}
    for run in [*others, *runs]:
        rows = evaluate.score(a.data, a.results, run, seqs, a.starts)
        if len(rows) == len(seqs):
            totals[run] = evaluate.mean(rows.values())
        else:
            print(f'curve.py: {run}: {len(rows)} of {len(seqs)} sequences, left out', file=sys.stderr)
    points = [(pairs, totals[run]['auc']) for pairs, run in zip(snapshots, runs) if run in totals]
    if not points:
        evaluate.fail('nothing to draw')
    print_table([(name, totals[name]) for name in others if name in totals]
                + [(f'{pairs} pairs', totals[run]) for pairs, run in zip(snapshots, runs) if run in totals])
    plot(points, [(name, totals[name]['auc']) for name in others if name in totals], len(seqs), a.plot)
    if failed:
        evaluate.fail(f'{failed} runs of sequences failed')


if __name__ == '__main__':
    main()
