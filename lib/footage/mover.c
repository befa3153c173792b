/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

#include "footage/mover.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define MAX_GAP 5               /* pictures from a part to the next */
#define MIN_OVERLAP 0.45f       /* of the two */
#define OVERLAP_COST 1.5f
#define GAP_COST 0.25f          /* a picture */
#define CUT_WORTH 0.2f          /* of a part at the picture's border */
#define ENTRY_COST 1.f
#define MIN_SHARE 0.6f          /* of the pictures, measured */
#define SAME_OVERLAP 0.5f       /* of the smaller box: taken with it */

#define CROWDED 0.25f           /* of the smaller box, in common with another */
#define CROWD_SPAN 8            /* pictures from the end of one that ran into
                                 * another */
#define PACE_SPAN 3             /* pictures that say how fast it went */
#define CROWD_BEFORE 4          /* pictures before that, which it spoils */
#define CROWD_SIZE 0.15f        /* of its area: less is no thing in it */
#define GROWTH_SPAN 6           /* pictures, in which the logarithm of the area
                                 * changes */
#define MAX_GROWTH 0.8f         /* by this at most, */
#define MAX_JUMP 0.35f          /* and by that at most otherwise than it does */
#define GROWTH_AROUND 15        /* pictures before and after */

#define SMOOTH 6                /* pictures to each side */
#define SMOOTH_ROUNDS 3
#define SMOOTH_FAR 0.12f        /* of the size: a side that is off */

typedef struct
{
  SstExtentPart part;
  SstPoint shift;
  float worth;
  gboolean taken;

  float best;                   /* of the ways that end here */
  int before_picture, before;   /* -1: it starts here */
} Node;

struct _SstMovers
{
  guint n_pictures;
  guint n[SST_MOVER_MAX_PICTURES];
  Node node[SST_MOVER_MAX_PICTURES][SST_EXTENT_MAX_PARTS];
};

SstMovers *
sst_movers_new (void)
{
  return g_new0 (SstMovers, 1);
}

void
sst_movers_free (SstMovers ** movers)
{
  g_clear_pointer (movers, g_free);
}

void
sst_movers_reset (SstMovers * movers)
{
  movers->n_pictures = 0;
}

/* What speaks for a part being a whole thing, 0..1: it is filled, and nothing
 * moves around it. */
static float
worth_of (const SstExtentPart * part)
{
  const float alone = fmaxf (0.f, 1.f - 1.5f * part->around
      / fmaxf (part->inside, 1e-3f));

  return alone * fminf (1.f, part->inside / 0.6f)
      * (part->cut ? CUT_WORTH : 1.f);
}

void
sst_movers_add (SstMovers * movers, const SstExtentPart * parts,
    const SstPoint * shifts, guint n)
{
  const guint k = movers->n_pictures++;

  g_return_if_fail (k < SST_MOVER_MAX_PICTURES && n <= SST_EXTENT_MAX_PARTS);

  movers->n[k] = n;
  for (guint i = 0; i < n; i++)
    movers->node[k][i] = (Node) {.part = parts[i],
      .shift = shifts[i],.worth = worth_of (&parts[i])
    };
}

static float
overlap_of (const Node * from, const Node * to, guint gap)
{
  SstBox box = from->part.box;

  box.x += gap * from->shift.x;
  box.y += gap * from->shift.y;
  return sst_box_iou (&box, &to->part.box);
}

/* The best way to each node. */
static void
find_ways (SstMovers * movers)
{
  for (guint k = 0; k < movers->n_pictures; k++)
    for (guint i = 0; i < movers->n[k]; i++) {
      Node *const node = &movers->node[k][i];

      node->best = node->worth - ENTRY_COST;
      node->before_picture = node->before = -1;
      if (node->taken)
        continue;
      for (guint gap = 1; gap <= MIN (k, MAX_GAP); gap++)
        for (guint j = 0; j < movers->n[k - gap]; j++) {
          const Node *const from = &movers->node[k - gap][j];
          float overlap, sum;

          if (from->taken)
            continue;
          sum = from->best + node->worth - GAP_COST * (gap - 1);
          if (sum <= node->best)
            continue;
          overlap = overlap_of (from, node, gap);
          if (overlap < MIN_OVERLAP)
            continue;
          sum -= OVERLAP_COST * (1.f - overlap);
          if (sum > node->best) {
            node->best = sum;
            node->before_picture = (int) (k - gap);
            node->before = (int) j;
          }
        }
    }
}

