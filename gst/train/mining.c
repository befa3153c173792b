/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "mining.h"

#include <string.h>

#include "base/crew.h"
#include "footage/mine.h"
#include "footage/mined.h"
#include "footage/retrack.h"
#include "footage/verify.h"

#include "material.h"
#include "options.h"
#include "ranks.h"
#include "terminal.h"

/* Pictures that are mined between writing to the store: minutes of work. */
#define BATCH_PICTURES 6000

typedef struct _Shared Shared;

/* Scratch of one thread at a time; each is made where it is first needed. */
typedef struct
{
  SstMiner *miner;
  SstVerifier *verifier;
  SstRetracker *retracker;
} Tool;

/* A kind of work. */
typedef struct
{
  const gchar *what;            /* for messages */
  void (*work) (Shared * shared, Tool * tool, guint job);
} Trade;

/* Work that the threads share. */
struct _Shared
{
  const SstFootage *footage;
  SstTracklets *tracklets;
  SstModel *model;              /* that verifies, or follows them on */
  GArray *order;                /* of guint: clips, the longest first */
  SstTracklets **found;         /* by place in that order; NULL: nobody was
                                 * through with it */
  const Trade *trade;
  GAsyncQueue *tools;           /* Tool, idle ones */
  GThread *caller;              /* shows how far it is */
  guint first;                  /* job of the round */
  guint total;                  /* what n_done will come to */
  gint n_done;                  /* pictures or tracklets */
  gint n_longer;                /* tracklets that were followed on */
};

/* Counts what was done, and shows it now and then; of several ranks the first,
 * as if the others had come as far. */
static void
count_done (Shared * shared, gint n)
{
  const gint done = g_atomic_int_add (&shared->n_done, n) + n;

  if (g_thread_self () == shared->caller && line_is_due ())
    show_progress ("%s: %u of %u", shared->trade->what,
        MIN ((guint) done * (ranks != NULL ? ranks->n : 1), shared->total),
        shared->total);
}

static void
run_job (gpointer data, guint i)
{
  Shared *const shared = data;
  Tool *tool;

  if (interrupted || (ranks != NULL && i % ranks->n != ranks->rank))
    return;
  tool = g_async_queue_try_pop (shared->tools);
  if (tool == NULL)
    tool = g_new0 (Tool, 1);
  shared->trade->work (shared, tool, shared->first + i);
  g_async_queue_push (shared->tools, tool);
}

static void
tool_free (gpointer data)
{
  Tool *tool = data;

  sst_miner_free (&tool->miner);
  sst_verifier_free (&tool->verifier);
  sst_retracker_free (&tool->retracker);
  g_free (tool);
}

/* Runs those of n jobs from shared->first on that are this rank's. */
static void
do_jobs (Shared * shared, const Trade * trade, guint n)
{
  SstCrew *crew = sst_crew_new ();

  shared->trade = trade;
  shared->tools = g_async_queue_new_full (tool_free);
  shared->caller = g_thread_self ();
  sst_crew_resize (crew, (guint) options.threads - 1);
  sst_crew_run (crew, run_job, shared, n);
  sst_crew_free (&crew);
  g_async_queue_unref (shared->tools);
}

/* --- several ranks --- */

/* What is left to do for whom the first rank asks. */
static const Trade mining, verifying, retracking;
static const Trade *const trades[] = { NULL, &mining, &verifying, &retracking };

/* What the first rank asks the others to do, before what they need for it: the
 * order of clips, or tracklets and the model. */
typedef struct
{
  guint32 trade;                /* in trades; 0: no more, here are all
                                 * tracklets */
  guint32 failed;               /* there are none */
  guint32 first, n;             /* jobs */
  guint32 n_order, n_tracklets;
} Order;

static void
put (GByteArray * bytes, gconstpointer data, gsize size)
{
  g_byte_array_append (bytes, data, (guint) size);
}

static void
take (const guint8 ** at, gpointer data, gsize size)
{
  memcpy (data, *at, size);
  *at += size;
}

