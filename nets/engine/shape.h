/* nets/engine/shape.h -- the extents of a tensor: rank 4 (N,C,H,W) or rank 5 (N,C,D,H,W). */
#ifndef CC_NETS_ENGINE_SHAPE_H
#define CC_NETS_ENGINE_SHAPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { CC_RANK_MAX = 5, CC_SPATIAL_MAX = 3 };

typedef struct cc_shape {
    int rank; /* 4 or 5; parameters have extents of their own (cc_op_parameter) */
    int64_t dims[CC_RANK_MAX];
} cc_shape;

cc_shape cc_shape_2d(int64_t n, int64_t channels, int64_t height, int64_t width);
cc_shape cc_shape_3d(int64_t n, int64_t channels, int64_t depth, int64_t height, int64_t width);

/* Whether ranks and extents are equal; unused extents and padding bytes may differ. */
bool cc_shape_equal(const cc_shape *a, const cc_shape *b);
/* Product of all extents. */
int64_t cc_shape_count(const cc_shape *shape);
/* Product of the spatial extents. */
int64_t cc_shape_pixels(const cc_shape *shape);
/* The spatial extents as D,H,W, D being 1 where the rank is 4. */
void cc_shape_spatial(int64_t dhw[CC_SPATIAL_MAX], const cc_shape *shape);
/* The same shape with other channels and spatial extents (D is dropped at rank 4). */
cc_shape cc_shape_with(const cc_shape *shape, int64_t channels, const int64_t dhw[CC_SPATIAL_MAX]);
/* "2x64x128x128", in one of a few static per-thread buffers. */
const char *cc_shape_text(const cc_shape *shape);

#endif
