/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* Trainer: makes a network better with pictures that nobody labelled.
 *
 * One object drives everything: it draws pairs (synth.h, tracklet.h), runs the
 * network forward and backward over a batch on several threads, sums the losses
 * of the five sources, and steps the optimiser (AdamW, Loshchilov and Hutter
 * 2019). It reads no annotation and no files; sstrack-train fills the footage
 * from files, sstrain from a stream.
 *
 * Several ranks (ranks.h) may train one model: each has a trainer of the same
 * parameters, model, footage and tracklets, and makes the same calls. They share out
 * each batch, and what is learned depends on the whole of it: which pairs there are
 * follows from their number in the batch, the losses of batches see all of it, and
 * the gradients are added up while the rest of them is still being found. The number
 * of ranks changes nothing but the order of sums.
 *
 * Thread-safety: a trainer belongs to one thread at a time; it starts its own
 * workers. The same seed, footage and calls give the same weights whatever the
 * number of threads. */

#pragma once

#include <sstrack/pace.h>

#include "fit/loss_weights.h"
#include "fit/ranks.h"
#include "footage/footage.h"
#include "footage/tracklet.h"
#include "model/model_private.h"

G_BEGIN_DECLS

typedef struct
{
  guint64 seed;
  int batch;                    /* pairs a step, 1 or more; of all ranks together,
                                 * as many for each */
  float learning_rate;          /* at its highest */
  float final_rate;             /* share of it at the end of the schedule */
  float decay;                  /* share of the schedule over whose end the rate
                                 * falls, along a cosine; constant before. Default
                                 * 1 */
  float weight_decay;
  float clip;                   /* largest norm of a step's gradient */
  float ema;                    /* how slowly the shipped weights follow */
  guint warmup_steps;
  float tracklet_share;         /* of a batch that comes from tracklets */
  float forward_share;          /* of those whose template is where forward
                                 * tracking over the whole picture found the
                                 * target */
  float curriculum;             /* 0: tracklets as they are; 1: reliable ones
                                 * first, all of them at the end */
  guint n_threads;              /* beside the caller's */
  guint n_lanes;                /* that a batch is shared out to, 1..16, default
                                 * 16: each takes memory of its own, about 13 MB
                                 * (beside 17 MB for all of the default network),
                                 * and keeps one thread busy. Sums depend on it.
                                 * With auxiliary losses, or other ranks, each
                                 * pair of the rank's takes 4 MB, and each lane
                                 * 9 MB */
  float anchor;                 /* pull towards the model that it started from,
                                 * a step: learning rate x anchor x distance
                                 * (L2-SP, Li et al. 2018); 0 (default) none */
  gboolean bfloat;              /* convolve in bfloat16 where the CPU has a
                                 * matrix unit (nn/bfloat.h): several times
                                 * faster, and other weights by rounding; no
                                 * difference elsewhere. Default FALSE */
  gboolean freeze_stem;         /* leave the strided layers as they are */
  gboolean adapters;            /* train these alone (adapters.h); the auxiliary
                                 * losses' own heads as well */
  SstPace *pace;                /* asked between pairs, and within (cut.h); NULL (default): none.
                                 * Only with n_threads 0 */
  SstLossWeights weights;
  float temperature;            /* of the instance contrast; default 0.5 */
  guint together;               /* pairs that are drawn together: from tracklets
                                 * they show things that are seen at the same time
                                 * in several places, as far as there are such, and
                                 * are each other's negatives. 1..16; default 1:
                                 * each by itself */
  SstRanks *ranks;              /* who trains it together, and outlives the
                                 * trainer; NULL (default): this process alone.
                                 * Not with a pace */
} SstTrainerParams;

/* The defaults, as measured in docs/training.md. */
void sst_trainer_params_init (SstTrainerParams * params);

typedef struct _SstTrainer SstTrainer;

/* Makes a trainer that starts from model (taken as it is) and draws from footage,
 * which has a clip at least, and tracklets, both of which have to outlive it and
 * stay as they are. tracklets may be NULL, or have none. */
SstTrainer *sst_trainer_new (const SstTrainerParams * params,
    const SstModel * model, const SstFootage * footage,
    const SstTracklets * tracklets);
void sst_trainer_free (SstTrainer ** trainer);

/* The report of a step. */
typedef struct
{
  guint64 step;                 /* of this trainer, from 1 */
  float loss;                   /* weighted sum */
  SstLossWeights terms;         /* each term before its weight */
  float iou;                    /* mean over the pairs, at the true centre */
  float gradient;               /* norm before clipping */
  gboolean finite;              /* FALSE: something was not a number, and the
                                 * step was left out */
} SstTrainerReport;

/* Draws from other footage and tracklets from now on, under the conditions of
 * sst_trainer_new(). Weights and optimiser stay. */
void sst_trainer_set_data (SstTrainer * trainer, const SstFootage * footage,
    const SstTracklets * tracklets);

/* The first n_clips of the footage show one place from now on: things of different
 * ones may be the same, and are not taken for negatives. 0: none do. */
void sst_trainer_set_place (SstTrainer * trainer, guint n_clips);

/* Changes the rate of the steps to come. */
void sst_trainer_set_learning_rate (SstTrainer * trainer, float rate);

/* Asks another pace from now on, or none (NULL). */
void sst_trainer_set_pace (SstTrainer * trainer, SstPace * pace);

/* Moves the weights, and their mean, by share (0..1) of the way to those of
 * model, which has to be of the same configuration; at 1 it takes them over and
 * forgets the optimiser's moments. The anchor stays where it was. */
void sst_trainer_pull (SstTrainer * trainer, const SstModel * model,
    float share);

/* Distance of the weights from those it started from, relative to the length of
 * the latter; of the adapters alone where only they are trained. */
float sst_trainer_drift (const SstTrainer * trainer);

/* One step. progress: 0..1, where in the schedule (rate, curriculum). A step
 * that the pace stops is left out and changes nothing: finite is FALSE, step that
 * of the step before. Where there are auxiliary losses, which see a batch as a
 * whole, it is no longer stopped once they have. */
void sst_trainer_step (SstTrainer * trainer, float progress,
    SstTrainerReport * report);

/* The averaged weights as a model, with that tone and metadata (sst_model_new());
 * the caller unrefs it. NULL with an error of weights.h where they are none: a rate
 * that is far too high makes some of them infinite. */
SstModel *sst_trainer_snapshot (const SstTrainer * trainer, const SstTone * tone,
    const char *metadata, GError ** error);

/* Everything needed to go on exactly from here, in one file written under a
 * temporary name, synced and renamed; and back. The footage, tracklets and
 * parameters are not in it: it is exact where they are the same. A file of
 * another network or another version, or of a training with auxiliary losses
 * where this is one without, is refused, and the trainer left as it was. */
gboolean sst_trainer_save (const SstTrainer * trainer, const char *path,
    GError ** error);
gboolean sst_trainer_load (SstTrainer * trainer, const char *path,
    GError ** error);

/* Every rank goes on from where the first one stands: after that one has loaded a
 * file, and now and then, as processors that round differently drift apart. */
void sst_trainer_share (SstTrainer * trainer);

G_END_DECLS