/* --- smoothing ---------------------------------------------------------- */

typedef struct
{
  guint n;
  guint picture[SST_MOVER_MAX_PICTURES];
  const Node *node[SST_MOVER_MAX_PICTURES];
  SstPoint way[SST_MOVER_MAX_PICTURES];        /* of the flow, from the first */
} Way;

static void
get_sides (const SstBox * box, float *sides)
{
  sides[0] = box->x;
  sides[1] = box->y;
  sides[2] = box->x + box->width;
  sides[3] = box->y + box->height;
}

/* A line through the values about picture k, robustly; at k. */
static float
fit_line (const Way * way, const float *values, int k, float far)
{
  float level = 0.f, slope = 0.f;

  for (int round = 0; round <= SMOOTH_ROUNDS; round++) {
    float w = 0.f, x = 0.f, y = 0.f, xx = 0.f, xy = 0.f, det;

    for (guint i = 0; i < way->n; i++) {
      const int t = (int) way->picture[i] - k;
      const float r = values[i] - level - slope * t;
      float weight;

      if (t < -SMOOTH || t > SMOOTH)
        continue;
      weight = 1.f - abs (t) / (SMOOTH + 1.f);
      if (round > 0)
        weight /= 1.f + (r / far) * (r / far) * (round > 1 ? 4.f : 1.f);
      w += weight;
      x += weight * t;
      y += weight * values[i];
      xx += weight * t * t;
      xy += weight * t * values[i];
    }
    det = w * xx - x * x;
    slope = det > 0.1f * w * w ? (w * xy - x * y) / det : 0.f;
    level = (y - slope * x) / w;
  }
  return level;
}

/* Sets what a part says about a picture. values: its sides, fit: smoothed. */
static void
set_measured (const Way * way, guint i, float values[4][SST_MOVER_MAX_PICTURES],
    const float *fit, SstMoverStep * step)
{
  const SstExtentPart *const part = &way->node[i]->part;

  step->measured = TRUE;
  step->inside = part->inside;
  step->around = part->around;
  step->cut = part->cut;
  step->overlap = i == 0 ? 1.f : overlap_of (way->node[i - 1], way->node[i],
      way->picture[i] - way->picture[i - 1]);
  for (int s = 0; s < 4; s++)
    step->unrest += fabsf (values[s][i] - fit[s])
        / (4.f * sst_box_scale (&part->box));
}

/* Sets the boxes of a way. */
static void
smooth (const Way * way, SstMover * mover)
{
  float values[4][SST_MOVER_MAX_PICTURES];
  guint i = 0;

  mover->from = way->picture[0];
  mover->until = way->picture[way->n - 1] + 1;
  for (guint n = 0; n < way->n; n++) {
    float sides[4];

    get_sides (&way->node[n]->part.box, sides);
    for (int s = 0; s < 4; s++)
      values[s][n] = sides[s] - (s % 2 ? way->way[n].y : way->way[n].x);
  }
  for (guint k = mover->from; k < mover->until; k++) {
    SstMoverStep *const step = &mover->step[k];
    const guint last = way->picture[i] == k ? i : i - 1;
    const guint gap = k - way->picture[last];
    const float far = SMOOTH_FAR
        * sst_box_scale (&way->node[last]->part.box);
    const SstPoint at = {
      way->way[last].x + gap * way->node[last]->shift.x,
      way->way[last].y + gap * way->node[last]->shift.y
    };
    float fit[4];

    for (int s = 0; s < 4; s++)
      fit[s] = fit_line (way, values[s], (int) k, far);
    *step = (SstMoverStep) {
      .box = { fit[0] + at.x, fit[1] + at.y, fmaxf (fit[2] - fit[0], 1.f),
        fmaxf (fit[3] - fit[1], 1.f) }
    };
    if (gap == 0)
      set_measured (way, i++, values, fit, step);
  }
}

