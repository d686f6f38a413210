/* datasets/sources/volume.c -- one CT volume and its mask, of any format: its upright axial slices, one
 * patient named after the image.
 *
 * The mask may lie on any grid; it is sampled on the CT's by both affines. Both stay in memory, 3 bytes a
 * voxel. With one patient, parts can only be slabs of slices (data.split.by: slab): that the same heart is
 * trained on and tested is said wherever its scores are shown. */
#include <stdlib.h>
#include <string.h>
#include "datasets/sources/labelled_scan.h"
#include "datasets/sources/source.h"
#include "datasets/upright.h"
#include "datasets/volume.h"

typedef struct volume_scan {
    cc_labelled_scan loaded;
    double spacing_mm[1][3];
    const char *image, *mask; /* real paths */
} volume_scan;

static void volume_close(void *state) {
    volume_scan *s = state;
    if (s) cc_labelled_scan_deinit(&s->loaded);
}

/* "/a/b/ct.nii.gz" -> "ct". */
static char *patient_name(const char *image, cc_arena *arena) {
    char *name = cc_arena_copy(arena, cc_path_name(image));
    if (!name) return NULL;
    if (cc_path_ends_with(name, ".gz")) name[strlen(name) - strlen(".gz")] = 0;
    static const char *const endings[] = {".nii",  ".hdr",  ".img", ".mha", ".mhd",
                                          ".nrrd", ".nhdr", ".dcm", ".png"};
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++)
        if (cc_path_ends_with(name, endings[i]) && strlen(name) > strlen(endings[i])) {
            name[strlen(name) - strlen(endings[i])] = 0;
            break;
        }
    return name;
}

/* The real path of a file that the configuration names, below the root. */
static cc_status resolve_option(const char **out, cc_slice_set *set, const char *key, const char *value) {
    if (!value || !value[0])
        return cc_fail(CC_ECONFIG, key, "name the file, relative to data.root", "it is not given");
    return cc_slice_set_resolve(out, set, value);
}

static cc_status volume_open(cc_slice_set *set, const cc_slice_options *options) {
    volume_scan *s = set->state = cc_arena_get(set->arena, sizeof *s);
    if (!s) return CC_ENOMEM;
    CC_TRY(resolve_option(&s->image, set, "data.image", options->image));
    CC_TRY(resolve_option(&s->mask, set, "data.mask", options->mask));
    CC_TRY(cc_labelled_scan_read(&s->loaded, s->image, s->mask));
    if (s->loaded.labelled == 0)
        return cc_fail(CC_EFORMAT, s->mask, "check that both are of the same patient",
                       "no labelled voxel lies on the grid of %s", s->image);
    const int64_t *dims = s->loaded.grid.dims;
    cc_upright_check(&s->loaded.grid, s->image);
    cc_grid_distances(s->spacing_mm[0], &s->loaded.grid);
    set->slope = 1;
    set->spacing_mm = (const double(*)[3])s->spacing_mm;
    const char *name = patient_name(s->image, set->arena);
    if (!name) return CC_ENOMEM;
    cc_slice slice = {0};
    CC_TRY(cc_slice_set_check_name(name));
    CC_TRY(cc_slice_set_add_patient(&slice.patient, set, name));
    slice.width = dims[0] > INT32_MAX ? INT32_MAX : (int32_t)dims[0];
    slice.height = dims[1] > INT32_MAX ? INT32_MAX : (int32_t)dims[1];
    for (int64_t z = 0; z < dims[2]; z++) {
        slice.number = (int32_t)z;
        CC_TRY(cc_slice_set_add(set, &slice, s->image));
    }
    return CC_OK;
}

static cc_status volume_digest(cc_digest *digest, const cc_slice_set *set) {
    const volume_scan *s = set->state;
    const cc_labelled_scan *loaded = &s->loaded;
    const size_t count = (size_t)(loaded->grid.dims[0] * loaded->grid.dims[1] * loaded->grid.dims[2]);
    cc_digest_add_string(digest, cc_path_name(s->image));
    cc_digest_add_string(digest, cc_path_name(s->mask));
    cc_digest_add(digest, &loaded->grid, sizeof loaded->grid);
    cc_digest_add(digest, loaded->hu, count * sizeof *loaded->hu);
    cc_digest_add(digest, loaded->labels, count);
    return CC_OK;
}

static cc_status volume_decode(const cc_slice_set *set, size_t index, int16_t *stored, uint8_t *mask) {
    const volume_scan *s = set->state;
    cc_labelled_scan_copy_slice(stored, mask, &s->loaded, (int64_t)index);
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
