/* datasets/sources/list.c -- a table of scans (core/table.h): columns image, mask and patient, group where
 * patients are of several scanners or sites, and regions, a volume of labels, where these are learnt. Paths
 * count from data.root or, without one, from the table's own folder. A patient may have several rows. The
 * columns set and fold are the split's (datasets/split_file.h). */
#include <stdio.h>
#include <string.h>
#include "core/table.h"
#include "datasets/sources/scan_rows.h"

/* A run opens its list several times: what is not read of it is told once. */
static bool is_told_first(const char *path) {
    static _Atomic uint64_t told;
    uint64_t hash = 1469598103934665603U; /* FNV-1a */
    for (; *path; path++) hash = (hash ^ (unsigned char)*path) * 1099511628211U;
    return atomic_exchange(&told, hash) != hash;
}

static cc_status read_rows(cc_scan_row *rows, const cc_table *t, bool with_regions) {
    static const char *const known[] = {"image", "mask", "patient", "group", "set", "fold", "regions", NULL};
    int image, mask, patient;
    CC_TRY(cc_table_need(&image, t, "image"));
    CC_TRY(cc_table_need(&mask, t, "mask"));
    CC_TRY(cc_table_need(&patient, t, "patient"));
    const int group = cc_table_find(t, "group"), regions = cc_table_find(t, "regions");
    if (with_regions && regions < 0)
        return cc_fail(CC_EFORMAT, t->path, "name a volume of regions for each scan",
                       "it has no column regions, which data.targets asks for");
    if (is_told_first(t->path)) cc_table_tell_unread(t, known);
    for (size_t i = 0; i < t->rows; i++) {
        const int columns[] = {image, mask, patient};
        for (int k = 0; k < 3; k++)
            if (!cc_table_cell(t, i, columns[k])[0])
                return cc_table_fail(t, i, columns[k], "each scan has a patient, an image and a mask",
                                     "it is empty");
        rows[i] = (cc_scan_row){.patient = cc_table_cell(t, i, patient),
                                .image = cc_table_cell(t, i, image),
                                .mask = cc_table_cell(t, i, mask),
                                .regions = cc_table_cell(t, i, regions),
                                .group = cc_table_cell(t, i, group)};
        snprintf(rows[i].where, sizeof rows[i].where, "%.240s:%d", cc_path_name(t->path), t->lines[i]);
    }
    return CC_OK;
}

static cc_status list_open(cc_slice_set *set, const cc_slice_options *options) {
    cc_table t;
    char index[CC_PATH_MAX];
    if (!options->list || !options->list[0])
        return cc_fail(CC_ECONFIG, "data.list", "name the table of scans: image, mask, patient",
                       "it is not given");
    CC_TRY(cc_table_read(&t, options->list, set->arena));
    if (t.rows == 0)
        return cc_fail(CC_EFORMAT, options->list, "a line a scan: image, mask, patient", "it lists no scan");
    cc_scan_row *rows = cc_arena_get_array(set->arena, t.rows, sizeof *rows);
    if (!rows) return CC_ENOMEM;
    CC_TRY(read_rows(rows, &t, set->regions));
    CC_TRY(cc_path_append(index, options->list, ".calcade-index"));
    return cc_scan_rows_open(set, options, rows, t.rows, index);
}

const cc_slice_source cc_slice_source_list = {
    .name = "list",
    .open = list_open,
    .close = cc_scan_rows_close,
    .digest = cc_scan_rows_digest,
    .decode = cc_scan_rows_decode,
    .decode_regions = cc_scan_rows_decode_regions,
    .facts = cc_scan_rows_facts,
    .looked_at = true,
};
