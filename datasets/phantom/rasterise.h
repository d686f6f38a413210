/* datasets/phantom/rasterise.h -- a slice of an anatomy as pixels, before a scanner's noise. */
#ifndef CC_DATASETS_PHANTOM_RASTERISE_H
#define CC_DATASETS_PHANTOM_RASTERISE_H

#include "datasets/phantom/anatomy.h"

/* What a pixel takes. */
enum { CC_RASTER_PIXEL_BYTES = 6 * sizeof(float) + 3 * sizeof(double) + sizeof(int) + 3 };

/* One slice, and the room to paint it: one a thread. Pixel (row, column) lies at left_mm + column * pixel_mm,
 * top_mm + row * pixel_mm in the scanner's space. */
typedef struct cc_raster {
    int size;
    double pixel_mm, left_mm, top_mm;
    double edge_mm;    /* width over which an edge fades: the pixel and the scanner's blur */
    float *hu;         /* size*size: the mean over the slice's thickness */
    uint8_t *tissue;   /* size*size: cc_phantom_tissue at mid-slice, calcium left out */
    uint8_t *heart;    /* size*size: 1 inside the pericardium at mid-slice */
    uint8_t *calcium;  /* size*size: the calcified tissue that touches the pixel, or 0 */
    double *x, *y, *z; /* the pixels of mid-slice in the anatomy's space, reference mm */
    float *layer, *clear, *region[CC_REGION_COUNT]; /* private */
    int *joint;                                     /* private: the body that covered the pixel last, */
    float *covered;                                 /* and the share that it took */
} cc_raster;

/* The geometry is the caller's to fill in. CC_ENOMEM: *raster holds nothing; it is safe to deinit either
 * way. */
cc_status cc_raster_init(cc_raster *raster, int size);
void cc_raster_deinit(cc_raster *raster);

/* Paints the slice around z_mm: first the table, then the patient. */
void cc_raster_paint(cc_raster *raster, const cc_anatomy *anatomy, const cc_solid_list *table, double z_mm,
                     double thickness_mm);

#endif
