/* datasets/sources/nnunet.c -- a raw dataset of nnU-Net: ROOT/dataset.json, imagesTr/CASE_0000.EXT (channel
 * 0) and labelsTr/CASE.EXT. A case is a patient.
 *
 * Version 2 (channel_names, file_ending) lists its cases by the folder imagesTr or, where dataset.json has an
 * object "dataset", by that: {"CASE": {"images": [...], "label": ...}}. Version 1 (modality) lists them under
 * "training", whose images leave out the "_0000" that their files have, and is always .nii.gz. One channel
 * alone is read. Source: nnU-Net, documentation/dataset_format.md of both versions; Isensee et al., Nat.
 * Methods 18 (2021), 203-211. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include "datasets/sources/dataset_json.h"

static const char channel_0[] = "_0000",
                  layout_hint[] = "images lie in imagesTr/CASE_0000.EXT, masks in labelsTr/CASE.EXT";

typedef struct cases {
    cc_slice_set *set;
    const cc_dataset_json *json;
    const char *ending; /* ".nii.gz" */
    cc_scan_row *rows;
    size_t count;
} cases;

/* A row of a case by its name. Files that are not there are found, and said, when the scan is opened. */
static cc_status add_case(cases *c, const char *name) {
    cc_arena *arena = c->set->arena;
    cc_scan_row *row = &c->rows[c->count++];
    row->patient = name;
    row->image = cc_arena_format(arena, "imagesTr/%s%s%s", name, channel_0, c->ending);
    row->mask = cc_arena_format(arena, "labelsTr/%s%s", name, c->ending);
    snprintf(row->where, sizeof row->where, "case %.200s", name);
    return name && row->image && row->mask ? CC_OK : CC_ENOMEM;
}

/* The case of a file's name without `tail`; NULL where it is none. */
static const char *case_of(const char *file, const char *tail, cc_arena *arena) {
    const size_t length = strlen(file), cut = strlen(tail);
    if (file[0] == '.' || length <= cut || strcmp(file + length - cut, tail) != 0) return NULL;
    return cc_arena_copy_n(arena, file, length - cut);
}

/* "CASE_0001.EXT" with another channel than 0. */
static bool is_other_channel(const char *file, const char *ending) {
    const size_t length = strlen(file), cut = strlen(ending) + strlen(channel_0);
    if (length <= cut || strcmp(file + length - strlen(ending), ending) != 0) return false;
    const char *channel = file + length - cut;
    for (int i = 1; i < 5; i++)
        if (!isdigit((unsigned char)channel[i])) return false;
    return channel[0] == '_' && strncmp(channel, channel_0, 5) != 0;
}

/* Every image, and every mask without one. */
static cc_status list_folders(cases *c) {
    cc_arena *arena = c->set->arena;
    char **images, **masks;
    const char *folder, *tail = cc_arena_format(arena, "%s%s", channel_0, c->ending);
    size_t image_count, mask_count;
    if (!tail) return CC_ENOMEM;
    CC_TRY(cc_slice_set_resolve(&folder, c->set, "imagesTr"));
    CC_TRY(cc_folder_list(&images, &image_count, folder, arena));
    CC_TRY(cc_slice_set_resolve(&folder, c->set, "labelsTr"));
    CC_TRY(cc_folder_list(&masks, &mask_count, folder, arena));
    c->rows = cc_arena_get_array(arena, image_count + mask_count + 1, sizeof *c->rows);
    if (!c->rows) return CC_ENOMEM;
    for (size_t i = 0; i < image_count; i++) {
        const char *name = case_of(images[i], tail, arena);
        if (name) CC_TRY(add_case(c, name));
        if (is_other_channel(images[i], c->ending))
            return cc_fail(CC_EUNSUPPORTED, c->set->root, "images of one channel are read",
                           "imagesTr/%s is of a channel that dataset.json does not name", images[i]);
    }
    const size_t with_image =
        c->count; /* sorted, as the folder's names are, but for what follows a case's name */
    for (size_t i = 0; i < mask_count; i++) {
        const char *name = case_of(masks[i], c->ending, arena);
        bool found = false;
        for (size_t k = 0; name && !found && k < with_image; k++)
            found = strcmp(c->rows[k].patient, name) == 0;
        if (name && !found) CC_TRY(add_case(c, name));
    }
    return CC_OK;
}

