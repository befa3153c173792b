#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: 2026 The sstracker authors
"""Run sstracker over sequences with known boxes, and say how well it did.

DATA/<seq>/groundtruth_rect.txt holds "x,y,w,h" for every frame of
DATA/<seq>/video.* or DATA/<seq>/frames/* ("nan" where the target is absent).
Every sequence goes once through a real pipeline,

    filesrc ! decodebin ! videoconvert ! video/x-raw,format=NV12
        ! sstracker init-box=(first row) json-location=... ! fakesink

in a process of its own that is bound to one core. What the element wrote is
kept in RESULTS/<name>/<seq>.jsonl, its own time in RESULTS/<name>/times.csv.

AUC    mean over 21 overlap thresholds (0, 0.05 ... 1) of the share of frames
       with a larger overlap (success plot of OTB)
P20    share of frames whose centre is within 20 pixels
NP.2   the same within 0.2 of the target's width and height
AO     mean overlap;  SR50: share of frames with an overlap over 0.5
fps    frames a second of the tracker alone: decoding and colour conversion
       are left out. sstracker: 1 / stats.mean-us, that is everything that the
       element does for a frame with a target, the first one too; OpenCV's
       trackers: the time in update(). The figure over all is the median of
       the sequences.

The first frame and frames without a target are not scored. Every other figure
of a tracker is the mean over the sequences.

Several runs of the element are compared in one go by --run, for example

    --run sstracker --run "random weights:model=random.sst" --run hand-made:model=none --peers CSRT

They and the peers take turns on a sequence (A B A B), on the same core. Below the
table stands by how much each differs from the first: the mean over the
sequences, its standard error, and how many sequences differ by more than 0.005.

A target lost is lost for good, so that one run of a sequence says little.
--starts 0,4,8 runs each of them three times, with the target selected (add-target)
in the first, the fifth and the ninth frame, and takes the mean. Those runs are kept in
RESULTS/<name>@4 and so on.

--markdown also prints figures by attribute. An attribute of a sequence follows
from its known boxes and the size of the picture alone; size is the root of the
area, and a step is how far the centre goes from one frame to the next:

SO   small object: the median size is below 24 pixels
LR   low resolution: some box has under 400 square pixels (OTB, UAV123)
FM   fast motion: a tenth of the steps are longer than a quarter of the size
SV   scale variation: some size is not within 0.5 to 2 times the first one
ARC  aspect ratio change: the same of width / height (UAV123, LaSOT)
OV   out of view: absent in some frame, or some box ends less than a pixel from
     the edge of the picture, or beyond it
LT   long: more than 500 frames

The size of the picture is that of any run of the element in RESULTS.

Where several sequences show the same scene, each with another target (--neighbours
FILE, lines of "scene sequence frame": at which frame of the scene the sequence
begins), the others' known boxes say on whom a box lies. In each frame it is on the
thing that it overlaps most, if by more than 0.3, else on nothing:

IDP       of the frames on any known thing, the share on the target (the identity
          precision of Ristani et al., ECCV 2016, for one track a target)
other     share of all frames on another thing
switches  how often the box goes from the target to another thing, whatever
          frames on nothing lie between
n         frames in which at least one other thing is known
"""
import argparse
import concurrent.futures
import glob
import itertools
import json
import math
import os
import queue
import re
import shutil
import statistics
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
FIGURES = ('auc', 'p20', 'np2', 'ao', 'sr50')
HEADINGS = ('AUC', 'P20', 'NP.2', 'AO', 'SR50')
ATTRIBUTES = {'SO': 'small object', 'LR': 'low resolution', 'FM': 'fast motion', 'SV': 'scale variation',
              'ARC': 'aspect ratio change', 'OV': 'out of view', 'LT': 'long'}
THRESHOLDS = [i / 20 for i in range(21)]
SKIPPED = 77
SECONDS_A_SEQUENCE = 1800
IMAGE_CAPS = {'.jpg': 'image/jpeg', '.jpeg': 'image/jpeg', '.png': 'image/png', '.bmp': 'image/bmp'}


def fail(text, code=1):
    print(f'{os.path.basename(sys.argv[0])}: {text}', file=sys.stderr)
    sys.exit(code)


# ---- truth and results -----------------------------------------------------

def is_box(box):
    return len(box) == 4 and all(map(math.isfinite, box)) and box[2] > 0 and box[3] > 0


def read_rows(path):
    """Boxes of a text file; an unreadable row counts as none."""
    rows = []
    with open(path) as lines:
        for line in filter(None, map(str.strip, lines)):
            try:
                row = [float(field) for field in line.replace(',', ' ').replace(';', ' ').split()]
            except ValueError:
                row = []
            rows.append(row[:4])
    return rows


