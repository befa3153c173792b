/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

#include "scene.h"
#include "suite.h"

#include "footage/tracklet.h"

#include <check.h>
#include <glib/gstdio.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define WIDTH 320
#define HEIGHT 240
#define LENGTH 12
#define N_CLIPS 2
#define N_SPRITES 4
#define VIEW 12                 /* a side of what is compared of a box */

/* Clips of scenes with sprites, in which every sprite is a tracklet. */
typedef struct
{
  SstFootage *footage;
  SstTracklets *tracklets;
  SstPair pair;
} Store;

static void
add_sprites (Store * store, SstFootage * footage, guint number)
{
  static const char *const names[N_CLIPS] = {
    "first\n\xff clip", "second\\"
  };
  SstClip *clip = sst_footage_add_clip (footage, names[number]);
  Scene *scene = scene_new (WIDTH, HEIGHT, 5 + number);
  SstTrackletStep steps[N_SPRITES][LENGTH];

  for (guint i = 0; i < N_SPRITES; i++)
    scene_add_sprite (scene, &(SceneSprite) {
        .x = 60.f + 65.f * i,.y = 80.f + 25.f * ((i * 3 + number) % 4),
        .width = 24.f + 4.f * i,.height = 40.f - 5.f * i,
        .seed = 100 * number + i,.vx = 1.5f - i,.vy = 0.4f * i});
  for (guint t = 0; t < LENGTH; t++) {
    const SstFrame frame = scene_render (scene, (int) t);

    sst_clip_add (clip, sst_image_new_from_frame (&frame, 0),
        t * 40 * G_GUINT64_CONSTANT (1000000));
    for (int i = 0; i < N_SPRITES; i++)
      steps[i][t] = (SstTrackletStep) { t, scene_truth (scene, i).box };
  }
  for (guint i = 0; i < N_SPRITES && store != NULL; i++)
    sst_tracklets_add (store->tracklets, &(SstTracklet) {
        .clip = number,.moving = i % 2 == 0,.quality = 0.1f + 0.2f * i,
        .motion = 0.3f * i,.n_steps = LENGTH - 2 * i,.steps = steps[i]});
  scene_free (&scene);
}

static void
pair_init (SstPair * pair)
{
  pair->templ = g_new (float, SST_TEMPLATE_SIZE);
  pair->search = g_new (float, SST_SEARCH_SIZE);
}

static void
pair_clear (SstPair * pair)
{
  g_free (pair->templ);
  g_free (pair->search);
}

static Store *
store_new (void)
{
  Store *store = g_new0 (Store, 1);

  store->footage = sst_footage_new ();
  store->tracklets = sst_tracklets_new ();
  for (guint i = 0; i < N_CLIPS; i++)
    add_sprites (store, store->footage, i);
  pair_init (&store->pair);
  return store;
}

static void
store_free (Store * store)
{
  sst_tracklets_free (&store->tracklets);
  ck_assert_ptr_null (store->tracklets);
  sst_tracklets_free (&store->tracklets);
  sst_footage_free (&store->footage);
  pair_clear (&store->pair);
  g_free (store);
}

/* The luma of a box of a tensor, in small. */
static void
view (const float *tensor, int side, const SstBox * box, float *out)
{
  for (int y = 0; y < VIEW; y++)
    for (int x = 0; x < VIEW; x++) {
      const float u = box->x + box->width * (x + 0.5f) / VIEW - 0.5f;
      const float v = box->y + box->height * (y + 0.5f) / VIEW - 0.5f;
      const int ix = CLAMP ((int) floorf (u), 0, side - 2);
      const int iy = CLAMP ((int) floorf (v), 0, side - 2);
      const float wx = u - ix, wy = v - iy;
      const float *const p = tensor + iy * side + ix;

      *out++ = (1.f - wy) * ((1.f - wx) * p[0] + wx * p[1])
          + wy * ((1.f - wx) * p[side] + wx * p[side + 1]);
    }
}

