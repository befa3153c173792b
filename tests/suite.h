/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* Suite: the main() of the library's test programs, as GST_CHECK_MAIN is that of
 * the elements'. A program defines `static Suite *NAME_suite (void)` and ends
 * with SUITE_MAIN (NAME). */

#pragma once

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#define SUITE_SKIPPED 77        /* to Meson */

/* Why some tests of the program can't be run here; NULL: all can. Set while the
 * suite is made. */
static const char *suite_skips;

/* Runs a suite, which it frees. Returns what main() returns. */
static inline int
suite_run (Suite * suite)
{
  SRunner *const runner = srunner_create (suite);
  int failed;

  srunner_run_all (runner, CK_ENV);
  failed = srunner_ntests_failed (runner);
  srunner_free (runner);
  if (suite_skips != NULL)
    printf ("skipped: %s\n", suite_skips);
  return failed != 0 ? EXIT_FAILURE
      : suite_skips != NULL ? SUITE_SKIPPED : EXIT_SUCCESS;
}

#define SUITE_MAIN(name)                                \
  int                                                   \
  main (void)                                           \
  {                                                     \
    return suite_run (name##_suite ());                 \
  }
