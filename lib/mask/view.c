/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

#include "mask/view.h"

#include <math.h>
#include <string.h>

#include "base/floats.h"
#include "base/simd.h"
#include "model/model_private.h"
#include "model/network.h"
#include "picture/features.h"

#define N_COLOR 3
/* How much the mean colour counts beside the two kinds of features, and what
 * its components are divided by. */
#define COLOR_SHARE 0.5f
#define LUMA_SCALE 64.f
#define CHROMA_SCALE 32.f
#define COLOR_LIMIT 2.f
/* Under which a vector counts as that long. */
#define MIN_LENGTH 1e-3f

struct _SstMaskEye
{
  SstModel *model;
  const SstFeatureSource *hand_made;
  int n_fine;                   /* channels of the network, 0: none */
  int n_channels;
  float *mean, *scale;          /* n_fine each */
};

static int
n_fine (const SstModel * model)
{
  return model != NULL ?
      sst_network_get_config (sst_model_network (model))->channels[1] : 0;
}

static int
n_channels (const SstModel * model)
{
  return sst_features_handmade ()->n_channels + N_COLOR + n_fine (model);
}

SstMaskEye *
sst_mask_eye_new (SstModel * model)
{
  SstMaskEye *const eye = g_new0 (SstMaskEye, 1);

  eye->hand_made = sst_features_handmade ();
  g_assert (eye->hand_made->stride == SST_MASK_CELL
      && SST_MASK_SIDE == SST_SEARCH_SIDE);
  eye->model = model != NULL ? sst_model_ref (model) : NULL;
  eye->n_fine = n_fine (model);
  eye->n_channels = n_channels (model);
  eye->mean = g_new0 (float, eye->n_fine + 1);
  eye->scale = g_new0 (float, eye->n_fine + 1);
  return eye;
}

void
sst_mask_eye_free (SstMaskEye ** eye_p)
{
  SstMaskEye *const eye = *eye_p;

  if (eye == NULL)
    return;
  sst_model_unref (eye->model);
  g_free (eye->mean);
  g_free (eye->scale);
  g_clear_pointer (eye_p, g_free);
}

int
sst_mask_eye_n_channels (const SstMaskEye * eye)
{
  return eye->n_channels;
}

/* What is done with one: hand-made features, then those of the network. */
typedef struct
{
  float *scratch, *hand, *trace, *workspace;
} Desk;

/* Lays it out, and returns its floats. memory NULL: these alone. */
static size_t
lay_out (const SstModel * model, float *memory, Desk * desk)
{
  const SstFeatureSource *const hand_made = sst_features_handmade ();
  const SstNetwork *const network = model != NULL ?
      sst_model_network (model) : NULL;
  const SstFloatsPart parts[] = {
    {hand_made->scratch_size (hand_made, SST_MASK_SIDE), &desk->scratch},
    {(size_t) hand_made->n_channels * SST_MASK_CELLS, &desk->hand},
    {network != NULL ? sst_network_trace_size (network, SST_ROLE_SEARCH) : 0,
        &desk->trace},
    {network != NULL ? sst_network_workspace_size (network, FALSE) : 0,
        &desk->workspace}
  };

  return sst_floats_lay_out (parts, G_N_ELEMENTS (parts), memory);
}

size_t
sst_mask_eye_scratch_size (const SstModel * model)
{
  Desk desk;

  return lay_out (model, NULL, &desk);
}

#define SAMPLE_SIZE (3 * SST_MASK_PIXELS)

size_t
sst_mask_view_size (const SstModel * model)
{
  return SAMPLE_SIZE + (size_t) n_channels (model)
      * (SST_MASK_CELLS + SST_COARSE_CELLS);
}

void
sst_mask_view_place (const SstMaskEye * eye, float *memory, SstMaskView * view)
{
  view->sample = memory;
  view->cells = view->sample + SAMPLE_SIZE;
  view->coarse = view->cells + (size_t) eye->n_channels * SST_MASK_CELLS;
}

