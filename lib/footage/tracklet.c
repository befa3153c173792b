/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

#include "footage/tracklet.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include "base/text.h"
#include "footage/augment.h"

#define MAGIC "sstracker-tracklets "
#define VERSION 1
#define MAX_FILE_SIZE (G_GINT64_CONSTANT (1) << 28)
#define MAX_SIDE 1e5f           /* of a box, pixels; more is no box */

#define MOVING_SHARE 3.f
#define STILL_MOST 0.2f         /* of what is drawn, where anything moves */
#define STEP_SHARE 0.2f
#define MIN_SHARE 0.05f         /* of a tracklet of no quality */
#define STILL_RANK 0.5f         /* quality of a still one, in the curriculum */
#define FIRST_SHARE 0.25f       /* of the tracklets, at the start of it */

/* Jitter, of the target's size in the template and of the region's sides in
 * the search. */
#define TEMPL_SHIFT 0.025f
#define TEMPL_SIZE 0.04f
#define SEARCH_SIZE 0.25f
#define SEARCH_MIN_SIZE 0.5f
#define SEARCH_MAX_SIZE 2.f
#define SEARCH_SHIFT 0.31f
#define SEARCH_ASPECT 0.05f

#define ABSENT_CHANCE 0.04f
#define ABSENT_DRAWS 8
#define PASTE_CHANCE 0.3f
#define PASTE_SHIFT 1.1f        /* of the target's sides */
#define PASTE_SIZE 0.3f
#define PASTE_MAX_COVER 0.6f    /* of the target */

#define RECUR_SIDE 16
#define RECUR_PIXELS (RECUR_SIDE * RECUR_SIDE)
#define RECUR_GAP 2             /* steps that are far */
#define RECUR_SLACK 0.03f       /* of correlation under the best one's */
#define RECUR_FLAT 2.f          /* deviation, grey levels, of no texture */

G_DEFINE_QUARK (sst-tracklet-error-quark, sst_tracklet_error)

static void
tracklet_free (gpointer data)
{
  SstTracklet *tracklet = data;

  g_free (tracklet->steps);
  g_free (tracklet);
}

SstTracklets *
sst_tracklets_new (void)
{
  SstTracklets *tracklets = g_new0 (SstTracklets, 1);

  tracklets->items = g_ptr_array_new_with_free_func (tracklet_free);
  return tracklets;
}

void
sst_tracklets_free (SstTracklets ** tracklets)
{
  if (*tracklets == NULL)
    return;
  g_ptr_array_unref ((*tracklets)->items);
  g_clear_pointer (tracklets, g_free);
}

SstTracklet *
sst_tracklets_add (SstTracklets * tracklets, const SstTracklet * tracklet)
{
  SstTracklet *copy = g_memdup2 (tracklet, sizeof (SstTracklet));

  copy->steps = g_memdup2 (tracklet->steps,
      tracklet->n_steps * sizeof (SstTrackletStep));
  g_ptr_array_add (tracklets->items, copy);
  return copy;
}

void
sst_tracklets_take (SstTracklets * tracklets, SstTracklets * from)
{
  g_ptr_array_extend_and_steal (tracklets->items,
      g_ptr_array_ref (from->items));
}

void
sst_tracklets_remove_below (SstTracklets * tracklets, float quality)
{
  guint n = 0;

  for (guint i = 0; i < sst_tracklets_length (tracklets); i++) {
    SstTracklet *const tracklet = sst_tracklets_get (tracklets, i);

    if (tracklet->quality < quality)
      continue;
    /* swapped, so that the array frees what ends up behind */
    tracklets->items->pdata[i] = tracklets->items->pdata[n];
    tracklets->items->pdata[n++] = tracklet;
  }
  g_ptr_array_set_size (tracklets->items, n);
}

/* How much larger boxes have to be apart, each way. */
#define APART 1.5f

static gboolean
are_near (const SstBox * a, const SstBox * b)
{
  const float dx = fabsf (sst_box_center_x (a) - sst_box_center_x (b));
  const float dy = fabsf (sst_box_center_y (a) - sst_box_center_y (b));

  return 2.f * dx < APART * (a->width + b->width)
      && 2.f * dy < APART * (a->height + b->height);
}

