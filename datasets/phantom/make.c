/* datasets/phantom/make.c -- the slices of one patient, painted by all threads into volumes. */
#include "datasets/phantom/make.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "datasets/phantom/render.h"
#include "datasets/phantom/territories.h"

static cc_status volume_init(cc_volume *v, const cc_grid *grid, const char *type) {
    *v = (cc_volume){.grid = *grid};
    snprintf(v->type, sizeof v->type, "%s", type);
    snprintf(v->format, sizeof v->format, "phantom");
    size_t n = (size_t)grid->dims[0] * (size_t)grid->dims[1] * (size_t)grid->dims[2];
    v->voxels = malloc(n * sizeof(float));
    return v->voxels ? CC_OK : cc_fail_memory("the phantom's voxels", n * sizeof(float));
}

typedef struct volumes {
    cc_volume hu, labels, regions; /* voxels NULL: not wanted */
} volumes;

static void deinit(volumes *v) {
    cc_volume_deinit(&v->hu);
    cc_volume_deinit(&v->labels);
    cc_volume_deinit(&v->regions);
}

/* Each slice depends on nothing but the scene and its number, so any thread may paint any slice. */
static cc_status paint_slices(volumes *v, const cc_phantom_scene *scene) {
    int size = (int)scene->grid.dims[0], slices = (int)scene->grid.dims[2];
    size_t n = (size_t)size * (size_t)size;
    bool failed = false;
#pragma omp parallel
    {
        cc_raster r;
        /* A thread without memory passes its slices over: the whole then fails, whichever threads had
         * some. */
        if (cc_raster_init(&r, size) != CC_OK) {
#pragma omp atomic write
            failed = true;
        }
#pragma omp for schedule(dynamic, 1)
        for (int k = 0; k < slices; k++) {
            const size_t at = n * (size_t)k;
            if (!r.calcium) continue;
            cc_phantom_scene_slice(&r, scene, k);
            if (v->hu.voxels) memcpy(v->hu.voxels + at, r.hu, n * sizeof(float));
            for (size_t i = 0; v->labels.voxels && i < n; i++)
                v->labels.voxels[at + i] = cc_phantom_label(&r, i);
            for (size_t i = 0; v->regions.voxels && i < n; i++)
                v->regions.voxels[at + i] = cc_phantom_territory(&r, scene->anatomy, i);
        }
        cc_raster_deinit(&r);
    }
    return failed ? cc_fail_memory("a slice of the phantom", n * CC_RASTER_PIXEL_BYTES) : CC_OK;
}

cc_status cc_phantom_make(cc_volume *hu, cc_volume *labels, cc_volume *regions,
                          const cc_phantom_options *options, int patient) {
    volumes made = {0};
    cc_phantom_scene scene;
    CC_TRY(cc_phantom_check(options));
    if (patient < 0 || patient >= options->patients)
        return cc_fail(CC_EINVAL, "patient", NULL, "%d lies outside 0 to %d", patient, options->patients - 1);
    CC_TRY(cc_phantom_scene_init(&scene, options, patient));
    cc_status status = CC_OK;
    if (hu) CC_CHECK(volume_init(&made.hu, &scene.grid, "int16"));
    if (labels) CC_CHECK(volume_init(&made.labels, &scene.grid, "uint8"));
    if (regions) CC_CHECK(volume_init(&made.regions, &scene.grid, "uint8"));
    /* The volumes are the caller's only once all are complete. */
    CC_CHECK(paint_slices(&made, &scene));
    if (hu) *hu = made.hu;
    if (labels) *labels = made.labels;
    if (regions) *regions = made.regions;
done:
    cc_phantom_scene_deinit(&scene);
    if (status != CC_OK) deinit(&made);
    return status;
}
