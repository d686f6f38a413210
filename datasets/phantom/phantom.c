/* datasets/phantom/phantom.c -- from options and a patient's number to volumes. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "datasets/phantom/render.h"

cc_phantom_options cc_phantom_defaults(void) {
    return (cc_phantom_options){
        .layout = "ctheart", .patients = 32, .size = 128, .slices = 40, .seed = 1, .window_hu = {-200, 800}};
}

static cc_status in_range(const char *name, int value, int low, int high) {
    if (value >= low && value <= high) return CC_OK;
    return cc_fail(CC_EINVAL, name, NULL, "%d lies outside %d to %d", value, low, high);
}

cc_status cc_phantom_check(const cc_phantom_options *o) {
    CC_TRY(in_range("patients", o->patients, 1, CC_PHANTOM_PATIENTS_MAX));
    CC_TRY(in_range("size", o->size, CC_PHANTOM_SIZE_MIN, CC_PHANTOM_SIZE_MAX));
    CC_TRY(in_range("slices", o->slices, 1, CC_PHANTOM_SLICES_MAX));
    if (!isfinite(o->window_hu[0]) || !isfinite(o->window_hu[1]) || o->window_hu[0] >= o->window_hu[1])
        return cc_fail(CC_EINVAL, "window_hu", "give the lower bound first", "[%g, %g] is not a window",
                       o->window_hu[0], o->window_hu[1]);
    return CC_OK;
}

static double slice_z(const cc_phantom_scene *scene, int slice) {
    return scene->grid.origin_mm[2] + slice * scene->grid.spacing_mm[2];
}

cc_status cc_phantom_scene_init(cc_phantom_scene *scene, const cc_phantom_options *o, int patient) {
    const double extent_mm = 120;
    *scene = (cc_phantom_scene){.seed = o->seed, .patient = patient};
    scene->scanner = cc_scanner_get(cc_phantom_scanner_of(patient));
    scene->anatomy = malloc(sizeof *scene->anatomy);
    if (!scene->anatomy) return cc_fail_memory("the phantom's anatomy", sizeof *scene->anatomy);
    cc_status status = cc_anatomy_init(scene->anatomy, o->seed, patient);
    if (status != CC_OK) {
        free(scene->anatomy);
        scene->anatomy = NULL;
        return status;
    }
    cc_scanner_add_table(&scene->table, scene->scanner, scene->anatomy->back_mm);
    cc_rng rng = cc_rng_init(o->seed, CC_PURPOSE_PHANTOM, (uint64_t)patient, CC_STRUCTURE_POSITION);
    double pixel = scene->scanner->field_mm / o->size, spacing = extent_mm / o->slices;
    double half = 0.5 * (o->size - 1) * pixel, share = scene->scanner->centered;
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
    return cc_fail_memory("the scanner's table", sizeof(cc_shape));
}

void cc_phantom_scene_deinit(cc_phantom_scene *scene) {
    if (scene->anatomy) cc_anatomy_deinit(scene->anatomy);
    free(scene->anatomy);
    cc_shapes_deinit(&scene->table);
    *scene = (cc_phantom_scene){0};
}

void cc_phantom_scene_slice(cc_raster *r, const cc_phantom_scene *scene, int slice) {
    const double thickest_mm = 3;
    const cc_grid *g = &scene->grid;
    double blur = scene->scanner->blur_mm;
    r->pixel_mm = g->spacing_mm[0];
    r->left_mm = g->origin_mm[0];
    r->top_mm = g->origin_mm[1];
    r->edge_mm = sqrt(r->pixel_mm * r->pixel_mm + blur * blur);
    cc_raster_paint(r, scene->anatomy, &scene->table, slice_z(scene, slice),
                    fmin(g->spacing_mm[2], thickest_mm));
    cc_scanner_expose(r, scene->scanner,
                      cc_rng_init(scene->seed, CC_PURPOSE_PHANTOM, (uint64_t)scene->patient,
                                  (uint64_t)(CC_STRUCTURE_NOISE + slice)));
}

float cc_phantom_label(const cc_raster *r, size_t at) {
    const float calcium_hu = 130;
    int tissue = r->calcium[at] && r->hu[at] > calcium_hu ? r->calcium[at] : r->tissue[at];
    return (float)(tissue | (r->heart[at] ? CC_PHANTOM_HEART : 0));
}

static cc_status volume_init(cc_volume *v, const cc_grid *grid, const char *type) {
    *v = (cc_volume){.grid = *grid};
    snprintf(v->type, sizeof v->type, "%s", type);
    snprintf(v->format, sizeof v->format, "phantom");
    size_t n = (size_t)grid->dims[0] * (size_t)grid->dims[1] * (size_t)grid->dims[2];
    v->voxels = malloc(n * sizeof(float));
    return v->voxels ? CC_OK : cc_fail_memory("the phantom's voxels", n * sizeof(float));
}

/* Each slice depends on nothing but the scene and its number, so any thread may paint any slice. */
static cc_status paint_slices(cc_volume *hu, cc_volume *labels, const cc_phantom_scene *scene) {
    int size = (int)scene->grid.dims[0], slices = (int)scene->grid.dims[2];
    size_t n = (size_t)size * (size_t)size;
    bool failed = false;
#pragma omp parallel
    {
        cc_raster r;
        if (cc_raster_init(&r, size) != CC_OK) {
#pragma omp atomic write
            failed = true;
        }
#pragma omp for schedule(dynamic, 1)
        for (int k = 0; k < slices; k++) {
            if (!r.calcium) continue;
            cc_phantom_scene_slice(&r, scene, k);
            if (hu) memcpy(hu->voxels + n * (size_t)k, r.hu, n * sizeof(float));
            for (size_t i = 0; labels && i < n; i++)
                labels->voxels[n * (size_t)k + i] = cc_phantom_label(&r, i);
        }
        cc_raster_deinit(&r);
    }
    return failed ? cc_fail_memory("a slice of the phantom", n * CC_RASTER_PIXEL_BYTES) : CC_OK;
}

cc_status cc_phantom_make(cc_volume *hu, cc_volume *labels, const cc_phantom_options *options, int patient) {
    cc_volume made_hu = {0}, made_labels = {0};
    cc_phantom_scene scene;
    CC_TRY(cc_phantom_check(options));
    CC_TRY(in_range("patient", patient, 0, options->patients - 1));
    CC_TRY(cc_phantom_scene_init(&scene, options, patient));
    cc_status status = CC_OK;
    if (hu) CC_CHECK(volume_init(&made_hu, &scene.grid, "int16"));
    if (labels) CC_CHECK(volume_init(&made_labels, &scene.grid, "uint8"));
    CC_CHECK(paint_slices(hu ? &made_hu : NULL, labels ? &made_labels : NULL, &scene));
    if (hu) *hu = made_hu;
    if (labels) *labels = made_labels;
done:
    cc_phantom_scene_deinit(&scene);
    if (status == CC_OK) return CC_OK;
    cc_volume_deinit(&made_hu);
    cc_volume_deinit(&made_labels);
    return status;
}
