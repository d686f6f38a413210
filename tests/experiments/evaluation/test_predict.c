/* calcade predict, on the runs of a small cascade and the scans that they were made with. */
#include <math.h>
#include <omp.h>
#include "cascade_made.h"
#include "core/log.h"
#include "datasets/volume.h"
#include "datasets/volume_file.h"
#include "experiments/cascade/upstream_net.h"
#include "experiments/evaluation/testing.h"
#include "run_data.h"

enum { SIDE = 64, DEPTH = CASCADE_DEPTH, PIXELS = SIDE * SIDE };

/* calcade predict ARGUMENTS */
static void predict(outcome *o, const char *arguments) {
    char line[4096];
    snprintf(line, sizeof line, "%s predict %s", CC_PROGRAM, arguments);
    runs_shell(o, line);
}

static void predict_ok(outcome *o, const char *arguments) {
    predict(o, arguments);
    if (o->status != 0) print_error("%s", o->err);
    assert_int_equal(o->status, 0);
}

static const char *scan_of(const char *patient) {
    static char path[CC_PATH_MAX];
    snprintf(path, sizeof path, "%s-orca/Training_set/Images/%sCTI.mhd", runs_data, patient);
    return path;
}

/* NAME in a fresh folder; the string lasts. */
static const char *mask_in(const char *name) {
    static char paths[64][128];
    static int count;
    assert_true(count < 64);
    snprintf(paths[count], sizeof paths[count], "%s", cc_test_path(runs_folder(), name));
    return paths[count++];
}

/* "MODEL SCAN -o MASK MORE" */
static const char *asked(const char *model, const char *scan, const char *mask, const char *more) {
    static char text[4 * CC_PATH_MAX];
    snprintf(text, sizeof text, "%s %s -o %s %s", model, scan, mask, more);
    return text;
}

static void read_volume(cc_volume *out, const char *path) {
    *out = (cc_volume){0};
    assert_ok(cc_volume_read(out, path));
}

/* The run's own test part, predicted as `calcade run` does. */
static void test_part(cc_test *test, run_data *d, const cascade_planned *p, cc_arena *arena) {
    cc_upstream_net net;
    assert_ok(run_data_init(d, p->run, p->backend));
    assert_ok(cc_upstream_net_init(&net, d->cascade.last, d->view.set, p->backend, NULL));
    assert_ok(cc_testing_run(test, &(cc_predictor){.view = &d->view, .plan = net.plan}, arena));
    cc_upstream_net_deinit(&net);
}

static size_t compare_slice(const cc_volume *mask, const cc_test *test, size_t slice, int z) {
    uint8_t want[PIXELS];
    size_t marked = 0;
    cc_masks_get(want, test->masks, slice);
    for (int i = 0; i < PIXELS; i++) {
        assert_true(mask->voxels[z * PIXELS + i] == want[i]);
        marked += want[i];
    }
    return marked;
}

/* Every test patient's scan, predicted from the run's file alone; the marked voxels. */
static size_t compare_patients(const char *model, const cc_test *test, const cc_dataset *d) {
    size_t marked = 0;
    for (size_t i = 0; i < d->split.test.count; i++) {
        const uint32_t at = d->split.test.slices[i];
        const cc_slice *slice = cc_slice_set_get(d->base, at);
        static cc_volume mask;
        outcome o;
        if (slice->number == 0) {
            const char *path = mask_in("m.mha");
            cc_volume_deinit(&mask);
            predict_ok(&o, asked(model, scan_of(cc_slice_set_patient(d->base, slice->patient)), path, ""));
            read_volume(&mask, path);
        }
        marked += compare_slice(&mask, test, at, slice->number);
        if (i + 1 == d->split.test.count) cc_volume_deinit(&mask);
    }
    return marked;
}

/* The stored counts are what the file of the run says of the same pixels. */
static void check_stored(const char *model, const cc_test *test, cc_arena *arena) {
    cc_run run;
    assert_ok(cc_run_read(&run, model, CC_RUN_BASIC, arena));
    assert_int_equal(run.slice_count, test->slice_count);
    assert_memory_equal(run.slices, test->slices, test->slice_count * sizeof *test->slices);
}

