/* What the sources `volume` and `orcascore` share: a scan turned upright, its mask sampled on it, both kept
 * as slices are stored. */
#include "datasets/sources/held.h"

#include <stdlib.h>
#include <string.h>
#include "datasets/labels.h"
#include "datasets/sources/source.h"
#include "datasets/upright.h"
#include "datasets/volume_file.h"

void cc_held_scan_deinit(cc_held_scan *held) {
    free(held->hu);
    free(held->labels);
    *held = (cc_held_scan){.labelled = 0};
}

cc_status cc_held_scan_read(cc_held_scan *out, const char *image, const char *mask) {
    cc_status status;
    cc_volume ct = {0};
    cc_held_scan held = {.labelled = 0};
    CC_CHECK(cc_volume_read(&ct, image));
    const cc_upright upright = cc_upright_find(&ct.grid);
    CC_CHECK(cc_upright_turn(&ct, &upright));
    held.grid = ct.grid;
    const size_t count = cc_volume_count(&ct);
    held.hu = malloc(count * sizeof *held.hu);
    if (!held.hu) CC_CHECK(cc_fail_memory("the CT's voxels", count * sizeof *held.hu));
    for (size_t i = 0; i < count; i++) /* the readers give finite values only */
        held.hu[i] = cc_slice_store_hu(ct.voxels[i]);
    cc_volume_deinit(&ct);
    CC_CHECK(cc_labels_read(&held.labels, &held.labelled, mask, &held.grid));
    *out = held;
    held = (cc_held_scan){.labelled = 0};
done:
    cc_volume_deinit(&ct);
    cc_held_scan_deinit(&held);
    return status;
}

void cc_held_scan_copy_slice(int16_t *stored, uint8_t *mask, const cc_held_scan *held, int64_t z) {
    const size_t pixels = (size_t)(held->grid.dims[0] * held->grid.dims[1]);
    memcpy(stored, held->hu + (size_t)z * pixels, pixels * sizeof *stored);
    memcpy(mask, held->labels + (size_t)z * pixels, pixels);
}
