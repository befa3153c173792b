/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* sstracker, for its own sources: the element's state, and which thread may touch
 * which part of it. gstsstracker.c has a frame and the element's life. */

#pragma once

#include <gst/video/video.h>
#include <sstrack/model.h>
#include <sstrack/select.h>
#include <sstrack/targets.h>

#include "gstssclick.h"
#include "gstsseffect.h"
#include "gstssgallery.h"
#include "gstssjson.h"
#include "gstssmask.h"
#include "gstssmodel.h"
#include "gstssmodelwatch.h"
#include "gstssoverlay.h"
#include "gstssrequest.h"
#include "gstssstats.h"
#include "gstsstarget.h"
#include "gstsstracker.h"

G_BEGIN_DECLS

#define DEFAULT_PROP_INIT_BOX NULL
#define DEFAULT_PROP_INIT_FROM \
    (GST_SS_TRACKER_INIT_FROM_PROPERTY | GST_SS_TRACKER_INIT_FROM_ROI)
#define DEFAULT_PROP_INIT_LABEL NULL
#define DEFAULT_PROP_MAX_TARGETS 16
#define DEFAULT_PROP_LOST_TIMEOUT (10 * GST_SECOND)
#define DEFAULT_PROP_MIN_CONFIDENCE 0.2
#define DEFAULT_PROP_BUDGET 0
#define DEFAULT_PROP_SEARCH_WINDOWS 1
#define DEFAULT_PROP_CAMERA_MOTION TRUE
#define DEFAULT_PROP_RESET_ON (GST_SS_TRACKER_RESET_ON_FLUSH | \
    GST_SS_TRACKER_RESET_ON_STREAM_START | GST_SS_TRACKER_RESET_ON_CAPS)
#define DEFAULT_PROP_OVERLAY FALSE
#define DEFAULT_PROP_OVERLAY_THICKNESS 0
#define DEFAULT_PROP_OVERLAY_LABELS TRUE
#define DEFAULT_PROP_MESSAGES GST_SS_TRACKER_MESSAGES_STATE
#define DEFAULT_PROP_JSON_LOCATION NULL
#define DEFAULT_PROP_MODEL NULL
#define DEFAULT_PROP_MODEL_NAME ""
#define DEFAULT_PROP_MAX_OPERATIONS GST_SS_DEFAULT_MAX_OPERATIONS
#define DEFAULT_PROP_RELOAD FALSE
#define DEFAULT_PROP_SELECT_ON_CLICK FALSE
#define DEFAULT_PROP_CLICK_SIZE 0
#define DEFAULT_PROP_CLICK_FIT FALSE
#define DEFAULT_PROP_N_THREADS 1
#define DEFAULT_PROP_MASK GST_SS_MASK_NONE
#define DEFAULT_PROP_MASK_INTERVAL 1
#define DEFAULT_PROP_MASK_TARGETS 4
#define DEFAULT_PROP_MASK_BOX TRUE
#define DEFAULT_PROP_POINTS 0
#define DEFAULT_PROP_EFFECT GST_SS_EFFECT_NONE
#define DEFAULT_PROP_GALLERY_TIMEOUT 0
#define DEFAULT_PROP_GALLERY_NAME ""
#define DEFAULT_PROP_EMBEDDING GST_SS_TRACKER_EMBEDDING_NONE
/* Value of the property model: no learned model. */
#define MODEL_NONE "none"
/* Of any picture, as in the caps. */
#define LARGEST_SIDE 32768

/* The settings that are read once a frame. */
typedef struct
{
  GstSsTrackerInitFrom init_from;
  guint max_targets;
  GstClockTime lost_timeout;
  gdouble min_confidence;
  guint budget, search_windows;
  gboolean camera_motion;
  GstSsTrackerResetOn reset_on;
  gboolean overlay;
  GstSsOverlayStyle style;
  GstSsTrackerMessages messages;
  gboolean select_on_click;
  guint click_size;
  gboolean click_fit;
  guint n_threads;
  GstSsMaskPart mask;
  guint mask_interval, mask_targets;
  gboolean mask_box;
  guint points;
  GstSsEffectKind effect;
  GstClockTime gallery_timeout;
  GstSsTrackerEmbedding embedding;
} Settings;