/* --- taking ------------------------------------------------------------- */

/* Nodes that the mover's boxes explain are no others'. */
static void
take_nodes (SstMovers * movers, const SstMover * mover)
{
  for (guint k = mover->from; k < mover->until; k++)
    for (guint i = 0; i < movers->n[k]; i++) {
      Node *const node = &movers->node[k][i];
      const SstBox *const a = &node->part.box, *const b = &mover->step[k].box;
      const float area = a->width * a->height, other = b->width * b->height;
      const float iou = sst_box_iou (a, b);
      const float common = iou / (1.f + iou) * (area + other);

      if (common > SAME_OVERLAP * fminf (area, other))
        node->taken = TRUE;
    }
}

/* The way that ends best. Returns how good it is. */
static float
get_way (SstMovers * movers, Way * way)
{
  int picture = -1, at = -1;
  float best = 0.f;
  SstPoint sum = { 0.f, 0.f };

  way->n = 0;
  for (guint k = 0; k < movers->n_pictures; k++)
    for (guint i = 0; i < movers->n[k]; i++) {
      const Node *const node = &movers->node[k][i];

      if (!node->taken && node->best > best) {
        best = node->best;
        picture = (int) k;
        at = (int) i;
      }
    }
  while (picture >= 0) {
    Node *const node = &movers->node[picture][at];

    way->picture[way->n] = (guint) picture;
    way->node[way->n++] = node;
    node->taken = TRUE;
    picture = node->before_picture;
    at = node->before;
  }
  for (guint i = 0; i < way->n / 2; i++) {
    const guint k = way->n - 1 - i;
    const Node *const node = way->node[i];

    way->node[i] = way->node[k];
    way->node[k] = node;
    sum.x = way->picture[i];
    way->picture[i] = way->picture[k];
    way->picture[k] = (guint) sum.x;
  }
  sum = (SstPoint) { 0.f, 0.f };
  for (guint i = 0; i < way->n; i++) {
    if (i > 0) {
      const guint gap = way->picture[i] - way->picture[i - 1];

      sum.x += gap * way->node[i - 1]->shift.x;
      sum.y += gap * way->node[i - 1]->shift.y;
    }
    way->way[i] = sum;
  }
  return best;
}

gboolean
sst_movers_take (SstMovers * movers, guint min_length, SstMover * mover)
{
  Way *const way = g_new (Way, 1);
  gboolean found = FALSE;

  for (;;) {
    guint length;

    find_ways (movers);
    if (get_way (movers, way) <= 0.f || way->n < 2)
      break;
    length = way->picture[way->n - 1] + 1 - way->picture[0];
    smooth (way, mover);
    if (length < min_length || way->n < MIN_SHARE * length)
      continue;
    take_nodes (movers, mover);
    found = TRUE;
    break;
  }
  g_free (way);
  return found;
}

/* --- cutting ------------------------------------------------------------ */

/* Whether much of the smaller of the two is common, and the other is not just a
 * piece. */
static gboolean
is_crowded (const SstBox * box, const SstBox * other)
{
  const float area = box->width * box->height;
  const float other_area = other->width * other->height;
  const float iou = sst_box_iou (box, other);

  return other_area > CROWD_SIZE * area
      && iou / (1.f + iou) * (area + other_area)
      > CROWDED * fminf (area, other_area);
}

static void
clear (gboolean * good, guint from, guint until)
{
  for (guint k = from; k < until; k++)
    good[k] = FALSE;
}

/* The other's box in a picture before it begins or after it ends: it goes on as
 * there. */
static SstBox
box_beyond (const SstMover * other, guint at)
{
  const gboolean after = at >= other->until;
  const guint edge = after ? other->until - 1 : other->from;
  const guint span = MIN (PACE_SPAN, other->until - other->from - 1);
  const SstBox *const last = &other->step[edge].box;
  const SstBox *const inner =
      &other->step[after ? edge - span : edge + span].box;
  const float steps = fabsf ((float) at - edge) / MAX (span, 1);
  SstBox box = *last;

  box.x += steps * (last->x - inner->x);
  box.y += steps * (last->y - inner->y);
  return box;
}

