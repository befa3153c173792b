/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* A warm set of targets follows, loses and finds again without allocating, and
 * training pairs are drawn so; what OpenBLAS does by itself is its own: its
 * kernels for AVX-512 allocate. */

#include "scene.h"
#include "suite.h"

#include <sstrack/targets.h>

#include "footage/synth.h"
#include "model/model_private.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#if defined (__has_feature)
#if __has_feature (address_sanitizer) || __has_feature (thread_sanitizer)
#define SANITIZED
#endif
#endif
#if defined (__SANITIZE_ADDRESS__) || defined (__SANITIZE_THREAD__)
#define SANITIZED
#endif

#if defined (SANITIZED) || !defined (__GLIBC__)

static Suite *
allocation_suite (void)
{
  suite_skips = "allocations can't be counted with a sanitizer, or without the "
      "GNU C library";
  return suite_create ("allocation");
}

#else

#include <dlfcn.h>
#include <errno.h>
#include <execinfo.h>
#include <malloc.h>
#include <stdatomic.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

/* --- the counter: these stand before those of the C library --------------- */

extern void *__libc_malloc (size_t size);
extern void *__libc_calloc (size_t n, size_t size);
extern void *__libc_realloc (void *memory, size_t size);
extern void *__libc_memalign (size_t alignment, size_t size);

static atomic_bool counting;
static atomic_int n_allocations;
static void *trace[32];         /* who made the first */
static int trace_size;

/* OpenBLAS allocates from a few places again and again, which are slow to look
 * up: each thread remembers its last. */
static gboolean
is_in_openblas (void *code)
{
  static _Thread_local void *known[16];
  void **const place = &known[(uintptr_t) code / 4 % G_N_ELEMENTS (known)];
  Dl_info info;

  if (*place == code)
    return TRUE;
  if (dladdr (code, &info) == 0 || info.dli_fname == NULL
      || strstr (info.dli_fname, "openblas") == NULL)
    return FALSE;
  *place = code;
  return TRUE;
}

static void
note (void *caller)
{
  if (atomic_load (&counting) && !is_in_openblas (caller)
      && atomic_fetch_add (&n_allocations, 1) == 0)
    trace_size = backtrace (trace, G_N_ELEMENTS (trace));
}

void *
malloc (size_t size)
{
  note (__builtin_return_address (0));
  return __libc_malloc (size);
}

void *
calloc (size_t n, size_t size)
{
  note (__builtin_return_address (0));
  return __libc_calloc (n, size);
}

void *
realloc (void *memory, size_t size)
{
  note (__builtin_return_address (0));
  return __libc_realloc (memory, size);
}

void *
memalign (size_t alignment, size_t size)
{
  note (__builtin_return_address (0));
  return __libc_memalign (alignment, size);
}

void *
aligned_alloc (size_t alignment, size_t size)
{
  note (__builtin_return_address (0));
  return __libc_memalign (alignment, size);
}

int
posix_memalign (void **memory, size_t alignment, size_t size)
{
  note (__builtin_return_address (0));
  *memory = __libc_memalign (alignment, size);
  return *memory != NULL ? 0 : ENOMEM;
}

static void
count_start (void)
{
  atomic_store (&n_allocations, 0);
  atomic_store (&counting, TRUE);
}

static int
count_stop (void)
{
  atomic_store (&counting, FALSE);
  return atomic_load (&n_allocations);
}

/* --- the scene ------------------------------------------------------------ */

#define WIDTH 320
#define HEIGHT 240
#define PERIOD (SST_SECOND / 30)
#define WARM 10                 /* frames before the counting */
#define FRAMES 60               /* counted */
#define HIDDEN_FROM 20          /* of all frames */
#define HIDDEN_UNTIL 40
#define TARGET_MEGABYTES 2.0    /* of one beside others */
#define MASK_MEGABYTES 1.1      /* of the first four, besides */
#define CAMERA_MEGABYTES 5.0    /* of one with a target, beside others */
#define IDLE_MEGABYTES 0.3      /* of one without */

