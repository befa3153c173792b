/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* What targets look like, and whom: the set's part of an album. */

#include "track/targets_private.h"

#include <string.h>

#include "track/album_private.h"
#include "track/tracker_identity.h"

/* Sure portraits that a new target is compared by: one alone may be of a moment
 * at which it looks like somebody else. */
#define INTRODUCTION 5

static SstTime
common_time (const SstTargets * targets)
{
  return targets->time + targets->params.membership.epoch;
}

static SstAlbumKey
key_of (const SstTargets * targets, const SstSlot * slot)
{
  return (SstAlbumKey) { targets->params.membership.member, slot->target.id,
      targets->params.membership.source };
}

void
sst_slot_free_introduction (SstSlot * slot)
{
  g_clear_pointer (&slot->introduction, g_free);
}

/* Keeps one of the first sure portraits. */
static void
introduce (SstSlot * slot, const float *portrait, int length, const char *model)
{
  if (slot->introduced_by != model)
    slot->n_introduced = 0;     /* portraits of two models are not alike */
  slot->introduced_by = model;
  if (slot->introduction == NULL)
    slot->introduction = g_new (float, (size_t) INTRODUCTION * length);
  memcpy (slot->introduction + (size_t) slot->n_introduced * length, portrait,
      length * sizeof (float));
  slot->n_introduced++;
}

/* Compares a new target with earlier ones, once. */
static void
compare (const SstTargets * targets, SstSlot * slot, int length)
{
  const SstAlbumKey key = key_of (targets, slot);

  if (slot->n_introduced < INTRODUCTION)
    return;
  slot->target.recognized = sst_album_recognize
      (targets->params.membership.album, &key, slot->introduction,
      INTRODUCTION, length, slot->introduced_by, common_time (targets),
      &slot->target.seen_as);
  slot->compared = TRUE;
  sst_slot_free_introduction (slot);
}

/* Keeps the album up to date, which costs something only where something
 * changed. */
static void
put (const SstTargets * targets, SstSlot * slot, const SstGallery * gallery,
    const char *model)
{
  const SstAlbumKey key = key_of (targets, slot);
  const SstState state = slot->target.now.state;
  const gboolean in_sight = state != SST_STATE_LOST;

  if (slot->album_serial == sst_gallery_serial (gallery)
      && slot->album_in_sight == in_sight)
    return;
  sst_album_put (targets->params.membership.album, &key, gallery, model,
      in_sight, common_time (targets));
  slot->album_serial = sst_gallery_serial (gallery);
  slot->album_in_sight = in_sight;
}

/* One target ended, or all of them: id 0. */
static void
end_in_album (const SstTargets * targets, guint64 id)
{
  const SstMembership *const membership = &targets->params.membership;
  const SstTime now = common_time (targets);

  sst_album_end (membership->album, membership->member, id,
      membership->timeout < G_MAXUINT64 - now ? now + membership->timeout
      : G_MAXUINT64);
}

/* Tells the album of a target that runs. */
static void
share (const SstTargets * targets, SstSlot * slot, gboolean sure)
{
  const char *model;
  const SstGallery *const gallery =
      sst_tracker_gallery (slot->tracker, &model);

  if (gallery == NULL)
    return;
  if (slot->target.portrait != NULL && sure && !slot->compared) {
    introduce (slot, slot->target.portrait, sst_gallery_length (gallery),
        model);
    compare (targets, slot, sst_gallery_length (gallery));
  }
  put (targets, slot, gallery, model);
}

void
sst_targets_portray (SstTargets * targets, SstSlot * slot)
{
  SstTarget *const target = &slot->target;
  const gboolean shares = targets->params.membership.album != NULL;
  gboolean sure = FALSE;

  target->portrait = NULL;
  target->recognized = FALSE;
  if (sst_slot_is_running (slot)) {
    if (targets->frame != NULL)
      target->portrait = sst_tracker_portrait (slot->tracker,
          &target->portrait_length, &sure);
    if (shares)
      share (targets, slot, sure);
  } else if (shares) {
    end_in_album (targets, target->id);
  }
}

void
sst_targets_end_in_album (SstTargets * targets)
{
  if (targets->params.membership.album != NULL)
    end_in_album (targets, 0);
}