static void a_scan_is_marked_as_the_run_s_own_test_marked_it(void **state) {
    (void)state;
    static const char *const runs[][2] = {{"calcification.yaml", "calcification/default"},
                                          {"marked.yaml", "marked/a"},
                                          {"chain.yaml", "chain/default"}};
    for (int k = 0; k < 3; k++) {
        cascade_planned p;
        run_data d;
        cc_test test;
        char model[CC_PATH_MAX];
        cc_arena *arena = cc_arena_create();
        snprintf(model, sizeof model, "%s", cascade_path(cascade_out, runs[k][1]));
        cascade_plan(&p, runs[k][0]);
        test_part(&test, &d, &p, arena);
        check_stored(model, &test, arena);
        size_t marked = compare_patients(model, &test, &d.dataset);
        assert_in_range(marked, 1, 2 * DEPTH * PIXELS - 1);
        cc_testing_deinit(&test);
        run_data_deinit(&d);
        cascade_drop(&p);
        cc_arena_destroy(arena);
    }
    assert_int_equal(runs_count(cascade_out, "*.masks"), 2); /* a scan leaves nothing there */
}

/* A patient whom stage 3 tests, and its row. */
static const cc_run_patient *tested(cc_run *run, cc_arena *arena) {
    assert_ok(cc_run_read(run, cascade_path(cascade_out, "marked/a"), CC_RUN_BASIC, arena));
    const cc_run_patient *p = &run->patients[0];
    return p->tp + p->fp > 0 ? p : &run->patients[1];
}

static void its_lesions_and_volume_are_those_of_the_run_s_row(void **state) {
    (void)state;
    outcome o;
    cc_run run;
    char want[256];
    cc_arena *arena = cc_arena_create();
    const cc_run_patient *p = tested(&run, arena);
    const char *path = mask_in("m.mha");
    char model[CC_PATH_MAX];
    snprintf(model, sizeof model, "%s", cascade_path(cascade_out, "marked/a"));
    predict_ok(&o, asked(model, scan_of(p->patient), path, ""));
    snprintf(want, sizeof want, "%s: %d slices, %d lesion%s, %.1f mm3\n", path, DEPTH,
             (int)p->lesions_predicted, p->lesions_predicted == 1 ? "" : "s", p->volume_predicted_mm3);
    assert_string_equal(o.out, want);
    predict_ok(&o, asked(model, scan_of(p->patient), path, "--json"));
    snprintf(want, sizeof want, "\"stage\":\"false_positive\",\"slices\":%d,\"voxels\":%d,\"lesions\":%d,",
             DEPTH, (int)(p->tp + p->fp), (int)p->lesions_predicted);
    assert_says(o.out, want);
    assert_int_equal(o.out[0], '{');
    cc_arena_destroy(arena);
}

static void assert_same_grid(const cc_grid *a, const cc_grid *b, double most) {
    assert_memory_equal(a->dims, b->dims, sizeof a->dims);
    for (int k = 0; k < 3; k++) {
        assert_true(fabs(a->spacing_mm[k] - b->spacing_mm[k]) <= most);
        assert_true(fabs(a->origin_mm[k] - b->origin_mm[k]) <= most);
    }
    for (int k = 0; k < 9; k++) assert_true(fabs(a->direction[k] - b->direction[k]) <= most);
}

/* The same scan, filed with its rows from the back to the front. */
static void mirror_rows(cc_volume *v) {
    for (int z = 0; z < DEPTH; z++)
        for (int y = 0; y < SIDE / 2; y++)
            for (int x = 0; x < SIDE; x++) {
                float *a = &v->voxels[z * PIXELS + y * SIDE + x],
                      *b = &v->voxels[z * PIXELS + (SIDE - 1 - y) * SIDE + x], value = *a;
                *a = *b;
                *b = value;
            }
    for (int i = 0; i < 3; i++) {
        v->grid.origin_mm[i] += v->grid.direction[i * 3 + 1] * v->grid.spacing_mm[1] * (SIDE - 1);
        v->grid.direction[i * 3 + 1] = -v->grid.direction[i * 3 + 1];
    }
}

