/* tests/soak/fuzz/texts.c -- files of text: configs, tables of a report, lists of scans, splits,
 * dataset.json, COCA's XML, the list of planned runs, and the index beside a dataset. */
#include "fuzz.h"

#include <string.h>
#include "core/arena.h"
#include "core/digest.h"
#include "core/file.h"
#include "datasets/slices.h"
#include "datasets/sources/coca_xml.h"
#include "datasets/sources/scan_index.h"
#include "datasets/split_file.h"
#include "experiments/config/config.h"
#include "report/tables/spec.h"
#include "results/manifest.h"
#include "results/published.h"

static cc_status read_config(const char *path) {
    cc_config *config = NULL;
    cc_status status = cc_config_load(&config, path, NULL, 0, 0);
    cc_config_destroy(config);
    return status;
}

static cc_status read_tables(const char *path) {
    cc_spec *specs;
    size_t count;
    cc_published published;
    cc_arena *arena = cc_arena_create();
    cc_status status = cc_published_read(&published, path, arena);
    const cc_status other = cc_specs_read(&specs, &count, &published, path, arena);
    cc_arena_destroy(arena);
    return status == CC_OK ? CC_OK : other;
}

static cc_status open_slices(const cc_slice_options *options) {
    cc_slice_set *set = NULL;
    cc_status status = cc_slice_set_open(&set, options);
    cc_slice_set_close(set);
    return status;
}

static cc_status read_split(const char *path) {
    cc_split_table table;
    cc_digest_text digest;
    cc_status status = CC_OK;
    cc_arena *arena = cc_arena_create();
    for (int fold = CC_SPLIT_NO_FOLD; fold < 2; fold++) {
        status = cc_split_table_read(&table, path, fold, arena);
        if (status == CC_OK) status = cc_split_table_digest(&digest, &table);
    }
    cc_arena_destroy(arena);
    return status;
}

static cc_status read_list(const char *path) {
    char folder[CC_PATH_MAX];
    CC_TRY(cc_path_folder(folder, path));
    cc_status status = open_slices(&(cc_slice_options){.source = "list", .root = folder, .list = path}),
              other = read_split(path);
    return status == CC_OK ? CC_OK : other;
}

static cc_status read_dataset_json(const char *path) {
    char folder[CC_PATH_MAX];
    CC_TRY(cc_path_folder(folder, path));
    cc_status status = open_slices(&(cc_slice_options){.source = "nnunet", .root = folder}),
              other = open_slices(&(cc_slice_options){.source = "decathlon", .root = folder});
    return status == CC_OK ? CC_OK : other;
}

static cc_status read_coca_xml(const char *path) {
    cc_coca_regions regions;
    cc_arena *arena = cc_arena_create();
    cc_status status = cc_coca_xml_read(&regions, path, arena);
    cc_arena_destroy(arena);
    return status;
}

static cc_status read_planned(const char *path) {
    char folder[CC_PATH_MAX];
    cc_manifest manifest;
    CC_TRY(cc_path_folder(folder, path));
    cc_arena *arena = cc_arena_create();
    cc_status status = cc_manifest_read(&manifest, folder, arena);
    cc_arena_destroy(arena);
    return status;
}

/* The last line states the digest of all before it. */
static void seal_index(uint8_t *bytes, size_t count) {
    enum { TAIL = 7 + 64 + 1 };
    if (count < TAIL || memcmp(bytes + count - TAIL, "sha256 ", 7) != 0) return;
    const cc_digest_text digest = cc_digest_of(bytes, count - TAIL);
    memcpy(bytes + count - TAIL + 7, digest.hex, 64);
}

/* A damaged index is forgotten, which is no failure. */
static cc_status read_index(const char *path) {
    char folder[CC_PATH_MAX];
    cc_scan_index *index;
    CC_TRY(cc_path_folder(folder, path));
    cc_arena *arena = cc_arena_create();
    cc_status status = cc_scan_index_open(&index, path, folder, 1, false, arena);
    if (status == CC_OK) cc_scan_index_finish(index);
    cc_arena_destroy(arena);
    return status;
}

enum { MOST = 16 << 10 };
const cc_fuzz_target cc_fuzz_config = {"config", "config.yaml", MOST, NULL, read_config, NULL};
const cc_fuzz_target cc_fuzz_tables = {"tables", "tables.yaml", MOST, NULL, read_tables, NULL};
const cc_fuzz_target cc_fuzz_list = {"list", "list.csv", MOST, NULL, read_list, NULL};
const cc_fuzz_target cc_fuzz_splits = {"splits", "splits_final.json", MOST, NULL, read_split, NULL};
const cc_fuzz_target cc_fuzz_dataset_json = {"dataset_json", "dataset.json",    MOST,
                                             NULL,           read_dataset_json, NULL};
const cc_fuzz_target cc_fuzz_coca_xml = {"coca_xml", "calcium.xml", MOST, NULL, read_coca_xml, NULL};
const cc_fuzz_target cc_fuzz_planned = {"planned", "planned.tsv", MOST, NULL, read_planned, NULL};
const cc_fuzz_target cc_fuzz_index = {"index", ".calcade-index", MOST, seal_index, read_index, NULL};
