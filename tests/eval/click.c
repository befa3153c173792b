/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* What a click selects in a raw I420 frame, for click.py:
 *
 *   click WIDTHxHEIGHT X,Y MODEL|builtin [list] < frame.i420
 *
 * Prints "x y width height" of what is selected (all 0: nothing); with "list"
 * a line for each thing that it is chosen from, with what it is judged by. The
 * processor time goes to standard error, milliseconds. */

#include <cblas.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <sstrack/sstrack.h>

#include "raw.h"
#include "track/select_private.h"

static void
print_box (const SstBox * box)
{
  printf ("%.2f %.2f %.2f %.2f", box->x, box->y, box->width, box->height);
}

static void
list (SstSelector * selector, const SstFrame * frame, float x, float y)
{
  SstBox things[SST_SELECTOR_SIZES];
  float traits[SST_SELECTOR_SIZES][SST_SELECTOR_TRAITS];
  const int n = sst_selector_list (selector, frame, x, y, things, traits);

  for (int i = 0; i < n; i++) {
    print_box (&things[i]);
    for (int k = 0; k < SST_SELECTOR_TRAITS; k++)
      printf (" %.5f", traits[i][k]);
    printf ("\n");
  }
}

static void
select_thing (SstSelector * selector, const SstFrame * frame, float x, float y)
{
  SstBox box;

  if (!sst_selector_thing (selector, frame, x, y, &box))
    box = (SstBox) { 0.f, 0.f, 0.f, 0.f };
  print_box (&box);
  printf ("\n");
}

int
main (int argc, char **argv)
{
  g_autoptr (GError) error = NULL;
  g_autofree guint8 *data = NULL;
  SstSelector *selector;
  SstModel *model;
  int width, height;
  size_t size;
  SstFrame frame;
  float x, y;
  clock_t before;

  if (argc < 4 || argc > 5 || (argc == 5 && strcmp (argv[4], "list") != 0)
      || sscanf (argv[1], "%dx%d", &width, &height) != 2
      || sscanf (argv[2], "%f,%f", &x, &y) != 2 || width < 1 || height < 1
      || width > SST_FRAME_MAX_SIDE || height > SST_FRAME_MAX_SIDE) {
    fputs ("click: want WIDTHxHEIGHT X,Y MODEL|builtin [list]\n", stderr);
    return EXIT_FAILURE;
  }
  size = (size_t) width * height + 2 * (size_t) ((width + 1) / 2)
      * ((height + 1) / 2);
  data = g_malloc (size);
  model = load_model (argv[3], &error);
  if (model == NULL || fread (data, size, 1, stdin) != 1) {
    fprintf (stderr, "click: %s\n", error != NULL ? error->message
        : "no model, or no frame");
    return EXIT_FAILURE;
  }
  openblas_set_num_threads (1);
  frame = view_i420 (data, width, height);
  selector = sst_selector_new (model);
  before = clock ();
  (argc == 5 ? list : select_thing) (selector, &frame, x, y);
  fprintf (stderr, "%.1f\n", (clock () - before) * 1e3 / CLOCKS_PER_SEC);
  sst_selector_free (&selector);
  sst_model_unref (model);
  return EXIT_SUCCESS;
}