static void the_mask_has_the_scan_s_geometry_in_each_format(void **state) {
    (void)state;
    static const char *const names[] = {"m.mhd", "m.mha", "m.nii", "m.nii.gz"};
    outcome o;
    cc_run run;
    cc_volume scan, first, mask;
    char model[CC_PATH_MAX], mirrored[CC_PATH_MAX];
    cc_arena *arena = cc_arena_create();
    const char *patient = tested(&run, arena)->patient;
    snprintf(model, sizeof model, "%s", cascade_path(cascade_out, "marked/a"));
    snprintf(mirrored, sizeof mirrored, "%s", mask_in("scan.nii.gz"));
    read_volume(&scan, scan_of(patient));
    for (int k = 0; k < 4; k++) {
        const char *path = mask_in(names[k]);
        predict_ok(&o, asked(model, scan_of(patient), path, ""));
        read_volume(k == 0 ? &first : &mask, path);
        assert_same_grid(&(k == 0 ? &first : &mask)->grid, &scan.grid, k < 2 ? 0 : 1e-4);
        if (k == 0) continue;
        assert_memory_equal(mask.voxels, first.voxels, DEPTH * PIXELS * sizeof *mask.voxels);
        assert_string_equal(mask.type, "uint8");
        cc_volume_deinit(&mask);
    }
    mirror_rows(&scan);
    assert_ok(cc_volume_write(mirrored, &scan, "int16"));
    predict_ok(&o, asked(model, mirrored, mask_in("m.mha"), ""));
    read_volume(&mask, strstr(o.out, "/") ? strtok(o.out, ":") : "");
    assert_same_grid(&mask.grid, &scan.grid, 1e-4);
    mirror_rows(&mask);
    assert_memory_equal(mask.voxels, first.voxels, DEPTH * PIXELS * sizeof *mask.voxels);
    cc_volume_deinit(&mask);
    cc_volume_deinit(&first);
    cc_volume_deinit(&scan);
    cc_arena_destroy(arena);
}

/* The same scan in a file whose axes run to the head, to the right and to the back, and back again. */
static void turn(cc_volume *to, const cc_volume *from) {
    const cc_grid *g = &from->grid;
    *to =
        (cc_volume){.grid = {.dims = {DEPTH, SIDE, SIDE}}, .voxels = malloc(DEPTH * PIXELS * sizeof(float))};
    assert_non_null(to->voxels);
    static const int axis[3] = {2, 0, 1};
    for (int k = 0; k < 3; k++) {
        to->grid.spacing_mm[k] = g->spacing_mm[axis[k]];
        to->grid.origin_mm[k] = g->origin_mm[k] + (k == 0 ? (SIDE - 1) * g->spacing_mm[0] : 0);
        to->grid.direction[axis[k] * 3 + k] = k == 1 ? -1 : 1;
    }
    for (int i = 0; i < DEPTH * PIXELS; i++)
        to->voxels[i] =
            from->voxels[i % DEPTH * PIXELS + i / (DEPTH * SIDE) * SIDE + SIDE - 1 - i / DEPTH % SIDE];
}

/* A run on one volume, trained on the scan in either order, marks the same of either. */
static void a_run_on_a_volume_marks_it_alike_in_every_order(void **state) {
    (void)state;
    const char *data = runs_folder();
    char text[1024], model[CC_PATH_MAX], turned[CC_PATH_MAX], path[CC_PATH_MAX];
    cc_volume scan, other, masks[4];
    cc_run run;
    outcome o;
    cc_arena *arena = cc_arena_create();
    snprintf(path, sizeof path, "%s", scan_of(tested(&run, arena)->patient));
    cc_arena_destroy(arena);
    read_volume(&scan, path);
    turn(&other, &scan);
    snprintf(turned, sizeof turned, "%s", cc_test_path(data, "turned.nii.gz"));
    assert_ok(cc_volume_write(cc_test_path(data, "ct.mha"), &scan, "int16"));
    assert_ok(cc_volume_write(turned, &other, "int16"));
    for (int i = 0; i < DEPTH * PIXELS; i++) scan.voxels[i] = i % SIDE < SIDE / 2 && scan.voxels[i] > 0;
    assert_ok(cc_volume_write(cc_test_path(data, "mask.mha"), &scan, "uint8"));
    for (int k = 0; k < 2; k++) {
        snprintf(
            text, sizeof text,
            "name: test/volume%d\nstage: roi\nnet: {arch: unet-bn, width: 4, depth: 2}\n"
            "optimizer: {lr: 1.0e-2}\ntrain: {epochs: 4, batch: 3, workers: 1}\n"
            "data: {source: volume, root: %s, image: %s, mask: mask.mha, split: {train: 2, validation: 1, "
            "test: 1, by: slab, slab: 1}}\n",
            k, data, k ? "turned.nii.gz" : "ct.mha");
        cascade_write("volume.yaml", text);
        cascade_ok(&o, "volume.yaml", cascade_out);
        snprintf(model, sizeof model, "%s",
                 cascade_path(cascade_out, k ? "volume1/default" : "volume0/default"));
        for (int m = 0; m < 2; m++) {
            snprintf(path, sizeof path, "%s", mask_in("m.mha"));
            predict_ok(&o, asked(model, m ? turned : cc_test_path(data, "ct.mha"), path, ""));
            read_volume(&masks[2 * k + m], path);
        }
        cc_volume upright;
        turn(&upright, &masks[2 * k]);
        assert_memory_equal(upright.voxels, masks[2 * k + 1].voxels, DEPTH * PIXELS * sizeof(float));
        cc_volume_deinit(&upright);
    }
    assert_memory_equal(masks[2].voxels, masks[0].voxels, DEPTH * PIXELS * sizeof(float));
    size_t marked = 0;
    for (int i = 0; i < DEPTH * PIXELS; i++) marked += masks[0].voxels[i] == 1;
    assert_in_range(marked, 1, DEPTH * PIXELS - 1);
    for (int k = 0; k < 4; k++) cc_volume_deinit(&masks[k]);
    cc_volume_deinit(&scan);
    cc_volume_deinit(&other);
}

