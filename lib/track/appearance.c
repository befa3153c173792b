/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

#include "track/appearance.h"

#include <math.h>
#include <string.h>

struct _SstAppearance
{
  int grid, n_channels;
  int width, height;            /* of the templates, cells */
  size_t room;                  /* floats of each */
  float *first, *recent;        /* n_channels planes of width x height */
};

SstAppearance *
sst_appearance_new (int grid, int n_channels)
{
  SstAppearance *appearance = g_new0 (SstAppearance, 1);

  appearance->grid = grid;
  appearance->n_channels = n_channels;
  return appearance;
}

void
sst_appearance_free (SstAppearance ** appearance)
{
  if (*appearance == NULL)
    return;
  g_free ((*appearance)->first);
  g_free ((*appearance)->recent);
  g_clear_pointer (appearance, g_free);
}

static size_t
template_size (const SstAppearance * appearance)
{
  return (size_t) appearance->width * appearance->height
      * appearance->n_channels;
}

static void
make_room (SstAppearance * appearance, size_t size)
{
  if (appearance->room >= size)
    return;
  appearance->room = size;
  appearance->first = g_renew (float, appearance->first, size);
  appearance->recent = g_renew (float, appearance->recent, size);
}

/* First cell of a template whose middle is d cells off the middle of the
 * planes; -1 where it does not fit. */
static int
origin (const SstAppearance * appearance, int length, float d)
{
  const float start = 0.5f * (appearance->grid - length) + d;

  if (!(start > -0.5f && start < appearance->grid - length + 0.5f))
    return -1;
  return CLAMP ((int) lrintf (start), 0, appearance->grid - length);
}

void
sst_appearance_start (SstAppearance * appearance, const float *channels,
    float width, float height)
{
  const float most = appearance->grid;

  appearance->width = (int) lrintf (CLAMP (width, 3.f, most));
  appearance->height = (int) lrintf (CLAMP (height, 3.f, most));
  make_room (appearance, template_size (appearance));
  memset (appearance->recent, 0, template_size (appearance) * sizeof (float));
  sst_appearance_learn (appearance, channels, 0.f, 0.f, 1.f);
  memcpy (appearance->first, appearance->recent,
      template_size (appearance) * sizeof (float));
}

void
sst_appearance_learn (SstAppearance * appearance, const float *channels,
    float dx, float dy, float rate)
{
  const int n = appearance->grid;
  const int x0 = origin (appearance, appearance->width, dx);
  const int y0 = origin (appearance, appearance->height, dy);
  float *out = appearance->recent;

  if (x0 < 0 || y0 < 0)
    return;
  for (int c = 0; c < appearance->n_channels; c++) {
    for (int y = 0; y < appearance->height; y++) {
      const float *in = channels + ((size_t) c * n + y0 + y) * n + x0;

      for (int x = 0; x < appearance->width; x++, out++)
        *out += rate * (in[x] - *out);
    }
  }
}

SstLikeness
sst_appearance_compare (const SstAppearance * appearance,
    const float *channels, float dx, float dy)
{
  const int n = appearance->grid;
  const int x0 = origin (appearance, appearance->width, dx);
  const int y0 = origin (appearance, appearance->height, dy);
  const float *f = appearance->first, *r = appearance->recent;
  float seen = 1e-6f, first = 1e-6f, recent = 1e-6f;
  float with_first = 0.f, with_recent = 0.f;

  if (x0 < 0 || y0 < 0)
    return (SstLikeness) { -1.f, -1.f };
  for (int c = 0; c < appearance->n_channels; c++) {
    for (int y = 0; y < appearance->height; y++) {
      const float *in = channels + ((size_t) c * n + y0 + y) * n + x0;

      for (int x = 0; x < appearance->width; x++, f++, r++) {
        seen += in[x] * in[x];
        first += *f * *f;
        recent += *r * *r;
        with_first += in[x] * *f;
        with_recent += in[x] * *r;
      }
    }
  }
  return (SstLikeness) {
    with_first / sqrtf (seen * first), with_recent / sqrtf (seen * recent)
  };
}