/* The counter sees what libraries do. */
START_TEST (the_counter_sees_what_libraries_allocate)
{
  SstTargets *targets;
  void *memory = NULL;
  int failed;

  count_start ();
  ck_assert_int_eq (count_stop (), 0);

  count_start ();
  targets = sst_targets_new (NULL);
  ck_assert_int_gt (count_stop (), 0);
  count_start ();
  sst_targets_free (&targets);
  ck_assert_int_eq (count_stop (), 0);

  count_start ();
  failed = posix_memalign (&memory, 64, 100);
  ck_assert_int_eq (count_stop (), 1);
  ck_assert_int_eq (failed, 0);
  free (memory);
}
END_TEST

/* Three targets, one that grows, one that is hidden for a while, one that
 * swings, seen by a camera that moves. */
START_TEST (frames_allocate_nothing)
{
  static const struct
  {
    SstFormat format[2];        /* changes every ten frames */
    guint n_threads;
    gboolean model;             /* and another one every five frames */
    float noise;                /* that it takes off */
    int mask_interval;
  } cases[] = {
    {{SST_FORMAT_I420, SST_FORMAT_I420}, 1, FALSE, 0.f},
    {{SST_FORMAT_NV12, SST_FORMAT_NV12}, 1, FALSE, 0.f},
    {{SST_FORMAT_I420, SST_FORMAT_NV12}, 3, FALSE, 0.f},
    {{SST_FORMAT_I420, SST_FORMAT_I420}, 3, TRUE, 0.f},
    {{SST_FORMAT_I420, SST_FORMAT_YUY2}, 1, TRUE, 2.f},
    {{SST_FORMAT_I420, SST_FORMAT_NV12}, 1, TRUE, 0.f, 1},
  };
  static const SceneSprite sprites[] = {
    {.x = 70,.y = 70,.width = 36,.height = 36,.seed = 11,.grow = 0.01f},
    {.x = 240,.y = 80,.width = 40,.height = 32,.seed = 12},
    {.x = 160,.y = 180,.width = 30,.height = 44,.seed = 13,.sway_x = 30,
        .sway_y = 10,.period = 40},
    {.x = 240,.y = 80,.width = 90,.height = 80,.seed = 14,
        .from = HIDDEN_FROM,.until = HIDDEN_UNTIL},
  };
  SstTargetsParams params = SST_TARGETS_PARAMS_DEFAULT;
  SstModel *models[2] = { NULL, NULL };
  Scene *scene = scene_new (WIDTH, HEIGHT, 1);
  gboolean lost = FALSE, recovered = FALSE;
  SstTargets *targets;

  params.n_threads = cases[_i].n_threads;
  for (int i = 0; i < 2 && cases[_i].model; i++) {
    SstModel *const plain = sst_model_new_random (&(SstNetworkConfig) {
          {4, 6, 8}, 1, 5, 7, 6}, 1 + i, NULL);
    SstTone tone = SST_TONE_NEUTRAL;

    tone.noise = cases[_i].noise;
    models[i] = sst_model_new_with_tone (plain, &tone);
    sst_model_unref (plain);
  }
  params.tracker.model = models[0];
  params.tracker.lost_after = 3 * PERIOD;
  params.tracker.mask_interval = cases[_i].mask_interval;
  targets = sst_targets_new (&params);
  scene->camera.vx = 0.7f;
  scene->camera.vy = -0.3f;
  for (guint i = 0; i < G_N_ELEMENTS (sprites); i++)
    scene_add_sprite (scene, &sprites[i]);
  scene_render (scene, 0);
  for (int i = 0; i < 3; i++) {
    const SstBox box = scene_truth (scene, i).box;

    sst_targets_add (targets, 0, &box, i == 0 ? "first" : NULL,
        SST_ORIGIN_USER);
  }

  for (int t = 0; t < WARM + FRAMES; t++) {
    const SstTarget *all;
    SstFrame frame;
    guint8 *memory;
    guint n;
    int allocations;

    scene_render (scene, t);
    memory = scene_convert (scene, cases[_i].format[t / 10 % 2], 3, &frame);
    count_start ();
    if (cases[_i].model && t % 5 == 0)
      sst_targets_set_model (targets, models[t / 5 % 2], NULL);
    sst_targets_process (targets, &frame, t * PERIOD, NULL, 0);
    allocations = count_stop ();
    if (t >= WARM && allocations > 0) {
      fprintf (stderr, "frame %d, case %d: %d allocations, the first by\n", t,
          _i, allocations);
      backtrace_symbols_fd (trace, trace_size, STDERR_FILENO);
      ck_abort_msg ("%d allocations in frame %d", allocations, t);
    }
    all = sst_targets_get (targets, &n);
    ck_assert_uint_eq (n, 3);
    for (guint i = 0; i < n; i++) {
      if (t >= WARM && all[i].event == SST_EVENT_LOST)
        lost = TRUE;
      if (t >= WARM && all[i].event == SST_EVENT_RECOVERED)
        recovered = TRUE;
    }
    g_free (memory);
  }
  /* a network that learned nothing helps nobody */
  ck_assert (lost || cases[_i].model);
  ck_assert (recovered || cases[_i].model);

  sst_targets_free (&targets);
  sst_model_unref (models[0]);
  sst_model_unref (models[1]);
  scene_free (&scene);
}
END_TEST

