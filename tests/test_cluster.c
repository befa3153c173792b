/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

#include "dense.h"
#include "suite.h"

#include "fit/reconstruct.h"
#include "mask/cluster.h"

#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define SIDE 192
#define CELLS 24
#define N (CELLS * CELLS)
#define FINE 48
#define FINE_N (FINE * FINE)
#define N_CASES 12

static const SstBox region = { 34.f, 14.f, SIDE, SIDE };

static Scene *
make_scene (guint seed, SceneShape shape)
{
  Scene *scene = scene_new (320, 240, seed);

  scene_add_sprite (scene, &(SceneSprite) {
      .x = 130.f,.y = 110.f,.width = 52.f,.height = 44.f,.seed = 50 + seed,
      .shape = shape});
  return scene;
}

static void
fill (int *labels, int cell, int label, int mark, int side)
{
  if (labels[cell] != label)
    return;
  labels[cell] = mark;
  if (cell >= side)
    fill (labels, cell - side, label, mark, side);
  if (cell % side > 0)
    fill (labels, cell - 1, label, mark, side);
  if (cell % side < side - 1)
    fill (labels, cell + 1, label, mark, side);
  if (cell < side * (side - 1))
    fill (labels, cell + side, label, mark, side);
}

/* How well the regions that lie inside the mask for the most part cover it.
 * Shares are judged by the mask of the map that the regions were made on. */
static float
cover (const int *labels, const float *mask, int n)
{
  int inside[FINE_N] = { 0 }, size[FINE_N] = { 0 };
  float guess[FINE_N];

  for (int i = 0; i < n; i++) {
    inside[labels[i]] += mask[i] > 0.5f;
    size[labels[i]]++;
  }
  for (int i = 0; i < n; i++)
    guess[i] = 2 * inside[labels[i]] > size[labels[i]];
  return dense_jaccard (guess, mask, n);
}

START_TEST (regions_hang_together_and_keep_to_things)
{
  SstClusterParams coarse, fine;
  void *scratch;
  float covered = 0.f, refined = 0.f, enlarged = 0.f;

  sst_cluster_params_init (&coarse, dense_n_channels (), CELLS, CELLS);
  sst_cluster_params_init (&fine, dense_n_channels (), FINE, FINE);
  scratch = g_malloc (sst_cluster_scratch_size (&fine));
  for (int k = 0; k < N_CASES; k++) {
    const SceneShape shape = k & 1 ? SCENE_ELLIPSE : SCENE_RECTANGLE;
    Scene *scene = make_scene (1 + k, shape);
    const SstFrame frame = scene_render (scene, 0);
    float *features = dense_features (&frame, &region, SIDE, SIDE / CELLS);
    float *finer = dense_features (&frame, &region, SIDE, SIDE / FINE);
    SstRandom random = sst_random_init (1, k), again = random;
    int labels[N], same[N], fine_labels[FINE_N], copy[N], size[N] = { 0 };
    float coherence[N], mask[N], fine_mask[FINE_N];
    const int n_regions = sst_cluster_segment (&coarse, features, &random,
        labels, coherence, scratch);
    int n_pieces = 0;

    ck_assert_int_eq (sst_cluster_segment (&coarse, features, &again, same,
            NULL, scratch), n_regions);
    ck_assert (memcmp (labels, same, sizeof labels) == 0);
    for (int i = 0; i < N; i++) {
      ck_assert (labels[i] >= 0 && labels[i] < n_regions);
      ck_assert (fabsf (coherence[i]) < 1.001f);
      size[labels[i]]++;
    }
    for (int r = 1; r < n_regions; r++)
      ck_assert (size[r] > 0 && size[r] <= size[r - 1]);
    memcpy (copy, labels, sizeof copy);
    for (int i = 0; i < N; i++)
      if (copy[i] >= 0)
        fill (copy, i, copy[i], -1 - n_pieces++, CELLS);
    ck_assert_int_eq (n_pieces, n_regions);

    dense_mask (scene, 0, shape, &region, SIDE, SIDE / CELLS, mask);
    covered += cover (labels, mask, N) / N_CASES;
    dense_mask (scene, 0, shape, &region, SIDE, SIDE / FINE, fine_mask);
    sst_cluster_refine (&fine, finer, labels, CELLS, CELLS, n_regions,
        fine_labels, scratch);
    refined += cover (fine_labels, fine_mask, FINE_N) / N_CASES;
    for (int i = 0; i < FINE_N; i++) {
      ck_assert (fine_labels[i] >= 0 && fine_labels[i] < n_regions);
      fine_labels[i] = labels[i / FINE / 2 * CELLS + i % FINE / 2];
    }
    enlarged += cover (fine_labels, fine_mask, FINE_N) / N_CASES;
    g_free (features);
    g_free (finer);
    scene_free (&scene);
  }
  ck_assert_msg (covered > 0.7f, "covers %g", covered);
  ck_assert_msg (refined > enlarged, "refined %g, enlarged %g", refined,
      enlarged);
  g_free (scratch);
}
END_TEST

