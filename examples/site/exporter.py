#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: 2026 The sstracker authors
"""Give the figures of a machine's cameras to Prometheus.

usage: exporter.py [OPTION]...

Serves http://HOST:PORT/metrics in Prometheus' text format 0.0.4, of what camera.py writes
to FOLDER/*/stats.json. A file that is older than --stale, or can't be read, is a camera
that is down: sstracker_up is 0. It listens on this machine alone, unless it is told
another address; there is nothing but figures, of no picture, to be had.

Figures of sstrain that have a label "group" are those of all its members together: take
the max by (group), not the sum.
"""
import argparse
import glob
import http.server
import json
import os
import sys
import time

# Metric, type, help, element, field of its stats, factor.
METRICS = [
    ('sstracker_frames_total', 'counter', 'Frames that passed', 'tracker', 'frames', 1),
    ('sstracker_targets', 'gauge', 'Targets that are followed now', 'tracker', 'targets', 1),
    ('sstracker_targets_started_total', 'counter', 'Targets that started', 'tracker', 'started', 1),
    ('sstracker_targets_lost_total', 'counter', 'Targets that were lost', 'tracker', 'lost', 1),
    ('sstracker_targets_recovered_total', 'counter', 'Targets that were found again', 'tracker', 'recovered', 1),
    ('sstracker_targets_ended_total', 'counter', 'Targets that ended', 'tracker', 'ended', 1),
    ('sstracker_frame_duration_seconds_max', 'gauge', 'Longest time that a frame took', 'tracker', 'max-us', 1e-6),
    ('sstracker_json_lines_total', 'counter', 'Lines of JSON that were written', 'tracker', 'json-lines', 1),
    ('sstracker_json_lines_dropped_total', 'counter', 'Lines of JSON that nobody read', 'tracker', 'json-dropped', 1),
    ('sstracker_model_swaps_total', 'counter', 'How often another model took over', 'tracker', 'model-swaps', 1),
    ('sstrain_frames_total', 'counter', 'Frames that passed', 'train', 'frames', 1),
    ('sstrain_frames_taken_total', 'counter', 'Frames kept to learn from', 'train', 'taken', 1),
    ('sstrain_members', 'gauge', 'Cameras that learn together', 'train', 'members', 1),
    ('sstrain_windows_total', 'counter', 'Windows filled', 'train', 'windows', 1),
    ('sstrain_tracklets_total', 'counter', 'Pieces of tracks that were accepted', 'train', 'tracklets', 1),
    ('sstrain_things_total', 'counter', 'Of these, those that move', 'train', 'things', 1),
    ('sstrain_steps_total', 'counter', 'Steps of training', 'train', 'steps', 1),
    ('sstrain_bad_steps_total', 'counter', 'Steps with something that is not a number', 'train', 'bad-steps', 1),
    ('sstrain_snapshots_accepted_total', 'counter', 'Snapshots that were better', 'train', 'accepted', 1),
    ('sstrain_snapshots_refused_total', 'counter', 'Snapshots that were not', 'train', 'refused', 1),
    ('sstrain_rollbacks_total', 'counter', 'Times that it went back', 'train', 'rolled-back', 1),
    ('sstrain_resets_total', 'counter', 'Times that it went back towards the base', 'train', 'resets', 1),
    ('sstrain_score_ratio', 'gauge', 'Score of the model in use, 0 to 1', 'train', 'score', 1),
    ('sstrain_base_score_ratio', 'gauge', 'Score of the base, 0 to 1', 'train', 'base-score', 1),
    ('sstrain_track_gain_ratio', 'gauge', 'Gain in holding on to things', 'train', 'track-gain', 1),
    ('sstrain_know_gain_ratio', 'gauge', 'Gain in knowing things again', 'train', 'know-gain', 1),
    ('sstrain_drift_ratio', 'gauge', 'Distance of the weights from the base', 'train', 'drift', 1),
    ('sstrain_loss', 'gauge', 'Mean of the last steps', 'train', 'loss', 1),
    ('sstrain_cpu_seconds_total', 'counter', 'CPU time of the worker', 'train', 'cpu-used', 1e-9),
    ('sstrain_cpu_share_ratio', 'gauge', 'Share of a core over the last ten seconds', 'train', 'cpu-share', 1),
    ('sstrain_memory_bytes', 'gauge', 'Memory of pictures and training', 'train', 'memory', 1),
    ('sstrain_resting', 'gauge', 'Whether the worker has nothing to do', 'train', 'resting', 1),
]
# Metric, help, element, beginning of the fields whose rest is the reason.
REFUSED = [
    ('sstrain_windows_refused_total', 'Windows not learned from', 'train', 'windows-refused-'),
    ('sstrain_tracklets_refused_total', 'Pieces of tracks not learned from', 'train', 'tracklets-refused-'),
]


def escape(text):
    return str(text).replace('\\', r'\\').replace('"', r'\"').replace('\n', r'\n')


def sample(name, labels, value):
    """A line of the page."""
    inside = ','.join('%s="%s"' % (key, escape(said)) for key, said in labels.items())
    return '%s{%s} %s' % (name, inside, repr(float(value)) if isinstance(value, float) else int(value))