gboolean
sst_tracklets_are_apart (const SstTracklet * a, const SstTracklet * b)
{
  guint n_common = 0, i = 0, k = 0;

  if (a->clip != b->clip || !a->moving || !b->moving)
    return FALSE;
  while (i < a->n_steps && k < b->n_steps) {
    const SstTrackletStep *const one = &a->steps[i], *const two = &b->steps[k];

    i += one->frame <= two->frame;
    k += two->frame <= one->frame;
    if (one->frame != two->frame)
      continue;
    if (are_near (&one->box, &two->box))
      return FALSE;
    n_common++;
  }
  return n_common > 0;
}

void
sst_tracklet_set_quality (SstTracklet * tracklet, float quality)
{
  tracklet->quality = CLAMP (quality, 0.f, 1.f);
}

void
sst_tracklet_truncate (SstTracklet * tracklet, guint n_steps)
{
  g_return_if_fail (n_steps >= 2 && n_steps <= tracklet->n_steps);

  tracklet->n_steps = n_steps;
}

void
sst_tracklet_shorten (SstTracklet * tracklet, const SstClip * clip,
    guint64 duration)
{
  const guint64 start = sst_clip_time (clip, tracklet->steps[0].frame);
  guint n = 2;

  while (n < tracklet->n_steps && sst_clip_time (clip,
          tracklet->steps[n].frame) - start <= duration)
    n++;
  sst_tracklet_truncate (tracklet, n);
}

void
sst_tracklet_set_steps (SstTracklet * tracklet, const SstTrackletStep * steps,
    guint n_steps)
{
  g_return_if_fail (n_steps >= 2 && n_steps <= SST_TRACKLET_MAX_STEPS);

  g_free (tracklet->steps);
  tracklet->steps = g_memdup2 (steps, n_steps * sizeof (SstTrackletStep));
  tracklet->n_steps = n_steps;
}

/* --- files -------------------------------------------------------------- */

static void
put_float (GString * text, float value)
{
  char buffer[G_ASCII_DTOSTR_BUF_SIZE];

  g_string_append_c (text, ' ');
  g_string_append (text, g_ascii_formatd (buffer, sizeof (buffer), "%.9g",
          value));
}

gboolean
sst_tracklets_save (const SstTracklets * tracklets, const SstFootage * footage,
    const char *path, GError ** error)
{
  const guint n_clips = sst_footage_n_clips (footage);
  guint *const number = g_new0 (guint, n_clips);
  GString *const text = g_string_new (NULL);
  guint n_named = 0;
  gboolean ok;

  g_string_append_printf (text, MAGIC "%d\n", VERSION);
  for (guint i = 0; i < sst_tracklets_length (tracklets); i++) {
    const SstTracklet *const t = sst_tracklets_get (tracklets, i);

    if (number[t->clip] == 0) {
      const SstClip *const clip = sst_footage_clip (footage, t->clip);
      const SstFrame *const frame = sst_clip_frame (clip, 0);
      char *const name = g_strescape (clip->name, NULL);

      number[t->clip] = ++n_named;
      g_string_append_printf (text, "clip %u %d %d %s\n",
          sst_clip_length (clip), frame->width, frame->height, name);
      g_free (name);
    }
    g_string_append_printf (text, "tracklet %u %d %u", number[t->clip] - 1,
        t->moving, t->n_steps);
    put_float (text, t->quality);
    put_float (text, t->motion);
    g_string_append_c (text, '\n');
    for (guint k = 0; k < t->n_steps; k++) {
      const SstTrackletStep *const step = &t->steps[k];

      g_string_append_printf (text, "%u", step->frame);
      put_float (text, step->box.x);
      put_float (text, step->box.y);
      put_float (text, step->box.width);
      put_float (text, step->box.height);
      g_string_append_c (text, '\n');
    }
  }
  /* tells a file that was cut short */
  g_string_append_printf (text, "end %u\n", sst_tracklets_length (tracklets));
  ok = g_file_set_contents_full (path, text->str, (gssize) text->len,
      G_FILE_SET_CONTENTS_CONSISTENT | G_FILE_SET_CONTENTS_DURABLE, 0644,
      error);
  g_string_free (text, TRUE);
  g_free (number);
  return ok;
}

typedef struct
{
  char *at;                     /* what is left */
  guint line;                   /* for messages */
} Reader;

