/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

#include "stream/replay.h"

/* Of each SST_REPLAY_HOLD_OUT windows of the first stream the one that is
 * held out: early, so that there is something to judge with soon. */
#define HELD_OUT 1
#define HELD_OUT_SHARE 4        /* one of so many bytes */

/* Pictures kept of a window without tracklets, to make synthetic pairs of. */
#define PLAIN_PICTURES 8

/* A window: a footage of one clip, and the tracklets in it. */
typedef struct
{
  SstFootage *footage;
  SstTracklets *tracklets;
  size_t size;
} Window;

/* Windows of one kind. */
typedef struct
{
  GPtrArray *windows;           /* of Window */
  size_t size, limit;
  guint version;
} Store;

struct _SstReplay
{
  Store store[2];               /* to train on, held out */
  SstRandom random;
  GArray *n_added;              /* guint64, by stream */
};

static void
window_free (gpointer data)
{
  Window *window = data;

  sst_footage_free (&window->footage);
  sst_tracklets_free (&window->tracklets);
  g_free (window);
}

SstReplay *
sst_replay_new (guint64 seed, size_t limit)
{
  SstReplay *replay = g_new0 (SstReplay, 1);

  replay->random = sst_random_init (seed, 0);
  replay->n_added = g_array_new (FALSE, TRUE, sizeof (guint64));
  replay->store[1].limit = limit / HELD_OUT_SHARE;
  replay->store[0].limit = limit - replay->store[1].limit;
  for (int i = 0; i < 2; i++)
    replay->store[i].windows = g_ptr_array_new_with_free_func (window_free);
  return replay;
}

void
sst_replay_free (SstReplay ** replay)
{
  if (*replay == NULL)
    return;
  for (int i = 0; i < 2; i++)
    g_ptr_array_unref ((*replay)->store[i].windows);
  g_array_unref ((*replay)->n_added);
  g_clear_pointer (replay, g_free);
}

void
sst_replay_clear (SstReplay * replay)
{
  for (int i = 0; i < 2; i++) {
    Store *const store = &replay->store[i];

    g_ptr_array_set_size (store->windows, 0);
    store->size = 0;
    store->version++;
  }
  g_array_set_size (replay->n_added, 0);
}

/* Copies tracklets and the pictures in which they have steps, or some pictures
 * where there are none. */
static Window *
window_new (const SstClip * clip, const SstTracklets * tracklets)
{
  Window *window = g_new0 (Window, 1);
  const guint length = sst_clip_length (clip);
  guint *const number = g_new0 (guint, length); /* from 1, of those kept */
  guint n = 0;
  SstClip *kept;

  window->footage = sst_footage_new ();
  window->tracklets = sst_tracklets_new ();
  window->size = sizeof (Window);
  kept = sst_footage_add_clip (window->footage, clip->name);
  for (guint i = 0; i < sst_tracklets_length (tracklets); i++) {
    const SstTracklet *const t = sst_tracklets_get (tracklets, i);

    for (guint k = 0; k < t->n_steps; k++)
      number[t->steps[k].frame] = 1;
  }
  if (sst_tracklets_length (tracklets) == 0)
    for (guint k = 0; k < PLAIN_PICTURES; k++)
      number[k * length / PLAIN_PICTURES] = 1;
  for (guint i = 0; i < length; i++)
    if (number[i] != 0) {
      number[i] = ++n;
      sst_clip_add (kept, sst_image_ref (g_ptr_array_index (clip->images, i)),
          sst_clip_time (clip, i));
    }
  for (guint i = 0; i < sst_tracklets_length (tracklets); i++) {
    SstTracklet *const t = sst_tracklets_add (window->tracklets,
        sst_tracklets_get (tracklets, i));

    t->clip = 0;
    for (guint k = 0; k < t->n_steps; k++)
      t->steps[k].frame = number[t->steps[k].frame] - 1;
    window->size += sizeof (SstTracklet)
        + t->n_steps * sizeof (SstTrackletStep);
  }
  window->size += sst_footage_size (window->footage);
  g_free (number);
  return window;
}

static void
drop (Store * store, guint i)
{
  const Window *const window = g_ptr_array_index (store->windows, i);

  store->size -= window->size;
  g_ptr_array_remove_index_fast (store->windows, i);
}

/* How many windows of a stream were added. */
static guint64 *
count_of (SstReplay * replay, guint stream)
{
  if (stream >= replay->n_added->len)
    g_array_set_size (replay->n_added, stream + 1);
  return &g_array_index (replay->n_added, guint64, stream);
}

gboolean
sst_replay_add (SstReplay * replay, guint stream, const SstClip * clip,
    const SstTracklets * tracklets)
{
  guint64 *const n_added = count_of (replay, stream);
  Store *const store = &replay->store[(*n_added + stream)
      % SST_REPLAY_HOLD_OUT == HELD_OUT];
  Window *const window = window_new (clip, tracklets);

  if (window->size > store->limit) {
    window_free (window);
    return FALSE;
  }
  while (store->size + window->size > store->limit)
    drop (store, sst_random_below (&replay->random, store->windows->len));
  g_ptr_array_add (store->windows, window);
  store->size += window->size;
  store->version++;
  (*n_added)++;
  return TRUE;
}

guint
sst_replay_n_windows (const SstReplay * replay, gboolean held_out)
{
  return replay->store[held_out != FALSE].windows->len;
}

guint
sst_replay_version (const SstReplay * replay, gboolean held_out)
{
  return replay->store[held_out != FALSE].version;
}

size_t
sst_replay_size (const SstReplay * replay)
{
  return replay->store[0].size + replay->store[1].size;
}

void
sst_replay_get (const SstReplay * replay, gboolean held_out,
    SstFootage * footage, SstTracklets * tracklets)
{
  const Store *const store = &replay->store[held_out != FALSE];

  for (guint i = 0; i < store->windows->len; i++) {
    const Window *const window = g_ptr_array_index (store->windows, i);
    const SstClip *const from = sst_footage_clip (window->footage, 0);
    const guint number = sst_footage_n_clips (footage);
    SstClip *const to = sst_footage_add_clip (footage, from->name);

    for (guint k = 0; k < sst_clip_length (from); k++)
      sst_clip_add (to, sst_image_ref (g_ptr_array_index (from->images, k)),
          sst_clip_time (from, k));
    for (guint k = 0; k < sst_tracklets_length (window->tracklets); k++)
      sst_tracklets_add (tracklets, sst_tracklets_get (window->tracklets,
              k))->clip = number;
  }
}
