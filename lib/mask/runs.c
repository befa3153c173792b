/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* Run lengths as COCO writes them (Lin et al., "Microsoft COCO: Common Objects
 * in Context", 2014; the format is that of its API's masks): a run, or its
 * difference to the one before the last, in groups of 5 bits from the lowest,
 * each a character from '0' on; bit 5 says that more follow, bit 4 of the last
 * is the sign. */

#include <sstrack/mask.h>

#include <math.h>

typedef struct
{
  GString *text;
  gint64 run, before[2];        /* the present run; the last two */
  guint n;
  gboolean target;              /* of the present run */
} Runs;

static void
end_run (Runs * runs)
{
  gint64 x = runs->run - (runs->n > 2 ? runs->before[1] : 0);
  gboolean more = TRUE;

  while (more) {
    char c = (char) (x & 0x1f);

    x >>= 5;
    more = (c & 0x10) != 0 ? x != -1 : x != 0;
    g_string_append_c (runs->text, (char) ((more ? c | 0x20 : c) + 48));
  }
  runs->before[1] = runs->before[0];
  runs->before[0] = runs->run;
  runs->run = 0;
  runs->n++;
}

static void
add (Runs * runs, gboolean target, gint64 n)
{
  if (n == 0)
    return;
  if (target != runs->target) {
    end_run (runs);
    runs->target = target;
  }
  runs->run += n;
}

char *
sst_mask_run_lengths (const SstMask * mask, int width, int height)
{
  g_return_val_if_fail (mask != NULL, NULL);

  const SstBox *const w = &mask->window;
  const int x0 = (int) CLAMP (floorf (w->x), 0.f, width);
  const int y0 = (int) CLAMP (floorf (w->y), 0.f, height);
  const int x1 = (int) CLAMP (ceilf (w->x + w->width), x0, width);
  const int y1 = (int) CLAMP (ceilf (w->y + w->height), y0, height);
  const int columns = x1 - x0, rows = y1 - y0;
  g_autofree guint8 *data = g_malloc ((gsize) columns * rows + 1);
  Runs runs = {.text = g_string_new (NULL) };

  sst_mask_draw (mask, &(SstBox) { x0, y0, columns, rows }, columns, rows,
      data, columns);
  add (&runs, FALSE, (gint64) x0 * height);
  for (int x = 0; x < columns; x++) {
    add (&runs, FALSE, y0);
    for (int y = 0; y < rows; y++)
      add (&runs, data[(gsize) y * columns + x] != 0, 1);
    add (&runs, FALSE, height - y1);
  }
  add (&runs, FALSE, (gint64) (width - x1) * height);
  end_run (&runs);
  return g_string_free (runs.text, FALSE);
}