/* Two of the same on an even ground: the k-means takes them for one thing. */
START_TEST (look_alikes_are_apart)
{
  SstClusterParams params;
  SstRandom random = sst_random_init (3, 1);
  float features[2 * 100];
  int labels[100], n_regions;
  void *scratch;

  sst_cluster_params_init (&params, 2, 10, 10);
  params.position = 0.f;
  scratch = g_malloc (sst_cluster_scratch_size (&params));
  for (int i = 0; i < 100; i++) {
    const int y = i / 10, x = i % 10;
    const gboolean thing = y >= 3 && y < 6 && (x < 3 || x > 6);

    features[i] = thing;
    features[100 + i] = !thing;
  }
  n_regions = sst_cluster_segment (&params, features, &random, labels, NULL,
      scratch);
  ck_assert_int_eq (n_regions, 3);
  ck_assert_int_eq (labels[5], 0);
  ck_assert_int_eq (labels[41], labels[30]);
  ck_assert_int_ne (labels[41], labels[48]);
  g_free (scratch);
}
END_TEST

START_TEST (bears_maps_without_anything)
{
  static const int sides[][2] = { {1, 1}, {1, 7}, {5, 1}, {6, 6} };
  SstClusterParams params;
  SstRandom random = sst_random_init (3, 1);
  float features[2 * 36], coherence[36];
  int labels[36];
  void *scratch;

  sst_cluster_params_init (&params, 2, sides[_i][0], sides[_i][1]);
  scratch = g_malloc (sst_cluster_scratch_size (&params));
  for (int value = 0; value < 2; value++) {
    for (int i = 0; i < 2 * 36; i++)
      features[i] = value;
    params.position = 0.f;
    ck_assert_int_eq (sst_cluster_segment (&params, features, &random, labels,
            coherence, scratch), 1);
    for (int i = 0; i < sides[_i][0] * sides[_i][1]; i++) {
      ck_assert_int_eq (labels[i], 0);
      ck_assert (fabsf (coherence[i] - value) < 1e-3f);
    }
    params.position = 1.f;      /* must end, whatever comes out */
    ck_assert_int_ge (sst_cluster_segment (&params, features, &random, labels,
            coherence, scratch), 1);
  }
  g_free (scratch);
}
END_TEST

START_TEST (takes_cells_from_every_region)
{
  enum { n = 60 };
  int labels[n], chosen[n], count[4] = { 0 }, scratch[4 * n];
  float value[n];

  for (int i = 0; i < n; i++) { /* sizes 40, 14, 4, 2 */
    labels[i] = i < 40 ? 0 : i < 54 ? 1 : i < 58 ? 2 : 3;
    value[i] = i % 7 + i / 60.f;
  }
  ck_assert_int_eq (sst_cluster_choose (labels, 4, n, value, 20, chosen,
          scratch), 20);
  for (int k = 0; k < 20; k++) {
    ck_assert (k == 0 || chosen[k] > chosen[k - 1]);
    count[labels[chosen[k]]]++;
  }
  ck_assert_int_eq (count[0], 7);
  ck_assert_int_eq (count[1], 7);
  ck_assert_int_eq (count[2], 4);
  ck_assert_int_eq (count[3], 2);
  for (int k = 0; k < 7; k++)   /* the best of the first: i % 7 of 6 and 5 */
    ck_assert (chosen[k] % 7 >= 5);
  ck_assert_int_eq (sst_cluster_choose (labels, 4, n, NULL, 4, chosen,
          scratch), 4);
  ck_assert (chosen[0] == 20 && chosen[1] == 47 && chosen[2] == 56
      && chosen[3] == 59);
  ck_assert_int_eq (sst_cluster_choose (labels, 4, n, NULL, 100, chosen,
          scratch), n);
  labels[0] = -1;
  ck_assert_int_eq (sst_cluster_choose (labels, 4, n, value, n, chosen,
          scratch), n - 1);
  ck_assert_int_eq (sst_cluster_choose (labels, 4, n, value, 0, chosen,
          scratch), 0);
}
END_TEST