/* A tracklet; its steps are behind it. */
static void
put_tracklet (GByteArray * bytes, const SstTracklet * tracklet)
{
  put (bytes, tracklet, sizeof (*tracklet));
  put (bytes, tracklet->steps, tracklet->n_steps * sizeof (SstTrackletStep));
}

/* Its steps are in steps, SST_TRACKLET_MAX_STEPS. */
static SstTracklet
take_tracklet (const guint8 ** at, SstTrackletStep * steps)
{
  SstTracklet tracklet;

  take (at, &tracklet, sizeof (tracklet));
  tracklet.steps = steps;
  take (at, steps, tracklet.n_steps * sizeof (SstTrackletStep));
  return tracklet;
}

static void
put_tracklets (GByteArray * bytes, const SstTracklets * tracklets)
{
  for (guint i = 0; i < sst_tracklets_length (tracklets); i++)
    put_tracklet (bytes, sst_tracklets_get (tracklets, i));
}

static SstTracklets *
take_tracklets (const guint8 ** at, guint n)
{
  SstTracklets *tracklets = sst_tracklets_new ();

  for (guint i = 0; i < n; i++) {
    SstTrackletStep steps[SST_TRACKLET_MAX_STEPS];
    const SstTracklet tracklet = take_tracklet (at, steps);

    sst_tracklets_add (tracklets, &tracklet);
  }
  return tracklets;
}

/* Asks the others to work too. */
static void
ask (const Shared * shared, const Trade * trade, guint n)
{
  GByteArray *bytes = g_byte_array_new ();
  Order order = {.first = shared->first,.n = n };

  while (trades[order.trade] != trade)
    order.trade++;
  order.n_order = shared->order != NULL ? shared->order->len : 0;
  order.n_tracklets = shared->tracklets != NULL
      ? sst_tracklets_length (shared->tracklets) : 0;
  put (bytes, &order, sizeof (order));
  if (order.n_order > 0)
    put (bytes, shared->order->data, order.n_order * sizeof (guint));
  if (order.n_tracklets > 0)
    put_tracklets (bytes, shared->tracklets);
  ranks_share (bytes);
  g_byte_array_unref (bytes);
}

/* Gives the others what came of it all; NULL: nothing. */
static void
dismiss (const SstTracklets * tracklets)
{
  GByteArray *bytes = g_byte_array_new ();
  const Order order = {.failed = tracklets == NULL,.n_tracklets =
        tracklets != NULL ? sst_tracklets_length (tracklets) : 0
  };

  put (bytes, &order, sizeof (order));
  if (tracklets != NULL)
    put_tracklets (bytes, tracklets);
  ranks_share (bytes);
  g_byte_array_unref (bytes);
}

/* What this rank did of n jobs: for each its number, and what was found, or the
 * tracklet as it is now. */
static void
put_results (const Shared * shared, guint n, GByteArray * bytes)
{
  put (bytes, &shared->n_longer, sizeof (shared->n_longer));
  for (guint job = shared->first + ranks->rank; job < shared->first + n;
      job += ranks->n) {
    if (shared->found == NULL) {
      put (bytes, &job, sizeof (job));
      put_tracklet (bytes, sst_tracklets_get (shared->tracklets, job));
    } else if (shared->found[job] != NULL) {
      const guint n_found = sst_tracklets_length (shared->found[job]);

      put (bytes, &job, sizeof (job));
      put (bytes, &n_found, sizeof (n_found));
      put_tracklets (bytes, shared->found[job]);
    }
  }
}

static void
take_results (Shared * shared, const GByteArray * bytes)
{
  const guint8 *at = bytes->data;
  gint n_longer;

  take (&at, &n_longer, sizeof (n_longer));
  shared->n_longer += n_longer;
  while (at < bytes->data + bytes->len) {
    guint job, n;

    take (&at, &job, sizeof (job));
    if (shared->found == NULL) {
      SstTrackletStep steps[SST_TRACKLET_MAX_STEPS];
      const SstTracklet tracklet = take_tracklet (&at, steps);
      SstTracklet *const mine = sst_tracklets_get (shared->tracklets, job);

      sst_tracklet_set_quality (mine, tracklet.quality);
      sst_tracklet_set_steps (mine, steps, tracklet.n_steps);
    } else {
      take (&at, &n, sizeof (n));
      shared->found[job] = take_tracklets (&at, n);
    }
  }
}

