/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* Suite: the end of a test program's main(). */

#pragma once

#include <check.h>
#include <stdlib.h>

/* Runs a suite, which it frees. Returns what main() returns. */
static inline int
suite_run (Suite * suite)
{
  SRunner *const runner = srunner_create (suite);
  int failed;

  srunner_run_all (runner, CK_ENV);
  failed = srunner_ntests_failed (runner);
  srunner_free (runner);
  return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
