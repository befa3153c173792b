/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

#include "footage/synth.h"

#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "suite.h"

/* Shows where in the picture a pixel is from: Cb grows with x, Cr with y. */
static SstImage *
ramp_image (int width, int height, SstRandom * random)
{
  SstImage *image = sst_image_new (width, height);
  const int half_width = (width + 1) / 2, half_height = (height + 1) / 2;

  for (int i = 0; i < width * height; i++)
    sst_image_plane (image, 0)[i] = (guint8) (16 + sst_random_below (random,
            220));
  for (int y = 0; y < half_height; y++) {
    for (int x = 0; x < half_width; x++) {
      const int i = y * half_width + x;

      sst_image_plane (image, 1)[i] = (guint8) (16.5f + 224.f * (2 * x + 1)
          / width);
      sst_image_plane (image, 2)[i] = (guint8) (16.5f + 224.f * (2 * y + 1)
          / height);
    }
  }
  return image;
}

/* Texture of one colour. */
static SstImage *
plain_image (int width, int height, guint8 cb, guint8 cr, SstRandom * random)
{
  SstImage *image = sst_image_new (width, height);
  const int chroma = (width + 1) / 2 * ((height + 1) / 2);

  for (int i = 0; i < width * height; i++)
    sst_image_plane (image, 0)[i] = (guint8) (16 + sst_random_below (random,
            220));
  memset (sst_image_plane (image, 1), cb, chroma);
  memset (sst_image_plane (image, 2), cr, chroma);
  return image;
}

typedef struct
{
  SstFootage *footage;
  SstSynth *synth;
  SstSynthParams params;        /* without augmentation, occluder, absence */
  SstRandom random;
  SstPair pair;
} Fixture;

static void
setup (Fixture * f, guint seed)
{
  f->footage = sst_footage_new ();
  f->synth = NULL;
  f->random = sst_random_init (seed, 0);
  f->params = (SstSynthParams) { 0 };
  /* no larger than they have to be */
  f->pair = (SstPair) { 0 };
  f->pair.templ = malloc (SST_TEMPLATE_SIZE * sizeof (float));
  f->pair.search = malloc (SST_SEARCH_SIZE * sizeof (float));
}

static void
add (Fixture * f, SstImage * image)
{
  char name[16];

  snprintf (name, sizeof name, "clip %u", sst_footage_n_clips (f->footage));
  sst_clip_add (sst_footage_add_clip (f->footage, name), image, 0);
}

static void
start (Fixture * f)
{
  sst_synth_free (&f->synth);
  f->synth = sst_synth_new (f->footage);
  sst_synth_set_params (f->synth, &f->params);
}

static void
teardown (Fixture * f)
{
  sst_synth_free (&f->synth);
  ck_assert_ptr_null (f->synth);
  sst_footage_free (&f->footage);
  free (f->pair.templ);
  free (f->pair.search);
}

/* Values out of range or not numbers; resizing rounds. */
static int
count_wrong (const float *tensor, int n)
{
  int wrong = 0;

  for (int i = 0; i < n; i++) {
    if (i < n / 3)
      wrong += !(tensor[i] >= -0.01f && tensor[i] <= 255.01f);
    else
      wrong += !(tensor[i] >= -128.01f && tensor[i] <= 128.01f);
  }
  return wrong;
}

static void
check_pair (const SstPair * pair, guint n_clips)
{
  ck_assert_int_eq (count_wrong (pair->templ, SST_TEMPLATE_SIZE), 0);
  ck_assert_int_eq (count_wrong (pair->search, SST_SEARCH_SIZE), 0);
  ck_assert (pair->weight == 1.f && pair->seconds == 0.f);
  ck_assert_uint_lt (pair->source, n_clips);
  ck_assert (fabsf (logf (sst_box_scale (&pair->templ_box) / 48.f)) < 0.3f);
  ck_assert (fabsf (sst_box_center_x (&pair->templ_box) - 48.f) < 8.f);
  ck_assert (fabsf (sst_box_center_y (&pair->templ_box) - 48.f) < 8.f);
  if (pair->present) {
    const float size = sst_box_scale (&pair->box);

    ck_assert (size > 21.f && size < 130.f);
    ck_assert (fabsf (sst_box_center_x (&pair->box) - 96.f) < 66.f);
    ck_assert (fabsf (sst_box_center_y (&pair->box) - 96.f) < 66.f);
  }
}

