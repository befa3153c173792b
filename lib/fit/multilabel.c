/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

#include "fit/multilabel.h"

#include "fit/bce.h"

#include <cblas.h>
#include <math.h>
#include <string.h>

/* Puts value where it belongs among the k largest so far, largest first. */
static void
insert (float *largest, int k, float value)
{
  int i = k - 1;

  for (; i > 0 && value > largest[i - 1]; i--)
    largest[i] = largest[i - 1];
  largest[i] = value;
}

/* Replaces the similarities of a row by its labels. -INFINITY: no choice. */
static void
label_row (float *row, int n, int k, float *largest)
{
  int n_choices = 0, n_ties = k;
  float bar;

  for (int j = 0; j < k; j++)
    largest[j] = -INFINITY;
  for (int d = 0; d < n; d++) {
    n_choices += row[d] > -INFINITY;
    if (row[d] > largest[k - 1])
      insert (largest, k, row[d]);
  }
  bar = n_choices > k ? largest[k - 1] : INFINITY;
  for (int j = 0; j < k; j++)
    n_ties -= largest[j] > bar;
  for (int d = 0; d < n; d++) {
    if (row[d] == -INFINITY || n_choices <= k)
      row[d] = -1.f;
    else if (row[d] == bar)
      row[d] = n_ties-- > 0 ? 1.f : 0.f;
    else
      row[d] = row[d] > bar ? 1.f : 0.f;
  }
}

void
sst_multilabel_targets (const SstMultilabel * multilabel,
    const SstQueue * dictionary, const SstEmbeddings * batch,
    const float *features, float *targets, float *scratch)
{
  const int length = dictionary->length, dim = dictionary->feature_dim;

  if (length == 0)
    return;
  cblas_sgemm (CblasRowMajor, CblasNoTrans, CblasTrans, batch->n, length, dim,
      1.f, features, dim, dictionary->features, dim, 0.f, targets, length);
  for (int i = 0; i < batch->n; i++) {
    float *row = targets + (size_t) i * length;
    const gboolean out = batch->weights != NULL && batch->weights[i] == 0.f;

    for (int d = 0; d < length; d++)
      if (out || (batch->sources != NULL
              && batch->sources[i] == dictionary->sources[d]))
        row[d] = -INFINITY;
    label_row (row, length, multilabel->top_k, scratch);
  }
}

size_t
sst_multilabel_scratch_size (const SstMultilabel * multilabel,
    const SstQueue * dictionary, int n)
{
  return (size_t) 2 * n * dictionary->capacity + multilabel->top_k;
}

static gboolean
is_labeled (const float *targets, int n)
{
  for (int d = 0; d < n; d++)
    if (targets[d] >= 0.f)
      return TRUE;
  return FALSE;
}

float
sst_multilabel_loss (const SstMultilabel * multilabel,
    const SstQueue * dictionary, const SstEmbeddings * batch,
    const float *features, const float *embeddings, float scale,
    float *dembeddings, float *scratch)
{
  const int n = batch->n, length = dictionary->length, dim = dictionary->dim;
  float *targets = scratch, *logits = targets + (size_t) n * length;
  double loss = 0.0, weights = 0.0;

  if (length == 0)
    return 0.f;
  sst_multilabel_targets (multilabel, dictionary, batch, features, targets,
      logits + (size_t) n * length);
  cblas_sgemm (CblasRowMajor, CblasNoTrans, CblasTrans, n, length, dim,
      multilabel->gain, embeddings, dim, dictionary->embeddings, dim, 0.f,
      logits, length);
  for (int i = 0; i < n; i++) {
    const float w = batch->weights == NULL ? 1.f : batch->weights[i];
    const float *labels = targets + (size_t) i * length;
    float *row = logits + (size_t) i * length;
    const float l = sst_balanced_bce (row, labels, NULL, length, row);

    if (!is_labeled (labels, length))
      continue;
    cblas_sscal (length, w, row, 1);
    loss += w * l;
    weights += w;
  }
  if (weights == 0.0)
    return 0.f;
  cblas_sgemm (CblasRowMajor, CblasNoTrans, CblasNoTrans, n, dim, length,
      (float) (scale * multilabel->gain / weights), logits, length,
      dictionary->embeddings, dim, 1.f, dembeddings, dim);
  return (float) (loss / weights);
}
