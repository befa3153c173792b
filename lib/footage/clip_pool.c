/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

#include "footage/clip_pool.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Cut-outs of this name end where their picture does. */
#define UNFINISHED "bust_"

static gboolean
has_content (const SstClip * clip, SstContent content)
{
  const gboolean cutout = sst_clip_alpha (clip, 0) != NULL;
  const char *const slash = strrchr (clip->name, '/');
  const char *const name = slash != NULL ? slash + 1 : clip->name;

  return content == SST_CONTENT_ALL
      || (content == SST_CONTENT_OPAQUE && !cutout)
      || (content == SST_CONTENT_CUTOUT && cutout
      && !g_str_has_prefix (name, UNFINISHED));
}

typedef struct
{
  const char *name;
  guint clip;
} Named;

static int
by_name (const void *a, const void *b)
{
  return strcmp (((const Named *) a)->name, ((const Named *) b)->name);
}

void
sst_clip_pool_init (SstClipPool * pool, const SstFootage * footage,
    SstContent content)
{
  const guint n = sst_footage_n_clips (footage);
  Named *const named = g_new (Named, n);
  float sum = 0.f;

  pool->n = 0;
  pool->clip = g_new (guint, n);
  pool->ladder = g_new (float, n);
  for (guint i = 0; i < n; i++) {
    const SstClip *const clip = sst_footage_clip (footage, i);

    if (has_content (clip, content))
      named[pool->n++] = (Named) { clip->name, i };
  }
  if (content == SST_CONTENT_CUTOUT)
    qsort (named, pool->n, sizeof (Named), by_name);
  for (guint i = 0; i < pool->n; i++) {
    pool->clip[i] = named[i].clip;
    /* the pictures of a clip are much alike */
    sum += sqrtf ((float) sst_clip_length (sst_footage_clip (footage,
                named[i].clip)));
    pool->ladder[i] = sum;
  }
  g_free (named);
}

void
sst_clip_pool_clear (SstClipPool * pool)
{
  g_free (pool->clip);
  g_free (pool->ladder);
  *pool = (SstClipPool) { 0 };
}

/* An index into the pool. */
static guint
pool_draw (const SstClipPool * pool, SstRandom * random)
{
  const float at = sst_random_uniform (random, 0.f,
      pool->ladder[pool->n - 1]);
  guint low = 0, high = pool->n - 1;

  while (low < high) {
    const guint middle = (low + high) / 2;

    if (pool->ladder[middle] <= at)
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}

guint
sst_clip_pool_draw (const SstClipPool * pool, guint not, SstRandom * random)
{
  const guint i = pool_draw (pool, random);

  if (pool->clip[i] != not || pool->n == 1)
    return pool->clip[i];
  return pool->clip[(i + 1 + sst_random_below (random, pool->n - 1))
      % pool->n];
}