/* Cuts the next line off; NULL at the end of the text. */
static char *
next_line (Reader * reader)
{
  char *const line = reader->at, *const end = strchr (line, '\n');

  if (end == NULL)
    return NULL;
  *end = '\0';
  reader->at = end + 1;
  reader->line++;
  return line;
}

/* Numbers are divided by single spaces. */
static gboolean
get_uint (char **at, guint max, guint * value)
{
  guint64 number;
  char *end;

  if (!g_ascii_isdigit (**at))
    return FALSE;
  errno = 0;
  number = g_ascii_strtoull (*at, &end, 10);
  if (errno != 0 || number > max || (*end != ' ' && *end != '\0'))
    return FALSE;
  *value = (guint) number;
  *at = *end == ' ' ? end + 1 : end;
  return TRUE;
}

static gboolean
get_float (char **at, float min, float max, float *value)
{
  double number;
  char *end;

  if (!g_ascii_isdigit (**at) && **at != '-')
    return FALSE;
  number = g_ascii_strtod (*at, &end);
  /* also refuses what is not a number */
  if (!(number >= min && number <= max) || (*end != ' ' && *end != '\0'))
    return FALSE;
  *value = (float) number;
  *at = *end == ' ' ? end + 1 : end;
  return TRUE;
}

typedef struct
{
  guint clip;                   /* of the footage; G_MAXUINT: not there */
  guint length;
  guint width, height;
} NamedClip;

static gboolean
parse_clip (char *at, GHashTable * clips, const SstFootage * footage,
    GArray * named, GError ** error)
{
  NamedClip clip = { G_MAXUINT, 0, 0, 0 };
  gpointer found;
  char *name;

  if (!get_uint (&at, G_MAXUINT - 1, &clip.length)
      || !get_uint (&at, SST_FRAME_MAX_SIDE, &clip.width)
      || !get_uint (&at, SST_FRAME_MAX_SIDE, &clip.height)
      || clip.length == 0 || clip.width == 0 || clip.height == 0) {
    g_set_error_literal (error, SST_TRACKLET_ERROR, SST_TRACKLET_ERROR_FORMAT,
        "a clip without a size");
    return FALSE;
  }
  name = sst_text_unescape (at);
  if (name == NULL) {
    g_set_error (error, SST_TRACKLET_ERROR, SST_TRACKLET_ERROR_FORMAT,
        "a clip whose name ends amidst, %s", at);
    return FALSE;
  }
  if (g_hash_table_lookup_extended (clips, name, NULL, &found)) {
    const SstClip *const ours = sst_footage_clip (footage,
        GPOINTER_TO_UINT (found));
    const SstFrame *const frame = sst_clip_frame (ours, 0);

    clip.clip = GPOINTER_TO_UINT (found);
    if (sst_clip_length (ours) != clip.length
        || (guint) frame->width != clip.width
        || (guint) frame->height != clip.height) {
      g_set_error (error, SST_TRACKLET_ERROR, SST_TRACKLET_ERROR_FOOTAGE,
          "clip %s is %u pictures of %u x %u there, %u of %d x %d here", at,
          clip.length, clip.width, clip.height, sst_clip_length (ours),
          frame->width, frame->height);
      g_free (name);
      return FALSE;
    }
  }
  g_free (name);
  g_array_append_val (named, clip);
  return TRUE;
}

/* Reads a tracklet from its line at, and its steps from those that follow. */
static gboolean
parse_tracklet (Reader * reader, char *at, const GArray * named,
    SstTracklet * tracklet)
{
  const NamedClip *clip;
  guint number, moving;

  if (!get_uint (&at, G_MAXUINT - 1, &number) || number >= named->len
      || !get_uint (&at, 1, &moving)
      || !get_uint (&at, SST_TRACKLET_MAX_STEPS, &tracklet->n_steps)
      || tracklet->n_steps < 2
      || !get_float (&at, 0.f, 1.f, &tracklet->quality)
      || !get_float (&at, 0.f, G_MAXFLOAT, &tracklet->motion) || *at != '\0')
    return FALSE;
  clip = &g_array_index (named, NamedClip, number);
  tracklet->clip = clip->clip;
  tracklet->moving = moving != 0;
  for (guint k = 0; k < tracklet->n_steps; k++) {
    SstTrackletStep *const step = &tracklet->steps[k];
    SstBox *const box = &step->box;

    at = next_line (reader);
    if (at == NULL || !get_uint (&at, clip->length - 1, &step->frame)
        || (k > 0 && step->frame <= step[-1].frame)
        || !get_float (&at, -MAX_SIDE, MAX_SIDE, &box->x)
        || !get_float (&at, -MAX_SIDE, MAX_SIDE, &box->y)
        || !get_float (&at, 1.f, MAX_SIDE, &box->width)
        || !get_float (&at, 1.f, MAX_SIDE, &box->height) || *at != '\0'
        || box->x >= clip->width || box->x + box->width <= 0.f
        || box->y >= clip->height || box->y + box->height <= 0.f)
      return FALSE;
  }
  return TRUE;
}

