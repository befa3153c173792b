/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* Learn: words that a learner shares with those that feed it: sources to learn from,
 * reasons to pause and to refuse, and boxes that others know of in a frame. */

#pragma once

#include <glib.h>

#include <sstrack/api.h>
#include <sstrack/box.h>

G_BEGIN_DECLS

/* What to learn from (flags). */
typedef enum
{
  SST_LEARN_FROM_MOTION = 1 << 0,       /* moving regions that it finds itself */
  SST_LEARN_FROM_TARGETS = 1 << 1,      /* proposals of a tracker */
  SST_LEARN_FROM_ROI = 1 << 2,          /* proposals of a detector; where to
                                         * look, never taken for the truth */
} SstLearnFrom;

/* When not to learn (flags). */
typedef enum
{
  SST_LEARN_PAUSE_STILL = 1 << 0,       /* nothing moves */
  SST_LEARN_PAUSE_LOST = 1 << 1,        /* a tracker lost its target */
  SST_LEARN_PAUSE_BLURRED = 1 << 2,     /* no sharp edge, or next to no contrast */
  SST_LEARN_PAUSE_CUT = 1 << 3,         /* scene changes follow each other so fast
                                         * that windows get too short */
} SstLearnPause;

/* Why a tracklet or a window was refused. */
typedef enum
{
  SST_REFUSED_STILL, SST_REFUSED_LOST, SST_REFUSED_BLURRED, SST_REFUSED_CUT,
  SST_REFUSED_SHORT,            /* of a tracklet: lost within 4 pictures */
  SST_REFUSED_CYCLE,            /* did not come back to its start */
  SST_REFUSED_DISAGREED,        /* teacher and flow say different things */
  SST_REFUSED_SMALL,            /* sides under 16 pixels of the shrunk picture */
  SST_N_REFUSED
} SstRefused;

/* "still", "lost", "blurred", ... */
SST_API const char *sst_refused_to_string (SstRefused refused);

/* A box that somebody else knows of. */
typedef struct
{
  SstBox box;                   /* pixels of the frame */
  guint64 id;                   /* of a tracker's target; 0: none */
  float confidence;             /* 0..1 */
  gboolean lost;                /* a tracker says so; the box means nothing */
} SstProposal;

G_END_DECLS
