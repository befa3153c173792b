/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* Where trackers work: what is given back is taken again, and those that share
 * it do as if each had its own. */

#include "scene.h"
#include "suite.h"

#include <sstrack/tracker.h>

#include "track/workshop.h"

#include <check.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#define WIDTH 320
#define HEIGHT 240
#define SIDE 64

/* As many benches as are taken at the same time, which grow with what is asked
 * for. */
START_TEST (there_are_as_many_benches_as_are_taken)
{
  SstWorkshop *workshop = sst_workshop_new ();
  SstBench *first, *second, *again;

  first = sst_workshop_take (workshop, 1000, SIDE);
  second = sst_workshop_take (workshop, 2000, SIDE);
  ck_assert_ptr_ne (first, second);
  ck_assert_ptr_ne (first->sampler, second->sampler);
  ck_assert_ptr_ne (first->memory, second->memory);
  sst_workshop_give (workshop, first);
  again = sst_workshop_take (workshop, 3000, SIDE);
  ck_assert_ptr_eq (again, first);
  memset (again->memory, 0, 3000 * sizeof (float));
  ck_assert_uint_eq ((guintptr) again->memory % 64, 0);
  sst_workshop_give (workshop, again);
  sst_workshop_give (workshop, second);

  sst_workshop_trim (workshop, 1);
  ck_assert_ptr_eq (sst_workshop_take (workshop, 10, SIDE), first);
  sst_workshop_give (workshop, first);
  sst_workshop_ref (workshop);
  sst_workshop_unref (workshop);
  sst_workshop_unref (workshop);
  sst_workshop_unref (NULL);
}
END_TEST

/* What was reserved is there, and stays where it is. */
START_TEST (reserved_memory_stays_in_place)
{
  SstWorkshop *workshop = sst_workshop_new ();
  SstBench *bench = sst_workshop_take (workshop, 1000, SIDE);
  float *memory;

  sst_workshop_give (workshop, bench);
  sst_workshop_reserve (workshop, 2, WIDTH, 500);
  sst_workshop_take (workshop, 1000, SIDE);
  bench = sst_workshop_take (workshop, 1000, SIDE);
  memory = bench->memory;
  ck_assert_ptr_nonnull (memory);
  sst_workshop_give (workshop, bench);
  ck_assert_ptr_eq (sst_workshop_take (workshop, 1000, SIDE)->memory, memory);
  memory = sst_scratch_take (sst_workshop_scratch (workshop), 500);
  sst_scratch_give (sst_workshop_scratch (workshop), memory);
  ck_assert_ptr_eq (sst_scratch_take (sst_workshop_scratch (workshop), 400),
      memory);
  sst_scratch_give (sst_workshop_scratch (workshop), memory);
  sst_workshop_unref (workshop);
}
END_TEST

/* One for the process, as long as somebody has it. */
START_TEST (the_process_has_one)
{
  SstWorkshop *const first = sst_workshop_shared ();
  SstWorkshop *const second = sst_workshop_shared ();
  SstWorkshop *const own = sst_workshop_new ();

  ck_assert_ptr_eq (first, second);
  ck_assert_ptr_ne (first, own);
  sst_workshop_unref (own);
  sst_workshop_unref (first);
  ck_assert_ptr_eq (sst_workshop_shared (), second);
  sst_workshop_unref (second);
  sst_workshop_unref (second);
}
END_TEST

static atomic_int n_working, most_working, n_worked;

static gpointer
work_often (gpointer workshop)
{
  for (int i = 0; i < 50; i++) {
    SstBench *const bench = sst_workshop_take (workshop, 1000, SIDE);
    const int n = atomic_fetch_add (&n_working, 1) + 1;
    int most = atomic_load (&most_working);

    while (n > most && !atomic_compare_exchange_weak (&most_working, &most, n))
      continue;
    bench->memory[0] = (float) i;
    g_thread_yield ();
    ck_assert_float_eq (bench->memory[0], (float) i);
    atomic_fetch_sub (&n_working, 1);
    atomic_fetch_add (&n_worked, 1);
    sst_workshop_give (workshop, bench);
  }
  return NULL;
}

/* However many come, no more work there than two for each processor, and
 * each has its turn; what another one sets free or reserves meanwhile is
 * nobody's. */
