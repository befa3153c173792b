/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

#include "base/scratch.h"

#include "base/floats.h"

typedef struct
{
  float *memory;                /* NULL: none yet */
  gsize size;
  gboolean taken;
} Block;

struct _SstScratch
{
  gatomicrefcount ref_count;
  GMutex lock;
  GArray *blocks;               /* Block */
};

SstScratch *
sst_scratch_new (void)
{
  SstScratch *const scratch = g_new0 (SstScratch, 1);

  g_atomic_ref_count_init (&scratch->ref_count);
  g_mutex_init (&scratch->lock);
  scratch->blocks = g_array_new (FALSE, TRUE, sizeof (Block));
  return scratch;
}

SstScratch *
sst_scratch_ref (SstScratch * scratch)
{
  g_atomic_ref_count_inc (&scratch->ref_count);
  return scratch;
}

void
sst_scratch_unref (SstScratch * scratch)
{
  if (scratch == NULL || !g_atomic_ref_count_dec (&scratch->ref_count))
    return;
  sst_scratch_trim (scratch, 0);
  g_array_unref (scratch->blocks);
  g_mutex_clear (&scratch->lock);
  g_free (scratch);
}

static Block *
block_at (const SstScratch * scratch, guint i)
{
  return &g_array_index (scratch->blocks, Block, i);
}

static void
grow (Block * block, gsize size)
{
  if (block->size >= size)
    return;
  g_aligned_free (block->memory);
  block->memory = sst_floats_new (size);
  block->size = size;
}

void
sst_scratch_reserve (SstScratch * scratch, guint n_blocks, gsize size)
{
  g_mutex_lock (&scratch->lock);
  if (scratch->blocks->len < n_blocks)
    g_array_set_size (scratch->blocks, n_blocks);
  for (guint i = 0; i < n_blocks; i++)
    if (!block_at (scratch, i)->taken)
      grow (block_at (scratch, i), size);
  g_mutex_unlock (&scratch->lock);
}

void
sst_scratch_trim (SstScratch * scratch, guint n_blocks)
{
  g_mutex_lock (&scratch->lock);
  for (guint i = scratch->blocks->len; i-- > n_blocks;) {
    if (block_at (scratch, i)->taken)
      continue;
    g_aligned_free (block_at (scratch, i)->memory);
    g_array_remove_index (scratch->blocks, i);
  }
  g_mutex_unlock (&scratch->lock);
}

float *
sst_scratch_take (SstScratch * scratch, gsize size)
{
  Block *block = NULL;
  float *memory;

  g_mutex_lock (&scratch->lock);
  for (guint i = 0; block == NULL && i < scratch->blocks->len; i++)
    if (!block_at (scratch, i)->taken)
      block = block_at (scratch, i);
  if (block == NULL) {
    g_array_set_size (scratch->blocks, scratch->blocks->len + 1);
    block = block_at (scratch, scratch->blocks->len - 1);
  }
  grow (block, size);
  block->taken = TRUE;
  memory = block->memory;
  g_mutex_unlock (&scratch->lock);
  return memory;
}

void
sst_scratch_give (SstScratch * scratch, float *memory)
{
  g_mutex_lock (&scratch->lock);
  for (guint i = 0; i < scratch->blocks->len; i++)
    if (block_at (scratch, i)->memory == memory)
      block_at (scratch, i)->taken = FALSE;
  g_mutex_unlock (&scratch->lock);
}
