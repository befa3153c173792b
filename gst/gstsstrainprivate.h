/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* sstrain, for its own sources: the element's state, and which thread may touch
 * which part of it. gstsstrain.c has the stream and the element's life,
 * gstsstraingroup.c the learner and its thread, gstsstrainworker.c the use of its
 * results, gstsstrainproperties.c the settings. */

#pragma once

#include <stdatomic.h>

#include <gst/video/video.h>
#include <sstrack/learner.h>

#include "gstsstrain.h"
#include "gstsstraingroup.h"

G_BEGIN_DECLS

extern GstDebugCategory *gst_ss_train_debug;

#define DEFAULT_PROP_MODEL NULL
#define DEFAULT_PROP_SAVE_LOCATION NULL
#define DEFAULT_PROP_ENABLED TRUE
#define DEFAULT_PROP_PAUSED_WHEN \
    (GST_SS_TRAIN_PAUSED_WHEN_STILL | GST_SS_TRAIN_PAUSED_WHEN_LOST | \
    GST_SS_TRAIN_PAUSED_WHEN_BLURRED | GST_SS_TRAIN_PAUSED_WHEN_CUT | \
    GST_SS_TRAIN_PAUSED_WHEN_PAUSED)
#define DEFAULT_PROP_CPU_SHARE 0.25
#define DEFAULT_PROP_MAX_OPERATIONS GST_SS_DEFAULT_MAX_OPERATIONS
#define DEFAULT_PROP_MEMORY_LIMIT ((guint64) 448 << 20)
#define DEFAULT_PROP_LEARN_FROM \
    (GST_SS_TRAIN_LEARN_FROM_MOTION | GST_SS_TRAIN_LEARN_FROM_TARGETS)
#define DEFAULT_PROP_SEED 1
#define DEFAULT_PROP_PROFILE GST_SS_TRAIN_PROFILE_NORMAL
#define DEFAULT_PROP_TONE TRUE
#define DEFAULT_PROP_RESET_AFTER (3600 * GST_SECOND)
#define DEFAULT_PROP_MODEL_NAME ""
#define DEFAULT_PROP_GROUP ""

typedef struct
{
  gchar *model, *save_location, *model_name, *group;
  gboolean enabled;
  GstSsTrainPausedWhen paused_when;
  gdouble cpu_share;
  guint64 memory_limit, max_operations;
  GstSsTrainLearnFrom learn_from;
  guint64 seed;
  GstSsTrainProfile profile;
  gboolean tone;
  GstClockTime reset_after;
} Settings;

struct _GstSsTrain
{
  GstSsFilter filter;

  /* The streaming thread never takes the lock, but to set controlled
   * properties. */
  GMutex lock;
  /* Under the lock. */
  Settings settings;
  gboolean playing;             /* the state is PLAYING */
  gboolean warned_save;
  SstModel *base, *model;       /* model: in use; of this run or the last */
  SstModel *saved;              /* the one that was written last, the base at
                                 * first */
  const gchar *group_name;      /* interned; of this run or the last, "" for none */
  GstSsTrainFigures figures;    /* of the last look */
  guint64 taken;                /* the same: frames kept in a window */
  gchar *stream_id;             /* of the stream that passes; NULL: none yet */
  gchar *published;             /* name of the model in the store; NULL: none */
  gboolean name_claimed;        /* others were told of it in this run */
  gchar *claimed;               /* file to save to that others were told of */

  /* Change from start() to stop() only, under the lock. */
  GstSsTrainGroup *group;       /* also of an element alone */
  SstLearnerStream *stream;
  /* Pads let buffers through before start() has returned. */
  atomic_bool running;

  /* Written by the streaming thread, read by all. */
  _Atomic guint64 n_frames, running_time;
  /* The settings that the streaming thread goes by. */
  atomic_bool enabled;
  atomic_uint learn_from, paused_when;

  /* Of the streaming thread. */
  gboolean warned_interlaced;
  gboolean interrupted;         /* nothing was pushed since */
  GArray *proposals;            /* SstProposal, scratch */
  GArray *detections;           /* SstDetection, scratch */
};

/* Types of the properties. */
#define GST_TYPE_SS_TRAIN_LEARN_FROM (gst_ss_train_learn_from_get_type ())
#define GST_TYPE_SS_TRAIN_PAUSED_WHEN (gst_ss_train_paused_when_get_type ())
#define GST_TYPE_SS_TRAIN_PROFILE (gst_ss_train_profile_get_type ())
GType gst_ss_train_learn_from_get_type (void);
GType gst_ss_train_paused_when_get_type (void);
GType gst_ss_train_profile_get_type (void);

/* Takes a reference of model (may be NULL) in the place of the one in field. */
void gst_ss_train_replace_model (SstModel ** field, SstModel * model);

/* Takes the figures of the stats anew from the learner; with the lock held. */
void gst_ss_train_look (GstSsTrain * self);

/* The property "stats"; with the lock held. */
GstStructure *gst_ss_train_make_stats (GstSsTrain * self);

/* Lets the worker work, or makes it leave what it is at; with the lock held. */
void gst_ss_train_direct (GstSsTrain * self);

/* The learner's part of the settings; with the lock held. */
GstSsTrainTerms gst_ss_train_get_terms (const GstSsTrain * self);

/* A warning that the file could not be written, once in a run. */
void gst_ss_train_warn_save (GstSsTrain * self, const gchar * location,
    const gchar * reason);

/* Writes the model in use to save-location unless it is there. */
void gst_ss_train_save_accepted (GstSsTrain * self);

/* Gives the model in use to the trackers, at the start and where they are
 * others than before. They keep the model of their own until there is a better
 * one, unless this element was told which to start from. A model that an
 * earlier run gave them is not better: this one does not know it. */
void gst_ss_train_offer (GstSsTrain * self);

/* For claims: those of one group are one party; NULL where there is none. With the
 * lock held. */
static inline gconstpointer
gst_ss_train_party (const GstSsTrain * self)
{
  return *self->group_name != '\0' ? self->group_name : NULL;
}

/* What the group calls a member for. */
extern const GstSsTrainCalls gst_ss_train_calls;

/* Tells others which file is written to, and says where one of them writes to
 * the same. */
void gst_ss_train_claim_location (GstSsTrain * self);

/* Tells the threads of the settings; of those that all members have in common of
 * these only. With the lock held. */
void gst_ss_train_apply_settings (GstSsTrain * self, GstSsTrainTerm which);

/* The class's. */
void gst_ss_train_set_property (GObject * object, guint prop_id,
    const GValue * value, GParamSpec * pspec);

void gst_ss_train_get_property (GObject * object, guint prop_id, GValue * value,
    GParamSpec * pspec);

/* Adds the properties to the class. */
void gst_ss_train_install_properties (GObjectClass * object_class);

G_END_DECLS