START_TEST (so_many_work_for_each_processor)
{
  SstWorkshop *const workshop = sst_workshop_shared ();
  const int bound = 2 * (int) g_get_num_processors ();
  GThread *threads[12];

  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    threads[i] = g_thread_new ("works", work_often, workshop);
  for (int i = 0; i < 50; i++) {
    sst_workshop_trim (workshop, 1);
    sst_workshop_reserve (workshop, 2, WIDTH, 500);
  }
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    g_thread_join (threads[i]);
  ck_assert_int_eq (atomic_load (&n_worked), 50 * 12);
  ck_assert_int_le (atomic_load (&most_working), bound);
  sst_workshop_unref (workshop);
}
END_TEST

/* A bench that was needed once only, when two worked at the same time, is
 * gone some hundred frames later, and its memory with it. */
START_TEST (benches_that_nobody_needs_go)
{
  SstWorkshop *const workshop = sst_workshop_shared ();
  SstBench *const first = sst_workshop_take (workshop, 1000, SIDE);
  SstBench *const second = sst_workshop_take (workshop, 1000, SIDE);

  sst_workshop_give (workshop, second);
  sst_workshop_give (workshop, first);
  ck_assert_uint_eq (sst_workshop_n_benches (workshop), 2);
  for (int i = 0; i < 200; i++)
    sst_workshop_give (workshop, sst_workshop_take (workshop, 1000, SIDE));
  ck_assert_uint_eq (sst_workshop_n_benches (workshop), 1);

  /* one that asks for several in each frame keeps them */
  for (int i = 0; i < 200; i++) {
    sst_workshop_reserve (workshop, 3, WIDTH, 500);
    sst_workshop_give (workshop, sst_workshop_take (workshop, 1000, SIDE));
  }
  ck_assert_uint_eq (sst_workshop_n_benches (workshop), 3);
  sst_workshop_unref (workshop);
}
END_TEST

/* Two trackers that work at one bench in turn, and two with a workshop each:
 * the same to the bit. */
START_TEST (sharing_a_bench_changes_no_bit)
{
  static const SceneSprite sprites[] = {
    {.x = 70,.y = 70,.width = 36,.height = 30,.seed = 11,.vx = 1},
    {.x = 200,.y = 120,.width = 40,.height = 52,.seed = 12,.grow = 0.01f},
  };
  SstWorkshop *workshop = sst_workshop_new ();
  SstTrackerParams params = SST_TRACKER_PARAMS_DEFAULT;
  Scene *scene = scene_new (WIDTH, HEIGHT, 1);
  SstTracker *trackers[2][2];

  for (int i = 0; i < 2; i++)
    scene_add_sprite (scene, &sprites[i]);
  for (int t = 0; t < 8; t++) {
    const SstFrame frame = scene_render (scene, t);

    for (int i = 0; i < 2; i++) {
      const SstBox box = scene_truth (scene, i).box;
      SstTrackerResult results[2];

      memset (results, 0, sizeof results);
      for (int shared = 0; shared < 2; shared++) {
        SstTracker **const tracker = &trackers[i][shared];

        params.workshop = shared ? workshop : NULL;
        if (t == 0) {
          *tracker = sst_tracker_new (&params);
          ck_assert (sst_tracker_start (*tracker, &frame, &box, 0, NULL));
        } else if (t == 5) {
          sst_tracker_correct (*tracker, &frame, &box, t * SST_SECOND / 30,
              &results[shared]);
        } else {
          sst_tracker_update (*tracker, &frame, t * SST_SECOND / 30, NULL,
              &results[shared]);
        }
      }
      ck_assert_mem_eq (&results[0].box, &results[1].box, sizeof (SstBox));
      ck_assert_float_eq (results[0].confidence, results[1].confidence);
      ck_assert_float_eq (sst_tracker_similarity (trackers[i][0], &frame,
              &box), sst_tracker_similarity (trackers[i][1], &frame,
              &box));
    }
  }
  for (int i = 0; i < 4; i++)
    sst_tracker_free (&trackers[i / 2][i % 2]);
  sst_workshop_unref (workshop);
  scene_free (&scene);
}
END_TEST

static Suite *
workshop_suite (void)
{
  Suite *suite = suite_create ("workshop");
  TCase *tcase = tcase_create ("workshop");

  suite_add_tcase (suite, tcase);
  tcase_add_test (tcase, there_are_as_many_benches_as_are_taken);
  tcase_add_test (tcase, reserved_memory_stays_in_place);
  tcase_add_test (tcase, the_process_has_one);
  tcase_add_test (tcase, so_many_work_for_each_processor);
  tcase_add_test (tcase, benches_that_nobody_needs_go);
  tcase_add_test (tcase, sharing_a_bench_changes_no_bit);
  return suite;
}

SUITE_MAIN (workshop)