/* Puts together what the ranks did, with the first one. */
static void
collect_results (Shared * shared, guint n)
{
  GByteArray *mine = g_byte_array_new ();
  GPtrArray *all;

  if (ranks_any (interrupted != 0))
    interrupted = 1;
  put_results (shared, n, mine);
  all = ranks_exchange (mine);
  for (guint r = 1; r < ranks->n && ranks_is_first (); r++)
    take_results (shared, g_ptr_array_index (all, r));
  g_ptr_array_unref (all);
  g_byte_array_unref (mine);
}

/* Runs n jobs from shared->first on, with the help of the other ranks. Returns
 * the seconds it took, less than 0 with error where they can't help. */
static gdouble
run_jobs (Shared * shared, const Trade * trade, guint n, GError ** error)
{
  const gint64 start = g_get_monotonic_time ();

  if (ranks != NULL)
    ask (shared, trade, n);
  if (shared->model != NULL) {
    shared->model = share_model (shared->model, error);
    if (shared->model == NULL)
      return -1.0;
  }
  do_jobs (shared, trade, n);
  if (ranks != NULL)
    collect_results (shared, n);
  return (gdouble) (g_get_monotonic_time () - start) / G_USEC_PER_SEC;
}

/* Hears what the first rank asks for. */
static Order
hear (Shared * shared)
{
  GByteArray *bytes = g_byte_array_new ();
  const guint8 *at;
  Order order;

  ranks_share (bytes);
  at = bytes->data;
  take (&at, &order, sizeof (order));
  if (order.n_order > 0) {
    shared->order = g_array_new (FALSE, FALSE, sizeof (guint));
    g_array_append_vals (shared->order, at, order.n_order);
    at += order.n_order * sizeof (guint);
    shared->found = g_new0 (SstTracklets *, order.n_order);
  } else {
    shared->tracklets = take_tracklets (&at, order.n_tracklets);
  }
  shared->first = order.first;
  shared->total = order.n;
  g_byte_array_unref (bytes);
  return order;
}

static void
forget (Shared * shared, guint n_order)
{
  for (guint i = 0; i < n_order; i++)
    sst_tracklets_free (&shared->found[i]);
  g_free (shared->found);
  g_clear_pointer (&shared->order, g_array_unref);
  sst_tracklets_free (&shared->tracklets);
  sst_model_unref (shared->model);
}

/* Does what the first rank asks for, as long as it does. Returns what came of
 * it all; NULL: nothing, with error where this rank is why. */
static SstTracklets *
help (const SstFootage * footage, GError ** error)
{
  SstTracklets *tracklets = NULL;
  gboolean more = TRUE;

  while (more) {
    Shared shared = {.footage = footage };
    const Order order = hear (&shared);

    more = order.trade > 0;
    if (more && shared.order == NULL) {
      shared.model = share_model (NULL, error);
      more = shared.model != NULL;
    }
    if (more) {
      do_jobs (&shared, trades[order.trade], order.n);
      collect_results (&shared, order.n);
    } else if (order.trade == 0 && !order.failed) {
      tracklets = g_steal_pointer (&shared.tracklets);
    }
    forget (&shared, order.n_order);
  }
  return tracklets;
}

/* --- mining --- */

/* What a window looks at comes from the disk at once. */
static void
fetch_window (const SstClip * clip, guint first, guint n)
{
  for (guint i = first; i < MIN (first + n, sst_clip_length (clip)); i++)
    sst_image_fetch (g_ptr_array_index (clip->images, i));
}

/* Mines a clip; NULL if that was interrupted. Chance depends on the clip alone,
 * not on what else there is. */
