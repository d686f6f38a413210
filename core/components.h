/* core/components.h -- connected components of a mask: labels, their number, their sizes.
 *
 * In 3-D through faces (6) or corners too (26); 4 and 8 join pixels within a slice only, so that a picture is
 * a mask of depth 1, and a volume with 4 or 8 is labelled slice by slice. Source: two passes with union-find,
 * Rosenfeld & Pfaltz, J. ACM 13 (1966), 471-494; roots as in Wu, Otoo & Suzuki, PAA 12 (2009), 117-135. */
#ifndef CC_CORE_COMPONENTS_H
#define CC_CORE_COMPONENTS_H

#include <stddef.h>
#include <stdint.h>
#include "core/status.h"

typedef struct cc_components {
    uint32_t *labels; /* [depth*height*width]: 0 background, 1 to count by each component's first voxel */
    size_t *sizes;    /* [count]: the voxels of label i + 1 */
    size_t count;
} cc_components;

/* How many voxels a volume has; CC_EINVAL where that is none, or more than components can be labelled in. */
cc_status cc_components_voxels(size_t *out, int depth, int height, int width);

/* Of mask[depth*height*width], non-zero is foreground; neighbours is 4, 8, 6 or 26. The caller owns what *out
 * holds.
 *   CC_EINVAL  another number of neighbours, no voxels, or 2^32 and more
 *   CC_ENOMEM */
cc_status cc_components_init(cc_components *out, const uint8_t *mask, int depth, int height, int width,
                             int neighbours);
/* Takes zeroed components, too. */
void cc_components_deinit(cc_components *components);

#endif
