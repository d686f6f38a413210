/* datasets/phantom/render.c -- a patient is laid in the scanner that takes them, and painted slice by
 * slice. */
#include "datasets/phantom/render.h"

#include <math.h>
#include <stdlib.h>

static double slice_z(const cc_phantom_scene *scene, int slice) {
    return scene->grid.origin_mm[2] + slice * scene->grid.spacing_mm[2];
}

cc_status cc_phantom_scene_init(cc_phantom_scene *scene, const cc_phantom_options *o, int patient) {
    /* What the slices cover, however many there are: the heart and some of what lies above and below it. */
    const double extent_mm = 120;
    *scene = (cc_phantom_scene){.seed = o->seed, .patient = patient};
    scene->scanner = *cc_scanner_get(cc_phantom_scanner_of(patient));
    if (o->field_mm > 0) {
        /* A reconstruction for the heart cuts a small square out of what was scanned. */
        scene->scanner.field_mm = o->field_mm;
        scene->scanner.whole_field = true;
        scene->scanner.centered = 1;
    }
    scene->anatomy = malloc(sizeof *scene->anatomy);
    if (!scene->anatomy) return cc_fail_memory("the phantom's anatomy", sizeof *scene->anatomy);
    cc_status status = cc_anatomy_init(scene->anatomy, o->seed, patient, o->burden);
    if (status != CC_OK) {
        free(scene->anatomy);
        scene->anatomy = NULL;
        return status;
    }
    cc_scanner_add_table(&scene->table, &scene->scanner, scene->anatomy->back_mm);
    cc_rng rng = cc_rng_init(o->seed, CC_PURPOSE_PHANTOM, (uint64_t)patient, CC_STRUCTURE_POSITION);
    /* The field of view is centred between the body (share 0) and the heart (share 1), with a few mm of
     * luck. */
    double pixel = scene->scanner.field_mm / o->size, spacing = extent_mm / o->slices;
    double half = 0.5 * (o->size - 1) * pixel, share = scene->scanner.centered;
    cc_point heart = scene->anatomy->heart_center;
    scene->grid =
        (cc_grid){.dims = {o->size, o->size, o->slices},
                  .spacing_mm = {pixel, pixel, spacing},
                  .origin_mm = {share * heart.x - half + cc_rng_between(&rng, -6, 6),
                                share * heart.y - half + cc_rng_between(&rng, -6, 6),
                                heart.z + 5 - 0.5 * (o->slices - 1) * spacing + cc_rng_between(&rng, -3, 3)},
                  .direction = {1, 0, 0, 0, 1, 0, 0, 0, 1}};
    if (!scene->table.out_of_memory) return CC_OK;
    cc_phantom_scene_deinit(scene);
    return cc_fail_memory("the scanner's table", sizeof(cc_solid));
}

void cc_phantom_scene_deinit(cc_phantom_scene *scene) {
    if (scene->anatomy) cc_anatomy_deinit(scene->anatomy);
    free(scene->anatomy);
    cc_solids_deinit(&scene->table);
    *scene = (cc_phantom_scene){0};
}

void cc_phantom_scene_slice(cc_raster *r, const cc_phantom_scene *scene, int slice) {
    /* Slices are as thick as they are apart, but not thicker than 3 mm, as in scoring scans. */
    const double thickest_mm = 3;
    const cc_grid *g = &scene->grid;
    double blur = scene->scanner.blur_mm;
    r->pixel_mm = g->spacing_mm[0];
    r->left_mm = g->origin_mm[0];
    r->top_mm = g->origin_mm[1];
    /* Pixel and blur of the detector add as variances do. */
    r->edge_mm = sqrt(r->pixel_mm * r->pixel_mm + blur * blur);
    cc_raster_paint(r, scene->anatomy, &scene->table, slice_z(scene, slice),
                    fmin(g->spacing_mm[2], thickest_mm));
    cc_scanner_expose(r, &scene->scanner,
                      cc_rng_init(scene->seed, CC_PURPOSE_PHANTOM, (uint64_t)scene->patient,
                                  (uint64_t)(CC_STRUCTURE_NOISE + slice)));
}

float cc_phantom_label(const cc_raster *r, size_t at) {
    const float calcium_hu = 130;
    /* Calcium counts where it is denser than 130 HU in the picture, as a reader of the picture would mark
     * it. */
    int tissue = r->calcium[at] && r->hu[at] > calcium_hu ? r->calcium[at] : r->tissue[at];
    return (float)(tissue | (r->heart[at] ? CC_PHANTOM_HEART : 0));
}