/* --- how much is held ----------------------------------------------------- */

static double
held_megabytes (void)
{
  const struct mallinfo2 info = mallinfo2 ();

  return (double) (info.uordblks + info.hblkhd) * 1e-6;
}

/* Runs frames until `until`, with so many targets. */
static void
run_with (SstTargets * targets, const SstFrame * frame, SstTime * time,
    SstTime until, guint n_targets)
{
  guint n;
  const SstTarget *all = sst_targets_get (targets, &n);

  for (guint i = n_targets; i < n; i++)
    sst_targets_remove (targets, all[i].id);
  for (; n < n_targets; n++)
    sst_targets_add (targets, 0, &(SstBox) { 20 + 30 * n, 100, 24, 24 }, NULL,
        SST_ORIGIN_USER);
  for (; *time < until; *time += SST_SECOND)
    sst_targets_process (targets, frame, *time, NULL, 0);
}

/* Targets share what they need only while they are looked at, and what has not
 * been used for ten seconds of the stream is given back. */
START_TEST (targets_share_memory_and_give_it_back)
{
  SstTargetsParams params = SST_TARGETS_PARAMS_DEFAULT;
  Scene *scene = scene_new (WIDTH, HEIGHT, 1);
  SstModel *model = sst_model_builtin ();       /* stays */
  const double before = held_megabytes ();
  double one, nine, few;
  SstTargets *targets;
  SstTime time = 0;
  SstFrame frame;
  guint8 *memory;

  params.tracker.model = model;
  params.lost_timeout = 1000 * SST_SECOND;
  targets = sst_targets_new (&params);
  scene_render (scene, 0);
  memory = scene_convert (scene, SST_FORMAT_I420, 3, &frame);
  run_with (targets, &frame, &time, 3 * SST_SECOND, 1);
  one = held_megabytes ();
  run_with (targets, &frame, &time, 7 * SST_SECOND, 9);
  nine = held_megabytes ();
  ck_assert_msg (nine - one < 8 * TARGET_MEGABYTES + 3 * MASK_MEGABYTES,
      "%.2f MB a target", (nine - one) / 8);

  run_with (targets, &frame, &time, 10 * SST_SECOND, 3);
  ck_assert (held_megabytes () > nine - 1.);
  run_with (targets, &frame, &time, 32 * SST_SECOND, 3);
  few = held_megabytes ();
  ck_assert_msg (few - one < 2 * (TARGET_MEGABYTES + MASK_MEGABYTES) + 1.,
      "%.2f MB more", few - one);
  sst_targets_clear (targets);
  ck_assert (held_megabytes () < one + 1.);
  sst_targets_free (&targets);
  sst_model_unref (model);
  g_free (memory);
  ck_assert (held_megabytes () < before + 1.);
  scene_free (&scene);
}
END_TEST

