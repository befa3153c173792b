#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: 2026 The sstracker authors
"""sstrack-train as several ranks, started by mpirun on this machine.

usage: test_mpi.py PROGRAM BUILT LIBRARY...

BUILT: whether PROGRAM was built with MPI. Skips (77) where it was not, or there is no mpirun. No LIBRARY may be
linked with it in any case.
"""
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest

PROGRAM, BUILT, LIBRARIES = os.path.realpath(sys.argv[1]), sys.argv[2], sys.argv[3:]
del sys.argv[1:]
NETWORK = 'siamese-2 channels=4,6,8,8 blocks=0,0,1 reduced=5 head=7 embedding=6 towers=1 target=1 mask=1'
# every loss of a batch, so that what the ranks tell each other counts
LOSSES = ['--instance=0.3', '--reconstruction=0.3', '--placement=0.3', '--ordering=0.3', '--intra=0.3', '--inter=0.3',
          '--multilabel=0.3']
QUICK = ['--network=' + NETWORK, '--threads=1', '--batch=4', '--tracklet-share=0']
ENVIRONMENT = dict(os.environ, OMPI_ALLOW_RUN_AS_ROOT='1', OMPI_ALLOW_RUN_AS_ROOT_CONFIRM='1', OPENBLAS_NUM_THREADS='1',
                   OMPI_MCA_rmaps_base_oversubscribe='1', OMPI_MCA_hwloc_base_binding_policy='none',
                   OMPI_MCA_btl_vader_single_copy_mechanism='none', PRTE_MCA_rmaps_default_mapping_policy=':oversubscribe')


def make_video(path, pattern):
    Gst.init(None)
    pipeline = Gst.parse_launch('videotestsrc pattern=%s num-buffers=20 ! video/x-raw,width=160,height=120,framerate=15/1 ! '
                                'jpegenc ! avimux ! filesink location=%s' % (pattern, path))
    pipeline.set_state(Gst.State.PLAYING)
    message = pipeline.get_bus().timed_pop_filtered(Gst.CLOCK_TIME_NONE, Gst.MessageType.EOS | Gst.MessageType.ERROR)
    pipeline.set_state(Gst.State.NULL)
    assert message.type == Gst.MessageType.EOS, message.parse_error()


def read(path):
    with open(path, 'rb') as file:
        return file.read()


def is_running(pid):
    """Whether the process runs PROGRAM; one that is dead and not yet buried does not."""
    try:
        return os.readlink('/proc/%d/exe' % pid) == PROGRAM
    except OSError:
        return False


def children(pid):
    """Those that a process started and that run PROGRAM."""
    found = []
    for other in map(int, filter(str.isdigit, os.listdir('/proc'))):
        try:
            parent = read('/proc/%d/stat' % other).rsplit(b')', 1)[1].split()[1]
        except OSError:
            continue  # it is gone
        if int(parent) == pid and is_running(other):
            found.append(other)
    return found


def losses(path):
    with open(path, encoding='ascii') as file:
        return [float(line.split('\t')[3]) for line in list(file)[1:]]


def is_linked(path):
    return 'libmpi' in subprocess.run(['ldd', path], capture_output=True, text=True).stdout


class MpiTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.videos = tempfile.mkdtemp()
        cls.addClassCleanup(shutil.rmtree, cls.videos)
        for name, pattern in (('a', 'ball'), ('b', 'smpte'), ('c', 'circular')):
            make_video(os.path.join(cls.videos, name + '.avi'), pattern)

    def setUp(self):
        self.folder = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.folder)

    def path(self, *names):
        return os.path.join(self.folder, *names)

    def start(self, command):
        return subprocess.Popen(command, cwd=self.folder, env=ENVIRONMENT, stdin=subprocess.DEVNULL,
                                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)

    def finish(self, process):
        said = process.communicate(timeout=400)[0]
        return process.returncode, said

    def mpirun(self, n, *arguments):
        """Runs n ranks to their end: (status, what they said)."""
        return self.finish(self.start(['mpirun', '-n', str(n), PROGRAM, *arguments]))

    def succeed(self, n, *arguments):
        status, said = self.mpirun(n, *arguments)
        self.assertEqual(status, 0, said)
        return said

    def written(self):
        """All files below the folder."""
        return sorted(os.path.relpath(os.path.join(place, name), self.folder)
                      for place, folders, names in os.walk(self.folder) for name in names)

    def test_the_number_of_ranks_does_not_matter(self):
        options = ['--network=' + NETWORK, '--threads=1', '--batch=8', '--steps=50', *LOSSES, self.videos]
        alone = self.finish(self.start([PROGRAM, '--output=1.sst', '--log=1.tsv', *options]))
        self.assertEqual(alone[0], 0, alone[1])
        said = self.succeed(4, '--output=4.sst', '--log=4.tsv', *options)
        self.assertIn('4 ranks of 1 threads, 2 pairs a step for each', said)
        one, four = losses(self.path('1.tsv')), losses(self.path('4.tsv'))
        self.assertEqual((len(one), len(four)), (50, 50))
        self.assertLessEqual(max(abs(a - b) for a, b in zip(one, four)), 1e-4)
        self.assertEqual(self.written(), ['1.sst', '1.tsv', '4.sst', '4.tsv'])

    def test_a_rank_that_dies_ends_the_job_and_others_go_on(self):
        self.succeed(2, '--output=m.sst', '--work=w', '--steps=3', *QUICK, self.videos)
        before = read(self.path('w', 'run.ini'))
        job = self.start(['mpirun', '-n', '4', PROGRAM, '--resume', '--work=w', '--output=m.sst', '--log=w/l.tsv',
                          '--steps=1000000'])
        while not (os.path.exists(self.path('w', 'l.tsv')) and len(losses(self.path('w', 'l.tsv'))) > 2):
            self.assertIsNone(job.poll(), 'ended by itself')
            time.sleep(0.05)
        ranks = children(job.pid)
        self.assertEqual(len(ranks), 4)
        os.kill(ranks[2], signal.SIGKILL)
        status, said = self.finish(job)
        self.assertNotEqual(status, 0, said)
        self.assertEqual([rank for rank in ranks if is_running(rank)], [])
        self.assertEqual(read(self.path('w', 'run.ini')), before)
        said = self.succeed(1, '--resume', '--work=w', '--output=m.sst', '--steps=5')
        self.assertIn('going on after step 3', said)
        self.assertIn('done: step 5', said)

    def test_ranks_of_other_versions(self):
        # the same program, which calls itself another version
        code = read(PROGRAM)
        version = subprocess.run([PROGRAM, '--version'], capture_output=True, text=True).stdout.split()[1]
        changed = code.replace(version.encode() + b'\0', b'9' + version.encode()[1:] + b'\0')
        if changed == code:
            changed = code.replace(version.encode() + b' (', b'9' + version.encode()[1:] + b' (')
        self.assertNotEqual(changed, code)
        with open(self.path('other'), 'wb') as file:
            file.write(changed)
        os.chmod(self.path('other'), 0o755)
        options = ['--output=m.sst', '--steps=2', *QUICK, self.videos]
        status, said = self.finish(self.start(['mpirun', '-n', '1', PROGRAM, *options, ':', '-n', '1', './other',
                                               *options]))
        self.assertEqual(status, 1, said)
        self.assertRegex(said, r'rank 0 \(.*\) is of version %s.*, rank 1 \(.*\) of version 9' % version)
        self.assertEqual(self.written(), ['other'])

    def test_other_options(self):
        status, said = self.finish(self.start(
            ['mpirun', '-n', '1', PROGRAM, '--output=m.sst', '--steps=2', *QUICK, self.videos,
             ':', '-n', '1', PROGRAM, '--output=m.sst', '--steps=3', *QUICK, self.videos]))
        self.assertEqual(status, 1, said)
        self.assertIn('has other options than rank 0', said)

    def test_an_empty_share(self):
        status, said = self.mpirun(2, '--output=m.sst', '--batch=3', '--steps=2', self.videos)
        self.assertEqual(status, 2, said)
        self.assertEqual(said.count('--batch=3 is no equal share for each of 2 ranks; 4 would be'), 1, said)
        self.assertEqual(self.written(), [])

    def test_footage_that_only_some_can_read(self):
        # the same options in two folders: either rank has a file that the other has not
        for name in 'ab':
            os.makedirs(self.path(name, 'in'))
            shutil.copy(os.path.join(self.videos, name + '.avi'), self.path(name, 'in'))
        options = ['in', '--output=../m.sst', '--log=../l.tsv', '--steps=2', *QUICK]
        status, said = self.finish(self.start(['mpirun', '-n', '1', '-wdir', self.path('a'), PROGRAM, *options,
                                               ':', '-n', '1', '-wdir', self.path('b'), PROGRAM, *options]))
        self.assertEqual(status, 0, said)
        self.assertRegex(said, r'b/in/b.avi" can.t be read by rank 0')
        self.assertRegex(said, r'a/in/a.avi" can.t be read by rank 1')
        self.assertIn('of 2 files only some ranks can read 2', said)
        self.assertIn('footage: 2 videos', said)
        status, said = self.mpirun(2, 'nowhere', '--output=m.sst', '--steps=2', *QUICK)
        self.assertEqual(status, 1, said)
        self.assertIn('that a rank could', said)

    def test_a_store_is_filled_together(self):
        for n, store in ((1, 'one'), (3, 'three')):
            self.succeed(n, '--store=' + store, '--list', os.path.join(self.videos, 'a.avi'))
            said = self.succeed(n, '--store=' + store, '--list', self.videos)
            self.assertIn('read 2 files into the store (2 videos, 0 photographs, 40 pictures', said)
            self.assertIn('1 were in it', said)
        self.assertEqual(sorted(os.listdir(self.path('one'))), sorted(os.listdir(self.path('three'))))
        for name in ('index.txt', 'pictures'):
            self.assertEqual(read(self.path('one', name)), read(self.path('three', name)))
        said = self.succeed(2, '--store=three', '--output=m.sst', '--steps=2', '--log=l.tsv', *QUICK)
        self.assertIn('footage: 3 videos', said)

    def test_a_full_disk(self):
        # no file may be longer than a few blocks
        limited = 'trap "" XFSZ; ulimit -f 8; exec "$@"'
        options = ['--output=m.sst', '--work=w', '--steps=2', *QUICK, self.videos]
        status, said = self.finish(self.start(
            ['mpirun', '--mca', 'btl', 'tcp,self', '-n', '1', 'sh', '-c', limited, 'sh', PROGRAM, *options,
             ':', '-n', '1', PROGRAM, *options]))
        self.assertEqual(status, 1, said)
        self.assertIn('File too large', said)
        self.assertEqual(self.written(), [])


if __name__ == '__main__':
    for path in LIBRARIES + [PROGRAM] * (BUILT != 'true'):
        if is_linked(path):
            sys.exit('%s is linked with MPI' % path)
    if BUILT != 'true':
        print('skipped: built without MPI (libopenmpi-dev)')
        sys.exit(77)
    if shutil.which('mpirun') is None:
        print('skipped: no mpirun (openmpi-bin)')
        sys.exit(77)
    try:
        import gi
        gi.require_version('Gst', '1.0')
        from gi.repository import Gst
    except (ImportError, ValueError) as missing:
        print('skipped: %s' % missing)
        sys.exit(77)
    unittest.main(verbosity=2)
