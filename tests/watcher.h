/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* Watcher: what tests of the learner have in common: models that are good and not
 * so good, and a stream whose time goes on while somebody works. */

#pragma once

#include "scene.h"

#include <sstrack/learner.h>

G_BEGIN_DECLS

#define WATCHER_WIDTH 320
#define WATCHER_HEIGHT 180
#define WATCHER_FRAME ((SstTime) 33333333)      /* 30 a second */
#define WATCHER_WINDOW 63       /* frames that fill a window */
#define WATCHER_PART 35         /* that give one of 18 pictures: enough */

/* The shipped model: the teacher has to know what it sees. */
SstModel *watcher_model (void);

/* It with a parameter's values changed: x factor + offset. first, n: which of
 * the values; n 0: all. */
SstModel *watcher_spoilt_model (const char *name, guint first, guint n,
    float factor, float offset);

/* A small network that knows nothing, where quality does not matter. */
SstModel *watcher_small_model (void);

/* Small batches, and checks often. */
SstLearnerParams watcher_params (void);

/* Three things that sway, under a camera that pans slowly. */
Scene *watcher_street (int width, int height);

typedef struct
{
  SstLearner *learner;
  SstTime time;                 /* of the next frame */
  int t;                        /* its number, in scenes */
  guint events[SST_LEARNER_STOPPED + 1];
} Watcher;

/* Takes over base. */
Watcher watcher_new (const SstLearnerParams * params, SstModel * base);
void watcher_clear (Watcher * w);

SstLearnerStats watcher_stats (const Watcher * w);

/* Works until there is nothing to do, or at most so often. Returns the last
 * event. */
SstLearnerEvent watcher_work (Watcher * w, guint most);

/* Works until there is room for another window: the last one has been mined. */
void watcher_mine (Watcher * w);

void watcher_push (Watcher * w, const SstFrame * frame,
    const SstProposal * proposals, guint n);

/* Shows so many frames of a scene, as far as they are wanted. */
void watcher_show (Watcher * w, Scene * scene, guint n);

/* Shows a window of so many frames, and mines it. */
void watcher_learn (Watcher * w, Scene * scene, guint n);

/* Learns from windows of a scene, 16 at most, until something comes to that; the
 * work left over is not done. */
void watcher_learn_until (Watcher * w, Scene * scene, SstLearnerEvent event);

/* Whether the published model is that one. */
gboolean watcher_publishes (const Watcher * w, const SstModel * model);

G_END_DECLS
