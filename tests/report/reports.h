/* tests/report/reports.h -- run files made for a test, and `calcade report` over them. */
#ifndef CC_TESTS_REPORT_REPORTS_H
#define CC_TESTS_REPORT_REPORTS_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "support.h"
#include "core/file.h"
#include "results/paths.h"
#include "results/store.h"

/* Writes a run at its place below `results`; what is not set gets a value that does. */
static inline void reports_write(const char *results, cc_run run) {
    char path[CC_PATH_MAX];
    if (!run.stage) run.stage = "calcification";
    if (!run.config) run.config = "";
    assert_ok(cc_run_path(path, results, run.experiment, run.variant, run.fold, run.seed));
    assert_ok(cc_run_write(path, &run));
}

/* A run whose patient p has tp = percent[p] and fp = fn = 100 - tp: F1, precision and recall alike. Patients
 * are named after `first` on. */
static inline void reports_write_scores(const char *results, const char *experiment, const char *variant,
                                        int64_t fold, char first, const int *percent, size_t count) {
    cc_run_slice slices[16];
    assert_true(count <= 16);
    for (size_t p = 0; p < count; p++) {
        int64_t tp = percent[p];
        slices[p] = (cc_run_slice){{(char)(first + (char)p)}, 1, tp, 100 - tp, 100 - tp, 1000, 0, 0, 0};
    }
    reports_write(results, (cc_run){.experiment = experiment,
                                    .variant = variant,
                                    .fold = fold,
                                    .seed = 1,
                                    .slices = slices,
                                    .slice_count = count});
}

/* The program's exit status; both its outputs go to `output`. */
static inline int reports_make(char *output, size_t capacity, const char *results, const char *out,
                               const char *flags) {
    return cc_test_run(output, capacity, "%s report --results %s --out %s %s", CC_PROGRAM, results, out,
                       flags);
}

static inline char *reports_read(const char *folder, const char *name, cc_arena *arena) {
    static char *text; /* not automatic: gcc 12 takes what it points to for itself */
    size_t count;
    assert_ok(cc_file_read(&text, &count, cc_test_path(folder, name), 1 << 26, arena));
    return text;
}

static inline void assert_has(const char *text, const char *part) {
    if (!strstr(text, part)) fail_msg("no \"%s\" in:\n%s", part, text);
}

static inline void assert_lacks(const char *text, const char *part) {
    if (strstr(text, part)) fail_msg("there is \"%s\" in:\n%s", part, text);
}

/* Where two texts first differ: "NAME:LINE" and both lines. */
static inline void assert_same_lines(const char *name, const char *want, const char *got) {
    for (int line = 1; *want || *got; line++) {
        const size_t w = strcspn(want, "\n"), g = strcspn(got, "\n");
        if (w != g || memcmp(want, got, w) != 0 || want[w] != got[g])
            fail_msg("%s:%d differs\nstored: %.*s\nnow:    %.*s", name, line, (int)w, want, (int)g, got);
        want += w + (want[w] == '\n');
        got += g + (got[g] == '\n');
    }
}

#endif