static float
correlation (const float *a, const float *b)
{
  float ma = 0.f, mb = 0.f, aa = 1e-6f, bb = 1e-6f, ab = 0.f;

  for (int i = 0; i < VIEW * VIEW; i++) {
    ma += a[i] / (VIEW * VIEW);
    mb += b[i] / (VIEW * VIEW);
  }
  for (int i = 0; i < VIEW * VIEW; i++) {
    aa += (a[i] - ma) * (a[i] - ma);
    bb += (b[i] - mb) * (b[i] - mb);
    ab += (a[i] - ma) * (b[i] - mb);
  }
  return ab / sqrtf (aa * bb);
}

/* How alike the two boxes of a pair are. */
static float
likeness (const SstPair * pair)
{
  float a[VIEW * VIEW], b[VIEW * VIEW];

  view (pair->templ, SST_TEMPLATE_SIDE, &pair->templ_box, a);
  view (pair->search, SST_SEARCH_SIDE, &pair->box, b);
  return correlation (a, b);
}

static gboolean
is_inside (const SstBox * box, float side)
{
  return box->x >= 0.f && box->y >= 0.f && box->x + box->width <= side
      && box->y + box->height <= side;
}

/* The boxes of a pair show the same thing, wherever it is. */
START_TEST (boxes_a_pair)
{
  Store *store = store_new ();
  SstTrackletSampler *sampler = sst_tracklet_sampler_new (store->footage,
      store->tracklets);
  SstRandom random = sst_random_init (1, 0);
  SstPair *const pair = &store->pair;
  guint n = 0, n_alike = 0, n_absent = 0, n_back = 0, n_source[N_CLIPS] = { 0 };
  float far = 0.f, low = INFINITY, high = 0.f;

  sst_tracklet_sampler_set_strength (sampler, 0.f);
  for (int i = 0; i < 600; i++) {
    gboolean finite = TRUE;
    float weight;

    memset (pair->search, 0xff, SST_SEARCH_SIZE * sizeof (float));
    sst_tracklet_sampler_pair (sampler, &random, 0.5f, 0.f, pair);
    ck_assert_uint_lt (pair->source, N_CLIPS);
    n_source[pair->source]++;
    weight = (pair->weight - 0.5f) * 2.f;
    ck_assert (fabsf (remainderf (weight - 0.1f, 0.2f)) < 1e-4f);
    for (int k = 0; k < SST_SEARCH_SIZE; k++)
      finite = finite && isfinite (pair->search[k]);
    ck_assert (finite);
    ck_assert_float_eq_tol (sst_box_scale (&pair->templ_box), 48.f, 9.f);
    if (!pair->present) {
      n_absent++;
      continue;
    }
    ck_assert (pair->seconds != 0.f);
    ck_assert (fabsf (remainderf (pair->seconds, 0.04f)) < 1e-4f);
    n_back += pair->seconds < 0.f;
    ck_assert (sst_box_center_x (&pair->box) > 0.f);
    ck_assert (sst_box_center_x (&pair->box) < SST_SEARCH_SIDE);
    far = fmaxf (far, fabsf (sst_box_center_x (&pair->box)
            - SST_SEARCH_SIDE / 2.f));
    low = fminf (low, sst_box_scale (&pair->box));
    high = fmaxf (high, sst_box_scale (&pair->box));
    if (!is_inside (&pair->box, SST_SEARCH_SIDE))
      continue;
    n++;
    n_alike += likeness (pair) > 0.8f;
  }
  ck_assert_msg (n_alike > 0.93f * n, "%u of %u alike", n_alike, n);
  ck_assert_uint_gt (n, 300);
  ck_assert (n_absent > 4 && n_absent < 50);
  ck_assert (n_back > 200 && n_back < 400);
  ck_assert_uint_gt (MIN (n_source[0], n_source[1]), 200);
  ck_assert (far > 50.f && far <= 0.31f * SST_SEARCH_SIDE + 1e-3f);
  ck_assert (low < 38.f && low >= 48.f / 2.01f);
  ck_assert (high > 60.f && high <= 48.f / 0.49f);
  sst_tracklet_sampler_free (&sampler);
  ck_assert_ptr_null (sampler);
  sst_tracklet_sampler_free (&sampler);
  store_free (store);
}
END_TEST

