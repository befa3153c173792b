#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: 2026 The sstracker authors
"""Let sstrain watch footage in real time, and write down what it made of it.

    learn.py --build BUILD --minutes 5 --kind night OUT FOLDER_OR_VIDEO ...

plays the videos in turn, and again, at 15 pictures a second and at most 640
pixels wide through

    appsrc is-live=true ! video/x-raw,format=I420 ! sstrain save-location=OUT.sst ! fakesink

for so many minutes of the stream, each picture as the camera KIND (shift.py)
would see it. OUT.csv gets a line every five seconds and for each message of
sstrain; OUT.sst is there once a snapshot was accepted. --once ends when every
video was played, whole. --hostile plays instead, half a minute each: black, noise,
one picture, cuts at every picture, one moving picture repeated, and a new size of
the picture every second.

    learn.py --plot PLOT.svg NAME=OUT.csv ...   draws the scores over the stream's time
"""
import argparse
import csv
import os
import random
import sys
import time

import cv2
import numpy as np

import shift

RATE = 15
FIELDS = ('seconds', 'event', 'frames', 'windows', 'tracklets', 'steps', 'accepted', 'refused', 'rolled-back',
          'base-score', 'score', 'stream-gain', 'luma-gain', 'cb-gain', 'cr-gain',
          'softness', 'sharpness', 'noise', 'drift', 'cpu-used', 'memory')


def videos_of(paths):
    for path in paths:
        if os.path.isdir(path):
            for name in sorted(os.listdir(path)):
                inside = os.path.join(path, name)
                if name.endswith(('.mp4', '.mkv', '.avi')):
                    yield inside
                elif os.path.exists(os.path.join(inside, 'video.mp4')):
                    yield os.path.join(inside, 'video.mp4')
        else:
            yield path