static gboolean
parse (Reader * reader, const SstFootage * footage, GHashTable * clips,
    GArray * named, SstTracklets * tracklets, guint * n_left_out,
    GError ** error)
{
  SstTrackletStep steps[SST_TRACKLET_MAX_STEPS];
  SstTracklet tracklet = {.steps = steps };
  guint n = 0, version;
  char *at = next_line (reader);

  if (at == NULL || !g_str_has_prefix (at, MAGIC)) {
    g_set_error_literal (error, SST_TRACKLET_ERROR, SST_TRACKLET_ERROR_FORMAT,
        "no tracklets");
    return FALSE;
  }
  at += strlen (MAGIC);
  if (!get_uint (&at, G_MAXUINT, &version) || version != VERSION) {
    g_set_error (error, SST_TRACKLET_ERROR, SST_TRACKLET_ERROR_VERSION,
        "of another version than %d", VERSION);
    return FALSE;
  }
  while ((at = next_line (reader)) != NULL) {
    guint count;

    if (g_str_has_prefix (at, "clip ")) {
      if (!parse_clip (at + strlen ("clip "), clips, footage, named, error))
        return FALSE;
    } else if (g_str_has_prefix (at, "tracklet ")) {
      if (!parse_tracklet (reader, at + strlen ("tracklet "), named,
              &tracklet))
        break;
      n++;
      if (tracklet.clip == G_MAXUINT)
        (*n_left_out)++;
      else
        sst_tracklets_add (tracklets, &tracklet);
    } else {
      if (!g_str_has_prefix (at, "end "))
        break;
      at += strlen ("end ");
      if (get_uint (&at, G_MAXUINT, &count) && count == n
          && *reader->at == '\0')
        return TRUE;
      break;
    }
  }
  g_set_error_literal (error, SST_TRACKLET_ERROR, SST_TRACKLET_ERROR_FORMAT,
      "damaged");
  return FALSE;
}

SstTracklets *
sst_tracklets_load (const char *path, const SstFootage * footage,
    guint * n_left_out, GError ** error)
{
  SstTracklets *tracklets = NULL;
  Reader reader = { NULL, 0 };
  guint left_out = 0;
  GHashTable *clips;
  GArray *named;
  char *const text = sst_text_read (path, MAX_FILE_SIZE, NULL, error);

  if (text == NULL)
    return NULL;

  clips = g_hash_table_new (g_str_hash, g_str_equal);
  for (guint i = 0; i < sst_footage_n_clips (footage); i++)
    g_hash_table_insert (clips, sst_footage_clip (footage, i)->name,
        GUINT_TO_POINTER (i));
  named = g_array_new (FALSE, FALSE, sizeof (NamedClip));
  tracklets = sst_tracklets_new ();
  reader.at = text;
  /* a zero byte ends the text before its end line */
  if (!parse (&reader, footage, clips, named, tracklets, &left_out, error)) {
    g_prefix_error (error, "%s, line %u: ", path, reader.line);
    sst_tracklets_free (&tracklets);
  }
  if (n_left_out != NULL)
    *n_left_out = left_out;
  g_array_unref (named);
  g_hash_table_unref (clips);
  g_free (text);
  return tracklets;
}

/* --- drawing ------------------------------------------------------------ */

