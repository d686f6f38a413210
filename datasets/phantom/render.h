/* datasets/phantom/render.h -- a patient in a scanner, slice by slice: what the writers share. */
#ifndef CC_DATASETS_PHANTOM_RENDER_H
#define CC_DATASETS_PHANTOM_RENDER_H

#include "datasets/grid.h"
#include "datasets/phantom/scanner.h"

typedef struct cc_phantom_scene {
    uint64_t seed;
    int patient;
    cc_scanner scanner; /* with the field that the options ask for */
    cc_anatomy *anatomy;
    cc_solid_list table;
    cc_grid grid;
} cc_phantom_scene;

/* Options are checked before. CC_ENOMEM leaves nothing to free. */
cc_status cc_phantom_scene_init(cc_phantom_scene *scene, const cc_phantom_options *options, int patient);
void cc_phantom_scene_deinit(cc_phantom_scene *scene);

/* Paints and exposes slice 0..dims[2]-1 into a raster of the grid's size. */
void cc_phantom_scene_slice(cc_raster *raster, const cc_phantom_scene *scene, int slice);

/* The label of a pixel of an exposed raster. */
float cc_phantom_label(const cc_raster *raster, size_t at);

#endif
