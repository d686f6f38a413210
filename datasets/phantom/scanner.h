/* datasets/phantom/scanner.h -- four scanners: what each does to the same patient. */
#ifndef CC_DATASETS_PHANTOM_SCANNER_H
#define CC_DATASETS_PHANTOM_SCANNER_H

#include "datasets/phantom/rasterise.h"

typedef struct cc_scanner {
    double field_mm;  /* side of the reconstructed square */
    bool whole_field; /* the scanned circle holds the square; else the square holds the circle, outside which
                         there is nothing */
    double centered;  /* 0: on the body, 1: on the heart */
    double blur_mm;   /* width of the edge that the detector leaves */
    double sharpness; /* of the kernel: the share of fine detail added (unsharp mask of kernel_mm) */
    double kernel_mm;
    double noise_hu;    /* standard deviation in the middle of the body */
    double grain_mm[2]; /* correlation length of the noise, x and y */
    double coarse_mm;   /* above 0: what is coarser than this is taken out of the noise (sharp kernels) */
    double slope, offset_hu; /* calibration: see calibrated() in scanner.c */
    double table_gap_mm, table_half_width_mm, table_rise_mm, table_hu;
    int table_shells;
} cc_scanner;

/* Borrowed; scanner in 0..CC_PHANTOM_SCANNERS-1. */
const cc_scanner *cc_scanner_get(int scanner);

/* Appends the table under a patient whose back lies at back_mm. */
void cc_scanner_add_table(cc_solid_list *table, const cc_scanner *scanner, double back_mm);

/* Turns raster->hu into what the scanner shows, in whole HU within -1024..3071. raster->layer is scratch. */
void cc_scanner_expose(cc_raster *raster, const cc_scanner *scanner, cc_rng noise);

#endif
