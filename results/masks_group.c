/* results/masks_group.c -- the group /masks: a row a slice, and all that is packed as one list of bytes. */
#include "results/masks_group.h"

#include <limits.h>
#include "results/hdf_read.h"
#include "results/layout.h"

cc_status cc_run_masks_write(hid_t file, const cc_run_masks *masks) {
    const hsize_t bytes = masks->bytes;
    cc_status status = CC_OK;
    hid_t group;
    if (masks->count == 0) return CC_OK;
    /* Light copies, and scripts' files, have none. */
    CC_TRY(cc_hdf_group(&group, file, "masks"));
    CC_CHECK(cc_hdf_put_integer(group, "arteries", masks->arteries));
    if (masks->classes > 1) CC_CHECK(cc_hdf_put_integer(group, "classes", masks->classes));
    CC_CHECK(cc_hdf_put_rows(group, &cc_layout_masks, masks->slices, masks->count));
    CC_CHECK(cc_hdf_put_array(group, "packed", H5T_NATIVE_UINT8, H5T_STD_U8LE, 1, &bytes, masks->packed));
done:
    return cc_hdf_end_group(group, status);
}

enum { SLICES_MAX = 1 << 20 }; /* as of /slices */

cc_status cc_run_masks_read(cc_run_masks *out, hid_t file, cc_arena *arena) {
    cc_status status = CC_OK;
    const void *slices;
    void *packed;
    hsize_t bytes;
    int64_t arteries = 0; /* a file that does not say so names none */
    int64_t classes = 1;  /* likewise */
    int rank;
    hid_t group;
    if (!cc_hdf_has(file, "masks")) return CC_OK;
    CC_TRY(cc_hdf_open_group(&group, file, "masks"));
    CC_CHECK(cc_hdf_get_integer(&arteries, group, "arteries", false));
    CC_CHECK(cc_hdf_get_integer(&classes, group, "classes", false));
    CC_CHECK(cc_hdf_get_rows(&slices, &out->count, group, &cc_layout_masks, SLICES_MAX, arena));
    CC_CHECK(
        cc_hdf_get_array(&packed, &rank, &bytes, group, "packed", H5T_NATIVE_UINT8, 1, 1, INT_MAX, arena));
    /* Where each slice lies in them is checked by cc_run_masks_check, once all of the run is read. */
    if (rank != 1) CC_CHECK(cc_fail(CC_EFORMAT, "packed", NULL, "must be a list of bytes"));
    out->slices = slices;
    out->packed = packed;
    out->bytes = (size_t)bytes;
    out->arteries = arteries != 0;
    out->classes =
        classes < 1 || classes > INT_MAX ? -1 : (int)classes; /* -1: none, which is found then too */
done:
    H5Gclose(group);
    return status == CC_OK ? CC_OK : cc_fail_within(status, "masks");
}