def read_json_lines(path):
    """Boxes of the first target of every line."""
    with open(path) as lines:
        frames = [json.loads(line) for line in lines if line.strip()]
    targets = [frame['targets'] for frame in frames if 'n' in frame]
    return [list(map(float, t[0]['box'])) if t else [] for t in targets]


def folder_of(tracker, start):
    """Where in RESULTS the runs from a start are."""
    return f'{tracker}@{start}' if start else tracker


def read_result(results, folder, seq):
    """A tracker's boxes, or None where it did not run."""
    stem = os.path.join(results, folder, seq)
    if os.path.exists(stem + '.txt'):
        return read_rows(stem + '.txt')
    if os.path.exists(stem + '.jsonl'):
        return read_json_lines(stem + '.jsonl')
    return None


def read_times(results, folder):
    """{sequence: (frames, seconds)}"""
    path, times = os.path.join(results, folder, 'times.csv'), {}
    if os.path.exists(path):
        with open(path) as lines:
            for line in filter(None, map(str.strip, lines)):
                seq, frames, seconds = line.split(',')
                times[seq] = (int(frames), float(seconds))
    return times


def write_times(results, folder, times):
    with open(os.path.join(results, folder, 'times.csv'), 'w') as out:
        for seq, (frames, seconds) in sorted(times.items()):
            out.write(f'{seq},{frames},{seconds:.4f}\n')


# ---- figures ---------------------------------------------------------------

def overlap(a, b):
    width = min(a[0] + a[2], b[0] + b[2]) - max(a[0], b[0])
    height = min(a[1] + a[3], b[1] + b[3]) - max(a[1], b[1])
    both = max(width, 0) * max(height, 0)
    return both / max(a[2] * a[3] + b[2] * b[3] - both, 1e-9)


def figures(truth, result):
    """Figures of one sequence, and its success curve."""
    overlaps, near, near_normalised = [], 0, 0
    for k, t in enumerate(truth):
        if k == 0 or not is_box(t):
            continue
        r = result[k] if k < len(result) else []
        if len(r) < 4 or not all(map(math.isfinite, r)):
            overlaps.append(0.0)
            continue
        dx = t[0] + t[2] / 2 - r[0] - r[2] / 2
        dy = t[1] + t[3] / 2 - r[1] - r[3] / 2
        overlaps.append(overlap(t, r))
        near += math.hypot(dx, dy) <= 20
        near_normalised += math.hypot(dx / t[2], dy / t[3]) <= 0.2
    n = max(len(overlaps), 1)
    curve = [sum(o > threshold for o in overlaps) / n for threshold in THRESHOLDS]
    return {'auc': sum(curve) / len(curve), 'p20': near / n, 'np2': near_normalised / n,
            'ao': sum(overlaps) / n, 'sr50': sum(o > 0.5 for o in overlaps) / n, 'curve': curve}


# ---- identity --------------------------------------------------------------

def read_neighbours(path):
    """{sequence: [(other sequence, frames that it begins later)]}"""
    scenes = {}
    with open(path) as lines:
        for line in lines:
            if line.strip() and not line.startswith('#'):
                scene, seq, frame = line.split()
                scenes.setdefault(scene, []).append((seq, int(frame)))
    return {seq: [(other, at - frame) for other, at in members if other != seq]
            for members in scenes.values() for seq, frame in members}


def lies_on(box, things):
    """Which of the known boxes a box is on, None: none of them. The first is the target's."""
    if not is_box(box):
        return None
    best, which = max((overlap(box, thing), -i) for i, thing in enumerate(things) if is_box(thing))
    return -which if best > 0.3 else None


def identity(truth, result, others):
    """Counts of one run. others: the known boxes of other things, frame by frame as truth."""
    counts, last = {'n': 0, 'own': 0, 'other': 0, 'switches': 0}, 0
    for k, t in enumerate(truth):
        known = [rows[k] for rows in others if k < len(rows) and is_box(rows[k])]
        if k == 0 or not is_box(t) or not known:
            continue
        on = lies_on(result[k] if k < len(result) else [], [t, *known])
        counts['n'] += 1
        if on is None:
            continue
        counts['own' if on == 0 else 'other'] += 1
        counts['switches'] += last == 0 and on > 0
        last = on
    return counts