def fit(image, width=640):
    scale = min(1, width / image.shape[1])
    size = (int(image.shape[1] * scale) // 2 * 2, int(image.shape[0] * scale) // 2 * 2)
    return image if size == image.shape[1::-1] else cv2.resize(image, size, interpolation=cv2.INTER_AREA)


def play(paths, kind, longest, once=False):
    """Pictures of the videos, in an order that is the same every time, for ever or whole and once."""
    paths, number, order = list(videos_of(paths)), 0, random.Random(1)
    if not paths:
        sys.exit('no video there')
    while True:
        order.shuffle(paths)
        for path in paths:
            video = cv2.VideoCapture(path)
            step, at, shown = max((video.get(cv2.CAP_PROP_FPS) or 25) / RATE, 1), 0, 0
            while once or shown < longest * RATE:
                if not video.grab():
                    break
                if at >= shown * step:
                    image = fit(video.retrieve()[1])
                    yield shift.apply(kind, image, number) if kind else image
                    number, shown = number + 1, shown + 1
                at += 1
        if once:
            return


def hostile(paths):
    films, numbers = play(paths, None, 20), np.random.default_rng(1)
    while True:
        one = next(films)
        for i in range(30 * RATE):
            yield np.zeros((360, 640, 3), np.uint8)
        for i in range(30 * RATE):
            yield numbers.integers(0, 256, (360, 640, 3), np.uint8)
        for i in range(30 * RATE):
            yield one
        for i in range(30 * RATE):
            yield numbers.integers(0, 256, 3, np.uint8) * np.ones((360, 640, 1), np.uint8) if i % 2 else next(films)
        pair = [one, next(films)]
        for i in range(30 * RATE):
            yield pair[i // RATE % 2]
        for i in range(30 * RATE):
            yield fit(next(films), 640 - 16 * (i // RATE % 20))


def watch(args):
    import gi
    gi.require_version('Gst', '1.0')
    gi.require_version('GstApp', '1.0')
    from gi.repository import Gst, GstApp  # noqa: F401
    Gst.init(None)
    Gst.Registry.get().scan_path(os.path.join(args.build, 'gst'))
    pipeline = Gst.parse_launch(f'appsrc name=in is-live=true format=time ! sstrain name=learner seed={args.seed} '
                                f'save-location={args.out}.sst {args.properties} ! fakesink sync=false')
    source, learner, bus = pipeline.get_by_name('in'), pipeline.get_by_name('learner'), pipeline.get_bus()
    pipeline.set_state(Gst.State.PLAYING)
    pictures = hostile(args.paths) if args.hostile else play(args.paths, args.kind, args.longest, args.once)
    with open(args.out + '.csv', 'w', newline='') as out:
        table = csv.writer(out)
        table.writerow(FIELDS)

        def write(seconds, event):
            stats = learner.get_property('stats')
            table.writerow([f'{seconds:.1f}', event] + [stats.get_value(f) for f in FIELDS[2:]])
            out.flush()

        start, shape = time.monotonic(), None
        for n, image in enumerate(pictures):
            if n >= args.minutes * 60 * RATE and not args.once:
                break
            yuv = cv2.cvtColor(image, cv2.COLOR_BGR2YUV_I420)
            if image.shape != shape:
                shape = image.shape
                # rows of I420 are padded to four bytes in GStreamer
                caps = f'video/x-raw,format=I420,width={shape[1]},height={shape[0]},framerate={RATE}/1'
                source.set_property('caps', Gst.Caps.from_string(caps))
            buffer = Gst.Buffer.new_wrapped(pad(yuv, shape))
            buffer.pts, buffer.duration = n * Gst.SECOND // RATE, Gst.SECOND // RATE
            time.sleep(max(0, start + n / RATE - time.monotonic()))
            source.emit('push-buffer', buffer)
            while (message := bus.pop()) is not None:
                if message.type == Gst.MessageType.ERROR:
                    sys.exit(message.parse_error()[0].message)
                if message.type == Gst.MessageType.ELEMENT and message.get_structure().get_name().startswith('sstrain/'):
                    write(n / RATE, message.get_structure().get_name().split('/')[1])
            if n % (5 * RATE) == 0:
                write(n / RATE, '')
        write(n / RATE, 'end')
    pipeline.set_state(Gst.State.NULL)


def pad(yuv, shape):
    """I420 with rows of four bytes' multiples, as GStreamer has it."""
    height, width = shape[:2]
    if width % 8 == 0:
        return yuv.tobytes()
    planes, at, flat = [], 0, yuv.ravel()
    for h, w in ((height, width), (height // 2, width // 2), (height // 2, width // 2)):
        plane = flat[at:at + h * w].reshape(h, w)
        planes.append(np.pad(plane, ((0, 0), (0, -w % 4))).tobytes())
        at += h * w
    return b''.join(planes)


def plot(args):
    import matplotlib
    matplotlib.use('Agg')
    import matplotlib.pyplot as plt
    figure, axes = plt.subplots(2, 1, figsize=(8, 6), sharex=True)
    for item in [args.out] + args.paths:
        name, path = item.split('=', 1)
        rows = list(csv.DictReader(open(path)))
        minutes = [float(r['seconds']) / 60 for r in rows]
        line, = axes[0].step(minutes, [float(r['stream-gain']) for r in rows], where='post', label=name)
        axes[1].step(minutes, [float(r['score']) - float(r['base-score']) for r in rows], where='post', color=line.get_color())
        for r in rows:
            if r['event'] == 'accepted':
                axes[0].plot(float(r['seconds']) / 60, float(r['stream-gain']), 'o', color=line.get_color())
            elif r['event'] == 'rolled-back':
                axes[1].plot(float(r['seconds']) / 60, 0, 'x', color=line.get_color())
    axes[0].set_ylabel('gain on held-out\npictures of the stream (IoU)')
    axes[1].set_ylabel('base pairs,\nagainst the base (IoU)')
    axes[1].axhline(-0.005, color='grey', linewidth=0.8, linestyle='--')
    axes[1].set_xlabel('minutes of the stream')
    axes[0].legend()
    figure.tight_layout()
    figure.savefig(args.plot)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--build', default='build')
    parser.add_argument('--minutes', type=float, default=5)
    parser.add_argument('--kind', choices=shift.KINDS)
    parser.add_argument('--hostile', action='store_true')
    parser.add_argument('--once', action='store_true', help='whole videos, each once, however long they are')
    parser.add_argument('--longest', type=float, default=20, help='seconds of a video, %(default)s by default')
    parser.add_argument('--seed', type=int, default=1)
    parser.add_argument('--properties', default='', help='more properties of sstrain')
    parser.add_argument('--plot')
    parser.add_argument('out')
    parser.add_argument('paths', nargs='*')
    args = parser.parse_args()
    if args.plot:
        plot(args)
    else:
        watch(args)


if __name__ == '__main__':
    main()
