/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

#ifdef __linux__
#include <sys/resource.h>
#endif

#include <gio/gio.h>
#include <sstrack/pace.h>

#include "gstsstraingroup.h"

GST_DEBUG_CATEGORY_EXTERN (gst_ss_train_debug);
#define GST_CAT_DEFAULT gst_ss_train_debug

/* How nice the worker is to the threads of the pipeline. */
#define WORKER_NICENESS 10
/* The worker looks up at least that often while it waits for pictures. */
#define WAIT_TIME (1 * G_USEC_PER_SEC)
/* The time that "cpu-share" of the stats is measured over, how often the CPU
 * time used is noted at most, and enough notes for the time. */
#define SHARE_TIME (10 * G_USEC_PER_SEC)
#define NOTE_INTERVAL (G_USEC_PER_SEC / 2)
#define N_NOTES 32

/* CPU time that the worker had used at a time; microseconds, nanoseconds. */
typedef struct
{
  gint64 time;
  guint64 used;
} Note;

typedef struct
{
  GstSsTrain *element;
  guint64 serial;               /* later ones have more */
  SstLearnerStream *stream;
  gboolean may_work;
} Member;

struct _GstSsTrainGroup
{
  /* Constant. */
  gchar *name;                  /* NULL: of one element alone */
  const GstSsTrainCalls *calls;
  SstModel *base;
  SstLearner *learner;
  SstPace *pace;
  GThread *worker;

  GMutex lock;
  GCond cond;                   /* the worker's, where it may not work */
  GCond called_back;            /* called is NULL again */
  atomic_bool stopping;
  /* Under the lock. */
  GArray *members;              /* Member, by serial */
  guint64 last_serial;
  guint n_leaving;              /* of the members, but the last one */
  GstSsTrain *called;           /* whom the worker calls */
  GstSsTrainTerms terms;
  gboolean errand;
  guint asked, answered;        /* rollbacks and resets */
  guint taken;                  /* of those asked, what the worker knows of */
  Note notes[N_NOTES];          /* a ring */
  guint n_notes, first_note;
};

/* The groups that have a name. This lock comes before a group's. */
static GMutex groups_lock;
static GHashTable *groups;      /* name to GstSsTrainGroup, not owned */

/* ---- terms ---- */

static const struct
{
  GstSsTrainTerm term;
  const gchar *property;
} term_names[] = {
  {GST_SS_TRAIN_TERM_CPU_SHARE, "cpu-share"},
  {GST_SS_TRAIN_TERM_PROFILE, "profile"},
  {GST_SS_TRAIN_TERM_TONE, "tone"},
  {GST_SS_TRAIN_TERM_RESET_AFTER, "reset-after"},
  {GST_SS_TRAIN_TERM_SEED, "seed"},
  {GST_SS_TRAIN_TERM_MEMORY_LIMIT, "memory-limit"},
};

gchar *
gst_ss_train_terms_describe (GstSsTrainTerm terms)
{
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < G_N_ELEMENTS (term_names); i++)
    if ((terms & term_names[i].term) != 0)
      g_string_append_printf (text, "%s\"%s\"", text->len > 0 ? ", " : "",
          term_names[i].property);
  return g_string_free (text, FALSE);
}

static GstSsTrainTerm
compare_terms (const GstSsTrainTerms * a, const GstSsTrainTerms * b)
{
  GstSsTrainTerm differs = 0;

  if (a->cpu_share < b->cpu_share || a->cpu_share > b->cpu_share)
    differs |= GST_SS_TRAIN_TERM_CPU_SHARE;
  if (a->params.profile != b->params.profile)
    differs |= GST_SS_TRAIN_TERM_PROFILE;
  if (a->params.tone != b->params.tone)
    differs |= GST_SS_TRAIN_TERM_TONE;
  if (a->params.reset_after != b->params.reset_after)
    differs |= GST_SS_TRAIN_TERM_RESET_AFTER;
  if (a->params.seed != b->params.seed)
    differs |= GST_SS_TRAIN_TERM_SEED;
  if (a->params.memory != b->params.memory)
    differs |= GST_SS_TRAIN_TERM_MEMORY_LIMIT;
  return differs;
}

