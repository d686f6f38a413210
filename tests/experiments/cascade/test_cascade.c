/* The cascade roi -> calcification -> false_positive, end to end through the program. */
#include <omp.h>
#include "cascade_made.h"
#include "core/log.h"
#include "experiments/cascade/upstream_net.h"
#include "experiments/evaluation/rescore.h"
#include "experiments/evaluation/testing.h"
#include "run_data.h"
#include "said.h"

/* A fresh folder with the cascade as far as stage 2, and its cache. */
static const char *cascade_before_stage_3(void) {
    const char *out = runs_folder();
    assert_int_equal(cc_test_run(NULL, 0, "cp -r %s/. %s && rm -r %s/test/small %s/test/cascade", cascade_out,
                                 out, out, out),
                     0);
    return out;
}

static void read_run(cc_run *run, const char *name, cc_arena *arena) {
    assert_ok(cc_run_read(run, cascade_path(cascade_out, name), CC_RUN_EXAMPLES | CC_RUN_REFERENCE, arena));
}

static void a_second_run_does_nothing(void **state) {
    (void)state;
    outcome o;
    cascade_ok(&o, "cascade.yaml", cascade_out);
    assert_says(o.err, "all 6 runs are done already: nothing to do");
    assert_null(strstr(o.err, "predicting"));
    assert_int_equal(runs_count(cascade_out, "*.masks"), 2);
    assert_int_equal(runs_count(cascade_out, "*.tmp"), 0);
}

static bool holds(const cc_run *run, const char *patient) {
    for (size_t i = 0; i < run->patient_count; i++)
        if (strcmp(run->patients[i].patient, patient) == 0) return true;
    return false;
}

static void the_reference_is_never_a_test_slice(void **state) {
    (void)state;
    cc_run run;
    cc_arena *arena = cc_arena_create();
    read_run(&run, "first/default", arena);
    assert_non_null(run.reference);
    assert_false(holds(&run, run.reference->patient));
    assert_string_equal(run.reference->dataset_digest, run.provenance.data_digest);
    assert_true(run.reference->f1 > 0 && run.reference->f1 <= 1);
    for (int seed = 2; seed <= 6; seed++) { /* with some of them a test slice is segmented best */
        outcome o;
        char seeded[64], name[128];
        snprintf(seeded, sizeof seeded, "--set seed=%d --set data.split.seed=%d", seed, seed);
        cascade_go(&o, "first.yaml", cascade_out, seeded);
        assert_int_equal(o.status, 0);
        snprintf(name, sizeof name, "test/first/default/fold-0/seed-%d.h5", seed);
        assert_ok(cc_run_read(&run, cc_test_path(cascade_out, name), CC_RUN_REFERENCE, arena));
        assert_false(holds(&run, run.reference->patient));
    }
    read_run(&run, "calcification/default", arena);
    assert_null(run.reference);
    cc_arena_destroy(arena);
}

static const cc_run_stage *stage_of(const cc_run *run, const char *stage, const char *patient) {
    for (size_t i = 0; i < run->stage_count; i++)
        if (strcmp(run->stages[i].stage, stage) == 0 && strcmp(run->stages[i].patient, patient) == 0)
            return &run->stages[i];
    fail_msg("no row of %s, %s", stage, patient);
    return NULL;
}

static void assert_counts(const cc_run_stage *s, const cc_run_patient *p) {
    assert_int_equal(s->tp, p->tp);
    assert_int_equal(s->fp, p->fp);
    assert_int_equal(s->fn, p->fn);
    assert_int_equal(s->tn, p->tn);
    assert_int_equal(s->lesions_true, p->lesions_true);
    assert_int_equal(s->lesions_found, p->lesions_found);
    assert_int_equal(s->lesions_false, p->lesions_false);
}

