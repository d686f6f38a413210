/* tests/results/test_light.c -- light copies of run files: what tables need, and no more. */
#include "results/light.h"
#include <stdio.h>
#include <string.h>
#include "results/manifest.h"
#include "results/paths.h"
#include "results/report_block.h"
#include "results/store.h"
#include "support.h"

static const char identity[] = "1111111111111111111111111111111111111111111111111111111111111111";
static const float values[] = {1, 2, 3, 4};
static const uint8_t mask[] = {0, 1, 1, 0};

static void write_run(const char *results, const char *experiment) {
    static const cc_run_slice slices[] = {{"a", 1, 5, 1, 2, 9, 4.5, 6, 7}, {"b", 1, 5, 1, 1, 9, 0, 0, 0}};
    static const cc_run_tensor tensor = {"w", 1, {4}, values};
    static const cc_run_example example = {"roi", "a", 1, 2, 2, values, mask, mask, values, {1, 1}};
    static const double thresholds[] = {0.5};
    static const int64_t tp[] = {5, 5}, fp[] = {1, 1};
    char path[CC_PATH_MAX];
    const cc_run run = {.experiment = experiment,
                        .variant = "v",
                        .seed = 3,
                        .stage = "roi",
                        .config = "name: kind/table\ndata: {source: a}\n  root: /home/me/data/hearts\n"
                                  "upstream:\n  roi: \"/home/me/roi.yaml#v\"\n  reference: near/by.yaml\n",
                        .plan = "a forward direct own 0.000\n",
                        .provenance = {.identity = identity},
                        .slices = slices,
                        .slice_count = 2,
                        .cuts = {thresholds, 1, tp, fp, 2},
                        .tensors = &tensor,
                        .tensor_count = 1,
                        .examples = &example,
                        .example_count = 1};
    assert_ok(cc_run_path(path, results, experiment, "v", 0, 3));
    assert_ok(cc_run_write(path, &run));
}

static const char *write_results(void) {
    static char results[256];
    const cc_manifest_entry planned[] = {{identity, "twin/t", "v", 0, 3}, {identity, "real/t", "v", 0, 3}};
    snprintf(results, sizeof results, "%s", cc_test_folder());
    write_run(results, "twin/t");
    write_run(results, "real/t");
    assert_ok(cc_manifest_merge(results, planned, 2));
    assert_ok(cc_report_block_write(results,
                                    &(cc_report_block){.experiment = "real/t", .text = "variants: [v]\n"}));
    return results;
}

static void counts_stay_and_weights_and_pictures_go(void **state) {
    (void)state;
    cc_run run;
    cc_light_summary summary;
    uint64_t bytes;
    cc_arena *arena = cc_arena_create();
    const char *out = cc_test_folder(), *path = cc_test_path(out, "twin/t/v/fold-0/seed-3.h5");
    assert_ok(cc_light_copy(&summary, out, write_results(), NULL));
    assert_int_equal(summary.runs, 2);
    assert_ok(cc_file_size(&bytes, path));
    assert_int_equal(summary.bytes, 2 * bytes);
    assert_ok(cc_run_read(&run, path, CC_RUN_ALL, arena));
    assert_int_equal(run.tensor_count + run.example_count + run.panel_count, 0);
    assert_null(run.plan);
    assert_int_equal(run.slice_count, 2);
    assert_int_equal(run.cuts.tp[1], 5);
    assert_string_equal(run.provenance.identity, identity);
    assert_string_equal(run.config, "name: kind/table\ndata: {source: a}\n  root: hearts\n"
                                    "upstream:\n  roi: \"roi.yaml#v\"\n  reference: near/by.yaml\n");
    cc_arena_destroy(arena);
}

static void one_kind_is_copied_with_its_plan_and_what_its_table_is_like(void **state) {
    (void)state;
    cc_light_summary summary;
    cc_report_block block;
    cc_manifest manifest;
    cc_arena *arena = cc_arena_create();
    const char *out = cc_test_folder(), *results = write_results();
    assert_ok(cc_light_copy(&summary, out, results, "real"));
    assert_int_equal(summary.runs, 1);
    assert_true(cc_file_exists(cc_test_path(out, "real/t/v/fold-0/seed-3.h5")));
    assert_false(cc_folder_exists(cc_test_path(out, "twin")));
    assert_ok(cc_manifest_read(&manifest, out, arena));
    assert_int_equal(manifest.count, 1);
    assert_string_equal(manifest.entries[0].experiment, "real/t");
    assert_ok(cc_report_block_read(&block, out, "real/t", arena));
    assert_string_equal(block.text, "variants: [v]\n");
    assert_error(cc_light_copy(&summary, out, results, "paper"), CC_ENOTFOUND,
                 "holds no run file of kind paper");
    cc_arena_destroy(arena);
}

static void a_folder_is_not_copied_onto_itself(void **state) {
    (void)state;
    cc_light_summary summary;
    const char *results = write_results();
    assert_error(cc_light_copy(&summary, results, results, NULL), CC_EINVAL, "would lose their weights");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counts_stay_and_weights_and_pictures_go),
        cmocka_unit_test(one_kind_is_copied_with_its_plan_and_what_its_table_is_like),
        cmocka_unit_test(a_folder_is_not_copied_onto_itself),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
