/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* The calls of a set of targets, in any order and with any numbers. A byte
 * says which call, the next ones with what; what comes out is finite and in
 * order. */

#include "fuzz.h"

#include <math.h>
#include <string.h>

#include <sstrack/targets.h>

#define WIDTH 96
#define HEIGHT 64
#define MAX_CALLS 48
#define MAX_TARGETS 3

typedef struct
{
  const uint8_t *at, *end;
} Input;

static guint8
take_byte (Input *input)
{
  return input->at < input->end ? *input->at++ : 0;
}

/* Any float at all where the byte says so. */
static float
take_float (Input *input, float most)
{
  const guint8 byte = take_byte (input);
  float any = 0.f;

  if (byte < 0xf0)
    return most * byte / 0xf0;
  for (guint i = 0; i < sizeof any; i++) {
    const guint8 part = take_byte (input);

    memcpy ((guint8 *) &any + i, &part, 1);
  }
  return any;
}

static SstBox
take_box (Input *input)
{
  SstBox box;

  box.x = take_float (input, WIDTH);
  box.y = take_float (input, HEIGHT);
  box.width = take_float (input, WIDTH);
  box.height = take_float (input, HEIGHT);
  return box;
}

static SstFrame
draw (guint8 *pixels, int shift)
{
  SstFrame frame = {.format = SST_FORMAT_GRAY8,.width = WIDTH,
    .height = HEIGHT
  };

  for (int y = 0; y < HEIGHT; y++)
    for (int x = 0; x < WIDTH; x++)
      pixels[y * WIDTH + x] = (guint8) ((x + shift) * (y + 7) * 13 >> 2);
  frame.plane[0] = pixels;
  frame.stride[0] = WIDTH;
  return frame;
}

static void
check (SstTargets *targets)
{
  guint n;
  const SstTarget *const list = sst_targets_get (targets, &n);

  for (guint i = 0; i < n; i++) {
    const SstTrackerResult *const now = &list[i].now;

    g_assert_true (i == 0 || list[i].id > list[i - 1].id);
    g_assert_nonnull (sst_state_to_string (now->state));
    g_assert_nonnull (sst_event_to_string (list[i].event));
    g_assert_true (now->confidence >= 0.f && now->confidence <= 1.f);
    g_assert_true (isfinite (now->box.x + now->box.y + now->box.width
            + now->box.height));
  }
}

/* Each of the ways to end all at once, and to forget what ended. */
static void
end (SstTargets *targets, guint8 way)
{
  switch (way % 4) {
    case 0:
      sst_targets_clear (targets);
      break;
    case 1:
      sst_targets_end_all (targets, SST_END_EOS);
      break;
    case 2:
      sst_targets_begin_again (targets, SST_END_FLUSH);
      break;
    default:
      sst_targets_forget_ended (targets);
      break;
  }
  check (targets);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  static guint8 pixels[WIDTH * HEIGHT];
  Input input = { data, data + size };
  SstTargetsParams params = SST_TARGETS_PARAMS_DEFAULT;
  SstTargets *targets;
  SstTime time = 0;

  params.max_targets = MAX_TARGETS;
  targets = sst_targets_new (&params);
  for (int i = 0; i < MAX_CALLS && input.at < input.end; i++) {
    const guint8 call = take_byte (&input);
    SstFrame frame;
    SstBox box;

    switch (call % 12) {
      case 0:
        box = take_box (&input);
        sst_targets_add (targets, 0, &box, "label", call % 3);
        break;
      case 1:
        sst_targets_remove (targets, take_byte (&input));
        break;
      case 2:
        sst_targets_remove_all (targets, take_byte (&input) % 4 - 1);
        break;
      case 3:
        end (targets, call / 12);
        break;
      case 4:
        box = take_box (&input);
        sst_targets_correct (targets, take_byte (&input) % 8, &box);
        break;
      case 5:
        sst_targets_discontinuity (targets);
        break;
      case 6:
        sst_targets_rescale (targets, 0.5f + take_byte (&input) / 128.f,
            0.5f + take_byte (&input) / 128.f);
        break;
      case 7:
        sst_targets_repeat (targets, time);
        check (targets);
        break;
      case 8:
        params.budget = take_byte (&input) % 3;
        params.lost_timeout = take_byte (&input) * (SST_SECOND / 100);
        params.max_targets = 1 + take_byte (&input) % MAX_TARGETS;
        sst_targets_set_params (targets, &params);
        break;
      case 9:
        time += take_byte (&input) * (SST_SECOND / 100);
        sst_targets_process (targets, NULL, time, NULL, 0);
        check (targets);
        break;
      default:{
        SstDetection detection = { take_box (&input), NULL, 1.f };

        time += take_byte (&input) * (SST_SECOND / 1000);
        frame = draw (pixels, take_byte (&input));
        sst_targets_process (targets, &frame, time, &detection,
            call % 12 == 11);
        check (targets);
      }
    }
  }
  sst_targets_free (&targets);
  return 0;
}
