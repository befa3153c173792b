/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* libsstrack: follows things in video. Includes every public header.
 *
 *   targets   many targets: ids, lives, detections      <- start here
 *   tracker   one target
 *   album     what targets looked like, for those that come later
 *   model     a network with its parameters, which trackers may share
 *   weights   the file that a model comes from
 *   learner   makes a model better with the stream that it works on
 *   learn     words that a learner shares with those that feed it
 *   pace      how much of a core a working thread may take
 *   motion    the camera's motion
 *   tone      how a camera's pictures are made to look like others
 *   frame     a borrowed view of a picture
 *   box       rectangles
 *   time      nanoseconds
 *
 * A pointer that may be NULL says so. NULL in the place of another one is a mistake of
 * the program: the function says so (g_return_if_fail()) and does nothing, or returns
 * 0, FALSE or NULL.
 *
 * Frames go in, boxes come out; nothing is written or sent. The library uses
 * GLib for errors and memory and BLAS for arithmetic. Where the BLAS is
 * OpenBLAS with threads of its own, sst_targets_process() lets it have one while it
 * works: the products here are too small to gain from more. A program that calls a
 * tracker by itself calls openblas_set_num_threads (1) once. */

#pragma once

#include <sstrack/album.h>
#include <sstrack/box.h>
#include <sstrack/frame.h>
#include <sstrack/learn.h>
#include <sstrack/learner.h>
#include <sstrack/mask.h>
#include <sstrack/model.h>
#include <sstrack/motion.h>
#include <sstrack/pace.h>
#include <sstrack/points.h>
#include <sstrack/select.h>
#include <sstrack/targets.h>
#include <sstrack/time.h>
#include <sstrack/tone.h>
#include <sstrack/tracker.h>
#include <sstrack/weights.h>
