/* tests/experiments/training/test_volumes.c -- a run of a net of volumes, from training to `predict`: the
 * same bytes whatever the workers, wherever the volumes lie and whether it was killed; all that its masks
 * tell is what it counted; a scan is marked as its own test marked it, with the geometry of its own file;
 * stage 3 takes it. */
#include <math.h>
#include "datasets/volume.h"
#include "datasets/volume_file.h"
#include "experiments/evaluation/rescore.h"
#include "results/masks.h"
#include "runs.h"

enum { SIDE = 64, DEPTH = 10, PIXELS = SIDE * SIDE };

static char folder[256], whole[CC_PATH_MAX]; /* of configs; of the run that was made without a stop */
static char changed[CC_PATH_MAX];            /* the same of the one whose patches are changed at random */

static const char *config_in(const char *name) {
    return cc_test_path(folder, name);
}

/* Regions by a roi net, three in-plane voxels as one, two channels, arteries; and the same with patches that
 * are changed at random. */
static int setup(void **state) {
    outcome o;
    char text[2048];
    runs_setup(state);
    assert_int_equal(cc_test_run(NULL, 0,
                                 "%s phantom %s-orca --patients 8 --size 64 --slices 10 --seed 2 --layout "
                                 "orcascore",
                                 CC_PROGRAM, runs_data),
                     0);
    snprintf(folder, sizeof folder, "%s", runs_folder());
    snprintf(text, sizeof text,
             "data:\n  source: orcascore\n  root: %s-orca\n  split: {train: 4, validation: 2, test: 2}\n",
             runs_data);
    runs_write(config_in("base.yaml"), text);
    runs_write(config_in("roi.yaml"), "extends: base.yaml\nname: test/roi\nstage: roi\n"
                                      "net: {arch: unet-bn, width: 4, depth: 2}\nloss: {type: dice}\n"
                                      "train: {epochs: 1, batch: 4}\n");
    runs_write(
        config_in("small.yaml"),
        "extends: base.yaml\nname: test/small\nvariant: a\nstage: calcification\n"
        "data: {items: volumes, channels: [hu, above_130], targets: arteries}\n"
        "preprocess: {roi: {mode: crop, crop: 48}}\nupstream: {roi: roi.yaml}\n"
        "volumes: {spacing_mm: [4, 6, 6], patch: [4, 8, 8], patches: 20, mirror: [x, z], overlap: 0.25}\n"
        "net: {arch: unet-3d, width: 2, depth: 2}\n"
        "loss: {type: cross-entropy, class_weights: [1, 20000, 20000, 20000]}\n"
        "optimizer: {lr: 3.0e-2}\ntrain: {epochs: 8, batch: 4, workers: 1}\n");
    runs_write(config_in("changed.yaml"),
               "extends: small.yaml\nvolumes: {augment_within: volume}\n"
               "augment_random:\n  types: [affine, elastic, noise, blur, brightness, contrast, "
               "low_resolution, gamma]\n"
               "  affine: {probability: 0.5}\n  elastic: {probability: 0.5}\n  blur: {probability: 0.5}\n"
               "train: {epochs: 4}\n");
    runs_write(config_in("third.yaml"),
               "extends: base.yaml\nname: test/third\nstage: false_positive\n"
               "preprocess: {roi: {mode: none}}\nwindows: {size: 32, augment_negative: []}\n"
               "net: {arch: unet-bn, width: 4, depth: 2}\nloss: {type: dice}\n"
               "train: {epochs: 1, batch: 4, workers: 1}\n"
               "upstream: {calcification: small.yaml, out_of_fold: false}\n");
    snprintf(runs_config, sizeof runs_config, "%s", config_in("small.yaml"));
    const char *out = runs_folder();
    runs_write(config_in("both.yaml"), "extends: base.yaml\nname: test/both\nvariant: a\nstage: ensemble\n"
                                       "upstream: {members: [small.yaml]}\n");
    snprintf(text, sizeof text, "%s/third.yaml %s/both.yaml", folder, folder);
    runs_ok(&o, out, text);
    snprintf(whole, sizeof whole, "%s", runs_path(out, 1));
    snprintf(runs_config, sizeof runs_config, "%s", config_in("changed.yaml"));
    out = runs_folder();
    runs_ok(&o, out, "");
    snprintf(changed, sizeof changed, "%s", runs_path(out, 1));
    return 0;
}

