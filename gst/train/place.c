/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "place.h"

#include "material.h"
#include "options.h"
#include "terminal.h"

/* Between two videos there is a gap that no window reaches over. */
#define GAP (10 * SST_SECOND)

/* Steps that a window is worth: about as many as sstrain has the time for, so
 * that many windows are seen rather than few over and over. */
#define STEPS_A_WINDOW 12

/* Passes over a footage that gives no step at all, before it is given up. */
#define MAX_PASSES_WITHOUT 2

/* How far it got. */
typedef struct
{
  SstLearner *learner;
  const PlaceParams *params;
  SstTime now;
  guint64 n_windows;            /* the last one that was worked at, */
  guint64 end;                  /* and the step up to which */
} Show;

static guint64
count_steps (const Show * show)
{
  SstLearnerStats stats;

  sst_learner_get_stats (show->learner, &stats);
  return stats.steps + stats.bad_steps;
}

/* Renews the steps for a new window. */
static void
look_for_window (Show * show)
{
  SstLearnerStats stats;

  sst_learner_get_stats (show->learner, &stats);
  if (stats.windows == show->n_windows)
    return;
  show->n_windows = stats.windows;
  show->end = stats.steps + stats.bad_steps + STEPS_A_WINDOW;
}

/* Does what there is to do. FALSE: there are enough steps. */
static gboolean
work_off (Show * show)
{
  const PlaceParams *const params = show->params;
  SstLearnerEvent event;

  look_for_window (show);
  while (!interrupted && count_steps (show) < show->end) {
    event = sst_learner_work (show->learner, NULL);
    if (event == SST_LEARNER_IDLE)
      break;
    if (event != SST_LEARNER_WORKED && params->event != NULL)
      params->event (event, show->learner, params->data);
    if (params->steps > 0 && count_steps (show) >= params->steps)
      return FALSE;
  }
  return !interrupted;
}

/* Shows part of a clip. */
static gboolean
show_clip (Show * show, const SstClip * clip)
{
  const PlaceParams *const params = show->params;
  const guint n = sst_clip_length (clip);
  const guint first = (guint) (params->from * n);
  const guint end = (guint) (params->to * n);
  const SstTime start = show->now;

  for (guint i = first; i < end; i++) {
    show->now = start + sst_clip_time (clip, i) - sst_clip_time (clip, first);
    if (sst_learner_wants (show->learner, show->now))
      sst_learner_push (show->learner, sst_clip_fetch (clip, i), show->now,
          NULL, 0);
    if (!work_off (show))
      return FALSE;
  }
  sst_learner_interrupt (show->learner);
  return work_off (show);
}

gdouble
show_place (SstLearner * learner, const SstFootage * footage,
    const PlaceParams * params)
{
  Show show = {.learner = learner,.params = params };
  guint without = 0;
  gdouble shown = 0;

  for (gboolean more = TRUE; more;) {
    const guint64 before = count_steps (&show);

    for (guint i = 0; i < sst_footage_n_clips (footage) && more; i++) {
      const SstClip *const clip = sst_footage_clip (footage, i);
      const SstTime start = show.now;

      if (sst_clip_length (clip) < 2)
        continue;
      more = show_clip (&show, clip);
      shown += (gdouble) (show.now - start) / SST_SECOND;
      show.now += GAP;
    }
    without = count_steps (&show) > before ? 0 : without + 1;
    more = more && params->steps > 0 && without < MAX_PASSES_WITHOUT;
  }
  return shown;
}

gchar *
describe_event (SstLearnerEvent event, const SstLearnerStats * stats)
{
  gchar *const learned = sst_learner_describe (stats);
  gchar *const text = g_strdup_printf ("step %" G_GUINT64_FORMAT ", %s: %s",
      stats->steps, sst_learner_event_to_string (event), learned);

  g_free (learned);
  return text;
}

static void
on_event (SstLearnerEvent event, SstLearner * learner, gpointer data)
{
  SstLearnerStats stats;
  gchar *text;

  sst_learner_get_stats (learner, &stats);
  text = describe_event (event, &stats);
  say ("%s", text);
  g_free (text);
}

static gboolean
save (SstLearner * learner, GError ** error)
{
  SstModel *const model = sst_learner_get_model (learner);
  const gboolean saved = sst_model_save (model, options.output, error);

  sst_model_unref (model);
  return saved;
}

gboolean
learn_place (GError ** error)
{
  const PlaceParams params = { 0, 1, (guint64) options.steps, on_event, NULL };
  SstLearnerParams learner_params;
  SstFootage *footage = NULL;
  SstLearner *learner;
  SstLearnerStats stats;
  gboolean saved = FALSE;
  gdouble shown;
  gchar *text;
  SstModel *model = get_model (options.model != NULL ? options.model
      : "builtin", error);

  if (model != NULL)
    footage = get_footage (error);
  if (footage != NULL) {
    catch_signals ();
    sst_learner_params_init (&learner_params);
    learner_params.seed = (guint64) options.seed;
    learner = sst_learner_new (&learner_params, model);
    shown = show_place (learner, footage, &params);
    sst_learner_get_stats (learner, &stats);
    text = sst_learner_describe (&stats);
    saved = save (learner, error);
    if (saved)
      say ("%s after %.0f s of the place, %" G_GUINT64_FORMAT " steps: %s; %"
          G_GUINT64_FORMAT " accepted, %" G_GUINT64_FORMAT " refused, %"
          G_GUINT64_FORMAT " taken back: the model is %s", interrupted ?
          "interrupted" : "done", shown, stats.steps, text, stats.accepted,
          stats.refused, stats.rolled_back, options.output);
    g_free (text);
    sst_learner_free (&learner);
  }
  sst_footage_free (&footage);
  sst_model_unref (model);
  return saved;
}