/* The roi run of the heart's pictures, on one of them. */
static void a_picture_is_marked_as_its_slice_was(void **state) {
    (void)state;
    outcome o;
    cc_run run;
    cc_volume mask;
    char picture[CC_PATH_MAX], model[CC_PATH_MAX];
    size_t marked = 0;
    cc_arena *arena = cc_arena_create();
    snprintf(model, sizeof model, "%s", cascade_path(cascade_out, "roi/default"));
    assert_ok(cc_run_read(&run, model, CC_RUN_BASIC, arena));
    for (size_t i = 0; i < run.slice_count; i++) {
        const cc_run_slice *s = &run.slices[i];
        const char *path = mask_in("m.mha");
        snprintf(picture, sizeof picture, "%s/train/%s/image/1-%03d.png", runs_data, s->patient,
                 (int)s->slice);
        predict_ok(&o, asked(model, picture, path, "--json"));
        assert_says(o.out, "\"stage\":\"roi\",\"slices\":1,");
        assert_says(o.out, "\"lesions\":null,\"volume_mm3\":null}");
        read_volume(&mask, path);
        int64_t voxels = 0;
        for (int k = 0; k < PIXELS; k++) voxels += mask.voxels[k] > 0;
        assert_int_equal(voxels, s->tp + s->fp);
        marked += (size_t)voxels;
        cc_volume_deinit(&mask);
    }
    assert_true(marked > 0);
    cc_arena_destroy(arena);
}

/* A copy of a run's file, changed by `change`. */
static const char *changed_copy(const char *run, void (*change)(cc_run *run), unsigned parts) {
    cc_run read;
    char from[CC_PATH_MAX];
    cc_arena *arena = cc_arena_create();
    snprintf(from, sizeof from, "%s", cascade_path(cascade_out, run));
    assert_ok(cc_run_read(&read, from, parts | CC_RUN_REFERENCE, arena));
    if (change) change(&read);
    const char *path = mask_in("copy.h5");
    assert_ok(cc_run_write(path, &read));
    cc_arena_destroy(arena);
    return path;
}

static void forget_upstream(cc_run *run) {
    for (int k = 0; k < CC_RUN_UPSTREAMS; k++) run->provenance.upstream[k] = NULL;
}

static void forget_identity(cc_run *run) {
    run->provenance.identity = NULL;
}

static void spoil_config(cc_run *run) {
    run->config = "stage: nothing\n";
}

static void misname_upstream(cc_run *run) {
    run->provenance.upstream[1] = "0123456789abcdef";
}