/* With few reference cells, a picture is rebuilt better from some of every part
 * than from those most like the whole. The sprite is one of the few that is not
 * in the ground, which repeats itself. */
START_TEST (several_clusters_rebuild_better_than_one_ranking)
{
  enum { n_wanted = 96 };
  SstClusterParams clusters;
  SstReconstructParams params;
  SstReconstructFusion fusion;
  float several = 0.f, one = 0.f, *scratch;
  void *cluster_scratch;

  sst_cluster_params_init (&clusters, dense_n_channels (), CELLS, CELLS);
  sst_reconstruct_params_init (&params, dense_n_channels (), CELLS, CELLS);
  sst_reconstruct_fusion_init (&fusion);
  fusion.omega = 0.f;
  params.temperature = 0.03f;
  scratch = g_new (float, sst_reconstruct_scratch_size (&params));
  cluster_scratch = g_malloc (sst_cluster_scratch_size (&clusters));
  for (int k = 0; k < N_CASES; k++) {
    Scene *scene = make_scene (20 + k, SCENE_RECTANGLE);
    float *features[2], *sample, colors[2][3 * N], value[N], mask[N];
    int labels[N], chosen[n_wanted], all[N] = { 0 }, n_regions;
    SstRandom random = sst_random_init (1, k);
    const float *maps[1], *tints[1] = { colors[0] };
    SstReconstructInput input = {.color_channels = SST_RECONSTRUCT_ALL };

    for (int t = 0; t < 2; t++) {
      const SstFrame frame = scene_render (scene, 0);

      features[t] = dense_features (&frame, &region, SIDE, SIDE / CELLS);
      sample = dense_sample (&frame, &region, SIDE);
      sst_reconstruct_colors (sample, SIDE, SIDE / CELLS, colors[t]);
      g_free (sample);
      dense_mask (scene, 0, SCENE_RECTANGLE, &region, SIDE, SIDE / CELLS,
          mask);
      scene_sprite (scene, 0)->x += 18.f;
      scene_sprite (scene, 0)->y += 7.f;
    }
    /* How like the whole target each cell of the reference is. */
    maps[0] = features[1];
    input.features = features[0];
    input.ref_features = maps;
    sst_reconstruct_value (&params, &input, &fusion, value, scratch);
    maps[0] = features[0];
    input.features = features[1];
    input.colors = colors[1];
    input.weights = mask;
    input.ref_colors = tints;
    input.chosen = chosen;
    input.n_chosen = n_wanted;
    n_regions = sst_cluster_segment (&clusters, features[0], &random, labels,
        NULL, cluster_scratch);
    sst_cluster_choose (labels, n_regions, N, value, n_wanted, chosen,
        cluster_scratch);
    several += sst_reconstruct_forward (&params, &input, NULL, scratch)
        / N_CASES;
    sst_cluster_choose (all, 1, N, value, n_wanted, chosen, cluster_scratch);
    one += sst_reconstruct_forward (&params, &input, NULL, scratch) / N_CASES;
    g_free (features[0]);
    g_free (features[1]);
    scene_free (&scene);
  }
  ck_assert_msg (several < 0.8f * one, "loss %g of several, %g of one",
      several, one);
  g_free (scratch);
  g_free (cluster_scratch);
}
END_TEST

static Suite *
cluster_suite (void)
{
  Suite *suite = suite_create ("cluster");
  TCase *tcase = tcase_create ("cluster");

  suite_add_tcase (suite, tcase);
  tcase_add_test (tcase, regions_hang_together_and_keep_to_things);
  tcase_add_test (tcase, look_alikes_are_apart);
  tcase_add_loop_test (tcase, bears_maps_without_anything, 0, 4);
  tcase_add_test (tcase, takes_cells_from_every_region);
  tcase_add_test (tcase, several_clusters_rebuild_better_than_one_ranking);
  return suite;
}

SUITE_MAIN (cluster)