/* Sums of a least-squares fit of value = a x + b y + c. */
static gboolean
fit (const float *plane, const float *other, int side, double result[3])
{
  double m[3][4] = { {0.0} };
  int n = 0;

  for (int i = 0; i < side * side; i++) {
    const double p[4] = { i % side + 0.5, i / side + 0.5, 1.0, plane[i] };

    /* borders are repeated outside the picture */
    if (fabsf (plane[i]) > 120.f || fabsf (other[i]) > 120.f)
      continue;
    n++;
    for (int r = 0; r < 3; r++)
      for (int c = 0; c < 4; c++)
        m[r][c] += p[r] * p[c];
  }
  if (n < 1500)
    return FALSE;
  for (int k = 0; k < 3; k++) {
    for (int r = 0; r < 3; r++) {
      const double factor = m[r][k] / m[k][k];

      for (int c = 0; c < 4 && r != k; c++)
        m[r][c] -= factor * m[k][c];
    }
  }
  for (int k = 0; k < 3; k++)
    result[k] = m[k][3] / m[k][k];
  return TRUE;
}

/* Reads off template and search of regions where in the picture they are from,
 * carries the corners of the template's box over, and compares their bounds
 * with search's box. */
START_TEST (regions_and_boxes_fit_together)
{
  const int t = SST_TEMPLATE_SIDE, s = SST_SEARCH_SIDE;
  int checked = 0, turned = 0;
  Fixture f;

  setup (&f, 1);
  /* one level a pixel: what is between is exact */
  add (&f, ramp_image (224, 224, &f.random));
  f.params.region = f.params.medium = 1.f;
  start (&f);
  for (int k = 0; k < 100; k++) {
    const SstBox *const box = &f.pair.templ_box;
    double tx[3], ty[3], sx[3], sy[3];
    double left = 1e9, top = 1e9, right = -1e9, bottom = -1e9;

    sst_synth_pair (f.synth, &f.random, &f.pair);
    check_pair (&f.pair, 1);
    ck_assert (f.pair.present);
    if (!fit (f.pair.templ + t * t, f.pair.templ + 2 * t * t, t, tx)
        || !fit (f.pair.templ + 2 * t * t, f.pair.templ + t * t, t, ty)
        || !fit (f.pair.search + s * s, f.pair.search + 2 * s * s, s, sx)
        || !fit (f.pair.search + 2 * s * s, f.pair.search + s * s, s, sy))
      continue;
    checked++;
    turned += fabs (sx[1]) > 0.05 * fabs (sx[0]);
    for (int corner = 0; corner < 4; corner++) {
      const double x = box->x + (corner & 1) * box->width;
      const double y = box->y + (corner >> 1) * box->height;
      const double u = tx[0] * x + tx[1] * y + tx[2] - sx[2];
      const double v = ty[0] * x + ty[1] * y + ty[2] - sy[2];
      const double det = sx[0] * sy[1] - sx[1] * sy[0];
      const double to_x = (sy[1] * u - sx[1] * v) / det;
      const double to_y = (sx[0] * v - sy[0] * u) / det;

      left = MIN (left, to_x);
      right = MAX (right, to_x);
      top = MIN (top, to_y);
      bottom = MAX (bottom, to_y);
    }
    ck_assert (fabs (left - f.pair.box.x) < 1.0);
    ck_assert (fabs (top - f.pair.box.y) < 1.0);
    ck_assert (fabs (right - f.pair.box.x - f.pair.box.width) < 1.0);
    ck_assert (fabs (bottom - f.pair.box.y - f.pair.box.height) < 1.0);
  }
  ck_assert_int_gt (checked, 50);
  ck_assert_int_gt (turned, 12);
  teardown (&f);
}
END_TEST

/* Bounds of the pixels that are over 0.4 of one Cb, the rest of minus it. */
static gboolean
bounds_of (const float *tensor, int side, float cb, SstBox * box)
{
  int left = side, top = side, right = -1, bottom = -1;

  for (int i = 0; i < side * side; i++) {
    if (tensor[side * side + i] / cb < -0.2f)
      continue;
    left = MIN (left, i % side);
    right = MAX (right, i % side);
    top = MIN (top, i / side);
    bottom = MAX (bottom, i / side);
  }
  *box = (SstBox) { left, top, right + 1 - left, bottom + 1 - top };
  return right >= 0;
}

