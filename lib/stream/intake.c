/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

#include "stream/intake.h"

#define TIME_NONE G_MAXUINT64

struct _SstIntake
{
  SstWindow *window;
  SstSampler *sampler;          /* shrinks all frames */
  SstTime last;                 /* time heard of, or TIME_NONE */
  SstTime passed;               /* of the stream, not yet taken */
};

SstIntake *
sst_intake_new (void)
{
  SstIntake *intake = g_new0 (SstIntake, 1);

  intake->window = sst_window_new ();
  intake->sampler = sst_sampler_new ();
  intake->last = TIME_NONE;
  return intake;
}

void
sst_intake_free (SstIntake ** intake)
{
  if (*intake == NULL)
    return;
  sst_window_free (&(*intake)->window);
  sst_sampler_free (&(*intake)->sampler);
  g_clear_pointer (intake, g_free);
}

SstIntakeFate
sst_intake_decide (const SstIntake * intake, int width, int height,
    SstTime time)
{
  const SstWindow *const window = intake->window;

  if (sst_window_length (window) == 0)
    return SST_INTAKE_BEGIN;
  if (!sst_window_continues (window, width > 0 ? width : window->width,
          height > 0 ? height : window->height, time))
    return SST_INTAKE_TURN;
  return sst_window_is_due (window, time) ? SST_INTAKE_TAKE : SST_INTAKE_PASS;
}

void
sst_intake_add (SstIntake * intake, const SstFrame * frame, SstTime time,
    const SstProposal * proposals, guint n)
{
  sst_window_add (intake->window, intake->sampler, frame, time, proposals, n);
}

const SstWindow *
sst_intake_window (const SstIntake * intake)
{
  return intake->window;
}

SstWindow *
sst_intake_steal (SstIntake * intake)
{
  SstWindow *const window = intake->window;

  intake->window = sst_window_new ();
  return window;
}

void
sst_intake_count (SstIntake * intake, SstTime time)
{
  if (intake->last != TIME_NONE && time > intake->last
      && time - intake->last <= SST_WINDOW_MAX_GAP)
    intake->passed += time - intake->last;
  intake->last = time;
}

SstTime
sst_intake_take_passed (SstIntake * intake)
{
  const SstTime passed = intake->passed;

  intake->passed = 0;
  return passed;
}

void
sst_intake_interrupt (SstIntake * intake)
{
  intake->last = TIME_NONE;
}