/* Times of a frame. */
typedef struct
{
  GstClockTime pts, stream_time;        /* may be GST_CLOCK_TIME_NONE */
  GstClockTime running_time;    /* by the set's clock */
} Times;

struct _GstSsTracker
{
  GstSsFilter filter;

  /* Under the object lock. */
  Settings settings;
  gchar *init_label;
  gchar *init_box;
  gboolean init_box_pending;    /* it waits for a frame */
  gchar *json_location, *model, *model_name;
  gchar *gallery_name;
  guint64 max_operations;
  gboolean reload;
  GArray *requests;             /* GstSsRequest, waiting for a frame */
  gboolean warned_requests;
  GstSsClick click;
  GstSsStats stats;
  /* The pointer changes under the lock in start() and stop(), and when an id is
   * wanted earlier; the set itself belongs to the streaming thread, all but
   * sst_targets_reserve_id(). */
  SstTargets *targets;
  SstAlbum *album;              /* from start() to stop(), with the name that
                                 * it is shared by; NULL: there is none */
  gchar *album_name;
  const gchar *album_source;    /* interned: the element's name */
  guint64 album_member;
  SstTime album_now;            /* of the last frame, on the clock of all */
  guint store_serial;           /* of the store when it was last looked at */
  SstModel *learned;            /* in use, from start() to stop(); NULL: none.
                                 * Only the streaming thread changes it */
  SstModel *reloaded;           /* waits for a frame */

  GstSsModelWatch *watch;       /* of start() and stop() */

  gint running;                 /* atomic; pads let buffers through before
                                 * start() has returned */

  /* Of the streaming thread. */
  gboolean have_info;
  SstModel *shared;             /* last taken from the store */
  SstTargetsParams params;      /* the set has these */
  gboolean have_params;
  GstSsJson *json;
  GArray *taken;                /* GstSsRequest, scratch */
  gchar *wanted_label;          /* init_label, as of this frame */
  GArray *boxes;                /* GstSsBox, scratch */
  GArray *detections;           /* SstDetection, of this frame */
  GArray *near;                 /* SstDetection, scratch */
  GArray *ended;                /* SstTarget, since the last line of JSON */
  GArray *clicked;              /* guint64, targets of clicks, oldest first */
  guint n_clicked;              /* of them, in this frame */
  SstBox last_clicked;          /* the last one of these */
  GstSsEffect *effect;
  SstSelector *selector;        /* NULL: nothing was selected yet */
  SstModel *selector_model;     /* that it was made with */
  guint64 n_since_flush;        /* frames */
  gboolean went_back;           /* by a flush, perhaps to where the boxes of
                                 * init-box began */
  GstClockTime boxes_began;     /* stream time, if that is known */
  gboolean had_boxes;           /* of init-box, since the last reset */
  gboolean boxes_move;          /* they begin anew in the next frame */
  gboolean warned_mask;
  gchar *stream_id;
  gboolean have_segment;
  guint64 n_frames;
  Times times;                  /* of the last frame */
  guint64 n_turned_away;        /* not told yet */
  gboolean told_no_source;      /* or there is one */
  SstTime first_frame;          /* on the clock */
  gboolean told_no_room;
  SstTime no_room_at;           /* when it was told last */
};

#define GST_TYPE_SS_TRACKER_MESSAGES (gst_ss_tracker_messages_get_type ())
#define GST_TYPE_SS_TRACKER_INIT_FROM (gst_ss_tracker_init_from_get_type ())
#define GST_TYPE_SS_TRACKER_RESET_ON (gst_ss_tracker_reset_on_get_type ())
#define GST_TYPE_SS_TRACKER_EMBEDDING (gst_ss_tracker_embedding_get_type ())
GType gst_ss_tracker_messages_get_type (void);
GType gst_ss_tracker_init_from_get_type (void);
GType gst_ss_tracker_reset_on_get_type (void);
GType gst_ss_tracker_embedding_get_type (void);

/* ---- gstsstracker.c ---- */

