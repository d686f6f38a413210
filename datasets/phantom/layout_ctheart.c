/* datasets/phantom/layout_ctheart.c -- the layout of the Kaggle CT heart set:
 * DIR/train/ct_001/image/1-001.png, an 8-bit grey picture of the window of the options, and
 * DIR/train/ct_001/mask/1-001.png, 255 inside the heart; slices ascend in z. A patient is written as a
 * folder beside and moved to its name when it is whole. */
#include <stdio.h>
#include <stdlib.h>
#include "core/file.h"
#include "datasets/phantom/layout.h"
#include "datasets/png.h"

static uint8_t grey(float hu, const double window_hu[2]) {
    /* Linear over the window, rounded, clipped to 0..255. */
    double g = 255 * (hu - window_hu[0]) / (window_hu[1] - window_hu[0]);
    return g <= 0 ? 0 : g >= 255 ? 255 : (uint8_t)(g + 0.5);
}

static cc_status write_picture(const char *folder, const char *part, int number, const uint8_t *picture,
                               int size) {
    char name[64], path[CC_PATH_MAX];
    snprintf(name, sizeof name, "%s/1-%03d.png", part, number);
    CC_TRY(cc_path_join(path, folder, name));
    return cc_png_write_gray(path, picture, size, size, 8);
}

static cc_status write_slice(const char *folder, const cc_phantom_patient *p, int slice) {
    const cc_phantom_options *o = p->options;
    size_t n = (size_t)o->size * (size_t)o->size, first = n * (size_t)slice;
    uint8_t *picture = malloc(n);
    if (!picture) return cc_fail_memory("a picture", n);
    cc_status status = CC_OK;
    for (size_t i = 0; i < n; i++) picture[i] = grey(p->hu.voxels[first + i], o->window_hu);
    CC_CHECK(write_picture(folder, "image", slice + 1, picture, o->size));
    for (size_t i = 0; i < n; i++)
        picture[i] = cc_phantom_label_is_heart(p->labels.voxels[first + i]) ? 255 : 0;
    CC_CHECK(write_picture(folder, "mask", slice + 1, picture, o->size));
done:
    free(picture);
    return status;
}

/* Slices are written by all threads. A failure's message belongs to the thread that met it: that of the
 * lowest slice is copied, and set again in the caller's thread. */
static cc_status write_slices(const char *folder, const cc_phantom_patient *p) {
    cc_error failure = {.status = CC_OK};
    int slices = p->options->slices, failed_slice = slices;
#pragma omp parallel for schedule(dynamic, 1)
    for (int k = 0; k < slices; k++) {
        if (write_slice(folder, p, k) == CC_OK) continue;
#pragma omp critical(phantom_failure)
        if (k < failed_slice) {
            failed_slice = k;
            failure = *cc_error_get();
        }
    }
    if (failed_slice == slices) return CC_OK;
    return cc_fail(failure.status, failure.where, failure.hint, "%s", failure.what);
}

static void name_patient(char *out, size_t capacity, int patient) {
    snprintf(out, capacity, "ct_%03d", patient + 1);
}

/* DIR/train[/NAME] */
static cc_status place_of(char out[CC_PATH_MAX], const char *dir, const char *name) {
    char train[CC_PATH_MAX];
    CC_TRY(cc_path_join(train, dir, "train"));
    return cc_path_join(out, train, name);
}

static cc_status make_folders(const char *dir) {
    char train[CC_PATH_MAX];
    CC_TRY(cc_path_join(train, dir, "train"));
    return cc_folder_make(train);
}

static cc_status is_there(bool *out, const char *dir, const char *name) {
    char place[CC_PATH_MAX];
    CC_TRY(place_of(place, dir, name));
    *out = cc_folder_exists(place);
    return CC_OK;
}

static cc_status write_patient(const cc_phantom_patient *p, const char *writing, const char *dir) {
    static const char *const parts[] = {"image", "mask"};
    char name[32], from[CC_PATH_MAX], to[CC_PATH_MAX], part[CC_PATH_MAX];
    name_patient(name, sizeof name, p->number);
    CC_TRY(cc_path_join(from, writing, name));
    CC_TRY(place_of(to, dir, name));
    for (int i = 0; i < 2; i++) {
        CC_TRY(cc_path_join(part, from, parts[i]));
        CC_TRY(cc_folder_make(part));
    }
    CC_TRY(write_slices(from, p));
    return rename(from, to) == 0 ? CC_OK : cc_fail_errno(to, "write");
}

const cc_phantom_layout cc_phantom_layout_ctheart = {
    .name = "ctheart",
    .name_patient = name_patient,
    .make_folders = make_folders,
    .is_there = is_there,
    .write = write_patient,
};
