/* datasets/phantom/write.c -- the phantom as a folder in the layout of a dataset, a file a layout.
 *
 *   DIR/phantom.txt   what is made here, in one line: written first, compared on the next call
 *   DIR/.writing/     the patient being written; it is moved to its place when it is complete */
#include "datasets/phantom/write.h"

#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "core/file.h"
#include "core/log.h"
#include "core/version.h"
#include "core/words.h"
#include "datasets/phantom/layout.h"
#include "datasets/phantom/make.h"

enum { MANIFEST_BYTES = 320 };

static const char manifest_name[] = "phantom.txt", writing_name[] = ".writing";

static void describe(char out[MANIFEST_BYTES], const cc_phantom_options *o) {
    /* What is as it was before an option came is not named: folders of that time are gone on with. */
    char field[48] = "";
    if (o->field_mm > 0) snprintf(field, sizeof field, ", field %.17g mm", o->field_mm);
    snprintf(out, MANIFEST_BYTES,
             "calcade phantom, numerics %d: layout %s, patients %d, size %d, slices %d, seed %llu, "
             "window %.17g "
             "%.17g HU%s%s%s\n",
             CC_NUMERICS_VERSION, o->layout, o->patients, o->size, o->slices, (unsigned long long)o->seed,
             o->window_hu[0], o->window_hu[1], field,
             o->burden == CC_BURDEN_clinical ? ", burden clinical" : "", o->regions ? ", regions" : "");
}

/* An empty or absent folder becomes this phantom's; one that holds this same phantom is gone on with. */
static cc_status claim_folder(const char *dir, const cc_phantom_options *o, cc_arena *arena) {
    char want[MANIFEST_BYTES], path[CC_PATH_MAX], *have, **names;
    size_t bytes, count;
    describe(want, o);
    CC_TRY(cc_path_join(path, dir, manifest_name));
    if (cc_file_exists(path)) {
        CC_TRY(cc_file_read(&have, &bytes, path, 4096, arena));
        /* The same options and the same numerics: what is there already is what would be made. */
        if (strcmp(have, want) == 0) return CC_OK;
        have[strcspn(have, "\n")] = 0;
        return cc_fail(CC_EINVAL, dir, "name another folder, or delete this one",
                       "holds another phantom: \"%s\"", have);
    }
    CC_TRY(cc_folder_make(dir));
    CC_TRY(cc_file_sweep(path)); /* what one that was killed at its first file left */
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

static cc_status write_patient(const cc_phantom_layout *layout, const char *writing, const char *dir,
                               const cc_phantom_options *o, int patient) {
    cc_phantom_patient p = {.options = o, .number = patient};
    CC_TRY(cc_phantom_make(&p.hu, &p.labels, o->regions ? &p.regions : NULL, o, patient));
    cc_status status = cc_folder_make(writing);
    if (status == CC_OK) status = layout->write(&p, writing, dir);
    cc_volume_deinit(&p.hu);
    cc_volume_deinit(&p.labels);
    cc_volume_deinit(&p.regions);
    return status;
}

static cc_status write_patients(int *made, const cc_phantom_layout *layout, const char *dir,
                                const cc_phantom_options *o, cc_progress *progress) {
    char writing[CC_PATH_MAX], name[32];
    CC_TRY(cc_path_join(writing, dir, writing_name));
    CC_TRY(layout->make_folders(dir));
    for (int p = 0; p < o->patients; p++) {
        bool there;
        /* Patients that an earlier, interrupted call completed are kept. */
        layout->name_patient(name, sizeof name, p);
        CC_TRY(layout->is_there(&there, dir, name));
        if (!there) {
            CC_TRY(write_patient(layout, writing, dir, o, p));
            (*made)++;
        }
        cc_progress_update(progress, (uint64_t)p + 1, name);
    }
    return CC_OK;
}

static const cc_phantom_layout *const layouts[] = {
#define X(name) &cc_phantom_layout_##name,
    CC_PHANTOM_LAYOUT_LIST(X)
#undef X
};
enum { LAYOUTS = sizeof layouts / sizeof *layouts };

static cc_status find_layout(const cc_phantom_layout **out, const char *name) {
    const char *names[LAYOUTS];
    char hint[64] = "use ";
    for (size_t i = 0; i < LAYOUTS; i++) {
        *out = layouts[i];
        names[i] = layouts[i]->name;
        if (strcmp(names[i], name) == 0) return CC_OK;
    }
    cc_words_or(hint + 4, sizeof hint - 4, names, LAYOUTS);
    return cc_fail(CC_EUSAGE, "--layout", hint, "no layout is called \"%s\"", name);
}

cc_status cc_phantom_write(int *made, const char *dir, const cc_phantom_options *o) {
    int count = 0;
    const cc_phantom_layout *layout = NULL;
    CC_TRY(cc_phantom_check(o));
    CC_TRY(find_layout(&layout, o->layout));
    if (o->regions && !layout->has_regions)
        return cc_fail(CC_EUSAGE, "--regions", "use --layout orcascore",
                       "the layout %s has no place for regions", o->layout);
    cc_arena *arena = cc_arena_create();
    if (!arena) return cc_fail_memory("the phantom's folder", 0);
    cc_progress *progress = NULL;
    cc_status status = CC_OK;
    /* Claim the folder, clear what a killed run left, write, clear the empty folder of what was being
     * written. */
    CC_CHECK(claim_folder(dir, o, arena));
    CC_CHECK(remove_writing(dir));
    progress = cc_progress_create("phantom", (uint64_t)o->patients);
    CC_CHECK(write_patients(&count, layout, dir, o, progress));
    CC_CHECK(remove_writing(dir));
done:
    cc_progress_destroy(progress);
    cc_arena_destroy(arena);
    if (made) *made = count;
    return status;
}
