/* tests/results/run_made.h -- a small run with something in each of its parts, for tests of what holds
 * runs. */
#ifndef CC_TESTS_RESULTS_RUN_MADE_H
#define CC_TESTS_RESULTS_RUN_MADE_H

#include "support.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "core/file.h"
#include "results/compare.h"
#include "results/store.h"

static const float weights[] = {1.5f, -0.0f, 3.1415927f, 1e-42f, 7, 8};
static const float image[] = {-1024, 0.25f, 40, 1300, 2, 3};
static const uint8_t mask[] = {0, 1, 1, 0, 0, 255};
static const cc_run_epoch epochs[] = {{1, 0.7, 0.6, 0.5, 0.4, 0.3, 1e-4, 2.5},
                                      {2, 0.1 + 0.2, NAN, 0.75, 1, 0, 1e-4, 2.25}};
static const cc_run_slice slices[] = {{"p2", 4, 10, 1, 2, 87, 9.5, 11.25, 12},
                                      {"p1 \xc3\xa9", 1, 0, 0, 0, 100, NAN, NAN, NAN},
                                      {"p2", 5, 3, 0, 4, 93, 2, 3, 7}};
static const cc_run_tensor tensors[] = {{"a.weight", 2, {2, 3}, weights}, {"b", 0, {0}, weights + 2}};
static const cc_run_example examples[] = {{"roi", "p2", 4, 2, 3, image, mask, mask, NULL, {0.5, 0.625}},
                                          {"roi", "p1", 1, 2, 3, image, mask, mask, weights, {0, 0}}};
static const cc_run_library libraries[] = {{"hdf5", "1.10.8"}, {"onednn", "2.6"}};

static const cc_run_stage stages[] = {{"roi", "p2", 13, 0, 6, 0, 2, 1, 0},
                                      {"calcification", "p2", 12, 1, 7, 180, -1, -1, -1}};
static const cc_run_reference reference = {"00aa", "p3", "train", 9, 0.75, 2, 3, image, {0.4, 0.3}};
static const cc_run_panel panels[] = {
    {"matching", "original", "p2", 4, 2, 3, image, NULL, false, {0}, {0.5, 0.625}},
    {"box", "opened", "p2", 4, 2, 3, image, mask, true, {0, 1, 2, 3}, {0.5, 0.625}},
    {"union", "union", "p2", 4, 2, 3, NULL, mask, false, {0}, {0, 0}},
};
static const cc_run_patient patients[] = {
    {"p2", 2, 13, 1, 6, 180, 3, 2, 4, 1, 12.5, NAN, 100, 90.25, 7, 6.5, 2.25, 0.75},
    {"p1 \xc3\xa9", 1, 0, 0, 0, 100, -1, -1, -1, -1, NAN, NAN, NAN, NAN, INFINITY, NAN, NAN, NAN},
};
static const cc_run_baseline baselines[] = {{"roi_threshold", "p2", 1, 2, 3, 4},
                                            {"roi_threshold", "p1", 5, 6, 7, 8}};

static const cc_run_challenge challenge[] = {{"p2", 0, 3, 2, 4, 1, 12.5, 3, 0.25, 7, 8},
                                             {"p2", 3, 1, 1, -1, -1, 2, 0, NAN, -1, -1}};
static const cc_run_calibration calibration[] = {{"all", 0, 290, 9, 2.5, 8.25},
                                                 {"all", 1, 10, 10, 9.5, 0.125}};
/* 2 x 2 pixels, 0, 1, 32, 33, packed by Python's zlib, for each of the three slices. */
static const uint8_t packed[] = {0x78, 0x9c, 0x63, 0x60, 0x54, 0x50, 0x04, 0x00, 0x00, 0x68, 0x00, 0x43};
#define MASK                                                                                                 \
    { 4, 0, 2, 2, 0, 1, 2, 2, 0.5, 0.625, 3, 0, sizeof packed }
static const cc_run_mask masks[] = {MASK, MASK, MASK};

static const double thresholds[] = {0.25, 0.5};
static const int64_t cut_tp[] = {15, 13, 0, 0}, cut_fp[] = {3, 1, 2, 0}; /* of p2, of p1 */

static cc_run sample_run(void) {
    return (cc_run){.experiment = "twin/table1-roi",
                    .variant = "modified",
                    .fold = 0,
                    .seed = 7,
                    .stage = "roi",
                    .leaking_split = true,
                    .in_sample_upstream = true,
                    .parameter_count = 31043521,
                    .multiply_adds = 123456789012345,
                    .cuts = {thresholds, 2, cut_tp, cut_fp, 2},
                    .best_epoch = 2,
                    .plan = "a forward direct own 0.000\n\na forward direct own 0.000\n",
                    .config = "seed: 7\nnet: {arch: unet-bn}\n",
                    .provenance = {.identity = "00ff",
                                   .upstream = {NULL, "a0", NULL, "b1"},
                                   .upstream_out_of_fold = "c0 c1",
                                   .upstream_members = "d0 d1 d2",
                                   .device = "cpu: \"test\"",
                                   .threads = 2,
                                   .seconds = 4.75,
                                   .peak_memory_bytes = 5000000000,
                                   .numerics_version = 1,
                                   .libraries = libraries,
                                   .library_count = 2},
                    .epochs = epochs,
                    .epoch_count = 2,
                    .slices = slices,
                    .slice_count = 3,
                    .tensors = tensors,
                    .tensor_count = 2,
                    .examples = examples,
                    .example_count = 2,
                    .baselines = baselines,
                    .baseline_count = 2,
                    .challenge = challenge,
                    .challenge_count = 2,
                    .calibration = calibration,
                    .calibration_count = 2,
                    .masks = {masks, 3, packed, sizeof packed, true, 0}};
}

/* Writes sample_run() into the test's folder; its path. */
static inline const char *write_sample(void) {
    const char *path = cc_test_path(cc_test_folder(), "a/run.h5");
    cc_run run = sample_run();
    assert_ok(cc_run_write(path, &run));
    return path;
}

/* The arena owns the bytes. */
static inline char *read_bytes(size_t *count, const char *path, cc_arena *arena) {
    char *bytes;
    assert_ok(cc_file_read(&bytes, count, path, 1 << 24, arena));
    return bytes;
}

/* Without a flush, unlike cc_file_write, as many damaged files are written. */
static inline void put_bytes(const char *path, const char *bytes, size_t count) {
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, count, file), count);
    assert_int_equal(fclose(file), 0);
}

#endif