struct _SstTrackletSampler
{
  const SstFootage *footage;
  const SstTracklets *tracklets;
  SstSampler *sampler;
  guint *order;                 /* the best ones first */
  double *share;                /* of order[0..i], summed */
  float strength;               /* of the augmentation */
  float *scratch;               /* SST_AUGMENT_SCRATCH */
  float *blob;                  /* SST_AUGMENT_BLOB_SIZE */
  float *views;                 /* of steps, RECUR_PIXELS each */
  float *likeness;              /* of them, n_steps x n_steps */
  float forward_share;          /* of the pairs, what finder is asked for */
  SstTrackletFinder finder;
  gpointer finder_data;
};

static float
rank_of (const SstTracklet * tracklet)
{
  return tracklet->quality * (tracklet->moving ? 1.f : STILL_RANK);
}

static int
compare_rank (gconstpointer a, gconstpointer b, gpointer data)
{
  const guint i = *(const guint *) a, k = *(const guint *) b;
  const SstTracklets *const tracklets = data;
  const float ri = rank_of (sst_tracklets_get (tracklets, i));
  const float rk = rank_of (sst_tracklets_get (tracklets, k));

  if (ri != rk)
    return ri > rk ? -1 : 1;
  return i < k ? -1 : 1;
}

static float
share_of (const SstTracklet * t)
{
  return (t->moving ? MOVING_SHARE : 1.f) * fmaxf (t->quality, MIN_SHARE)
      * (1.f + STEP_SHARE * t->n_steps);
}

/* What the shares of still tracklets are multiplied by so that there are not
 * too many of them. */
static double
gain_of_still (const SstTracklets * tracklets)
{
  double sum[2] = { 0., 0. };

  for (guint i = 0; i < sst_tracklets_length (tracklets); i++) {
    const SstTracklet *const t = sst_tracklets_get (tracklets, i);

    sum[t->moving != FALSE] += share_of (t);
  }
  return sum[TRUE] > 0. ? MIN (1., STILL_MOST / (1. - STILL_MOST) * sum[TRUE]
      / MAX (sum[FALSE], 1e-9)) : 1.;
}

SstTrackletSampler *
sst_tracklet_sampler_new (const SstFootage * footage,
    const SstTracklets * tracklets)
{
  const guint n = sst_tracklets_length (tracklets);
  SstTrackletSampler *sampler;
  SstTracklets store = *tracklets;
  double sum = 0., still_gain;

  g_return_val_if_fail (n > 0, NULL);

  sampler = g_new0 (SstTrackletSampler, 1);
  sampler->footage = footage;
  sampler->tracklets = tracklets;
  sampler->sampler = sst_sampler_new ();
  sampler->order = g_new (guint, n);
  sampler->share = g_new (double, n);
  sampler->strength = 1.f;
  sampler->scratch = g_new (float, SST_AUGMENT_SCRATCH (SST_SEARCH_SIDE));
  sampler->blob = g_new (float, SST_AUGMENT_BLOB_SIZE);
  sampler->views = g_new (float, SST_TRACKLET_MAX_STEPS * RECUR_PIXELS);
  sampler->likeness = g_new (float,
      SST_TRACKLET_MAX_STEPS * SST_TRACKLET_MAX_STEPS);
  for (guint i = 0; i < n; i++)
    sampler->order[i] = i;
  g_qsort_with_data (sampler->order, (int) n, sizeof (guint), compare_rank,
      &store);
  still_gain = gain_of_still (tracklets);
  for (guint i = 0; i < n; i++) {
    const SstTracklet *const t = sst_tracklets_get (tracklets,
        sampler->order[i]);

    sum += share_of (t) * (t->moving ? 1. : still_gain);
    sampler->share[i] = sum;
  }
  return sampler;
}

void
sst_tracklet_sampler_free (SstTrackletSampler ** sampler)
{
  if (*sampler == NULL)
    return;
  sst_sampler_free (&(*sampler)->sampler);
  g_free ((*sampler)->order);
  g_free ((*sampler)->share);
  g_free ((*sampler)->scratch);
  g_free ((*sampler)->blob);
  g_free ((*sampler)->views);
  g_free ((*sampler)->likeness);
  g_clear_pointer (sampler, g_free);
}

void
sst_tracklet_sampler_set_strength (SstTrackletSampler * sampler,
    float strength)
{
  sampler->strength = CLAMP (strength, 0.f, 1.f);
}