static gboolean
check_bounds (const float *tensor, int side, float cb, const SstBox * box)
{
  SstBox found;

  if (box->x < 0.f || box->y < 0.f || box->x + box->width > side
      || box->y + box->height > side)
    return FALSE;
  ck_assert (bounds_of (tensor, side, cb, &found));
  ck_assert (fabsf (found.x - box->x) < 0.6f);
  ck_assert (fabsf (found.y - box->y) < 0.6f);
  ck_assert (fabsf (found.x + found.width - box->x - box->width) < 0.6f);
  ck_assert (fabsf (found.y + found.height - box->y - box->height) < 0.6f);
  return TRUE;
}

/* A ring, a bar with a hook or a disc, of one colour, transparent elsewhere. */
static SstImage *
cutout_image (int width, int height, guint8 cb, guint8 cr, int shape,
    SstRandom * random)
{
  SstImage *image = plain_image (width, height, cb, cr, random);
  guint8 *alpha = sst_image_add_alpha (image);

  for (int i = 0; i < width * height; i++) {
    const float x = 2.f * (i % width + 0.5f) / width - 1.f;
    const float y = 2.f * (i / width + 0.5f) / height - 1.f;
    const float far = sqrtf (x * x + y * y);

    alpha[i] = (shape == 0 ? far < 1.f && far > 0.5f
        : shape == 1 ? x < -0.4f || y > 0.5f : far < 1.f) ? 255 : 0;
  }
  return image;
}

typedef enum
{
  BLOB, SOLID, CUTOUT
} Kind;

static const struct
{
  Kind kind;
  float medium, extreme, motion;
} levels[] = {
  {BLOB, 0.f, 0.f, 0.f}, {BLOB, 1.f, 0.f, 0.f}, {BLOB, 0.f, 1.f, 0.f},
  {SOLID, 0.f, 0.f, 0.f}, {SOLID, 1.f, 0.f, 0.f}, {SOLID, 0.f, 1.f, 0.f},
  {CUTOUT, 0.f, 0.f, 0.f}, {CUTOUT, 1.f, 0.f, 0.f}, {CUTOUT, 0.f, 1.f, 0.f},
  {BLOB, 0.3f, 0.3f, 1.f}, {SOLID, 0.3f, 0.3f, 1.f}, {CUTOUT, 0.3f, 0.3f, 1.f},
};

/* Two clips of two colours, and for cut-outs one of cut-outs before the
 * second. */
static void
add_two (Fixture * f, Kind kind)
{
  if (kind == CUTOUT) {
    SstClip *const clip = sst_footage_add_clip (f->footage, "cut-outs");

    for (int i = 0; i < 3; i++)
      sst_clip_add (clip, cutout_image (120, 120, 200, 128, i, &f->random),
          1000 * i);
    f->params.cutout = 1.f;
  } else {
    add (f, plain_image (320, 240, 200, 128, &f->random));
  }
  add (f, plain_image (200, 300, 56, 128, &f->random));
  f->params.solid = kind == SOLID ? 1.f : 0.f;
}

/* What has the target's colour is the target, whatever it is and however it
 * changes. */
START_TEST (the_target_has_its_color)
{
  const Kind kind = levels[_i].kind;
  float least = 1.f, most = 0.f;
  int checked = 0;
  Fixture f;

  setup (&f, 2 + _i);
  add_two (&f, kind);
  f.params.medium = levels[_i].medium;
  f.params.extreme = levels[_i].extreme;
  f.params.motion = levels[_i].motion;
  start (&f);
  for (int k = 0; k < 100; k++) {
    const float full = 72.f * 255.f / 224.f;
    float cb;

    sst_synth_pair (f.synth, &f.random, &f.pair);
    check_pair (&f.pair, 2);
    ck_assert (f.pair.present);
    least = MIN (least, f.pair.strength);
    most = MAX (most, f.pair.strength);
    cb = f.pair.source == 0 ? full : -full;
    check_bounds (f.pair.templ, SST_TEMPLATE_SIDE, cb, &f.pair.templ_box);
    checked += check_bounds (f.pair.search, SST_SEARCH_SIDE, cb, &f.pair.box);
  }
  ck_assert_int_gt (checked, 60);
  if (levels[_i].motion == 0.f) {
    const float low = levels[_i].extreme > 0.f ? 2.f / 3.f
        : levels[_i].medium > 0.f ? 1.f / 3.f : 0.f;

    ck_assert (least >= low && least < low + 0.05f);
    ck_assert (most <= low + 0.3334f && most > low + 0.28f);
  }
  teardown (&f);
}
END_TEST