void
gst_ss_train_group_set_terms (GstSsTrainGroup * group,
    const GstSsTrainTerms * terms, GstSsTrainTerm which)
{
  SstLearnerParams *const params = &group->terms.params;

  g_mutex_lock (&group->lock);
  if ((which & GST_SS_TRAIN_TERM_CPU_SHARE) != 0) {
    group->terms.cpu_share = terms->cpu_share;
    sst_pace_set_share (group->pace, terms->cpu_share);
  }
  if ((which & GST_SS_TRAIN_TERM_PROFILE) != 0)
    params->profile = terms->params.profile;
  if ((which & GST_SS_TRAIN_TERM_TONE) != 0)
    params->tone = terms->params.tone;
  if ((which & GST_SS_TRAIN_TERM_RESET_AFTER) != 0)
    params->reset_after = terms->params.reset_after;
  sst_learner_set_params (group->learner, params);
  g_mutex_unlock (&group->lock);
}

/* ---- members, with the lock held ---- */

static Member *
member_at (const GstSsTrainGroup * group, guint i)
{
  return &g_array_index (group->members, Member, i);
}

static Member *
find_member (const GstSsTrainGroup * group, const GstSsTrain * element)
{
  for (guint i = 0; i < group->members->len; i++)
    if (member_at (group, i)->element == element)
      return member_at (group, i);
  return NULL;
}

static gboolean
may_work (const GstSsTrainGroup * group)
{
  if (group->asked != group->answered)
    return TRUE;
  for (guint i = 0; i < group->members->len; i++)
    if (member_at (group, i)->may_work)
      return TRUE;
  return FALSE;
}

/* Lets the worker work, or makes it leave what it is at. */
static void
direct (GstSsTrainGroup * group)
{
  /* What was asked for goes before what the worker is at. */
  if (!atomic_load (&group->stopping) && may_work (group)
      && group->taken == group->asked)
    sst_pace_resume (group->pace);
  else
    sst_pace_stop (group->pace);
  g_cond_signal (&group->cond);
  sst_learner_wake (group->learner);
}

void
gst_ss_train_group_direct (GstSsTrainGroup * group, GstSsTrain * element,
    gboolean works, gboolean errand)
{
  Member *member;

  g_mutex_lock (&group->lock);
  member = find_member (group, element);
  if (member != NULL)
    member->may_work = works;
  group->errand |= errand;
  direct (group);
  g_mutex_unlock (&group->lock);
}

void
gst_ss_train_group_ask (GstSsTrainGroup * group, void (*what) (SstLearner *))
{
  g_mutex_lock (&group->lock);
  what (group->learner);
  group->asked++;
  direct (group);
  g_mutex_unlock (&group->lock);
}

SstLearnerStream *
gst_ss_train_group_stream (GstSsTrainGroup * group, GstSsTrain * element)
{
  SstLearnerStream *stream;

  g_mutex_lock (&group->lock);
  stream = find_member (group, element)->stream;
  g_mutex_unlock (&group->lock);
  return stream;
}

/* ---- figures ---- */

/* Share of a core used in the last SHARE_TIME, or since the start. */
static gdouble
measure_share (const GstSsTrainGroup * group, gint64 now, guint64 used)
{
  const gint64 from = now - SHARE_TIME;
  Note then = group->notes[group->first_note];

  for (guint i = 1; i < group->n_notes && then.time < from; i++) {
    const Note *next = &group->notes[(group->first_note + i) % N_NOTES];

    if (next->time > from) {
      /* between the two, as if it had worked evenly */
      then.used += (guint64) ((gdouble) (next->used - then.used) *
          (gdouble) (from - then.time) / (gdouble) (next->time - then.time));
      then.time = from;
    } else {
      then = *next;
    }
  }
  return now > then.time ? (gdouble) (used - then.used) / 1000.0 /
      (gdouble) (now - then.time) : 0.0;
}

static void
take_note (GstSsTrainGroup * group, gint64 now, guint64 used)
{
  const guint last = (group->first_note + group->n_notes - 1) % N_NOTES;

  if (now - group->notes[last].time < NOTE_INTERVAL)
    return;
  if (group->n_notes == N_NOTES)
    group->first_note = (group->first_note + 1) % N_NOTES;
  else
    group->n_notes++;
  group->notes[(last + 1) % N_NOTES] = (Note) { now, used };
}

void
gst_ss_train_group_look (GstSsTrainGroup * group, GstSsTrainFigures * figures)
{
  const gint64 now = g_get_monotonic_time ();
  const guint64 used = sst_pace_get_used (group->pace);

  sst_learner_get_stats (group->learner, &figures->learner);
  figures->cpu_used = used;
  g_mutex_lock (&group->lock);
  figures->n_members = group->members->len;
  figures->may_work = may_work (group);
  figures->cpu_share = measure_share (group, now, used);
  take_note (group, now, used);
  g_mutex_unlock (&group->lock);
}

SstModel *
gst_ss_train_group_base (GstSsTrainGroup * group)
{
  return group->base;
}

SstModel *
gst_ss_train_group_dup_model (GstSsTrainGroup * group)
{
  return sst_learner_get_model (group->learner);
}

