/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

#include <sstrack/select.h>

#include <math.h>
#include <string.h>

#include <sstrack/tracker.h>

#include "base/blas.h"
#include "base/floats.h"
#include "mask/bounds.h"
#include "mask/first.h"
#include "mask/parts.h"
#include "track/matcher.h"

#define GRID SST_MASK_GRID
#define CELLS SST_MASK_CELLS

#define N_SIZES 12
#define SMALLEST 0.025f         /* of the picture's longer side */
#define STEP 1.35f
/* A window as a carried mask's (carry.h). */
#define FACTOR 2.2f
#define TALL 1.4f
/* The bounds of a mask are percentiles: what lacks to the thing's. */
#define GROWTH 0.08f
/* Cells about the middle that a mask has to hang together with. */
#define MIDDLE 2
/* What counts as the overlap with a square that was not tried. */
#define UNKNOWN 0.5f

/* What a square is judged by, and weights fitted on data/dev. */
#define N_TRAITS 8
static const float weights[N_TRAITS] = {
  -4.067f, 0.289f, 0.505f, 1.128f, 0.754f, 0.262f, 3.025f, 0.078f
};

typedef struct
{
  SstBox mask, network;         /* boxes */
  float quality, score;
} Candidate;

struct _SstSelector
{
  SstMaskEye *eye;
  float *memory;                /* the eye's scratch, then the view's planes */
  SstMaskView view;
  SstMaskFirst *first;
  SstSampler *sampler;
  SstScratch *scratch;
  SstMatcher *matcher;
  SstMask mask;
  float sample[SST_SEARCH_SIZE];
  float p[CELLS];
  guint8 keep[CELLS];
  int parts[2 * CELLS];
};

SstSelector *
sst_selector_new (SstModel * model)
{
  g_return_val_if_fail (model != NULL, NULL);

  SstSelector *const selector = g_new0 (SstSelector, 1);

  selector->eye = sst_mask_eye_new (model);
  selector->memory = sst_floats_new (sst_mask_eye_scratch_size (model)
      + sst_mask_view_size (model));
  sst_mask_view_place (selector->eye, selector->memory
      + sst_mask_eye_scratch_size (model), &selector->view);
  selector->first = sst_mask_first_new (NULL);
  selector->sampler = sst_sampler_new ();
  selector->scratch = sst_scratch_new ();
  selector->matcher = sst_matcher_new (model, selector->scratch);
  return selector;
}

void
sst_selector_free (SstSelector ** selector_p)
{
  SstSelector *const selector = *selector_p;

  if (selector == NULL)
    return;
  sst_matcher_free (&selector->matcher);
  sst_scratch_unref (selector->scratch);
  sst_sampler_free (&selector->sampler);
  sst_mask_first_free (&selector->first);
  g_aligned_free (selector->memory);
  sst_mask_eye_free (&selector->eye);
  g_clear_pointer (selector_p, g_free);
}

/* Removes from the mask what does not hang together with its middle. */
static void
keep_middle (SstSelector * selector)
{
  const int seed[4] = { GRID / 2 - MIDDLE, GRID / 2 - MIDDLE,
    GRID / 2 + MIDDLE, GRID / 2 + MIDDLE
  };
  float *const m = selector->mask.target;

  memset (selector->p, 0, sizeof selector->p);
  for (int i = 0; i < SST_MASK_PIXELS; i++)
    selector->p[i / SST_MASK_SIDE / SST_MASK_CELL * GRID
        + i % SST_MASK_SIDE / SST_MASK_CELL] +=
        m[i] / (SST_MASK_CELL * SST_MASK_CELL);
  if (sst_parts_keep (selector->p, seed, selector->keep, selector->parts) == 0)
    return;
  for (int i = 0; i < SST_MASK_PIXELS; i++)
    if (!selector->keep[i / SST_MASK_SIDE / SST_MASK_CELL * GRID
            + i % SST_MASK_SIDE / SST_MASK_CELL])
      m[i] = 0.f;
}

static SstBox
box_by_mask (SstSelector * selector, const SstFrame * frame,
    const SstBox * square)
{
  const SstBox window = sst_mask_window (square, FACTOR, TALL);
  SstBox box = *square;

  sst_mask_eye_look (selector->eye, selector->sampler, frame, &window, TRUE,
      selector->memory, &selector->view);
  sst_mask_first_make (selector->first, &selector->view,
      sst_mask_eye_n_channels (selector->eye), square, NULL, &selector->mask);
  keep_middle (selector);
  if (!sst_mask_bounds (&selector->mask, &box))
    return *square;
  return sst_box_from_center (sst_box_center_x (&box),
      sst_box_center_y (&box), box.width * (1.f + GROWTH),
      box.height * (1.f + GROWTH));
}