/* The more shape changes, the more the box's aspect and what is seen of a thing
 * do; sizes and places are off as much at every level. */
START_TEST (more_change_of_shape_is_seen)
{
  const Kind kind = _i;
  double aspect[3] = { 0.0 }, size[3] = { 0.0 };
  Fixture f;

  setup (&f, 30 + _i);
  add_two (&f, kind);
  for (int level = 0; level < 3; level++) {
    const int n = 150;

    f.params.medium = level == 1 ? 1.f : 0.f;
    f.params.extreme = level == 2 ? 1.f : 0.f;
    start (&f);
    for (int k = 0; k < n; k++) {
      sst_synth_pair (f.synth, &f.random, &f.pair);
      aspect[level] += fabs (log (f.pair.box.width / f.pair.box.height
              * f.pair.templ_box.height / f.pair.templ_box.width)) / n;
      size[level] += fabs (log (sst_box_scale (&f.pair.box) / 48.0)) / n;
    }
  }
  ck_assert (aspect[0] < 0.25);
  ck_assert (aspect[1] > 1.5 * aspect[0]);
  ck_assert (aspect[2] > 1.3 * aspect[1]);
  for (int level = 0; level < 3; level++)
    ck_assert (size[level] > 0.13 && size[level] < 0.25);
  teardown (&f);
}
END_TEST

/* Shares as documented, aspects to 8 and sizes to 2 either way. */
START_TEST (shares_and_sizes_are_as_documented)
{
  const int rounds = 1000;
  int region = 0, cutout = 0, absent = 0, medium = 0, extreme = 0, thing = 0;
  float least = 1.f, most = 1.f, smallest = 48.f, largest = 48.f;
  Fixture f;

  setup (&f, 40);
  add_two (&f, CUTOUT);
  add (&f, plain_image (300, 200, 100, 180, &f.random));
  sst_synth_params_init (&f.params);
  f.params.strength = 0.f;
  start (&f);
  for (int k = 0; k < rounds; k++) {
    float aspect, size;

    sst_synth_pair (f.synth, &f.random, &f.pair);
    check_pair (&f.pair, 3);
    region += !f.pair.masks_known;
    thing += f.pair.masks_known;
    cutout += f.pair.source == 0;
    absent += !f.pair.present;
    medium += f.pair.strength > 1.f / 3.f && f.pair.strength <= 2.f / 3.f;
    extreme += f.pair.strength > 2.f / 3.f;
    if (!f.pair.present) {
      ck_assert (f.pair.box.width == 0.f);
      continue;
    }
    aspect = f.pair.box.width / f.pair.box.height;
    size = sst_box_scale (&f.pair.box);
    least = MIN (least, aspect);
    most = MAX (most, aspect);
    smallest = MIN (smallest, size);
    largest = MAX (largest, size);
  }
  ck_assert (abs (region - (int) (0.1 * rounds)) < 0.03 * rounds);
  ck_assert (abs (cutout - (int) (0.6 * thing)) < 0.05 * thing);
  ck_assert (abs (absent - (int) (0.2 * rounds)) < 0.04 * rounds);
  ck_assert (abs (medium - (int) (0.2 * rounds)) < 0.04 * rounds);
  ck_assert (abs (extreme - (int) (0.1 * rounds)) < 0.03 * rounds);
  ck_assert (least < 0.17f && least > 0.1f && most > 6.f && most < 8.8f);
  ck_assert (smallest < 28.f && largest > 82.f);
  teardown (&f);
}
END_TEST