guint
sst_tracklet_sampler_pick (const SstTrackletSampler * sampler,
    SstRandom * random, float progress, float curriculum)
{
  const guint n = sst_tracklets_length (sampler->tracklets);
  const float open = 1.f - CLAMP (curriculum, 0.f, 1.f) * (1.f - FIRST_SHARE)
      * (1.f - CLAMP (progress, 0.f, 1.f));
  const guint n_open = CLAMP ((guint) ceilf (n * open), 1, n);
  const double at = sampler->share[n_open - 1]
      * sst_random_uniform (random, 0.f, 1.f);
  guint lo = 0, hi = n_open - 1;

  while (lo < hi) {
    const guint middle = (lo + hi) / 2;

    if (sampler->share[middle] > at)
      hi = middle;
    else
      lo = middle + 1;
  }
  return sampler->order[lo];
}

/* Whether a tracklet shows none of those things, at the same time. */
static gboolean
is_apart_from (const SstTracklets * tracklets, guint number,
    const guint * others, guint n)
{
  for (guint i = 0; i < n; i++)
    if (!sst_tracklets_are_apart (sst_tracklets_get (tracklets, number),
            sst_tracklets_get (tracklets, others[i])))
      return FALSE;
  return TRUE;
}

guint
sst_tracklet_sampler_pick_together (const SstTrackletSampler * sampler,
    SstRandom * random, float progress, float curriculum, guint n,
    guint * picks)
{
  const SstTracklets *const tracklets = sampler->tracklets;
  const guint n_all = sst_tracklets_length (tracklets);
  guint n_picks = 1, from;

  picks[0] = sst_tracklet_sampler_pick (sampler, random, progress, curriculum);
  /* those of a clip lie together, so that each start gives another order */
  from = sst_random_below (random, n_all);
  for (guint i = 0; i < n_all && n_picks < n; i++) {
    const guint number = (from + i) % n_all;

    if (is_apart_from (tracklets, number, picks, n_picks))
      picks[n_picks++] = number;
  }
  return n_picks;
}

static const SstFrame *
step_frame (const SstTrackletSampler * sampler, const SstTracklet * tracklet,
    guint step)
{
  return sst_clip_fetch (sst_footage_clip (sampler->footage, tracklet->clip),
      tracklet->steps[step].frame);
}

/* The box in a tensor of side pixels that shows region. */
static SstBox
box_in_region (const SstBox * box, const SstBox * region, float side)
{
  const float sx = side / region->width, sy = side / region->height;

  return (SstBox) { (box->x - region->x) * sx, (box->y - region->y) * sy,
    box->width * sx, box->height * sy
  };
}

/* Puts a step of another tracklet, in a random shape and about the target's
 * size, near or over the target. */
static void
paste_other (SstTrackletSampler * sampler, SstRandom * random, float progress,
    float curriculum, SstPair * pair)
{
  const SstTracklet *const other = sst_tracklets_get (sampler->tracklets,
      sst_tracklet_sampler_pick (sampler, random, progress, curriculum));
  const guint step = sst_random_below (random, other->n_steps);
  const SstBox *const target = &pair->box;
  const SstBox *const source = &other->steps[step].box;
  const float size = sst_box_scale (target) / sst_box_scale (source)
      * expf (sst_random_normal (random, PASTE_SIZE));
  const float x = sst_box_center_x (target)
      + sst_random_normal (random, PASTE_SHIFT) * target->width;
  const float y = sst_box_center_y (target)
      + sst_random_normal (random, PASTE_SHIFT) * target->height;
  const SstBox shape = sst_box_from_center (x, y, source->width * size,
      source->height * size);
  const float over_x = fminf (target->x + target->width,
      shape.x + shape.width) - fmaxf (target->x, shape.x);
  const float over_y = fminf (target->y + target->height,
      shape.y + shape.height) - fmaxf (target->y, shape.y);
  const SstBox box = sst_box_from_center (x, y,
      shape.width * SST_AUGMENT_BLOB_MARGIN,
      shape.height * SST_AUGMENT_BLOB_MARGIN);
  const SstBox region = sst_box_from_center (sst_box_center_x (source),
      sst_box_center_y (source), source->width * SST_AUGMENT_BLOB_MARGIN,
      source->height * SST_AUGMENT_BLOB_MARGIN);

  if (fmaxf (over_x, 0.f) * fmaxf (over_y, 0.f)
      > PASTE_MAX_COVER * target->width * target->height)
    return;
  sst_augment_blob (sampler->blob, random);
  sst_augment_paste_frame (pair->search, SST_SEARCH_SIDE, &box,
      sampler->sampler, step_frame (sampler, other, step), &region,
      sampler->blob, sampler->scratch);
}

