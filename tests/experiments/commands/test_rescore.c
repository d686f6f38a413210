/* tests/experiments/commands/test_rescore.c -- calcade rescore: what masks tell is what the data tell. That
 * it is what the run counted, to the bit: tests/experiments/cascade/test_cascade.c, in both builds. */
#include <math.h>
#include "cascade_made.h"
#include "experiments/evaluation/rescore.h"
#include "metrics/calcium.h"
#include "metrics/lesions.h"
#include "results/compare.h"
#include "results/masks.h"
#include "run_data.h"

enum { SIDE = 64, DEPTH = CASCADE_DEPTH, VOXELS = SIDE * SIDE * DEPTH };

/* One test patient's scan from the data, and its prediction from the masks. */
static void read_scan(double mm[3], float *hu, uint8_t *truth, uint8_t *prediction, const cc_rescored *r,
                      const cc_dataset *d, size_t patient) {
    size_t z = 0;
    static uint8_t pixels[SIDE * SIDE];
    for (size_t i = 0; i < d->split.test.count; i++) {
        const uint32_t slice = d->split.test.slices[i];
        const char *name = cc_slice_set_patient(d->base, cc_slice_set_get(d->base, slice)->patient);
        if (strcmp(name, r->run.patients[patient].patient) != 0) continue;
        assert_true(cc_slice_set_spacing(mm, d->base, slice));
        assert_ok(cc_slice_set_read(d->base, slice, hu + z * SIDE * SIDE, truth + z * SIDE * SIDE));
        assert_ok(cc_run_masks_unpack(pixels, &r->run.masks, i));
        for (int k = 0; k < SIDE * SIDE; k++)
            prediction[z * SIDE * SIDE + k] = pixels[k] & CC_PIXEL_PREDICTED;
        z++;
    }
    assert_int_equal(z, DEPTH);
}

/* Lesions and Agatston score by the scan's own HU are those by the classes that masks keep. */
static void classes_of_density_give_what_hu_give(void **state) {
    (void)state;
    static float hu[VOXELS];
    static uint8_t truth[VOXELS], prediction[VOXELS];
    cascade_planned p;
    cc_rescored r;
    run_data d;
    int64_t lesions = 0;
    cc_arena *arena = cc_arena_create();
    const cc_calcium_options options = cc_calcium_defaults();
    assert_ok(cc_rescore(&r, cascade_path(cascade_out, "small/a"), 1, arena));
    cascade_plan(&p, "small.yaml");
    assert_ok(run_data_init(&d, p.run, p.backend));
    for (size_t i = 0; i < r.run.patient_count; i++) {
        const cc_run_patient *want = &r.run.patients[i];
        double mm[3];
        cc_lesion_counts counts;
        cc_calcium calcium;
        read_scan(mm, hu, truth, prediction, &r, &d.dataset, i);
        assert_ok(cc_lesions_count(&counts, hu, truth, prediction, DEPTH, SIDE, SIDE, 130));
        assert_int_equal(counts.truth, want->lesions_true);
        assert_int_equal(counts.spurious, want->lesions_false);
        lesions += counts.truth;
        assert_ok(cc_calcium_measure(&calcium, hu, truth, DEPTH, SIDE, SIDE, mm, &options));
        assert_true(calcium.agatston == want->agatston_true && calcium.volume_mm3 == want->volume_true_mm3);
        cc_calcium_deinit(&calcium);
        assert_ok(cc_calcium_measure(&calcium, hu, prediction, DEPTH, SIDE, SIDE, mm, &options));
        assert_true(calcium.agatston == want->agatston_predicted);
        cc_calcium_deinit(&calcium);
    }
    assert_true(lesions > 0);
    run_data_deinit(&d);
    cascade_drop(&p);
    cc_arena_destroy(arena);
}

/* Arteries together have the lesions that all have: no lesion has two. */
static void arteries_share_out_the_lesions(void **state) {
    (void)state;
    cc_rescored r;
    int64_t lesions = 0;
    cc_arena *arena = cc_arena_create();
    assert_ok(cc_rescore(&r, cascade_path(cascade_out, "small/a"), 1, arena));
    for (size_t i = 0; i < r.run.challenge_count; i += 4) {
        const cc_run_challenge *c = &r.run.challenge[i];
        assert_int_equal(c[0].artery, 0);
        assert_int_equal(c[1].lesions_true + c[2].lesions_true + c[3].lesions_true, c->lesions_true);
        assert_int_equal(c[3].lesions_predicted, -1);
        assert_true(isnan(c[3].volume_added_mm3));
        lesions += c->lesions_true;
    }
    assert_true(lesions > 0);
    cc_arena_destroy(arena);
}

