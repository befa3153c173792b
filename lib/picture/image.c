/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

#include "picture/image.h"

#include <math.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

#include "picture/sampler.h"

size_t
sst_image_bytes (int width, int height, gboolean has_alpha)
{
  const size_t luma = (size_t) width * height;

  return luma + (has_alpha ? luma : 0)
      + 2 * (size_t) ((width + 1) / 2) * ((height + 1) / 2);
}

SstImage *
sst_image_new_borrowed (int width, int height, SstMatrix matrix,
    gboolean has_alpha, guint8 * data, GDestroyNotify release, gpointer owner)
{
  SstImage *image = g_new0 (SstImage, 1);
  const int chroma_width = (width + 1) / 2, chroma_height = (height + 1) / 2;
  const size_t luma = (size_t) width * height;
  const size_t chroma = (size_t) chroma_width * chroma_height;

  g_atomic_ref_count_init (&image->ref_count);
  image->data = data;
  image->alpha = has_alpha ? data + luma + 2 * chroma : NULL;
  image->release = release;
  image->owner = owner;
  image->frame = (SstFrame) {
    .format = SST_FORMAT_I420, .matrix = matrix,
    .width = width, .height = height,
    .plane = { data, data + luma, data + luma + chroma },
    .stride = { width, chroma_width, chroma_width }
  };
  return image;
}

SstImage *
sst_image_new (int width, int height)
{
  return sst_image_new_borrowed (width, height, SST_MATRIX_BT601, FALSE,
      g_malloc (sst_image_bytes (width, height, FALSE)), NULL, NULL);
}

SstImage *
sst_image_ref (SstImage * image)
{
  g_atomic_ref_count_inc (&image->ref_count);
  return image;
}

void
sst_image_unref (SstImage * image)
{
  if (image == NULL || !g_atomic_ref_count_dec (&image->ref_count))
    return;
  if (image->release != NULL) {
    image->release (image->owner);
  } else {
    g_free (image->data);
    g_free (image->alpha);
  }
  g_free (image);
}

guint8 *
sst_image_add_alpha (SstImage * image)
{
  image->alpha = g_malloc ((size_t) image->frame.width
      * image->frame.height);
  return image->alpha;
}

void
sst_image_remove_alpha (SstImage * image)
{
  g_clear_pointer (&image->alpha, g_free);
}

gboolean
sst_image_add_alpha_from (SstImage * image, const guint8 * alpha,
    ptrdiff_t stride, int step, int width, int height)
{
  const int to_width = image->frame.width, to_height = image->frame.height;
  const size_t n = (size_t) width * height;
  guint8 *const plane = g_malloc (n);
  gboolean opaque = TRUE;

  for (int y = 0; y < height; y++)
    for (int x = 0; x < width; x++) {
      const guint8 value = alpha[y * stride + (ptrdiff_t) x * step];

      plane[(size_t) y * width + x] = value;
      opaque &= value == 255;
    }
  if (opaque) {
    g_free (plane);
    return FALSE;
  }

  if (to_width == width && to_height == height) {
    image->alpha = plane;
  } else {
    const SstFrame frame = {.format = SST_FORMAT_GRAY8,.full_range = TRUE,
      .width = width,.height = height,.plane = {plane},.stride = {width}
    };
    const SstBox all = { 0.f, 0.f, width, height };
    const size_t to_n = (size_t) to_width * to_height;
    SstSampler *sampler = sst_sampler_new ();
    float *tensor = g_new (float, to_n);
    guint8 *const to = sst_image_add_alpha (image);

    sst_sampler_sample (sampler, &frame, &all, SST_SAMPLE_LUMA, to_width,
        to_height, tensor);
    for (size_t i = 0; i < to_n; i++)
      to[i] = (guint8) CLAMP (tensor[i] + 0.5f, 0.f, 255.f);
    g_free (tensor);
    sst_sampler_free (&sampler);
    g_free (plane);
  }
  return TRUE;
}

guint8 *
sst_image_plane (SstImage * image, int plane)
{
  return image->data + (image->frame.plane[plane] - image->data);
}

void
sst_image_fetch (const SstImage * image)
{
  /* madvise() wants whole pages. */
  const uintptr_t page = (uintptr_t) sysconf (_SC_PAGESIZE);
  const size_t before = (uintptr_t) image->data % page;

  if (image->release != NULL)
    madvise (image->data - before, before + sst_image_size (image),
        MADV_WILLNEED);
}

size_t
sst_image_size (const SstImage * image)
{
  return sst_image_bytes (image->frame.width, image->frame.height,
      image->alpha != NULL);
}

/* Full-range samples to the limited range of an image's planes. */
static void
store (const float *from, int width, int height, gboolean chroma, guint8 * to)
{
  const float scale = chroma ? 224.f / 255.f : 219.f / 255.f;
  const float offset = chroma ? 128.5f : 16.5f;

  for (size_t i = 0; i < (size_t) width * height; i++)
    to[i] = (guint8) CLAMP (from[i] * scale + offset, 0.f, 255.f);
}

static SstImage *
shrink (SstSampler * sampler, const SstFrame * frame, int max_side,
    int short_side)
{
  const int longer = MAX (frame->width, frame->height);
  const int shorter = MIN (frame->width, frame->height);
  /* the sampler gives no larger tensor */
  const int limit = max_side > 0 ? MIN (max_side, 4096) : 4096;
  const float scale = fminf (longer > limit ? limit / (float) longer : 1.f,
      short_side > 0 && shorter > short_side ? short_side / (float) shorter :
      1.f);
  const int width = MAX (1, (int) lrintf (frame->width * scale));
  const int height = MAX (1, (int) lrintf (frame->height * scale));
  const int half_width = (width + 1) / 2, half_height = (height + 1) / 2;
  const SstBox all = { 0.f, 0.f, frame->width, frame->height };
  /* a chroma sample stands for two luma ones, also at an odd border */
  const SstBox halves = { 0.f, 0.f, 2.f * half_width * frame->width / width,
    2.f * half_height * frame->height / height
  };
  const size_t half = (size_t) half_width * half_height;
  SstImage *image = sst_image_new (width, height);
  float *tensor = g_new (float, MAX ((size_t) width * height, 3 * half));

  sst_sampler_sample (sampler, frame, &all, SST_SAMPLE_LUMA, width, height,
      tensor);
  store (tensor, width, height, FALSE, sst_image_plane (image, 0));
  sst_sampler_sample (sampler, frame, &halves, SST_SAMPLE_YCC, half_width,
      half_height, tensor);
  for (int c = 1; c < 3; c++)
    store (tensor + c * half, half_width, half_height, TRUE,
        sst_image_plane (image, c));
  if (!sst_format_is_rgb (frame->format))
    image->frame.matrix = frame->matrix;
  g_free (tensor);
  return image;
}

SstImage *
sst_image_new_by (SstSampler * sampler, const SstFrame * frame, int max_side)
{
  return shrink (sampler, frame, max_side, 0);
}

SstImage *
sst_image_new_within (const SstFrame * frame, int max_side, int short_side)
{
  SstSampler *sampler = sst_sampler_new ();
  SstImage *const image = shrink (sampler, frame, max_side, short_side);

  sst_sampler_free (&sampler);
  return image;
}

SstImage *
sst_image_new_from_frame (const SstFrame * frame, int max_side)
{
  return sst_image_new_within (frame, max_side, 0);
}