SstBox
sst_mask_window (const SstBox * box, float factor, float tall)
{
  const float side = fmaxf (factor * sst_box_scale (box),
      tall * fmaxf (box->width, box->height));

  return sst_box_from_center (sst_box_center_x (box), sst_box_center_y (box),
      side, side);
}

/* Mean and deviation of the network's features over the window. */
static void
measure (SstMaskEye * eye, const float *fine)
{
  for (int c = 0; c < eye->n_fine; c++) {
    const float *const plane = fine + (size_t) c * SST_MASK_CELLS;
    double sum = 0., squares = 0.;
    float mean;

    for (int i = 0; i < SST_MASK_CELLS; i++) {
      sum += plane[i];
      squares += (double) plane[i] * plane[i];
    }
    mean = (float) (sum / SST_MASK_CELLS);
    eye->mean[c] = mean;
    eye->scale[c] = 1.f / (sqrtf (fmaxf ((float) (squares / SST_MASK_CELLS)
                - mean * mean, 0.f)) + 1e-3f);
  }
}

/* Means of a row of cells of a plane, times scale, less offset; limited. */
SST_MULTIVERSION static void
mean_row (const float *pixels, float scale, float offset, float *restrict out)
{
  float sums[SST_MASK_SIDE];

  for (int x = 0; x < SST_MASK_SIDE; x++)
    sums[x] = pixels[x] + pixels[SST_MASK_SIDE + x]
        + pixels[2 * SST_MASK_SIDE + x] + pixels[3 * SST_MASK_SIDE + x];
  for (int x = 0; x < SST_MASK_GRID; x++) {
    const float *const p = sums + SST_MASK_CELL * x;
    const float mean = (p[0] + p[1] + p[2] + p[3])
        * (1.f / (SST_MASK_CELL * SST_MASK_CELL)) - offset;

    out[x] = COLOR_SHARE * CLAMP (mean * scale, -COLOR_LIMIT, COLOR_LIMIT);
  }
}

/* The mean colours of a row of cells. */
static void
color_row (const float *sample, int y, float *planes)
{
  const float *const row = sample + y * SST_MASK_CELL * SST_MASK_SIDE;

  mean_row (row, 1.f / LUMA_SCALE, 128.f, planes + y * SST_MASK_GRID);
  for (int c = 1; c < N_COLOR; c++)
    mean_row (row + (size_t) c * SST_MASK_PIXELS, 1.f / CHROMA_SCALE, 0.f,
        planes + c * SST_MASK_CELLS + y * SST_MASK_GRID);
}

/* Takes an offset off a row of a plane, and scales it. */
SST_ALWAYS_INLINE void
copy_row (const float *from, float offset, float scale, float *restrict to)
{
  for (int x = 0; x < SST_MASK_GRID; x++)
    to[x] = (from[x] - offset) * scale;
}

/* Brings the vectors of a row of cells to length 1. */
SST_ALWAYS_INLINE void
scale_row (float *planes, int n, int side)
{
  const int step = side * side;
  float sums[SST_MASK_GRID] = { 0.f };

  for (int c = 0; c < n; c++)
    for (int x = 0; x < side; x++)
      sums[x] += planes[c * step + x] * planes[c * step + x];
  for (int x = 0; x < side; x++) {
    const float length = sqrtf (sums[x]);

    sums[x] = 1.f / (length > MIN_LENGTH ? length : MIN_LENGTH);
  }
  for (int c = 0; c < n; c++)
    for (int x = 0; x < side; x++)
      planes[c * step + x] *= sums[x];
}

