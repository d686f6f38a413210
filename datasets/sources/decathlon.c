/* datasets/sources/decathlon.c -- a task of the Medical Segmentation Decathlon: ROOT/dataset.json, whose list
 * "training" names image and label of each case ("./imagesTr/liver_0.nii.gz"), relative to ROOT. A case is a
 * patient, called as its image is without the ending. Images of several channels (tensorImageSize 4D) are
 * refused. "test" has no labels and is not read. Source: Simpson et al., arXiv:1902.09063;
 * http://medicaldecathlon.com. */
#include <stdio.h>
#include <string.h>
#include "datasets/sources/dataset_json.h"

/* "./imagesTr/liver_0.nii.gz" -> "liver_0". */
static const char *case_of(const char *image, cc_arena *arena) {
    const char *name = cc_path_name(image);
    size_t length = strlen(name);
    const char *dot = strchr(name, '.');
    if (cc_path_ends_with(name, ".nii.gz"))
        length -= strlen(".nii.gz");
    else if ((dot = strrchr(name, '.')) && dot > name)
        length = (size_t)(dot - name);
    return cc_arena_copy_n(arena, name, length);
}

static cc_status read_rows(cc_scan_row **out, size_t *count, cc_slice_set *set, const cc_dataset_json *json) {
    const json_t *training = json_object_get(json->whole, "training");
    *count = json_array_size(training); /* 0 where it is no list */
    if (*count == 0)
        return cc_fail(CC_EFORMAT, json->path, "as in [{\"image\": \"./imagesTr/a.nii.gz\", \"label\": ...}]",
                       "training: it lists no case");
    cc_scan_row *rows = *out = cc_arena_get_array(set->arena, *count, sizeof *rows);
    if (!rows) return CC_ENOMEM;
    for (size_t i = 0; i < *count; i++) {
        char shown[64];
        const json_t *item = json_array_get(training, i);
        snprintf(shown, sizeof shown, "training[%zu]", i);
        snprintf(rows[i].where, sizeof rows[i].where, "dataset.json: %s", shown);
        CC_TRY(cc_dataset_json_text(&rows[i].image, json, item, "image", shown, set->arena));
        CC_TRY(cc_dataset_json_text(&rows[i].mask, json, item, "label", shown, set->arena));
        if (!(rows[i].patient = case_of(rows[i].image, set->arena))) return CC_ENOMEM;
    }
    cc_dataset_json_compare_count(json, *count);
    return CC_OK;
}

static cc_status decathlon_open(cc_slice_set *set, const cc_slice_options *options) {
    cc_status status;
    cc_scan_row *rows = NULL;
    size_t count = 0;
    char index[CC_PATH_MAX];
    cc_dataset_json json = {.whole = NULL};
    CC_CHECK(cc_dataset_json_open(&json, set));
    CC_CHECK(cc_dataset_json_check_channels(&json, "modality"));
    CC_CHECK(cc_dataset_json_check_labels(&json, options));
    CC_CHECK(read_rows(&rows, &count, set, &json));
    CC_CHECK(cc_path_join(index, set->root, ".calcade-index"));
    CC_CHECK(cc_scan_rows_open(set, options, rows, count, index));
done:
    cc_dataset_json_close(&json);
    return status;
}

const cc_slice_source cc_slice_source_decathlon = {
    .name = "decathlon",
    .open = decathlon_open,
    .close = cc_scan_rows_close,
    .digest = cc_scan_rows_digest,
    .decode = cc_scan_rows_decode,
    .facts = cc_scan_rows_facts,
    .looked_at = true,
};
