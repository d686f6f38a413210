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

static uint8_t grey(float hu, const double window_hu[2]) {
    double g = 255 * (hu - window_hu[0]) / (window_hu[1] - window_hu[0]);
    return g <= 0 ? 0 : g >= 255 ? 255 : (uint8_t)(g + 0.5);
}

static cc_status write_slices(const char *folder, const char *part, const cc_volume *v,
                              const cc_phantom_options *o) {
    bool mask = strcmp(part, "mask") == 0;
    char sub[CC_PATH_MAX], name[32], path[CC_PATH_MAX];
    size_t n = (size_t)o->size * (size_t)o->size;
    CC_TRY(cc_path_join(sub, folder, part));
    CC_TRY(cc_folder_make(sub));
    uint8_t *picture = malloc(n);
    if (!picture) return cc_fail_memory("a picture", n);
    cc_status status = CC_OK;
    for (int k = 0; k < o->slices; k++) {
        const float *slice = v->voxels + n * (size_t)k;
        for (size_t i = 0; i < n; i++)
            picture[i] =
                mask ? (cc_phantom_label_is_heart(slice[i]) ? 255 : 0) : grey(slice[i], o->window_hu);
        snprintf(name, sizeof name, "1-%03d.png", k + 1);
        CC_CHECK(cc_path_join(path, sub, name));
        CC_CHECK(cc_png_write_gray(path, picture, o->size, o->size, 8));
    }
done:
    free(picture);
    return status;
}

/* Writes the patient in `writing` and moves it to `final`. */
static cc_status write_patient(const char *writing, const char *final, const cc_phantom_options *o,
                               int patient) {
    cc_volume hu = {0}, labels = {0};
    CC_TRY(cc_phantom_make(&hu, &labels, o, patient));
    cc_status status = CC_OK;
    CC_CHECK(write_slices(writing, "image", &hu, o));
    CC_CHECK(write_slices(writing, "mask", &labels, o));
    if (rename(writing, final) != 0) status = cc_fail_errno(final, "write");
done:
    free(hu.voxels);
    free(labels.voxels);
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
