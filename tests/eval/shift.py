#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: 2026 The sstracker authors
"""Make the footage of another kind of camera from footage that is there.

What sstrain is for is a camera that sees otherwise than the footage behind the
shipped model did. Four such kinds, each applied to every picture:

night     12 electrons in the brightest pixel, shot and read noise, gain; a slight
          noise reduction blur
infrared  grey, tones inverted and compressed to a twelfth, soft, with noise
haze      a grey veil that leaves a twelfth of the contrast, out of focus
cast      sodium light (orange alone), then JPEG at quality 4

    shift.py KIND DATA OUT [SEQUENCE ...]

writes OUT/<seq>/video.mkv (FFV1) with groundtruth_rect.txt beside it, for the
sequences of DATA (all of them by default), or OUT/<name>.mkv for each video file
of DATA where that is a folder of videos. The same command writes the same
pictures.
"""
import argparse
import os
import subprocess
import sys

import cv2
import numpy as np

cv2.setNumThreads(1)             # several run side by side

KINDS = ('night', 'infrared', 'haze', 'cast')


def night(image, random):
    light = (image.astype(np.float32) / 255) ** 2.2
    light = light * 12 + 0.4
    electrons = light + random.normal(0, 1, image.shape) * np.sqrt(light + 1)
    picture = 255 * np.clip((electrons / 30).astype(np.float32), 0, 1) ** (1 / 2.2)
    return cv2.GaussianBlur(picture, (0, 0), 0.8)


def infrared(image, random):
    grey = cv2.cvtColor(image, cv2.COLOR_BGR2GRAY).astype(np.float32)
    grey = cv2.GaussianBlur(140 - 0.08 * grey, (0, 0), 1) + random.normal(0, 1.5, grey.shape)
    return cv2.merge([grey] * 3)


def haze(image, _random):
    picture = 0.08 * image.astype(np.float32) + 0.92 * np.float32([205, 200, 198])
    return cv2.GaussianBlur(picture, (0, 0), image.shape[1] / 160)


def cast(image, _random):
    light = (image.astype(np.float32) / 255) ** 2.2
    mix = np.float32([[.04, .01, .01], [.08, .22, .06], [.10, .40, .70]])
    picture = 255 * np.clip(light @ mix.T, 0, 1) ** (1 / 2.2)
    data = cv2.imencode('.jpg', picture.clip(0, 255).astype(np.uint8), [cv2.IMWRITE_JPEG_QUALITY, 4])[1]
    return cv2.imdecode(data, cv2.IMREAD_COLOR)


def apply(kind, image, number):
    """The picture as that camera would see it; number: of the picture, seeds the noise."""
    random = np.random.default_rng(number)
    return globals()[kind](image, random).clip(0, 255).astype(np.uint8)


def convert(kind, source, target, longest):
    video = cv2.VideoCapture(source)
    rate = video.get(cv2.CAP_PROP_FPS) or 25
    writer, number = None, 0
    while True:
        good, image = video.read()
        if not good or number == longest:
            break
        image = image[:image.shape[0] // 2 * 2, :image.shape[1] // 2 * 2]
        if writer is None:
            command = ['gst-launch-1.0', '-q', 'fdsrc', '!', 'rawvideoparse', 'format=bgr', f'width={image.shape[1]}',
                       f'height={image.shape[0]}', f'framerate={round(rate * 1000)}/1000', '!', 'videoconvert', '!',
                       'video/x-raw,format=I420', '!', 'avenc_ffv1', '!', 'matroskamux', '!', 'filesink',
                       f'location={target}']
            writer = subprocess.Popen(command, stdin=subprocess.PIPE)
        writer.stdin.write(apply(kind, image, number).tobytes())
        number += 1
    if writer is None:
        sys.exit(f'{source}: no picture can be read')
    writer.stdin.close()
    if writer.wait():
        sys.exit(f'{target}: not written')


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--frames', type=int, default=0, help='the first ones only')
    parser.add_argument('kind', choices=KINDS)
    parser.add_argument('data')
    parser.add_argument('out')
    parser.add_argument('sequences', nargs='*')
    args = parser.parse_args()
    for name in args.sequences or sorted(os.listdir(args.data)):
        path = os.path.join(args.data, name)
        if os.path.isdir(path):
            folder = os.path.join(args.out, name)
            os.makedirs(folder, exist_ok=True)
            with open(os.path.join(path, 'groundtruth_rect.txt')) as truth, \
                    open(os.path.join(folder, 'groundtruth_rect.txt'), 'w') as out:
                out.writelines(truth.readlines()[:args.frames or None])
            convert(args.kind, os.path.join(path, 'video.mp4'), os.path.join(folder, 'video.mkv'), args.frames or None)
        elif name.endswith('.mp4'):
            os.makedirs(args.out, exist_ok=True)
            convert(args.kind, path, os.path.join(args.out, name[:-4] + '.mkv'), args.frames or None)


if __name__ == '__main__':
    main()
