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
  float *scratch, *hand, *trace, *workspace;
  float *mean, *scale;          /* n_fine each */
};

SstMaskEye *
sst_mask_eye_new (SstModel * model)
{
  SstMaskEye *const eye = g_new0 (SstMaskEye, 1);

  eye->hand_made = sst_features_handmade ();
  g_assert (eye->hand_made->stride == SST_MASK_CELL
      && SST_MASK_SIDE == SST_SEARCH_SIDE);
  if (model != NULL) {
    const SstNetwork *const network = sst_model_network (model);

    eye->model = sst_model_ref (model);
    eye->n_fine = sst_network_get_config (network)->channels[1];
    eye->trace = sst_floats_new (sst_network_trace_size (network,
            SST_ROLE_SEARCH));
    eye->workspace = sst_floats_new (sst_network_workspace_size (network,
            FALSE));
  }
  eye->n_channels = (eye->hand_made->n_channels + N_COLOR + eye->n_fine + 7)
      & ~7;
  eye->scratch = sst_floats_new (eye->hand_made->scratch_size (eye->hand_made,
          SST_MASK_SIDE));
  eye->hand = sst_floats_new ((size_t) eye->hand_made->n_channels
      * SST_MASK_CELLS);
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
  g_aligned_free (eye->scratch);
  g_aligned_free (eye->hand);
  g_aligned_free (eye->trace);
  g_aligned_free (eye->workspace);
  g_free (eye->mean);
  g_free (eye->scale);
  g_clear_pointer (eye_p, g_free);
}

int
sst_mask_eye_n_channels (const SstMaskEye * eye)
{
  return eye->n_channels;
}

void
sst_mask_view_init (const SstMaskEye * eye, SstMaskView * view)
{
  view->sample = sst_floats_new (3 * SST_MASK_PIXELS);
  view->cells = sst_floats_new ((size_t) eye->n_channels * SST_MASK_CELLS);
}

void
sst_mask_view_clear (SstMaskView * view)
{
  g_aligned_free (view->sample);
  g_aligned_free (view->cells);
  view->sample = view->cells = NULL;
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

/* Mean colour of a cell. */
static void
mean_color (const float *sample, int x, int y, float *out)
{
  static const float scale[N_COLOR] = {
    LUMA_SCALE, CHROMA_SCALE, CHROMA_SCALE
  };

  for (int c = 0; c < N_COLOR; c++) {
    const float *p = sample + (size_t) c * SST_MASK_PIXELS
        + y * SST_MASK_CELL * SST_MASK_SIDE + x * SST_MASK_CELL;
    float sum = 0.f;

    for (int v = 0; v < SST_MASK_CELL; v++, p += SST_MASK_SIDE)
      for (int u = 0; u < SST_MASK_CELL; u++)
        sum += p[u];
    sum = sum / (SST_MASK_CELL * SST_MASK_CELL) - (c == 0 ? 128.f : 0.f);
    out[c] = COLOR_SHARE * CLAMP (sum / scale[c], -COLOR_LIMIT, COLOR_LIMIT);
  }
}

SST_ALWAYS_INLINE void
scale_to (float *v, int n, float length)
{
  float sum = 0.f;

  for (int i = 0; i < n; i++)
    sum += v[i] * v[i];
  sum = length / fmaxf (sqrtf (sum), MIN_LENGTH);
  for (int i = 0; i < n; i++)
    v[i] *= sum;
}

/* The vectors of a row of cells out of planes. */
SST_MULTIVERSION static void
join_row (const SstMaskEye * eye, const float *fine, int y, float *cells)
{
  const int n_hand = eye->hand_made->n_channels;
  const int n_channels = eye->n_channels, n_fine = eye->n_fine;

  for (int x = 0; x < SST_MASK_GRID; x++) {
    float *const v = cells + (size_t) x * n_channels;
    const int i = y * SST_MASK_GRID + x;

    for (int c = 0; c < n_hand; c++)
      v[c] = eye->hand[(size_t) c * SST_MASK_CELLS + i];
    scale_to (v, n_hand, 1.f);
    for (int c = 0; c < n_fine; c++)
      v[n_hand + N_COLOR + c] = eye->scale[c]
          * (fine[(size_t) c * SST_MASK_CELLS + i] - eye->mean[c]);
    scale_to (v + n_hand + N_COLOR, n_fine, 1.f);
    scale_to (v, n_channels, 1.f);
  }
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
    SstMaskView * view)
{
  const float *fine = NULL;
  const int n_hand = eye->hand_made->n_channels;

  view->window = *window;
  sst_sampler_sample (sampler, frame, window, SST_SAMPLE_YCC, SST_MASK_SIDE,
      SST_MASK_SIDE, view->sample);
  eye->hand_made->extract (eye->hand_made, view->sample, SST_MASK_SIDE,
      eye->scratch, eye->hand);
  if (eye->model != NULL) {
    fine = sst_network_look_fine (sst_model_network (eye->model),
        sst_model_kernels (eye->model), view->sample, eye->trace,
        eye->workspace);
    if (first)
      measure (eye, fine);
  }
  for (int y = 0; y < SST_MASK_GRID; y++) {
    float *const row = view->cells + (size_t) y * SST_MASK_GRID
        * eye->n_channels;

    for (int x = 0; x < SST_MASK_GRID; x++)
      mean_color (view->sample, x, y, row + (size_t) x * eye->n_channels
          + n_hand);
    join_row (eye, fine, y, row);
  }
  mark_inside (frame, view);
}
