/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "ranks.h"

#include <stdlib.h>
#include <string.h>
#include <gio/gio.h>

#include "version.h"

SstRanks *ranks;

static gchar **names;           /* of all ranks */
static guint n_here = 1;
static gboolean settled;        /* all know of the error there is */

/* How many were started together, as those that start say; 0: nobody did. */
static guint
count_started (void)
{
  /* Open MPI; MPICH and Intel's; what srun starts */
  static const gchar *const variables[] = {
    "OMPI_COMM_WORLD_SIZE", "PMI_SIZE", "SLURM_STEP_NUM_TASKS"
  };

  for (guint i = 0; i < G_N_ELEMENTS (variables); i++) {
    const gchar *const text = g_getenv (variables[i]);

    if (text != NULL && atoi (text) > 0)
      return (guint) atoi (text);
  }
  return 0;
}

gboolean
ranks_is_first (void)
{
  return ranks == NULL || ranks->rank == 0;
}

gboolean
ranks_says_errors (void)
{
  return ranks_is_first () || !settled;
}

const gchar *
ranks_name (guint rank)
{
  return names[rank];
}

guint
ranks_n_here (void)
{
  return n_here;
}

#ifdef HAVE_MPI

/* What ranks say of themselves when they meet. It stays as it is from version
 * to version, as it is how they find out that they differ. */
#define HELLO_TEXT 120
typedef struct
{
  gchar version[HELLO_TEXT];
  gchar machine[HELLO_TEXT];
} Hello;

/* Learns who the others are. */
static gboolean
greet (GError ** error)
{
  Hello *const all = g_new0 (Hello, ranks->n);
  Hello *const mine = &all[ranks->rank];
  gchar *version = make_version ();
  guint other = 0;

  /* what is exchanged is as it lies in memory */
  g_snprintf (mine->version, sizeof (mine->version), "%s, %d bits, %s",
      version, (int) sizeof (gpointer) * 8, G_BYTE_ORDER == G_LITTLE_ENDIAN
      ? "little-endian" : "big-endian");
  g_strlcpy (mine->machine, g_get_host_name (), sizeof (mine->machine));
  g_free (version);
  ranks->gather (ranks, all, sizeof (Hello));
  names = g_new0 (gchar *, ranks->n + 1);
  n_here = 0;
  for (guint i = 0; i < ranks->n; i++) {
    all[i].version[HELLO_TEXT - 1] = all[i].machine[HELLO_TEXT - 1] = '\0';
    names[i] = g_strdup_printf ("rank %u (%s)", i, all[i].machine);
    n_here += strcmp (all[i].machine, mine->machine) == 0;
    if (other == 0 && strcmp (all[i].version, all[0].version) != 0)
      other = i;
  }
  settled = other > 0;
  if (settled)
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_FAILED, "%s is of version %s, "
        "%s of version %s; all have to be of one", names[0], all[0].version,
        names[other], all[other].version);
  g_free (all);
  return !settled;
}

#endif

gboolean
ranks_begin (GError ** error)
{
  const guint n_started = count_started ();

  if (n_started == 0)
    return TRUE;
#ifdef HAVE_MPI
  ranks = ranks_mpi_new (error);
  if (ranks == NULL)
    return FALSE;
  if (ranks->n != n_started) {
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_FAILED, "%u were started "
        "together, but MPI sees %u of them, and each would train by itself; "
        "start them with the mpirun of the MPI that this program is built "
        "with, or \"srun --mpi=pmix\"", n_started, ranks->n);
    return FALSE;
  }
  return greet (error);
#else
  if (n_started > 1) {
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED, "%u were started "
        "together, but this build knows no MPI (-Dmpi=enabled), and each would "
        "train by itself", n_started);
    return FALSE;
  }
  return TRUE;
#endif
}

void
ranks_end (gint status)
{
#ifdef HAVE_MPI
  if (ranks != NULL)
    ranks_mpi_free (&ranks, status != EXIT_SUCCESS && !settled, status);
#endif
  g_clear_pointer (&names, g_strfreev);
}

