/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* BLAS threads (internal): products on the caller's thread alone.
 *
 * The products here are too small for OpenBLAS to gain from threads of its own,
 * which would fight those of the pipeline. But their number is the whole
 * process's, which may have large products of its own. So the number is 1 while
 * a frame is looked at or something is learned, and the earlier one at other
 * times.
 *
 * An OpenBLAS that was built for OpenMP is left alone: there a change frees
 * buffers that another thread may be using. OPENBLAS_NUM_THREADS=1 is right for
 * those that only track.
 *
 * Thread-safety: everything may be called from any thread; calls nest. */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* From here to the matching end the process has one BLAS thread. */
void sst_blas_begin (void);
void sst_blas_end (void);

/* While the calling thread, between begin and end or not, sleeps. */
void sst_blas_pause (void);
void sst_blas_resume (void);

G_END_DECLS
