/* experiments/commands/check.c -- calcade check: a config's dataset and splits, looked at as a whole before
 * anything is trained. A table of the scans, a line for each split, a line for each fault; exit status 1
 * where there is one. Or, with --results, what a folder of results tells of patients and of the machine. */
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "core/utf8.h"
#include "experiments/commands/command.h"
#include "experiments/commands/flags.h"
#include "experiments/planning/data.h"
#include "experiments/planning/data_review.h"
#include "experiments/planning/interrupt.h"
#include "results/contents.h"

/* Else the rest of its row is unknown. */
static bool was_read(const cc_review_scan *s) {
    return s->facts.image.hex[0] != 0;
}

/* "1 2 3", at most as many as fit. */
static void list_labels(char *out, size_t capacity, const cc_scan_facts *f) {
    size_t used = 0;
    snprintf(out, capacity, "-");
    for (int label = 1; label < CC_LABELS && used + 8 < capacity; label++)
        if (f->labels[label])
            used += (size_t)snprintf(out + used, capacity - used, "%s%d", used ? " " : "", label);
}

static void list_parts(char out[64], unsigned parts) {
    snprintf(out, 64, "-");
    for (int p = 0, used = 0; p < CC_REVIEW_PARTS; p++)
        if (parts >> p & 1)
            used += snprintf(out + used, 64 - (size_t)used, "%s%s", used ? "+" : "",
                             cc_review_part_name((cc_review_part)p));
}

static void print_scan(const cc_review_scan *s, int width) {
    char name[256], dims[64] = "-", spacing[80] = "-", range[48] = "-", labels[40] = "-", parts[64];
    const cc_scan_facts *f = &s->facts;
    cc_utf8_escape(name, sizeof name, s->patient);
    list_parts(parts, s->parts);
    if (was_read(s)) {
        snprintf(dims, sizeof dims, "%" PRId64 "x%" PRId64 "x%" PRId64, f->dims[0], f->dims[1], f->dims[2]);
        if (f->spacing_mm[0] > 0)
            snprintf(spacing, sizeof spacing, "%.4g x %.4g x %.4g", f->spacing_mm[0], f->spacing_mm[1],
                     f->spacing_mm[2]);
        if (s->is_hu) snprintf(range, sizeof range, "%g..%g", f->hu.min, f->hu.max);
        list_labels(labels, sizeof labels, f);
    }
    printf("%-*s  %4d  %-14s  %-22s  %-12s  %-10s  %10" PRIu64 "  %-10s  %s\n", width, name, s->number, dims,
           spacing, range, labels, s->labelled, parts, s->wrong);
}

/* One line; named where there are several. */
static void print_split(const cc_review *r, const cc_review_split *s) {
    char name[CC_REVIEW_NAME];
    if (!s->made) return;
    cc_review_split_name(name, r, s);
    printf("%s", name[0] ? name : "split: ");
    for (int p = 0; p < CC_REVIEW_PARTS; p++) {
        const cc_review_count *c = &s->parts[p];
        printf("%s%s %zu patient%s, %zu scan%s (%zu with labels), %zu slices", p ? "; " : "",
               cc_review_part_name((cc_review_part)p), c->patients, c->patients == 1 ? "" : "s", c->scans,
               c->scans == 1 ? "" : "s", c->labelled, c->slices);
    }
    putchar('\n');
}

static void print_text(const cc_review *r) {
    int width = 7;
    size_t empty = 0;
    for (size_t i = 0; i < r->scan_count; i++) {
        const int length = (int)strlen(r->scans[i].patient);
        width = length > width ? length : width;
        empty += was_read(&r->scans[i]) && r->scans[i].labelled == 0;
    }
    if (r->scan_count)
        printf("%-*s  %4s  %-14s  %-22s  %-12s  %-10s  %10s  %-10s  %s\n", width, "patient", "scan", "dims",
               "spacing mm", "HU", "labels", "labelled", "set", "wrong");
    for (size_t i = 0; i < r->scan_count; i++) print_scan(&r->scans[i], width);
    putchar('\n');
    if (empty) printf("%zu of %zu scans hold no label\n", empty, r->scan_count);
    for (size_t i = 0; i < r->split_count; i++) print_split(r, &r->splits[i]);
    for (size_t i = 0; i < r->fault_count; i++) printf("fault: %s\n", r->faults[i]);
}

/* A text of a file's or a patient's name, which may be no UTF-8. */
static json_t *text_json(const char *text) {
    char shown[2048];
    cc_utf8_escape(shown, sizeof shown, text);
    return json_string(shown);
}

