#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: 2026 The sstracker authors
"""The figures of identity of evaluate.py, on boxes by hand."""
import os
import tempfile
import unittest

import evaluate

NONE = []


def at(x):
    return [x, 0, 10, 10]


class Identity(unittest.TestCase):
    def test_counts(self):
        truth = [at(0)] * 8
        other = [[at(100)] * 7 + [NONE]]
        # the first frame is given; nothing in between; the last has no other
        result = [at(0), at(1), at(50), at(99), NONE, at(101), at(0), at(0)]
        self.assertEqual(evaluate.identity(truth, result, other), {'n': 6, 'own': 2, 'other': 2, 'switches': 1})
        self.assertEqual(evaluate.identity(truth, truth, other), {'n': 6, 'own': 6, 'other': 0, 'switches': 0})
        self.assertEqual(evaluate.identity(truth, result, []), {'n': 0, 'own': 0, 'other': 0, 'switches': 0})

    def test_nearest_counts(self):
        # where they overlap each other, the one that is overlapped most
        self.assertEqual(evaluate.lies_on(at(2), [at(0), at(6)]), 0)
        self.assertEqual(evaluate.lies_on(at(4), [at(0), at(6)]), 1)
        self.assertEqual(evaluate.lies_on(at(3), [at(0), at(6)]), 0)
        self.assertIsNone(evaluate.lies_on(at(20), [at(0), at(6)]))

    def test_frames_are_aligned(self):
        with tempfile.TemporaryDirectory() as folder:
            names = f'{folder}/neighbours.txt'
            with open(names, 'w') as out:
                out.write('# scene\ns a 0\ns b 3\nt c 0\n')
            neighbours = evaluate.read_neighbours(names)
            self.assertEqual(neighbours, {'a': [('b', 3)], 'b': [('a', -3)], 'c': []})
            for seq, rows in {'a': [at(10 * i) for i in range(8)], 'b': [at(10 * i + 200) for i in range(3, 8)]}.items():
                os.makedirs(f'{folder}/data/{seq}')
                os.makedirs(f'{folder}/run', exist_ok=True)
                with open(f'{folder}/data/{seq}/groundtruth_rect.txt', 'w') as out:
                    out.writelines(','.join(map(str, row)) + '\n' for row in rows)
                # each follows the other from where both are known
                with open(f'{folder}/run/{seq}.txt', 'w') as out:
                    out.writelines(f'{10 * i + (200 if seq == "a" else 0)},0,10,10\n'
                                   for i in (range(8) if seq == 'a' else range(3, 8)))
            rows = evaluate.score_identity(f'{folder}/data', folder, 'run', ['a', 'b'], [0], neighbours)
            self.assertEqual(rows['a'], {'n': 5, 'own': 0, 'other': 5, 'switches': 1})
            self.assertEqual(rows['b'], {'n': 4, 'own': 0, 'other': 4, 'switches': 1})


if __name__ == '__main__':
    unittest.main()
