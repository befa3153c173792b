/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

#include "track/dcf.h"

#include <math.h>
#include <string.h>

#include "base/bfloat16.h"
#include "base/simd.h"
#include "track/cross_spectra.h"
#include "track/dft.h"

typedef struct
{
  float weight;                 /* before normalisation */
  guint16 *spectrum;            /* of all channels, brief */
  float *label;                 /* one half spectrum */
} Sample;

#define MAX_PENDING 2

struct _SstDcf
{
  SstDcfParams params;
  SstDft *dft;
  int n, m;
  size_t plane;                 /* n m: real or imaginary parts of a spectrum */
  size_t cells;                 /* n n */
  size_t filter_size;           /* cells of all channels */

  Sample first;                 /* never forgotten */
  Sample pending[MAX_PENDING];  /* not yet in the sums below */
  int n_pending;
  guint n_added;                /* samples ever added */
  /* Of all samples but the first, by their weights before normalisation: */
  SstCrossSpectra *matrix;      /* sum_i w_i X_i X_i^H */
  float *moment;                /* sum_i w_i X_i conj (Y_i) */
  float kept;                   /* what is left of both since the last fold */
  float others;                 /* sum_i w_i, the pending ones included */
  float energy;                 /* mean spectral energy of the first sample */

  double *window;               /* n: its profile along either axis */
  float *mask;                  /* n x n */
  SstDftRect support;           /* of the mask */
  float *bump;                  /* label without distractors: half spectrum */

  gboolean solved;
  guint16 *spectrum;            /* filter, transformed: all channels, brief */
  float *unknown;               /* g, where filter = mask g */

  /* Lent. */
  float *residual, *direction, *image;  /* of the conjugate gradient */
  float *transformed, *sum;     /* spectra of all channels */
  float *first_spectrum;        /* of the first sample, while solving */
  float *grid;                  /* n x n of all channels */
  float *one;                   /* one half spectrum */
  float *dft_work;
};

static void
init_sample (const SstDcf * dcf, Sample * sample)
{
  sample->spectrum = g_new (guint16, sst_dcf_spectrum_size (dcf));
  sample->label = g_new (float, 2 * dcf->plane);
}

static void
clear_sample (Sample * sample)
{
  g_free (sample->spectrum);
  g_free (sample->label);
}

SstDcf *
sst_dcf_new (const SstDcfParams * params)
{
  SstDcf *dcf = g_new0 (SstDcf, 1);
  const int n = params->grid;
  size_t spectrum;

  g_return_val_if_fail (n >= 8 && n <= 128 && n % 2 == 0, NULL);
  g_return_val_if_fail (params->n_channels >= 1
      && params->n_channels <= 256, NULL);

  dcf->params = *params;
  dcf->dft = sst_dft_get (n);
  dcf->n = n;
  dcf->m = n / 2 + 1;
  dcf->plane = (size_t) n * dcf->m;
  dcf->cells = (size_t) n * n;
  dcf->filter_size = dcf->cells * params->n_channels;
  spectrum = sst_dcf_spectrum_size (dcf);

  init_sample (dcf, &dcf->first);
  for (int i = 0; i < MAX_PENDING; i++)
    init_sample (dcf, &dcf->pending[i]);
  dcf->matrix = sst_cross_spectra_new (params->n_channels, dcf->plane);
  dcf->moment = g_new0 (float, spectrum);
  dcf->window = g_new (double, n);
  dcf->mask = g_new0 (float, dcf->cells);
  dcf->bump = g_new0 (float, 2 * dcf->plane);
  dcf->spectrum = g_new0 (guint16, spectrum);
  dcf->unknown = g_new0 (float, dcf->filter_size);

  for (int x = 0; x < n; x++)
    dcf->window[x] = 0.5 - 0.5 * cos (2.0 * G_PI * (x + 0.5) / n);
  sst_dcf_reset (dcf);
  return dcf;
}