static json_t *scan_json(const cc_review_scan *s) {
    const cc_scan_facts *f = &s->facts;
    json_t *labels = json_object(), *parts = json_array();
    char key[8];
    for (int label = 1; label < CC_LABELS; label++) {
        snprintf(key, sizeof key, "%d", label);
        if (f->labels[label]) json_object_set_new(labels, key, json_integer((json_int_t)f->labels[label]));
    }
    for (int p = 0; p < CC_REVIEW_PARTS; p++)
        if (s->parts >> p & 1)
            json_array_append_new(parts, json_string(cc_review_part_name((cc_review_part)p)));
    json_t *object = json_pack("{s:o, s:i, s:o, s:o, s:I, s:s}", "patient", text_json(s->patient), "scan",
                               s->number, "labels", labels, "parts", parts, "labelled_voxels",
                               (json_int_t)s->labelled, "wrong", s->wrong);
    if (object && was_read(s)) {
        json_object_set_new(
            object, "dims_xyz",
            json_pack("[I,I,I]", (json_int_t)f->dims[0], (json_int_t)f->dims[1], (json_int_t)f->dims[2]));
        json_object_set_new(object, "image_sha256", json_string(f->image.hex));
        json_object_set_new(object, "mask_sha256", json_string(f->mask.hex));
        if (f->spacing_mm[0] > 0)
            json_object_set_new(object, "spacing_mm_xyz",
                                json_pack("[f,f,f]", f->spacing_mm[0], f->spacing_mm[1], f->spacing_mm[2]));
        if (s->is_hu) json_object_set_new(object, "hu_range", json_pack("[f,f]", f->hu.min, f->hu.max));
    }
    return object;
}

static json_t *split_json(const cc_review_split *s) {
    json_t *object = json_pack("{s:s}", "variant", s->config->variant);
    if (s->config->data.fold != CC_FOLD_NONE)
        json_object_set_new(object, "fold", json_integer(s->config->data.fold));
    if (s->config->data.split.inner_folds != CC_INNER_FOLDS_NONE) {
        json_object_set_new(object, "inner_fold", json_integer(s->config->data.split.inner_fold));
        json_object_set_new(object, "inner_folds", json_integer(s->config->data.split.inner_folds));
    }
    for (int p = 0; s->made && p < CC_REVIEW_PARTS; p++) {
        const cc_review_count *c = &s->parts[p];
        json_object_set_new(object, cc_review_part_name((cc_review_part)p),
                            json_pack("{s:I, s:I, s:I, s:I}", "patients", (json_int_t)c->patients, "scans",
                                      (json_int_t)c->scans, "slices", (json_int_t)c->slices,
                                      "scans_with_labels", (json_int_t)c->labelled));
    }
    return object;
}

static json_t *review_json(const cc_review *r) {
    json_t *scans = json_array(), *splits = json_array(), *faults = json_array();
    for (size_t i = 0; i < r->scan_count; i++) json_array_append_new(scans, scan_json(&r->scans[i]));
    for (size_t i = 0; i < r->split_count; i++) json_array_append_new(splits, split_json(&r->splits[i]));
    for (size_t i = 0; i < r->fault_count; i++) json_array_append_new(faults, text_json(r->faults[i]));
    return json_pack("{s:o, s:o, s:o}", "scans", scans, "splits", splits, "faults", faults);
}

/* The variants on the slices of variant `first`; 0 where an earlier one has them. */
static int find_variants(const cc_experiment_config **out, const cc_config *config, int first) {
    const cc_experiment_config *of = cc_config_get(config, first);
    int count = 0;
    for (int i = 0; i < first; i++)
        if (cc_data_has_same_slices(cc_config_get(config, i), of)) return 0;
    for (int i = first; i < cc_config_count(config); i++)
        if (cc_data_has_same_slices(cc_config_get(config, i), of)) out[count++] = cc_config_get(config, i);
    return count;
}

/* Every dataset of the config; `all` takes one object each where it is not NULL. */
static cc_status check_all(size_t *faults, size_t *scans, json_t *all, const cc_config *config,
                           cc_arena *arena) {
    const int count = cc_config_count(config);
    const cc_experiment_config **variants = cc_arena_get_array(arena, (size_t)count, sizeof *variants);
    if (!variants) return CC_ENOMEM;
    for (int i = 0; i < count; i++) {
        cc_review review;
        const int found = find_variants(variants, config, i);
        if (found == 0) continue;
        CC_TRY(cc_review_make(&review, variants, found, arena));
        *faults += review.fault_count;
        *scans += review.scan_count;
        if (all)
            json_array_append_new(all, review_json(&review));
        else
            print_text(&review);
    }
    return CC_OK;
}

/* ---- a folder of results ---- */

/* "3: a, b, c", or "none"; of many the first. */
static void print_list(const char *what, const char *const *texts, size_t count) {
    enum { SHOWN = 6 };
    char shown[1024];
    printf("%-32s", what);
    if (count == 0) printf("none");
    for (size_t i = 0; i < count && i < SHOWN; i++) {
        cc_utf8_escape(shown, sizeof shown, texts[i]);
        if (i == 0) printf("%zu: ", count);
        printf("%s%s", i ? ", " : "", shown);
    }
    puts(count > SHOWN ? ", ..." : "");
}

