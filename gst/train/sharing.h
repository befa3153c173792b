/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* Sharing (of sstrack-train): files that several ranks read together.
 *
 * Each file is decoded by one rank, of those that can read it the one with
 * the fewest bytes so far; then every rank gets all pictures, in one order,
 * whatever the number of ranks. So pairs can be drawn from all of the
 * footage by every rank. Pictures go from machine to machine for that,
 * once. */

#pragma once

#include "gstssreader.h"

/* As gst_ss_reader_read(), all ranks together. Files that only some of them
 * can read are read by those, and complained about. All ranks have an
 * error, or none. */
SstFootage *read_together (const gchar * const *paths,
    const GstSsReaderParams * params, GstSsReaderSummary * summary,
    GError ** error);

/* As gst_ss_reader_fill(), into the store of a folder that all ranks see:
 * each decodes its files into a part of its own there, which the first one
 * then takes over, in the order that one process would have. What is
 * decoded is there twice for a while. All ranks have an error, or none. */
gboolean fill_together (const gchar * folder, const gchar * const *paths,
    const GstSsReaderParams * params, GstSsReaderSummary * summary,
    GError ** error);
