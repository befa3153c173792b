/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

#include "fit/queue.h"

#include "base/simd.h"

#include <cblas.h>
#include <math.h>
#include <string.h>

SstQueue *
sst_queue_new (int capacity, int dim, int feature_dim)
{
  SstQueue *queue = g_new0 (SstQueue, 1);

  queue->capacity = capacity;
  queue->dim = dim;
  queue->feature_dim = feature_dim;
  queue->embeddings = g_new0 (float, (size_t) capacity * dim);
  if (feature_dim > 0)
    queue->features = g_new0 (float, (size_t) capacity * feature_dim);
  queue->sources = g_new0 (guint, capacity);
  return queue;
}

void
sst_queue_free (SstQueue ** queue)
{
  if (*queue == NULL)
    return;
  g_free ((*queue)->embeddings);
  g_free ((*queue)->features);
  g_free ((*queue)->sources);
  g_clear_pointer (queue, g_free);
}

static void
copy_row (float *to, size_t to_row, const float *from, size_t from_row, int dim)
{
  memcpy (to + to_row * dim, from + from_row * dim, sizeof (float) * dim);
}

void
sst_queue_push (SstQueue * queue, const SstEmbeddings * batch,
    const float *embeddings, const float *features)
{
  for (int i = 0; i < batch->n; i++) {
    if (batch->weights != NULL && batch->weights[i] == 0.f)
      continue;
    copy_row (queue->embeddings, queue->next, embeddings, i, queue->dim);
    if (queue->features != NULL)
      copy_row (queue->features, queue->next, features, i, queue->feature_dim);
    queue->sources[queue->next] = batch->sources[i];
    queue->next = (queue->next + 1) % queue->capacity;
    queue->length = MIN (queue->length + 1, queue->capacity);
  }
}

gboolean
sst_queue_restore (SstQueue * queue, int length, int next,
    const float *embeddings, const float *features, const guint * sources)
{
  if (length < 0 || length > queue->capacity || next < 0
      || next >= queue->capacity
      || (length < queue->capacity && next != length))
    return FALSE;
  memcpy (queue->embeddings, embeddings,
      sizeof (float) * length * queue->dim);
  if (queue->features != NULL)
    memcpy (queue->features, features,
        sizeof (float) * length * queue->feature_dim);
  memcpy (queue->sources, sources, sizeof (guint) * length);
  queue->length = length;
  queue->next = next;
  return TRUE;
}

size_t
sst_queue_scratch_size (const SstQueue * queue, int n)
{
  return (size_t) queue->capacity * n;
}

/* Number of the largest of n, the first of equals; -1 if all are -INFINITY. */
SST_MULTIVERSION static int
find_largest (const float *row, int n)
{
  float tops[8];
  float top = -INFINITY;
  int i = 0;

  /* Eight at a time, as the compiler may not reorder the comparisons. */
  for (int l = 0; l < 8; l++)
    tops[l] = -INFINITY;
  for (; i + 8 <= n; i += 8)
    for (int l = 0; l < 8; l++)
      tops[l] = row[i + l] > tops[l] ? row[i + l] : tops[l];
  for (; i < n; i++)
    top = MAX (top, row[i]);
  for (int l = 0; l < 8; l++)
    top = MAX (top, tops[l]);
  if (top == -INFINITY)
    return -1;
  for (i = 0; row[i] != top;)
    i++;
  return i;
}

SST_MULTIVERSION static void
exclude_source (float *row, const guint * sources, int n, guint source)
{
  for (int k = 0; k < n; k++)
    row[k] = sources[k] == source ? -INFINITY : row[k];
}

void
sst_queue_nearest (const SstQueue * queue, const SstEmbeddings * batch,
    const float *queries, int *entries, float *similarities, float *scratch)
{
  const int length = queue->length;

  if (length > 0)
    cblas_sgemm (CblasRowMajor, CblasNoTrans, CblasTrans, batch->n, length,
        queue->dim, 1.f, queries, queue->dim, queue->embeddings, queue->dim,
        0.f, scratch, length);
  for (int i = 0; i < batch->n; i++) {
    float *row = scratch + (size_t) i * length;

    entries[i] = -1;
    if (batch->weights == NULL || batch->weights[i] != 0.f) {
      if (batch->sources != NULL)
        exclude_source (row, queue->sources, length, batch->sources[i]);
      entries[i] = find_largest (row, length);
    }
    similarities[i] = entries[i] < 0 ? 0.f : row[entries[i]];
  }
}

void
sst_queue_gather (const SstQueue * queue, const int *entries, int n,
    float *embeddings)
{
  for (int i = 0; i < n; i++)
    if (entries[i] < 0)
      memset (embeddings + (size_t) i * queue->dim, 0,
          sizeof (float) * queue->dim);
    else
      copy_row (embeddings, i, queue->embeddings, entries[i], queue->dim);
}