static json_t *list_json(const char *const *texts, size_t count) {
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++) json_array_append_new(list, text_json(texts[i]));
    return list;
}

/* What would be published with the folder. */
static cc_status check_results(const char *results, bool json, cc_arena *arena) {
    cc_contents c;
    CC_TRY(cc_contents_find(&c, results, arena));
    if (json) {
        json_t *whole = json_pack("{s:I, s:o, s:o, s:I, s:I, s:I, s:o}", "runs", (json_int_t)c.runs, "paths",
                                  list_json(c.paths, c.path_count), "patients",
                                  list_json(c.patients, c.patient_count), "ct_slices", (json_int_t)c.pictures,
                                  "mask_slices", (json_int_t)c.masks, "runs_with_weights",
                                  (json_int_t)c.weights, "other_files", list_json(c.others, c.other_count));
        const bool written = whole && json_dumpf(whole, stdout, JSON_COMPACT) == 0 && putchar('\n') != EOF;
        json_decref(whole);
        return !whole    ? cc_fail_memory("the check", 0)
               : written ? CC_OK
                         : cc_fail_errno("standard output", "write");
    }
    printf("%-32s%zu\n", "runs", c.runs);
    print_list("absolute paths in their configs", c.paths, c.path_count);
    print_list("patients by name", c.patients, c.patient_count);
    printf("%-32s%zu\n%-32s%zu\n%-32s%zu\n", "slices of CT", c.pictures, "slices of masks", c.masks,
           "runs with weights", c.weights);
    print_list("files that are no runs", c.others, c.other_count);
    puts("`calcade export --light` makes copies that hold none of it but the patients' names.");
    return CC_OK;
}

/* What the command line says. */
typedef struct values {
    cc_flag_texts sets;
    const char *results;
    bool json;
} values;

/* In the order of the help. */
static const cc_flag flags[] = {
    CC_FLAG_SET(values, sets),
    {.name = "--results",
     .kind = CC_FLAG_TEXT,
     CC_FLAG_AT(values, results),
     .value = "DIR",
     .completes = CC_COMPLETES_FOLDER,
     .meaning = "instead: what the files of this folder of results tell of patients and of the machine"},
    CC_FLAG_JSON(values, json),
    {0}};

static cc_status command(int argc, char **argv) {
    values v = {0};
    const char *path[argc];
    int count;
    size_t faults = 0, scans = 0;
    CC_TRY(cc_flags_read(&v, argc, argv, flags, path, &count, 0, 1));
    if ((v.results != NULL) == (count == 1) || (v.results && v.sets.count))
        return cc_fail(CC_EUSAGE, argv[0], "see calcade check --help",
                       "wants one CONFIG, or --results DIR alone");
    cc_status status;
    cc_config *config = NULL;
    json_t *all = v.json ? json_array() : NULL, *whole = NULL;
    cc_arena *arena = cc_arena_create();
    if (!arena || (v.json && !all)) CC_CHECK(cc_fail_memory("the check", 0));
    if (v.results) {
        status = check_results(v.results, v.json, arena);
        goto done;
    }
    CC_CHECK(cc_config_load(&config, path[0], v.sets.items, v.sets.count, CC_CONFIG_RUNNABLE));
    cc_interrupt_watch();
    CC_CHECK(check_all(&faults, &scans, all, config, arena));
    if (v.json) {
        whole = json_pack("{s:O, s:I, s:I}", "datasets", all, "scans", (json_int_t)scans, "faults",
                          (json_int_t)faults);
        if (!whole || json_dumpf(whole, stdout, JSON_COMPACT) != 0 || putchar('\n') == EOF)
            CC_CHECK(cc_fail_errno("standard output", "write"));
    }
    /* The table is whole and on standard output whatever it says; the status is for scripts. */
    if (faults)
        status = cc_fail(CC_EFORMAT, path[0], v.json ? "\"faults\" says which" : "the lines above say which",
                         "%zu fault%s in the data or its split", faults, faults == 1 ? "" : "s");
done:
    json_decref(whole);
    json_decref(all);
    cc_config_destroy(config);
    cc_arena_destroy(arena);
    return status;
}

const cc_command cc_command_check = {
    .name = "check",
    .operands = {{"[CONFIG]", CC_COMPLETES_CONFIG}},
    .flags = flags,
    .usage = "(CONFIG [--set KEY=VALUE]... | --results DIR) [--json]",
    .what =
        "opens every image and mask of a config's dataset: a table of the scans, the parts of the split, and "
        "all that is wrong (exit status 1 where something is); or what a folder of results would publish",
    .run = command,
};