/* With everything on, the same generator still gives the same pair, and the
 * things are mostly to be known again. */
START_TEST (draws_the_same_again)
{
  Store *store = store_new ();
  SstTrackletSampler *a = sst_tracklet_sampler_new (store->footage,
      store->tracklets);
  SstTrackletSampler *b = sst_tracklet_sampler_new (store->footage,
      store->tracklets);
  SstRandom ra = sst_random_init (2, 7), rb = sst_random_init (2, 7);
  SstPair *const first = &store->pair;
  float sum = 0.f;
  SstPair second;
  guint n = 0;

  pair_init (&second);
  for (int i = 0; i < 80; i++) {
    sst_tracklet_sampler_pair (a, &ra, 0.2f, 0.5f, first);
    sst_tracklet_sampler_pair (b, &rb, 0.2f, 0.5f, &second);
    ck_assert (memcmp (first->templ, second.templ,
            SST_TEMPLATE_SIZE * sizeof (float)) == 0);
    ck_assert (memcmp (first->search, second.search,
            SST_SEARCH_SIZE * sizeof (float)) == 0);
    ck_assert (memcmp (&first->box, &second.box, sizeof (SstBox)) == 0);
    ck_assert (first->weight == second.weight
        && first->present == second.present
        && first->seconds == second.seconds);
    if (first->present && is_inside (&first->box, SST_SEARCH_SIDE)) {
      sum += likeness (first);
      n++;
    }
  }
  ck_assert_msg (sum > 0.5f * n, "mean likeness %.2f", sum / n);
  pair_clear (&second);
  sst_tracklet_sampler_free (&a);
  sst_tracklet_sampler_free (&b);
  store_free (store);
}
END_TEST

START_TEST (draws_the_best_first)
{
  Store *store = store_new ();
  SstTrackletSampler *sampler;
  SstRandom random = sst_random_init (3, 0);
  guint n_moving = 0;

  sst_tracklets_free (&store->tracklets);
  store->tracklets = sst_tracklets_new ();
  for (guint i = 0; i < 40; i++) {
    SstTrackletStep steps[2] = { {0, {50.f, 50.f, 30.f, 30.f}},
    {i % 5 + 1, {60.f, 50.f, 30.f, 30.f}}
    };

    sst_tracklets_add (store->tracklets, &(SstTracklet) {
        .moving = i & 1,.quality = 0.5f + 0.01f * i,.n_steps = 2,
        .steps = steps});
  }
  sampler = sst_tracklet_sampler_new (store->footage, store->tracklets);
  for (int round = 0; round < 3; round++) {
    const float progress = round == 0 ? 0.f : 1.f;
    const float curriculum = round == 2 ? 0.f : 1.f;
    guint drawn[40] = { 0 }, n_drawn = 0;

    n_moving = 0;
    for (int i = 0; i < 4000; i++) {
      const guint k = sst_tracklet_sampler_pick (sampler, &random, progress,
          curriculum);

      ck_assert_uint_lt (k, 40);
      n_drawn += drawn[k]++ == 0;
      n_moving += k & 1;
    }
    ck_assert_uint_eq (n_drawn, round == 0 ? 10 : 40);
    for (int k = 0; k < 40 && round == 0; k++)
      ck_assert ((drawn[k] > 0) == (k & 1 && k > 20));
    /* four in five; three times as often would be fewer */
    if (round > 0)
      ck_assert (n_moving > 3100 && n_moving < 3350);
  }
  sst_tracklet_sampler_free (&sampler);
  store_free (store);
}
END_TEST

