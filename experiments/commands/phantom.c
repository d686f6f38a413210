/* experiments/commands/phantom.c -- `calcade phantom`: a dataset of made-up chests, in the layout of a real
 * one, so that everything can be tried without patients. What is there already and the same is left alone. */
#include "datasets/phantom/phantom.h"
#include "datasets/phantom/sheet.h"
#include "datasets/phantom/write.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "experiments/commands/command.h"
#include "experiments/commands/flags.h"

/* Writes the dataset, and a sheet with one slice of each patient where one is asked for. */
static cc_status make(const char *dir, const char *sheet, const cc_phantom_options *options) {
    int made;
    CC_TRY(cc_phantom_write(&made, dir, options));
    if (made)
        printf("%s: %d patient%s of %d slices, %d x %d\n", dir, made, made == 1 ? "" : "s", options->slices,
               options->size, options->size);
    else
        printf("%s: this phantom is there already, nothing to do\n", dir);
    if (!sheet) return CC_OK;
    CC_TRY(cc_phantom_write_sheet(sheet, options));
    printf("%s: one slice of each patient\n", sheet);
    return CC_OK;
}

/* The words of the layouts, as `--layout` shows them. */
#define WORD(name) "|" #name

/* What the command line says. */
typedef struct values {
    const char *layout, *sheet;
    const char *burden;
    long long patients, size, slices, seed;
    double field_mm;
    bool regions;
} values;

/* In the order of the help. */
static const cc_flag flags[] = {{.name = "--layout",
                                 .kind = CC_FLAG_TEXT,
                                 CC_FLAG_AT(values, layout),
                                 .value = &(CC_PHANTOM_LAYOUT_LIST(WORD))[1], /* without the first bar */
                                 .meaning = "how the folder is laid out: as which dataset"},
                                {.name = "--patients",
                                 .kind = CC_FLAG_INTEGER,
                                 CC_FLAG_AT(values, patients),
                                 .min = 1,
                                 .max = CC_PHANTOM_PATIENTS_MAX,
                                 .value = "N",
                                 .meaning = "number of patients"},
                                {.name = "--size",
                                 .kind = CC_FLAG_INTEGER,
                                 CC_FLAG_AT(values, size),
                                 .min = CC_PHANTOM_SIZE_MIN,
                                 .max = CC_PHANTOM_SIZE_MAX,
                                 .value = "S",
                                 .meaning = "side of a slice, pixels"},
                                {.name = "--slices",
                                 .kind = CC_FLAG_INTEGER,
                                 CC_FLAG_AT(values, slices),
                                 .min = 1,
                                 .max = CC_PHANTOM_SLICES_MAX,
                                 .value = "Z",
                                 .meaning = "slices of a scan, over 120 mm"},
                                {.name = "--seed",
                                 .kind = CC_FLAG_INTEGER,
                                 CC_FLAG_AT(values, seed),
                                 .min = 0,
                                 .max = INT64_MAX,
                                 .value = "K",
                                 .meaning = "another one: other patients"},
                                {.name = "--fov-mm",
                                 .kind = CC_FLAG_REAL,
                                 CC_FLAG_AT(values, field_mm),
                                 .min = CC_PHANTOM_FIELD_MM_MIN,
                                 .max = CC_PHANTOM_FIELD_MM_MAX,
                                 .value = "MM",
                                 .meaning = "side of the reconstructed square, about the heart, as 220; "
                                            "without it each scanner's own, 300 to 400 mm"},
                                {.name = "--burden",
                                 .kind = CC_FLAG_TEXT,
                                 CC_FLAG_AT(values, burden),
                                 .value = &(CC_PHANTOM_BURDEN_LIST(WORD))[1],
                                 .meaning = "how much calcium: standard, a few small plaques in three "
                                            "quarters of the patients; clinical, as surveys report it"},
                                {.name = "--regions",
                                 .kind = CC_FLAG_SWITCH,
                                 CC_FLAG_AT(values, regions),
                                 .meaning =
                                     "beside each reference standard the territory of each artery, for "
                                     "nets that learn regions; orcascore's layout"},
                                {.name = "--sheet",
                                 .kind = CC_FLAG_TEXT,
                                 CC_FLAG_AT(values, sheet),
                                 .value = "FILE.png",
                                 .completes = CC_COMPLETES_PATH,
                                 .meaning = "a picture with one slice of each patient"},
                                {0}};

/* The burden of a word. */
static cc_status find_burden(cc_phantom_burden *out, const char *word) {
#define X(name)                                                                                              \
    if (strcmp(word, #name) == 0) {                                                                          \
        *out = CC_BURDEN_##name;                                                                             \
        return CC_OK;                                                                                        \
    }
    CC_PHANTOM_BURDEN_LIST(X)
#undef X
    return cc_fail(CC_EUSAGE, "--burden", "standard or clinical", "no burden is called \"%s\"", word);
}

static cc_status command(int argc, char **argv) {
    cc_phantom_options o = cc_phantom_defaults();
    values v = {.layout = o.layout,
                .burden = "standard",
                .patients = o.patients,
                .size = o.size,
                .slices = o.slices,
                .seed = (long long)o.seed};
    const char **operands = calloc((size_t)argc, sizeof *operands);
    int count;
    if (!operands) return cc_fail_memory("the command line", (unsigned long long)argc * sizeof *operands);
    cc_status status = CC_OK;
    CC_CHECK(cc_flags_read(&v, argc, argv, flags, operands, &count, 1, 1));
    o.layout = v.layout;
    o.patients = (int)v.patients;
    o.size = (int)v.size;
    o.slices = (int)v.slices;
    o.seed = (uint64_t)v.seed;
    o.field_mm = v.field_mm;
    o.regions = v.regions;
    CC_CHECK(find_burden(&o.burden, v.burden));
    CC_CHECK(make(operands[0], v.sheet, &o));
done:
    free(operands);
    return status;
}

const cc_command cc_command_phantom = {
    .name = "phantom",
    .operands = {{"DIR", CC_COMPLETES_FOLDER}},
    .flags = flags,
    .what = "makes a dataset of phantom chests in DIR",
    .run = command,
};