class Page:
    """Metrics by their names, as the format wants them: all samples of one together."""

    def __init__(self):
        self.families = {}

    def add(self, family, kind, said, labels, value, suffix=''):
        lines = self.families.setdefault(family, ['# HELP %s %s' % (family, said), '# TYPE %s %s' % (family, kind)])
        lines.append(sample(family + suffix, labels, value))

    def text(self):
        return ''.join(line + '\n' for lines in self.families.values() for line in lines)


def add_durations(page, labels, stats):
    """The summary of what a frame with a target took."""
    count = stats.get('tracked-frames')
    if not isinstance(count, int):
        return
    about = ('sstracker_frame_duration_seconds', 'summary', 'Time that a frame with a target took')
    page.add(*about, {**labels, 'quantile': '0.95'}, stats.get('p95-us', 0.0) * 1e-6)
    page.add(*about, labels, stats.get('mean-us', 0.0) * count * 1e-6, '_sum')
    page.add(*about, labels, count, '_count')


def add_camera(page, name, said, age, stale):
    """What a camera says; said: None where that can't be read."""
    labels = {'camera': name}
    up = said is not None and age <= stale and bool(said.get('up'))
    page.add('sstracker_up', 'gauge', 'Whether the camera shows frames', labels, int(up))
    if said is None:
        return
    page.add('sstracker_stats_age_seconds', 'gauge', 'Time since the camera told its figures', labels, float(age))
    page.add('sstracker_restarts_total', 'counter', 'How often the pipeline was built anew', labels,
             int(said.get('restarts', 0)))
    tracker, train = said.get('tracker', {}), said.get('train', {})
    of_train = {**labels, 'group': train['group']} if train.get('group') else labels
    for metric, kind, about, element, field, factor in METRICS:
        value = said.get(element, {}).get(field)
        if isinstance(value, (bool, int, float)):
            page.add(metric, kind, about, labels if element == 'tracker' else of_train,
                     value * factor if factor != 1 else value)
    add_durations(page, labels, tracker)
    for metric, about, element, prefix in REFUSED:
        for field, value in sorted(said.get(element, {}).items()):
            if field.startswith(prefix):
                page.add(metric, 'counter', about, {**of_train, 'reason': field[len(prefix):]}, value)
    for element, metric in (('tracker', 'sstracker_model_info'), ('train', 'sstrain_model_info')):
        model = said.get(element, {}).get('model')
        if model:
            page.add(metric, 'gauge', 'The model in use', {**(labels if element == 'tracker' else of_train),
                                                          'sha256': model}, 1)


def read_stats(path):
    """(what a camera said, or None, its age in seconds)."""
    try:
        with open(path, encoding='utf-8') as file:
            said = json.load(file)
        return (said, max(time.time() - os.stat(path).st_mtime, 0.0)) if isinstance(said, dict) else (None, 0)
    except (OSError, ValueError):
        return None, 0


def make_page(folder, stale):
    page = Page()
    for path in sorted(glob.glob(os.path.join(glob.escape(folder), '*', 'stats.json'))):
        said, age = read_stats(path)
        add_camera(page, os.path.basename(os.path.dirname(path)), said, age, stale)
    return page.text()


class Handler(http.server.BaseHTTPRequestHandler):
    server_version = 'sstracker-exporter'

    def do_GET(self):
        if self.path.partition('?')[0] != '/metrics':
            self.send_error(404, 'The page is /metrics')
            return
        text = make_page(self.server.folder, self.server.stale).encode()
        self.send_response(200)
        self.send_header('Content-Type', 'text/plain; version=0.0.4; charset=utf-8')
        self.send_header('Content-Length', str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *arguments):
        pass


def serve(options):
    server = http.server.ThreadingHTTPServer((options.host, options.port), Handler)
    server.daemon_threads = True
    server.folder, server.stale = options.folder, options.stale
    return server


def parse_options(arguments):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--host', default='127.0.0.1', help='to listen on (default: %(default)s)')
    parser.add_argument('--port', type=int, default=9477, help='to listen on (default: %(default)s)')
    parser.add_argument('--folder', default='/run/sstracker', help='of the cameras (default: %(default)s)')
    parser.add_argument('--stale', type=float, default=30, metavar='SECONDS',
                        help='after which a camera counts as down (default: %(default)s)')
    parser.add_argument('--once', action='store_true', help='print the page and end')
    options = parser.parse_args(arguments)
    if not 0 <= options.port < 65536:
        parser.error('--port is 0 to 65535')
    if not options.stale > 0:
        parser.error('--stale is over 0')
    return options


def main(arguments):
    options = parse_options(arguments)
    if options.once:
        sys.stdout.write(make_page(options.folder, options.stale))
        return 0
    try:
        server = serve(options)
    except OSError as error:
        sys.exit('exporter.py: can not listen on %s:%d: %s' % (options.host, options.port, error.strerror))
    print('http://%s:%d/metrics' % server.server_address[:2], flush=True)
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        pass
    return 0


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
