/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* GstSsTrainGroup: the learning part, of one sstrain or of several of a process that
 * have the same property "group": a learner, its worker thread and its share of a core.
 * Each element shows it a stream of its own, and makes of what comes out what it is told
 * to: a model for its trackers, a file, a message.
 *
 * The settings that are the learner's as a whole are those of the first member, until
 * one of them is set on any; which model it starts from is the same for all.
 *
 * Locks: an element's comes before its group's, and the worker holds neither while
 * it works or calls an element. Nobody holds one while a frame is looked at.
 *
 * Thread-safety: any thread, where nothing else is said. */

#pragma once

#include <gst/gst.h>
#include <sstrack/learner.h>

#include "gstsstrain.h"

G_BEGIN_DECLS

typedef struct _GstSsTrainGroup GstSsTrainGroup;

/* A member's part of the learner's settings. */
typedef struct
{
  gdouble cpu_share;
  SstLearnerParams params;
} GstSsTrainTerms;

/* Which of them: those that can change while it learns, and those that can't. */
typedef enum
{
  GST_SS_TRAIN_TERM_CPU_SHARE = 1 << 0,
  GST_SS_TRAIN_TERM_PROFILE = 1 << 1,
  GST_SS_TRAIN_TERM_TONE = 1 << 2,
  GST_SS_TRAIN_TERM_RESET_AFTER = 1 << 3,
  GST_SS_TRAIN_TERM_SEED = 1 << 4,
  GST_SS_TRAIN_TERM_MEMORY_LIMIT = 1 << 5,
} GstSsTrainTerm;

/* The names of the properties, as in "seed, profile"; free with g_free(). */
gchar *gst_ss_train_terms_describe (GstSsTrainTerm terms);

/* The calls of the worker for each member, itself held, without a lock. */
typedef struct
{
  /* Before each piece of work. */
  void (*errand) (GstSsTrain * member);
  /* A piece of work came to this. */
  void (*conclude) (GstSsTrain * member, SstLearnerEvent event,
      SstModel * model);
} GstSsTrainCalls;

/* Joins the group of that name, or makes it; name NULL or "": one of its own.
 *
 * base: what the element would start from; own_base: it has to be the group's, or
 *     what that has learned so far (else the group's is as good).
 * differs: set to the terms of which the group has others.
 * Returns NULL with error (G_THREAD_ERROR; G_IO_ERROR: another base) where it can't. */
GstSsTrainGroup *gst_ss_train_group_join (const gchar * name,
    GstSsTrain * member, const GstSsTrainCalls * calls, SstModel * base,
    gboolean own_base, const GstSsTrainTerms * terms, GstSsTrainTerm * differs,
    GError ** error);


/* The member's stream, which belongs to its streaming thread. */
SstLearnerStream *gst_ss_train_group_stream (GstSsTrainGroup * group,
    GstSsTrain * member);

/* A member lets the worker work, or not; the worker works where one of them does.
 * errand: it is to be called before the next piece of work. */
void gst_ss_train_group_direct (GstSsTrainGroup * group, GstSsTrain * member,
    gboolean may_work, gboolean errand);

/* Takes these terms over from a member. */
void gst_ss_train_group_set_terms (GstSsTrainGroup * group,
    const GstSsTrainTerms * terms, GstSsTrainTerm which);

/* Asks for something that goes before the worker's present piece of work. */
void gst_ss_train_group_ask (GstSsTrainGroup * group,
    void (*what) (SstLearner *));

/* Of all members together. */
typedef struct
{
  SstLearnerStats learner;
  guint64 cpu_used;             /* nanoseconds */
  gdouble cpu_share;            /* of a core, over the last ten seconds */
  guint n_members;
  gboolean may_work;
} GstSsTrainFigures;

void gst_ss_train_group_look (GstSsTrainGroup * group,
    GstSsTrainFigures * figures);

/* Leaves the group and sets *group to NULL; the last one ends the worker, and is
 * told what that came to. Afterwards the member is not called any more. figures: as
 * they are then. Not with the element's lock, nor from the worker. */
void gst_ss_train_group_leave (GstSsTrainGroup ** group, GstSsTrain * member,
    GstSsTrainFigures * figures);

/* The model that all start from, and the one in use; the group's, and a new
 * reference. */
SstModel *gst_ss_train_group_base (GstSsTrainGroup * group);
SstModel *gst_ss_train_group_dup_model (GstSsTrainGroup * group);

G_END_DECLS
