/* tests/experiments/cascade/test_out_of_fold.c -- stage 3 learns from what nets say of patients whom they
 * have not seen. Who was seen by whom is read from the result files, as a stranger would. */
#include <omp.h>
#include "core/log.h"
#include "experiments/cascade/predictions.h"
#include "experiments/config/device.h"
#include "results/manifest.h"
#include "results/paths.h"
#include "run_data.h"
#include "runs.h"
#include "said.h"

enum { FOLDS = 3 };

/* Made once: OUT with everything, and the folder of the configs. */
static char made[256], configs[256], orca[256];

static void write_config(const char *name, const char *text) {
    runs_write(cc_test_path(configs, name), text);
}

/* Twelve patients: six to train, three to validate and three to test; stage 2 without a region.
 * small.yaml, which every helper of runs.h runs, is the run of stage 3. */
static int setup(void **state) {
    outcome o;
    char text[1024];
    runs_setup(state);
    snprintf(orca, sizeof orca, "%s-orca", runs_data);
    assert_int_equal(
        cc_test_run(NULL, 0, "%s phantom %s --patients 12 --size 64 --slices 6 --seed 4 --layout orcascore",
                    CC_PROGRAM, orca),
        0);
    snprintf(configs, sizeof configs, "%s", runs_folder());
    snprintf(runs_config, sizeof runs_config, "%s", cc_test_path(configs, "small.yaml"));
    snprintf(text, sizeof text,
             "data: {source: orcascore, root: %s, split: {train: 6, validation: 3, test: 3}}\n"
             "preprocess: {roi: {mode: none}}\n",
             orca);
    write_config("data.yaml", text);
    write_config("net.yaml", "extends: data.yaml\nnet: {arch: unet-bn, width: 2, depth: 2}\n"
                             "optimizer: {lr: 1.0e-2}\ntrain: {epochs: 3, batch: 2, workers: 1}\n");
    /* A low threshold, so that nets of so little training mark something, each something else; of bright
     * pixels alone, so that there are few windows. */
    write_config("calcification.yaml", "extends: net.yaml\nname: test/calcification\nstage: calcification\n"
                                       "results: {threshold: 0.45}\nevaluate: {above_hu: 130}\n");
    write_config("small.yaml", "extends: net.yaml\nname: test/small\nvariant: a\nstage: false_positive\n"
                               "windows: {size: 32, augment_negative: []}\ntrain: {epochs: 2, batch: 32}\n"
                               "upstream: {calcification: calcification.yaml, inner_folds: 3}\n");
    write_config("paper.yaml", "extends: small.yaml\nname: test/paper\n"
                               "upstream: {out_of_fold: false, inner_folds: null}\n");
    write_config("cascade.yaml",
                 "extends: data.yaml\nname: test/cascade\nstage: cascade\nwindows: {size: 32}\n"
                 "upstream: {calcification: calcification.yaml}\nmatrix:\n"
                 "  - {variant: out-of-fold, upstream.false_positive: small.yaml}\n"
                 "  - {variant: paper, upstream.false_positive: paper.yaml}\n"
                 "  - {variant: without}\n");
    snprintf(made, sizeof made, "%s", runs_folder());
    snprintf(text, sizeof text, "%s run %s --device cpu --out %s", CC_PROGRAM,
             cc_test_path(configs, "cascade.yaml"), made);
    runs_shell(&o, text);
    if (o.status != 0) print_error("%s", o.err);
    assert_int_equal(o.status, 0);
    return 0;
}

static const char *path_of(const char *out, const char *run) {
    char name[160];
    snprintf(name, sizeof name, "%s/fold-0/seed-1.h5", run);
    return cc_test_path(out, name);
}

static const char *inner_path(const char *out, int fold) {
    char name[160];
    snprintf(name, sizeof name, ".out-of-fold/%d-of-%d/test/calcification/default", fold + 1, FOLDS);
    return path_of(out, name);
}