/* Each stage is counted as its own run counts it, whichever run says so. */
static void stages_say_where_truth_is_lost(void **state) {
    (void)state;
    cc_run two, three, cascade;
    cc_arena *arena = cc_arena_create();
    read_run(&two, "calcification/default", arena);
    read_run(&three, "small/a", arena);
    read_run(&cascade, "cascade/with", arena);
    int64_t lesions = 0;
    assert_int_equal(two.stage_count, 2 * 2);
    assert_int_equal(three.stage_count, 3 * 2);
    assert_int_equal(cascade.stage_count, 3 * 2);
    for (size_t i = 0; i < 2; i++) {
        const char *patient = three.patients[i].patient;
        const cc_run_stage *roi = stage_of(&three, "roi", patient);
        assert_counts(stage_of(&two, "calcification", patient), &two.patients[i]);
        assert_counts(stage_of(&three, "calcification", patient), &two.patients[i]);
        assert_counts(stage_of(&three, "false_positive", patient), &three.patients[i]);
        assert_counts(stage_of(&cascade, "false_positive", patient), &three.patients[i]);
        assert_int_equal(roi->tp + roi->fn, three.patients[i].tp + three.patients[i].fn);
        assert_true(roi->tp >= two.patients[i].tp);
        assert_int_equal(roi->fp + roi->tn + roi->lesions_false, 0);
        assert_true(roi->lesions_found >= 0 && roi->lesions_found <= roi->lesions_true);
        lesions += roi->lesions_true;
        assert_true(three.patients[i].volume_true_mm3 >= 0 && three.patients[i].agatston_predicted >= 0);
    }
    assert_true(lesions > 0);
    cc_arena_destroy(arena);
}

static void a_threshold_in_the_region_is_counted_beside_the_net(void **state) {
    (void)state;
    cc_run run;
    int64_t found = 0;
    cc_arena *arena = cc_arena_create();
    read_run(&run, "small/a", arena);
    assert_int_equal(run.baseline_count, 2);
    for (size_t i = 0; i < 2; i++) {
        const cc_run_baseline *b = &run.baselines[i];
        const cc_run_patient *p = &run.patients[i];
        assert_string_equal(b->name, "roi_threshold");
        assert_string_equal(b->patient, p->patient);
        assert_int_equal(b->tp + b->fn, p->tp + p->fn);
        assert_int_equal(b->fp + b->tn, p->fp + p->tn);
        assert_true(b->tp <= stage_of(&run, "roi", p->patient)->tp);
        assert_true(b->fp < (b->fp + b->tn) / 10); /* little of a region is above 130 HU */
        found += b->tp + b->fp;
    }
    assert_true(found > 0);
    read_run(&run, "first/default", arena);
    assert_int_equal(run.baseline_count, 0);
    cc_arena_destroy(arena);
}

/* Pixels of a test patient's slices: tp + fp of a rule that marks what is above 130 HU, within the region or
 * anywhere. */
static void mark_threshold(int64_t *within, int64_t *anywhere, const cc_cascade *c, const char *patient) {
    enum { SIDE = 64 };
    float hu[SIDE * SIDE];
    const cc_dataset *d = c->dataset;
    *within = *anywhere = 0;
    for (size_t i = 0; i < d->split.test.count; i++) {
        const uint32_t slice = d->split.test.slices[i];
        const cc_box *r = &c->regions[slice];
        if (strcmp(cc_slice_set_patient(d->base, cc_slice_set_get(d->base, slice)->patient), patient) != 0)
            continue;
        assert_ok(cc_slice_set_read(d->base, slice, hu, NULL));
        for (int at = 0; at < SIDE * SIDE; at++) {
            const int y = at / SIDE, x = at % SIDE;
            *anywhere += hu[at] > 130;
            *within += hu[at] > 130 && y >= r->y0 && y < r->y1 && x >= r->x0 && x < r->x1;
        }
    }
}

static void a_chain_scores_as_its_last_net_s_own_test(void **state) {
    (void)state;
    cc_run own, cascade;
    cc_arena *arena = cc_arena_create();
    const char *pairs[][2] = {{"calcification/default", "cascade/without"}, {"small/a", "cascade/with"}};
    for (int k = 0; k < 2; k++) {
        read_run(&own, pairs[k][0], arena);
        read_run(&cascade, pairs[k][1], arena);
        assert_int_equal(own.slice_count, 2 * CASCADE_DEPTH);
        assert_int_equal(cascade.slice_count, 2 * CASCADE_DEPTH);
        assert_memory_equal(own.slices, cascade.slices, 2 * CASCADE_DEPTH * sizeof *own.slices);
        assert_string_equal(cascade.stage, "cascade");
        assert_int_equal(cascade.epoch_count + cascade.tensor_count, 0);
        assert_false(cascade.leaking_split);
    }
    cc_arena_destroy(arena);
}

