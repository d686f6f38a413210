/* tests/datasets/tree.h -- small datasets, written for a test. */
#ifndef CC_TESTS_DATASETS_TREE_H
#define CC_TESTS_DATASETS_TREE_H

#include <stdio.h>
#include <stdlib.h>
#include "support.h"
#include "core/file.h"
#include "datasets/png.h"
#include "datasets/slices.h"

/* One 8-bit PNG of ROOT/train: picture or mask ("p01/image/1-001.png"), its folders made. */
static inline void tree_write(const char *root, const char *relative, const void *pixels, int height,
                              int width, int bits) {
    char path[CC_PATH_MAX], folder[CC_PATH_MAX];
    snprintf(path, sizeof path, "%s/train/%s", root, relative);
    assert_ok(cc_path_folder(folder, path));
    assert_ok(cc_folder_make(folder));
    assert_ok(cc_png_write_gray(path, pixels, height, width, bits));
}

/* The grey of a pixel, and whether it is heart, for every slice of tree_make. */
static inline uint8_t tree_grey(int patient, int number, int y, int x) {
    return (uint8_t)((patient * 53 + number * 17 + y * 7 + x * 3) % 256);
}
static inline uint8_t tree_mask(int patient, int number, int y, int x) {
    return (patient + number + y * x) % 5 == 0 ? 255 : 0;
}

/* The pair of one slice. */
static inline void tree_add(const char *root, int patient, int series, int number, int height, int width) {
    uint8_t *grey = malloc((size_t)(height * width));
    uint8_t *mask = malloc((size_t)(height * width));
    assert_true(grey && mask);
    char name[64];
    for (int i = 0; i < height * width; i++) {
        grey[i] = tree_grey(patient, number, i / width, i % width);
        mask[i] = tree_mask(patient, number, i / width, i % width);
    }
    snprintf(name, sizeof name, "p%02d/image/%d-%03d.png", patient, series, number);
    tree_write(root, name, grey, height, width, 8);
    snprintf(name, sizeof name, "p%02d/mask/%d-%03d.png", patient, series, number);
    tree_write(root, name, mask, height, width, 8);
    free(grey);
    free(mask);
}

/* A fresh dataset: patients p00, p01, ... with slices 1-001, 1-002, ... */
static inline const char *tree_make(int patients, int slices, int height, int width) {
    const char *root = cc_test_folder();
    for (int p = 0; p < patients; p++)
        for (int n = 1; n <= slices; n++) tree_add(root, p, 1, n, height, width);
    return root;
}

/* A MetaImage with its voxels, spacing 1 mm. */
static inline void tree_write_mha(const char *dir, const char *name, const int dims[3], double origin_x,
                                  const char *type, const void *voxels, size_t bytes) {
    char path[CC_PATH_MAX];
    assert_ok(cc_path_join(path, dir, name));
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    fprintf(file,
            "ObjectType = Image\nNDims = 3\nBinaryData = True\nBinaryDataByteOrderMSB = False\n"
            "Offset = %g 0 0\nElementSpacing = 1 1 1\nDimSize = %d %d %d\nElementType = %s\n"
            "ElementDataFile = LOCAL\n",
            origin_x, dims[0], dims[1], dims[2], type);
    assert_int_equal(fwrite(voxels, 1, bytes, file), bytes);
    assert_int_equal(fclose(file), 0);
}

static inline cc_slice_options tree_options(const char *root) {
    return (cc_slice_options){.source = "ctheart", .root = root, .window_hu = {-200, 800}, .cache_mb = 0};
}

static inline cc_slice_set *tree_open(const char *root) {
    cc_slice_set *set = NULL;
    cc_slice_options options = tree_options(root);
    assert_ok(cc_slice_set_open(&set, &options));
    return set;
}

#endif