/* Clears the pictures in which a mover may have another in its box: they have
 * room in common, or that one ended in it, or came out of it. */
static void
clear_crowded (const SstMover * mover, const SstMover * other, gboolean * good)
{
  const guint end = other->until, start = other->from;

  for (guint k = MAX (mover->from, start); k < MIN (mover->until, end); k++)
    good[k] = good[k] && !is_crowded (&mover->step[k].box,
        &other->step[k].box);
  for (guint k = MAX (end, mover->from);
      k < MIN (end + CROWD_SPAN, mover->until); k++) {
    const SstBox box = box_beyond (other, k);

    if (is_crowded (&mover->step[k].box, &box))
      clear (good, MAX (mover->from, end - MIN (end, CROWD_BEFORE)),
          mover->until);
  }
  for (guint k = MAX (mover->from, start - MIN (start, CROWD_SPAN));
      k < MIN (start, mover->until); k++) {
    const SstBox box = box_beyond (other, k);

    if (is_crowded (&mover->step[k].box, &box))
      clear (good, mover->from, MIN (start + CROWD_BEFORE, mover->until));
  }
}

static int
compare_floats (gconstpointer a, gconstpointer b)
{
  const float f = *(const float *) a, g = *(const float *) b;

  return (f > g) - (f < g);
}

/* Clears where the area jumps: it changes fast, and not as it does before and
 * after, as where a thing comes near. */
static void
clear_jumps (const SstMover * mover, gboolean * good)
{
  const guint from = mover->from, until = mover->until - MIN (GROWTH_SPAN,
      mover->until - mover->from);
  float growth[SST_MOVER_MAX_PICTURES], sorted[2 * GROWTH_AROUND + 1];

  for (guint k = from; k < until; k++) {
    const SstBox *const a = &mover->step[k].box;
    const SstBox *const b = &mover->step[k + GROWTH_SPAN].box;

    growth[k] = logf (b->width * b->height / (a->width * a->height));
  }
  for (guint k = from; k < until; k++) {
    const guint first = MAX (from, k - MIN (k, GROWTH_AROUND));
    const guint n = MIN (until, k + GROWTH_AROUND + 1) - first;

    memcpy (sorted, growth + first, n * sizeof (float));
    qsort (sorted, n, sizeof (float), compare_floats);
    if (fabsf (growth[k] - sorted[n / 2]) > MAX_JUMP
        || fabsf (growth[k]) > MAX_GROWTH)
      clear (good, k, k + GROWTH_SPAN + 1);
  }
}

gboolean
sst_mover_find_alone (const SstMover * movers, guint n, guint which,
    guint start, guint min_length, SstMover * mover)
{
  gboolean good[SST_MOVER_MAX_PICTURES];
  guint until;

  *mover = movers[which];
  for (guint k = mover->from; k < mover->until; k++)
    good[k] = TRUE;
  clear_jumps (mover, good);
  for (guint i = 0; i < n; i++)
    if (i != which)
      clear_crowded (mover, &movers[i], good);
  for (guint from = MAX (mover->from, start); from < mover->until;
      from = until + 1) {
    for (until = from; until < mover->until && good[until]; until++);
    if (until >= from + MAX (min_length, 2)) {
      mover->from = from;
      mover->until = until;
      return TRUE;
    }
  }
  return FALSE;
}

SstMoverSummary
sst_mover_sum_up (const SstMover * mover)
{
  SstMoverSummary sum = { 0 };
  float gain;

  for (guint k = mover->from; k < mover->until; k++) {
    const SstMoverStep *const step = &mover->step[k];

    if (!step->measured)
      continue;
    sum.n_measured++;
    sum.overlap += step->overlap;
    sum.unrest += step->unrest;
    sum.inside += step->inside;
    sum.around += step->around;
    sum.cut += step->cut;
  }
  gain = 1.f / MAX (sum.n_measured, 1);
  sum.overlap *= gain;
  sum.unrest *= gain;
  sum.inside *= gain;
  sum.around *= gain;
  sum.cut *= gain;
  return sum;
}