START_TEST (keeps_a_store)
{
  Store *store = store_new ();
  SstTracklets *const all = store->tracklets;
  SstTracklets *more = sst_tracklets_new ();
  SstTracklet *const t = sst_tracklets_add (more, sst_tracklets_get (all, 1));
  const SstClip *clip;
  guint64 start;

  ck_assert_uint_eq (sst_tracklets_length (all), N_CLIPS * N_SPRITES);
  ck_assert (t->steps != sst_tracklets_get (all, 1)->steps);
  sst_tracklet_set_quality (t, 2.f);
  ck_assert (t->quality == 1.f);
  sst_tracklet_set_quality (t, 0.9f);
  ck_assert_uint_gt (t->n_steps, 4);
  clip = sst_footage_clip (store->footage, t->clip);
  start = sst_clip_time (clip, t->steps[0].frame);
  sst_tracklet_shorten (t, clip, sst_clip_time (clip, t->steps[3].frame)
      - start);
  ck_assert_uint_eq (t->n_steps, 4);
  sst_tracklet_truncate (t, 3);
  ck_assert_uint_eq (t->n_steps, 3);
  sst_tracklet_shorten (t, clip, 0);
  ck_assert_uint_eq (t->n_steps, 2);
  sst_tracklets_take (all, more);
  ck_assert_uint_eq (sst_tracklets_length (more), 0);
  ck_assert_uint_eq (sst_tracklets_length (all), N_CLIPS * N_SPRITES + 1);
  sst_tracklets_remove_below (all, 0.6f);
  ck_assert_uint_eq (sst_tracklets_length (all), N_CLIPS + 1);
  ck_assert_ptr_eq (sst_tracklets_get (all, N_CLIPS), t);
  for (guint i = 0; i < N_CLIPS; i++)
    ck_assert (sst_tracklets_get (all, i)->quality > 0.6f);
  sst_tracklets_free (&more);
  store_free (store);
}
END_TEST

static char *
temporary_path (char **dir)
{
  *dir = g_dir_make_tmp ("sst-tracklet-XXXXXX", NULL);
  ck_assert_ptr_nonnull (*dir);
  return g_build_filename (*dir, "tracklets", NULL);
}

static void
remove_temporary (char *path, char *dir)
{
  g_remove (path);
  ck_assert_int_eq (g_rmdir (dir), 0);  /* nothing else was left there */
  g_free (path);
  g_free (dir);
}

START_TEST (comes_back_from_a_file)
{
  Store *store = store_new ();
  SstFootage *turned = sst_footage_new (), *half = sst_footage_new ();
  GError *error = NULL;
  SstTracklets *back;
  guint left_out;
  char *dir, *path = temporary_path (&dir);

  ck_assert (sst_tracklets_save (store->tracklets, store->footage, path,
          &error));
  ck_assert_ptr_null (error);
  for (int i = N_CLIPS - 1; i >= 0; i--)
    add_sprites (NULL, turned, (guint) i);
  back = sst_tracklets_load (path, turned, &left_out, &error);
  ck_assert_ptr_null (error);
  ck_assert_ptr_nonnull (back);
  ck_assert_uint_eq (left_out, 0);
  ck_assert_uint_eq (sst_tracklets_length (back),
      sst_tracklets_length (store->tracklets));
  for (guint i = 0; i < sst_tracklets_length (back); i++) {
    const SstTracklet *const a = sst_tracklets_get (store->tracklets, i);
    const SstTracklet *const b = sst_tracklets_get (back, i);

    ck_assert_uint_eq (b->clip, N_CLIPS - 1 - a->clip);
    ck_assert (a->quality == b->quality && a->motion == b->motion
        && a->moving == b->moving);
    ck_assert_uint_eq (a->n_steps, b->n_steps);
    ck_assert (memcmp (a->steps, b->steps,
            a->n_steps * sizeof (SstTrackletStep)) == 0);
  }
  sst_tracklets_free (&back);

  add_sprites (NULL, half, 1);
  back = sst_tracklets_load (path, half, &left_out, &error);
  ck_assert_ptr_nonnull (back);
  ck_assert_uint_eq (left_out, N_SPRITES);
  ck_assert_uint_eq (sst_tracklets_length (back), N_SPRITES);
  sst_tracklets_free (&back);

  /* a picture more: other footage by the same name */
  sst_clip_add ((SstClip *) g_ptr_array_index (half->clips, 0),
      sst_image_new (WIDTH, HEIGHT), G_GUINT64_CONSTANT (1) << 40);
  back = sst_tracklets_load (path, half, NULL, &error);
  ck_assert_ptr_null (back);
  ck_assert (g_error_matches (error, SST_TRACKLET_ERROR,
          SST_TRACKLET_ERROR_FOOTAGE));
  g_clear_error (&error);
  sst_footage_free (&turned);
  sst_footage_free (&half);
  store_free (store);
  remove_temporary (path, dir);
}
END_TEST