void
sst_dcf_free (SstDcf ** dcf)
{
  SstDcf *d = *dcf;

  if (d == NULL)
    return;
  clear_sample (&d->first);
  for (int i = 0; i < MAX_PENDING; i++)
    clear_sample (&d->pending[i]);
  sst_cross_spectra_free (&d->matrix);
  g_free (d->moment);
  g_free (d->window);
  g_free (d->mask);
  g_free (d->bump);
  g_free (d->spectrum);
  g_free (d->unknown);
  sst_dft_free (&d->dft);
  g_clear_pointer (dcf, g_free);
}

size_t
sst_dcf_work_size (const SstDcf * dcf)
{
  return 4 * dcf->filter_size + 3 * sst_dcf_spectrum_size (dcf)
      + 2 * dcf->plane + sst_dft_work_size (dcf->dft);
}

void
sst_dcf_lend (SstDcf * dcf, float *work)
{
  const size_t spectrum = sst_dcf_spectrum_size (dcf);

  if (work == NULL) {
    dcf->residual = dcf->direction = dcf->image = dcf->grid = NULL;
    dcf->transformed = dcf->sum = dcf->first_spectrum = NULL;
    dcf->one = dcf->dft_work = NULL;
    return;
  }
  dcf->residual = work;
  dcf->direction = dcf->residual + dcf->filter_size;
  dcf->image = dcf->direction + dcf->filter_size;
  dcf->grid = dcf->image + dcf->filter_size;
  dcf->transformed = dcf->grid + dcf->filter_size;
  dcf->sum = dcf->transformed + spectrum;
  dcf->first_spectrum = dcf->sum + spectrum;
  dcf->one = dcf->first_spectrum + spectrum;
  dcf->dft_work = dcf->one + 2 * dcf->plane;
}

void
sst_dcf_reset (SstDcf * dcf)
{
  dcf->n_pending = 0;
  dcf->n_added = 0;
  dcf->others = 0.f;
  dcf->kept = 1.f;
  sst_cross_spectra_clear (dcf->matrix);
  memset (dcf->moment, 0, sst_dcf_spectrum_size (dcf) * sizeof (float));
  dcf->solved = FALSE;
  memset (dcf->unknown, 0, dcf->filter_size * sizeof (float));
  memset (dcf->spectrum, 0, sst_dcf_spectrum_size (dcf) * sizeof (guint16));
}

size_t
sst_dcf_spectrum_size (const SstDcf * dcf)
{
  return 2 * dcf->plane * dcf->params.n_channels;
}

/* A Gaussian around (cx, cy), in cells, on a grid that wraps. */
static void
add_bump (const SstDcf * dcf, float cx, float cy, float sigma, float height,
    float *grid)
{
  const int n = dcf->n;
  const float scale = -0.5f / (sigma * sigma);

  for (int y = 0; y < n; y++) {
    const float dy = remainderf (y - cy, n);
    const float row = height * expf (dy * dy * scale);

    for (int x = 0; x < n; x++) {
      const float dx = remainderf (x - cx, n);

      grid[y * n + x] += row * expf (dx * dx * scale);
    }
  }
}

/* 1 over the target, falling to 0 over a quarter of its half size. */
static float
mask_profile (float distance, float half)
{
  const float t = (distance - half) / (0.25f * half + 1.5f);

  return 1.f - CLAMP (t, 0.f, 1.f);
}

static float
label_sigma (float width, float height, float factor)
{
  return fmaxf (factor * sqrtf (width * height), 0.3f);
}

