/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* Mining (of sstrack-train): tracklets of the material, on several threads. */

#pragma once

#include "footage/tracklet.h"

/* Tracklets of an earlier time, or new ones, which are written; NULL with
 * error, or without one where that was interrupted. A run that is resumed gets
 * those that it had. Of several ranks the first one reads and writes, and all of
 * them mine; all have the same in the end. All ranks. */
SstTracklets *get_tracklets (const SstFootage * footage, GError ** error);