static void runs_upstream_are_found_by_identity(void **state) {
    (void)state;
    outcome o;
    cc_run run;
    char model[CC_PATH_MAX], own[16384], more[CC_PATH_MAX];
    cc_arena *arena = cc_arena_create();
    const char *scan = scan_of(tested(&run, arena)->patient);
    void (*const changes[])(cc_run *) = {NULL, forget_upstream};
    for (size_t p = 0; p < CC_RUN_UPSTREAMS; p++) assert_int_equal(run.provenance.upstream[p] != NULL, p < 3);
    snprintf(model, sizeof model, "%s", cascade_path(cascade_out, "marked/a"));
    predict_ok(&o, asked(model, scan, mask_in("m.mha"), ""));
    snprintf(own, sizeof own, "%s", strchr(o.out, ':'));
    for (int k = 0; k < 2; k++) {
        snprintf(model, sizeof model, "%s", changed_copy("marked/a", changes[k], CC_RUN_MODEL));
        snprintf(more, sizeof more, "--runs %s", cascade_out);
        predict_ok(&o, asked(model, scan, mask_in("m.mha"), more));
        assert_string_equal(strchr(o.out, ':'), own);
        predict(&o, asked(model, scan, mask_in("m.mha"), ""));
        assert_failed(&o, 1, "--runs");
    }
    cc_arena_destroy(arena);
}

static void a_model_that_cannot_predict_is_refused(void **state) {
    (void)state;
    static const struct {
        const char *run, *says;
        void (*change)(cc_run *);
        unsigned parts;
    } cases[] = {
        {"calcification/default", "light copy", NULL, 0},
        {"calcification/default", "no identity", forget_identity, CC_RUN_MODEL},
        {"calcification/default", "config in it", spoil_config, CC_RUN_MODEL},
        {"calcification/default", "upstream.roi was, identity 0123456789ab", misname_upstream, CC_RUN_MODEL},
    };
    outcome o;
    char more[CC_PATH_MAX];
    const char *scan = scan_of("TRV1P1"), *folder = runs_folder(), *out = mask_in("m.mha");
    snprintf(more, sizeof more, "--runs %s", cascade_out);
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        predict(&o, asked(changed_copy(cases[k].run, cases[k].change, cases[k].parts), scan, out, more));
        assert_failed(&o, 1, cases[k].says);
    }
    predict(&o, asked(scan, scan, out, ""));
    assert_failed(&o, 1, scan);
    predict(&o, asked(cc_test_path(folder, "none.h5"), scan, out, ""));
    assert_failed(&o, 1, "none.h5");
    runs_write(cc_test_path(folder, "seed-1.h5.checkpoint"), "half");
    predict(&o, asked(cc_test_path(folder, "seed-1.h5"), scan, out, ""));
    assert_failed(&o, 1, "not finished");
    predict(&o, asked(cc_test_path(folder, "seed-1.h5.checkpoint"), scan, out, ""));
    assert_failed(&o, 1, "not finished");
    predict(&o, asked(cascade_path(cascade_out, "marked/a"), scan, out, "--runs /nowhere"));
    assert_failed(&o, 1, "--runs");
    assert_false(cc_file_exists(out));
}

static void a_scan_of_another_kind_is_refused(void **state) {
    (void)state;
    outcome o;
    char model[CC_PATH_MAX], other[CC_PATH_MAX], reference[CC_PATH_MAX];
    const char *out = mask_in("m.mha");
    snprintf(model, sizeof model, "%s", cascade_path(cascade_out, "marked/a"));
    snprintf(other, sizeof other, "%s/train/ct_001/image/1-001.png", runs_data);
    predict(&o, asked(model, other, out, ""));
    assert_failed(&o, 1, "a picture holds no HU");
    snprintf(reference, sizeof reference, "\"%s-orca/Training_set/Reference standard/TRV1P1R.mhd\"",
             runs_data);
    predict(&o, asked(model, reference, out, ""));
    assert_failed(&o, 1, "no HU");
    predict(&o, asked(model, model, out, ""));
    assert_failed(&o, 1, "no known image format");
    predict(&o, asked(model, "/nowhere.mhd", out, ""));
    assert_failed(&o, 1, "/nowhere.mhd");
    snprintf(other, sizeof other, "%s", mask_in("wide.mha"));
    runs_write(other, "ObjectType = Image\nNDims = 3\nDimSize = 9000 1 1\nElementType = MET_SHORT\n"
                      "CompressedData = False\nElementDataFile = LOCAL\n");
    assert_int_equal(cc_test_run(NULL, 0, "head -c 18000 /dev/zero >>%s", other), 0);
    predict(&o, asked(model, other, out, ""));
    assert_failed(&o, 1, "sides are 1 to 8192");
    assert_false(cc_file_exists(out));
}

