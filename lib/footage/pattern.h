/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* Pattern (internal): pictures that nobody took, to train and to judge with where
 * there are no others.
 *
 * Dead leaves: shapes of many sizes that cover each other, each with colours and
 * a texture of its own (fractal noise, stripes, checks, gradients), under uneven
 * light (Lee, Mumford and Huang 2001; that networks learn from such pictures:
 * Baradad et al., "Learning to See by Looking at Noise", 2021). Their statistics
 * of edges and sizes are those of photographs; they carry no licence and no
 * privacy, and a hostile stream can't change them.
 *
 * Thread-safety: functions without state. */

#pragma once

#include <sstrack/pace.h>

#include "footage/footage.h"

G_BEGIN_DECLS

/* Makes n pictures of width x height, each a clip of its own, named
 * "pattern-<i>". The same seed gives the same pictures on every machine. */
SstFootage *sst_pattern_footage (guint64 seed, guint n, int width, int height);

/* The same into a footage that has the first of them, or none. pace (may be
 * NULL) is asked before each; returns FALSE where it says stop: call again. */
gboolean sst_pattern_fill (SstFootage * footage, guint64 seed, guint n,
    int width, int height, SstPace * pace);

/* One such picture; the caller unrefs it. */
SstImage *sst_pattern_image (guint64 seed, int width, int height);

G_END_DECLS
