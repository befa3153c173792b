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
#include "track/select_private.h"

#define GRID SST_MASK_GRID
#define CELLS SST_MASK_CELLS

#define SMALLEST 0.025f         /* of the picture's longer side */
#define STEP 1.35f
/* A window as a carried mask's (carry.h). */
#define FACTOR 2.2f
#define TALL 1.4f
/* The bounds of a mask are percentiles: what lacks to the thing's. */
#define GROWTH 0.08f
/* Cells about the middle that a mask has to hang together with. */
#define MIDDLE 2
/* How often the network looks for what it saw. */
#define TURNS 3
#define MIN_SIDE 4.f            /* of a box that it looks for, pixels */
/* What counts as the overlap with a square that was not tried. */
#define UNKNOWN 0.5f
/* The furthest that a thing's middle counts as being from the click, in sizes
 * of it. */
#define MAX_OFFSET 2.f

/* Of the logarithm of a size: what is another one, and what a thing further
 * away has to be better by. */
#define LEAST_CHANGE 0.15f
#define FURTHER 3.f

/* By tests/eval/click.py --fit, on data/dev and data/vos. */
#define N_TRAITS SST_SELECTOR_TRAITS
static const float weights[N_TRAITS] = {
  10.80f, 5.92f, 12.53f, 8.83f, -26.53f
};