static int
load_text (const Store * store, const char *path, const char *text,
    gssize length)
{
  GError *error = NULL;
  SstTracklets *back;
  int code = -1;

  ck_assert (g_file_set_contents (path, text, length, NULL));
  back = sst_tracklets_load (path, store->footage, NULL, &error);
  if (back == NULL) {
    ck_assert_ptr_nonnull (error);
    ck_assert (error->domain == SST_TRACKLET_ERROR);
    code = error->code;
  }
  g_clear_error (&error);
  sst_tracklets_free (&back);
  return code;
}

START_TEST (refuses_a_damaged_file)
{
  static const char *const bad[] = {
    "", "\n", "sstracker-tracklets 1\n",
    "sstracker-tracklets 1\nend 1\n", "sstracker-tracklets 1\nend 0\nend 0\n",
    "sstracker-tracklets 1\ntracklet 0 1 2 0.5 0.5\n",
    "sstracker-tracklets 1\nclip 0 1 1 a\nend 0\n",
    "sstracker-tracklets 1\nclip 5 1 1 a\\\nend 0\n",
    "sstracker-tracklets 1\nclip 5 99999999999999999999 1 a\nend 0\n",
  };
  static const char *const steps[] = {
    "0 1 1 9 9\n0 1 1 9 9\n", "0 1 1 9 9\n5 1 1 9 9\n", "0 1 1 9 9\n",
    "0 1 1 9 9\n1 1 1 9 nan\n", "0 1 1 9 9\n1 1 1 9 1e30\n",
    "0 1 1 9 9\n1 1 1 9 0\n", "0 1 1 9 9\n1 400 1 9 9\n",
    "0 1 1 9 9\n1 1 1 9 9 9\n", "0 1 1 9 9\n-1 1 1 9 9\n",
    "0 1 1 9 9\n1 1 1 9\n", "0 1 1 9 9\n1 1 1 9 inf\n",
  };
  Store *store = store_new ();
  SstRandom random = sst_random_init (4, 0);
  GError *error = NULL;
  char *dir, *path = temporary_path (&dir), *text;
  gsize length;

  ck_assert_int_eq (load_text (store, path, "sstracker-tracklets 1\nend 0\n",
          -1), -1);
  ck_assert_int_eq (load_text (store, path, "sstracker-tracklets 2\nend 0\n",
          -1), SST_TRACKLET_ERROR_VERSION);
  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    ck_assert_msg (load_text (store, path, bad[i], -1)
        == SST_TRACKLET_ERROR_FORMAT, "%u", i);
  for (guint i = 0; i < G_N_ELEMENTS (steps); i++) {
    text = g_strdup_printf ("sstracker-tracklets 1\nclip 5 320 240 else\n"
        "tracklet 0 1 2 0.5 0.5\n%send 1\n", steps[i]);
    ck_assert_msg (load_text (store, path, text, -1)
        == SST_TRACKLET_ERROR_FORMAT, "%s", steps[i]);
    g_free (text);
  }

  ck_assert (sst_tracklets_save (store->tracklets, store->footage, path,
          NULL));
  ck_assert (g_file_get_contents (path, &text, &length, NULL));
  for (gsize cut = 0; cut < length; cut += 1 + cut % 37)
    ck_assert_int_ge (load_text (store, path, text, (gssize) cut), 0);
  /* whatever is in there, it is refused or it is sound */
  for (int i = 0; i < 300; i++) {
    char *const copy = g_memdup2 (text, length);

    copy[sst_random_below (&random, (guint) length)] =
        (char) sst_random_below (&random, 256);
    load_text (store, path, copy, (gssize) length);
    g_free (copy);
  }
  g_free (text);

  g_remove (path);
  ck_assert_int_eq (mkfifo (path, 0600), 0);
  ck_assert_ptr_null (sst_tracklets_load (path, store->footage, NULL,
          &error));
  ck_assert (g_error_matches (error, G_FILE_ERROR, G_FILE_ERROR_INVAL));
  g_clear_error (&error);
  g_remove (path);
  ck_assert_ptr_null (sst_tracklets_load (path, store->footage, NULL,
          &error));
  ck_assert (g_error_matches (error, G_FILE_ERROR, G_FILE_ERROR_NOENT));
  g_clear_error (&error);
  ck_assert (!sst_tracklets_save (store->tracklets, store->footage,
          "/no/such/place", &error));
  ck_assert_ptr_nonnull (error);
  g_clear_error (&error);
  store_free (store);
  remove_temporary (path, dir);
}
END_TEST