/* The planned run of a config, with `out` as results. */
typedef struct planned {
    cc_config *config;
    cc_run_plan *plan;
    const cc_planned_run *run;
} planned;

static cc_status plan_with(planned *p, const char *name, const char *set) {
    *p = (planned){NULL, NULL, NULL};
    assert_ok(cc_config_load(&p->config, cc_test_path(configs, name), &set, set ? 1 : 0, CC_CONFIG_RUNNABLE));
    cc_status status = cc_run_plan_create(&p->plan, &p->config, 1, made, &cc_backend_cpu, 1);
    if (status == CC_OK) p->run = cc_run_plan_get(p->plan, cc_run_plan_count(p->plan) - 1);
    return status;
}

static void drop(planned *p) {
    cc_run_plan_destroy(p->plan);
    cc_config_destroy(p->config);
}

static bool tests(const cc_run *run, const char *patient) {
    for (size_t i = 0; i < run->patient_count; i++)
        if (strcmp(run->patients[i].patient, patient) == 0) return true;
    return false;
}

static bool same_mask(const cc_masks *a, const cc_masks *b, size_t slice, bool *marked) {
    uint8_t x[64 * 64], y[64 * 64];
    cc_masks_get(x, a, slice);
    cc_masks_get(y, b, slice);
    for (size_t i = 0; i < sizeof x; i++) *marked = *marked || x[i];
    return memcmp(x, y, sizeof x) == 0;
}

/* What one of the nets marks of everything, whomever it has seen. */
static cc_masks *masks_of(const cc_planned_run *net, const planned *p, const cc_dataset *d) {
    cc_masks *masks;
    const cc_prediction_job job = {.net = net,
                                   .asking = p->run,
                                   .base = d->base,
                                   .set = d->base,
                                   .preparation = "of everything",
                                   .backend = &cc_backend_cpu};
    assert_ok(cc_predictions_get(&masks, &job));
    return masks;
}

static void whom_it_learns_from_was_seen_by_none_of_their_nets(void **state) {
    (void)state;
    planned p;
    run_data d;
    cc_run runs[FOLDS], outer;
    cc_masks *theirs[FOLDS], *own;
    bool marked = false;
    size_t of_another = 0;
    cc_arena *arena = cc_arena_create();
    assert_ok(plan_with(&p, "small.yaml", NULL));
    assert_int_equal(p.run->out_of_fold_count, FOLDS);
    assert_ok(run_data_init(&d, p.run, &cc_backend_cpu));
    assert_false(d.cascade.in_sample);
    assert_ok(cc_run_read(&outer, path_of(made, "test/calcification/default"), CC_RUN_BASIC, arena));
    for (int k = 0; k < FOLDS; k++) {
        assert_ok(cc_run_read(&runs[k], inner_path(made, k), CC_RUN_BASIC, arena));
        assert_int_equal(runs[k].patient_count, 3);
        theirs[k] = masks_of(p.run->out_of_fold[k], &p, &d.dataset);
    }
    own = masks_of(p.run->upstream[CC_UPSTREAM_CALCIFICATION], &p, &d.dataset);
    for (size_t i = 0; i < cc_slice_set_count(d.dataset.base); i++) {
        const char *patient =
            cc_slice_set_patient(d.dataset.base, cc_slice_set_get(d.dataset.base, i)->patient);
        int by = -1, count = 0;
        for (int k = 0; k < FOLDS; k++)
            if (tests(&runs[k], patient)) {
                by = k;
                count++;
            }
        /* Who is tested here is tested by the net that is named, and was shown to none of the others. */
        assert_int_equal(count, !tests(&outer, patient));
        assert_true(same_mask(d.cascade.calcification, by < 0 ? own : theirs[by], i, &marked));
        bool ignored = false;
        of_another += by >= 0 && !same_mask(d.cascade.calcification, own, i, &ignored);
    }
    assert_true(marked);
    assert_true(of_another > 0); /* else the test could not tell */
    for (int k = 0; k < FOLDS; k++) cc_masks_destroy(theirs[k]);
    cc_masks_destroy(own);
    run_data_deinit(&d);
    drop(&p);
    cc_arena_destroy(arena);
}