/* A tracklet of another clip; NULL where there seems to be none. */
static const SstTracklet *
pick_elsewhere (const SstTrackletSampler * sampler, SstRandom * random,
    guint clip)
{
  for (int draw = 0; draw < ABSENT_DRAWS; draw++) {
    const SstTracklet *const t = sst_tracklets_get (sampler->tracklets,
        sst_tracklet_sampler_pick (sampler, random, 1.f, 0.f));

    if (t->clip != clip)
      return t;
  }
  return NULL;
}

void
sst_tracklet_sampler_set_finder (SstTrackletSampler * sampler, float share,
    SstTrackletFinder finder, gpointer data)
{
  sampler->forward_share = share;
  sampler->finder = finder;
  sampler->finder_data = data;
}

void
sst_tracklet_sampler_pair (SstTrackletSampler * sampler, SstRandom * random,
    float progress, float curriculum, SstPair * pair)
{
  sst_tracklet_sampler_pair_of (sampler, sst_tracklet_sampler_pick (sampler,
          random, progress, curriculum), random, progress, curriculum, pair);
}

void
sst_tracklet_sampler_pair_of (SstTrackletSampler * sampler, guint number,
    SstRandom * random, float progress, float curriculum, SstPair * pair)
{
  const SstTracklet *const tracklet = sst_tracklets_get (sampler->tracklets,
      number);
  const SstClip *const clip = sst_footage_clip (sampler->footage,
      tracklet->clip);
  const guint from = sst_random_below (random, tracklet->n_steps);
  const guint turn = 1 + sst_random_below (random, tracklet->n_steps - 1);
  guint to = (from + turn) % tracklet->n_steps;
  const SstTracklet *shown = tracklet;
  SstBox found;
  const SstBox *box = sampler->forward_share > 0.f
      && sst_random_chance (random, sampler->forward_share)
      && sampler->finder (sampler->finder_data,
      step_frame (sampler, tracklet, to), &tracklet->steps[to].box,
      step_frame (sampler, tracklet, from), &found) ? &found
      : &tracklet->steps[from].box;
  float scale = sst_box_scale (box);
  float side = SST_TEMPLATE_FACTOR * scale
      * expf (sst_random_normal (random, TEMPL_SIZE));
  const float shift_x = sst_random_normal (random, TEMPL_SHIFT * scale);
  const float shift_y = sst_random_normal (random, TEMPL_SHIFT * scale);
  SstBox region = sst_box_from_center (sst_box_center_x (box) + shift_x,
      sst_box_center_y (box) + shift_y, side, side);
  float size, aspect, dx, dy;

  sst_sampler_sample (sampler->sampler, step_frame (sampler, tracklet, from),
      &region, SST_SAMPLE_YCC, SST_TEMPLATE_SIDE, SST_TEMPLATE_SIDE,
      pair->templ);
  pair->templ_box = box_in_region (box, &region, SST_TEMPLATE_SIDE);
  pair->source = tracklet->clip;
  pair->thing = number + 1;
  pair->weight = 0.5f + 0.5f * tracklet->quality;
  pair->seconds = ((double) sst_clip_time (clip, tracklet->steps[to].frame)
      - (double) sst_clip_time (clip, tracklet->steps[from].frame)) * 1e-9;

  pair->strength = 0.f;
  pair->masks_known = FALSE;
  pair->present = TRUE;
  if (sst_random_chance (random, ABSENT_CHANCE)) {
    const SstTracklet *const other = pick_elsewhere (sampler, random,
        tracklet->clip);

    if (other != NULL) {
      shown = other;
      to = sst_random_below (random, other->n_steps);
      pair->present = FALSE;
      pair->seconds = 0.f;
    }
  }
  box = &shown->steps[to].box;
  scale = sst_box_scale (box);
  size = expf (sst_random_normal (random, SEARCH_SIZE));
  side = SST_SEARCH_FACTOR * scale
      * CLAMP (size, SEARCH_MIN_SIZE, SEARCH_MAX_SIZE);
  aspect = expf (sst_random_normal (random, SEARCH_ASPECT));
  region.width = side * aspect;
  region.height = side / aspect;
  dx = sst_random_uniform (random, -SEARCH_SHIFT, SEARCH_SHIFT);
  dy = sst_random_uniform (random, -SEARCH_SHIFT, SEARCH_SHIFT);
  region = sst_box_from_center (sst_box_center_x (box) + dx * region.width,
      sst_box_center_y (box) + dy * region.height, region.width,
      region.height);
  sst_sampler_sample (sampler->sampler, step_frame (sampler, shown, to),
      &region, SST_SAMPLE_YCC, SST_SEARCH_SIDE, SST_SEARCH_SIDE,
      pair->search);
  pair->box = box_in_region (box, &region, SST_SEARCH_SIDE);

  if (sst_random_chance (random, 0.5f))
    sst_augment_mirror (pair);
  if (sampler->strength == 0.f)
    return;
  if (pair->present && sst_random_chance (random, PASTE_CHANCE))
    paste_other (sampler, random, progress, curriculum, pair);
  sst_augment_pair (pair, sampler->strength, random, sampler->scratch);
}

