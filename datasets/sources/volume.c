/* One CT volume and its mask, of any format: axial slices at fixed z, one patient named after the image. The
 * mask may lie on any grid; it is sampled on the CT's by both affines. Both stay in memory, 3 bytes a voxel.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "datasets/sources/source.h"
#include "datasets/volume.h"

typedef struct scan {
    cc_grid grid;
    const char *image, *mask; /* real paths */
    int16_t *hu;              /* z, y, x */
    uint8_t *label;
} scan;

static void volume_close(void *state) {
    scan *s = state;
    if (!s) return;
    free(s->hu);
    free(s->label);
}

static cc_status keep_hu(scan *s, const cc_volume *ct) {
    size_t count = cc_volume_count(ct);
    s->hu = malloc(count * sizeof *s->hu);
    if (!s->hu) return cc_fail_memory("the CT's voxels", count * sizeof *s->hu);
    for (size_t i = 0; i < count; i++) /* the readers give finite values only */
        s->hu[i] = cc_slice_store_hu(ct->voxels[i]);
    return CC_OK;
}

static cc_status read_scan(scan *s) {
    cc_status status = CC_OK;
    cc_volume ct = {0};
    size_t labelled;
    CC_CHECK(cc_volume_read(&ct, s->image));
    s->grid = ct.grid;
    CC_CHECK(keep_hu(s, &ct));
    CC_CHECK(cc_volume_read_labels(&s->label, &labelled, s->mask, &ct.grid));
    if (labelled == 0)
        status = cc_fail(CC_EFORMAT, s->mask, "check that both are of the same patient",
                         "no labelled voxel lies on the grid of %s", s->image);
done:
    cc_volume_deinit(&ct);
    return status;
}

/* "/a/b/ct.nii.gz" -> "ct". */
static char *patient_name(const char *image, cc_arena *arena) {
    char *name = cc_arena_copy(arena, cc_path_name(image));
    if (!name) return NULL;
    if (cc_path_ends_with(name, ".gz")) name[strlen(name) - strlen(".gz")] = 0;
    static const char *const endings[] = {".nii", ".hdr", ".img", ".mha", ".mhd", ".dcm", ".png"};
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++)
        if (cc_path_ends_with(name, endings[i]) && strlen(name) > strlen(endings[i])) {
            name[strlen(name) - strlen(endings[i])] = 0;
            break;
        }
    return name;
}

static cc_status resolve_option(const char **out, cc_slice_set *set, const char *key, const char *value) {
    if (!value || !value[0])
        return cc_fail(CC_ECONFIG, key, "name the file, relative to data.root", "it is not given");
    return cc_slice_set_resolve(out, set, value);
}

static cc_status volume_open(cc_slice_set *set, const cc_slice_options *options) {
    scan *s = set->state = cc_arena_get(set->arena, sizeof *s);
    if (!s) return CC_ENOMEM;
    CC_TRY(resolve_option(&s->image, set, "data.image", options->image));
    CC_TRY(resolve_option(&s->mask, set, "data.mask", options->mask));
    CC_TRY(read_scan(s));
    set->slope = 1;
    set->spacing_mm = (const double(*)[3])s->grid.spacing_mm;
    const char *name = patient_name(s->image, set->arena);
    if (!name) return CC_ENOMEM;
    cc_slice slice = {0};
    CC_TRY(cc_slice_set_check_name(name));
    CC_TRY(cc_slice_set_add_patient(&slice.patient, set, name));
    slice.width = s->grid.dims[0] > INT32_MAX ? INT32_MAX : (int32_t)s->grid.dims[0];
    slice.height = s->grid.dims[1] > INT32_MAX ? INT32_MAX : (int32_t)s->grid.dims[1];
    for (int64_t z = 0; z < s->grid.dims[2]; z++) {
        slice.number = (int32_t)z;
        CC_TRY(cc_slice_set_add(set, &slice, s->image));
    }
    return CC_OK;
}

static cc_status volume_digest(cc_digest *digest, const cc_slice_set *set) {
    const scan *s = set->state;
    size_t count = (size_t)(s->grid.dims[0] * s->grid.dims[1] * s->grid.dims[2]);
    cc_digest_add_string(digest, cc_path_name(s->image));
    cc_digest_add_string(digest, cc_path_name(s->mask));
    cc_digest_add(digest, &s->grid, sizeof s->grid);
    cc_digest_add(digest, s->hu, count * sizeof *s->hu);
    cc_digest_add(digest, s->label, count);
    return CC_OK;
}

static cc_status volume_decode(const cc_slice_set *set, size_t index, int16_t *stored, uint8_t *mask) {
    const scan *s = set->state;
    size_t pixels = (size_t)(s->grid.dims[0] * s->grid.dims[1]);
    memcpy(stored, s->hu + index * pixels, pixels * sizeof *stored);
    memcpy(mask, s->label + index * pixels, pixels);
    return CC_OK;
}

const cc_slice_source cc_slice_source_volume = {
    .name = "volume",
    .open = volume_open,
    .close = volume_close,
    .digest = volume_digest,
    .decode = volume_decode,
    .resident = true,
};
