/* datasets/scan.c -- one scan in memory, 2 bytes a voxel, in the order of its file; its slices are read
 * upright.
 *
 * For `predict`: the voxels are kept in the file's order because masks go back to it, and each slice is
 * gathered through the strides of datasets/upright.h. The float32 voxels are narrowed to int16 inside
 * their own memory, so that a scan never lies in memory twice. */
#include "datasets/scan.h"

#include <stdlib.h>
#include <string.h>
#include "datasets/sources/source.h"
#include "datasets/upright.h"

typedef struct scan_state {
    cc_upright upright;
    double spacing_mm[1][3];
    int16_t *stored;
} scan_state;

static void scan_close(void *state) {
    scan_state *s = state;
    if (s) free(s->stored);
}

static int64_t place_of(const scan_state *s, const cc_slice *slice, int y, int x) {
    const cc_upright *o = &s->upright;
    return o->first + x * o->step[0] + y * o->step[1] + slice->number * o->step[2];
}

static cc_status scan_decode(const cc_slice_set *set, size_t index, int16_t *stored, uint8_t *mask) {
    const scan_state *s = set->state;
    const cc_slice *slice = &set->slices[index];
    memset(mask, 0, (size_t)slice->height * (size_t)slice->width);
    for (int y = 0; y < slice->height; y++)
        for (int x = 0; x < slice->width; x++) *stored++ = s->stored[place_of(s, slice, y, x)];
    return CC_OK;
}

static const cc_slice_source source = {
    .name = "scan", .close = scan_close, .decode = scan_decode, .resident = true};

void cc_scan_put(float *voxels, const cc_slice_set *set, size_t index, const uint8_t *mask) {
    const scan_state *s = set->state;
    const cc_slice *slice = &set->slices[index];
    for (int y = 0; y < slice->height; y++)
        for (int x = 0; x < slice->width; x++) voxels[place_of(s, slice, y, x)] = *mask++;
}

/* The volume's own memory becomes the set's: each piece of float32 is copied out, narrowed, and written where
 * int16 values end up, which is never behind what is still to be read. realloc gives the second half back. */
static void keep_voxels(scan_state *s, cc_volume *volume, int bits) {
    enum { PIECE = 4096 };
    float from[PIECE];
    int16_t to[PIECE];
    const size_t count = cc_volume_count(volume);
    char *bytes = (char *)volume->voxels;
    for (size_t at = 0; at < count; at += PIECE) {
        size_t part = count - at < PIECE ? count - at : PIECE;
        memcpy(from, bytes + at * sizeof *from, part * sizeof *from);
        for (size_t i = 0; i < part; i++)
            to[i] = bits ? cc_slice_store_grey((int)from[i], bits) : cc_slice_store_hu(from[i]);
        memcpy(bytes + at * sizeof *to, to, part * sizeof *to);
    }
    volume->voxels = NULL;
    void *smaller = realloc(bytes, count * sizeof *to);
    s->stored = smaller ? smaller : (void *)bytes;
}

/* Lists the scan's upright slices, and takes its voxels. */
static cc_status fill(cc_slice_set *set, cc_volume *volume, const cc_scan_options *options) {
    const bool picture = strcmp(volume->format, "png") == 0, eight_bits = strcmp(volume->type, "uint8") == 0;
    const int bits = !picture ? 0 : eight_bits ? 8 : 16; /* of a picture's grey; 0: HU */
    cc_slice slice = {0};
    const cc_grid *g = &volume->grid;
    scan_state *s = set->state = cc_arena_get(set->arena, sizeof *s);
    if (!s) return CC_ENOMEM;
    if (!picture && (eight_bits || strcmp(volume->type, "int8") == 0))
        return cc_fail(CC_EUNSUPPORTED, options->name,
                       "a CT is wanted: its HU reach from -1000 to above 1000",
                       "its voxels are grey values or labels of 8 bits, no HU");
    set->slope = 1;
    if (bits) CC_TRY(cc_slice_set_spread_grey(set, options->window_hu));
    s->upright = cc_upright_find(g);
    cc_upright_check(g, options->name);
    const cc_grid upright = cc_upright_grid(g, &s->upright);
    cc_grid_distances(s->spacing_mm[0], &upright);
    if (!bits) set->spacing_mm = (const double(*)[3])s->spacing_mm; /* a picture does not tell */
    CC_TRY(cc_slice_set_add_patient(&slice.patient, set, options->name));
    slice.width = upright.dims[0] > INT32_MAX ? INT32_MAX : (int32_t)upright.dims[0];
    slice.height = upright.dims[1] > INT32_MAX ? INT32_MAX : (int32_t)upright.dims[1];
    for (int64_t z = 0; z < upright.dims[2]; z++) {
        slice.number = (int32_t)z;
        CC_TRY(cc_slice_set_add(set, &slice, options->name));
    }
    keep_voxels(s, volume, bits);
    return CC_OK;
}

cc_status cc_scan_open(cc_slice_set **out, cc_volume *volume, const cc_scan_options *options) {
    cc_status status;
    cc_slice_set *set = NULL;
    CC_CHECK(cc_slice_set_start(&set, &source));
    CC_CHECK(fill(set, volume, options));
    CC_CHECK(cc_slice_set_complete(set, 0));
    *out = set;
    set = NULL;
done:
    cc_slice_set_close(set);
    return status;
}