/* Masks are how much of each cell has the target's colour. */
START_TEST (masks_are_shares_of_the_target)
{
  float templ[SST_TEMPLATE_MASK_SIDE * SST_TEMPLATE_MASK_SIDE];
  float search[SST_SEARCH_MASK_SIDE * SST_SEARCH_MASK_SIDE];
  const int n = SST_SEARCH_MASK_SIDE, side = SST_SEARCH_SIDE;
  int absent = 0;
  Fixture f;

  setup (&f, 50 + _i);
  add_two (&f, _i);
  f.pair.templ_mask = templ;
  f.pair.search_mask = search;
  f.params.medium = f.params.extreme = f.params.absent = 0.3f;
  f.params.motion = 0.5f;
  start (&f);
  for (int k = 0; k < 60; k++) {
    const float full = 72.f * 255.f / 224.f;
    float cb;

    sst_synth_pair (f.synth, &f.random, &f.pair);
    ck_assert (f.pair.masks_known);
    absent += !f.pair.present;
    cb = f.pair.source == 0 ? full : -full;
    for (int i = 0; i < n * n; i++) {
      const int left = i % n * SST_NETWORK_STRIDE;
      const int top = i / n * SST_NETWORK_STRIDE;
      float sum = 0.f;

      if (!f.pair.present) {
        ck_assert (search[i] == 0.f);
        continue;
      }
      for (int p = 0; p < 64; p++)
        sum += 0.5f + 0.5f * f.pair.search[side * side + (top + p / 8) * side
            + left + p % 8] / cb;
      ck_assert (fabsf (search[i] - sum / 64.f) < 0.01f);
    }
    for (int i = 0; i < SST_TEMPLATE_MASK_SIDE * SST_TEMPLATE_MASK_SIDE; i++)
      ck_assert (templ[i] >= 0.f && templ[i] <= 1.001f);
  }
  ck_assert_int_gt (absent, 6);

  f.params.region = 1.f;
  sst_synth_set_params (f.synth, &f.params);
  sst_synth_pair (f.synth, &f.random, &f.pair);
  ck_assert (!f.pair.masks_known);
  teardown (&f);
}
END_TEST

/* What ends where its picture does is left out. */
START_TEST (things_cut_by_their_picture_are_left_out)
{
  Fixture f;

  setup (&f, 60);
  add (&f, plain_image (200, 300, 56, 128, &f.random));
  sst_clip_add (sst_footage_add_clip (f.footage, "in/bust_1.webp"),
      cutout_image (90, 90, 200, 128, 1, &f.random), 0);
  f.params.cutout = 1.f;
  start (&f);
  for (int k = 0; k < 20; k++) {
    sst_synth_pair (f.synth, &f.random, &f.pair);
    ck_assert_uint_eq (f.pair.source, 0);
  }
  teardown (&f);
}
END_TEST

/* Look-alikes show more than the object's box of its colours, but leave most of
 * the object to be seen. */
START_TEST (lookalikes_leave_the_object_to_be_seen)
{
  int more = 0, same = 0;
  Fixture f;

  setup (&f, 3);
  add (&f, plain_image (320, 240, 200, 128, &f.random));
  add (&f, plain_image (200, 300, 56, 128, &f.random));
  f.params.lookalike = 1.f;
  start (&f);
  for (int k = 0; k < 80; k++) {
    const float full = 72.f * 255.f / 224.f;
    SstBox all;

    sst_synth_pair (f.synth, &f.random, &f.pair);
    check_pair (&f.pair, 2);
    ck_assert (bounds_of (f.pair.search, SST_SEARCH_SIDE,
            f.pair.source == 0 ? full : -full, &all));
    if (all.width * all.height > 1.3f * f.pair.box.width * f.pair.box.height)
      more++;
    else if (sst_box_iou (&all, &f.pair.box) > 0.95f)
      same++;
  }
  ck_assert_int_gt (more, 16);
  ck_assert_int_gt (same, 8);
  teardown (&f);
}
END_TEST

