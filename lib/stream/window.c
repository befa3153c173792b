/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

#include "stream/window.h"

#include <math.h>
#include <string.h>

#include <sstrack/motion.h>

#include "base/cut.h"
#include "picture/denoise.h"

/* A judge looks at luma in small. */
#define THUMB_SIDE 120          /* longest side: 4 pixels become one, which
                                 * takes five sixths of the noise off */
#define THUMB_PIXELS (THUMB_SIDE * THUMB_SIDE)
#define LEVELS 256

/* Sharp: the steepest hundredth of the picture. Low contrast at night and a
 * lens out of focus have to pass: these are what there is to learn about. */
#define STEEP_SHARE 0.01f
#define MIN_STEEP 3             /* grey levels a pixel of the thumbnail */

/* Still: a change counts that stands out of the noise; a thing of 16 x 16
 * pixels that moves by its size changes 32 pixels of the thumbnail. */
#define NOISE_FACTOR 6          /* times the median change; 4 sigmas */
#define MIN_CHANGE 4            /* grey levels, and */
#define SURE_CHANGE 40          /* what no noise makes */
#define MIN_CHANGED 8           /* pixels of the thumbnail */
#define CAMERA_WAY 3.f          /* pixels of the picture */
#define N_LOOKS 4               /* pictures that are compared with the first */

struct _SstWindowJudge
{
  SstMotion *motion;
  SstSampler *sampler;
  float *thumb, *first;         /* THUMB_PIXELS */
};

static void
proposals_free (gpointer data)
{
  g_array_unref (data);
}

SstWindow *
sst_window_new (void)
{
  SstWindow *window = g_new0 (SstWindow, 1);

  window->footage = sst_footage_new ();
  window->proposals = g_ptr_array_new_with_free_func (proposals_free);
  return window;
}

void
sst_window_free (SstWindow ** window)
{
  if (*window == NULL)
    return;
  sst_footage_free (&(*window)->footage);
  g_ptr_array_unref ((*window)->proposals);
  for (guint i = 0; i < G_N_ELEMENTS ((*window)->piece); i++)
    sst_image_unref ((*window)->piece[i]);
  g_clear_pointer (window, g_free);
}

static SstClip *
clip_of (SstWindow * window)
{
  return g_ptr_array_index (window->footage->clips, 0);
}

guint
sst_window_length (const SstWindow * window)
{
  return window->proposals->len;
}

size_t
sst_window_size (const SstWindow * window)
{
  size_t size = sst_footage_size (window->footage);

  for (guint i = 0; i < G_N_ELEMENTS (window->piece); i++)
    if (window->piece[i] != NULL)
      size += sst_image_size (window->piece[i]);
  return size;
}

gboolean
sst_window_is_due (const SstWindow * window, SstTime time)
{
  return sst_window_length (window) == 0
      || time - window->last >= SST_WINDOW_MIN_GAP;
}

gboolean
sst_window_continues (const SstWindow * window, int width, int height,
    SstTime time)
{
  return sst_window_length (window) == 0
      || (width == window->width && height == window->height
      && time >= window->last && time - window->last <= SST_WINDOW_MAX_GAP);
}

void
sst_window_add (SstWindow * window, SstSampler * sampler,
    const SstFrame * frame, SstTime time, const SstProposal * proposals,
    guint n)
{
  const float longer = MAX (frame->width, frame->height);
  const float shorter = MIN (frame->width, frame->height);
  const float side = sqrtf (SST_WINDOW_MAX_PIXELS * longer / shorter);
  SstImage *const image = sst_image_new_by (sampler, frame,
      MIN ((int) side, SST_WINDOW_MAX_SIDE));
  const float x_scale = image->frame.width / (float) frame->width;
  const float y_scale = image->frame.height / (float) frame->height;
  GArray *const kept = g_array_new (FALSE, FALSE, sizeof (SstProposal));

  if (sst_window_length (window) == 0) {
    window->first = time;
    window->width = frame->width;
    window->height = frame->height;
    window->artifacts = sst_artifacts_measure (sampler, frame);
    sst_footage_add_clip (window->footage, "window");
  }
  if (sst_window_length (window) < G_N_ELEMENTS (window->piece))
    window->piece[sst_window_length (window)] =
        sst_artifacts_copy_piece (sampler, frame);
  for (guint i = 0; i < MIN (n, SST_WINDOW_MAX_PROPOSALS); i++) {
    SstProposal p = proposals[i];

    p.box = (SstBox) { p.box.x * x_scale, p.box.y * y_scale,
      p.box.width * x_scale, p.box.height * y_scale
    };
    g_array_append_val (kept, p);
  }
  g_ptr_array_add (window->proposals, kept);
  sst_clip_add (clip_of (window), image, time - window->first);
  window->last = time;
}

void
sst_window_measure_flicker (SstWindow * window)
{
  if (window->piece[0] != NULL && window->piece[1] != NULL)
    window->artifacts.flicker = sst_denoiser_measure (&window->piece[0]->frame,
        &window->piece[1]->frame);
}

void
sst_window_truncate (SstWindow * window, guint n)
{
  SstClip *const clip = clip_of (window);

  if (n >= sst_window_length (window))
    return;
  g_ptr_array_set_size (window->proposals, (int) n);
  sst_clip_truncate (clip, n);
  window->last = window->first + sst_clip_time (clip, n - 1);
}

/* --- judging ------------------------------------------------------------ */

SstWindowJudge *
sst_window_judge_new (void)
{
  SstWindowJudge *judge = g_new0 (SstWindowJudge, 1);

  judge->motion = sst_motion_new ();
  judge->sampler = sst_sampler_new ();
  judge->thumb = g_new (float, THUMB_PIXELS);
  judge->first = g_new (float, THUMB_PIXELS);
  return judge;
}

