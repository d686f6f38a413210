/* tests/experiments/cascade/test_standard.c -- the standard of preprocess.histogram_method: landmarks:
 * learnt from the training patients alone, kept in the run's file, and no part of a run that does not ask
 * for it. */
#include "datasets/landmarks.h"
#include "experiments/planning/data.h"
#include "runs.h"

static void the_standard_is_of_the_training_patients_and_is_kept(void **state) {
    (void)state;
    outcome o;
    cc_run run;
    cc_config *config;
    cc_slice_set *set;
    cc_split split = {0};
    cc_landmarks scans[8], want, got;
    size_t count = 0;
    const char *out = runs_folder();
    cc_arena *arena = cc_arena_create();
    runs_ok(&o, out,
            "--set train.epochs=1 --set preprocess.histogram_matching=true "
            "--set preprocess.histogram_method=landmarks");
    runs_read(&run, runs_path(out, 1), arena);
    assert_non_null(run.provenance.landmarks);
    assert_true(cc_landmarks_parse(&got, run.provenance.landmarks));

    assert_ok(cc_config_load(&config, runs_config, NULL, 0, CC_CONFIG_RUNNABLE));
    assert_ok(cc_data_open(&set, cc_config_get(config, 0)));
    assert_ok(cc_data_split(&split, set, cc_config_get(config, 0)));
    for (size_t i = 0; i < split.train.count; i++) {
        const uint32_t scan = cc_slice_set_get(set, split.train.slices[i])->scan;
        if (i == 0 || cc_slice_set_get(set, split.train.slices[i - 1])->scan != scan)
            assert_ok(cc_landmarks_find(&scans[count++], set, split.train.slices[i]));
    }
    assert_int_equal(count, 2); /* of four patients */
    cc_landmarks_learn(&want, scans, count);
    assert_memory_equal(&got, &want, sizeof got);
    cc_split_deinit(&split);
    cc_slice_set_close(set);
    cc_config_destroy(config);
    cc_arena_destroy(arena);
}

static void a_run_without_it_has_none(void **state) {
    (void)state;
    outcome o;
    cc_run run;
    const char *out = runs_folder();
    cc_arena *arena = cc_arena_create();
    runs_ok(&o, out, "--set train.epochs=1");
    runs_read(&run, runs_path(out, 1), arena);
    assert_null(run.provenance.landmarks);
    cc_arena_destroy(arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_standard_is_of_the_training_patients_and_is_kept),
        cmocka_unit_test(a_run_without_it_has_none),
    };
    return cmocka_run_group_tests(tests, runs_setup, NULL);
}
