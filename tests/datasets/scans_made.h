/* tests/datasets/scans_made.h -- small scans with masks, in files of any format that is written, and a
 * dataset opened on them. */
#ifndef CC_TESTS_DATASETS_SCANS_MADE_H
#define CC_TESTS_DATASETS_SCANS_MADE_H

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "support.h"
#include "core/file.h"
#include "datasets/slices.h"
#include "datasets/volume_file.h"

enum { MADE_X = 6, MADE_Y = 5, MADE_Z = 4, MADE_VOXELS = MADE_X * MADE_Y * MADE_Z };

/* HU and label of a voxel of scan k: labels 0 to 3. */
static inline int made_hu(int k, int x, int y, int z) {
    return -1000 + 37 * k + 7 * x + 50 * y + 300 * z;
}
static inline int made_label(int k, int x, int y, int z) {
    return (k + x + 2 * y + 3 * z) % 7 > 3 ? 0 : (k + x + 2 * y + 3 * z) % 7;
}

static inline cc_grid made_grid(int k) {
    return (cc_grid){.dims = {MADE_X, MADE_Y, MADE_Z},
                     .spacing_mm = {0.5, 0.75, 2 + k},
                     .origin_mm = {-10, 5, 100},
                     .direction = {1, 0, 0, 0, 1, 0, 0, 0, 1}};
}

/* A fresh folder, whose name lasts. */
static inline const char *made_folder(void) {
    static char names[64][64];
    static int count;
    assert_true(count < 64);
    snprintf(names[count], sizeof names[count], "%s", cc_test_folder());
    return names[count++];
}

/* DIR/NAME, its folder made; valid until the next call. */
static inline const char *made_path(const char *dir, const char *name) {
    static char path[CC_PATH_MAX];
    char folder[CC_PATH_MAX];
    assert_ok(cc_path_join(path, dir, name));
    assert_ok(cc_path_folder(folder, path));
    assert_ok(cc_folder_make(folder));
    return path;
}

/* NRRD has no writer of ours. */
static inline void made_write_nrrd(const char *path, const cc_volume *v) {
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    fprintf(file,
            "NRRD0004\ntype: int16\ndimension: 3\nspace: left-posterior-superior\nsizes: %d %d %d\n"
            "space directions: (%g,0,0) (0,%g,0) (0,0,%g)\nendian: little\nencoding: raw\n"
            "space origin: (%g,%g,%g)\n\n",
            (int)v->grid.dims[0], (int)v->grid.dims[1], (int)v->grid.dims[2], v->grid.spacing_mm[0],
            v->grid.spacing_mm[1], v->grid.spacing_mm[2], v->grid.origin_mm[0], v->grid.origin_mm[1],
            v->grid.origin_mm[2]);
    for (size_t i = 0; i < cc_volume_count(v); i++) {
        int16_t value = (int16_t)v->voxels[i];
        assert_int_equal(fwrite(&value, sizeof value, 1, file), 1);
    }
    assert_int_equal(fclose(file), 0);
}

static inline void made_write(const char *dir, const char *name, const cc_volume *v, const char *type) {
    const char *path = made_path(dir, name);
    if (cc_path_ends_with(name, ".nrrd"))
        made_write_nrrd(path, v);
    else
        assert_ok(cc_volume_write(path, v, type));
}

static inline void made_image(const char *dir, const char *name, int k) {
    float voxels[MADE_VOXELS];
    const cc_volume v = {.grid = made_grid(k), .voxels = voxels};
    for (int i = 0; i < MADE_VOXELS; i++)
        voxels[i] = (float)made_hu(k, i % MADE_X, i / MADE_X % MADE_Y, i / MADE_X / MADE_Y);
    made_write(dir, name, &v, "int16");
}

/* The mask on a grid that is wider by one voxel on each side: its borders are label 9, off the scan. */
static inline void made_mask(const char *dir, const char *name, int k) {
    enum { X = MADE_X + 2, Y = MADE_Y + 2, Z = MADE_Z + 2 };
    float voxels[X * Y * Z];
    cc_volume v = {.grid = made_grid(k), .voxels = voxels};
    for (int a = 0; a < 3; a++) {
        v.grid.dims[a] += 2;
        v.grid.origin_mm[a] -= v.grid.spacing_mm[a];
    }
    for (int i = 0; i < X * Y * Z; i++) {
        const int x = i % X - 1, y = i / X % Y - 1, z = i / X / Y - 1;
        const bool inside = x >= 0 && y >= 0 && z >= 0 && x < MADE_X && y < MADE_Y && z < MADE_Z;
        voxels[i] = inside ? (float)made_label(k, x, y, z) : 9;
    }
    made_write(dir, name, &v, "uint8");
}

/* As if it was written an hour ago: what is found in it may be remembered. */
static inline void made_settle(const char *path) {
    struct stat s;
    assert_int_equal(stat(path, &s), 0);
    const struct timespec times[2] = {{s.st_mtim.tv_sec - 3600, 5}, {s.st_mtim.tv_sec - 3600, 5}};
    assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
}

static inline void made_settle_all(const char *dir) {
    assert_int_equal(cc_test_run(NULL, 0, "find '%s' -type f -exec touch -d '1 hour ago' {} +", dir), 0);
}

static inline void made_text(const char *dir, const char *name, const char *text) {
    assert_ok(cc_file_write(made_path(dir, name), text, strlen(text)));
}

/* Every voxel of slice z of a set's scan is that of made scan k; `keep` are the labels that stay, "" for
 * all. */
static inline void made_slice_is(const cc_slice_set *set, size_t index, int k, int z, const char *keep) {
    float image[MADE_X * MADE_Y];
    uint8_t mask[MADE_X * MADE_Y];
    assert_ok(cc_slice_set_read(set, index, image, mask));
    for (int i = 0; i < MADE_X * MADE_Y; i++) {
        const int x = i % MADE_X, y = i / MADE_X, label = made_label(k, x, y, z);
        assert_true(image[i] == (float)made_hu(k, x, y, z));
        assert_int_equal(mask[i], !keep[0] || strchr(keep, '0' + label) ? label : 0);
    }
}

static inline cc_slice_set *made_open(const cc_slice_options *options) {
    cc_slice_set *set = NULL;
    assert_ok(cc_slice_set_open(&set, options));
    return set;
}

static inline void made_refused(const cc_slice_options *options, cc_status status, const char *part) {
    cc_slice_set *set = NULL;
    assert_error(cc_slice_set_open(&set, options), status, part);
    assert_null(set);
}

/* The digest of the set that these options open. */
static inline cc_digest_text made_digest(const cc_slice_options *options) {
    cc_digest_text digest;
    cc_slice_set *set = made_open(options);
    assert_ok(cc_slice_set_digest(&digest, set));
    cc_slice_set_close(set);
    return digest;
}

#endif