static void examples_pair_up_and_panels_show_each_step(void **state) {
    (void)state;
    static const char *const figures[] = {"matching", "union", "opening", "box", "window", "paste"};
    cc_run run;
    cc_arena *arena = cc_arena_create();
    read_run(&run, "cascade/with", arena);
    size_t half = run.example_count / 2;
    assert_true(half > 0);
    for (size_t i = 0; i < half; i++) {
        const cc_run_example *a = &run.examples[i], *b = &run.examples[half + i];
        assert_string_equal(a->stage, "calcification");
        assert_string_equal(b->stage, "false_positive");
        assert_string_equal(a->patient, b->patient);
        assert_int_equal(a->slice, b->slice);
        assert_memory_equal(a->truth, b->truth, (size_t)a->height * a->width);
    }
    for (size_t f = 0; f < 6; f++) {
        size_t found = 0;
        for (size_t i = 0; i < run.panel_count; i++) {
            const cc_run_panel *p = &run.panels[i];
            found += strcmp(p->figure, figures[f]) == 0;
            assert_int_equal(p->spacing.x_mm > 0, strcmp(p->panel, "reference") != 0); /* of PNG files */
        }
        assert_true(found >= 2);
    }
    cc_arena_destroy(arena);
}

/* Starts stage 3 on what is upstream of it, kills it within its training, and lets it go on. */
static void a_killed_stage_3_goes_on_to_the_same_bytes(void **state) {
    (void)state;
    held h;
    outcome o;
    char result[CC_PATH_MAX];
    const char *out = cascade_before_stage_3();
    snprintf(result, sizeof result, "%s", runs_path(out, 1));
    held_room = 1800;
    held_start(&h, out, "");
    held_until_checkpoint(&h, result);
    held_end(&o, &h, SIGKILL);
    assert_int_equal(o.status, 128 + SIGKILL);
    assert_false(cc_file_exists(result));
    runs_ok(&o, out, "");
    assert_says(o.err, "going on after epoch ");
    assert_same_run(result, cascade_path(cascade_out, "small/a"));
}

static void what_upstream_nets_mark_is_predicted_once(void **state) {
    (void)state;
    outcome o;
    const char *out = cascade_before_stage_3();
    cascade_ok(&o, "cascade.yaml", out);
    assert_null(strstr(o.err, "predicting"));
    assert_same_run(cascade_path(out, "small/a"), cascade_path(cascade_out, "small/a"));
}

static void a_damaged_cache_is_mended(void **state) {
    (void)state;
    outcome o;
    const char *out = cascade_before_stage_3();
    assert_int_equal(cc_test_run(NULL, 0, "for f in %s/.cache/*; do truncate -s -1 $f; done", out), 0);
    cascade_ok(&o, "cascade.yaml", out);
    assert_says(o.err, ".masks is damaged: its slices are predicted anew");
    assert_same_run(cascade_path(out, "small/a"), cascade_path(cascade_out, "small/a"));
    assert_int_equal(cc_test_run(NULL, 0, "diff -r %s/.cache %s/.cache", cascade_out, out), 0);
}

static void stage_3_on_another_split_is_refused(void **state) {
    (void)state;
    outcome o;
    const char *out = runs_folder();
    cascade_write("other.yaml", "extends: small.yaml\nname: test/other\ndata: {split: {seed: 2}}\n");
    cascade_go(&o, "other.yaml", out, "");
    assert_failed(&o, 2, "data.split.seed is not that of");
    assert_int_equal(runs_count(out, "other"), 0);
}

/* Half of each slice stands for the region, so that there is bone and calcium outside of it. */
static void the_threshold_s_row_is_of_the_region_alone(void **state) {
    (void)state;
    cascade_planned p;
    run_data d;
    cc_test test;
    cc_upstream_net net;
    cc_run_masks masks;
    cc_measures found;
    int64_t within, anywhere, outside = 0;
    cc_arena *arena = cc_arena_create();
    cascade_plan(&p, "small.yaml");
    assert_ok(run_data_init(&d, p.run, p.backend));
    for (size_t i = 0; i < cc_slice_set_count(d.dataset.base); i++)
        d.cascade.regions[i] = (cc_box){0, 0, 64, 32};
    assert_ok(cc_upstream_net_init(&net, d.cascade.last, d.view.set, p.backend, NULL));
    assert_ok(cc_testing_run(&test, &(cc_predictor){.view = &d.view, .plan = net.plan}, arena));
    const cc_measure_source source = cc_testing_measured(&masks, &test);
    assert_ok(cc_measure_patients(&found, &source, arena));
    assert_int_equal(found.baseline_count, 2);
    for (size_t i = 0; i < found.baseline_count; i++) {
        mark_threshold(&within, &anywhere, &d.cascade, found.baselines[i].patient);
        assert_int_equal(found.baselines[i].tp + found.baselines[i].fp, within);
        outside += anywhere - within;
    }
    assert_true(outside > 0);
    cc_testing_deinit(&test);
    cc_upstream_net_deinit(&net);
    run_data_deinit(&d);
    cascade_drop(&p);
    cc_arena_destroy(arena);
}