/* What the network sees in the middle of a search for what is in the square. */
static void
ask_network (SstSelector * selector, const SstFrame * frame,
    const SstBox * square, Candidate * candidate)
{
  const float x = sst_box_center_x (square), y = sst_box_center_y (square);
  const float side = SST_SEARCH_FACTOR * square->width;
  const float scale = side / SST_SEARCH_SIDE;
  const int middle = SST_NETWORK_GRID / 2;
  const SstBox region = sst_box_from_center (x, y, side, side);
  SstBox box;

  sst_matcher_start (selector->matcher, selector->sampler, frame, square,
      SST_TEMPLATE_FACTOR * square->width);
  sst_sampler_sample (selector->sampler, frame, &region, SST_SAMPLE_YCC,
      SST_SEARCH_SIDE, SST_SEARCH_SIDE, selector->sample);
  sst_matcher_search (selector->matcher, selector->sample, 0.f);
  box = sst_matcher_box (selector->matcher, middle, middle,
      &candidate->quality);
  candidate->score = sst_matcher_scores (selector->matcher)[middle
      * SST_NETWORK_GRID + middle];
  candidate->network = (SstBox) { region.x + box.x * scale,
    region.y + box.y * scale, box.width * scale, box.height * scale
  };
}

static float
judge (const Candidate * all, int i, int n)
{
  const Candidate *const c = &all[i];
  const gboolean has_next = i + 1 < n, has_last = i > 0;
  const float traits[N_TRAITS] = {
    1.f,
    has_next ? sst_box_iou (&c->mask, &all[i + 1].mask) : UNKNOWN,
    has_last ? sst_box_iou (&c->mask, &all[i - 1].mask) : UNKNOWN,
    has_next ? sst_box_iou (&c->network, &all[i + 1].network) : UNKNOWN,
    has_last ? sst_box_iou (&c->network, &all[i - 1].network) : UNKNOWN,
    sst_box_iou (&c->network, &c->mask),
    c->quality, c->score
  };
  float sum = 0.f;

  for (int k = 0; k < N_TRAITS; k++)
    sum += weights[k] * traits[k];
  return sum;
}

/* The mean of both boxes, cut to the picture. */
static SstBox
mean_box (const Candidate * c, const SstFrame * frame)
{
  const SstBox *const a = &c->mask, *const b = &c->network;
  const float x0 = 0.5f * (a->x + b->x), y0 = 0.5f * (a->y + b->y);
  const float x1 = x0 + 0.5f * (a->width + b->width);
  const float y1 = y0 + 0.5f * (a->height + b->height);
  const float left = CLAMP (x0, 0.f, frame->width);
  const float top = CLAMP (y0, 0.f, frame->height);

  return (SstBox) { left, top, CLAMP (x1, left, frame->width) - left,
    CLAMP (y1, top, frame->height) - top
  };
}

gboolean
sst_selector_thing (SstSelector * selector, const SstFrame * frame, float x,
    float y, SstBox * box)
{
  g_return_val_if_fail (selector != NULL, FALSE);
  g_return_val_if_fail (frame != NULL, FALSE);
  g_return_val_if_fail (box != NULL, FALSE);

  Candidate all[N_SIZES];
  float side = SMALLEST * MAX (frame->width, frame->height);
  int n = 0, best = 0;
  float highest = 0.f;

  sst_blas_begin ();
  for (; n < N_SIZES && (n == 0 || side <= MIN (frame->width,
              frame->height)); n++, side *= STEP) {
    const SstBox square = sst_box_from_center (x, y, side, side);

    all[n].mask = box_by_mask (selector, frame, &square);
    ask_network (selector, frame, &square, &all[n]);
  }
  sst_blas_end ();
  for (int i = 0; i < n; i++) {
    const float estimate = judge (all, i, n);

    if (i == 0 || estimate > highest) {
      best = i;
      highest = estimate;
    }
  }
  *box = mean_box (&all[best], frame);
  return sst_tracker_check_box (box, frame->width, frame->height, NULL);
}