void
sst_dcf_set_target_size (SstDcf * dcf, float width, float height)
{
  const int n = dcf->n;
  const float hw = 0.525f * CLAMP (width, 1.f, (float) n);
  const float hh = 0.525f * CLAMP (height, 1.f, (float) n);
  const float center = 0.5f * (n - 1);
  const float rx = 1.25f * hw + 1.5f, ry = 1.25f * hh + 1.5f;

  dcf->support.x0 = MAX ((int) ceilf (center - rx), 0);
  dcf->support.y0 = MAX ((int) ceilf (center - ry), 0);
  dcf->support.x1 = MIN ((int) floorf (center + rx) + 1, n);
  dcf->support.y1 = MIN ((int) floorf (center + ry) + 1, n);
  for (int y = 0; y < n; y++) {
    const float row = mask_profile (fabsf (y - center), hh);

    for (int x = 0; x < n; x++)
      dcf->mask[y * n + x] = row * mask_profile (fabsf (x - center), hw);
  }

  memset (dcf->grid, 0, dcf->cells * sizeof (float));
  add_bump (dcf, 0.f, 0.f, label_sigma (width, height,
          dcf->params.label_sigma), 1.f, dcf->grid);
  sst_dft_forward (dcf->dft, dcf->grid, 1, NULL, dcf->dft_work, dcf->bump);
}

void
sst_dcf_transform (SstDcf * dcf, const float *channels, float *spectrum)
{
  const size_t cells = dcf->cells;
  const int n = dcf->n;
  float *const window = dcf->residual;  /* n x n of it are free */

  for (int y = 0; y < n; y++)
    for (int x = 0; x < n; x++)
      window[y * n + x] = (float) (dcf->window[x] * dcf->window[y]);
  for (int c = 0; c < dcf->params.n_channels; c++) {
    for (size_t i = 0; i < cells; i++)
      dcf->grid[i] = channels[c * cells + i] * window[i];
    sst_dft_forward (dcf->dft, dcf->grid, 1, NULL, dcf->dft_work,
        spectrum + 2 * dcf->plane * c);
  }
}

/* out += a conj (b), over planes of real and imaginary parts. */
SST_MULTIVERSION static void
accumulate_conj (const float *restrict a, const float *restrict b,
    size_t plane, float *restrict out)
{
  for (size_t k = 0; k < plane; k++) {
    const float ar = a[k], ai = a[plane + k];
    const float br = b[k], bi = b[plane + k];

    out[k] += ar * br + ai * bi;
    out[plane + k] += ai * br - ar * bi;
  }
}

/* out += weight a conj (b). */
SST_MULTIVERSION static void
accumulate_weighted_conj (float weight, const float *restrict a,
    const float *restrict b, size_t plane, float *restrict out)
{
  for (size_t k = 0; k < plane; k++) {
    const float ar = a[k], ai = a[plane + k];
    const float br = weight * b[k], bi = weight * b[plane + k];

    out[k] += ar * br + ai * bi;
    out[plane + k] += ai * br - ar * bi;
  }
}

void
sst_dcf_respond (SstDcf * dcf, const float *spectrum, float *response)
{
  const int n = dcf->n, half = n / 2;

  if (!dcf->solved) {
    memset (response, 0, dcf->cells * sizeof (float));
    return;
  }
  memset (dcf->one, 0, 2 * dcf->plane * sizeof (float));
  sst_bfloat16_get (dcf->spectrum, sst_dcf_spectrum_size (dcf),
      dcf->transformed);
  for (int c = 0; c < dcf->params.n_channels; c++) {
    const size_t at = 2 * dcf->plane * c;

    accumulate_conj (spectrum + at, dcf->transformed + at, dcf->plane,
        dcf->one);
  }
  sst_dft_inverse (dcf->dft, dcf->one, 1, NULL, dcf->dft_work, dcf->grid);
  /* bring shift zero from the corner to the centre */
  for (int y = 0; y < n; y++) {
    const float *row = dcf->grid + ((y + half) % n) * n;

    memcpy (response + y * n, row + half, half * sizeof (float));
    memcpy (response + y * n + half, row, half * sizeof (float));
  }
}

/* exp (2 pi i k d / n); at the Nyquist frequency, which stands for n / 2 and
 * -n / 2 alike, the mean of the two. */