/* A thing of width 20 that goes right from x, at height y, in pictures first..
 * */
static void
add_walker (SstTracklets * tracklets, guint clip, gboolean moving, guint first,
    float x, float y)
{
  SstTrackletStep steps[4];

  for (guint i = 0; i < 4; i++)
    steps[i] = (SstTrackletStep) { first + i, {x + 2.f * i, y, 20.f, 30.f} };
  sst_tracklets_add (tracklets, &(SstTracklet) {
      .clip = clip,.moving = moving,.quality = 1.f,.n_steps = 4,
      .steps = steps});
}

/* What is seen at the same time in two places is not the same thing; what
 * touches may be, and what is seen at other times. */
START_TEST (knows_things_apart)
{
  static const gboolean apart[] = {
    TRUE, FALSE, FALSE, FALSE, FALSE, TRUE, FALSE
  };
  SstTracklets *tracklets = sst_tracklets_new ();
  SstFootage *footage = sst_footage_new ();
  SstClip *clip = sst_footage_add_clip (footage, "walk");
  SstTrackletSampler *sampler;
  guint n_trios = 0, picks[4];

  add_walker (tracklets, 0, TRUE, 0, 20.f, 20.f);
  add_walker (tracklets, 0, TRUE, 0, 100.f, 20.f);
  add_walker (tracklets, 0, TRUE, 0, 45.f, 20.f);       /* near the first */
  add_walker (tracklets, 0, TRUE, 4, 100.f, 20.f);      /* later */
  add_walker (tracklets, 1, TRUE, 0, 100.f, 20.f);      /* elsewhere */
  add_walker (tracklets, 0, FALSE, 0, 200.f, 20.f);     /* a patch */
  add_walker (tracklets, 0, TRUE, 3, 20.f, 120.f);      /* one picture long */
  add_walker (tracklets, 0, TRUE, 0, 26.f, 30.f);       /* over the first */
  for (guint i = 1; i < 8; i++) {
    const SstTracklet *const one = sst_tracklets_get (tracklets, 0);
    const SstTracklet *const other = sst_tracklets_get (tracklets, i);

    ck_assert_msg (sst_tracklets_are_apart (one, other) == apart[i - 1],
        "%u", i);
    ck_assert_int_eq (sst_tracklets_are_apart (other, one), apart[i - 1]);
  }
  ck_assert (!sst_tracklets_are_apart (sst_tracklets_get (tracklets, 0),
          sst_tracklets_get (tracklets, 0)));

  for (guint t = 0; t < 8; t++)
    sst_clip_add (clip, sst_image_new (WIDTH, HEIGHT), t);
  sampler = sst_tracklet_sampler_new (footage, tracklets);
  for (guint round = 0; round < 200; round++) {
    SstRandom random = sst_random_init (round, 0);
    const guint n = sst_tracklet_sampler_pick_together (sampler, &random, 1.f,
        0.f, 3, picks);

    ck_assert (n >= 1 && n <= 3);
    n_trios += n == 3;
    for (guint i = 0; i < n; i++)
      for (guint k = 0; k < i; k++)
        ck_assert (sst_tracklets_are_apart (sst_tracklets_get (tracklets,
                    picks[i]), sst_tracklets_get (tracklets, picks[k])));
  }
  /* such as the first, the second and the sixth */
  ck_assert_uint_gt (n_trios, 20);
  sst_tracklet_sampler_free (&sampler);
  sst_tracklets_free (&tracklets);
  sst_footage_free (&footage);
}
END_TEST