/* With the same draws, only what is over the target differs. */
START_TEST (an_occluder_changes_what_it_covers)
{
  const int side = SST_SEARCH_SIDE;
  float *without = malloc (SST_SEARCH_SIZE * sizeof (float));
  int covered = 0;
  Fixture f;

  setup (&f, 4);
  for (int i = 0; i < 4; i++)
    add (&f, plain_image (200, 150, (guint8) (40 * i + 50), 128, &f.random));
  start (&f);
  for (int k = 0; k < 60; k++) {
    SstRandom random = sst_random_init (5, k);
    float templ, share = 0.f;
    SstBox box;

    f.params.occluder = 0.f;
    sst_synth_set_params (f.synth, &f.params);
    sst_synth_pair (f.synth, &random, &f.pair);
    templ = f.pair.templ[0];
    box = f.pair.box;
    memcpy (without, f.pair.search, SST_SEARCH_SIZE * sizeof (float));

    f.params.occluder = 1.f;
    sst_synth_set_params (f.synth, &f.params);
    random = sst_random_init (5, k);
    sst_synth_pair (f.synth, &random, &f.pair);
    /* mirrored on its own */
    if (f.pair.templ[0] != templ)
      continue;
    ck_assert_mem_eq (&f.pair.box, &box, sizeof box);
    if (box.x < 0.f || box.y < 0.f || box.x + box.width > side
        || box.y + box.height > side)
      continue;
    for (int y = (int) box.y; y < box.y + box.height; y++)
      for (int x = (int) box.x; x < box.x + box.width; x++)
        share += fabsf (f.pair.search[y * side + x] - without[y * side + x])
            > 0.01f;
    share /= box.width * box.height;
    ck_assert (share < 0.75f);
    covered += share > 0.05f;
  }
  ck_assert_int_gt (covered, 12);
  free (without);
  teardown (&f);
}
END_TEST

START_TEST (the_same_seed_gives_the_same_pair)
{
  float *templ = malloc (SST_TEMPLATE_SIZE * sizeof (float));
  float *search = malloc (SST_SEARCH_SIZE * sizeof (float));
  Fixture f;

  setup (&f, 6);
  for (int i = 0; i < 5; i++)
    add (&f, i < 3 ? ramp_image (100 + 30 * i, 90, &f.random)
        : cutout_image (80, 70 + 20 * i, 90, 150, i - 3, &f.random));
  sst_synth_params_init (&f.params);
  start (&f);
  for (int k = 0; k < 20; k++) {
    SstRandom random = sst_random_init (7, k);
    SstPair first;

    sst_synth_pair (f.synth, &random, &f.pair);
    first = f.pair;
    memcpy (templ, first.templ, SST_TEMPLATE_SIZE * sizeof (float));
    memcpy (search, first.search, SST_SEARCH_SIZE * sizeof (float));
    /* whatever was drawn before */
    if (k % 3 == 0)
      start (&f);
    else
      sst_synth_pair (f.synth, &random, &f.pair);
    random = sst_random_init (7, k);
    sst_synth_pair (f.synth, &random, &f.pair);
    ck_assert_mem_eq (templ, f.pair.templ, SST_TEMPLATE_SIZE * sizeof (float));
    ck_assert_mem_eq (search, f.pair.search, SST_SEARCH_SIZE * sizeof (float));
    ck_assert_mem_eq (&first.box, &f.pair.box, sizeof (SstBox));
    ck_assert_mem_eq (&first.templ_box, &f.pair.templ_box, sizeof (SstBox));
    ck_assert (first.present == f.pair.present);
    ck_assert (first.strength == f.pair.strength);
    ck_assert_uint_eq (first.source, f.pair.source);
  }
  free (templ);
  free (search);
  teardown (&f);
}
END_TEST

/* Where it is absent, something of its picture is there instead, or nothing of
 * its colour. */
START_TEST (an_absent_target_is_not_to_be_seen)
{
  const int rounds = 240;
  int absent = 0, none = 0;
  Fixture f;

  setup (&f, 8);
  add_two (&f, BLOB);
  f.params.absent = 0.3f;
  start (&f);
  for (int k = 0; k < rounds; k++) {
    const float full = 72.f * 255.f / 224.f;
    gboolean colored;
    SstBox box;

    sst_synth_pair (f.synth, &f.random, &f.pair);
    check_pair (&f.pair, 2);
    colored = bounds_of (f.pair.search, SST_SEARCH_SIDE,
        f.pair.source == 0 ? full : -full, &box);
    ck_assert (colored || !f.pair.present);
    absent += !f.pair.present;
    none += !f.pair.present && !colored;
  }
  ck_assert_int_gt (absent, rounds * 0.2);
  ck_assert_int_lt (absent, rounds * 0.4);
  ck_assert_int_gt (none, absent * 0.3);
  ck_assert_int_lt (none, absent * 0.75);

  /* regions: in this picture elsewhere, or in another */
  f.params.region = 1.f;
  absent = 0;
  start (&f);
  for (int k = 0; k < rounds; k++) {
    sst_synth_pair (f.synth, &f.random, &f.pair);
    absent += !f.pair.present;
  }
  ck_assert_int_gt (absent, rounds * 0.2);
  ck_assert_int_lt (absent, rounds * 0.4);
  teardown (&f);
}
END_TEST

