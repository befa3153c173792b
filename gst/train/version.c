/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "version.h"

#include "gstsscommit.h"

gchar *
make_version (void)
{
  return *SST_COMMIT != '\0' ? g_strdup (PACKAGE_VERSION " (" SST_COMMIT ")") :
      g_strdup (PACKAGE_VERSION);
}
