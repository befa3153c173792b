/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

#include <sstrack/learn.h>

const char *
sst_refused_to_string (SstRefused refused)
{
  static const char *const names[SST_N_REFUSED] = {
    "still", "lost", "blurred", "cut", "short", "cycle", "disagreed", "small"
  };

  g_return_val_if_fail ((guint) refused < SST_N_REFUSED, NULL);

  return names[refused];
}
