/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

#include "footage/footage.h"

static void
clip_free (gpointer data)
{
  SstClip *clip = data;

  g_free (clip->name);
  g_ptr_array_unref (clip->images);
  g_array_unref (clip->times);
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

  footage->clips = g_ptr_array_new_with_free_func (clip_free);
  return footage;
}

void
sst_footage_free (SstFootage ** footage)
{
  if (*footage == NULL)
    return;
  g_ptr_array_unref ((*footage)->clips);
  g_clear_pointer (footage, g_free);
}

SstClip *
sst_footage_add_clip (SstFootage * footage, const char *name)
{
  SstClip *clip = g_new0 (SstClip, 1);

  clip->name = g_strdup (name);
  clip->images = g_ptr_array_new_with_free_func (image_unref);
  clip->times = g_array_new (FALSE, FALSE, sizeof (guint64));
  g_ptr_array_add (footage->clips, clip);
  return clip;
}

void
sst_clip_add (SstClip * clip, SstImage * image, guint64 time)
{
  g_ptr_array_add (clip->images, image);
  g_array_append_val (clip->times, time);
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