static void cuts_at_the_threshold_are_the_counts(void **state) {
    (void)state;
    cc_run run;
    cc_arena *arena = cc_arena_create();
    const char *runs[] = {"first/default", "calcification/default", "small/a", "cascade/with"};
    for (int k = 0; k < 4; k++) {
        read_run(&run, runs[k], arena);
        assert_int_equal(run.cuts.count, 19);
        assert_true(run.cuts.thresholds[9] == 0.5);
        assert_int_equal(run.cuts.patient_count, run.patient_count);
        for (size_t i = 0; i < run.patient_count; i++) {
            assert_int_equal(run.cuts.tp[19 * i + 9], run.patients[i].tp);
            assert_int_equal(run.cuts.fp[19 * i + 9], run.patients[i].fp);
        }
        assert_int_equal(run.multiply_adds > 0, k < 3); /* a cascade has no net of its own */
    }
    cc_arena_destroy(arena);
}

static bool is_shown(const cc_net_view *v, const cc_net_view_part *part, uint32_t slice, int y, int x) {
    for (size_t i = 0; i < part->items.count; i++) {
        const cc_view_item *item = cc_view_get(v->set, part->items.slices[i]);
        const cc_box *b = &item->box;
        if (item->base == slice && y >= b->y0 && y < b->y1 && x >= b->x0 && x < b->x1) return true;
    }
    return false;
}

static void all_truth_is_in_a_window_to_learn_from(void **state) {
    (void)state;
    enum { SIDE = 64 };
    cascade_planned p;
    run_data d;
    uint8_t truth[SIDE * SIDE];
    size_t pixels = 0;
    cascade_plan(&p, "small.yaml");
    assert_ok(run_data_init(&d, p.run, p.backend));
    const cc_net_view_part *parts[] = {&d.view.train, &d.view.validation};
    for (int k = 0; k < 2; k++)
        for (size_t i = 0; i < parts[k]->slices->count; i++) {
            uint32_t slice = parts[k]->slices->slices[i];
            assert_ok(cc_slice_set_read(d.dataset.base, slice, NULL, truth));
            for (int at = 0; at < SIDE * SIDE; at++)
                if (truth[at]) {
                    assert_true(is_shown(&d.view, parts[k], slice, at / SIDE, at % SIDE));
                    pixels++;
                }
        }
    assert_true(pixels > 0);
    run_data_deinit(&d);
    cascade_drop(&p);
}

static void windows_to_learn_from_are_never_of_stage_2_s_test_patients(void **state) {
    (void)state;
    cascade_planned p;
    run_data d;
    cc_run two;
    cc_arena *arena = cc_arena_create();
    cascade_plan(&p, "small.yaml");
    read_run(&two, "calcification/default", arena);
    assert_ok(run_data_init(&d, p.run, p.backend));
    const cc_net_view_part *parts[] = {&d.view.train, &d.view.validation, &d.view.test};
    for (int k = 0; k < 3; k++) {
        assert_true(parts[k]->items.count > 0);
        for (size_t i = 0; i < parts[k]->items.count; i++) {
            const cc_view_item *item = cc_view_get(d.view.set, parts[k]->items.slices[i]);
            const char *name =
                cc_slice_set_patient(d.dataset.base, cc_slice_set_get(d.dataset.base, item->base)->patient);
            assert_int_equal(holds(&two, name), k == 2);
            assert_int_equal(item->box.y1 - item->box.y0, 32);
            assert_int_equal(item->box.x1 - item->box.x0, 32);
        }
    }
    run_data_deinit(&d);
    cc_experiment_config other = *p.run->config;
    other.data.split.seed = 2; /* deals the patients otherwise */
    cc_planned_run run = *p.run;
    run.config = &other;
    assert_error(run_data_init(&d, &run, p.backend), CC_ECONFIG, "is a test patient of");
    cascade_drop(&p);
    cc_arena_destroy(arena);
}

