/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

#include "gstssinfo.h"

#include <string.h>

#include "model/model_private.h"

static const gchar *const tone_names[SST_TONE_N_VALUES] = {
  "luma-gain", "luma-offset", "cb-gain", "cr-gain", "cb-offset", "cr-offset",
  "softness", "sharpness", "blur", "noise"
};

/* Only what is not as usual. */
static void
append_tone (GString * text, const SstTone * tone)
{
  const SstTone neutral = SST_TONE_NEUTRAL;
  gfloat values[SST_TONE_N_VALUES], usual[SST_TONE_N_VALUES];
  gchar number[G_ASCII_DTOSTR_BUF_SIZE];

  g_string_append (text, "tone:");
  if (tone == NULL)
    g_string_append (text, " none, pictures are seen as they are");
  else
    sst_tone_to_values (tone, values);
  sst_tone_to_values (&neutral, usual);
  for (guint i = 0; tone != NULL && i < SST_TONE_N_VALUES; i++)
    if (values[i] != usual[i])
      g_string_append_printf (text, " %s=%s", tone_names[i],
          g_ascii_formatd (number, sizeof (number), "%.4g",
              (gdouble) values[i]));
  g_string_append_c (text, '\n');
}

/* A terminal does what control characters say. */
static void
append_harmless (GString * text, const gchar * line, const gchar * end)
{
  for (const gchar * c = line; c < end; c = g_utf8_next_char (c)) {
    const gunichar character = g_utf8_get_char (c);

    g_string_append_unichar (text, g_unichar_isprint (character) ? character :
        '?');
  }
}

/* Lines "key=value". */
static void
append_origin (GString * text, const gchar * metadata)
{
  for (const gchar * line = metadata; *line != '\0';) {
    const gchar *end = strchr (line, '\n'), *sign = strchr (line, '=');

    append_harmless (text, line, sign);
    g_string_append (text, ": ");
    append_harmless (text, sign + 1, end);
    g_string_append_c (text, '\n');
    line = end + 1;
  }
}

gchar *
gst_ss_info_describe (const SstModel * model)
{
  SstWeights *weights = sst_model_weights (model);
  const SstNetwork *network = sst_model_network (model);
  GString *text = g_string_new (NULL);

  g_string_append_printf (text, "architecture: %s\n",
      sst_weights_get_architecture (weights));
  g_string_append_printf (text, "hash: %s\n",
      sst_weights_get_checksum (weights));
  g_string_append_printf (text, "parameters: %" G_GSIZE_FORMAT "\n",
      sst_network_n_parameters (network));
  g_string_append_printf (text, "operations: %" G_GUINT64_FORMAT
      " multiplications for a target in a frame\n",
      sst_model_operations (model));
  append_tone (text, sst_model_tone (model));
  append_origin (text, sst_weights_get_metadata (weights));
  return g_string_free (text, FALSE);
}
