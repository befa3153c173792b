/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* Twins: two things that look the same and cross, drawn; for the test of
 * look-alikes and for tests/eval/twins.c. */

#pragma once

#include <sstrack/tracker.h>

#include "scene.h"

G_BEGIN_DECLS

#define TWINS_WIDTH 320
#define TWINS_HEIGHT 240
/* Frames of a scene, of which they meet in the middle one. */
#define TWINS_FRAMES 90

typedef enum
{
  TWINS_RIGHT,                  /* the box is on the one that it was given */
  TWINS_WRONG,                  /* on the other one, and the state "tracking" */
  TWINS_SILENT,                 /* neither */
} TwinsOutcome;

/* Both move smoothly: straight on, at angles, speeds and sizes of that number's own;
 * in every second scene along a curve. Which of them covers the other changes, too.
 * target, twin: the sprites. */
Scene *twins_scene (guint number, int *target, int *twin);

/* Follows the target through the scene, and says where it ends. model: NULL: none.
 * print: whether to say in each frame where it is. */
TwinsOutcome twins_run (guint number, SstModel * model, gboolean print);

G_END_DECLS