static void bytes_do_not_depend_on_workers_or_where_volumes_lie(void **state) {
    (void)state;
    outcome o;
    static const char *const sets[] = {"--set train.workers=2", "--set train.workers=4",
                                       "--set volumes.memory_mb=0"};
    for (int i = 0; i < 3; i++) {
        char cache[CC_PATH_MAX];
        const char *out = runs_folder();
        runs_ok(&o, out, sets[i]);
        assert_same_run(runs_path(out, 1), changed);
        if (i < 2) continue;
        assert_says(o.err, "in a file beside the results");
        /* Nothing of it is left. */
        assert_int_equal(cc_test_run(cache, sizeof cache, "ls %s/.cache | grep -c volumes", out), 1);
        assert_string_equal(cache, "0\n");
    }
}

static void a_killed_run_goes_on_to_the_same_bytes(void **state) {
    (void)state;
    held_room = 1100; /* the lines of the roi run before it, and of an epoch or more */
    held_goes_on_as(changed, runs_folder());
    snprintf(runs_config, sizeof runs_config, "%s", config_in("small.yaml"));
}

/* The file of one of the two runs that the setup made. */
static const char *result_of(const char *name) {
    char path[CC_PATH_MAX];
    snprintf(path, sizeof path, "%.*s%s", (int)(strstr(whole, "small/a") - whole), whole, name);
    return cc_test_path(path, "fold-0/seed-1.h5");
}

static const char *const results[] = {"small/a", "third/default"};

/* Counts are of the scan's own slices, all of them. */
static void rescored_is_what_the_run_counted(void **state) {
    (void)state;
    for (int k = 0; k < 2; k++) {
        cc_rescored r;
        cc_arena *arena = cc_arena_create();
        assert_ok(cc_rescore(&r, result_of(results[k]), 1, arena));
        assert_null(r.difference);
        assert_int_equal(r.run.slice_count, 2 * DEPTH);
        for (size_t i = 0; i < r.run.slice_count; i++) {
            const cc_run_slice *s = &r.run.slices[i];
            assert_int_equal(s->tp + s->fp + s->fn + s->tn, PIXELS);
        }
        cc_arena_destroy(arena);
    }
}

/* What the run's masks say of the first test patient. */
static void read_predicted(uint8_t *out, char *patient, const char *result) {
    static uint8_t pixels[2 * PIXELS];
    cc_run run;
    int marked = 0;
    cc_arena *arena = cc_arena_create();
    assert_ok(cc_run_read(&run, result, CC_RUN_MASKS, arena));
    const bool classes = cc_run_masks_depth(&run.masks) > 1;
    memcpy(patient, run.slices[0].patient, sizeof run.slices[0].patient);
    for (int z = 0; z < DEPTH; z++) {
        assert_ok(cc_run_masks_unpack(pixels, &run.masks, (size_t)z));
        for (int i = 0; i < PIXELS; i++)
            out[z * PIXELS + i] = classes ? pixels[PIXELS + i] : pixels[i] & CC_PIXEL_PREDICTED;
    }
    for (int i = 0; i < DEPTH * PIXELS; i++) marked += out[i] != 0;
    assert_in_range(marked, 1, DEPTH * PIXELS - 1); /* or nothing would be compared */
    cc_arena_destroy(arena);
}

/* Windows, batches and classes as in the member's own test. */
static void an_ensemble_of_one_marks_what_its_member_does(void **state) {
    (void)state;
    static uint8_t want[DEPTH * PIXELS], got[DEPTH * PIXELS];
    char patient[CC_RUN_NAME_MAX], other[CC_RUN_NAME_MAX];
    read_predicted(want, patient, result_of("small/a"));
    read_predicted(got, other, result_of("both/a"));
    assert_string_equal(other, patient);
    assert_memory_equal(got, want, sizeof want);
}

/* An ensemble's mirrors are of its members, which a config alone cannot know. */
static void an_ensemble_of_volumes_has_no_mirror_images(void **state) {
    (void)state;
    outcome o;
    snprintf(runs_config, sizeof runs_config, "%s", config_in("both.yaml"));
    runs_go(&o, runs_folder(), "--set 'evaluate.mirrors=[x]'");
    snprintf(runs_config, sizeof runs_config, "%s", config_in("small.yaml"));
    assert_failed(&o, o.status, "test/small: its net takes volumes");
}