def score_identity(data, results, tracker, seqs, starts, neighbours):
    """{sequence: counts}, sums over the starts."""
    rows = {}
    truths = {seq: read_rows(f'{data}/{seq}/groundtruth_rect.txt') for seq in seqs}
    for seq in [seq for seq in seqs if seq in neighbours]:
        others = [[[]] * later + truths[other][max(-later, 0):] for other, later in neighbours[seq] if other in truths]
        for start in starts:
            result = read_result(results, folder_of(tracker, start), seq)
            if result is not None and others:
                counts = identity(truths[seq][start:], result, [known[start:] for known in others])
                rows[seq] = {key: rows.get(seq, {}).get(key, 0) + value for key, value in counts.items()}
    return rows


def score(data, results, tracker, seqs, starts):
    """{sequence: figures with fps} of the sequences that the tracker ran, means over
    the starts that it ran them from."""
    rows = {}
    times = {start: read_times(results, folder_of(tracker, start)) for start in starts}
    for seq in seqs:
        truth = read_rows(f'{data}/{seq}/groundtruth_rect.txt')
        runs = []
        for start in starts:
            result = read_result(results, folder_of(tracker, start), seq)
            if result is None:
                continue
            frames, seconds = times[start].get(seq, (0, 0))
            runs.append(figures(truth[start:], result) | {'fps': frames / seconds if seconds > 0 else math.nan})
        if runs:
            rows[seq] = mean(runs)
    return rows


def mean(values):
    total = {key: sum(v[key] for v in values) / len(values) for key in FIGURES}
    total['curve'] = [sum(v['curve'][i] for v in values) / len(values) for i in range(len(THRESHOLDS))]
    known = [v['fps'] for v in values if math.isfinite(v['fps'])]
    total['fps'] = statistics.median(known) if known else math.nan
    return total


def difference(rows, reference):
    """(mean, standard error, sequences up, sequences down) of the AUC over that of
    other rows, sequence by sequence; None where they have too few in common."""
    changes = [row['auc'] - reference[seq]['auc'] for seq, row in rows.items() if seq in reference]
    if len(changes) < 2:
        return None
    return (statistics.mean(changes), statistics.stdev(changes) / math.sqrt(len(changes)),
            sum(c > 0.005 for c in changes), sum(c < -0.005 for c in changes))


# ---- attributes ------------------------------------------------------------

def picture_size(results, trackers, seq):
    """(width, height), from the first line that a run of the element wrote."""
    for tracker in trackers:
        path = os.path.join(results, tracker, seq + '.jsonl')
        if os.path.exists(path):
            with open(path) as lines:
                line = lines.readline()
            if line:
                first = json.loads(line)
                return first['width'], first['height']
    return math.inf, math.inf


