/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

#include "fit/box_loss.h"

#include <math.h>
#include <string.h>

#include "fit/bce.h"

#define CELLS SST_NETWORK_CELLS
#define GRID SST_NETWORK_GRID

/* Width of the bump over the target's side, and its least, in pixels. */
#define BUMP_SHARE 0.18f
#define BUMP_MIN 5.8f
/* The bump is brought to height 1 on the grid unless the centre is further off
 * than this height says. */
#define BUMP_SEEN 0.3f
#define POSITIVE 0.99f
#define BOX_CELLS 0.4f

/* h, brought to 1 at the cell next to the centre. */
static void
draw_bump (const SstBox * box, float *h)
{
  const float cx = sst_box_center_x (box), cy = sst_box_center_y (box);
  const float sx = fmaxf (BUMP_SHARE * box->width, BUMP_MIN);
  const float sy = fmaxf (BUMP_SHARE * box->height, BUMP_MIN);
  float row[GRID], column[GRID], highest = 0.f;

  for (int i = 0; i < GRID; i++) {
    const float at = (i + 0.5f) * SST_NETWORK_STRIDE;

    row[i] = expf (-0.5f * (at - cx) * (at - cx) / (sx * sx));
    column[i] = expf (-0.5f * (at - cy) * (at - cy) / (sy * sy));
  }
  for (int i = 0; i < CELLS; i++) {
    h[i] = row[i % GRID] * column[i / GRID];
    highest = fmaxf (highest, h[i]);
  }
  if (highest > BUMP_SEEN)
    for (int i = 0; i < CELLS; i++)
      h[i] /= highest;
}

static float
focal_loss (const float *scores, const float *h, float scale, float *dscores)
{
  double loss = 0.0;
  float *const d = dscores;
  int positives = 0;

  for (int i = 0; i < CELLS; i++) {
    const float p = sst_sigmoid (scores[i]), q = 1.f - p;

    if (h[i] > POSITIVE) {
      const float minus_log = sst_softplus (-scores[i]);

      loss += q * q * minus_log;
      d[i] = -2.f * p * q * q * minus_log - q * q * q;
      positives++;
    } else {
      const float minus_log = sst_softplus (scores[i]);
      const float rest = (1.f - h[i]) * (1.f - h[i]);

      loss += rest * rest * p * p * minus_log;
      d[i] = rest * rest * (2.f * p * p * q * minus_log + p * p * p);
    }
  }
  scale /= MAX (positives, 1);
  for (int i = 0; i < CELLS; i++)
    d[i] *= scale;
  return (float) (loss / MAX (positives, 1));
}

/* Left, top, right, bottom. */
typedef struct
{
  float side[4];
} Sides;

/* GIoU of p with g, its gradient by the sides of p, and the IoU. */
static float
giou_of (const Sides * p, const Sides * g, Sides * gradient, float *iou)
{
  float in[2], out[2], length[2], inter, area, all, hull;

  for (int k = 0; k < 2; k++) {
    length[k] = p->side[2 + k] - p->side[k];
    in[k] = fmaxf (fminf (p->side[2 + k], g->side[2 + k])
        - fmaxf (p->side[k], g->side[k]), 0.f);
    out[k] = fmaxf (p->side[2 + k], g->side[2 + k])
        - fminf (p->side[k], g->side[k]);
  }
  inter = in[0] * in[1];
  area = (g->side[2] - g->side[0]) * (g->side[3] - g->side[1]);
  all = length[0] * length[1] + area - inter;
  hull = out[0] * out[1];
  for (int i = 0; i < 4; i++) {
    const int k = i % 2;
    const float sign = i < 2 ? -1.f : 1.f;
    /* whether this side of p bounds the intersection, and the hull */
    const gboolean inner = inter > 0.f
        && sign * p->side[i] < sign * g->side[i];
    const gboolean outer = sign * p->side[i] > sign * g->side[i];
    const float dinter = inner ? sign * in[1 - k] : 0.f;
    const float dall = sign * length[1 - k] - dinter;
    const float dhull = outer ? sign * out[1 - k] : 0.f;

    gradient->side[i] = dinter / all - inter * dall / (all * all)
        + dall / hull - all * dhull / (hull * hull);
  }
  *iou = inter / all;
  return inter / all - 1.f + all / hull;
}

static void
box_losses (const float *output, const float *h, const SstBox * box,
    const SstBoxTerms * weights, float scale, float *doutput,
    SstBoxTerms * terms, float *iou)
{
  const Sides truth = { {box->x, box->y, box->x + box->width,
          box->y + box->height} };
  float sum = 0.f, highest = 0.f;

  for (int i = 0; i < CELLS; i++)
    sum += h[i] > BOX_CELLS ? h[i] : 0.f;
  for (int i = 0; i < CELLS; i++) {
    const float share = sum > 0.f ? h[i] / sum : 0.f;
    SstBox guess;
    Sides sides, dgiou;
    float overlap, quality;

    if (h[i] <= BOX_CELLS)
      continue;
    guess = sst_network_box (output, i % GRID, i / GRID);
    sides = (Sides) { {guess.x, guess.y, guess.x + guess.width,
            guess.y + guess.height} };
    terms->giou += share * (1.f - giou_of (&sides, &truth, &dgiou, &overlap));
    for (int k = 0; k < 4; k++) {
      const int at = (1 + k) * CELLS + i;
      const float center = k % 2 == 0 ? (i % GRID + 0.5f) * SST_NETWORK_STRIDE
          : (i / GRID + 0.5f) * SST_NETWORK_STRIDE;
      const float off = sides.side[k] - truth.side[k];
      const float d = -weights->giou * dgiou.side[k]
          + weights->l1 * copysignf (0.25f / SST_SEARCH_SIDE, off);

      terms->l1 += share * fabsf (off) * 0.25f / SST_SEARCH_SIDE;
      /* a side moves with its distance's logarithm as far as it is away */
      if (fabsf (output[at]) < SST_NETWORK_LOG_LIMIT)
        doutput[at] = scale * share * d * (sides.side[k] - center);
    }
    quality = output[5 * CELLS + i];
    terms->quality += share * (overlap * sst_softplus (-quality)
        + (1.f - overlap) * sst_softplus (quality));
    doutput[5 * CELLS + i] = scale * share * weights->quality
        * (sst_sigmoid (quality) - overlap);
    if (h[i] > highest) {
      highest = h[i];
      *iou = overlap;
    }
  }
}

SstBoxTerms
sst_box_loss (const float *output, const SstBox * box, gboolean present,
    const SstBoxTerms * weights, float scale, float *doutput, float *iou)
{
  SstBoxTerms terms = { 0 };
  float h[CELLS] = { 0.f };

  *iou = 0.f;
  memset (doutput, 0, SST_NETWORK_OUTPUTS * CELLS * sizeof (float));
  if (present)
    draw_bump (box, h);
  terms.focal = focal_loss (output, h, scale * weights->focal, doutput);
  if (present)
    box_losses (output, h, box, weights, scale, doutput, &terms, iou);
  return terms;
}
