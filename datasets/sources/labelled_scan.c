/* datasets/sources/labelled_scan.c -- a scan reoriented upright, its mask sampled on it, both kept as
 * slices are stored: what the sources `volume` and `orcascore` share. */
#include "datasets/sources/labelled_scan.h"

#include <stdlib.h>
#include <string.h>
#include "datasets/labels.h"
#include "datasets/sources/source.h"
#include "datasets/upright.h"
#include "datasets/volume_file.h"

void cc_labelled_scan_deinit(cc_labelled_scan *scan) {
    free(scan->hu);
    free(scan->labels);
    *scan = (cc_labelled_scan){.labelled = 0};
}

cc_status cc_labelled_scan_read(cc_labelled_scan *out, const char *image, const char *mask) {
    cc_status status;
    cc_volume ct = {0};
    cc_labelled_scan scan = {.labelled = 0};
    CC_CHECK(cc_volume_read(&ct, image));
    const cc_upright upright = cc_upright_find(&ct.grid);
    CC_CHECK(cc_upright_reorient(&ct, &upright));
    scan.grid = ct.grid;
    const size_t count = cc_volume_count(&ct);
    scan.hu = malloc(count * sizeof *scan.hu);
    if (!scan.hu) CC_CHECK(cc_fail_memory("the CT's voxels", count * sizeof *scan.hu));
    for (size_t i = 0; i < count; i++) /* the readers give finite values only */
        scan.hu[i] = cc_slice_store_hu(ct.voxels[i]);
    /* The float32 voxels are given back before the mask is read: at most one volume of them is in memory. */
    cc_volume_deinit(&ct);
    CC_CHECK(cc_labels_read(&scan.labels, &scan.labelled, mask, &scan.grid));
    *out = scan;
    scan = (cc_labelled_scan){.labelled = 0};
done:
    cc_volume_deinit(&ct);
    cc_labelled_scan_deinit(&scan);
    return status;
}

void cc_labelled_scan_copy_slice(int16_t *stored, uint8_t *mask, const cc_labelled_scan *scan, int64_t z) {
    const size_t pixels = (size_t)(scan->grid.dims[0] * scan->grid.dims[1]);
    memcpy(stored, scan->hu + (size_t)z * pixels, pixels * sizeof *stored);
    memcpy(mask, scan->labels + (size_t)z * pixels, pixels);
}