def attributes(truth, width, height):
    """Keys of ATTRIBUTES that a sequence has."""
    boxes = [t for t in truth if is_box(t)]
    sizes = [math.sqrt(t[2] * t[3]) for t in boxes]
    aspects = [t[2] / t[3] for t in boxes]
    steps = sorted(math.hypot(b[0] + b[2] / 2 - a[0] - a[2] / 2, b[1] + b[3] / 2 - a[1] - a[3] / 2)
                   / math.sqrt(a[2] * a[3]) for a, b in zip(truth, truth[1:]) if is_box(a) and is_box(b))
    edges = [min(t[0], t[1], width - t[0] - t[2], height - t[1] - t[3]) for t in boxes]

    def leaves_range(values):
        return any(not 0.5 <= value / values[0] <= 2 for value in values)

    has = {'SO': statistics.median(sizes) < 24, 'LR': min(sizes) < 20,
           'FM': bool(steps) and steps[len(steps) * 9 // 10] > 0.25,
           'SV': leaves_range(sizes), 'ARC': leaves_range(aspects),
           'OV': len(boxes) < len(truth) or min(edges) < 1, 'LT': len(truth) > 500}
    return [key for key in ATTRIBUTES if has[key]]


def read_attributes(a, scores):
    """{sequence: attributes} of all that was scored."""
    return {seq: attributes(read_rows(f'{a.data}/{seq}/groundtruth_rect.txt'), *picture_size(a.results, scores, seq))
            for seq in sorted({seq for rows in scores.values() for seq in rows})}


# ---- running ---------------------------------------------------------------

def run_one(job):
    """Runs one sequence in this process; returns what happened."""
    os.sched_setaffinity(0, {job['core']})
    import gi
    gi.require_version('Gst', '1.0')
    from gi.repository import Gst
    Gst.init(None)

    with tempfile.TemporaryDirectory() as scratch:
        if job['video']:
            source = 'filesrc name=source'
            location = job['video']
        else:  # pictures, under names that multifilesrc can count
            suffix = os.path.splitext(job['pictures'][0])[1]
            for i, picture in enumerate(job['pictures']):
                os.symlink(picture, f'{scratch}/{i:06d}{suffix}')
            source = f'multifilesrc name=source caps={IMAGE_CAPS[suffix.lower()]},framerate=30/1'
            location = f'{scratch}/%06d{suffix}'
        pipeline = Gst.parse_launch(
            f'{source} ! decodebin ! videoconvert ! video/x-raw,format={job["format"]} '
            '! sstracker name=tracker messages=none ! fakesink name=sink sync=false')
        tracker = pipeline.get_by_name('tracker')
        pipeline.get_by_name('source').set_property('location', location)
        tracker.set_property('json-location', job['json'])
        for name, value in job['set']:
            if tracker.find_property(name) is None:
                return {'error': f'sstracker has no property "{name}"'}
            Gst.util_set_object_arg(tracker, name, value)
        frame = itertools.count()

        def select(_pad, _info):
            if next(frame) < job['start']:
                return Gst.PadProbeReturn.OK
            tracker.emit('add-target', *job['box'])
            return Gst.PadProbeReturn.REMOVE
        tracker.get_static_pad('sink').add_probe(Gst.PadProbeType.BUFFER, select)

        pipeline.set_state(Gst.State.PLAYING)
        message = pipeline.get_bus().timed_pop_filtered(
            SECONDS_A_SEQUENCE * Gst.SECOND, Gst.MessageType.ERROR | Gst.MessageType.EOS)
        stats = tracker.get_property('stats')
        delivered = pipeline.get_by_name('sink').get_property('stats').get_value('rendered')
        pipeline.set_state(Gst.State.NULL)
    if message is None:
        return {'error': f'no end after {SECONDS_A_SEQUENCE} s'}
    if message.type == Gst.MessageType.ERROR:
        error, debug = message.parse_error()
        return {'error': f'{error.message} ({debug})'}
    frames = stats.get_value('frames')
    with open(job['json']) as json_lines:
        # one without a number only tells what ended
        lines = [line for line in json_lines if 'n' in json.loads(line)]
    with open(job['json'], 'w') as out:
        out.writelines(lines[job['start']:])
    n_lines = len(lines)
    if not n_lines == delivered == frames:
        return {'error': f'{delivered} frames, {n_lines} JSON lines, stats.frames {frames}'}
    timed = stats.get_value('tracked-frames')
    return {'delivered': delivered - job['start'], 'frames': timed, 'seconds': timed * stats.get_value('mean-us') * 1e-6}


def run_sstracker(a, run, seq, start, core, environment):
    """One pass of a run over a sequence; a dict with "error", or frames and seconds."""
    folder = f'{a.data}/{seq}'
    videos = sorted(glob.glob(glob.escape(folder) + '/video.*'))
    pictures = sorted(p for p in glob.glob(glob.escape(folder) + '/frames/*')
                      if os.path.splitext(p)[1].lower() in IMAGE_CAPS)
    truth = read_rows(f'{folder}/groundtruth_rect.txt')[start:]
    if not videos and not pictures:
        return {'error': 'neither a video nor frames'}
    if not truth or not is_box(truth[0]):
        return {'error': f'no box in row {start + 1}'}
    job = {'core': core, 'video': '' if pictures else os.path.abspath(videos[0]),
           'pictures': [os.path.abspath(p) for p in pictures], 'format': a.format,
           'json': os.path.abspath(f'{a.results}/{folder_of(run, start)}/{seq}.jsonl'), 'set': a.runs[run],
           'box': truth[0], 'start': start}
    done = subprocess.run([sys.executable, os.path.abspath(__file__), '--run-one', '-'], input=json.dumps(job),
                          env=environment, text=True, capture_output=True, timeout=SECONDS_A_SEQUENCE + 60)
    if done.returncode != 0 or not done.stdout.strip():
        return {'error': f'the run ended with {done.returncode}: {done.stderr.strip()[-800:]}'}
    outcome = json.loads(done.stdout.splitlines()[-1])
    if outcome.get('delivered', len(truth)) != len(truth):
        print(f'evaluate.py: {seq}: {outcome["delivered"]} frames, {len(truth)} rows of truth', file=sys.stderr)
    return outcome


def run_peer(a, peer, seq, core):
    """One pass of an OpenCV tracker, by the peers' script."""
    with tempfile.TemporaryDirectory() as scratch:
        with open(f'{scratch}/list', 'w') as out:
            out.write(seq + '\n')
        done = subprocess.run(
            ['taskset', '-c', str(core), '/usr/bin/python3', a.peers_script, a.data, scratch,
             '--trackers', peer, '--list', f'{scratch}/list'],
            text=True, capture_output=True, timeout=SECONDS_A_SEQUENCE)
        if done.returncode != 0:
            return {'error': done.stderr.strip()[-800:]}
        shutil.copy(f'{scratch}/{peer}/{seq}.txt', f'{a.results}/{peer}/{seq}.txt')
        frames, seconds = read_times(scratch, peer)[seq]
        return {'frames': frames, 'seconds': seconds}


def every_run(a):
    """(tracker, start), in the order in which they take turns."""
    return [(run, start) for start in a.starts for run in a.runs] + [(peer, 0) for peer in a.peers]


def run_sequence(a, seq, cores, environment):
    """All trackers over one sequence, in turn, on one core: A B A B."""
    core, outcomes = cores.get(), {}
    try:
        for _ in range(a.rounds):
            for tracker, start in every_run(a):
                one = (run_sstracker(a, tracker, seq, start, core, environment) if tracker in a.runs
                       else run_peer(a, tracker, seq, core))
                folder = folder_of(tracker, start)
                if 'error' in one:
                    return seq, {'error': f'{folder}: {one["error"]}'}
                before = outcomes.setdefault(folder, {'frames': 0, 'seconds': 0.0})
                outcomes[folder] = {key: before[key] + one[key] for key in before}
    except subprocess.TimeoutExpired as error:
        return seq, {'error': str(error)}
    finally:
        cores.put(core)
    return seq, outcomes


def run_all(a, seqs):
    """Runs everything; returns the number of sequences that failed."""
    environment = dict(os.environ, OPENBLAS_NUM_THREADS='1')
    if 'GST_PLUGIN_PATH' not in os.environ and not a.installed:
        if not os.path.isdir(f'{a.build}/gst'):
            fail(f'no build in {a.build}; give --build DIRECTORY, or --installed')
        environment['GST_PLUGIN_PATH'] = os.path.join(os.path.abspath(a.build), 'gst')
    available = sorted(os.sched_getaffinity(0))
    if a.jobs > len(available):
        fail(f'--jobs {a.jobs}: only {len(available)} cores here')
    cores = queue.Queue()
    for core in available[-a.jobs:]:
        cores.put(core)
    times = {}
    for folder in (folder_of(*run) for run in every_run(a)):
        os.makedirs(f'{a.results}/{folder}', exist_ok=True)
        times[folder] = read_times(a.results, folder)
    failed = 0
    with concurrent.futures.ThreadPoolExecutor(a.jobs) as pool:
        futures = [pool.submit(run_sequence, a, seq, cores, environment) for seq in seqs]
        for future in concurrent.futures.as_completed(futures):
            seq, outcomes = future.result()
            if 'error' in outcomes:
                failed += 1
                print(f'evaluate.py: {seq}: {outcomes["error"]}', file=sys.stderr)
                continue
            for folder, outcome in outcomes.items():
                times[folder][seq] = (outcome['frames'], outcome['seconds'])
                write_times(a.results, folder, times[folder])
    return failed


# ---- output ----------------------------------------------------------------

def print_sequences(rows):
    print('%-20s' % 'sequence' + ''.join('%7s' % h for h in HEADINGS) + '%9s' % 'fps')
    for seq, row in rows.items():
        print('%-20s' % seq + ''.join('%7.3f' % row[key] for key in FIGURES) + '%9.1f' % row['fps'])


def print_trackers(scores):
    print('%-16s%6s' % ('tracker', 'seqs') + ''.join('%7s' % h for h in HEADINGS) + '%9s' % 'fps')
    for tracker, rows in scores.items():
        total = mean(rows.values())
        print('%-16s%6d' % (tracker, len(rows)) + ''.join('%7.3f' % total[key] for key in FIGURES)
              + '%9.1f' % total['fps'])
    first, *others = scores
    for tracker in others:
        found = difference(scores[tracker], scores[first])
        if found:
            print('%s - %s: AUC %+.4f, standard error %.4f; %d sequences up, %d down' % (tracker, first, *found))


def print_identity(tracker, rows):
    print('\n%-16s%7s%7s%10s%7s' % (tracker, 'IDP', 'other', 'switches', 'n'))
    total = {key: sum(row[key] for row in rows.values()) for key in ('n', 'own', 'other', 'switches')}
    for seq, row in [*sorted(rows.items()), ('all', total)]:
        precision = row['own'] / (row['own'] + row['other']) if row['own'] + row['other'] else math.nan
        print('%-16s%7.3f%7.3f%10d%7d' % (seq, precision, row['other'] / max(row['n'], 1), row['switches'], row['n']))


def attribute_cell(rows, seqs):
    """AUC and P20 over some sequences; says so where the tracker ran fewer."""
    ran = {seq: rows[seq] for seq in seqs if seq in rows}
    if not ran:
        return '-'
    total = mean(ran.values())
    return '%.3f, %.3f' % (total['auc'], total['p20']) + (f' (of {len(ran)})' if len(ran) < len(seqs) else '')


def print_markdown(scores, attributes_of):
    print('\n| tracker | sequences | ' + ' | '.join(HEADINGS) + ' | fps |')
    print('|---|' + '---:|' * (len(HEADINGS) + 2))
    for tracker, rows in scores.items():
        total = mean(rows.values())
        print(f'| {tracker} | {len(rows)} | ' + ' | '.join('%.3f' % total[key] for key in FIGURES)
              + ' | %.0f |' % total['fps'])
    names = list(scores)
    print('\nAUC and P20 by attribute:\n')
    print('| attribute | sequences | ' + ' | '.join(names) + ' |')
    print('|---|---:|' + '---:|' * len(names))
    for key, heading in ATTRIBUTES.items():
        chosen = [seq for seq, keys in attributes_of.items() if key in keys]
        cells = [attribute_cell(rows, chosen) for rows in scores.values()]
        print(f'| {heading} ({key}) | {len(chosen)} | ' + ' | '.join(cells) + ' |')
    print('\nAUC and frames a second, sequence by sequence:\n')
    print('| sequence | attributes | ' + ' | '.join(names) + ' |')
    print('|---|---|' + '---:|' * len(names))
    for seq, keys in attributes_of.items():
        cells = ['%.3f, %.0f' % (rows[seq]['auc'], rows[seq]['fps']) if seq in rows else '-'
                 for rows in scores.values()]
        print(f'| {seq} | {" ".join(keys)} | ' + ' | '.join(cells) + ' |')


def load_pyplot():
    """matplotlib's pyplot; None, with a message, where it is missing."""
    try:
        import matplotlib
        matplotlib.use('Agg')
        from matplotlib import pyplot
    except ImportError:
        print('evaluate.py: no plot: python3-matplotlib is missing', file=sys.stderr)
        return None
    matplotlib.rcParams['svg.hashsalt'] = 'sstracker'  # the same input, the same file
    return pyplot


def save_figure(figure, path):
    figure.savefig(path, metadata={'Date': None} if path.endswith('.svg') else None)


def plot(scores, name, path):
    """Success over overlap threshold; one tracker's curve is emphasised."""
    pyplot = load_pyplot()
    if pyplot is None:
        return
    figure, axes = pyplot.subplots(figsize=(6.4, 4.4), layout='constrained')
    totals = {tracker: mean(rows.values()) for tracker, rows in scores.items()}
    for tracker, total in sorted(totals.items(), key=lambda item: -item[1]['auc']):
        ours = tracker == name
        axes.plot(THRESHOLDS, total['curve'], label='%s  %.3f' % (tracker, total['auc']),
                  linewidth=2.6 if ours else 1.4, zorder=3 if ours else 2)
    axes.set(xlabel='overlap threshold', ylabel='share of frames above it', xlim=(0, 1), ylim=(0, 1))
    axes.grid(alpha=0.3)
    axes.legend(title='AUC, mean of %d sequences' % max(map(len, scores.values())), frameon=False)
    save_figure(figure, path)


def reliability(data, results, tracker, seqs):
    """Rows of (confidence, share right, share of the frames) in ten bins of the
    confidence; right is an overlap over 0.5. Every sequence counts the same."""
    bins = [[0.0, 0.0, 0.0] for _ in range(10)]
    for seq in seqs:
        path = os.path.join(results, tracker, seq + '.jsonl')
        if not os.path.exists(path):
            continue
        truth = read_rows(os.path.join(data, seq, 'groundtruth_rect.txt'))
        with open(path) as lines:
            frames = [json.loads(line)['targets'] for line in lines if line.strip()]
        pairs = [(targets[0], t) for targets, t in zip(frames[1:], truth[1:]) if targets]
        for target, t in pairs:
            row = bins[min(int(target['confidence'] * 10), 9)]
            row[0] += target['confidence'] / len(pairs)
            row[1] += (is_box(t) and overlap(t, target['box']) > 0.5) / len(pairs)
            row[2] += 1 / len(pairs)
    total = sum(row[2] for row in bins)
    return [(c / n, right / n, n / total) for c, right, n in bins if n]


def print_reliability(rows):
    print('\n%10s %7s %7s' % ('confidence', 'right', 'frames'))
    for confidence, right, share in rows:
        print('%10.2f %7.2f %7.3f' % (confidence, right, share))


def plot_reliability(rows, path):
    pyplot = load_pyplot()
    if pyplot is None:
        return
    figure, axes = pyplot.subplots(figsize=(4.6, 4.4), layout='constrained')
    axes.plot([0, 1], [0, 1], color='grey', linewidth=1, linestyle='--')
    axes.plot([row[0] for row in rows], [row[1] for row in rows], linewidth=1.4)
    axes.scatter([row[0] for row in rows], [row[1] for row in rows], s=[600 * row[2] for row in rows])
    axes.set(xlabel='confidence (area: share of the frames)', ylabel='share with an overlap over 0.5',
             xlim=(0, 1), ylim=(0, 1))
    axes.grid(alpha=0.3)
    save_figure(figure, path)


# ---- recorded figures ------------------------------------------------------

def record(rows, path):
    with open(path, 'w') as out:
        out.write('# AUC of sstracker, by evaluate.py --record.\n'
                  '# --check fails where the mean falls by more than the margin.\n'
                  'margin 0.03\n')
        for seq, row in sorted(rows.items()):
            out.write(f'{seq} {row["auc"]:.3f}\n')


def check(rows, path):
    """Whether the mean AUC is at least the recorded one less the margin."""
    with open(path) as lines:
        recorded = dict(line.split() for line in lines if line.strip() and not line.startswith('#'))
    margin = float(recorded.pop('margin'))
    absent = sorted(set(recorded) - set(rows))
    if absent:
        print(f'FAIL: no result for {", ".join(absent)}')
        return False
    if not recorded:
        print('FAIL: no figures are recorded')
        return False
    now = sum(rows[seq]['auc'] for seq in recorded) / len(recorded)
    then = sum(map(float, recorded.values())) / len(recorded)
    for seq, value in recorded.items():
        if abs(rows[seq]['auc'] - float(value)) > margin:
            print(f'{seq}: AUC {rows[seq]["auc"]:.3f}, recorded {value}')
    good = now >= then - margin
    print(f'{"ok" if good else "FAIL"}: mean AUC {now:.3f}, recorded {then:.3f}, margin {margin:g}')
    if now > then + margin:
        print('better than recorded: record the new figures')
    return good


# ---- command line ----------------------------------------------------------

def parse_set(text):
    """("property", "value") of PROPERTY=VALUE."""
    name, equals, value = text.partition('=')
    if not re.fullmatch('[a-z][a-z0-9-]*', name) or not equals:
        raise argparse.ArgumentTypeError(f'{text}: want PROPERTY=VALUE')
    return name, value


def parse_run(text):
    """("name", settings) of NAME:PROPERTY=VALUE,...; a value may hold commas."""
    name, _, settings = text.partition(':')
    if not name or '/' in name or '@' in name or name.startswith('.'):
        raise argparse.ArgumentTypeError(f'{text}: want NAME or NAME:PROPERTY=VALUE,...')
    return name, [parse_set(one) for one in re.split(',(?=[a-z][a-z0-9-]*=)', settings) if one]


def parse_arguments():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument('data', help='folder of sequences')
    p.add_argument('results', help='folder for the results')
    p.add_argument('--name', help='name of the run in RESULTS (default: sstracker); with --run, which of the runs '
                   'is listed, recorded and checked (default: the first)')
    p.add_argument('--run', metavar='NAME[:PROPERTY=VALUE,...]', type=parse_run, action='append', default=[],
                   help='a run of the element with these properties; more of them take turns')
    p.add_argument('--list', metavar='FILE', help='names of the sequences to run; default all')
    p.add_argument('--starts', metavar='0,4,8', default='0', help='frames to start from, each a run of its own; the '
                   'first is 0')
    p.add_argument('--jobs', type=int, default=1, help='sequences at a time, one core each; 1 for timing')
    p.add_argument('--set', metavar='PROPERTY=VALUE', type=parse_set, action='append', default=[],
                   help="the element's properties, in all runs")
    p.add_argument('--format', default='NV12', help='pixel format that the element sees')
    p.add_argument('--build', metavar='DIRECTORY', default=f'{TOP}/build', help='take the element from this build')
    p.add_argument('--installed', action='store_true', help='take the element that is installed')
    p.add_argument('--peers', default='', metavar='CSRT,KCF,...', help='run these OpenCV trackers too')
    p.add_argument('--peers-script', default=f'{TOP}/../shared/eval/peers.py', metavar='FILE')
    p.add_argument('--rounds', type=int, help='passes, the trackers in turn; default 2 where there are turns, else 1')
    p.add_argument('--score-only', action='store_true', help='run nothing, score what RESULTS holds')
    p.add_argument('--plot', metavar='FILE.svg|png', help='draw success over overlap')
    p.add_argument('--reliability', metavar='FILE.svg|png', help='draw how often which confidence is right')
    p.add_argument('--markdown', action='store_true', help='print tables to paste into docs/')
    p.add_argument('--neighbours', metavar='FILE', default=f'{HERE}/neighbours.txt', help='which sequences show one scene '
                   '(default: those of data/dev)')
    p.add_argument('--record', metavar='FILE', help='write the AUC of every sequence')
    p.add_argument('--check', metavar='FILE', help='compare with recorded figures')
    a = p.parse_args()
    a.peers = [peer for peer in a.peers.split(',') if peer]
    a.run = a.run or [(a.name or 'sstracker', [])]
    a.name = a.name or a.run[0][0]
    a.runs = {name: a.set + settings for name, settings in a.run}
    if not re.fullmatch('0(,[1-9][0-9]*)*', a.starts):
        p.error(f'--starts {a.starts}: want frames, like 0,4,8, of which the first is 0')
    a.starts = [int(start) for start in a.starts.split(',')]
    if a.peers and len(a.starts) > 1:
        p.error('the peers start at the first frame: --peers goes without --starts')
    trackers = [name for name, _ in a.run] + a.peers
    if len(set(trackers)) < len(trackers):
        p.error('two runs have one name')
    if a.name not in a.runs:
        p.error(f'--name {a.name} is no --run')
    a.rounds = a.rounds or (2 if len(trackers) > 1 else 1)
    if a.jobs < 1 or a.rounds < 1:
        p.error('--jobs and --rounds start at 1')
    if a.peers and not os.path.exists(a.peers_script):
        p.error(f'no {a.peers_script}; give --peers-script')
    return a


def main():
    if sys.argv[1:] == ['--run-one', '-']:
        print(json.dumps(run_one(json.load(sys.stdin))))
        return
    a = parse_arguments()
    if not os.path.isdir(a.data):
        fail(f'no sequences: {a.data} is missing', SKIPPED)
    try:
        import gi
        gi.require_version('Gst', '1.0')
    except (ImportError, ValueError) as error:
        fail(f'python3-gi or gir1.2-gstreamer-1.0 is missing: {error}', SKIPPED)
    seqs = sorted(os.path.basename(os.path.dirname(f))
                  for f in glob.glob(glob.escape(a.data) + '/*/groundtruth_rect.txt'))
    if a.list:
        with open(a.list) as names:
            wanted = names.read().split()
        if set(wanted) - set(seqs):
            fail(f'not in {a.data}: {", ".join(sorted(set(wanted) - set(seqs)))}')
        seqs = [seq for seq in seqs if seq in wanted]
    if not seqs:
        fail(f'no sequences in {a.data}')

    failed = 0 if a.score_only else run_all(a, seqs)
    if a.score_only:
        held = {t for t in os.listdir(a.results) if os.path.isdir(f'{a.results}/{t}') and '@' not in t}
        trackers = [*a.runs, *a.peers, *sorted(held.difference(a.runs, a.peers))]
    else:
        trackers = [*a.runs, *a.peers]
    scores = {t: rows for t in trackers if (rows := score(a.data, a.results, t, seqs, a.starts))}
    if a.name not in scores:
        fail('nothing to score')
    print_sequences(scores[a.name])
    print()
    print_trackers(scores)
    neighbours = read_neighbours(a.neighbours)
    for tracker in scores:
        rows = score_identity(a.data, a.results, tracker, seqs, a.starts, neighbours)
        if rows:
            print_identity(tracker, rows)
    if a.markdown:
        print_markdown(scores, read_attributes(a, scores))
    if a.plot:
        plot(scores, a.name, a.plot)
    if a.reliability:
        rows = reliability(a.data, a.results, a.name, seqs)
        print_reliability(rows)
        plot_reliability(rows, a.reliability)
    if a.record:
        record(scores[a.name], a.record)
    if failed:
        fail(f'{failed} of {len(seqs)} sequences failed')
    if a.check and not check(scores[a.name], a.check):
        sys.exit(1)


if __name__ == '__main__':
    main()
