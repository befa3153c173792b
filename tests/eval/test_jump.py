#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: 2026 The sstracker authors
"""What jump.py decides itself, on boxes by hand."""
import sys
import unittest

try:
    import jump
except (ImportError, ValueError):
    print('python3-gi with GStreamer is missing')
    sys.exit(77)


def at(x):
    return [x, 0, 10, 10]


class Jump(unittest.TestCase):
    def test_place(self):
        # it moves a pixel a frame: more than its size away from frame 49 on at 60
        truth = [at(x) for x in range(200)]
        self.assertEqual(jump.place(truth, 0), 133)
        self.assertEqual(jump.place(truth, 4), 133)
        # it comes to rest where it was before the break
        self.assertIsNone(jump.place(truth[:50] + [at(50)] * 150, 0))
        # nothing is left after the break
        self.assertIsNone(jump.place(truth[:99], 0))
        self.assertEqual(jump.place(truth[:50] + [at(500)] * 50, 0), 50)
        # absent at the place, or in the last frames
        gone = list(truth)
        gone[133] = []
        self.assertEqual(jump.place(gone, 0), 132)
        gone = [[] if 150 <= k < 200 else box for k, box in enumerate(truth)]
        self.assertEqual(jump.place(gone, 0), 100)
        self.assertIsNone(jump.place([[]] + truth[1:], 0))

    def test_verdict(self):
        truth = [at(0)] * 5
        self.assertEqual(jump.verdict([('tracking', at(1))] * 5, truth), 'found')
        self.assertEqual(jump.verdict([('uncertain', at(1))] + [('tracking', at(1))] * 4, truth), 'silent')
        self.assertEqual(jump.verdict([('tracking', at(1))] * 4 + [('tracking', at(50))], truth), 'wrong')
        self.assertEqual(jump.verdict([('tracking', at(1))] * 4 + [('lost', at(50))], truth), 'silent')
        self.assertEqual(jump.verdict([None] * 5, truth), 'silent')


if __name__ == '__main__':
    unittest.main()