static void a_net_that_tested_whom_another_did_is_refused(void **state) {
    (void)state;
    planned p;
    run_data d;
    assert_ok(plan_with(&p, "small.yaml", NULL));
    const cc_planned_run *nets[] = {p.run->out_of_fold[0], p.run->out_of_fold[1], p.run->out_of_fold[1]};
    cc_planned_run run = *p.run;
    run.out_of_fold = nets;
    assert_error(run_data_init(&d, &run, &cc_backend_cpu), CC_EFORMAT, "as another inner fold did");
    run.out_of_fold_count = 2;
    assert_error(run_data_init(&d, &run, &cc_backend_cpu), CC_EFORMAT, "none of the 2 inner folds tested");
    drop(&p);
}

static void files_say_what_stage_3_has_learnt_from(void **state) {
    (void)state;
    const struct {
        const char *run;
        bool in_sample;
    } cases[] = {
        {"test/small/a", false},      {"test/paper/a", true},          {"test/cascade/out-of-fold", false},
        {"test/cascade/paper", true}, {"test/cascade/without", false}, {"test/calcification/default", false}};
    cc_run run, inner;
    char identities[FOLDS * 65] = "";
    cc_arena *arena = cc_arena_create();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_ok(cc_run_read(&run, path_of(made, cases[i].run), CC_RUN_BASIC, arena));
        assert_int_equal(run.in_sample_upstream, cases[i].in_sample);
        assert_int_equal(run.provenance.upstream_out_of_fold != NULL, i == 0);
    }
    assert_ok(cc_run_read(&run, path_of(made, "test/small/a"), CC_RUN_BASIC, arena));
    for (int k = 0; k < FOLDS; k++) {
        assert_ok(cc_run_read(&inner, inner_path(made, k), CC_RUN_BASIC, arena));
        snprintf(identities + strlen(identities), sizeof identities - strlen(identities), "%s%s",
                 k ? " " : "", inner.provenance.identity);
    }
    assert_string_equal(run.provenance.upstream_out_of_fold, identities);
    cc_arena_destroy(arena);
}

/* No report sees the runs out of fold: neither as rows nor as missing. */
static void runs_out_of_fold_are_no_rows(void **state) {
    (void)state;
    char **paths;
    size_t count;
    cc_manifest planned_runs;
    outcome o;
    char line[1024];
    cc_arena *arena = cc_arena_create();
    assert_ok(cc_runs_find(&paths, &count, made, arena));
    assert_int_equal(count, 6);
    assert_ok(cc_manifest_read(&planned_runs, made, arena));
    assert_int_equal(planned_runs.count, 6);
    snprintf(line, sizeof line, "%s run %s --device cpu --out %s --dry-run", CC_PROGRAM, runs_config, made);
    runs_shell(&o, line);
    assert_int_equal(o.status, 0);
    assert_says(o.out, "data.split.inner_folds=3 data.split.inner_fold=2");
    assert_says(o.out, "done     1 2-4 ");
    cc_arena_destroy(arena);
}

static void its_identity_is_of_the_runs_out_of_fold_too(void **state) {
    (void)state;
    planned four, three, paper;
    cc_digest_text identity, turned;
    assert_ok(plan_with(&three, "small.yaml", NULL));
    cc_planned_run run = *three.run;
    assert_ok(cc_planned_run_identity(&identity, &run, 4, ""));
    const cc_planned_run *nets[] = {run.out_of_fold[1], run.out_of_fold[0], run.out_of_fold[2]};
    run.out_of_fold = nets;
    assert_ok(cc_planned_run_identity(&turned, &run, 4, ""));
    assert_string_not_equal(identity.hex, turned.hex);
    assert_ok(plan_with(&four, "small.yaml", "upstream.inner_folds=4"));
    assert_ok(plan_with(&paper, "paper.yaml", NULL));
    assert_string_not_equal(three.run->request.hex, four.run->request.hex);
    assert_string_not_equal(three.run->request.hex, paper.run->request.hex);
    drop(&three);
    drop(&four);
    drop(&paper);
}

