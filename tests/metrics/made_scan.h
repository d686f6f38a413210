/* tests/metrics/made_scan.h -- a scan of hashed numbers whose lesions were counted once by numpy and scipy.
 *
 * With h of the voxel's index i: h = i * 2654435761, h ^= h >> 15, h *= 2246822519, h ^= h >> 13 (32 bits),
 * hu = h % 700 - 150; mask = (h >> 10) % 8, of which 4 becomes 1 and more 0; truth = (h >> 16) % 3 == 0.
 * scipy.ndimage.label(mask > 0 & hu > 130) gives the lesions. */
#ifndef CC_TESTS_METRICS_MADE_SCAN_H
#define CC_TESTS_METRICS_MADE_SCAN_H

#include <stdint.h>

enum { MADE_DEPTH = 5, MADE_HEIGHT = 12, MADE_WIDTH = 14, MADE_VOXELS = 5 * 12 * 14 };

typedef struct made_scan {
    float hu[MADE_VOXELS];
    uint8_t mask[MADE_VOXELS], truth[MADE_VOXELS];
} made_scan;

static inline void make_scan(made_scan *out) {
    for (uint32_t i = 0; i < MADE_VOXELS; i++) {
        uint32_t h = i * 2654435761u;
        h = (h ^ h >> 15) * 2246822519u;
        h ^= h >> 13;
        uint32_t label = (h >> 10) % 8;
        out->hu[i] = (float)(h % 700) - 150;
        out->mask[i] = (uint8_t)(label > 4 ? 0 : label == 4 ? 1 : label);
        out->truth[i] = (h >> 16) % 3 == 0;
    }
}

#endif