void
sst_window_judge_free (SstWindowJudge ** judge)
{
  if (*judge == NULL)
    return;
  sst_motion_free (&(*judge)->motion);
  sst_sampler_free (&(*judge)->sampler);
  g_free ((*judge)->thumb);
  g_free ((*judge)->first);
  g_clear_pointer (judge, g_free);
}

/* The luma in small, and its size. */
static void
shrink (SstWindowJudge * judge, const SstFrame * frame, float *thumb,
    int *width, int *height)
{
  const SstBox all = { 0.f, 0.f, frame->width, frame->height };
  const float scale = fminf (1.f,
      THUMB_SIDE / (float) MAX (frame->width, frame->height));

  *width = MAX (1, (int) (frame->width * scale));
  *height = MAX (1, (int) (frame->height * scale));
  sst_sampler_sample (judge->sampler, frame, &all, SST_SAMPLE_LUMA, *width,
      *height, thumb);
}

/* The least value such that at most share of n are above it. */
static int
upper_quantile (const guint * bins, guint n, float share)
{
  guint above = 0;

  for (int i = LEVELS - 1; i > 0; i--) {
    above += bins[i];
    if (above > share * n)
      return i;
  }
  return 0;
}

static gboolean
is_sharp (SstWindowJudge * judge, const SstFrame * frame)
{
  guint bins[LEVELS] = { 0 };
  int width, height;

  shrink (judge, frame, judge->thumb, &width, &height);
  if (width < 3 || height < 3)
    return FALSE;
  for (int y = 1; y < height - 1; y++)
    for (int x = 1; x < width - 1; x++) {
      const float *const at = judge->thumb + y * width + x;
      const float gx = at[1] - at[-1], gy = at[width] - at[-width];

      bins[MIN ((int) (0.5f * sqrtf (gx * gx + gy * gy)), LEVELS - 1)]++;
    }
  return upper_quantile (bins, (guint) ((width - 2) * (height - 2)),
      STEEP_SHARE) >= MIN_STEEP;
}

/* Whether the picture differs from judge->first by more than noise and a change
 * of light. */
static gboolean
has_changed (SstWindowJudge * judge, const SstFrame * frame)
{
  guint bins[LEVELS] = { 0 };
  float mean = 0.f;
  guint changed = 0;
  int width, height, n, least;

  shrink (judge, frame, judge->thumb, &width, &height);
  n = width * height;
  for (int i = 0; i < n; i++)
    mean += judge->thumb[i] - judge->first[i];
  mean /= n;
  for (int i = 0; i < n; i++)
    bins[MIN ((int) fabsf (judge->thumb[i] - judge->first[i] - mean),
            LEVELS - 1)]++;
  least = CLAMP (NOISE_FACTOR * (1 + upper_quantile (bins, (guint) n, 0.5f)),
      MIN_CHANGE, SURE_CHANGE);
  for (int i = least; i < LEVELS; i++)
    changed += bins[i];
  return changed >= MIN_CHANGED;
}

static gboolean
moves (SstWindowJudge * judge, const SstWindow * window)
{
  const SstClip *const clip = sst_footage_clip (window->footage, 0);
  const guint n = sst_clip_length (clip);
  int width, height;

  shrink (judge, sst_clip_frame (clip, 0), judge->first, &width, &height);
  for (guint i = 1; i <= N_LOOKS; i++)
    if (has_changed (judge, sst_clip_frame (clip, i * (n - 1) / N_LOOKS)))
      return TRUE;
  return FALSE;
}

/* Whether a target is lost and none is held. */
static gboolean
is_lost (const GArray * proposals)
{
  guint n_lost = 0;

  for (guint i = 0; i < proposals->len; i++) {
    const SstProposal *const p = &g_array_index (proposals, SstProposal, i);

    if (p->lost)
      n_lost++;
    else if (p->id != 0)
      return FALSE;
  }
  return n_lost > 0;
}

gboolean
sst_window_judge (SstWindowJudge * judge, SstWindow * window,
    SstLearnPause paused_when, SstRefused * refused)
{
  const SstClip *const clip = sst_footage_clip (window->footage, 0);
  const guint wanted = paused_when & SST_LEARN_PAUSE_CUT ?
      SST_WINDOW_WANTED_LENGTH : SST_WINDOW_MIN_LENGTH;
  float x = 0.f, y = 0.f, way = 0.f;
  guint n = 0;

  *refused = SST_REFUSED_CUT;
  sst_motion_reset (judge->motion);
  for (; n < sst_window_length (window) && !sst_cut_is_due (); n++) {
    const SstFrame *const frame = sst_clip_frame (clip, n);
    const SstCameraMotion camera = sst_motion_update (judge->motion, frame);

    if ((paused_when & SST_LEARN_PAUSE_LOST)
        && is_lost (g_ptr_array_index (window->proposals, n))) {
      *refused = SST_REFUSED_LOST;
      break;
    }
    if ((paused_when & SST_LEARN_PAUSE_BLURRED) && !is_sharp (judge, frame)) {
      *refused = SST_REFUSED_BLURRED;
      break;
    }
    if (camera.cut)
      break;
    x += camera.tx;
    y += camera.ty;
    way = fmaxf (way, hypotf (x, y));
  }
  if (n < wanted || sst_cut_is_due ())
    return FALSE;
  sst_window_truncate (window, n);
  if ((paused_when & SST_LEARN_PAUSE_STILL) && way < CAMERA_WAY
      && !moves (judge, window)) {
    *refused = SST_REFUSED_STILL;
    return FALSE;
  }
  return TRUE;
}