static void
phase (int n, int k, float d, float *cosine, float *sine)
{
  const float angle = 2.f * (float) G_PI * k * d / n;

  *cosine = cosf (angle);
  *sine = k == n / 2 ? 0.f : sinf (angle);
}

/* Multiplies spectra by exp (2 pi i (kx dx + ky dy) / n): the grid's content
 * moves by (-dx, -dy). */
static void
shift_spectrum (const SstDcf * dcf, const float *in, float dx, float dy,
    float *out)
{
  const int n = dcf->n, m = dcf->m;
  const size_t plane = dcf->plane;
  float *cosine = dcf->one, *sine = dcf->one + plane;
  float cx[65], sx[65], cy, sy;

  for (int x = 0; x < m; x++)
    phase (n, x, dx, &cx[x], &sx[x]);
  for (int y = 0; y < n; y++) {
    phase (n, y <= n / 2 ? y : y - n, dy, &cy, &sy);
    for (int x = 0; x < m; x++) {
      cosine[y * m + x] = cx[x] * cy - sx[x] * sy;
      sine[y * m + x] = sx[x] * cy + cx[x] * sy;
    }
  }
  for (int c = 0; c < dcf->params.n_channels; c++) {
    const float *re = in + 2 * plane * c, *im = re + plane;
    float *ore = out + 2 * plane * c, *oim = ore + plane;

    for (size_t k = 0; k < plane; k++) {
      ore[k] = re[k] * cosine[k] - im[k] * sine[k];
      oim[k] = re[k] * sine[k] + im[k] * cosine[k];
    }
  }
}

static float
mean_energy (const SstDcf * dcf, const float *spectrum)
{
  const size_t size = sst_dcf_spectrum_size (dcf);
  double sum = 0.0;

  for (size_t k = 0; k < size; k++)
    sum += (double) spectrum[k] * spectrum[k];
  return (float) (sum / dcf->plane);
}

/* Brings the pending samples into the sums. */
static void
fold (SstDcf * dcf)
{
  const size_t size = sst_dcf_spectrum_size (dcf);
  float *const spectra[MAX_PENDING] = { dcf->transformed, dcf->sum };
  float weights[MAX_PENDING];

  if (dcf->n_pending == 0)
    return;
  for (size_t k = 0; k < size; k++)
    dcf->moment[k] *= dcf->kept;
  for (int i = 0; i < dcf->n_pending; i++) {
    const Sample *const sample = &dcf->pending[i];

    sst_bfloat16_get (sample->spectrum, size, spectra[i]);
    weights[i] = sample->weight;
    for (int c = 0; c < dcf->params.n_channels; c++)
      accumulate_weighted_conj (sample->weight,
          spectra[i] + 2 * dcf->plane * c, sample->label, dcf->plane,
          dcf->moment + 2 * dcf->plane * c);
  }
  sst_cross_spectra_add (dcf->matrix, dcf->kept, dcf->n_pending,
      (const float *const *) spectra, weights);
  dcf->n_pending = 0;
  dcf->kept = 1.f;
}

/* Makes room for a sample of that weight, which the others fade for. */
static Sample *
next_sample (SstDcf * dcf, float weight_scale)
{
  const float rate = dcf->params.learning_rate * weight_scale;
  Sample *sample;

  if (dcf->n_added++ == 0)
    return &dcf->first;
  if (dcf->n_pending == MAX_PENDING)
    fold (dcf);
  dcf->kept *= 1.f - rate;
  for (int i = 0; i < dcf->n_pending; i++)
    dcf->pending[i].weight *= 1.f - rate;
  sample = &dcf->pending[dcf->n_pending++];
  /* the first few count more: there is little else to go by */
  sample->weight = rate * fmaxf (1.f, 8.f / dcf->n_added);
  dcf->others = (1.f - rate) * dcf->others + sample->weight;
  return sample;
}