#ifndef CC_SANITIZED /* the sanitizers take terabytes themselves */
/* 8 GB of voxels, all there as far as their file goes, for a process that may have 4 GB. */
static void a_scan_beyond_memory_is_refused(void **state) {
    (void)state;
    outcome o;
    char line[4 * CC_PATH_MAX];
    const char *header = mask_in("huge.mhd"), *out = mask_in("m.mha");
    runs_write(header, "ObjectType = Image\nNDims = 3\nDimSize = 4096 4096 128\nElementType = MET_CHAR\n"
                       "ElementDataFile = huge.raw\n");
    assert_int_equal(cc_test_run(NULL, 0, "cd $(dirname %s) && truncate -s 2G huge.raw", header), 0);
    snprintf(line, sizeof line, "ulimit -v 4000000 && %s predict %s", CC_PROGRAM,
             asked(cascade_path(cascade_out, "marked/a"), header, out, ""));
    runs_shell(&o, line);
    assert_failed(&o, 1, "no memory for 8192.0 MiB");
    assert_false(cc_file_exists(out));
}
#endif

/* What stands where the mask should go is as it was. */
static void a_mask_that_cannot_be_written_leaves_nothing(void **state) {
    (void)state;
    outcome o;
    char model[CC_PATH_MAX], scan[CC_PATH_MAX], place[CC_PATH_MAX], line[4 * CC_PATH_MAX];
    const char *folder = runs_folder();
    snprintf(model, sizeof model, "%s", cascade_path(cascade_out, "marked/a"));
    snprintf(scan, sizeof scan, "%s", scan_of("TRV1P1"));
    snprintf(line, sizeof line, "%s %s", model, scan);
    predict(&o, line);
    assert_failed(&o, 2, "wants -o");
    predict(&o, asked(model, scan, cc_test_path(folder, "m.png"), ""));
    assert_failed(&o, 2, ".nii.gz");
    predict(&o, asked(model, scan, scan, ""));
    assert_failed(&o, 2, "would be read");
    predict(&o, asked(model, "", cc_test_path(folder, "m.mha"), ""));
    assert_failed(&o, 2, "argument");
    predict(&o, asked(model, scan, cc_test_path(folder, "none/m.mha"), ""));
    assert_failed(&o, 1, "folder is not there");
    snprintf(place, sizeof place, "%s", cc_test_path(folder, "m.mhd"));
    snprintf(line, sizeof line, "ulimit -f 20 && %s predict %s", CC_PROGRAM, asked(model, scan, place, ""));
    runs_shell(&o, line);
    assert_failed(&o, 1, "m.raw");
    assert_int_equal(runs_count(folder, "m*"), 0);
}

/* So small a stage 3 learns to mark nothing: one that has hardly learned, and the cascade that ends in it. */
static int setup(void **state) {
    outcome o;
    cascade_setup(state);
    cascade_write("marked.yaml", "extends: small.yaml\nname: test/marked\ntrain: {epochs: 1}\n"
                                 "optimizer: {lr: 1.0e-6}\nloss: {type: bce}\n");
    cascade_write("chain.yaml",
                  "extends: orca.yaml\nname: test/chain\nstage: cascade\nwindows: {size: 32}\n"
                  "upstream: {calcification: calcification.yaml, false_positive: marked.yaml}\n");
    cascade_ok(&o, "chain.yaml", cascade_out);
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_scan_is_marked_as_the_run_s_own_test_marked_it),
        cmocka_unit_test(its_lesions_and_volume_are_those_of_the_run_s_row),
        cmocka_unit_test(the_mask_has_the_scan_s_geometry_in_each_format),
        cmocka_unit_test(a_run_on_a_volume_marks_it_alike_in_every_order),
        cmocka_unit_test(a_picture_is_marked_as_its_slice_was),
        cmocka_unit_test(runs_upstream_are_found_by_identity),
        cmocka_unit_test(a_model_that_cannot_predict_is_refused),
        cmocka_unit_test(a_scan_of_another_kind_is_refused),
#ifndef CC_SANITIZED
        cmocka_unit_test(a_scan_beyond_memory_is_refused),
#endif
        cmocka_unit_test(a_mask_that_cannot_be_written_leaves_nothing),
    };
    omp_set_num_threads(1);
    cc_log_set_level(CC_LOG_ERROR);
    return cmocka_run_group_tests(tests, setup, NULL);
}
