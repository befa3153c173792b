/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

#include "track/dft.h"

#include <cblas.h>
#include <math.h>
#include <string.h>

#include "base/simd.h"

/* Along x a grid is multiplied by the Fourier basis as it is. Along y its rows
 * y and n - y are added and subtracted first: cosines see only the sum, sines
 * only the difference, which leaves a quarter of the multiplications. */
struct _SstDft
{
  guint n_users;                /* under the lock */
  int n, m;                     /* m = n / 2 + 1 */
  float *x_forward;             /* n x 2m: cos, -sin of x k */
  float *x_inverse;             /* 2m x n: cos, -sin, times 1 or 2 over n^2 */
  float *y_cos, *y_sin;         /* m x m, of y k */
};

/* The parts of the work memory. */
typedef struct
{
  float *half;                  /* n x 2m: rows transformed along x, real parts
                                 * and then imaginary ones */
  float *even, *odd;            /* m x 2m: sums and differences of rows */
  float *cosine, *sine;         /* m x 2m: transformed along y */
} Work;

/* The plans that somebody has, by n / 2. */
#define MAX_SIDE 128
static GMutex lock;
static SstDft *plans[MAX_SIDE / 2 + 1];

static SstDft *
make_plan (int n)
{
  SstDft *dft = g_new0 (SstDft, 1);
  const int m = n / 2 + 1;

  dft->n = n;
  dft->m = m;
  dft->x_forward = g_new (float, (size_t) n * 2 * m);
  dft->x_inverse = g_new (float, (size_t) n * 2 * m);
  dft->y_cos = g_new (float, (size_t) m * m);
  dft->y_sin = g_new (float, (size_t) m * m);

  for (int i = 0; i < n; i++) {
    for (int k = 0; k < m; k++) {
      /* the product modulo n keeps the angle exact */
      const double angle = 2.0 * G_PI * ((i * k) % n) / n;
      const float c = (float) cos (angle);
      const float s = (float) sin (angle);
      /* the columns that a half spectrum leaves out mirror the others */
      const float w = (k == 0 || k == n / 2 ? 1.f : 2.f) / ((float) n * n);

      dft->x_forward[(size_t) i * 2 * m + k] = c;
      dft->x_forward[(size_t) i * 2 * m + m + k] = -s;
      dft->x_inverse[(size_t) k * n + i] = c * w;
      dft->x_inverse[(size_t) (m + k) * n + i] = -s * w;
      if (i < m) {
        dft->y_cos[i * m + k] = c;
        dft->y_sin[i * m + k] = s;
      }
    }
  }
  return dft;
}

static void
free_plan (SstDft * dft)
{
  g_free (dft->x_forward);
  g_free (dft->x_inverse);
  g_free (dft->y_cos);
  g_free (dft->y_sin);
  g_free (dft);
}

SstDft *
sst_dft_get (int n)
{
  SstDft *dft;

  g_return_val_if_fail (n >= 2 && n <= MAX_SIDE && n % 2 == 0, NULL);
  g_mutex_lock (&lock);
  if (plans[n / 2] == NULL)
    plans[n / 2] = make_plan (n);
  dft = plans[n / 2];
  dft->n_users++;
  g_mutex_unlock (&lock);
  return dft;
}

void
sst_dft_free (SstDft ** dft)
{
  if (*dft == NULL)
    return;
  g_mutex_lock (&lock);
  if (--(*dft)->n_users == 0) {
    plans[(*dft)->n / 2] = NULL;
    free_plan (*dft);
  }
  g_mutex_unlock (&lock);
  *dft = NULL;
}

size_t
sst_dft_work_size (const SstDft * dft)
{
  return (size_t) (dft->n + 4 * dft->m) * 2 * dft->m;
}

static Work
divide (const SstDft * dft, float *work)
{
  const size_t folded = (size_t) dft->m * 2 * dft->m;
  float *const even = work + (size_t) dft->n * 2 * dft->m;

  return (Work) { work, even, even + folded, even + 2 * folded,
    even + 3 * folded
  };
}

static void
multiply (int rows, int cols, int inner, const float *a, int lda,
    const float *b, int ldb, float *c, int ldc)
{
  cblas_sgemm (CblasRowMajor, CblasNoTrans, CblasNoTrans, rows, cols, inner,
      1.f, a, lda, b, ldb, 0.f, c, ldc);
}

SST_MULTIVERSION static void
add_and_subtract (const float *restrict a, const float *restrict b, int n,
    float *restrict sum, float *restrict difference)
{
  for (int i = 0; i < n; i++) {
    sum[i] = a[i] + b[i];
    difference[i] = a[i] - b[i];
  }
}

/* Row t and its mirror image n - t, whichever of them there are, as their sum
 * and their difference. */