void
sst_dcf_add_sample (SstDcf * dcf, const float *spectrum, float dx, float dy,
    float weight_scale, const SstDistractor * distractors, int n_distractors)
{
  const size_t plane = dcf->plane;
  Sample *const sample = next_sample (dcf, weight_scale);

  if (dx != 0.f || dy != 0.f) {
    shift_spectrum (dcf, spectrum, dx, dy, dcf->transformed);
    spectrum = dcf->transformed;
  }
  sst_bfloat16_set (spectrum, sst_dcf_spectrum_size (dcf), sample->spectrum);
  memcpy (sample->label, dcf->bump, 2 * plane * sizeof (float));
  if (n_distractors > 0) {
    memset (dcf->grid, 0, dcf->cells * sizeof (float));
    for (int i = 0; i < n_distractors; i++)
      add_bump (dcf, distractors[i].x - dx, distractors[i].y - dy, 1.5f,
          -distractors[i].strength, dcf->grid);
    sst_dft_forward (dcf->dft, dcf->grid, 1, NULL, dcf->dft_work, dcf->one);
    for (size_t k = 0; k < 2 * plane; k++)
      sample->label[k] += dcf->one[k];
  }
  if (sample == &dcf->first)
    dcf->energy = mean_energy (dcf, spectrum);
}

/* What the weights are multiplied by to be shares, and the share of the first
 * sample: what the others leave, but at least first_weight. */
typedef struct
{
  float first, others;
} Shares;

static Shares
shares_of (const SstDcf * dcf)
{
  const float room = 1.f - dcf->params.first_weight;
  const float sum = fminf (dcf->others, room);

  return (Shares) { 1.f - sum, dcf->others > room ? room / dcf->others : 1.f };
}

/* Everything below works on the support of the mask alone. */
#define FOR_SUPPORT(dcf, c, y) \
  for (int c = 0; c < (dcf)->params.n_channels; c++) \
    for (int y = (dcf)->support.y0; y < (dcf)->support.y1; y++)

static inline size_t
row_start (const SstDcf * dcf, int channel, int y)
{
  return dcf->cells * channel + (size_t) y * dcf->n;
}

static double
dot (const SstDcf * dcf, const float *a, const float *b)
{
  double sum = 0.0;

  FOR_SUPPORT (dcf, c, y) {
    const size_t row = row_start (dcf, c, y);

    for (int x = dcf->support.x0; x < dcf->support.x1; x++)
      sum += a[row + x] * b[row + x];
  }
  return sum;
}

/* out = a + factor b */
static void
combine (const SstDcf * dcf, const float *a, float factor, const float *b,
    float *out)
{
  FOR_SUPPORT (dcf, c, y) {
    const size_t row = row_start (dcf, c, y);

    for (int x = dcf->support.x0; x < dcf->support.x1; x++)
      out[row + x] = a[row + x] + factor * b[row + x];
  }
}

/* out = mask in */
static void
apply_mask (const SstDcf * dcf, const float *in, float *out)
{
  FOR_SUPPORT (dcf, c, y) {
    const size_t row = row_start (dcf, c, y);

    for (int x = dcf->support.x0; x < dcf->support.x1; x++)
      out[row + x] = in[row + x] * dcf->mask[y * dcf->n + x];
  }
}

/* spectrum = transform of (mask g) */
static void
transform_filter (SstDcf * dcf, const float *g, float *spectrum)
{
  apply_mask (dcf, g, dcf->grid);
  sst_dft_forward (dcf->dft, dcf->grid, dcf->params.n_channels,
      &dcf->support, dcf->dft_work, spectrum);
}

/* out = mask F^-1 (spectrum) */
static void
transform_back (SstDcf * dcf, const float *spectrum, float *out)
{
  sst_dft_inverse (dcf->dft, spectrum, dcf->params.n_channels, &dcf->support,
      dcf->dft_work, out);
  apply_mask (dcf, out, out);
}