static SstTracklets *
mine_clip (SstMiner * miner, Shared * shared, guint number)
{
  const SstMineParams params = SST_MINE_PARAMS_DEFAULT;
  const SstClip *clip = sst_footage_clip (shared->footage, number);
  const guint length = sst_clip_length (clip);
  SstRandom random = sst_random_init ((guint64) options.seed,
      g_str_hash (clip->name));
  SstTracklets *found = sst_tracklets_new ();

  for (guint first = 0; first < length;) {
    guint next;

    fetch_window (clip, first, params.window);
    next = sst_mine_window (miner, shared->footage, number, first, &params,
        &random, found);
    count_done (shared, (gint) (MIN (next, length) - first));
    first = next;
    if (interrupted && first < length) {
      sst_tracklets_free (&found);
      break;
    }
  }
  return found;
}

static void
mine_job (Shared * shared, Tool * tool, guint job)
{
  if (tool->miner == NULL)
    tool->miner = sst_miner_new ();
  shared->found[job] = mine_clip (tool->miner, shared,
      g_array_index (shared->order, guint, job));
}

static const Trade mining = { "mining: pictures", mine_job };

/* --- what a model makes of tracklets --- */

static void
verify_job (Shared * shared, Tool * tool, guint job)
{
  SstRandom random = sst_random_init ((guint64) options.seed, job);

  if (tool->verifier == NULL)
    tool->verifier = sst_verifier_new (shared->model);
  sst_verifier_check (tool->verifier, shared->footage,
      sst_tracklets_get (shared->tracklets, job), &random);
  count_done (shared, 1);
}

static const Trade verifying = { "verifying: tracklets", verify_job };

static void
retrack_job (Shared * shared, Tool * tool, guint job)
{
  SstTracklet *const tracklet = sst_tracklets_get (shared->tracklets, job);

  if (tool->retracker == NULL)
    tool->retracker = sst_retracker_new (shared->model);
  if (tracklet->moving && sst_retracker_lengthen (tool->retracker,
          shared->footage, tracklet))
    g_atomic_int_inc (&shared->n_longer);
  count_done (shared, 1);
}

static const Trade retracking = { "retracking: tracklets", retrack_job };

/* --- what is mined --- */

/* The longest first. */
static gint
compare_lengths (gconstpointer a, gconstpointer b, gpointer data)
{
  const SstFootage *footage = data;
  const guint one = *(const guint *) a, two = *(const guint *) b;
  const guint first = sst_clip_length (sst_footage_clip (footage, one));
  const guint second = sst_clip_length (sst_footage_clip (footage, two));

  if (first != second)
    return first < second ? 1 : -1;
  return one > two ? 1 : -1;
}

/* The videos that mined (may be NULL) has not, the longest first. n_pictures:
 * in them. */
static GArray *
find_unmined (const SstFootage * footage, const SstMined * mined,
    guint * n_pictures)
{
  GArray *clips = g_array_new (FALSE, FALSE, sizeof (guint));

  *n_pictures = 0;
  for (guint i = 0; i < sst_footage_n_clips (footage); i++) {
    const SstClip *clip = sst_footage_clip (footage, i);

    if (sst_clip_kind (clip) == SST_CLIP_VIDEO
        && (mined == NULL || !sst_mined_has (mined, clip->name))) {
      g_array_append_val (clips, i);
      *n_pictures += sst_clip_length (clip);
    }
  }
  g_array_sort_with_data (clips, compare_lengths, (gpointer) footage);
  return clips;
}

/* Takes over what the jobs of the round, up to end, found. done: clips that
 * somebody was through with. */
static SstTracklets *
collect_found (Shared * shared, guint end, GArray * done)
{
  SstTracklets *tracklets = sst_tracklets_new ();

  for (guint i = shared->first; i < end; i++)
    if (shared->found[i] != NULL) {
      g_array_append_val (done, g_array_index (shared->order, guint, i));
      sst_tracklets_take (tracklets, shared->found[i]);
      sst_tracklets_free (&shared->found[i]);
    }
  return tracklets;
}

