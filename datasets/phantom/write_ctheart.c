/* datasets/phantom/write_ctheart.c -- the phantom as a folder in the layout of the Kaggle CT heart set.
 *
 *   DIR/phantom.txt                      what is made here, in one line: written first, compared on the next
 * call DIR/.writing/ct_001/...              the patient being written DIR/train/ct_001/image/1-001.png
 * renamed from there when it is complete DIR/train/ct_001/mask/1-001.png */
#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "core/file.h"
#include "core/log.h"
#include "core/version.h"
#include "datasets/phantom/render.h"
#include "datasets/png.h"

enum { MANIFEST_BYTES = 256 };

static const char manifest_name[] = "phantom.txt", writing_name[] = ".writing";

static void describe(char out[MANIFEST_BYTES], const cc_phantom_options *o) {
    snprintf(out, MANIFEST_BYTES,
             "calcade phantom, numerics %d: layout ctheart, patients %d, size %d, slices %d, seed %llu, "
             "window %.17g "
             "%.17g HU\n",
             CC_NUMERICS_VERSION, o->patients, o->size, o->slices, (unsigned long long)o->seed,
             o->window_hu[0], o->window_hu[1]);
}

/* An empty or absent folder becomes this phantom's; one that holds this same phantom is gone on with. */
static cc_status claim_folder(const char *dir, const cc_phantom_options *o, cc_arena *arena) {
    char want[MANIFEST_BYTES], path[CC_PATH_MAX], *have, **names;
    size_t bytes, count;
    describe(want, o);
    CC_TRY(cc_path_join(path, dir, manifest_name));
    if (cc_file_exists(path)) {
        CC_TRY(cc_file_read(&have, &bytes, path, 4096, arena));
        if (strcmp(have, want) == 0) return CC_OK;
        have[strcspn(have, "\n")] = 0;
        return cc_fail(CC_EINVAL, dir, "name another folder, or delete this one",
                       "holds another phantom: \"%s\"", have);
    }
    CC_TRY(cc_folder_make(dir));
    CC_TRY(cc_folder_list(&names, &count, dir, arena));
    if (count)
        return cc_fail(CC_EINVAL, dir, "name a new or empty folder", "holds something that is no phantom: %s",
                       names[0]);
    return cc_file_write(path, want, strlen(want));
}

static int remove_entry(const char *path, const struct stat *s, int flag, struct FTW *walk) {
    (void)s, (void)flag, (void)walk;
    return remove(path);
}

/* What a killed run left, and at the end the empty folder itself. */
static cc_status remove_writing(const char *dir) {
    char path[CC_PATH_MAX];
    CC_TRY(cc_path_join(path, dir, writing_name));
    if (!cc_folder_exists(path)) return CC_OK;
    return nftw(path, remove_entry, 8, FTW_DEPTH | FTW_PHYS) == 0 ? CC_OK : cc_fail_errno(path, "remove");
}

typedef struct patient_volumes {
    cc_volume hu, labels;
} patient_volumes;

static uint8_t grey(float hu, const double window_hu[2]) {
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

static cc_status write_slice(const char *folder, const patient_volumes *v, const cc_phantom_options *o,
                             int slice) {
    size_t n = (size_t)o->size * (size_t)o->size, first = n * (size_t)slice;
    uint8_t *picture = malloc(n);
    if (!picture) return cc_fail_memory("a picture", n);
    cc_status status = CC_OK;
    for (size_t i = 0; i < n; i++) picture[i] = grey(v->hu.voxels[first + i], o->window_hu);
    CC_CHECK(write_picture(folder, "image", slice + 1, picture, o->size));
    for (size_t i = 0; i < n; i++)
        picture[i] = cc_phantom_label_is_heart(v->labels.voxels[first + i]) ? 255 : 0;
    CC_CHECK(write_picture(folder, "mask", slice + 1, picture, o->size));
done:
    free(picture);
    return status;
}

/* Slices are written side by side; the first failure, whose message belongs to its thread, is told again
 * here. */
static cc_status write_slices(const char *folder, const patient_volumes *v, const cc_phantom_options *o) {
    cc_error failure = {.status = CC_OK};
    int failed_slice = o->slices;
#pragma omp parallel for schedule(dynamic, 1)
    for (int k = 0; k < o->slices; k++) {
        if (write_slice(folder, v, o, k) == CC_OK) continue;
#pragma omp critical(phantom_failure)
        if (k < failed_slice) {
            failed_slice = k;
            failure = *cc_error_get();
        }
    }
    if (failed_slice == o->slices) return CC_OK;
    return cc_fail(failure.status, failure.where, failure.hint, "%s", failure.what);
}

static cc_status make_folders(const char *folder) {
    static const char *const parts[] = {"image", "mask"};
    for (int i = 0; i < 2; i++) {
        char path[CC_PATH_MAX];
        CC_TRY(cc_path_join(path, folder, parts[i]));
        CC_TRY(cc_folder_make(path));
    }
    return CC_OK;
}

/* Writes the patient in `writing` and moves it to `final`. */
static cc_status write_patient(const char *writing, const char *final, const cc_phantom_options *o,
                               int patient) {
    patient_volumes v = {0};
    CC_TRY(cc_phantom_make(&v.hu, &v.labels, o, patient));
    cc_status status = CC_OK;
    CC_CHECK(make_folders(writing));
    CC_CHECK(write_slices(writing, &v, o));
    if (rename(writing, final) != 0) status = cc_fail_errno(final, "write");
done:
    cc_volume_deinit(&v.hu);
    cc_volume_deinit(&v.labels);
    return status;
}

static cc_status write_patients(int *made, const char *dir, const cc_phantom_options *o,
                                cc_progress *progress) {
    char writing[CC_PATH_MAX], train[CC_PATH_MAX], from[CC_PATH_MAX], to[CC_PATH_MAX], name[32];
    CC_TRY(cc_path_join(writing, dir, writing_name));
    CC_TRY(cc_path_join(train, dir, "train"));
    CC_TRY(cc_folder_make(train));
    for (int p = 0; p < o->patients; p++) {
        snprintf(name, sizeof name, "ct_%03d", p + 1);
        CC_TRY(cc_path_join(from, writing, name));
        CC_TRY(cc_path_join(to, train, name));
        if (!cc_folder_exists(to)) {
            CC_TRY(write_patient(from, to, o, p));
            (*made)++;
        }
        cc_progress_update(progress, (uint64_t)p + 1, name);
    }
    return CC_OK;
}

cc_status cc_phantom_write_ctheart(int *made, const char *dir, const cc_phantom_options *o) {
    int count = 0;
    CC_TRY(cc_phantom_check(o));
    cc_arena *arena = cc_arena_create();
    if (!arena) return cc_fail_memory("the phantom's folder", 0);
    cc_progress *progress = NULL;
    cc_status status = CC_OK;
    CC_CHECK(claim_folder(dir, o, arena));
    CC_CHECK(remove_writing(dir));
    progress = cc_progress_create("phantom", (uint64_t)o->patients);
    CC_CHECK(write_patients(&count, dir, o, progress));
    CC_CHECK(remove_writing(dir));
done:
    cc_progress_destroy(progress);
    cc_arena_destroy(arena);
    if (made) *made = count;
    return status;
}
