/* datasets/phantom/layout_orcascore.c -- orCaScore's layout: DIR/Training_set/Images/TR<v><p>CTI.mhd with
 * .raw, int16 HU, and "Reference standard"/TR<v><p>R.mhd with .raw, the plaque of the coronaries (1 LAD, 2
 * LCX, 3 RCA), and, where they are asked for, TR<v><p>Regions.mhd beside it, the territories of these; v is
 * V1 to V4, the scanner, and p P1, P2, ..., the patient among that scanner's. The reference's header is moved
 * last: a scan without one is left out by readers. */
#include <stdio.h>
#include "core/file.h"
#include "datasets/phantom/layout.h"
#include "datasets/readers/metaimage_write.h"

static const char images[] = "Training_set/Images", references[] = "Training_set/Reference standard";

static void name_patient(char *out, size_t capacity, int patient) {
    int number = 0;
    for (int p = 0; p <= patient; p++) number += cc_phantom_scanner_of(p) == cc_phantom_scanner_of(patient);
    snprintf(out, capacity, "TRV%dP%d", cc_phantom_scanner_of(patient) + 1, number);
}

static cc_status make_folders(const char *dir) {
    char path[CC_PATH_MAX];
    CC_TRY(cc_path_join(path, dir, images));
    CC_TRY(cc_folder_make(path));
    CC_TRY(cc_path_join(path, dir, references));
    return cc_folder_make(path);
}

/* DIR/FOLDER/NAME + ENDING */
static cc_status place_of(char out[CC_PATH_MAX], const char *dir, const char *folder, const char *name,
                          const char *ending) {
    char inner[CC_PATH_MAX], file[64];
    snprintf(file, sizeof file, "%s%s", name, ending);
    CC_TRY(cc_path_join(inner, dir, folder));
    return cc_path_join(out, inner, file);
}

static cc_status is_there(bool *out, const char *dir, const char *name) {
    char path[CC_PATH_MAX];
    CC_TRY(place_of(path, dir, references, name, "R.mhd"));
    *out = cc_file_exists(path);
    return CC_OK;
}

/* The truth: plaque of the coronaries alone. */
static void keep_plaque(cc_volume *labels) {
    size_t count = cc_volume_count(labels);
    for (size_t i = 0; i < count; i++) {
        cc_phantom_tissue tissue = cc_phantom_label_tissue(labels->voxels[i]);
        bool plaque = tissue >= CC_TISSUE_PLAQUE_LAD && tissue <= CC_TISSUE_PLAQUE_RCA;
        labels->voxels[i] = plaque ? (float)tissue : 0;
    }
}

static cc_status move(const char *writing, const char *dir, const char *folder, const char *name,
                      const char *ending) {
    char from[CC_PATH_MAX], to[CC_PATH_MAX];
    CC_TRY(place_of(from, writing, ".", name, ending));
    CC_TRY(place_of(to, dir, folder, name, ending));
    return rename(from, to) == 0 ? CC_OK : cc_fail_errno(to, "write");
}

static cc_status write_patient(const cc_phantom_patient *p, const char *writing, const char *dir) {
    char name[32], path[CC_PATH_MAX];
    cc_volume truth = p->labels; /* shares the voxels, which the writer needs no more */
    name_patient(name, sizeof name, p->number);
    CC_TRY(place_of(path, writing, ".", name, "CTI.mhd"));
    CC_TRY(cc_metaimage_write(path, &p->hu, "int16", false));
    keep_plaque(&truth);
    CC_TRY(place_of(path, writing, ".", name, "R.mhd"));
    CC_TRY(cc_metaimage_write(path, &truth, "uint8", false));
    if (p->options->regions) {
        CC_TRY(place_of(path, writing, ".", name, "Regions.mhd"));
        CC_TRY(cc_metaimage_write(path, &p->regions, "uint8", false));
        CC_TRY(move(writing, dir, references, name, "Regions.raw"));
        CC_TRY(move(writing, dir, references, name, "Regions.mhd"));
    }
    CC_TRY(move(writing, dir, images, name, "CTI.raw"));
    CC_TRY(move(writing, dir, images, name, "CTI.mhd"));
    CC_TRY(move(writing, dir, references, name, "R.raw"));
    return move(writing, dir, references, name, "R.mhd");
}

const cc_phantom_layout cc_phantom_layout_orcascore = {
    .name = "orcascore",
    .has_regions = true,
    .name_patient = name_patient,
    .make_folders = make_folders,
    .is_there = is_there,
    .write = write_patient,
};