/* Behind the last of the jobs that are written at once. */
static guint
end_of_batch (const Shared * shared)
{
  guint n = 0, i = shared->first;

  while (i < shared->order->len && n < BATCH_PICTURES)
    n += sst_clip_length (sst_footage_clip (shared->footage,
            g_array_index (shared->order, guint, i++)));
  return i;
}

/* Mines what mined has not, and adds it there now and then; without mined, all
 * at once, in tracklets. FALSE with error, or without one where that was
 * interrupted: then clips that somebody was through with are in mined. */
static gboolean
mine_footage (const SstFootage * footage, SstMined * mined,
    SstTracklets * tracklets, GError ** error)
{
  Shared shared = {.footage = footage };
  guint end, n_found = 0;
  gdouble seconds = 0;
  gboolean ok = TRUE;

  shared.order = find_unmined (footage, mined, &shared.total);
  shared.found = g_new0 (SstTracklets *, MAX (1, shared.order->len));
  for (; ok && shared.first < shared.order->len && !interrupted;
      shared.first = end) {
    GArray *done = g_array_new (FALSE, FALSE, sizeof (guint));
    SstTracklets *found;

    end = mined != NULL ? end_of_batch (&shared) : shared.order->len;
    seconds += run_jobs (&shared, &mining, end - shared.first, error);
    found = collect_found (&shared, end, done);
    n_found += sst_tracklets_length (found);
    if (mined == NULL)
      sst_tracklets_take (tracklets, found);
    else if (done->len > 0)
      ok = sst_mined_add (mined, found, footage, done, error);
    sst_tracklets_free (&found);
    g_array_unref (done);
  }
  if (ok && !interrupted)
    say ("mined %u tracklets in %.0f s", n_found, seconds);
  g_free (shared.found);
  g_array_unref (shared.order);
  return ok && !interrupted;
}

/* Gives each tracklet to a model. Returns the seconds it took, less than 0 with
 * error, or without one where that was interrupted. */
static gdouble
work_with_model (Shared * shared, const Trade * trade, const gchar * model,
    GError ** error)
{
  gdouble seconds;

  shared->total = sst_tracklets_length (shared->tracklets);
  shared->model = get_model (model, error);
  if (shared->model == NULL)
    return -1.0;
  seconds = run_jobs (shared, trade, shared->total, error);
  sst_model_unref (shared->model);
  return interrupted ? -1.0 : seconds;
}

/* Keeps what a model agrees with. FALSE with error, or without one where that
 * was interrupted. */
static gboolean
verify_footage (const SstFootage * footage, SstTracklets * tracklets,
    GError ** error)
{
  Shared shared = {.footage = footage,.tracklets = tracklets };
  const gdouble seconds = work_with_model (&shared, &verifying, options.verify,
      error);

  if (seconds < 0)
    return FALSE;
  /* What nothing is left of has quality 0. */
  sst_tracklets_remove_below (tracklets, G_MINFLOAT);
  say ("verified in %.0f s: %u of %u tracklets are kept", seconds,
      sst_tracklets_length (tracklets), shared.total);
  return TRUE;
}

/* Follows them on with a model. FALSE with error, or without one where that was
 * interrupted. */
static gboolean
retrack_footage (const SstFootage * footage, SstTracklets * tracklets,
    GError ** error)
{
  Shared shared = {.footage = footage,.tracklets = tracklets };
  const gdouble seconds = work_with_model (&shared, &retracking,
      options.retrack, error);

  if (seconds < 0)
    return FALSE;
  say ("retracked in %.0f s: %d of %u tracklets are longer", seconds,
      shared.n_longer, shared.total);
  return TRUE;
}

static SstTracklets *
load_tracklets (const gchar * path, const SstFootage * footage,
    GError ** error)
{
  guint n_left_out = 0;
  SstTracklets *tracklets = sst_tracklets_load (path, footage, &n_left_out,
      error);

  if (tracklets != NULL)
    say ("tracklets: %u from %s, %u of other footage left out",
        sst_tracklets_length (tracklets), path, n_left_out);
  else
    g_prefix_error (error, "Tracklets can't be used, --remine makes new "
        "ones: ");
  return tracklets;
}

