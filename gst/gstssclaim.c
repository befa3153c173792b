/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <string.h>

#include "gstssclaim.h"

typedef struct
{
  gconstpointer owner, party;
  gchar *key;
} Claim;

static GMutex lock;
static GSList *claims;          /* of Claim, under the lock; there are few */

gboolean
gst_ss_claim (gconstpointer owner, gconstpointer party, const gchar * key)
{
  gboolean alone = TRUE, known = FALSE;

  g_mutex_lock (&lock);
  for (GSList * item = claims; item != NULL; item = item->next) {
    const Claim *claim = item->data;

    if (strcmp (claim->key, key) != 0)
      continue;
    known |= claim->owner == owner;
    alone &= claim->owner == owner
        || (party != NULL && claim->party == party);
  }
  if (!known) {
    Claim *claim = g_new (Claim, 1);

    *claim = (Claim) { owner, party, g_strdup (key) };
    claims = g_slist_prepend (claims, claim);
  }
  g_mutex_unlock (&lock);
  return alone;
}

void
gst_ss_unclaim (gconstpointer owner, const gchar * key)
{
  GSList *item;

  g_mutex_lock (&lock);
  item = claims;
  while (item != NULL) {
    GSList *next = item->next;
    Claim *claim = item->data;

    if (claim->owner == owner
        && (key == NULL || strcmp (claim->key, key) == 0)) {
      claims = g_slist_delete_link (claims, item);
      g_free (claim->key);
      g_free (claim);
    }
    item = next;
  }
  g_mutex_unlock (&lock);
}
