/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* What the tests of sstracker share: a scene with a moving thing, frames of it
 * as buffers in any format, and short ways to what came out. */

#pragma once

#include <gst/check/check.h>
#include <gst/check/gstharness.h>
#include <gst/video/video.h>

#include "scene.h"

G_BEGIN_DECLS

/* The scene: THING moves over a textured ground. */
#define WIDTH 320
#define HEIGHT 240
#define FRAME_TIME (GST_SECOND / 25)
#define I420_CAPS \
    "video/x-raw,format=I420,width=320,height=240,framerate=25/1"

typedef struct
{
  Scene *scene;
  int thing;                    /* the sprite */
  GstHarness *h;
  GstElement *tracker;
  GstBus *bus;                  /* gets the tracker's messages */
  GQueue element, warnings;     /* of these, taken from the bus in order */
  int t;                        /* the next frame */
} Fixture;

/* launch: a description of a pipeline with an sstracker called "t" in it, for
 * gst_harness_new_parse(). caps: of its source, or NULL for I420_CAPS. */
Fixture *fixture_new (const gchar * launch, const gchar * caps);
void fixture_free (Fixture * f);

/* The box of the thing in the frame pushed last. */
SstBox fixture_truth (Fixture * f);

/* The next frame of the scene as a buffer, timestamped. */
GstBuffer *fixture_buffer (Fixture * f);

/* Pushes the next frame, or `buffer`; returns what comes out. */
GstBuffer *fixture_push (Fixture * f);
GstBuffer *fixture_push_buffer (Fixture * f, GstBuffer * buffer);

/* Pushes n frames and drops what comes out. */
void fixture_run (Fixture * f, int n);

/* For a thread: pushes frames until they are not taken any more. fixture: a
 * Fixture. Returns NULL. */
gpointer fixture_push_all (gpointer fixture);

/* Sets init-box to the thing's box in the next frame. */
void fixture_follow (Fixture * f);

/* A picture in a GstVideoInfo's own layout, as a new buffer. */
GstBuffer *buffer_from_view (const SstFrame * view, const GstVideoInfo * info);

/* A target as a buffer's GstSsTrackMeta has it. */
typedef struct
{
  guint64 id;
  SstBox box;
  gdouble confidence, vx, vy;
  guint64 first_seen, last_seen;
  gboolean predicted;
  gchar label[32], state[16], event[16];
} Found;

/* The list's length; 0 without the meta. */
guint count_targets (GstBuffer * buffer);

/* The i-th target; fails the test where there is none. */
Found get_target (GstBuffer * buffer, guint i);
Found read_target (const GstStructure * structure);

/* Region metas. */
guint count_regions (GstBuffer * buffer);
GstVideoRegionOfInterestMeta *get_region (GstBuffer * buffer, gint id);

/* The next element message of that name from the tracker, others are dropped;
 * NULL if there is none. */
GstStructure *pop_message (Fixture * f, const gchar * name);

/* The next "sstracker/state"; fails unless it tells of that event. Returns the
 * target's id. */
guint64 expect_event (Fixture * f, const gchar * event, const gchar * reason);
void expect_no_event (Fixture * f);

/* The next warning's text contains `text`. */
void expect_warning (Fixture * f, const gchar * text);
void expect_no_warning (Fixture * f);

guint64 get_stat (Fixture * f, const gchar * field);

/* The same of an sstrain that is called "t". */
guint64 get_train_stat (Fixture * f, const gchar * field);

/* --- what both elements have in common; element: the factory's name --------- */

/* Fails unless the element has n_own properties of its own, each of which has the
 * default that it says, a blurb, and says when it may change. */
void check_property_defaults (const gchar * element, guint n_own);

typedef struct
{
  const gchar *name, *value;    /* as text */
} PropertyCase;

/* Sets each: it is read as it was set, and notified once, not for the same again. */
void check_property_cases (const gchar * element, const PropertyCase * cases,
    guint n);

/* Caps that no pad of ours takes. */
void check_refused_caps (const gchar * element);

/* Runs a pipeline whose element "t" has that model (and max-operations, unless that is
 * NULL) to its end. Where it does not start it returns the element's error; then the
 * pipeline has to run with the model "repaired". */
GError *run_with_model (const gchar * launch, const gchar * model,
    const gchar * max_operations, const gchar * repaired);

/* Fails unless error (freed) is of that code, and names path, reason and hint. */
void check_model_error (GError * error, GstResourceError code,
    const gchar * path, const gchar * reason, const gchar * hint);

/* Files that are no models, and one that is. run: as run_with_model(); expect: as
 * check_model_error(). */
void check_model_files (GError * (*run) (const gchar * model),
    void (*expect) (GError * error, GstResourceError code, const gchar * path,
        const gchar * reason));

/* Fails unless the types of an element's properties that are the plugin's own, three
 * or more, are marked as such. type: name of the element's. */
void check_plugin_api (const gchar * type);

G_END_DECLS