/* What digests it is the text that programs without the option digested. */
static void without_it_a_run_is_what_it_was(void **state) {
    (void)state;
    planned p;
    char *text;
    cc_arena *arena = cc_arena_create();
    assert_ok(plan_with(&p, "paper.yaml", NULL));
    assert_int_equal(p.run->out_of_fold_count, 0);
    assert_int_equal(cc_run_plan_count(p.plan), 2);
    assert_ok(cc_config_identity_text(&text, p.run->config, arena));
    assert_null(strstr(text, "upstream"));
    assert_null(strstr(text, "inner"));
    drop(&p);
    cc_arena_destroy(arena);
}

static void folds_that_cannot_be_are_one_line(void **state) {
    (void)state;
    const struct {
        const char *name, *set, *says;
    } cases[] = {
        {"small.yaml", "upstream.inner_folds=10", "9 patients do not make 10 folds"},
        {"slices.yaml", NULL, "upstream.out_of_fold deals patients as wholes, not by slice"},
        {"nested.yaml", NULL, "data.split.inner_folds has dealt them already"},
    };
    write_config("calc-slices.yaml",
                 "extends: calcification.yaml\nname: test/x\ndata: {split: {by: slice}}\n");
    write_config("slices.yaml", "extends: small.yaml\nname: test/y\ndata: {split: {by: slice}}\n"
                                "upstream: {calcification: calc-slices.yaml}\n");
    write_config("calc-nested.yaml", "extends: calcification.yaml\nname: test/z\n"
                                     "data: {split: {inner_folds: 3, inner_fold: 0}}\n");
    write_config("nested.yaml", "extends: small.yaml\nname: test/n\n"
                                "data: {split: {inner_folds: 3, inner_fold: 0}}\n"
                                "upstream: {calcification: calc-nested.yaml}\n");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        planned p;
        assert_error(plan_with(&p, cases[i].name, cases[i].set), CC_ECONFIG, cases[i].says);
        drop(&p);
    }
}

/* What is wrong with an inner fold is seen before anything is trained. */
static void a_check_looks_at_the_inner_folds(void **state) {
    (void)state;
    outcome o;
    char line[1024];
    snprintf(line, sizeof line, "%s check %s", CC_PROGRAM, runs_config);
    runs_shell(&o, line);
    assert_says(o.out, "\na: train 6 patients");
    assert_says(o.out, "\na, inner fold 1 of 3: train 4 patients");
    assert_says(o.out, "\na, inner fold 3 of 3: train 4 patients");
    snprintf(line, sizeof line, "%s check %s --set upstream.inner_folds=10", CC_PROGRAM, runs_config);
    runs_shell(&o, line);
    assert_int_equal(o.status, 1);
    assert_says(o.out,
                "fault: a, inner fold 1 of 10: data.split.inner_folds: 9 patients do not make 10 folds");
    snprintf(line, sizeof line, "%s check %s", CC_PROGRAM, cc_test_path(configs, "paper.yaml"));
    runs_shell(&o, line);
    assert_null(strstr(o.out, "inner fold"));
}