typedef struct
{
  SstBox mask, thing;           /* boxes: by the mask, and the result */
  float quality;                /* of the network's last */
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

/* The box of the mask that is made of a box. middle: only what hangs
 * together with the middle counts. */
static SstBox
box_by_mask (SstSelector * selector, const SstFrame * frame,
    const SstBox * first, gboolean middle)
{
  const SstBox window = sst_mask_window (first, FACTOR, TALL);
  SstBox box;

  sst_mask_eye_look (selector->eye, selector->sampler, frame, &window, TRUE,
      selector->memory, &selector->view);
  sst_mask_first_make (selector->first, &selector->view,
      sst_mask_eye_n_channels (selector->eye), first, NULL, &selector->mask);
  if (middle)
    keep_middle (selector);
  if (!sst_mask_bounds (&selector->mask, &box))
    return *first;
  return sst_box_from_center (sst_box_center_x (&box),
      sst_box_center_y (&box), box.width * (1.f + GROWTH),
      box.height * (1.f + GROWTH));
}

/* What the network sees in the middle of a search for what is in a box: the
 * mean of the four cells there. */
static SstBox
ask_network (SstSelector * selector, const SstFrame * frame, const SstBox * box,
    float *quality)
{
  const float side = SST_SEARCH_FACTOR * fmaxf (sst_box_scale (box), MIN_SIDE);
  const float share = 0.25f * side / SST_SEARCH_SIDE;
  const int middle = SST_NETWORK_GRID / 2;
  const SstBox region = sst_box_from_center (sst_box_center_x (box),
      sst_box_center_y (box), side, side);
  SstBox sum = { 0.f, 0.f, 0.f, 0.f };

  sst_matcher_start (selector->matcher, selector->sampler, frame, box,
      side * SST_TEMPLATE_FACTOR / SST_SEARCH_FACTOR);
  sst_sampler_sample (selector->sampler, frame, &region, SST_SAMPLE_YCC,
      SST_SEARCH_SIDE, SST_SEARCH_SIDE, selector->sample);
  sst_matcher_search (selector->matcher, selector->sample, 0.f);
  *quality = 0.f;
  for (int y = middle - 1; y <= middle; y++) {
    for (int x = middle - 1; x <= middle; x++) {
      float q;
      const SstBox cell = sst_matcher_box (selector->matcher, x, y, &q);

      sum = (SstBox) { sum.x + cell.x, sum.y + cell.y, sum.width + cell.width,
        sum.height + cell.height
      };
      *quality += 0.25f * q;
    }
  }
  return (SstBox) { region.x + share * sum.x, region.y + share * sum.y,
    CLAMP (share * sum.width, MIN_SIDE, frame->width),
    CLAMP (share * sum.height, MIN_SIDE, frame->height)
  };
}

/* The mean of two boxes. */
static SstBox
mean_box (const SstBox * a, const SstBox * b)
{
  return (SstBox) { 0.5f * (a->x + b->x), 0.5f * (a->y + b->y),
    0.5f * (a->width + b->width), 0.5f * (a->height + b->height)
  };
}

static SstBox
cut_box (const SstBox * box, const SstFrame * frame)
{
  const float left = CLAMP (box->x, 0.f, frame->width);
  const float top = CLAMP (box->y, 0.f, frame->height);

  return (SstBox) { left, top,
    CLAMP (box->x + box->width, left, frame->width) - left,
    CLAMP (box->y + box->height, top, frame->height) - top
  };
}

/* From a square to a thing: the mean of what mask and network say of it, what
 * the network says of that, of that again, and so on; and the mask of the
 * last. */
static void
find_thing (SstSelector * selector, const SstFrame * frame,
    const SstBox * square, Candidate * c)
{
  const SstBox mask = box_by_mask (selector, frame, square, TRUE);
  SstBox seen = ask_network (selector, frame, square, &c->quality);

  seen = mean_box (&mask, &seen);
  seen = cut_box (&seen, frame);
  for (int turn = 0; turn < TURNS; turn++)
    seen = ask_network (selector, frame, &seen, &c->quality);
  c->mask = box_by_mask (selector, frame, &seen, FALSE);
  c->thing = mean_box (&c->mask, &seen);
  c->thing = cut_box (&c->thing, frame);
}

/* How far a box's middle is from a place, in sizes of the box. */
static float
offset (const SstBox * box, float x, float y)
{
  const float u = (sst_box_center_x (box) - x) / fmaxf (box->width, 1.f);
  const float v = (sst_box_center_y (box) - y) / fmaxf (box->height, 1.f);

  return fminf (hypotf (u, v), MAX_OFFSET);
}

/* Mean overlap of a thing with all, each counting by its quality. */
static float
consensus (const Candidate * all, int i, int n)
{
  float sum = 0.f, total = 1e-6f;

  for (int k = 0; k < n; k++) {
    sum += all[k].quality * sst_box_iou (&all[i].thing, &all[k].thing);
    total += all[k].quality;
  }
  return sum / total;
}

/* The most overlap with what came of squares of other sizes than its own
 * and those next to it. */
static float
overlap_far (const Candidate * all, int i, int n)
{
  float most = 0.f;

  for (int k = 0; k < n; k++)
    if (ABS (k - i) > 1)
      most = fmaxf (most, sst_box_iou (&all[i].thing, &all[k].thing));
  return most;
}

static void
set_traits (const Candidate * all, int i, int n, float x, float y, float *t)
{
  const Candidate *const c = &all[i];

  t[0] = consensus (all, i, n);
  t[1] = overlap_far (all, i, n);
  t[2] = i > 0 ? sst_box_iou (&c->mask, &c[-1].mask) : UNKNOWN;
  t[3] = fabsf (logf (fmaxf (c->thing.width, 1.f)
          / fmaxf (c->thing.height, 1.f)));
  t[4] = offset (&c->mask, x, y);
}

/* The logarithm of how likely it is meant, but for a constant. */
static float
judge (const float *traits)
{
  float sum = 0.f;

  for (int k = 0; k < N_TRAITS; k++)
    sum += weights[k] * traits[k];
  return sum;
}

int
sst_selector_list (SstSelector * selector, const SstFrame * frame, float x,
    float y, SstBox things[SST_SELECTOR_SIZES],
    float traits[SST_SELECTOR_SIZES][SST_SELECTOR_TRAITS])
{
  Candidate all[SST_SELECTOR_SIZES];
  float side = SMALLEST * MAX (frame->width, frame->height);
  int n = 0;

  sst_blas_begin ();
  for (; n < SST_SELECTOR_SIZES && (n == 0 || side <= MIN (frame->width,
              frame->height)); n++, side *= STEP) {
    const SstBox square = sst_box_from_center (x, y, side, side);

    find_thing (selector, frame, &square, &all[n]);
  }
  sst_blas_end ();
  for (int i = 0; i < n; i++) {
    things[i] = all[i].thing;
    set_traits (all, i, n, x, y, traits[i]);
  }
  return n;
}

gboolean
sst_selector_thing (SstSelector * selector, const SstFrame * frame, float x,
    float y, SstBox * box)
{
  g_return_val_if_fail (selector != NULL, FALSE);
  g_return_val_if_fail (frame != NULL, FALSE);
  g_return_val_if_fail (box != NULL, FALSE);

  SstBox things[SST_SELECTOR_SIZES];
  float traits[SST_SELECTOR_SIZES][SST_SELECTOR_TRAITS];
  const int n = sst_selector_list (selector, frame, x, y, things, traits);
  float highest = -INFINITY;

  for (int i = 0; i < n; i++) {
    const float estimate = judge (traits[i]);

    if (estimate > highest) {
      *box = things[i];
      highest = estimate;
    }
  }
  return sst_tracker_check_box (box, frame->width, frame->height, NULL);
}

gboolean
sst_selector_next (SstSelector * selector, const SstFrame * frame,
    const SstBox * box, gboolean larger, SstBox * next)
{
  g_return_val_if_fail (selector != NULL, FALSE);
  g_return_val_if_fail (frame != NULL, FALSE);
  g_return_val_if_fail (box != NULL, FALSE);
  g_return_val_if_fail (next != NULL, FALSE);

  SstBox things[SST_SELECTOR_SIZES];
  float traits[SST_SELECTOR_SIZES][SST_SELECTOR_TRAITS];
  const int n = sst_selector_list (selector, frame, sst_box_center_x (box),
      sst_box_center_y (box), things, traits);
  float highest = -INFINITY;

  for (int i = 0; i < n; i++) {
    const float ratio = logf (sst_box_scale (&things[i]) / sst_box_scale (box))
        * (larger ? 1.f : -1.f);
    const float estimate = judge (traits[i]) - FURTHER * ratio;

    if (ratio > LEAST_CHANGE && estimate > highest
        && sst_tracker_check_box (&things[i], frame->width, frame->height,
            NULL)) {
      *next = things[i];
      highest = estimate;
    }
  }
  return highest > -INFINITY;
}