static void a_chain_that_tests_whom_it_has_seen_is_marked(void **state) {
    (void)state;
    cascade_planned p;
    run_data d;
    cascade_plan(&p, "cascade.yaml");
    assert_ok(run_data_init(&d, p.run, p.backend));
    assert_false(d.cascade.leaks);
    run_data_deinit(&d);
    cc_experiment_config other = *p.run->config;
    other.data.split.seed = 2;
    cc_planned_run run = *p.run;
    run.config = &other;
    assert_ok(run_data_init(&d, &run, p.backend));
    assert_true(d.cascade.leaks);
    run_data_deinit(&d);
    cascade_drop(&p);
}

/* A dataset that the shell makes of a copy of the stages' own. */
static void make_another(char root[256], const char *make) {
    snprintf(root, 256, "%s", cc_test_path(runs_folder(), "orca"));
    assert_int_equal(
        cc_test_run(NULL, 0, "cp -r %s-orca %s && cd %s/Training_set && %s", runs_data, root, root, make), 0);
}

/* A chain on such a dataset; what it warns of. */
static void chain_on_another(said *s, bool *leaks, const char *make, uint64_t seed) {
    cascade_planned p;
    run_data d;
    char root[256];
    make_another(root, make);
    cascade_plan(&p, "cascade.yaml");
    cc_experiment_config other = *p.run->config;
    other.data.root = root;
    other.data.split.seed = seed;
    cc_planned_run run = *p.run;
    run.config = &other;
    run.data_digest.hex[0] = run.data_digest.hex[0] == '0' ? '1' : '0';
    run.data_stamp.hex[0] = 0; /* it is of the other dataset's files */
    cc_log_set_level(CC_LOG_WARNING);
    said_start(s);
    cc_status status = run_data_init(&d, &run, p.backend);
    said_end(s);
    cc_log_set_level(CC_LOG_ERROR);
    assert_ok(status);
    *leaks = d.cascade.leaks;
    run_data_deinit(&d);
    cascade_drop(&p);
}

/* One voxel of each scan is another: as where it was resampled, or is a second scan of the patient. */
#define OTHER_VOXELS "for f in Images/*.raw; do printf '\\007' | dd of=$f bs=1 conv=notrunc 2>&1; done"
/* The vendors' numbers go up by four: nobody keeps his name. */
#define OTHER_NAMES                                                                                          \
    "for f in */*; do g=$(echo \"$f\" | sed 'y/1234/5678/;s/P5/P1/;s/P6/P2/'); mv \"$f\" \"$g\"; done; "     \
    "for f in */*.mhd; do n=${f#*/}; sed -i \"s/^ElementDataFile.*/ElementDataFile = ${n%.mhd}.raw/\" "      \
    "\"$f\"; done"

static void patients_are_told_by_name_and_by_voxels_in_another_dataset(void **state) {
    (void)state;
    static const char *const ways[] = {
        "is tested here (by name and voxels, in another dataset): scores flatter",
        "is tested here (by name, in a dataset of other files): scores flatter",
        "is tested here under the name "};
    static const char *const makes[] = {"true", OTHER_VOXELS, OTHER_NAMES};
    for (int k = 0; k < 3; k++)
        for (uint64_t seed = 1; seed <= 2; seed++) { /* the second deals the patients otherwise */
            said s;
            bool leaks;
            chain_on_another(&s, &leaks, makes[k], seed);
            assert_int_equal(leaks, seed == 2);
            for (int w = 0; w < 3; w++) /* of the nets of stages 2 and 3 */
                assert_int_equal(said_count(&s, ways[w]), seed == 2 && w == k ? 2 : 0);
        }
}

/* Stage 3 on such a dataset, whose patients are dealt otherwise: it would learn from whom stage 2 is
 * tested on. */
static void stage_3_does_not_learn_from_test_patients_of_another_name(void **state) {
    (void)state;
    cascade_planned p;
    run_data d;
    char root[256];
    make_another(root, OTHER_NAMES);
    cascade_plan(&p, "small.yaml");
    cc_experiment_config other = *p.run->config;
    other.data.root = root;
    cc_planned_run run = *p.run;
    run.config = &other;
    run.data_digest.hex[0] = run.data_digest.hex[0] == '0' ? '1' : '0';
    run.data_stamp.hex[0] = 0; /* it is of the other dataset's files */
    assert_ok(run_data_init(&d, &run, p.backend));
    assert_true(d.cascade.in_sample);
    run_data_deinit(&d);
    other.data.split.seed = 2;
    assert_error(run_data_init(&d, &run, p.backend), CC_ECONFIG, "has the voxels of ");
    cascade_drop(&p);
}