/* Any footage does, whatever the pictures' sizes. */
START_TEST (footage_of_any_size_will_do)
{
  static const struct
  {
    int n_clips, n_images, width, height;
  } cases[] = {
    {1, 1, 1, 1}, {1, 1, 8, 8}, {3, 1, 1, 1}, {2, 3, 8, 8}, {2, 1, 3, 400},
    {1, 4, 641, 2}, {1, 1, 64, 48}, {2, 12, 33, 35}, {1, 1, 1500, 1100},
  };
  Fixture f;

  setup (&f, 10 + _i);
  for (int c = 0; c < cases[_i].n_clips; c++) {
    SstClip *clip = sst_footage_add_clip (f.footage, "clip");

    for (int i = 0; i < cases[_i].n_images; i++)
      sst_clip_add (clip, plain_image (cases[_i].width, cases[_i].height, 128,
              (guint8) (100 + i), &f.random), 1000 * i);
  }
  for (int mode = 0; mode < 4; mode++) {
    sst_synth_params_init (&f.params);
    if (mode > 0) {
      f.params.region = mode == 1 ? 1.f : 0.f;
      f.params.solid = mode == 2 ? 0.5f : 0.f;
      f.params.lookalike = f.params.absent = f.params.occluder = 0.5f;
    }
    start (&f);
    for (int k = 0; k < 8; k++) {
      sst_synth_pair (f.synth, &f.random, &f.pair);
      check_pair (&f.pair, cases[_i].n_clips);
    }
  }
  teardown (&f);
}
END_TEST

/* Every clip is drawn, longer ones more often, but not as much more. */
START_TEST (every_clip_is_drawn)
{
  const int rounds = 250;
  int drawn[3] = { 0 };
  Fixture f;

  setup (&f, 20);
  for (int c = 0; c < 3; c++) {
    SstClip *clip = sst_footage_add_clip (f.footage, "clip");

    for (int i = 0; i < (c == 1 ? 9 : 1); i++)
      sst_clip_add (clip, plain_image (60, 60, 128, 128, &f.random), 1000 * i);
  }
  start (&f);
  for (int k = 0; k < rounds; k++) {
    sst_synth_pair (f.synth, &f.random, &f.pair);
    drawn[f.pair.source]++;
  }
  ck_assert_int_gt (drawn[0], rounds * 0.12);
  ck_assert_int_gt (drawn[2], rounds * 0.12);
  ck_assert_int_gt (drawn[1], rounds * 0.5);
  ck_assert_int_lt (drawn[1], rounds * 0.7);
  teardown (&f);
}
END_TEST

static Suite *
synth_suite (void)
{
  Suite *suite = suite_create ("synth");
  TCase *tcase = tcase_create ("synth");

  suite_add_tcase (suite, tcase);
  tcase_add_test (tcase, regions_and_boxes_fit_together);
  tcase_add_loop_test (tcase, the_target_has_its_color, 0,
      G_N_ELEMENTS (levels));
  tcase_add_loop_test (tcase, more_change_of_shape_is_seen, 0, 3);
  tcase_add_test (tcase, shares_and_sizes_are_as_documented);
  tcase_add_loop_test (tcase, masks_are_shares_of_the_target, 0, 3);
  tcase_add_test (tcase, things_cut_by_their_picture_are_left_out);
  tcase_add_test (tcase, lookalikes_leave_the_object_to_be_seen);
  tcase_add_test (tcase, an_occluder_changes_what_it_covers);
  tcase_add_test (tcase, the_same_seed_gives_the_same_pair);
  tcase_add_test (tcase, an_absent_target_is_not_to_be_seen);
  tcase_add_loop_test (tcase, footage_of_any_size_will_do, 0, 9);
  tcase_add_test (tcase, every_clip_is_drawn);

  return suite;
}

SUITE_MAIN (synth)