static void
fold_rows (const float *row, const float *mirrored, int n, float *even,
    float *odd)
{
  if (row != NULL && mirrored != NULL) {
    add_and_subtract (row, mirrored, n, even, odd);
  } else if (row != NULL) {
    memcpy (even, row, n * sizeof (float));
    memcpy (odd, row, n * sizeof (float));
  } else if (mirrored != NULL) {
    for (int i = 0; i < n; i++) {
      even[i] = mirrored[i];
      odd[i] = -mirrored[i];
    }
  } else {
    memset (even, 0, n * sizeof (float));
    memset (odd, 0, n * sizeof (float));
  }
}

/* The first of the rows 0 .. n / 2 that a stretch of rows folds to. */
static int
first_folded (const SstDft * dft, const SstDftRect * r)
{
  return CLAMP (dft->n - r->y1 + 1, 0, MIN (r->y0, dft->m - 1));
}

void
sst_dft_forward (const SstDft * dft, const float *grids, int count,
    const SstDftRect * part, float *work, float *spectra)
{
  const int n = dft->n, m = dft->m, width = 2 * m;
  const SstDftRect all = { 0, 0, n, n };
  const Work w = divide (dft, work);
  const SstDftRect r = part != NULL ? *part : all;
  const int rows = r.y1 - r.y0, cols = r.x1 - r.x0;
  const int first = first_folded (dft, &r), folded = m - first;
  const float *basis = dft->x_forward + (size_t) r.x0 * width;

  for (int i = 0; i < count; i++) {
    const float *grid = grids + (size_t) i * n * n + r.y0 * n + r.x0;
    float *re = spectra + (size_t) i * 2 * n * m, *im = re + n * m;

    multiply (rows, width, cols, grid, n, basis, width,
        w.half + r.y0 * width, width);
    for (int t = first; t < m; t++) {
      const int u = n - t;

      fold_rows (t >= r.y0 && t < r.y1 ? w.half + t * width : NULL,
          t > 0 && t < u && u >= r.y0 && u < r.y1 ? w.half + u * width
          : NULL, width, w.even + t * width, w.odd + t * width);
    }
    multiply (m, width, folded, dft->y_cos + first, m,
        w.even + first * width, width, w.cosine, width);
    multiply (m, width, folded, dft->y_sin + first, m,
        w.odd + first * width, width, w.sine, width);
    for (int k = 0; k < m; k++) {
      const float *const c = w.cosine + k * width;
      const float *const s = w.sine + k * width;
      /* a row that mirrors itself: the other result is the same */
      const gboolean single = k == 0 || k == n - k;

      add_and_subtract (c, s + m, m, re + k * m,
          single ? w.odd : re + (n - k) * m);
      add_and_subtract (c + m, s, m, single ? w.odd : im + (n - k) * m,
          im + k * m);
    }
  }
}

void
sst_dft_inverse (const SstDft * dft, const float *spectra, int count,
    const SstDftRect * part, float *work, float *grids)
{
  const int n = dft->n, m = dft->m, width = 2 * m;
  const SstDftRect all = { 0, 0, n, n };
  const Work w = divide (dft, work);
  const SstDftRect r = part != NULL ? *part : all;
  const int rows = r.y1 - r.y0, cols = r.x1 - r.x0;
  const int first = first_folded (dft, &r), folded = m - first;

  for (int i = 0; i < count; i++) {
    const float *re = spectra + (size_t) i * 2 * n * m, *im = re + n * m;
    float *grid = grids + (size_t) i * n * n + r.y0 * n + r.x0;

    for (int k = 0; k < m; k++) {
      const int u = n - k;
      const gboolean single = k == 0 || k == u;
      float *const even = w.even + k * width;
      float *const odd = w.odd + k * width;

      fold_rows (re + k * m, single ? NULL : re + u * m, m, even, odd);
      fold_rows (im + k * m, single ? NULL : im + u * m, m, even + m, odd + m);
    }
    multiply (folded, width, m, dft->y_cos + first * m, m, w.even, width,
        w.cosine + first * width, width);
    multiply (folded, width, m, dft->y_sin + first * m, m, w.odd, width,
        w.sine + first * width, width);
    for (int t = first; t < m; t++) {
      const float *const c = w.cosine + t * width;
      const float *const s = w.sine + t * width;
      const gboolean single = t == 0 || t == n - t;
      float *const row = w.half + t * width;
      float *const mirrored = single ? w.odd : w.half + (n - t) * width;

      add_and_subtract (c, s + m, m, mirrored, row);
      add_and_subtract (c + m, s, m, row + m, mirrored + m);
    }
    multiply (rows, cols, width, w.half + r.y0 * width, width,
        dft->x_inverse + r.x0, n, grid, n);
  }
}
