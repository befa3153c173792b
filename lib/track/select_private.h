/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* Select (internal): the regions that a selector chooses from, for fitting the
 * choice. */

#pragma once

#include <sstrack/select.h>

G_BEGIN_DECLS

#define SST_SELECTOR_SIZES 12
#define SST_SELECTOR_TRAITS 5

/* Finds the things about a place: one for each size of a square that fits the
 * picture, the smaller ones first, and what each is judged by. Returns how many,
 * at least 1. */
int sst_selector_list (SstSelector * selector, const SstFrame * frame, float x,
    float y, SstBox things[SST_SELECTOR_SIZES],
    float traits[SST_SELECTOR_SIZES][SST_SELECTOR_TRAITS]);

G_END_DECLS