/* ---- the worker ---- */

/* Priority is a thread's own on Linux; elsewhere it would be the process's. */
static void
lower_priority (void)
{
#ifdef __linux__
  if (setpriority (PRIO_PROCESS, (id_t) gettid (), WORKER_NICENESS) != 0)
    GST_DEBUG ("could not lower the worker's priority");
#endif
}

/* The next member after one, which can't leave until it is let go; NULL: there
 * is none. */
static GstSsTrain *
hold_next (GstSsTrainGroup * group, guint64 * serial)
{
  GstSsTrain *next = NULL;

  g_mutex_lock (&group->lock);
  for (guint i = 0; next == NULL && i < group->members->len; i++)
    if (member_at (group, i)->serial > *serial) {
      *serial = member_at (group, i)->serial;
      next = member_at (group, i)->element;
    }
  group->called = next;
  g_cond_broadcast (&group->called_back);
  g_mutex_unlock (&group->lock);
  return next;
}

static void
run_errands (GstSsTrainGroup * group)
{
  guint64 serial = 0;
  GstSsTrain *member;

  while ((member = hold_next (group, &serial)) != NULL)
    group->calls->errand (member);
}

/* Tells all what a piece of work came to. */
static void
conclude (GstSsTrainGroup * group, SstLearnerEvent event)
{
  SstModel *const model = sst_learner_get_model (group->learner);
  guint64 serial = 0;
  GstSsTrain *member;

  while ((member = hold_next (group, &serial)) != NULL)
    group->calls->conclude (member, event, model);
  sst_model_unref (model);
}

/* Waits until there may be work. Returns whether there is; asked: what was
 * asked for so far. */
static gboolean
wait_for_work (GstSsTrainGroup * group, guint * asked)
{
  gboolean works;

  g_mutex_lock (&group->lock);
  while (!may_work (group) && !group->errand
      && !atomic_load (&group->stopping))
    g_cond_wait (&group->cond, &group->lock);
  group->errand = FALSE;
  works = may_work (group);
  *asked = group->asked;
  if (group->taken != *asked) {
    group->taken = *asked;
    direct (group);
  }
  g_mutex_unlock (&group->lock);
  return works;
}

static gpointer
work (gpointer data)
{
  GstSsTrainGroup *group = data;

  lower_priority ();
  while (!atomic_load (&group->stopping)) {
    SstLearnerEvent event;
    gboolean works;
    guint asked;

    works = wait_for_work (group, &asked);
    run_errands (group);
    if (!works)
      continue;

    event = sst_learner_work (group->learner, group->pace);
    GST_LOG ("%s", sst_learner_event_to_string (event));
    conclude (group, event);

    g_mutex_lock (&group->lock);
    if (event != SST_LEARNER_STOPPED && group->answered != asked) {
      group->answered = asked;
      direct (group);
    }
    g_mutex_unlock (&group->lock);
    if (event == SST_LEARNER_IDLE && !atomic_load (&group->stopping))
      sst_learner_wait (group->learner, WAIT_TIME);
  }
  return NULL;
}

/* ---- coming and going ---- */

static void
group_free (GstSsTrainGroup * group)
{
  sst_learner_free (&group->learner);
  sst_pace_free (&group->pace);
  sst_model_unref (group->base);
  g_array_unref (group->members);
  g_cond_clear (&group->called_back);
  g_cond_clear (&group->cond);
  g_mutex_clear (&group->lock);
  g_free (group->name);
  g_free (group);
}

/* Without its worker yet. */
static GstSsTrainGroup *
group_new (const gchar * name, const GstSsTrainCalls * calls, SstModel * base,
    const GstSsTrainTerms * terms)
{
  GstSsTrainGroup *group = g_new0 (GstSsTrainGroup, 1);

  group->name = g_strdup (name);
  group->calls = calls;
  group->base = sst_model_ref (base);
  group->terms = *terms;
  g_mutex_init (&group->lock);
  g_cond_init (&group->cond);
  g_cond_init (&group->called_back);
  group->members = g_array_new (FALSE, TRUE, sizeof (Member));
  group->notes[0] = (Note) { g_get_monotonic_time (), 0 };
  group->n_notes = 1;
  group->learner = sst_learner_new (&terms->params, base);
  group->pace = sst_pace_new ();
  sst_pace_set_share (group->pace, terms->cpu_share);
  sst_pace_stop (group->pace);
  return group;
}

static gboolean
is_same (SstModel * a, SstModel * b)
{
  return strcmp (sst_weights_get_checksum (sst_model_weights (a)),
      sst_weights_get_checksum (sst_model_weights (b))) == 0;
}