static void what_masks_tell_is_what_the_run_counted_to_the_bit(void **state) {
    (void)state;
    static const char *const runs[] = {"first/default", "calcification/default", "small/a", "cascade/with"};
    for (int k = 0; k < 4; k++) {
        cc_rescored r;
        cc_arena *arena = cc_arena_create();
        assert_ok(cc_rescore(&r, cascade_path(cascade_out, runs[k]), 1, arena));
        assert_null(r.difference);
        assert_int_equal(r.run.masks.count, r.run.slice_count);
        assert_memory_equal(r.slices, r.run.slices, r.run.slice_count * sizeof *r.slices);
        assert_int_equal(r.measures.patient_count, r.run.patient_count);
        for (size_t i = 0; i < r.run.patient_count; i++) /* but for what is behind the name's end */
            assert_memory_equal(&r.measures.patients[i].slices, &r.run.patients[i].slices,
                                sizeof(cc_run_patient) - offsetof(cc_run_patient, slices));
        assert_int_equal(r.measures.stage_count, r.run.stage_count);
        assert_int_equal(r.measures.baseline_count, r.run.baseline_count);
        assert_int_equal(r.measures.challenge_count,
                         k ? 4 * r.run.patient_count : 0); /* all, LAD, LCX, RCA */
        cc_arena_destroy(arena);
    }
}

static void rescore_says_so_in_both_forms(void **state) {
    (void)state;
    outcome o;
    char line[1024];
    snprintf(line, sizeof line, "%s rescore %s --json", CC_PROGRAM, cascade_path(cascade_out, "small/a"));
    runs_shell(&o, line);
    assert_int_equal(o.status, 0);
    assert_says(o.out, "\"as_stored\":true");
    assert_says(o.out, "\"artery\":\"LCX\"");
    assert_says(o.out, "\"nsd_tolerance_mm\":1.0");
    snprintf(line, sizeof line, "%s rescore %s --nsd-tolerance 3.5", CC_PROGRAM,
             cascade_path(cascade_out, "small/a"));
    runs_shell(&o, line);
    assert_int_equal(o.status, 0);
    assert_says(o.out, "all as the file says");
    assert_says(o.out, "NSD at 3.5 mm");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_second_run_does_nothing),
        cmocka_unit_test(stages_say_where_truth_is_lost),
        cmocka_unit_test(a_threshold_in_the_region_is_counted_beside_the_net),
        cmocka_unit_test(the_threshold_s_row_is_of_the_region_alone),
        cmocka_unit_test(cuts_at_the_threshold_are_the_counts),
        cmocka_unit_test(a_chain_scores_as_its_last_net_s_own_test),
        cmocka_unit_test(what_masks_tell_is_what_the_run_counted_to_the_bit),
        cmocka_unit_test(rescore_says_so_in_both_forms),
        cmocka_unit_test(examples_pair_up_and_panels_show_each_step),
        cmocka_unit_test(a_damaged_cache_is_mended),
        cmocka_unit_test(stage_3_on_another_split_is_refused),
        cmocka_unit_test(all_truth_is_in_a_window_to_learn_from),
        cmocka_unit_test(windows_to_learn_from_are_never_of_stage_2_s_test_patients),
        cmocka_unit_test(a_chain_that_tests_whom_it_has_seen_is_marked),
        cmocka_unit_test(patients_are_told_by_name_and_by_voxels_in_another_dataset),
        cmocka_unit_test(stage_3_does_not_learn_from_test_patients_of_another_name),
    };
    const struct CMUnitTest optimised[] = {
        cmocka_unit_test(the_reference_is_never_a_test_slice),
        cmocka_unit_test(a_killed_stage_3_goes_on_to_the_same_bytes),
        cmocka_unit_test(what_upstream_nets_mark_is_predicted_once),
    };
    omp_set_num_threads(1);
    cc_log_set_level(CC_LOG_ERROR);
    return cc_test_run_group(tests, optimised, cascade_setup, NULL);
}
