/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* A program of this folder feeds one entrance of the library with bytes of anybody's
 * making. Built with -Dfuzz=true by clang, libFuzzer makes them up, as
 * "tests/run.sh --fuzz" does it.
 *
 * Otherwise replay.c feeds it with the seeds and with changed copies of them, the
 * same ones every time. */

#pragma once

#include <stddef.h>
#include <stdint.h>

/* Crashes where something is wrong. Returns 0. */
int LLVMFuzzerTestOneInput (const uint8_t * data, size_t size);