static void predict(cc_volume *mask, char *path, const char *model, const char *scan, const char *name) {
    outcome o;
    char line[4 * CC_PATH_MAX];
    snprintf(path, CC_PATH_MAX, "%s", cc_test_path(runs_folder(), name));
    snprintf(line, sizeof line, "%s predict %s '%s' -o %s", CC_PROGRAM, model, scan, path);
    runs_shell(&o, line);
    if (o.status != 0) print_error("%s", o.err);
    assert_int_equal(o.status, 0);
    *mask = (cc_volume){0};
    assert_ok(cc_volume_read(mask, path));
}

static void a_scan_is_marked_as_in_the_runs_own_test(void **state) {
    (void)state;
    static uint8_t want[DEPTH * PIXELS];
    char patient[CC_RUN_NAME_MAX], scan[CC_PATH_MAX], path[CC_PATH_MAX];
    for (int k = 0; k < 2; k++) {
        cc_volume mask;
        read_predicted(want, patient, result_of(results[k]));
        snprintf(scan, sizeof scan, "%s-orca/Training_set/Images/%sCTI.mhd", runs_data, patient);
        predict(&mask, path, result_of(results[k]), scan, "m.mha");
        for (int i = 0; i < DEPTH * PIXELS; i++) assert_true(mask.voxels[i] == want[i]);
        cc_volume_deinit(&mask);
    }
}

/* One line of a MetaImage header, as it is written. */
static void header_line(char *out, size_t capacity, const char *path, const char *key) {
    assert_int_equal(cc_test_run(out, capacity, "grep -a '^%s = ' '%s' | head -1 | cut -d= -f2-", key, path),
                     0);
    assert_true(strlen(out) > 1);
}

/* The same scan with its file's axes turned (z, x, y, the first of them backwards) and elsewhere: the
 * header of the mask has the numbers of the scan's header, and its voxels lie where the scan's do. */
static void the_mask_of_a_turned_scan_has_the_geometry_of_its_file(void **state) {
    (void)state;
    static const char *const keys[] = {"DimSize", "ElementSpacing", "Offset", "TransformMatrix"};
    static uint8_t want[DEPTH * PIXELS];
    char patient[CC_RUN_NAME_MAX], scan[CC_PATH_MAX], turned[CC_PATH_MAX], path[CC_PATH_MAX];
    cc_volume upright = {0}, file = {0}, mask;
    read_predicted(want, patient, result_of(results[0]));
    snprintf(scan, sizeof scan, "%s-orca/Training_set/Images/%sCTI.mhd", runs_data, patient);
    snprintf(turned, sizeof turned, "%s", cc_test_path(runs_folder(), "turned.mhd"));
    assert_ok(cc_volume_read(&upright, scan));
    const cc_grid *from = &upright.grid;
    const int axis[3] = {2, 0, 1}; /* of the upright scan, for each of the file */
    file.grid = *from;
    for (int k = 0; k < 3; k++) {
        file.grid.dims[k] = from->dims[axis[k]];
        file.grid.spacing_mm[k] = from->spacing_mm[axis[k]];
        for (int i = 0; i < 3; i++)
            file.grid.direction[3 * i + k] = (k == 0 ? -1 : 1) * from->direction[3 * i + axis[k]];
    }
    for (int i = 0; i < 3; i++) /* the last slice comes first; and 12.5 mm away */
        file.grid.origin_mm[i] += 12.5 + (DEPTH - 1) * from->spacing_mm[2] * from->direction[3 * i + 2];
    file.voxels = malloc(cc_volume_count(&file) * sizeof *file.voxels);
    for (int z = 0; z < DEPTH; z++)
        for (int i = 0; i < PIXELS; i++)
            file.voxels[i * DEPTH + DEPTH - 1 - z] = upright.voxels[z * PIXELS + i];
    assert_ok(cc_volume_write(turned, &file, "int16"));
    predict(&mask, path, result_of(results[0]), turned, "m.mhd");
    for (int k = 0; k < 4; k++) {
        char a[512], b[512];
        header_line(a, sizeof a, turned, keys[k]);
        header_line(b, sizeof b, path, keys[k]);
        assert_string_equal(a, b);
    }
    for (int z = 0; z < DEPTH; z++)
        for (int i = 0; i < PIXELS; i++)
            assert_true(mask.voxels[i * DEPTH + DEPTH - 1 - z] == want[z * PIXELS + i]);
    cc_volume_deinit(&upright);
    cc_volume_deinit(&file);
    cc_volume_deinit(&mask);
}

