/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* libgstsstrack: reads what sstracker says of a frame, from C and, by
 * GObject-Introspection (namespace GstSsTrack, 1.0), from Python, Rust and the
 * rest.
 *
 *   trackframe    what a tracker says of a frame: its targets   <- start here
 *   tracktarget   one target
 *
 * In Python:
 *
 *   for frame in GstSsTrack.Frame.get_all(buffer):
 *       for target in frame.get_targets():
 *           print(frame.get_source(), target.id, target.x, target.y)
 *
 * Everything is a copy of what the buffer has, never changes, and may be read
 * by any number of threads. Nothing here writes to a buffer. */

#pragma once

#include <gst/sstrack/trackframe.h>
#include <gst/sstrack/tracktarget.h>