static void a_file_without_masks_is_refused_in_one_line(void **state) {
    (void)state;
    outcome o;
    char line[1024];
    const char *light = runs_folder();
    snprintf(line, sizeof line, "%s export --light %s -o %s", CC_PROGRAM, cascade_out, light);
    runs_shell(&o, line);
    assert_int_equal(o.status, 0);
    snprintf(line, sizeof line, "%s rescore %s", CC_PROGRAM, cascade_path(light, "small/a"));
    runs_shell(&o, line);
    assert_failed(&o, 1, "holds no masks: it is a light copy, or an older program made it");
}

/* Masks of another prediction than the counts are of. */
static void masks_that_contradict_the_counts_are_refused(void **state) {
    (void)state;
    outcome o;
    cc_run run;
    char line[1024];
    cc_arena *arena = cc_arena_create();
    const char *path = cc_test_path(runs_folder(), "other.h5");
    assert_ok(cc_run_read(&run, cascade_path(cascade_out, "small/a"), CC_RUN_ALL, arena));
    cc_run_mask *slices = cc_arena_get_array(arena, run.masks.count, sizeof *slices);
    memcpy(slices, run.masks.slices, run.masks.count * sizeof *slices);
    const cc_run_mask first = slices[0]; /* the first slice's pixels stand for all others */
    for (size_t i = 1; i < run.masks.count; i++) {
        slices[i].start = first.start;
        slices[i].bytes = first.bytes;
    }
    run.masks.slices = slices;
    assert_ok(cc_run_write(path, &run));
    snprintf(line, sizeof line, "%s rescore %s", CC_PROGRAM, path);
    runs_shell(&o, line);
    assert_failed(&o, 1, "they contradict the file's counts");
    cc_arena_destroy(arena);
}

/* The same cascade, tested with evaluate.above_hu: what is predicted reads more than 130 HU, and the run is
 * another one, while those without the option are done. */
static void above_hu_takes_away_what_is_not_dense(void **state) {
    (void)state;
    cc_rescored without, with;
    int64_t before = 0, after = 0, dark = 0;
    outcome o;
    uint8_t pixels[SIDE * SIDE];
    cc_arena *arena = cc_arena_create();
    cascade_write("dense.yaml", "extends: cascade.yaml\nname: test/dense\nevaluate: {above_hu: 130}\n");
    cascade_ok(&o, "dense.yaml", cascade_out);
    cascade_ok(&o, "cascade.yaml", cascade_out);
    assert_says(o.err, "all 6 runs are done already");
    assert_ok(cc_rescore(&without, cascade_path(cascade_out, "cascade/without"), 1, arena));
    assert_ok(cc_rescore(&with, cascade_path(cascade_out, "dense/without"), 1, arena));
    assert_string_not_equal(without.run.provenance.identity, with.run.provenance.identity);
    assert_null(with.difference);
    for (size_t i = 0; i < with.run.slice_count; i++) {
        before += without.slices[i].tp + without.slices[i].fp;
        after += with.slices[i].tp + with.slices[i].fp;
        assert_ok(cc_run_masks_unpack(pixels, &with.run.masks, i));
        for (int k = 0; k < SIDE * SIDE; k++)
            dark += pixels[k] & CC_PIXEL_PREDICTED &&
                    !(pixels[k] >> CC_PIXEL_DENSITY_SHIFT & CC_PIXEL_DENSITY_MASK);
    }
    assert_int_equal(dark, 0);
    assert_true(after > 0 && after < before);
    cc_arena_destroy(arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(classes_of_density_give_what_hu_give),
        cmocka_unit_test(arteries_share_out_the_lesions),
        cmocka_unit_test(a_file_without_masks_is_refused_in_one_line),
        cmocka_unit_test(masks_that_contradict_the_counts_are_refused),
        cmocka_unit_test(above_hu_takes_away_what_is_not_dense),
    };
    return cmocka_run_group_tests(tests, cascade_setup, NULL);
}