/* A disc that turns shows the same view once a turn. */
START_TEST (knows_a_view_again)
{
  const float period = 14.f + _i;
  SstFootage *footage = sst_footage_new ();
  SstClip *clip = sst_footage_add_clip (footage, "disc");
  SstTracklets *tracklets = sst_tracklets_new ();
  SstTrackletStep steps[48];
  Scene *scene = scene_new (WIDTH, HEIGHT, 40 + _i);
  const guint n = G_N_ELEMENTS (steps);
  guint8 recurs[G_N_ELEMENTS (steps) * G_N_ELEMENTS (steps)];
  SstTrackletSampler *sampler;
  guint n_pairs, n_found = 0, n_right = 0, n_again = 0, n_missed = 0;

  scene_add_sprite (scene, &(SceneSprite) {
      .x = 60.f,.y = 120.f,.width = 60.f,.height = 60.f,.vx = 4.f,
      .shape = SCENE_ELLIPSE,.spin = 2.f * (float) G_PI / period,
      .seed = 9 + _i});
  scene->look.noise = 3.f;
  for (guint t = 0; t < n; t++) {
    const SstFrame frame = scene_render (scene, (int) t);

    sst_clip_add (clip, sst_image_new_from_frame (&frame, 0), t);
    steps[t] = (SstTrackletStep) { t,
      sst_box_from_center (60.f + 4.f * t, 120.f, 60.f, 60.f)
    };
  }
  sst_tracklets_add (tracklets, &(SstTracklet) {
      .quality = 1.f,.n_steps = n,.steps = steps});
  sampler = sst_tracklet_sampler_new (footage, tracklets);
  n_pairs = sst_tracklet_sampler_recurrences (sampler, 0, 0.85f, recurs);
  for (guint i = 0; i < n; i++)
    for (guint k = i; k < n; k++) {
      const float off = fabsf (remainderf (k - i, period));
      const gboolean again = off < 0.01f;

      ck_assert_uint_eq (recurs[i * n + k], recurs[k * n + i]);
      if (k < i + 2) {
        ck_assert (!recurs[i * n + k]);
        continue;
      }
      n_found += recurs[i * n + k];
      /* a picture early or late is the same view, more is another */
      n_right += recurs[i * n + k] && off < 1.01f;
      n_again += again;
      n_missed += again && !recurs[i * n + k];
    }
  ck_assert_uint_eq (n_found, n_pairs);
  ck_assert_msg (n_right > 0.9f * n_found, "%u of %u right", n_right,
      n_found);
  ck_assert_msg (n_missed < 0.5f * n_again, "%u of %u missed", n_missed,
      n_again);
  sst_tracklet_sampler_free (&sampler);
  sst_tracklets_free (&tracklets);
  sst_footage_free (&footage);
  scene_free (&scene);
}
END_TEST

static Suite *
tracklet_suite (void)
{
  Suite *suite = suite_create ("tracklet");
  TCase *tcase = tcase_create ("tracklet");

  suite_add_tcase (suite, tcase);
  tcase_add_test (tcase, boxes_a_pair);
  tcase_add_test (tcase, draws_the_same_again);
  tcase_add_test (tcase, draws_the_best_first);
  tcase_add_test (tcase, keeps_a_store);
  tcase_add_test (tcase, comes_back_from_a_file);
  tcase_add_test (tcase, refuses_a_damaged_file);
  tcase_add_test (tcase, knows_things_apart);
  tcase_add_loop_test (tcase, knows_a_view_again, 0, 3);
  return suite;
}

SUITE_MAIN (tracklet)
