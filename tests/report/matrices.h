/* tests/report/matrices.h -- the runs of a matrix with the configs that they would have, and what a report
 * makes of them. */
#ifndef CC_TESTS_REPORT_MATRICES_H
#define CC_TESTS_REPORT_MATRICES_H

#include "reports.h"

/* A run whose patients p0, p1, ... have F1, precision and recall of permille[p] / 10 percent; `options` is
 * its config but for its names. */
static inline void matrix_write(const char *results, const char *experiment, const char *variant,
                                int64_t seed, const char *options, const int *permille, size_t count) {
    char config[2048];
    cc_run_slice slices[16] = {{{0}, 0, 0, 0, 0, 0, 0, 0, 0}};
    assert_true(count <= 16);
    for (size_t p = 0; p < count; p++) {
        const int64_t tp = permille[p];
        slices[p] = (cc_run_slice){"", 1, tp, 1000 - tp, 1000 - tp, 9000, 0, 0, 0};
        snprintf(slices[p].patient, sizeof slices[p].patient, "p%zu", p);
    }
    snprintf(config, sizeof config, "name: %s\nvariant: %s\nstage: calcification\nseed: %d\n%s", experiment,
             variant, (int)seed, options);
    reports_write(results, (cc_run){.experiment = experiment,
                                    .variant = variant,
                                    .seed = seed,
                                    .config = config,
                                    .slices = slices,
                                    .slice_count = count});
}

/* The report of a folder of runs; its own folder. */
static inline const char *matrix_report(const char *results) {
    static char output[1 << 17];
    const char *out = cc_test_folder();
    const int status = reports_make(output, sizeof output, results, out, "");
    if (status != 0) fail_msg("%s", output);
    return out;
}

static inline bool is_file(const char *folder, const char *name) {
    FILE *file = fopen(cc_test_path(folder, name), "r");
    if (file) fclose(file);
    return file != NULL;
}

#endif
