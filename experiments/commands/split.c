/* experiments/commands/split.c -- calcade split: the split that a config makes, as a table that
 * data.split.file reads back to the same split: patient,set or, of a cross-validation, patient,fold. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "core/file.h"
#include "core/table.h"
#include "datasets/split.h"
#include "experiments/commands/command.h"
#include "experiments/commands/flags.h"
#include "experiments/planning/data.h"

static const char *const part_names[] = {"train", "validation", "test"};

/* Of a cross-validation all folds at once: the fold that a run tests is chosen by data.fold when it is
 * read. */
static cc_status put_folds(FILE *out, const cc_slice_set *set, const cc_experiment_config *config) {
    const size_t count = cc_slice_set_patient_count(set);
    const cc_split_spec spec = cc_data_split_spec(config);
    int *folds = malloc(count * sizeof *folds);
    if (!folds) return cc_fail_memory("split", count * sizeof *folds);
    cc_status status = cc_split_folds(folds, set, &spec, config->data.split.seed);
    fputs("patient,fold\n", out);
    for (size_t i = 0; status == CC_OK && i < count; i++) {
        cc_table_put_field(out, cc_slice_set_patient(set, i));
        fprintf(out, ",%d\n", folds[i]);
    }
    free(folds);
    return status;
}

/* Patients who are in no part are named too, as none: a file must name all. */
static cc_status put_sets(FILE *out, const cc_slice_set *set, const cc_experiment_config *config) {
    const size_t count = cc_slice_set_patient_count(set);
    cc_split split = {0};
    CC_TRY(cc_data_split(&split, set, config));
    const cc_split_part *parts[] = {&split.train, &split.validation, &split.test};
    const char **names = calloc(count, sizeof *names);
    for (int p = 0; names && p < 3; p++)
        for (size_t i = 0; i < parts[p]->count; i++)
            names[cc_slice_set_get(set, parts[p]->slices[i])->patient] = part_names[p];
    fputs("patient,set\n", out);
    for (size_t i = 0; names && i < count; i++) {
        cc_table_put_field(out, cc_slice_set_patient(set, i));
        fprintf(out, ",%s\n", names[i] ? names[i] : "none");
    }
    cc_split_deinit(&split);
    cc_status status = names ? CC_OK : cc_fail_memory("split", count * sizeof *names);
    free(names);
    return status;
}

/* All variants must have one dataset and one split, but for the fold of a cross-validation, whose table holds
 * all. */
static cc_status check_variants(const cc_config *config, bool *folds) {
    const cc_experiment_config *first = cc_config_get(config, 0);
    const char *by = first->data.split.by;
    if (strcmp(by, "slice") == 0 || strcmp(by, "slab") == 0)
        return cc_fail(CC_ECONFIG, "data.split.by", "patient, or list",
                       "a table of patients cannot say a split by %s", by);
    /* A split by inner folds is one of sets, within a fold too. */
    *folds = first->data.fold != CC_FOLD_NONE && !cc_data_split_file(first) &&
             first->data.split.inner_folds == CC_INNER_FOLDS_NONE;
    for (int i = 1; i < cc_config_count(config); i++) {
        cc_experiment_config other = *cc_config_get(config, i);
        /* Variants that differ in their fold alone have one table. */
        if (*folds && other.data.fold != CC_FOLD_NONE) other.data.fold = first->data.fold;
        const char *key = !cc_data_has_same_slices(first, &other) ? "data"
                          : first->data.fold != other.data.fold   ? "data.fold"
                          : first->data.train_share != other.data.train_share
                              ? "data.train_share"
                              : cc_data_other_split(first, &other, first->data.fold);
        if (key)
            return cc_fail(CC_ECONFIG, other.name, "choose one of them by --set matrix=null and its options",
                           "the variants %d and %d split differently: %s is not the same", 1, i + 1, key);
    }
    return CC_OK;
}

static cc_status write_split(const char *path, const cc_experiment_config *config, bool folds) {
    cc_status status;
    cc_slice_set *set = NULL;
    char *bytes = NULL;
    size_t size = 0;
    FILE *stream = open_memstream(&bytes, &size);
    if (!stream) return cc_fail_memory("split", 0);
    CC_CHECK(cc_data_open(&set, config));
    CC_CHECK(folds ? put_folds(stream, set, config) : put_sets(stream, set, config));
    if (fflush(stream) != 0) CC_CHECK(cc_fail_memory("split", size));
    CC_CHECK(cc_file_write(path, bytes, size));
done:
    fclose(stream);
    free(bytes);
    cc_slice_set_close(set);
    return status;
}

/* What the command line says. */
typedef struct values {
    const char *out;
    cc_flag_texts sets;
} values;

/* In the order of the help. */
static const cc_flag flags[] = {{.name = "-o",
                                 .kind = CC_FLAG_TEXT,
                                 CC_FLAG_AT(values, out),
                                 .needed = true,
                                 .value = "FILE.csv",
                                 .completes = CC_COMPLETES_PATH,
                                 .meaning = "the table that is written"},
                                CC_FLAG_SET(values, sets),
                                {0}};

static cc_status command(int argc, char **argv) {
    values v = {0};
    const char *path[argc];
    int count;
    bool folds = false;
    CC_TRY(cc_flags_read(&v, argc, argv, flags, path, &count, 1, 1));
    if (!v.out)
        return cc_fail(CC_EUSAGE, argv[0], "as in: calcade split CONFIG -o FILE.csv", "wants -o FILE.csv");
    cc_config *config = NULL;
    CC_TRY(cc_config_load(&config, path[0], v.sets.items, v.sets.count, CC_CONFIG_RUNNABLE));
    cc_status status = check_variants(config, &folds);
    if (status == CC_OK) status = write_split(v.out, cc_config_get(config, 0), folds);
    cc_config_destroy(config);
    return status;
}

const cc_command cc_command_split = {
    .name = "split",
    .operands = {{"CONFIG", CC_COMPLETES_CONFIG}},
    .flags = flags,
    .what = "writes the split that a config makes, patient,set or patient,fold, as data.split.file reads it",
    .without_nets = true,
    .run = command,
};
