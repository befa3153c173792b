/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

#include <sstrack/dft.h>

#include <cblas.h>
#include <math.h>

struct _SstDft
{
  int n, m;
  float *x_forward;             /* n x 2m: cos, -sin of x k */
  float *y_forward;             /* 2n x 2n: [cos sin; -sin cos] of k y */
  float *x_inverse;             /* 2m x n: cos, -sin, times 1 or 2 over n^2 */
  float *y_inverse;             /* 2n x 2n: [cos -sin; sin cos] of y k */
  float *half;                  /* 2n x m: transformed along one axis */
};

SstDft *
sst_dft_new (int n)
{
  SstDft *dft = g_new0 (SstDft, 1);
  const int m = n / 2 + 1;

  g_return_val_if_fail (n >= 2 && n % 2 == 0, NULL);
  dft->n = n;
  dft->m = m;
  dft->x_forward = g_new (float, (size_t) n * 2 * m);
  dft->x_inverse = g_new (float, (size_t) n * 2 * m);
  dft->y_forward = g_new (float, (size_t) 4 * n * n);
  dft->y_inverse = g_new (float, (size_t) 4 * n * n);
  dft->half = g_new (float, (size_t) 2 * n * m);

  for (int i = 0; i < n; i++) {
    for (int k = 0; k < n; k++) {
      /* the product modulo n keeps the angle exact */
      const double angle = 2.0 * G_PI * ((i * k) % n) / n;
      const float c = (float) cos (angle);
      const float s = (float) sin (angle);
      float *fwd = dft->y_forward + (size_t) i * 2 * n + k;
      float *inv = dft->y_inverse + (size_t) i * 2 * n + k;

      fwd[0] = c;
      fwd[n] = s;
      fwd[2 * n * n] = -s;
      fwd[2 * n * n + n] = c;
      inv[0] = c;
      inv[n] = -s;
      inv[2 * n * n] = s;
      inv[2 * n * n + n] = c;
      if (k < m) {
        /* the columns that a half spectrum leaves out mirror the others */
        const float w = (k == 0 || k == n / 2 ? 1.f : 2.f) / ((float) n * n);

        dft->x_forward[(size_t) i * 2 * m + k] = c;
        dft->x_forward[(size_t) i * 2 * m + m + k] = -s;
        dft->x_inverse[(size_t) k * n + i] = c * w;
        dft->x_inverse[(size_t) (m + k) * n + i] = -s * w;
      }
    }
  }
  return dft;
}

void
sst_dft_free (SstDft ** dft)
{
  if (*dft == NULL)
    return;
  g_free ((*dft)->x_forward);
  g_free ((*dft)->x_inverse);
  g_free ((*dft)->y_forward);
  g_free ((*dft)->y_inverse);
  g_free ((*dft)->half);
  g_clear_pointer (dft, g_free);
}

size_t
sst_dft_spectrum_size (const SstDft * dft)
{
  return (size_t) 2 * dft->n * dft->m;
}

static void
multiply (int rows, int cols, int inner, const float *a, int lda,
    const float *b, int ldb, float beta, float *c, int ldc)
{
  cblas_sgemm (CblasRowMajor, CblasNoTrans, CblasNoTrans, rows, cols, inner,
      1.f, a, lda, b, ldb, beta, c, ldc);
}

void
sst_dft_forward (SstDft * dft, const float *grids, int count,
    const SstDftRect * part, float *spectra)
{
  const int n = dft->n, m = dft->m;
  const SstDftRect all = { 0, 0, n, n };
  const SstDftRect r = part != NULL ? *part : all;
  const int rows = r.y1 - r.y0, cols = r.x1 - r.x0;
  const float *basis = dft->x_forward + (size_t) r.x0 * 2 * m;

  for (int i = 0; i < count; i++) {
    const float *grid = grids + (size_t) i * n * n + r.y0 * n + r.x0;
    float *spectrum = spectra + (size_t) i * 2 * n * m;

    multiply (rows, 2 * m, cols, grid, n, basis, 2 * m, 0.f, dft->half, 2 * m);
    multiply (2 * n, m, rows, dft->y_forward + r.y0, 2 * n, dft->half, 2 * m,
        0.f, spectrum, m);
    multiply (2 * n, m, rows, dft->y_forward + n + r.y0, 2 * n, dft->half + m,
        2 * m, 1.f, spectrum, m);
  }
}

void
sst_dft_inverse (SstDft * dft, const float *spectra, int count,
    const SstDftRect * part, float *grids)
{
  const int n = dft->n, m = dft->m;
  const SstDftRect all = { 0, 0, n, n };
  const SstDftRect r = part != NULL ? *part : all;
  const int rows = r.y1 - r.y0, cols = r.x1 - r.x0;

  for (int i = 0; i < count; i++) {
    const float *spectrum = spectra + (size_t) i * 2 * n * m;
    float *grid = grids + (size_t) i * n * n + r.y0 * n + r.x0;

    multiply (rows, m, 2 * n, dft->y_inverse + (size_t) r.y0 * 2 * n, 2 * n,
        spectrum, m, 0.f, dft->half, 2 * m);
    multiply (rows, m, 2 * n, dft->y_inverse + (size_t) (n + r.y0) * 2 * n,
        2 * n, spectrum, m, 0.f, dft->half + m, 2 * m);
    multiply (rows, cols, 2 * m, dft->half, 2 * m, dft->x_inverse + r.x0, n,
        0.f, grid, n);
  }
}