/* The vectors of a row of cells; the colours are there. */
SST_MULTIVERSION static void
join_row (const SstMaskEye * eye, const float *hand, const float *fine, int y,
    float *cells)
{
  const int n_hand = eye->hand_made->n_channels, n_fine = eye->n_fine;
  const int at = y * SST_MASK_GRID;
  float *const row = cells + at;
  float *const fine_row = row + (n_hand + N_COLOR) * SST_MASK_CELLS;

  for (int c = 0; c < n_hand; c++)
    copy_row (hand + (size_t) c * SST_MASK_CELLS + at, 0.f, 1.f,
        row + c * SST_MASK_CELLS);
  scale_row (row, n_hand, SST_MASK_GRID);
  for (int c = 0; c < n_fine; c++)
    copy_row (fine + (size_t) c * SST_MASK_CELLS + at, eye->mean[c],
        eye->scale[c], fine_row + c * SST_MASK_CELLS);
  scale_row (fine_row, n_fine, SST_MASK_GRID);
  scale_row (row, eye->n_channels, SST_MASK_GRID);
}

SST_MULTIVERSION static void
halve_row (const float *restrict upper, const float *restrict lower,
    float *restrict out)
{
  for (int x = 0; x < SST_COARSE_GRID; x++)
    out[x] = 0.25f * (upper[2 * x] + upper[2 * x + 1] + lower[2 * x]
        + lower[2 * x + 1]);
}

void
sst_mask_coarse_means (const float *cells, float *coarse)
{
  for (int y = 0; y < SST_COARSE_GRID; y++) {
    const float *const row = cells + 2 * y * SST_MASK_GRID;

    halve_row (row, row + SST_MASK_GRID, coarse + y * SST_COARSE_GRID);
  }
}

SST_MULTIVERSION static void
scale_coarse (float *coarse, int n)
{
  for (int y = 0; y < SST_COARSE_GRID; y++)
    scale_row (coarse + y * SST_COARSE_GRID, n, SST_COARSE_GRID);
}

static void
make_coarse (const SstMaskEye * eye, SstMaskView * view)
{
  for (int c = 0; c < eye->n_channels; c++)
    sst_mask_coarse_means (view->cells + (size_t) c * SST_MASK_CELLS,
        view->coarse + (size_t) c * SST_COARSE_CELLS);
  scale_coarse (view->coarse, eye->n_channels);
}

static void
mark_inside (const SstFrame * frame, SstMaskView * view)
{
  const float step = view->window.width / SST_MASK_GRID;

  for (int y = 0; y < SST_MASK_GRID; y++) {
    const float v = view->window.y + (y + 0.5f) * step;

    for (int x = 0; x < SST_MASK_GRID; x++) {
      const float u = view->window.x + (x + 0.5f) * step;

      view->inside[y * SST_MASK_GRID + x] = u >= 0.f && v >= 0.f
          && u < frame->width && v < frame->height;
    }
  }
}

void
sst_mask_eye_look (SstMaskEye * eye, SstSampler * sampler,
    const SstFrame * frame, const SstBox * window, gboolean first,
    float *scratch, SstMaskView * view)
{
  const float *fine = NULL;
  const int n_hand = eye->hand_made->n_channels;
  Desk desk;

  lay_out (eye->model, scratch, &desk);
  view->window = *window;
  sst_sampler_sample (sampler, frame, window, SST_SAMPLE_YCC, SST_MASK_SIDE,
      SST_MASK_SIDE, view->sample);
  eye->hand_made->extract (eye->hand_made, view->sample, SST_MASK_SIDE,
      desk.scratch, desk.hand);
  if (eye->model != NULL) {
    fine = sst_network_look_fine (sst_model_network (eye->model),
        sst_model_kernels (eye->model), view->sample, desk.trace,
        desk.workspace);
    if (first)
      measure (eye, fine);
  }
  for (int y = 0; y < SST_MASK_GRID; y++) {
    color_row (view->sample, y, view->cells + n_hand * SST_MASK_CELLS);
    join_row (eye, desk.hand, fine, y, view->cells);
  }
  make_coarse (eye, view);
  mark_inside (frame, view);
}
