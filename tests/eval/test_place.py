#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: 2026 The sstracker authors
"""What place.py decides itself, on scores by hand."""
import io
import math
import os
import tempfile
import unittest

import place

TEXT = """# step 80, refused: learned from 3 things
track\t4\t0.5000\t0.7000\t0.5000
track\t6\t0.1000\t0.2000\t0.1000
know\t4\t0.5\t1.0\t0.0
embed\t4\t0.5\t0.5\t0.5
"""


class Place(unittest.TestCase):
    def test_read(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, 'street.txt')
            with open(path, 'w', encoding='utf-8') as file:
                file.write(TEXT)
            scores, notes = place.read(path)
        self.assertEqual(notes, ['step 80, refused: learned from 3 things'])
        self.assertEqual(scores['track'], [[0.5, 0.7, 0.5], [0.1, 0.2, 0.1]])
        mean, error = place.gain(scores['track'], 0)
        self.assertAlmostEqual(mean, 0.15)
        self.assertAlmostEqual(error, 0.05)
        self.assertEqual(place.gain(scores['track'], 1), (0.0, 0.0))
        # one thing says nothing of how sure it is
        self.assertEqual(place.gain(scores['know'], 0), (0.5, math.inf))
        out = io.StringIO()
        place.report({'street': scores}, out)
        self.assertIn('track     2 things, base 0.300, published +0.150 ± 0.050, ungated +0.000 ± 0.000',
                      out.getvalue())
        self.assertIn('all            track     1 places, published +0.150 ± 0.050', out.getvalue())
        self.assertNotIn('all            know', out.getvalue())

    def test_pool(self):
        mean, error = place.pool([(0.1, 0.03), (0.3, 0.04)])
        self.assertAlmostEqual(mean, 0.2)
        self.assertAlmostEqual(error, 0.025)


if __name__ == '__main__':
    unittest.main()