/* Whether who would start from base can learn with the others. */
static gboolean
check_base (GstSsTrainGroup * group, SstModel * base, GError ** error)
{
  SstModel *const model = sst_learner_get_model (group->learner);
  const gboolean good = is_same (base, group->base) || is_same (base, model);

  sst_model_unref (model);
  if (!good)
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
        "the group \"%s\" started from the model %.12s..., not from %.12s...",
        group->name,
        sst_weights_get_checksum (sst_model_weights (group->base)),
        sst_weights_get_checksum (sst_model_weights (base)));
  return good;
}

static void
add_member (GstSsTrainGroup * group, GstSsTrain * element,
    const GstSsTrainTerms * terms)
{
  Member member = {
    .element = element,
    .stream = sst_learner_add_stream (group->learner),
  };

  sst_learner_stream_set_params (member.stream, terms->params.from,
      terms->params.paused_when);
  g_mutex_lock (&group->lock);
  member.serial = ++group->last_serial;
  g_array_append_val (group->members, member);
  g_mutex_unlock (&group->lock);
}

/* With the groups' lock held. */
static GstSsTrainGroup *
find_group (const gchar * name)
{
  return groups != NULL && name != NULL ? g_hash_table_lookup (groups, name)
      : NULL;
}

GstSsTrainGroup *
gst_ss_train_group_join (const gchar * name, GstSsTrain * element,
    const GstSsTrainCalls * calls, SstModel * base, gboolean own_base,
    const GstSsTrainTerms * terms, GstSsTrainTerm * differs, GError ** error)
{
  GstSsTrainGroup *group;

  if (name != NULL && *name == '\0')
    name = NULL;
  *differs = 0;
  g_mutex_lock (&groups_lock);
  group = find_group (name);
  if (group != NULL) {
    if (own_base && !check_base (group, base, error)) {
      group = NULL;
    } else {
      g_mutex_lock (&group->lock);
      *differs = compare_terms (&group->terms, terms);
      g_mutex_unlock (&group->lock);
      add_member (group, element, terms);
    }
    g_mutex_unlock (&groups_lock);
    return group;
  }

  group = group_new (name, calls, base, terms);
  add_member (group, element, terms);
  group->worker = g_thread_try_new ("sstrain", work, group, error);
  if (group->worker == NULL) {
    sst_learner_stream_free (&member_at (group, 0)->stream);
    g_clear_pointer (&group, group_free);
  } else if (name != NULL) {
    if (groups == NULL)
      groups = g_hash_table_new (g_str_hash, g_str_equal);
    g_hash_table_insert (groups, group->name, group);
  }
  g_mutex_unlock (&groups_lock);
  return group;
}

/* Takes the stream of a member away. */
static void
remove_member (GstSsTrainGroup * group, const GstSsTrain * element)
{
  SstLearnerStream *stream;
  Member *member;

  g_mutex_lock (&group->lock);
  while (group->called == element)
    g_cond_wait (&group->called_back, &group->lock);
  member = find_member (group, element);
  stream = member->stream;
  g_array_remove_index (group->members,
      (guint) (member - member_at (group, 0)));
  direct (group);
  /* at last, as who stays may free all of it */
  sst_learner_stream_free (&stream);
  group->n_leaving--;
  g_cond_broadcast (&group->called_back);
  g_mutex_unlock (&group->lock);
}

/* Waits for those that are leaving, and for the worker. */
static void
end_work (GstSsTrainGroup * group)
{
  g_mutex_lock (&group->lock);
  while (group->n_leaving > 0)
    g_cond_wait (&group->called_back, &group->lock);
  atomic_store (&group->stopping, TRUE);
  direct (group);
  g_mutex_unlock (&group->lock);
  g_thread_join (group->worker);
}

void
gst_ss_train_group_leave (GstSsTrainGroup ** group_p, GstSsTrain * element,
    GstSsTrainFigures * figures)
{
  GstSsTrainGroup *const group = *group_p;
  gboolean last;

  *group_p = NULL;
  g_mutex_lock (&groups_lock);
  g_mutex_lock (&group->lock);
  last = group->members->len - group->n_leaving == 1;
  group->n_leaving += !last;
  g_mutex_unlock (&group->lock);
  if (last && find_group (group->name) == group)
    g_hash_table_remove (groups, group->name);
  g_mutex_unlock (&groups_lock);

  if (last)
    end_work (group);
  gst_ss_train_group_look (group, figures);
  if (!last) {
    remove_member (group, element);
    return;
  }
  sst_learner_stream_free (&member_at (group, 0)->stream);
  group_free (group);
}
