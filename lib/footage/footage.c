/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

#include "footage/footage.h"

#include "picture/toned.h"

static void
clip_free (gpointer data)
{
  SstClip *clip = data;

  g_free (clip->name);
  g_ptr_array_unref (clip->images);
  g_array_unref (clip->times);
  g_array_unref (clip->views);
  g_free (clip);
}

static void
image_unref (gpointer data)
{
  sst_image_unref (data);
}

SstFootage *
sst_footage_new (void)
{
  SstFootage *footage = g_new0 (SstFootage, 1);

  footage->clips = g_ptr_array_new ();
  footage->own = g_ptr_array_new_with_free_func (clip_free);
  return footage;
}

void
sst_footage_free (SstFootage ** footage)
{
  if (*footage == NULL)
    return;
  g_ptr_array_unref ((*footage)->clips);
  g_ptr_array_unref ((*footage)->own);
  g_clear_pointer (footage, g_free);
}

SstClip *
sst_footage_add_clip (SstFootage * footage, const char *name)
{
  SstClip *clip = g_new0 (SstClip, 1);

  clip->name = g_strdup (name);
  clip->images = g_ptr_array_new_with_free_func (image_unref);
  clip->times = g_array_new (FALSE, FALSE, sizeof (guint64));
  clip->views = g_array_new (FALSE, FALSE, sizeof (SstFrame));
  if (footage->own->len > 0)
    clip->tone = ((const SstClip *) g_ptr_array_index (footage->own, 0))->tone;
  g_ptr_array_add (footage->clips, clip);
  g_ptr_array_add (footage->own, clip);
  return clip;
}

void
sst_footage_list (SstFootage * footage, const SstFootage * other, guint clip)
{
  g_ptr_array_add (footage->clips, g_ptr_array_index (other->clips, clip));
}

void
sst_footage_see (SstFootage * footage, const SstTone * tone)
{
  footage->tone = *tone;
  for (guint i = 0; i < footage->own->len; i++) {
    SstClip *const clip = g_ptr_array_index (footage->own, i);

    clip->tone = &footage->tone;
    for (guint k = 0; k < clip->views->len; k++) {
      SstFrame *const view = &g_array_index (clip->views, SstFrame, k);

      *view = sst_frame_with_tone (view, clip->tone);
    }
  }
}

void
sst_clip_add (SstClip * clip, SstImage * image, guint64 time)
{
  const SstFrame view = sst_frame_with_tone (&image->frame, clip->tone);

  g_ptr_array_add (clip->images, image);
  g_array_append_val (clip->times, time);
  g_array_append_val (clip->views, view);
}

void
sst_clip_truncate (SstClip * clip, guint n)
{
  if (n >= sst_clip_length (clip))
    return;
  g_ptr_array_set_size (clip->images, (int) n);
  g_array_set_size (clip->times, n);
  g_array_set_size (clip->views, n);
}

guint
sst_footage_n_images (const SstFootage * footage)
{
  guint n = 0;

  for (guint i = 0; i < sst_footage_n_clips (footage); i++)
    n += sst_clip_length (sst_footage_clip (footage, i));
  return n;
}

size_t
sst_footage_size (const SstFootage * footage)
{
  size_t size = 0;

  for (guint i = 0; i < sst_footage_n_clips (footage); i++) {
    const SstClip *clip = sst_footage_clip (footage, i);

    for (guint k = 0; k < sst_clip_length (clip); k++)
      size += sst_image_size (g_ptr_array_index (clip->images, k));
  }
  return size;
}