/* "dataset": {"CASE": {"images": ["a.nii.gz"], "label": "b.nii.gz"}} */
static cc_status list_object(cases *c, json_t *object) {
    cc_arena *arena = c->set->arena;
    const char *name;
    json_t *item;
    c->rows = cc_arena_get_array(arena, json_object_size(object) + 1, sizeof *c->rows);
    if (!c->rows) return CC_ENOMEM;
    json_object_foreach(object, name, item) {
        cc_scan_row *row = &c->rows[c->count++];
        const json_t *images = json_object_get(item, "images");
        snprintf(row->where, sizeof row->where, "dataset.%.200s", name);
        if (json_array_size(images) != 1 || !json_is_string(json_array_get(images, 0)))
            return cc_fail(CC_EUNSUPPORTED, c->json->path, "images of one channel are read",
                           "%s.images: a list of one file is wanted", row->where);
        row->patient = cc_arena_copy(arena, name);
        row->image = cc_arena_copy(arena, json_string_value(json_array_get(images, 0)));
        if (!row->patient || !row->image) return CC_ENOMEM;
        CC_TRY(cc_dataset_json_text(&row->mask, c->json, item, "label", row->where, arena));
    }
    return CC_OK;
}

/* Version 1: "training": [{"image": "./imagesTr/CASE.nii.gz", "label": "./labelsTr/CASE.nii.gz"}] */
static cc_status list_training(cases *c, const json_t *training) {
    cc_arena *arena = c->set->arena;
    const size_t count = json_array_size(training);
    c->rows = cc_arena_get_array(arena, count + 1, sizeof *c->rows);
    if (!c->rows) return CC_ENOMEM;
    for (size_t i = 0; i < count; i++) {
        char shown[64];
        const char *label;
        snprintf(shown, sizeof shown, "training[%zu]", i);
        CC_TRY(cc_dataset_json_text(&label, c->json, json_array_get(training, i), "label", shown, arena));
        const char *name = case_of(cc_path_name(label), c->ending, arena);
        if (!name)
            return cc_fail(CC_EFORMAT, c->json->path, "as in ./labelsTr/CASE.nii.gz",
                           "%s.label: \"%.100s\" does not end in %s", shown, label, c->ending);
        CC_TRY(add_case(c, name));
    }
    return CC_OK;
}

static cc_status list_cases(cases *c) {
    json_t *whole = c->json->whole, *listed = json_object_get(whole, "dataset");
    const bool version_2 = json_object_get(whole, "channel_names") != NULL;
    c->ending = ".nii.gz";
    CC_TRY(cc_dataset_json_check_channels(c->json, version_2 ? "channel_names" : "modality"));
    if (version_2) CC_TRY(cc_dataset_json_text(&c->ending, c->json, whole, "file_ending", "", c->set->arena));
    if (json_is_object(listed))
        CC_TRY(list_object(c, listed));
    else if (!version_2 && json_is_array(json_object_get(whole, "training")))
        CC_TRY(list_training(c, json_object_get(whole, "training")));
    else
        CC_TRY(list_folders(c));
    if (c->count == 0)
        return cc_fail(CC_ENOTFOUND, c->set->root, layout_hint, "no case with images of %s is here",
                       c->ending);
    cc_dataset_json_compare_count(c->json, c->count);
    return CC_OK;
}

static cc_status nnunet_open(cc_slice_set *set, const cc_slice_options *options) {
    cc_status status;
    char index[CC_PATH_MAX];
    cc_dataset_json json = {.whole = NULL};
    cases c = {.set = set, .json = &json};
    CC_CHECK(cc_dataset_json_open(&json, set));
    CC_CHECK(list_cases(&c));
    CC_CHECK(cc_dataset_json_check_labels(&json, options));
    CC_CHECK(cc_path_join(index, set->root, ".calcade-index"));
    CC_CHECK(cc_scan_rows_open(set, options, c.rows, c.count, index));
done:
    cc_dataset_json_close(&json);
    return status;
}

const cc_slice_source cc_slice_source_nnunet = {
    .name = "nnunet",
    .open = nnunet_open,
    .close = cc_scan_rows_close,
    .digest = cc_scan_rows_digest,
    .decode = cc_scan_rows_decode,
    .facts = cc_scan_rows_facts,
    .looked_at = true,
};