gboolean
ranks_any (gboolean yes)
{
  gboolean *all, any = FALSE;

  if (ranks == NULL)
    return yes;
  all = g_new0 (gboolean, ranks->n);
  all[ranks->rank] = yes;
  ranks->gather (ranks, all, sizeof (gboolean));
  for (guint i = 0; i < ranks->n; i++)
    any |= all[i];
  g_free (all);
  return any;
}

GPtrArray *
ranks_exchange (const GByteArray * mine)
{
  GPtrArray *all = g_ptr_array_new_with_free_func ((GDestroyNotify)
      g_byte_array_unref);
  guint *const sizes = g_new0 (guint, ranks->n);
  guint most = 0;
  guint8 *blocks;

  sizes[ranks->rank] = mine->len;
  ranks->gather (ranks, sizes, sizeof (guint));
  for (guint i = 0; i < ranks->n; i++)
    most = MAX (most, sizes[i]);
  blocks = g_malloc0 ((gsize) MAX (most, 1) * ranks->n);
  if (mine->len > 0)
    memcpy (blocks + (gsize) ranks->rank * most, mine->data, mine->len);
  if (most > 0)
    ranks->gather (ranks, blocks, most);
  for (guint i = 0; i < ranks->n; i++) {
    GByteArray *bytes = g_byte_array_sized_new (sizes[i]);

    g_byte_array_append (bytes, blocks + (gsize) i * most, sizes[i]);
    g_ptr_array_add (all, bytes);
  }
  g_free (blocks);
  g_free (sizes);
  return all;
}

void
ranks_share (GByteArray * bytes)
{
  guint size = bytes->len;

  if (ranks == NULL)
    return;
  ranks->share (ranks, &size, sizeof (size));
  g_byte_array_set_size (bytes, size);
  if (size > 0)
    ranks->share (ranks, bytes->data, size);
}

/* The texts of all ranks; "" where one has none. */
static gchar **
exchange_texts (const gchar * text)
{
  GByteArray *mine = g_byte_array_new ();
  gchar **texts = g_new0 (gchar *, ranks->n + 1);
  GPtrArray *all;

  if (text != NULL)
    g_byte_array_append (mine, (const guint8 *) text, (guint) strlen (text));
  all = ranks_exchange (mine);
  for (guint i = 0; i < ranks->n; i++) {
    const GByteArray *const bytes = g_ptr_array_index (all, i);

    texts[i] = g_strndup (bytes->len > 0 ? (const gchar *) bytes->data : "",
        bytes->len);
  }
  g_ptr_array_unref (all);
  g_byte_array_unref (mine);
  return texts;
}

gboolean
ranks_settle (gboolean ok, GError ** error)
{
  GString *text;
  gchar **texts;
  gboolean all_said_it = TRUE;

  if (ranks == NULL || !ranks_any (!ok))
    return ok;
  settled = TRUE;
  texts = exchange_texts (!ok && error != NULL && *error != NULL ?
      (*error)->message : NULL);
  text = g_string_new (NULL);
  for (guint i = 0; i < ranks->n; i++) {
    all_said_it &= strcmp (texts[i], texts[0]) == 0;
    if (*texts[i] != '\0')
      g_string_append_printf (text, "%s%s: %s", text->len > 0 ? "; " : "",
          names[i], texts[i]);
  }
  if (all_said_it)
    g_string_assign (text, texts[0]);
  /* the domain of its own says how the program ends */
  if (text->len > 0 && error != NULL && *error != NULL) {
    g_free ((*error)->message);
    (*error)->message = g_strdup (text->str);
  } else if (text->len > 0) {
    g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_FAILED, text->str);
  }
  g_string_free (text, TRUE);
  g_strfreev (texts);
  return FALSE;
}

gboolean
ranks_compare (const gchar * what, const gchar * text, GError ** error)
{
  gboolean same = TRUE;
  gchar **texts;

  if (ranks == NULL)
    return TRUE;
  texts = exchange_texts (text);
  for (guint i = 1; same && i < ranks->n; i++) {
    same = strcmp (texts[i], texts[0]) == 0;
    if (!same)
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_FAILED, "%s has other %s than "
          "%s: \"%s\", not \"%s\"", names[i], what, names[0], texts[i],
          texts[0]);
  }
  settled |= !same;
  g_strfreev (texts);
  return same;
}
