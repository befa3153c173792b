/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* Scene: test sequences that are drawn, so that their truth is exact.
 *
 * A world with a textured ground goes on for ever (it repeats, after no less
 * than 1.2 times the picture's longer side). Textured sprites lie on it, later
 * ones over earlier ones, and a camera looks at it. A sprite or the camera has
 * a pose at frame 0 and a steady motion; whatever else a test wants it writes
 * into the structs between frames. Frame t depends on nothing but t, the seed
 * and the structs: frames can be drawn in any order, and twice.
 *
 *   Scene *scene = scene_new (640, 360, 1);
 *   int car = scene_add_sprite (scene, &(SceneSprite) {
 *       .x = 100, .y = 180, .width = 60, .height = 40, .seed = 7, .vx = 3 });
 *   scene_add_sprite (scene, &(SceneSprite) {     // hides the car at t = 67
 *       .x = 300, .y = 180, .width = 80, .height = 90, .seed = 8 });
 *   scene->camera.vx = 1;                         // a slow pan
 *   for (int t = 0; t < 100; t++) {
 *     SstFrame frame = scene_render (scene, t);
 *     SceneTruth truth = scene_truth (scene, car);
 *     ... follow, compare with truth.box where truth.visible > 0.5 ...
 *   }
 *   scene_free (&scene);
 *
 * Coordinates: pixels of the picture, as in sstrack/box.h; the world's are the
 * same while the camera stands at {0}. Angles are radians, clockwise as seen.
 *
 * Thread-safety: a scene belongs to one thread at a time. */

#pragma once

#include <sstrack/box.h>
#include <sstrack/frame.h>
#include <sstrack/motion.h>

G_BEGIN_DECLS

typedef enum
{
  SCENE_RECTANGLE = 0,
  SCENE_ELLIPSE,
} SceneShape;

/* All fields may be 0 except the size. */
typedef struct
{
  float x, y;                   /* centre at frame 0 */
  float width, height;          /* > 0 */
  float angle;
  SceneShape shape;
  guint seed;                   /* the texture: same seed and palette, same
                                 * looks */
  guint palette;                /* the colours; 0: as the seed says. Same
                                 * palette, other seed: a look-alike at a
                                 * glance */

  /* Motion a frame. */
  float vx, vy;
  float grow;                   /* relative: width * (1 + grow)^t */
  float spin;
  float sway_x, sway_y;         /* amplitude of a swing, x by the sine, y by the
                                 * cosine less 1, so that it starts in place;
                                 * both: an ellipse */
  float period;                 /* frames a swing takes; 0: none */

  int from, until;              /* frames in which it is there: from <= t <
                                 * until; until 0: for ever */
  gboolean hidden;              /* not there, whatever the frame */
  gboolean on_glass;            /* stays on the picture, whatever the camera
                                 * does */
  float feather;                /* width of the soft edge in pixels; 0: 1.5 */
} SceneSprite;

typedef struct
{
  float x, y;                   /* the point of the world that is seen in the
                                 * centre of the picture, less that centre */
  float zoom;                   /* over 1: zoom - 1, so that 0 is none */
  float angle;                  /* how far the picture's contents turn */
  float vx, vy;                 /* x, y a frame */
  float grow;                   /* relative: (1 + zoom) * (1 + grow)^t */
  float spin;                   /* angle a frame */
} SceneCamera;

/* What happens to the picture after the drawing. */
typedef struct
{
  float gain;                   /* contrast over 1, about mid-grey; 0: none */
  float offset;                 /* brightness, grey levels */
  float noise;                  /* standard deviation of the luma, grey levels;
                                 * chroma gets half; new in every frame */
  float blur;                   /* standard deviation, pixels; 0: none */
} SceneLook;

typedef struct
{
  SstBox box;                   /* upright box around the sprite, whole, also
                                 * where hidden or outside the picture */
  float visible;                /* share of its area that is inside the picture
                                 * and not under later sprites, 0..1 */
} SceneTruth;

typedef struct _ScenePrivate ScenePrivate;

typedef struct
{
  SceneCamera camera;           /* yours to change between frames */
  SceneLook look;               /* so is this */

  /* Read only. */
  int width, height;
  int t;                        /* the frame last drawn, -1 before */
  guint8 *i420;                 /* it: planes Y, U, V, without padding */
  gsize size;                   /* its bytes */
  ScenePrivate *priv;
} Scene;

/* Makes a scene with nothing but its ground. Sides 1..4096. */
Scene *scene_new (int width, int height, guint seed);

/* Frees *scene and sets it to NULL. */
void scene_free (Scene ** scene);

/* Puts a sprite over all others; the struct is copied. Returns its number,
 * counting from 0. At most 250. */
int scene_add_sprite (Scene * scene, const SceneSprite * sprite);

/* The sprite's struct, to change between frames; valid until another is
 * added. */
SceneSprite *scene_sprite (Scene * scene, int sprite);

/* Another ground: a cut, if the sprites change too. */
void scene_set_ground (Scene * scene, guint seed);

/* Draws frame t, 0 or more. Returns a view of it (I420, BT.601, limited range)
 * that is valid until the next call. */
SstFrame scene_render (Scene * scene, int t);

/* The frame last drawn, again. */
SstFrame scene_frame (const Scene * scene);

/* Where a sprite is in the frame last drawn. */
SceneTruth scene_truth (const Scene * scene, int sprite);

/* How the camera moved from the frame drawn before the last to the last, with
 * support 1; the identity after the first. */
SstCameraMotion scene_motion (const Scene * scene);

/* The frame last drawn, in another format.
 * padding: bytes of junk after each row (0 or more).
 * frame: set to a view of the result. RGB formats are full range, made from
 *     BT.601; GRAY8 keeps the limited range.
 * Returns the memory, to be freed with g_free(). */
guint8 *scene_convert (const Scene * scene, SstFormat format, int padding,
    SstFrame * frame);

/* The same for any I420 view of tight or padded rows. */
guint8 *scene_convert_frame (const SstFrame * i420, SstFormat format,
    int padding, SstFrame * frame);

/* A number from 0 to 1 that depends on its arguments alone, for tests that
 * want noise of their own. */
float scene_random (guint seed, guint index);

G_END_DECLS
