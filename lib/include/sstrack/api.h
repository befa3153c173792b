/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* API: marks what the shared library exports, which is every function that a public
 * header declares and nothing else. tests/symbols.py holds the two against each
 * other, and against the list of them, tests/symbols.txt. */

#pragma once

#if defined (__GNUC__)
#define SST_API __attribute__ ((visibility ("default")))
#else
#define SST_API
#endif
