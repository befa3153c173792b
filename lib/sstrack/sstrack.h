/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* libsstrack: follows things in video. Includes every public header.
 *
 *   targets   many targets: ids, lives, detections      <- start here
 *   tracker   one target
 *   dcf       its on-line discriminative model
 *   features  the channels that the model sees
 *   motion    the camera's motion
 *   tone      what makes a camera's pictures look like others
 *   sampler   any region of a picture as a float tensor
 *   frame     a borrowed view of a picture
 *   box       rectangles
 *
 * Frames go in, boxes come out; nothing is written or sent. The library uses
 * GLib for errors and memory and BLAS for arithmetic. Where the BLAS is
 * OpenBLAS with threads of its own, sst_targets_process() lets it have one while it
 * works: the products here are too small to gain from more. Who calls a tracker by
 * itself calls openblas_set_num_threads (1) once. */

#pragma once

#include <sstrack/box.h>
#include <sstrack/dcf.h>
#include <sstrack/features.h>
#include <sstrack/frame.h>
#include <sstrack/model.h>
#include <sstrack/motion.h>
#include <sstrack/sampler.h>
#include <sstrack/targets.h>
#include <sstrack/tone.h>
#include <sstrack/tracker.h>