/* --- repetition --------------------------------------------------------- */

/* Whether a pixel is in the oval that touches the sides: in the corners, there
 * mostly is something else. */
static gboolean
is_in_oval (int pixel)
{
  const float x = (pixel % RECUR_SIDE + 0.5f) / RECUR_SIDE - 0.5f;
  const float y = (pixel / RECUR_SIDE + 0.5f) / RECUR_SIDE - 0.5f;

  return x * x + y * y <= 0.25f;
}

/* Mean off, length 1; all 0 without texture. */
static void
normalize (float *view)
{
  float mean = 0.f, square = 0.f, gain;
  int n = 0;

  for (int i = 0; i < RECUR_PIXELS; i++)
    if (is_in_oval (i)) {
      mean += view[i];
      n++;
    }
  mean /= n;
  for (int i = 0; i < RECUR_PIXELS; i++) {
    view[i] = is_in_oval (i) ? view[i] - mean : 0.f;
    square += view[i] * view[i];
  }
  gain = square > RECUR_FLAT * RECUR_FLAT * n ? 1.f / sqrtf (square) : 0.f;
  for (int i = 0; i < RECUR_PIXELS; i++)
    view[i] *= gain;
}

guint
sst_tracklet_sampler_recurrences (SstTrackletSampler * sampler,
    guint tracklet, float threshold, guint8 * recurs)
{
  const SstTracklet *const t = sst_tracklets_get (sampler->tracklets,
      tracklet);
  const guint n = t->n_steps;
  float best[SST_TRACKLET_MAX_STEPS];
  guint n_pairs = 0;

  for (guint i = 0; i < n; i++) {
    float *const view = sampler->views + i * RECUR_PIXELS;

    sst_sampler_sample (sampler->sampler, step_frame (sampler, t, i),
        &t->steps[i].box, SST_SAMPLE_LUMA, RECUR_SIDE, RECUR_SIDE, view);
    normalize (view);
    best[i] = -1.f;
  }
  memset (recurs, FALSE, n * n);
  for (guint i = 0; i < n; i++)
    for (guint k = i + RECUR_GAP; k < n; k++) {
      const float *const a = sampler->views + i * RECUR_PIXELS;
      const float *const b = sampler->views + k * RECUR_PIXELS;
      float sum = 0.f;

      for (int p = 0; p < RECUR_PIXELS; p++)
        sum += a[p] * b[p];
      sampler->likeness[i * n + k] = sum;
      best[i] = fmaxf (best[i], sum);
      best[k] = fmaxf (best[k], sum);
    }
  for (guint i = 0; i < n; i++)
    for (guint k = i + RECUR_GAP; k < n; k++) {
      const float likeness = sampler->likeness[i * n + k];

      if (likeness >= threshold && likeness >= best[i] - RECUR_SLACK
          && likeness >= best[k] - RECUR_SLACK) {
        recurs[i * n + k] = recurs[k * n + i] = TRUE;
        n_pairs++;
      }
    }
  return n_pairs;
}