/* Found before anything is trained, in one line each. */
static void what_volumes_cannot_do_is_refused(void **state) {
    (void)state;
    static const struct {
        const char *set, *says;
    } cases[] = {
        {"net.arch=unet-bn", "net.arch: unet-bn takes images, and data.items is volumes"},
        {"volumes.patch=[4, 9, 8]", "volumes.patch: along y 9 is not a multiple of 2"},
        {"volumes.patches=3", "volumes.patches: 3 patches do not fill a batch of 4"},
        {"volumes.reduce=[1, 2, 2]", "volumes.reduce stands for volumes.spacing_mm"},
        {"data.slices=3", "data.slices means nothing with data.items: volumes"},
        {"preprocess.size=32", "preprocess.size means nothing with data.items: volumes"},
        {"augment=[hflip]", "augment means nothing with data.items: volumes"},
        {"evaluate.mirrors=[x]", "evaluate.mirrors means nothing with data.items: volumes"},
        {"train.empty_slices=0.5", "train.empty_slices means nothing with data.items: volumes"},
        {"data.split.by=slice", "data.split.by: slice takes scans apart"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char line[256];
        outcome o;
        snprintf(line, sizeof line, "--set '%s'", cases[i].set);
        runs_go(&o, runs_folder(), line);
        assert_failed(&o, o.status, cases[i].says);
        assert_true(o.status == 1 || o.status == 2);
    }
}

static void a_net_of_volumes_is_not_shown_slices(void **state) {
    (void)state;
    char text[1024], line[2 * CC_PATH_MAX];
    outcome o;
    snprintf(text, sizeof text,
             "stage: roi\ndata: {source: ctheart, root: %s}\nloss: {type: dice}\n"
             "net: {arch: unet-3d, width: 2, depth: 2}\n",
             runs_data);
    runs_write(config_in("flat.yaml"), text);
    snprintf(line, sizeof line, "%s run %s --device cpu --out %s", CC_PROGRAM, config_in("flat.yaml"),
             runs_folder());
    runs_shell(&o, line);
    assert_failed(&o, o.status, "net.arch: unet-3d takes volumes, and this experiment's data are slices");
}

/* A scan of which a picture is missing is no volume, and pictures have no mm. */
static void scans_that_make_no_volume_are_refused(void **state) {
    (void)state;
    static const struct {
        const char *set, *says;
    } cases[] = {{"volumes.spacing_mm=[2, 0, 0]", "the spacing of its voxels is not known"},
                 {"volumes.spacing_mm=[0, 0, 0]", "between its slices 1 and 3 some are missing"}};
    char text[1024], line[2 * CC_PATH_MAX];
    assert_int_equal(cc_test_run(NULL, 0, "cp -r %s %s-gap && find %s-gap -name '1-002.png' -delete",
                                 runs_data, runs_data, runs_data),
                     0);
    snprintf(text, sizeof text,
             "stage: roi\ndata: {source: ctheart, root: %s-gap, items: volumes}\nloss: {type: dice}\n"
             "volumes: {patch: [2, 8, 8]}\nnet: {arch: unet-3d, width: 2, depth: 2}\n",
             runs_data);
    runs_write(config_in("gap.yaml"), text);
    for (int i = 0; i < 2; i++) {
        outcome o;
        snprintf(line, sizeof line, "%s run %s --device cpu --out %s --set '%s'", CC_PROGRAM,
                 config_in("gap.yaml"), runs_folder(), cases[i].set);
        runs_shell(&o, line);
        assert_failed(&o, o.status, cases[i].says);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bytes_do_not_depend_on_workers_or_where_volumes_lie),
        cmocka_unit_test(a_killed_run_goes_on_to_the_same_bytes),
        cmocka_unit_test(rescored_is_what_the_run_counted),
        cmocka_unit_test(an_ensemble_of_one_marks_what_its_member_does),
        cmocka_unit_test(an_ensemble_of_volumes_has_no_mirror_images),
        cmocka_unit_test(a_scan_is_marked_as_in_the_runs_own_test),
        cmocka_unit_test(the_mask_of_a_turned_scan_has_the_geometry_of_its_file),
        cmocka_unit_test(what_volumes_cannot_do_is_refused),
        cmocka_unit_test(a_net_of_volumes_is_not_shown_slices),
        cmocka_unit_test(scans_that_make_no_volume_are_refused),
    };
    return cmocka_run_group_tests(tests, setup, NULL);
}