/* A file that says what the seed has dealt gives the same inner folds. */
static void inner_folds_follow_a_split_that_a_file_gives(void **state) {
    (void)state;
    outcome o;
    planned dealt, given;
    char text[1024];
    snprintf(text, sizeof text, "%s split %s -o %s", CC_PROGRAM, runs_config,
             cc_test_path(configs, "split.csv"));
    runs_shell(&o, text);
    assert_int_equal(o.status, 0);
    snprintf(text, sizeof text, "data: {split: {file: %s}}\n", cc_test_path(configs, "split.csv"));
    write_config("file.yaml", text);
    write_config("calc-file.yaml", "extends: [calcification.yaml, file.yaml]\nname: test/f2\n");
    write_config("small-file.yaml", "extends: [small.yaml, file.yaml]\nname: test/f3\n"
                                    "upstream: {calcification: calc-file.yaml}\n");
    assert_ok(plan_with(&dealt, "small.yaml", NULL));
    assert_ok(plan_with(&given, "small-file.yaml", NULL));
    assert_int_equal(given.run->out_of_fold_count, FOLDS);
    for (int k = 0; k < FOLDS; k++) {
        cc_dataset a, b;
        assert_ok(cc_dataset_open(&a, dealt.run->out_of_fold[k]));
        assert_ok(cc_dataset_open(&b, given.run->out_of_fold[k]));
        assert_int_equal(a.split.test.count, b.split.test.count);
        assert_memory_equal(a.split.test.slices, b.split.test.slices,
                            a.split.test.count * sizeof *a.split.test.slices);
        cc_dataset_close(&a);
        cc_dataset_close(&b);
    }
    drop(&dealt);
    drop(&given);
}

/* Stage 2 alone, so that what follows begins with the runs out of fold. */
static const char *with_stage_2(void) {
    const char *out = runs_folder();
    assert_int_equal(
        cc_test_run(NULL, 0, "mkdir -p %s/test && cp -r %s/test/calcification %s/test", out, made, out), 0);
    return out;
}

static void assert_all_the_same(const char *out) {
    char path[CC_PATH_MAX];
    snprintf(path, sizeof path, "%s", path_of(out, "test/small/a"));
    assert_same_run(path, path_of(made, "test/small/a"));
    for (int k = 0; k < FOLDS; k++) {
        snprintf(path, sizeof path, "%s", inner_path(out, k));
        assert_same_run(path, inner_path(made, k));
    }
}

static void killed_amid_a_run_out_of_fold_it_goes_on_to_the_same_bytes(void **state) {
    (void)state;
    outcome o;
    held h;
    char first[CC_PATH_MAX];
    const char *out = with_stage_2();
    snprintf(first, sizeof first, "%s", inner_path(out, 0));
    held_room = 700; /* the lines before its first epoch ends are longer than elsewhere */
    held_start(&h, out, "");
    held_until_checkpoint(&h, first);
    held_end(&o, &h, SIGKILL);
    assert_false(cc_file_exists(first));
    runs_ok(&o, out, "");
    assert_says(o.err, "going on after epoch ");
    assert_all_the_same(out);
}

static void two_at_a_time_give_the_same_bytes(void **state) {
    (void)state;
    outcome o;
    const char *out = with_stage_2();
    runs_ok(&o, out, "--jobs 2");
    assert_all_the_same(out);
}

int main(void) {
    const struct CMUnitTest list[] = {
        cmocka_unit_test(whom_it_learns_from_was_seen_by_none_of_their_nets),
        cmocka_unit_test(a_net_that_tested_whom_another_did_is_refused),
        cmocka_unit_test(files_say_what_stage_3_has_learnt_from),
        cmocka_unit_test(runs_out_of_fold_are_no_rows),
        cmocka_unit_test(its_identity_is_of_the_runs_out_of_fold_too),
        cmocka_unit_test(without_it_a_run_is_what_it_was),
        cmocka_unit_test(folds_that_cannot_be_are_one_line),
        cmocka_unit_test(a_check_looks_at_the_inner_folds),
        cmocka_unit_test(inner_folds_follow_a_split_that_a_file_gives),
        cmocka_unit_test(killed_amid_a_run_out_of_fold_it_goes_on_to_the_same_bytes),
        cmocka_unit_test(two_at_a_time_give_the_same_bytes),
    };
    omp_set_num_threads(1);
    cc_log_set_level(CC_LOG_ERROR);
    return cmocka_run_group_tests(list, setup, NULL);
}