/* Tracklets in the store, after what it has none of is mined. */
static SstTracklets *
get_stored_tracklets (const SstFootage * footage, GError ** error)
{
  SstMined *mined = sst_mined_open (options.store, SST_MINE_VERSION, FALSE,
      error);
  SstTracklets *tracklets = NULL;
  gboolean ok = mined != NULL;
  guint n_pictures = 0;

  if (ok)
    g_array_unref (find_unmined (footage, mined, &n_pictures));
  /* Only who mines needs the lock. */
  if (ok && (options.remine || n_pictures > 0)) {
    sst_mined_free (&mined);
    mined = sst_mined_open (options.store, SST_MINE_VERSION, TRUE, error);
    if (mined != NULL && options.remine)
      sst_mined_forget (mined);
    ok = mined != NULL && mine_footage (footage, mined, NULL, error);
  }
  if (ok) {
    tracklets = sst_mined_load (mined, footage, error);
    if (tracklets != NULL)
      say ("tracklets: %u in the store", sst_tracklets_length (tracklets));
    else
      g_prefix_error (error, "Tracklets can't be used, --remine makes new "
          "ones: ");
  }
  sst_mined_free (&mined);
  return tracklets;
}

/* Tracklets in a file (NULL: there is none), or new ones that are written to
 * it. */
static SstTracklets *
get_file_tracklets (const SstFootage * footage, const gchar * path,
    GError ** error)
{
  SstTracklets *tracklets;

  if (path != NULL && !options.remine
      && g_file_test (path, G_FILE_TEST_EXISTS))
    return load_tracklets (path, footage, error);
  tracklets = sst_tracklets_new ();
  if (!mine_footage (footage, NULL, tracklets, error) || (path != NULL
          && !sst_tracklets_save (tracklets, footage, path, error)))
    sst_tracklets_free (&tracklets);
  return tracklets;
}

/* What models make of tracklets, as the options ask. */
static gboolean
refine_tracklets (const SstFootage * footage, SstTracklets * tracklets,
    GError ** error)
{
  return (options.verify == NULL || verify_footage (footage, tracklets, error))
      && (options.retrack == NULL
      || retrack_footage (footage, tracklets, error));
}

/* Those of this process, or of the first rank with the help of the others. */
static SstTracklets *
make_tracklets (const SstFootage * footage, GError ** error)
{
  gchar *path = options.tracklets != NULL ? g_strdup (options.tracklets) :
      options.work != NULL ? in_work ("tracklets.txt") : NULL;
  const gboolean refine = options.verify != NULL || options.retrack != NULL;
  gchar *refined = path == NULL || !refine ? NULL :
      g_strconcat (path, options.verify != NULL ? ".verified" : "",
      options.retrack != NULL ? ".retracked" : "", NULL);
  SstTracklets *tracklets = NULL;

  if (refined != NULL && options.resume && !options.remine
      && g_file_test (refined, G_FILE_TEST_EXISTS)) {
    tracklets = load_tracklets (refined, footage, error);
    goto done;
  }

  tracklets = options.store != NULL && options.tracklets == NULL ?
      get_stored_tracklets (footage, error) :
      get_file_tracklets (footage, path, error);
  if (tracklets != NULL && refine
      && (!refine_tracklets (footage, tracklets, error) || (refined != NULL
              && !sst_tracklets_save (tracklets, footage, refined, error))))
    sst_tracklets_free (&tracklets);

done:
  g_free (refined);
  g_free (path);
  return tracklets;
}

SstTracklets *
get_tracklets (const SstFootage * footage, GError ** error)
{
  SstTracklets *tracklets;

  if (!ranks_is_first ())
    tracklets = help (footage, error);
  else
    tracklets = make_tracklets (footage, error);
  if (ranks != NULL && ranks_is_first ())
    dismiss (tracklets);
  if (!ranks_settle (tracklets != NULL, error))
    sst_tracklets_free (&tracklets);
  return tracklets;
}