/* What works on a frame is there once, however many cameras there are; one that
 * follows nothing takes next to nothing. */
START_TEST (further_cameras_take_little)
{
  SstTargetsParams params = SST_TARGETS_PARAMS_DEFAULT;
  Scene *scene = scene_new (WIDTH, HEIGHT, 1);
  SstTargets *targets[9];
  double idle, one;
  SstFrame frame;
  guint8 *memory;

  params.tracker.model = sst_model_builtin ();
  scene_render (scene, 0);
  memory = scene_convert (scene, SST_FORMAT_I420, 3, &frame);
  idle = held_megabytes ();
  for (guint i = 0; i < G_N_ELEMENTS (targets); i++) {
    SstTime time = 0;

    targets[i] = sst_targets_new (&params);
    run_with (targets[i], &frame, &time, 3 * SST_SECOND, 0);
  }
  ck_assert_msg (held_megabytes () - idle < 9 * IDLE_MEGABYTES,
      "%.2f MB a camera without a target", (held_megabytes () - idle) / 9);
  for (guint i = 0; i < G_N_ELEMENTS (targets); i++) {
    SstTime time = 3 * SST_SECOND;

    run_with (targets[i], &frame, &time, 6 * SST_SECOND, 1);
    if (i == 0)
      one = held_megabytes ();
  }
  ck_assert_msg (held_megabytes () - one < 8 * CAMERA_MEGABYTES,
      "%.2f MB a further camera", (held_megabytes () - one) / 8);
  for (guint i = 0; i < G_N_ELEMENTS (targets); i++)
    sst_targets_free (&targets[i]);
  sst_model_unref (params.tracker.model);
  g_free (memory);
  scene_free (&scene);
}
END_TEST

static SstImage *
make_image (int side, gboolean cutout, SstRandom * random)
{
  SstImage *const image = sst_image_new (side, side);

  for (int p = 0; p < 3; p++)
    for (int i = 0; i < (p == 0 ? side * side : side * side / 4); i++)
      sst_image_plane (image, p)[i] = (guint8) sst_random_below (random, 256);
  if (cutout)
    memset (sst_image_add_alpha (image), 255, side * side);
  return image;
}

START_TEST (pairs_allocate_nothing)
{
  SstFootage *footage = sst_footage_new ();
  SstRandom random = sst_random_init (1, 0);
  SstPair pair = { g_new (float, SST_TEMPLATE_SIZE),
    g_new (float, SST_SEARCH_SIZE)
  };
  SstSynth *synth;

  for (int i = 0; i < 6; i++)
    sst_clip_add (sst_footage_add_clip (footage, "clip"), make_image (100 + 60
            * i, i % 2, &random), 0);
  synth = sst_synth_new (footage);
  count_start ();
  for (int i = 0; i < 300; i++)
    sst_synth_pair (synth, &random, &pair);
  ck_assert_int_eq (count_stop (), 0);
  sst_synth_free (&synth);
  sst_footage_free (&footage);
  g_free (pair.templ);
  g_free (pair.search);
}
END_TEST

static Suite *
allocation_suite (void)
{
  Suite *suite = suite_create ("allocation");
  TCase *tcase = tcase_create ("allocation");

  /* the first call loads a library */
  trace_size = backtrace (trace, G_N_ELEMENTS (trace));
  suite_add_tcase (suite, tcase);
  tcase_add_test (tcase, the_counter_sees_what_libraries_allocate);
  tcase_add_loop_test (tcase, frames_allocate_nothing, 0, 6);
  tcase_add_test (tcase, targets_share_memory_and_give_it_back);
  tcase_add_test (tcase, further_cameras_take_little);
  tcase_add_test (tcase, pairs_allocate_nothing);

  return suite;
}

#endif

SUITE_MAIN (allocation)
