/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* API: marks what libgstsstrack exports. */

#pragma once

#ifdef __GNUC__
#define GST_SS_TRACK_API __attribute__ ((visibility ("default"))) extern
#else
#define GST_SS_TRACK_API extern
#endif