/* With the object lock held. */
SstTargets *gst_ss_tracker_ensure_targets (GstSsTracker * self);

/* Targets of the last frame; those that run, once its events were told. */
const SstTarget *gst_ss_tracker_get_targets (const GstSsTracker * self, guint * n);
guint gst_ss_tracker_n_running (const GstSsTracker * self);

/* ---- gstsstrackerstream.c ---- */

/* Ends all that run, at once, and says so. */
void gst_ss_tracker_end_all (GstSsTracker * self, SstEndReason reason);

/* Takes the pictures' size; targets follow it, or end where the shape is another.
 * FALSE: these are no caps of pictures. */
gboolean gst_ss_tracker_take_caps (GstSsTracker * self, GstCaps * caps);

/* Does to the targets as an event of the stream demands, which goes on its way
 * afterwards. */
void gst_ss_tracker_take_event (GstSsTracker * self, GstEvent * event);

/* ---- gstsstrackerreport.c ---- */

/* Says which target somebody clicked on. */
void gst_ss_tracker_post_selected (GstSsTracker * self, const SstTarget * target,
    const Settings * settings);

/* A message about all targets of a frame. */
void gst_ss_tracker_post_frame (GstSsTracker * self);

/* Tells how many targets and detections had no room, once a second at most. */
void gst_ss_tracker_post_no_room (GstSsTracker * self, guint n);

/* Writes a JSON line: of the present frame, or only of the targets that ended. parts:
 * the fields beside the boxes; NULL: nothing. */
void gst_ss_tracker_write_json (GstSsTracker * self, gboolean is_frame,
    const GstSsTargetParts * parts);

/* Writes the ends that no frame tells any more. */
void gst_ss_tracker_finish_json (GstSsTracker * self);

/* Tells the events of the targets since the last call, in a frame or between
 * two, and then forgets those that ended. */
void gst_ss_tracker_tell_events (GstSsTracker * self, GstSsTrackerMessages messages);

/* ---- gstsstrackermodel.c ---- */

/* Lets go of the model, of the watch over its file and of the store. */
void gst_ss_tracker_stop_model (GstSsTracker * self);

/* Loads the model that the property names, NULL where that is none, and joins
 * those who share models. Posts an error and returns FALSE where it can't be
 * had. */
gboolean gst_ss_tracker_start_model (GstSsTracker * self);

/* Looks for another model, as elements that learn publish them, or in the file
 * that changed. Of both the file's is taken: somebody put it there. */
void gst_ss_tracker_take_model (GstSsTracker * self);

/* ---- gstsstrackerrequests.c ---- */

/* Frees the selector that fits clicks, until it is needed again. */
void gst_ss_tracker_drop_selector (GstSsTracker * self);

/* Queues a request until the next frame. FALSE, with a warning the first time,
 * where too much waits already. From any thread, without the object lock. */
gboolean gst_ss_tracker_ask (GstSsTracker * self, const GstSsRequest * request);

/* The targets that look most like one, at most n (gstssgallery.h). */
GstStructure *gst_ss_tracker_find_similar (GstSsTracker * self, guint64 id,
    guint n);

/* The time that all who share a gallery have in common: the pipeline's clock. */
SstTime gst_ss_tracker_epoch (GstSsTracker * self);

/* Replaces the targets that the property started by those of a new value. */
void gst_ss_tracker_apply_init_box (GstSsTracker * self, const gchar * text);

/* Adds the action signals to the class. */
void gst_ss_tracker_install_signals (GObjectClass * object_class);

/* Carries out the requests since the last frame. */
void gst_ss_tracker_apply_requests (GstSsTracker * self, GstBuffer * buffer,
    const Settings * settings);

/* ---- gstsstrackerproperties.c ---- */

/* The class's. */
void gst_ss_tracker_set_property (GObject * object, guint prop_id,
    const GValue * value, GParamSpec * pspec);

void gst_ss_tracker_get_property (GObject * object, guint prop_id, GValue * value,
    GParamSpec * pspec);

/* Adds the properties to the class. */
void gst_ss_tracker_install_properties (GObjectClass * object_class);

G_END_DECLS