/* out = M F^-1 (sum_i w_i X_i conj (sum_c X_ic conj (F_c))) + lambda E g,
 * with F the transform of M g */
static void
apply_normal_matrix (SstDcf * dcf, const float *g, float *out)
{
  const size_t plane = dcf->plane;
  const float damping = dcf->params.regularization * dcf->energy;
  const float *const first = dcf->first_spectrum;
  const Shares shares = shares_of (dcf);
  float *filter = dcf->transformed, *sum = dcf->sum;

  transform_filter (dcf, g, filter);
  if (dcf->others > 0.f)
    sst_cross_spectra_multiply (dcf->matrix, shares.others, filter, sum);
  else
    memset (sum, 0, sst_dcf_spectrum_size (dcf) * sizeof (float));
  memset (dcf->one, 0, 2 * plane * sizeof (float));
  for (int c = 0; c < dcf->params.n_channels; c++)
    accumulate_conj (first + 2 * plane * c, filter + 2 * plane * c, plane,
        dcf->one);
  for (int c = 0; c < dcf->params.n_channels; c++)
    accumulate_weighted_conj (shares.first, first + 2 * plane * c, dcf->one,
        plane, sum + 2 * plane * c);
  transform_back (dcf, sum, out);
  combine (dcf, out, damping, g, out);
}

/* out = M F^-1 (sum_i w_i X_i conj (Y_i)) */
static void
right_hand_side (SstDcf * dcf, float *out)
{
  const size_t plane = dcf->plane, size = sst_dcf_spectrum_size (dcf);
  const Shares shares = shares_of (dcf);

  for (size_t k = 0; k < size; k++)
    dcf->sum[k] = shares.others * dcf->moment[k];
  for (int c = 0; c < dcf->params.n_channels; c++)
    accumulate_weighted_conj (shares.first,
        dcf->first_spectrum + 2 * plane * c, dcf->first.label, plane,
        dcf->sum + 2 * plane * c);
  transform_back (dcf, dcf->sum, out);
}

float
sst_dcf_solve (SstDcf * dcf, int iterations)
{
  float *g = dcf->unknown, *r = dcf->residual, *p = dcf->direction;
  double norm, rr;

  if (dcf->n_added == 0)
    return 0.f;
  fold (dcf);
  sst_bfloat16_get (dcf->first.spectrum, sst_dcf_spectrum_size (dcf),
      dcf->first_spectrum);
  right_hand_side (dcf, r);
  norm = dot (dcf, r, r);

  if (dcf->solved) {
    apply_normal_matrix (dcf, g, dcf->image);
    combine (dcf, r, -1.f, dcf->image, r);
  }
  combine (dcf, r, 0.f, r, p);
  rr = dot (dcf, r, r);
  for (int k = 0; k < iterations && rr > 1e-10 * norm; k++) {
    double next, curvature;

    apply_normal_matrix (dcf, p, dcf->image);
    curvature = dot (dcf, p, dcf->image);
    if (!(curvature > 0.0))
      break;
    combine (dcf, g, (float) (rr / curvature), p, g);
    combine (dcf, r, -(float) (rr / curvature), dcf->image, r);
    next = dot (dcf, r, r);
    combine (dcf, r, (float) (next / rr), p, p);
    rr = next;
  }
  transform_filter (dcf, g, dcf->transformed);
  sst_bfloat16_set (dcf->transformed, sst_dcf_spectrum_size (dcf),
      dcf->spectrum);
  dcf->solved = TRUE;
  return norm > 0.0 ? (float) sqrt (rr / norm) : 0.f;
}

void
sst_dcf_get_filter (SstDcf * dcf, float *filter)
{
  memset (filter, 0, dcf->filter_size * sizeof (float));
  if (dcf->solved)
    apply_mask (dcf, dcf->unknown, filter);
}
