/* experiments/commands/phantom.c -- `calcade phantom`: a dataset of made-up chests, in the layout of a real
 * one, so that everything can be tried without patients. What is there already and the same is left alone. */
#include "datasets/phantom/phantom.h"

#include <stdio.h>
#include <stdlib.h>
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

cc_status cc_command_phantom(int argc, char **argv) {
    cc_phantom_options o = cc_phantom_defaults();
    long long patients = o.patients, size = o.size, slices = o.slices, seed = (long long)o.seed;
    const char *sheet = NULL;
    const cc_flag flags[] = {
        {"--patients", CC_FLAG_INTEGER, &patients, 1, CC_PHANTOM_PATIENTS_MAX},
        {"--size", CC_FLAG_INTEGER, &size, CC_PHANTOM_SIZE_MIN, CC_PHANTOM_SIZE_MAX},
        {"--slices", CC_FLAG_INTEGER, &slices, 1, CC_PHANTOM_SLICES_MAX},
        {"--seed", CC_FLAG_INTEGER, &seed, 0, INT64_MAX},
        {"--layout", CC_FLAG_TEXT, &o.layout, 0, 0},
        {"--sheet", CC_FLAG_TEXT, &sheet, 0, 0},
        {NULL, CC_FLAG_SWITCH, NULL, 0, 0},
    };
    const char **operands = calloc((size_t)argc, sizeof *operands);
    int count;
    if (!operands) return cc_fail_memory("the command line", (unsigned long long)argc * sizeof *operands);
    cc_status status = CC_OK;
    CC_CHECK(cc_flags_read(argc, argv, flags, operands, &count, 1, 1));
    o.patients = (int)patients;
    o.size = (int)size;
    o.slices = (int)slices;
    o.seed = (uint64_t)seed;
    CC_CHECK(make(operands[0], sheet, &o));
done:
    free(operands);
    return status;
}
