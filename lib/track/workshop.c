/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

#include "track/workshop.h"

#include "base/floats.h"

/* Threads that work at the shared one, for each processor: usually, and where
 * one has waited for long. A machine that others work on too gives a process
 * more the more of its threads want to run. */
#define USUAL_EACH 1
#define MOST_EACH 2
#define PATIENCE (G_USEC_PER_SEC / 4)
/* Of the shared one's benches, those that were not needed while so many
 * others came back go. */
#define REVIEW_INTERVAL 64

/* A bench and what the workshop knows of it; the bench comes first. */
typedef struct
{
  SstBench bench;
  gsize size;                   /* floats of its memory */
  gboolean taken;
} Place;

struct _SstWorkshop
{
  gatomicrefcount ref_count;
  SstScratch *scratch;
  GMutex lock;
  GCond given;                  /* a bench came back */
  GPtrArray *places;
  guint n_taken, usually_taken, max_taken;
  guint n_given, most_needed;   /* since the last review */
  gsize size;                   /* the most that was asked for */
  int side;
};

/* The one that all share: NULL while nobody does. */
static GMutex shared_lock;
static SstWorkshop *shared;     /* under it */

static void
free_place (gpointer data)
{
  Place *const place = data;

  sst_sampler_free (&place->bench.sampler);
  g_aligned_free (place->bench.memory);
  g_free (place);
}

SstWorkshop *
sst_workshop_new (void)
{
  SstWorkshop *const workshop = g_new0 (SstWorkshop, 1);

  g_atomic_ref_count_init (&workshop->ref_count);
  g_mutex_init (&workshop->lock);
  g_cond_init (&workshop->given);
  workshop->usually_taken = workshop->max_taken = G_MAXUINT;
  workshop->scratch = sst_scratch_new ();
  workshop->places = g_ptr_array_new_with_free_func (free_place);
  return workshop;
}

SstWorkshop *
sst_workshop_shared (void)
{
  SstWorkshop *workshop;

  g_mutex_lock (&shared_lock);
  if (shared == NULL) {
    shared = sst_workshop_new ();
    shared->usually_taken = USUAL_EACH * g_get_num_processors ();
    shared->max_taken = MOST_EACH * g_get_num_processors ();
  } else {
    g_atomic_ref_count_inc (&shared->ref_count);
  }
  workshop = shared;
  g_mutex_unlock (&shared_lock);
  return workshop;
}

SstWorkshop *
sst_workshop_ref (SstWorkshop * workshop)
{
  g_atomic_ref_count_inc (&workshop->ref_count);
  return workshop;
}

void
sst_workshop_unref (SstWorkshop * workshop)
{
  gboolean last;

  if (workshop == NULL)
    return;
  /* nobody may find it once the last reference is gone */
  g_mutex_lock (&shared_lock);
  last = g_atomic_ref_count_dec (&workshop->ref_count);
  if (last && workshop == shared)
    shared = NULL;
  g_mutex_unlock (&shared_lock);
  if (!last)
    return;
  g_ptr_array_unref (workshop->places);
  sst_scratch_unref (workshop->scratch);
  g_cond_clear (&workshop->given);
  g_mutex_clear (&workshop->lock);
  g_free (workshop);
}

SstScratch *
sst_workshop_scratch (SstWorkshop * workshop)
{
  return workshop->scratch;
}

static Place *
place_at (const SstWorkshop * workshop, guint i)
{
  return g_ptr_array_index (workshop->places, i);
}

/* With the lock held. */
static Place *
add_place (SstWorkshop * workshop)
{
  Place *const place = g_new0 (Place, 1);

  place->bench.sampler = sst_sampler_new ();
  g_ptr_array_add (workshop->places, place);
  return place;
}

/* With the lock held. */
static void
grow (const SstWorkshop * workshop, Place * place)
{
  if (place->size >= workshop->size)
    return;
  g_aligned_free (place->bench.memory);
  place->bench.memory = sst_floats_new (workshop->size);
  place->size = workshop->size;
}

void
sst_workshop_reserve (SstWorkshop * workshop, guint n, int width,
    gsize scratch)
{
  g_mutex_lock (&workshop->lock);
  n = MIN (n, workshop->max_taken);
  workshop->most_needed = MAX (workshop->most_needed, n);
  while (workshop->places->len < n)
    add_place (workshop);
  for (guint i = 0; i < n && workshop->side > 0; i++) {
    Place *const place = place_at (workshop, i);

    if (place->taken)
      continue;
    grow (workshop, place);
    sst_sampler_reserve (place->bench.sampler, width, workshop->side);
  }
  g_mutex_unlock (&workshop->lock);
  sst_scratch_reserve (workshop->scratch, n, scratch);
}

void
sst_workshop_trim (SstWorkshop * workshop, guint n)
{
  g_mutex_lock (&workshop->lock);
  for (guint i = workshop->places->len; i-- > n;)
    if (!place_at (workshop, i)->taken)
      g_ptr_array_remove_index (workshop->places, i);
  g_mutex_unlock (&workshop->lock);
  sst_scratch_trim (workshop->scratch, n);
}

guint
sst_workshop_n_benches (SstWorkshop * workshop)
{
  guint n;

  g_mutex_lock (&workshop->lock);
  n = workshop->places->len;
  g_mutex_unlock (&workshop->lock);
  return n;
}

/* Waits until there is room for a thread more. With the lock held. */
static void
wait_for_room (SstWorkshop * workshop)
{
  const gint64 end = g_get_monotonic_time () + PATIENCE;

  while (workshop->n_taken >= workshop->usually_taken
      && g_cond_wait_until (&workshop->given, &workshop->lock, end))
    continue;
  while (workshop->n_taken >= workshop->max_taken)
    g_cond_wait (&workshop->given, &workshop->lock);
}

SstBench *
sst_workshop_take (SstWorkshop * workshop, gsize floats, int side)
{
  Place *place = NULL;

  g_mutex_lock (&workshop->lock);
  workshop->size = MAX (workshop->size, floats);
  workshop->side = MAX (workshop->side, side);
  if (workshop->n_taken >= workshop->usually_taken)
    wait_for_room (workshop);
  workshop->n_taken++;
  workshop->most_needed = MAX (workshop->most_needed, workshop->n_taken);
  for (guint i = 0; place == NULL && i < workshop->places->len; i++)
    if (!place_at (workshop, i)->taken)
      place = place_at (workshop, i);
  if (place == NULL)
    place = add_place (workshop);
  grow (workshop, place);
  place->taken = TRUE;
  g_mutex_unlock (&workshop->lock);
  return &place->bench;
}

/* Whether it is time to free what was not needed; needed: how many were.
 * With the lock held. */
static gboolean
is_due (SstWorkshop * workshop, guint * needed)
{
  if (workshop->max_taken == G_MAXUINT || ++workshop->n_given < REVIEW_INTERVAL)
    return FALSE;
  *needed = workshop->most_needed;
  workshop->n_given = 0;
  workshop->most_needed = workshop->n_taken;
  return workshop->places->len > *needed;
}

void
sst_workshop_give (SstWorkshop * workshop, SstBench * bench)
{
  gboolean due;
  guint needed;

  g_mutex_lock (&workshop->lock);
  ((Place *) bench)->taken = FALSE;
  workshop->n_taken--;
  due = is_due (workshop, &needed);
  g_cond_signal (&workshop->given);
  g_mutex_unlock (&workshop->lock);
  if (due)
    sst_workshop_trim (workshop, needed);
}
